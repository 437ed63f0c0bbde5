"""What is installed is the whole kit."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_a_wheel_holds_notebooks_sample_catalogue_and_templates(tmp_path: Path) -> None:
    """And runs without the checkout."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, ROOT]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")

    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import kit.commands.app; "
        "from kit.base.paths import SAMPLE; "
        "assert SAMPLE.is_file() and kit.commands.app.__file__.startswith(sys.path[0]); "
        "sys.exit(kit.commands.app.run(['explain', 'AADSTS50126']))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Dashboard > Tasks" in done.stdout
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "kit/notebooks/failure_trends.ipynb" in names
    assert "kit/reports/templates/report/index.html.j2" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]
