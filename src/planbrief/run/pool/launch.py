"""Ways to get a process for a task: fork a warm one where that is safe, else take a spare one spawned ahead."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from planbrief.run.engine.events import EngineUnavailable
from planbrief.run.pool import process_tree, worker
from planbrief.run.pool.worker import Job, import_path

#: Seconds in which a process that has been killed, or has answered, must be gone.
PATIENCE = 10.0

LOST = "was lost with the process that had started it"

#: What ``Handle.next`` returns when nothing more will come.
END = ("end", None)


class Handle(ABC):
    """A running task as the pool sees it."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._received: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._unpacking = False
        threading.Thread(target=self._listen, name="planbrief-answers", daemon=True).start()

    def _listen(self) -> None:
        with self._answers:
            while True:
                try:
                    body = worker.read_body(self._answers)
                except (EOFError, OSError, ValueError):  # the end, a torn message, or the pool has closed the pipe
                    self._received.put(END)
                    return
                self._unpacking = True
                try:
                    self._received.put(worker.unpack(body))
                except Exception as problem:  # an object that cannot be unpickled
                    self._received.put(("unreadable", f"{type(problem).__name__}: {problem}"))
                    self._received.put(END)
                    return
                finally:
                    self._unpacking = False

    def next(self, timeout: float) -> tuple[str, Any] | None:
        """Return the next message, END, or None when none came in ``timeout`` seconds."""
        try:
            return self._received.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            if not self.ended():
                return None
        # Its last message may still be in the pipe or on its way through the listener: the pipe's end decides. What a
        # cell left running may hold the pipe open for ever, so that wait has a limit; unpacking an answer that is here
        # imports modules, which takes its time on a busy machine, and is waited for.
        while True:
            try:
                return self._received.get(timeout=PATIENCE)
            except queue.Empty:
                if not self._unpacking:
                    return END

    @abstractmethod
    def ended(self) -> bool:
        """Tell whether the process is gone."""

    @abstractmethod
    def kill(self) -> None:
        """Begin to kill the process and everything it has started."""

    @abstractmethod
    def wait(self, timeout: float) -> tuple[int | None, str]:
        """Return exit status and reason, once nothing of the task is left; status None if it is unknown."""

    def kill_now(self) -> None:
        """See to it that nothing of the task is left."""
        if not self.ended():
            self.kill()
            self.wait(PATIENCE)

    def finish(self, patience: float = PATIENCE) -> tuple[int | None, str]:
        """Let the process end by itself, kill it if it does not, and return its status and reason."""
        status, reason = self.wait(patience)
        if status is None:
            self.kill()
            status, reason = self.wait(PATIENCE)
        return status, reason


class Launcher(ABC):
    """Provides processes for tasks."""

    #: Modules that could not be preloaded, each with its reason; known once a process has started.
    failed_preloads: tuple[str, ...] = ()

    @abstractmethod
    def launch(self, job: Job) -> Handle:
        """Start a task."""

    def prepare(self, job: Job) -> None:
        """Do something once, behind the start of the next task, for all later ones; where that is in vain, nothing."""
        return

    @abstractmethod
    def close(self) -> None:
        """End all processes."""


class _ForkedHandle(Handle):
    def __init__(self, answers: BinaryIO, control: socket.socket) -> None:
        self._control = control
        self._status: tuple[int | None, str] | None = None
        super().__init__(answers)

    def ended(self) -> bool:
        return self.wait(0.0)[0] is not None or self._status is not None

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._control.send(b"k")

    def wait(self, timeout: float) -> tuple[int | None, str]:
        if self._status is None:
            poll = select.poll()
            poll.register(self._control, select.POLLIN)
            if not poll.poll(timeout * 1000):
                return None, ""
            try:
                with self._control, self._control.makefile("rb") as stream:
                    self._status = worker.read(stream)
            except (EOFError, OSError):
                self._status = None, LOST
        return self._status


