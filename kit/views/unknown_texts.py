"""What a report shows of texts without a known code: their templates, and what comes near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.catalogue.explain import nearest_codes
from kit.display import phrases

if TYPE_CHECKING:
    from kit.display.code_names import CodeNames

__all__ = ["NEAREST_IS_A_HINT", "by_template", "nearest_codes_table"]

NEAREST_IS_A_HINT = (
    "The nearest known codes are a hint, not an answer: they are about similar things, by the "
    "share of the words in common, and their remedies may not fit."
)
_LOOKED_UP = 15
"""Templates for which the catalogue is searched: as many as a report shows."""


def by_template(unknown: pd.DataFrame, names: CodeNames) -> pd.DataFrame:
    """Fold failures of unknown texts into the templates of these texts.

    Args:
        unknown: one row an (app, code): ``app``, ``code``, ``failures`` int64.
        names: the words of the codes; codes without any are left out.

    Returns:
        One row a template, most failures first: ``text``, ``codes`` and ``failures`` int64,
        ``apps``, ``nearest known codes`` with how near each is, both as text.
    """
    rows = unknown.assign(text=unknown["code"].map(names.words.get))
    rows = rows[rows["text"].notna()]
    folded = rows.groupby("text", as_index=False).agg(
        codes=("code", "nunique"),
        failures=("failures", "sum"),
        apps=("app", lambda apps: ", ".join(sorted(set(apps.dropna())))),
    )
    folded = folded.sort_values(["failures", "text"], ascending=[False, True], ignore_index=True)
    hints = [_hints(text) for text in folded["text"].head(_LOOKED_UP)]
    return folded.assign(
        **{"nearest known codes": pd.Series(hints, dtype=object).reindex(folded.index)}
    )


def nearest_codes_table(text: str, app: str | None = None) -> pd.DataFrame:
    """List the known codes that come near an unknown text.

    Args:
        text: the text.
        app: the app that it came from.

    Returns:
        ``code``, ``alike`` (how near, as text) and ``meaning``, nearest first; no rows where
        none comes near.
    """
    rows = [(one.code, _percent(one.alike), one.meaning) for one in nearest_codes(text, app)]
    return pd.DataFrame(rows, columns=["code", "alike", "meaning"])


def _hints(text: str) -> str:
    near = [f"{one.code} ({_percent(one.alike)})" for one in nearest_codes(text)]
    return ", ".join(near) or "none comes near"


def _percent(alike: float) -> str:
    return phrases.percent(round(alike, 2))
