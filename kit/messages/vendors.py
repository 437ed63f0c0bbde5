"""The vendor's own lines: codes with a sentence, pairs, complaints of a parser.

Each function takes the text and what was found so far, notes what it reads, and returns the
text inside; None where its form is not there.
"""

from __future__ import annotations

import re
from itertools import islice

from kit.base.patterns import lazy_pattern
from kit.messages.codes import labelled_code, spoken_code
from kit.messages.labels import id_name, time_in
from kit.messages.parts import NOTHING, WINDOW, Draft, fill_in, set_status

__all__ = [
    "aadsts",
    "code_first",
    "complaint",
    "directory",
    "hresult",
    "label_code",
    "okta_code",
    "pairs",
    "rpc",
]

_AADSTS = lazy_pattern(r"AADSTS\d{5,7}(?!\d)")
_CUT_LABEL = "Trace ID"


def aadsts(text: str, draft: Draft) -> str | None:
    """``AADSTS50126: {sentence}``; where several are nested, the last one is the reason."""
    last = _AADSTS.match(text, text.rfind("AADSTS")) or _AADSTS.search(text, 0, WINDOW)
    if last is None or (last.end() == len(text) and draft["truncated"]):
        return None  # its last digits may be lacking, so the words before it are what is said
    draft["vendor_code"] = last[0]
    sentence = text[last.end() :].lstrip(": ")
    if draft["truncated"]:
        sentence = _without_cut_label(sentence)
    return sentence or last[0]


def _without_cut_label(sentence: str) -> str:
    for end in range(len(_CUT_LABEL), 1, -1):
        if sentence.endswith(" " + _CUT_LABEL[:end]):
            return sentence[: -end - 1]
    return sentence


_PAIR = lazy_pattern(r"(?<![\w-])([A-Za-z][\w-]{1,40})=(\"[^\"]*\"?|'[^']*'?|(?!\[\{)[^\s,;\"']*|)")
_SAYS = frozenset(
    ("errormessage", "exceptionmessage", "errordescription", "errorsummary", "message",
     "description", "detail")
)  # fmt: skip
_SAYS_AT_END = ("errormessage", "errorsummary", "errordescription")
"""A product's own prefix is no other name: ``apiErrorMessage``."""
_CODES = frozenset(("errorcode", "exceptioncode", "scimtype", "code", "error"))
_STATUSES = frozenset(("httpstatuscode", "statuscode", "status", "httpstatus"))
_END = lazy_pattern(r"[\"'](?=[,;]? [\w-]{2,40}=|[ \])]*$)")
_NEXT = lazy_pattern(r"[,;]? [\w.-]{2,40}=|[}\]]")
_DASHES = str.maketrans("", "", "-_")


def pairs(text: str, draft: Draft) -> str | None:
    """``httpStatusCode=400 errorCode={code} errorMessage="{sentence}" method=PATCH``."""
    if "paired" in draft:
        return None
    draft["paired"] = True
    body, url, address = text.partition(" url=")
    sentence, code, is_answer = None, None, False
    caused = body.find("errorCauses=[{")  # Okta names the field that failed there alone
    for match in islice(_PAIR.finditer(body, 0, WINDOW), 40):
        name, value = match[1].casefold().translate(_DASHES), match[2].strip("\"'{}[]")
        if name in _SAYS or name.endswith(_SAYS_AT_END):
            is_answer, cause = True, 0 <= caused < match.start()
            sentence = _quoted(body, match) if sentence is None or cause else sentence
        elif name in _CODES or name.endswith("errorcode"):
            is_answer, code = True, code or labelled_code(value)
        if name in _STATUSES and value.isdecimal() and len(value) == 3:
            is_answer = True
            set_status(draft, int(value))
        _note_pair(name, value, draft)
    if not is_answer:
        return None
    fill_in(draft, url=address.strip() if url else None)
    if code:
        draft["vendor_code"] = code
    return sentence or code or body[: body.find("=")].rpartition(" ")[0].strip() or None


