"""The list of all reports, failed ones too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from kit.base.files import write_whole
from kit.display.code_names import smaller_codes
from kit.display.days import zone_name
from kit.display.first_screen import first_screen_style
from kit.display.zone import in_zone, reading_in
from kit.reports.changes import iso_in_words, newest_first, previous_and_changes
from kit.reports.front_page import front_page
from kit.reports.incident_changes import CONDITIONS
from kit.reports.staging import locked
from kit.reports.ways import link_pages, linked_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["reports", "write_index"]

TEMPLATES = Path(__file__).parent / "templates"


def reports(out: Path, notebook: str = "*") -> list[dict[str, Any]]:
    """List the reports under a folder, the newest run first.

    Args:
        out: the folder of all reports.
        notebook: only this notebook's.

    Returns:
        What each ``summary.json`` says, and ``folder``, its path below *out*. A folder whose
        summary cannot be read is listed as failed.
    """
    runs = []
    for path in sorted(out.glob(f"{notebook}/[!.]*/summary.json")):
        folder = path.parent.relative_to(out)
        try:
            facts = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            error = "its summary.json cannot be read"
            facts = {"notebook": folder.parts[0], "status": "failed", "error": error}
        runs.append({**facts, "folder": folder.as_posix()})
    return sorted(runs, key=lambda r: (str(r.get("started")), r["folder"]), reverse=True)


def write_index(out: Path, changed: Iterable[Mapping[str, Any]] = ()) -> Path:
    """Rewrite ``index.html`` in one step, and the links of the pages that lead to what changed.

    Args:
        out: the folder of all reports.
        changed: the reports that came or went, as their ``summary.json`` and ``folder``.

    Returns:
        The index's path.

    Raises:
        OSError: it cannot be written.
    """
    from jinja2 import Environment, FileSystemLoader

    from kit.base.text import clean

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        moment=iso_in_words, clean=clean, small_code=_small_code, zoned=in_zone
    )
    template = environment.get_template("index.html.j2")
    with locked(out):
        runs = reports(out)
        pages = {run["folder"]: run for one in changed for run in linked_runs(one, runs)}
        link_pages(out, pages.values(), runs)
        front = front_page(runs)
        with reading_in(front.zone if front else None):
            text = template.render(
                conditions=CONDITIONS,
                front=front,
                screen_style=first_screen_style(),
                zone=zone_name(),
                **_sorted(runs),
            )
        write_whole(out / "index.html", text)
    return out / "index.html"


def _small_code(text: object) -> Markup:
    """Text with the code of an unknown text small behind its words; escaped once."""
    return Markup(smaller_codes(str(escape(text))))  # noqa: S704  # it is escaped here


def _sorted(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """What needs a look on top, then every run by notebook and time."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        groups.setdefault(str(run.get("notebook")), []).append(run)
    for name, same in groups.items():
        groups[name] = newest_first(same)
        for run in same:
            good = run.get("status") == "ok"
            run["changes"] = previous_and_changes(run, same).short if good else ""
    failed = [run for run in runs if run.get("status") != "ok"]
    return {"failed": failed, "groups": sorted(groups.items()), "count": len(runs)}
