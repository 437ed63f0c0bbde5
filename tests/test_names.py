"""Names of the package: a value is a noun, a function a verb or a noun, one name is one thing."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import kit

PACKAGE = Path(kit.__file__).parent

PARTICIPLES = frozenset(
    """asked begun chosen closed coded counted covered declared done ended expected found given
    grown heard held joined keyed kept known left listed lost made marked masked meant moved named
    needed noted opened packed passed placed replaced said seen sent shown spoken started stored
    taken told tried turned used wanted worked written""".split()
)

OF_THE_COMMANDS = {"failures", "register"}
"""Functions behind commands are named as the command is; each module of commands registers its."""


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield str(path.relative_to(PACKAGE)), node


def _names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The function's own name and those of its arguments and variables."""
    names = {function.name}
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def test_no_value_and_no_function_is_named_by_a_bare_participle() -> None:
    bare = [
        f"{path}: {function.name}: {name}"
        for path, function in _functions()
        for name in sorted(_names(function))
        if name.strip("_") in PARTICIPLES
    ]
    assert bare == []


def test_a_public_name_stands_for_one_thing() -> None:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    modules = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, kinds) and not node.name.startswith("_"):
                modules[node.name].add(str(path.relative_to(PACKAGE)))
    twice = {name: sorted(paths) for name, paths in modules.items() if len(paths) > 1}
    assert {name: paths for name, paths in twice.items() if name not in OF_THE_COMMANDS} == {}
