"""A notebook's report, section by section: the answer first, then what it rests on.

A notebook holds words and calls; the sentences that carry numbers are made here, from
the analysis, so that none of them can differ from the data.
"""

from kit.views.error_code import ErrorCodeReport, error_code_report
from kit.views.failure_trends import TrendsReport, trends_report
from kit.views.orgs import OrgsReport, orgs_report
from kit.views.own import OwnReport, own_report
from kit.views.remediation import RemediationReport, remediation_report
from kit.views.user_history import UserHistoryReport, user_history_report

__all__ = [
    "ErrorCodeReport",
    "OrgsReport",
    "OwnReport",
    "RemediationReport",
    "TrendsReport",
    "UserHistoryReport",
    "error_code_report",
    "orgs_report",
    "own_report",
    "remediation_report",
    "trends_report",
    "user_history_report",
]
