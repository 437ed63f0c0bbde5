"""Which event types are known, what an event of each means, and how a list of them is compared."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from factories import M365, event, write_export
from kit.analysis.failures import failures
from kit.analysis.recovery import recovery, with_state
from kit.analysis.unknown_codes import drift
from kit.base.errors import SourceError
from kit.catalogue import OWN, load
from kit.catalogue.coding import code_event
from kit.catalogue.explain import explanation
from kit.catalogue.type_list import compare_types
from kit.commands.app import run_command
from kit.events import COLUMNS, decode, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kit.log.log import Log

DATA = Path(__file__).parent / "data"
LISTED = Path(__file__).parent.parent.parent / "shared" / "knowledge" / "event_types_listed.tsv"
CATALOGUE = load()
ROWS = CATALOGUE.event_types
USER = {"id": "00u1", "type": "User", "alternateId": "ada@example.com", "displayName": "Ada"}
SYSTEM = {"id": "okta.sys", "type": "SystemPrincipal", "alternateId": "system@okta.com"}
CLIENT = {"id": "0oa8", "type": "PublicClientApp", "alternateId": "0oa8", "displayName": "Billing"}
TARGETS = {
    "agent": {"id": "a53", "type": "Agent", "displayName": "dc1"},
    "group": {"id": "00g1", "type": "UserGroup", "displayName": "Sales"},
    "hook": {"id": "who1", "type": "InlineHook", "displayName": "Claims"},
    "other": {"id": "guo1", "type": "Device", "displayName": "Laptop"},
}


def _table() -> list[dict[str, str]]:
    lines = (DATA / "event_meanings.tsv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines[1:], delimiter="\t"))


def _event(type_: str, result: str = "FAILURE", hit: str = "app", **more: Any) -> dict[str, Any]:
    """An event on an app, with who or what it is for."""
    made = event(type_=type_, result=result, user=None, app=M365 if hit == "app" else None, **more)
    made["actor"] = {"user": USER, "client": CLIENT}.get(hit, SYSTEM)
    made["target"] += [TARGETS[hit]] if hit in TARGETS else []
    made["client"] = {"ipAddress": "192.0.2.10"}
    return made


def _row(made: dict[str, Any]) -> dict[str, Any]:
    """The event as a row of the events table."""
    parsed, _ = decode(json.dumps(made).encode())
    coding = code_event(parsed, CATALOGUE)
    return dict(zip((column.name for column in COLUMNS), row(parsed, "", coding), strict=True))


@pytest.mark.parametrize("right", _table(), ids=lambda r: f"{r['event_type']} {r['result']}")
def test_an_event_means_what_a_person_reads_in_it(right: dict[str, str]) -> None:
    """What was attempted, who or what is hit, whether it failed and with which code."""
    found = _row(_event(right["event_type"], right["result"], right["hit"]))

    assert (found["operation"], found["hit_type"], found["code"] or "") == (
        right["operation"],
        right["hit"],
        right["code"],
    )


BY_RESULT = {"security.threat.detected", "user.mfa.attempt_bypass"}
"""They report, and refuse where their result says so."""


def test_a_failing_event_hits_the_user_it_names() -> None:
    """Of every type: with its operation and a code, unless it only reports."""
    wrong = []
    for type_, one in ROWS.items():
        made = _event(type_)
        made["target"].append(USER)
        found = _row(made)
        reports = one.verdict == "reports" and type_ not in BY_RESULT
        codes = {None} if reports else {found["code"]} - {None, ""}
        if found["hit_type"] != "user" or not found["operation"] or found["code"] not in codes:
            wrong.append(type_)

    assert wrong == []


AGAIN: dict[str, tuple[str, str, str, str]] = {
    # What failed, for whom or what, what came later, and what that says of it.
    "a rotation that ended": (
        "pam.service_account.password_rotation.start",
        "other",
        "pam.service_account.password_rotation.end",
        "recovered",
    ),
    "a code after an implicit token": (
        "app.oauth2.as.authorize",
        "client",
        "app.oauth2.as.authorize.implicit.id_token",
        "recovered",
    ),
    "Windows after the usual sign-in": (
        "system.iwa_agentless.redirect",
        "user",
        "user.session.start",
        "recovered",
    ),
    "a condition that is activated": (
        "access.request.condition.invalidate",
        "other",
        "access.request.condition.activate",
        "recovered",
    ),
    "a certificate that an admin uploads": (
        "system.custom_url_domain.cert_renew",
        "other",
        "system.custom_url_domain.cert_upload",
        "recovered",
    ),
    "an email by itself": (
        "system.email.challenge_factor_redeemed",
        "user",
        "system.email.challenge_factor_redeemed",
        "recovered",
    ),
    "an email not by another factor": (
        "system.email.challenge_factor_redeemed",
        "user",
        "user.authentication.auth_via_mfa",
        "still_failing",
    ),
    "a hook not by its settings": (
        "event_hook.delivery",
        "hook",
        "event_hook.updated",
        "still_failing",
    ),
    "a rotation not by its start": (
        "pam.server_account.password_change.update",
        "other",
        "pam.server_account.password_change.initiated",
        "still_failing",
    ),
    "an act not by the opposite one": (
        "system.idp.lifecycle.deactivate",
        "other",
        "system.idp.lifecycle.activate",
        "still_failing",
    ),
    "a domain not by another's removal": (
        "app.office365.api.error.set.domain.federation.failure",
        "app",
        "app.office365.api.remove.domain.federation.success",
        "",
    ),
}


@pytest.mark.parametrize("case", AGAIN)
def test_it_recovers_by_what_shows_it_and_by_nothing_else(
    case: str, log_of: Callable[..., Log]
) -> None:
    """A success of the same user, client, hook or object, an hour later."""
    failed, hit, later, state = AGAIN[case]
    log = log_of(_event(failed, hit=hit), _event(later, "SUCCESS", hit, at="2026-10-27T10:05:00Z"))

    found = with_state(failures(log), recovery(log, log.window(), everyone=True))

    assert found["state"].tolist() == [state]


SAYS_FAILURE = re.compile(
    r"\.errors?(\.|$)|[._]fail(ed|ure)?(\.|$|_)|violation$|_not_found|not_found$|unauth|"
    r"\.skipped_|deny_access|no_permission|outside_allowed|_inaccessible$|disconnect$|go_offline$"
)


def test_a_type_that_says_failure_fails_whatever_its_result() -> None:
    """By its name, which is not what the catalogue was written from."""
    missed = [
        name
        for name, one in ROWS.items()
        if SAYS_FAILURE.search(name) and one.verdict not in {"fails", "only_fails"}
    ]

    assert missed == []


def test_a_type_that_says_warning_or_act_does_not_fail_by_itself() -> None:
    """A warning is ahead of a failure; what somebody does counts by its result."""
    act = re.compile(r"\.(created?|updated?|deleted?|activated?|deactivated?|add|start|grant)$")
    warning = re.compile(r"(warning|\.notification|\.warn|\.burst)$")

    assert [n for n, one in ROWS.items() if warning.search(n) and one.verdict != "reports"] == []
    fails = [n for n, one in ROWS.items() if act.search(n) and "fail" in one.verdict]
    assert fails == ["app.office365.api.error.sync.not.activated"]


ANY_OPERATION = re.compile(
    r"\.violation$|^application\.integration\.|^app\.office365\.(graph\.)?api\.error\."
    r"|^app\.office365\.user\.lifecycle\.action\.failed$|^application\.provision\.integration\."
)
"""Limits and calls that stand behind any operation; the event's text names it, where it does."""


