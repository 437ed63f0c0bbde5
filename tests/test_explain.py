"""explain takes what a person has at hand, and says what it means or that nobody knows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from kit.catalogue import load
from kit.catalogue.explain import explanation
from kit.commands.app import app, run_command
from kit.display.explanation import explanation_of
from kit.sources.questions import questions_by_line, questions_in
from properties import max_examples

TASK = "Automatic provisioning of user Ada Example to app Slack failed: "
IDS = "Trace ID: 11111111-2222-3333-4444-555555555555"


def _event(**changed: Any) -> dict[str, Any]:
    return {
        "uuid": "e1",
        "published": "2026-10-27T09:05:00Z",
        "eventType": "application.provision.user.push_profile",
        "outcome": {"result": "FAILURE", "reason": "400 AADSTS50126: Error validating credentials"},
        "target": [
            {"type": "AppUser", "id": "u1", "alternateId": "ada@example.com"},
            {"type": "AppInstance", "id": "a1", "displayName": "Microsoft Office 365"},
        ],
    } | changed


def _explain(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run_command(["explain", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("50126", "AADSTS50126"),
        ("`aadsts50126`", "AADSTS50126"),
        ("403", "HTTP_403"),
        ("http_403", "HTTP_403"),
        ("e0000011", "E0000011"),
        ("0X800708c5", "0x800708C5"),
        ("request_badrequest#UPN_exists", "Request_BadRequest#upn_exists"),
        ("AADSTS9999999", "AADSTS9999999"),
        ("no_reason", "NO_REASON"),
        ("", "NO_REASON"),
    ],
)
def test_a_code_may_be_written_in_any_way(word: str, code: str) -> None:
    """By number, in lower case, in back-ticks."""
    assert explanation(word).code == code


@pytest.mark.parametrize("code", ["AADSTS29200", "AADSTS9999999", "HTTP_418", "E0000266"])
def test_a_bare_code_has_a_way_out(code: str) -> None:
    """Also where the list has a number and nothing else."""
    found = explanation(code).fields()

    assert found["owner"]
    assert found["retry"]
    assert found["steps"]
    assert found["links"]


def test_an_event_is_explained_from_all_that_it_holds() -> None:
    """App and user come from its targets, the code from its reason."""
    found = explanation(_event()).fields()

    assert (found["code"], found["app"], found["user"], found["operation"]) == (
        "AADSTS50126",
        "Microsoft Office 365",
        "ada@example.com",
        "profile push",
    )
    assert found["timestamp"] == "2026-10-27T09:05:00Z"
    assert found["steps"]


def test_an_event_that_says_by_its_type_what_failed_needs_no_reason() -> None:
    """The type's own code stands in for the reason that Okta left out."""
    event_type = "application.provision.group_push.mapping.update.or.delete.failed"
    found = explanation(_event(eventType=event_type, outcome={"result": "FAILURE"}))

    assert found.code == "group_push_retrying"
    assert found.retry == "automatic"


def test_a_part_of_an_event_is_enough() -> None:
    """What a person cut out of it is no hindrance, and a wrong part is said."""
    cut = {"eventType": "user.session.start", "outcome": {"result": "FAILURE"}}
    assert explanation(cut).code == "NO_REASON"

    wrong = explanation(_event(target="none"))
    assert wrong.code == "AADSTS50126"
    assert "no whole System Log event" in wrong.note


def test_an_event_that_did_not_fail_is_said_to_be_so() -> None:
    """A success has no code, and nothing to mend."""
    found = explanation(_event(outcome={"result": "SUCCESS"}))

    assert found.code is None
    assert found.note.startswith("This event did not fail")
    assert found.fields()["steps"] == []


def test_an_event_type_is_explained_by_its_name() -> None:
    """What it attempts, and whether it exists only for failures."""
    plain = explanation("APPLICATION.lifecycle.update")
    failing = explanation("app.office365.api.error.sync.user")

    assert plain.meaning == "An admin changed an app's settings"
    assert plain.code is None
    assert "only for failures" in failing.note


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([_event(), _event()]),
        json.dumps({"data": {"events": [_event(), _event()]}}, indent=2),
        f"{json.dumps(_event())}\n{json.dumps(_event())}",
        f"{json.dumps(_event(), indent=2)}\n\n{json.dumps(_event())}\n",
    ],
    ids=["a page", "a hook's body", "lines", "laid out"],
)
def test_events_are_found_in_whatever_holds_them(text: str) -> None:
    """The API's page, an event hook's body, one a line, or laid out over lines."""
    assert questions_by_line(text) == [_event(), _event()]


