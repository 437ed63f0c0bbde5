"""The live org's word on the apps that fail, asked before a report and kept beside the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.analysis.failures import folded_failures
from kit.base.paths import APPS, LAKE
from kit.log.log import to_pandas
from kit.sources.okta import keep_evidence

if TYPE_CHECKING:
    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["ask_about_apps"]

_APPS = 3
"""Apps that the org is asked about: the one in question has the most users hit, or is named."""


def ask_about_apps(log: Log, window: Window, *, code: str = "", app: str = "") -> None:
    """Ask the org how the apps stand that fail most, and keep it beside the default lake.

    For a report: its kernel holds no token, so it is asked before, by who does.

    Args:
        log: the default lake, opened.
        window: the window whose failures count.
        code: only failures with this code, without case; any if empty.
        app: only this app, by name without case, or id; any if empty.
    """
    rows = folded_failures(log, window).filter(lambda t: t.app_id.notnull())
    if code:
        rows = rows.filter(rows.code.lower() == code.lower())
    if app:
        rows = rows.filter((rows.app.lower() == app.lower()) | (rows.app_id == app))
    hit = to_pandas(rows.group_by("app_id").aggregate(users=rows.user_key.nunique()))
    most = hit.sort_values(["users", "app_id"], ascending=[False, True])["app_id"].head(_APPS)
    keep_evidence(most, f"{LAKE}/{APPS}")
