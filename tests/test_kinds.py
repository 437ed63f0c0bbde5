"""Every code has one kind of the closed table; a text without a code is told by its words."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any, get_args

import pytest

from kit.catalogue import load
from kit.catalogue.coding import NO_REASON, code_message
from kit.catalogue.explain import explanation
from kit.catalogue.kinds import KindWords, plain_words
from kit.catalogue.model import Kind, WordForm, WordGroup
from kit.messages import parse

CATALOGUE = load()
KINDS = get_args(Kind)
DATA = Path(__file__).parent / "data"
TASK = "Automatic provisioning of user Ada Example to app Anvil Works failed: "


def _judged(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def _told(rows: list[dict[str, str]]) -> tuple[int, int]:
    """How many messages get a kind that can be defended, and how many another one."""
    kinds = [explanation(row["message"]).kind for row in rows]
    right = [
        kind in {row["kind"], *row["also"].split()} for row, kind in zip(rows, kinds, strict=True)
    ]
    wrong = [bool(kind) and not ok for kind, ok in zip(kinds, right, strict=True)]
    return sum(right), sum(wrong)


def _code(text: str) -> str:
    return code_message(parse(text), CATALOGUE)


def test_the_table_of_kinds_is_closed() -> None:
    """Each has a meaning, what is done first, a remedy, and nothing else is a kind."""
    assert set(CATALOGUE.kinds) == set(KINDS)
    assert len(KINDS) == 23
    assert all(kind.meaning and kind.deed for kind in CATALOGUE.kinds.values())
    for kind in set(KINDS) - {"no_reason"}:
        remedy = CATALOGUE.remedy(kind)
        assert remedy is not None
        assert remedy.kind == kind
        assert CATALOGUE.steps(kind)


def test_every_code_has_a_kind() -> None:
    """Those of remedies, of the lists, and each HTTP status that says that something failed."""
    by_type = (CATALOGUE.event_code(name) for name in CATALOGUE.event_types)
    codes = {*CATALOGUE.codes, *filter(None, by_type), *CATALOGUE.okta_errors, *KINDS}
    codes |= {f"HTTP_{status}" for status in range(400, 600)} | {NO_REASON, "AADSTS9999999"}

    assert {code: CATALOGUE.kind(code) for code in codes if CATALOGUE.kind(code) not in KINDS} == {}


@pytest.mark.parametrize("remedy", CATALOGUE.remedies, ids=lambda remedy: remedy.id)
def test_a_remedy_of_the_kits_own_names_its_kind(remedy: Any) -> None:
    """No code of it is left to its words."""
    assert remedy.kind
    assert set(remedy.kinds) <= set(remedy.codes)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AADSTS50126", "credentials_refused"),
        ("AADSTS50076", "policy_denied"),
        ("AADSTS50079", "factor_refused"),
        ("AADSTS50105", "not_assigned"),
        ("AADSTS700016", "not_found"),
        ("E0000001", "exchange_malformed"),
        ("E0000006", "not_permitted"),
        ("E0000011", "credentials_refused"),
        ("E0000047", "rate_limited"),
        ("E0000062", "already_exists"),
        ("HTTP_401", "credentials_refused"),
        ("HTTP_403", "not_permitted"),
        ("HTTP_404", "not_found"),
        ("HTTP_409", "already_exists"),
        ("HTTP_429", "rate_limited"),
        ("HTTP_501", "exchange_malformed"),
        ("HTTP_503", "vendor_fault"),
        ("Request_BadRequest#dirsync_mastered", "managed_elsewhere"),
        ("CountViolation", "limit_reached"),
        (NO_REASON, "no_reason"),
        ("already_exists", "already_exists"),
        # A code that nobody wrote down is told by its own words.
        ("LEDGER_ACCOUNT_ALREADY_EXISTS", "already_exists"),
        ("InsufficientPermissions", "not_permitted"),
        ("UNKNOWN_0a1b2c3d", ""),
        ("QUUX", ""),
    ],
)
def test_a_code_has_one_kind(code: str, kind: str) -> None:
    """Whatever remedy serves it."""
    assert CATALOGUE.kind(code) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # A thing of any app, told by what is said of it.
        ("You cannot rename a frobnicator that is in use", "state_forbids"),
        ("Frobnication is not currently supported", "exchange_malformed"),
        ("This frobnicator belongs to a different organization", "managed_elsewhere"),
        ("Only a team owner can frobnicate", "not_permitted"),
        ("They are not members of your team", "not_assigned"),
        ("Frobnication is not supported by your current plan", "not_permitted"),
        ("Only one value allowed", "invalid_value"),
        ("0 licenses remaining", "limit_reached"),
        ("The frobnicator attributes are mutually exclusive", "exchange_malformed"),
        ("Could not verify the administrator credentials", "credentials_refused"),
        ("Redirect URIs do not match", "configuration"),
        ("The audience of the assertion does not match", "trust_broken"),
    ],
)
def test_what_is_said_tells_the_kind_whatever_it_is_said_of(text: str, kind: str) -> None:
    """Few messages are known word for word."""
    assert CATALOGUE.kind_of_text(text) == kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [(402, "limit_reached"), (405, "exchange_malformed"), (407, "unreachable"),
     (413, "limit_reached"), (415, "exchange_malformed"), (423, "state_forbids"),
     (451, "policy_denied"), (505, "exchange_malformed"), (507, "limit_reached")],
)  # fmt: skip
def test_a_status_about_the_request_is_not_about_the_users_data(status: int, kind: str) -> None:
    """Correcting a profile mends neither a wrong address nor a proxy."""
    assert CATALOGUE.kind(f"HTTP_{status}") == kind


def test_a_readers_remark_on_a_gateways_page_says_nothing_of_the_kind() -> None:
    """What the answer says comes first, then its status."""
    remark = "Errors reported by remote server: Invalid JSON: Unrecognized token 'error'"
    opened = "Errors reported by remote server: Invalid JSON: Unexpected character ('<')"

    assert explanation(f"Bad Gateway. {remark}").kind == "vendor_fault"
    assert explanation(f"OK. {opened}").kind == "exchange_malformed"


def test_a_code_that_only_its_words_explain_has_the_remedy_of_its_kind() -> None:
    """Steps of a general sort are better than none; its meaning stays unknown."""
    found = explanation(TASK + "LEDGER_FULL: the seat limit is reached")

    assert (found.code, found.meaning) == ("LEDGER_FULL", None)
    assert found.remedy is not None
    assert found.remedy.id == "kind_limit_reached"
    assert CATALOGUE.remedy("QUUX") is None


def test_words_tell_the_kind_of_a_code_that_stands_for_unrelated_faults() -> None:
    """A specific code keeps its kind, whatever is said beside it."""
    taken = "An object with this field already exists in the current organization"

    assert CATALOGUE.kind("E0000001", text=taken) == "already_exists"
    assert CATALOGUE.kind("Request_BadRequest", text=taken) == "already_exists"
    assert CATALOGUE.kind("AADSTS50126", text=taken) == "credentials_refused"
    assert CATALOGUE.kind("QUUX_7", http_status=403) == "not_permitted"


def test_most_judged_messages_get_their_kind_and_few_a_wrong_one() -> None:
    """A wrong kind is worse than none: it sends the wrong person."""
    rows = _judged("kinds.tsv")
    right, wrong = _told(rows)

    assert len(rows) >= 1500
    assert right >= 0.97 * len(rows)
    assert wrong <= 0.02 * len(rows)
    assert {row["kind"] for row in rows} == set(KINDS)


def test_of_messages_that_no_form_was_made_from_few_get_a_wrong_kind() -> None:
    """They measure forms and weights; none may be made from them."""
    rows = _judged("kinds_held_out.tsv")
    right, wrong = _told(rows)

    used = [*_judged("kinds.tsv"), *_judged("kinds_further.tsv")]
    assert len(rows) >= 100
    assert not {row["message"] for row in rows} & {row["message"] for row in used}
    assert right >= 0.74 * len(rows)
    assert wrong <= 0.14 * len(rows)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # The words outrank a status that stands beside them; alone, the status is the code.
        ("HTTP 403 Forbidden: Unauthenticated", "credentials_refused"),
        ("403 Forbidden: you are not assigned this app", "not_assigned"),
        (TASK + "Conflict. Errors reported by remote server: userName is taken", "already_exists"),
        (TASK + "Conflict", "HTTP_409"),
        (TASK + "Unauthorized", "HTTP_401"),
        (TASK + "Bad Request", "HTTP_400"),
        (TASK + "Internal Server Error", "HTTP_500"),
        # A vendor's code, Okta's own and a known text go before the kind.
        (TASK + "LEDGER_FULL: the seat limit is reached", "LEDGER_FULL"),
        (TASK + "Matching user not found", "matching_user_not_found"),
        # Nothing but a failure was told.
        ("Could not synchronize user with app", NO_REASON),
        (TASK + "HTTP 500: an error occurred", "HTTP_500"),
    ],
)
def test_words_go_before_a_status_and_after_a_code(text: str, code: str) -> None:
    """The order of a code is the same for every text."""
    assert _code(text) == code


@pytest.mark.parametrize("text", ["The quux would not frobnicate.", "Ledger 4417: bucket sealed"])
def test_a_text_whose_kind_cannot_be_told_stays_unknown(text: str) -> None:
    """No guess is made for the sake of one."""
    assert CATALOGUE.kind_of_text(text) == ""
    assert _code(text).startswith("UNKNOWN_")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("User is locked out", "state_forbids"),
        ("The API account is locked; invalid username or password", "credentials_refused"),
        ("Group 'sales' was deleted and does not exist", "not_found"),
        ("A deleted user already exists with that name", "already_exists"),
        ("Password does not meet requirements", "invalid_value"),
        ("Password does not meet the password policy", "policy_denied"),
        ("You must enroll in multi-factor authentication", "factor_refused"),
        ("A policy requires multi-factor authentication", "policy_denied"),
        ("The signature of the JWT is invalid", "trust_broken"),
        ("The JWT has expired", "credentials_refused"),
        ("Invalid JSON: user not permitted", "not_permitted"),
    ],
)
def test_the_borders_between_kinds_are_settled(text: str, kind: str) -> None:
    """Where two fit, the one whose deed comes first."""
    assert CATALOGUE.kind_of_text(text) == kind


@pytest.mark.parametrize(
    "text",
    ['User "Already Exists" frobnicated', "User 'not found' frobnicated", "x@expired.token quuxed"],
)
def test_a_name_in_quotes_says_nothing_beside_words_that_do(text: str) -> None:
    """What a user or group is called is no fault; read is it only where nothing else is."""
    assert CATALOGUE.kind_of_text(text + " because it is read-only") == "managed_elsewhere"


def test_a_persons_own_name_is_not_read_as_a_fault() -> None:
    """The user whom the task names, and the app's label."""
    text = "Automatic provisioning of user Missing Person to app Expired Token failed: Quux"

    assert _code(text).startswith("UNKNOWN_")


