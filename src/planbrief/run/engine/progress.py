"""What a task says of itself while it runs, and where it may put its files.

In a worker process every announcement goes to the parent through the worker's pipe; anywhere else it goes nowhere,
so that task functions need not know where they run.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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
