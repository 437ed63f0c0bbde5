"""What a notebook's parameters can be: the apps, codes and users that occur."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.analysis.failures import counted
from kit.analysis.successes import every_hour
from kit.analysis.unknown_texts import code_names
from kit.display import phrases
from kit.display.choices import Choices
from kit.log.log import frame

if TYPE_CHECKING:
    import pandas as pd

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["choices"]

_USERS = 500
"""Users that are offered; any other can be typed."""


def choices(log: Log, window: Window) -> Choices:
    """Find what occurs among the failures of a window.

    Args:
        log: the opened log.
        window: the window.

    Returns:
        The apps that failed and those that only worked in the log, the codes, the users.
    """
    rows = counted(log, window)
    user = rows.user_key.nullif("")
    apps = frame(rows.group_by("app").aggregate(users=user.nunique(), failures=rows.count()))
    codes = frame(rows.group_by("code").aggregate(users=user.nunique(), failures=rows.count()))
    named = rows.filter(rows.user_key != "")
    people = frame(named.group_by("user_key").aggregate(failures=named.count()))
    people = people.sort_values(["failures", "user_key"], ascending=[False, True]).head(_USERS)
    worked = sorted(set(frame(every_hour(log).select("app").distinct())["app"].dropna()))
    failing = _named(apps.rename(columns={"app": "name"}))
    known = {name for name, _ in failing}
    names = code_names(log)
    return Choices(
        apps=(*failing, *((name, f"{name} (no failure)") for name in worked if name not in known)),
        codes=tuple(
            (code, names.name(code) + label.removeprefix(code))
            for code, label in _named(codes.rename(columns={"code": "name"}))
        ),
        users=tuple(people["user_key"]),
    )


def _named(rows: pd.DataFrame) -> tuple[tuple[str, str], ...]:
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
