"""Where no word form tells a kind, or tells it by mistake, learned weights may, as a guess."""

from __future__ import annotations

import csv
import time

import pytest

from kit.catalogue import load
from kit.catalogue.coding import code_message, is_guess
from kit.catalogue.files import HOME
from kit.catalogue.learned import NO_KIND, LearnedKinds, nameless, stems
from kit.messages import parse

CATALOGUE = load()
WEIGHTS = HOME / "kind_weights.csv"
TASK = "Automatic provisioning of user Ada Example to app Anvil Works failed: "
LEARNED = "Only userName eq and externalId eq filters are supported."


def _code(text: str) -> str:
    return code_message(parse(text), CATALOGUE)


def test_a_text_that_no_form_fits_gets_the_learned_kind() -> None:
    """And the kind is its code."""
    assert CATALOGUE.kind_of_text(LEARNED) == ""
    assert CATALOGUE.learned_kind(LEARNED) == "exchange_malformed"
    assert _code(TASK + LEARNED) == "exchange_malformed"


def test_what_is_known_goes_before_what_was_learned() -> None:
    """A vendor's code, a status and the code of an event's type."""
    assert _code(f"{TASK}LEDGER_7: {LEARNED}") == "LEDGER_7"
    assert _code(f"{TASK}HTTP 503: {LEARNED}") == "HTTP_503"
    assert code_message(parse(LEARNED), CATALOGUE, type_code="QUUX") == "QUUX"


@pytest.mark.parametrize(
    "text",
    [
        "Directory agent version 3.16.0 started",
        "SCIM connector 2.4.1 build 77 on Windows Server 2019",
        "Configuration was saved",
        "Token was issued to the client",
        "Connection to the directory was established",
        "Import skipped 12 users that did not change",
        "No users to import",
        "There were no failed logins today",
        "Something went wrong",
        "The error page was shown to the user",
        "The frobnicator must not be quuxed while it blorps",
        "The tool does not know what the widget is",
        "Der Benutzer konnte nicht angelegt werden, weil er fehlt",
        "L'utilisateur ne peut pas être créé dans le système",
        "No se pudo crear el usuario en la aplicación",
        "",
        "not not not not not",
    ],
)
def test_a_text_that_says_of_no_failure_or_too_little_gets_none(text: str) -> None:
    """A wrong kind is worse than none."""
    assert CATALOGUE.learned_kind(text) == ""


def test_a_kind_that_is_not_sure_is_not_told() -> None:
    """Of three that are as likely as one another, none is told."""
    table = "stem,rarity,none,not_found,pending,unreachable\n,0,,,,\nthing,100,,{0},{1},{1}\n"
    words = "".join(f"{word},1,,,,\n" for word in ("the", "is", "not"))
    text = "the thing is not"

    assert LearnedKinds(table.format(90, 90) + words).kind(text) == ""
    assert LearnedKinds(table.format(90, 0) + words).kind(text) == "not_found"


def test_each_kind_may_have_its_own_limit() -> None:
    """Some are told wrongly more often than others."""
    table = "stem,rarity,none,not_found,pending\n,0,,,\n%,0,,{0},\nthing,100,,10,5\n"
    words = "".join(f"{word},1,,,\n" for word in ("the", "is", "not"))

    assert LearnedKinds(table.format(50) + words).kind("the thing is not") == "not_found"
    assert LearnedKinds(table.format(60) + words).kind("the thing is not") == ""


def test_a_word_form_is_overruled_only_against_long_odds() -> None:
    """It is one of few that a person wrote; the weights have to be sure, and against it."""
    table = "stem,rarity,none,not_found,pending,unreachable\n,0,,,,\nthing,100,,{0},{1},\n"
    words = "".join(f"{word},1,,,,\n" for word in ("the", "is", "not"))
    text = "the thing is not"

    certain = LearnedKinds(table.format(90, 0) + words)
    assert certain.kind(text, "pending") == "not_found"
    assert certain.kind(text, "not_found") == "not_found"
    assert LearnedKinds(table.format(90, 70) + words).kind(text, "pending") == "pending"
    assert certain.kind("too short", "pending") == "pending"


def test_a_guess_is_told_from_what_a_code_a_status_or_a_form_tells() -> None:
    """The same code may be either: it depends on the message."""

    def guess(text: str) -> bool:
        message = parse(text)
        return is_guess(message, code_message(message, CATALOGUE), CATALOGUE)

    assert guess(TASK + LEARNED)
    assert not guess(TASK + "userName is taken")
    assert not guess(TASK + "HTTP 503: " + LEARNED)
    assert not guess("")
    assert not is_guess(parse(""), "already_exists", CATALOGUE)


def test_names_and_numbers_are_not_learned_from() -> None:
    """Addresses, what stands in quotes, and what has a digit."""
    assert stems(nameless("User 'Expired Token' ada@example.com 4417 lacks a2")) == [
        "lacks",
        "user",
        "user_lacks",
    ]


def test_the_weights_are_of_the_kinds_and_small() -> None:
    """A kind that has no column could never be told."""
    with WEIGHTS.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)

    assert head == ["stem", "rarity", NO_KIND, *sorted(CATALOGUE.kinds)]
    assert len(rows) > 1000
    assert WEIGHTS.stat().st_size < 300_000


@pytest.mark.parametrize("text", ["not " * 5000, "A" * 20000, "error " * 999, "'\"<" * 3000])
def test_no_text_takes_long(text: str) -> None:
    """A hostile text cannot hold up an import."""
    CATALOGUE.learned_kind(text)
    begun = time.process_time()
    CATALOGUE.learned_kind(text)

    assert time.process_time() - begun < 0.05
