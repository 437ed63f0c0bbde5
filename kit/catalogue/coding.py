"""A failing event gets its code, family and vendor's words.

The code is the most specific stable name of what went wrong, by one order: what the event's
type says, or a field of it, where the lists of event types give it a code; debugData's own
code; the vendor's code in the text (refined by the catalogue where it knows the text); the
catalogue's name for a known text; the code that the type has where its text names none; the
text's kind as its words tell it; the HTTP status; ``NO_REASON`` where nothing but a failure was
told, or ``UNKNOWN_`` and a hash of the text without its variable parts.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from kit.base.patterns import lazy_pattern
from kit.events import FAILING_RESULTS
from kit.events.hit import DEFAULT
from kit.messages import Message, fingerprint, http_code, is_fingerprint, labelled_code, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.catalogue import Catalogue
    from kit.catalogue.type_meaning import TypeMeaning
    from kit.events import LogEvent

__all__ = [
    "NO_REASON",
    "Coding",
    "FailureTexts",
    "code_event",
    "code_failure",
    "code_message",
    "factor_of",
    "is_failing",
    "is_guess",
    "is_guessed_event",
    "kind_in_words",
    "meaning_by_values",
]

NO_REASON = "NO_REASON"
"""The code of a failing event whose reason Okta left empty."""

_CODES = ("errorcode", "apperrorcode")
_SENTENCES = ("errormessage", "apperrormessage")
"""Where debugData names the fault: ``error_code`` or ``errorCode``, by event type."""


_STATUS = lazy_pattern(
    r"^\W*(?:HTTP\W*)?(?:[45]\d\d\W+)?(?:"
    + "|".join(status.phrase for status in HTTPStatus if status >= 400)
    + r")\b\W*(?:[45]\d\d\W*)?(?:$|(?<=[^\w\s])\s*)",
    re.IGNORECASE,
)
"""A status phrase that is all of a text or stands before a mark: ``Bad Request. …``."""


_OPERATION = lazy_pattern(
    r"Error (?:while|in) (?:trying|creat|verify|updat|delet|deactivat|activat|push)"
)
"""A sentence of Okta's that names what was tried."""


class Coding(NamedTuple):
    """What ingest adds to an event, in the order of the events table."""

    operation: str | None = None
    code: str | None = None
    family: str | None = None
    http_status: int | None = None
    vendor_message: str | None = None
    trace_id: str | None = None
    correlation_id: str | None = None
    vendor_request_id: str | None = None
    hits: tuple[str, ...] = DEFAULT
    """Who or what the event can hit where no user is a target."""
    factor: str | None = None


def is_failing(event: LogEvent, catalogue: Catalogue) -> bool:
    """Tell whether an event is a failing one: by its type, a field of it or else its outcome."""
    return _fails(event, _meaning(event, catalogue).verdict)


def code_event(event: LogEvent, catalogue: Catalogue) -> Coding:
    """Code one event; an event that did not fail gets its operation and whom it hits alone.

    Args:
        event: the event.
        catalogue: what codes and event types mean.

    Returns:
        The coding; ``code`` and ``family`` are set exactly for failing events.
    """
    meaning = _meaning(event, catalogue)
    operation, hits = meaning.operation, meaning.hits
    factor = factor_of(event.debug_data.get("factor"), event.reason) if meaning.factor else None
    if not _fails(event, meaning.verdict):
        return _coding_without_code(operation or event.event_type, hits, factor)
    fault = code_failure(FailureTexts.of(event, meaning), catalogue)
    return fault._replace(hits=hits, factor=factor)


class FailureTexts(NamedTuple):
    """What of a failing event says its code."""

    event_type: str
    operation: str | None
    """What its type attempts, by the catalogue."""
    code: str
    """What its type says went wrong, by the catalogue."""
    reason: str | None
    title: str | None
    """Okta's words for the type, where there is no reason."""
    error_fields: tuple[tuple[str, str], ...]
    """What its debugData says by the names above."""

    @classmethod
    def of(cls, event: LogEvent, meaning: TypeMeaning) -> FailureTexts:
        """Take it from an event."""
        reason, error_fields = event.reason, tuple(_error_fields(event.debug_data).items())
        title = event.display_message
        return cls(event.event_type, meaning.operation, meaning.code, reason, title, error_fields)


