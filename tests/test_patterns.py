"""A pattern of a module is compiled when it is first looked for, and is one like any other."""

from __future__ import annotations

import copy
import re
import subprocess
import sys

import pytest

from kit.base.patterns import lazy_pattern


@pytest.mark.parametrize(("pattern", "text"), [(r"a(\d+)", "xA12 a3"), (rb"a(\d+)", b"xA12 a3")])
def test_a_lazy_pattern_finds_what_a_compiled_one_finds(
    pattern: str | bytes, text: str | bytes
) -> None:
    """Each time, with its flags; of text and of bytes."""
    lazy, whole = lazy_pattern(pattern, re.I), re.compile(pattern, re.I)

    for _ in range(2):
        assert lazy.findall(text) == whole.findall(text)
        assert [match.span() for match in lazy.finditer(text)] == [(1, 4), (5, 7)]
        assert lazy.sub(pattern[:1], text) == whole.sub(pattern[:1], text)
        assert lazy.fullmatch(text) is None
    assert lazy.pattern == pattern
    assert copy.copy(lazy).findall(text) == whole.findall(text)


def test_a_mistake_in_a_lazy_pattern_shows_where_it_is_looked_for() -> None:
    """It is not hidden, and costs nothing before."""
    broken = lazy_pattern("(")

    with pytest.raises(re.error):
        broken.search("")


def test_explaining_a_code_reads_no_messages_and_no_records() -> None:
    """What takes those apart is imported for those that are asked for."""
    code = (
        "import sys; from kit.commands.app import run_command as run; run(sys.argv[1:]); "
        "unneeded = {'kit.messages.parsing', 'kit.catalogue.coding', 'kit.sources.wrappers', "
        "'kit.vendors.reading', 'kit.commands.reports', 'pydantic', 'numpy'}; "
        "sys.exit(', '.join(unneeded & set(sys.modules)) or 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "explain", "AADSTS50126"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "AADSTS50126" in done.stdout
