"""What is needed to pull, to keep and to report is looked at, and what is wrong can be fixed."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Literal

from kit.base.errors import KernelNotStarted, KitError, OktaError
from kit.base.object_store import is_store
from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kit.lake import Lake
    from kit.sources.okta import Settings

__all__ = ["Check", "examine"]

_MAX_SKEW_S = 60
"""Seconds that the clocks may differ; a signed sign-in is refused from some minutes on."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "note", "FAIL"]
    message: str
    fix: str = ""
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
    checks: list[Check] = []
    for part in parts:
        try:
            checks.extend(part())
        except KitError as fault:
            message, _, fix = str(fault).partition(". ")
            name = {2: "settings", 5: "org", 3: "lake"}.get(fault.exit_code, "catalogue")
            checks.append(Check(name, "FAIL", message, fix, fault.exit_code))
    return checks


def _org(share: float) -> Iterator[Check]:
    from kit.sources.okta import read_settings
    from kit.sources.okta.running import run_to_end

    settings = read_settings()
    places = sorted({*settings.came_from.values()})
    yield Check("settings", "ok", f"{settings.org_url}, {settings.mode}, from {', '.join(places)}")
    for name, loser in sorted(settings.overruled.items()):
        winner = settings.came_from[name]
        yield Check(
            "settings", "note", f"{name} stands in several places; {winner} won, {loser} lost"
        )
    yield from run_to_end(_ask_org(settings, share))


async def _ask_org(settings: Settings, share: float) -> list[Check]:
    """Ask the org; one request for the log, one for the apps."""
    from kit.sources.okta import Org

    checks = []
    async with Org(settings, share=share, backoff_s=0.2) as org:
        try:
            reply = await org.get("/api/v1/logs?limit=1")
        except OktaError as fault:
            message, _, fix = str(fault).partition(". ")
            return [Check("org", "FAIL", message, fix, fault.exit_code)]
        checks += _sign_in_checks(settings)
        off = time.time() - reply.at
        if abs(off) > _MAX_SKEW_S:
            where = "ahead of" if off > 0 else "behind"
            message = f"this machine's is {abs(off):.0f} s {where} Okta's"
            fix = "Set the clock (NTP); a signed sign-in is refused from some minutes on."
            checks.append(Check("clock", "note", message, fix))
        else:
            checks.append(Check("clock", "ok", f"within {_MAX_SKEW_S} s of Okta's"))
        budget = org.limiters["api/v1/logs"]
        if budget.limit:
            message = f"{budget.limit} requests a minute; a pull takes {budget.allowed} at most"
            checks.append(Check("rate limit", "ok", message))
        else:
            checks.append(Check("rate limit", "note", "the org does not say it"))
        try:
            await org.get("/api/v1/apps?limit=1")
            checks.append(Check("apps", "ok", "may be read, as evidence for remediation"))
        except OktaError:
            fix = "Only if you want that: grant okta.apps.read."
            checks.append(Check("apps", "note", "may not be read; no evidence from apps", fix))
    return checks


def _sign_in_checks(settings: Settings) -> list[Check]:
    """What an answer proves: a way there, trust in it, a sign-in, and the right to the log."""
    checks = [Check("org", "ok", "reached")]
    if settings.org_url.startswith("https:"):
        checks.append(Check("TLS", "ok", "its certificate is trusted"))
    else:
        checks.append(Check("TLS", "note", "none, which is let pass on this very machine alone"))
    scopes = " ".join(settings.plain.get("scopes", ())) if settings.mode == "PrivateKey" else ""
    message = (
        f"the key is accepted, with the scopes {scopes}" if scopes else "the token is accepted"
    )
    checks.append(Check("sign-in", "ok", message))
    checks.append(Check("rights", "ok", "the System Log may be read"))
    return checks