def code_failure(failure: FailureTexts, catalogue: Catalogue) -> Coding:
    """Code a failing event.

    Args:
        failure: what says it.
        catalogue: what codes and texts mean.

    Returns:
        The coding, but for whom it hits and the factor.
    """
    error_fields = dict(failure.error_fields)
    message = parse(failure.reason)
    if not message.text:
        message = _message_elsewhere(failure.title, error_fields, catalogue)
    fault = _debug_fault(error_fields)
    if fault is not None and fault.http_status is not None and message.http_status is None:
        message = msgspec.structs.replace(message, http_status=fault.http_status)
    code = failure.code
    if not code:
        type_code = catalogue.event_code(failure.event_type)
        debug_code = fault.vendor_code if fault else None
        code = code_message(message, catalogue, debug_code=debug_code, type_code=type_code)
        of_type = type_code or code
        # A kind that the words tell is nearer to the fault than the kind that the type has.
        type_is_specific = code in catalogue.kinds and of_type not in catalogue.kinds
        if code == NO_REASON or is_fingerprint(code) or type_is_specific:
            code = of_type
    return Coding(
        operation=failure.operation or message.operation or failure.event_type,
        code=code,
        family=catalogue.family(code),
        http_status=message.http_status,
        vendor_message=message.vendor_message,
        trace_id=message.trace_id,
        correlation_id=message.correlation_id,
        vendor_request_id=message.request_id,
    )


@lru_cache(4096)
def _coding_without_code(operation: str, hits: tuple[str, ...], factor: str | None) -> Coding:
    """The coding of an event that did not fail: of most, and alike for most of a type."""
    return Coding(operation=operation, hits=hits, factor=factor)


def _fails(event: LogEvent, verdict: str) -> bool:
    if verdict in {"fails", "only_fails"}:
        return True
    return event.result in FAILING_RESULTS and verdict != "reports"


def _meaning(event: LogEvent, catalogue: Catalogue) -> TypeMeaning:
    """What the event's type means, as fields of the event turn it."""
    meaning = catalogue.type_meaning(event.event_type)
    if not meaning.details:
        return meaning
    values = tuple([_value(field, event) for field in meaning.fields])
    return meaning_by_values(meaning, values, (event.reason or "").casefold())


def meaning_by_values(
    meaning: TypeMeaning, values: tuple[str | None, ...], reason: str
) -> TypeMeaning:
    """What an event's type means with what the event says in the fields of its details, folded."""
    reason = reason.strip()
    key = (*values, reason if reason in meaning.reasons else "")
    event_meaning = meaning.meaning_by_values.get(key)
    if event_meaning is None:
        event_meaning = _refine(meaning, dict(zip(meaning.fields, values, strict=True)), reason)
        if len(meaning.meaning_by_values) < _MAX_MEANINGS:
            meaning.meaning_by_values[key] = event_meaning
    return event_meaning


_MAX_MEANINGS = 1000
"""So many combinations of a type's fields are kept; a log has a handful."""


def _value(field: str, event: LogEvent) -> str | None:
    """What an event says in a field, folded."""
    value: Any
    if field.startswith("debugData."):
        value = event.debug_data.get(field.removeprefix("debugData."))
    elif field.startswith("actor."):
        value = event.actor.type if event.actor else None
    else:
        value = event.result if field == "outcome.result" else event.reason
    return None if value is None else str(value).casefold()


def _refine(meaning: TypeMeaning, values: dict[str, str | None], reason: str) -> TypeMeaning:
    says: dict[str, Any] = {}
    for detail in meaning.details:
        value = values[detail.field]
        if value is None or detail.value not in ("*", value):
            continue
        if detail.reason and reason not in detail.reasons:
            continue
        new = {
            "operation": detail.operation,
            "verdict": detail.verdict,
            "hits": tuple(detail.hit.split()),
            "code": detail.code,
        }
        says = {name: word for name, word in new.items() if word} | says
    return replace(meaning, **says) if says else meaning


_FACTOR = lazy_pattern(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+) factor\b")
"""A factor in a reason: ``User failed to set up FIDO2_WEBAUTHN factor``."""


def factor_of(factor: object, reason: str | None) -> str | None:
    """The factor that was tried: debugData's, else the one that the reason names."""
    if isinstance(factor, str) and factor.strip():
        return factor.strip().upper()
    match = _FACTOR.search(reason or "")
    return match[1] if match else None


def code_message(
    message: Message,
    catalogue: Catalogue,
    *,
    debug_code: str | None = None,
    type_code: str | None = None,
) -> str:
    """Name what a message says went wrong.

    Args:
        message: the parsed text.
        catalogue: the texts and codes that have a name.
        debug_code: a code that the event names outside its text.
        type_code: the code that the event's type has, where its text tells none.

    Returns:
        The code; never empty, the same for the same text on every machine.
    """
    return _name(message, catalogue, debug_code=debug_code, type_code=type_code).code


def is_guessed_event(event: LogEvent, code: str, catalogue: Catalogue) -> bool:
    """Tell whether the code that ``code_event`` gave is a guess, as ``is_guess`` has it."""
    message = _message_of(event, _error_fields(event.debug_data), catalogue)
    return is_guess(message, code, catalogue, type_code=catalogue.event_code(event.event_type))


