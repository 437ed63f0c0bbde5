"""Which export of a vendor's log would show what a source lacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kit.base.times import moment_before
from kit.base.windows import Window
from kit.evidence.matching import evidence
from kit.vendors.forms import title_of, vendor_of, vendors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.evidence.story import VendorStory
    from kit.log.log import Log
    from kit.vendors.forms import Vendor

__all__ = ["NeededExport", "VendorSide", "vendor_side"]

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_POLICY_KIND = "policy_denied"


@dataclass(frozen=True)
class NeededExport:
    """An export that somebody has to make."""

    log: str
    """What people call the log."""
    path: str
    """Where it is exported."""
    window: Window
    """From when to when it has to reach."""
    why: str
    """What it would show, as the end of a sentence."""


@dataclass(frozen=True)
class VendorSide:
    """What a source holds of the vendor's side of one code on one app."""

    has_records: bool
    """Whether the source holds records of a vendor at all."""
    vendor: str
    """The vendor's name; empty where no log of a vendor's can hold such failures."""
    reasons: Mapping[str, int]
    """The failures that nothing matched, by the reason."""
    exports: tuple[NeededExport, ...]
    """What to export, so that the page can say more."""


def vendor_side(
    log: Log, failures: pd.DataFrame, story: VendorStory | None, kind: str
) -> VendorSide:
    """Tell what of the vendor's side is held, and what is lacking.

    Args:
        log: the opened log.
        failures: the failures of one code on one app, as ``failure_rows`` lists them; one at least.
        story: what the vendor's records say of them, where some match.
        kind: what goes wrong with the code, a kind of the catalogue.
    """
    answer = evidence(log)
    if answer is None:
        mine, reasons = [_logs_of_last(failures)], {}
    else:
        rows = answer.failures[answer.failures["uuid"].isin(failures["uuid"])]
        mine = list(zip(rows["vendor"], rows["logs"], strict=True))
        reasons = {str(k): int(n) for k, n in rows["reason_none"].dropna().value_counts().items()}
    logs = {name: dict.fromkeys(one for of, some in mine if of == name for one in some)
            for name, _ in mine}  # fmt: skip
    vendor = next((name for name, some in logs.items() if some), "")
    if not vendor:
        return VendorSide(answer is not None, "", reasons, ())
    coverage = log.vendor_coverage()
    first, last = failures["published"].min(), failures["published"].max()
    exports: list[NeededExport] = []
    ours = [name for name in logs[vendor] if name != "graph_activity"]
    covered_windows = [window for name in logs[vendor] for window in coverage.get(name, ())]
    if not covered_windows:
        exports += [
            _export(
                vendor,
                name,
                moment_before(first, _DAY),
                last,
                "which account was refused, and by what",
            )
            for name in logs[vendor]
        ]
    elif reasons.get("outside_coverage"):
        rows = answer.failures if answer is not None else failures
        rows = rows[rows["uuid"].isin(failures["uuid"])]
        outside = rows.loc[rows["reason_none"] == "outside_coverage", "published"]
        exports += [
            _export(vendor, name, outside.min(), outside.max(), "the refusals of that time")
            for name in logs[vendor]
        ]
    if story is not None:
        exports += _of_story(vendor, ours, story, kind)
    if ours:
        exports += _of_changes(vendor, coverage.get(vendor_of(vendor).audit, ()), story, first)
    return VendorSide(answer is not None, title_of(vendor), reasons, tuple(exports))


def _of_story(
    vendor: str, logs: Sequence[str], story: VendorStory, kind: str
) -> list[NeededExport]:
    """What is lacking around the refusals that are there."""
    exports = []
    name = story.log
    if story.last_worked_before is None:
        since = moment_before(story.first_refused, 7 * _DAY)
        why = "the last sign-in that worked before"
        exports.append(_export(vendor, name, since, story.first_refused, why))
    ends = [window.until for window in story.sign_in_windows]
    if story.first_worked_after is None and ends:
        end = max(*ends, story.last_refused.to_pydatetime())
        if end <= story.last_refused + _SECOND:
            why = "whether sign-ins work again"
            exports.append(_export(vendor, name, story.last_refused, None, why))
    if kind == _POLICY_KIND and not story.lists_policies and name in logs:
        why = "which policy refused, which this form does not list: take JSON"
        exports.append(_export(vendor, name, story.first_refused, story.last_refused, why))
    return exports


def _of_changes(
    vendor: str, windows: Sequence[Window], story: VendorStory | None, first: pd.Timestamp
) -> list[NeededExport]:
    """The audit log, where it does not reach from the last sign-in that worked to the first not."""
    until = story.first_refused if story is not None else first
    success = story.last_worked_before if story is not None else None
    day_before = moment_before(until, _DAY)
    since = day_before if success is None else success
    if any(window.since <= since and window.until >= until for window in windows):
        return []
    return [
        _export(
            vendor, vendor_of(vendor).audit, min(since, day_before), until, "what changed before"
        )
    ]


def _export(
    vendor: str, log: str, since: pd.Timestamp, until: pd.Timestamp | None, why: str
) -> NeededExport:
    end = until if until is not None else _after(since, _DAY)
    one = next(one for one in vendors() if one.name == vendor)
    window = Window(since.to_pydatetime(), max(end, _after(since, _SECOND)).to_pydatetime())
    return NeededExport(title_of(vendor, log), one.exports.get(log, ""), window, why)


def _after(moment: pd.Timestamp, span: timedelta) -> pd.Timestamp:
    """A time after another, but no later than the calendar ends."""
    return min(moment + span, pd.Timestamp(datetime.max.replace(tzinfo=UTC)))


def _logs_of_last(failures: pd.DataFrame) -> tuple[str, tuple[str, ...]]:
    """The vendor that can speak of the latest failure, and the logs in which it can stand."""
    last = failures.sort_values("published").iloc[-1]
    text = " ".join(str(last[name]) for name in ("reason", "vendor_message") if last[name])
    request_id = last["request_id"] if isinstance(last["request_id"], str) else None
    code, family, app = (
        last[name] if isinstance(last[name], str) else "" for name in ("code", "family", "app")
    )
    for vendor in vendors():
        if _speaks(vendor, code, family, app):
            return vendor.name, vendor.logs_of(code, family, text, request_id)
    return "", ()


def _speaks(vendor: Vendor, code: str, family: str, app: str) -> bool:
    speaks, name = vendor.speaks, app.casefold()
    return (
        code.startswith(tuple(speaks.codes))
        or family.startswith(tuple(speaks.families))
        or any(one in name for one in speaks.apps)
    )
