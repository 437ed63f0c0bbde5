"""What a command prints besides its result: a note in one line; and a result as JSON."""

from __future__ import annotations

import sys
from typing import Any

from kit.base.text import clean, in_json

__all__ = ["print_json", "print_note", "tell_mistakes"]


def print_note(text: str) -> None:
    """Print a note or a fault to stderr, in one line that no terminal acts on."""
    print("okta-kit: " + clean(" ".join(text.split())), file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a result to stdout as indented JSON that no terminal acts on."""
    import json

    print(in_json(json.dumps(value, ensure_ascii=False, indent=2)))


def tell_mistakes() -> None:
    """Say on stderr what in the user's own folder could not be used."""
    from kit.catalogue import load

    for mistake in load().mistakes:
        print_note(f"left out of the catalogue: {mistake}")
