"""The sections of ``user_history``: one user, from assignment to recovery."""

from __future__ import annotations

import shlex
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.analysis.episodes import episodes
from kit.analysis.failures import KEYS, failures
from kit.analysis.kinds import find_kind, of_kind
from kit.analysis.names import find_user
from kit.analysis.one_user import (
    daily_successes,
    most_failing,
    sign_ins,
    user_events,
    user_recovery,
)
from kit.analysis.origins import origins_of_user
from kit.analysis.recovery import with_state
from kit.analysis.unresolved import open_before
from kit.base.times import iso
from kit.catalogue import load
from kit.display import charts, phrases
from kit.display.first_screen import Deed
from kit.display.parts import Chart
from kit.display.table import Table
from kit.views.base import NotebookReport, in_readers_zone, view
from kit.views.failure_list import one_by_one
from kit.views.next_steps import CODE_WAY
from kit.views.open_words import deeds_of
from kit.views.origin_table import origin_parts
from kit.views.user_screen import (
    incidents_of_user,
    line_of_time,
    user_sentence,
    user_tiles,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.analysis.one_user import SignIns
    from kit.display.parts import Part
    from kit.reports.summary import Result

__all__ = ["UserHistoryReport", "user_history_report"]

_NOTHING = "nothing."


class UserHistoryReport(NotebookReport):
    """One user: assignments, pushes, failures and recoveries on one time line."""

    user_key: str | None

    def _look(self) -> None:
        user, kind = self.parameters["user"], self.parameters["kind"]
        kind = find_kind(kind) if kind else ""
        self.user_key = (
            find_user(self.log, user) if user else most_failing(self.log, self.window, kind)
        )
        key = self.user_key or ""
        rows = user_recovery(self.log, self.window, key)
        if kind:
            rows = of_kind(self.log, self.window, rows, kind, list(KEYS))
        self.recovery = rows[(rows["failures"] > 0) | (rows["state"] == "still_failing")]
        # Failures that name nobody have an empty key, too.
        only = {"user_key": key, **({"kind": kind} if kind else {})}
        failed = failures(self.log, self.window, **only)
        self.failed = failed if key else failed.head(0)
        self.events = user_events(self.log, self.window, key, self.failed)
        self.open_before = open_before(self.log, self.window, key, self.recovery)

    @property
    def user(self) -> str:
        """The user's login."""
        names = self.recovery["user"].dropna()
        return str(names.max()) if len(names) else str(self.user_key)

    @property
    def headline_text(self) -> str:
        """The answer in one or two sentences."""
        if self.user_key is None:
            return self._no_failures("failures that name a user")
        still = self.recovery[self.recovery["state"] == "still_failing"]
        failed = self.events[self.events["what"] == "failed"]
        if failed.empty and still.empty:
            return self._no_failures(f"failures of {self.user}")
        if failed.empty:
            part = "the window" if self.coverage.complete else "the part of it that is held"
            text = f"{self.user}: nothing failed in {part}, but something from before still fails."
        else:
            attempts = len(failed) + int((self.events["what"] == "worked").sum())
            text = (
                f"{self.user}: {len(failed):,} of {attempts:,} attempts failed, with "
                f"{phrases.join(list(failed['code'].value_counts().index[:4]))}."
            )
        if still.empty:
            return f"{text} Nothing still fails."
        lanes = [
            f"{row['operation']}{_on(row['app'])}, since {phrases.moment(row['failing_since'])}"
            for row in still.sort_values("failing_since", kind="stable").to_dict("records")
        ]
        more = f"; and {len(lanes) - 4:,} more" if len(lanes) > 4 else ""
        return f"{text} Still failing: {'; '.join(lanes[:4])}{more}."

    @cached_property
    def works(self) -> pd.DataFrame:
        """What worked for the user, by day, as ``daily_successes`` lists it."""
        return daily_successes(self.log, self.window, self.user_key or "")

    @cached_property
    def sign_ins(self) -> SignIns:
        """How the user's sign-ins went, refused ones too, of whatever kind is asked for."""
        return sign_ins(self.log, self.window, self.user_key or "")

    @view
    def headline(self) -> Iterator[Part]:
        """How the user stands, what to do next, and what worked beside what failed."""
        mine = incidents_of_user(self.incidents, self.user)
        yield self._first_screen(
            user_sentence(self),
            user_tiles(self),
            deeds_of(mine, self._command, "stands") or self._elsewhere(),
            scope="All users and apps",
        )
        if self.user_key is None:
            yield self._what_worked()
        else:
            line = line_of_time(self.events, self.works)
            yield Chart(charts.timeline, line, self.window)
        names = self.recovery["user_name"].dropna()
        yield self._facts(
            **({"Name": names.iloc[0]} if len(names) else {}),
            Attempts="An attempt is a failure, or a success of an operation that failed",
        )

    def _elsewhere(self) -> tuple[Deed, ...]:
        """Where to look where nothing is to be done for this user, but for others."""
        if self.condition not in {"broken", "some_failing", "fixed_some_left"}:
            return ()
        command = ["okta-kit", "report", "failure_trends", "--source", self.parameters["source"]]
        for name, value in self.window.as_text().items():
            command += [f"--{name}", value]
        return (
            Deed(
                "Nothing is to be done for this user. Look at all that is open:",
                link=("what became of this user's failures", "#stands"),
                command=shlex.join(command) if all(map(str.isprintable, command)) else "",
            ),
        )

    @view
    def stands(self) -> Iterator[Part]:
        """Each operation of the user that failed, and what became of it."""
        columns = (
            "app operation state failures failing_since last_failure recovered_at abandoned_at "
            "time_to_recover"
        ).split()
        yield Table(
            self.recovery[columns].dropna(axis="columns", how="all"),
            caption="What failed, by app and operation, and what became of it",
            most=30,
            empty=_NOTHING,
            anchor="stands",
        )
        if len(self.open_before):
            open_columns = "app operation code failing_since published vendor_message uuid".split()
            yield Table(
                self.open_before[open_columns].dropna(axis="columns", how="all"),
                caption="What still fails from before the window, each with its last failure",
                most=30,
                ways=CODE_WAY,
            )
        if self.user_key is not None:
            came_from = origins_of_user(self.log, self.window, self.user_key)
            yield from origin_parts(came_from, "all that worked for this user")

    @view
    def timeline(self) -> Iterator[Part]:
        """All that happened to the user in one order of time."""
        columns = "published what app operation code actor event_type uuid".split()
        yield Table(
            self.events[columns].iloc[::-1],
            caption="All that happened, the latest first",
            most=60,
            empty=_NOTHING,
        )
        daily = self.works.assign(app=self.works["app"].fillna(phrases.SIGN_IN))
        yield Table(
            daily.iloc[::-1],
            caption="What worked, by day: sign-ins and all else that could have failed",
            most=60,
            empty=_NOTHING,
            collapsed=True,
            anchor="works",
        )

    @view
    def failures(self) -> Iterator[Part]:
        """The failures one by one; in JupyterLab to be narrowed and opened."""
        if self.user_key is not None:
            episode_rows = episodes(self.log, self.window)
            yield one_by_one(self.log, with_state(self.failed, self.recovery), episode_rows)

    @view
    def codes(self) -> Iterator[Part]:
        """The codes that the user failed with, and what they mean."""
        failed = self.events[self.events["what"] == "failed"]
        rows = failed.groupby(["app", "code"], as_index=False, dropna=False).agg(
            failures=("uuid", "count"),
            first_seen=("published", "min"),
            last_seen=("published", "max"),
            vendor_message=("vendor_message", "last"),
        )
        rows["meaning"] = [load().meaning(code) or "" for code in rows["code"]]
        rows = rows.sort_values(["failures", "code"], ascending=[False, True])
        columns = "code app failures meaning first_seen last_seen vendor_message".split()
        yield Table(
            rows[columns], caption="What the codes mean", most=15, empty=_NOTHING, ways=CODE_WAY
        )

    @view
    def next(self) -> Iterator[Part]:
        """Which notebook to open next."""
        failed = self.events[(self.events["what"] == "failed") & self.events["app"].notna()]
        pairs = failed.drop_duplicates(["app", "code"], keep="last").iloc[::-1].head(3)
        open_before = self.open_before[self.open_before["app"].notna()]
        pairs = pd.concat([pairs[["app", "code"]], open_before[["app", "code"]]])
        steps: list[tuple[str, dict[str, str], str]] = [
            ("remediation", {"code": str(row.code), "app": str(row.app)}, "is this user alone?")
            for row in pairs.drop_duplicates().head(3).itertuples()
        ]
        yield self._next([*steps, ("failure_trends", {}, "all that fails in this window")])

    @in_readers_zone
    def summary(self) -> Result:
        """The result for machines, published where it is a cell's last line."""
        return self._result(self.headline_text, self._results())

    def _results(self) -> dict[str, Any]:
        if self.user_key is None:
            return {}
        counts = self.events["what"].value_counts()
        return {
            "user": self.user,
            "events": {str(what): int(count) for what, count in counts.items()},
            "operations": [
                {
                    "app": row["app"] if isinstance(row["app"], str) else None,
                    "operation": row["operation"],
                    "state": row["state"],
                    "failures": int(row["failures"]),
                    "failing_since": iso(row["failing_since"]),
                    "last_failure": iso(row["last_failure"]),
                }
                for row in self.recovery.to_dict("records")
            ],
        }


def _on(app: object) -> str:
    return f" on {app}" if isinstance(app, str) else ""


def user_history_report(
    source: str = "sample",
    *,
    since: str = "",
    until: str = "",
    user: str = "",
    kind: str = "",
    timezone: str = "",
) -> UserHistoryReport:
    """Open a source and follow one user.

    Args:
        source: as for ``trends_report``.
        since: as for ``trends_report``.
        until: as for ``trends_report``.
        user: the login, without case, or the id; who still fails with most codes if empty.
        kind: one kind of failure, as ``kinds.csv`` names it; all if empty.
        timezone: the reader's time zone, as the IANA database names it; UTC if empty.

    Returns:
        The report, whose methods give its sections.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        UsageError: a time cannot be read, or the log knows no such user (with the nearest), kind
            or time zone.

    Example:
        >>> import kit
        >>> report = kit.user_history_report("sample", since="14d")
        >>> report.stands().frame["state"].unique().tolist()
        ['still_failing']
    """
    return UserHistoryReport(
        source=source, since=since, until=until, user=user, kind=kind, timezone=timezone
    )
