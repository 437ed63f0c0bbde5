"""The ``next`` page from ``Link`` headers, in any form that RFC 8288 allows.

aiohttp's ``ClientResponse.links`` cuts a quoted value at its semicolons, takes ``rel="next last"``
for one relation, and rewrites the escapes of a URL, which is a cursor here; so it is not used.

https://www.rfc-editor.org/rfc/rfc8288#section-3
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["next_link"]

# A value is quoted, where commas and semicolons mean nothing, or a bare token.
_PARAMETER = re.compile(r';\s*([^\s=;,]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^";,\s]*)))?\s*')
_TARGET = re.compile(r"[\s,]*<([^>]*)>\s*")


def next_link(headers: Iterable[str], base: str) -> str | None:
    """Find the next page.

    Args:
        headers: the values of all Link headers; several links may stand in one.
        base: the URL that was asked, against which a relative link is read.

    Returns:
        The URL verbatim (a relative one made whole); None where there is no next page.
    """
    for header in headers:
        for target, relations in _links(header):
            if "next" in relations:
                return target if "://" in target else urljoin(base, target)
    return None


def _links(header: str) -> Iterator[tuple[str, list[str]]]:
    at = 0
    while match := _TARGET.match(header, at):
        at, relations = match.end(), None
        while parameter := _PARAMETER.match(header, at):
            at = parameter.end()
            # Of several rel parameters the first one counts.
            if parameter[1].casefold() == "rel" and relations is None:
                relations = (parameter[2] or parameter[3] or "").casefold().split()
        yield match[1], relations or []
