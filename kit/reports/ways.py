"""Links between reports: set where the other report lies there, taken away when it goes.

Pages mark the ways (``kit.display.ways``); here each becomes a link, or plain words again. A way
leads to a report of the same source and window, with names or without as the page itself;
``previous`` and ``next`` lead along the windows of the same notebook and parameters.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from kit.base.files import write_whole
from kit.reports.changes import newest_first, same_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["find_report", "link_pages", "linked_runs", "with_links"]

_MARK = re.compile(r'<a\b[^>]*\bdata-way="([^"]*)"[^>]*>')
_HREF = re.compile(r'\s+href="[^"]*"')
_ABOUT = ("app", "code", "user", "kind")
_NO_APP = {"(no app)", "okta sign-in"}


def find_report(
    way: str, facts: Mapping[str, Any], runs: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Find the report that a way leads to.

    Args:
        way: as ``kit.display.ways.way_to`` says it.
        facts: the report that it leads from, as its ``summary.json``.
        runs: all reports, as ``kit.reports.index.reports`` lists them.

    Returns:
        The report; of several the one with fewest parameters, then the newest. None if there is
        none.
    """
    notebook, _, query = way.partition("?")
    subject = {name: _spelling(values[0]) for name, values in parse_qs(query).items()}
    hits = [
        run
        for run in runs
        if run.get("notebook") == notebook
        and run.get("folder") != facts.get("folder")
        and _same_window(run, facts)
        and run.get("owner") in (None, facts.get("owner"))
        and _is_about(run, subject)
    ]
    own = facts.get("owner")
    every = newest_first(dict(one) for one in hits)
    return min(every, key=lambda run: (run.get("owner") != own, _further(run)), default=None)


def linked_runs(
    facts: Mapping[str, Any], runs: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The reports whose links may change when one comes or goes: its siblings, and beside it.

    Args:
        facts: the one, as its ``summary.json``.
        runs: all reports; it may be among them.
    """
    every = list(runs)
    beside = [_beside(facts, every, step) for step in (-1, 1)]
    folder = facts.get("folder")
    siblings = [run for run in every if run["folder"] == folder or _same_window(run, facts)]
    return siblings + [run for run in beside if run is not None and run not in siblings]


def link_pages(
    out: Path, pages: Iterable[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]
) -> list[Path]:
    """Set the links of some pages anew.

    Args:
        out: the folder of all reports.
        pages: the reports whose pages are looked at, as ``kit.reports.index.reports`` lists them.
        runs: all reports.

    Returns:
        The pages that were changed; one that is not there is passed over.

    Raises:
        OSError: a page cannot be written.
    """
    changed = []
    for facts in pages:
        path = out / str(facts["folder"]) / "report.html"
        if not path.is_file() or not (before := path.read_text(encoding="utf-8")):
            continue
        after = with_links(before, facts, runs)
        if after != before:
            write_whole(path, after)
            changed.append(path)
    return changed


def with_links(html: str, facts: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> str:
    """A page with a link on each way that leads to a report, and on no other.

    Args:
        html: the page.
        facts: its report, as its ``summary.json``, with ``folder``.
        runs: all reports.
    """
    targets: dict[str, str] = {}

    def link(match: re.Match[str]) -> str:
        way, tag = unescape(match[1]), _HREF.sub("", match[0])
        if way not in targets:
            targets[way] = _href(way, facts, runs)
        return f'{tag[:-1]} href="{targets[way]}">' if targets[way] else tag

    return _MARK.sub(link, html)


def _href(way: str, facts: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> str:
    if way == "index":
        return "../../index.html"
    if way in {"previous", "next"}:
        report = _beside(facts, runs, -1 if way == "previous" else 1)
    else:
        report = find_report(way, facts, runs)
    return f"../../{quote(str(report['folder']))}/report.html" if report else ""


def _beside(
    facts: Mapping[str, Any], runs: Iterable[Mapping[str, Any]], step: int
) -> Mapping[str, Any] | None:
    """The report of the next window of a series, or of the one before."""
    end = _end(facts)
    series = [run for run in runs if _end(run) and same_series(run, facts)]
    if step < 0:
        earlier = [run for run in series if _end(run) < end]
        return max(earlier, key=_end, default=None)
    return min([run for run in series if _end(run) > end], key=_end, default=None)


def _end(run: Mapping[str, Any]) -> str:
    return str((run.get("window") or {}).get("until") or "")


def _same_window(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(_end(one)) and _key(one) == _key(other)


def _key(run: Mapping[str, Any]) -> tuple[object, ...]:
    window = run.get("window") or {}
    names = ("since", "until")
    return (*(window.get(k) for k in names), run.get("source"), bool(run.get("redacted")))


def _parameters(run: Mapping[str, Any]) -> dict[str, Any]:
    parameters = run.get("parameters")
    return parameters if isinstance(parameters, dict) else {}


def _is_about(run: Mapping[str, Any], subject: Mapping[str, str]) -> bool:
    """Whether a report is about just that: what it was given, or chose where that was left open."""
    parameters, results = _parameters(run), run.get("results")
    results = results if isinstance(results, dict) else {}
    for name in _ABOUT:
        mine = {_spelling(values.get(name)) for values in (parameters, results)}
        if (subject.get(name, "") not in mine) if subject.get(name) else (mine != {""}):
            return False
    return True


def _spelling(value: object) -> str:
    text = value.strip().casefold() if isinstance(value, str) else ""
    return "" if text in _NO_APP else text


def _further(run: Mapping[str, Any]) -> int:
    """How many parameters a report was given beside what it is about."""
    usual = {*_ABOUT, "source", "since", "until", "bucket"}
    return sum(bool(value) for name, value in _parameters(run).items() if name not in usual)
