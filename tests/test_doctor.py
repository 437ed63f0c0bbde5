"""The doctor holds the packages that are installed against what okta-kit requires of them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from kit.commands import doctor
from kit.lake import Lake


def _versions(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[doctor.Check]:
    monkeypatch.setenv("HOME", str(folder))
    found = doctor.examine(Lake(folder / "lake"))
    return [check for check in found if check.name == "versions"]


def test_a_package_that_is_missing_or_of_another_version_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["duckdb<1", "no-such-package[all]>=2,<3", 'pyspark>=90; extra == "spark"', "pandas>=2"]
    monkeypatch.setattr(doctor, "requires", lambda _name: lines)
    old, missing, rest = _versions(tmp_path, monkeypatch)
    assert old.state == missing.state == "FAIL"
    assert old.message.startswith("duckdb is 1.")
    assert old.fix == "pip install 'duckdb<1'"
    assert missing.message == "no-such-package is not installed"
    assert "no-such-package<3,>=2" in missing.fix
    assert rest.state == "ok"


def test_a_checkout_that_is_not_installed_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "requires", absent)
    (check,) = _versions(tmp_path, monkeypatch)
    assert check.state == "note"
    assert "not installed" in check.message
