"""The questions of an assistant, each put to a log and answered as a typed value.

The sentence of an answer holds no word that somebody wrote into an event, but for its code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.analysis.failures import folded_failures
from kit.analysis.incidents import end_of, incidents, with_marks
from kit.analysis.lists import failure_list
from kit.analysis.radius import hit_counts
from kit.answers import model
from kit.answers.rows import (
    MAX_FAILURES,
    MAX_ROWS,
    NOTES,
    base_of,
    bound_note,
    but_incomplete,
    failure_row,
    incident_row,
    plain_text,
    stretches_of,
    totals_by_code,
    untrusted,
)
from kit.base.text import clean
from kit.base.times import iso
from kit.base.version import __version__
from kit.base.windows import Window
from kit.catalogue import load
from kit.catalogue.explain import explanation
from kit.catalogue.pasted import as_written
from kit.display import phrases
from kit.lake.files import skipped

if TYPE_CHECKING:
    from kit.answers.current_log import CurrentLog
    from kit.catalogue.explain import Explanation

__all__ = [
    "answer_coverage",
    "answer_explanation",
    "answer_failures",
    "answer_incidents",
]


def answer_explanation(current: CurrentLog, text: str) -> model.ExplainedText:
    """Say what a message or a code means, and how often the source holds such a failure.

    Args:
        current: the log.
        text: the message or the code.
    """
    log = current.log()
    one = explanation(as_written(text))
    user, parts = current.safe_message(one.user, text, one.vendor_message or "", one.note)
    asked_text, vendor_message, note = map(plain_text, parts)
    count = 0
    if one.code:
        rows = folded_failures(log)
        count = int(rows.filter(rows.code == one.code).count().to_pyarrow().as_py())
    fields: dict[str, Any] = {**one.fields(), "user": user}
    for name, value in fields.items():
        if isinstance(value, str):
            fields[name] = plain_text(value if name == "user" else current.safe(value))
    answer = model.ExplainedText(
        **base_of(current, log, log.window(), {"text": asked_text or ""}),
        **{**fields, "vendor_message": untrusted(vendor_message)},
        answer=_explained(one, count),
        untrusted_fields=[*_OF_MESSAGE, NOTES],
        failures_in_source=count,
        note=note,
        nearest_codes=[near.code for near in one.nearest],
    )
    current.keep_pseudonyms()
    return answer


_OF_MESSAGE = ("filters", "app", "code", "user", "operation", "vendor_message", "timestamp")


def answer_incidents(current: CurrentLog) -> model.IncidentsAnswer:
    """List the incidents that are not over at the source's end."""
    log = current.log()
    end = end_of(log)
    every = with_marks(incidents(log, end), current.marks(), end)
    mine = [one for one in every if one.state != "over"]
    states: list[str] = [one.state for one in mine]
    counts = {name: states.count(name) for name in _UNFINISHED}
    base = base_of(current, log, Window(min(log.first, end), end), {})
    parts = [f"{counts[name]:,} {words}" for name, words in _UNFINISHED.items() if counts[name]]
    sentence = f"{phrases.count(len(mine), 'incident')} not over: {', '.join(parts)}."
    if not mine:
        sentence = "No incident is open or waits for a retry." + but_incomplete(base["coverage"])
    return model.IncidentsAnswer(
        **base,
        answer=sentence + bound_note(len(mine)),
        untrusted_fields=[*(f"incidents.{name}" for name in _OF_INCIDENT), NOTES],
        total=len(mine),
        open=counts["open"],
        regressed=counts["regressed"],
        fixed=counts["fixed"],
        incidents=[incident_row(one) for one in mine[:MAX_ROWS]],
    )


_OF_INCIDENT = ("app", "app_id", "code", "left", "leavers", "note")
_UNFINISHED = {
    "open": "open",
    "regressed": "open again",
    "fixed": "fixed with users left to retry",
}


def answer_failures(
    current: CurrentLog, since: str, until: str, app: str, code: str, *, still_failing: bool
) -> model.FailuresAnswer:
    """List the failures of a window.

    Args:
        current: the log.
        since: its start, as ``kit.failures`` takes it; the source's first event if empty.
        until: its end, not included; the source's end if empty.
        app: only this app, by name or id.
        code: only this code.
        still_failing: only what nothing has followed that worked.

    Raises:
        UsageError: a time cannot be read, or the source knows no such app or code.
    """
    log = current.log()
    window = log.window(since or None, until or None)
    rows = failure_list(log, window, app=app, code=code, still_failing=still_failing)
    asked_for = {"since": since, "until": until, "app": app, "code": code}
    filters: dict[str, str | bool] = {name: value for name, value in asked_for.items() if value}
    if still_failing:
        filters["still_failing"] = True
    base = base_of(current, log, window, filters)
    totals = totals_by_code(rows)
    events = int(rows["events"].sum())
    sentence = f"{phrases.count(len(rows), 'failure')} of {phrases.hit_in_words(hit_counts(rows))}"
    sentence += f" ({phrases.count(events, 'failing event')})." + bound_note(
        len(rows), MAX_FAILURES
    )
    if rows.empty:
        sentence = "No such failure in what the source holds." + but_incomplete(base["coverage"])
    newest = rows.iloc[::-1].head(MAX_FAILURES)
    return model.FailuresAnswer(
        **base,
        answer=sentence,
        untrusted_fields=["failures", "by_code", "filters", NOTES],
        total=len(rows),
        events=events,
        by_code=totals[:MAX_ROWS],
        by_code_total=len(totals),
        failures=[failure_row(one) for one in newest.to_dict("records")],
    )


def answer_coverage(current: CurrentLog) -> model.SourceAnswer:
    """Say what the source holds, and lacks."""
    log = current.log()
    base = base_of(current, log, log.window(), {})
    vendor_logs = {name: stretches_of(windows) for name, windows in log.vendor_coverage().items()}
    words = current.safe(phrases.coverage_in_words(log.coverage(log.window())))
    return model.SourceAnswer(
        **base,
        answer=f"{phrases.count(log.count, 'event')}; {words}.",
        untrusted_fields=["orgs", "orgs_not_read", NOTES],
        events=log.count,
        first_event=iso(log.first),
        last_event=iso(log.last),
        skipped_lines_in_source=skipped(log.skipped_lines),
        repeats_left_out=log.repeats,
        orgs=[clean(org) for org in log.orgs],
        orgs_not_read=[clean(f"{org}: {why}") for org, why in log.unread.items()],
        vendor_logs={name: windows[:MAX_ROWS] for name, windows in vendor_logs.items()},
        catalogue_version=load().version,
        kit_version=__version__,
        redacted=current.redacted,
    )


def _explained(one: Explanation, count: int) -> str:
    if not one.code:
        return "This is no failure's message or code." if not one.meaning else one.meaning
    what = one.meaning or "The catalogue does not know this code."
    return (
        f"{one.code}: {what.rstrip('.')}. The source holds {phrases.count(count, 'such failure')}."
    )
