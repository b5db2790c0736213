"""Folders that planbrief publishes into: which it may replace, one builder at a time, and the editions kept beside.

The lock is a POSIX record lock, which forked workers do not inherit: when the builder is killed, the lock is free even
while a worker of it is still ending. Beside it lies ``holder.json``, which only tells who holds it; it is believed
while the lock is held and worth nothing otherwise.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import planbrief
from planbrief.errors import PlanbriefError, RunError, UnknownName
from planbrief.files import facts_of, read_regular, replace_file, sha256_of, write_new
from planbrief.log import EventLog, LibraryLog, visible
from planbrief.project import Project
from planbrief.publish.state import STATE_PREFIX, State, read_edition, state_folder
from planbrief.run.manifest import (
    LARGEST_MANIFEST_BYTES,
    MANIFEST,
    ManifestError,
    read_json,
    with_run,
    without_run,
)

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


def host() -> str:
    """Name of this machine; module platform, which is asked elsewhere, is slower to import than a lock to take."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    return os.environ.get("COMPUTERNAME", "")


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
            "host": host(),
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


#: Of the state folder: what the last build that found nothing to do had looked at, and what it said.
UNCHANGED = "unchanged.json"


def told_of_run(started: float, seconds: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The block ``run`` of a manifest: when, how long (seconds, also of each report), where."""
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": round(time.time() - started, 3),
        "reports": dict(sorted((seconds or {}).items())),
        "machine": host(),
        "python": ".".join(map(str, sys.version_info[:3])),
    }


class Unchanged:
    """Whether a build would find, file by file, what an earlier one found that had nothing to do.

    Such a build needs neither the catalog nor the data: it says again what was said then. Anything out of the ordinary
    (a file that was written a moment ago, what a killed run left, a damaged record) is left to a build that looks.

    Parameters
    ----------
    asked
        Everything of the command that decides what is built.
    """

    def __init__(self, project: Project, out: Path, asked: str) -> None:
        self.state = State(resolve_out(out))
        self.started = time.time()
        packages = [name for path in sys.path if path.endswith("-packages") for name in _listed(path)]
        versions = sorted(name for name in packages if name.endswith(".dist-info"))
        self._about = json.dumps([asked, planbrief.__version__, sys.version, sys.path, versions])
        self._roots = (Path(planbrief.__file__).parent, project.data, project.notebooks, self.state.out)
        self._catalog = project.catalog
        self._before = self._facts()

    def _facts(self) -> str:
        paths = [os.fspath(self._catalog)]
        for root in self._roots:
            paths.append(os.fspath(root))
            for folder, folders, files in os.walk(root):
                folders.sort()
                # Folders too: of one that is a link nothing is known.
                paths += [os.path.join(folder, name) for name in folders]
                paths += [os.path.join(folder, name) for name in sorted(files) if not name.endswith(".pyc")]
        # The manifest says of each run when it was; what else it says is looked at by its content.
        manifest = os.path.join(self.state.out, MANIFEST)
        return facts_of([path for path in paths if path != manifest], self._about)

    def confirm(self, wait: bool | float, log: EventLog) -> dict[str, Any] | None:
        """What was said then, once the manifest says that there was a run now; None where a build must look.

        :class:`LockHeld` as for a build.
        """
        try:
            told = json.loads(read_regular(self.state.folder, UNCHANGED, LARGEST_MANIFEST_BYTES))
            if not self._before or told["facts"] != self._before:
                return None
            lock = FolderLock(self.state.folder, self.state.out, log)
            lock.acquire(wait)
            try:
                manifest = read_regular(self.state.out, MANIFEST, LARGEST_MANIFEST_BYTES)
                same = self._facts() == self._before and sha256_of(without_run(manifest)) == told["manifest"]
                if not same or not self.state.at_rest():
                    return None
                fresh = self.state.folder / MANIFEST
                fresh.write_bytes(with_run(manifest, told_of_run(self.started)))
                os.replace(fresh, self.state.out / MANIFEST)
                return dict(told["said"])
            finally:
                lock.release()
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, said: Mapping[str, Any]) -> None:
        """Keep what a build said that found nothing to do, if nothing was touched while it ran."""
        with contextlib.suppress(OSError, ValueError):
            if self._before and self._facts() == self._before:
                manifest = without_run(read_regular(self.state.out, MANIFEST, LARGEST_MANIFEST_BYTES))
                record = {"facts": self._before, "manifest": sha256_of(manifest), "said": said}
                replace_file(self.state.folder / UNCHANGED, json.dumps(record).encode())


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


class OutRefused(PlanbriefError):
    """The output folder is none that planbrief may replace."""

    def __init__(self, out: str, reason: str) -> None:
        super().__init__(out, reason)
        self.out, self.reason = out, reason

    def __str__(self) -> str:
        return f"{visible(self.out)} cannot be the output folder: {visible(self.reason)}"


def resolve_out(out: Path | str) -> Path:
    """The absolute path of an output folder; links are followed in its parents, not in itself."""
    try:
        path = Path(os.path.abspath(os.fsencode(out).decode()))
        if "\0" in str(path):
            raise ValueError("a null character in it")
        return path.parent.resolve() / path.name
    except (OSError, ValueError, RuntimeError) as error:  # also a loop of links, or a name that is not UTF-8
        raise OutRefused(str(out), f"it is no path: {error}") from error


def check_out(out: Path | str) -> None:
    """Refuse (:class:`OutRefused`) a folder that is not planbrief's to replace; nothing is changed.

    Accepted are a missing or empty folder and an earlier edition: one with a ``manifest.json`` that names a
    planbrief_version, or the very folder that was published last, whatever became of its manifest.
    """
    path = resolve_out(out)
    try:
        if problem := _problem(path):
            raise OutRefused(str(path), problem)
    except OSError as error:
        raise OutRefused(str(path), error.strerror or str(error)) from error


def check_apart(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse (:class:`OutRefused`) an output folder inside a folder that the build reads, or around it."""
    path = resolve_out(out)
    for folder in (folder.resolve() for folder in inputs):
        if path == folder or path.is_relative_to(folder):
            raise OutRefused(str(path), f"{folder} holds what the reports are made from")
        if folder.is_relative_to(path):
            raise OutRefused(str(path), f"it holds {folder}, from which the reports are made")


def _problem(path: Path) -> str:
    if not path.name or path.name.startswith(STATE_PREFIX):
        return "it is the root of a file system" if not path.name else "planbrief keeps its own state there"
    parent = path.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        return f"{parent} is not a folder"
    if not os.access(parent, os.W_OK | os.X_OK):
        return f"{parent} cannot be written; the edition is put together beside the output folder"
    state = state_folder(path)
    if os.path.lexists(state) and not stat.S_ISDIR(os.lstat(state).st_mode):
        return f"{state} is in the way; planbrief keeps its state in a folder of that name"
    if not os.path.lexists(path):
        return ""
    facts = os.lstat(path)
    if stat.S_ISLNK(facts.st_mode):
        return "it is a symbolic link; name the folder that it leads to"
    if not stat.S_ISDIR(facts.st_mode):
        return "it is not a folder"
    if os.path.ismount(path) or facts.st_dev != os.stat(path.parent).st_dev:
        return "it is a file system of its own and cannot be replaced as a whole; name a folder inside it"
    return "" if not os.listdir(path) or _ours(path) else _STRANGE


_STRANGE = "it holds files that are not an edition of planbrief; name an empty folder or an earlier edition"


def _ours(path: Path) -> bool:
    if State(path).published_by_us():
        return True
    try:
        said = read_json(read_regular(path, MANIFEST, LARGEST_MANIFEST_BYTES))
    except (OSError, ManifestError):
        return False
    return isinstance(said, dict) and isinstance(said.get("planbrief_version"), str)


class DamagedEdition(RunError):
    """A kept edition is not what its manifest says and is not published again."""

    def __init__(self, edition: str, problems: tuple[str, ...]) -> None:
        super().__init__(edition, problems)
        self.edition, self.problems = edition, problems

    def __str__(self) -> str:
        more = f" and {len(self.problems) - 1} more" if len(self.problems) > 1 else ""
        return f"edition {self.edition} is damaged: {self.problems[0]}{more}"


@dataclass(frozen=True)
class EditionInfo:
    """One edition of an output folder, the present one or an earlier one."""

    edition: str
    path: Path
    present: bool
    data_as_of: str = ""
    reports: int = 0
    failed: int = 0
    #: Why its manifest cannot be read, empty if it can.
    problem: str = ""


def _info(path: Path, edition: str, present: bool) -> EditionInfo:
    try:
        manifest = read_edition(path)
    except (OSError, ManifestError) as error:
        return EditionInfo(edition, path, present, problem=str(error))
    failed = sum(entry.status == "failed" for entry in manifest.reports)
    return EditionInfo(manifest.edition, path, present, manifest.data_as_of, len(manifest.reports), failed)


def editions(out: Path | str) -> list[EditionInfo]:
    """The editions of an output folder, newest publication first, the present one at the head."""
    state = State(resolve_out(out))
    found = [_info(state.kept / edition, edition, False) for edition in reversed(state.kept_ids())]
    if present := state.present_edition():
        found.insert(0, _info(state.out, present, True))
    return found


def restore(
    out: Path | str, edition: str, *, keep: int = 10, wait: bool | float = False, log: EventLog | None = None
) -> str:
    """Publish an earlier edition again, byte for byte, in one step; the present one is kept.

    Raises
    ------
    UnknownName
        No such edition is kept.
    DamagedEdition
        It does not verify.
    OutRefused, LockHeld
        As for a build.
    """
    with _locked(out, wait, log) as state:
        if edition == state.present_edition():
            return edition
        if edition not in state.kept_ids():
            raise UnknownName("edition", edition, state.kept_ids())
        folder = state.kept / edition
        from planbrief.publish.gate import verify_edition

        problems = verify_edition(folder)
        if problems:
            raise DamagedEdition(edition, tuple(str(problem) for problem in problems))
        state.switch(folder, edition)
        state.prune(keep)
        state.log.event("publish.restored", f"restored edition {edition} in {state.out}", edition=edition)
    return edition


def prune(out: Path | str, keep: int, *, wait: bool | float = False, log: EventLog | None = None) -> list[str]:
    """Remove the oldest earlier editions but `keep`; returns the ids of those that went."""
    with _locked(out, wait, log) as state:
        return state.prune(keep)


class _locked:
    """The state of an output folder under its lock, settled before and after."""

    def __init__(self, out: Path | str, wait: bool | float, log: EventLog | None) -> None:
        self.state = State(resolve_out(out), log or LibraryLog())
        self.lock = FolderLock(self.state.folder, self.state.out, self.state.log)
        self.wait = wait

    def __enter__(self) -> State:
        check_out(self.state.out)
        try:
            self.lock.acquire(self.wait)
        except OSError as error:
            raise OutRefused(str(self.state.out), str(error)) from error
        try:
            self.state.settle()
        except BaseException:
            self.lock.release()
            raise
        return self.state

    def __exit__(self, *_error: object) -> None:
        try:
            self.state.settle()
        finally:
            self.lock.release()
