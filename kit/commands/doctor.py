"""What is needed to pull, to keep and to report is looked at, and what is wrong can be mended."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Literal

from kit.base.errors import KitError, OktaError
from kit.base.object_store import is_store
from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kit.lake import Lake
    from kit.sources.okta import Settings

__all__ = ["Check", "examine"]

_SKEW = 60
"""Seconds that the clocks may differ; a signed sign-in is refused from some minutes on."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "note", "FAIL"]
    said: str
    mend: str = ""
    exit_code: int = 1


def examine(lake: Lake, *, share: float = 0.5) -> list[Check]:
    """Look at all that okta-kit needs.

    Args:
        lake: the lake that is pulled into.
        share: the part of the org's rate limit that a pull may take.

    Returns:
        The checks, in the order in which things depend on one another.
    """
    parts: list[Callable[[], Iterator[Check]]] = [
        lambda: _org(share),
        lambda: _lake(lake),
        _catalogue,
        _kernel,
        _versions,
    ]
    found: list[Check] = []
    for part in parts:
        try:
            found.extend(part())
        except KitError as fault:
            said, _, mend = str(fault).partition(". ")
            name = {2: "settings", 5: "org", 3: "lake"}.get(fault.exit_code, "catalogue")
            found.append(Check(name, "FAIL", said, mend, fault.exit_code))
    return found


def _org(share: float) -> Iterator[Check]:
    from kit.sources.okta import read_settings
    from kit.sources.okta.running import run

    settings = read_settings()
    places = sorted({*settings.came_from.values()})
    yield Check("settings", "ok", f"{settings.org_url}, {settings.mode}, from {', '.join(places)}")
    for name, lost in sorted(settings.overruled.items()):
        won = settings.came_from[name]
        yield Check("settings", "note", f"{name} stands in several places; {won} won, {lost} lost")
    yield from run(_asked(settings, share))


async def _asked(settings: Settings, share: float) -> list[Check]:
    """Ask the org; one request for the log, one for the apps."""
    from kit.sources.okta import Org

    found = []
    async with Org(settings, share=share, patience=0.2) as org:
        try:
            reply = await org.get("/api/v1/logs?limit=1")
        except OktaError as fault:
            said, _, mend = str(fault).partition(". ")
            return [Check("org", "FAIL", said, mend, fault.exit_code)]
        found += _let_in(settings)
        off = time.time() - reply.at
        if abs(off) > _SKEW:
            where = "ahead of" if off > 0 else "behind"
            said = f"this machine's is {abs(off):.0f} s {where} Okta's"
            mend = "Set the clock (NTP); a signed sign-in is refused from some minutes on."
            found.append(Check("clock", "note", said, mend))
        else:
            found.append(Check("clock", "ok", f"within {_SKEW} s of Okta's"))
        budget = org.budgets["api/v1/logs"]
        if budget.limit:
            said = f"{budget.limit} requests a minute; a pull takes {budget.allowed} at most"
            found.append(Check("rate limit", "ok", said))
        else:
            found.append(Check("rate limit", "note", "the org does not say it"))
        try:
            await org.get("/api/v1/apps?limit=1")
            found.append(Check("apps", "ok", "may be read, as evidence for remediation"))
        except OktaError:
            mend = "Only if you want that: grant okta.apps.read."
            found.append(Check("apps", "note", "may not be read; no evidence from apps", mend))
    return found


def _let_in(settings: Settings) -> list[Check]:
    """What an answer proves: a way there, trust in it, a sign-in, and the right to the log."""
    found = [Check("org", "ok", "reached")]
    if settings.org_url.startswith("https:"):
        found.append(Check("TLS", "ok", "its certificate is trusted"))
    else:
        found.append(Check("TLS", "note", "none, which is let pass on this very machine alone"))
    scopes = " ".join(settings.plain.get("scopes", ())) if settings.mode == "PrivateKey" else ""
    said = f"the key is accepted, with the scopes {scopes}" if scopes else "the token is accepted"
    found.append(Check("sign-in", "ok", said))
    found.append(Check("rights", "ok", "the System Log may be read"))
    return found


