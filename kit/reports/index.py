"""The list of all reports, failed ones too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from filelock import FileLock

__all__ = ["reports", "write_index"]

TEMPLATES = Path(__file__).parent / "templates"


def reports(out: Path) -> list[dict[str, Any]]:
    """List the reports under a folder, newest first.

    Args:
        out: the folder of all reports.

    Returns:
        What each ``summary.json`` says, and ``page``, the path of its page below *out*.
        A folder whose summary cannot be read is listed as failed.
    """
    found = []
    for path in sorted(out.glob("*/[!.]*/summary.json")):
        folder = path.parent.relative_to(out)
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            facts = {"notebook": folder.parts[0], "status": "failed", "error": "unreadable"}
        found.append({**facts, "page": (folder / "report.html").as_posix()})
    return sorted(found, key=lambda r: (str(r.get("started")), r["page"]), reverse=True)


def write_index(out: Path) -> Path:
    """Write ``index.html`` anew, in one step.

    Args:
        out: the folder of all reports.

    Returns:
        The index's path.
    """
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["moment"] = _moment
    template = environment.get_template("index.html.j2")
    with FileLock(out / ".index.lock"):
        fresh = out / ".index.html.partial"
        fresh.write_text(template.render(reports=reports(out)), encoding="utf-8")
        fresh.replace(out / "index.html")
    return out / "index.html"


def _moment(text: object) -> str:
    """An ISO time in words; what is no time as it is."""
    from dateutil.parser import isoparse

    from kit.words import moment

    try:
        return moment(isoparse(str(text)))
    except ValueError:
        return str(text or "")
