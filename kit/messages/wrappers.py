"""What brought the vendor's answer: exceptions, connectors, HTTP statuses and reasons."""

from __future__ import annotations

import re
from itertools import islice

from kit.base.patterns import lazy_pattern
from kit.messages.codes import (
    begins_reason,
    labelled_code,
    names_reason,
    starts_reason,
    status_of,
)
from kit.messages.parts import WINDOW, Draft, fill_in, set_status

__all__ = [
    "exception",
    "executing",
    "http_code",
    "innermost",
    "reason_at_end",
    "remote_errors",
    "status",
    "status_in",
]


def http_code(status: int) -> str:
    """Name an HTTP status as a code: ``HTTP_401``."""
    return f"HTTP_{status}"


_REPORTED = lazy_pattern(
    r"[.,]?\s?Errors reported by (?:the )?(?:remote server|connector|server|app\w*) ?: ?", re.I
)


def remote_errors(text: str, draft: Draft) -> str | None:
    """``{reason}. Errors reported by remote server: {answer}``: from here the vendor speaks."""
    match = _REPORTED.search(text, 0, WINDOW)
    if not match:
        return None
    head, answer = text[: match.start()].strip(" ."), text[match.end() :]
    set_status(draft, status_of(head.rpartition(": ")[2]) or status_in(head) or reason_at_end(head))
    if not answer:
        return head
    draft["vendor"] = True
    return answer


def reason_at_end(head: str) -> int | None:
    """The reason that a sentence without a colon ends in: ``… for group Ops Not Implemented``."""
    words = head[-80:].split()[-4:]
    ends = (" ".join(words[at:]) for at in range(len(words)))
    return next((status for end in ends if (status := status_of(end))), None)


_EXECUTING = lazy_pattern(r"Error executing (\w{1,60}): ?")
_ERROR_CODE = lazy_pattern(r"\.? Error Code: ?([\w. -]{1,60}?)\.?$")


def executing(text: str, draft: Draft) -> str | None:
    """``Error executing {call}: {rest}. Error Code: {code}``; the code is mostly ``null``."""
    match = _EXECUTING.match(text)
    if not match:
        return None
    inside = text[match.end() :]
    if code := _ERROR_CODE.search(inside[-80:]):
        fill_in(draft, vendor_code=labelled_code(code[1]))
        inside = inside[: len(inside) - len(code[0])]
    return inside


_EXCEPTION = lazy_pattern(
    r"((?:[A-Za-z_$][\w$]{0,80}\.){0,12}[\w$]{0,80}(?:Exception|Error|Fault|Throwable)(?:\$\w{1,60})?)"
    r"(?: \(([1-5]\d\d), ?(E0\d{6})\))?(: ?| - ?| (?=\()|$)"
)
_STACK = lazy_pattern(r" at (?:[\w$]{1,80}\.){1,12}[\w$<>]{1,80}\(")


def exception(text: str, draft: Draft) -> str | None:
    """``com.example.SomeException: {rest}``, with or without its stack."""
    word = text[:200].partition(" ")[0]
    if not ("xception" in word or "rror" in word or "ault" in word or "hrowable" in word):
        return None
    match = _EXCEPTION.match(text)
    if not match or ("." not in match[1] and (match[4][:1] != ":" or match[1] in _NO_CLASS)):
        return None
    draft["exception"] = match[1]
    if match[3]:
        set_status(draft, int(match[2]))
        draft["vendor_code"] = match[3]
    inside = text[match.end() :]
    stack = None if "aused by: " in inside else _STACK.search(inside, 0, WINDOW)
    return (inside[: stack.start()] if stack else inside) or None


_NO_CLASS = ("Error", "Exception", "Fault")
_INNER = ("nested exception is ", " ---> ", "aused by: ", " first error: ")
_OWN_CODE = lazy_pattern(r"AADSTS\d{5,7}|E0\d{6}")
"""Codes that name the cause by themselves, whatever the error inside says of the way."""
_INSIDE = lazy_pattern(r"[:;] (?=(?:[a-z][\w$]{0,60}\.){2,12}[A-Z]\w{0,80}(?:Exception|Error):)")
_NAMED = lazy_pattern(r"\b([A-Z][A-Z0-9]{1,40}(?:_[A-Z0-9]{1,40}){1,8})[,:] ")


def innermost(text: str, draft: Draft) -> str | None:
    """The cause inside a chain of causes; a code before it counts where it has none."""
    at, mark = -1, ""
    for each in _INNER:
        if each in text and (here := text.rfind(each)) > at:
            at, mark = here, each
    if "xception: " in text or "Error: " in text:
        for inner in islice(_INSIDE.finditer(text, 0, WINDOW), 10):
            if inner.start() > at:
                at, mark = inner.start(), inner[0]
    inside = text[at + len(mark) :].partition(" --- End of inner")[0] if mark else ""
    if not inside.strip(" .)"):
        return None
    if _OWN_CODE.search(text, 0, at) and not _OWN_CODE.search(inside):
        set_status(draft, status_in(inside))  # the gateway or library that passed it on
        return text[:at].rstrip()
    if codes := _NAMED.findall(text[max(0, at - 500) : at]):
        draft["vendor_code"] = codes[-1]
    set_status(draft, status_in(text[: min(at, 500)]))
    return inside


