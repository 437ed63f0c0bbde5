"""What is a vendor's code, and what only a word.

A code is a stable name that the vendor gave to a fault. ``null``, ``0``, an HTTP reason, a class
with its package, a field's name and a plain word are none.
"""

from __future__ import annotations

import re
from itertools import islice

from kit.base.patterns import lazy_pattern
from kit.messages.parts import NOTHING, WINDOW

__all__ = [
    "bare_code",
    "begins_reason",
    "bracketed_code",
    "labelled_code",
    "names_reason",
    "spoken_code",
    "starts_reason",
    "status_of",
]

_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large, Payload Too Large, Request Entity Too Large",
    414: "URI Too Long, Request URI Too Long",
    415: "Unsupported Media Type",
    417: "Expectation Failed",
    422: "Unprocessable Entity, Unprocessable Content",
    424: "Failed Dependency",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout, Gateway Time-out",
    505: "HTTP Version Not Supported",
    507: "Insufficient Storage",
    511: "Network Authentication Required",
}
"""HTTP's reasons, also by their older names; a table of our own, since Python's differs by version.

``Locked`` (423) is left out: it is said of accounts.
"""
_PHRASES = {
    "".join(filter(str.isalpha, phrase.casefold())): status
    for status, phrases in _REASONS.items()
    for phrase in phrases.split(", ")
}
_INFORMAL = {
    "rate limit exceeded": 429,
    "api rate limit exceeded": 429,
    "not authorized": 401,
    "user not authorized": 401,
    "access denied": 403,
}
"""Words that servers use in a reason's place."""
_FIRST = frozenset(
    word
    for phrases in (*_REASONS.values(), *_INFORMAL)
    for phrase in phrases.casefold().split(", ")
    for word in (phrase.partition(" ")[0], "".join(filter(str.isalpha, phrase)))
)
_WORDS = lazy_pattern(r"[a-z _'-]+")


def starts_reason(text: str) -> bool:
    """Whether a text's first word is one that reasons begin with; a quick look before others."""
    word = text[:45].partition(" ")[0].strip('.:,;()"').casefold()
    return word in _FIRST or "_" in word


def status_of(words: str) -> int | None:
    """The status of an HTTP reason: ``Bad Request``, ``BadRequest`` and ``BAD_REQUEST`` are 400."""
    if len(words) > 40:
        return None
    folded_words = words.casefold().strip(" .:()")
    if not _WORDS.fullmatch(folded_words):
        return None
    return _INFORMAL.get(folded_words) or _PHRASES.get("".join(filter(str.isalpha, folded_words)))


def names_reason(number: int, words: str) -> bool:
    """Whether a status' own reason is among some words: ``404 page not found``."""
    letters = "".join(filter(str.isalpha, words[:60].casefold()))
    return any(status == number and phrase in letters for phrase, status in _PHRASES.items())


def begins_reason(number: int, words: str) -> bool:
    """Whether words begin with a status' own reason: ``401 Unauthorized`` in a sentence."""
    letters = "".join(filter(str.isalpha, words.casefold()))
    return letters.startswith(_BY_STATUS.get(number, _NONE))


_NONE: tuple[str, ...] = ()
_BY_STATUS = {
    status: tuple(phrase for phrase, other in _PHRASES.items() if other == status)
    for status in _REASONS
}


_TOKEN = lazy_pattern(r"[A-Za-z][\w.#@/-]{1,80}|(?=\d+[A-Za-z])[0-9A-Za-z]{2,12}")
_CLASS = lazy_pattern(r"(?:[\w$]+\.)+[\w$]*(?:Exception|Error|Fault)")
_SAY_NOTHING = NOTHING | {
    "error", "errors", "failure", "failed", "fail", "unknown", "deny", "denied", "exception",
    "false", "true", "ok", "success", "client", "server", "sender", "receiver", "fault", "global",
    "warning", "info", "fatal",
}  # fmt: skip
"""Words that vendors put where a code could stand."""


