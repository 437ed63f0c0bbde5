"""Whether a fix holds: what failed and worked before it and after it, and what came back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from kit.analysis.changes import candidate_fixes
from kit.analysis.episodes import outages
from kit.analysis.failures import KEYS
from kit.analysis.radius import Radius, blast_radius, hit, who
from kit.base.windows import TICK
from kit.display.in_lines import InLines
from kit.display.reasons import Reason

if TYPE_CHECKING:
    from kit.analysis.episodes import History, Outage

__all__ = ["GRACE", "Fix", "verification"]

GRACE = timedelta(minutes=15)
"""Failures this soon after a fix are jobs that were under way, if it works after them."""


@dataclass(frozen=True)
class Fix:
    """When it was fixed, as far as the log shows, and whether that holds."""

    at: pd.Timestamp | None
    verdict: Literal["holds", "not_fixed", "unproven"]
    reason: Reason
    how: Literal["given", "change", "first success", ""] = ""
    """What the time is: given by who asks, a change in the log, or the first success."""
    event: pd.Series | None = field(default=None, compare=False)
    """The change that fixed it, as ``candidate_fixes`` lists it."""
    first_success: pd.Timestamp | None = None
    """The first success after the last failure that counts as proof."""


@dataclass(frozen=True, repr=False)
class Verification(InLines):
    """A fix, the radius of what it fixed, both sides of it, and how often this came back."""

    fix: Fix
    radius: Radius
    sides: pd.DataFrame
    """``before`` and ``after`` the fix: ``side``, ``since``, ``until`` datetime64[us, UTC],
    ``failures``, ``attempts``, ``users`` int64, ``rate`` float64 (missing without attempts)."""
    outages: pd.DataFrame
    """Each time that this code came on this app, as ``outages`` lists them."""


def verification(
    history: History, now: Outage | None, *, fixed_at: pd.Timestamp | None = None
) -> Verification:
    """Find when a failure was fixed, and say whether that holds.

    What is proof depends on how wide it is: of a broken connection, any success of the
    operations that failed, on the app; of a group or one user, only a success of those who
    were hit, since others worked all along.

    The rule for a fix that is not given: of the changes after the onset, the one that best
    parts failures from successes: with the fewest failures after it and the fewest successes
    that are proof before it; among equals one of the credentials or configuration, and the latest.
    The first success after the last failure takes its place if it parts them better: then the
    the fix left no trace in Okta.

    The verdict: ``holds``: attempts worked after it, and none failed with this code; failures
    within 15 minutes after it are jobs that were under way, if it worked after the last of
    them. ``not_fixed``: the code came after it, or it was never fixed. ``unproven``: nothing
    that would be proof has worked since.

    Args:
        history: one code on one app.
        now: the outage; without one there is nothing to verify.
        fixed_at: when it was fixed, if that is known.

    Returns:
        The fix with its verdict, and what it rests on.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> history = kit.case(log, "7d", code="AADSTS50126").history
        >>> kit.verification(history, kit.incident(history)).fix.verdict
        'holds'
    """
    came = outages(history)
    if now is None:
        nothing = Fix(fixed_at, "unproven", Reason("no_failure"))
        return Verification(nothing, blast_radius(history, None), _sides(history, None, None), came)
    proof = _Proof(history, now, blast_radius(history, now).width == "connection")
    best_fix = _best_fix(history, now, proof) if fixed_at is None else None
    at = fixed_at if fixed_at is not None else (best_fix[0] if best_fix else None)
    radius = blast_radius(history, now, at)
    proof = _Proof(history, now, radius.width == "connection")
    event = best_fix[1] if best_fix else None
    how: Literal["given", "change", "first success", ""] = ""
    if at is not None:
        how = "given" if fixed_at is not None else ("first success" if event is None else "change")
    verdict, reason = _verdict(history, now, at, proof)
    if verdict == "not_fixed" and not proof.anybody:
        # Who failed after a failed fix was hit by the same; a connection stays one.
        radius = blast_radius(history, now)
    fix = Fix(at, verdict, reason, how, event, proof.first(now.last))
    return Verification(fix, radius, _sides(history, now, at), came)


@dataclass(frozen=True)
class _Proof:
    """The successes that prove a fix: all on a broken connection, else of those hit."""

    history: History
    now: Outage
    anybody: bool

    def first(self, after: pd.Timestamp) -> pd.Timestamp | None:
        """When the first came after a moment."""
        if self.anybody:
            return self.history.successes.first(after)
        later = self._recoveries()
        later = later[later > after]
        return None if later.empty else pd.Timestamp(later.min())

    def count(self, after: pd.Timestamp, before: pd.Timestamp) -> int:
        """How many came after a moment and before another."""
        if self.anybody:
            return self.history.successes.count(after, before)
        rows = self._recoveries()
        return int(((rows > after) & (rows < before)).sum())

    def _recoveries(self) -> pd.Series[pd.Timestamp]:
        """When each of those who were hit worked again, each success once."""
        rows = hit(self.history, self.now)
        rows = rows[rows["worked_again"].notna() & who(rows).notna()]
        keys = [*KEYS, "worked_again"]
        return rows.drop_duplicates(keys)["worked_again"]


def _best_fix(
    history: History, now: Outage, proof: _Proof
) -> tuple[pd.Timestamp, pd.Series | None] | None:
    """The moment that best parts failures from successes, and the change made then."""
    failed = history.failures["published"]
    until = pd.Timestamp(history.window.until)
    candidates: list[tuple[int, int, bool, pd.Timedelta, pd.Timestamp, pd.Series | None]] = []
    for _, change in candidate_fixes(history, now.start).iterrows():
        at = change["published"]
        astray = int((failed > at).sum()) + proof.count(now.start, at)
        weak = change["kind"] not in {"credential", "configuration"}
        candidates.append((astray, 0, weak, until - at, at, change))
    first = proof.first(now.last)
    if first is not None:
        astray = int((failed > first).sum()) + proof.count(now.start, first)
        candidates.append((astray, 1, True, until - first, first, None))
    if not candidates:
        return None
    best = min(candidates, key=lambda one: one[:4])
    return pd.Timestamp(best[4]), best[5]


def _verdict(
    history: History, now: Outage, at: pd.Timestamp | None, proof: _Proof
) -> tuple[Literal["holds", "not_fixed", "unproven"], Reason]:
    if at is None:
        return "not_fixed", Reason("no_success", {"last": now.last})
    failed = history.failures["published"]
    after = failed[failed > at]
    until = pd.Timestamp(history.window.until)
    if len(after):
        last = pd.Timestamp(after.iloc[-1])
        successes = proof.count(last, until)
        facts: dict[str, Any] = {"failures": len(after), "fixed_at": at}
        if last - at > GRACE or not successes:
            return "not_fixed", Reason("failed_after", {**facts, "last": last})
        facts |= {"successes": successes, "anybody": proof.anybody}
        facts["grace_s"] = GRACE.total_seconds()
        return "holds", Reason("worked_after_stragglers", facts)
    # What worked at the moment itself is the first success, where that is the fix.
    successes = proof.count(at - TICK, until)
    if not successes:
        return "unproven", Reason("no_proof", {"fixed_at": at})
    facts = {"successes": successes, "anybody": proof.anybody, "fixed_at": at}
    return "holds", Reason("worked_since", facts)


def _sides(history: History, now: Outage | None, at: pd.Timestamp | None) -> pd.DataFrame:
    """Failures and attempts on both sides of a fix."""
    until = pd.Timestamp(history.window.until)
    rows = []
    stretches = [] if now is None else [("before", now.start, until if at is None else at)]
    if at is not None:
        stretches.append(("after", at, until))
    for side, start, end in stretches:
        inside = history.failures["published"].between(start, end, inclusive="left")
        mine = history.failures[inside]
        failed = len(mine)
        attempts = failed + history.successes.count(start - TICK, end)
        rows.append(
            {
                "side": side,
                "since": start,
                "until": end,
                "failures": failed,
                "attempts": attempts,
                "users": int(who(mine).nunique()),
                "rate": failed / attempts if attempts else float("nan"),
            }
        )
    return pd.DataFrame(rows, columns=_SIDES)


_SIDES = ["side", "since", "until", "failures", "attempts", "users", "rate"]
