"""A log in which every text is somebody's attempt to run, load or pretend something."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from factories import REFUSED, event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ELSEWHERE = "http://127.0.0.1:9"
"""Where nothing listens; a request to it is seen by the browser all the same."""

PAYLOADS = {
    "script": "<script>document.title='owned';alert(1)</script>",
    "handler": "<img src=x onerror=\"document.title='owned';alert(1)\"><svg onload=alert(1)>",
    "attribute": '" onmouseover="alert(1)" style="background:url(\'' + ELSEWHERE + "/a')\" x='",
    "closing": "--></title></style></textarea></table></details></main><script>alert(1)</script>",
    "page": f'<base href="{ELSEWHERE}/"><meta http-equiv="refresh" content="0;url={ELSEWHERE}/b">'
    f'<link rel="stylesheet" href="{ELSEWHERE}/c"><style>@import url({ELSEWHERE}/d)</style>',
    "frame": f'<iframe src="{ELSEWHERE}/e" srcdoc="<script>alert(1)</script>"></iframe>'
    f'<object data="{ELSEWHERE}/f"></object><form action="{ELSEWHERE}/g"><input></form>',
    "link": f'<a href="javascript:alert(1)">x</a> <a href="{ELSEWHERE}/h">y</a>',
    "markdown": f"[x](javascript:alert(1)) [y]({ELSEWHERE}/i) ![z]({ELSEWHERE}/j) <{ELSEWHERE}/k>",
    "mathematics": r"$\href{javascript:alert(1)}{x}$ \(\unicode{x}\) $$\frac{$$ $\notacommand$",
    "template": "{{ 7*7 }} {% for x in y %} %(name)s {0} ${HOME} `id`",
    "terminal": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m \x9b31m\x90\x08\x00\x7f",
    "direction": "\u202egnp.exe\u202c \u2066a\u2069 \u200f\u061c\u2028new\u2029line",
    "formula": f'=HYPERLINK("{ELSEWHERE}/l","x")',
    "command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "plus": "+1+1",
    "minus": "-1+1",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "feed": "\n=1+1",
    "wide": "\uff1d1+1",
    "semicolon": 'a;=1+1;"b',
    "lines": "first\nsecond\r\n\n# third\n\n- fourth",
    "long": "A" * 3000,
}
MIXED = " ".join([PAYLOADS["formula"], *(v for k, v in PAYLOADS.items() if k != "long")])
"""All of them in one, beginning as a formula."""

_PROVISIONING = "application.provision.user.push"
_START = datetime(2026, 10, 26, 6, 0, tzinfo=UTC)


def _base(minute: int, user: str, **more: Any) -> dict[str, Any]:
    at = (_START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
    one = event(at, user=user, transaction=f"t-{minute}-{user[:20]}", **more)
    one["client"] = {
        "ipAddress": "203.0.113.7",
        "device": "Computer",
        "userAgent": {"rawUserAgent": "Mozilla/5.0", "os": "Linux", "browser": "FIREFOX"},
        "geographicalContext": {"city": "Example", "state": "Here", "country": "Nowhere"},
    }
    one["debugContext"] = {"debugData": {"requestId": "r1", "url": "/x?", "threatSuspected": "no"}}
    one["target"].append(
        {"id": "00g1", "type": "UserGroup", "alternateId": "unknown", "displayName": "A group"}
    )
    one["legacyEventType"] = "app.user_management.push"
    return one


def _texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every text in an event."""
    if isinstance(value, str):
        yield path
    for key, inner in (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    ):
        yield from _texts(inner, (*path, key))


def _put(one: dict[str, Any], path: tuple[Any, ...], text: str) -> None:
    place: Any = one
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = text


def events() -> Iterator[dict[str, Any]]:
    """A realistic incident, then each of its texts replaced in turn, then all at once."""
    kinds = [
        _base(0, "ada@example.com", reason=REFUSED),
        _base(1, "ada@example.com", reason='409 {"schemas":["e"],"detail":"taken","status":"409"}'),
        _base(2, "bob@example.com", type_="user.session.start", reason="INVALID_CREDENTIALS"),
        _base(3, "bob@example.com", type_="group.user_membership.add", result="SUCCESS"),
    ]
    serial = 10
    for kind in kinds:
        for path in _texts(kind):
            for text in (*PAYLOADS.values(), MIXED):
                serial += 1
                one = copy.deepcopy(kind)
                _put(one, path, text)
                one["uuid"] = f"{serial}{one['uuid']}"
                yield one
    for text in (*PAYLOADS.values(), MIXED):
        yield from incident(text, serial)
        serial += 100


def incident(text: str, serial: int = 0) -> Iterator[dict[str, Any]]:
    """A broken connection whose app, users, admin, group, client and messages all say *text*."""
    app = {"id": f"0oa{text}", "name": text}
    told = f"Automatic provisioning of user {text} to app {text} failed: {REFUSED} {text}"
    steps = [
        ("application.lifecycle.update", "SUCCESS", 2000, ""),
        *((_PROVISIONING, "SUCCESS", 1990 + n, str(n)) for n in range(3)),
        *((_PROVISIONING, "FAILURE", 2010 + n, str(n)) for n in range(12)),
        *((_PROVISIONING, "SUCCESS", 2100 + n, str(n)) for n in range(4)),
    ]
    for number, (type_, result, minute, who) in enumerate(steps):
        reason = told if result == "FAILURE" else None
        login = f"{text}{who}" if who else None
        one = _base(minute, "x", type_=type_, result=result, reason=reason, app=app)
        if login is None:
            one["target"] = one["target"][:1]
        else:
            one["target"][1] |= {"id": f"00u{login}", "alternateId": login, "displayName": text}
            one["target"][2] |= {"id": f"00g{text}", "displayName": text}
        one["actor"] |= {"id": f"00u{text}admin", "alternateId": text, "displayName": text}
        one["client"] = {
            "ipAddress": text,
            "device": text,
            "userAgent": {"rawUserAgent": text, "os": text, "browser": text},
            "geographicalContext": {"city": text, "state": text, "country": text},
        }
        one["debugContext"] = {"debugData": {"requestId": text, "url": text}}
        one |= {"displayMessage": text, "uuid": f"{serial}-{number}{text}"}
        one["transaction"]["id"] = f"{serial}-{number}"
        yield one


def write(path: Path) -> Path:
    """Write the log as NDJSON."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in events())
    return path