def test_lines_are_things_and_what_carries_on_is_not() -> None:
    """A trace id, a stack trace and the sentence below a banner belong to their message."""
    things = questions_by_line(
        "AADSTS50034\r\n"
        f"AADSTS50126: Error validating credentials\r\n{IDS}\r\n"
        "An error occurred while assigning this app.\n"
        f"{TASK}Conflict\n"
        "java.io.IOException: broken\n\tat a.B(C.java:1)\n"
        "502 Bad Gateway\n"
        "<html>\n<head><title>502</title></head>\n</html>\n"
        "\n"
        "Could not create user, received error:\n400 odd\n"
        "50053\n"
    )

    assert things == [
        "AADSTS50034",
        f"AADSTS50126: Error validating credentials\n{IDS}",
        f"An error occurred while assigning this app.\n{TASK}Conflict",
        "java.io.IOException: broken\n\tat a.B(C.java:1)",
        "502 Bad Gateway",
        "<html>\n<head><title>502</title></head>\n</html>",
        "Could not create user, received error:\n400 odd",
        "50053",
    ]


def test_a_vendors_json_is_a_message() -> None:
    """JSON without an event in it is what the vendor said."""
    said = '{"status": "409", "scimType": "uniqueness", "detail": "taken"}'

    assert questions_in(said) == [said]
    assert questions_by_line(said) == [said]
    assert explanation(said).code == "uniqueness"


def test_one_thing_gives_an_object_and_several_a_list() -> None:
    """So that a script that asks for one need not unpack it."""
    runner = CliRunner()
    one = runner.invoke(app, ["explain", "-", "--json"], input="50126\n")
    two = runner.invoke(app, ["explain", "-", "--json"], input="50126\n50053\n")

    assert json.loads(one.stdout)["code"] == "AADSTS50126"
    assert [found["code"] for found in json.loads(two.stdout)] == ["AADSTS50126", "AADSTS50053"]


def test_bytes_that_are_no_text_are_answered() -> None:
    """What a broken export holds is shown with a sign in its place."""
    runner = CliRunner()
    broken = runner.invoke(app, ["explain", "-", "--json"], input=b"AADSTS50126: caf\xe9\n")
    event = '{"eventType": "a.b", "n": 1' + "0" * 40 + ', "outcome": {"reason": "x \\ud800"}}'
    lone = runner.invoke(app, ["explain", event, "--json"])

    assert json.loads(broken.stdout)["code"] == "AADSTS50126"
    assert lone.exit_code == 0
    assert runner.invoke(app, ["explain", event]).exit_code == 0


def test_nothing_on_standard_input_is_said() -> None:
    """An empty pipe is a mistake, no failure without a reason."""
    done = CliRunner().invoke(app, ["explain", "-"], input="\n")

    assert done.exit_code != 0
    assert "standard input is empty" in str(done.exception)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("usernme_taken", "username_taken"),
        ("Reqest_ResourceNotFound", "Request_ResourceNotFound"),
        ("application.provision.user.pushprofile", "application.provision.user.push_profile"),
        ("This user is linked with two AD instances, so no ImmutableID", "two_ad_instances"),
    ],
)
def test_what_is_unknown_has_its_nearest(text: str, near: str) -> None:
    """By spelling for a code, by words for a sentence."""
    found = explanation(text)

    assert found.meaning is None
    assert near in [name for name, _, _ in found.nearest]


def test_a_number_without_a_meaning_is_not_unknown() -> None:
    """It is on Microsoft's list, so nothing else is meant by it."""
    assert explanation("AADSTS29200").nearest == ()


def test_what_is_like_nothing_has_no_nearest() -> None:
    """No guess is made for the sake of one."""
    found = explanation("The quux would not frobnicate.")

    assert found.code
    assert found.code.startswith("UNKNOWN_")
    assert found.nearest == ()
    assert found.fields()["steps"] == []


def test_the_terminal_answer_says_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """From the meaning and the job to the steps, the proof and what not to do."""
    said = _explain(capsys, TASK + "Unauthorized")

    for part in (
        "HTTP_401",
        "Cause",
        "Okta admin",
        "helps after the fix. Once Test API Credentials succeeds",
        "all users of the app",
        "seen in messages of Okta's; checked",
        "Read from it",
        "Ada Example",
        "1. Make a new token at the vendor",
        "You should see: A green notice",
        "To verify",
        "Do not",
        "  https://support.okta.com/",
    ):
        assert part in said
    assert not any(line != line.rstrip() for line in said.splitlines())
    assert "\x1b" not in said


def test_a_link_is_never_broken_over_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal opens only what stands whole in a line."""
    said = _explain(capsys, "AADSTS50126")

    assert any(line.strip().endswith("username-or-password") for line in said.splitlines())


def test_hostile_text_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences, markup and marks that turn the direction are shown, not obeyed."""
    said = _explain(capsys, TASK + "[red]x[/red] \x1b[2J\u202ego \x07")

    assert "[red]x[/red]" in said
    assert not set(said) & set("\x1b\u202e\x07")


