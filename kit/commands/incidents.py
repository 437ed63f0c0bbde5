"""The commands that list incidents, and say something of one."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import click

from kit.base.errors import UsageError, nearest
from kit.base.times import iso, parse_time
from kit.commands import options
from kit.commands.groups import ListByDefault
from kit.commands.notes import print_json, print_note
from kit.commands.options import argument, option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kit.analysis.incidents import Incident
    from kit.lake.marks import Kind, Mark
    from kit.log.log import Log

__all__ = ["register"]

_out = option(
    "--out",
    help="Where reports are kept; marks of a source of files lie there, too.",
    default="reports",
    show_default=True,
)
_id = argument("id_", metavar="ID", help="An incident's id, or as much as tells it apart.")
_why = option("--why", help="The reason, shown as the note.")
_mark_until = option(
    "--until", help="When the mark ends, UTC: a date, an ISO time, or 7d from now on."
)
_by = option("--by", show_default="your login here", help="Who says it.")


class Form(StrEnum):
    """How incidents are printed."""

    table = "table"
    json = "json"


def register(app: click.Group) -> None:
    """Add the incidents' commands to the command line."""
    group = ListByDefault(
        "incidents",
        help="What is open, fixed with users left to retry, or over; and what people say of it.",
    )
    group.command("list")(list_incidents)
    group.command("show")(show_incident)
    group.command("ack")(_marking("acknowledged"))
    group.command("mute")(_marking("muted"))
    group.command("note")(add_note)
    group.command("unmark")(unmark)
    app.add_command(group)


@options.source
@options.since
@options.until
@option("--all", "every", is_flag=True, help="Also what was over for more than seven days.")
@_out
@options.engine
@option(
    "--format",
    "format_",
    type=click.Choice(Form),
    default=Form.table,
    show_default=True,
    help="How to print them.",
)
def list_incidents(
    source: list[str] | None,
    since: str | None,
    until: str | None,
    every: bool,
    out: str,
    engine: str | None,
    format_: Form,
) -> None:
    """List the incidents as they stand at the end, of all that the source holds before it.

    --since changes nothing in the list: an incident is listed until it is over.

    Example: okta-kit incidents list --source sample --format json
    """
    log, current, end = _incidents_at(source, since, until, out, engine, every=every)
    if format_ is Form.json:
        print_json([one.as_dict() for one in current])
    else:
        _table(current)
    states = [one.state for one in current]
    failing = states.count("open") + states.count("regressed")
    print_note(
        f"{failing} open, {states.count('fixed')} fixed with users left, "
        f"{states.count('over')} over, at {iso(end)}; {_held_in_words(log, end)}."
        + "".join(f" Could not look at {org}: {why}" for org, why in log.unread.items())
    )


def _held_in_words(log: Log, end: datetime) -> str:
    """Whether the source holds all from its first event to the moment at which incidents stand."""
    from kit.base.windows import Window
    from kit.display import phrases
    from kit.lake.files import skipped

    if end <= log.first:
        return f"nothing before {phrases.moment(log.first)} is held"
    coverage = log.coverage(Window(log.first, end))
    if coverage.complete:
        return f"all from {phrases.moment(log.first)} on is held"
    return phrases.coverage_in_words(coverage, skipped(log.skipped_lines))


@_id
@options.source
@options.until
@_out
@options.engine
def show_incident(
    id_: str, source: list[str] | None, until: str | None, out: str, engine: str | None
) -> None:
    """Print one incident as JSON.

    Example: okta-kit incidents show inc-2f6a --source sample
    """
    print_json(_one(id_, source, until, out, engine).as_dict())


_MARKING: dict[Kind, str] = {
    "acknowledged": """Say that somebody works on an incident.

    Example: okta-kit incidents ack inc-2f6a --why "ticket 1207" --by ada
    """,
    "muted": """Keep an incident in the list, but out of conditions, changes and notices.

    Example: okta-kit incidents mute inc-2f6a --why "app is retired" --until 2026-12-31
    """,
}
"""What the command says of itself that marks an incident so."""


def _marking(kind: Kind) -> Callable[..., None]:
    """The command that marks an incident."""

    @_id
    @options.source
    @_why
    @_mark_until
    @_by
    @_out
    @options.engine
    def mark(
        id_: str,
        source: list[str] | None,
        why: str | None,
        until: str | None,
        by: str | None,
        out: str,
        engine: str | None,
    ) -> None:
        _say(id_, source, out, engine, lambda old: _mark(kind, why, until, by, old))

    mark.__doc__ = _MARKING[kind]
    return mark


