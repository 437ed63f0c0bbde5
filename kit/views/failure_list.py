"""The failures of a report one by one, and all that is known of one of them."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.analysis.one_failure import events_beside, find_event
from kit.analysis.unknown_texts import code_names
from kit.base.errors import SourceError
from kit.catalogue.explain import explanation
from kit.display.days import begin_of
from kit.display.explanation import catalogue_facts, message_facts
from kit.display.parts import Block, Facts, Headline, Links, Listing, Note, Steps, with_names
from kit.display.section import Section
from kit.display.table import Table
from kit.display.zone import stamp
from kit.sources.okta.console import log_search, user_page
from kit.views.admin_links import console_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.display.parts import Part
    from kit.log.log import Log

__all__ = ["LISTED", "one_by_one"]

LISTED = 20_000
"""The most failures that are listed: a notebook holds and narrows so many at once."""
_LIST_COLUMNS = "published code app user operation state vendor_message".split()
_MAX_JSON_CHARS = 60_000
"""Letters of an event's JSON that are shown."""


def one_by_one(
    log: Log, failures: pd.DataFrame, episodes: pd.DataFrame, *, out_of: int = 0
) -> Listing:
    """The failures, the latest first; in JupyterLab they can be narrowed and opened.

    More than ``LISTED`` are not listed, and the caption says so.

    Args:
        log: the opened log.
        failures: as ``kit.failures`` lists them, with ``state``.
        episodes: as ``kit.episodes`` lists them; failures can be narrowed to one.
        out_of: how many there are in all, where these are the latest of them.
    """
    rows = failures.iloc[::-1].head(LISTED).reset_index(drop=True)
    out_of = max(out_of, len(failures))
    caption = "The failures one by one, the latest first"
    if len(rows) < out_of:
        caption += f"; the latest {len(rows):,} of {out_of:,}, a shorter window shows others"
    columns = [name for name in _LIST_COLUMNS if name in rows.columns and rows[name].notna().any()]
    hour = rows["published"].dt.floor("h")
    return Listing(
        rows[columns or ["published"]],
        caption=caption,
        narrow={
            "Day": begin_of("day", rows["published"]),
            "Hour": hour,
            "Code": rows["code"] + (" on " + rows["app"]).fillna(""),
            "Episode": _episode_of(rows, episodes),
            "State": rows["state"].replace("", None).str.replace("_", " "),
        },
        all=rows,
        labels=("published", "code", "user"),
        open=partial(_one, log),
        most=50,
        empty="none.",
        collapsed=True,
    )


def _episode_of(rows: pd.DataFrame, episodes: pd.DataFrame) -> pd.Series[Any]:
    """For each failure the episode that it belongs to, by name."""
    labels = pd.Series(None, index=rows.index, dtype=object)
    for one in episodes.to_dict("records"):
        inside = (rows["app_key"] == one["app_key"]) & (rows["code"] == one["code"])
        inside &= rows["published"].between(one["start"], one["last"])
        where = f" on {one['app']}" if isinstance(one["app"], str) else ""
        labels[inside] = f"from {stamp(one['start'])}, {one['code']}{where}"
    return labels


def _one(log: Log, row: pd.Series[Any]) -> Section:
    """All that is known of one failure."""
    names = code_names(log)
    return Section(tuple(with_names(part, names) for part in _parts(log, row)))


def _parts(log: Log, row: pd.Series[Any]) -> Iterator[Part]:
    event = find_event(log, row["uuid"], row["published"])
    if event is None:
        raise SourceError(f"event {row['uuid']}: the source does not hold it any more.")
    meaning = explanation(event)
    if meaning.code != row["code"] and isinstance(row["reason"], str):
        meaning = explanation(row["reason"])  # the app's event beside it explains it
    at = stamp(row["published"], seconds=True, with_utc=True)
    yield Headline(f"{row['code']}, {at}")
    yield Facts(dict([*catalogue_facts(meaning), *message_facts(meaning)]))
    if (host := console_of(log)) and (links := _links(host, row)):
        yield Links(links, caption=f"In the Admin Console, {host}")
    if meaning.steps:
        yield Note("What to do")
        yield Steps(
            [
                {"title": step.title, "": step.do, "You should see": step.see}
                for step in meaning.steps
            ]
        )
    beside = events_beside(log, row["transaction_id"], row["uuid"], row["published"])
    yield Table(
        beside,
        caption="The other events of its transaction",
        most=30,
        empty="none in the source.",
    )
    text = json.dumps(event, ensure_ascii=False, indent=2)
    if len(text) > _MAX_JSON_CHARS:
        text = f"{text[:_MAX_JSON_CHARS]}\n… {len(text) - _MAX_JSON_CHARS:,} letters more"
    yield Block(text, caption="The event as Okta sent it, JSON", collapsed=True)


def _links(host: str, row: pd.Series[Any]) -> list[tuple[str, str]]:
    """Where the Admin Console shows a failure; none for an id that is no id."""

    def text(name: str) -> str:
        return str(row[name]) if isinstance(row[name], str) else ""

    at = row["published"].to_pydatetime()
    links = [
        (
            "this transaction in the System Log",
            log_search(host, "transaction.id", text("transaction_id"), at),
        ),
        ("this event in the System Log", log_search(host, "uuid", text("uuid"), at)),
        ("this app in the System Log", log_search(host, "target.id", text("app_id"), at)),
        ("the user", user_page(host, text("user_id"))),
    ]
    return [(name, where) for name, where in links if where]
