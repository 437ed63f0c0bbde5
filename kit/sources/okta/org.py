"""One GET after another from the live org: signed by the SDK, within a budget, tried again.

Of the SDK the request executor is used, for configuration, sign-in and signing. It retries
some faults, loses the cause of others and follows redirects, so retries, faults and the bytes
of an answer are handled here.
"""

from __future__ import annotations

import logging
import os
import random
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from tenacity import AsyncRetrying, RetryError, retry_if_exception_type

from kit.base.errors import OktaError
from kit.catalogue import load
from kit.sources.brackets import Brackets
from kit.sources.okta.budget import MAX_WAIT_S, RateLimiter, server_time
from kit.sources.okta.links import next_link
from kit.sources.okta.settings import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenacity import RetryCallState

    from kit.sources.okta.settings import Settings

__all__ = ["Org", "Reply"]

_NETWORK, _PAGE, _LIMIT = 6, 3, 10
"""How often a request is made where the network or Okta's servers fail, where something else
answers in Okta's place, and where Okta asks for patience."""


@dataclass(frozen=True)
class Reply:
    """An answer that is what it should be."""

    url: str
    headers: Any
    """A mapping of names without regard to case."""
    body: bytes
    """JSON, to the letter."""
    next: str | None
    """The next page's URL; of this org."""
    at: float
    """What Okta's clock showed, seconds since 1970; ours where it did not say."""


class _Fault(Exception):
    """A request that did not work. It holds words, and nothing of the request."""

    def __init__(self, text: str, tries: int = 1, status: int | None = None) -> None:
        super().__init__(text)
        self.tries = tries
        self.status = status
        self.wait: float | None = None


