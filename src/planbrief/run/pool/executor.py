"""Many tasks, each in a fresh process of its own, as a ``concurrent.futures`` executor."""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle  # of calls, for own workers
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from planbrief.run.engine.events import EngineUnavailable, Stage, TimedOut, WorkerDied, WorkerFailed
from planbrief.run.engine.execution import worker_environment
from planbrief.run.pool import process_tree
from planbrief.run.pool.launch import END, LOST, ForkLauncher, Handle, Launcher, SpawnLauncher
from planbrief.run.pool.process_tree import Scratch, remove
from planbrief.run.pool.worker import Call, Job

Method = Literal["fork", "spawn"]

#: Called with a task's name and what it does now.
Listener = Callable[[str, Stage], None]

#: What a process that runs notebooks imports in any case.
RUNNER_MODULES: tuple[str, ...] = (
    "planbrief.run.engine.runner",
    "planbrief.run.engine.execution",
    "IPython.core.completerlib",
    "IPython.core.crashhandler",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "tornado.platform.asyncio",
    "ipykernel.debugger",
    "IPython.extensions.storemagic",
    "matplotlib_inline.backend_inline",
    "planbrief.run.produce:validators",
)

_TICK = 1.0


@dataclass
class _Task:
    name: str
    call: Call
    timeout: float | None
    memory_limit: int | None
    listener: Listener | None
    stage: Stage = field(default_factory=lambda: Stage("start"))
    pid: int | None = None


def safe_method() -> Method:
    """Return how workers are started here: forked on Linux, spawned elsewhere.

    macOS can fork, but its frameworks may crash afterwards; Windows cannot.
    """
    return "fork" if sys.platform == "linux" else "spawn"


