"""What to hand on: a ticket's text, and who is to be retried after what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.failures import KEYS, folded_failures, with_details
from kit.analysis.recovery import access_left_behind
from kit.base.text import clean
from kit.base.windows import Window
from kit.cases.candidates import candidates
from kit.cases.vendor_words import (
    again_in_words,
    exports_in_words,
    refused_by,
    refused_in_words,
)
from kit.catalogue import load
from kit.catalogue.model import OWNERS
from kit.display import phrases
from kit.display.reasons import in_words
from kit.log.log import to_pandas

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

_MAX_SAMPLES = 3
_MAX_CHANGES = 3


def retry_list(case: Case) -> pd.DataFrame:
    """List who is still to be retried, split by what helps.

    What helps follows from the code of each one's last failure, which may be another than the
    case's: a retry that now fails for another reason needs another remedy. The ids are that
    failure's, too.

    Args:
        case: the case.

    Returns:
        One row for each user (or client, group, agent) and operation that still fails, failed
        deactivations first: ``hit_type`` (left out where all are users), ``user`` (or its name),
        ``user_name``, ``operation``, ``helps`` (a key of ``HELPS``), ``code``, ``failing_since``,
        ``published`` (the last failure), ``transaction_id``, ``trace_id``, ``correlation_id``,
        ``request_id``, ``uuid``.
    """
    still = case.people[case.people["state"] == "still_failing"]
    ids = ["transaction_id", "trace_id", "correlation_id", "request_id"]
    columns = ["user", "user_name", "operation", "helps", "code"]
    columns += ["failing_since", "published", *ids, "uuid"]
    if (still["hit_type"] != "user").any():
        columns = ["hit_type", *columns]
    if still.empty:
        return pd.DataFrame(columns=columns)
    log = case.history.log
    # A last failure may be of any code, but not older than the first that nothing followed.
    since = still["failing_since"].min().to_pydatetime()
    rows = folded_failures(log, Window(since, case.window.until))
    rows = rows.filter(rows.app_key == case.app_key)
    last = to_pandas(rows.select(*KEYS, "published", "uuid"), by=["published", "uuid"])
    last = last.drop_duplicates(list(KEYS), keep="last").merge(still[list(KEYS)], on=list(KEYS))
    rows = rows.filter(rows.uuid.isin(log.answers.column(last["uuid"])))
    details = to_pandas(with_details(log, rows).select("uuid", "code", *ids))
    still = still.assign(user=still["user"].fillna(still["hit"]))
    last = (
        still[[*KEYS, "hit_type", "user", "user_name", "failing_since", "state"]]
        .merge(last, on=list(KEYS))
        .merge(details, on="uuid")
    )
    last["helps"] = [_helps(case, str(code)) for code in last["code"]]
    last["later"] = ~last.index.isin(access_left_behind(last).index)
    last = last.sort_values(["later", "helps", "user", "operation"], ignore_index=True)
    return last[columns]


def warnings(case: Case) -> list[str]:
    """Say where a blind retry does harm.

    Args:
        case: the case.

    Returns:
        Sentences; none where nothing is known to do harm.
    """
    remedy = case.remedy
    sentences = []
    if case.fix.verdict != "holds" and case.blast_radius == "connection":
        sentences.append(
            "Do not retry in bulk: the connection is not proven to work, so that each retry is one "
            "more failure."
        )
    if remedy is None:
        return sentences
    if remedy.retry == "reassign":
        sentences.append(
            "A retry cannot help here, however often: the link to the account is broken."
        )
    if remedy.retry == "automatic":
        sentences.append("Okta retries these by itself; retries by hand use up the same limit.")
    if remedy.retry_note:
        sentences.append(remedy.retry_note)
    return [*sentences, *remedy.avoid]


def ticket(case: Case) -> str:
    """Write a ticket about a case, ready to be sent.

    Args:
        case: the case.

    Returns:
        Plain text of several lines.
    """
    remedy = case.remedy
    owner = (
        OWNERS[remedy.owner]
        if remedy
        else "the person who runs the app; the catalogue does not know this code"
    )
    still = len(case.still_failing)
    lines = [
        f"{case.app}: {case.code}, {case.hit}, {still:,} still failing",
        "",
        f"For: {owner}",
        f"Meaning: {case.meaning}",
        f"Since: {case.since}; last failure {phrases.moment(case.outage.last)}",
        f"Failures: {case.rate_in_words}, {phrases.span(case.window)}",
        *([f"Failures in the latest outage: {len(case.since_onset):,}"] if case.apart else []),
        f"How wide: {case.blast_radius}. {in_words(case.proof.radius.reason)}",
        *_changed(case),
        f"Fix: {case.fix.verdict.replace('_', ' ')}: {in_words(case.fix.reason)}",
    ]
    lines += _other_side(case)
    if logins := case.failed_deactivations:
        lines.append(f"Access left behind: {', '.join(logins)}")
    if case.still_failing:
        first_logins = ", ".join(case.still_failing[:10]) + (" …" if still > 10 else "")
        lines.append(f"Still failing: {first_logins}")
    lines += ["", "Samples, the latest first:", *_samples(case)]
    if remedy:
        lines += ["", "Steps:"]
        lines += [
            f"{s.number}. [{'x' if s.state == 'done' or s.settled else ' '}] {s.title}"
            + (" (settled by the fix)" if s.settled else "")
            for s in case.steps
        ]
        lines += ["", "Proven when:", *(f"- {one}" for one in remedy.verify)]
    return "\n".join(clean(line) if line else "" for line in lines)


def _changed(case: Case) -> list[str]:
    """The likeliest candidates for what changed, in Okta and at the vendor."""
    rows = candidates(case).head(_MAX_CHANGES)
    if rows.empty:
        where = ", which does not reach back far enough" if case.changed.not_held else ""
        return [f"Changed before: nothing in the log{where}"]
    lines = []
    for one in rows.to_dict("records"):
        what, on = str(one["change"]), one["on"]
        of_okta = one["seen_in"] == "Okta"
        what += f" on {on}" if not of_okta and isinstance(on, str) else ""
        by = f" by {one['actor']}" if isinstance(one["actor"], str) else ""
        name = "event" if of_okta else f"{one['seen_in']}'s record"
        ids = f"{name} {one['id']}" if isinstance(one["id"], str) else f"in {one['seen_in']}"
        lines.append(f"{what}{by}, {phrases.moment(one['published'])} ({ids})")
    first, *more = lines
    return [f"Changed before: {first}; a candidate, no verdict", *(f"- or: {one}" for one in more)]


def _other_side(case: Case) -> list[str]:
    """What the vendor's own log says, and which export would say more."""
    side, story = case.vendor_side, case.vendor
    lines = []
    if story is not None:
        before = story.last_worked_before
        who = phrases.join([story.account or "an account without a name", *story.accounts[1:3]])
        lines += [
            f"{story.vendor}: {who} in {story.application or 'an application without a name'}",
            f"- Refused {refused_in_words(story)}, by {refused_by(story)}",
            "- Last sign-in that worked before: "
            + ("none in what is held" if before is None else phrases.moment(before)),
            f"- First sign-in that worked after: {again_in_words(story, case.fix)}",
        ]
    elif side.vendor:
        what = "nothing matched" if side.has_records else "its own logs were not looked at"
        lines.append(f"{side.vendor}: {what}")
    return [*lines, *(f"- {one}" for one in exports_in_words(side.exports))]


