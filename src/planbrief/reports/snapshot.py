"""A copy of a project, so that an edit during a run cannot mix two states of the data."""

from __future__ import annotations

import shutil
from pathlib import Path

from planbrief.project import Project


def snapshot(project: Project, root: Path) -> Path:
    """Copy data, notebooks and catalog into `root` and return it; hidden files are left out."""
    shutil.copytree(project.data, root / "data", dirs_exist_ok=True)
    hidden = shutil.ignore_patterns(".*")
    shutil.copytree(project.notebooks, root / "notebooks", dirs_exist_ok=True, ignore=hidden)
    (root / "reports").mkdir(exist_ok=True)
    shutil.copy(project.catalog, root / "reports" / "catalog.toml")
    return root