_DIGITS = r"\(?([1-5]\d\d)\)?(?=$|[ .,:;<{\[\"-])[ .,:;–—-]{0,4}"
_BARE = lazy_pattern(_DIGITS)
_NUMBER = lazy_pattern(
    r"(?:Okta )?(?:(?:HTTP(?:/\d(?:\.\d)?)?|(?:Response )?Status|(?:Error )?Code)[ :=-]{0,3})?"
    r"(?:(?:error|status|response|returned)[ :=-]{0,3})?(?:code[ :=-]{0,3})?" + _DIGITS,
    re.I,
)
_LEADS = ("http", "okta http", "status", "response s", "error c", "code", "returned")
_STOP = lazy_pattern(r"[.:,;]+(?: |$)| [-/] |$| (?=[{\[<\"(])")
_JOINED = lazy_pattern(r"\(?((?:[A-Z][a-z]+){1,4}|[A-Z][a-z]+(?: [A-Z][a-z]+){0,3})\)? (?=\S)")


def status(text: str, draft: Draft) -> str | None:
    """``404. {rest}``, ``HTTP 403 Forbidden``, ``Conflict. {rest}``, ``HTTP error 400``."""
    match = None
    if text[0].isdecimal() or text[0] == "(":
        match = _BARE.match(text)
    elif text[:10].casefold().startswith(_LEADS):
        match = _NUMBER.match(text)
    if match is None:
        return _reason(text, draft) if starts_reason(text) else None
    number, rest = int(match[1]), text[match.end() :]
    counts = text[0] in "0123456789Rr" and rest[:1].islower() and not names_reason(number, rest)
    if number < 400 or counts:  # ``500 users were imported``, ``returned 500 users``
        return None
    set_status(draft, number)
    return _unquoted(_after_reason(rest, number)) if rest else None


def _reason(text: str, draft: Draft) -> str | None:
    """``Conflict. {rest}``; a vendor's own sentence keeps the words."""
    head, rest = _first_words(text)
    number = status_of(head)
    if number is None:
        return None
    set_status(draft, number)
    return _unquoted(rest) if rest and not draft.get("vendor") else None


def _first_words(text: str) -> tuple[str, str]:
    """The words up to a stop or a bracket, and the rest; no words where they are too many."""
    stop = _STOP.search(text, 0, 45)
    return (text[: stop.start()], text[stop.end() :]) if stop else ("", text)


def _after_reason(rest: str, number: int) -> str:
    """Take the status' own reason off: ``403 Forbidden: x`` says ``x``."""
    head, after = _first_words(rest)
    if after and status_of(head) == number:
        return after.lstrip(" .,:;-")
    match = _JOINED.match(rest)
    return rest[match.end() :] if match and status_of(match[1]) == number else rest


def _unquoted(text: str) -> str:
    whole = text.strip(" .")
    inside = whole[1:-1]
    return inside if len(whole) > 2 and whole[0] == whole[-1] == '"' and '"' not in inside else text


_ANYWHERE = lazy_pattern(r"[45]\d\d(?!\w)")
_BEFORE = lazy_pattern(
    r"(?:http(?:/\d(?:\.\d)?)?|status|code)[\"']?[ :=]{1,3}(?:code[ :=]{0,3})?[\"'(\[]?$", re.I
)
_ANSWERED = lazy_pattern(
    r"\b(?:receiv(?:ed|es)|return(?:ed|s)|got|(?:respond(?:ed|s)|answer(?:ed|s)|fail(?:ed|s)) with)"
    r"(?: an?)?[ :=]{1,3}[\"'(\[]?$",
    re.I,
)
_IN_WORDS = lazy_pattern(r"[Ss]tatus ?(?:[Cc]ode)?[ :=]{1,3}([A-Za-z]{4,30}(?: [A-Z][a-z]{2,20})?)")


def status_in(text: str) -> int | None:
    """The HTTP status that a sentence names somewhere, in digits or in words."""
    for match in islice(_ANYWHERE.finditer(text, 0, WINDOW), 5):
        before, after = text[max(0, match.start() - 25) : match.start()], text[match.end() :][:2]
        bracketed = before[-1:] + after[:1] in ("()", "[]")
        if bracketed or (before.endswith(": ") and after == " (") or _BEFORE.search(before):
            return int(match[0])
        is_error_number = (
            before.endswith("rror ") and after[:1] == ":"
        )  # ``googleapi: Error 404: …``
        if is_error_number or begins_reason(int(match[0]), text[match.end() : match.end() + 40]):
            return int(match[0])
        if _ANSWERED.search(before) and not after.strip().islower():
            return int(match[0])
    words = _IN_WORDS.search(text, 0, WINDOW) if "tatus" in text else None
    if words:
        return status_of(words[1]) or status_of(words[1].partition(" ")[0])
    return status_of(text.rpartition(": ")[2])
