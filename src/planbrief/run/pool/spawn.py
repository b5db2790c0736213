"""Workers where a fork is not safe: spawned ahead of need, used once.

While one notebook runs, the next worker imports the heavy libraries. A worker's standard input carries its task and
then stays open: when it ends, the pool has gone, and the worker goes too.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from planbrief.run.engine.failures import EngineUnavailable
from planbrief.run.pool import messages as frames
from planbrief.run.pool import process_tree as processes
from planbrief.run.pool import worker
from planbrief.run.pool.fork_server import import_path
from planbrief.run.pool.launch import Handle, Launcher
from planbrief.run.pool.worker import Job

_BOOT = (
    "import sys, json; sys.path[:] = [p for p in sys.path if p] + json.loads(sys.argv[1]); "
    "from planbrief.run.pool.spawn import main; main()"
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
            processes.kill_tree(self._process.pid)

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
        process.stdin.write(frames.pack(self._preload))  # type: ignore[union-attr]
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
                    process.stdin.write(frames.pack(job))  # type: ignore[union-attr]
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
    processes.adopt_orphans()
    with contextlib.suppress(EOFError):
        worker.preload(frames.read(tasks))
        job = frames.read(tasks)
        threading.Thread(target=_end_with_parent, args=(tasks,), name="planbrief-parent", daemon=True).start()
        worker.run_job(job, answers)
    sys.stderr.flush()
    if os.name == "posix":
        processes.kill_orphans(keep=set())
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
