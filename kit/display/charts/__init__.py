"""A DataFrame becomes a figure, with its finding in words for those who cannot see it.

Each function returns the figure and its alt text, and knows no Okta.
"""

from kit.display.charts.hours import times_of_day
from kit.display.charts.orgs import by_org
from kit.display.charts.over_time import (
    code_by_app,
    code_by_day,
    failing_against_working,
    failures_and_rate,
    groups_over_time,
    kinds_over_time,
    over_time,
    worked_over_time,
)
from kit.display.charts.people import (
    by_code,
    people_over_time,
    time_to_recover,
    timeline,
    users_by_code,
)

__all__ = [
    "by_code",
    "by_org",
    "code_by_app",
    "code_by_day",
    "failing_against_working",
    "failures_and_rate",
    "groups_over_time",
    "kinds_over_time",
    "over_time",
    "people_over_time",
    "time_to_recover",
    "timeline",
    "times_of_day",
    "users_by_code",
    "worked_over_time",
]