def _note_pair(name: str, value: str, draft: Draft) -> None:
    if name == "method":
        fill_in(draft, method=value)
    elif name == "timestamp":
        fill_in(draft, timestamp=time_in(value))
    elif part := id_name(name):
        fill_in(draft, **{part: value})


def _quoted(body: str, match: re.Match[str]) -> str:
    """A quoted value to the quote that ends it: there may be quotes in a sentence."""
    if match[2] in ('""', "''"):
        return ""
    if body[match.start(2) : match.start(2) + 1] not in ("'", '"'):
        end = _NEXT.search(body, match.start(2), match.start(2) + WINDOW)
        return body[match.start(2) : end.start() if end else len(body)].rstrip(" ,;")
    end = _END.search(body, match.start(2) + 1, match.start(2) + WINDOW)
    return body[match.start(2) + 1 : end.start() if end else len(body)]


_CODE_AND = lazy_pattern(
    r"[Cc]ode: ?([\w.-]{2,80})[,;.]? (?:[Ee]rror [Ii][Dd]: ?[\w-]{1,60}[,;.]? )?(?:[Ee]rror )?"
    r"(?:[Mm]essage|[Dd]escription|[Ss]ummary|[Rr]eason|[Ee]rror): ?"
)
_AFTERTHOUGHT = lazy_pattern(
    r" (?:Inner ?error|AdditionalData|Client ?Request ?Id|Headers|Target):", re.I
)


def label_code(text: str, draft: Draft) -> str | None:
    """``Code: {code} Message: {sentence}``, ``… (Status Code: 400; Error Code: {code}; …)``."""
    if match := _CODE_AND.search(text, 0, WINDOW):
        if code := labelled_code(match[1]):
            draft["vendor_code"] = code
        sentence = text[match.end() :]
        if end := _AFTERTHOUGHT.search(sentence, 0, WINDOW):
            sentence = sentence[: end.start()]
        if sentence[:1] == '"' and (end_quote := sentence.find('"', 1)) > 0:
            return sentence[1:end_quote]
        sentence = sentence.rstrip(" }")
        return sentence.removesuffix(")") if "(" not in sentence else sentence
    for match in islice(_CODE_LABEL.finditer(text, 0, WINDOW), 5):
        code = labelled_code(match[2].rstrip("."))
        is_labelled = text[: match.start()].rstrip(" _-")[-9:].casefold().endswith(_CODED)
        if code and is_labelled and (match[1].strip() or not code.isalpha() or not code.islower()):
            fill_in(draft, vendor_code=code)
            break
    service = text.rfind(" (Service: ")
    return text[:service] if service > 0 else None


_CODE_LABEL = lazy_pattern(r"[Cc](?:ode|ODE)[\"']?(?: is)?([ :=]{1,3})[\"'\[(]?([\w.#-]{2,80})")
_CODED = ("error", "fault", "result", "exception", "failure")
_HRESULT = lazy_pattern(r"HRESULT:? ?=? ?(0x[0-9A-Fa-f]{8})|\((0x[0-9A-Fa-f]{8})\)")


def hresult(text: str, draft: Draft) -> str | None:
    """``{sentence} (Exception from HRESULT: 0x800708C5)``."""
    match = _HRESULT.search(text, 0, WINDOW)
    if not match:
        return None
    draft["vendor_code"] = match[1] or match[2]
    head = text[: match.start()]
    open_at = head.rfind("(") if match[1] else len(head)
    return head[:open_at].rstrip(" :-") or text[match.end() :].lstrip("): ") or None


_RESULT = lazy_pattern(
    r"[Ee]rror [Cc]ode:? (\d{1,4})(?: - )?|ldap_\w{1,30}: [^():]{1,60}\((\d{1,4})\)"
)
_DATA = lazy_pattern(r"\bdata ([0-9A-Fa-f]{2,8})\b")
_INVALID_CREDENTIALS = "49"


