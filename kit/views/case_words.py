"""What ``remediation`` says of a case in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.display import phrases
from kit.views.sections import left_behind_in_words, radius_in_words

if TYPE_CHECKING:
    import pandas as pd

    from kit.analysis.changes import Changes
    from kit.analysis.verification import Fix
    from kit.cases.case import Case

__all__ = ["case_in_words", "fix_in_words", "recurrence_in_words", "search_in_words"]


def case_in_words(found: Case) -> str:
    """How wide, since when, who, and whether it is fixed, as a headline."""
    fix = {
        "holds": f"The fix of {phrases.moment(found.fix.at)} holds" if found.fix.at else "",
        "not_fixed": "It is not fixed",
        "unproven": "A fix is not proven yet",
    }[found.fix.verdict]
    if not found.app_key:  # people's own mistakes at signing in, which nobody mends
        return (
            f"{found.code} concerns no app, since {found.since}: {found.hit}, "
            f"{len(found.still_failing):,} still failing.{_behind(found.apart)}"
        )
    given_up = f", {len(found.abandoned):,} unassigned since" if found.abandoned else ""
    return (
        f"{radius_in_words(found)}, {found.code}, since {found.since}. "
        f"{found.hit}, {len(found.still_failing):,} still failing{given_up}. {fix}."
        f"{_behind(found.apart)}{left_behind_in_words(found.failed_deactivations)}"
    )


def search_in_words(changed: Changes) -> str:
    """Where changes were looked for; nothing where there is no onset."""
    if changed.since is None:
        return ""
    said = f"from {phrases.moment(changed.since)} to the onset"
    if changed.not_held:
        gaps = phrases.join([phrases.span(gap) for gap in changed.not_held])
        said += f". The source does not reach back: {gaps} is not held, so a change may be lost"
    return said


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
    middle = phrases.hours(float(between.median()))
    return (
        f"{len(came):,} times in what the source holds, half of them within {middle} of the one "
        "before"
    )


def _behind(said: str) -> str:
    """A sentence behind others."""
    return f" {said}" if said else ""