def _lake(lake: Lake) -> Iterator[Check]:
    yield from _store(lake) if is_store(lake.address) else _folder(lake.folder)
    if not lake.exists():
        yield Check("lake", "note", f"{lake.address} is not there yet", "okta-kit pull makes it.")
        return
    from kit.lake.overview import overview

    found = overview(lake.open())
    said = f"{lake.address}: {found['events']:,} events"
    if found["covered"]:
        said += f", {found['covered'][0]['since']} to {found['covered'][-1]['until']}"
    yield Check("lake", "ok", said)
    for kind, names, mend in (
        ("lost", found["lost_files"], "Put them back, or import their exports again"),
        ("not written by okta-kit, but read", found["unknown_files"], "Import exports instead"),
    ):
        if names:
            said = f"{phrases.count(len(names), 'file')} {kind}: {', '.join(names[:5])}"
            yield Check("lake", "note", said + (", …" if len(names) > 5 else ""), mend)
    if found["gaps"]:
        first = found["gaps"][0]
        mend = "okta-kit pull reads what Okta still has; okta-kit import what you exported."
        said = f"{len(found['gaps'])} gaps, the first from {first['since']} to {first['until']}"
        yield Check("lake", "note", said, mend)
    if found["put_aside"]:
        mend = "okta-kit lake lists them."
        yield Check("lake", "note", f"{found['put_aside']:,} things were put aside", mend)
    if set(found["catalogue"]) - {found["catalogue_version"]}:
        yield Check("lake", "note", "days were coded with another catalogue", "okta-kit recode")


def _folder(folder: Path) -> Iterator[Check]:
    place = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    if not os.access(place, os.W_OK):
        mend = "Name a folder of your own with --lake or $OKTA_KIT_LAKE."
        yield Check("lake", "FAIL", f"{place} cannot be written", mend, 3)


def _store(lake: Lake) -> Iterator[Check]:
    """Trying a conditional write shows that the store can be reached and written at all."""
    if caution := lake.storage.caution():
        said, _, mend = caution.partition(", so ")
        yield Check("store", "note", said, mend.capitalize())
    else:
        yield Check("store", "ok", f"{lake.address} can be written, by several at once")


def _catalogue() -> Iterator[Check]:
    from kit.catalogue import load

    held = load()
    codes = sum(len(remedy.codes) for remedy in held.remedies) + len(held.sign_in_codes)
    yield Check(
        "catalogue", "ok", f"{held.version}: {len(held.remedies)} remedies, {codes:,} codes"
    )
    for mistake in held.mistakes:
        said, _, mend = mistake.partition(": ")
        yield Check("catalogue", "note", f"{said} was left out", mend)


def _kernel() -> Iterator[Check]:
    from jupyter_client.kernelspec import KernelSpecManager

    if "python3" in KernelSpecManager().find_kernel_specs():
        yield Check("kernel", "ok", "python3")
    else:
        yield Check("kernel", "FAIL", "there is no python3 kernel", "pip install ipykernel", 15)


def _versions() -> Iterator[Check]:
    """What okta-kit's metadata require; those packages are named that must not be too new."""
    from packaging.requirements import Requirement

    try:
        lines = requires("okta-kit") or []
    except PackageNotFoundError:
        said = "okta-kit is not installed, so what it requires is not looked at"
        yield Check("versions", "note", said, "pip install okta-kit, or -e . in a checkout")
        return
    held = {"Python": platform.python_version()}
    for needed in map(Requirement, lines):
        if needed.marker and not needed.marker.evaluate({"extra": ""}):
            continue
        mend = f"pip install '{needed.name}{needed.specifier}'"
        try:
            number = version(needed.name)
        except PackageNotFoundError:
            yield Check("versions", "FAIL", f"{needed.name} is not installed", mend)
            continue
        if not needed.specifier.contains(number, prereleases=True):
            said = f"{needed.name} is {number}, and {needed.specifier} is relied on"
            yield Check("versions", "FAIL", said, mend)
        elif "<" in str(needed.specifier):
            held[needed.name] = number
    yield Check("versions", "ok", ", ".join(f"{name} {number}" for name, number in held.items()))
