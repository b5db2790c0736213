"""A copy of a project, so that an edit during a run cannot mix two states of the data."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from planbrief.errors import RunError
from planbrief.project import DRAFTS, Project
from planbrief.targets.package import Package
from planbrief.targets.publishable import left_out
from planbrief.targets.store import STORE, write_store


class DataTouched(RunError):
    """A report changed the copy of the data that all reports of a build share, by a way that was not stopped."""

    def __str__(self) -> str:
        return (
            "a notebook changed the data that this build reads (by a command of its own?), so no number is safe: "
            "nothing was published; notebooks write into their working directory"
        )


def snapshot(project: Project, root: Path, checked: Package | None = None) -> Path:
    """Copy data, notebooks and catalog into `root` and return it; hidden files and drafts are left out.

    The checked rows of the data, where they are at hand, are stored beside the copy: reports then read what they
    need of them and check nothing again.
    """
    shutil.copytree(project.data, root / "data", dirs_exist_ok=True, ignore=shutil.ignore_patterns(DRAFTS))
    hidden = shutil.ignore_patterns(".*")
    shutil.copytree(project.notebooks, root / "notebooks", dirs_exist_ok=True, ignore=hidden)
    (root / "reports").mkdir(exist_ok=True)
    shutil.copy(project.catalog, root / "reports" / "catalog.toml")
    if checked is not None:
        write_store(checked, root / STORE, left_out(Project(root)))
    return root


def snapshot_digest(root: Path) -> str:
    """SHA-256 over names and bytes of everything that reports read in a snapshot."""
    found = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        found.update(f"{path.relative_to(root).as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
