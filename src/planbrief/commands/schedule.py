"""``planbrief schedule``, ``planbrief deliver`` and ``planbrief status``."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime

from planbrief.commands.list import text_table
from planbrief.deliver.delivery import Delivery, Ledger
from planbrief.deliver.rounds import FORMS, Runner, ServiceClock, serve, unit
from planbrief.deliver.schedule import Schedule, Target, held, missing_secrets, read_schedule, upcoming
from planbrief.deliver.status import exit_code, page_path, status, write_status
from planbrief.errors import ParameterError, RunError, UnknownName
from planbrief.log import Log, visible
from planbrief.project import Project, chosen, writable
from planbrief.publish.state import State


class RoundAtWork(RunError):
    """Another round of scheduled generation holds the ledger."""

    text = "{}: a round of scheduled generation is at work; try again when it is done"


def scheduled(arguments: argparse.Namespace) -> tuple[Project, Schedule]:
    """The project that was chosen and its schedule, held against its catalog."""
    project = writable(chosen(arguments), "planbrief init DIR lays out a project that can be scheduled")
    schedule = held(project, read_schedule(project, arguments.config), arguments.config)
    return project, schedule


def run_schedule(arguments: argparse.Namespace) -> int:
    """Run ``planbrief schedule run|due|show|install``."""
    project, schedule = scheduled(arguments)
    if arguments.action == "show":
        print(shown(schedule, arguments.count))
        for problem in missing_secrets(schedule):
            print(f"! {problem}")
        return 0
    if arguments.action == "install":
        return install(project, schedule, arguments)
    with Log(arguments.log, level="info") as log:
        if arguments.action == "run":
            clock = ServiceClock()
            return serve(Runner(project, schedule, clock, log), clock)
        runner = Runner(project, schedule, log=log)
        ended = runner.round()
    if ended is None:
        print("another round is at work")
        return 0
    for run in ended:
        print(visible(f"{run.job}: {run.result} {run.edition} {run.reason}".rstrip()))
    if not ended:
        print("nothing was due" + "".join(f"; next {name}, {when}" for when, name, _ in coming(schedule, 1)))
    return 1 if runner.undelivered or any(run.result in ("failed", "partial") for run in ended) else 0


def shown(schedule: Schedule, count: int) -> str:
    """The next times of all jobs together, as a table."""
    return text_table((f"when ({schedule.time_zone})", "job", "recipients"), coming(schedule, count), right=[2])


def coming(schedule: Schedule, count: int) -> list[tuple[str, str, str]]:
    """The next times of all jobs together, each with its job and the number of its recipients."""
    now = datetime.now(UTC)
    found = [
        (moment, job.name, str(sum(len(target.recipients()) for target in job.deliver)))
        for job in schedule.jobs
        for moment in upcoming(job.cron, schedule.zone, now, count)
    ]
    return [(moment.strftime("%a %Y-%m-%d %H:%M %Z"), name, number) for moment, name, number in sorted(found)[:count]]


def install(project: Project, schedule: Schedule, arguments: argparse.Namespace) -> int:
    """Print the unit or workflow file that was asked for."""
    form = arguments.form
    if form is None:
        raise ParameterError("schedule", "install", "no form", "one of " + ", ".join(f"--{name}" for name in FORMS))
    print(unit(form, project, schedule, arguments.config), end="")
    return 0


def run_deliver(arguments: argparse.Namespace) -> int:
    """Run ``planbrief deliver``."""
    project, schedule = scheduled(arguments)
    with Log(arguments.log, level="info") as log:
        runner = Runner(project, schedule, log=log)
        if arguments.list:
            rows = [(d.id, d.time[:16], d.recipient, d.state, d.edition or "failure", d.reason[:60])
                    for d in Ledger(runner.folder)]  # fmt: skip
            print(text_table(("id", "time", "recipient", "state", "edition", "reason"), rows))
            return 0
        if arguments.job and schedule.job(arguments.job) is None:
            raise UnknownName("job", arguments.job, [job.name for job in schedule.jobs])
        jobs = [job for job in schedule.jobs if not arguments.job or job.name == arguments.job]
        targets = [target for job in jobs for target in job.deliver]
        # The service may be sending at this moment: two that send from one ledger would send twice.
        with runner.alone() as alone:
            if not alone:
                raise RoundAtWork(str(runner.out))
            done = delivered(runner, targets, arguments)
    return 1 if any(delivery.state != "sent" for delivery in done) else 0


def delivered(runner: Runner, targets: list[Target], arguments: argparse.Namespace) -> list[Delivery]:
    """Queue and send, or write what would be sent; returns what became of each delivery."""
    edition = arguments.edition or State(runner.out).present_edition()
    office = runner.office()
    if not edition:
        raise UnknownName("edition", str(runner.out), ["none is published yet (planbrief build)"])
    if arguments.dry_run:
        for path in office.write_dry(edition, targets, arguments.dry_run):
            print(path)
        return []
    if arguments.resend:
        try:
            office.resend(arguments.resend)
        except KeyError:
            known = [d.id for d in office.ledger if d.state in ("failed", "unconfirmed")]
            raise UnknownName("delivery that did not arrive", arguments.resend, known) from None
    else:
        office.queue_edition(edition, targets)
    # Whatever was left waiting by an earlier round goes out with it.
    waiting = [delivery.id for delivery in office.ledger.pending()]
    office.flush()
    done = [found for key in waiting if (found := office.ledger.get(key))]
    for delivery in done:
        print(visible(f"{delivery.state:<12} {delivery.recipient}  {delivery.subject or delivery.edition}"))
    if not done:
        print("nobody was to get anything that they do not have")
    write_status(runner)
    return done


def run_status(arguments: argparse.Namespace) -> int:
    """Run ``planbrief status``."""
    project, schedule = scheduled(arguments)
    runner = Runner(project, schedule)
    found = status(runner)
    found["problems"] = [*found["problems"], *missing_secrets(schedule)]
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return exit_code(found)
    write_status(runner)
    times = [[_shown_time(job[name], schedule) for name in ("last", "next")] for job in found["jobs"]]
    rows = [
        (job["name"], job["result"] or "has not run", *both) for job, both in zip(found["jobs"], times, strict=True)
    ]
    print(text_table(("job", "result", f"last ({schedule.time_zone})", "next"), rows))
    for problem in found["problems"]:
        print(visible(f"! {problem}"))
    print(f"page: {page_path(runner.out)}")
    return exit_code(found)


def _shown_time(moment: str | None, schedule: Schedule) -> str:
    """A moment of the journal in the schedule's time zone, as ``schedule show`` writes it."""
    return f"{datetime.fromisoformat(moment).astimezone(schedule.zone):%a %Y-%m-%d %H:%M %Z}" if moment else "—"
