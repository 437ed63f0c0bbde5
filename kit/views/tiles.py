"""The tiles of a first screen: numbers that several pages show, each with a link to its rows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kit.display import phrases
from kit.display.first_screen import Tile
from kit.views.open_words import FAILING, app_of, logins, relevant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.analysis.incidents import Incident
    from kit.base.windows import Coverage, Window

__all__ = ["broken_tile", "coverage_tile", "leavers_tile", "left_tile", "rate_tile"]

_RISEN = 2.0
"""So many times the usual rate stands out."""


def broken_tile(incidents: Iterable[Incident], link: str) -> Tile:
    """How many connections are broken, wholly or for several people.

    Args:
        incidents: the incidents.
        link: where they are listed.
    """
    failing = [one for one in relevant(incidents) if one.state in FAILING]
    whole = {app_of(one) for one in failing if one.width == "connection"}
    parts = {app_of(one) for one in failing if one.width == "group"} - whole
    notes = [f"{len(whole):,} wholly"] if whole and parts else []
    notes += [f"{len(parts):,} for some people only"] if parts else []
    number = len(whole | parts)
    return Tile(
        f"{number:,}",
        "broken connection" if number == 1 else "broken connections",
        link,
        ", ".join(notes),
        "bad" if number else "good",
    )


def left_tile(incidents: Iterable[Incident], link: str) -> Tile:
    """For how many users something still fails, each counted once.

    Args:
        incidents: the incidents.
        link: where they are listed.
    """
    mine = relevant(incidents)
    number = len(logins(mine))
    retry = len(logins(one for one in mine if one.state == "fixed"))
    note = f"{retry:,} to retry now" if retry and retry < number else ""
    name = "user still failing" if number == 1 else "users still failing"
    return Tile(f"{number:,}", name, link, note, "wait" if number else "good")


def leavers_tile(incidents: Iterable[Incident], link: str) -> Tile:
    """How many users left and still have access, each counted once.

    Args:
        incidents: the incidents.
        link: where they are listed.
    """
    number = len(logins(relevant(incidents), leavers=True))
    name = "leaver with access" if number == 1 else "leavers with access"
    return Tile(f"{number:,}", name, link, "", "bad" if number else "good")


def rate_tile(
    failures: int, attempts: int, usual: float | None, link: str, name: str = "failure rate"
) -> Tile:
    """How many attempts of the window failed, against the usual.

    Args:
        failures: in the window.
        attempts: in the window, the failures among them.
        usual: the usual share, 0 to 1; None where it is not known.
        link: where it is said in full.
        name: what it is the rate of.
    """
    if not attempts:
        return Tile("–", name, link, "nothing was tried")
    rate = failures / attempts
    note = "no usual yet" if usual is None else f"usually {phrases.percent(round(usual, 4))}"
    risen = usual is not None and failures >= 3 and rate >= _RISEN * usual
    return Tile(phrases.percent(round(rate, 4)), name, link, note, "bad" if risen else "")


def coverage_tile(window: Window, coverage: Coverage, link: str, *, many: bool = False) -> Tile:
    """How much of the window the source holds; of many orgs, how much each of them holds.

    Args:
        window: the window.
        coverage: what of it is held.
        link: where it is said in full.
        many: whether the source is of many orgs.
    """
    if coverage.complete:
        return Tile("100 %", "of the window is held", link, "", "good")
    missing = sum((gap.until - gap.since for gap in coverage.missing), timedelta())
    whole = (window.until - window.since) or timedelta.resolution
    if missing >= whole:
        return Tile(
            "0 %", "of the window is held", link, "in all orgs" if many else "no data", "bad"
        )
    share = min(1 - missing / whole, 0.9999)
    skipped = phrases.count(coverage.skipped, "unread line") if coverage.skipped else ""
    note = f"{phrases.duration(missing.total_seconds())} missing" if missing else skipped
    return Tile(phrases.percent(share), "of the window is held", link, note, "wait")
