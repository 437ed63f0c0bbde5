"""What every report shows: its window, its coverage, its summary."""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from kit.analysis.choices import choices
from kit.analysis.incidents import condition, incidents
from kit.analysis.stops import coverage_of
from kit.analysis.unknown_texts import code_names
from kit.base.windows import Window
from kit.catalogue import load
from kit.display import phrases
from kit.display.parts import Facts, Parameters, with_names
from kit.display.section import Live, Section
from kit.display.zone import find_zone, reading_in
from kit.lake.files import skipped
from kit.log.log import Log, open_log
from kit.reports.summary import Result
from kit.views.next_steps import go_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from kit.analysis.incidents import Condition, Incident
    from kit.base.windows import Coverage
    from kit.cases.case import Case
    from kit.display.choices import Choices
    from kit.display.parts import Listing, Part
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
            }
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
        zone = {"timezone": self.zone.key} if self.zone else {}
        return go_on({"source": self.log.source, **self.window.as_text(), **zone}, steps)

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """The incidents as they stand at the window's end."""
        return incidents(self.log, self.window.until)

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
                "window": self.window.as_text(),
                "source": self.log.source,
                "coverage": self.coverage.as_dict(),
                "catalogue_version": load().version,
                "headline": names.sentence(headline),
                "results": results,
                "code_words": dict(list(names.words.items())[:_WORDS]),
            }
        )


def incidents_of(case: Case | None, every: Iterable[Incident]) -> tuple[Incident, ...]:
    """Those of some incidents that are a case's: of its code on its app.

    Args:
        case: the case; without one, none are.
        every: the incidents.
    """
    if case is None:
        return ()
    mine = case.app_key, case.code
    return tuple(one for one in every if (one.app_key, one.code) == mine)


def _orgs(log: Log) -> str:
    """How many orgs the log is of, and which could not be read."""
    text = phrases.count(len(log.orgs), "org")
    return f"{text}; could not be read: {phrases.join(list(log.unread))}" if log.unread else text
