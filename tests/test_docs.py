"""What the documentation and the docstrings show is true."""

from __future__ import annotations

import doctest
import importlib
import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

import click
import pytest

import kit
from kit.base.paths import NOTEBOOKS
from kit.commands.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = NOTEBOOKS.parent
PAGES = [ROOT / "README.md", ROOT / "notebooks" / "README.md", *sorted(ROOT.glob("docs/*.md"))]
EXAMPLES = [page for page in PAGES if ">>> " in page.read_text(encoding="utf-8")]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "kit").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.fixture(scope="module", autouse=True)
def one_sample() -> Iterator[None]:
    """Nearly every example opens the sample: it is opened once, and keeps its answers for all."""
    plain = kit.open_log
    sample = cache(lambda: plain("sample"))

    def open_log(*words: Any, **options: Any) -> Any:
        return sample() if words == ("sample",) and not options else plain(*words, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kit, "open_log", open_log)
        yield


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.name)
def test_the_examples_of_a_page_say_what_they_say(page: Path) -> None:
    """All of one page are one session."""
    test = doctest.DocTestParser().get_doctest(
        page.read_text(encoding="utf-8"), {}, page.name, str(page), 0
    )

    assert len(test.examples) > 1
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_docstring_say_what_they_say(name: str) -> None:
    """As Shift-Tab shows them."""
    done = doctest.testmod(importlib.import_module(name))

    assert done.attempted
    assert done.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_or_picture_of_a_page_is_there(page: Path) -> None:
    """Also the heading in it that is meant."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target, heading in re.findall(r"\]\((?!https?:|#)([^)#\s]+)(?:#([^)\s]+))?", text):
        found = (page.parent / target).resolve()
        assert found.exists(), target
        if heading:
            assert heading in _headings(found), f"{target}#{heading}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_picture_is_described(page: Path) -> None:
    """For who cannot see it."""
    told = re.findall(r"!\[([^\]]*)\]\(", page.read_text(encoding="utf-8"))

    assert all(len(text) > 60 for text in told)


def _headings(page: Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r'<a id="(\w+)">', text))
    words = re.findall(r"^#+ (.+)$", text, re.M)
    return named | {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in words}


def test_the_api_page_has_every_public_name_with_an_example_that_calls_it() -> None:
    """It reads as it is, and the reference has every argument."""
    api = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### kit\.(\w+)\n(.*?)(?=^#|\Z)", api, re.M | re.S))
    names = set(kit.__all__) - {"__version__"}
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8").splitlines()

    assert set(sections) == names
    for name, section in sections.items():
        assert re.search(rf"^(>>>|\.\.\.) .*\bkit\.{name}\(", section, re.M), name
    assert "eval-rst" not in api
    assert sorted(one for one in names if f".. autofunction:: kit.{one}" not in reference) == []


def test_the_readme_has_every_command() -> None:
    commands = {f"`{name}" for name in app.list_commands(click.Context(app))}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert sorted(one for one in commands if one not in readme) == []


def test_the_page_on_the_code_names_every_room_in_the_order_of_its_imports() -> None:
    """The order is the one that ``make lint`` checks."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)/` \|", page, re.M)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = contracts["tool"]["importlinter"]["contracts"]
    order = [name for line in contract["layers"] for name in line.split(" | ")]

    assert sorted(named) == sorted(path.parent.name for path in ROOT.glob("kit/*/__init__.py"))
    assert named == order