def _helps(case: Case, code: str) -> str:
    catalogue = load()
    remedy, retry = catalogue.remedy(code, app=case.app), catalogue.retry(code, app=case.app)
    if retry is None:
        return "look first"
    if retry in {"wait", "reassign"}:
        return retry
    if retry == "automatic":
        return "leave alone"
    if remedy is not None and (remedy.owner == "data_owner" or remedy.blast_radius == "user"):
        return "correct data"
    fixed = code == case.code and case.fix.verdict == "holds"
    return "retry now" if fixed else "fix first"


def _samples(case: Case) -> list[str]:
    """The latest failures with ids by which a vendor finds them, else the latest."""
    ids = ["trace_id", "correlation_id", "request_id"]
    rows = case.failures.iloc[::-1]
    with_ids = rows[rows[ids].notna().any(axis=1)]
    lines = []
    for row in (with_ids if len(with_ids) else rows).head(_MAX_SAMPLES).to_dict("records"):
        id_texts = [
            f"{name.replace('_', ' ')} {row[name]}" for name in ids if isinstance(row[name], str)
        ]
        at = f"{row['published']:%Y-%m-%d %H:%M:%S}Z"
        parts = [at, str(row["operation"]), *id_texts, f"event {row['uuid']}"]
        lines.append("- " + ", ".join(parts))
        if isinstance(row["vendor_message"], str):
            lines.append(f"  {row['vendor_message'][:300]}")
    return lines
