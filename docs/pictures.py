"""Make the pictures of these pages and of the README, on the sample.

The notebooks are run in a real JupyterLab and the reports opened in a Chromium, both as the
browser tests do it::

    python docs/pictures.py                     # all of them
    python docs/pictures.py report orgs         # the reports, and one notebook
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from browsing import BROWSER, FLAGS, home, lab_page, serving  # noqa: E402
from kit.base.paths import NOTEBOOKS  # noqa: E402
from kit.reports import run_report  # noqa: E402

PICTURES = HERE / "pictures"
WIDTH, HEIGHT = 1500, 1160
PATIENCE = 600
"""Seconds that a notebook may take on a busy machine."""

_SIDE_BY_SIDE = """
<body style="margin: 0; padding: 28px; background: #dfe3e8; display: flex; gap: 28px">
  <img src="{desk}" style="width: 1160px; box-shadow: 0 2px 12px #0003">
  <img src="{phone}" style="width: 390px; box-shadow: 0 2px 12px #0003">
</body>
"""


def main() -> None:
    """Make them all, or those that are named."""
    every = ["report", *sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))]
    names = sys.argv[1:] or every
    if wrong := set(names) - set(every):
        sys.exit(f"There is no picture {', '.join(sorted(wrong))}; there are {', '.join(every)}.")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = [
            run_report(NOTEBOOKS / f"{stem}.ipynb", {}, out=folder / "reports").page
            for stem in ("failure_trends", "remediation")
            if "report" in names
        ]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
            if pages:
                of_reports(browser, *pages)
            of_notebooks(browser, folder / "home", [one for one in names if one != "report"])
            browser.close()


def of_reports(browser: Any, desk: Path, phone: Path) -> None:
    """One report on a desk, beside another on a phone."""
    shots = {
        "desk": _shot(browser, desk, width=1160, height=1040),
        "phone": _shot(browser, phone, width=390, height=1040),
    }
    page = browser.new_page(viewport={"width": 1634, "height": 1096})
    page.set_content(_SIDE_BY_SIDE.format(**shots))
    _save(page.screenshot(), HERE / "report.png")
    page.close()


def of_notebooks(browser: Any, folder: Path, names: list[str]) -> None:
    """Some notebooks, run, each from its first screen on."""
    command = [sys.executable, "-m", "kit", "lab", "--no-browser", "--allow-root"]
    environment = home(folder) | {"PYTHONPATH": str(ROOT)}
    with serving(command, environment, cwd=ROOT) as server:
        for path in (NOTEBOOKS / f"{name}.ipynb" for name in names):
            way = path.relative_to(ROOT).as_posix()
            notebook = path.read_bytes()
            with lab_page(browser, server, way, width=WIDTH) as lab:
                lab.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
                lab.run_all(PATIENCE)
                lab.cell("report.headline").evaluate(
                    "cell => cell.scrollIntoView({block: 'start'})"
                )
                lab.page.mouse.move(0, 0)
                lab.page.wait_for_timeout(1000)  # until all that came into view is drawn
                shot = lab.page.locator(".jp-NotebookPanel").screenshot()
                _save(shot, PICTURES / f"{path.stem}.png")
                if path.stem == "failure_trends":
                    chart = lab.output("report.headline").locator("img").first
                    _save(chart.screenshot(), PICTURES / "over_time.png")
            path.write_bytes(notebook)  # where it took long, JupyterLab has saved its outputs


def _shot(browser: Any, path: Path, *, width: int, height: int) -> str:
    """The top of a page, as an address that stands for the picture itself."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(path.as_uri())
    shot = base64.b64encode(page.screenshot()).decode()
    page.close()
    return f"data:image/png;base64,{shot}"


def _save(shot: bytes, path: Path) -> None:
    """With few colours: text and charts have no more, and git keeps every version."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
