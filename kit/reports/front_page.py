"""What the index says before it lists the runs: how things stand, what is open, what changed.

It speaks of the source of the newest run, as that source's newest window has it; other sources
have a line each. All comes from the summaries: the index is written where no page lies on the disk.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kit.analysis.condition import condition
from kit.base.times import parse_iso
from kit.display import phrases
from kit.display.code_names import CodeNames
from kit.display.first_screen import STATUSES, Deed, FirstScreen, Tile
from kit.display.zone import local, reading_in, zone_of
from kit.reports.changes import iso_in_words, newest_first, previous
from kit.reports.incident_changes import change_in_words
from kit.reports.ways import find_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

__all__ = ["FrontPage", "Lane", "front_page"]

_BEFORE = timedelta(days=28)
"""How far back the picture of incidents reaches at most."""
_LANES = 12
_NAMES = 3
_STATES = {"open": "fails", "regressed": "came back", "fixed": "works again", "over": "over"}
_FAILING = ("open", "regressed")
_NEEDED = {"id", "code", "state", "width", "since", "last_failure", "left", "mark"}
"""What the index reads of an incident."""
_FORM = (KeyError, TypeError, ValueError, AttributeError)
"""What a summary of another form makes of being read: a notebook may have published anything."""


@dataclass(frozen=True)
class Lane:
    """One incident in the picture: stretches in percent of its width."""

    label: str
    state: str
    spans: tuple[tuple[str, float, float], ...]
    """What each stretch is (``earlier``, ``failing`` or ``left``), where it begins, how wide."""
    words: str
    """The same for those who do not see it."""


@dataclass(frozen=True)
class FrontPage:
    """What stands above the runs."""

    screen: FirstScreen
    incidents: tuple[Mapping[str, Any], ...] = ()
    """Those that are not over, each with ``what``, ``where``, ``now``, ``names`` and ``page``."""
    over: tuple[Mapping[str, Any], ...] = ()
    """Those that were over within the last days."""
    lanes: tuple[Lane, ...] = ()
    lanes_left_out: int = 0
    begin: str = ""
    """When the picture begins, in words; its end is the window's."""
    end: str = ""
    changes: tuple[str, ...] = ()
    compared: str = ""
    """What the changes are held against."""
    failed: str = ""
    """The page of the newest run, if it failed after the one that this is taken from."""
    sources: tuple[Mapping[str, Any], ...] = ()
    """The other sources: ``source``, ``condition``, ``headline``, ``page``, ``until``."""
    came_back: bool = False
    """Whether a lane has a stretch in which it failed before and was fixed."""
    zone: ZoneInfo | None = None
    """The time zone that the run asked for which this is taken from; None for UTC."""


def front_page(runs: Sequence[Mapping[str, Any]]) -> FrontPage | None:
    """Say how things stand, from the summaries of all reports.

    Args:
        runs: all reports, as ``kit.reports.index.reports`` lists them.

    Returns:
        What stands above the runs; None where no run published any incidents, or in another form.
    """
    groups: dict[tuple[str, bool], list[Mapping[str, Any]]] = {}
    for run in runs:  # the newest run first
        if _knows_incidents(run):
            key = str(run.get("source")), bool(run.get("redacted"))
            groups.setdefault(key, []).append(run)
    if not groups:
        return None
    own, *others = [_newest(group) for group in groups.values()]
    sources = sorted(map(_line, others), key=lambda one: [*STATUSES].index(one["condition"]))
    zone = zone_of(own)
    with suppress(*_FORM), reading_in(zone):
        return replace(_page(own, runs), sources=tuple(sources), zone=zone)
    return None


def _knows_incidents(run: Mapping[str, Any]) -> bool:
    """Whether a good run published incidents, in the form that the index reads."""
    every = run.get("incidents")
    if run.get("status") != "ok" or run.get("owner") is not None or not isinstance(every, list):
        return False
    if not all(isinstance(one, dict) and one.keys() >= _NEEDED for one in every):
        return False
    return bool(every or run.get("first_screen") or run.get("condition") != "cannot_tell")


