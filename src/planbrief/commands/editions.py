"""Editions from a command line or another program: build, verify-edition, editions, restore and diff."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from planbrief.errors import ParameterError, UnknownName
from planbrief.log import Log, visible
from planbrief.project import NoProject, at, chosen, find, writable
from planbrief.publish.output_folder import Unchanged, editions, restore
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


def result(outcome: Outcome) -> dict[str, Any]:
    """What :func:`summary` tells of a build, as JSON has it."""
    reports = [
        {
            "name": entry.name,
            "status": entry.status,
            "files": [file.path for file in (entry.html, entry.pdf) if file],
            "pages": entry.pdf.pages if entry.pdf else None,
            "last_success": entry.last_success,
        }
        for entry in outcome.entries
    ]
    return {"edition": outcome.edition, "reports": reports}


def summary(said: Mapping[str, Any], out: Path) -> str:
    """What was built and where it is, a line for each report and one for the edition."""
    shown = out.relative_to(Path.cwd()) if out.is_relative_to(Path.cwd()) else out
    lines = []
    for report in said["reports"]:
        where = [os.fspath(shown / path) for path in report["files"]]
        pages = f" ({report['pages']} p.)" if report["pages"] else ""
        kept = f" (last good: {report['last_success']})" if report["status"] == "failed" and where else ""
        lines.append(f"{report['status']:<9} {'  '.join(where) or report['name']}{pages}{kept}")
    statuses = [report["status"] for report in said["reports"]]
    counts = ", ".join(f"{n} {status}" for status in ("built", "unchanged", "failed") if (n := statuses.count(status)))
    edition = said["edition"]
    lines.append(f"edition {edition}: {counts}; open {shown / 'index.html'}" if edition else counts)
    return "\n".join(visible(line) for line in lines)


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief build``."""
    project = chosen(arguments)
    # A sample may be read by everybody and written by nobody: its pages need a place of their own.
    if arguments.out is None:
        writable(project, "--out DIR says where its pages go")
    out = arguments.out or project.reports / "latest"
    # Everything of the command but where it is logged and how long it waits.
    asked = {name: value for name, value in vars(arguments).items() if name not in ("log", "wait")}
    usual = not (arguments.force or arguments.explain or arguments.unchecked)
    unchanged = Unchanged(project, out, repr(sorted(asked.items()))) if usual else None
    with Log(arguments.log, level="info") as log:
        if unchanged and (said := unchanged.confirm(arguments.wait, log)):
            print(summary(said, unchanged.state.out))
            return 0
        # Not above: a build with nothing to do needs none of what plans and checks.
        from planbrief.publish.build import build as publish
        from planbrief.run.plan import pairs

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
        outcome = publish(project, out, request, log=log, listener=Progress(), explain=arguments.explain)
    said = result(outcome)
    if unchanged and outcome.silent:
        unchanged.remember(said)
    print(summary(said, outcome.out))
    return 1 if outcome.failed or outcome.left_out else 0


