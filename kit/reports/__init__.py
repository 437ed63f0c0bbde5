"""A notebook becomes a report: parameters checked, run, rendered, listed."""

from kit.reports.execute import Limits
from kit.reports.run import Report, run_report
from kit.reports.summary import publish

__all__ = ["Limits", "Report", "publish", "run_report"]
