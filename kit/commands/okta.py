"""The commands that speak to the live org."""

from __future__ import annotations

import click

from kit.base.errors import UsageError
from kit.base.paths import LAKE
from kit.commands import options
from kit.commands.lake import prepare_large
from kit.commands.notes import print_note
from kit.commands.options import option
from kit.display import phrases

__all__ = ["register"]

_rate_share = option(
    "--rate-share",
    type=float,
    help="The part of the org's rate limit that may be taken.",
    default=0.5,
    show_default=True,
)

_MANY_FILES_A_DAY = 8
"""Files a day on average from which questions become slow."""


def register(app: click.Group) -> None:
    """Add the live org's commands to the command line."""
    app.command("pull")(pull_org)
    app.command("doctor")(see_doctor)


@option("--since", help="Start, UTC: 7d before the end, a date or an ISO time. First run: 90d.")
@option("--until", help="End, UTC; without it up to now, and on from there.")
@options.lake(default=LAKE)
@option(
    "--root", default="", help="A folder of many orgs' lakes: fill that of this org's host name."
)
@_rate_share
def pull_org(since: str | None, until: str | None, lake: str, root: str, rate_share: float) -> None:
    """Bring the lake up to date from the live org.

    Example: okta-kit pull --since 30d
    """
    from kit.lake import Lake
    from kit.lake.sync import bring_up_to_date
    from kit.sources.okta import read_settings

    if root:
        lake = f"{root.rstrip('/')}/{read_settings().host}"
    event_lake = Lake(lake)
    result = bring_up_to_date(
        event_lake, since, until, share=_share(rate_share), on_retry=print_note
    )
    parts = [
        f"{phrases.count(result.events, 'event')} added",
        f"{phrases.count(result.repeats, 'repeat')} left out",
        f"{phrases.count(result.skipped_lines, 'event')} skipped",
        f"{phrases.count(result.requests, 'request')} made",
    ]
    print(f"{lake}: {', '.join(parts)}.", flush=True)
    if result.events:
        prepare_large(event_lake)
    if caution := event_lake.storage.caution():
        print_note(caution)
    files, days = event_lake.count_files(), len(event_lake.days())
    if files > _MANY_FILES_A_DAY * days:
        print_note(
            f"{files:,} files hold {phrases.count(days, 'day')}; "
            "okta-kit compact makes questions faster."
        )


@options.lake(default=LAKE)
@_rate_share
def see_doctor(lake: str, rate_share: float) -> None:
    """Check settings, org, lake, catalogue and versions, and say how to fix what is wrong.

    Example: okta-kit doctor
    """
    from kit.commands.doctor import examine
    from kit.lake import Lake

    checks = examine(Lake(lake), share=_share(rate_share))
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"{check.state:<4}  {check.name:<{width}}  {check.message}")
        if check.fix:
            print(f"{'':<{width + 6}}  fix: {check.fix}")
    codes = [check.exit_code for check in checks if check.state == "FAIL"]
    if codes:
        raise click.exceptions.Exit(codes[0])


def _share(share: float) -> float:
    if not 0 < share <= 1:
        raise UsageError(f"--rate-share {share:g}: it must be over 0 and at most 1, e.g. 0.5.")
    return share
