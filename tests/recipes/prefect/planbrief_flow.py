"""Prefect recipe: build every Monday at 8:00, then deliver.

The tasks call the command, so planbrief stays in an environment of its own: PLANBRIEF is the path of the command there,
PLANBRIEF_PROJECT the project's folder, in which reports/schedule.toml says who gets what. The edition's lock and the
ledger of deliveries make a retry safe. ``python planbrief_flow.py`` runs it once, with ``serve`` every Monday.
"""

from __future__ import annotations

import os
import subprocess
import sys

from prefect import flow, task
from prefect.schedules import Cron


def planbrief(*words: str) -> None:
    """Run one command in the project; its lines go to Prefect's log, its failure fails the task."""
    command = [os.environ.get("PLANBRIEF", "planbrief"), *words]
    pipe, out = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(
        command, cwd=os.environ["PLANBRIEF_PROJECT"], stdout=pipe, stderr=out, encoding="utf-8"
    ) as running:
        for line in running.stdout or ():
            print(line.rstrip())
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)


@task(retries=2, retry_delay_seconds=60, timeout_seconds=1800)
def build() -> None:
    """Publish an edition; a report that fails fails the task, the others are published."""
    planbrief("build", "brief")


@task(retries=2, retry_delay_seconds=60, timeout_seconds=600)
def deliver() -> None:
    """Send the edition to those who do not have it."""
    planbrief("deliver")


@flow(name="planbrief", log_prints=True)
def weekly() -> None:
    """Build, then deliver."""
    build()
    deliver()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        weekly.serve(name="weekly", schedule=Cron("0 8 * * 1", timezone="Asia/Shanghai"), limit=1)
    else:
        weekly()
