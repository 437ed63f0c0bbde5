"""The sections of ``remediation``: one code on one app, the steps, the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.analysis.names import app_to_ask_for
from kit.analysis.retry import retry_rows
from kit.analysis.unknown_texts import code_names
from kit.base.times import iso, parse_time
from kit.cases.case import Case, case
from kit.cases.steps import NOT_SHOWN
from kit.cases.ticket import HELPS, retry_list, ticket, warnings
from kit.cases.vendor_words import refusal_in_words
from kit.catalogue.model import OWNERS
from kit.display import phrases
from kit.display.parts import Block, Facts, Note, Steps
from kit.display.reasons import in_words
from kit.display.table import Table
from kit.messages import is_fingerprint
from kit.views.admin_links import case_links
from kit.views.app_evidence import app_evidence_parts
from kit.views.base import NotebookReport, in_readers_zone, incidents_of, view
from kit.views.case_words import (
    case_in_words,
    fix_in_words,
    recurrence_in_words,
    search_in_words,
)
from kit.views.common_traits import common_traits
from kit.views.failure_list import one_by_one
from kit.views.next_steps import USER_WAY
from kit.views.remediation_screen import case_deeds, case_sentence, case_tiles
from kit.views.sections import (
    case_over_time,
    case_picture,
    kind_and_meaning,
    people_by_state,
)
from kit.views.unknown_texts import nearest_codes_table
from kit.views.vendor_evidence import candidates_table, vendor_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.analysis.incidents import Incident
    from kit.display.parts import Part
    from kit.reports.summary import Result
    from kit.sources.okta import AppEvidence
    from kit.views.next_steps import Step

__all__ = ["RemediationReport", "remediation_report"]

_RETRY = {
    "after_fix": "Retry after the fix.",
    "wait": "Wait, then retry.",
    "reassign": "A plain retry is useless: unassign and assign again.",
    "automatic": "Okta retries by itself; leave it alone.",
}
_STEP = {"done": "done", "to_do": "to do", "unknown": "not shown by the log"}
_LEFT = "hit_type user user_name operation code failing_since published transaction_id".split()
_IDS = "transaction_id trace_id correlation_id request_id uuid".split()
_SETTLED = "settled by the fix"
_VERDICT = {"holds": "holds", "not_fixed": "not fixed", "unproven": "unproven"}


class RemediationReport(NotebookReport):
    """One code on one app: what it means, who is hit, the steps, the proof."""

    case: Case | None

    def _look(self) -> None:
        code, app, fixed = (self.parameters[name] for name in ("code", "app", "fixed"))
        self.case = case(
            self.log,
            self.window,
            code=code,
            app=app,
            fixed=parse_time("fixed", fixed, self.window.until) if fixed else None,
            ask=_ask if self.log.source == "okta" else None,
        )

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
        return case_in_words(case)

    @view
    def headline(self) -> Iterator[Part]:
        """How it stands, who is left, what to do next, and the outage with its fix."""
        case, own = self.case, self.own_incidents
        if case is None:
            yield self._first_screen(self.headline_text, case_tiles(None, own), ())
            yield self._what_worked()
            yield self._facts()
            return
        yield self._first_screen(
            case_sentence(case, own),
            case_tiles(case, own),
            case_deeds(case, own, self.parameters["source"]),
        )
        if case.vendor is not None:
            yield Note(refusal_in_words(case.vendor))
        yield case_picture(case, self.coverage.missing)
        yield self._facts(
            Rate=f"In the window, {case.rate_in_words} failed with this code; an attempt is of an "
            f"operation that failed with it on {case.app}"
        )

    @view
    def meaning(self) -> Iterator[Part]:
        """What the code means, who owns it and whether a retry helps."""
        if self.case is None:
            return
        remedy = self.case.remedy
        facts: dict[str, object] = {"Code": self.case.code, "Meaning": self.case.meaning}
        if kind := kind_and_meaning(self.case.failures):
            facts["Kind"] = kind
        if remedy is None:
            yield Facts({**facts, "Remedy": "The catalogue has none for this code."})
            return
        yield Facts(
            {
                **facts,
                "Cause": remedy.cause,
                "Owner": OWNERS[remedy.owner],
                "Retry": f"{_RETRY[remedy.retry]} {remedy.retry_note}".strip(),
            }
        )

    @view
    def cause(self) -> Iterator[Part]:
        """Since when it fails, how wide, and what changed just before."""
        case = self.case
        if case is None:
            return
        came = case.proof.outages
        yield Facts(
            {
                "Since": case.since,
                "How wide": f"{case.blast_radius}: {in_words(case.proof.radius.reason)}",
                "How often": recurrence_in_words(came),
                "Looked for changes": search_in_words(case.changed),
            }
        )
        yield candidates_table(case)
        yield from case_over_time(case)
        if len(came) > 1:
            yield Table(
                came.iloc[::-1],
                caption="Each time that this code came on this app, the latest first",
                most=10,
                collapsed=True,
            )

    @view
    def failures(self) -> Iterator[Part]:
        """The failures one by one; in JupyterLab to be narrowed and opened."""
        if self.case is not None:
            yield one_by_one(self.log, self.case.failures, self.case.history.episodes)

    @view
    def people(self) -> Iterator[Part]:
        """Who recovered and who was unassigned, and all who are hit over time."""
        case = self.case
        if case is None:
            return
        yield from people_by_state(case)

    @view
    def common(self) -> Iterator[Part]:
        """What those hit have in common that those who worked meanwhile do not."""
        if self.case is not None:
            yield from common_traits(self.case)

    @view
    def steps(self) -> Iterator[Part]:
        """The steps, each with the evidence that is seen for it."""
        case = self.case
        if case is None:
            return
        if not case.steps:
            yield Note(
                "The catalogue has no steps for this code. Start from the vendor's words.",
                anchor="steps",
            )
            yield self._messages(case.failures)
            texts = case.failures["vendor_message"].fillna(case.failures["reason"]).dropna()
            if is_fingerprint(case.code) and len(texts):
                yield Table(
                    nearest_codes_table(texts.iloc[-1], case.app),
                    caption="The nearest known codes: a hint, not an answer",
                    most=3,
                    empty="none comes near.",
                )
            return
        yield Steps(
            [
                {
                    "title": step.title,
                    "state": _SETTLED if step.settled else _STEP[step.state],
                    "": "" if step.settled else step.do,
                    "You should see": "" if step.settled else step.see,
                    "Shown by": "" if step.settled or unseen else step.shown_by,
                    "Evidence": "" if unseen else step.evidence,
                }
                for step in case.steps
                for unseen in [step.evidence == NOT_SHOWN]
            ],
            anchor="steps",
            folded={_STEP["done"]: "Evidence"},
        )

    @view
    def vendor(self) -> Iterator[Part]:
        """What the vendor's own log says of the refusals, or which export of it is lacking."""
        if self.case is not None:
            yield from vendor_parts(self.case)

    @view
    def app(self) -> Iterator[Part]:
        """What the app itself says, where the source is the live org."""
        if self.case is None:
            return
        yield from app_evidence_parts(self.case)

    @view
    def proof(self) -> Iterator[Part]:
        """What proves the fix, and whether the log shows it."""
        case = self.case
        if case is None:
            return
        fix, remedy = case.fix, case.remedy
        yield Facts(
            {
                "Verdict": _VERDICT[fix.verdict],
                "Fixed at": phrases.moment(fix.at) if fix.at is not None else "not seen",
                "Known from": fix_in_words(fix),
                "Why": in_words(fix.reason),
                **({"To verify": " ".join(f"{v}." for v in remedy.verify)} if remedy else {}),
            },
            anchor="proof",
        )
        yield Table(case.proof.sides, caption="Before the fix and after it, with this code", most=2)

    @view
    def ticket(self) -> Iterator[Part]:
        """A ticket's text, ready to send to the owner."""
        if self.case is not None:
            text = code_names(self.log).sentence(ticket(self.case))
            yield Block(text, caption="A ticket, ready to send", anchor="ticket")

    @view
    def retry(self) -> Iterator[Part]:
        """What to retry, split by what helps, the failed deactivations first."""
        if self.case is None:
            return
        for warning in warnings(self.case):
            yield Note(f"Careful: {warning}")
        rows = retry_list(self.case)
        if rows.empty:
            yield Note("Nothing is left to retry.", anchor="left")
        place = "left"
        for helps, mine in rows.groupby("helps", sort=False):
            names = [one for one in _LEFT if one in mine.columns]
            yield Table(
                mine[names].dropna(axis="columns", how="all"),
                caption=f"{str(helps).capitalize()}, {len(mine):,}: {HELPS[str(helps)]}",
                most=100,
                anchor=place,
                ways=USER_WAY,
            )
            place = ""
        if len(rows):
            yield Table(
                rows[_IDS].dropna(axis="columns", how="all"),
                caption="The ids of these failures, for the vendor's support",
                most=100,
                collapsed=True,
            )
        yield from case_links(self.log, self.case)

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
            ("failure_trends", {}, "all that fails in this window"),
            ("error_code", parameters, f"{case.code} in depth"),
        ]
        if case.app_key:
            steps.append(("failure_trends", {"app": app}, "all its codes"))
        users = set(case.people["user"].dropna())
        hit = [one for one in case.still_failing if one in users][:2]
        yield self._next(
            [*steps, *(("user_history", {"user": u}, f"what happened to {u}") for u in hit)]
        )

    @in_readers_zone
    def summary(self) -> Result:
        """The result for machines, published where it is a cell's last line."""
        results = self.case.results() if self.case else {}
        return self._result(self.headline_text, results, retry=self._retry())

    def _retry(self) -> list[dict[str, Any]]:
        """Each of those left to retry, for ``retry.csv``."""
        rows = retry_rows(self.log, self.own_incidents, self.window.until)
        rows["failed_at"] = [iso(at) for at in rows["failed_at"]]
        records = rows.astype(object).where(rows.notna(), None).to_dict("records")
        return [{str(name): value for name, value in one.items()} for one in records]

    def _messages(self, failures: pd.DataFrame) -> Table:
        counts = failures.groupby("reason", as_index=False).agg(failures=("uuid", "count"))
        return Table(
            counts.sort_values("failures", ascending=False), caption="What was said", most=5
        )


def remediation_report(
    source: str = "sample",
    *,
    since: str = "",
    until: str = "",
    code: str = "",
    app: str = "",
    fixed: str = "",
    timezone: str = "",
) -> RemediationReport:
    """Open a source and investigate one code on one app.

    Args:
        source: as for ``trends_report``.
        since: as for ``trends_report``.
        until: as for ``trends_report``.
        code: the code; the one with most users hit in the window or still failing if empty.
        app: the app's name or id; chosen likewise if empty.
        fixed: when it was fixed, UTC; found in the log if empty.
        timezone: the reader's time zone, as the IANA database names it; UTC if empty.

    Returns:
        The report, whose methods give its sections.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        UsageError: a time cannot be read, or a name is unknown (with the nearest).

    Example:
        >>> import kit
        >>> report = kit.remediation_report("sample", since="7d", code="AADSTS50126")
        >>> report.case.fix.verdict
        'holds'
    """
    return RemediationReport(
        source=source,
        since=since,
        until=until,
        code=code,
        app=app,
        fixed=fixed,
        timezone=timezone,
    )


def _ask(app_key: str) -> AppEvidence:
    from kit.sources.okta import app_evidence

    return app_evidence(app_key)
