"""A JSON document that is no event may hold events: the envelopes that Okta's events come in."""

from __future__ import annotations

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
        inner = unwrap(bytes(data))
        if inner is not None:
            return inner
    likely = [raw for raw in lists.values() if b'"uuid"' in raw or b'"published"' in raw]
    return [bytes(one) for one in _elements.decode(max(likely, key=len))] if likely else None
