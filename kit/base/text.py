"""Text that somebody else wrote, made harmless in a line, a terminal, JSON and a sheet."""

from __future__ import annotations

from kit.base.patterns import lazy_pattern

__all__ = ["clean", "clean_lines", "in_json", "in_sheet", "one_line", "visible"]

_FORMULA = lazy_pattern(r"^(?=[\t\n])|(^|[;\t\n])(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet begins a formula: at the start of a cell, and of what it takes for one where
it separates cells by other marks than we do.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

_UNSEEN = lazy_pattern(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What acts on a terminal, or turns the reading direction; tabs and line feeds do neither."""


def clean(text: object) -> str:
    """Make text from an event harmless in one line.

    Control characters, line breaks and the marks that turn the reading direction are
    shown as a visible sign, so that no name can rewrite the line it stands in.
    """
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}"
        for c in str(text)
    ).strip()


def one_line(text: object) -> str:
    """A fault of somebody else's code, in one harmless line of at most 300 characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= 300 else line[:299] + "…"


def clean_lines(text: str) -> str:
    """Like ``clean``, for a text of several lines of our own making; their indents stay."""
    return "\n".join(
        " " * (len(line) - len(line.lstrip(" "))) + clean(line) if line.strip() else ""
        for line in text.split("\n")
    )


def visible(text: str) -> str:
    """Show what acts on a terminal or turns the reading direction as a sign; lines stay lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", lines)


def in_sheet(cell: object) -> object:
    """Keep a spreadsheet from running what somebody put into a name; other values stay."""
    if not isinstance(cell, str):
        return cell
    return _FORMULA.sub(r"\1'", visible(cell))


def in_json(text: str) -> str:
    """Write what a terminal would act on in a JSON text as escapes: the same data."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
