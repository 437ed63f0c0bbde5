"""Sections that more than one notebook shows of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.attempts import with_attempts
from kit.analysis.kinds import guesses_in, kinds_of
from kit.analysis.successes import bucket_of
from kit.base.times import moment_before
from kit.base.windows import Window
from kit.cases.candidates import vendor_candidates
from kit.catalogue import load
from kit.display import charts, phrases
from kit.display.days import begin_of
from kit.display.parts import Chart
from kit.display.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kit.analysis.incidents import Incident
    from kit.analysis.trends import Trends
    from kit.cases.case import Case
    from kit.display.parts import Part

__all__ = [
    "case_over_time",
    "case_picture",
    "chart_marks",
    "close",
    "kind_and_meaning",
    "left_behind_in_words",
    "name_columns",
    "onset_marks",
    "people_by_state",
    "radius_in_words",
    "worst_buckets",
]

_AROUND = pd.Timedelta(hours=12)


def radius_in_words(case: Case) -> str:
    """How wide a case is, as a headline begins."""
    if not case.app_key:
        return "It concerns no app"
    if not case.proof.radius.users:
        return f"{case.app} fails for no user in particular"
    kinds = set(case.people["hit_type"])
    kind = kinds.pop() if len(kinds) == 1 else "user"
    return {
        "connection": f"One broken connection: {case.app}",
        "group": f"Several {kind}s fail on {case.app}, others work",
        "user": f"One {kind} fails on {case.app}"
        if case.people["hit_key"].nunique() < 2
        else f"Single {kind}s fail on {case.app}",
    }[case.blast_radius]


def kind_and_meaning(failures: pd.DataFrame) -> str:
    """What went wrong and what is done first, of the kinds that some failures are of.

    Args:
        failures: as ``failures`` lists them; of one code they are mostly of one kind.

    Returns:
        A line; empty where nothing tells a kind.
    """
    kinds = load().kinds
    rows = pd.DataFrame({"kind": kinds_of(failures), "guess": guesses_in(failures)})
    lines: list[str] = []
    for name in rows["kind"].value_counts().index:
        words, guesses = name.replace("_", " "), rows.loc[rows["kind"] == name, "guess"]
        if guesses.all():
            words = f"looks like {words}, a guess from messages that are worded alike"
        elif guesses.any():
            words += f" ({phrases.count(int(guesses.sum()), 'failure')} by a guess)"
        lines += [f"{words}: {kinds[name].deed}"] if name else []
    return "; ".join(lines)


def left_behind_in_words(users: Sequence[str]) -> str:
    """Whose access was left behind, as the end of a headline; nothing where nobody's was."""
    return f" Access of {phrases.count(len(users), 'user')} was left behind." if users else ""


def name_columns(rows: pd.DataFrame) -> list[str]:
    """The columns that name who is hit, and at what operation.

    Args:
        rows: as ``recovery`` lists them.
    """
    if (rows["hit_type"] == "user").all():
        return ["user", "user_name", "operation"]
    return ["hit_type", "hit", "operation"]


def chart_marks(case: Case) -> dict[str, pd.Timestamp | None]:
    """The moments to mark on a time axis: Okta's change and the vendor's stand apart."""
    change = case.changes["published"].iloc[0] if len(case.changes) else None
    marks = {"change": change, **onset_marks(case.onset, case.incident), "fix": case.fix.at}
    if (story := case.vendor) is not None:
        theirs = vendor_candidates(story)["published"]
        if len(theirs):
            marks["change in Okta"] = marks.pop("change")
            marks[f"change in {story.vendor}"] = theirs.iloc[0]
        marks["sign-in works"] = story.first_worked_after
    return marks


def onset_marks(onset: pd.Timestamp, one: Incident | None) -> dict[str, pd.Timestamp | None]:
    """The moments at which something began, each by the name that the sentences have for it.

    Args:
        onset: of the latest outage.
        one: its incident, which may be older than the outage, or have come back since.
    """
    if one is None:
        return {"onset": onset}
    since = pd.Timestamp(one.since)
    again = None if one.again_since is None else pd.Timestamp(one.again_since)
    marks: dict[str, pd.Timestamp | None] = {}
    if since < onset:
        marks["first failure"] = since
    if again is not None and again != onset:
        marks["again"] = again
    # What worked in its midst and failed again is no earlier outage.
    is_latest = bool(marks) and (again is None or again <= onset)
    return {**marks, "latest outage" if is_latest else "onset": onset}


