"""One report a day: the day that ended. Put this file into Airflow's DAG folder."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

with DAG(
    dag_id="okta_reports",
    # A day's interval is its window, so a backfill makes one report for each day.
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 10, 1, tz="UTC"),
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
        # Every exit code but 0 fails the task; a notebook that failed would fail again.
        retries=0,
        execution_timeout=timedelta(hours=2),
    )