def _newest(group: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The run of a source whose window ends last; of such runs one that is about all."""
    in_order = newest_first(dict(run) for run in group)
    same = [run for run in in_order if _until(run) == _until(in_order[0])]
    return next((run for run in same if run.get("first_screen")), same[0])


def _page(base: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> FrontPage:
    incidents = [_row(one, base, runs) for one in base["incidents"]]
    unfinished = tuple(one for one in incidents if one["state"] != "over")
    lanes, begin = _lanes(incidents, base)
    before = previous(base, runs)
    return FrontPage(
        screen=_screen(base, unfinished, runs),
        incidents=unfinished,
        over=tuple(one for one in incidents if one["state"] == "over"),
        lanes=tuple(lanes[:_LANES]),
        lanes_left_out=max(0, len(lanes) - _LANES),
        came_back=any(kind == "earlier" for one in lanes for kind, _, _ in one.spans),
        begin=begin,
        end=iso_in_words(_until(base)),
        changes=tuple(
            _code_names(base).sentence(change_in_words(one)) for one in base.get("changes") or ()
        ),
        compared=iso_in_words(_until(before)) if before else "",
        failed=_failed_since(base, runs),
    )


def _failed_since(base: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> str:
    """The page of the newest run, where it failed after the one that the index speaks of."""
    newer = [run for run in runs if str(run.get("started")) > str(base.get("started"))]
    if newer and newer[0].get("status") != "ok":
        return _address(newer[0])
    return ""


def _line(base: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source": base.get("source"),
        "condition": _condition(base),
        "headline": base.get("headline"),
        "page": _address(base),
        "until": _until(base),
    }


def _until(run: Mapping[str, Any]) -> str:
    return str((run.get("window") or {}).get("until") or "")


def _address(run: Mapping[str, Any]) -> str:
    return f"{quote(str(run['folder']))}/report.html"


def _condition(base: Mapping[str, Any]) -> str:
    """The condition of all that a run knows; a run may be about one incident alone."""
    every: list[Any] = [SimpleNamespace(**one) for one in base["incidents"]]
    return condition(every, bool((base.get("coverage") or {}).get("complete")))


def _row(
    one: Mapping[str, Any], base: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    way = (base.get("ways") or {}).get(one.get("id"))
    page = find_report(way, {**base, "folder": ""}, runs) if way else None
    people = one.get("left") or ()
    more = len(people) - _NAMES
    names = ", ".join(map(str, people[:_NAMES])) + (f" and {more:,} more" if more > 0 else "")
    now = "rises" if one.get("width") == "rise" else _STATES.get(str(one.get("state")), "")
    return {
        **one,
        "what": _code_names(base).name(str(one["code"])),
        "where": one.get("app") or phrases.SIGN_IN,
        "now": _STATES["over"] if one.get("state") == "over" else now,
        "names": names,
        "day": _day(one, base),
        "page": _address(page) if page else "",
    }


def _day(one: Mapping[str, Any], base: Mapping[str, Any]) -> int | None:
    """The how manieth day of an incident it is, by the reader's days."""
    try:
        since, until = (local(parse_iso(str(at))) for at in (one["since"], _until(base)))
    except (ValueError, OverflowError):
        return None
    return (until.date() - since.date()).days + 1


def _code_names(base: Mapping[str, Any]) -> CodeNames:
    """What the unknown texts of a run's incidents say."""
    words = base.get("words")
    return CodeNames(words if isinstance(words, dict) else {})


def _screen(
    base: Mapping[str, Any],
    unfinished: Sequence[Mapping[str, Any]],
    runs: Sequence[Mapping[str, Any]],
) -> FirstScreen:
    """The first screen of the report that is about all; else what the incidents alone tell."""
    pages = {str(one["id"]): str(one["page"]) for one in unfinished}
    if isinstance(screen := base.get("first_screen"), dict):
        with suppress(*_FORM):
            return _screen_of(screen, base, pages)
    return _plain_screen(base, unfinished, pages)


def _screen_of(
    screen: Mapping[str, Any], base: Mapping[str, Any], pages: Mapping[str, str]
) -> FirstScreen:
    """The first screen of a report as the index has it: what it leads to lies elsewhere."""
    tiles = [Tile(**{**one, "link": _link(one["link"], base)}) for one in screen["tiles"]]
    deeds = [_deed(one, base, pages) for one in screen["deeds"]]
    names = ("condition", "sentence", "origin", "to_retry")
    report = ("all that fails, code by code", _address(base))
    return FirstScreen(
        **{name: screen[name] for name in names},
        tiles=tuple(tiles),
        deeds=tuple(deeds),
        links=(report,),
    )


def _deed(one: Mapping[str, Any], base: Mapping[str, Any], pages: Mapping[str, str]) -> Deed:
    """A deed as the index has it: it leads to the incident's page, or says what makes it."""
    link = tuple(one["link"]) if one.get("link") else None
    if page := pages.get(str(one.get("incident"))):
        link = ("what to do", page)
    elif link:
        link = (link[0], _link(link[1], base))
    names = tuple(one.get("names") or ())
    command = "" if page else str(one.get("command") or "")
    return Deed(**{**one, "names": names, "link": link, "command": command, "way": ""})


def _link(where: str, base: Mapping[str, Any]) -> str:
    return "#open" if where == "#open" else _address(base)


def _plain_screen(
    base: Mapping[str, Any], unfinished: Sequence[Mapping[str, Any]], pages: Mapping[str, str]
) -> FirstScreen:
    relevant = [one for one in unfinished if one.get("mark") != "muted"]
    word = _condition(base)
    users, leavers = (
        sorted({str(name).casefold() for one in relevant for name in one.get(key) or ()})
        for key in ("left", "leavers")
    )
    failing = [one for one in relevant if one["state"] in _FAILING]
    deeds = [
        Deed(
            f"{one['where']}: {one['what']} {one['now']}.",
            tuple(one.get("left") or ()),
            ("what to do", page) if (page := pages.get(str(one["id"]))) else None,
            warning=bool(one.get("leavers")),
        )
        for one in sorted(relevant, key=lambda one: not one.get("leavers"))[:3]
    ]
    window = base.get("window") or {}
    span = " to ".join(iso_in_words(window.get(name)) for name in ("since", "until"))
    return FirstScreen(
        condition=word,
        sentence=f"{phrases.count(len(relevant), 'incident')} not over."
        if relevant
        else "Nothing is open.",
        origin=f"{span} · {base.get('source')}",
        tiles=(
            Tile(f"{len(failing):,}", "failing now", "#open", "", "bad" if failing else "good"),
            Tile(
                f"{len(users):,}", "users still failing", "#open", "", "wait" if users else "good"
            ),
            Tile(f"{len(leavers):,}", "leavers with access", "#open", "", "bad" if leavers else ""),
        ),
        deeds=tuple(deeds),
    )


def _lanes(
    incidents: Sequence[Mapping[str, Any]], base: Mapping[str, Any]
) -> tuple[list[Lane], str]:
    """The incidents over time, and when the picture begins."""
    try:
        end = parse_iso(_until(base))
        begins = [parse_iso(str(one["since"])) for one in incidents]
    except (ValueError, KeyError):
        return [], ""
    if not incidents:
        return [], ""
    start = max(min(begins), end - _BEFORE)
    start = min(start, end - timedelta(hours=1))
    return [_lane(one, start, end) for one in incidents], iso_in_words(
        start.strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def _lane(one: Mapping[str, Any], start: datetime, end: datetime) -> Lane:
    since = parse_iso(str(one["since"]))
    fixed = parse_iso(str(one["fixed_at"])) if one.get("fixed_at") else None
    failing_until = fixed or (
        parse_iso(str(one["last_failure"])) if one["state"] == "over" else end
    )
    again = parse_iso(str(one["again_since"])) if one.get("again_since") else None
    stretches = [("failing", again or since, failing_until)]
    if again is not None:
        stretches.insert(0, ("earlier", since, again))
    if fixed is not None and one["state"] == "fixed":
        stretches.append(("left", fixed, end))
    spans = []
    for kind, first, last in stretches:
        low, high = (min(max((at - start) / (end - start), 0), 1) for at in (first, last))
        spans.append((kind, round(100 * low, 2), round(max(100 * (high - low), 0.6), 2)))
    words = f"since {iso_in_words(one['since'])}"
    if again is not None:
        words += f", again since {iso_in_words(one['again_since'])}"
    if fixed is not None:
        words += f", works again since {iso_in_words(one['fixed_at'])}"
    if number := len(one.get("left") or ()):
        words += f", {phrases.count(number, 'user')} left"
    return Lane(f"{one['what']} on {one['where']}", str(one["state"]), tuple(spans), words)