def case_picture(case: Case, gaps: Sequence[Window]) -> Chart:
    """A case's failures and rate on one time axis, with onset, change, fix and what is missing."""
    view = close(case)
    bucket = bucket_of(view)
    return Chart(
        charts.failures_and_rate,
        _by_time(case),
        view,
        bucket,
        episodes=case.history.episodes,
        moments=chart_marks(case),
        gaps=gaps,
    )


def case_over_time(case: Case) -> Iterator[Part]:
    """A case's failures and rate over time and its episodes, in numbers."""
    bucket = bucket_of(close(case))
    table = _by_time(case)[["bucket", "failures", "attempts", "rate"]]
    yield Table(
        table[table["failures"] > 0].rename(columns={"bucket": f"{bucket} from (UTC)"}),
        caption=f"The {bucket}s with failures, in numbers",
        most=48,
        collapsed=True,
    )
    columns = "start last length failures attempts rate peak peak_at users open".split()
    yield Table(
        case.history.episodes.iloc[::-1][columns],
        caption="Its episodes, the latest first",
        most=10,
        collapsed=True,
    )


def _by_time(case: Case) -> pd.DataFrame:
    """Failures and attempts of a case by hour or day, close to its outage."""
    view = close(case)
    bucket = bucket_of(view)
    at = begin_of(bucket, case.failures["published"])
    at = at[at >= begin_of(bucket, pd.Series([pd.Timestamp(view.since)]))[0]]
    failed = at.value_counts().rename("failures").rename_axis("bucket").reset_index()
    successes = case.history.successes.over_time(view, bucket)
    return with_attempts(failed, successes, ["bucket"], how="outer")


def close(case: Case) -> Window:
    """The stretch to draw a case in: its outage and the window, or the outage from close by.

    Where the window begins after the onset, the time axis begins before it.
    """
    ends = [case.outage.last, *([case.fix.at] if case.fix.at is not None else [])]
    whole = case.history.window
    since, until = pd.Timestamp(whole.since), pd.Timestamp(whole.until)
    if since >= case.onset:
        since = moment_before(case.onset, _AROUND)
    near = max(since, moment_before(case.onset, _AROUND)), min(until, max(ends) + _AROUND)
    if near[0] < near[1] and 2 * (near[1] - near[0]) <= until - since:
        since, until = near
    return Window(since.to_pydatetime(), until.to_pydatetime())


def people_by_state(case: Case) -> Iterator[Part]:
    """Who recovered, who was unassigned, and all of them over time."""
    rows, who = case.people, [*name_columns(case.people), "failures"]
    back = rows[rows["state"] == "recovered"].sort_values(["recovered_at", "hit"])
    yield Table(
        back[[*who, "last_failure", "recovered_at", "time_to_recover"]],
        caption=f"Recovered, {len(back):,}: the same operation worked after the last failure",
        most=200,
        empty="nobody yet.",
        collapsed=True,
    )
    gone = rows[rows["state"] == "abandoned"].sort_values(["abandoned_at", "hit"])
    if len(gone):
        yield Table(
            gone[[*who, "last_failure", "abandoned_at"]],
            caption=f"Unassigned since, {len(gone):,}: nothing is left to retry",
            most=100,
            collapsed=True,
        )
    by_hit = rows.assign(user_key=rows["hit_key"])
    if len(rows):
        yield Chart(charts.people_over_time, by_hit, case.history.window, chart_marks(case))
    if rows["time_to_recover"].notna().any():
        yield Chart(charts.time_to_recover, rows)


def worst_buckets(trends: Trends) -> Table:
    """The hours or days with most failures, by app and code."""
    counts = trends.over_time
    attempts = trends.attempts_over_time
    rows = counts.merge(attempts[["bucket", "app", "attempts"]], on=["bucket", "app"])
    rows = rows.assign(rate=rows["failures"] / rows["attempts"])
    busiest = rows.sort_values(
        ["failures", "bucket", "app", "code"], ascending=[False, True, True, True]
    )
    columns = ["bucket", "app", "code", "failures", "attempts", "rate"]
    return Table(
        busiest[columns].rename(
            columns={
                "bucket": f"{trends.bucket} from (UTC)",
                "attempts": "attempts on the app",
            }
        ),
        caption=f"The worst {trends.bucket}s",
        most=10,
        collapsed=True,
    )