class Pool(Executor):
    """Runs each task in a fresh process that has imported the heavy libraries before the task came.

    Whatever a task does to its process (variables, modules, folders, environment, options, memory) ends with it, and
    so does everything it has started. Use it as a context manager: leaving it by an exception, Ctrl-C included, kills
    all tasks at once.

    Parameters
    ----------
    jobs : int
        How many tasks run at the same time.
    preload : sequence of str
        Modules to import ahead, or ``module:function`` to call ahead. None of them may compile Typst: it starts
        threads that a forked process waits for in vain.
    scratch : Path, optional
        Where tasks get their folders; the system's temporary folder if not given.
    method : {"fork", "spawn"}, optional
        How processes are made; what is safe here if not given.
    env : mapping, optional
        Environment variables fixed for all tasks; ``DETERMINISTIC_ENV`` if not given.
    grace : float
        Seconds by which a cell may pass its limit before its process is killed: time to say where it was.
    on_stage : callable, optional
        Listener to what tasks announce; called in threads of the pool.
    """

    def __init__(
        self,
        jobs: int = 1,
        preload: Sequence[str] = (),
        *,
        scratch: Path | None = None,
        method: Method | None = None,
        env: Mapping[str, str] | None = None,
        grace: float = 5.0,
        on_stage: Listener | None = None,
    ) -> None:
        if jobs < 1:
            raise ValueError(f"a pool needs at least one job, not {jobs}")
        if (files := process_tree.raise_descriptor_limit()) < process_tree.FEWEST_DESCRIPTORS:
            few = f"a process may open {files} files here (ulimit -n), and it takes {process_tree.FEWEST_DESCRIPTORS}"
            raise EngineUnavailable(few)
        self.jobs, self.method, self._grace, self._on_stage = jobs, method or safe_method(), grace, on_stage
        self._scratch = Scratch(scratch)
        modules = (*RUNNER_MODULES, *preload)
        environment = worker_environment(env)
        self._launcher: Launcher
        if self.method == "fork":
            self._launcher = ForkLauncher(modules, environment, str(self._scratch.root))
        else:
            self._launcher = SpawnLauncher(modules, environment, jobs)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="planbrief-pool")
        self._lock, self._alone = threading.Lock(), threading.Lock()
        self._running: set[Handle] = set()
        self._stopping = self._closed = False

    @property
    def failed_preloads(self) -> tuple[str, ...]:
        """Modules that could not be imported ahead, each with its reason; known once a task has started."""
        return self._launcher.failed_preloads

    @property
    def stopped(self) -> bool:
        """Whether the pool takes no more tasks."""
        return self._stopping or self._closed

    def submit(  # type: ignore[override]
        self,
        function: Callable[..., Any] | str,
        /,
        *args: Any,
        name: str = "",
        timeout: float | None = None,
        memory_limit: int | None = None,
        on_stage: Listener | None = None,
        **kwargs: Any,
    ) -> Future[Any]:
        """Queue a task; tasks start in the order of submission.

        Parameters
        ----------
        function : callable or str
            Something that pickle finds by name, or ``module:function``.
        *args, **kwargs
            Its arguments.
        name : str, optional
            How error messages call the task.
        timeout : float, optional
            Seconds for the whole task, from the start of its process.
        memory_limit : int, optional
            Bytes. Allocations beyond them fail in the task (MemoryError); a task whose processes together hold more
            is killed.
        on_stage : callable, optional
            Listener to what this task announces, in place of the pool's.

        Returns
        -------
        Future
            Its exception is the task's own, ``TimedOut``, ``WorkerDied`` or ``WorkerFailed``.
        """
        call = Call(function, args, kwargs)
        return self._threads.submit(self._run, _Task(name, call, timeout, memory_limit, on_stage or self._on_stage))

    def prepare(self, function: Callable[..., Any] | str, /, *args: Any) -> None:
        """Have something done once that all tasks but the next one find done in their process, if it succeeds.

        It may not compile Typst, start threads, or leave files open.
        """
        self._launcher.prepare(Job("", pickle.dumps(Call(function, args)), ""))

    def _run(self, task: _Task) -> Any:
        """Do a task; once more if it was lost with the process that forks, which another task may have killed."""
        try:
            return self._once(task)
        except WorkerDied as error:
            if error.status is not None or error.reason != LOST or self._stopping:
                raise
            with self._alone:  # whoever killed it does so again, and takes along none that is tried again, too
                return self._once(task)

    def _once(self, task: _Task) -> Any:
        folder = self._scratch.folder()
        try:
            call = pickle.dumps(task.call)
            with self._lock:
                if self._stopping:
                    raise CancelledError
            handle = self._launcher.launch(Job(task.name, call, str(folder), task.memory_limit))
            with self._lock:
                self._running.add(handle)
                stopping = self._stopping
            try:
                if stopping:
                    handle.kill()
                return self._watch(task, handle)
            finally:
                handle.kill_now()
                with self._lock:
                    self._running.discard(handle)
        finally:
            remove(folder)

    def _watch(self, task: _Task, handle: Handle) -> Any:
        """Follow a task to its end."""
        started = time.monotonic()
        task_end = None if task.timeout is None else started + task.timeout
        cell_end: float | None = None
        while True:
            ends = [end for end in (task_end, cell_end) if end is not None]
            message = handle.next(min([_TICK, *(end - time.monotonic() for end in ends)]))
            if message is None:
                self._enforce(task, task_end, cell_end)
                continue
            kind, value = message
            if kind == "stage":
                if not value.event:
                    task.stage = value
                    cell_end = None if value.limit is None else time.monotonic() + value.limit + self._grace
                if task.listener is not None:
                    task.listener(task.name, value)
            elif kind == "pid":
                task.pid = value
            elif kind == "unreadable":
                raise WorkerFailed(task.name, "UnreadableResult", value)
            elif message == END:
                status, reason = handle.finish()
                if self._stopping:
                    raise CancelledError
                raise WorkerDied(task.name, status, str(task.stage), reason)
            else:
                handle.finish()
                if kind == "error":
                    raise value
                return value

    def _enforce(self, task: _Task, task_end: float | None, cell_end: float | None) -> None:
        """Raise if the task has passed one of its limits; who catches it kills the task."""
        now = time.monotonic()
        cell = str(task.stage) if task.stage.name == "cell" else ""
        if cell_end is not None and now >= cell_end:
            raise TimedOut(task.name, cell, task.stage.limit or 0.0)
        if task_end is not None and now >= task_end:
            raise TimedOut(task.name, cell, task.timeout or 0.0)
        if task.memory_limit and task.pid and process_tree.tree_memory(task.pid) > task.memory_limit:
            reason = f"was killed because it held more than {task.memory_limit // 2**20} MiB"
            raise WorkerDied(task.name, None, str(task.stage), reason)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the pool after its tasks; with ``cancel_futures`` those that have not started do not start."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        if wait:
            self._close()

    def stop(self) -> None:
        """Kill all tasks at once and end the pool."""
        with self._lock:
            self._stopping = True
            running = list(self._running)
        for handle in running:
            handle.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._close()

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            self._launcher.close()
            self._scratch.close()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        if kind is None:
            self.shutdown(wait=True)
        else:
            self.stop()
        return None


_shared: dict[int, Pool] = {}
_shared_lock = threading.Lock()


def shared_pool(preload: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Pool:
    """Return the one pool of this process for callers that have none: papermill's engine, a worker of a cluster.

    It is made at the first call, stays warm, and ends with the process. Later callers get it as it is, whatever they
    would like to have preloaded. A process forked from this one gets its own.
    """
    with _shared_lock:
        pool = _shared.get(os.getpid())
        if pool is None or pool.stopped:
            pool = _shared[os.getpid()] = Pool(os.cpu_count() or 1, preload, env=env)
            atexit.register(_stop_shared, os.getpid())
        return pool


def _stop_shared(owner: int) -> None:
    pool = _shared.pop(owner, None)
    if pool is not None and owner == os.getpid():
        with contextlib.suppress(Exception):
            pool.stop()
