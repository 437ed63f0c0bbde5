"""How each app and code stands now, as its incident has it, beside the counts of a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.analysis.incidents import Incident

__all__ = ["OPEN", "with_stand"]

_WORDS = {
    "open": "fails",
    "regressed": "came back",
    "fixed": "works again",
    "over": "over",
    "rise": "rises",
    "": "usual",
}
_ORDER = ("fails", "came back", "rises", "works again", "over", "usual")
OPEN = _ORDER[:4]
"""How something stands that is open: it fails, or people are left to retry."""


def with_stand(table: pd.DataFrame, incidents: Iterable[Incident]) -> pd.DataFrame:
    """Add to each app and code how it stands now, the worst first.

    Args:
        table: one row an app and code, as ``Trends.by_code``; what comes first stays first among
            those that stand alike.
        incidents: the incidents.

    Returns:
        The rows with ``now``; ``last``, the last failure in the window or before it; and with
        ``Okta sign-in`` for the app where there is none.
    """
    words = {(one.app_key, one.code): _word(one) for one in reversed([*incidents])}
    keys = zip(table["app_key"], table["code"], strict=True)
    now = pd.Series([words.get(key, _WORDS[""]) for key in keys], index=table.index, dtype=object)
    rows = table.assign(
        now=now,
        app=table["app"].fillna(phrases.SIGN_IN),
        last=table["last_seen"].fillna(table["last_failure"]),
    )
    order = now.map({word: place for place, word in enumerate(_ORDER)})
    return rows.iloc[order.argsort(kind="stable")] if len(rows) else rows


def _word(one: Incident) -> str:
    if one.width == "rise" and one.state in ("open", "regressed"):
        return _WORDS["rise"]
    return _WORDS[one.state]
