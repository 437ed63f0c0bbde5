"""Texts as people paste them: mails, tables and pictures of pages change how codes are written.

Okta's log has none of this, so what stands in it is read as it is; only what a person asks comes
through here. A code is written anew where that makes a known one of it, and nowhere else.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from kit.base.patterns import lazy_pattern
from kit.catalogue.files import load
from kit.messages.parts import unescaped

__all__ = ["as_written"]

_LOOK_ALIKE = str.maketrans("OoQlI|SBZ", "000111582")
"""The digits for which a program that reads pictures takes letters."""
_FULL_WIDTH = lazy_pattern("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+")
"""Letters and digits as East Asian keyboards write them."""
_BREAK = r"=?[ \t]*\r?\n[ \t>]*"
"""A line that ends within a code; ``=`` says so in a mail's source, ``>`` quotes what follows."""
_CODE = lazy_pattern(
    rf"(?<![A-Za-z0-9])(?P<vendor>AADST[S5]|E(?=[0O]))(?:[ \t]?[-:#]?[ \t]?|{_BREAK})"
    r"(?P<digits>[0-9OoQlI|SBZ]{5,8})(?![A-Za-z0-9])"
)
_IN_TWO = lazy_pattern(
    rf"(?<![A-Za-z0-9])(?P<first>AADSTS\d{{1,7}}|E0\d{{1,5}})(?:{_BREAK}|[ \t])(?P<rest>\d{{1,6}})"
    r"(?![A-Za-z0-9])(?P<colon>:?)"
)
_MARKUP = lazy_pattern(r"<(?:html|body|div|p|br|blockquote|span|td)\b[^<>]{0,2000}>", re.IGNORECASE)
_TAG = lazy_pattern(r"<(?:!--.{0,2000}?--|/?[A-Za-z!][^<>]{0,2000})>", re.DOTALL)
_LINE_TAG = lazy_pattern(r"</?(?:p|div|br|blockquote|tr|li|h\d)\b", re.IGNORECASE)
_SURE = lazy_pattern(r"AADSTS\d{5}|\bE0\d{6}\b")


def as_written(text: str) -> str:
    """Undo what pasting does to the codes of a text, and to a mail around them.

    Args:
        text: what somebody pasted.

    Returns:
        The text: full-width letters as others write them; codes that a line's end, a blank or a
        sign parts, or whose digits were read as letters, whole; a mail's HTML without its tags,
        if there is a code in it. All else as it was.
    """
    text = _FULL_WIDTH.sub(lambda match: normalize("NFKC", match[0]), text)
    text = _IN_TWO.sub(_whole_code, _CODE.sub(_spelt, text))
    if _MARKUP.search(text) and not text.lstrip().startswith(("{", "[")):
        plain = unescaped(_TAG.sub(lambda tag: "\n" if _LINE_TAG.match(tag[0]) else "", text))
        if _SURE.search(plain):
            return plain
    return text


def _spelt(match: re.Match[str]) -> str:
    vendor = "E" if match["vendor"] == "E" else "AADSTS"
    code = vendor + match["digits"].translate(_LOOK_ALIKE)
    return code if load().spelled(code) else match[0]


def _whole_code(match: re.Match[str]) -> str:
    """A code in two parts; where the first is a code by itself, only if the rest ends as one."""
    code = match["first"] + match["rest"]
    is_whole = load().spelled(match["first"]) and not match["colon"]
    return code + match["colon"] if load().spelled(code) and not is_whole else match[0]
