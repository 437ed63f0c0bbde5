"""What a notebook's parameters can be: the apps, codes and users that occur."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.analysis.failures import folded_failures
from kit.analysis.successes import every_hour
from kit.analysis.unknown_texts import code_names
from kit.display import phrases
from kit.display.choices import Choices
from kit.log.log import to_pandas

if TYPE_CHECKING:
    import pandas as pd

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["choices"]

_MAX_USERS = 500
"""Users that are offered; any other can be typed."""


def choices(log: Log, window: Window) -> Choices:
    """Find what occurs among the failures of a window.

    Args:
        log: the opened log.
        window: the window.

    Returns:
        The apps that failed and those that only worked in the log, the codes, the users.
    """
    rows = folded_failures(log, window)
    user = rows.user_key.nullif("")
    apps = to_pandas(rows.group_by("app").aggregate(users=user.nunique(), failures=rows.count()))
    codes = to_pandas(rows.group_by("code").aggregate(users=user.nunique(), failures=rows.count()))
    user_rows = rows.filter(rows.user_key != "")
    people = to_pandas(user_rows.group_by("user_key").aggregate(failures=user_rows.count()))
    people = people.sort_values(["failures", "user_key"], ascending=[False, True]).head(_MAX_USERS)
    log_apps = sorted(set(to_pandas(every_hour(log).select("app").distinct())["app"].dropna()))
    failing = _labelled_names(apps.rename(columns={"app": "name"}))
    failing_names = {name for name, _ in failing}
    names = code_names(log)
    return Choices(
        apps=(
            *failing,
            *((name, f"{name} (no failure)") for name in log_apps if name not in failing_names),
        ),
        codes=tuple(
            (code, names.name(code) + label.removeprefix(code))
            for code, label in _labelled_names(codes.rename(columns={"code": "name"}))
        ),
        users=tuple(people["user_key"]),
    )


def _labelled_names(rows: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    rows = rows[rows["name"].notna()]
    rows = rows.sort_values(["users", "failures", "name"], ascending=[False, False, True])
    return tuple(
        (str(row["name"]), f"{row['name']} ({_hit(row['users'], row['failures'])})")
        for row in rows.to_dict("records")
    )


def _hit(users: int, failures: int) -> str:
    if users:
        return phrases.count(users, "user")
    return phrases.count(failures, "failure")
