"""What processes leave behind: all of a tree ended, its memory limited, its folders removed whatever happens to it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

LINUX = sys.platform == "linux"

#: Open files with which a build begins to work, and as many as one with many jobs could need.
FEWEST_DESCRIPTORS, MOST_DESCRIPTORS = 64, 4096

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; end now if the parent is gone already."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if LINUX and os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none can slip away from its tree."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def offer_to_oom_killer() -> None:
    """Let the kernel, short of memory, kill this process before its parents."""
    if LINUX:
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")


def raise_descriptor_limit() -> int:
    """Let this process and its children open as many files as they may; how many that is, at least as far as asked."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= MOST_DESCRIPTORS:
        return MOST_DESCRIPTORS
    reached = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (reached, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def limit_memory(limit: int) -> None:
    """Let further allocations of this process fail beyond ``limit`` bytes of address space on top of the present."""
    if not LINUX:
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    bound = pages * resource.getpagesize() + limit
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard != resource.RLIM_INFINITY:
        bound = min(bound, hard)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))


def memory_share(tasks: int) -> int:
    """Bytes that each of so many tasks may hold: four fifths of what the machine, or its container, has."""
    import psutil

    total = psutil.virtual_memory().total
    with contextlib.suppress(OSError, ValueError):  # "max" where a container has no limit of its own
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return max(1 << 30, total * 4 // 5 // max(1, tasks))


def children_of_this() -> list[int]:
    """Return the process ids of this process's direct children, dead ones not yet waited for included."""
    try:
        found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        return [int(pid) for pid in found]
    except OSError:
        import psutil

        return [child.pid for child in psutil.Process().children()]


def kill_group(pid: int) -> None:
    """Kill a process and everything in its process group, if they still exist."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_tree(pid: int) -> None:
    """Kill a process, its group and all its descendants, by any means that this system offers."""
    import psutil

    descendants: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        descendants = psutil.Process(pid).children(recursive=True)
    if hasattr(os, "killpg"):
        kill_group(pid)
    else:
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()
    for process in descendants:
        with contextlib.suppress(psutil.Error):
            process.kill()


def kill_orphans(keep: set[int], patience: float = 5.0) -> None:
    """Kill and bury every child of this process that is not in ``keep``, and what becomes its child thereby.

    A process that does not die in ``patience`` seconds, because the kernel holds it, is left to be buried later.
    """
    deadline = time.monotonic() + patience
    while orphans := [pid for pid in children_of_this() if pid not in keep]:
        for pid in orphans:
            kill_group(pid)
        for pid in orphans:
            with contextlib.suppress(ChildProcessError):
                while not os.waitpid(pid, os.WNOHANG)[0]:
                    if time.monotonic() > deadline:
                        return
                    time.sleep(0.002)


def tree_memory(pid: int) -> int:
    """Return the resident bytes of a process and all its descendants; 0 when it is gone.

    Pages that a forked process shares with its parent count, as they do for the kernel.
    """
    import psutil

    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += member.memory_info().rss
    return total


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
