"""The SDK's request executor, and the HTTP client that it sends with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import aiohttp
from okta.cache.no_op_cache import NoOpCache
from okta.http_client import HTTPClient
from okta.request_executor import RequestExecutor
from yarl import URL

from kit.base.version import __version__

if TYPE_CHECKING:
    from kit.sources.okta.settings import Settings

__all__ = ["executor", "session"]

_RENEWAL = 5
"""Minutes before its end that an access token is renewed, as the SDK has it by default."""


class _Http(HTTPClient):  # type: ignore[misc]
    """Sends what the SDK signed: the URL verbatim, no redirect, the answer to the letter.

    The SDK's own client writes requests, with the token, to its log; it reads the text of an
    answer in whatever character set that names.
    """

    async def send_request(self, request: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
        """Send a request, as the SDK's executor asks for it.

        Returns:
            The request's info, the response, its body as text that encodes back to the same
            bytes (``surrogateescape``), and the error in their place.
        """
        try:
            async with self._session.request(
                request["method"],
                URL(request["url"], encoded=True),
                headers={**self._default_headers, **request["headers"]},
                data=request["form"] or None,
                timeout=self._timeout,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                body = await response.read()
        except (TimeoutError, aiohttp.ClientError) as error:
            return None, None, None, error
        return response.request_info, response, body.decode("utf-8", "surrogateescape"), None

    def _setup_proxy(self, proxy: dict[str, Any] | None) -> str | None:
        """Leave the environment's proxies to aiohttp, which knows ``NO_PROXY``."""
        return super()._setup_proxy(proxy) if proxy else None


def executor(settings: Settings) -> Any:
    """Make the SDK's request executor, which signs in and signs.

    Args:
        settings: where the org is, and how to sign in.

    Returns:
        The executor; it needs a session. It makes each request once.

    Raises:
        ValueError: the SDK does not take a setting.
    """
    client: dict[str, Any] = {
        "orgUrl": settings.org_url,
        "authorizationMode": settings.mode,
        "userAgent": f"okta-kit/{__version__}",
        "requestTimeout": settings.timeout,
        "rateLimit": {"maxRetries": 0},
        "oauthTokenRenewalOffset": _RENEWAL,
        **settings.plain,
        **{name: value.get_secret_value() for name, value in settings.secret.items()},
    }
    client["authorizationMode"] = settings.mode
    request_executor = RequestExecutor({"client": client}, NoOpCache(), _Http)
    # At DEBUG the SDK's logger tells of tokens.
    logging.getLogger("okta-sdk-python").disabled = True
    return request_executor


def session() -> aiohttp.ClientSession:
    """Open a session: proxies from the environment, compressed answers unpacked."""
    return aiohttp.ClientSession(trust_env=True, cookie_jar=aiohttp.DummyCookieJar())
