"""One thing that was asked, and all that the catalogue says about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher, get_close_matches
from typing import TYPE_CHECKING, Any

from kit.catalogue import load
from kit.catalogue.coding import code_event, code_message
from kit.events import COLUMNS, UnfitEventError, decode, row
from kit.messages import Message, is_fingerprint, mask, parse

if TYPE_CHECKING:
    from kit.catalogue import Catalogue, Remedy, Step

__all__ = ["Explanation", "explanation"]

_WORD = re.compile(r"[\w.#-]{2,120}")
_LIKE_CODES = re.compile(r"AADSTS\d+|HTTP_\d{3}|E0\d{6}")
_NEAR = 0.45
"""How alike the words of two texts are, 0 to 1, before one is worth naming beside the other."""


@dataclass(frozen=True)
class Explanation:
    """What is known about one thing; None or empty where it is not."""

    operation: str | None = None
    user: str | None = None
    app: str | None = None
    http_status: int | None = None
    code: str | None = None
    family: str | None = None
    kind: str | None = None
    vendor_message: str | None = None
    trace_id: str | None = None
    correlation_id: str | None = None
    request_id: str | None = None
    timestamp: str | None = None
    meaning: str | None = None
    owner: str | None = None
    retry: str | None = None
    remedy: Remedy | None = None
    steps: tuple[Step, ...] = ()
    links: tuple[str, ...] = ()
    evidence: str = ""
    """Whether the code was seen in a message of Okta's, or is known from a list."""
    nearest: tuple[tuple[str, str], ...] = ()
    """Codes that come near what is unknown, each with its meaning."""
    note: str = ""
    """What else has to be said about the thing itself."""

    def fields(self) -> dict[str, Any]:
        """The answer for machines, in its fixed order; None where unknown."""
        remedy = self.remedy
        return {
            "operation": self.operation,
            "user": self.user,
            "app": self.app,
            "http_status": self.http_status,
            "code": self.code,
            "family": self.family,
            "kind": self.kind,
            "vendor_message": self.vendor_message,
            "trace_id": self.trace_id,
            "correlation_id": self.correlation_id,
            "request_id": self.request_id,
            "timestamp": self.timestamp,
            "meaning": self.meaning,
            "cause": remedy.cause if remedy else None,
            "owner": self.owner,
            "retry": self.retry,
            "steps": [f"{s.title}: {s.do} You should see: {s.see}" for s in self.steps],
            "verify": list(remedy.verify) if remedy else [],
            "links": list(self.links),
        }


def explanation(thing: str | dict[str, Any]) -> Explanation:
    """Explain a message, a code, an event type or an event.

    Args:
        thing: a whole message or a part of one, a code in any spelling, an event type, or a
            System Log event as a mapping.

    Returns:
        What the catalogue says about it, and the parts that could be read.
    """
    if isinstance(thing, dict):
        return _of_event(thing)
    thing = thing.encode("utf-8", "replace").decode()  # a broken export's halves of signs
    catalogue = load()
    word = thing.strip().strip("`'\"")
    spelling = _as_code(word, catalogue)
    if spelling and spelling in catalogue.event_types:
        return _of_event_type(spelling, catalogue)
    message = Message() if spelling else parse(thing)
    code = spelling or code_message(message, catalogue)
    asked_for = word if _WORD.fullmatch(word) else message.text
    return _answer(catalogue, code, message, asked_for, app=message.app, user=message.user)


def _of_event_type(event_type: str, catalogue: Catalogue) -> Explanation:
    code = catalogue.event_code(event_type)
    meaning = catalogue.event_types[event_type].meaning or None
    operation = catalogue.operation(event_type)
    if code:
        return _answer(catalogue, code, Message(), event_type, operation=operation)
    note = f"{event_type} is an event type, no code."
    if event_type in catalogue.failure_types:
        note = f"{event_type} exists only for failures; its outcome's reason says more."
    return Explanation(operation=operation, meaning=meaning, note=note)


def _of_event(raw: dict[str, Any]) -> Explanation:
    """Explain an event; what a person left out of it is no hindrance."""
    catalogue = load()
    whole = {"uuid": "-", "published": "1970-01-01T00:00:00Z", **raw}
    try:
        event, _ = decode(json.dumps(whole).encode())
    except UnfitEventError as fault:
        outcome = raw.get("outcome")
        reason = outcome.get("reason") if isinstance(outcome, dict) else None
        answer = explanation(reason if isinstance(reason, str) else "")
        return replace(answer, note=f"It is no whole System Log event: {fault}.")
    coding = code_event(event, catalogue)
    names = [column.name for column in COLUMNS]
    values = dict(zip(names, row(event, "", coding), strict=True))
    message = parse(event.reason)
    details = {
        "app": values["app_name"] or message.app,
        "user": values["user_login"] or values["user_name"] or message.user,
        "operation": coding.operation,
        "published": raw.get("published"),
    }
    if coding.code is None:
        meaning = catalogue.event_types.get(event.event_type)
        return Explanation(
            operation=coding.operation,
            user=details["user"],
            app=details["app"],
            timestamp=details["published"],
            meaning=(meaning and meaning.meaning) or None,
            note=f"This event did not fail: {event.event_type}, {event.result or 'no outcome'}.",
        )
    return _answer(catalogue, coding.code, message, message.text, **details)


