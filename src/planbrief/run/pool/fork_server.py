"""The warm process: it has imported the heavy libraries once and forks a fresh process for every task.

It has one thread, its own session and no business of its own: it forks, buries, and kills. Every task has a pipe for
its answers, which only its process writes, and a control socket between zygote and pool: a byte or the end of that
socket means *kill*, and the zygote's one message on it is the exit status, sent when nothing of the task is left.

When the pool's process ends in any way, its sockets end too, and the zygote kills everything and removes the pool's
folder. When the zygote is killed, the kernel kills the workers.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import selectors
import shutil
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any

from planbrief.run.pool import process_tree, worker

#: Started by ``python -c``: nothing may be imported from the current folder before planbrief itself is found.
BOOT = (
    "import sys, json; sys.path[:] = [p for p in sys.path if p] + json.loads(sys.argv[2]); "
    "from planbrief.run.pool.fork_server import main; main(int(sys.argv[1]))"
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
        self._control = control
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
        job, answers, control = _receive_job(self._control)
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

    def _become_child(self, job: worker.Job, answers: int, control: socket.socket) -> None:
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
            worker.run_job(job, answers)
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

    @property
    def _pid(self) -> int:
        return _OWN_PID[0]


_OWN_PID = [0]


def main(descriptor: int) -> None:
    """Run a zygote whose control socket is the given file descriptor."""
    _OWN_PID[0] = os.getpid()
    for number in _NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    os.dup2(2, 1)  # What a library prints while it is imported is no result of the command.
    control = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    process_tree.adopt_orphans()
    zygote = Zygote(control)
    try:
        hello = _receive(control)
        failed = worker.preload(hello["preload"])
        gc.collect()
        gc.freeze()
        control.sendall(worker.pack({"failed": failed, "threads": process_tree.thread_count()}))
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
    return worker.unpack(_exactly(sock, worker.body_size(_exactly(sock, worker.HEADER_SIZE))))


def _receive_job(sock: socket.socket) -> tuple[worker.Job, int, socket.socket]:
    """Receive a task, the pipe for its answers and its control socket."""
    header, descriptors, _, _ = socket.recv_fds(sock, worker.HEADER_SIZE, 2)
    if not header:
        raise EOFError
    header += _exactly(sock, worker.HEADER_SIZE - len(header))
    job = worker.unpack(_exactly(sock, worker.body_size(header)))
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return job, descriptors[0], socket.socket(fileno=descriptors[1])


def _answer(control: socket.socket, status: int, reason: str = "") -> None:
    with contextlib.suppress(OSError), control:
        control.sendall(worker.pack((status, reason)))
