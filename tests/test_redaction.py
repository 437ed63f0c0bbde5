"""A report without names: nothing that names a person is in any byte of it."""

from __future__ import annotations

import html
import ipaddress
import json
import stat
import tempfile
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import okta_kit
from factories import REFUSED, event, ndjson
from kit.reports.people import People
from kit.reports.pseudonyms import Key
from properties import max_examples

NAMED = "Quillon Brackwater"


LOGIN = "quillon.brackwater@example.com"


ADMIN = "Zephyrine Oxtoby"


PLANTED = (
    "Quillon",
    "Brackwater",
    "quillon.brackwater",
    "00uquillon",
    "Zephyrine",
    "Oxtoby",
    "zoxtoby",
    "203.0.113.77",
    "2001:db8:77::5",
    "2001:db8:77::6",
    "192.0.2.199",
    "fe80::77",
    "PlantedPhone",
    "Plantedville",
    "Plantedshire",
    "Plantedbook",
    "guoplanted",
    "plantedsession",
    "stranger.elsewhere",
    "export.ndjson",
)


def planted(path: Path) -> None:
    """An export whose every field about people is planted with names."""
    agent = {"rawUserAgent": "PlantedPhone/7.7", "os": "PlantedPhone OS", "browser": "PlantedPhone"}
    more: dict[str, Any] = {
        "actor": {
            "id": "00uzoxtoby",
            "type": "User",
            "alternateId": "zoxtoby@example.com",
            "displayName": ADMIN,
        },
        "client": {
            "ipAddress": "203.0.113.77",
            "device": "PlantedPhone",
            "userAgent": agent,
            "geographicalContext": {
                "city": "Plantedville",
                "country": "Nowhere",
                "state": "Plantedshire",
            },
            "zone": f"{ADMIN}'s office",
        },
        "device": {"id": "guoplanted", "name": "Plantedbook of Quillon"},
        "authenticationContext": {"externalSessionId": "plantedsession"},
        "securityContext": {"asNumber": 64500, "asOrg": f"{NAMED} Home Networks"},
        "debugContext": {"debugData": {"who": LOGIN, "requestId": "r1"}},
    }
    told = (
        f"Automatic provisioning of user {NAMED} to app Microsoft Office 365 failed: "
        f"{REFUSED} (asked by {ADMIN}, brackwater, {LOGIN.upper()}, "
        "stranger.elsewhere@example.org, 203.0.113.77, 2001:db8:77::5, [2001:DB8:77::6]:443, "
        "::ffff:192.0.2.199, fe80::77%eth0, quillon.brackwater%40example.com, "
        r"CORP\zoxtoby, quillon.brackwater\u0040example.com)"
    )
    target = [
        {
            "id": "0oa1",
            "type": "AppInstance",
            "alternateId": "Microsoft Office 365",
            "displayName": "Microsoft Office 365",
        },
        {"id": "00uquillon", "type": "User", "alternateId": LOGIN, "displayName": NAMED},
    ]
    events = [
        event(f"2026-10-27T09:{minute:02}:00Z", transaction=f"t{minute}", reason=told, **more)
        | {"target": target}
        for minute in range(5, 15)
    ]
    events += [event("2026-10-27T08:00:00Z", user="b@example.com", result="SUCCESS")]
    aside = event("2026-10-27T08:01:00Z", user="b@example.com", result="SUCCESS")
    aside["target"] = [
        {"id": "0oa2", "type": "AppInstance", "displayName": f"Quillon's sandbox {LOGIN}"},
        {"id": "00g2", "type": "UserGroup", "displayName": f"team-{LOGIN}"},
    ]
    events.append(aside)
    text = ndjson(events)
    path.write_text(text + '{"uuid": "broken", "who": "Quillon Brackwater"}\n', encoding="utf-8")


