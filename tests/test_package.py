"""Each public object says in its first sentence what it alone is for."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]


def documented(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The first docstring lines of a module's public objects, each with whose it is.

    A method stands for all that implement it: classes of one interface say the same of it.
    """
    yield ast.get_docstring(tree) or "", "module"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield ast.get_docstring(node) or "", f"{node.name}, line {node.lineno}"
        for method in getattr(node, "body", []) if isinstance(node, ast.ClassDef) else []:
            if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                yield ast.get_docstring(method) or "", f".{method.name}"


def test_no_two_public_objects_begin_with_the_same_sentence() -> None:
    """What two things have in common is not what a reader who chooses between them looks for."""
    places: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "kit").rglob("*.py")):
        for text, owner in documented(ast.parse(path.read_text(encoding="utf-8"))):
            private = owner.lstrip(".").startswith("_")
            if text and not private:
                place = owner if owner[0] == "." else f"{path.relative_to(ROOT)}: {owner}"
                places[text.splitlines()[0]].add(place)

    assert {line: found for line, found in places.items() if len(found) > 1} == {}