def test_every_type_has_a_meaning_and_what_can_fail_an_operation() -> None:
    """In a sentence without its full stop, short enough for a table."""
    none = [n for n, one in ROWS.items() if not one.operation and one.verdict != "reports"]

    assert [n for n in none if not ANY_OPERATION.search(n)] == []
    assert [n for n, one in ROWS.items() if not one.meaning or one.meaning.endswith(".")] == []
    assert [n for n, one in ROWS.items() if len(one.meaning) > 125] == []


def test_no_type_is_in_scope_and_out_of_it() -> None:
    """And each has one name today: none, its own, or that of a type which is known."""
    assert ROWS.keys() & CATALOGUE.out_of_scope.keys() == set()
    named = [one.listed_as for one in ROWS.values()] + list(CATALOGUE.out_of_scope.values())
    assert [n for n in named if n not in {"", "-"} and not CATALOGUE.knows_type(n)] == []


def test_all_of_oktas_list_is_known() -> None:
    """So that a new type is one that came after it."""
    if not LISTED.is_file():
        pytest.skip("Okta's list is not here")
    found = compare_types(LISTED, CATALOGUE)

    assert (found.listed, found.skipped, found.rows) == (1178, 0, ())


def _listed() -> list[str]:
    """What the catalogue expects Okta's list to name."""
    at = {name: one.listed_as for name, one in ROWS.items()} | dict(CATALOGUE.out_of_scope)
    return [name for name, other in at.items() if not other]


