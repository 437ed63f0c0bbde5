"""What an analyst sees under Shift-Tab and Tab, asked of a real kernel."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel

import kit

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = [name for name in kit.__all__ if not name.startswith("__")]


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    """One with the kit imported and the sample's trends asked for."""
    manager, client = start_new_kernel()
    cell = "import kit\nlog = kit.open_log()\nfound = kit.trends(log, log.window('7d'))"
    answer = client.execute(cell, reply=True, timeout=120)["content"]
    assert answer["status"] == "ok", answer
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def under_shift_tab(kernel: Any, code: str) -> str:
    """What stands there, without colours."""
    content = kernel.inspect(code, reply=True, timeout=60)["content"]
    assert content["found"], code
    return re.sub(r"\x1b\[[\d;]*m", "", content["data"]["text/plain"])


def after_tab(kernel: Any, code: str) -> set[str]:
    """The words offered, without what stands before the last dot."""
    content = kernel.complete(code, reply=True, timeout=60)["content"]
    return {match.split(".")[-1].rstrip("(") for match in content["matches"]}


@pytest.mark.parametrize("name", NAMES)
def test_shift_tab_says_what_a_name_does_takes_and_gives(kernel: Any, name: str) -> None:
    """A sentence, each argument, the answer, and the faults that it raises itself."""
    said = under_shift_tab(kernel, f"kit.{name}(")
    lines = [line.strip() for line in said.splitlines()]
    function = getattr(kit, name)

    assert f"Signature:\nkit.{name}(" in said or f"Signature: kit.{name}(" in said
    first = next(i for i, line in enumerate(lines) if line.startswith("Docstring:"))
    sentence = (lines[first].removeprefix("Docstring:").strip() or lines[first + 1]).strip()
    assert re.fullmatch(r"[A-Z].{15,}\.", sentence)
    for argument in inspect.signature(function).parameters:
        assert [line for line in lines if line.startswith(f"{argument}: ")], argument
    assert "Returns:" in lines


def test_tab_offers_the_public_names_and_no_others(kernel: Any) -> None:
    """Nothing that only the kit needs stands in the way."""
    offered = after_tab(kernel, "kit.")

    assert set(NAMES) <= offered
    assert {name for name in offered if not name.startswith("_")} <= set(NAMES)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("log.", {"events", "window", "coverage", "count"}),
        ("found.", {"by_code", "over_time", "totals", "failures", "recovery"}),
        ("kit.trends(log, window, ", {"app=", "bucket="}),
        ("kit.case(log, log.window('7d'), co", {"code="}),
    ],
)
def test_tab_goes_on_behind_them(kernel: Any, code: str, names: set[str]) -> None:
    """Also into answers, and to the arguments of a call."""
    assert names <= after_tab(kernel, code)


def test_no_two_public_names_are_described_alike() -> None:
    """A pasted first line helps nobody."""
    first = [str(inspect.getdoc(getattr(kit, name))).splitlines()[0] for name in NAMES]

    assert len(set(first)) == len(NAMES)
