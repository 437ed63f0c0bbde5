"""What every report shows: its window, its coverage, its summary."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from functools import cached_property, partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from kit.analysis.choices import choices
from kit.analysis.incidents import condition, incidents, marks_of, with_marks
from kit.analysis.stops import coverage_of
from kit.analysis.successes import bucket_of, count_successes
from kit.analysis.unknown_texts import code_names
from kit.base.paths import REPORTS
from kit.base.windows import Window
from kit.catalogue import load
from kit.display import charts, phrases
from kit.display.first_screen import Deed, FirstScreen
from kit.display.parts import Chart, Facts, Note, Parameters, with_names
from kit.display.section import Live, Section
from kit.display.zone import find_zone, reading_in
from kit.lake.files import skipped
from kit.lake.marks import MARKS, marks_place, read_marks
from kit.log.log import Log, open_log
from kit.reports.summary import Result
from kit.views.injected import unknown_parameters
from kit.views.marks import marks_listing
from kit.views.next_steps import begin_way, go_on, incident_parameters, incident_ways
from kit.views.open_words import lacking_in_words, logins, relevant
from kit.views.tiles import coverage_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from kit.analysis.incidents import Condition, Incident
    from kit.base.windows import Coverage
    from kit.cases.case import Case
    from kit.display.choices import Choices
    from kit.display.first_screen import Tile
    from kit.display.parts import Links, Listing, Part
    from kit.lake.marks import Mark
    from kit.views.next_steps import Step

__all__ = ["NotebookReport", "in_readers_zone", "incidents_of", "view"]

_WORDS = 500
"""Unknown texts whose words a run gets for its notices and what it compares."""
_UNSAID = {("group_by", "code"), ("compare", ""), ("timezone", "")}
"""Values of how things are shown that a page need not say: they change nothing."""
_Value = TypeVar("_Value")
_Of = TypeVar("_Of", bound="NotebookReport")


def view(parts_of: Callable[[_Of], Iterable[Part]]) -> Callable[[_Of], Section]:
    """Make a view of a report's method that yields parts.

    Args:
        parts_of: the method.

    Returns:
        The method that gives them as a section, which shows itself where it is a cell's last
        line and can be asked for again.
    """

    def section(report: _Of) -> Section:
        names = code_names(report.log)
        with reading_in(report.zone):
            parts = tuple(with_names(part, names) for part in parts_of(report))
        return Section(parts, parts_of.__name__, Live(report, partial(section, report)))

    section.__name__, section.__qualname__ = parts_of.__name__, parts_of.__qualname__
    section.__module__, section.__doc__ = parts_of.__module__, parts_of.__doc__
    return section


def in_readers_zone(method: Callable[[_Of], _Value]) -> Callable[[_Of], _Value]:
    """Have a report's method tell times in the reader's zone, as its views do."""

    @wraps(method)
    def in_zone(report: _Of) -> _Value:
        with reading_in(report.zone):
            return method(report)

    return in_zone


class NotebookReport:
    """A source opened on a window, with what all reports say of it."""

    log: Log
    window: Window
    coverage: Coverage
    parameters: dict[str, str]
    """What was asked, by name: ``source``, ``since``, ``until``, and the report's own."""

    def __init__(self, **parameters: str) -> None:
        self.parameters = {}
        self.ask(**parameters)
        if warning := unknown_parameters():
            from kit.display.output import publish_html

            note = Note(warning, "unknown-parameter")
            publish_html(note.html(), note.text())

    def ask(self, **changed: str) -> None:
        """Ask again, with other values for some parameters.

        The source is opened again only where it is another one. If that fails, or is interrupted,
        all stays as it was.

        Args:
            changed: values by name.

        Raises:
            SourceError: the source cannot be read, or holds nothing.
            OktaError: the live org refused, or could not be reached.
            UsageError: a time cannot be read, or a name is unknown (with the nearest).
        """
        before, old_parameters = vars(self).copy(), self.parameters
        try:
            vars(self).clear()
            self.parameters = {**old_parameters, **changed}
            same = all(
                old_parameters.get(name) == self.parameters[name] for name in self._opened_by()
            )
            zone = self.zone
            self.log = before["log"] if same else self._open()
            since, until = (self.parameters[name] or None for name in ("since", "until"))
            self.window = self.log.window(since, until)
            with reading_in(zone):
                self.coverage = coverage_of(self.log, self.window)
                self._look()
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    @property
    def zone(self) -> ZoneInfo | None:
        """The reader's time zone; None for UTC."""
        return find_zone(self.parameters.get("timezone", ""))

    def choices(self) -> Choices:
        """What occurs in the window, to choose from."""
        return choices(self.log, self.window)

    @view
    def controls(self) -> Iterator[Part]:
        """The parameters: in an open JupyterLab as controls that redraw the report."""
        yield Parameters({k: v for k, v in self.parameters.items() if (k, v) not in _UNSAID})

    def _look(self) -> None:
        """Ask the log what this report is about."""
        raise NotImplementedError

    def _opened_by(self) -> tuple[str, ...]:
        """The parameters that decide what is opened: of the live org the window is pulled."""
        live = self.parameters["source"] == "okta"
        return ("source", "since", "until") if live else ("source",)

    def _open(self) -> Log:
        source, since, until = (self.parameters[name] for name in ("source", "since", "until"))
        names = [part.strip() for part in source.split(",")]
        return open_log(names, since=since or None, until=until or None)

    def _first_screen(
        self, sentence: str, tiles: Sequence[Tile], deeds: Sequence[Deed], *, scope: str = ""
    ) -> FirstScreen:
        """The frame that the report begins with.

        Args:
            sentence: the answer in one short sentence.
            tiles: its tiles, but for the coverage.
            deeds: what to do next.
            scope: what the condition is of, where it is more than what the report is about.
        """
        coverage = "wholly held" if self.coverage.complete else "not wholly held"
        own = [one for one in relevant(self.own_incidents) if one.state == "fixed"]
        return FirstScreen(
            condition=self.condition,
            sentence=sentence,
            origin=f"{phrases.span(self.window)} · {_in_short(self.log.source)} · {coverage}",
            tiles=(*tiles, self._coverage_tile),
            deeds=tuple(replace(one, way=self._ways.get(one.incident, "")) for one in deeds)
            or self._fetching(),
            to_retry=len(logins(own)),
            scope=scope,
        )

    @property
    def _coverage_tile(self) -> Tile:
        many = bool(self.log.orgs)
        return coverage_tile(self.window, self.coverage, "#about-coverage", many=many)

    @property
    def _ways(self) -> dict[str, str]:
        """By id, the way to the page of each incident that is not over."""
        return incident_ways(self.log, self.incidents)

    @property
    def _codes(self) -> list[str]:
        """The codes of the incidents, each once."""
        return list(dict.fromkeys(one.code for one in self.incidents))

    def _what_worked(self) -> Chart:
        """The picture of a page on which nothing failed: the attempts that worked."""
        bucket = bucket_of(self.window)
        counts = count_successes(self.log, self.window, bucket)
        return Chart(charts.worked_over_time, counts, self.window, bucket)

    def _fetching(self) -> tuple[Deed, ...]:
        """What to do where nothing is known to be open and the window is not wholly held."""
        if self.condition != "cannot_tell":
            return ()
        lacking = lacking_in_words(self.window, self.coverage)
        live = self.log.growing
        command = ["okta-kit", "pull", "--since", self.window.as_text()["since"]]
        return (
            Deed(
                f"Bring in what is missing: {lacking}. Then run this report again.",
                link=("what is held", "#about-coverage"),
                command=shlex.join(command) if live else "",
            ),
        )

    def _command(self, one: Incident) -> str:
        """The command that makes the ``remediation`` of an incident; empty if none can."""
        command = ["okta-kit", "report", "remediation"]
        for name, value in incident_parameters(self.log, [one])[one.id].items():
            command += ["-p", f"{name}={value}"]
        command += ["--source", self.parameters["source"]]
        for name, value in self.window.as_text().items():
            command += [f"--{name}", value]
        return shlex.join(command) if all(map(str.isprintable, command)) else ""

    def begin_notebook(self, way: str) -> Links:
        """Begin a notebook of its own where a way leads.

        Args:
            way: as ``way_to`` says it.

        Returns:
            A link to the notebook, whose parameters are set and whose cells did not run yet.

        Raises:
            UsageError: there is no such notebook, or a parameter is wrong.
        """
        return begin_way(self._shared, way)

    @property
    def _shared(self) -> dict[str, str]:
        """The parameters that a notebook takes over from this one: source, window and zone."""
        zone = {"timezone": self.zone.key} if self.zone else {}
        return {"source": self.log.source, **self.window.as_text(), **zone}

    def _facts(self, **more: object) -> Facts:
        skipped_lines = skipped(self.log.skipped_lines)
        return Facts(
            {
                "Window": phrases.span(self.window),
                "Source": f"{self.log.source}: {phrases.count(self.log.count, 'event')}",
                "Coverage": phrases.coverage_in_words(self.coverage, skipped_lines),
                **({"Mind": " ".join(self.coverage.notes)} if self.coverage.notes else {}),
                **({"Orgs": _orgs(self.log)} if self.log.orgs else {}),
                **more,
            },
            anchor="about",
        )

    def _no_failures(self, what: str = "") -> str:
        """Say that nothing failed, and only as far as the source reaches.

        Args:
            what: what was looked for; failures with the code and on the app that were asked for
                without it.
        """
        code, app, kind = (self.parameters.get(name, "") for name in ("code", "app", "kind"))
        default = f"{kind.replace('_', ' ')} failures".strip()
        default += (f" with {code}" if code else "") + (f" on {app}" if app else "")
        what = what or default
        if self.coverage.complete:
            return f"No {what} between {phrases.span(self.window).replace(' to ', ' and ')}."
        return (
            f"No {what} in the part of the window that the source holds. The rest is missing, "
            "so this is not an all-clear."
        )

    def _next(self, steps: Sequence[Step]) -> Listing:
        """Which notebook to open next, with the parameters to use."""
        return go_on(self._shared, steps)

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """The incidents as they stand at the window's end."""
        return with_marks(incidents(self.log, self.window.until), self._marks, self.window.until)

    @cached_property
    def _marks(self) -> dict[str, Mark]:
        """What people say of incidents: as a run was given it, else as it was kept when asked."""
        if os.environ.get(MARKS):
            return marks_of(self.log)
        return read_marks(self._marks_home)

    @property
    def _marks_home(self) -> str:
        names = [part.strip() for part in self.parameters["source"].split(",")]
        return marks_place(names, REPORTS)

    @view
    def marks(self) -> Iterator[Part]:
        """What people say of the incidents; in JupyterLab a button acknowledges one."""
        source, home = self.parameters["source"], self._marks_home
        forget = partial(vars(self).pop, "_marks", None)
        yield marks_listing(self.own_incidents, self._marks, home, source, forget)

    @property
    def own_incidents(self) -> tuple[Incident, ...]:
        """Those of them that the report is about: all, unless it is about one code on one app."""
        return self.incidents

    @property
    def condition(self) -> Condition:
        """How things stand, in a word: that of the worst incident that the report is about."""
        return condition(self.own_incidents, self.coverage.complete)

    def _result(self, headline: str, results: dict[str, Any], **more: Any) -> Result:
        names = code_names(self.log)
        return Result(
            {
                **more,
                "incidents": [one.as_dict() for one in self.incidents],
                "condition": self.condition,
                "ways": self._ways,
                "words": {c: names.words[c] for c in self._codes if c in names.words},
                "window": self.window.as_text(),
                "source": self.log.source,
                "coverage": self.coverage.as_dict(),
                "catalogue_version": load().version,
                "headline": names.sentence(headline),
                "results": results,
                "code_words": dict(list(names.words.items())[:_WORDS]),
            }
        )


def incidents_of(
    case: Case | None, every: Iterable[Incident], *, code: str = "", app: str = ""
) -> tuple[Incident, ...]:
    """Those of some incidents that are a case's: of its code on its app.

    Args:
        case: the case; without one, those with the code and on the app that were asked for.
        every: the incidents.
        code: the code that was asked for, without case; without it and a case, none are.
        app: the app's name or id; any if empty.
    """
    if case is not None:
        mine = case.app_key, case.code
        return tuple(one for one in every if (one.app_key, one.code) == mine)
    names = app.strip().casefold()
    return tuple(
        one
        for one in every
        if code
        and one.code.casefold() == code.strip().casefold()
        and (
            not names or names in {(one.app or phrases.SIGN_IN).casefold(), one.app_key.casefold()}
        )
    )


_MAX_SOURCE = 60
"""Letters of a source's name in the small line; the facts say all of it."""


def _in_short(source: str) -> str:
    return source if len(source) <= _MAX_SOURCE else f"…{source[1 - _MAX_SOURCE :]}"


def _orgs(log: Log) -> str:
    """How many orgs the log is of, and which could not be read."""
    text = phrases.count(len(log.orgs), "org")
    return f"{text}; could not be read: {phrases.join(list(log.unread))}" if log.unread else text