class _Name(NamedTuple):
    """What a text is called, and whether that is a guess."""

    code: str
    guess: bool = False


def is_guess(
    message: Message, code: str, catalogue: Catalogue, *, type_code: str | None = None
) -> bool:
    """Tell whether a message's code is a kind that was guessed from similar messages.

    Args:
        message: the parsed text.
        code: the code that it has.
        catalogue: as for ``code_message``.
        type_code: likewise.

    Returns:
        True where only what was learned tells the kind: no code, status or word form.
    """
    if code not in catalogue.kinds:
        return False
    return _name(message, catalogue, type_code=type_code) == _Name(code, guess=True)


def _name(
    message: Message,
    catalogue: Catalogue,
    *,
    debug_code: str | None = None,
    type_code: str | None = None,
) -> _Name:
    vendor_code = debug_code or message.vendor_code
    text_code = catalogue.name_text(message.text, vendor_code, message.http_status)
    if text_code or vendor_code:
        return _Name(text_code or vendor_code or "")
    kind = kind_in_words(message, catalogue)
    text = _nameless(message.text, message)
    if kind:
        likely = catalogue.learned_kind(text, kind)
        if likely != "no_reason":
            return _Name(likely, guess=likely != kind)
    if message.http_status is not None and message.http_status >= 400:
        return _Name(http_code(message.http_status))
    if type_code:
        return _Name(type_code)
    if kind or not message.text:
        return _Name(NO_REASON)
    learned = catalogue.learned_kind(text)
    if learned in {"", "no_reason"}:
        return _Name(fingerprint(message))
    return _Name(learned, guess=True)


def kind_in_words(message: Message, catalogue: Catalogue) -> str:
    """Tell what a message says went wrong from its words alone.

    Names that were read from the message do not count, nor does the phrase that only repeats its
    HTTP status. Where the text says nothing, the sentence before it does (``Could not decrypt the
    assertion: x``), unless it only names the operation.

    Args:
        message: the parsed text.
        catalogue: how words tell a kind.

    Returns:
        The kind; nothing where the words do not tell.
    """
    text, lead = _nameless(message.text, message), _nameless(message.lead or "", message)
    if message.http_status is not None:
        text = _STATUS.sub("", text, count=1)
    kind = catalogue.kind_of_text(text) if text else ""
    if kind in {"", "no_reason"} and lead and not _OPERATION.match(lead):
        of_lead = catalogue.kind_of_text(lead)
        return kind if of_lead in {"", "no_reason"} else of_lead
    return kind


def _nameless(text: str, message: Message) -> str:
    """A text without the names that were read from its message."""
    for name in (message.user, message.group, message.app):
        if name and len(name) > 2:
            text = text.replace(name, "<>")
    return text


def _error_fields(data: Mapping[str, Any]) -> dict[str, str]:
    """What debugData says by the names above, in snake or camel case, also one level down."""
    error_fields: dict[str, str] = {}
    inner = [value for value in data.values() if isinstance(value, dict)]
    for part in (data, *inner):
        for key, value in part.items():
            name = key.replace("_", "").casefold() if "rror" in key else ""
            if name in _CODES or name in _SENTENCES:
                error_fields.setdefault(name, str(value).strip())
    return error_fields


def _debug_fault(error_fields: dict[str, str]) -> Message | None:
    """The fault that debugData names: a code, or the app's whole answer with a code in it."""
    for name in _CODES:
        value = error_fields.get(name, "")
        if code := labelled_code(value):
            return Message(vendor_code=code)
        answer = parse(value)
        if answer.vendor_code or answer.http_status:
            return answer
    return None


def _message_of(event: LogEvent, error_fields: dict[str, str], catalogue: Catalogue) -> Message:
    """What an event says of its failure."""
    message = parse(event.reason)
    if message.text:
        return message
    return _message_elsewhere(event.display_message, error_fields, catalogue)


def _message_elsewhere(
    title: str | None, error_fields: dict[str, str], catalogue: Catalogue
) -> Message:
    """What Okta says where it left the reason empty: debugData's sentence, else the title.

    Most titles say what was tried. One that ends in an answer, or that the catalogue knows, says
    what failed.
    """
    sentence = next(
        (
            error_fields[name]
            for name in (*_SENTENCES, *_CODES)
            if " " in error_fields.get(name, "")
        ),
        None,
    )
    if sentence or not title:
        return parse(sentence)
    message = parse(title)
    text_code = catalogue.name_text(message.text, message.vendor_code, message.http_status)
    return message if text_code or ": " in title else Message()
