"""The catalogue's data files fit, and a failing event gets its code by the rule."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kit.catalogue import HOME, CatalogueError, load
from kit.catalogue.coding import NO_REASON, code_message
from kit.messages import parse

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load()


@pytest.mark.parametrize("remedy", CATALOGUE.remedies, ids=lambda remedy: remedy.id)
def test_a_remedy_says_what_to_do_and_what_proves_it(remedy: object) -> None:
    """Every remedy has steps, each with what to see, a proof, and names what it codes."""
    from kit.catalogue import Remedy

    assert isinstance(remedy, Remedy)
    assert remedy.steps
    assert remedy.verify
    assert remedy.codes
    assert all(step.do.endswith((".", "?")) and step.see for step in remedy.steps)
    assert all(text.code in remedy.codes for text in remedy.texts)
    assert all(part == part.casefold() for text in remedy.texts for part in text.contains)
    assert all(link.startswith("https://") for link in remedy.links)
    for step in remedy.steps:
        events = step.evidence.events if step.evidence else ()
        assert bool(events) == (step.evidence is not None and step.evidence.kind == "event")


def test_every_file_is_a_remedy_of_its_name() -> None:
    """A remedy is found by its id."""
    files = sorted(path.stem for path in (HOME / "remedies").glob("*.yaml"))

    assert files == sorted(remedy.id for remedy in CATALOGUE.remedies)


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


def test_a_known_text_never_contradicts_the_vendors_code() -> None:
    """A vendor's code stays, even where the sentence has a name of its own."""
    text = "LICENSE_LIMIT_EXCEEDED: license limit exceeded"

    assert code_message(parse(text), CATALOGUE) == "LICENSE_LIMIT_EXCEEDED"


def test_every_code_has_a_family() -> None:
    """Also one that the catalogue does not know."""
    for code in ("AADSTS50126", "AADSTS99999999", "HTTP_418", "UNKNOWN_0", NO_REASON, "x"):
        assert CATALOGUE.family(code)


def test_a_new_remedy_is_a_file_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    """Adding a code touches no Python; a mistake says which file and which field."""
    home = tmp_path / "catalogue"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    old = (home / "remedies" / "box.yaml").read_text(encoding="utf-8")
    new = old.replace("id: box", "id: crate").replace("disabled_by_box_administrator", "crate_shut")
    (home / "remedies" / "crate.yaml").write_text(new, encoding="utf-8")
    changed = load(home)

    assert changed.remedy("crate_shut") is not None
    assert changed.version != CATALOGUE.version

    (home / "remedies" / "crate.yaml").write_text(new + "colour: red\n", encoding="utf-8")
    load.cache_clear()
    with pytest.raises(CatalogueError, match=r"crate\.yaml.*colour"):
        load(home)
    (home / "remedies" / "crate.yaml").write_text(old, encoding="utf-8")
    load.cache_clear()
    with pytest.raises(CatalogueError, match="stands in"):
        load(home)
