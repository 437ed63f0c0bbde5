"""The sections of ``error_code``: one code in depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.attempts import with_attempts
from kit.analysis.names import app_to_ask_for
from kit.analysis.one_code import (
    apps_with,
    failures_by_hour,
    neighbours,
    over_time_by_app,
    variants,
    with_ids,
)
from kit.analysis.origins import origins_of_code
from kit.analysis.radius import who
from kit.analysis.recovery import people
from kit.analysis.states import states
from kit.analysis.successes import bucket_of
from kit.base.times import iso
from kit.cases.case import Case, case
from kit.catalogue import load
from kit.display import charts, phrases
from kit.display.days import local_times, zone_name
from kit.display.parts import Chart, Note
from kit.display.table import Table
from kit.messages import is_fingerprint
from kit.views.base import NotebookReport, in_readers_zone, incidents_of, view
from kit.views.failure_list import one_by_one
from kit.views.open_words import deeds_of
from kit.views.origin_table import origin_parts
from kit.views.remediation_screen import case_sentence, case_tiles, code_tiles
from kit.views.sections import (
    case_over_time,
    chart_marks,
    close,
    kind_and_meaning,
    name_columns,
    radius_in_words,
)
from kit.views.unknown_texts import nearest_codes_table
from kit.views.vendor_evidence import candidates_table, vendor_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.analysis.incidents import Incident
    from kit.display.first_screen import Deed
    from kit.display.parts import Part
    from kit.reports.summary import Result
    from kit.views.next_steps import Step

__all__ = ["ErrorCodeReport", "error_code_report"]


class ErrorCodeReport(NotebookReport):
    """One code on one app: its messages, its people, its hours, what failed beside it."""

    case: Case | None
    state: str
    why: str

    def _look(self) -> None:
        code, app = self.parameters["code"], self.parameters["app"]
        self.case = case(self.log, self.window, code=code, app=app)
        self.state, self.why = "", ""
        if self.case is not None:
            rows = states(self.log, self.window)
            mine = (rows["app_key"] == self.case.app_key) & (rows["code"] == self.case.code)
            self.state, self.why = rows.loc[mine, ["state", "why"]].iloc[0]

    @property
    def own_incidents(self) -> tuple[Incident, ...]:
        """Those of the code on the app."""
        code, app = self.parameters["code"], self.parameters["app"]
        return incidents_of(self.case, self.incidents, code=code, app=app)

    @property
    def headline_text(self) -> str:
        """The answer in one or two sentences."""
        case = self.case
        if case is None:
            return self._no_failures()
        apart = f" {case.apart}" if case.apart else ""
        return (
            f"{case.code} on {case.app}: {phrases.count(len(case.since_onset), 'failure')}, "
            f"{case.hit}, {len(case.still_failing):,} still failing; {self.state}: {self.why}. "
            f"{radius_in_words(case)}, since {case.since}.{apart}"
        )

    @view
    def headline(self) -> Iterator[Part]:
        """How the code stands, what to do next, and the code on its apps."""
        case, own = self.case, self.own_incidents
        if case is None:
            yield self._first_screen(self.headline_text, case_tiles(None, own), ())
            yield self._what_worked()
            yield self._facts()
            return
        apps = self._apps
        yield self._first_screen(
            case_sentence(case, own), code_tiles(case, own, len(apps)), self._deeds()
        )
        view = close(case)
        bucket = bucket_of(view)
        yield Chart(
            charts.code_by_app,
            over_time_by_app(case.history, view, bucket),
            view,
            bucket,
            apps=apps,
            moments=chart_marks(case),
        )
        yield self._facts(
            Meaning=case.meaning,
            Family=load().family(case.code),
            Kind=kind_and_meaning(case.failures),
            Now=f"{self.state}: {self.why}",
            Rate=f"In the window, {case.rate_in_words} failed with this code; an attempt is of an "
            f"operation that failed with it on {case.app}",
        )

    @property
    def _apps(self) -> pd.DataFrame:
        """The apps with the code, the case's own first."""
        assert self.case is not None
        apps = apps_with(self.case.history)
        apps["app"] = apps["app"].fillna(phrases.SIGN_IN)
        own = apps["app_key"] == self.case.app_key
        return pd.concat([apps[own], apps[~own]])

    def _deeds(self) -> tuple[Deed, ...]:
        return deeds_of(self.own_incidents, self._command, "people")

    @view
    def messages(self) -> Iterator[Part]:
        """What was said, in its variants."""
        if self.case is None:
            return
        rows = variants(self.case.failures)
        columns = "message failures users http_status event_type first_seen last_seen".split()
        yield Table(
            rows[columns].dropna(axis="columns", how="all"),
            caption="What was said, with names, ids and numbers masked",
            most=15,
        )
        latest = rows.sort_values("last_seen")["example"].iloc[-1]
        yield Note(f"In full, the latest: {latest or 'Okta gave no reason.'}")
        if is_fingerprint(self.case.code):
            yield Table(
                nearest_codes_table(latest, self.case.app),
                caption="The nearest known codes: a hint, not an answer",
                most=3,
                empty="none comes near.",
            )

    @view
    def apps(self) -> Iterator[Part]:
        """On which apps the code fails, and who is hit."""
        case = self.case
        if case is None:
            return
        yield Table(
            self._apps.drop(columns="app_key"),
            caption="Apps with this code; all below is about the one named above",
            most=10,
            anchor="apps",
        )
        rows = case.people.sort_values(["failures", "hit"], ascending=[False, True])
        columns = "failures state failing_since last_failure recovered_at".split()
        yield Table(
            rows[[*name_columns(rows), *columns]],
            caption="Who is hit, most failures first",
            most=25,
            anchor="people",
        )
        yield from origin_parts(
            origins_of_code(case.history), "what worked at the same operations on the app"
        )

    @view
    def over_time(self) -> Iterator[Part]:
        """Its failures, rate and episodes over time."""
        if self.case is not None:
            yield from case_over_time(self.case)

    @view
    def failures(self) -> Iterator[Part]:
        """The failures one by one; in JupyterLab to be narrowed and opened."""
        if self.case is not None:
            yield one_by_one(self.log, self.case.failures, self.case.history.episodes)

    @view
    def hours(self) -> Iterator[Part]:
        """At which times of the day it fails."""
        if self.case is None:
            return
        counts = failures_by_hour(self.case.history)
        yield Chart(charts.times_of_day, counts)
        successes = self.case.history.successes.over_time(self.case.history.window, "hour")
        failed = counts.groupby("hour", as_index=False)[["failures"]].sum()
        by_hour = with_attempts(
            failed, successes.assign(hour=local_times(successes["bucket"]).dt.hour), ["hour"]
        )
        by_hour = by_hour.drop(columns="successes")
        by_hour["hour"] = [f"{hour:02d}:00" for hour in by_hour["hour"]]
        yield Table(
            by_hour.sort_values(["failures", "hour"], ascending=[False, True]),
            caption=f"Failures by hour of the day, {zone_name()}",
            most=24,
            collapsed=True,
        )

    @view
    def vendor(self) -> Iterator[Part]:
        """What the vendor's own log says of the refusals, and what changed before them."""
        if self.case is not None:
            yield from vendor_parts(self.case)
            yield candidates_table(self.case)

    @view
    def neighbours(self) -> Iterator[Part]:
        """What else began to fail at about the same time."""
        if self.case is not None:
            yield Table(
                neighbours(self.case.history, self.case.outage),
                caption="Other codes that began within an hour of it, nearest first",
                most=15,
                empty="none: nothing else began to fail at that time.",
            )

    @view
    def ids(self) -> Iterator[Part]:
        """The ids by which the vendor finds the requests."""
        if self.case is None:
            return
        rows = with_ids(self.case.failures).dropna(axis="columns", how="all")
        yield Table(
            rows,
            caption="The latest failures with the vendor's ids",
            most=20,
            empty="none of the messages carries one.",
        )

    @view
    def next(self) -> Iterator[Part]:
        """Which notebook to open next."""
        case = self.case
        if case is None:
            yield self._next([("failure_trends", {}, "all that fails in this window")])
            return
        app = app_to_ask_for(self.log, case.app, case.app_key)
        parameters = {"code": case.code, **({"app": app} if app else {})}
        steps: list[Step] = [
            ("remediation", parameters, "what to do about it"),
            ("failure_trends", {}, "all that fails in this window"),
        ]
        users = set(case.people["user"].dropna())
        hit = [one for one in case.still_failing or case.recovered if one in users][:2]
        yield self._next(
            [*steps, *(("user_history", {"user": u}, f"what happened to {u}") for u in hit)]
        )

    @in_readers_zone
    def summary(self) -> Result:
        """The result for machines, published where it is a cell's last line."""
        return self._result(self.headline_text, self._results())

    def _results(self) -> dict[str, object]:
        case = self.case
        if case is None:
            return {}
        became = people(case.people)
        return {
            "app": case.app,
            "code": case.code,
            "state": self.state,
            "failures": len(case.in_window),
            "attempts": case.attempts,
            "rate": case.rate if case.attempts else None,
            "users": int(who(case.in_window).nunique()),
            "onset": iso(case.onset),
            "affected": int(case.people["hit_key"].nunique()),
            "blast_radius": case.blast_radius,
            "vendor": case.vendor.results() if case.vendor else None,
            **{name: len(logins) for name, logins in became.items()},
            "variants": [
                {"message": row["message"], "failures": int(row["failures"])}
                for row in variants(case.failures).head(20).to_dict("records")
            ],
            "episodes": [
                {"start": iso(row["start"]), "last": iso(row["last"]), "failures": row["failures"]}
                for row in case.history.episodes.to_dict("records")
            ],
        }


def error_code_report(
    source: str = "sample",
    *,
    since: str = "",
    until: str = "",
    code: str = "",
    app: str = "",
    timezone: str = "",
) -> ErrorCodeReport:
    """Open a source and look at one code in depth.

    Args:
        source: as for ``trends_report``.
        since: as for ``trends_report``.
        until: as for ``trends_report``.
        code: the code; the one with most users hit in the window or still failing if empty.
        app: the app's name or id; chosen likewise if empty.
        timezone: the reader's time zone, as the IANA database names it; UTC if empty.

    Returns:
        The report, whose methods give its sections.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        UsageError: a time cannot be read, or a name is unknown (with the nearest).

    Example:
        >>> import kit
        >>> report = kit.error_code_report("sample", since="7d", code="AADSTS50126")
        >>> report.messages().frame["failures"].tolist()
        [80, 15, 6]
    """
    return ErrorCodeReport(
        source=source, since=since, until=until, code=code, app=app, timezone=timezone
    )
