"""The journal of rounds, and what status tells of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import TypeAdapter

from planbrief.deliver.delivery import Ledger, append_line, records, rewrite
from planbrief.deliver.office import Clock, page_path
from planbrief.deliver.schedule import Schedule, upcoming
from planbrief.display.language import Lang, message
from planbrief.files import replace_file
from planbrief.publish.digest import Document, Section
from planbrief.publish.digest_rendering import to_html
from planbrief.render.safe_text import visible

RUNS = "runs.jsonl"
#: The journal is cut to its newest lines when it grows beyond so many bytes.
LARGEST, KEPT_LINES = 4 << 20, 2_000

Result = Literal["known", "started", "ok", "partial", "failed", "skipped", "died"]


@dataclass(frozen=True)
class Run:
    """One line: a job became known, a run began, or it ended."""

    job: str
    slot: str
    result: Result
    time: str
    edition: str = ""
    published: bool = False
    seconds: float = 0
    reason: str = ""
    attempt: int = 1
    failed: tuple[str, ...] = ()


_LINE = TypeAdapter(Run)


class Journal:
    """The runs of one output folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / RUNS
        self.runs = list(records(self.path, _LINE, lambda run: (run.slot, run.time)))

    def add(self, run: Run) -> None:
        """Record a step of a run."""
        append_line(self.path, asdict(run))
        self.runs.append(run)

    def last_slot(self, job: str) -> datetime | None:
        """The slot that a job was last settled for, or the moment it became known; None for a new job."""
        settled = [run for run in self.runs if run.job == job and run.result not in ("started", "died")]
        return datetime.fromisoformat(settled[-1].slot) if settled else None

    def open(self, job: str) -> Run | None:
        """A run that began and has no end."""
        mine = [run for run in self.runs if run.job == job and run.result != "known"]
        return mine[-1] if mine and mine[-1].result == "started" else None

    def ended(self) -> list[Run]:
        """Runs that are over, oldest first."""
        return [run for run in self.runs if run.result not in ("known", "started")]

    def tidy(self) -> None:
        """Cut a journal that has grown large to its newest lines, keeping the last word on every job."""
        try:
            if self.path.stat().st_size <= LARGEST:
                return
        except OSError:
            return
        kept = self.runs[-KEPT_LINES:]
        for job in {run.job for run in self.runs} - {run.job for run in kept}:
            kept.insert(0, [run for run in self.runs if run.job == job][-1])
        rewrite(self.path, kept)
        self.runs = kept


#: Lines of each table.
MOST = 30
#: Tables of the page: the word above each column, and what of a line stands in it.
_TABLES = {
    "jobs": {"job": "name", "cron": "cron", "last": "last", "result": "result", "next": "next"},
    "runs": {name: name for name in ("time", "job", "result", "seconds", "edition", "reason")},
    "deliveries": {"time": "time", "recipient": "recipient", "how": "state", "edition": "edition", "reason": "reason"},
}


class Scheduled(Protocol):
    """What the status looks at: a schedule, the clock it runs by, its output folder and the folder of its records."""

    schedule: Schedule
    clock: Clock
    out: Path
    folder: Path


def status(runner: Scheduled) -> dict[str, Any]:
    """Everything an operator or a monitor asks."""
    journal, ledger = Journal(runner.folder), Ledger(runner.folder)
    now, zone = runner.clock.now(), runner.schedule.zone
    jobs = []
    for job in runner.schedule.jobs:
        last = next((run for run in reversed(journal.ended()) if run.job == job.name), None)
        settled = journal.last_slot(job.name)
        # A round takes time: a job is overdue when the slot after its last one is further back than that.
        allowed = timedelta(minutes=max(job.grace_minutes, 10))
        overdue = settled is not None and now - upcoming(job.cron, zone, settled, 1)[0] > allowed
        jobs.append(
            {
                "name": job.name,
                "cron": job.cron,
                "time_zone": runner.schedule.time_zone,
                "next": upcoming(job.cron, zone, now, 1)[0].isoformat(),
                "last": last.time if last else None,
                "result": last.result if last else None,
                "edition": last.edition if last else None,
                "reason": last.reason if last else "",
                "overdue": overdue,
            }
        )
    deliveries = sorted(ledger, key=lambda delivery: delivery.time, reverse=True)
    problems = [
        f"{job['name']}: {job['result']} {job['reason']}".strip()
        for job in jobs
        if job["result"] in ("failed", "partial", "died")
    ]
    problems += [f"{job['name']}: overdue" for job in jobs if job["overdue"]]
    # Whoever has left the schedule waits for nothing any more.
    wanted = {name for job in runner.schedule.jobs for target in job.deliver for name in target.recipients()}
    wanted |= {f"mailto:{operator}" for operator in runner.schedule.operators}
    problems += [
        f"{delivery.recipient}: {delivery.state}: {delivery.reason}"
        for delivery in deliveries
        if delivery.recipient in wanted and delivery.state in ("deferred", "failed", "unconfirmed", "committing")
    ]
    return {
        "time": now.isoformat(),
        "good": not problems,
        "problems": problems,
        "out": str(runner.out),
        "jobs": jobs,
        "runs": [asdict(run) for run in reversed(journal.ended()[-MOST:])],
        "deliveries": [asdict(delivery) for delivery in deliveries[:MOST]],
    }


def exit_code(found: dict[str, Any]) -> int:
    """0 if all is well, else 1."""
    return 0 if found["good"] else 1


def status_page(found: dict[str, Any], lang: Lang, zone: Any) -> str:
    """The page, without script or anything to load."""

    def word(key: str) -> str:
        return message(f"status.{key}", lang)

    def state(value: str | None) -> str:
        return word(f"state.{value}") if value else word("never")

    def moment(text: str | None) -> str:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M") if text else word("never")

    def cell(line: dict[str, Any], name: str) -> str:
        if name in ("last", "next", "time"):
            return moment(line[name])
        if name in ("result", "state"):
            return state(line[name])
        if name == "cron":
            return f"{line['cron']} ({line['time_zone']})"
        text = str(line[name])
        return "—" if name == "edition" and not text else text

    sections = [Section("", texts=(word("good") if found["good"] else word("bad"),))]
    for name, columns in _TABLES.items():
        lines = [tuple(visible(cell(line, field)[:200]) for field in columns.values()) for line in found[name]]
        table = (tuple(word(column) for column in columns), *lines)
        sections.append(Section(word(name), table=table) if lines else Section(word(name), texts=(word("none"),)))
    return to_html(Document(lang, word("title"), moment(found["time"]), tuple(sections)))


def write_status(runner: Scheduled) -> Path:
    """Write page and data beside the edition; returns the page's path."""
    found = status(runner)
    path = page_path(runner.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, status_page(found, runner.schedule.lang, runner.schedule.zone).encode())
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    replace_file(path.with_suffix(".json"), text.encode())
    return path
