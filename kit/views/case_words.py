"""What ``remediation`` says of a case in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.display import phrases
from kit.views.sections import left_behind_in_words, radius_in_words

if TYPE_CHECKING:
    import pandas as pd

    from kit.analysis.changes import CandidateChanges
    from kit.analysis.verification import Fix
    from kit.cases.case import Case

__all__ = ["case_in_words", "fix_in_words", "recurrence_in_words", "search_in_words"]


def case_in_words(case: Case) -> str:
    """How wide, since when, who, and whether it is fixed, as a headline."""
    fix = _fix_in_short(case)
    if not case.app_key:  # people's own mistakes at signing in, which nobody fixes
        return (
            f"{case.code} concerns no app, since {case.since}: {case.hit}, "
            f"{len(case.still_failing):,} still failing.{_behind(case.apart)}"
        )
    given_up = f", {len(case.abandoned):,} unassigned since" if case.abandoned else ""
    return (
        f"{radius_in_words(case)}, {case.code}, since {case.since}. "
        f"{case.hit}, {len(case.still_failing):,} still failing{given_up}. {fix}."
        f"{_behind(case.apart)}{left_behind_in_words(case.failed_deactivations)}"
    )


def _fix_in_short(case: Case) -> str:
    """Whether it is fixed; for some of those hit it may work though the outage has no fix."""
    one, verdict = case.incident, case.fix.verdict
    if verdict == "holds" and case.fix.at is not None:
        return f"The fix of {phrases.moment(case.fix.at)} holds"
    if verdict == "unproven":
        return "A fix is not proven yet"
    if one is not None and one.state == "fixed" and one.fixed_at is not None:
        return f"It works again for some since {phrases.moment(one.fixed_at)}"
    return "It is not fixed"


def search_in_words(changes: CandidateChanges) -> str:
    """Where changes were looked for; nothing where there is no onset."""
    if changes.since is None:
        return ""
    text = f"from {phrases.moment(changes.since)} to the onset"
    if changes.not_held:
        gaps = phrases.join([phrases.span(gap) for gap in changes.not_held])
        text += f". The source does not reach back: {gaps} is not held, so a change may be lost"
    return text


def fix_in_words(fix: Fix) -> str:
    """From what a fix is known."""
    if fix.event is not None:
        event = fix.event
        return f"{event['event_type']} by {event['actor']} (event {event['uuid']})"
    return {"given": "given", "first success": "the first success after the last failure"}.get(
        fix.how, "nothing in the log"
    )


def recurrence_in_words(came: pd.DataFrame) -> str:
    """How often a code came, and at what interval."""
    if len(came) < 2:
        return "the first time in what the source holds"
    between = came["interval"].dropna().dt.total_seconds()
    middle = phrases.duration(float(between.median()))
    return (
        f"{len(came):,} times in what the source holds, half of them within {middle} of the one "
        "before"
    )


def _behind(sentence: str) -> str:
    """A sentence behind others."""
    return f" {sentence}" if sentence else ""
