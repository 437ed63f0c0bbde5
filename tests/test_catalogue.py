"""The catalogue's files fit, every known failure has its remedy, and a folder of one's own adds."""

from __future__ import annotations

import csv
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kit.catalogue import HOME, OWN, Catalogue, CatalogueError, KnownText, Remedy, load
from kit.catalogue.coding import NO_REASON, code_message
from kit.catalogue.files import check_evidence
from kit.catalogue.page import page
from kit.messages import parse

CATALOGUE = load()
ROOT = Path(__file__).resolve().parents[1]
KNOWN = Path(__file__).parent / "known_failures.csv"
MINE = """\
---
id: {id}
title: The ledger is sealed
family: Ledger
owner: app_owner
retry: after_fix
retry_note: Once the ledger is open.
blast_radius: user
seen: seen in Okta
checked: 2026-11-25
codes:
  {code}: The ledger takes no more rows
texts:
  ledger … refused the row: {code}
---

## Cause

A closed ledger takes nothing.

## Steps

### Open it

Ledger > Settings
> Periods > Reopen.

- See: It is open.
- Log: `application.configuration.update`

### [Retry](../steps/retry_from_tasks.md)

## Verify

- It works.
"""


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
    assert CATALOGUE.retry("HTTP_429") == "automatic"
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
    assert (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8") == page(CATALOGUE)


# --- A folder of the user's own.


@pytest.fixture
def own_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, named as the user's catalogue."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv(OWN, str(folder))
    return folder


def _write(path: Path, text: str) -> Catalogue:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load()


def test_a_file_in_the_users_folder_is_a_remedy(own_catalogue: Path) -> None:
    """Its code, texts and steps count, the kit's shared steps serve it, and the version changes."""
    with_mine = _write(own_catalogue / "sealed.md", MINE.format(id="sealed", code="ledger_sealed"))

    assert with_mine.mistakes == ()
    assert with_mine.version != CATALOGUE.version
    message = parse(
        "Automatic provisioning of user A to app Ledger failed: Ledger 9 refused the row"
    )
    assert code_message(message, with_mine) == "ledger_sealed"
    remedy = with_mine.remedy("ledger_sealed")
    assert remedy is not None
    assert [step.title for step in remedy.steps][:2] == ["Open it", "Retry one user"]
    assert remedy.steps[0].do == "Ledger > Settings > Periods > Reopen."
    assert remedy.steps[0].evidence is not None
    assert remedy.steps[0].evidence.events == ("application.configuration.update",)


def test_the_users_remedy_goes_before_the_kits(own_catalogue: Path) -> None:
    """The same id replaces; a code that is claimed is theirs, and ours keeps the rest."""
    replaced = _write(own_catalogue / "box.md", MINE.format(id="box", code="ledger_sealed"))
    assert replaced.remedy("disabled_by_box_administrator") is None

    claimed = _write(own_catalogue / "slack.md", MINE.format(id="slack", code="long_username"))
    mine, ours = claimed.remedy("long_username"), claimed.remedy("username_not_allowed")
    assert mine is not None
    assert mine.own
    assert ours is not None
    assert ours.id == "slack_data"

    general = _write(own_catalogue / "gone.md", MINE.format(id="gone", code="HTTP_404"))
    found = general.remedy("HTTP_404", app="ServiceNow")
    assert found is not None
    assert found.id == "gone"


def test_a_change_in_the_users_folder_is_seen_at_once(own_catalogue: Path) -> None:
    """A kernel that runs for days need not be restarted."""
    before = _write(own_catalogue / "sealed.md", MINE.format(id="sealed", code="one_code"))
    after = _write(own_catalogue / "sealed.md", MINE.format(id="sealed", code="other_code"))
    (own_catalogue / "sealed.md").unlink()

    assert before.remedy("one_code")
    assert after.remedy("other_code")
    assert load() is CATALOGUE or load().version == CATALOGUE.version


def test_the_users_rows_add_to_the_lists(own_catalogue: Path) -> None:
    """A meaning for a number, an event type of one's own; what else is known stays."""
    _write(own_catalogue / "aadsts.csv", "code,meaning\nAADSTS29200,The code was not there\n")
    mine = _write(
        own_catalogue / "event_types.csv", "event_type,failures_only\nledger.sealed,true\n"
    )

    assert mine.mistakes == ()
    assert mine.meaning("AADSTS29200") == "The code was not there"
    assert "ledger.sealed" in mine.failure_types
    assert mine.meaning("AADSTS16000") == CATALOGUE.meaning("AADSTS16000")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("owner: app_owner", "owner: nobody", r"owner: .*nobody.* one of okta_admin, "),
        ("owner: app_owner\n", "", r"owner: it is missing"),
        ("family: Ledger", "famliy: Ledger", r"famliy: .* mean 'family'\?"),
        ("family: Ledger", "family: Ledger\nfamily: B", r"line 5: family stands there twice"),
        ("title: The", "title: The: ", r"line 3: mapping values"),
        ("checked: 2026-11-25", "checked: last week", r"checked: "),
        ("checked: 2026-11-25", "checked: 2026-11-31", r"checked: day is out of range"),
        ("id: sealed", "id: sealde", r"id: .*sealde"),
        ("owner: app_owner", "owner: [app_owner]", r"owner: Expected `str`"),
        ("owner: app_owner", "? [a]\n: b", r"line \d+: found unhashable key"),
        ("seen: seen in Okta", "seen: maybe", r"seen: .*vendor list"),
        ("texts:\n  ledger … refused the row: x", "texts:\n  a: y", r"texts: y is none"),
        ("---\nid", "id", r"does not begin with front matter"),
        ("## Cause", "## Couse", r"'Couse' is no heading.*'Cause'\?"),
        ("## Verify\n\n- It works.\n", "", r"no heading '## Verify'"),
        ("- See: It is open.\n", "", r"step 'Open it': '- See:' is missing"),
        ("- See: It is open.", "- Sea: It is open.", r"step 'Open it': its list holds"),
        ("`application.configuration.update`", "soon", r"step 'Open it': Log: 'soon'"),
        ("application.configuration.update", "application.config.update", r"no event type"),
        ("retry_from_tasks", "retry_from_task", r"no shared steps .* mean 'retry_from_tasks'\?"),
        ("Ledger > Settings\n> Periods > Reopen.", "", r"step 'Open it': it does not say"),
    ],
)
def test_a_mistake_leaves_out_one_file_and_says_where(
    own_catalogue: Path, old: str, new: str, said: str
) -> None:
    """One line with file and field; the kit's own catalogue stays usable."""
    whole = MINE.format(id="sealed", code="x")
    assert old in whole

    found = _write(own_catalogue / "sealed.md", whole.replace(old, new, 1))

    (mistake,) = found.mistakes
    assert "sealed.md" in mistake
    assert "\n" not in mistake
    assert re.search(said, mistake), mistake
    assert found.remedy("x") is None
    assert found.remedy("AADSTS50126") is not None


