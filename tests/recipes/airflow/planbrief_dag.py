"""Airflow recipe: build every Monday at 8:00, then deliver. Copy it into the DAGs folder.

The tasks call the command, so planbrief stays in an environment of its own: PLANBRIEF is the path of the command there,
PLANBRIEF_PROJECT the project's folder, in which reports/schedule.toml says who gets what. The edition's lock and the
ledger of deliveries make a retry safe. ``airflow dags test planbrief`` runs it once.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    dag_id="planbrief",
    schedule="0 8 * * 1",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1), "execution_timeout": timedelta(minutes=30)},
) as dag:
    # A BashOperator starts in an empty temporary folder: without cwd planbrief would not find the project.
    project = os.environ["PLANBRIEF_PROJECT"]
    build = BashOperator(task_id="build", bash_command='"${PLANBRIEF:-planbrief}" build brief', cwd=project)
    deliver = BashOperator(task_id="deliver", bash_command='"${PLANBRIEF:-planbrief}" deliver', cwd=project)
    build >> deliver
