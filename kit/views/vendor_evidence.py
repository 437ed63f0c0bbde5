"""What the vendor's own log says of a code on an app, or which export of it is lacking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.cases.candidates import candidates
from kit.cases.vendor_words import (
    again_in_words,
    exports_in_words,
    refused_by,
    refused_in_words,
)
from kit.display import phrases
from kit.display.parts import Facts, Note
from kit.display.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kit.cases.case import Case
    from kit.display.parts import Part
    from kit.evidence.story import VendorStory

__all__ = ["candidates_table", "vendor_parts"]

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
_MOST_ACCOUNTS = 4


def vendor_parts(case: Case) -> Iterator[Part]:
    """The account that was refused, since when, by what; when it works again; what to export."""
    side, story = case.vendor_side, case.vendor
    if story is not None:
        yield Facts(_facts(case, story), anchor="vendor")
    elif not side.vendor:
        yield Note("The kit reads no log of a vendor in which such a failure would stand.")
    elif not side.has_records:
        yield Note(f"Not looked at: the source holds no record of {side.vendor}'s own logs.")
    else:
        yield Note(f"No record of {side.vendor}'s matched: {_unmatched(side.reasons)}.")
    for sentence in exports_in_words(side.exports):
        yield Note(sentence)


def candidates_table(case: Case, *, collapsed: bool = False) -> Table:
    """What changed before, in Okta and at the vendor, as one list."""
    rows = candidates(case)
    # A page has no room for all: the onset above says how long before, and *on* what it touches.
    beside = ["before", "touches"] if case.vendor is None else ["seen_in"]
    columns = ["published", *beside, "change", "actor", "on", "id"]
    return Table(
        rows[columns],
        caption="What changed before, the likeliest first; candidates, no verdict",
        most=10,
        empty="the log shows nothing. That does not mean that nothing changed outside Okta.",
        collapsed=collapsed,
    )


def _facts(case: Case, story: VendorStory) -> dict[str, object]:
    before = story.last_worked_before
    return {
        "Vendor": story.vendor,
        "Account": _accounts(story),
        "Application": story.application or "not named",
        "Refused": refused_in_words(story),
        "By": refused_by(story),
        "Last sign-in that worked before": "none in what the source holds"
        if before is None
        else phrases.moment(before),
        "First sign-in that worked after": again_in_words(story, case.fix),
        "Failures with a record": _matches(case, story),
    }


def _accounts(story: VendorStory) -> str:
    if len(story.accounts) < 2:
        return story.account or "not named"
    others = story.accounts[1:_MOST_ACCOUNTS]
    more = len(story.accounts) - 1 - len(others)
    names = phrases.join([*others, *([f"{more:,} more"] if more else [])])
    return f"{story.accounts[0]}, refused most; also {names}"


def _matches(case: Case, story: VendorStory) -> str:
    parts = [f"{story.matches[one]:,} {_BY[one]}" for one in _BY if story.matches.get(one)]
    text = "; ".join(parts)
    unmatched = _unmatched(case.vendor_side.reasons)
    return f"{text}. Without one: {unmatched}" if unmatched else text


def _unmatched(reasons: Mapping[str, int]) -> str:
    return "; ".join(f"{count:,} {_WHY[reason]}" for reason, count in reasons.items())
