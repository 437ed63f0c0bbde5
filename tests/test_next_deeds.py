"""What a page says to do first is what its sections say, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from incident_histories import CODES, PROFILE, failed, on

import kit
from factories import write_export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from incident_histories import Attempt

BROKEN = [on(0, "z"), failed(3, "a"), failed(3.01, "b"), on(3.5, "z")]


def deeds(folder: Path, history: Sequence[Attempt]) -> tuple[Any, list[tuple[str, list[str]]]]:
    """The report of the first code, and what its first screen says to do: to whom each."""
    path = write_export(folder / "log.ndjson", [one.event() for one in history])
    report = kit.remediation_report(str(path), code=CODES[0])
    screen = report.headline().parts[0]
    names = [[name.partition("@")[0] for name in deed.names] for deed in screen.deeds]
    return report, list(zip((one.sentence for one in screen.deeds), names, strict=True))


def test_whose_retry_fails_with_another_code_is_not_told_to_retry(tmp_path: Path) -> None:
    report, told = deeds(tmp_path, [*BROKEN, failed(3.6, "a", code=CODES[1])])

    assert ("Retry 1 person under Dashboard > Tasks:", ["b"]) in told
    other = f"1 person fails with {CODES[1]} now; a retry before the fix fails again:"
    assert (other, ["a"]) in told
    assert "a retry before the fix fails again" in report.retry().text()


def test_several_such_codes_are_left_to_the_list(tmp_path: Path) -> None:
    more = [failed(3.6, "a", code=CODES[1]), failed(3.7, "b", code="AADSTS7000222")]
    _, told = deeds(tmp_path, [*BROKEN, *more])

    assert "2 people fail with other codes now; their list says what helps each:" in dict(told)
    assert not [sentence for sentence, _ in told if sentence.startswith("Retry")]


def test_who_is_still_to_be_retried_at_another_operation_is_told_to_retry(tmp_path: Path) -> None:
    more = [failed(3.02, "a", PROFILE), on(3.55, "z", PROFILE), failed(3.6, "a", code=CODES[1])]
    _, told = deeds(tmp_path, [*BROKEN, *more])

    retried = [name for text, names in told if text.startswith("Retry") for name in names]
    assert sorted(retried) == ["a", "b"]


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([failed(3, "a")], "a@example.com fails on Microsoft Office 365"),
        ([on(0, "z"), failed(3, "a"), on(3.1, "z")], "nobody else does."),
    ],
    ids=["nothing else tried", "others work"],
)
def test_of_a_single_user_nothing_is_said_of_others_than_that_they_do_not_fail(
    tmp_path: Path, history: Sequence[Attempt], said: str
) -> None:
    report, _ = deeds(tmp_path, history)

    assert said in report.headline().text()
    assert "others work" not in report.headline().text()
