"""The beginning of a remedy, for a code or text that the catalogue does not know."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from kit.base.text import clean
from kit.catalogue.files import load
from kit.catalogue.model import KnownText
from kit.messages import is_fingerprint, mask, parse

if TYPE_CHECKING:
    from datetime import date

__all__ = ["event_type_row", "skeleton"]

_REMEDY = """\
---
# Save it as {id}.md in a folder of yours, and name the folder in $OKTA_KIT_CATALOGUE.
id: {id}
title: TODO what is wrong, in a sentence
family: {family}
{app}kind: {kind}
owner: okta_admin  # or microsoft_admin, app_owner, data_owner, directory_admin, wait
retry: after_fix  # or wait, reassign, automatic
retry_note: TODO when a retry helps.
blast_radius: user  # or connection, group
seen: seen in Okta
checked: {checked}
codes:
  {code}: TODO what it means
{texts}{examples}---

## Cause

TODO Why it fails.

## Steps

### TODO Fix it

TODO Where to click, and what to enter.

- See: TODO what a person sees then.

### [Retry from Tasks](steps/retry_from_tasks.md)

## Verify

- TODO What proves the fix.

## Do not

- TODO What would make it worse.
"""


def skeleton(code: str, checked: date, *, example: str = "", app: str = "") -> str:
    """Begin a remedy: a file that can be used as it is, with TODO where a person knows more.

    Args:
        code: the code; for an unknown text its fingerprint, which gets a name here.
        checked: the day that it is written on.
        example: a message with that code. Put invented names into it before you share it.
        app: the app that it was seen on.

    Returns:
        The Markdown of the file.
    """
    example = clean(" ".join(example.split()))
    texts, name = "", code
    kind = load().kind(code, text=parse(example).text)
    if is_fingerprint(code) and (phrase := _phrase(example)):
        name = _slug(phrase)
        texts = f"texts:\n  {_quoted(phrase)}: {name}\n"
    return _REMEDY.format(
        id=_slug(name),
        family=_quoted(app or "TODO"),
        app=f"app: {_quoted(app)}\n" if app else "",
        kind=kind or '""  # TODO one of kinds.csv',
        checked=checked.isoformat(),
        code=_quoted(name),
        texts=texts,
        examples=f"examples:\n  - {_quoted(example)}\n" if example else "",
    )


def event_type_row(event_type: str, meaning: str) -> str:
    """Begin an ``event_types.csv`` for an event type that the catalogue does not know."""
    sentence = clean(meaning).replace('"', "'") or "TODO what happened"
    verdict = "only_fails" if re.search(r"(^|[._])(error|fail)", event_type) else ""
    return f'event_type,operation,verdict,meaning\n{event_type},,{verdict},"{sentence}"\n'


def _phrase(example: str) -> str:
    """The parts of a message that are the same for every user, as ``texts`` wants them."""
    message = parse(example)
    text = message.text
    for name in (message.user, message.group, message.app):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<>", text)
    parts = [part.strip(" .,:;()") for part in re.split("<>|…", mask(text))]
    longest = sorted(parts, key=len, reverse=True)[:3]
    fixed_parts = [part for part in parts if part in longest and len(part) > 3]
    fits = fixed_parts and KnownText("", tuple(fixed_parts)).stands_in(message.text.casefold())
    return " … ".join(fixed_parts) if fits else message.text.casefold().strip(" …")


def _slug(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", text.casefold())
    return "_".join(words[:5]) or "remedy"


def _quoted(text: str) -> str:
    """As YAML reads it back; plain where that is safe."""
    return (
        text
        if re.fullmatch(r"[A-Za-z][\w .-]*[\w.-]", text)
        else json.dumps(text, ensure_ascii=False)
    )
