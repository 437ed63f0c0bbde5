"""The sections of ``failure_trends``: what fails, for whom, and how it moves."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.analysis.by_kind import by_kind
from kit.analysis.comparison import Comparison, compare_windows, other_window
from kit.analysis.episodes import episodes
from kit.analysis.failures import KEYS
from kit.analysis.groups import find_group
from kit.analysis.incidents import condition
from kit.analysis.names import app_to_ask_for
from kit.analysis.recovery import access_left_behind, people
from kit.analysis.trends import Trends, examples, trends
from kit.analysis.unknown_texts import code_names
from kit.base.times import iso
from kit.catalogue import load
from kit.display import charts
from kit.display.parts import Chart, Note
from kit.display.table import Table
from kit.views.base import NotebookReport, in_readers_zone, view
from kit.views.failure_list import LISTED, one_by_one
from kit.views.groups import comparison_parts, grouped_chart, grouped_table, kinds_with_guesses
from kit.views.next_steps import CODE_WAY, USER_WAY, incident_steps
from kit.views.open_words import deeds_of, open_in_words
from kit.views.sections import left_behind_in_words, worst_buckets
from kit.views.stands import OPEN, with_stand
from kit.views.trends_screen import failures_in_words, trends_picture, trends_tiles
from kit.views.trends_words import never_tried_in_words, totals_in_words, worst_in_words
from kit.views.unknown_texts import NEAREST_IS_A_HINT, by_template

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from kit.analysis.incidents import Incident
    from kit.base.windows import Window
    from kit.display.first_screen import FirstScreen
    from kit.display.parts import Part
    from kit.reports.summary import Result

__all__ = ["TrendsReport", "trends_report"]

_TIMES = ["first_seen", "last_seen", "since"]
_SUMMARY_COLUMNS = (
    "app code family failures events users first_seen last_seen state still_failing recovered since"
).split()


_OF_KINDS = "kind users still_failing recovered failures codes apps first".split()


class TrendsReport(NotebookReport):
    """What is failing in a window and what is still open, by code and over time."""

    trends: Trends
    group: str
    """What the table and the chart count by."""
    beside: Window | None
    """The window that this one is held against."""

    def _look(self) -> None:
        bucket, kind = self.parameters["bucket"], self.parameters["kind"]
        self.group = find_group(self.parameters["group_by"])
        self.trends = trends(self.log, self.window, app=self.app, bucket=bucket, kind=kind)
        other = self.parameters["compare"]
        self.beside = other_window(self.log, self.window, other) if other else None

    @property
    def app(self) -> str:
        """The app that was asked for; all if empty."""
        return self.parameters["app"]

    @property
    def headline_text(self) -> str:
        """The answer in one or two sentences."""
        if self.trends.by_code.empty:
            never = never_tried_in_words(self.log, self.window, self.trends)
            return self._no_failures() + never
        left_behind_text = left_behind_in_words(people(self._left_behind())["still_failing"])
        worst = worst_in_words(self.trends)
        total = totals_in_words(self.trends, complete=self.coverage.complete)
        return f"{worst} {total}{left_behind_text}"

    @property
    def open_incidents(self) -> tuple[Incident, ...]:
        """The incidents of the apps and the kind that were asked for."""
        if not (self.app or self.parameters["kind"]):
            return self.incidents
        pairs = {*self.trends.by_code[["app_key", "code"]].itertuples(index=False, name=None)}
        return tuple(
            one
            for one in self.incidents
            if ((one.app_key, one.code) in pairs)
            or (not self.parameters["kind"] and one.app_key in self.trends.apps)
        )

    @property
    def first_screen(self) -> FirstScreen:
        """How things stand, in numbers, and what to do next."""
        mine = self.open_incidents
        own = condition(mine, self.coverage.complete)
        quiet = self.trends.by_code.empty and own in {"all_clear", "cannot_tell"}
        sentence = open_in_words(own, mine, self.window, self.coverage)
        return self._first_screen(
            self.headline_text if quiet else sentence,
            trends_tiles(self.trends, mine),
            deeds_of(mine, self._command, "open"),
            scope="" if mine == self.incidents else "All apps",
        )

    @view
    def headline(self) -> Iterator[Part]:
        """How things stand, what to do next, and what failed over time."""
        yield self.first_screen
        if self.group != "code" and len(self.trends.over_time):
            yield grouped_chart(self.trends, self.group)
        else:
            gaps = self.coverage.missing
            yield trends_picture(self.trends, self.incidents, gaps) or self._what_worked()
        yield self._facts(Rate=failures_in_words(self.trends))

    @view
    def by_code(self) -> Iterator[Part]:
        """What is open, whom it hits, and what else failed in the window."""
        if self.group != "code":
            yield grouped_table(self.trends, self.group)
            return
        table = with_stand(self.trends.by_code, self.incidents)
        is_open = table["now"].isin(OPEN)
        names = "code app now still_failing users recovered failures rate since last".split()
        yield Table(
            table.loc[is_open, names].dropna(axis="columns", how="all"),
            caption="What is open, by code and app",
            most=25,
            ways=CODE_WAY,
            empty="nothing.",
            anchor="open",
        )
        if (~is_open).any():
            yield Table(
                table.loc[~is_open, [one for one in names if one != "since"]],
                caption="What else failed in the window: over, or no more than people's mistakes",
                most=25,
                collapsed=bool(is_open.any()),
                ways=CODE_WAY,
            )

    @view
    def by_kind(self) -> Iterator[Part]:
        """What went wrong, in any app's words: the codes folded into kinds."""
        table, kinds = by_kind(self.trends), load().kinds
        yield Table(
            table.assign(
                first=[kinds[one].deed if one in kinds else "" for one in table["kind"]],
                kind=kinds_with_guesses(self.trends, table["kind"]),
            )[_OF_KINDS],
            caption="What failed in the window or still fails, by kind",
            most=25,
            empty="nothing.",
        )

    @view
    def states(self) -> Iterator[Part]:
        """How each code stands at the window's end, and why it is said to."""
        table = self.trends.by_code[["code", "app", "state", "why", "failures", "attempts", "rate"]]
        order = {"new": 0, "regressed": 1, "escalating": 2, "ongoing": 3, "quiet": 4}
        table = table.sort_values("state", key=lambda s: s.map(order), kind="stable")
        yield Table(table, caption="How each code stands, and why", most=25, ways=CODE_WAY)

    @view
    def over_time(self) -> Iterator[Part]:
        """The worst hours or days, and the episodes of each code."""
        if not len(self.trends.over_time):
            yield Note("Nothing failed in the window.")
            return
        yield worst_buckets(self.trends)
        app_episodes = self._episodes
        app_episodes = app_episodes[app_episodes["app_key"] != ""]
        columns = (
            "app code start last length failures attempts rate peak peak_at users open".split()
        )
        yield Table(
            app_episodes.sort_values(["users", "start"], ascending=[False, True])[columns],
            caption="Episodes on apps: runs of failures without six hours of silence",
            most=12,
            empty="none.",
        )

    @view
    def failures(self) -> Iterator[Part]:
        """The failures one by one; in JupyterLab to be narrowed and opened."""
        rows = self.trends.latest(LISTED)
        yield one_by_one(self.log, rows, self._episodes, out_of=int(self.trends.totals["failures"]))

    @view
    def failing_against_working(self) -> Iterator[Part]:
        """The share of attempts that failed, by app."""
        attempts = self.trends.attempts_over_time
        if len(self.trends.over_time):
            yield Chart(charts.failing_against_working, attempts, self.window, self.trends.bucket)
        total = attempts.groupby("app", as_index=False)[["failures", "successes"]].sum()
        total["rate"] = total["failures"] / (total["failures"] + total["successes"])
        total = total.sort_values(["failures", "app"], ascending=[False, True])
        yield Table(total, caption="Failing against working, by app", most=15, collapsed=True)

    @view
    def people(self) -> Iterator[Part]:
        """Who fails with what, and how long it takes until it works again."""
        rows = self.trends.recovery
        on_apps = rows[rows["app_key"] != ""]
        if on_apps.empty:
            yield Note("No user failed on an app in this window or still fails on one.")
            return
        yield Chart(charts.users_by_code, self._users_and_codes())
        if on_apps["time_to_recover"].notna().any():
            yield Chart(charts.time_to_recover, on_apps)
        still = (on_apps["state"] == "still_failing").astype("int64")
        worst = (
            on_apps.assign(still=still, stuck_since=on_apps["failing_since"].where(still > 0))
            .groupby("hit_key")
            .agg(
                user=("hit", "max"),
                failures=("failures", "sum"),
                operations=("operation", "count"),
                still_failing=("still", "sum"),
                failing_since=("stuck_since", "min"),
                last_failure=("last_failure", "max"),
            )
        )
        worst = worst.sort_values(
            ["still_failing", "failures", "user"], ascending=[False, False, True]
        )
        yield Table(
            worst.dropna(axis="columns", how="all"),
            caption="Users with most that still fails",
            most=12,
            ways=USER_WAY,
            collapsed=True,
        )

    @view
    def unknown(self) -> Iterator[Part]:
        """Failures whose text the catalogue does not know, and those without one."""
        keys = ["app_key", "code"]
        by_code = self.trends.by_code[[*keys, "app", "failures", "attempts", "rate"]]
        table = by_code.merge(examples(self.log, self.window), on=keys)
        table = table.sort_values(["failures", "code"], ascending=[False, True])
        templates = by_template(table, code_names(self.log))
        if len(templates):
            yield Table(
                templates,
                caption="Texts without a known code, similar ones as one",
                most=15,
            )
            yield Note(NEAREST_IS_A_HINT)
        yield Table(
            table[["code", "app", "failures", "attempts", "rate", "example", "event_type"]],
            caption="Failures without a known code",
            most=15,
            empty="every failure in the window has a known code.",
        )

    @view
    def comparison(self) -> Iterator[Part]:
        """What began, ended or grew against another window, where one is asked for."""
        if self.beside is not None:
            yield from comparison_parts(self._comparison)

    @view
    def next(self) -> Iterator[Part]:
        """Which code to look into, and with which parameters."""
        table = self.trends.by_code
        somebody = (table["users"] > 0) | (table["still_failing"] > 0)
        hit = table[somebody & table["app"].notna()]
        rows = (hit if len(hit) else table).head(3).to_dict("records")
        cases = [{"code": str(r["code"]), **self._app_of(r)} for r in rows]
        steps = incident_steps(self.log, self.open_incidents)
        mine = [more for _, more, _ in steps]
        steps += [
            ("remediation", one, f"what to do about {one['code']}")
            for one in cases
            if one not in mine
        ]
        steps += [("error_code", one, f"{one['code']} in depth") for one in cases]
        still = self.trends.recovery
        still = still[(still["state"] == "still_failing") & (still["app_key"] != "")]
        still = still[still["hit_type"] == "user"]
        if len(still):
            user = str(still.sort_values(["failures", "user"])["user"].iloc[-1])
            steps.append(("user_history", {"user": user}, f"what happened to {user}"))
        logins = people(self._left_behind())["still_failing"]
        if logins:
            why = f"access was left behind: the deactivation of {logins[0]} failed"
            steps.insert(0, ("user_history", {"user": logins[0]}, why))
        yield self._next(steps)

    @in_readers_zone
    def summary(self) -> Result:
        """The result for machines, published where it is a cell's last line."""
        rows = self.trends.by_code[_SUMMARY_COLUMNS].astype(object).to_dict("records")
        for row in rows:
            row.update({name: _time(row[name]) for name in _TIMES})
        by_code = [{k: _plain(v) for k, v in row.items()} for row in rows]
        compared = {"comparison": self._comparison.results()} if self.beside else {}
        results = {"totals": self.trends.totals, "by_code": by_code, **compared}
        screen = self.first_screen.in_words(code_names(self.log))
        more = {} if screen.scope else {"first_screen": asdict(screen)}
        return self._result(self.headline_text, results, **more)

    @cached_property
    def _comparison(self) -> Comparison:
        return compare_windows(
            self.log,
            self.window,
            self.parameters["compare"],
            by=self.group,
            app=self.app,
            kind=self.trends.kind,
        )

    @cached_property
    def _episodes(self) -> pd.DataFrame:
        rows, apps = episodes(self.log, self.window), self.trends.apps
        if self.trends.kind:
            rows = rows.merge(self.trends.by_code[["app_key", "code"]], on=["app_key", "code"])
        return rows[rows["app_key"].isin(apps)] if apps else rows

    def _app_of(self, row: Mapping[Hashable, Any]) -> dict[str, str]:
        """The parameter that names the app of a row of ``by_code``; none where it has no app."""
        name = row["app"] if isinstance(row["app"], str) else None
        app = app_to_ask_for(self.log, name, row["app_key"])
        return {"app": app} if app else {}

    def _left_behind(self) -> pd.DataFrame:
        return access_left_behind(self.trends.recovery)

    def _users_and_codes(self) -> pd.DataFrame:
        keys = list(KEYS)
        people = self.trends.recovery[[*keys, "hit"]].rename(columns={"hit": "user"})
        rows = self.trends.hit.merge(people, on=keys)
        rows = rows[rows["app_key"] != ""].assign(still=~rows["state"].isin(["recovered", ""]))
        return rows.groupby(["user", "code"], as_index=False).agg(
            failures=("failures", "sum"), still=("still", "any")
        )


