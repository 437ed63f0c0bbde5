"""JupyterLab in a real browser: what the kit's notebooks do where people open them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from browsing import opened

if TYPE_CHECKING:
    from browsing import Server


def test_run_all_shows_the_headline(browser: Any, server: Server) -> None:
    """No fault in any cell, nothing on the console, no dialog, no request elsewhere."""
    with opened(browser, server, "user_history.ipynb") as lab:
        lab.run_all()

        assert lab.faults() == []
        assert "3 of 3" in lab.output("report.headline()").inner_text()
        assert (lab.trouble.errors, lab.trouble.dialogs, lab.trouble.elsewhere) == ([], [], [])
