"""What people say of incidents, and in JupyterLab a button to acknowledge one."""

from __future__ import annotations

import getpass
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.display import phrases
from kit.display.parts import Block, Facts, Listing, Note
from kit.display.section import Section
from kit.display.table import Table
from kit.lake.marks import acknowledge_incident

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kit.analysis.incidents import Incident
    from kit.lake.marks import Mark

__all__ = ["marks_listing"]

_COLUMNS = ["code", "app", "state", "mark", "note", "by", "until", "id"]


def marks_listing(
    incidents: Sequence[Incident],
    marks: Mapping[str, Mark],
    home: str,
    source: str,
    on_change: Callable[[], None],
) -> Listing:
    """The incidents with what people say of them; in JupyterLab each can be acknowledged.

    Args:
        incidents: the incidents.
        marks: by incident's id.
        home: where marks are kept.
        source: what the commands that say more are to read.
        on_change: is called when one was acknowledged.
    """
    every = [one for one in incidents if one.state != "over" or one.id in marks]
    rows = pd.DataFrame([_row(one, marks.get(one.id)) for one in every], columns=_COLUMNS)
    return Marks(
        rows,
        caption="What people say of each",
        empty="there is no incident to speak of.",
        all=rows,
        labels=("code", "app", "state"),
        open=partial(_one, source),
        act=("Acknowledge", partial(_acknowledge, home, on_change)),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Marks(Listing):
    """Incidents and their marks; a page shows those of which somebody said something."""

    def html(self) -> str:
        """The marks as a table."""
        return self._mark_table().html()

    def text(self) -> str:
        """The same as text."""
        return self._mark_table().text()

    def _mark_table(self) -> Table:
        is_marked = self.rows["mark"].notna() | self.rows["note"].notna()
        return Table(
            self.rows.loc[is_marked, _COLUMNS[:-1]].dropna(axis="columns", how="all"),
            caption=self.caption,
            empty="nobody said anything yet.",
            names=self.names,
        )


def _row(one: Incident, mark: Mark | None) -> tuple[Any, ...]:
    by, until = (mark.by, mark.until) if mark else (None, None)
    ends = pd.Timestamp(until).tz_convert("UTC") if until else None
    app = one.app or phrases.SIGN_IN
    return (one.code, app, one.state, one.mark, one.note, by, ends, one.id)


def _one(source: str, row: pd.Series[Any]) -> Section:
    """What can be said of an incident, and how."""
    facts = {name: row[name] for name in ("mark", "note", "by") if isinstance(row[name], str)}
    parts: list[Any] = [Facts({"Incident": row["id"], **(facts or {"Mark": "none yet"})})]
    words = ["okta-kit", "incidents"]
    lines = [
        shlex.join([*words, *more, "--source", source])
        for more in (
            ["ack", row["id"], "--why", "ticket 1207"],
            ["mute", row["id"], "--until", "30d"],
            ["note", row["id"], "asked the vendor"],
            ["unmark", row["id"]],
        )
    ]
    if all(map(str.isprintable, lines)):
        parts.append(Block("\n".join(lines), "Press the button above, or in a terminal"))
    return Section(tuple(parts))


def _acknowledge(home: str, on_change: Callable[[], None], row: pd.Series[Any]) -> Section:
    """Say that somebody works on an incident, in the name of whoever runs the kernel."""
    try:
        by = getpass.getuser()
    except (OSError, KeyError):  # a container without such a user
        by = None
    acknowledge_incident(home, str(row["id"]), by=by, at=datetime.now(UTC))
    on_change()
    who = f" by {by}" if by else ""
    return Section((Note(f"{row['id']} is acknowledged{who}. The next reports say so."),))
