"""An Okta org on loopback: the System Log as Okta documents it, and its faults on demand."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
import time
from bisect import bisect_left
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
from aiohttp import web

from kit.lake.pull import pull
from kit.sources.okta import read_settings
from lakes import DAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from kit.lake import Lake
    from kit.lake.pull import PullResult
    from kit.sources.okta import Settings

__all__ = ["CANARY", "FakeOrg", "org_uuids", "pull_days", "settings"]

CANARY = "00CanaryTokenNeverShown"


@dataclass
class FakeOrg:
    """Started as a context; what it does is changed by its fields, also while it runs."""

    events: list[dict[str, Any]] = field(default_factory=list)
    """In the order in which they were stored; ``stored`` in an event, seconds, if not at once."""
    token: str = CANARY
    cursor: str = "cursor,"
    """How cursors begin: with what quoting, or splitting at commas, would break."""
    page: int = 1000
    latency: float = 0.0
    limit: int = 10_000
    """Requests in a window."""
    window: float = 60.0
    clock_off: float = 0.0
    faults: deque[str] = field(default_factory=deque)
    """What happens to the next requests of the log, in turn; ``""`` is none."""
    fault_when: Callable[[web.Request], str] | None = None
    """A fault by the request, where ``faults`` has none."""
    link: Callable[[str, str], list[tuple[str, str]]] | None = None
    """Link headers for the URLs of this page and of the next."""
    public_key: Any = None
    """Of the service app, for ``PrivateKey``."""
    dpop: bool = False
    token_lives: int = 3600
    certificate: ssl.SSLContext | None = None
    """For https; http without it."""
    requests: list[tuple[float, str]] = field(default_factory=list)
    """When (monotonic) and what was asked of the log."""
    refused: Counter[str] = field(default_factory=Counter)
    apps: dict[str, Any] = field(default_factory=dict)
    """Answers by path."""

    def __enter__(self) -> FakeOrg:
        """Listen."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._access: set[str] = set()
        self._known = -1
        self._nonce = "nonce-1"
        self._used = 0
        self._window_at = 0
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        """The org's URL."""
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> dict[str, str]:
        """The variables that lead here."""
        return {"OKTA_CLIENT_ORGURL": self.url, "OKTA_CLIENT_TOKEN": self.token, **more}

    def now(self) -> float:
        """The org's clock."""
        return time.time() + self.clock_off

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/api/v1/logs", self._logs)
        app.router.add_post("/oauth2/v1/token", self._sign_in)
        app.router.add_get("/{path:.*}", self._other)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.certificate)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def _headers(self) -> dict[str, str]:
        now = self.now()
        at = int(now // self.window)
        if at != self._window_at:
            self._window_at, self._used = at, 0
        return {
            "Date": formatdate(int(now), usegmt=True),
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(max(0, self.limit - self._used)),
            "X-Rate-Limit-Reset": str(int((at + 1) * self.window)),
        }

    def _answer(self, status: int, body: Any, headers: Any = None) -> web.Response:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        found = web.Response(status=status, body=text, content_type="application/json")
        found.headers.extend(headers or self._headers())
        return found

    def _error(self, status: int, code: str, summary: str, headers: Any = None) -> web.Response:
        self.refused[f"{status}"] += 1
        body = {"errorCode": code, "errorSummary": summary, "errorId": "oae-x", "errorCauses": []}
        return self._answer(status, body, headers)

    def _may(self, request: web.Request) -> bool:
        said = request.headers.get("Authorization", "")
        if self.public_key is None:  # the SDK's models leave the blank out, and Okta takes it
            return said.startswith("SSWS") and said.removeprefix("SSWS").strip() == self.token
        kind, _, token = said.partition(" ")
        if kind != ("DPoP" if self.dpop else "Bearer") or token not in self._access:
            return False
        return not self.dpop or self._proof(request, nonce=False)

    def _proof(self, request: web.Request, *, nonce: bool) -> bool:
        """Whether a DPoP proof belongs to this request."""
        try:
            proof = request.headers["DPoP"]
            key = jwt.PyJWK(jwt.get_unverified_header(proof)["jwk"])
            said = jwt.decode(proof, key=key, algorithms=["RS256", "ES256"])
        except (KeyError, jwt.PyJWTError):
            return False
        url = str(request.url).partition("?")[0]
        fits = said["htm"] == request.method and said["htu"].partition("?")[0] == url
        return fits and (not nonce or said.get("nonce") == self._nonce)

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        self.refused["token requests"] += 1
        try:
            said = jwt.decode(
                str(form["client_assertion"]),
                key=self.public_key,
                algorithms=["RS256"],
                audience=f"{self.url}/oauth2/v1/token",
            )
        except jwt.PyJWTError:
            said = {}
        if said.get("sub") != "0oaservice":
            wrong = {"error": "invalid_client", "error_description": "The client is unknown."}
            return self._answer(401, wrong)
        if "okta.logs.read" not in str(form["scope"]).split():
            wrong = {"error": "invalid_scope", "error_description": "No scope is granted."}
            return self._answer(400, wrong)
        if self.dpop and not self._proof(request, nonce=True):
            wrong = {"error": "use_dpop_nonce", "error_description": "Use the nonce."}
            return self._answer(400, wrong, {**self._headers(), "dpop-nonce": self._nonce})
        access = base64.b64encode(f"{CANARY}-{len(self._access)}".encode()).decode().rstrip("=")
        self._access.add(access)
        kind = "DPoP" if self.dpop else "Bearer"
        return self._answer(
            200, {"access_token": access, "token_type": kind, "expires_in": self.token_lives}
        )

    def end_tokens(self) -> None:
        """Let all access tokens end early."""
        self._access.clear()

    async def _other(self, request: web.Request) -> web.StreamResponse:
        if not self._may(request):
            return self._error(401, "E0000011", "Invalid token provided")
        if request.path in self.apps:
            return self._answer(200, self.apps[request.path])
        return self._error(404, "E0000007", "Not found: Resource not found")

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((time.monotonic(), request.raw_path))
        await asyncio.sleep(self.latency)
        headers = self._headers()
        if not self._may(request):
            return self._error(401, "E0000011", "Invalid token provided")
        fault = self.faults.popleft() if self.faults else ""
        fault = fault or (self.fault_when(request) if self.fault_when else "")
        if fault and (answer := await self._fault(fault, request, headers)) is not None:
            return answer
        self._used += 1
        headers = self._headers()
        if self._used > self.limit:
            return self._error(429, "E0000047", "API call exceeded rate limit", headers)
        return self._page(request, empty=fault == "empty", loop=fault == "loop")

    def _page(self, request: web.Request, *, empty: bool, loop: bool) -> web.Response:
        query = request.query
        size = min(int(query.get("limit", "100")), self.page)
        since = _seconds(query["since"]) if "since" in query else self.now() - 7 * 86400
        if bounded := "until" in query:
            found = self._in_order("published", since, _seconds(query["until"]))
        else:
            found = self._in_order("stored", since, self.now())
        start = int(query.get("after", "0").rpartition("_")[2] or 0)
        page = [] if empty else found[start : start + size]
        ends = start if empty else start + len(page)
        headers = list(self._headers().items())
        if not bounded or empty or ends < len(found):
            after = {**dict(query), "after": f"{self.cursor}_{start if loop else ends}"}
            following = f"{self.url}/api/v1/logs?{urlencode(after, safe=',')}"
            me = f"{self.url}{request.raw_path}"
            headers += self.link(me, following) if self.link else _links(me, following)
        body = b"[" + b",".join(page) + b"]"
        found_page = web.Response(body=body, content_type="application/json")
        for name, value in headers:
            found_page.headers.add(name, value)
        return found_page

    def _in_order(self, order: str, since: float, until: float) -> list[bytes]:
        """Events by the time of publishing or storing, of those that are stored by now."""
        if len(self.events) != self._known:
            self._known = len(self.events)
            rows = []
            for one in self.events:
                published = _seconds(one["published"])
                text = json.dumps({k: v for k, v in one.items() if k != "stored"}).encode()
                rows.append({"published": published, "stored": one.get("stored", published)})
                rows[-1]["text"] = text
            self._orders = {
                name: sorted(rows, key=lambda row, name=name: row[name])
                for name in ("published", "stored")
            }
        rows, now = self._orders[order], self.now()
        first, last = (bisect_left(rows, at, key=lambda row: row[order]) for at in (since, until))
        return [row["text"] for row in rows[first:last] if row["stored"] <= now]

    async def _fault(
        self, fault: str, request: web.Request, headers: dict[str, str]
    ) -> web.StreamResponse | None:
        """Answer with a fault; None where the page follows all the same."""
        if fault.isdecimal():
            said = {
                "401": ("E0000011", "Invalid token provided"),
                "403": ("E0000006", "You do not have permission to perform the requested action"),
            }
            return self._error(int(fault), *said.get(fault, ("E0000009", "Internal Server Error")))
        if fault.startswith("429"):
            date = {"Date": headers["Date"]}
            how = {
                "429 with reset": {**headers, "X-Rate-Limit-Remaining": "0"},
                "429 without reset": date,
                "429 with Retry-After": {**date, "Retry-After": "1"},
                "429 concurrent": {**headers, "X-Rate-Limit-Limit": "0"},
            }
            return self._error(429, "E0000047", "API call exceeded rate limit", how[fault])
        if fault == "html":
            return web.Response(
                text="<html>Sign in to the network</html>", content_type="text/html"
            )
        if fault == "malformed":
            return self._answer(200, b'[{"uuid": "1", ')
        if fault == "redirect":
            return web.Response(status=302, headers={"Location": "http://portal.example/login"})
        if fault == "slow":
            await asyncio.sleep(30)
        if fault in {"drop", "cut"}:
            assert request.transport is not None
            if fault == "cut":
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                request.transport.write(head + b'Content-Length: 5000\r\n\r\n[{"uuid": "1"')
            request.transport.close()
            return web.Response()
        return None


def _links(me: str, following: str) -> list[tuple[str, str]]:
    return [("Link", f'<{me}>; rel="self"'), ("Link", f'<{following}>; rel="next"')]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def org_uuids(org: FakeOrg) -> list[str]:
    """The uuids of all events of an org, sorted."""
    return sorted(one["uuid"] for one in org.events)


def settings(**variables: str) -> Settings:
    """Read from variables alone."""
    return read_settings({"HOME": "/nowhere", **variables})


def pull_days(org: FakeOrg, lake: Lake, days: float = DAYS + 1, **options: Any) -> PullResult:
    """Pull so many days, all of the rate limit taken and retries made at once."""
    given = {"share": 1.0, "backoff_s": 0.01, "since": lambda now: now - timedelta(days=days)}
    return pull(lake, settings(**org.environment()), **{**given, **options})
