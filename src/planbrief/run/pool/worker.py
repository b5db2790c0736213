"""What a worker process does: one task, and its answer through a pipe."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import importlib.util
import os
import pickle  # own pipes only, see above
import random
import signal
import struct
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from planbrief.errors import PlanbriefError
from planbrief.run.engine import progress
from planbrief.run.engine.failures import WorkerFailed
from planbrief.run.pool import process_tree

_LENGTH = struct.Struct("!Q")

#: Bytes before each message.
HEADER_SIZE = _LENGTH.size


def pack(message: Any) -> bytes:
    """Return a message as bytes, its length first."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> Any:
    """Return the message whose bytes (without length) are given."""
    return pickle.loads(body)


def body_size(header: bytes) -> int:
    """Return how many bytes follow a header."""
    size: int = _LENGTH.unpack(header)[0]
    return size


def write(descriptor: int, packed: bytes) -> None:
    """Write a whole packed message to a file descriptor."""
    view = memoryview(packed)
    while view:
        view = view[os.write(descriptor, view[: 1 << 20]) :]


def read(stream: BinaryIO) -> Any:
    """Read a message; EOFError when the other side has ended, also in the middle of one."""
    return unpack(read_body(stream))


def read_body(stream: BinaryIO) -> bytes:
    """Read the bytes of a message without its length; EOFError as for :func:`read`."""
    header = stream.read(HEADER_SIZE)
    if len(header) < HEADER_SIZE:
        raise EOFError
    size = body_size(header)
    body = stream.read(size)
    if len(body) < size:
        raise EOFError
    return body


_GRAMMAR = "rfc3987_syntax"


def import_jsonschema() -> None:
    """Import jsonschema, which nbformat needs, without the grammar of internationalised addresses.

    jsonschema 4 imports ``rfc3987_syntax`` where it is installed, as it is with Jupyter, and that compiles a grammar:
    0.6 s of processor time for each Python that only wants to read a notebook. Formats ``iri`` and
    ``iri-reference`` compile it when they are first checked. To be called before nbformat is imported; afterwards, or
    without the grammar, it does nothing.
    """
    if "jsonschema" in sys.modules or _GRAMMAR in sys.modules or importlib.util.find_spec(_GRAMMAR) is None:
        return

    def is_valid_syntax(*args: Any, **kwargs: Any) -> Any:
        return importlib.import_module(_GRAMMAR).is_valid_syntax(*args, **kwargs)

    stand_in = ModuleType(_GRAMMAR)
    stand_in.is_valid_syntax = is_valid_syntax  # type: ignore[attr-defined]
    sys.modules[_GRAMMAR] = stand_in
    try:
        importlib.import_module("jsonschema")
    except ImportError:
        return
    finally:
        if sys.modules.get(_GRAMMAR) is stand_in:
            del sys.modules[_GRAMMAR]


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
    import_jsonschema()
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
                write(answers, packed)

    owner = os.getpid()
    send(pack(("pid", owner)))
    try:
        _prepare(job)
        progress.become_worker(lambda stage: send(pack(("stage", stage))), Path(job.directory))
        answer = _packed_result(job.name, pickle.loads(job.call).run())
    except BaseException as problem:  # SystemExit of a task is an answer too
        answer = pack(("error", _portable(job.name, problem)))
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
        return pack(("done", value))
    except Exception as problem:  # whatever an object's own pickling raises
        raise WorkerFailed(name, "its result cannot be sent", f"{type(problem).__name__}: {problem}") from problem


def _prepare(job: Job) -> None:
    """Give this process a chance, a folder and a memory of its own."""
    process_tree.offer_to_oom_killer()
    if job.memory_limit:
        process_tree.limit_memory(job.memory_limit)
    atexit._clear()  # what the preloaded libraries would do at their end is their process's, not this one's
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
