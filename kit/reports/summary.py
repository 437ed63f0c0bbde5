"""A notebook's result for machines: published by its last cell, read by the runner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MIME", "Result", "collect", "publish", "summary"]

MIME = "application/vnd.okta-kit.summary+json"


@dataclass(frozen=True)
class Result:
    """A result for machines: left in the notebook's output, unseen by its reader."""

    value: Mapping[str, Any]
    """``window``, ``source``, ``coverage``, ``catalogue_version``, ``headline``, ``results``,
    ``incidents`` and ``condition``, fit for JSON; not in ``summary.json`` are ``retry``, the rows
    of ``retry.csv``, and ``code_words``, what unknown texts say by their codes, for people. For the
    index, ``ways`` says by an incident's id which report is its page, ``words`` what the unknown
    texts of incidents say, and ``first_screen`` how a report that is about everything begins."""

    def _ipython_display_(self) -> None:
        """Publish it where it is a cell's last line."""
        from kit.display.output import failing_cell

        with failing_cell():
            publish(self.value)


def publish(result: Mapping[str, Any]) -> None:
    """Leave a result in the notebook's output, unseen by its reader.

    Args:
        result: as ``Result`` has it.
    """
    from IPython.display import publish_display_data

    publish_display_data({MIME: dict(result), "text/plain": ""})


def collect(notebook: Any) -> dict[str, Any]:
    """Find what a notebook published.

    Args:
        notebook: the executed notebook (nbformat).

    Returns:
        The last result; empty where none was published.
    """
    result: dict[str, Any] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            result = output.get("data", {}).get(MIME) or result
    return dict(result)


def summary(
    result: Mapping[str, Any],
    *,
    notebook: str,
    exit_code: int,
    error: str | None,
    parameters: Mapping[str, Any],
    started_at: str,
    seconds: float,
) -> dict[str, Any]:
    """Lay out ``summary.json``: always the same keys, for good runs and failed ones."""
    from kit.base.text import clean
    from kit.base.version import __version__
    from kit.catalogue import load

    window = result.get("window")
    if not isinstance(window, dict):
        window = {name: parameters.get(name) or None for name in ("since", "until")}
    return {
        "notebook": notebook,
        "status": "failed" if exit_code else "ok",
        "exit_code": exit_code,
        "error": error,
        "parameters": dict(parameters),
        "window": window,
        "source": result.get("source") or parameters.get("source"),
        "coverage": result.get("coverage") or {"complete": False, "gaps": []},
        "kit_version": __version__,
        "catalogue_version": result.get("catalogue_version") or load().version,
        "started": started_at,
        "seconds": seconds,
        "headline": result.get("headline") and clean(result["headline"]),
        "results": result.get("results") or {},
        "incidents": result.get("incidents") or [],
        "changes": [],
        "condition": result.get("condition") or "cannot_tell",
        **{name: result[name] for name in ("ways", "words", "first_screen") if result.get(name)},
    }
