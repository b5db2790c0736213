"""Where a project's files lie: data package, notebooks, catalog.

A project is the nearest folder, going up from where one stands, that holds ``data/datapackage.json`` and
``reports/catalog.toml``; without one it is the copy that travels inside the package.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from planbrief.errors import PlanbriefError

#: Environment variable that names the project's folder and goes before the search.
PROJECT_VARIABLE = "PLANBRIEF_PROJECT"


class NotAProject(PlanbriefError):
    """A folder was named as a project and is none."""

    def __init__(self, folder: str, missing: str) -> None:
        super().__init__(folder, missing)
        self.folder, self.missing = folder, missing

    def __str__(self) -> str:
        return (
            f"{self.folder} is not a planbrief project: {self.missing} is missing "
            "(planbrief init DIR lays out a new project)"
        )


@dataclass(frozen=True)
class Project:
    """A folder with ``data/``, ``notebooks/`` and ``reports/catalog.toml``."""

    root: Path

    @property
    def data(self) -> Path:
        """Folder of the Frictionless Data Package."""
        return self.root / "data"

    @property
    def notebooks(self) -> Path:
        """Folder of the parameterized notebooks."""
        return self.root / "notebooks"

    @property
    def reports(self) -> Path:
        """Folder of the catalog and of the published editions."""
        return self.root / "reports"

    @property
    def catalog(self) -> Path:
        """The list of reports."""
        return self.reports / "catalog.toml"

    def missing(self) -> str:
        """The first of the two marking files that is not there, empty if both are."""
        for file in (self.data / "datapackage.json", self.catalog):
            if not file.is_file():
                return file.relative_to(self.root).as_posix()
        return ""


def packaged() -> Project:
    """The copy that travels with the package (in a source checkout, the checkout itself)."""
    inside = Path(__file__).resolve().parent / "packaged"
    return Project(inside if inside.is_dir() else Path(__file__).resolve().parents[2])


def at(folder: Path | str) -> Project:
    """The project in `folder`; :class:`NotAProject` if there is none."""
    project = Project(Path(folder).resolve())
    if missing := project.missing():
        raise NotAProject(str(folder), missing)
    return project


def find(start: Path | str | None = None) -> Project:
    """The project that `start` (default: the working directory) lies in, else the packaged copy.

    The environment variable ``PLANBRIEF_PROJECT`` goes before the search; with it a folder that is no
    project raises :class:`NotAProject`.
    """
    if start is None and (named := os.environ.get(PROJECT_VARIABLE)):
        return at(named)
    here = Path(start).resolve() if start is not None else Path.cwd().resolve()
    for folder in (here, *here.parents):
        project = Project(folder)
        if not project.missing():
            return project
    return packaged()
