"""What stands below a remedy's front matter: prose under fixed headings, and steps.

It is Markdown so that a person can write it in any editor and read it on any forge.
markdown-it takes it apart (https://markdown-it-py.readthedocs.io/); here its blocks become
sections, steps and evidence, and what does not fit is named with its file and heading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import msgspec

from kit.base.errors import KitError, nearest
from kit.base.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markdown_it.tree import SyntaxTreeNode

__all__ = ["Body", "BodyParts", "CatalogueError", "Evidence", "Step", "read_body", "read_steps"]


class CatalogueError(KitError):
    """A data file of the catalogue is wrong; says which and where."""


class Evidence(msgspec.Struct, frozen=True):
    """How the log shows that a step was done."""

    kind: Literal[
        "event",
        "first_success",
        "no_recurrence",
        "all_recovered",
        "sync_state",
        "sign_in",
        "refusal",
        "audit",
    ]
    """The last three are in the vendor's own log."""
    events: tuple[str, ...] = ()
    """For ``event`` the event types on the app that show it, for ``audit`` the activities."""


class Step(msgspec.Struct, frozen=True):
    """One step of a remedy: what to do, and what to see after it."""

    title: str
    do: str
    see: str
    evidence: Evidence | None = None
    vendor: Evidence | None = None
    """How the vendor's own log shows it."""


@dataclass(frozen=True)
class Body:
    """The text below the front matter, and the steps that it may share."""

    file: str
    text: str
    shared: Mapping[str, Body] = field(default_factory=dict)
    """Files of steps by their names; a file of steps shares none."""


class BodyParts(msgspec.Struct, frozen=True):
    """A body taken apart."""

    cause: str = ""
    steps: tuple[Step, ...] = ()
    verify: tuple[str, ...] = ()
    """Each without its full stop."""
    avoid: tuple[str, ...] = ()
    background: str = ""


_SECTIONS = {
    "Cause": "cause",
    "Steps": "steps",
    "Verify": "verify",
    "Do not": "avoid",
    "Background": "background",
}
_REQUIRED_HEADINGS = ("Cause", "Steps", "Verify")
_KINDS: dict[str, Any] = {
    "first success": "first_success",
    "no recurrence": "no_recurrence",
    "all recovered": "all_recovered",
    "sync state": "sync_state",
}
_EVENT_TYPE = lazy_pattern(r"[A-Za-z]\w*(?:\.[\w-]+)+")


def read_body(body: Body) -> BodyParts:
    """Take a body apart.

    Args:
        body: the text and the steps that it may share.

    Returns:
        Its parts.

    Raises:
        CatalogueError: a heading is unknown, doubled or missing, or a part does not fit;
            names the file and the heading.
    """
    sections = _sections(body)
    for title in _REQUIRED_HEADINGS:
        if title not in sections:
            _wrong(body, f"there is no heading '## {title}'")
    parts: dict[str, Any] = {}
    for title, blocks in sections.items():
        where = f"'{title}'"
        if title == "Steps":
            parts["steps"] = _steps(body, blocks)
        elif title in {"Verify", "Do not"}:
            parts[_SECTIONS[title]] = tuple(_items(body, where, blocks))
        else:
            parts[_SECTIONS[title]] = _prose(body, where, blocks)
        if not parts[_SECTIONS[title]]:
            _wrong(body, f"nothing stands under {where}")
    parts["verify"] = tuple(item.removesuffix(".") for item in parts["verify"])
    return BodyParts(**parts)


def read_steps(body: Body) -> tuple[Step, ...]:
    """Take a file of shared steps apart; it holds steps alone.

    Raises:
        CatalogueError: a step does not fit; names the file and the step.
    """
    return _steps(body, _blocks(body))


def _sections(body: Body) -> dict[str, list[SyntaxTreeNode]]:
    """The blocks under each heading of the second level."""
    sections: dict[str, list[SyntaxTreeNode]] = {}
    title = ""
    for node in _blocks(body):
        if node.type == "heading" and node.tag in {"h1", "h2"}:
            title = _plain(node)
            if node.tag == "h1" or title not in _SECTIONS:
                hint = nearest(title, _SECTIONS) or f" There are {', '.join(_SECTIONS)}."
                _wrong(body, f"'{title}' is no heading of a remedy{hint and '.' + hint}")
            if title in sections:
                _wrong(body, f"the heading '{title}' stands there twice")
            sections[title] = []
        elif not title:
            _wrong(body, "text stands before the first heading '## Cause'")
        else:
            sections[title].append(node)
    return sections


