"""A copy of a project, so that an edit during a run cannot mix two states of the data."""

from __future__ import annotations

import shutil
from pathlib import Path

from planbrief.project import DRAFTS, Project
from planbrief.targets.package import Package
from planbrief.targets.publishable import left_out
from planbrief.targets.store import STORE, write_store


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
