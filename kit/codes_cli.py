"""The command that lists the catalogue, and what a source holds that it does not know."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

def register(app: typer.Typer) -> None: ...

def tell_mistakes() -> None:
    from kit.catalogue import load

    for mistake in load().mistakes:
        print(f"okta-kit: left out of the catalogue: {mistake}", file=sys.stderr)
