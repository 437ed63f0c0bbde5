"""A notebook's report, section by section: the answer first, then what it rests on.

A notebook holds words and calls; the sentences that carry numbers are made here, from
the analysis, so that none of them can differ from the data.
"""

from kit.narrative.failure_trends import TrendsReport, trends_report
from kit.narrative.remediation import RemediationReport, remediation_report

__all__ = ["RemediationReport", "TrendsReport", "remediation_report", "trends_report"]
