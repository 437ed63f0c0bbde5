"""Cases of evidence that a careless join tells wrong, each with what is right."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from entra_forms import FORMS, SignIn, audit_object, graph_object, number
from entra_simulator import START, failure, log_of_files

from kit.evidence.matching import evidence

if TYPE_CHECKING:
    from pathlib import Path

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
ZERO = "00000000-0000-0000-0000-000000000000"
R, C = number("r"), number("c")
NONE = ("none", "not_in_export")
"""No record, though the export covers the time."""


@dataclass
class Case:
    """Both logs, and what is right of each failure."""

    events: dict[str, dict[str, Any]]
    """Okta's, by the names that ``right`` has for them."""
    records: list[SignIn | dict[str, Any] | str]
    """Entra's: facts, an object as Graph writes it, or a line as it is."""
    right: dict[str, tuple[str, Any]]
    """A match with the names of its records, or ``none`` with the reason."""
    forms: list[str] = field(default_factory=list)
    """The forms in which the facts come once more."""
    lake: str = "joint"
    """The lake that it lies in with others, each with ids, accounts and apps of its own."""
    cut: int | None = None
    """How much of its Trace ID Okta left in a text."""


def fails(
    at: timedelta = timedelta(0), trace: str = "", correlation: str = "", code: int = 50126,
    **options: Any,
) -> dict[str, Any]:  # fmt: skip
    """A failure; without ids its text ends before them."""
    name = f"{at} {trace} {correlation} {code} {options}"
    return failure(name, START + at, code, trace, correlation, **options)


def refused(name: str, at: timedelta = timedelta(0), **facts: Any) -> SignIn:
    """A refused sign-in of Okta's account, its id made of the name."""
    ids = {"id": number(name), "correlation": number(f"own chain of {name}")}
    return SignIn(START + at, 50126, **(ids | facts))


SHOWN = refused("shown", -30 * MINUTE)
"""A record whose id shows which account in which application is Okta's."""
SHOWS = fails(-30 * MINUTE, SHOWN.id)


def ahead(by: timedelta) -> list[SignIn | dict[str, Any] | str]:
    """What shows the account, from a clock that is ahead."""
    return [replace(SHOWN, at=SHOWN.at + by)]


def original(record: SignIn, of: str) -> dict[str, Any]:
    return graph_object(record) | {"originalRequestId": of}


def audit(at: datetime) -> dict[str, Any]:
    return audit_object(at, "Reset user password", target="svc_okta@contoso.example") | {
        "correlationId": C
    }


OTHER_PERSON = fails(MINUTE, number("lost"), C)
BROKEN = json.dumps(graph_object(refused("broken")))
PORTAL = {"app": "Azure Portal", "app_id": number("portal")}
FOREIGN = {"tenant": number("other tenant")}

