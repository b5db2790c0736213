"""What happens to a task: what it says of itself while it runs, and what can go wrong, each kind with its fields.

In a worker process every announcement goes to the parent through the worker's pipe; anywhere else it goes nowhere,
so that task functions need not know where they run. Failures::

    RunError
    ├── CellFailed          a cell raised an exception
    ├── TimedOut            a cell or the whole task took longer than it may
    ├── WorkerDied          the process ended without an answer (crash, kill, out of memory)
    ├── WorkerFailed        the task raised something that cannot be carried to the parent
    └── EngineUnavailable   our own runner cannot be set up here; the stock one can

All survive pickling, with the partly executed notebook where there is one.
"""

from __future__ import annotations

import os
import re
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import RunError
from planbrief.parameters import own_number

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True)
class Stage:
    """What a task is doing.

    Parameters
    ----------
    name : str
        ``execute``, ``render``, ``compile`` or any other word; ``cell`` while a cell runs.
    cell, cells : int
        Which cell runs, from 1, and how many there are.
    limit : float, optional
        Seconds that this cell may take; the parent kills the process some seconds later.
    detail : dict
        Anything else, for whoever listens.
    event : bool
        Something that happens within the present stage and does not end it.
    """

    name: str
    cell: int = 0
    cells: int = 0
    limit: float | None = None
    detail: dict[str, Any] = field(default_factory=dict, compare=False)
    event: bool = False

    def __str__(self) -> str:
        return f"cell {self.cell}/{self.cells}" if self.name == "cell" else self.name


class _Worker:
    """The one worker that this process is, if it is one."""

    send: Callable[[Stage], None] | None = None
    directory: Path | None = None
    #: The process that speaks; one that a cell has forked has no voice.
    owner = 0


def announce(stage: str, **detail: Any) -> None:
    """Tell the parent what this task does now: ``announce("render")``."""
    announce_stage(Stage(stage, detail=detail))


def announce_stage(stage: Stage) -> None:
    """Tell the parent what this task does now."""
    if _Worker.send is not None and speaks():
        _Worker.send(stage)


def work_dir() -> Path:
    """Return a folder for this task's files; in a worker the parent removes it afterwards."""
    return _Worker.directory or Path(tempfile.gettempdir())


def become_worker(send: Callable[[Stage], None], directory: Path | None) -> None:
    """Let announcements of this process go to ``send`` and its temporary files into ``directory``."""
    _Worker.send, _Worker.directory = send, directory
    take_over()


def take_over() -> None:
    """Let this process be the one that speaks for its task."""
    _Worker.owner = os.getpid()


def speaks() -> bool:
    """Whether this process speaks for its task, and was not just forked by it."""
    return _Worker.owner == os.getpid()


#: Lines and characters of a cell's source that an error message shows.
EXCERPT_LINES = 8
EXCERPT_WIDTH = 100

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


#: Where IPython's traceback, or planbrief's own short one, names the line of the cell that failed.
_LINE = re.compile(r"(?:Cell In ?\[\d+\], line |^line )(\d+)", re.MULTILINE)


def excerpt(source: str, failing: int = 0) -> str:
    """Return lines of a cell's source, shortened, for an error message: the first, or those up to the failing one.

    >>> excerpt("x = 1"), excerpt("x = 1\\n1 / 0", failing=2)
    ('x = 1', '  x = 1\\n→ 1 / 0')
    """
    lines = source.rstrip().splitlines()
    first = min(max(failing - EXCERPT_LINES + 1, 0), max(len(lines) - EXCERPT_LINES, 0))
    if not failing:
        first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    shown = [line if len(line) <= EXCERPT_WIDTH else line[: EXCERPT_WIDTH - 1] + "…" for line in lines]
    if 0 < failing <= len(lines) > 1:
        shown = [f"{'→' if number == failing else ' '} {line}" for number, line in enumerate(shown, start=1)]
    after = len(lines) - first - EXCERPT_LINES
    ends = [f"… ({first} lines before)"] * (first > 0 and failing > 0), [f"… ({after} more lines)"] * (after > 0)
    return "\n".join([*ends[0], *shown[first : first + EXCERPT_LINES], *ends[1]])


def place_of(cells: Sequence[NotebookNode], index: int) -> tuple[int, int]:
    """Number of a cell, and of all cells, as their author's own file counts them."""
    return own_number(cells, index), own_number(cells, len(cells)) - 1