def _lake(lake: Lake) -> Iterator[Check]:
    yield from _store(lake) if is_store(lake.address) else _folder(lake.folder)
    if not lake.exists():
        yield Check("lake", "note", f"{lake.address} is not there yet", "okta-kit pull makes it.")
        return
    from kit.lake.overview import overview

    facts = overview(lake.open())
    message = f"{lake.address}: {facts['events']:,} events"
    if facts["covered"]:
        message += f", {facts['covered'][0]['since']} to {facts['covered'][-1]['until']}"
    yield Check("lake", "ok", message)
    for kind, names, fix in (
        ("lost", facts["lost_files"], "Put them back, or import their exports again"),
        ("not written by okta-kit, but read", facts["unknown_files"], "Import exports instead"),
    ):
        if names:
            message = f"{phrases.count(len(names), 'file')} {kind}: {', '.join(names[:5])}"
            yield Check("lake", "note", message + (", …" if len(names) > 5 else ""), fix)
    if facts["gaps"]:
        first = facts["gaps"][0]
        fix = "okta-kit pull reads what Okta still has; okta-kit import what you exported."
        message = f"{len(facts['gaps'])} gaps, the first from {first['since']} to {first['until']}"
        yield Check("lake", "note", message, fix)
    if facts["put_aside"]:
        fix = "okta-kit lake lists them."
        yield Check("lake", "note", f"{facts['put_aside']:,} lines were skipped", fix)
    if set(facts["catalogue"]) - {facts["catalogue_version"]}:
        yield Check("lake", "note", "days were coded with another catalogue", "okta-kit recode")


def _folder(folder: Path) -> Iterator[Check]:
    place = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    if not os.access(place, os.W_OK):
        fix = "Name a folder of your own with --lake or $OKTA_KIT_LAKE."
        yield Check("lake", "FAIL", f"{place} cannot be written", fix, 3)


def _store(lake: Lake) -> Iterator[Check]:
    """Trying a conditional write shows that the store can be reached and written at all."""
    if caution := lake.storage.caution():
        message, _, fix = caution.partition(", so ")
        yield Check("store", "note", message, fix.capitalize())
    else:
        yield Check("store", "ok", f"{lake.address} can be written, by several at once")


def _catalogue() -> Iterator[Check]:
    from kit.catalogue import load

    catalogue = load()
    codes = sum(len(remedy.codes) for remedy in catalogue.remedies) + len(catalogue.sign_in_codes)
    yield Check(
        "catalogue",
        "ok",
        f"{catalogue.version}: {len(catalogue.remedies)} remedies, {codes:,} codes",
    )
    for mistake in catalogue.mistakes:
        message, _, fix = mistake.partition(": ")
        yield Check("catalogue", "note", f"{message} was left out", fix)


def _kernel() -> Iterator[Check]:
    """The kernel that notebooks name; it is started only where it is not this very Python."""
    from kit.reports.kernel_check import KERNEL, check_kernel, is_own_kernel, kernel_python

    if is_own_kernel():
        yield Check("kernel", "ok", KERNEL)
        return
    try:
        check_kernel("okta-kit doctor")
    except KernelNotStarted as fault:
        message, _, fix = str(fault).partition(". Run: ")
        yield Check("kernel", "FAIL", message, fix, fault.exit_code)
    else:
        yield Check("kernel", "ok", f"{KERNEL}: {kernel_python()}")


def _versions() -> Iterator[Check]:
    """What okta-kit's metadata require; those packages are named that must not be too new."""
    from packaging.requirements import Requirement

    try:
        lines = requires("okta-kit") or []
    except PackageNotFoundError:
        message = "okta-kit is not installed, so what it requires is not looked at"
        yield Check("versions", "note", message, "pip install okta-kit, or -e . in a checkout")
        return
    versions = {"Python": platform.python_version()}
    for requirement in map(Requirement, lines):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        fix = f"pip install '{requirement.name}{requirement.specifier}'"
        try:
            number = version(requirement.name)
        except PackageNotFoundError:
            yield Check("versions", "FAIL", f"{requirement.name} is not installed", fix)
            continue
        if not requirement.specifier.contains(number, prereleases=True):
            message = f"{requirement.name} is {number}, and {requirement.specifier} is relied on"
            yield Check("versions", "FAIL", message, fix)
        elif "<" in str(requirement.specifier):
            versions[requirement.name] = number
    yield Check(
        "versions", "ok", ", ".join(f"{name} {number}" for name, number in versions.items())
    )