def _write(path: Path, names: Iterable[str]) -> Path:
    lines = [f'"{name}","Says, in words","2026.09.0","tag"' for name in names]
    text = "\n".join(["Event Type,Description,Release Date,Tags", *lines])
    path.write_text(text + "\n", encoding="utf-8")
    return path


def test_what_came_went_and_was_renamed_is_listed(tmp_path: Path) -> None:
    """A new name is paired with the old one by its likeness, never with the opposite act."""
    names = set(_listed())
    names -= {"zone.create", "system.iwa.remove", "app.keys.rotate", "zone.activate"}
    names |= {"system.iwa.removed", "app.signing_keys.rotate", "zone.reactivate", "ledger.sealed"}

    found = compare_types(_write(tmp_path / "list.csv", sorted(names)), CATALOGUE)

    assert [(one["change"], one["event_type"], one["now"]) for one in found.rows] == [
        ("came", "ledger.sealed", ""),
        ("came", "zone.reactivate", ""),
        ("went", "zone.activate", ""),
        ("went", "zone.create", ""),
        ("renamed", "app.keys.rotate", "app.signing_keys.rotate"),
        ("renamed", "system.iwa.remove", "system.iwa.removed"),
    ]
    assert {one["release"] for one in found.rows if one["change"] != "went"} == {"2026.09.0"}


def test_an_old_name_that_is_still_read_did_not_go(tmp_path: Path) -> None:
    """Nor did what Okta documents elsewhere."""
    assert ROWS["user.account.access_super_user_app"].listed_as == "user.session.access_admin_app"
    assert compare_types(_write(tmp_path / "list.csv", _listed()), CATALOGUE).rows == ()


@pytest.mark.parametrize("form", ["tsv", "semicolon", "names", "utf16", "blanks"])
def test_a_list_is_read_in_the_forms_that_people_save(form: str, tmp_path: Path) -> None:
    """With remarks, from a spreadsheet, without a header; a line that names none is counted."""
    path = tmp_path / "list"
    names = [*_listed(), "ledger.sealed"]
    texts = {
        "tsv": "# a remark\nevent_type\trelease\n" + "".join(f"{n}\t2026.1\n" for n in names),
        "semicolon": "Name;Event Type\r\n" + "".join(f"x;{n}\r\n" for n in names),
        "names": "\n".join(names),
        "utf16": "Event Type\n" + "\n".join(names),
        "blanks": "Event Type,x\n\n" + "\n\n".join(f" {n} , y" for n in names) + "\nno type,\n",
    }
    path.write_text(texts[form], encoding="utf-16" if form == "utf16" else "utf-8-sig")

    found = compare_types(path, CATALOGUE)

    assert [one["event_type"] for one in found.rows] == ["ledger.sealed"]
    assert found.skipped == (form == "blanks")