def test_a_mistake_in_a_list_or_folder_is_told_too(
    own_catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the line; and a folder that is not there is no silence."""
    found = _write(
        own_catalogue / "event_types.csv", "event_type,verdict\na.b,fails\nc.d,perhaps\n"
    )
    assert "event_types.csv: line 3: verdict" in found.mistakes[0]

    (own_catalogue / "lost.md").symlink_to(own_catalogue / "nothing.md")
    assert any("lost.md: cannot be read" in mistake for mistake in load().mistakes)

    monkeypatch.setenv(OWN, str(own_catalogue / "nowhere"))
    assert "there is no folder" in load().mistakes[0]


def test_two_files_of_the_user_cannot_claim_one_code(own_catalogue: Path) -> None:
    """The second is left out, and its line names the first."""
    _write(own_catalogue / "a.md", MINE.format(id="a", code="x"))
    found = _write(own_catalogue / "b.md", MINE.format(id="b", code="x"))

    assert [r.id for r in found.remedies if r.own] == ["a"]
    assert "codes: x stands in a already" in found.mistakes[0]


def test_a_mistake_in_the_kits_own_files_is_an_error(tmp_path: Path) -> None:
    """What comes with the kit is whole, or the kit says so."""
    home = tmp_path / "catalogue"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    box = home / "remedies" / "box.md"
    box.write_text(box.read_text(encoding="utf-8").replace("owner:", "ownr:"), encoding="utf-8")

    with pytest.raises(CatalogueError, match=r"box\.md: ownr"):
        load(home)


def test_nothing_of_the_users_is_read_without_the_variable() -> None:
    """The catalogue of the tests is the kit's own."""
    assert OWN not in os.environ
    assert not any(remedy.own for remedy in CATALOGUE.remedies)
