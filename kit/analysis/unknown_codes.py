"""What a log holds that the catalogue does not know: codes and event types, by count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from kit.analysis.unknown_texts import code_names
from kit.base.times import iso
from kit.catalogue import load
from kit.catalogue.coding import code_message
from kit.display import phrases
from kit.log.log import literal, open_log, to_pandas
from kit.messages import is_fingerprint, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from kit.catalogue import Catalogue
    from kit.display.code_names import CodeNames

__all__ = ["COLUMNS", "Drift", "drift"]

COLUMNS = ("kind", "name", "events", "apps", "first_seen", "last_seen", "app", "example")
"""The columns of ``okta-kit codes --source``: ``kind`` is ``code`` or ``event type``."""


@dataclass(frozen=True)
class Drift:
    """What the catalogue lacks, and a sentence on what was looked at."""

    rows: list[dict[str, Any]]
    sentence: str
    names: CodeNames
    """What the codes of unknown texts are shown as."""


def drift(
    source: Sequence[str],
    *,
    since: str | None = None,
    until: str | None = None,
    engine: str | None = None,
    date_order: str | None = None,
) -> Drift:
    """List the codes and event types of a source that the catalogue does not know.

    Args:
        source: the source's names.
        since: the window's start; all that the source holds without it.
        until: the window's end.
        engine: what answers, as ``open_log`` takes it.
        date_order: of local dates, as ``open_log`` takes it.

    Returns:
        One row a code or event type with ``COLUMNS``, the most frequent first, codes before
        event types. ``example`` is a reason with that code, or Okta's words for the type.
        A text that got a name since the source was coded is left out.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        UsageError: a time cannot be read.
    """
    catalogue = load()
    log = open_log(source, since=since, until=until, engine=engine, date_order=date_order)
    window = log.window(since, until)
    events = log.events
    events = events.filter(
        events.published >= literal(window.since), events.published < literal(window.until)
    )
    codes = _count_by(events.filter(events.code.notnull()), "code", "reason")
    unknown = [row for row in codes if not _is_known(row["name"], catalogue)]
    newly_named = [row for row in unknown if _named_since(row, catalogue)]
    types = _count_by(events, "event_type", "display_message")
    rows = [row | {"kind": "code"} for row in unknown if row not in newly_named]
    rows += [row | {"kind": "event type"} for row in types if not catalogue.knows_type(row["name"])]
    of_codes = sum(row["kind"] == "code" for row in rows)
    counts = [phrases.count(of_codes, "code"), phrases.count(len(rows) - of_codes, "event type")]
    sentence = (
        f"{phrases.join(counts)} that the catalogue does not know, {phrases.span(window)}; "
        f"{phrases.coverage_in_words(log.coverage(window))}."
    )
    if newly_named:
        more = phrases.count(len(newly_named), "more code")
        sentence += f" {more} got a name since; run okta-kit recode."
    rows = [{name: row[name] for name in COLUMNS} for row in rows]
    return Drift(rows, sentence, code_names(log))


def _count_by(events: ir.Table, name: str, example: str) -> list[dict[str, Any]]:
    """Count events by a column, with one example of each: that of the earliest event."""
    order = ibis.struct({"published": events.published, "uuid": events.uuid})
    grouped = events.group_by(name=events[name]).aggregate(
        events=events.uuid.count(),
        apps=events.app_name.nunique(),
        first_seen=events.published.min(),
        last_seen=events.published.max(),
        app=events.app_name.argmin(order),
        example=events[example].argmin(order),
    )
    table = to_pandas(grouped).sort_values(["events", "name"], ascending=[False, True])
    rows = [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    for row in rows:
        row["first_seen"], row["last_seen"] = iso(row["first_seen"]), iso(row["last_seen"])
        for text in ("app", "example"):
            row[text] = row[text] if isinstance(row[text], str) else ""
    return rows


def _is_known(code: str, catalogue: Catalogue) -> bool:
    """Whether a code is listed, or is an HTTP status, which has a remedy of its kind."""
    return catalogue.knows(code) or (
        code.startswith("HTTP_") and catalogue.remedy(code) is not None
    )


def _named_since(row: dict[str, Any], catalogue: Catalogue) -> bool:
    """Whether a text that was unknown when it was coded has a name today."""
    if not is_fingerprint(row["name"]) or not row["example"]:
        return False
    return _is_known(code_message(parse(row["example"]), catalogue), catalogue)
