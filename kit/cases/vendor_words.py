"""What a vendor's own records say of a case, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.cases.candidates import vendor_candidates
from kit.catalogue import load
from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.analysis.verification import Fix
    from kit.evidence.exports import NeededExport
    from kit.evidence.story import VendorStory

__all__ = [
    "again_in_words",
    "exports_in_words",
    "refusal_in_words",
    "refused_by",
    "refused_in_words",
]

_ADDRESSES = 5
"""Addresses that are named one by one."""


def refusal_in_words(story: VendorStory) -> str:
    """Which account was refused, since when, by what, and the nearest change before, in short."""
    who = story.account or story.application or "an account"
    policies = f" by {phrases.join(list(story.policies[:2]))}" if story.policies else ""
    text = (
        f"{story.vendor} refused {who} from {phrases.moment(story.first_refused)} with "
        f"{story.code}{policies}."
    )
    changes = vendor_candidates(story)
    if changes.empty:
        return text
    last = changes.iloc[0]
    by = f" by {last['actor']}" if isinstance(last["actor"], str) else ""
    return f"{text} Before that: {last['change']}{by}, {phrases.moment(last['published'])}."


def refused_by(story: VendorStory) -> str:
    """The error, its reason, and the policies that refused, each with its result."""
    reason = story.failure_reason or load().meaning(story.code)
    text = f"{story.code}: {reason}" if reason else story.code
    if story.policies:
        names = phrases.join([f"{one} (failure)" for one in story.policies])
        text = f"{text.rstrip('.')}; conditional access: {names}"
    return text


def refused_in_words(story: VendorStory) -> str:
    """Since when, until when, how often and from where an account was refused."""
    addresses = phrases.join(list(story.addresses[:_ADDRESSES]))
    more = len(story.addresses) - _ADDRESSES
    addresses += f" and {more:,} more" if more > 0 else ""
    since = f"from {phrases.moment(story.first_refused)} to {phrases.moment(story.last_refused)}"
    where = f", from {addresses}" if addresses else ""
    return f"{phrases.count(story.refused, 'time')}, {since}{where}"


def again_in_words(story: VendorStory, fix: Fix) -> str:
    """The first sign-in that worked after, beside Okta's first success."""
    if story.first_worked_after is None:
        return "none in what the source holds"
    text = phrases.moment(story.first_worked_after)
    first = fix.first_success
    if first is None:
        return f"{text}; in Okta nothing has worked since"
    apart = (pd.Timestamp(first) - story.first_worked_after).total_seconds()
    how = f"{phrases.duration(abs(apart))} {'later' if apart >= 0 else 'before it'}"
    return f"{text}; in Okta the first success came {how}, {phrases.moment(first)}"


def exports_in_words(exports: Sequence[NeededExport]) -> list[str]:
    """Which exports to make, from when to when, and what they would show: a sentence each."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in exports:
        place = f"{one.log} ({one.path})" if one.path else one.log
        alike.setdefault((phrases.span(one.window), one.why), []).append(place)
    return [
        f"Export {phrases.join(places)}, {span}, and add it to the source. It would show {why}."
        for (span, why), places in alike.items()
    ]