def _steps(body: Body, blocks: list[SyntaxTreeNode]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for heading, below in _by_heading(body, blocks):
        target = _link(heading)
        if target is None:
            steps.append(_step(body, _plain(heading), below))
        elif below:
            _wrong(body, f"text stands below the shared steps '{_plain(heading)}'")
        else:
            steps.extend(_shared(body, target))
    return tuple(steps)


def _shared(body: Body, target: str) -> tuple[Step, ...]:
    name = PurePosixPath(target).stem
    if name not in body.shared:
        _wrong(body, f"'Steps': there are no shared steps {name!r}{nearest(name, body.shared)}")
    return read_steps(body.shared[name])


def _by_heading(
    body: Body, blocks: list[SyntaxTreeNode]
) -> list[tuple[SyntaxTreeNode, list[SyntaxTreeNode]]]:
    groups: list[tuple[SyntaxTreeNode, list[SyntaxTreeNode]]] = []
    for node in blocks:
        if node.type == "heading":
            if node.tag != "h3":
                _wrong(body, f"'{_plain(node)}': a step's heading begins with ###")
            groups.append((node, []))
        elif groups:
            groups[-1][1].append(node)
        else:
            _wrong(body, "'Steps': text stands before the first step '### …'")
    return groups


def _step(body: Body, title: str, blocks: list[SyntaxTreeNode]) -> Step:
    """``### Title``, paragraphs, and a list with what to see and what the logs show."""
    where = f"step '{title}'"
    paragraphs = [node for node in blocks if node.type != "bullet_list"]
    entries: dict[str, str] = {}
    for item in _items(body, where, [node for node in blocks if node.type == "bullet_list"]):
        name, colon, text = item.partition(":")
        name = name.strip().casefold()
        if not colon or name not in {"see", "log", "vendor"} or name in entries:
            _wrong(body, f"{where}: its list holds 'See:', 'Log:' and 'Vendor:' alone, each once")
        entries[name] = text.strip()
    do = _prose(body, where, paragraphs)
    if not do:
        _wrong(body, f"{where}: it does not say what to do")
    if not entries.get("see"):
        _wrong(body, f"{where}: '- See:' is missing, what a person sees after it")
    evidence = _evidence(body, where, entries["log"]) if "log" in entries else None
    vendor = _vendor_evidence(entries["vendor"]) if "vendor" in entries else None
    return Step(title, do, entries["see"], evidence, vendor)


def _vendor_evidence(text: str) -> Evidence:
    """``first sign-in``, ``refused sign-in``, or activities of an audit log, by commas."""
    words = text.casefold().rstrip(".")
    if words == "first sign-in":
        return Evidence("sign_in")
    if words == "refused sign-in":
        return Evidence("refusal")
    return Evidence("audit", tuple(part.strip() for part in text.split(",")))


def _evidence(body: Body, where: str, text: str) -> Evidence:
    if kind := _KINDS.get(text.casefold().replace("_", " ").rstrip(".")):
        return Evidence(kind)
    events = tuple(part.strip() for part in text.split(","))
    if wrong := [event for event in events if not _EVENT_TYPE.fullmatch(event)]:
        kinds = ", ".join(_KINDS)
        _wrong(body, f"{where}: Log: {wrong[0]!r} is neither an event type nor one of {kinds}")
    return Evidence("event", events)


def _prose(body: Body, where: str, blocks: list[SyntaxTreeNode]) -> str:
    for node in blocks:
        if node.type != "paragraph":
            _wrong(body, f"{where}: paragraphs belong here, no {node.type.replace('_', ' ')}")
    return " ".join(_plain(node) for node in blocks)


def _items(body: Body, where: str, blocks: list[SyntaxTreeNode]) -> list[str]:
    """The items of a list; nothing else may stand beside it."""
    items: list[str] = []
    for node in blocks:
        if node.type != "bullet_list":
            _wrong(body, f"{where}: a list belongs here, each line begins with '- '")
        items.extend(_prose(body, where, list(item.children)) for item in node.children)
    return items


def _blocks(body: Body) -> list[SyntaxTreeNode]:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    # A path to click may be wrapped before one of its ">", which means no quotation.
    markdown = MarkdownIt("commonmark").disable("blockquote")
    return list(SyntaxTreeNode(markdown.parse(body.text)).children)


def _plain(node: SyntaxTreeNode) -> str:
    """A block's text without its marks, in one line."""
    return " ".join(_text_of(node).split())


def _text_of(node: SyntaxTreeNode) -> str:
    if node.type in {"softbreak", "hardbreak"}:
        return " "
    return "".join(map(_text_of, node.children)) if node.children else node.content


def _link(heading: SyntaxTreeNode) -> str | None:
    """Where a heading leads that is one link and nothing else."""
    inside = heading.children[0].children if heading.children else []
    if len(inside) == 1 and inside[0].type == "link":
        return str(inside[0].attrs["href"])
    return None


def _wrong(body: Body, what: str) -> NoReturn:
    raise CatalogueError(f"{body.file}: {what.rstrip('.')}{'' if what.endswith('?') else '.'}")
