"""Settings of the live org: where they come from, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_org import CANARY, settings
from kit.base.errors import UsageError
from kit.sources.okta import read_settings

if TYPE_CHECKING:
    from pathlib import Path


URL = "https://example.okta.com"


def test_the_environment_beats_the_files_and_what_lost_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that the SDK's README gives; the SDK itself has it the other way round."""
    home, here = tmp_path / "home", tmp_path / "here"
    (home / ".okta").mkdir(parents=True)
    here.mkdir()
    said = "okta:\n  client:\n    orgUrl: {}\n    token: {}\n"
    (home / ".okta" / "okta.yaml").write_text(said.format("https://home.example.com", "home"))
    (here / "okta.yaml").write_text(said.format("https://here.example.com", "here"))
    monkeypatch.chdir(here)

    found = read_settings({"HOME": str(home), "OKTA_CLIENT_ORGURL": f"{URL}/"})

    assert found.org_url == URL
    assert found.secret["token"].get_secret_value() == "here"
    assert found.came_from == {"orgUrl": "$OKTA_CLIENT_ORGURL", "token": "okta.yaml"}
    assert found.overruled["orgUrl"] == "okta.yaml"
    assert found.overruled["token"] == str(home / ".okta" / "okta.yaml")


@pytest.mark.parametrize(
    "scopes", ["okta.logs.read,okta.apps.read", "okta.logs.read okta.apps.read"]
)
def test_scopes_as_text_are_a_list(scopes: str) -> None:
    """The SDK would send them letter by letter."""
    found = settings(
        OKTA_CLIENT_ORGURL=URL,
        OKTA_CLIENT_CLIENTID="x",
        OKTA_CLIENT_PRIVATEKEY="-----BEGIN",
        OKTA_CLIENT_SCOPES=scopes,
        OKTA_CLIENT_REQUESTTIMEOUT="30",
    )

    assert found.plain["scopes"] == ["okta.logs.read", "okta.apps.read"]
    assert found.timeout == 30


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "missing"),
        ("example.okta.com", "is no URL"),
        ("http://example.okta.com", "not https"),
        ("https://example-admin.okta.com", "https://example.okta.com"),
        ("https://example.okta.com/api/v1", "https://example.okta.com"),
        ("https://{yourOktaDomain}", "example's"),
        ("https://user:pw@example.okta.com", "password"),
        ("https://example.okta.com:x", "is no URL"),
    ],
)
def test_a_url_of_the_wrong_form_is_told_before_anything_is_asked(url: str, says: str) -> None:
    """With the right one where it can be guessed."""
    with pytest.raises(UsageError, match=says) as raised:
        settings(OKTA_CLIENT_ORGURL=url, OKTA_CLIENT_TOKEN=CANARY)

    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [f"okta: client: token: {CANARY}", f"- {CANARY}", f"okta: {CANARY}", f"okta:\n\tx: {CANARY}"],
)
def test_a_broken_file_is_named_and_not_quoted(tmp_path: Path, text: str) -> None:
    """A token may stand in it."""
    (tmp_path / ".okta").mkdir()
    (tmp_path / ".okta" / "okta.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=r"okta\.yaml") as raised:
        read_settings({"HOME": str(tmp_path)})

    assert CANARY not in str(raised.value)


def test_settings_show_no_secret_when_printed() -> None:
    """Nor in a traceback's locals."""
    found = settings(OKTA_CLIENT_ORGURL=URL, OKTA_CLIENT_TOKEN=CANARY)

    assert CANARY not in f"{found!r} {found} {found.__dict__}"
