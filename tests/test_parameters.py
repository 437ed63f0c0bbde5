"""A notebook's parameters: read with their types, set, and refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
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
        ("x: tuple[int, int] = (1, 2)", "(3, 4)", (3, 4)),
        ("x: tuple[int, int] = (1, 2)", "[3, 4]", (3, 4)),
        ("x: tuple[int, ...] | None = None", "3, 4, 5", (3, 4, 5)),
        ("x = (1, 2)", "5, 6", (5, 6)),
        ("x = ('a',)", "5, 6", ("5", "6")),
        ("x: list[tuple[str, int]] = []", "[('a', 1)]", [("a", 1)]),
        ("x: set[str] = {'a'}", "{'b', 'c'}", {"b", "c"}),
        ("x: set[str] = {'a'}", "b, c", {"b", "c"}),
        ("x: dict[int, str] = {1: 'a'}", "{2: 'b'}", {2: "b"}),
        ("x: dict[str, bool] = {}", '{"a": true}', {"a": True}),
        ("x: tuple[date, int] = ('2026-11-01', 1)", "('2026-11-02', 2)", ("2026-11-02", 2)),
    ],
)
def test_a_value_is_read_as_its_type(notebook: Any, line: str, given: str, value: object) -> None:
    """As text from the command line, into what the cell's literal would be."""
    values = check_values(read_parameters(notebook(parameters=line)), {"x": given})

    assert values == {"x": value}
    assert type(values["x"]) is type(value)


def test_each_type_arrives_in_the_notebook_as_its_cell_shows_it(
    notebook: Any, tmp_path: Path
) -> None:
    """By itself papermill 2.7 writes a tuple as a text, and so each key of a dict."""
    cell = (
        "pair: tuple[int, int] = (1, 2)\nways: set[str] = {'b'}\nnamed: dict[int, tuple] = {}\n"
        "deep: list[tuple[str, int]] = [('a', 1)]\nuntil: str = ''"
    )
    given = {"pair": "(3, 4)", "named": "{5: (6,)}"}

    report = run_report(
        notebook("print(pair, ways, named, deep)", parameters=cell), given, out=tmp_path / "out"
    )

    assert report.exit_code == 0
    (ran,) = report.folder.glob("notebook.ipynb")
    printed = [o for c in nbformat.read(ran, 4).cells for o in c.get("outputs", [])]
    assert printed[0]["text"] == "(3, 4) {'b'} {5: (6,)} [('a', 1)]\n"
    facts = json.loads((report.folder / "summary.json").read_text(encoding="utf-8"))
    assert facts["parameters"] == {
        "pair": [3, 4],
        "ways": ["b"],
        "named": {"5": [6]},
        "deep": [["a", 1]],
        "until": "",
    }


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
        ("x: tuple[int, int] = (1, 2)", "(3, 4, 5)"),
        ("x: tuple[int, int] = (1, 2)", "(3, 4"),
        ("x: dict[str, int] = {}", "a=1"),
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
