"""The operators' view: last runs, next run, deliveries and failures, as data, as a page and as an exit code."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from planbrief.deliver.ledger import Ledger
from planbrief.deliver.office import Clock
from planbrief.deliver.schedule.config import Schedule
from planbrief.deliver.schedule.journal import Journal
from planbrief.deliver.schedule.times import upcoming
from planbrief.display.language import Lang, message
from planbrief.files import replace_file
from planbrief.publish.digest.document import Section
from planbrief.publish.digest.rendering import STYLES, page, runs_html, section_html
from planbrief.render.safe_text import visible

#: Lines of each table.
MOST = 30


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
        over = [run for run in journal.ended() if run.job == job.name]
        last = over[-1] if over else None
        known = journal.last_slot(job.name)
        coming = upcoming(job.cron, zone, now, 1)[0]
        overdue = known is not None and (missed := upcoming(job.cron, zone, known, 1)[0]) <= now and (
            (now - missed).total_seconds() > 60 * max(job.grace_minutes, 10)
        )  # fmt: skip
        jobs.append(
            {
                "name": job.name,
                "cron": job.cron,
                "time_zone": runner.schedule.time_zone,
                "next": coming.isoformat(),
                "last": last.time if last else None,
                "result": last.result if last else None,
                "edition": last.edition if last else None,
                "reason": last.reason if last else "",
                "overdue": bool(overdue),
            }
        )
    deliveries = sorted(ledger, key=lambda delivery: delivery.time, reverse=True)
    problems = [f"{job['name']}: {job['result']} {job['reason']}".strip() for job in jobs if _bad(job)]
    problems += [f"{job['name']}: overdue" for job in jobs if job["overdue"]]
    problems += [
        f"{delivery.recipient}: {delivery.state}: {delivery.reason}"
        for delivery in deliveries
        if delivery.state in ("deferred", "failed", "unconfirmed", "committing")
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


def _bad(job: dict[str, Any]) -> bool:
    return job["result"] in ("failed", "partial", "died")


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

    jobs = [
        (
            job["name"],
            f"{job['cron']} ({job['time_zone']})",
            moment(job["last"]),
            state(job["result"]),
            moment(job["next"]),
        )
        for job in found["jobs"]
    ]
    runs = [
        (
            moment(run["time"]),
            run["job"],
            state(run["result"]),
            str(run["seconds"]),
            run["edition"] or "—",
            run["reason"],
        )
        for run in found["runs"]
    ]
    sent = [
        (moment(d["time"]), d["recipient"], state(d["state"]), d["edition"] or "—", d["reason"])
        for d in found["deliveries"]
    ]
    sections = [Section("", texts=(word("good") if found["good"] else word("bad"),))]
    tables = (
        ("jobs", ("job", "cron", "last", "result", "next"), jobs),
        ("runs", ("time", "job", "result", "seconds", "edition", "reason"), runs),
        ("deliveries", ("time", "recipient", "how", "edition", "reason"), sent),
    )
    for name, head, rows in tables:
        cells = tuple(tuple(visible(cell[:200]) for cell in row) for row in rows)
        table = (tuple(word(column) for column in head), *cells)
        sections.append(Section(word(name), table=table) if rows else Section(word(name), texts=(word("none"),)))
    title = f'<h1 style="{STYLES["h1"]}">{runs_html(word("title"), lang)}</h1>'
    made = f'<p style="{STYLES["note"]}">{moment(found["time"])}</p>'
    return page(word("title"), "\n".join([title, made, *(section_html(section, lang) for section in sections)]), lang)


def page_path(out: Path) -> Path:
    """Where the page lies: beside the edition, which it is no part of."""
    return out.parent / f"{out.name}-status.html"


def write_status(runner: Scheduled) -> Path:
    """Write page and data beside the edition; returns the page's path."""
    found = status(runner)
    path = page_path(runner.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, status_page(found, runner.schedule.lang, runner.schedule.zone).encode())
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    replace_file(path.with_suffix(".json"), text.encode())
    return path