class Org:
    """The live org; an asynchronous context, one connection for all that is asked in turn."""

    def __init__(
        self,
        settings: Settings,
        *,
        share: float = 0.5,
        on_wait: Callable[[str], None] | None = None,
        on_retry: Callable[[str], None] | None = None,
        backoff_s: float = 1.0,
    ) -> None:
        """Get ready; nothing is asked yet.

        Args:
            settings: where the org is, and how to sign in.
            share: the part of the org's rate limit that may be taken.
            on_wait: is called with a line about each wait for the rate limit.
            on_retry: is called with a line about each fault that is tried again.
            backoff_s: seconds before the second try; each further one waits twice as long.
        """
        self.settings = settings
        self.share = share
        self.limiters: dict[str, RateLimiter] = {}
        self._on_wait = on_wait or (lambda _: None)
        self._on_retry = on_retry or (lambda _: None)
        self._backoff_s = backoff_s
        self._executor: Any = None
        self._session: Any = None

    async def __aenter__(self) -> Org:
        """Open the connection."""
        from kit.sources.okta.signing import executor, session

        problem = ""
        try:
            self._executor = executor(self.settings)
        except Exception as fault:  # noqa: BLE001  # its traceback would show the key
            problem = f"{type(fault).__name__}"
        if problem:
            raise OktaError(
                f"The SDK does not take the settings ({problem}). okta-kit doctor says which."
            )
        self._session = session()
        self._executor._http_client.set_session(self._session)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connection."""
        await self._session.close()

    async def get(self, url: str) -> Reply:
        """Ask for a page.

        Args:
            url: a path (``/api/v1/logs?limit=1000``) or a URL of the org, sent verbatim.

        Returns:
            The answer, which is JSON.

        Raises:
            OktaError: Okta refused, or could not be reached, also after further tries.
        """
        if "://" not in url:
            url = self.settings.org_url + url
        if origin(url) != self.settings.origin:
            raise OktaError(
                f"{_origin_text(url)} is not the org {self.settings.host}; it was not asked."
            )
        limiter = self._limiter(url)
        tries = AsyncRetrying(
            retry=retry_if_exception_type(_Fault),
            stop=_no_more_tries,
            wait=self._wait,
            before_sleep=self._say,
        )
        try:
            reply: Reply = await tries(self._once, url, limiter)
        except RetryError as fault:
            last = fault.last_attempt.exception()
        else:
            return reply
        # Raised out here, so that no traceback reaches into the request.
        raise OktaError(f"{self.settings.host}: {last}", getattr(last, "status", None))

    def _limiter(self, url: str) -> RateLimiter:
        kind = re.sub(r"^[^/]*//[^/]*/(api/v1/[^/?]*).*$", r"\1", url)
        if kind not in self.limiters:
            self.limiters[kind] = RateLimiter(self.share, self._waits)
        return self.limiters[kind]

    def _waits(self, seconds: float) -> None:
        self._on_wait(f"waiting {seconds:.0f} s for the share of the rate limit")

    async def _once(self, url: str, limiter: RateLimiter, *, renewed: bool = False) -> Reply:
        """Make one request; say in words what went wrong."""
        await limiter.take()
        response, body, problem = await self._send(url)
        if problem:
            raise problem
        limiter.learn(response.headers)
        status = int(response.status)
        oauth = self._executor._oauth
        if status == 401 and oauth is not None and not renewed:
            # The token may have ended early; the SDK would use it until its hour is over.
            oauth.clear_access_token()
            return await self._once(url, limiter, renewed=True)
        if status != 200:
            raise self._refusal(status, response.headers, body, limiter)
        if not _is_json(body):
            kind = "a web page" if b"<" in body[:200] else "something that is cut off or no JSON"
            raise _Fault(
                f"answered with {kind} where JSON was due. If this goes on, look for a proxy, a "
                "captive portal, or a wrong orgUrl.",
                _PAGE,
            )
        following = next_link(response.headers.getall("Link", []), url)
        if following and origin(following) != self.settings.origin:
            raise _Fault(
                f"its next page is on another host ({_origin_text(following)}); not followed."
            )
        at = server_time(response.headers)
        return Reply(url, response.headers, body, following, time.time() if at is None else at)

    async def _send(self, url: str) -> tuple[Any, bytes, _Fault | None]:
        """Sign and send; nothing that holds a token leaves this."""
        try:
            request, fault = await self._executor.create_request("GET", url)
            if fault is None:
                _, response, text, fault = await self._executor.fire_request_helper(
                    request, 0, time.time()
                )
                if fault is None:
                    return response, text.encode("utf-8", "surrogateescape"), None
        except Exception as raised:  # noqa: BLE001  # the SDK lets many kinds through
            fault = raised
        return None, b"", self._unanswered(fault)

    def _unanswered(self, fault: Any) -> _Fault:
        """Words for a request without an answer: the network's fault, or the sign-in's."""
        code = str(getattr(fault, "error_code", "") or "")
        if code:  # the token endpoint's refusal
            status = int(getattr(fault, "status", 0) or 0)
            summary = str(getattr(fault, "error_summary", "") or "")
            return self._words(
                status, code, summary, _NETWORK if status >= 500 or status == 429 else 1
            )
        kind = type(fault).__name__
        import aiohttp

        if isinstance(fault, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError):
            return _Fault(
                "its certificate is not trusted. If a proxy of yours opens TLS, name its "
                "certificate in $SSL_CERT_FILE."
            )
        if isinstance(fault, TimeoutError):
            return _Fault(
                f"no answer within {self.settings.timeout} s. Raise okta.client.requestTimeout "
                "if the network is slow.",
                _NETWORK,
            )
        if isinstance(fault, aiohttp.ClientConnectorError):
            number = fault.os_error.errno
            reason = os.strerror(number) if number and number > 0 else "name not resolved"
            return _Fault(
                f"cannot be reached ({reason}). Check orgUrl, network and proxy.", _NETWORK
            )
        if isinstance(fault, aiohttp.ClientError | OSError):
            return _Fault(f"the connection broke off ({kind}). Check network and proxy.", _NETWORK)
        where = "sign-in" if self._executor._oauth is not None else "request"
        return _Fault(
            f"the SDK could not make the {where} ({kind}). Check privateKey, clientId and scopes "
            "with okta-kit doctor."
        )

    def _refusal(self, status: int, headers: Any, body: bytes, limiter: RateLimiter) -> _Fault:
        """Words for an answer that is no page."""
        if 300 <= status < 400:
            target = _origin_text(str(headers.get("Location", "")))
            return _Fault(f"sends on to {target}; not followed. Check orgUrl, proxy and portal.")
        try:
            answer = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = {}
        tries = {429: _LIMIT}.get(status, _NETWORK if status >= 500 or status == 408 else 1)
        fault = self._words(
            status,
            str(answer.get("errorCode") or answer.get("error") or ""),
            str(answer.get("errorSummary") or ""),
            tries,
        )
        # Too many at once: the reset that is said is of no window.
        concurrent = headers.get("X-Rate-Limit-Limit") == "0"
        if status in {429, 503} and not concurrent:
            fault.wait = _asked_for(headers, limiter if status == 429 else None)
        return fault

    def _words(self, status: int, code: str, summary: str, tries: int) -> _Fault:
        """What Okta said, what it means, what to do."""
        refusal = load().okta_error(code) or load().okta_error(f"HTTP_{status}")
        summary = " ".join(re.sub(r"[^\x20-\x7e]", " ", summary).split())[:200].rstrip(".")
        text = " ".join(part for part in (str(status or ""), code[:60], summary) if part)
        for secret in self.settings.secret.values():
            text = text.replace(secret.get_secret_value(), "***")
        if refusal is None:
            return _Fault(f"answered {text}.", tries, status)
        return _Fault(f"answered {text}: {refusal.meaning}. {refusal.do}".rstrip(), tries, status)

    def _wait(self, state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, _Fault) and fault.wait is not None:
            return fault.wait
        longest: float = self._backoff_s * 2 ** (state.attempt_number - 1)
        return min(longest, MAX_WAIT_S / 2) * random.uniform(0.75, 1.0)  # noqa: S311  # no secret

    def _say(self, state: RetryCallState) -> None:
        fault = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0
        self._on_retry(f"{self.settings.host}: {fault} Trying again in {wait:.0f} s.")


def _no_more_tries(state: RetryCallState) -> bool:
    fault = state.outcome.exception() if state.outcome else None
    return isinstance(fault, _Fault) and state.attempt_number >= fault.tries


def _asked_for(headers: Mapping[str, str], limiter: RateLimiter | None) -> float | None:
    """Seconds that Okta asks to wait, by the reset of its window or by Retry-After."""
    until = limiter.until_next() if limiter and "X-Rate-Limit-Reset" in headers else None
    if until is not None:
        return min(until + 0.1, MAX_WAIT_S)
    try:
        return min(max(float(headers["Retry-After"]), 0.0), MAX_WAIT_S)
    except (KeyError, ValueError):
        return None


def _is_json(body: bytes) -> bool:
    """Whether a body is JSON, or a whole list of which at most some elements are none."""
    try:
        msgspec.json.decode(body, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body.strip()
        if not (text.startswith(b"[") and text.endswith(b"]")):
            return False
        brackets = Brackets(text)
        return brackets.match[0] == len(brackets) - 1
    return True


def _origin_text(url: str) -> str:
    """A URL's origin: its path and query may hold what is nobody's business."""
    scheme, host, port = origin(url) if "://" in url else ("", url[:60], None)
    return f"{scheme}://{host}" + (f":{port}" if port else "")


logging.getLogger("okta-sdk-python").disabled = True
