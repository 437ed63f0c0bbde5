"""The vendor's own lines: codes with a sentence, pairs, complaints of a parser.

Each function takes the text and what was found so far, notes what it reads, and returns the
text inside; None where its form is not there.
"""

from __future__ import annotations

import re
from itertools import islice

from kit.messages.codes import labelled_code, spoken_code
from kit.messages.labels import id_name, time_in
from kit.messages.parts import NOTHING, WINDOW, Found, note, set_status

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

_AADSTS = re.compile(r"AADSTS\d{5,7}(?!\d)")
_CUT_LABEL = "Trace ID"


def aadsts(text: str, found: Found) -> str | None:
    """``AADSTS50126: {sentence}``; where several are nested, the last one is the reason."""
    last = _AADSTS.match(text, text.rfind("AADSTS")) or _AADSTS.search(text, 0, WINDOW)
    if last is None or (last.end() == len(text) and found["truncated"]):
        return None  # its last digits may be lacking, so the words before it are what is said
    found["vendor_code"] = last[0]
    said = text[last.end() :].lstrip(": ")
    if found["truncated"]:
        said = _without_cut_label(said)
    return said or last[0]


def _without_cut_label(said: str) -> str:
    for end in range(len(_CUT_LABEL), 1, -1):
        if said.endswith(" " + _CUT_LABEL[:end]):
            return said[: -end - 1]
    return said


_PAIR = re.compile(r"(?<![\w-])([A-Za-z][\w-]{1,40})=(\"[^\"]*\"?|'[^']*'?|(?!\[\{)[^\s,;\"']*|)")
_SAYS = frozenset(
    ("errormessage", "exceptionmessage", "errordescription", "errorsummary", "message",
     "description", "detail")
)  # fmt: skip
_SAYS_AT_END = ("errormessage", "errorsummary", "errordescription")
"""A product's own prefix is no other name: ``apiErrorMessage``."""
_CODES = frozenset(("errorcode", "exceptioncode", "scimtype", "code", "error"))
_STATUSES = frozenset(("httpstatuscode", "statuscode", "status", "httpstatus"))
_END = re.compile(r"[\"'](?=[,;]? [\w-]{2,40}=|[ \])]*$)")
_NEXT = re.compile(r"[,;]? [\w.-]{2,40}=|[}\]]")
_DASHES = str.maketrans("", "", "-_")


def pairs(text: str, found: Found) -> str | None:
    """``httpStatusCode=400 errorCode={code} errorMessage="{sentence}" method=PATCH``."""
    if "paired" in found:
        return None
    found["paired"] = True
    body, url, address = text.partition(" url=")
    said, code, known = None, None, False
    caused = body.find("errorCauses=[{")  # Okta names the field that failed there alone
    for match in islice(_PAIR.finditer(body, 0, WINDOW), 40):
        name, value = match[1].casefold().translate(_DASHES), match[2].strip("\"'{}[]")
        if name in _SAYS or name.endswith(_SAYS_AT_END):
            known, cause = True, 0 <= caused < match.start()
            said = _quoted(body, match) if said is None or cause else said
        elif name in _CODES or name.endswith("errorcode"):
            known, code = True, code or labelled_code(value)
        if name in _STATUSES and value.isdecimal() and len(value) == 3:
            known = True
            set_status(found, int(value))
        _note_pair(name, value, found)
    if not known:
        return None
    note(found, url=address.strip() if url else None)
    if code:
        found["vendor_code"] = code
    return said or code or body[: body.find("=")].rpartition(" ")[0].strip() or None


def _note_pair(name: str, value: str, found: Found) -> None:
    if name == "method":
        note(found, method=value)
    elif name == "timestamp":
        note(found, timestamp=time_in(value))
    elif part := id_name(name):
        note(found, **{part: value})


def _quoted(body: str, match: re.Match[str]) -> str:
    """A quoted value to the quote that ends it: there may be quotes in a sentence."""
    if match[2] in ('""', "''"):
        return ""
    if body[match.start(2) : match.start(2) + 1] not in ("'", '"'):
        end = _NEXT.search(body, match.start(2), match.start(2) + WINDOW)
        return body[match.start(2) : end.start() if end else len(body)].rstrip(" ,;")
    end = _END.search(body, match.start(2) + 1, match.start(2) + WINDOW)
    return body[match.start(2) + 1 : end.start() if end else len(body)]


_CODE_AND = re.compile(
    r"[Cc]ode: ?([\w.-]{2,80})[,;.]? (?:[Ee]rror [Ii][Dd]: ?[\w-]{1,60}[,;.]? )?(?:[Ee]rror )?"
    r"(?:[Mm]essage|[Dd]escription|[Ss]ummary|[Rr]eason|[Ee]rror): ?"
)
_AFTERTHOUGHT = re.compile(
    r" (?:Inner ?error|AdditionalData|Client ?Request ?Id|Headers|Target):", re.I
)


def label_code(text: str, found: Found) -> str | None:
    """``Code: {code} Message: {sentence}``, ``… (Status Code: 400; Error Code: {code}; …)``."""
    if match := _CODE_AND.search(text, 0, WINDOW):
        if code := labelled_code(match[1]):
            found["vendor_code"] = code
        said = text[match.end() :]
        if end := _AFTERTHOUGHT.search(said, 0, WINDOW):
            said = said[: end.start()]
        if said[:1] == '"' and (end_quote := said.find('"', 1)) > 0:
            return said[1:end_quote]
        said = said.rstrip(" }")
        return said.removesuffix(")") if "(" not in said else said
    for match in islice(_CODE_LABEL.finditer(text, 0, WINDOW), 5):
        code = labelled_code(match[2].rstrip("."))
        named = text[: match.start()].rstrip(" _-")[-9:].casefold().endswith(_CODED)
        if code and named and (match[1].strip() or not code.isalpha() or not code.islower()):
            note(found, vendor_code=code)
            break
    service = text.rfind(" (Service: ")
    return text[:service] if service > 0 else None