def test_a_kinds_remedy_speaks_of_the_app_and_the_operation_at_hand() -> None:
    """And of neither by its placeholder where they are not known."""
    found = explanation(TASK + "The email address has already been taken")
    told = " ".join([found.remedy.cause if found.remedy else "", *(s.do for s in found.steps)])

    assert (found.code, found.kind) == ("already_exists", "already_exists")
    assert found.fields()["kind"] == "already_exists"
    assert "Anvil Works" in told
    assert "{" not in told
    for kind in KINDS:
        remedy = CATALOGUE.remedy(kind)
        whole = f"{remedy.parts}" if remedy else ""
        assert "{app}" not in whole
        assert "{operation}" not in whole


def test_a_kind_has_the_remedy_of_its_app_where_there_is_one() -> None:
    """A code that becomes a kind keeps the better advice."""
    assert _remedy("already_exists", "GitHub Enterprise Managed User") == "github_name"
    assert _remedy("credentials_refused", "AWS IAM Identity Center") == "aws_token"
    assert _remedy("managed_elsewhere", "Microsoft Office 365") == "office365_dirsync"
    assert _remedy("already_exists", "Anvil Works") == "kind_already_exists"


def _remedy(code: str, app: str) -> str | None:
    remedy = CATALOGUE.remedy(code, app=app)
    return remedy and remedy.id


