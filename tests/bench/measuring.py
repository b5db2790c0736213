"""What all parts of the bench share: running commands, medians, memory of a tree of processes, tables."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

BIN = Path(sys.executable).parent


@dataclass
class Setting:
    """How long a form is measured, where, and on which project."""

    quick: bool
    folder: Path
    project: Path
    rounds: int
    documents: Path | None = None
    sources: Path | None = None


@dataclass
class Part:
    """Results of one part: a table for people, raw seconds and ratios for machines."""

    title: str
    head: Sequence[str]
    rows: list[Sequence[object]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    def markdown(self) -> str:
        """The part as Markdown."""
        lines = [f"### {self.title}", "", f"| {' | '.join(self.head)} |", "|---" * len(self.head) + "|"]
        lines += [f"| {' | '.join(shown(cell) for cell in row)} |" for row in self.rows]
        return "\n".join([*lines, "", *self.notes, ""])


def shown(value: object) -> str:
    """A cell: seconds and ratios with three digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def environment(project: Path) -> dict[str, str]:
    """Our own environment, pointed at a project."""
    return {**os.environ, "PLANBRIEF_PROJECT": str(project)}


def call(*words: str | Path, project: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; RuntimeError with its errors if it fails."""
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=environment(project), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} failed: {done.stderr[-2000:]}")
    return done


def seconds(work: Callable[[], object]) -> float:
    """Wall seconds of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rounds(count: int, ways: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Wall seconds of every way in every round; the ways take turns, so that a busy moment meets all of them."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(count):
        for name, work in ways.items():
            found[name].append(seconds(work))
    return found


def medians(times: Mapping[str, Iterable[float]]) -> dict[str, float]:
    """Median of each."""
    return {name: statistics.median(values) for name, values in times.items()}


class Memory:
    """Peak memory below some processes, looked at ten times a second.

    Shared pages are divided among those who share them (PSS), so that forked workers are not counted twice. The
    first process is the one that leads; every other one counts as a worker.
    """

    def __init__(self, leader: int, *others: int) -> None:
        self.leader, self.others = leader, others
        self.tree = self.lead = self.worker = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            parts = {process.pid: pss(process.pid) for root in (self.leader, *self.others) for process in below(root)}
            self.tree = max(self.tree, sum(parts.values()))
            self.lead = max(self.lead, parts.pop(self.leader, 0.0))
            self.worker = max(self.worker, *parts.values(), 0.0)


def below(pid: int) -> list[psutil.Process]:
    """A process and its descendants."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def pss(pid: int) -> float:
    """Proportional memory of a process in MiB, 0 if it has gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        return 0.0
    return 0.0
