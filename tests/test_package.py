"""What is installed is the whole kit."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_a_wheel_holds_notebooks_sample_catalogue_and_templates(tmp_path: Path) -> None:
    """And runs without the checkout."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, ROOT]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")

    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import kit.commands.app; "
        "from kit.base.paths import SAMPLE; "
        "assert SAMPLE.is_file() and kit.commands.app.__file__.startswith(sys.path[0]); "
        "sys.exit(kit.commands.app.run_command(['explain', 'AADSTS50126']))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Dashboard > Tasks" in done.stdout
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "kit/notebooks/failure_trends.ipynb" in names
    assert "kit/reports/templates/report/index.html.j2" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


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