def failed(
    cells: Sequence[NotebookNode], index: int, name: str, ename: str, evalue: str, traceback: Sequence[str]
) -> CellFailed:
    """The failure of ``cells[index]``, told by the author's own numbering and with the line that failed."""
    line = _LINE.search(_ANSI.sub("", "\n".join(traceback)))
    shown = excerpt(cells[index].source, int(line[1]) if line else 0)
    return CellFailed(name, own_number(cells, index) - 1, shown, ename, evalue, traceback)


def plain_text(text: str, limit: int = 500) -> str:
    """Return text without terminal control sequences and not longer than ``limit`` characters.

    >>> plain_text("\\x1b[31mred\\x1b[0m")
    'red'
    """
    text = _CONTROL.sub("", _ANSI.sub("", text))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _quoted(source: str) -> str:
    return "".join(f"\n    | {plain_text(line)}" for line in source.splitlines())


class CellFailed(RunError):
    """A cell of a notebook raised an exception.

    Parameters
    ----------
    notebook : str
        Name of the notebook as the reader knows it.
    cell_index : int
        Place of the cell in its author's file, from 0; the injected cell of parameters does not count.
    cell_source_excerpt : str
        Lines of the cell, the failing one marked where it is known.
    ename, evalue : str
        Type and text of the exception.
    traceback : sequence of str
        IPython's lines, with terminal colours.

    Attributes
    ----------
    executed : NotebookNode or None
        The notebook as far as it got, outputs of the failed cell included.
    """

    def __init__(
        self,
        notebook: str,
        cell_index: int,
        cell_source_excerpt: str,
        ename: str,
        evalue: str,
        traceback: Sequence[str] = (),
    ) -> None:
        super().__init__(notebook, cell_index, cell_source_excerpt, ename, evalue, tuple(traceback))
        self.notebook, self.cell_index, self.cell_source_excerpt = notebook, cell_index, cell_source_excerpt
        self.ename, self.evalue, self.traceback = ename, evalue, tuple(traceback)
        self.executed: NotebookNode | None = None

    def __str__(self) -> str:
        what = f"{self.ename}: {plain_text(self.evalue)}" if self.evalue else self.ename
        if self.ename == "FileNotFoundError":
            what += (
                " (a report is built in a copy of notebooks/ and data/: a file of your own lies beside the notebook)"
            )
        return f"{self.notebook or 'notebook'}, cell {self.cell_index + 1}: {what}{_quoted(self.cell_source_excerpt)}"


class TimedOut(RunError):
    """A cell, or a task as a whole, took longer than it may.

    ``cell`` says which cell ran, as in ``cell 3/17``; it is empty when none did. ``executed`` is the notebook as far
    as it got, or None if the process had to be killed.
    """

    def __init__(self, name: str, cell: str, seconds: float, cell_source_excerpt: str = "") -> None:
        super().__init__(name, cell, seconds, cell_source_excerpt)
        self.name, self.cell, self.seconds, self.cell_source_excerpt = name, cell, seconds, cell_source_excerpt
        self.executed: NotebookNode | None = None

    def __str__(self) -> str:
        place = f"{self.name or 'task'}, {self.cell}" if self.cell else self.name or "task"
        return f"{place}: stopped after {self.seconds:g} s, its time limit{_quoted(self.cell_source_excerpt)}"


class WorkerDied(RunError):
    """The process of a task ended without an answer.

    ``status`` is its exit code, or minus the number of the signal that killed it; ``stage`` is what it was doing.
    """

    def __init__(self, name: str, status: int | None, stage: str, reason: str = "") -> None:
        super().__init__(name, status, stage, reason)
        self.name, self.status, self.stage, self.reason = name, status, stage, reason

    def __str__(self) -> str:
        return f"{self.name or 'task'}: its process {self._what()} during {self.stage or 'start'}"

    def _what(self) -> str:
        if self.reason:
            return self.reason
        if self.status is None:
            return "vanished"
        if self.status >= 0:
            return f"ended by itself with exit code {self.status}"
        try:
            killer = signal.Signals(-self.status).name
        except ValueError:
            killer = f"signal {-self.status}"
        hint = " (out of memory?)" if killer == "SIGKILL" else ""
        return f"was killed by {killer}{hint}"


class WorkerFailed(RunError):
    """A task raised an exception, or returned a value, that cannot be pickled."""

    def __init__(self, name: str, kind: str, message: str, traceback: str = "") -> None:
        super().__init__(name, kind, message, traceback)
        self.name, self.kind, self.message, self.traceback = name, kind, message, traceback

    def __str__(self) -> str:
        return f"{self.name or 'task'}: {self.kind}: {self.message}"


class EngineUnavailable(RunError):
    """Our own runner cannot be set up; nothing of the notebook has run yet."""

    text = "planbrief's own engine cannot run here: {}"
