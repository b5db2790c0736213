"""Folders for the files of tasks, removed whatever happens to the processes that made them."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

#: What the folders of pools are called; nothing else is ever removed.
PREFIX = "planbrief-pool-"

#: What they are called before they are locked. One of an hour ago was never finished.
_NEW_PREFIX = ".planbrief-new-" if os.name == "posix" else PREFIX
_FORGOTTEN_SECONDS = 3600.0

_LOCK_NAME = ".lock"


class Scratch:
    """A folder of one pool, with a folder for each task in it.

    It is locked as long as its process lives; a folder that can be locked belongs to nobody and is removed by the
    next pool that works beside it.
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = Path(parent or tempfile.gettempdir())
        parent.mkdir(parents=True, exist_ok=True)
        remove_stale(parent)
        new = Path(tempfile.mkdtemp(prefix=_NEW_PREFIX, dir=parent))
        self._lock = FileLock(new / _LOCK_NAME, thread_local=False)
        self._lock.acquire(timeout=0)
        self.root = parent / new.name.replace(_NEW_PREFIX, PREFIX)
        if os.name == "posix":
            new.rename(self.root)  # Only now can others see it, and it is locked.
        else:
            self.root = new  # Windows does not rename a folder with an open file.
        self._tasks = 0

    def folder(self) -> Path:
        """Return the path of a new task's folder; the task makes it."""
        self._tasks += 1
        return self.root / f"task-{self._tasks}"

    def close(self) -> None:
        """Remove everything."""
        remove(self.root)
        self._lock.release()


def remove_stale(parent: Path) -> None:
    """Remove the folders of pools that no longer run."""
    for root in sorted(parent.glob(f"{PREFIX}*")):
        lock = FileLock(root / _LOCK_NAME, thread_local=False)
        with contextlib.suppress(Timeout, OSError), lock.acquire(timeout=0):
            remove(root)
    for root in parent.glob(f"{_NEW_PREFIX}*"):
        with contextlib.suppress(OSError):
            if root.name.startswith(".") and time.time() - root.stat().st_mtime > _FORGOTTEN_SECONDS:
                remove(root)


def remove(folder: Path) -> None:
    """Remove a folder with all its files, read-only ones included, and do not follow links out of it."""

    def writable_then_again(function: object, path: str, problem: object) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(0o700)
            if Path(path).is_dir() and not Path(path).is_symlink():
                Path(path).chmod(0o700)
                shutil.rmtree(path, ignore_errors=True)
            else:
                Path(path).unlink()

    shutil.rmtree(folder, onerror=writable_then_again)
