"""The kind of each failure: what went wrong, in any app's words.

Most codes have one kind. Where the text has to tell, each different text is looked at once, so that
the answer can be counted where the events are.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from kit.analysis.failures import folded_failures, with_details
from kit.base.errors import UsageError, nearest
from kit.catalogue import load
from kit.catalogue.coding import is_guess
from kit.log.log import literal, to_pandas
from kit.messages import parse

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["find_kind", "guesses_in", "kinds_of", "of_kind", "with_kind"]

_TEXT_KEYS = ["code", "status", "text"]


def find_kind(kind: str, parameter: str = "kind") -> str:
    """Find a kind as a person writes it.

    Args:
        kind: its name, without case, with blanks or hyphens where it has underscores.
        parameter: the parameter or option that it was written in.

    Returns:
        The name as ``kinds.csv`` has it.

    Raises:
        UsageError: there is no such kind; says the nearest, and all.
    """
    name = "_".join(kind.casefold().replace("-", " ").replace("_", " ").split())
    names = load().kinds
    if name not in names:
        near = nearest(name, names)
        raise UsageError(
            f"{parameter}: there is no {kind!r}.{near} It is one of {', '.join(names)}."
        )
    return name


def kinds_of(rows: pd.DataFrame) -> list[str]:
    """Tell the kind of each failure from its code, else from the vendor's words.

    Args:
        rows: ``code``, ``vendor_message``, ``reason`` and ``http_status``, as ``failures`` has
            them.

    Returns:
        A kind for each row; empty where nothing tells.
    """
    kind = cache(load().kind)
    texts = rows["vendor_message"].fillna(rows["reason"]).fillna("")
    statuses = [None if pd.isna(status) else int(status) for status in rows["http_status"]]
    rows_to_tell = zip(rows["code"], texts, statuses, strict=True)
    return [kind(code, text=text, http_status=status) for code, text, status in rows_to_tell]


def guesses_in(rows: pd.DataFrame) -> list[bool]:
    """Tell which failures are of a kind that was guessed from messages worded alike.

    Args:
        rows: ``code``, ``vendor_message`` and ``reason``, as ``failures`` has them.

    Returns:
        Whether it is a guess, for each row.
    """

    @cache
    def guess(code: str, text: str) -> bool:
        return code in load().kinds and is_guess(parse(text), code, load())

    texts = rows["vendor_message"].fillna(rows["reason"]).fillna("")
    return [guess(code, text) for code, text in zip(rows["code"], texts, strict=True)]


def with_kind(log: Log, rows: ir.Table) -> ir.Table:
    """Add the kind to failures, on whatever engine holds them.

    Args:
        log: the opened log.
        rows: rows of ``folded_failures`` of this log.

    Returns:
        The rows with ``kind``; empty where nothing tells.
    """
    codes = to_pandas(folded_failures(log).select("code").distinct(), by=["code"])["code"]
    settled = {code: load().settled_kind(code) for code in codes}
    by_kind: dict[str, list[str]] = {}
    for code, kind in settled.items():
        by_kind.setdefault(kind, []).append(code)
    told_by_text = by_kind.pop("", [])
    branches = [(rows.code.isin(of_kind), kind) for kind, of_kind in by_kind.items()]
    by_code = ibis.cases(*branches, else_="") if branches else ibis.literal("")
    if not told_by_text:
        return rows.mutate(kind=by_code)
    by_text = log.answers.once("kinds", lambda: _by_text(log, told_by_text))
    with_texts = rows.left_join(by_text.rename(kind_of_text="kind"), "uuid")
    columns = [with_texts[name] for name in rows.columns]
    return with_texts.select(*columns, kind=ibis.coalesce(with_texts.kind_of_text, by_code))


def of_kind(
    log: Log, window: Window, rows: pd.DataFrame, kind: str, keys: list[str]
) -> pd.DataFrame:
    """Keep the rows that failures of a kind are behind.

    Args:
        log: the opened log.
        window: the window at whose end the rows are told; failures before it count, too.
        rows: one row for each of some keys, such as an app and code.
        kind: the kind, as a person writes it.
        keys: the columns of both that tell the rows apart.

    Raises:
        UsageError: there is no such kind; says the nearest.
    """
    kind = find_kind(kind)
    failed = with_kind(log, folded_failures(log))
    failed = failed.filter(failed.published < literal(window.until), failed.kind == kind)
    pairs = to_pandas(failed.select(*keys).distinct())
    names = list(rows.columns)
    return rows.merge(pairs, on=keys)[names] if len(pairs) else rows.head(0)


def _by_text(log: Log, codes: list[str]) -> ir.Table:
    """The kind of each failure whose text has to tell it: ``uuid`` and ``kind``."""
    every = folded_failures(log)
    rows = with_details(log, every.filter(every.code.isin(codes)))
    rows = rows.select(
        "uuid",
        "code",
        status=rows.http_status.fill_null(0).cast("int64"),
        text=ibis.coalesce(rows.vendor_message, rows.reason, ""),
    )
    texts = to_pandas(rows.select(*_TEXT_KEYS).distinct(), by=_TEXT_KEYS)
    kind = load().kind
    told_kinds = [
        kind(code, text=text, http_status=status or None)
        for code, status, text in texts[_TEXT_KEYS].itertuples(index=False)
    ]
    lookup = log.answers.table("kind_of_text", texts.assign(kind=told_kinds))
    return rows.join(lookup, _TEXT_KEYS).select("uuid", "kind")
