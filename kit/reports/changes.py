"""What changed since the run before: computed from two ``summary.json``, shown by the page.

The run before is the newest good one of the same notebook and parameters, the window left
aside, whose window ends earlier. So a rerun or a backfill compares with the same one again.

=========== ==============================================================================
new         an app and code that the run before did not have
gone        one that it had: it failed not once in this window, and nobody still fails with it
worse       more users still failing; with as many, more failures (a day, where the two
            windows differ in length)
better      the other way round
recovered   a user who was still failing, and for whom it worked since
newly       a user who was not failing before
failing
unassigned  a user who was still failing, and was unassigned from the app since
not seen    a user who was still failing and of whom this run knows nothing
=========== ==============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kit.base.times import parse_iso
from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kit.display.code_names import CodeNames

__all__ = [
    "RunChanges",
    "compare",
    "iso_in_words",
    "newest_first",
    "previous",
    "previous_and_changes",
    "same_series",
]


@dataclass(frozen=True)
class RunChanges:
    """The difference between two runs, in words."""

    remarks: tuple[str, ...]
    """What was compared with what, and what to mind."""
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """``2 new codes``, ``1 user recovered`` and so on, each with its lines; none is empty."""
    incidents: tuple[str, ...] = field(default=(), kw_only=True)
    """What became of incidents, a line each, for a notice."""
    compared: bool = field(default=True, kw_only=True)

    @property
    def short(self) -> str:
        """The difference in a few words, for the index and a notice."""
        if not self.compared:
            return self.remarks[0]
        return ", ".join(name for name, _ in self.groups) or "no change"

    def in_words(self, names: CodeNames) -> RunChanges:
        """The same with the words of unknown texts before their codes."""
        groups = tuple((name, tuple(map(names.sentence, lines))) for name, lines in self.groups)
        remarks, incidents = (
            tuple(map(names.sentence, lines)) for lines in (self.remarks, self.incidents)
        )
        return replace(self, remarks=remarks, groups=groups, incidents=incidents)


def previous_and_changes(facts: Mapping[str, Any], runs: Iterable[Mapping[str, Any]]) -> RunChanges:
    """Find the run before among some and compare with it.

    Args:
        facts: a good run, as its ``summary.json``.
        runs: others, as theirs.

    Returns:
        The changes; where there is no run before, a sentence that says so.
    """
    series_runs = [run for run in runs if same_series(run, facts)]
    before = previous(facts, series_runs)
    if before is None:
        failed = any(_earlier(run, facts) for run in series_runs)
        remark = "No earlier run worked" if failed else "No earlier run to compare with"
        return RunChanges((remark,), compared=False)
    between = [run for run in series_runs if _earlier(run, facts) and _earlier(before, run)]
    return compare(facts, before, failed=sum(run.get("status") != "ok" for run in between))


def previous(
    facts: Mapping[str, Any], runs: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The newest good run with the same notebook and parameters and an earlier window."""
    good = [
        run
        for run in runs
        if run.get("status") == "ok" and same_series(run, facts) and _earlier(run, facts)
    ]
    return max(good, key=_age, default=None)


