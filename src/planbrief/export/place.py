"""Where an export goes: never over a stranger's file, and whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from planbrief.errors import PlanbriefError, RunError
from planbrief.files import path_problem, read_regular, sync, sync_tree, walk, write_new
from planbrief.log import visible

#: Files and bytes of an existing folder that are looked at to tell whether it is an export.
_MOST_FILES = 1_000
_LARGEST_FILE = 64 * 2**20


#: What a folder may hold already that a project is laid out in: a repository, an environment.
BESIDE = frozenset({".git", ".venv", "venv"})


class PathRefused(PlanbriefError):
    """The path of an export is none that planbrief may write."""

    def __init__(self, path: str, found: str, expected: str) -> None:
        super().__init__(path, found, expected)
        self.path, self.found, self.expected = path, found, expected

    def __str__(self) -> str:
        return f"{visible(self.path)}: {visible(self.found)}; expected {visible(self.expected)}"


class ExportFailed(RunError):
    """The export could not be written; what was there before still is."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{visible(self.path)} was not written: {visible(self.reason)}"


def destination(out: Path | str) -> Path:
    """The absolute path of `out`; :class:`PathRefused` for links, devices and text that is no path."""
    try:
        path = Path(os.path.abspath(out))
        path = path.parent.resolve() / path.name
        facts = os.lstat(path) if os.path.lexists(path) else None
        parent = path.parent
        while not os.path.lexists(parent):
            parent = parent.parent
        parent_is_folder = parent.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise PathRefused(str(out), f"no path ({error})", "the name of a file or folder") from error
    if not path.name:
        raise PathRefused(str(out), "the root of a file system", "the name of a file or folder")
    if not parent_is_folder:
        raise PathRefused(str(out), f"{parent} is not a folder", "a place in a folder")
    if facts is not None and not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
        raise PathRefused(str(out), "a symbolic link or device", "a new name, or an earlier export")
    return path


def read_folder(path: Path) -> dict[str, bytes] | None:
    """Files of a folder by relative path; None if there are links, too many files, or files too large."""
    files: dict[str, bytes] = {}
    try:
        for count, (name, facts) in enumerate(walk(path)):
            if count >= _MOST_FILES or facts.st_size > _LARGEST_FILE or not stat.S_ISREG(facts.st_mode):
                return None
            files[name] = read_regular(path, name, _LARGEST_FILE)
    except OSError:
        return None
    return files


@contextlib.contextmanager
def _fresh(path: Path) -> Iterator[Path]:
    """A name beside `path` for what is being written; gone when the block ends, however it ends."""
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        fresh = path.with_name(f".{path.name[:80]}.{os.getpid()}.planbrief-new")
        try:
            yield fresh
        finally:
            _remove(fresh)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """An error of the file system becomes an error that people read."""
    try:
        yield
    except OSError as error:
        raise ExportFailed(str(path), error.strerror or str(error)) from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _sweep(path: Path) -> None:
    """Remove what a killed export left beside `path`; those of running processes stay."""
    form = re.compile(rf"\.{re.escape(path.name[:80])}\.(\d+)\.planbrief-(?:new|old)")
    for entry in sorted(path.parent.iterdir()):
        if match := form.fullmatch(entry.name):
            import psutil

            if int(match[1]) == os.getpid() or not psutil.pid_exists(int(match[1])):
                _remove(entry)


def write_file(path: Path, data: bytes) -> None:
    """Write `data` to `path` in one step; :class:`ExportFailed` leaves what was there."""
    with _fresh(path) as fresh:
        write_new(fresh, data)
        sync(fresh)
        os.replace(fresh, path)


def _fill(path: Path, fresh: Path) -> None:
    """Move what is in `fresh` into an empty folder, which stays the folder it is: somebody may stand in it."""
    moved = []
    try:
        for child in sorted(fresh.iterdir()):
            child.rename(path / child.name)
            moved.append(path / child.name)
    except OSError:
        for child in moved:
            _remove(child)
        raise


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a whole folder, in place of an earlier one; :class:`ExportFailed` leaves what was there."""
    for name in files:
        if name not in (".gitignore", ".gitattributes") and (problem := path_problem(name)):
            raise PathRefused(name, problem, "a file name inside the folder")
    with _fresh(path) as fresh:
        fresh.mkdir()
        for name, data in files.items():
            write_new(fresh / name, data)
        sync_tree(fresh)
        if not path.exists():
            fresh.rename(path)
            return
        if all(entry.name in BESIDE for entry in path.iterdir()):
            _fill(path, fresh)
            return
        old = path.with_name(f".{path.name[:80]}.{os.getpid()}.planbrief-old")
        path.rename(old)
        try:
            fresh.rename(path)
        except OSError:
            old.rename(path)
            raise
        _remove(old)
