"""The catalogue's files fit, every known failure has its remedy, and a folder of one's own adds."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kit.catalogue import HOME, KnownText, Remedy, load
from kit.catalogue.coding import NO_REASON, code_message
from kit.catalogue.files import check_evidence
from kit.catalogue.page import catalogue_page
from kit.catalogue.unread import Rows
from kit.messages import parse

CATALOGUE = load()


ROOT = Path(__file__).resolve().parents[1]


KNOWN = Path(__file__).parent / "known_failures.csv"


def _remedies() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("remedy", CATALOGUE.remedies, ids=lambda remedy: remedy.id)


def _found(message: str, app: str | None = None) -> Remedy | None:
    parsed = parse(message)
    code = CATALOGUE.spelled(message) or code_message(parsed, CATALOGUE)
    code = CATALOGUE.event_code(code) or code
    return CATALOGUE.remedy(code, app=parsed.app or app, text=parsed.text)


@_remedies()
def test_a_remedy_says_what_to_do_what_not_and_what_proves_it(remedy: Remedy) -> None:
    """Every file is whole: prose, steps with what to see, a proof, a link, a day."""
    check_evidence(remedy, CATALOGUE.event_types)

    assert remedy.cause.endswith((".", "?"))
    assert remedy.steps
    assert all(step.do.endswith((".", "?")) and step.see for step in remedy.steps)
    assert any(step.evidence for step in remedy.steps)
    assert remedy.verify
    assert remedy.avoid
    assert remedy.retry_note.endswith(".")
    assert remedy.links
    assert remedy.checked <= datetime.now(UTC).date()


@_remedies()
def test_a_remedys_examples_lead_to_it_and_to_no_other(remedy: Remedy) -> None:
    """A real message is told by its code, its words or its app."""
    assert remedy.examples
    for example in remedy.examples:
        found = _found(example)
        assert found is not None
        assert found.id == remedy.id
        folded = parse(example).text.casefold()
        codes = {t.code for r in CATALOGUE.remedies for t in r.known_texts if t.stands_in(folded)}
        assert all(code in remedy.codes or code.startswith("HTTP_") for code in codes)


@_remedies()
def test_a_text_with_a_name_has_an_example(remedy: Remedy) -> None:
    """A phrase that no example holds would never be missed."""
    texts = [parse(example).text.casefold() for example in remedy.examples]

    assert [t.code for t in remedy.known_texts if not any(map(t.stands_in, texts))] == []


def test_a_code_stands_in_one_remedy_or_in_one_an_app() -> None:
    """No two remedies claim the same failure."""
    claims = [(code, remedy.app) for remedy in CATALOGUE.remedies for code in remedy.codes]

    assert len(claims) == len(set(claims))


def test_what_is_read_for_one_code_says_what_the_whole_catalogue_says(tmp_path: Path) -> None:
    """Only files in whose text a name stands are read for it, so each has to stand there."""
    home = tmp_path / "catalogue"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    unread = load(home)
    assert len([*CATALOGUE.remedies]) == len(unread.remedies)
    codes = [*CATALOGUE.codes, "AADSTS9999999", "HTTP_418", "E0009999", "no_such_code", "box"]

    for code in codes:
        ours, whole = unread.remedy(code), CATALOGUE.remedy(code)
        assert (ours and ours.id) == (whole and whole.id)
        assert unread.knows(code) == (code in CATALOGUE.codes)
        assert unread.spelled(code.upper()) == CATALOGUE.spelled(code.upper())
        assert unread.family(code) == CATALOGUE.family(code)
    assert not unread.remedies.are_read


@pytest.mark.parametrize(
    "name", ["aadsts.csv", "event_types.csv", "okta_errors.csv", "kinds.csv", "word_groups.csv"]
)
def test_a_lists_rows_are_found_by_their_keys_before_it_is_read(name: str) -> None:
    """A key is looked for in the text first, so it has to stand there as it is."""
    text = (HOME / name).read_text(encoding="utf-8")
    with (HOME / name).open(encoding="utf-8", newline="") as file:
        rows = {row[0]: row for row in list(csv.reader(file))[1:] if row}

    for key in rows:
        assert Rows(text, lambda: rows).get(key) is rows[key]
        assert key in Rows(text, lambda: rows)
    assert Rows(text, lambda: rows).get("no such key") is None
    assert len(Rows(text, lambda: rows)) == len(rows)


def test_every_code_of_the_lists_has_a_way_out() -> None:
    """Also a number that Microsoft gives no meaning, and an HTTP status of no special kind."""
    listed = [*CATALOGUE.sign_in_codes, *(c for c in CATALOGUE.okta_errors if c.startswith("E0"))]
    without = [
        code
        for code in (*listed, "AADSTS9999999", "HTTP_418", "HTTP_599", "E0009999")
        if not (CATALOGUE.steps(code) and CATALOGUE.owner(code) and CATALOGUE.retry(code))
    ]

    assert len(listed) == 869 + 251
    assert without == []


def test_a_listed_code_keeps_its_own_retry_and_an_okta_code_its_own_step() -> None:
    """The remedy for its kind does not speak over what is known of the very code."""
    assert CATALOGUE.remedy("E0000009") is CATALOGUE.remedy("E0000010")
    assert CATALOGUE.retry("E0000241") == "after_fix"
    assert CATALOGUE.retry("E0000240") == "wait"
    assert CATALOGUE.steps("E0000241")[0].do == "Start the agent's service on its server."


@pytest.mark.parametrize("row", [*csv.DictReader(KNOWN.read_text("utf-8").splitlines())])
def test_a_known_failure_leads_to_the_right_job(row: dict[str, str]) -> None:
    """What was gathered of failures at public pages: owner, retry, radius and evidence.

    A description of a failure without a message leads to its remedy as well.
    """
    message = row["message"]
    parsed = parse(message)
    code = CATALOGUE.spelled(message) or code_message(parsed, CATALOGUE)
    code = CATALOGUE.event_code(code) or code
    app = parsed.app or row["app"] or None
    remedy = CATALOGUE.remedy(code, app=app, text=parsed.text)

    assert remedy is not None
    assert remedy.owner in row["owner"].split()
    assert CATALOGUE.retry(code, app=app, text=parsed.text) == row["retry"]
    assert remedy.blast_radius == row["blast_radius"]
    assert CATALOGUE.meaning(code, app=app, text=parsed.text)


def test_the_seed_remedy_covers_both_generations_and_the_retry() -> None:
    """Stored password and consent, test, save, and Dashboard > Tasks."""
    remedy = CATALOGUE.remedy("AADSTS50126")

    assert remedy is not None
    told = " ".join(f"{step.title} {step.do}" for step in remedy.steps)
    for part in ("Stored password", "OAuth consent", "Test API Credentials", "Press Save"):
        assert part in told
    assert "Dashboard > Tasks" in told
    assert remedy.retry == "after_fix"
    assert any("lock" in avoid for avoid in remedy.avoid)
    assert any("MFA" in avoid for avoid in remedy.avoid)


def test_the_same_code_means_another_thing_on_another_app() -> None:
    """Of several remedies the app's counts, or the one whose words stand in the message."""
    record = "No Record found. Record doesn't exist or ACL restricts the record retrieval."

    def named(**which: str) -> str | None:
        remedy = CATALOGUE.remedy("HTTP_404", **which)
        return remedy and remedy.id

    assert named() == "http_not_found"
    assert named(app="Ledger") == "http_not_found"
    assert named(app="ServiceNow UD (prod)") == "servicenow_not_found"
    assert named(text=record) == "servicenow_not_found"
    assert CATALOGUE.retry("HTTP_429") == "wait"
    assert CATALOGUE.retry("HTTP_429", app="Slack") == "automatic"
    assert CATALOGUE.retry("HTTP_429", app="GitHub Enterprise Managed User") == "wait"


