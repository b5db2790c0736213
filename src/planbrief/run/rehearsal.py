"""A report that is built again and again while its notebook is edited: only from the edited cell on.

A notebook's process forks before a cell every now and then. What stays behind, a checkpoint, waits; what goes on runs
the rest and answers. After the next save the last checkpoint before the edited cell forks again, and only what stands
below that checkpoint runs once more; it leaves one right before the edited cell, from which the save after that goes
on. Nothing of it reaches an edition: builds run every cell in a fresh process.

::

    checkpoint ── waits          before cell 4
      └─ checkpoint ── waits     before cell 9
           └─ cells 9 … 20, page, answer, end

A process is not forked where a fork would not be the same run: with threads, children, sockets or pipes of a cell.
From there on there are no more checkpoints, and an edit below runs from the last one.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pickle  # of answers, by own workers
import queue
import select
import shutil
import stat
import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import PlanbriefError
from planbrief.files import replace_file, walk
from planbrief.parameters import INJECTED_TAG
from planbrief.project import at
from planbrief.run.engine import events
from planbrief.run.engine.events import Stage, TimedOut, WorkerDied, announce_stage
from planbrief.run.executors import hold
from planbrief.run.pool import process_tree
from planbrief.run.pool.executor import Pool
from planbrief.run.pool.process_tree import Scratch
from planbrief.run.pool.worker import portable
from planbrief.run.produce import Produced, Task, notebook_of, produce

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Seconds of cells between two checkpoints: at least so many, and this part of all that went before. A fork of a
#: process that holds the libraries takes some milliseconds, and a long notebook needs few checkpoints at its top.
LEAST_APART, PART_APART = 0.06, 0.2
#: Checkpoints of one run at most: each keeps what later cells have changed in memory.
MOST = 24

#: Pages with checkpoints at a time: one in both languages.
PAGES = 2

#: What a checkpoint is told: the cell that was edited in the notebook as it is saved now, or to end.
_END = -1
#: Names of announcements.
_READY, _ANSWER, _GONE = "checkpoint", "answer", "gone"


class Checkpoints:
    """The processes of one run, from within: this one, and those that it came from.

    Parameters
    ----------
    task : Task
        The report; its notebook is read again whenever a checkpoint goes on.
    folder : Path
        Where every checkpoint has a pipe, named by its cell, and where answers are put.
    part_apart : float
        See :data:`PART_APART`; with 0 there is a checkpoint before every cell.
    """

    def __init__(self, task: Task, folder: Path, part_apart: float) -> None:
        self.task, self.folder = task, folder
        self._part, self._least = part_apart, LEAST_APART if part_apart else 0.0
        self.first = os.getpid()
        self._count = 0
        self._begun = self._last = time.monotonic()
        self._usual: set[tuple[int, int]] | None = None
        self._off = False
        #: The cell that was edited last and will be again: it gets a checkpoint of its own.
        self._edited = -1

    def before(self, index: int, notebook: NotebookNode) -> NotebookNode | None:
        """Perhaps leave a checkpoint before a cell; in a process that takes the run up: the notebook saved now."""
        if self._usual is None:  # before the first cell: what the kernel itself holds
            self._usual = _channels()
        now = time.monotonic()
        if (
            self._off
            or self._count >= MOST
            or not any(INJECTED_TAG in cell.metadata.get("tags", ()) for cell in notebook.cells[:index])
        ):
            return None
        if (
            self._count
            and index != self._edited
            and now - self._last < max(self._least, self._part * (self._last - self._begun))
        ):
            return None
        if self._cannot_fork():
            self._off = True
            return None
        self._count += 1
        return self._leave(index)

    def _cannot_fork(self) -> bool:
        """Whether a cell has started what a fork does not take along, or would share."""
        return (
            len(os.listdir("/proc/self/task")) > 1
            or bool(process_tree.children_of_this())
            or bool(_channels() - (self._usual or set()))
        )

    def _leave(self, index: int) -> NotebookNode | None:
        pipe = self.folder / str(index)
        with contextlib.suppress(FileExistsError):  # of an earlier run of these cells, whose checkpoint is gone
            os.mkfifo(pipe)
        files, positions = _files(events.work_dir()), _positions()
        started = time.monotonic()
        child = self._fork()
        if child == 0:
            # The injected parameters are a cell that the saved notebook has not.
            announce_stage(Stage(_READY, detail={"cell": index - 1}, event=True))
            self._last = time.monotonic()
            return None
        asked = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        while True:
            self._edited = _wait(child, asked)
            if self._edited == _END:
                os._exit(0)
            # The process that went on and those of its own checkpoints, which become ours when their parent dies.
            process_tree.kill_orphans(keep=set())
            # What later cells wrote into the report's folder is no state that they could start from again.
            if _files(events.work_dir()) != files:
                announce_stage(Stage(_GONE, event=True))
                os._exit(0)
            child = self._fork()
            if child == 0:
                os.close(asked)
                for descriptor, position in positions.items():
                    with contextlib.suppress(OSError):  # closed meanwhile, by the collection of garbage
                        os.lseek(descriptor, position, os.SEEK_SET)
                self._begun += time.monotonic() - started  # the time it waited is none of the notebook's
                self._last = time.monotonic()
                return notebook_of(self.task)

    def _fork(self) -> int:
        """Fork; the child dies with its checkpoint, and has the voice of this task from now on."""
        own = os.getpid()
        child = os.fork()
        if child == 0:
            process_tree.die_with_parent(own)
            process_tree.adopt_orphans()
            events.take_over()
        return child


def _wait(child: int, asked: int) -> int:
    """Wait until this checkpoint is told something, and return it; say so if the process that went on dies."""
    poll = select.poll()
    poll.register(asked, select.POLLIN)
    watched = os.pidfd_open(child)
    poll.register(watched, select.POLLIN)
    try:
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if asked in ready:
                return int(os.read(asked, 64))
            if watched in ready:
                poll.unregister(watched)
                ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # it keeps its number until it is buried
                if ended is not None:
                    status = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
                    announce_stage(Stage(_GONE, detail={"pid": child, "status": status}, event=True))
    finally:
        os.close(watched)


def _descriptors() -> list[int]:
    return [int(name) for name in os.listdir("/proc/self/fd")]


def _channels() -> set[tuple[int, int]]:
    """Sockets, pipes and the like that this process holds: whoever is forked shares them."""
    found = set()
    for descriptor in _descriptors():
        with contextlib.suppress(OSError):
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode) and not stat.S_ISDIR(state.st_mode):
                found.add((descriptor, state.st_ino))
    return found


def _positions() -> dict[int, int]:
    """Where reading and writing stand in every open file, which forked processes share."""
    found = {}
    for descriptor in _descriptors():
        with contextlib.suppress(OSError):
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                found[descriptor] = os.lseek(descriptor, 0, os.SEEK_CUR)
    return found


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of a report's folder with size and time; those of the kernel's own profile left out."""
    files = ((path, facts.st_size, facts.st_mtime_ns) for path, facts in walk(folder))
    return {path: (size, time_ns) for path, size, time_ns in files if not path.startswith("ipython-")}


