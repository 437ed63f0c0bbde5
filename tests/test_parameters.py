"""A notebook's parameters: read with their types, set, and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kit.base.errors import UsageError
from kit.base.parameters import check_values, read_parameters
from kit.reports import run_report

if TYPE_CHECKING:
    from pathlib import Path


def test_parameters_are_read_with_their_types_and_help(notebook: Any) -> None:
    """Without running the notebook."""
    path = notebook(
        parameters=(
            "from typing import Literal\n"
            'bucket: Literal["hour", "day"] = "day"  # how fine\n'
            "most: int | None = None\n"
            "apps: list[str] = []  # names = ids\n"
        )
    )

    declared = read_parameters(path)

    assert [(p.name, p.help) for p in declared.values()] == [
        ("bucket", "how fine"),
        ("most", ""),
        ("apps", "names = ids"),
    ]
    assert check_values(declared, {"most": "5", "apps": "a, b"}) == {
        "bucket": "day",
        "most": 5,
        "apps": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dayz": "3"}, "Did you mean 'days'"),
        ({"days": "many"}, "days"),
        ({"api_token": "x"}, "never a parameter"),
        ({"until": "00" + "aB3_-" * 8}, "looks like a secret"),
        ({"until": "https://me:hunter2@example.com"}, "looks like a secret"),
        ({"days": "Bearer abc"}, "got a secret"),
    ],
)
def test_a_wrong_parameter_is_refused_before_a_kernel_starts(
    notebook: Any, tmp_path: Path, given: dict[str, str], said: str
) -> None:
    """Nothing is made."""
    with pytest.raises(UsageError, match=said):
        run_report(notebook("1"), given, out=tmp_path / "out")

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "given", "value"),
    [
        ("x: int = 1", "3", 3),
        ("x: float = 1.0", "2.5", 2.5),
        ("x: bool = False", "yes", True),
        ("x: date = '2026-11-01'", "2026-11-02", "2026-11-02"),
        ("x: datetime.datetime = '2026-11-01'", "2026-11-02T03:04", "2026-11-02T03:04:00Z"),
        ("x: time = '08:00'", "09:30", "09:30:00"),
        ("x: Optional[int] = 3", "", None),
        ("x: int | None = None", "4", 4),
        ("x: list[int] = []", "1, 2", [1, 2]),
        ("x: Literal['a', 'b'] = 'a'", "b", "b"),
    ],
)
def test_a_value_is_read_as_its_type(notebook: Any, line: str, given: str, value: object) -> None:
    """As text from the command line, into what JSON can hold."""
    assert check_values(read_parameters(notebook(parameters=line)), {"x": given}) == {"x": value}


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("x: int = 1", "banana"),
        ("x: int = 1", "True"),
        ("x: float = 1.0", "nan"),
        ("x: bool = False", "perhaps"),
        ("x: date = '2026-11-01'", "2026-13-01"),
        ("x: time = '08:00'", "25:00"),
        ("x: Literal['a', 'b'] = 'a'", "c"),
        ("x: list[int] = []", "1, b"),
    ],
)
def test_a_value_of_another_type_is_refused(notebook: Any, line: str, given: str) -> None:
    """By the parameter's name."""
    with pytest.raises(UsageError, match=r"^x: "):
        check_values(read_parameters(notebook(parameters=line)), {"x": given})


@pytest.mark.parametrize(
    "cell", ["days: int = open('x')", "days: __import__('os') = 1", "x", "token: str = ''"]
)
def test_a_parameters_cell_is_parsed_and_never_run(notebook: Any, cell: str) -> None:
    """Only plain ``name: type = literal`` lines are parameters."""
    with pytest.raises(UsageError, match=r"question\.ipynb"):
        read_parameters(notebook(parameters=cell))