_CODE_LABEL = re.compile(r"[Cc](?:ode|ODE)[\"']?(?: is)?([ :=]{1,3})[\"'\[(]?([\w.#-]{2,80})")
_CODED = ("error", "fault", "result", "exception", "failure")
_HRESULT = re.compile(r"HRESULT:? ?=? ?(0x[0-9A-Fa-f]{8})|\((0x[0-9A-Fa-f]{8})\)")


def hresult(text: str, found: Found) -> str | None:
    """``{sentence} (Exception from HRESULT: 0x800708C5)``."""
    match = _HRESULT.search(text, 0, WINDOW)
    if not match:
        return None
    found["vendor_code"] = match[1] or match[2]
    head = text[: match.start()]
    open_at = head.rfind("(") if match[1] else len(head)
    return head[:open_at].rstrip(" :-") or text[match.end() :].lstrip("): ") or None


_RESULT = re.compile(
    r"[Ee]rror [Cc]ode:? (\d{1,4})(?: - )?|ldap_\w{1,30}: [^():]{1,60}\((\d{1,4})\)"
)
_DATA = re.compile(r"\bdata ([0-9A-Fa-f]{2,8})\b")
_INVALID_CREDENTIALS = "49"


def directory(text: str, found: Found) -> str | None:
    """``[LDAP: error code 49 - {sentence}, data 52e, v1db1]``: ``LDAP_49_52e``.

    The result code is LDAP's, the data Active Directory's (a Windows error in hexadecimal);
    ``AcceptSecurityContext`` answers a bind, whose failure is result 49.
    """
    binds = "AcceptSecurityContext" in text
    if not binds and "LDAP" not in text and "dap_" not in text:
        return None
    result, data = _RESULT.search(text, 0, WINDOW), _DATA.search(text, 0, WINDOW)
    if data and data.end() == len(text) and found["truncated"]:
        data = None  # it may lack its end
    if not result and not (binds and data):
        return None
    number = (result[1] or result[2]) if result else _INVALID_CREDENTIALS
    found["vendor_code"] = f"LDAP_{number}" + (f"_{data[1].lower()}" if data else "")
    if not result or not result[1] or text[result.end() - 3 : result.end()] != " - ":
        return None
    head = text[: result.start()].rpartition("(")[0].strip()
    return head or text[result.end() :].strip(" []()") or None


_OKTA_CODE = re.compile(r"(?:Okta )?\[?(E0\d{6})\]?(?: \(E0\d{6}\))?[:,;-]{0,2}(?: |$)")
_ANY_OKTA_CODE = re.compile(r"(?<!\w)E0\d{6}(?!\w)")


def okta_code(text: str, found: Found) -> str | None:
    """``Okta E0000007 ({sentence}), ErrorId …``, ``E0000001 (E0000001): {sentence}``.

    A code of Okta's API counts wherever it stands, unless the vendor inside has one.
    """
    match = _OKTA_CODE.match(text)
    if not match:
        if code := _ANY_OKTA_CODE.search(text, 0, WINDOW):
            note(found, vendor_code=None if _cut(code, found) else code[0])
        return None
    if _cut(match, found):
        return None
    found["vendor_code"] = match[1]
    found["vendor"] = True
    rest = text[match.end() :]
    end = rest.rfind(")")
    return rest[1:end] if rest[:1] == "(" and end > 0 else rest or match[1]


def _cut(match: re.Match[str], found: Found) -> bool:
    return match.end() == len(match.string) and found["truncated"]


_RPC = re.compile(r"(?:.{0,80}?\b)?rpc error: code = (\w{2,40}) desc = ")


def rpc(text: str, found: Found) -> str | None:
    """``rpc error: code = InvalidArgument desc = {sentence}``."""
    match = _RPC.match(text)
    if not match:
        return None
    if match[1].casefold() not in NOTHING:
        found["vendor_code"] = match[1]
    return text[match.end() :]


_SOURCE = re.compile(r"\[Source: ?\((?:String|\w{1,30})\)\s?\"")
_GOT = re.compile(r"\"(?:\[truncated \d+ chars\])?; line: ?\d+, column: ?\d+\]")


def complaint(text: str, found: Found) -> str | None:
    """Jackson's ``Invalid JSON: … at [Source: (String)"{answer}"; line: 1, column: 8]``.

    The vendor did not answer in JSON, and the parser quotes what it said instead.
    """
    del found
    source = _SOURCE.search(text, 0, WINDOW)
    if not source:
        return None
    end = _GOT.search(text, source.end())
    answer = text[source.end() : end.start() if end else len(text)].strip()
    return answer or None


def code_first(text: str, found: Found) -> str | None:
    """``INVALID_LOGIN: {sentence}``; of nested codes the last one counts."""
    spoken = spoken_code(text) if not text[:4].isalpha() or "_" in text[:80] else None
    if spoken is None:
        return None
    found["vendor_code"] = spoken[0]
    return spoken[1] or None