@pytest.fixture(scope="module")
def redacted_run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both notebooks run without names on planted events."""
    folder = tmp_path_factory.mktemp("redacted")
    planted(folder / "export.ndjson")
    key, out = folder / "key.json", folder / "out"
    for name in ("failure_trends", "remediation"):
        source = ["--source", str(folder / "export.ndjson"), "--redact"]
        done = okta_kit("report", name, *source, "--out", str(out), OKTA_KIT_REDACT_KEY=str(key))
        assert done.returncode == 0, done.stderr
    return {"key": key, "out": out, "export": folder / "export.ndjson"}


@pytest.mark.slow
def test_no_planted_name_is_in_any_byte_of_the_reports(redacted_run: dict[str, Path]) -> None:
    """Page, notebook, summary and index, without case."""
    files = [path for path in redacted_run["out"].rglob("*") if path.is_file()]

    assert len(files) == 9  # three each, the retry list, the index and its lock
    for path in files:
        held = path.read_bytes().decode().casefold()
        assert [name for name in PLANTED if name.casefold() in held] == []


@pytest.mark.slow
def test_the_answer_is_the_same_without_names(redacted_run: dict[str, Path]) -> None:
    """Counts, codes and coverage do not depend on who it was; the page says what was done."""
    (folder,) = (redacted_run["out"] / "remediation").glob("*/")
    facts = json.loads((folder / "summary.json").read_text(encoding="utf-8"))

    assert (facts["results"]["code"], facts["results"]["affected"]) == ("AADSTS50126", 1)
    assert [gap["until"] for gap in facts["coverage"]["gaps"]] == ["2026-10-27T08:01:00.001Z"]
    assert facts["source"].startswith("source-")
    assert facts["redacted"] is True
    assert "replaced by pseudonyms" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_key_resolves_a_pseudonym_and_is_the_owners_alone(
    redacted_run: dict[str, Path],
) -> None:
    """Whoever holds the key learns whom a pseudonym stands for."""
    (folder,) = (redacted_run["out"] / "remediation").glob("*/")
    facts = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    (login,) = facts["results"]["still_failing"]

    done = okta_kit("reports", "resolve", login, OKTA_KIT_REDACT_KEY=str(redacted_run["key"]))
    wrong = okta_kit(
        "reports", "resolve", "user-nobody", OKTA_KIT_REDACT_KEY=str(redacted_run["key"])
    )

    assert login.startswith("user-")
    assert done.stdout == f"{LOGIN}\n"
    assert stat.S_IMODE(redacted_run["key"].stat().st_mode) == 0o600
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


@pytest.mark.slow
def test_a_key_inside_the_reports_is_refused(redacted_run: dict[str, Path], tmp_path: Path) -> None:
    """It would lie beside what it protects."""
    done = okta_kit(
        "report",
        "failure_trends",
        "--redact",
        "--out",
        str(tmp_path),
        OKTA_KIT_REDACT_KEY=str(tmp_path / "key.json"),
    )

    assert done.returncode == 2
    assert "must not lie in" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_same_value_has_the_same_pseudonym_in_every_text(tmp_path: Path) -> None:
    """Without case, in a sentence as alone, and after the key was read anew."""
    key = Key.load_or_make(tmp_path / "key.json")
    people = People(key)
    login = key.pseudonym("login", LOGIN)
    people.add("login", LOGIN, login)
    people.add("name", NAMED, key.pseudonym("name", NAMED, of=LOGIN))
    key.save()

    again = Key(tmp_path / "key.json")

    assert again.pseudonym("login", LOGIN.upper()) == login
    assert again.resolve(login) == LOGIN
    assert people.redact(f"{NAMED}, ({LOGIN}): quillon.brackwater") == (
        f"Person {login[5:]}, ({login}): {login}"
    )


LETTERS = "abcdefghijklmnoprstuvwyzéüøß"


WORDS = st.text(LETTERS, min_size=4, max_size=9).map(lambda word: f"zq{word}")


WAYS = {
    "as it is": str,
    "in capitals": str.upper,
    "in a URL": lambda login: quote(login, safe=""),
    "in a URL twice": lambda login: quote(quote(login, safe=""), safe=""),
    "in JSON": lambda login: json.dumps(login)[1:-1].replace("@", r"\u0040"),
    "in HTML": lambda login: html.escape(login).replace("@", "&#64;"),
    "with accents apart": lambda login: unicodedata.normalize("NFD", login),
    "in a group's name": lambda login: f"team-{login}",
    "with a tag": lambda login: login.replace("@", "+tag@"),
    "in brackets": lambda login: f"<{login}>",
    "in another domain": lambda login: login.split("@")[0] + "@example.net",
}


@max_examples(150)
@given(WORDS, WORDS, st.sampled_from(sorted(WAYS)), st.sampled_from(["{}", "x ({}): y", "u={}, z"]))
def test_a_login_in_any_writing_is_its_persons_pseudonym(
    first: str, last: str, way: str, around: str
) -> None:
    """A URL, JSON, HTML, capitals, another domain: nothing of the login is left."""
    login = f"{first}.{last}@example.com"
    with tempfile.TemporaryDirectory() as folder:
        people = People(Key.load_or_make(Path(folder) / "key.json"))
        pseudonym = people.key.pseudonym("login", login)
        people.add("login", login, pseudonym)

        done = people.redact(around.format(WAYS[way](login)))

    read = unicodedata.normalize("NFC", done).casefold()
    assert pseudonym in done
    assert first.casefold() not in read
    assert last.casefold() not in read


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(
    lambda one: one != ipaddress.IPv6Address(0)
)


SHAPES = ["{}", "from {}: refused", "[{}]:443", "({})", "ip={}", "ip:{}", "{}/24", "{}, then"]


@max_examples(200)
@given(ADDRESSES, st.sampled_from(SHAPES), st.sampled_from(["compressed", "exploded"]))
def test_an_address_has_one_pseudonym_however_it_is_written(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, shape: str, form: str
) -> None:
    """Short and long, in brackets, with a port: as the column of addresses has it."""
    with tempfile.TemporaryDirectory() as folder:
        people = People(Key.load_or_make(Path(folder) / "key.json"))
        written = getattr(address, form)

        done = people.redact(shape.format(written))

        assert written not in done
        assert people.key.pseudonym("ip", str(address)) in done


@pytest.mark.parametrize(
    "text",
    [
        "at 12:34:56 on 2026-10-27T09:05:00.000Z",
        "version 1.2.3.4, v10.0.0.1",
        "OID 1.2.3.4.5",
        "std::dec",
        "8f14e45f-ceea-467f-a8b4-1e3b5f6d7c8a deadbeefcafe",
        "sha1 aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd",
        "100% of 5 & more: AADSTS50126",
    ],
)
def test_what_is_no_name_stays(text: str, tmp_path: Path) -> None:
    """Times, versions, GUIDs, fingerprints and codes tell nobody."""
    assert People(Key.load_or_make(tmp_path / "key.json")).redact(text) == text


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("::ffff:192.0.2.1", "ip", "192.0.2.1"),
        ("fe80::1%eth0", "ip", "fe80::1"),
        ("2001:db8:0:0:0:0:0:1:443", "ip", "2001:db8::1"),
        ("AA-BB-CC-DD-EE-FF", "mac", "aa:bb:cc:dd:ee:ff"),
        ("o'neil@example.org", "login", "o'neil@example.org"),
        ("rené@xn--exmple-cua.com", "login", "rené@exämple.com"),
    ],
)
def test_an_address_of_nobody_known_is_replaced(
    text: str, kind: str, value: str, tmp_path: Path
) -> None:
    """By the pseudonym of its plain form, and whole."""
    people = People(Key.load_or_make(tmp_path / "key.json"))

    done = people.redact(text)

    assert done.removesuffix(":443") == people.key.pseudonym(kind, value)
