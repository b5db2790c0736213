"""One builder at a time per output folder: a lock that the kernel drops when its holder dies.

The lock is a POSIX record lock, which forked workers do not inherit: when the builder is killed, the lock is free even
while a worker of it is still ending. Beside it lies ``holder.json``, which only tells who holds it; it is believed
while the lock is held and worth nothing otherwise.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from planbrief.errors import RunError
from planbrief.files import read_regular, write_new
from planbrief.log import EventLog, LibraryLog, visible

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK = "lock"
HOLDER = "holder.json"
#: Locks that this process holds: a record lock does not keep out a second attempt of its own process.
_HELD: set[tuple[int, str]] = set()
_GUARD = threading.Lock()


class LockHeld(RunError):
    """Another process is building into the same output folder."""

    def __init__(self, out: str, pid: int, host: str, since: str) -> None:
        super().__init__(out, pid, host, since)
        self.out, self.pid, self.host, self.since = out, pid, host, since

    def __str__(self) -> str:
        who = f"process {self.pid} on {self.host} since {self.since}" if self.pid else "another process"
        return f"{self.out} is being built by {who}; wait for it (--wait) or choose another folder (--out)"


class FolderLock:
    """The lock file in a state folder; use :meth:`acquire` and :meth:`release`."""

    def __init__(self, state: Path, out: Path, log: EventLog | None = None) -> None:
        self.state, self.out, self.log = state, out, log or LibraryLog()
        self._handle: int | None = None
        self._windows: Any = None

    @property
    def _key(self) -> tuple[int, str]:
        return os.getpid(), str(self.state)

    def acquire(self, wait: bool | float = False) -> None:
        """Take the lock, making the state folder if need be.

        `wait` is True to wait as long as it takes, a number for at most so many seconds. :class:`LockHeld` says who
        holds it.
        """
        patience = float("inf") if wait is True else float(wait)
        began = time.monotonic()
        told = False
        pause = 0.02
        while not self._try():
            if time.monotonic() - began >= patience:
                raise self._held()
            if not told:
                self.log.event("lock.wait", f"waiting: {self._held()}", holder=self.holder())
                told = True
            time.sleep(pause)
            pause = min(0.5, pause * 1.5)
        holder = {
            "pid": os.getpid(),
            "host": platform.node(),
            "since": datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        }
        # The line is for people: a disk too full for it does not stop the build, and a half-written one reads as empty.
        with contextlib.suppress(OSError):
            (self.state / HOLDER).unlink(missing_ok=True)
            write_new(self.state / HOLDER, json.dumps(holder).encode())

    def release(self) -> None:
        """Give the lock back; a state folder that holds nothing else disappears with it."""
        if self._handle is None and self._windows is None:
            return
        with contextlib.suppress(OSError):
            (self.state / HOLDER).unlink()
        with contextlib.suppress(OSError):
            if fcntl is not None and os.listdir(self.state) == [LOCK]:
                # Others may wait on this very file: they find that it is no longer at its path and begin anew.
                (self.state / LOCK).unlink()
                self.state.rmdir()
        self._drop()

    def holder(self) -> dict[str, Any]:
        """Who says to hold the lock: pid, host, since; empty if nobody said."""
        try:
            said = json.loads(read_regular(self.state, HOLDER, 4096))
            return {
                "pid": int(said["pid"]),
                "host": visible(said["host"], 100),
                "since": visible(said["since"], 40),
            }
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return {}

    def _held(self) -> LockHeld:
        holder = self.holder()
        return LockHeld(str(self.out), holder.get("pid", 0), holder.get("host", ""), holder.get("since", ""))

    def _try(self) -> bool:
        with _GUARD:
            if self._key in _HELD:
                return False
            if fcntl is None:
                taken: bool | None = self._take_on_windows()
            else:
                # None: the last holder took the empty folder away in between, so there is nobody to wait for
                taken = next((found for _ in range(100) if (found := self._take()) is not None), False)
            if taken:
                _HELD.add(self._key)
            return bool(taken)

    def _take(self) -> bool | None:
        self.state.mkdir(exist_ok=True)
        try:
            handle = os.open(self.state / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except FileNotFoundError:
            return None
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours, named = os.fstat(handle), os.stat(self.state / LOCK)
            if (ours.st_ino, ours.st_dev) == (named.st_ino, named.st_dev):
                self._handle = handle
                return True
        except (BlockingIOError, PermissionError):
            os.close(handle)
            return False
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        return None

    def _take_on_windows(self) -> bool:
        import filelock

        self.state.mkdir(exist_ok=True)
        lock = filelock.FileLock(self.state / LOCK)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            return False
        self._windows = lock
        return True

    def _drop(self) -> None:
        with _GUARD:
            _HELD.discard(self._key)
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None
            if self._windows is not None:
                self._windows.release()
                self._windows = None
