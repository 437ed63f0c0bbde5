"""Where the live org is and how to sign in to it, as the Okta SDK documents it.

Read from, each beating those before it: ``~/.okta/okta.yaml``, ``okta.yaml`` in the current
folder, the environment (``OKTA_CLIENT_ORGURL``, ``OKTA_CLIENT_TOKEN``, …). That is the order the
SDK's README gives; the SDK itself lets the files beat the environment. So all is read here, each
setting knows where it came from, and the SDK is handed the outcome.

https://github.com/okta/okta-sdk-python#configuration-reference
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kit.base.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

__all__ = ["Settings", "org_url", "read_settings"]

_SETTINGS = {
    "orgUrl": str,
    "authorizationMode": str,
    "token": str,
    "clientId": str,
    "scopes": list,
    "privateKey": str,
    "kid": str,
    "dpopEnabled": bool,
    "dpopKeyRotationInterval": int,
    "requestTimeout": int,
    "oauthTokenRenewalOffset": int,
}
"""The settings that are used, and their types."""

_MODES = ("SSWS", "Bearer", "PrivateKey")
_SECRETS = {"token", "privateKey"}
_REQUIRED_BY_MODE = {
    "SSWS": ["token"],
    "Bearer": ["token"],
    "PrivateKey": ["clientId", "scopes", "privateKey"],
}
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0", ""}

TIMEOUT = 60
"""Seconds for a request; Okta itself gives a query of the log 30."""


@dataclass(frozen=True)
class Settings:
    """How to reach the org. Its secrets show themselves to nobody who prints it."""

    org_url: str
    """``https://example.okta.com``, without a slash at its end."""
    mode: str
    """``SSWS``, ``Bearer`` or ``PrivateKey``."""
    plain: Mapping[str, Any] = field(default_factory=dict)
    secret: Mapping[str, SecretStr] = field(default_factory=dict)
    came_from: Mapping[str, str] = field(default_factory=dict)
    """For each setting the file, or ``$NAME`` of the variable, that it was read from."""
    overruled: Mapping[str, str] = field(default_factory=dict)
    """For each setting that stood in several places, the place that lost."""

    @property
    def timeout(self) -> int:
        """Seconds that a request may take."""
        return int(self.plain.get("requestTimeout") or TIMEOUT)

    @property
    def origin(self) -> tuple[str, str, int | None]:
        """Scheme, host and port, the one place that a token may go to."""
        return origin(self.org_url)

    @property
    def host(self) -> str:
        """The org's host, for people to read."""
        return urlsplit(self.org_url).netloc


def origin(url: str) -> tuple[str, str, int | None]:
    """The scheme, host and port of a URL; the scheme's own port is none."""
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or ""), None if parts.port == usual else parts.port


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of the live org.

    Args:
        environment: the variables; the process's own if left out.

    Returns:
        The settings, checked for form; nothing is asked of the org.

    Raises:
        UsageError: a setting is missing, has the wrong form, or a file cannot be read.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    came_from: dict[str, str] = {}
    overruled: dict[str, str] = {}
    for place, layer in _layers(environment):
        for name, value in layer.items():
            if name in values and values[name] != value:
                overruled[name] = came_from[name]
            values[name], came_from[name] = value, place
    values = {name: _convert(name, value, came_from[name]) for name, value in values.items()}
    mode = _mode(values, came_from)
    url = _org_url(str(values.get("orgUrl") or ""), came_from.get("orgUrl", ""))
    for name in _REQUIRED_BY_MODE[mode]:
        if not values.get(name):
            raise UsageError(
                f"{name} is missing, which authorizationMode {mode} needs. Set "
                f"${_variable(name)} or okta.client.{name} in ~/.okta/okta.yaml."
            )
    from pydantic import SecretStr  # not for those who only ask where the org is

    return Settings(
        org_url=url,
        mode=mode,
        plain={k: v for k, v in values.items() if k not in {*_SECRETS, "orgUrl"}},
        secret={
            k: SecretStr(_key(v) if k == "privateKey" else v.strip())
            for k, v in values.items()
            if k in _SECRETS and v
        },
        came_from=came_from,
        overruled=overruled,
    )


def org_url(environment: Mapping[str, str] | None = None) -> str | None:
    """Read where the org is, which needs no secret.

    Args:
        environment: the variables; the process's own if left out.

    Returns:
        The org's URL, as ``Settings`` has it; None where none is set.

    Raises:
        UsageError: it has the wrong form, or a file cannot be read.
    """
    url_and_place = (None, "")
    for place, values in _layers(os.environ if environment is None else environment):
        url_and_place = (values["orgUrl"], place) if values.get("orgUrl") else url_and_place
    url, place = url_and_place
    return _org_url(str(url), place) if url else None


