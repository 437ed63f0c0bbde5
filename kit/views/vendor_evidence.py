"""What the vendor's own log says of a code on an app, or which export of it is lacking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.display import phrases
from kit.display.parts import Facts, Note
from kit.display.table import Table
from kit.evidence.matching import evidence
from kit.vendors.forms import vendors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kit.cases.case import Case
    from kit.display.parts import Part
    from kit.evidence.story import VendorStory
    from kit.log.log import Log
    from kit.vendors.forms import Vendor

__all__ = ["vendor_changes", "vendor_parts"]

_WHY = {
    "not_logged": "of the app's own, which no log of the vendor's has",
    "other_log": "in a log that was not exported",
    "outside_coverage": "at a time that the exports do not cover",
    "not_in_export": "not in the exports",
}
_BY = {
    "request_id": "by the request's id",
    "correlation_id": "by the correlation id and the code",
    "likely": "likely, by account, application and time",
}
_NEAR = pd.Timedelta(days=7)


def vendor_parts(case: Case, log: Log) -> Iterator[Part]:
    """The account that was refused, since when, by what; what changed; what to export."""
    story = case.vendor
    logs = sorted({name for _, some in _logs(case) for name in some})
    if story is None:
        yield from _without_story(case, log, logs)
        return
    yield Facts(
        {
            "Vendor": story.vendor,
            "Account": _several(story.accounts) or story.account or "not named",
            "Application": story.application or "not named",
            "Refused": f"from {phrases.moment(story.first_refused)} to "
            f"{phrases.moment(story.last_refused)}",
            "By": _by_what(story),
            "Last sign-in that worked before": _moment(story.last_worked_before),
            "First sign-in that worked after": _moment(story.first_worked_after),
            "From": ", ".join(story.addresses) or "no address",
            "Failures with a record": _matches(story),
        }
    )
    yield Table(
        story.changes_before[["published", "activity", "actor", "target", "id"]],
        caption=f"What changed in {story.vendor} before, nearest first; candidates, no verdict",
        most=10,
        empty="none"
        if "audit" not in story.lacking_logs
        else "not looked at, because the source holds no audit log.",
    )
    if story.lacking_logs:
        yield _export_note(story.lacking_logs, case)


def vendor_changes(case: Case) -> pd.DataFrame:
    """The vendor's changes in the week before the first refusal, as rows of Okta's changes."""
    columns = ["published", "before", "event_type", "touches", "actor", "on", "uuid"]
    if case.vendor is None:
        return case.changes[columns].head(0)
    rows = case.vendor.changes_before
    first = case.vendor.first_refused
    rows = rows[rows["published"] >= first - _NEAR]
    return pd.DataFrame(
        {
            "published": rows["published"],
            "before": (first - rows["published"]).astype("timedelta64[us]"),
            "event_type": rows["activity"],
            "touches": f"the connection's account or application, in {case.vendor.vendor}",
            "actor": rows["actor"],
            "on": rows["target"],
            "uuid": rows["id"],
        },
        columns=columns,
    )


def _without_story(case: Case, log: Log, logs: list[str]) -> Iterator[Part]:
    if not logs:
        yield Note("The kit reads no log of a vendor in which such a failure would stand.")
        return
    answer = evidence(log)
    if answer is None:
        yield Note("Not looked at: the source holds no record of the vendor's own log.")
    else:
        rows = answer.failures
        rows = rows[(rows["app_key"] == case.app_key) & (rows["code"] == case.code)]
        counts = rows["reason_none"].dropna().value_counts()
        parts = [f"{count:,} {_WHY[str(reason)]}" for reason, count in counts.items()]
        yield Note(f"No record of the vendor's matched these failures: {'; '.join(parts)}.")
    yield _export_note(logs, case)


def _logs(case: Case) -> Iterator[tuple[Vendor, tuple[str, ...]]]:
    """In which logs of which vendor a failure of the case can stand."""
    last = case.failures.iloc[-1]
    text = " ".join(str(last[name]) for name in ("reason", "vendor_message") if last[name])
    request_id = last["request_id"] if isinstance(last["request_id"], str) else None
    for vendor in vendors():
        yield vendor, vendor.logs_of(case.code, str(last["family"] or ""), text, request_id)


def _export_note(logs: Iterable[str], case: Case) -> Note:
    exports = {name: path for vendor in vendors() for name, path in vendor.exports.items()}
    lines = "; ".join(exports[one] for one in logs if one in exports)
    since = phrases.moment(case.onset - pd.Timedelta(days=1))
    return Note(f"To see it, export from {since} on, and add the file to the source: {lines}.")


def _by_what(story: VendorStory) -> str:
    text = f"{story.code}: {story.failure_reason}" if story.failure_reason else story.code
    policies = f"; conditional access: {', '.join(story.policies)}" if story.policies else ""
    return text + policies


def _moment(at: pd.Timestamp | None) -> str:
    return "none in what the source holds" if at is None else phrases.moment(at)


def _several(accounts: tuple[str, ...]) -> str:
    if len(accounts) < 2:
        return ""
    return f"{accounts[0]}, refused most; also {', '.join(accounts[1:4])}"


def _matches(story: VendorStory) -> str:
    parts = [f"{story.matches[one]:,} {_BY[one]}" for one in _BY if story.matches.get(one)]
    parts += [f"{count:,} {_WHY[reason]}" for reason, count in story.reasons.items()]
    return "; ".join(parts)