def test_an_unknown_text_is_said_to_be_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """With the parts that could be read."""
    said = _explain(capsys, TASK + "the quux would not frobnicate")

    assert "The catalogue does not know it" in said
    assert "Ada Example" in said
    assert "the quux would not frobnicate" in said


@max_examples(150)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_is_answered(text: str) -> None:
    """Nothing that a person pastes breaks it."""
    for thing in [*questions_in(text), *questions_by_line(text)]:
        assert set(explanation(thing).fields()) >= {"code", "steps"}


@max_examples(80)
@given(
    st.dictionaries(
        st.sampled_from(["uuid", "published", "outcome", "target", "actor", "debugContext"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.text(max_size=9), inner, max_size=2)
            ),
            max_leaves=5,
        ),
    )
)
def test_any_event_is_answered(parts: dict[str, Any]) -> None:
    """Also one whose parts are of a wrong kind."""
    assert explanation({"eventType": "a.b", **parts}).fields().keys()


def test_a_flows_error_gets_no_advice_about_provisioning() -> None:
    """Workflows calls services by itself: Okta's retries of tasks have nothing to do with it."""
    flow = (
        '{"_error":true,"module":"ledger.read","statusCode":429,"message":"429 Too Many Requests"}'
    )
    found, task = explanation(flow), explanation(f"{TASK}Too Many Requests")

    assert (found.code, task.code) == ("HTTP_429", "HTTP_429")
    assert found.app == "Okta Workflows"
    assert found.remedy != task.remedy
    assert "SCIM" not in str(found.fields())


def test_a_near_match_is_of_the_same_subject() -> None:
    """Words that stand in every refusal make none alike."""
    assert explanation("There is no such object on the shelf").nearest == ()


def test_a_fingerprint_is_explained_in_its_own_spelling() -> None:
    """Copied in any case, it is the code that the tables show."""
    assert explanation("unknown_24295A9C").code == "UNKNOWN_24295a9c"
    assert explanation("UNKNOWN_USER").code == "UNKNOWN_USER"


@pytest.mark.parametrize(
    "lines",
    [
        ["Cannot set user <username> here", "<UserName> is an Invalid Value"],
        ["<UserName> is an Invalid Value", "<Email> is an Invalid Value"],
        ["the name ends in <b>", "<a>one</a>", "<a>two</a>"],
        ['<?xml version="1.0"?>\n<Error>\n\n<Code>Denied</Code>\n</Error>', "50126"],
        ["<!DOCTYPE html>\n<html>\n<p>\nGateway\n</html>", "<html> is bad"],
        ["Got: <html>\n<body>x</body>\n</html>", "50126"],
        ['{"status": "409",\n "detail": "taken"}', "<UserName> is bad", "50126"],
    ],
)
def test_there_are_as_many_answers_as_texts(lines: list[str]) -> None:
    """A line is one text, unless it is plainly a document over several lines."""
    assert questions_by_line("\n".join(lines) + "\n") == lines


@pytest.mark.parametrize("ends", ["\n", "", " , "], ids=["lines", "side by side", "commas"])
def test_each_event_in_an_event_hook_and_behind_it_is_read(ends: str) -> None:
    """The envelope has an event type of its own, and is no event."""
    hook = {"eventType": "com.okta.event_hook", "data": {"events": [_event(), _event()]}}
    text = json.dumps(hook) + ends + json.dumps([_event()])

    assert questions_in(text) == questions_by_line(text) == [_event()] * 3


def test_a_kind_that_was_guessed_is_said_to_be_a_guess(capsys: pytest.CaptureFixture[str]) -> None:
    """In the terminal, for machines and in a notebook; what a form or a code tells is none."""
    guess = TASK + "Only userName eq and externalId eq filters are supported."
    known = TASK + "userName is taken"
    event = _event(outcome={"result": "FAILURE", "reason": guess})

    text = _explain(capsys, guess)
    assert text.startswith("looks like exchange_malformed")
    assert "looks like exchange malformed" in text
    assert "Check that it fits before you act" in text
    assert "seen in messages" not in text
    assert "looks like" not in _explain(capsys, known)
    answers = [json.loads(_explain(capsys, "--json", one)) for one in (guess, known)]
    assert [answer.get("guess") for answer in answers] == [True, None]
    assert list(answers[0])[:-1] == list(answers[1])
    assert explanation(event).guess
    assert not explanation("exchange_malformed").guess
    assert "looks like exchange_malformed" in explanation_of(guess)._repr_html_()


def test_a_near_match_is_of_the_same_kind() -> None:
    """An object that is missing in a directory is no domain that is missing elsewhere."""
    catalogue = load()
    for text in (
        "QUUX_9: there is no such object on the server",
        "QUUX_9: the user already exists",
    ):
        kind = catalogue.kind_of_text(text.partition(": ")[2])
        near = [name for name, _ in explanation(text).nearest]

        assert kind
        assert {catalogue.kind(name) for name in near} <= {"", kind}