def test_a_form_of_the_users_own_goes_before_the_kits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row in kind_words.csv of the folder that $OKTA_KIT_CATALOGUE names."""
    (tmp_path / "kind_words.csv").write_text("words,kind\nbucket sealed,limit_reached\n", "utf-8")
    monkeypatch.setenv("OKTA_KIT_CATALOGUE", str(tmp_path))

    assert code_message(parse("Ledger 4417: bucket sealed"), load()) == "limit_reached"


def test_a_form_with_a_group_that_is_not_there_is_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest stays usable."""
    (tmp_path / "kind_words.csv").write_text("words,kind\n{nope} sealed,limit_reached\n", "utf-8")
    monkeypatch.setenv("OKTA_KIT_CATALOGUE", str(tmp_path))
    mine = load()

    assert "kind_words.csv: {nope} sealed: there is no group 'nope'" in mine.mistakes[0]
    assert mine.kind_of_text("User already exists") == "already_exists"


@pytest.mark.parametrize(
    "text",
    ["a " * 5000, "not " * 5000, "user already " * 2000, "'" * 5000, '"<' * 3000, "A" * 20000,
     "failed to " * 999, "e@" * 4000, "invalid value " * 2000, "…" * 5000, "\u202e" * 99, "\ud800"],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    """A hostile text cannot hold up an import."""
    CATALOGUE.kind_of_text(text)  # patterns are compiled when they are first needed
    begun = time.process_time()
    CATALOGUE.kind_of_text(text)

    assert time.process_time() - begun < 0.05


@pytest.mark.parametrize(
    ("form", "beside", "text"),
    [
        ("gate fe* shut", "", "The gate feels shut"),
        ("gate shut", "by? the wind|since noon", "The gate is gate shut, the wind did it"),
        ("gate shut", "^ now", "Now the gate shut"),
        ("gate {doors}+ shut", "", "gate front door door shut"),
        ("ga* fe*", "", "galore fell"),
    ],
)
def test_a_form_fits_whatever_its_words_begin_with(form: str, beside: str, text: str) -> None:
    forms = [WordForm(words=form, kind="pending", beside=beside)]
    groups = {"doors": WordGroup(group="doors", words="door|front door|hatch*")}
    assert KindWords(forms, groups).kind(text) == "pending"


def test_a_texts_words_are_plain() -> None:
    """Case, code spelling, short forms and marks make no difference."""
    assert plain_words("USER_NOT_FOUND") == plain_words("UserNotFound") == " user not found "
    assert plain_words("Can't find it. Isn't there") == " can not find it . is not there "
    assert plain_words("") == "  "