def trends_report(
    source: str = "sample",
    *,
    since: str = "",
    until: str = "",
    app: str = "",
    kind: str = "",
    bucket: str = "auto",
    group_by: str = "code",
    compare: str = "",
    timezone: str = "",
) -> TrendsReport:
    """Open a source and count what fails in a window.

    Args:
        source: ``sample``, or export files, globs or folders, several with commas.
        since: the window's start, UTC: ``7d``, a date or an ISO time; all if empty.
        until: the window's end; the end of what the source holds if empty.
        app: one app's name or id; all if empty.
        kind: one kind of failure, as ``kinds.csv`` names it; all if empty.
        bucket: ``hour``, ``day`` or ``auto``.
        group_by: what the table and the chart count by: ``code``, ``kind``, ``app``, ``family``,
            ``owner`` or ``operation``.
        compare: another window to hold it against: ``7d`` before it begins, or
            ``2026-10-20..2026-10-27``; none if empty.
        timezone: the reader's time zone, as the IANA database names it; UTC if empty.

    Returns:
        The report, whose methods give its sections.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        UsageError: a time cannot be read, since is not before until, the log knows no such app, or
            there is no such kind, grouping or time zone.

    Example:
        >>> import kit
        >>> report = kit.trends_report("sample", since="7d", timezone="Europe/Berlin")
        >>> report.trends.totals["failures"]
        200
    """
    return TrendsReport(
        source=source,
        since=since,
        until=until,
        app=app,
        kind=kind,
        bucket=bucket,
        group_by=group_by,
        compare=compare,
        timezone=timezone,
    )


def _time(value: Any) -> str | None:
    return None if pd.isna(value) else iso(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it: no numpy number, no NaN."""
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return None
    return value.item() if hasattr(value, "item") else value
