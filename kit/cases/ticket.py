"""What to hand on: a ticket's text, and who is to be retried after what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.failures import KEYS, counted, told
from kit.analysis.recovery import access_left_behind
from kit.base.text import clean
from kit.base.windows import Window
from kit.catalogue import load
from kit.catalogue.model import OWNERS
from kit.display import phrases
from kit.display.reasons import in_words
from kit.log.log import frame

if TYPE_CHECKING:
    from kit.cases.case import Case

__all__ = ["HELPS", "retry_list", "ticket", "warnings"]

HELPS = {
    "retry now": "the fix holds: retry one, then the rest",
    "fix first": "a retry before the fix fails again",
    "correct data": "correct the user's data, then retry this user",
    "wait": "wait, then retry",
    "reassign": "a retry is useless: unassign and assign again",
    "leave alone": "Okta retries by itself",
    "look first": "the catalogue does not know this code: read the vendor's words",
}
"""What helps before a retry, each in a sentence."""

_SAMPLES = 3


def retry_list(found: Case) -> pd.DataFrame:
    """List who is still to be retried, split by what helps.

    What helps is told by the code of each one's last failure, which may be another than the
    case's: a retry that now fails for another reason needs another remedy. The ids are that
    failure's, too.

    Args:
        found: the case.

    Returns:
        One row for each user (or client, group, agent) and operation that still fails, failed
        deactivations first: ``hit_type`` (left out where all are users), ``user`` (or its name),
        ``operation``, ``helps`` (a key of ``HELPS``), ``code``, ``published`` (the
        last failure), ``transaction_id``, ``trace_id``, ``correlation_id``, ``request_id``,
        ``uuid``.
    """
    still = found.people[found.people["state"] == "still_failing"]
    ids = ["transaction_id", "trace_id", "correlation_id", "request_id"]
    shown = ["user", "operation", "helps", "code", "published", *ids, "uuid"]
    if (still["hit_type"] != "user").any():
        shown = ["hit_type", *shown]
    if still.empty:
        return pd.DataFrame(columns=shown)
    log = found.history.log
    # A last failure may be of any code, but not older than the first that nothing followed.
    since = still["failing_since"].min().to_pydatetime()
    rows = counted(log, Window(since, found.window.until))
    rows = rows.filter(rows.app_key == found.app_key)
    last = frame(rows.select(*KEYS, "published", "uuid"), by=["published", "uuid"])
    last = last.drop_duplicates(list(KEYS), keep="last").merge(still[list(KEYS)], on=list(KEYS))
    rows = rows.filter(rows.uuid.isin(sorted(last["uuid"])))
    said = frame(told(log, rows).select("uuid", "code", *ids))
    still = still.assign(user=still["user"].fillna(still["hit"]))
    last = (
        still[[*KEYS, "hit_type", "user", "state"]]
        .merge(last, on=list(KEYS))
        .merge(said, on="uuid")
    )
    last["helps"] = [_helps(found, str(code)) for code in last["code"]]
    last["later"] = ~last.index.isin(access_left_behind(last).index)
    last = last.sort_values(["later", "helps", "user", "operation"], ignore_index=True)
    return last[shown]


def warnings(found: Case) -> list[str]:
    """Say where a blind retry does harm.

    Args:
        found: the case.

    Returns:
        Sentences; none where nothing is known to do harm.
    """
    remedy = found.remedy
    said = []
    if found.fix.verdict != "holds" and found.blast_radius == "connection":
        said.append(
            "Do not retry in bulk: the connection is not proven to work, so that each retry is one "
            "more failure."
        )
    if remedy is None:
        return said
    if remedy.retry == "reassign":
        said.append("A retry cannot help here, however often: the link to the account is broken.")
    if remedy.retry == "automatic":
        said.append("Okta retries these by itself; retries by hand use up the same limit.")
    if remedy.retry_note:
        said.append(remedy.retry_note)
    return [*said, *remedy.avoid]


def ticket(found: Case) -> str:
    """Write a ticket about a case, ready to be sent.

    Args:
        found: the case.

    Returns:
        Plain text of several lines.
    """
    remedy = found.remedy
    owner = (
        OWNERS[remedy.owner]
        if remedy
        else "whoever runs the app; the catalogue does not know this code"
    )
    change = found.changes.iloc[0] if len(found.changes) else None
    still = len(found.still_failing)
    lines = [
        f"{found.app}: {found.code}, {found.hit}, {still:,} still failing",
        "",
        f"For: {owner}",
        f"Meaning: {found.meaning}",
        f"Since: {found.since}; last failure {phrases.moment(found.incident.last)}",
        f"Failures: {found.rate_in_words}, {phrases.span(found.window)}",
        *([f"Failures since the onset: {len(found.since_onset):,}"] if found.apart else []),
        f"How wide: {found.blast_radius}. {in_words(found.proof.radius.reason)}",
        "Changed before: "
        + (
            f"{change['event_type']} by {change['actor']}, {phrases.moment(change['published'])} "
            f"(event {change['uuid']}); a candidate, no verdict"
            if change is not None
            else "nothing in the log"
            + (", which does not reach back far enough" if found.changed.not_held else "")
        ),
        f"Fix: {found.fix.verdict.replace('_', ' ')}: {in_words(found.fix.reason)}",
    ]
    if left := found.failed_deactivations:
        lines.append(f"Access left behind: {', '.join(left)}")
    if found.still_failing:
        named = ", ".join(found.still_failing[:10]) + (" …" if still > 10 else "")
        lines.append(f"Still failing: {named}")
    lines += ["", "Samples, the latest first:", *_samples(found)]
    if remedy:
        lines += ["", "Steps:"]
        lines += [
            f"{s.number}. [{'x' if s.state == 'done' else ' '}] {s.title}" for s in found.steps
        ]
        lines += ["", "Proven when:", *(f"- {one}" for one in remedy.verify)]
    return "\n".join(clean(line) if line else "" for line in lines)


def _helps(found: Case, code: str) -> str:
    catalogue = load()
    remedy, retry = catalogue.remedy(code, app=found.app), catalogue.retry(code, app=found.app)
    if retry is None:
        return "look first"
    if retry in {"wait", "reassign"}:
        return retry
    if retry == "automatic":
        return "leave alone"
    if remedy is not None and (remedy.owner == "data_owner" or remedy.blast_radius == "user"):
        return "correct data"
    mended = code == found.code and found.fix.verdict == "holds"
    return "retry now" if mended else "fix first"


def _samples(found: Case) -> list[str]:
    """The latest failures with ids by which a vendor finds them, else the latest."""
    ids = ["trace_id", "correlation_id", "request_id"]
    rows = found.failures.iloc[::-1]
    told = rows[rows[ids].notna().any(axis=1)]
    lines = []
    for row in (told if len(told) else rows).head(_SAMPLES).to_dict("records"):
        named = [
            f"{name.replace('_', ' ')} {row[name]}" for name in ids if isinstance(row[name], str)
        ]
        at = f"{row['published']:%Y-%m-%d %H:%M:%S}Z"
        parts = [at, str(row["operation"]), *named, f"event {row['uuid']}"]
        lines.append("- " + ", ".join(parts))
        if isinstance(row["vendor_message"], str):
            lines.append(f"  {row['vendor_message'][:300]}")
    return lines
