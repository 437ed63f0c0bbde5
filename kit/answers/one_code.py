"""What an assistant asks of one code on one app: what to do about it, and who is hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.analysis.recovery import access_left_behind
from kit.answers import model
from kit.answers.rows import (
    MAX_NAME_CHARS,
    MAX_ROWS,
    NOTES,
    Base,
    base_of,
    bound_note,
    but_incomplete,
    hit_row,
    plain_text,
    time_or_none,
)
from kit.base.text import clean
from kit.base.times import iso
from kit.cases.case import case
from kit.catalogue import load
from kit.catalogue.explain import explanation
from kit.display import phrases

if TYPE_CHECKING:
    from kit.answers.current_log import CurrentLog
    from kit.cases.case import Case

__all__ = ["answer_next_steps", "answer_who_is_hit"]

_OF_PAIR = ("filters", "app", "app_id", "code")


def answer_next_steps(current: CurrentLog, app: str, code: str) -> model.StepsAnswer:
    """Say what one code on one app means, whether it is fixed, and what to do.

    Args:
        current: the log.
        app: the app, by name or id; with the code, the one with most users hit if empty.
        code: the code; likewise.

    Raises:
        UsageError: the source knows no such app, or neither it nor the catalogue the code.
    """
    log = current.log()
    one = case(log, code=code, app=app)
    base = base_of(current, log, log.window(), _filters(app, code))
    if one is None:
        return _steps_without_failures(base, app, code)
    which: Any = {"app": one.app, "text": str(one.failures["reason"].iloc[-1] or "")}
    to_do = sum(step.state != "done" and not step.settled for step in one.steps)
    return model.StepsAnswer(
        **base,
        **_about(one),
        cause=one.remedy.cause if one.remedy else None,
        verify=[*one.remedy.verify] if one.remedy else [],
        answer=f"{one.code}: {_VERDICTS[one.fix.verdict]} {len(one.still_failing):,} still failing,"
        f" {len(one.recovered):,} recovered. {phrases.count(to_do, 'step')} to do.",
        untrusted_fields=[*_OF_PAIR, "steps.evidence", "candidate_changes", NOTES],
        failed_here=True,
        meaning=one.meaning,
        owner=load().owner(one.code, **which),
        retry=load().retry(one.code, **which),
        links=[*load().links(one.code, **which)],
        steps=[
            model.StepRow(
                number=step.number,
                title=clean(step.title),
                do=clean(step.do),
                see=clean(step.see),
                state=step.state,
                settled=step.settled,
                evidence=plain_text(step.evidence) or "",
            )
            for step in one.steps
        ],
        may_be_older=one.may_be_older,
        fix_verdict=one.fix.verdict,
        fixed_at=time_or_none(one.fix.at),
        candidate_changes=[
            model.ChangeRow(
                published=iso(row["published"]),
                event_type=clean(row["event_type"]),
                actor=plain_text(row["actor"], MAX_NAME_CHARS),
                uuid=clean(row["uuid"]),
            )
            for row in one.changes.head(5).to_dict("records")
        ],
        candidate_changes_total=len(one.changes),
        still_failing=len(one.still_failing),
        recovered=len(one.recovered),
    )


_VERDICTS = {
    "holds": "fixed, and the fix holds.",
    "not_fixed": "not fixed.",
    "unproven": "nothing proves yet that it is fixed.",
}


def answer_who_is_hit(current: CurrentLog, app: str, code: str) -> model.HitAnswer:
    """Say who is hit by one code on one app, and what became of each.

    Args:
        current: the log.
        app: the app, by name or id; with the code, the one with most users hit if empty.
        code: the code; likewise.

    Raises:
        UsageError: the source knows no such app, or neither it nor the catalogue the code.
    """
    log = current.log()
    one = case(log, code=code, app=app)
    base = base_of(current, log, log.window(), _filters(app, code))
    names = [*_OF_PAIR, "people", NOTES]
    if one is None:
        sentence = "Nobody is hit in what the source holds." + but_incomplete(base["coverage"])
        zeros: dict[str, Any] = dict.fromkeys(
            ("hit", "still_failing", "recovered", "abandoned", "access_left"), 0
        )
        return model.HitAnswer(
            **base, **_of_no_case(app, code), **zeros, answer=sentence, untrusted_fields=names,
            total=0, people=[],
        )  # fmt: skip
    stays = access_left_behind(one.people).index
    rows = one.people.assign(access_left=one.people.index.isin(stays))
    ranks = rows["state"].map(_ORDER).fillna(len(_ORDER))
    rows = rows.assign(rank=ranks).sort_values(
        ["access_left", "rank", "last_failure"], ascending=[False, True, False], kind="stable"
    )
    hit = int(one.people["hit_key"].nunique())
    counts: dict[str, Any] = {
        "still_failing": len(one.still_failing),
        "recovered": len(one.recovered),
        "abandoned": len(one.abandoned),
    }
    parts = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items())
    return model.HitAnswer(
        **base,
        **_about(one),
        answer=f"{one.code}: {hit:,} hit since the onset or still failing: {parts}."
        + bound_note(len(rows)),
        untrusted_fields=names,
        hit=hit,
        **counts,
        access_left=len(one.failed_deactivations),
        total=len(rows),
        people=[hit_row(row) for row in rows.head(MAX_ROWS).to_dict("records")],
    )


_HIT_COUNTS = ("hit", "still_failing", "recovered", "abandoned", "access_left")
_ORDER = {"still_failing": 0, "": 1, "abandoned": 2, "recovered": 3}


def _about(one: Case) -> dict[str, Any]:
    ids = one.failures["app_id"].dropna()
    return {
        "app": plain_text(one.app, MAX_NAME_CHARS),
        "app_id": plain_text(str(ids.iloc[-1]), MAX_NAME_CHARS) if len(ids) else None,
        "code": one.code,
        "since": iso(one.onset),
        "blast_radius": one.blast_radius,
    }


def _of_no_case(app: str, code: str) -> dict[str, Any]:
    return {
        "app": clean(app) or None,
        "app_id": None,
        "code": explanation(code).code or code if code else "",
        "since": None,
        "blast_radius": None,
    }


def _steps_without_failures(base: Base, app: str, code: str) -> model.StepsAnswer:
    """What the catalogue says of a code that the source holds no failure of."""
    one = explanation(code) if code else None
    about = _of_no_case(app, code)
    sentence = f"No failure{' with ' + about['code'] if code else ''} in what the source holds."
    steps = load().steps(about["code"], app=app or None) if code else ()
    return model.StepsAnswer(
        **base,
        **about,
        answer=sentence + but_incomplete(base["coverage"]),
        untrusted_fields=[*_OF_PAIR, NOTES],
        failed_here=False,
        meaning=one.meaning if one else None,
        cause=one.remedy.cause if one and one.remedy else None,
        owner=one.owner if one else None,
        retry=one.retry if one else None,
        verify=[*one.remedy.verify] if one and one.remedy else [],
        links=[*one.links] if one else [],
        steps=[
            model.StepRow(
                number=number,
                title=step.title,
                do=step.do,
                see=step.see,
                state="unknown",
                settled=False,
                evidence="The source holds no such failure.",
            )
            for number, step in enumerate(steps, start=1)
        ],
        may_be_older=False,
        fix_verdict=None,
        fixed_at=None,
        candidate_changes=[],
        candidate_changes_total=0,
        still_failing=0,
        recovered=0,
    )


def _filters(app: str, code: str) -> dict[str, str | bool]:
    return {name: value for name, value in (("app", app), ("code", code)) if value}
