"""What ``failure_trends`` shows grouped by anything but the code, and beside another window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.analysis.by_kind import by_group, counts_of_groups, guesses_by_kind
from kit.catalogue import load
from kit.catalogue.model import OWNERS
from kit.display import charts, phrases
from kit.display.parts import Chart, Note
from kit.display.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from kit.analysis.comparison import Comparison
    from kit.analysis.trends import Trends
    from kit.display.parts import Part

__all__ = ["comparison_parts", "grouped_chart", "grouped_table", "kinds_with_guesses"]

_COLUMNS = "users still_failing recovered failures codes apps".split()
_NOBODYS = {"app": phrases.SIGN_IN, "kind": "not told", "owner": "not known"}
"""What the group is called that nothing tells."""
_COMPARED = "failures failures_before a_day a_day_before users users_before rate rate_before"


def grouped_table(trends: Trends, group: str) -> Table:
    """Who is hit, by group.

    Args:
        trends: what was counted.
        group: one of ``kit.analysis.groups.GROUPS``, but ``code``.
    """
    table = by_group(trends, group)
    columns = [group, *_COLUMNS]
    if group == "kind":
        kinds = load().kinds
        first = [kinds[name].deed if name in kinds else "" for name in table["kind"]]
        table, columns = table.assign(first=first), [*columns, "first"]
        table["kind"] = kinds_with_guesses(trends, table["kind"])
    else:
        table[group] = _names(table[group], group)
    return Table(
        table[[name for name in columns if name != f"{group}s"]],
        caption=f"What failed in the window or still fails, by {group}",
        most=25,
        empty="nothing.",
        anchor="open",
    )


def kinds_with_guesses(trends: Trends, kinds: pd.Series[str]) -> list[str]:
    """Kinds as a reader sees them, each with how many of its failures have it by a guess.

    Args:
        trends: what was counted.
        kinds: kinds' names.
    """
    guesses = guesses_by_kind(trends)
    return [
        f"{name} ({guesses[kind]:,} by a guess)" if kind in guesses else name
        for kind, name in zip(kinds, _names(kinds, "kind"), strict=True)
    ]


def grouped_chart(trends: Trends, group: str) -> Chart:
    """Failures over time, by group.

    Args:
        trends: what was counted.
        group: one of ``kit.analysis.groups.GROUPS``, but ``code``.
    """
    counts = counts_of_groups(trends, group)
    counts[group] = _names(counts[group], group)
    return Chart(
        charts.groups_over_time,
        counts.rename(columns={group: "group"}),
        trends.window,
        trends.bucket,
        by=group,
    )


def comparison_parts(comparison: Comparison) -> Iterator[Part]:
    """A window beside another: in a sentence, what is lacking, and row by row."""
    counts = comparison.counts
    words = phrases.join([f"{count:,} {_WORDS[name]}" for name, count in counts.items()])
    yield Note(
        f"Held against {phrases.span(comparison.other)}: {words or 'nothing failed in either'}."
    )
    for name, coverage in (
        ("this window", comparison.coverage),
        ("the other window", comparison.other_coverage),
    ):
        if not coverage.complete:
            yield Note(f"Of {name}: {phrases.coverage_in_words(coverage)}.")
    rows, by = comparison.rows, comparison.by
    names = ["code", "app"] if by == "code" else [by]
    if by != "code":
        rows = rows.assign(**{by: _names(rows[by], by)})
    columns = [*names, "change", *_COMPARED.split()]
    yield Table(
        rows[columns]
        .assign(change=rows["change"].str.replace("_", " "))
        .round({"a_day": 1, "a_day_before": 1}),
        caption=f"What began, grew or ended, by {'app and code' if by == 'code' else by}",
        most=25,
        empty="nothing failed in either window.",
    )


_WORDS = {
    "began": "began",
    "ended": "ended",
    "grew": "grew",
    "shrank": "shrank",
    "same": "stayed the same",
    "cannot_tell": "cannot be told, since nothing of one window is held",
}


def _names(values: pd.Series[str], group: str) -> pd.Series[str]:
    """Groups as a reader sees them."""
    if group == "kind":
        values = values.str.replace("_", " ")
    elif group == "owner":
        values = values.map(lambda name: OWNERS.get(name, name))
    return values.replace("", _NOBODYS.get(group, "not known"))
