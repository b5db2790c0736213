"""What happens on a worker of a Dask cluster: a project is laid out once for a build, tasks run in fresh processes.

A worker may have any number of threads; what they share is guarded here.
"""

from __future__ import annotations

import atexit
import platform
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from planbrief import __version__
from planbrief.errors import RunError
from planbrief.run.keys import code_hash, environment_hash
from planbrief.run.produce import Task

Facts = Mapping[str, str]


@dataclass(frozen=True)
class Parcel:
    """A project's snapshot as it travels: the build that sent it, and its files by relative path."""

    build: str
    files: tuple[tuple[str, bytes], ...]


class WorkerDiffers(RunError):
    """A worker is not like this machine, so its pages could differ."""

    def __init__(self, worker: str, differences: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__(worker, differences)
        self.worker, self.differences = worker, differences

    def __str__(self) -> str:
        listed = "; ".join(f"{what}: {theirs or 'none'} there, {ours} here" for what, theirs, ours in self.differences)
        return f"worker {self.worker} is not like this machine ({listed}); install the same planbrief and libraries"


def facts() -> dict[str, str]:
    """What must be the same here and on a worker for pages to be the same bytes."""
    return {
        "planbrief": __version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "planbrief's files": code_hash()[:12],
        "versions of libraries": environment_hash()[:12],
    }


def differences(theirs: Facts, ours: Facts) -> tuple[tuple[str, str, str], ...]:
    """What is not the same: (what, theirs, ours)."""
    return tuple((what, theirs.get(what, ""), value) for what, value in ours.items() if theirs.get(what) != value)


def parcel_of(root: Path, build: str) -> Parcel:
    """Every file of a project's snapshot, for one build."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return Parcel(build, tuple((path.relative_to(root).as_posix(), path.read_bytes()) for path in paths))


_lock = threading.Lock()
_folders: dict[str, Path] = {}


def laid_out(parcel: Parcel) -> Path:
    """The folder with a build's project on this worker, laid out by the first task that comes."""
    with _lock:
        if parcel.build not in _folders:
            folder = Path(tempfile.mkdtemp(prefix="planbrief-project-"))
            for relative, data in parcel.files:
                path = folder / relative
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            if not _folders:
                atexit.register(forget)
            _folders[parcel.build] = folder
        return _folders[parcel.build]


def forget(build: str | None = None) -> None:
    """Remove what was laid out for a build, or for all."""
    with _lock:
        for name in [build] if build else list(_folders):
            if folder := _folders.pop(name, None):
                shutil.rmtree(folder, ignore_errors=True)


def run_on_worker(
    function: Callable[[Any], Any],
    argument: Any,
    name: str,
    seconds: float | None,
    parcel: Parcel,
    preload: Sequence[str],
    expected: Facts,
) -> Any:
    """Do one task on this worker, in a fresh process, over its copy of the build's project.

    Raises
    ------
    WorkerDiffers
        If this worker joined late and is not like the machine that asks.
    """
    from planbrief.run.engine import shared_pool

    if unlike := differences(facts(), expected):
        raise WorkerDiffers(platform.node(), unlike)
    folder = str(laid_out(parcel))
    here = replace(argument, project=folder) if isinstance(argument, Task) else folder
    return shared_pool(preload).submit(function, here, name=name, timeout=seconds).result()
