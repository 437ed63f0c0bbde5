"""Each upper bound has a reason, and a test that fails when the reason is gone."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

import openpyxl
import pytest
from packaging.requirements import Requirement
from papermill.translators import PythonTranslator

ROOT = Path(__file__).resolve().parents[1]
LINES = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
BOUNDED = {
    n: Requirement(match[1]).name
    for n, line in enumerate(LINES)
    if (match := re.search(r'"([\w\[\]-]+>=[\w.]+,(?:!=[\w.*]+,)*<[\w.]+)"', line))
}
"""The packages with an upper bound, by their lines."""

UNDOCUMENTED = {
    "okta": r"_executor\._(oauth|http_client)\b",
    "ibis-framework": r"\b(PySparkCompiler|__pyarrow_result__)\b",
    "pyspark": r"\b_active_spark_context\b|\.client\._builder\b",
}
"""Packages of which the kit uses what they do not document, and some of that."""
BY_BEHAVIOUR = {"papermill", "duckdb", "openpyxl", "python-dateutil", "mcp"}
"""Packages whose bound stands for what they do; each has a test below."""


def test_each_upper_bound_is_explained_in_the_line_above() -> None:
    assert len(BOUNDED) > 5
    assert [LINES[n] for n in BOUNDED if not LINES[n - 1].strip().startswith("#")] == []


def test_each_upper_bound_is_tested_here() -> None:
    assert set(BOUNDED.values()) == {*UNDOCUMENTED, *BY_BEHAVIOUR}


@pytest.mark.parametrize("name", UNDOCUMENTED)
def test_what_a_package_does_not_document_is_still_used(name: str) -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "kit").rglob("*.py"))
    assert re.search(UNDOCUMENTED[name], code), f"try {name} without its upper bound"


def test_ibis_still_calls_what_duckdb_2_removed() -> None:
    spec = find_spec("ibis.backends.duckdb")
    assert spec
    assert spec.origin
    source = Path(spec.origin).read_text(encoding="utf-8")
    assert re.search(r"\.fetch_(record_batch|arrow_table)\(", source), "try duckdb without <2"


def test_botocore_still_needs_dateutil_below_3() -> None:
    try:
        lines = requires("botocore") or []
    except PackageNotFoundError:
        pytest.skip("botocore not installed")
    bounds = [line for line in lines if line.startswith("python-dateutil")]
    assert any("<3" in line for line in bounds), "try python-dateutil without <3"


def test_papermill_still_writes_a_tuple_as_a_text() -> None:
    """When it does not, ``papermill_parts`` need not replace its translator."""
    assert PythonTranslator.translate((3, 4)) == '"(3, 4)"', "try papermill without <3"


def test_openpyxl_still_makes_a_formula_of_a_text() -> None:
    """When it does not, ``Frame`` need not set the types of its cells."""
    sheet = openpyxl.Workbook().create_sheet()
    sheet["A1"] = "=1+1"
    assert sheet["A1"].data_type == "f", "try openpyxl without <4"


def test_mcp_still_takes_an_argument_that_no_tool_has() -> None:
    """When it does not, the server need not replace its ``Tool``."""
    tools = pytest.importorskip("mcp.server.mcpserver.tools", reason="mcp not installed")

    def question(app: str = "") -> str:
        """Ask."""
        return app

    tool = tools.Tool.from_function(question)
    assert tool.parameters.get("additionalProperties", True), "try mcp without <3"
