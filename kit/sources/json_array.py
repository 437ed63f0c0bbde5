"""JSON arrays of events are told apart element by element, without holding the whole file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec

from kit.sources.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["elements", "fields"]

_BETWEEN = re.compile(rb"\}\s*,\s*(?=\{)")
_BEGUN = re.compile(r",\s*(?=\{)")
_LIST = re.compile(rb"\[\s*\{")
_TRIED = 200
"""Objects at an end of what is held that may belong to one event: its targets, say."""
_WHITE = b" \t\r\n"
_list = msgspec.json.Decoder(list[msgspec.Raw])


def elements(file: str, begun: bytes, pieces: Iterable[bytes], size: int) -> Iterator[Document]:
    """The elements of one JSON array, each as it was sent.

    Args:
        file: where the array stands, to be named in each document.
        begun: how the array begins, from its bracket on.
        pieces: the rest of it.
        size: bytes to gather before elements are told apart.

    Yields:
        Documents numbered by their place, from 1. What is no element is handed on with
        ``fault`` set; what comes before and behind it is kept.
    """
    held, number, enough = bytearray(begun), 1, size
    for piece in pieces:
        held += piece
        if len(held) < enough:
            continue
        whole, end = _whole(held)
        for raw in whole:
            yield Document(file, number, bytes(raw))
            number += 1
        enough = size if whole else 2 * len(held)
        held[:end] = b"[" if end else b""
    try:
        for raw in _list.decode(held):
            yield Document(file, number, bytes(raw))
            number += 1
    except (msgspec.DecodeError, RecursionError) as fault:
        yield from _salvaged(file, held.decode("utf-8", "replace"), number, str(fault))


def fields(file: str, text: bytes) -> Iterator[Document]:
    """One JSON object over several lines: an event, or an object with events in a list.

    Args:
        file: where the object stands.
        text: all of it.

    Yields:
        The event, or the elements of the longest list of objects.
    """
    try:
        found = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as fault:
        yield from _salvaged(file, text.decode("utf-8", "replace"), 1, str(fault))
        return
    lists = [bytes(v) for v in found.values() if _LIST.match(bytes(v))]
    if "uuid" in found or not lists:
        yield Document(file, 1, text.strip(_WHITE))
        return
    yield from elements(file, max(lists, key=len), (), 0)


def _whole(held: bytearray) -> tuple[list[msgspec.Raw], int]:
    """The elements that are whole, and where the next one starts."""
    for found in reversed(list(_BETWEEN.finditer(held))[-_TRIED:]):
        try:
            return _list.decode(bytes(held[: found.start() + 1]) + b"]"), found.end()
        except (msgspec.DecodeError, RecursionError):
            continue  # an object within an element, or within a text
    return [], 0


def _salvaged(file: str, text: str, number: int, fault: str) -> Iterator[Document]:
    """The whole elements of an array that breaks off or has something else in it."""
    decoder = json.JSONDecoder()
    place = text.find("[") + 1
    while (start := _next(text, place)) is not None:
        try:
            _, place = decoder.raw_decode(text, start)
            yield Document(file, number, text[start:place].encode())
        except (json.JSONDecodeError, RecursionError) as found:
            place = _resumed(decoder, text, start)
            reason = found.msg if isinstance(found, json.JSONDecodeError) else "nested too deep"
            yield Document(file, number, text[start:place].encode()[:2000], fault=reason)
            fault = ""
        number += 1
    if fault and not text.rstrip().endswith("]"):
        yield Document(file, number, text[place:].encode()[:2000], fault=fault)


def _resumed(decoder: json.JSONDecoder, text: str, start: int) -> int:
    """Where the next event starts behind something that cannot be read, or the text's end."""
    for found in _BEGUN.finditer(text, start):
        try:
            event, _ = decoder.raw_decode(text, found.end())
        except (json.JSONDecodeError, RecursionError):
            continue
        if "uuid" in event:
            return found.end()
    return len(text)


def _next(text: str, place: int) -> int | None:
    while place < len(text) and text[place] in " \t\r\n,":
        place += 1
    return place if place < len(text) and text[place] != "]" else None
