"""``planbrief build``: words to a request, progress to a terminal, results to stdout."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from planbrief.errors import ParameterError
from planbrief.log import Log, visible
from planbrief.project import chosen, writable
from planbrief.publish.build import build
from planbrief.run.plan import pairs
from planbrief.run.produce import Listener, Outcome, Request


class Progress(Listener):
    """A bar on a terminal, one plain line per report elsewhere."""

    def __init__(self) -> None:
        self.total = self.done = 0
        self.terminal = sys.stderr.isatty()

    def started(self, names: Sequence[str]) -> None:
        """Draw an empty bar."""
        self.total = len(names)
        self._draw("")

    def stage(self, name: str, stage: str) -> None:
        """Name beside the bar what is at work."""
        self._draw(f"{visible(name)}: {visible(stage)}")

    def _draw(self, said: str) -> None:
        """The bar, with what is at work beside it, on one line of the terminal; none at the end."""
        if self.terminal and self.total:
            columns = shutil.get_terminal_size().columns - 1
            done = 20 * self.done // self.total
            line = f"[{'#' * done}{'.' * (20 - done)}] {self.done}/{self.total} {said}"
            print(f"\r\x1b[2K{line[:columns] if self.done < self.total else ''}", end="", file=sys.stderr, flush=True)

    def ended(self, name: str, status: str, seconds: float, error: str = "") -> None:
        """Move the bar, or say that a report is done."""
        self.done += 1
        self._draw("")
        if not self.terminal and status != "failed":
            print(f"[{self.done}/{self.total}] {visible(name)} {status} ({seconds:.1f} s)", file=sys.stderr, flush=True)


def positive(value: int | None, name: str) -> int:
    """A whole number of at least one; None becomes 0 and stands for the default."""
    if value is not None and value < 1:
        raise ParameterError("build", name, str(value), "a whole number of at least 1")
    return value or 0


def summary(outcome: Outcome) -> str:
    """What was built and where it is."""
    shown = outcome.out
    if outcome.out.is_relative_to(Path.cwd()):
        shown = outcome.out.relative_to(Path.cwd())
    lines = []
    for entry in outcome.entries:
        where = [os.fspath(shown / file.path) for file in (entry.html, entry.pdf) if file]
        pages = f" ({entry.pdf.pages} p.)" if entry.pdf and entry.pdf.pages else ""
        kept = f" (last good: {entry.last_success})" if entry.status == "failed" and where else ""
        lines.append(f"{entry.status:<9} {'  '.join(where) or entry.name}{pages}{kept}")
    counts = {status: sum(e.status == status for e in outcome.entries) for status in ("built", "unchanged", "failed")}
    said = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    lines.append(f"edition {outcome.edition}: {said}; open {shown / 'index.html'}" if outcome.edition else said)
    return "\n".join(visible(line) for line in lines)


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief build``."""
    project = chosen(arguments)
    if arguments.out is None:
        writable(project, "--out DIR says where its pages go")
    request = Request(
        wanted=tuple(arguments.reports),
        changes=pairs(arguments.parameter),
        languages=tuple(arguments.lang or ()),
        formats=tuple(arguments.to or ()),
        jobs=positive(arguments.jobs, "--jobs"),
        executor=arguments.executor,
        force=arguments.force,
        fail_fast=arguments.fail_fast,
        keep=arguments.keep,
        wait=arguments.wait,
        unchecked=arguments.unchecked,
        cell_timeout=arguments.cell_timeout,
        report_timeout=arguments.timeout,
        memory=positive(arguments.memory, "--memory") << 20,
    )
    out = arguments.out or project.reports / "latest"
    with Log(arguments.log, level="info") as log:
        outcome = build(project, out, request, log=log, listener=Progress(), explain=arguments.explain)
    print(summary(outcome))
    return 1 if outcome.failed or outcome.left_out else 0