def test_known_event_types_name_their_operation() -> None:
    """An event type says what was attempted, and whether it exists only for failures."""
    assert CATALOGUE.operation("application.provision.user.push_profile") == "profile push"
    assert CATALOGUE.operation("app.office365.api.error.validate.creds") == "provisioning"
    assert CATALOGUE.operation("no.such.type") is None
    assert "app.office365.api.error.validate.creds" in CATALOGUE.failure_types
    assert "application.integration.rate_limit_exceeded" in CATALOGUE.failure_types
    assert "application.provision.user.push" not in CATALOGUE.failure_types


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("400 AADSTS50126: Error validating credentials", "AADSTS50126"),
        ("400 Authentication Error: Password has expired.", "AADSTS50055"),
        ("Matching user not found.", "matching_user_not_found"),
        (
            'httpStatusCode=400 errorCode=Request_BadRequest errorMessage="The domain portion of '
            'the userPrincipalName property is invalid."',
            "Request_BadRequest#unverified_domain",
        ),
        (
            'httpStatusCode=400 errorCode=Request_BadRequest errorMessage="Something new."',
            "Request_BadRequest",
        ),
        ("Error while creating user x: Unauthorized", "HTTP_401"),
        ("Bad Request. Errors reported by remote server: odd", "HTTP_400"),
        (None, NO_REASON),
        ("null", NO_REASON),
    ],
)
def test_a_code_is_the_most_specific_name(text: str | None, code: str) -> None:
    """Vendor's code, refined or named by the catalogue, else the status, else no reason."""
    assert code_message(parse(text), CATALOGUE) == code


def test_a_known_text_never_contradicts_the_vendors_code_or_status() -> None:
    """A code stays, even where the sentence has a name of its own."""
    text = "LICENSE_LIMIT_EXCEEDED: license limit exceeded"

    assert code_message(parse(text), CATALOGUE) == "LICENSE_LIMIT_EXCEEDED"
    assert CATALOGUE.name_text("an acl exception", None, 500) is None
    assert CATALOGUE.name_text("an acl exception", None, 403) == "HTTP_403"


def test_the_parts_of_a_text_stand_in_their_order() -> None:
    """``…`` is any text between, so the same words turned round are another sentence."""
    known = KnownText("x", ("ledger", "refused the row"))

    assert known.stands_in("ledger 9 refused the row of ada")
    assert not known.stands_in("refused the row, says the ledger")


def test_every_code_has_a_family() -> None:
    """Also one that the catalogue does not know."""
    for code in ("AADSTS50126", "AADSTS99999999", "HTTP_418", "UNKNOWN_0", NO_REASON, "x"):
        assert CATALOGUE.family(code)


def test_the_page_is_what_the_files_say() -> None:
    """docs/catalogue.md is written by ``make catalogue``, never by hand."""
    assert (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8") == catalogue_page(CATALOGUE)
