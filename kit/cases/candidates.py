"""What changed before an onset, in Okta and at the vendor, as one list of candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from kit.cases.case import Case
    from kit.evidence.story import VendorStory

__all__ = ["candidates", "vendor_candidates"]

_NEAR = pd.Timedelta(days=7)
"""How long before the first refusal a change at the vendor is still shown."""
_COLUMNS = ["published", "before", "seen_in", "change", "touches", "actor", "on", "id", "fits"]


def candidates(case: Case) -> pd.DataFrame:
    """List what changed before a case began, in Okta's log and in the vendor's.

    Those that can bring about such a failure come first, among them the nearest; no verdict.

    Args:
        case: the case.

    Returns:
        One row a change: ``published`` datetime64[us, UTC], ``before`` timedelta64[us] (before the
        first failure, by the clock of the log that it stands in), ``seen_in`` (``Okta`` or the
        vendor's name), ``change`` (the event type or activity), ``touches``, ``actor``, ``on``,
        ``id`` (null where the vendor's form has none), ``fits`` bool.
    """
    ours = case.changes.rename(columns={"event_type": "change", "uuid": "id"})
    ours = ours.assign(seen_in="Okta")[_COLUMNS]
    if case.vendor is None:
        return ours
    theirs = vendor_candidates(case.vendor)
    if theirs.empty or ours.empty:
        return theirs if ours.empty else ours
    both = pd.concat([ours, theirs], ignore_index=True)
    return both.sort_values(["fits", "before"], ascending=[False, True], ignore_index=True,
                            kind="stable")  # fmt: skip


def vendor_candidates(story: VendorStory) -> pd.DataFrame:
    """List the vendor's changes in the week before the first refusal, nearest first.

    Args:
        story: what the vendor's records say.

    Returns:
        As ``candidates``.
    """
    rows = story.changes_before
    rows = rows[rows["published"] >= story.first_refused - _NEAR]
    return pd.DataFrame(
        {
            "published": rows["published"],
            "before": (story.first_refused - rows["published"]).astype("timedelta64[us]"),
            "seen_in": story.vendor,
            "change": rows["activity"],
            "touches": "the " + rows["touches"].astype(str),
            "actor": rows["actor"],
            "on": rows["target"],
            "id": rows["id"],
            "fits": True,
        },
        columns=_COLUMNS,
    ).reset_index(drop=True)
