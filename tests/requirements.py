"""Parts that a test needs and a machine may lack: skipped with a reason, except where they must be.

``$OKTA_KIT_TESTS_NEED`` lists what must be there (``s3 spark``); a test that lacks it fails.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import pytest


def need(part: str, modules: list[str]) -> None:
    """Skip the test, or let it fail, if modules are not installed.

    Args:
        part: what they are part of, as ``$OKTA_KIT_TESTS_NEED`` names it.
        modules: their names.
    """
    lacking = [name for name in modules if find_spec(name) is None]
    if not lacking:
        return
    said = f"{', '.join(lacking)} not installed"
    if part in os.environ.get("OKTA_KIT_TESTS_NEED", "").replace(",", " ").split():
        pytest.fail(f"{said}, and {part} must be tested here")
    pytest.skip(said, allow_module_level=True)


def need_java() -> None:
    """Skip the test, or let it fail, where there is no Java."""
    if not shutil.which("java"):
        said = "there is no Java"
        if "spark" in os.environ.get("OKTA_KIT_TESTS_NEED", ""):
            pytest.fail(said)
        pytest.skip(said)
