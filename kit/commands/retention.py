"""The commands that take something out of the event lake for good."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.base.errors import SourceError, UsageError
from kit.base.paths import LAKE
from kit.base.text import clean
from kit.commands import options
from kit.commands.notes import print_note
from kit.commands.options import argument, option
from kit.display import phrases

if TYPE_CHECKING:
    from kit.lake.erasure import Erasure

__all__ = ["register"]


def register(lake: click.Group) -> None:
    """Add them to the lake's commands."""
    lake.command("prune")(prune_lake)
    lake.command("forget")(forget_person)


@option(
    "--keep",
    required=True,
    help="How long events are kept, back from now: 400d. Whole UTC days go.",
)
@options.lake(default="")
@click.pass_context
def prune_lake(context: click.Context, keep: str, lake: str) -> None:
    """Remove the events of old days for good; they count as held no longer.

    Example: okta-kit lake prune --keep 400d
    """
    from datetime import UTC, datetime

    from kit.base.times import parse_time
    from kit.lake import Lake
    from kit.lake.retention import remove_days

    if not keep.strip()[:1].isdigit() or not keep.strip().endswith("d"):
        raise UsageError(f"--keep {keep}: write days, as 400d.")
    first = parse_time("keep", keep, datetime.now(UTC)).date()
    event_lake = Lake(lake or context.obj or LAKE).open()
    pruning = remove_days(event_lake, first)
    records = f" and {phrases.count(pruning.records, 'vendor record')}" if pruning.records else ""
    print(
        f"{event_lake.address}: {phrases.count(pruning.events, 'event')}{records} of "
        f"{phrases.count(pruning.days, 'day')} before {first} removed."
    )


@argument("login", help="The person's login, as Okta has it.")
@option("--pseudonymise", is_flag=True, help="Keep all events, with a pseudonym for the person.")
@option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="The reports; those that name the person are removed.",
)
@options.lake(default="")
@click.pass_context
def forget_person(
    context: click.Context, login: str, pseudonymise: bool, out: Path, lake: str
) -> None:
    """Take a person out of the lake, its caches and the reports, for good.

    Example: okta-kit lake forget ada@example.com
    """
    from kit.base.paths import INVESTIGATIONS
    from kit.lake import Lake
    from kit.lake.erasure import erase, find_person
    from kit.reports.erasure import forget_in_key, naming_files, remove_reports

    if "@" not in login.strip("@ ") and len(login.strip()) < _SHORTEST:
        raise UsageError(f"{login!r} is too short for a login: it stands in other words.")
    event_lake = Lake(lake or context.obj or LAKE).open()
    person = find_person(event_lake, login)
    is_named = person.stands_in
    removed = remove_reports(out, is_named)
    keys = forget_in_key(is_named)
    result = erase(
        event_lake, person, pseudonymise=pseudonymise, on_day=lambda day: print_note(f"{day} done")
    )
    if not (result.removed or result.replaced or result.records or result.skipped_lines or removed):
        raise SourceError(
            f"{event_lake.address}: nothing names {clean(login)}, in it or in {out}. Nothing was "
            "changed. The login is that of actor.alternateId or of a target's."
        )
    print(f"{event_lake.address}: {', '.join(_changes(result, len(removed), keys))}.")
    for path in naming_files(INVESTIGATIONS, is_named):
        print_note(f"{path} is yours and names the person still.")
    if result.unseen:
        print_note(
            f"{event_lake.address}/_damaged holds {phrases.count(result.unseen, 'file')} that "
            "nobody can look into. Delete it if they may name the person."
        )
    print_note(
        "Exports that were imported hold the person still, and Okta's own log. Of the same events "
        "none comes back by importing or pulling them again; new ones do."
    )


_SHORTEST = 5


def _changes(result: Erasure, reports: int, keys: int) -> list[str]:
    """What became of what named a person, in parts of a sentence."""
    counts = {
        "removed": {"event": result.removed, "report": reports},
        "with a pseudonym": {"event": result.replaced},
        "removed or with a pseudonym": {"vendor record": result.records},
        "without its text": {"skipped line": result.skipped_lines},
        "resolved no longer": {"pseudonym": keys},
    }
    return [
        f"{phrases.count(number, noun)} {what}"
        for what, numbers in counts.items()
        for noun, number in numbers.items()
        if number
    ]