CASES = {
    "braces around the ids of a text": Case(
        {"a": fails(0 * MINUTE, f"{{{R}}}", f"{{{C}}}")},
        [refused("r")],
        {"a": ("request_id", ["r"])},
    ),
    "braces and capitals in the export": Case(
        {"a": fails(0 * MINUTE, R)},
        [graph_object(refused("r")) | {"id": f"{{{R.upper()}}}"}],
        {"a": ("request_id", ["r"])},
    ),
    "capitals in a text": Case(
        {"a": fails(0 * MINUTE, R.upper(), C.upper())}, [refused("r")], {"a": ("request_id", ["r"])}
    ),
    "a Correlation ID in capitals, in braces there": Case(
        {"a": fails(0 * MINUTE, number("lost"), C.upper())},
        [refused("r", correlation=f"{{{C}}}")],
        {"a": ("correlation_id", ["r"])},
    ),
    "zeros as Trace ID, and the Correlation ID": Case(
        {"a": fails(0 * MINUTE, ZERO, C)},
        [refused("r", correlation=C), refused("zero", 5 * MINUTE, id=ZERO)],
        {"a": ("correlation_id", ["r"])},
    ),
    "zeros as Correlation ID on both sides": Case(
        {"a": fails(0 * MINUTE, number("lost"), ZERO)},
        [refused("r", correlation=ZERO)],
        {"a": NONE},
    ),
    "zeros as ids in braces": Case(
        {"a": fails(0 * MINUTE, f"{{{ZERO}}}", f"{{{ZERO}}}")},
        [refused("r", id=f"{{{ZERO}}}", correlation=f"{{{ZERO}}}")],
        {"a": NONE},
    ),
    "the id of the sequence's first request": Case(
        {"a": fails(0 * MINUTE, R)},
        [original(refused("second"), R)],
        {"a": ("request_id", ["second"])},
    ),
    "a Trace ID that two people's failures carry": Case(
        {"a": fails(0 * MINUTE, R, C), "b": fails(SECOND, R, C)},
        [refused("r", correlation=C)],
        {"a": ("request_id", ["r"]), "b": ("request_id", ["r"])},
    ),
    "a Correlation ID that another person's failure carries": Case(
        {"a": fails(0 * MINUTE, number("gone"), C), "b": OTHER_PERSON},
        [refused("r", 50 * SECOND, correlation=C)],
        {"a": NONE, "b": ("correlation_id", ["r"])},
    ),
    "two failures and two records of one Correlation ID": Case(
        {"a": fails(0 * MINUTE, number("gone"), C), "b": OTHER_PERSON},
        [refused("early", -2 * SECOND, correlation=C), refused("late", 58 * SECOND, correlation=C)],
        {"a": ("correlation_id", ["early"]), "b": ("correlation_id", ["late"])},
    ),
    "another failure's request with the same Correlation ID": Case(
        {"a": fails(0 * MINUTE, R, C), "b": OTHER_PERSON},
        [refused("r", MINUTE, correlation=C)],
        {"a": ("request_id", ["r"]), "b": NONE},
    ),
    "another failure's request, as the first of its sequence": Case(
        {"a": fails(0 * MINUTE, R, C), "b": OTHER_PERSON},
        [original(refused("second", MINUTE, correlation=C), R)],
        {"a": ("request_id", ["second"]), "b": NONE},
    ),
    "a Correlation ID with another code": Case(
        {"a": fails(0 * MINUTE, number("gone"), C)},
        [replace(refused("r", correlation=C), code=50055)],
        {"a": NONE},
    ),
    "a success with the same Correlation ID": Case(
        {"a": fails(0 * MINUTE, R, C)},
        [refused("r", correlation=C), replace(refused("s", MINUTE, correlation=C), code=0)],
        {"a": ("request_id", ["r"])},
    ),
    "nothing but a success with the same Correlation ID": Case(
        {"a": fails(0 * MINUTE, number("gone"), C)},
        [replace(refused("s", correlation=C), code=0)],
        {"a": NONE},
    ),
    "a Trace ID of a record that says it worked, beside the refusal of its chain": Case(
        {"a": fails(0 * MINUTE, R, C)},
        [replace(refused("r", correlation=C), code=0), refused("s", SECOND, correlation=C)],
        {"a": ("request_id", ["r", "s"])},
    ),
    "the first request's id of a record that says it worked": Case(
        {"a": fails(0 * MINUTE, R)},
        [original(replace(refused("second"), code=0), R)],
        {"a": ("request_id", ["second"])},
    ),
    "several attempts for one failure": Case(
        {"a": fails(0 * MINUTE, R, C)},
        [refused(name, n * 7 * SECOND, correlation=C) for n, name in enumerate("rst")],
        {"a": ("request_id", ["r", "s", "t"])},
    ),
    "two records, as far before as behind": Case(
        {"shows": SHOWS, "a": fails()},
        [SHOWN, refused("x", -MINUTE), refused("y", MINUTE)],
        {"a": NONE},
    ),
    "two failures, as far before as behind a record": Case(
        {"shows": SHOWS, "a": fails(-MINUTE), "b": fails(MINUTE)},
        [SHOWN, refused("x")],
        {"a": ("likely", ["x"]), "b": NONE},
    ),
    "a record at the time that an id claims": Case(
        {"shows": SHOWS, "a": fails(-30 * MINUTE + 20 * SECOND)}, [SHOWN], {"a": NONE}
    ),
    "another application of the same account": Case(
        {"shows": SHOWS, "a": fails()}, [SHOWN, refused("x", **PORTAL)], {"a": NONE}
    ),
    "another application of the same account beside Okta's": Case(
        {"shows": SHOWS, "a": fails()},
        [SHOWN, refused("x", **PORTAL), refused("y", 30 * SECOND)],
        {"a": ("likely", ["y"])},
    ),
    "another account in the same application": Case(
        {"shows": SHOWS, "a": fails()},
        [SHOWN, refused("x", account="user@contoso.example", account_id=number("user"))],
        {"a": NONE},
    ),
    "another code of the same account": Case(
        {"shows": SHOWS, "a": fails()}, [SHOWN, replace(refused("x"), code=50055)], {"a": NONE}
    ),
    "an account that another app's failures have shown": Case(
        {"shows": SHOWS, "a": fails(app="Microsoft 365 of the branch", app_id="0oabranch")},
        [SHOWN, refused("x")],
        {"a": NONE},
    ),
    "another tenant's noise": Case(
        {"shows": SHOWS, "a": fails()}, [SHOWN, refused("x", **FOREIGN)], {"a": NONE}
    ),
    "another tenant's noise beside the own record": Case(
        {"shows": SHOWS, "a": fails()},
        [SHOWN, refused("x", **FOREIGN), refused("y", 30 * SECOND)],
        {"a": ("likely", ["y"])},
    ),
    "a clock 110 s ahead": Case(
        {"shows": SHOWS, "a": fails()},
        [*ahead(110 * SECOND), refused("x", 220 * SECOND)],
        {"a": ("likely", ["x"])},
        lake="ahead",
    ),
    "a clock 110 s ahead, and a record near Okta's time": Case(
        {"shows": SHOWS, "a": fails()},
        [*ahead(110 * SECOND), refused("x", -20 * SECOND)],
        {"a": NONE},
        lake="ahead",
    ),
    "a clock 110 s behind": Case(
        {"shows": SHOWS, "a": fails()},
        [*ahead(-110 * SECOND), refused("x", -220 * SECOND)],
        {"a": ("likely", ["x"])},
        lake="behind",
    ),
    "a clock 110 s behind, and a record near Okta's time": Case(
        {"shows": SHOWS, "a": fails()},
        [*ahead(-110 * SECOND), refused("x", 20 * SECOND)],
        {"a": NONE},
        lake="behind",
    ),
    "an audit log alone": Case(
        {"a": fails(0 * MINUTE, R, C)},
        [audit(START - 60 * MINUTE), audit(START), audit(START + 60 * MINUTE)],
        {"a": ("none", "other_log")},
        lake="audit",
    ),
    "an audit record with the Correlation ID beside the sign-ins": Case(
        {"a": fails(0 * MINUTE, R, C)}, [audit(START)], {"a": NONE}
    ),
    "a service principal's code, and users' sign-ins alone": Case(
        {"a": fails(0 * MINUTE, R, C, 7000215)},
        [replace(refused("x"), code=7000215)],
        {"a": ("none", "other_log")},
        lake="short",
    ),
    "a service principal's refusal": Case(
        {"a": fails(0 * MINUTE, R, C, 7000215)},
        [replace(refused("r"), code=7000215, principal="Okta Microsoft Graph Client")],
        {"a": ("request_id", ["r"])},
    ),
    "an export that begins late": Case(
        {"a": fails(-MINUTE, R), "b": fails(30 * MINUTE, number("gone"))},
        [refused("x"), refused("y", 60 * MINUTE)],
        {"a": ("none", "outside_coverage"), "b": NONE},
        lake="short",
    ),
    "an export that ends early": Case(
        {"a": fails(61 * MINUTE, R), "b": fails(30 * MINUTE, number("gone"))},
        [refused("x"), refused("y", 60 * MINUTE)],
        {"a": ("none", "outside_coverage"), "b": NONE},
        lake="short",
    ),
    "a record twice, and in other forms": Case(
        {"a": fails(0 * MINUTE, R, C)},
        [refused("r", correlation=C), refused("r", correlation=C)],
        {"a": ("request_id", ["r"])},
        ["diagnostic lines", "portal CSV", "Log Analytics CSV of the portal"],
    ),
    "broken records among the others": Case(
        {"a": fails(0 * MINUTE, R), "b": fails(MINUTE, number("broken"))},
        [
            BROKEN[: len(BROKEN) // 2],
            BROKEN.replace("2026-09-14T06:00:00Z", "some time"),
            refused("r"),
            '{"createdDateTime": 1, "id": [], "correlationId": {}, "appId"',
        ],
        {"a": ("request_id", ["r"]), "b": NONE},
    ),
    "a Trace ID that the text was cut off in": Case(
        {"a": fails(0 * MINUTE, R, C)}, [refused("r", correlation=C)], {"a": NONE}, cut=20
    ),
    "a Trace ID that lacks its last character": Case(
        {"a": fails(0 * MINUTE, R, C)}, [refused("r", correlation=C)], {"a": NONE}, cut=35
    ),
    "an own text of Okta's at a record's time": Case(
        {"shows": SHOWS, "a": fails(text="Matching user not found")},
        [SHOWN, refused("x")],
        {"a": ("none", "not_logged")},
    ),
    "a record without an id": Case(
        {"a": fails(0 * MINUTE, R, C)},
        [refused("x", id="", correlation=C)],
        {"a": ("correlation_id", ["hash of it"])},
    ),
}  # fmt: skip


_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


def own(text: str, name: str) -> str:
    """A text of a case, with ids, accounts and apps that no other case has."""

    def own_id(match: re.Match[str]) -> str:
        if match[0] == ZERO:
            return ZERO
        one = number(f"{name} {match[0].lower()}")
        return one.upper() if match[0].isupper() else one

    text = _GUID.sub(own_id, text).replace("svc_okta", f"svc{list(CASES).index(name)}")
    return text.replace('"0oa', f'"0oa{list(CASES).index(name)}')


def event_of(case: Case, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """An event of a case as Okta has it."""
    mine: dict[str, Any] = json.loads(own(json.dumps(event), name))
    if case.cut is not None:
        reason, mark = mine["outcome"]["reason"], "Trace ID: "
        mine["outcome"]["reason"] = reason[: reason.index(mark) + len(mark) + case.cut]
    return mine


def line_of(record: SignIn | dict[str, Any] | str) -> str:
    """A record as a line of JSON."""
    if isinstance(record, str):
        return record
    return json.dumps(graph_object(record) if isinstance(record, SignIn) else record)


@cache
def answers_in(lake: str, folder: Path) -> dict[str, dict[str, Any]]:
    """The evidence of each failure in a lake, by the event's uuid."""
    cases = {name: case for name, case in CASES.items() if case.lake == lake}
    events = [
        event_of(case, name, one) for name, case in cases.items() for one in case.events.values()
    ]
    records = [own(line_of(one), name) for name, case in cases.items() for one in case.records]
    if lake not in {"short", "audit"}:  # the export covers an hour on either side
        records += [
            line_of(SignIn(START + n * 60 * MINUTE, id=number(f"bound {n}"), account="z@z.example"))
            for n in (-1, 1)
        ]
    files = {"okta.ndjson": "\n".join(map(json.dumps, events)), "entra.ndjson": "\n".join(records)}
    for name, case in cases.items():
        facts = [one for one in case.records if isinstance(one, SignIn)]
        for form in case.forms:
            files |= {key: own(text, name) for key, text in FORMS[form](facts).items()}
    folder = folder / lake
    folder.mkdir()
    for file, content in files.items():
        (folder / file).write_text(content, encoding="utf-8")
    joint = evidence(log_of_files(folder, [str(folder / file) for file in files]))
    assert joint is not None
    return {one["uuid"]: one for one in joint.failures.to_dict("records")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cases")


@pytest.mark.parametrize("name", CASES)
def test_evidence_says_what_is_right(name: str, folder: Path) -> None:
    case = CASES[name]
    answers = answers_in(case.lake, folder)
    names = {own(number(one), name): one for one in ("early", "late", "second", *"rstxy")}
    for key, (match, right) in case.right.items():
        said = answers[event_of(case, name, case.events[key])["uuid"]]
        assert said["match"] == match, key
        if match == "none":
            assert (said["records"], said["reason_none"]) == ([], right), key
        else:
            assert said["reason_none"] is None
            records = [names.get(one, "hash of it") for one in said["records"]]
            assert sorted(records) == right, key