def _layers(environment: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """What each place says, the weakest first."""
    home = Path(environment.get("HOME") or Path.home()) / ".okta" / "okta.yaml"
    layers = [(str(path), _file(path)) for path in (home, Path("okta.yaml")) if path.is_file()]
    variables = {_variable(name): name for name in _SETTINGS if environment.get(_variable(name))}
    return layers + [(f"${v}", {name: environment[v]}) for v, name in variables.items()]


def _variable(name: str) -> str:
    return f"OKTA_CLIENT_{name.upper()}"


def _file(path: Path) -> dict[str, Any]:
    """The client settings of an okta.yaml that are used here."""
    import yaml

    try:
        whole = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        client = (whole.get("okta") or {}).get("client") or {}
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"{path}: cannot be read ({type(fault).__name__}).") from None
    except (yaml.YAMLError, AttributeError):
        # The parser's own message would quote the line, and a token may stand in it.
        raise UsageError(f"{path}: is no YAML of the form okta: client: name: value.") from None
    if not isinstance(client, dict):
        raise UsageError(f"{path}: is no YAML of the form okta: client: name: value.")
    spellings = {name.casefold(): name for name in _SETTINGS}
    for name in client:
        right = spellings.get(str(name).casefold())
        if right and right != name:
            raise UsageError(f"{path}: write {name} as {right}.")
    return {name: client[name] for name in _SETTINGS if client.get(name) not in (None, "")}


def _convert(name: str, value: Any, place: str) -> Any:
    """A value in its type; files and variables both write them in several ways."""
    kind = _SETTINGS[name]
    if kind is list:
        parts = value.replace(",", " ").split() if isinstance(value, str) else value
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            return parts
    elif kind is bool:
        text = str(value).strip().casefold()
        if text in _TRUE | _FALSE:
            return text in _TRUE
    elif kind is int:
        try:
            return int(value)
        except (TypeError, ValueError):
            pass
    elif isinstance(value, str | int | dict):
        return value if isinstance(value, str) else _as_json(value)
    value_hint = "" if name in _SECRETS else f" (it is {value!r})"
    descriptions = {list: "a list of names", bool: "true or false", int: "a whole number"}
    raise UsageError(f"{name} from {place} must be {descriptions.get(kind, 'text')}{value_hint}.")


def _as_json(value: Any) -> str:
    import json

    return json.dumps(value) if isinstance(value, dict) else str(value)


def _mode(values: Mapping[str, Any], came_from: Mapping[str, str]) -> str:
    """The way to sign in; where none is named, the one whose secret is there."""
    mode_name = str(values.get("authorizationMode") or "")
    if not mode_name:
        return "PrivateKey" if values.get("privateKey") and not values.get("token") else "SSWS"
    by_folded = {mode.casefold(): mode for mode in _MODES}
    if mode_name.casefold() not in by_folded:
        raise UsageError(
            f"authorizationMode from {came_from['authorizationMode']} is {mode_name!r}. "
            f"It may be {', '.join(_MODES)}.{nearest(mode_name, _MODES)}"
        )
    return by_folded[mode_name.casefold()]


def _org_url(url: str, place: str) -> str:
    """The org's URL without a slash at its end; https, but on this very machine."""
    if not url:
        raise UsageError(
            "The org's URL is missing. Set $OKTA_CLIENT_ORGURL to https://YOUR-ORG.okta.com, or "
            "okta.client.orgUrl in ~/.okta/okta.yaml."
        )
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises if it is no number
    except ValueError:
        raise UsageError(f"orgUrl from {place} is no URL.") from None
    wrong = ""
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        wrong = "is no URL. Write https://YOUR-ORG.okta.com"
    elif parts.username or parts.password:
        wrong = "holds a user name or password. Take it out"
    elif parts.path or parts.query or parts.fragment:
        wrong = f"goes on after the host. Write {parts.scheme}://{parts.netloc}"
    elif "-admin.okta" in parts.hostname:
        wrong = f"is the Admin Console's. Write https://{parts.hostname.replace('-admin.', '.', 1)}"
    elif "yourokta" in parts.hostname.casefold():
        wrong = "still is the example's. Put your org's in its place"
    elif parts.scheme == "http" and not _is_loopback(parts.hostname):
        wrong = (
            f"is not https, so the token would be readable on the way. Write https://{parts.netloc}"
        )
    if wrong:
        raise UsageError(f"orgUrl from {place} {wrong}.")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _key(text: str) -> str:
    """A private key as PEM or JWK; a path stands for the file's content."""
    text = text.strip()
    if text.startswith(("{", "-----")):
        # In a variable, a PEM's line ends are often written out.
        return text.replace("\\n", "\n") if text.startswith("-----") else text
    try:
        return Path(text).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise UsageError("privateKey is no PEM, no JWK, and no file that can be read.") from None
