"""One thing that was asked, and all that the catalogue says about it."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from kit.base.patterns import lazy_pattern
from kit.catalogue import load
from kit.messages import Message, is_fingerprint, mask, wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.catalogue import Catalogue, Remedy, Step
    from kit.vendors import Record

__all__ = ["Explanation", "NearCode", "answer_of", "explanation", "nearest_codes"]

_WORD = lazy_pattern(r"[\w.#-]{2,120}")
_LIKE_CODES = lazy_pattern(r"AADSTS\d+|HTTP_\d{3}|E0\d{6}")
_NEAR = 0.3
"""How alike the words of two texts are, 0 to 1, before one is worth naming beside the other."""
_IN_COMMON = 2
"""Words that both say what they are about by: one alone, as ``domain``, is in many subjects."""


class NearCode(NamedTuple):
    """A known code that comes near an unknown one: a hint, and no answer."""

    code: str
    meaning: str
    alike: float
    """How near it is: the share, 0 to 1, of letters or words that both have in common."""


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
    guess: bool = False
    """Whether the kind, and so the remedy, is a guess from messages that are worded alike."""
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
    nearest: tuple[NearCode, ...] = ()
    """Known codes that come near what is unknown, nearest first."""
    words: str = ""
    """The words of a text without a known code, with its variable parts marked."""
    note: str = ""
    """What else has to be said about the thing itself."""
    event_type: str | None = None
    """The event type, where that is what was asked for."""

    def fields(self) -> dict[str, Any]:
        """The answer for machines, in its order, None where unknown; a guess says so at its end."""
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
            **({"guess": True} if self.guess else {}),
        }


def explanation(thing: str | dict[str, Any] | Record) -> Explanation:
    """Explain a message, a code, an event type, an event or a vendor's own record.

    Args:
        thing: a whole message or a part of one, a code in any spelling, an event type, a
            System Log event or a vendor's record as a mapping, or such a record as it was read.

    Returns:
        What the catalogue says about it, and the parts that could be read.
    """
    if not isinstance(thing, str):
        return _of_object(thing)
    thing = thing.encode("utf-8", "replace").decode()  # a broken export's halves of signs
    catalogue = load()
    word = thing.strip().strip("`'\"")
    spelling = _as_code(word, catalogue)
    if spelling and catalogue.knows_type(spelling):
        return _of_event_type(spelling, catalogue)
    if spelling:
        return answer_of(catalogue, spelling, Message(), word)
    return _of_text(thing, word, catalogue)


def _of_text(thing: str, word: str, catalogue: Catalogue) -> Explanation:
    """Explain what is no known name by itself: a message, mostly."""
    from kit.catalogue.coding import code_message
    from kit.messages import is_english, parse

    message = parse(thing)
    code = code_message(message, catalogue)
    if is_fingerprint(code) and _like_type(word, catalogue):
        return _of_new_type(word, catalogue)
    asked_for = word if _WORD.fullmatch(word) else message.text
    answer = answer_of(catalogue, code, message, asked_for, app=message.app, user=message.user)
    return (
        answer
        if is_english(thing[:_BEGINNING])
        else replace(answer, note=_foreign(answer, message))
    )


def _of_object(thing: dict[str, Any] | Record) -> Explanation:
    """Explain a vendor's record or a System Log event."""
    record = _as_record(thing) if isinstance(thing, dict) else thing
    if record is not None:
        from kit.catalogue.explain_record import explain_record  # it builds on this module

        return explain_record(record)
    assert isinstance(thing, dict)
    return _of_event(thing)


def _as_record(thing: dict[str, Any]) -> Record | None:
    """The vendor's record that a mapping is; None for all else."""
    from kit.vendors import RecordError, read_record

    if "eventType" in thing:
        return None
    with suppress(RecordError, TypeError):
        return read_record(json.dumps(thing).encode("utf-8", "replace"))
    return None


_BEGINNING = 80
"""So much of a text tells the language of Okta's sentence; what a vendor says stands behind it."""


