"""What a worker process does, one task and its answer through a pipe, and the warm process that forks it.

The warm process, the zygote, has imported the heavy libraries once and forks a fresh process for every task. It has one
thread, its own session and no business of its own: it forks, buries, and kills. Every task has a pipe for its answers,
which only its process writes, and a control socket between zygote and pool: a byte or the end of that socket means
*kill*, and the zygote's one message on it is the exit status, sent when nothing of the task is left.

When the pool's process ends in any way, its sockets end too, and the zygote kills everything and removes the pool's
folder. When the zygote is killed, the kernel kills the workers.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import importlib
import importlib.util
import json
import os
import pickle  # own pipes only
import random
import selectors
import shutil
import signal
import socket
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
from planbrief.run.engine import events
from planbrief.run.engine.events import WorkerFailed
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


def run_job(job: Job, answers: int) -> None:
    """Do one task in this process and write its answer, ``("done", value)`` or ``("error", exception)``."""

    def send(packed: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # a parent that has gone is noticed elsewhere
            write(answers, packed)

    owner = os.getpid()
    send(pack(("pid", owner)))
    try:
        _prepare(job)
        events.become_worker(lambda stage: send(pack(("stage", stage))), Path(job.directory))
        answer = _packed_result(job.name, pickle.loads(job.call).run())
    except BaseException as problem:  # SystemExit of a task is an answer too
        answer = pack(("error", portable(job.name, problem)))
    if os.getpid() != owner:
        os._exit(0)  # a cell has forked, and its child has fallen out of the cell
    send(answer)
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


def portable(name: str, problem: BaseException) -> BaseException:
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


#: Started by ``python -c``: nothing may be imported from the current folder before planbrief itself is found.
BOOT = (
    "import sys, json; sys.path[:] = [p for p in sys.path if p] + json.loads(sys.argv[2]); "
    "from planbrief.run.pool.worker import main; main(int(sys.argv[1]))"
)


def boot_command(control: int) -> list[str]:
    """Return the command that starts a zygote which talks through a file descriptor."""
    return [sys.executable, "-c", BOOT, str(control), json.dumps(import_path())]


def import_path() -> list[str]:
    """Return the folders in which this process finds modules, for another process to add to its own."""
    return [entry for entry in sys.path if entry]


#: The pool decides when it is over; a notebook that signals its parent means nothing by it.
_NOT_FOR_US = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class _Child:
    """A task's process as the zygote sees it."""

    pid: int
    control: socket.socket


class Zygote:
    """Forks, buries and kills."""

    def __init__(self, control: socket.socket) -> None:
        self._control, self._pid = control, os.getpid()
        self._children: dict[int, _Child] = {}
        # poll, because an epoll object would be shared with every forked process.
        self._selector = selectors.PollSelector()
        self._wake, self._woken = socket.socketpair()
        for end in (self._wake, self._woken):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def serve(self) -> None:
        """Work until the pool closes its end."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    try:
                        self._fork()
                    except (EOFError, ConnectionError):
                        self._end()
                        return
                elif key.fileobj is self._woken:
                    with contextlib.suppress(BlockingIOError):
                        self._woken.recv(4096)
                elif key.fileobj.fileno() >= 0:  # type: ignore[union-attr]
                    self._selector.unregister(key.fileobj)
                    process_tree.kill_group(key.data.pid)
            self._bury()

    def _fork(self) -> None:
        job, descriptors = _receive_job(self._control)
        if not descriptors:
            self._do_here(job)
            return
        answers, control = descriptors[0], socket.socket(fileno=descriptors[1])
        try:
            pid = os.fork()
        except OSError as problem:
            _answer(control, -signal.SIGKILL, f"could not be started: {os.strerror(problem.errno or errno.EAGAIN)}")
            os.close(answers)
            return
        if pid == 0:
            self._become_child(job, answers, control)
        os.close(answers)
        child = _Child(pid, control)
        self._children[pid] = child
        self._selector.register(control, selectors.EVENT_READ, child)

    def _do_here(self, job: Job) -> None:
        """Do here what all later tasks find done; one that cannot be done, or not whole, they do for themselves."""
        with contextlib.suppress(Exception):
            pickle.loads(job.call).run()
        gc.collect()
        gc.freeze()

    def _become_child(self, job: Job, answers: int, control: socket.socket) -> None:
        """Leave the zygote behind, do the task, and never return."""
        status = 1
        try:
            process_tree.die_with_parent(self._pid)
            os.setsid()
            process_tree.adopt_orphans()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, *_NOT_FOR_US):
                signal.signal(number, signal.SIG_DFL)
            for end in (self._control, self._wake, self._woken, control, *(c.control for c in self._children.values())):
                end.close()
            run_job(job, answers)
            status = 0
        finally:
            os._exit(status)

    def _bury(self) -> None:
        """Report the processes that have ended, after what they left running has been killed."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            # Not waited for yet, so that nobody else can have this process's number while its group is killed.
            process_tree.kill_group(ended.si_pid)
            _, waited = os.waitpid(ended.si_pid, 0)
            child = self._children.pop(ended.si_pid, None)
            process_tree.kill_orphans(keep=set(self._children))
            if child is not None:
                with contextlib.suppress(KeyError):
                    self._selector.unregister(child.control)
                _answer(child.control, os.waitstatus_to_exitcode(waited))

    def _end(self) -> None:
        for child in self._children.values():
            process_tree.kill_group(child.pid)
        process_tree.kill_orphans(keep=set())
        self._children.clear()


def main(descriptor: int) -> None:
    """Run a zygote whose control socket is the given file descriptor."""
    for number in _NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    os.dup2(2, 1)  # What a library prints while it is imported is no result of the command.
    control = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    process_tree.adopt_orphans()
    zygote = Zygote(control)
    try:
        hello = _receive(control)
        failed = preload(hello["preload"])
        gc.collect()
        gc.freeze()
        control.sendall(pack({"failed": failed}))
        zygote.serve()
    except (EOFError, ConnectionError):
        return
    shutil.rmtree(hello["root"], ignore_errors=True)


def _exactly(sock: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = sock.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _receive(sock: socket.socket) -> Any:
    return unpack(_exactly(sock, body_size(_exactly(sock, HEADER_SIZE))))


def _receive_job(sock: socket.socket) -> tuple[Job, list[int]]:
    """Receive a task, the pipe for its answers and its control socket; neither of them for one to prepare others."""
    header, descriptors, _, _ = socket.recv_fds(sock, HEADER_SIZE, 2)
    if not header:
        raise EOFError
    header += _exactly(sock, HEADER_SIZE - len(header))
    job = unpack(_exactly(sock, body_size(header)))
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return job, descriptors


def _answer(control: socket.socket, status: int, reason: str = "") -> None:
    with contextlib.suppress(OSError), control:
        control.sendall(pack((status, reason)))
