"""Which runs began and how they ended: one line each, so that a run without an end is known to have broken off."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from planbrief.deliver.ledger import append_line, moment, read_lines
from planbrief.files import replace_file

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
        self.runs: list[Run] = []
        for line in read_lines(self.path):
            # A line of another shape (a hand's edit, a later version) tells nothing.
            with suppress(ValidationError, ValueError):
                run = _LINE.validate_python(line)
                moment(run.slot)
                moment(run.time)
                self.runs.append(run)

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
        lines = [json.dumps(asdict(run), ensure_ascii=False) for run in kept]
        replace_file(self.path, ("\n".join(lines) + "\n").encode())
        self.runs = kept
