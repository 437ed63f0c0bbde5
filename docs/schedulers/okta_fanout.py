"""A report for each app, at most as many at once as the pool has slots.

Make the pool first: ``airflow pools set okta_reports 2 "okta-kit reports at once"``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.timetables.interval import CronDataIntervalTimetable

# Written here by hand: Airflow takes {{ in a name as a template.
APPS = ["Microsoft Office 365", "Slack", "Salesforce.com"]


class ReportOperator(BashOperator):
    """Fails for good, whatever retries are left, where a plain Bash task would be skipped."""

    def execute(self, context: Any) -> Any:
        """Run the command; with an exit code of ``skip_on_exit_code``, try no second time."""
        try:
            return super().execute(context)
        except AirflowSkipException as stop:
            raise AirflowFailException("another try would end the same") from stop


with DAG(
    dag_id="okta_fanout",
    # Its window ends with a day's interval, so a retry replaces the report it was to make.
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 10, 1, tz="UTC"),
    catchup=False,
):
    ReportOperator.partial(
        task_id="remediation",
        pool="okta_reports",
        bash_command=(
            "set -a && . ./okta-kit.env && exec .venv/bin/okta-kit report remediation"
            ' --source lake -p "app=$APP" --since 7d --require-complete'
            " --until {{ data_interval_end | ts }} --out reports"
        ),
        cwd="/srv/okta",
        append_env=True,
        map_index_template="{{ task.env['APP'] }}",
        # The command, the notebook, the installation or the disk: for somebody to fix.
        skip_on_exit_code=[2, 10, 14, 15, 16, 74],
        retries=2,
        retry_delay=timedelta(minutes=10),
        execution_timeout=timedelta(hours=2),
    ).expand(env=[{"APP": app} for app in APPS])
