"""What a log's texts without a known code say, by their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import ibis

from kit.display.code_names import CodeNames
from kit.log.log import to_pandas
from kit.messages import FINGERPRINT, parse, templates, wording

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.log.cache import ResultCache
    from kit.log.log import Log

__all__ = ["code_names"]

_PEOPLE = ("user_login", "user_name", "actor_login", "actor_name")
_TEXT_COLUMNS = ("reason", "vendor_message", *_PEOPLE)
_names: WeakKeyDictionary[ResultCache, CodeNames] = WeakKeyDictionary()


def code_names(log: Log) -> CodeNames:
    """Say what the codes of unknown texts stand for: the words of their template.

    The template is found among all unknown texts of the log, whatever window is looked at, so that
    a code is called the same in all that is shown of it. It is looked for once.

    Args:
        log: the opened log.

    Returns:
        The words by code; a text that names nothing but values is its own words.
    """
    if log.answers not in _names:
        rows = to_pandas(_examples(log), by=["code"]).to_dict("records")
        texts = {}
        for row in rows:
            sentences = [str(row[name]) for name in _TEXT_COLUMNS[:2] if isinstance(row[name], str)]
            people = [row[name] for name in _PEOPLE if isinstance(row[name], str)]
            if sentences:
                texts[str(row["code"])] = wording(parse(sentences[0]), people)
        _names[log.answers] = CodeNames(templates(texts))
    return _names[log.answers]


def _examples(log: Log) -> ir.Table:
    """One row a code of an unknown text: what its earliest event says, and who is named in it."""

    def of(events: ir.Table) -> ir.Table:
        rows = events.filter(events.code.re_search(FINGERPRINT))
        return _earliest(rows.select("code", "published", "uuid", *_TEXT_COLUMNS))

    return log.answers.once(
        "unknown_texts",
        lambda: of(log.events_all_days),
        lambda answer, fresh: _earliest(answer.union(of(fresh).cast(answer.schema()))),
    )


def _earliest(rows: ir.Table) -> ir.Table:
    columns = ("published", "uuid", *_TEXT_COLUMNS)
    # The least of the structs, which begin with what they are compared by.
    first = rows.group_by("code").aggregate(
        first=ibis.struct({name: rows[name] for name in columns}).min()
    )
    return first.select("code", **{name: first["first"][name] for name in columns})
