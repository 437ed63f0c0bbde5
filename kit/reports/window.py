"""A run's window is fixed before it starts, so that a rerun gives the same report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.errors import CoverageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.engine import Log

__all__ = ["close_window"]


def close_window(
    values: Mapping[str, Any], *, require_complete: bool = False
) -> tuple[dict[str, str], Log | None]:
    """Open a run's source and fix its window.

    Args:
        values: the run's parameters, checked.
        require_complete: refuse a window that the source does not cover.

    Returns:
        ``since`` and ``until`` as closed ISO times, as far as the run has such parameters,
        and the opened log; nothing and None where the run has no ``source``.

    Raises:
        SourceError, OktaError: the source cannot be read, or holds nothing.
        CoverageError: the window had to be covered, and is not.
        UsageError: a time cannot be read, or since is not before until.
    """
    if not isinstance(source := values.get("source"), str):
        return {}, None
    from kit import words
    from kit.engine import open_log
    from kit.spark import DUCKDB

    since, until = (str(values.get(k) or "") for k in ("since", "until"))
    # What a window ends with stands in the files; a cluster is for the kernel that asks more.
    parts = [part.strip() for part in source.split(",")]
    log = open_log(parts, since=since, until=until, engine=DUCKDB)
    window = log.window(since, until)
    coverage = log.coverage(window)
    if require_complete and not coverage.complete:
        raise CoverageError(
            f"{source} does not cover the window; {words.covered(coverage)}. "
            "Add the missing export, or leave --require-complete out."
        )
    if source == "okta" and "code" in values:
        from kit.live import ask_about_apps

        ask_about_apps(log, window, code=str(values["code"]), app=str(values.get("app") or ""))
    return {k: v for k, v in window.as_text().items() if k in values}, log