def directory(text: str, draft: Draft) -> str | None:
    """``[LDAP: error code 49 - {sentence}, data 52e, v1db1]``: ``LDAP_49_52e``.

    The result code is LDAP's, the data Active Directory's (a Windows error in hexadecimal);
    ``AcceptSecurityContext`` answers a bind, whose failure is result 49.
    """
    binds = "AcceptSecurityContext" in text
    if not binds and "LDAP" not in text and "dap_" not in text:
        return None
    result, data = _RESULT.search(text, 0, WINDOW), _DATA.search(text, 0, WINDOW)
    if data and data.end() == len(text) and draft["truncated"]:
        data = None  # it may lack its end
    if not result and not (binds and data):
        return None
    number = (result[1] or result[2]) if result else _INVALID_CREDENTIALS
    draft["vendor_code"] = f"LDAP_{number}" + (f"_{data[1].lower()}" if data else "")
    if not result or not result[1] or text[result.end() - 3 : result.end()] != " - ":
        return None
    head = text[: result.start()].rpartition("(")[0].strip()
    return head or text[result.end() :].strip(" []()") or None


_OKTA_CODE = lazy_pattern(r"(?:Okta )?\[?(E0\d{6})\]?(?: \(E0\d{6}\))?[:,;-]{0,2}(?: |$)")
_ANY_OKTA_CODE = lazy_pattern(r"(?<!\w)E0\d{6}(?!\w)")


def okta_code(text: str, draft: Draft) -> str | None:
    """``Okta E0000007 ({sentence}), ErrorId …``, ``E0000001 (E0000001): {sentence}``.

    A code of Okta's API counts wherever it stands, unless the vendor inside has one.
    """
    match = _OKTA_CODE.match(text)
    if not match:
        if code := _ANY_OKTA_CODE.search(text, 0, WINDOW):
            fill_in(draft, vendor_code=None if _cut(code, draft) else code[0])
        return None
    if _cut(match, draft):
        return None
    draft["vendor_code"] = match[1]
    draft["vendor"] = True
    rest = text[match.end() :]
    end = rest.rfind(")")
    return rest[1:end] if rest[:1] == "(" and end > 0 else rest or match[1]


def _cut(match: re.Match[str], draft: Draft) -> bool:
    return match.end() == len(match.string) and draft["truncated"]


_RPC = lazy_pattern(r"(?:.{0,80}?\b)?rpc error: code = (\w{2,40}) desc = ")


def rpc(text: str, draft: Draft) -> str | None:
    """``rpc error: code = InvalidArgument desc = {sentence}``."""
    match = _RPC.match(text)
    if not match:
        return None
    if match[1].casefold() not in NOTHING:
        draft["vendor_code"] = match[1]
    return text[match.end() :]


_SOURCE = lazy_pattern(r"\[Source: ?\((?:String|\w{1,30})\)\s?\"")
_GOT = lazy_pattern(r"\"(?:\[truncated \d+ chars\])?; line: ?\d+, column: ?\d+\]")


def complaint(text: str, draft: Draft) -> str | None:
    """Jackson's ``Invalid JSON: … at [Source: (String)"{answer}"; line: 1, column: 8]``.

    The vendor did not answer in JSON, and the parser quotes what it said instead.
    """
    del draft
    source = _SOURCE.search(text, 0, WINDOW)
    if not source:
        return None
    end = _GOT.search(text, source.end())
    answer = text[source.end() : end.start() if end else len(text)].strip()
    return answer or None


def code_first(text: str, draft: Draft) -> str | None:
    """``INVALID_LOGIN: {sentence}``; of nested codes the last one counts."""
    code_and_rest = spoken_code(text) if not text[:4].isalpha() or "_" in text[:80] else None
    if code_and_rest is None:
        return None
    draft["vendor_code"] = code_and_rest[0]
    return code_and_rest[1] or None
