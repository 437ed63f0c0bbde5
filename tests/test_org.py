"""Settings, sign-in and the SDK's executor: what the live org is asked with."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import ssl
import subprocess
import sys
from collections import deque
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwcrypto.jwk import JWK

from fake_org import FakeOrg, settings
from kit.base.errors import OktaError
from kit.commands.app import run_command
from kit.commands.doctor import examine
from kit.lake import Lake
from kit.sources.okta import Org, Settings, app_evidence
from kit.sources.okta.links import next_link

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def forms(key: rsa.RSAPrivateKey, folder: Path) -> dict[str, str]:
    """A private key as people have it."""
    text = pem(key)
    pkcs8 = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    (folder / "key.pem").write_text(text, encoding="utf-8")
    return {
        "pem": text,
        "pkcs8": pkcs8,
        "one line": text.replace("\n", "\\n"),
        "jwk": json.dumps(JWK.from_pem(text.encode()).export_private(as_dict=True)),
        "file": str(folder / "key.pem"),
    }


def reply_of(found: Settings, path: str = "/api/v1/logs?limit=1") -> Any:
    async def get() -> Any:
        async with Org(found, backoff_s=0.01) as org:
            return await org.get(path)

    return asyncio.run(get())


def service(org: FakeOrg, private_key: str, **more: str) -> Settings:
    """The settings of a service app."""
    variables = {
        "OKTA_CLIENT_ORGURL": org.url,
        "OKTA_CLIENT_CLIENTID": "0oaservice",
        "OKTA_CLIENT_SCOPES": "okta.logs.read,okta.apps.read",
        "OKTA_CLIENT_PRIVATEKEY": private_key,
    }
    return settings(**{**variables, **more})


@pytest.mark.parametrize("form", ["pem", "pkcs8", "one line", "jwk", "file"])
@pytest.mark.parametrize("dpop", [False, True])
def test_a_service_app_signs_in_with_its_key_in_any_form(
    key: rsa.RSAPrivateKey, tmp_path: Path, form: str, *, dpop: bool
) -> None:
    """With proof of possession and without; one token for many requests."""
    with FakeOrg(public_key=key.public_key(), dpop=dpop) as org:
        found = service(org, forms(key, tmp_path)[form], OKTA_CLIENT_DPOPENABLED=str(dpop).lower())

        async def thrice() -> None:
            async with Org(found) as client:
                for _ in range(3):
                    assert (await client.get("/api/v1/logs?limit=1")).body == b"[]"

        asyncio.run(thrice())
        assert found.mode == "PrivateKey"
        assert org.refused["token requests"] == (2 if dpop else 1)


@pytest.mark.parametrize("dpop", [False, True])
def test_an_access_token_that_ends_early_is_renewed(key: rsa.RSAPrivateKey, *, dpop: bool) -> None:
    """Without a word: the key is still good."""
    with FakeOrg(public_key=key.public_key(), dpop=dpop) as org:
        found = service(org, pem(key), OKTA_CLIENT_DPOPENABLED=str(dpop))

        async def twice() -> None:
            async with Org(found) as client:
                await client.get("/api/v1/logs?limit=1")
                org.end_tokens()
                assert (await client.get("/api/v1/logs?limit=1")).body == b"[]"

        asyncio.run(twice())


def test_a_sign_in_that_is_refused_says_which_part_to_mend(key: rsa.RSAPrivateKey) -> None:
    """Another key; a scope that was not granted."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with FakeOrg(public_key=key.public_key()) as org:
        with pytest.raises(OktaError, match=r"invalid_client.*clientId"):
            reply_of(service(org, pem(other)))
        wrong = service(org, pem(key), OKTA_CLIENT_SCOPES="okta.users.read")
        with pytest.raises(OktaError, match=r"invalid_scope.*okta\.logs\.read"):
            reply_of(wrong)


def test_the_answer_is_handed_on_to_the_letter() -> None:
    """Bytes that are no UTF-8, too, which the SDK's own client would not survive."""
    with FakeOrg() as org:
        org.apps["/api/v1/apps"] = b'[{"label": "Caf\xc3\xa9",  "x": 1.50}]'
        found = settings(**org.environment())

        assert reply_of(found, "/api/v1/apps").body == b'[{"label": "Caf\xc3\xa9",  "x": 1.50}]'


def test_a_request_has_an_end() -> None:
    """The SDK's own has none."""
    with FakeOrg(faults=deque(["slow"] * 9)) as org:
        found = settings(**org.environment(OKTA_CLIENT_REQUESTTIMEOUT="1"))

        async def once() -> None:
            async with Org(found, backoff_s=0.01) as client:
                await asyncio.wait_for(client.get("/api/v1/logs?limit=1"), 20)

        with pytest.raises(OktaError, match="no answer within 1 s"):
            asyncio.run(once())


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([], None),
        (['<https://a/x?a=1,2;b>; rel="next"'], "https://a/x?a=1,2;b"),
        (['<https://a/1>; rel="self"', '<https://a/2>; rel="next"'], "https://a/2"),
        (['<https://a/1>; rel="prev next"'], "https://a/1"),
        (["<https://a/1>;rel=Next;title=x"], "https://a/1"),
        (['<https://a/1>; title="; rel=next"'], None),
        (['<https://a/1>; rel="self"; rel="next"'], None),
        (['<https://a/1>; title="a \\" <https://b>; rel=next"; rel=self'], None),
        (['</x?y=1>; rel="next"'], "https://org/x?y=1"),
        ([', ,<https://a/1>; rel="self" , <https://a/2> ; rel="next",'], "https://a/2"),
        (["nonsense"], None),
    ],
)
def test_the_next_link_is_read_in_every_form(headers: list[str], found: str | None) -> None:
    """By RFC 8288."""
    assert next_link(headers, "https://org/api/v1/logs") == found