@pytest.mark.parametrize("data", [b"", b"Event Type\n", b"\x80\x81", b'"' + b"x" * 200_000, None])
def test_what_is_no_list_is_refused_in_a_line(data: bytes | None, tmp_path: Path) -> None:
    """With the file's name."""
    path = tmp_path / "list.csv"
    if data is not None:
        path.write_bytes(data)

    with pytest.raises(SourceError, match=r"list\.csv: (it names no|cannot be read)"):
        compare_types(path, CATALOGUE)


def test_the_command_prints_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As table, CSV or JSON; with nothing else that codes is asked for."""
    path = _write(tmp_path / "list.csv", [*_listed(), "ledger.sealed"])

    assert run_command(["codes", "--event-types", str(path), "--format", "json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == [
        {"change": "came", "event_type": "ledger.sealed", "now": "", "release": "2026.09.0"}
    ]
    assert "1 came, 0 went, 0 renamed" in printed.err
    assert run_command(["codes", "--event-types", str(path), "--source", "sample"]) == 2
    assert "--event-types compares a list alone" in capsys.readouterr().err
    assert run_command(["codes", "--event-types", str(tmp_path / "none.csv")]) == 3


@pytest.mark.parametrize(
    ("type_", "new"),
    [
        ("zone.create", False),  # has a row
        ("pam.project.create", False),  # out of scope
        ("user.account.access_super_user_app", False),  # an old name
        ("directory.realm.update", True),
        ("ledger.sealed", True),
    ],
)
def test_a_log_has_only_new_types_called_new(type_: str, new: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """What the catalogue has nothing to say of is known all the same."""
    path = tmp_path / "log.ndjson"
    write_export(path, [_event(type_, "SUCCESS")])

    assert [one["name"] for one in drift([str(path)]).rows] == ([type_] if new else [])


def test_a_folder_of_ones_own_puts_types_out_of_scope(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One a line, with remarks."""
    (tmp_path / "event_types_out_of_scope.txt").write_text("# ours\nledger.sealed\n")
    monkeypatch.setenv(OWN, str(tmp_path))

    assert load().mistakes == ()
    assert load().knows_type("ledger.sealed")
    assert load().knows_type("pam.project.create")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("system.idp.lifecycle.update", "tells of a change"),
        ("pam.credential_verification.end", ""),
        ("security.attack.start", "is no failure"),
        ("PAM.project.create", "says nothing about"),
        ("user.account.access_super_user_app", "lists it as user.session.access_admin_app today"),
        ("system.idp.lifecycle.updated", "none that the kit knows"),
    ],
)
def test_an_event_type_is_explained(asked: str, said: str) -> None:
    """Known, out of scope, old or new: each is named as what it is."""
    found = explanation(asked)

    assert (found.event_type or "").casefold() == asked.casefold()
    assert said in found.note
    assert not (found.code or "").startswith("UNKNOWN_")


def test_a_new_type_is_no_unknown_text_but_a_host_is() -> None:
    """It comes with the known ones that are named alike."""
    near = [one.code for one in explanation("system.idp.lifecycle.updated").nearest]

    assert near[0] == "system.idp.lifecycle.update"
    assert explanation("login.ledger.example.com").event_type is None


def test_the_words_tell_a_kind_before_the_type_does() -> None:
    """A type's kind stands where the text says nothing, or nothing that is understood."""
    type_ = "app.ad.credential.verify"

    assert _row(_event(type_))["code"] == "credentials_refused"
    assert _row(_event(type_, reason="Quux frobnicated 17"))["code"] == "credentials_refused"
    assert _row(_event(type_, reason="The name already exists"))["code"] == "already_exists"
    assert _row(_event(type_, reason="AADSTS50126: no"))["code"] == "AADSTS50126"