def newest_first(runs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort runs by the ends of their windows; of one window, the newest run first."""
    return sorted(runs, key=_age, reverse=True)


def compare(now: Mapping[str, Any], before: Mapping[str, Any], *, failed: int = 0) -> RunChanges:
    """Say what changed between two good runs.

    Args:
        now: the later run, as its ``summary.json``.
        before: the earlier one.
        failed: runs between them that failed.

    Returns:
        The changes.
    """
    results, old = now.get("results") or {}, before.get("results") or {}
    remarks = _remarks(now, before, failed)
    groups: list[tuple[str, Sequence[str]]] = []
    if isinstance(results.get("by_code"), list) and isinstance(old.get("by_code"), list):
        groups += _codes(now, before)
    about, was = _subject(results), _subject(old)
    if about != was:
        remarks.append(
            f"This run is about {about or 'nothing'}, that one about {was or 'nothing'}."
        )
    elif isinstance(results.get("still_failing"), list):
        groups += _users(results, old)
        groups += _verdict(results, old)
    filled_groups = [
        (_group_title(name, len(lines)), tuple(lines)) for name, lines in groups if lines
    ]
    return RunChanges(tuple(remarks), tuple(filled_groups))


def _remarks(now: Mapping[str, Any], before: Mapping[str, Any], failed: int) -> list[str]:
    window, old = _window(now), _window(before)
    if window is None or old is None:
        return [f"Compared with the run of {iso_in_words(before.get('started'))}."]
    remarks = [f"Compared with the window {phrases.moment(old[0])} to {phrases.moment(old[1])}."]
    if failed:
        remarks.append(f"{phrases.count(failed, 'run')} between the two failed.")
    if old[1] > window[0]:
        both = min(old[1], window[1]) - max(old[0], window[0])
        remarks.append(f"{_long(both)} are in both windows, and what failed then counts in both.")
    elif old[1] < window[0]:
        remarks.append(f"The {_long(window[0] - old[1])} between the two windows are in neither.")
    if _days(now) != _days(before):
        remarks.append("The windows differ in length, so failures are compared by the day.")
    if not (before.get("coverage") or {}).get("complete"):
        remarks.append("The earlier window was not wholly held: what is new may be older.")
    if not (now.get("coverage") or {}).get("complete"):
        remarks.append("This window is not wholly held: what is gone may be missing only.")
    return remarks


def _codes(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    days, days_before = _days(now), _days(before)
    rows, old = (_by_code_and_app(run["results"]["by_code"]) for run in (now, before))
    window = _window(before)
    new = [
        f"{_name(key)}: {_state_of(row)}"
        for key, row in rows.items()
        if key not in old and not _older(row, window)
    ]
    gone = [
        f"{_name(key)}: no failure in this window, nobody still failing; before, {_state_of(row)}"
        for key, row in old.items()
        if key not in rows
    ]
    worse: list[tuple[tuple[str, str], str]] = []
    better: list[tuple[tuple[str, str], str]] = []
    for key in rows.keys() & old.keys():
        row, was = rows[key], old[key]
        steps = [
            _number(row, "still_failing") - _number(was, "still_failing"),
            _number(row, "failures") / days - _number(was, "failures") / days_before,
        ]
        step = next((s for s in steps if s), 0)
        if step:
            (worse if step > 0 else better).append((key, f"{_name(key)}: {_difference(row, was)}"))
    return [
        ("new code", new),
        ("gone code", gone),
        ("worse", [line for _, line in sorted(worse)]),
        ("better", [line for _, line in sorted(better)]),
    ]


def _older(row: Mapping[str, Any], before: tuple[datetime, datetime] | None) -> bool:
    """Whether a code is open only from before the earlier window's end."""
    if before is None or _number(row, "failures") or not row.get("since"):
        return False
    return parse_iso(str(row["since"])) < before[1]


def _users(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    failing, was = _logins(now, "still_failing"), _logins(before, "still_failing")
    works, recovered_before = _logins(now, "recovered"), _logins(before, "recovered")
    gone = _logins(now, "abandoned")
    again = failing & recovered_before
    return [
        ("user newly failing", sorted(failing - was - recovered_before)),
        ("user failing again", sorted(again)),
        ("user recovered", sorted(was & works)),
        ("user unassigned", sorted(was & gone)),
        ("user not seen any more", sorted(was - failing - works - gone)),
    ]


def _verdict(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    fix, old = (run.get("fix") or {} for run in (now, before))
    verdict, was = (str(f.get("verdict") or "").replace("_", " ") for f in (fix, old))
    return [("fix", [f"{verdict}; before, {was}"])] if verdict != was and verdict and was else []


def _group_title(name: str, number: int) -> str:
    """``2 new codes``, ``1 user recovered``, ``3 worse``."""
    if name == "fix":
        return "fix"
    many = name.replace("user ", "users ").replace(" code", " codes")
    return phrases.count(number, name, many)


def _by_code_and_app(rows: Iterable[Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (str(row.get("code") or ""), str(row.get("app") or "")): row
        for row in rows
        if isinstance(row, dict)
    }


def _name(key: tuple[str, str]) -> str:
    code, app = key
    return f"{code} on {app}" if app else code


def _state_of(row: Mapping[str, Any]) -> str:
    return (
        f"{phrases.count(_number(row, 'failures'), 'failure')}, "
        f"{phrases.count(_number(row, 'users'), 'user')} hit, "
        f"{_number(row, 'still_failing'):,} still failing"
    )


def _difference(row: Mapping[str, Any], was: Mapping[str, Any]) -> str:
    still, failures, users = (
        (_number(row, name), f"(before, {_number(was, name):,})")
        for name in ("still_failing", "failures", "users")
    )
    return (
        f"{still[0]:,} still failing {still[1]}, {phrases.count(failures[0], 'failure')} "
        f"{failures[1]}, {phrases.count(users[0], 'user')} hit {users[1]}"
    )


def _subject(results: Mapping[str, Any]) -> str:
    code, app = results.get("code"), results.get("app")
    return f"{code} on {app}" if code and app else str(code or "")


def _logins(results: Mapping[str, Any], name: str) -> set[str]:
    logins = results.get(name)
    return {str(login) for login in logins} if isinstance(logins, list) else set()


def _number(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) else 0


def same_series(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two runs are of the same notebook and parameters, the window left aside."""
    return one.get("notebook") == other.get("notebook") and _series(one) == _series(other)


_SHOWING = frozenset({"since", "until", "timezone", "group_by", "compare"})
"""Parameters of the window and of how things are shown: what is asked is the same."""


def _series(facts: Mapping[str, Any]) -> dict[str, Any]:
    parameters = facts.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    # What an older notebook did not have is as what was left empty.
    series = {k: v for k, v in parameters.items() if k not in _SHOWING and v not in ("", None)}
    owner = facts.get("owner")
    name = owner.get("name") if isinstance(owner, dict) else None
    return {**series, "--redact": bool(facts.get("redacted")), "--owner": name}


def _earlier(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a run's window ends before another's; without windows, whether it began earlier."""
    first, second = _window(one), _window(other)
    if first is None or second is None:
        return str(one.get("started")) < str(other.get("started")) and first is second
    return first[1] < second[1]


def _age(run: Mapping[str, Any]) -> tuple[datetime, str]:
    window = _window(run)
    return (window[1] if window else datetime.min.replace(tzinfo=UTC), str(run.get("started")))


def _window(facts: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    window = facts.get("window") or {}
    try:
        since, until = (parse_iso(str(window[name])) for name in ("since", "until"))
    except (ValueError, KeyError, TypeError):
        return None
    return since, until


def _days(facts: Mapping[str, Any]) -> float:
    window = _window(facts)
    return (window[1] - window[0]) / timedelta(days=1) or 1.0 if window else 1.0


def _long(span: timedelta) -> str:
    return phrases.duration(span.total_seconds())


def iso_in_words(text: object) -> str:
    """An ISO time in words; what is no time as it is."""
    try:
        return phrases.moment(parse_iso(str(text)))
    except ValueError:
        return str(text or "")
