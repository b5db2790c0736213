"""What a build is asked for, what it tells while it works, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planbrief.log import EventLog
from planbrief.run.manifest import ReportEntry

#: Imported once by the warm parent of all reports; none of them compiles Typst or starts threads.
PRELOAD = (
    "pandas",
    "matplotlib.figure",
    "planbrief.run.preload:warm",
)

#: on_stage(task, stage): where a task has got to
OnStage = Callable[[str, str], None]
#: submit(function, argument, name, seconds) -> future
Submit = Callable[[Callable[[Any], Any], Any, str, float | None], Future[Any]]


@dataclass(frozen=True)
class Request:
    """What was asked for: see ``planbrief build --help``."""

    wanted: tuple[str, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    jobs: int = 0
    executor: str = "local"
    force: bool = False
    fail_fast: bool = False
    keep: int = 10
    wait: bool = False
    #: Publish also what check refuses; every page says so.
    unchecked: bool = False
    #: Bytes that a report may hold; 0 for its share of the machine.
    memory: int = 0
    cell_timeout: float | None = 300
    report_timeout: float | None = 900

    @property
    def partial(self) -> bool:
        """Whether only some of the reports, languages or formats were asked for."""
        return bool(self.wanted or self.languages or self.formats)


@dataclass(frozen=True)
class Outcome:
    """What a build came to."""

    edition: str
    out: Path
    entries: tuple[ReportEntry, ...]
    reasons: Mapping[str, tuple[str, ...]]
    published: bool
    #: Entries of the catalog that cannot be built and were left out.
    left_out: int = 0

    @property
    def failed(self) -> tuple[ReportEntry, ...]:
        """Reports of this build that failed."""
        return tuple(entry for entry in self.entries if entry.status == "failed")


class Listener:
    """Hears of progress; the command line shows it as a bar or as lines."""

    def started(self, names: Sequence[str]) -> None:
        """The reports that will be built."""

    def stage(self, name: str, stage: str) -> None:
        """What one report does now."""

    def ended(self, name: str, status: str, seconds: float, error: str = "") -> None:
        """One report is done."""


class Logged(Listener):
    """Passes on what it hears and logs each stage of a report once: execute, render, compile."""

    def __init__(self, listener: Listener, log: EventLog) -> None:
        self.listener, self.log = listener, log
        self.seen: set[tuple[str, str]] = set()

    def started(self, names: Sequence[str]) -> None:
        """Pass on which reports will be built."""
        self.listener.started(names)

    def stage(self, name: str, stage: str) -> None:
        """Log a stage when a report first enters it."""
        word = "execute" if stage.startswith("cell ") else stage
        if word in ("execute", "render", "compile") and (name, word) not in self.seen:
            self.seen.add((name, word))
            self.log.event("report.stage", level="debug", stage=word, report=name)
        self.listener.stage(name, stage)

    def ended(self, name: str, status: str, seconds: float, error: str = "") -> None:
        """Pass on that a report is done."""
        self.listener.ended(name, status, seconds, error)