def _socket_pair() -> tuple[socket.socket, socket.socket]:
    """Connected sockets that wait as long as it takes, whatever this process has set as its default timeout."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(None)
    return ours, theirs


class ForkLauncher(Launcher):
    """Starts a zygote, and another one if that dies."""

    #: A zygote that dies this often is not started again.
    MOST_STARTS = 5

    def __init__(self, preload: Sequence[str], env: Mapping[str, str], root: str) -> None:
        self._preload, self._env, self._root = tuple(preload), dict(env), root
        self._lock = threading.Lock()
        self._starts = 0
        self._closed = False
        self._ahead = b""
        self._start()

    def _start(self) -> None:
        """Start a zygote; it preloads while this process goes on."""
        if self._starts >= self.MOST_STARTS:
            raise EngineUnavailable(f"the process that forks workers has died {self._starts} times")
        self._starts += 1
        self._ready = False
        self._control, theirs = _socket_pair()
        with theirs:
            self._process = subprocess.Popen(
                worker.boot_command(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                env=self._env,
                stdin=subprocess.DEVNULL,
                # A session of its own: Ctrl-C reaches the pool, which decides.
                start_new_session=True,
            )
        self._control.sendall(worker.pack({"preload": self._preload, "root": self._root}))

    def prepare(self, job: Job) -> None:
        """Have the zygote do it while the next task, which is not made to wait, is busy; a new zygote does without."""
        self._ahead = worker.pack(job)

    def launch(self, job: Job) -> Handle:
        """Fork a process for a task."""
        with self._lock:
            for _ in range(self.MOST_STARTS):
                if self._closed:
                    raise EngineUnavailable("the pool is closed")
                try:
                    return self._launch(job)
                except (OSError, EOFError):
                    self._control.close()
                    self._process.kill()
                    self._process.wait()
                    self._start()
            raise EngineUnavailable("the process that forks workers does not start")

    def _launch(self, job: Job) -> Handle:
        if not self._ready:
            with self._control.makefile("rb") as stream:
                self.failed_preloads = tuple(worker.read(stream)["failed"])
            self._ready = True
        reading, writing = os.pipe()
        ours, theirs = _socket_pair()
        answers = os.fdopen(reading, "rb")
        try:
            message = worker.pack(job)
            header, body = message[: worker.HEADER_SIZE], message[worker.HEADER_SIZE :]
            socket.send_fds(self._control, [header], [writing, theirs.fileno()])
            self._control.sendall(body + self._ahead)
            self._ahead = b""
        except BaseException:
            answers.close()
            ours.close()
            raise
        finally:
            os.close(writing)
            theirs.close()
        return _ForkedHandle(answers, ours)

    def close(self) -> None:
        """Have the zygote kill everything, and wait until it has."""
        self._closed = True
        if not self._ready:
            self._process.kill()  # It is still importing and has no children.
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._control.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process_tree.kill_tree(self._process.pid)
            self._process.wait()


_BOOT = (
    "import sys, json; sys.path[:] = [p for p in sys.path if p] + json.loads(sys.argv[1]); "
    "from planbrief.run.pool.launch import main; main()"
)


class SpawnedHandle(Handle):
    """A task in a spawned worker."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        super().__init__(process.stdout)  # type: ignore[arg-type]  # opened as a pipe

    def ended(self) -> bool:
        """Tell whether the process is gone."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill the process and all its descendants that can be found."""
        if self._process.poll() is None:
            process_tree.kill_tree(self._process.pid)

    def wait(self, timeout: float) -> tuple[int | None, str]:
        """Wait for the end; what the task left running in its group is killed."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None, ""
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        return status, ""


class SpawnLauncher(Launcher):
    """Keeps some workers ready."""

    def __init__(self, preload: Sequence[str], env: Mapping[str, str], spares: int) -> None:
        self._preload, self._env, self._spares = tuple(preload), dict(env), max(spares, 1)
        self._ready: deque[subprocess.Popen[bytes]] = deque()
        self._lock = threading.Lock()
        self._closed = False
        self._refill()

    def _spawn(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, json.dumps(import_path())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._env,
            start_new_session=os.name == "posix",
        )
        process.stdin.write(worker.pack(self._preload))  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        return process

    def _refill(self) -> None:
        while len(self._ready) < self._spares:
            self._ready.append(self._spawn())

    def launch(self, job: Job) -> Handle:
        """Give a task to a spare worker and start the next one."""
        with self._lock:
            if self._closed:
                raise EngineUnavailable("the pool is closed")
            for _ in range(5):
                process = self._ready.popleft()
                self._refill()
                with contextlib.suppress(OSError):
                    process.stdin.write(worker.pack(job))  # type: ignore[union-attr]
                    process.stdin.flush()  # type: ignore[union-attr]
                    return SpawnedHandle(process)
                process.kill()
                process.wait()
            raise EngineUnavailable("workers die before they get a task")

    def close(self) -> None:
        """End the spare workers; the others belong to their handles."""
        with self._lock:
            self._closed = True
            while self._ready:
                process = self._ready.popleft()
                process.kill()
                process.wait()
                for stream in (process.stdin, process.stdout):
                    with contextlib.suppress(OSError):
                        stream.close()  # type: ignore[union-attr]


def main() -> None:
    """Be a worker: import, wait for a task, do it, end."""
    tasks, answers = _private_streams()
    process_tree.adopt_orphans()
    with contextlib.suppress(EOFError):
        worker.preload(worker.read(tasks))
        job = worker.read(tasks)
        threading.Thread(target=_end_with_parent, args=(tasks,), name="planbrief-parent", daemon=True).start()
        worker.run_job(job, answers)
    sys.stderr.flush()
    if os.name == "posix":
        process_tree.kill_orphans(keep=set())
    os._exit(0)


def _private_streams() -> tuple[BinaryIO, int]:
    """Take the pipes to the pool away from standard input and output, which belong to the task."""
    tasks, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(tasks, "rb"), answers


def _end_with_parent(tasks: Any) -> None:
    with contextlib.suppress(Exception):
        tasks.read(1)
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(0, signal.SIGKILL)
    os._exit(1)
