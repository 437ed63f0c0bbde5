"""Logs written in any mix of layouts, with things between that are no events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from factories import REFUSED, event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Events = list[dict[str, Any]]

GARBAGE = (
    "not json at all, {really} not",
    'Oct 27 09:00:01 host app[7]: "quoted {text',
    '{"uuid": "x", "published"',
    '{"a": {"b": "}{"',
    '"half a text',
    "{}",
    '{"uuid": 5}',
    "null",
    '{"published": "2026-10-27T09:00:00Z", "eventType": "a"}',
    "[2026-10-27] a line of a log",
    "\\\\\\",
    '{"n": NaN, "uuid": "n", "published": "2026-10-27T09:00:00Z", "eventType": "a"}',
)
"""Lines that are no events; each is one thing."""

TEXTS = ("plain", '}, {"uuid": "x"}', "[{]}\\", 'a "quoted" \\" text', "\u00e4 \u65e5", "", "}\n{")


@dataclass(frozen=True)
class Part:
    """Some text of a log, the events in it, and how many things in it are none."""

    text: str
    events: Events
    skipped: int = 0
    cut: bool = False
    """Whether it breaks off, so that the next one must begin a line."""


def _lines(events: Events) -> str:
    return "\n".join(map(json.dumps, events))


def _side_by_side(events: Events) -> str:
    return "".join(map(json.dumps, events))


def _pretty(events: Events, indent: int | str = 2) -> str:
    return "\n".join(json.dumps(one, indent=indent) for one in events)


def _array(events: Events, indent: int | None = None) -> str:
    return json.dumps(events, indent=indent, ensure_ascii=False)


def _line_each(events: Events) -> str:
    return "[\n" + ",\n".join(map(json.dumps, events)) + "\n]"


def _pages(events: Events) -> str:
    return json.dumps([events[:1], events[1:], []])


def _envelope(events: Events, name: str, indent: int | None = None) -> str:
    return json.dumps({"next": None, name: events, "links": [{"a": 1}]}, indent=indent)


def _hook(events: Events, indent: int | None = None) -> str:
    body = {"eventType": "com.okta.event_hook", "source": "x", "data": {"events": events}}
    return json.dumps(body, indent=indent)


LAYOUTS: tuple[Callable[[Events], str], ...] = (
    _lines,
    _side_by_side,
    _pretty,
    partial(_pretty, indent=0),
    partial(_pretty, indent="\t"),
    _array,
    partial(_array, indent=2),
    _line_each,
    _pages,
    partial(_envelope, name="events"),
    partial(_envelope, name="value", indent=1),
    partial(_envelope, name="results"),
    partial(_hook),
    partial(_hook, indent=2),
)


@st.composite
def _whole(draw: st.DrawFn) -> Part:
    reasons = draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3))
    events = [event(reason=reason or REFUSED) for reason in reasons]
    return Part(draw(st.sampled_from(LAYOUTS))(events), events)


@st.composite
def _truncated(draw: st.DrawFn) -> Part:
    """An event that breaks off, on one line or on many."""
    indent = draw(st.sampled_from([None, 2, "\t"]))
    text = json.dumps(event(reason=draw(st.sampled_from(TEXTS))), indent=indent)
    cut = draw(st.integers(12, len(text) - 2))
    return Part(text[:cut], [], 1, cut=True)


@st.composite
def _damaged(draw: st.DrawFn) -> Part:
    """A laid out event in an array or alone in which one line is no JSON."""
    first, second = event(), event()
    lines = json.dumps(first, indent=2).split("\n")
    place = draw(st.integers(1, len(lines) - 2))
    lines[place] = lines[place].replace('"', "", 1).replace(": null", ": nil")
    broken = "\n".join(lines)
    if broken == json.dumps(first, indent=2):
        broken = broken.replace(":", "", 1)
    if draw(st.booleans()):
        return Part(broken, [], 1)
    return Part(f"[\n{broken},\n{json.dumps(second, indent=2)}\n]", [second], 1)


_garbage = st.sampled_from(GARBAGE).map(lambda text: Part(text, [], 1, cut=True))


@st.composite
def logs(draw: st.DrawFn) -> tuple[str, Events, int]:
    """A log: its text, its events in order, and how many things in it are none."""
    parts = draw(
        st.lists(
            st.one_of(_whole(), _whole(), _garbage, _truncated(), _damaged()),
            min_size=1,
            max_size=7,
        )
    )
    return _joined(draw, parts)


@st.composite
def clean_logs(draw: st.DrawFn) -> tuple[str, Events, int]:
    """A log of events alone."""
    return _joined(draw, draw(st.lists(_whole(), min_size=1, max_size=7)))


def _joined(draw: st.DrawFn, parts: list[Part]) -> tuple[str, Events, int]:
    def texts() -> Iterator[str]:
        for part, after in zip(parts, [*parts[1:], None], strict=True):
            yield part.text
            if after is not None:
                loose = part.cut or after.cut or after.skipped or part.skipped
                yield draw(
                    st.sampled_from(
                        ["\n", "\r\n", "\n\n"] if loose else ["\n", "", " ", "\r\n\r\n"]
                    )
                )
        yield draw(st.sampled_from(["", "\n"]))

    text = "".join(texts())
    return text, [one for part in parts for one in part.events], sum(p.skipped for p in parts)