def labelled_code(value: object) -> str | None:
    """A code that the text itself calls one: a JSON field, ``Error Code: …``, ``errorCode=…``.

    Args:
        value: the field's value.

    Returns:
        The code; None for ``null``, ``0``, an HTTP status or reason, a word that says nothing,
        a class with its package, and anything that is no single token.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    word = str(value).strip().strip("\"'")
    if word.isdecimal() and len(word) <= 12:
        number = int(word)
        is_http = number == 200 or 400 <= number < 600
        return None if number < 10 or is_http else word
    word = word.rpartition("#")[2] if "." in word.partition("#")[0] else word
    if not _TOKEN.fullmatch(word) and not _HRESULT.fullmatch(word):
        return None
    folded_word = word.casefold()
    if (
        folded_word in _SAY_NOTHING
        or _CLASS.fullmatch(word)
        or folded_word.startswith(("urn:", "http"))
    ):
        return None
    return None if folded_word.replace("_", "").replace("-", "") in _PHRASES else word


_HRESULT = lazy_pattern(r"0x[0-9A-Fa-f]{8}")
_SPOKEN = lazy_pattern(
    r"""\[?(
        AADSTS\d{5,7} | E0\d{6} | 0x[0-9A-Fa-f]{8}
      | [A-Z]{2,8}-\d{3,6}                          # ORA-01017
      | [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+               # INVALID_LOGIN
      | [A-Z][a-z]+_[A-Z][A-Za-z]+                  # Request_BadRequest
      | [a-z][a-z0-9]*(?:_[a-z0-9]+)+               # username_taken
    )\]?(?=[:,]?\ |[:,]?$|:|\.$)""",
    re.X,
)
_SHOUT = lazy_pattern(r"[A-Z][A-Z0-9]{3,40}")
_CAMEL = lazy_pattern(r"[A-Za-z][a-z0-9]+(?:[A-Z][a-z0-9]+)+")
_FIELDS = {"name", "id", "email", "mail", "number", "date", "phone", "address", "department",
           "title", "type", "url", "value", "attribute", "field", "employee", "status"}  # fmt: skip
_TROUBLE = lazy_pattern(
    r"invalid|missing|duplicat|required|not_|no_|bad_|unknown|expired|fail|error|denied|limit|exceed"
    r"|taken|exist|used|conflict|too_|long|short|wrong|forbid|unauth|disabled|locked|illegal|mismatch"
)


def spoken_code(text: str) -> tuple[str, str] | None:
    """A code at the front of a sentence: ``INVALID_LOGIN: Invalid username …``.

    Returns:
        The code and the rest of the sentence; None where the front is a plain word, a field's
        name (``user_name: is required``) or an HTTP reason.
    """
    match = _SPOKEN.match(text)
    if not match:
        return None
    code, rest = match[1], text[match.end() :]
    bare = rest.lstrip(" ")
    if code.islower() and not _is_fault(code, bare):
        return None
    if status_of(code) is not None or code.startswith("HTTP"):
        return None
    sentence = bare.lstrip(":,- ")
    if bare.startswith("("):
        return code, text  # what stands in brackets is the code's variable part
    is_code = bare != sentence or not bare or text[0] == "[" or code.startswith(("AADSTS", "E0"))
    return (code, sentence) if is_code else None


def _is_fault(code: str, rest: str) -> bool:
    """A snake-case word is a field's name unless it names trouble or ends the text."""
    return (
        not rest
        or rest == "."
        or bool(_TROUBLE.search(code))
        or (code.rpartition("_")[2] not in _FIELDS and rest.startswith((":", "(")))
    )


def bare_code(text: str) -> str | None:
    """A text that is a code and nothing else: ``LOCKED_OUT``, ``entityExists``."""
    word = text.strip(" .[]\"'")
    if len(word) > 80 or " " in word:
        return None
    code_and_rest = spoken_code(word)
    if code_and_rest and not code_and_rest[1]:
        return code_and_rest[0]
    if word.casefold() in _SAY_NOTHING or "".join(filter(str.isalpha, word.casefold())) in _PHRASES:
        return None
    is_camel_name = _CAMEL.fullmatch(word) and not word.endswith(("Exception", "Error"))
    return word if is_camel_name or _SHOUT.fullmatch(word) else None


_BRACKETED = lazy_pattern(
    r"[\[(]([A-Z][A-Z0-9]{1,40}(?:_[A-Z0-9]{1,40}){1,8}|[a-z][a-z0-9]{1,40}(?:_[a-z0-9]{1,40}){1,8})[\])]"
)


def bracketed_code(text: str) -> str | None:
    """A code in brackets somewhere in a sentence: ``Failed [USER_LIMIT]: no seats``.

    In brackets stand names of fields, too, so it has to name trouble.
    """
    words = (match[1] for match in islice(_BRACKETED.finditer(text, 0, WINDOW), 5))
    return next(
        (word for word in words if _TROUBLE.search(word.casefold()) and status_of(word) is None),
        None,
    )
