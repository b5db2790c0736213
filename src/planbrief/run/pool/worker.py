"""What a worker process does: one task, and its answer through a pipe."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import pickle  # of results for the own parent, see frames
import random
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planbrief.errors import PlanbriefError
from planbrief.run.engine import progress
from planbrief.run.engine.failures import WorkerFailed
from planbrief.run.pool import deferred_imports as light
from planbrief.run.pool import messages as frames
from planbrief.run.pool import process_tree as processes


@dataclass(frozen=True)
class Job:
    """A task as it travels to its process: what to call, pickled separately so that nobody else need understand it."""

    name: str
    call: bytes
    directory: str
    memory_limit: int | None = None


@dataclass(frozen=True)
class Call:
    """A function and its arguments; the function may be given as ``module:function``."""

    function: Callable[..., Any] | str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> Any:
        """Call the function and return what it returns."""
        return resolve(self.function)(*self.args, **self.kwargs)


def resolve(function: Callable[..., Any] | str) -> Callable[..., Any]:
    """Return the function named by ``module:function``; a function is returned as it is.

    >>> resolve("math:sqrt")(4)
    2.0
    """
    if not isinstance(function, str):
        return function
    module, _, name = function.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def preload(names: Iterable[str]) -> list[str]:
    """Import modules, and call ``module:function`` ones; return those that failed, each with its reason."""
    light.import_jsonschema()
    failed = []
    for name in names:
        try:
            if ":" in name:
                resolve(name)()
            else:
                importlib.import_module(name)
        except Exception as problem:  # a library that is missing or broken here is the notebook's affair
            failed.append(f"{name}: {type(problem).__name__}: {problem}")
    return failed


def extend_path(parent_path: Iterable[str]) -> None:
    """Find what the parent finds: add its folders behind those of this process."""
    for entry in parent_path:
        if entry and entry not in sys.path:
            sys.path.append(entry)


def run_job(job: Job, answers: int) -> None:
    """Do one task in this process and write its answer, ``("done", value)`` or ``("error", exception)``."""

    def send(packed: bytes) -> None:
        # A parent that has gone is noticed elsewhere; a process forked by a cell has no voice.
        if os.getpid() == owner:
            with contextlib.suppress(BrokenPipeError):
                frames.write(answers, packed)

    owner = os.getpid()
    send(frames.pack(("pid", owner)))
    try:
        _prepare(job)
        progress.become_worker(lambda stage: send(frames.pack(("stage", stage))), Path(job.directory))
        answer = _packed_result(job.name, pickle.loads(job.call).run())
    except BaseException as problem:  # SystemExit of a task is an answer too
        answer = frames.pack(("error", _portable(job.name, problem)))
    send(answer)
    if os.getpid() != owner:
        os._exit(0)  # a cell has forked, and its child has fallen out of the cell
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _packed_result(name: str, value: Any) -> bytes:
    try:
        return frames.pack(("done", value))
    except Exception as problem:  # whatever an object's own pickling raises
        raise WorkerFailed(name, "its result cannot be sent", f"{type(problem).__name__}: {problem}") from problem


def _prepare(job: Job) -> None:
    """Give this process a chance, a folder and a memory of its own."""
    processes.offer_to_oom_killer()
    if job.memory_limit:
        processes.limit_memory(job.memory_limit)
    Path(job.directory).mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = job.directory
    tempfile.tempdir = None
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _portable(name: str, problem: BaseException) -> BaseException:
    """Return an exception that the parent can unpickle, with this process's traceback as a note."""
    text = "".join(traceback.format_exception(problem))
    try:
        copy = pickle.loads(pickle.dumps(problem))
        if str(copy) != str(problem):
            raise ValueError("it does not survive pickling")
    except Exception:
        return WorkerFailed(name, type(problem).__name__, str(problem), text)
    if isinstance(problem, PlanbriefError):
        return problem
    if not isinstance(problem, Exception):
        return WorkerFailed(name, type(problem).__name__, str(problem), text)
    problem.add_note(f"In the worker process:\n{text}")
    return problem
