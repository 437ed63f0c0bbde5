"""A step whose evidence lies in the vendor's own log: done, to do, or not shown there either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from kit.cases.vendor_words import refused_by, refused_in_words
from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.base.windows import Window
    from kit.catalogue import Evidence
    from kit.evidence.story import VendorStory

__all__ = ["Observation", "State", "vendor_observation"]

State = Literal["done", "to_do", "unknown"]


@dataclass(frozen=True)
class Observation:
    """What is seen of one step."""

    state: State
    evidence: str
    at: pd.Timestamp | None = None
    actor: str = ""
    event: str = ""


def vendor_observation(story: VendorStory, evidence: Evidence) -> Observation:
    """Look for a step in the vendor's records.

    Args:
        story: what they say of the code on the app.
        evidence: what would show the step.

    Returns:
        What is seen; ``unknown`` where the source does not hold the log after the refusals.
    """
    if evidence.kind == "refusal":
        who = f"{story.account} in {story.application}"
        text = f"{who}: refused {refused_in_words(story)}, by {refused_by(story)}"
        return Observation("done", f"{text.rstrip('.')} ({story.vendor}'s log)")
    return _sign_in(story) if evidence.kind == "sign_in" else _audit(story, evidence.events)


def _sign_in(story: VendorStory) -> Observation:
    who = f"{story.account} in {story.application}"
    if (at := story.first_worked_after) is not None:
        text = f"First sign-in that worked: {who}, {phrases.moment(at)} ({story.vendor}'s record "
        return Observation("done", f"{text}{story.worked_id})", at, "", story.worked_id or "")
    if _reaches(story.sign_in_windows, story.last_refused):
        return Observation("to_do", f"No sign-in of {who} worked since the last one refused.")
    return Observation("unknown", f"{story.vendor}'s sign-in log ends with the last one refused.")


def _audit(story: VendorStory, activities: Sequence[str]) -> Observation:
    names = {_folded(one) for one in activities}
    rows = story.changes_after
    rows = rows[rows["activity"].fillna("").astype(str).map(_folded).isin(names)]
    failures, rows = rows[rows["result"] == "failure"], rows[rows["result"] != "failure"]
    if len(rows):
        row = rows.iloc[-1]
        at, actor = pd.Timestamp(row["published"]), str(row["actor"] or "somebody")
        text = f"{row['activity']} on {row['target']} by {actor}, {phrases.moment(at)}"
        return Observation("done", f"{text} ({story.vendor}'s audit log)", at, actor)
    if len(failures):
        when = phrases.moment(failures["published"].iloc[-1])
        return Observation("to_do", f"Tried {when}, and it failed ({story.vendor}'s audit log).")
    if story.first_worked_after is not None:
        return Observation("unknown", "Not seen; sign-ins work again without it.")
    if _reaches(story.audit_windows, story.first_refused):
        end = phrases.moment(max(one.until for one in story.audit_windows))
        return Observation(
            "to_do", f"{story.vendor}'s audit log, held to {end}, shows none since the refusals."
        )
    return Observation("unknown", f"{story.vendor}'s audit log after the refusals is not held.")


def _folded(name: str) -> str:
    """An activity's name without what differs from release to release: case, dashes, blanks."""
    return "".join(one for one in name.casefold() if one.isalnum())


def _reaches(windows: Sequence[Window], at: pd.Timestamp) -> bool:
    """Whether what is held goes on after a moment, for longer than a second."""
    return any(pd.Timestamp(one.until) > at + pd.Timedelta(seconds=1) for one in windows)