def _answer(
    catalogue: Catalogue,
    code: str,
    message: Message,
    asked_for: str,
    *,
    app: str | None = None,
    user: str | None = None,
    operation: str | None = None,
    published: str | None = None,
) -> Explanation:
    """Put together what the catalogue says of a code, and what stood in the message."""
    which: Any = {"app": app, "text": message.text}
    attempted = operation or message.operation
    remedy = catalogue.remedy(code, operation=attempted, **which)
    meaning = catalogue.meaning(code, **which)
    names_code = bool(remedy and code in remedy.codes)
    return Explanation(
        operation=attempted,
        user=user,
        app=app or (_app_of(remedy) if remedy and names_code and not message.text else None),
        http_status=message.http_status,
        code=code,
        family=catalogue.family(code),
        kind=catalogue.kind(code, text=message.text, http_status=message.http_status) or None,
        vendor_message=message.vendor_message,
        trace_id=message.trace_id,
        correlation_id=message.correlation_id,
        request_id=message.request_id,
        timestamp=message.timestamp or published,
        meaning=meaning,
        owner=catalogue.owner(code, **which),
        retry=catalogue.retry(code, **which),
        remedy=remedy,
        steps=catalogue.steps(code, operation=attempted, **which),
        links=tuple(catalogue.links(code, **which)),
        evidence=remedy.evidence_of(code) if remedy and names_code else "",
        nearest=() if code in catalogue.codes else _nearest(catalogue, code, asked_for, app),
    )


def _app_of(remedy: Remedy) -> str | None:
    """The app that a code belongs to; Okta itself is none."""
    return None if remedy.app == "Okta" else remedy.app


def _as_code(word: str, catalogue: Catalogue) -> str | None:
    """The catalogue's spelling of a code or event type, if that is all the text is."""
    if not _WORD.fullmatch(word):
        return None
    upper = word.upper()
    if word.isdigit():
        upper = f"HTTP_{word}" if len(word) == 3 else f"AADSTS{word}"
    if spelling := catalogue.spelled(word) or catalogue.spelled(upper):
        return spelling
    own = f"UNKNOWN_{word[8:].casefold()}"
    if upper.startswith("UNKNOWN_") and is_fingerprint(own):
        return own
    return upper if _LIKE_CODES.fullmatch(upper) else None


def _nearest(
    catalogue: Catalogue, code: str, text: str, app: str | None
) -> tuple[tuple[str, str], ...]:
    """Known codes that are spelled or worded nearly as what was asked, nearest first."""
    spelled = {name.casefold(): name for name in (*catalogue.codes, *catalogue.event_types)}
    near = [spelled[n] for n in get_close_matches(text[:120].casefold(), spelled, 3, 0.75)]
    if not code.startswith("HTTP_") and not is_fingerprint(code):
        near += [spelled[n] for n in get_close_matches(code.casefold(), spelled, 3, 0.75)]
    if not near:
        near = _nearest_in_words(catalogue, text, app)
    meanings = {name: _meaning_of(catalogue, name) for name in near}
    return tuple((name, text) for name, text in meanings.items() if text)[:3]


def _meaning_of(catalogue: Catalogue, name: str) -> str:
    event_type = catalogue.event_types.get(name)
    return catalogue.meaning(name) or (event_type.meaning if event_type else "")


def _nearest_in_words(catalogue: Catalogue, text: str, app: str | None) -> list[str]:
    """Codes whose examples or meanings have the most words in common with a text.

    Of these, some must say what it is about: "there is no such" says nothing, and what another
    app says of its users is no help.
    """
    words = mask(text[:500]).split()
    subject = _subject(words)
    compare = SequenceMatcher(autojunk=False)
    compare.set_seq2(words)
    scores: dict[str, float] = {}
    for name, sentence in _sentences(catalogue, app):
        others = mask(sentence[:500]).split()
        theirs = _subject(others)
        if len(subject & theirs) < min(2, len(subject), len(theirs)) or not subject & theirs:
            continue
        compare.set_seq1(others)
        if compare.real_quick_ratio() > _NEAR and compare.quick_ratio() > _NEAR:
            scores[name] = max(scores.get(name, 0), compare.ratio())
    best = sorted(scores, key=lambda name: (-scores[name], name))
    return [name for name in best if scores[name] > _NEAR][:3]


def _subject(words: list[str]) -> set[str]:
    """The words that say what a sentence is about."""
    plain = (word.strip(".,:;()[]'\"") for word in words)
    return {word for word in plain if len(word) > 2 and word not in _ABOUT_NOTHING}


_ABOUT_NOTHING = frozenset(
    "all already and any app are because been but can cannot cause could did does error errors"
    " exist exists failed failure for found from has have into invalid its message more must no not"
    " okta one please received such that the their there this unable user users was were while with"
    " you your".split()
)


def _sentences(catalogue: Catalogue, app: str | None) -> list[tuple[str, str]]:
    """What the catalogue quotes or says, each with its code; of another app's nothing."""
    sentences = [(code, catalogue.meaning(code) or "") for code in catalogue.codes]
    others: set[str] = set()
    theirs: set[str] = set()
    for remedy in catalogue.remedies:
        if app and remedy.app and remedy.app.casefold() not in app.casefold():
            others.update(remedy.codes)
            continue
        theirs.update(remedy.codes)
        for example in remedy.examples:
            message = parse(example)
            sentences.append((code_message(message, catalogue), message.text))
    return [
        (code, sentence) for code, sentence in sentences if sentence and code not in others - theirs
    ]
