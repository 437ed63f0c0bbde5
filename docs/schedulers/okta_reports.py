"""What fails in Okta, every day. Put this file into Airflow's DAG folder."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

BEGIN = "set -a && { [ ! -f okta-kit.env ] || . ./okta-kit.env; } && exec "

with DAG(
    dag_id="okta_reports",
    # Each run's window is the seven days before its interval's end, so a backfill makes a set a day.
    schedule=CronDataIntervalTimetable("15 6 * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 10, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "cwd": "/srv/okta",
        "env": {"OKTA_KIT_LAKE": "/srv/okta/data/lake"},
        "append_env": True,
        "execution_timeout": timedelta(hours=2),
    },
):
    pull = BashOperator(
        task_id="pull",
        bash_command=BEGIN + "/srv/okta/.venv/bin/okta-kit pull",
        # An org that could not be reached may be back in ten minutes.
        retries=3,
        retry_delay=timedelta(minutes=10),
    )
    pull >> BashOperator(
        task_id="report_all",
        bash_command=BEGIN
        + "/srv/okta/.venv/bin/okta-kit report all -j 2 --source lake --since 7d --require-complete --out /srv/okta/reports"
        + " --until {{ data_interval_end | ts }}",
        # Every exit code but 0 fails the task; a notebook that failed would fail again.
        retries=0,
    )
