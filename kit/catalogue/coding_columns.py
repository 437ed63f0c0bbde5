"""What ingest adds to the events of a block, by columns: what ``code_event`` says of one event.

Most events did not fail, and what is to be said of these follows from their type. The others are
coded one by one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kit.catalogue.coding import Coding, FailureTexts, code_failure, factor_of, meaning_by_values
from kit.events import FAILING_RESULTS, schema
from kit.events.batch import Codings

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.catalogue import Catalogue
    from kit.catalogue.type_meaning import TypeMeaning
    from kit.events import LogEvent
    from kit.events.columns import Events

__all__ = ["code_events"]

_CODED = Coding._fields[:8]
"""The columns of the events table that a coding begins with."""


def code_events(
    events: Events, catalogue: Catalogue, event_at: Callable[[int], LogEvent]
) -> Codings:
    """Code the events of a block.

    Args:
        events: the events, read with ``catalogue.debug_names``.
        catalogue: what codes and event types mean.
        event_at: gives one of the events by itself; called for those that failed.

    Returns:
        The codings; ``code`` and ``family`` are set exactly for failing events.
    """
    meanings, meaning_of = _meanings(events, catalogue)
    verdicts = np.array([_VERDICTS.get(one.verdict, 0) for _, one in meanings])[meaning_of]
    result = events.column("outcome", "result")
    fails_by_result = np.asarray(pc.is_in(result, value_set=pa.array(FAILING_RESULTS)))
    failing = (verdicts > 0) | (fails_by_result & (verdicts == 0))
    operations = pa.array([one.operation or name for name, one in meanings], pa.string())
    columns = {name: pa.nulls(len(failing), schema().field(name).type) for name in _CODED}
    columns["operation"] = operations.take(pa.array(meaning_of))
    columns["factor"] = _factors(events, np.array([one.factor for _, one in meanings])[meaning_of])
    if failing.any():
        mask = pa.array(failing)
        codings = [
            _coding_of(FailureTexts.of(event_at(at), meanings[meaning_of[at]][1]), catalogue)
            for at in np.flatnonzero(failing).tolist()
        ]
        for name, values in zip(_CODED, zip(*codings, strict=True), strict=False):
            column = columns[name]
            columns[name] = pc.replace_with_mask(column, mask, pa.array(values, column.type))
    return Codings(failing, columns, [one.hits for _, one in meanings], meaning_of)


_VERDICTS = {"fails": 1, "only_fails": 1, "reports": -1}
"""Whether a type fails whatever its result, or never does."""


def _meanings(
    events: Events, catalogue: Catalogue
) -> tuple[list[tuple[str, TypeMeaning]], np.ndarray]:
    """The meanings of a block's types, with their types, and the place of each event's in them."""
    types = events.column("eventType").dictionary_encode()
    meanings = [(name, catalogue.type_meaning(name)) for name in types.dictionary.to_pylist()]
    meaning_of = np.array(types.indices)
    for number, (name, meaning) in enumerate(meanings[:]):
        if not meaning.details:
            continue
        rows = np.flatnonzero(meaning_of == number)
        columns = [_folded_values(field, events, rows) for field in meaning.fields]
        reasons = _folded(events.column("outcome", "reason").take(pa.array(rows)))
        places: dict[tuple[str | None, ...], int] = {}
        for row, reason, *values in zip(rows.tolist(), reasons, *columns, strict=True):
            key = (reason, *values)
            if (place := places.get(key)) is None:
                place = places[key] = len(meanings)
                meanings.append((name, meaning_by_values(meaning, tuple(values), reason or "")))
            meaning_of[row] = place
    return meanings, meaning_of


def _folded_values(field: str, events: Events, rows: np.ndarray) -> list[str | None]:
    """What some events say in a field of a type's details, folded."""
    if field.startswith("debugData."):
        column = events.column("debugContext", "debugData", field.removeprefix("debugData."))
    elif field.startswith("actor."):
        column = events.column("actor", "type")
    else:
        column = events.column("outcome", "result" if field == "outcome.result" else "reason")
    return _folded(column.take(pa.array(rows)))


def _folded(texts: pa.Array) -> list[str | None]:
    """Texts folded, each of them once."""
    groups = texts.dictionary_encode()
    folded_texts = [text.casefold() for text in groups.dictionary.to_pylist()]
    return [None if at is None else folded_texts[at] for at in groups.indices.to_pylist()]


def _factors(events: Events, is_asked: np.ndarray) -> pa.Array:
    """The factor that was tried, of the events whose type has one."""
    rows = np.flatnonzero(is_asked)
    factors = pa.nulls(len(is_asked), pa.string())
    if not len(rows):
        return factors
    columns = [("debugContext", "debugData", "factor"), ("outcome", "reason")]
    texts = [events.column(*path).take(pa.array(rows)).to_pylist() for path in columns]
    values = [_factor_of(*pair) for pair in zip(*texts, strict=True)]
    return pc.replace_with_mask(factors, pa.array(is_asked), pa.array(values, pa.string()))


_factor_of = lru_cache(4096)(factor_of)


_ID = re.compile(
    r"(?<![\w-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])"
    r"|(?<![\w-])\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?(?![\w.-])"
)
"""What differs from each failure to the next and says nothing of it: ids and times."""

_MOST_CODINGS = 10_000

_codings: dict[tuple[Any, ...], tuple[list[str], Coding]] = {}
"""Codings of failures, by all that tells them apart, and the ids that stood in the reason."""


def _coding_of(failure: FailureTexts, catalogue: Catalogue) -> Coding:
    """Code a failure; of those that differ by ids alone, the first."""
    ids = _ID.findall(failure.reason) if failure.reason else []
    texts = _ID.split(failure.reason or "") if ids else [failure.reason]
    order = [ids.index(one) for one in ids]
    kinds = [(one.islower(), one.isupper(), not one.strip("0-")) for one in ids]
    key = (catalogue.version, *failure[:3], *failure[4:], *texts, *order, *kinds)
    if (pair := _codings.get(key)) is None:
        if len(_codings) >= _MOST_CODINGS:
            _codings.clear()
        pair = _codings[key] = ids, code_failure(failure, catalogue)
    first_ids, coding = pair
    if first_ids == ids:
        return coding
    new_ids = dict(zip(first_ids, ids, strict=True))

    def renamed(text: str | None) -> str | None:
        return text and _ID.sub(lambda match: new_ids.get(match[0], match[0]), text)

    return coding._replace(
        vendor_message=renamed(coding.vendor_message),
        trace_id=renamed(coding.trace_id),
        correlation_id=renamed(coding.correlation_id),
        vendor_request_id=renamed(coding.vendor_request_id),
    )
