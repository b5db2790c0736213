"""Where a project's files lie: data package, notebooks, catalog.

A project is the nearest folder, going up from where one stands, that holds ``data/datapackage.json`` and
``reports/catalog.toml``, or the one that is named. Outside one there is none: the sample that travels inside the
package is used only where it is asked for, so that no page ever shows another project's data.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planbrief.errors import PlanbriefError

if TYPE_CHECKING:
    import argparse

#: Environment variable that names the project's folder and goes before the search.
PROJECT_VARIABLE = "PLANBRIEF_PROJECT"

#: Folder inside the data folder of documents that are being read and reviewed; no part of the data.
DRAFTS = "drafts"


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


class NoProject(NotAProject):
    """Neither the folder one stands in nor any above it is a project, and none was named."""

    def __init__(self, folder: str, missing: str = "data/datapackage.json and reports/catalog.toml") -> None:
        super().__init__(folder, missing)

    def __str__(self) -> str:
        return (
            f"{self.folder} lies in no planbrief project. planbrief init DIR lays one out; --project DIR or the "
            f"environment variable {PROJECT_VARIABLE} names one (planbrief build --sample shows the packaged example)"
        )


class NoFile(PlanbriefError):
    """Where a file of the project should lie there is something that a read would wait for without end."""

    text = "{} is a pipe, a socket or a device; expected a file"


class SampleOnly(PlanbriefError):
    """The packaged sample was to be changed, or a page of it to be published inside the package."""

    text = "the packaged sample is for reading: {}"


@dataclass(frozen=True)
class Project:
    """A folder with ``data/``, ``notebooks/`` and ``reports/catalog.toml``."""

    root: Path
    #: Whether it is the packaged sample, asked for as such: its pages say so, and nothing is written into it.
    sample: bool = False

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

    def special_file(self) -> Path | None:
        """A pipe, socket or device among the files of the project, on which whatever reads it would hang."""
        folders = [*os.walk(self.data), *os.walk(self.notebooks), *itertools.islice(os.walk(self.reports), 1)]
        paths = (Path(folder, name) for folder, _, names in folders for name in names)
        return next((path for path in paths if path.exists() and not path.is_file()), None)

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
    """The project that `start` (default: the working directory) lies in.

    The environment variable ``PLANBRIEF_PROJECT`` goes before the search of the default.

    Raises
    ------
    NoProject
        There is none.
    NotAProject
        The variable names a folder that is none.
    """
    if start is None and (named := os.environ.get(PROJECT_VARIABLE)):
        return at(named)
    here = Path(start).resolve() if start is not None else Path.cwd().resolve()
    for folder in (here, *here.parents):
        project = Project(folder)
        if not project.missing():
            return project
    raise NoProject(str(here))


def chosen(arguments: argparse.Namespace) -> Project:
    """The project that a command was given (``--project``, ``--sample``), else :func:`find`."""
    if getattr(arguments, "sample", False):
        return Project(packaged().root, sample=True)
    folder = getattr(arguments, "project", None)
    project = at(folder) if folder else find()
    if special := project.special_file():
        raise NoFile(str(special))
    return project


def writable(project: Project, what: str) -> Project:
    """`project`, unless it is the sample; :class:`SampleOnly` says `what` would be right."""
    if project.sample:
        raise SampleOnly(what)
    return project