def build(
    *reports: str,
    project: Path | str | None = None,
    out: Path | str | None = None,
    lang: str | Iterable[str] = (),
    to: str | Iterable[str] = (),
    parameters: Mapping[str, Any] | None = None,
    jobs: int = 0,
    force: bool = False,
    unchecked: bool = False,
) -> Outcome:
    """Build reports and publish the edition, as ``planbrief build`` does.

    What happens is told to the logger ``planbrief`` of :mod:`logging`; nothing is printed.

    Parameters
    ----------
    *reports
        Ids of reports or names of notebooks; none means every report.
    project
        Folder of the project; by default the one around the working directory.
    out
        Folder of the edition; by default ``reports/latest`` of the project.
    lang, to
        Languages (``"zh"``, ``"en"``) and formats (``"html"``, ``"pdf"``); none means all.
    parameters
        Values in place of the catalog's, for the reports named.
    jobs
        Reports at a time; 0 means as many as there are cores.
    force
        Build also what is unchanged.
    unchecked
        Publish also what ``planbrief check`` refuses; every page says so.

    Returns
    -------
    Outcome
        ``edition``, ``out``, ``entries`` (one per report and language with ``status`` ``built``, ``unchanged`` or
        ``failed``, paths, and the ``error`` in words) and ``failed``: the entries that failed. A report that fails
        keeps its last good files and raises nothing.

    Raises
    ------
    PlanbriefError
        For bad parameters, bad data, no project, or an output folder that is somebody else's; nothing was run.

    Examples
    --------
    >>> import planbrief as pb
    >>> made = pb.build("brief", lang="zh", to="html", out="edition")  # doctest: +SKIP
    >>> [entry.status for entry in made.entries]  # doctest: +SKIP
    ['built']
    """

    where = at(project) if project is not None else find()
    if out is None:
        writable(where, "out names where its pages go")
    request = Request(
        wanted=reports,
        changes=dict(parameters or {}),
        languages=(lang,) if isinstance(lang, str) else tuple(lang),
        formats=(to,) if isinstance(to, str) else tuple(to),
        jobs=jobs,
        force=force,
        unchecked=unchecked,
    )
    from planbrief.publish.build import build as publish

    return publish(where, Path(out) if out is not None else where.reports / "latest", request)


def run_diff(arguments: argparse.Namespace) -> int:
    """Run ``planbrief diff``."""
    # Not above: a build with nothing to do needs none of the libraries that words and numbers need.
    from planbrief.publish.changes import compare, open_edition
    from planbrief.publish.digest import document
    from planbrief.publish.digest_rendering import json_bytes, to_html, to_markdown, to_text

    try:
        out = arguments.out or chosen(arguments).reports / "latest"
    except NoProject:
        out = Path("reports") / "latest"  # two folders can be compared anywhere; an id needs a project's editions
    changes = compare(open_edition(arguments.old, out), open_edition(arguments.new, out))
    if arguments.json:
        print(json_bytes(changes).decode(), end="")
        return 0
    found = document(changes, arguments.lang)
    made = to_markdown(found) if arguments.md else to_html(found) if arguments.html else to_text(found)
    print(made, end="")
    return 0


def out_of(arguments: argparse.Namespace) -> Path:
    """The output folder that was named, else the project's own."""
    return arguments.out or writable(chosen(arguments), "--out DIR names an edition").reports / "latest"


def run_verify_edition(arguments: argparse.Namespace) -> int:
    """Run ``planbrief verify-edition``: 0 if every file, hash, link and PDF is right, else 1 with a line each."""
    from planbrief.publish.gate import verify_edition

    folder: Path = arguments.folder
    if not folder.is_dir():
        raise UnknownName("folder", str(folder), ())
    problems = verify_edition(folder)
    for problem in problems:
        print(visible(problem))
    print(f"{visible(folder)}: {len(problems)} problems" if problems else f"{visible(folder)}: the edition is whole")
    return 1 if problems else 0


def run_editions(arguments: argparse.Namespace) -> int:
    """Run ``planbrief editions``: the present edition and the kept ones, newest first."""
    from planbrief.commands.list import text_table

    rows = [
        (
            info.edition,
            "present" if info.present else "kept",
            info.data_as_of,
            str(info.reports),
            str(info.failed),
            visible(info.problem),
        )
        for info in editions(out_of(arguments))
    ]
    print(text_table(("edition", "state", "data as of", "reports", "failed", "problem"), rows))
    return 0


def run_restore(arguments: argparse.Namespace) -> int:
    """Run ``planbrief restore``: publish a kept edition again, byte for byte."""
    with Log() as log:
        restore(out_of(arguments), arguments.edition, wait=arguments.wait, log=log)
    print(f"{visible(arguments.edition)} is the present edition of {visible(out_of(arguments))}")
    return 0
