"""Sections that more than one notebook shows of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit import charts, show

if TYPE_CHECKING:
    import pandas as pd

    from kit.lake.coverage import Window
    from kit.remediation import Case

__all__ = ["marks_of", "over_time", "radius_in_words"]

_SECONDS = {"hour": "h", "day": "D"}


def radius_in_words(found: Case) -> str:
    """How wide a case is, as a headline begins."""
    if not found.proof.radius.users:
        return f"{found.app} fails for no user in particular"
    return {
        "connection": f"One broken connection: {found.app}",
        "group": f"Several users fail on {found.app}, others work",
        "user": f"One user fails on {found.app}",
    }[found.blast_radius]


def marks_of(found: Case) -> dict[str, pd.Timestamp | None]:
    """The moments to mark on a time axis."""
    change = found.changes["published"].iloc[0] if len(found.changes) else None
    return {"change": change, "onset": found.onset, "fix": found.fix.at}


def over_time(found: Case, window: Window, bucket: str) -> None:
    """Show a case's failures and rate on one time axis, and the numbers beside it."""
    known = found.history
    at = found.failures["published"].dt.floor(_SECONDS[bucket])
    bad = at.value_counts().rename("failures").rename_axis("bucket")
    good = known.successes.over_time(window, bucket).set_index("bucket")["successes"]
    both = bad.to_frame().join(good, how="outer").fillna(0).astype("int64").sort_index()
    both = both.assign(attempts=both["failures"] + both["successes"]).reset_index()
    show.figure(
        *charts.failures_and_rate(
            both, window, bucket, episodes=known.episodes, named=marks_of(found)
        )
    )
    table = both.assign(rate=both["failures"] / both["attempts"])[
        ["bucket", "failures", "attempts", "rate"]
    ]
    show.table(
        table[table["failures"] > 0].rename(columns={"bucket": f"{bucket} from (UTC)"}),
        caption=f"The {bucket}s with failures, in numbers",
        most=48,
        folded=True,
    )
    shown = "start last length failures attempts rate peak peak_at users open".split()
    show.table(
        known.episodes.iloc[::-1][shown],
        caption="Its episodes, the latest first",
        most=10,
        folded=True,
    )
