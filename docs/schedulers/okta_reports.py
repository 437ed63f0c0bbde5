"""One report a day: the day that ended. Put this file into Airflow's DAG folder."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

with DAG(
    dag_id="okta_reports",
    # A day's interval is its window, so a backfill makes one report for each day.
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2026, 10, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="failure_trends",
        bash_command=(
            "set -a && . ./okta-kit.env && exec .venv/bin/okta-kit report failure_trends"
            " --source lake --since {{ data_interval_start | ts }}"
            " --until {{ data_interval_end | ts }} --out reports"
        ),
        cwd="/srv/okta",
        # Airflow tells the exit code in the task's log, and no failure apart: whoever retries
        # a notebook that failed waits for the same failure.
        retries=0,
        execution_timeout=timedelta(hours=2),
    )
