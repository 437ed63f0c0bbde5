"""A JSON document that is no event may hold events: the envelopes that Okta's events come in."""

from __future__ import annotations

import re

import msgspec

__all__ = ["unwrap"]

_LISTS = ("events", "value", "results")
"""Names under which APIs, log stores and hooks send their lists."""

_EVENTS_OWN = {"uuid", "published", "outcome", "actor", "displayMessage", "target"}
"""Names that no envelope has, so that an event without its uuid is not looked into."""

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])


def unwrap(document: bytes) -> list[bytes] | None:
    """Take what stands inside a document that is no event itself.

    An array gives its elements. An object gives the elements of ``events``, ``value`` or
    ``results``, or of the list with events in it under any other name, also below ``data`` (an
    Okta Event Hook's body). What comes out may be an envelope again.
    https://developer.okta.com/docs/concepts/event-hooks/#sample-event-delivery-payload

    Args:
        document: one JSON document, or one line of text, UTF-8.

    Returns:
        What stands inside, byte for byte; empty if the envelope is; None if it is no envelope.
    """
    inside = _inside(document)
    if inside is not None or not _HALF.search(document):
        return inside
    readable = _HALF.sub(rb"\\ufffd", document)  # of the same length
    inside, at = _inside(readable), 0
    if inside is None:
        return None
    found = []
    for one in inside:
        place = readable.find(one, at)
        at = (place if place >= 0 else readable.find(one)) + len(one)
        found.append(document[at - len(one) : at])
    return found


_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""A sign beyond 16 bits has two of them; one by itself makes the whole document unreadable."""


def _inside(document: bytes) -> list[bytes] | None:
    first = document[:1]
    try:
        if first == b"[":
            return [bytes(one) for one in _elements.decode(document)]
        return _from_object(document) if first == b"{" else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _from_object(document: bytes) -> list[bytes] | None:
    fields = _fields.decode(document)
    if _EVENTS_OWN & fields.keys():
        return None
    lists = {name: raw for name, one in fields.items() if (raw := bytes(one)).startswith(b"[")}
    if named := [lists[name] for name in _LISTS if name in lists]:
        return [bytes(one) for raw in named for one in _elements.decode(raw)]
    if data := fields.get("data"):
        inner = _inside(bytes(data))
        if inner is not None:
            return inner
    likely = [raw for raw in lists.values() if b'"uuid"' in raw or b'"published"' in raw]
    return [bytes(one) for one in _elements.decode(max(likely, key=len))] if likely else None
