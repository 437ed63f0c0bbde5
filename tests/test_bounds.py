"""Each upper bound has a reason, and a test that fails when the reason is gone."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINES = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()


def test_each_upper_bound_is_explained_in_the_line_above() -> None:
    bounded = [n for n, line in enumerate(LINES) if re.search(r'"[\w\[\]-]+>=[\w.]+,<', line)]
    assert len(bounded) > 5
    assert [LINES[n] for n in bounded if not LINES[n - 1].strip().startswith("#")] == []


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