def _foreign(answer: Explanation, message: Message) -> str:
    """What has to be said of a text in another language."""
    from kit.messages import is_english

    if answer.meaning and not is_english(message.text):
        return "The text is not in English; this sentence is known."
    if is_english(message.text):
        return "The text is not in English; read from it is what the vendor says in English."
    return (
        "The text is not in English, and no English words of a vendor stand in it: the System"
        " Log's outcome.reason of the same event mostly has them."
    )


def _of_event_type(event_type: str, catalogue: Catalogue) -> Explanation:
    row = catalogue.event_types.get(event_type)
    if row is None:
        return Explanation(event_type=event_type, note=f"{event_type} is {_OUT_OF_SCOPE}")
    code = catalogue.event_code(event_type)
    operation = catalogue.operation(event_type)
    today = f" Okta lists it as {row.listed_as} today." if row.listed_as not in ("", "-") else ""
    if code:
        answer = answer_of(catalogue, code, Message(), event_type, operation=operation)
        return replace(answer, event_type=event_type, note=today.strip())
    note = f"{event_type} is an event type, no code. {_VERDICTS[row.verdict]}{today}"
    return Explanation(
        operation=operation, meaning=row.meaning or None, note=note, event_type=event_type
    )


def _ratio(one: str, other: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one, other).ratio()


def _of_new_type(event_type: str, catalogue: Catalogue) -> Explanation:
    """Explain what looks like an event type of Okta's and is none that is known."""
    from difflib import get_close_matches

    near = get_close_matches(event_type, catalogue.event_types, 3, 0.75)
    nearest = tuple(
        NearCode(name, catalogue.event_types[name].meaning, _ratio(name, event_type))
        for name in near
    )
    return Explanation(note=f"{event_type} {_NEW_TYPE}", event_type=event_type, nearest=nearest)


_NEW_TYPE = (
    "looks like an event type, and is none that the kit knows: it may be new or misspelt. An event"
    " of it counts by its result alone. okta-kit codes --event-types compares the kit's types with"
    " Okta's list."
)


_OUT_OF_SCOPE = (
    "an event type that the kit knows and says nothing about: it is written about things that"
    " nobody looks for around a failure. An event of it counts by its result alone."
)
_VERDICTS = {
    "": "Its outcome says whether it failed, and the outcome's reason says why.",
    "change": "It tells of a change; its outcome says whether that failed.",
    "fails": "It is a failure whatever its outcome says; the outcome's reason says more.",
    "only_fails": "It exists only for failures; its outcome's reason says more.",
    "reports": "It only reports something and is no failure, whatever its outcome says.",
}


def _of_event(raw: dict[str, Any]) -> Explanation:
    """Explain an event; what a person left out of it is no hindrance."""
    from kit.catalogue.coding import code_event, is_guessed_event
    from kit.events import COLUMNS, UnfitEventError, decode, row
    from kit.messages import parse

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
    answer = answer_of(catalogue, coding.code, message, message.text, **details)
    return replace(answer, guess=is_guessed_event(event, coding.code, catalogue))