@_id
@argument("text", metavar="TEXT", help="The note; it replaces the last.")
@options.source
@_by
@_out
@options.engine
def add_note(
    id_: str, text: str, source: list[str] | None, by: str | None, out: str, engine: str | None
) -> None:
    """Write a note to an incident; its mark stays.

    Example: okta-kit incidents note inc-2f6a "asked the vendor for more licences"
    """

    def with_text(old: Mark | None) -> Mark:
        mark, end = (old.mark, old.until) if old else (None, None)
        return _mark(mark, text, iso(end) if end else None, by, old)

    _say(id_, source, out, engine, with_text)


@_id
@options.source
@_out
@options.engine
def unmark(id_: str, source: list[str] | None, out: str, engine: str | None) -> None:
    """Take an incident's mark and note away.

    Example: okta-kit incidents unmark inc-2f6a
    """
    _say(id_, source, out, engine, lambda _: None)


def _incidents_at(
    source: list[str] | None,
    since: str | None,
    until: str | None,
    out: str,
    engine: str | None,
    *,
    every: bool,
) -> tuple[Log, tuple[Incident, ...], datetime]:
    from kit.analysis.incidents import end_of, incidents, with_marks
    from kit.lake.marks import marks_place, read_marks
    from kit.log.log import open_log

    names = source or ["sample"]
    log = open_log(names, since=since, until=until, engine=engine)
    end = end_of(log, until)
    if since:
        parse_time("since", since, end)
    marks = read_marks(marks_place(names, out))
    return log, with_marks(incidents(log, end, all=every), marks, end), end


def _one(
    id_: str, source: list[str] | None, until: str | None, out: str, engine: str | None
) -> Incident:
    _, every, _ = _incidents_at(source, None, until, out, engine, every=True)
    same = [one for one in every if one.id == id_]
    like = same or [one for one in every if one.id.removeprefix("inc-").startswith(_bare(id_))]
    if len(like) != 1 or not _bare(id_):
        problem = "tells several incidents" if len(like) > 1 else "is no incident's id"
        near = nearest(id_, [one.id for one in every]) if not like else ""
        raise UsageError(f"ID: {id_!r} {problem}.{near} List them: okta-kit incidents list --all")
    return like[0]


def _bare(id_: str) -> str:
    return id_.strip().casefold().removeprefix("inc-")


def _say(
    id_: str,
    source: list[str] | None,
    out: str,
    engine: str | None,
    mark: Callable[[Mark | None], Mark | None],
) -> None:
    from kit.lake.marks import change_marks, marks_place

    incident = _one(id_, source, None, out, engine)

    def change(marks: Mapping[str, Mark]) -> dict[str, Mark]:
        new_mark = mark(marks.get(incident.id))
        others = {name: one for name, one in marks.items() if name != incident.id}
        return {**others, incident.id: new_mark} if new_mark else others

    home = marks_place(source or ["sample"], out)
    change_marks(home, change)
    print_note(f"{incident.id} ({incident.code} on {incident.app or 'no app'}): noted in {home}.")
    print(incident.id)


def _mark(
    kind: Kind | None, why: str | None, until: str | None, by: str | None, old: Mark | None
) -> Mark:
    import getpass

    from kit.lake.marks import Mark

    now = datetime.now(UTC)
    try:
        who = by or getpass.getuser()
    except (OSError, KeyError):  # a container without such a user
        who = None
    return Mark(
        mark=kind,
        note=why if why is not None else (old.note if old else None),
        by=who,
        at=now,
        until=_later(until, now) if until else None,
    )


def _later(text: str, now: datetime) -> datetime:
    """A time to come: 7d is in seven days."""
    moment = parse_time("--until", text, now)
    return now + (now - moment) if text.strip()[-1:] in "dhm" else moment


def _table(incidents: tuple[Incident, ...]) -> None:
    from kit.display.terminal import print_table

    columns = ("state", "width", "app", "code", "since", "day", "users", "left", "leavers", "mark")
    rows = [
        (
            one.state,
            one.width,
            one.app or "Okta sign-in",
            one.code,
            one.since.strftime("%Y-%m-%d %H:%M"),
            one.day,
            one.users,
            len(one.left),
            len(one.leavers),
            one.mark,
            one.note,
            one.id,
        )
        for one in incidents
    ]
    print_table(rows, (*columns, "note", "id"), width=170, out=sys.stdout)