def test_the_doctor_finds_all_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And names the share of the rate limit."""
    with FakeOrg(limit=600) as org:
        org.apps["/api/v1/apps"] = []
        for name, value in org.environment(HOME=str(tmp_path)).items():
            monkeypatch.setenv(name, value)
        found = examine(Lake(tmp_path / "lake"))

    assert {check.state for check in found if check.name not in {"lake", "TLS"}} == {"ok"}
    assert any("600 requests a minute" in c.message and "300" in c.message for c in found)


def certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody vouches for; ``cert.pem`` in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "org.example.com")])
    now = datetime.now(UTC)
    alone = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alone, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_certificate_that_is_not_trusted_is_told_and_one_that_is_named_serves(
    tmp_path: Path,
) -> None:
    """A proxy that opens TLS has a certificate of its own; the token is not sent before."""
    with FakeOrg(certificate=certificate(tmp_path)) as org:
        variables = {**os.environ, **org.environment(HOME=str(tmp_path))}
        command = [sys.executable, "-m", "kit", "doctor", "--lake", str(tmp_path / "lake")]

        def ran(**more: str) -> subprocess.CompletedProcess[str]:
            environment = {**variables, **more}
            return subprocess.run(
                command, env=environment, check=False, capture_output=True, text=True
            )

        refused = ran()
        assert org.requests == []
        trusted = ran(SSL_CERT_FILE=str(tmp_path / "cert.pem"))

    assert refused.returncode == 5
    assert "certificate is not trusted" in refused.stdout
    assert "$SSL_CERT_FILE" in refused.stdout
    assert trusted.returncode == 0
    assert "its certificate is trusted" in trusted.stdout


@pytest.mark.parametrize(
    ("change", "name", "code"),
    [
        ({"OKTA_CLIENT_TOKEN": "wrong"}, "E0000011", 5),
        ({"OKTA_CLIENT_ORGURL": "http://127.0.0.1:9"}, "cannot be reached", 5),
        ({"OKTA_CLIENT_ORGURL": "http://example.com"}, "not https", 2),
        ({"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivatKey"}, "PrivateKey", 2),
    ],
)
def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str],
    name: str,
    code: int,
) -> None:
    """In its exit code too."""
    with FakeOrg() as org:
        for key, value in {**org.environment(HOME=str(tmp_path)), **change}.items():
            monkeypatch.setenv(key, value)

        assert run_command(["doctor", "--lake", str(tmp_path / "lake")]) == code

    said = capsys.readouterr().out
    assert "FAIL" in said
    assert "fix:" in said
    assert name in said


def test_a_wrong_clock_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how much, and which way."""
    with FakeOrg(clock_off=400) as org:
        for name, value in org.environment(HOME=str(tmp_path)).items():
            monkeypatch.setenv(name, value)
        [clock] = [check for check in examine(Lake(tmp_path / "lake")) if check.name == "clock"]

    assert clock.state == "note"
    assert "behind" in clock.message


APP = "/api/v1/apps/0oam365000000000app1"


def test_an_app_says_how_it_stands_in_forms_that_the_sdk_rejects() -> None:
    """An unknown status, an unknown kind of app user, a top-level scheme."""
    with FakeOrg() as org:
        org.apps = {
            f"{APP}/connections/default": {"authScheme": "OAUTH2", "status": "ENABLED"},
            f"{APP}/features": [{"name": "USER_PROVISIONING", "status": "ENABLED"}],
            f"{APP}/users": [
                {
                    "status": "NEW_KIND",
                    "syncState": "ERROR",
                    "credentials": {"userName": "a@b.example"},
                }
            ],
        }
        found = app_evidence("0oam365000000000app1", settings=settings(**org.environment()))

    assert found.connection == "ENABLED"
    assert found.features == {"USER_PROVISIONING": "ENABLED"}
    assert found.users is not None
    assert found.users[0]["sync_state"] == "ERROR"
    assert found.users[0]["login"] == "a@b.example"
    assert found.not_checked == {}


def test_what_may_not_be_read_of_an_app_is_not_checked_and_says_why() -> None:
    """No error: the log's evidence stands without it."""
    with FakeOrg() as org:
        org.apps = {f"{APP}/connections/default": {"status": "DISABLED"}}
        found = app_evidence("0oam365000000000app1", settings=settings(**org.environment()))

    assert found.connection == "DISABLED"
    assert set(found.not_checked) == {"features", "users"}
    assert found.users is None


def test_the_sdk_still_has_what_is_relied_on() -> None:
    """An upgrade that changes one of these has to be looked at."""
    from okta.http_client import HTTPClient
    from okta.oauth import OAuth
    from okta.request_executor import RequestExecutor

    def names(function: Any) -> list[str]:
        return list(inspect.signature(function).parameters)

    assert names(RequestExecutor.__init__) == ["self", "config", "cache", "http_client"]
    assert names(RequestExecutor.create_request)[:3] == ["self", "method", "url"]
    assert names(RequestExecutor.fire_request_helper) == [
        "self",
        "request",
        "attempts",
        "request_start_time",
    ]
    assert names(HTTPClient.send_request) == ["self", "request"]
    assert names(HTTPClient.set_session) == ["self", "session"]
    assert names(HTTPClient._setup_proxy) == ["self", "proxy"]
    assert names(OAuth.clear_access_token) == ["self"]