def answer_of(
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
    guess = _is_guess(message, code, catalogue)
    return Explanation(
        operation=attempted,
        user=user,
        app=app or (_app_of(remedy) if remedy and names_code and not message.text else None),
        http_status=message.http_status,
        code=code,
        family=catalogue.family(code),
        kind=catalogue.kind(code, text=message.text, http_status=message.http_status) or None,
        guess=guess,
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
        evidence=remedy.evidence_of(code) if remedy and names_code and not guess else "",
        words=wording(message) if is_fingerprint(code) and message.text else "",
        nearest=() if catalogue.knows(code) else _nearest(catalogue, code, asked_for, app),
    )


def _is_guess(message: Message, code: str, catalogue: Catalogue) -> bool:
    """Whether the code is a guess; only the name of a kind can be one."""
    if code not in catalogue.kinds:
        return False
    from kit.catalogue.coding import is_guess

    return is_guess(message, code, catalogue)


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


def _like_type(word: str, catalogue: Catalogue) -> bool:
    """Whether a word is formed as Okta's event types are, and begins as one of them does."""
    first, *rest = word.split(".")
    if len(rest) < 2 or not all(re.fullmatch(r"[\w-]+", part) for part in rest):
        return False
    return any(name.startswith(f"{first}.") for name in catalogue.event_types)


def nearest_codes(text: str, app: str | None = None) -> tuple[NearCode, ...]:
    """Find known codes whose words come near an unknown text.

    Args:
        text: the text, or its template.
        app: the app that it came from; what other apps say is left out.

    Returns:
        Three at most, nearest first; none where no words tell that they are about the same.
    """
    return _described(load(), _nearest_in_words(load(), text, app))


def _nearest(catalogue: Catalogue, code: str, text: str, app: str | None) -> tuple[NearCode, ...]:
    """Known codes that are spelled or worded nearly as what was asked, nearest first."""
    from difflib import get_close_matches

    words = [text[:120]] if _WORD.fullmatch(text[:120]) else []
    if not code.startswith("HTTP_") and not is_fingerprint(code):
        words.append(code)
    spelled = {name.casefold(): name for name in (*catalogue.codes, *catalogue.event_types)}
    near: dict[str, float] = {}
    for word in map(str.casefold, words):
        for spelling in get_close_matches(word, spelled, 3, 0.75):
            near.setdefault(spelled[spelling], _ratio(spelling, word))
    return _described(catalogue, near or _nearest_in_words(catalogue, text, app))


def _described(catalogue: Catalogue, near: Mapping[str, float]) -> tuple[NearCode, ...]:
    """Codes with their meanings, without those that have none."""
    codes = [NearCode(name, _meaning_of(catalogue, name), alike) for name, alike in near.items()]
    return tuple(sorted((one for one in codes if one.meaning), key=lambda one: -one.alike)[:3])


def _meaning_of(catalogue: Catalogue, name: str) -> str:
    event_type = catalogue.event_types.get(name)
    return catalogue.meaning(name) or (event_type.meaning if event_type else "")


def _nearest_in_words(catalogue: Catalogue, text: str, app: str | None) -> dict[str, float]:
    """Codes whose examples or meanings are about the same as a text, with how near each is.

    Words that say what it is about count alone, the more the fewer sentences have them: "there is
    no such" says nothing, and what another app says of its users is no help.
    """
    subject = _subject(text)
    kind = catalogue.kind_of_text(text)
    others = [
        (code, words)
        for code, words in _subjects(catalogue, app)
        if not kind or catalogue.kind(code) in {"", kind}
    ]
    having = Counter(word for _, words in others for word in words)

    def weight(words: set[str]) -> float:
        return sum(math.log((1 + len(others)) / (1 + having[word])) ** 2 for word in words)

    near: dict[str, float] = {}
    for code, words in others:
        common = subject & words
        if len(common) >= _IN_COMMON:
            alike = weight(common) / math.sqrt(weight(subject) * weight(words) or math.inf)
            near[code] = max(near.get(code, 0.0), alike)
    best = sorted(near, key=lambda code: (-near[code], code))
    return {code: near[code] for code in best if near[code] > _NEAR}


def _subject(text: str) -> set[str]:
    """The words that say what a sentence is about."""
    plain = (word.strip(".,:;()[]'\"") for word in mask(text[:500]).split())
    return {word for word in plain if len(word) > 2 and word not in _ABOUT_NOTHING}


_ABOUT_NOTHING = frozenset(
    "all already and any app are because been but can cannot cause could did does error errors"
    " exist exists failed failure for found from has have into invalid its message more must no not"
    " okta one please received such that the their there this unable user users was were while with"
    " you your".split()
)


def _subjects(catalogue: Catalogue, app: str | None) -> list[tuple[str, set[str]]]:
    """What the catalogue's sentences are about, each with its code; worked out once for an app."""
    subjects_by_app = catalogue.subjects_by_app
    if app not in subjects_by_app:
        sentences = _sentences(catalogue, app)
        subjects_by_app[app] = [(code, _subject(sentence)) for code, sentence in sentences]
    return subjects_by_app[app]


def _sentences(catalogue: Catalogue, app: str | None) -> list[tuple[str, str]]:
    """What the catalogue quotes or says, each with its code; of another app's nothing."""
    from kit.catalogue.coding import code_message
    from kit.messages import parse

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