def rehearse(task: Task, folder: str, part_apart: float) -> None:
    """Do in a pool's process what :func:`produce` does, answer, and stay to do the rest of it again."""
    checkpoints = Checkpoints(task, Path(folder), part_apart)
    answer: Produced | BaseException
    # Once for all runs of the page, each of which says at its end what it has read.
    with contextlib.suppress(PlanbriefError, OSError):
        hold(at(Path(task.project)))
    try:
        answer = produce(task, before_cell=checkpoints.before)
    except BaseException as problem:  # SystemExit of a task is an answer too
        answer = portable(task.name, problem)
    # A file, because a process that is killed in the middle of a message would garble those of the checkpoints.
    replace_file(Path(folder) / _ANSWER, pickle.dumps(answer), lasting=False)
    announce_stage(Stage(_ANSWER, detail={"pid": os.getpid()}, event=True))
    if os.getpid() == checkpoints.first:
        return
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    process_tree.kill_orphans(keep=set())
    os._exit(0)


class Rehearsal:
    """The processes of one run, from without.

    Parameters
    ----------
    pool : Pool
        Where they live; one of its jobs is taken for as long as this rehearsal lasts.
    task : Task
        The report; its project stays where it is for as long.
    folder : Path
        A folder of its own.
    memory_limit : int
        Bytes that all of its processes may hold.
    part_apart : float
        See :data:`PART_APART`.
    """

    def __init__(self, pool: Pool, task: Task, folder: Path, memory_limit: int, part_apart: float = PART_APART) -> None:
        self.task, self.folder = task, folder
        self._news: queue.SimpleQueue[Stage | None] = queue.SimpleQueue()
        self._ready: set[int] = set()
        self._answered = 0
        self._source = _source(_notebook(task))
        self._future: Future[Any] = pool.submit(
            rehearse, task, str(folder), part_apart, name=task.name, memory_limit=memory_limit, on_stage=self._hear
        )
        self._future.add_done_callback(lambda future: self._news.put(None))

    def _hear(self, name: str, stage: Stage) -> None:
        if stage.event:
            self._news.put(stage)

    def takes(self, task: Task) -> bool:
        """Whether this is a run of such a task that can be taken up again."""
        return bool(self._ready) and not self._future.done() and replace(task, project=self.task.project) == self.task

    def again(self, notebook: Path) -> bool:
        """Go on with a newer notebook from the last checkpoint before what was edited; whether there is one."""
        newer = _source(notebook)
        edited = _first_edited(self._source, newer)
        usual = [cell for cell in self._ready if cell <= edited]
        if edited < 0 or not usual:
            return False
        replace_file(_notebook(self.task), notebook.read_bytes(), lasting=False)
        self._source = newer
        cell = max(usual)
        # The processes of later checkpoints end with the one that goes on.
        self._ready = {one for one in self._ready if one <= cell}
        return self._tell(cell, edited + 1)

    def result(self, timeout: float) -> Produced:
        """Wait for the answer and return it, or raise what the task raised.

        Raises
        ------
        Lost
            It cannot be taken up again, for want of a state to start from; nothing has failed.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                news = self._news.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                raise TimedOut(self.task.name, "", timeout) from None
            if news is None:
                self._ready = set()
                self._future.result()
                return self._answer()
            if news.name == _READY:
                self._ready.add(int(news.detail["cell"]))
            elif news.name == _ANSWER:
                self._answered = news.detail["pid"]
                return self._answer()
            elif not news.detail:
                raise Lost
            elif news.detail["pid"] != self._answered:
                raise WorkerDied(self.task.name, news.detail["status"], "cell")

    def _answer(self) -> Produced:
        found: Produced | BaseException = pickle.loads((self.folder / _ANSWER).read_bytes())
        if isinstance(found, BaseException):
            raise found
        return found

    def _tell(self, cell: int, word: int) -> bool:
        try:
            pipe = os.open(self.folder / str(cell + 1), os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads it: the process is gone
            return False
        with open(pipe, "wb", buffering=0) as told:
            told.write(b"%d" % word)
        return True

    def end(self) -> None:
        """End all of its processes and remove its folder."""
        if self._ready:
            self._tell(min(self._ready), _END)
            self._ready = set()
        process_tree.remove(self.folder)


class Lost(Exception):
    """A rehearsal cannot be taken up again and has to begin anew."""


class Rehearsals:
    """The pages that are edited now: the latest ones go on from the edited cell, others are built whole.

    Parameters
    ----------
    pool : Pool
        Where they live, with :data:`PAGES` jobs more than may be busy with whole builds.
    scratch : Scratch
        Where their copies of the project lie.
    seconds : float
        How long a page may take.
    part_apart : float
        See :data:`PART_APART`.
    """

    def __init__(self, pool: Pool, scratch: Scratch, seconds: float, part_apart: float = PART_APART) -> None:
        self.pool, self.scratch, self.seconds, self._part = pool, scratch, seconds, part_apart
        self._memory = process_tree.memory_share(PAGES)
        #: By page, the one begun last at the end: what it was begun with, and its processes.
        self._pages: dict[Hashable, tuple[Hashable, Rehearsal]] = {}

    def start(self, page: Hashable, task: Task, inputs: Hashable, *, whole: bool) -> Callable[[], Produced]:
        """Begin to do `task`, and return what waits for its result.

        Parameters
        ----------
        page : hashable
            Which page it is.
        inputs : hashable
            The state of everything but its notebook: with another one it begins anew.
        whole : bool
            Do it once, from its first cell, and leave no checkpoints.
        """
        if whole or self.pool.method != "fork" or not hasattr(os, "pidfd_open"):
            done = self.pool.submit(produce, task, name=task.name, timeout=self.seconds, memory_limit=self._memory)
            return done.result
        known, rehearsal = self._pages.pop(page, (None, None))
        if rehearsal is not None:
            if known == inputs and rehearsal.takes(task) and rehearsal.again(_notebook(task)):
                self._pages[page] = inputs, rehearsal
                return partial(self._result, page, task, inputs)
            rehearsal.end()
        self._begin(page, task, inputs)
        return partial(self._result, page, task, inputs)

    def _begin(self, page: Hashable, task: Task, inputs: Hashable) -> None:
        """Run a notebook from its first cell, in a copy of the project that lasts as long as its checkpoints."""
        while len(self._pages) >= PAGES:
            self._pages.pop(next(iter(self._pages)))[1].end()
        folder = self.scratch.folder()
        project = shutil.copytree(task.project, folder / "project")
        self._pages[page] = (
            inputs,
            Rehearsal(self.pool, replace(task, project=str(project)), folder, self._memory, self._part),
        )

    def _result(self, page: Hashable, task: Task, inputs: Hashable) -> Produced:
        rehearsal = self._pages[page][1]
        try:
            return rehearsal.result(self.seconds)
        except Lost:
            rehearsal.end()
            del self._pages[page]
            self._begin(page, task, inputs)
            return self._pages[page][1].result(self.seconds)
        except TimedOut:
            rehearsal.end()
            del self._pages[page]
            raise


def _notebook(task: Task) -> Path:
    return Path(task.project) / "notebooks" / f"{task.notebook}.ipynb"


def _source(notebook: Path) -> Mapping[str, Any]:
    """What of a saved notebook decides about its run: no outputs, no times of execution."""
    try:
        read = json.loads(notebook.read_bytes())
        cells = [
            {
                "type": cell["cell_type"],
                "source": cell["source"],
                "metadata": {name: value for name, value in cell.get("metadata", {}).items() if name != "execution"},
                "attachments": cell.get("attachments"),
            }
            for cell in read["cells"]
        ]
        return {"cells": cells, "metadata": read.get("metadata"), "format": read.get("nbformat")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _first_edited(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """The first cell of code that is another one, or the number of cells; -1 where the whole notebook is.

    Text between cells of code does not count: the last checkpoint takes the newer text for all of the page.
    """
    if not before or not after or any(before[name] != after[name] for name in ("metadata", "format")):
        return -1
    pairs = zip(before["cells"], after["cells"], strict=False)
    for index, (old, new) in enumerate(pairs):
        if old["type"] != new["type"] or (old["type"] == "code" and old != new):
            return index
    return min(len(before["cells"]), len(after["cells"]))
