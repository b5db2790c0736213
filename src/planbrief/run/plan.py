"""What is to be built of what the catalog lists, from which state of the data."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planbrief.catalog import FORMATS, Catalog, Report, read
from planbrief.errors import DataError, ParameterError, Problem, UnknownName
from planbrief.languages import OWN, tables
from planbrief.project import DRAFTS, Project
from planbrief.run.keys import Key, parts, reasons
from planbrief.run.produce import Request
from planbrief.targets.package import Package, left_out, usable_package
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


#: File of an edition that remembers what each report was built from.
BUILD_RECORD = "build.json"


#: Names, sizes and times of the files of the data and of the catalog.
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Job:
    """One report in one language, and why it must be built (no reason: it is up to date)."""

    report: Report
    lang: str
    formats: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    #: Page of the same report in the other language, relative to this one; empty if there is none.
    alternate: str = ""
    #: Notebook and id of other reports about the same place that lie beside it.
    related: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """``zh/profile-fuling``."""
        return f"{self.lang}/{self.report.id}"


@dataclass(frozen=True)
class Plan:
    """The jobs of a build, in the order of the catalog, and the data that they will see."""

    project: Project
    package: Package
    catalog: Catalog
    jobs: tuple[Job, ...]
    #: Of the data when they were read.
    stamp: Stamp = ()

    @property
    def notebooks(self) -> frozenset[str]:
        """Notebooks that the jobs are made of."""
        return frozenset(job.report.notebook for job in self.jobs)

    @property
    def due(self) -> tuple[Job, ...]:
        """Jobs that must be built."""
        return tuple(job for job in self.jobs if job.reasons)


def checked_package(project: Project) -> Package:
    """The project's data, refused as a whole (:class:`DataError`) if a row breaks shape, vocabulary or references."""
    from planbrief.targets.frames import cell_problems, unknown_references

    package = usable_package(project)
    problems: list[Problem] = unknown_references(package)
    for table in package.tables.values():
        problems.extend(cell_problems(table))
    if problems:
        raise DataError(sorted(problems))
    return package


@dataclass(frozen=True)
class Known:
    """What an earlier build found of data: that they are sound, their hash, what their documents are about, and the
    hashes of answers to reads.
    """

    #: SHA-256 of each file that was read.
    files: Mapping[str, str]
    sha256: str
    regions: tuple[str, ...]
    documents: tuple[str, ...]
    about: Mapping[str, str]
    answers: Mapping[str, str]

    @classmethod
    def of(cls, package: Package) -> Known:
        """What `package` tells."""
        return cls(
            dict(package.files),
            package.sha256,
            package.regions,
            package.documents,
            package.about,
            package.digests,
        )

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Known:
        """From what was kept of it; KeyError, TypeError or ValueError for anything else."""
        files, about, answers = (dict(said[name]) for name in ("files", "about", "answers"))
        return cls(files, str(said["sha256"]), tuple(said["regions"]), tuple(said["documents"]), about, answers)

    def package(self, project: Project) -> Package:
        """The project's data, checked again only where their files are no longer those that were found sound."""
        package = usable_package(project, self.files)
        if dict(package.files) != dict(self.files):
            return checked_package(project)
        package.digests.update(self.answers)
        for name in ("sha256", "regions", "documents", "about"):
            package.__dict__[name] = getattr(self, name)
        return package


def stamp(project: Project) -> Stamp:
    """What tells, without reading them, whether the data and the catalog have been changed since."""
    paths = [project.catalog, *(Path(folder, file) for folder, _, files in os.walk(project.data) for file in files)]
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            facts = path.stat()
            found.append((str(path), facts.st_size, facts.st_mtime_ns))
    return tuple(sorted(found))


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` words as a dictionary."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ParameterError("build", "-p", repr(text), "NAME=VALUE")
        found[name] = value
    return found


def subset(kind: str, wanted: Sequence[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The members of `known` that `wanted` names (all without it); :class:`UnknownName` for any other."""
    for name in wanted or ():
        if name not in known:
            raise UnknownName(kind, name, known)
    return tuple(name for name in known if not wanted or name in wanted)


def recorded(data: bytes | None) -> dict[str, dict[str, Any]]:
    """The build record of an edition by job name; empty where there is none or it is broken."""
    try:
        record = json.loads(data or b"{}")
        return record if isinstance(record, dict) else {}
    except ValueError:
        return {}


def old_key(record: Mapping[str, Any], name: str) -> Key | None:
    """The key under which a job was last built, None if that is not known."""
    try:
        return Key.from_json(record[name])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def plan(
    project: Project,
    request: Request,
    record: Mapping[str, Any] | None = None,
    intact: Mapping[str, frozenset[str]] | None = None,
    earlier: Plan | None = None,
    notices: Sequence[str] = (),
    known: Known | None = None,
) -> Plan:
    """Decide what to build.

    Parameters
    ----------
    request
        What was asked for; empty means everything.
    record
        The build record of the present edition.
    intact
        Formats of each job whose files stand undamaged in the present edition.
    earlier
        A plan of a moment ago; its data are not read again if their files are what they were.
    notices
        What every page warns of.
    known
        What an earlier build found of these data.
    """
    chosen_formats = subset("format", request.formats, FORMATS)
    now = stamp(project)
    if earlier and earlier.stamp == now:
        package = earlier.package
    else:
        package = known.package(project) if known else checked_package(project)
    catalog = read(project, package)
    chosen_languages = subset("language", request.languages, (*OWN, *tables()))
    jobs = []
    hashes: dict[str, tuple[str, str]] = {}
    chosen = catalog.choose(request.wanted, request.changes)
    listed, wanted = catalog.reports(), {report.id for report in chosen}
    for report in chosen:
        kept = tuple(fmt for fmt in report.formats if fmt in chosen_formats)
        for lang in report.languages:
            if lang not in chosen_languages or not kept:
                continue
            name = f"{lang}/{report.id}"
            others = [other for other in report.languages if other != lang and "html" in kept]
            there = [o for o in others if o in chosen_languages or "html" in (intact or {}).get(f"{o}/{report.id}", ())]
            alternate = f"../{there[0]}/{report.id}.html" if there else ""
            beside = [
                one
                for one in listed
                if (one.id in wanted and "html" in chosen_formats)
                or "html" in (intact or {}).get(f"{lang}/{one.id}", ())
            ]
            related = report.related(beside, lang)
            held = parts(catalog, report, lang, (alternate, *map(list, related)), notices, hashes)
            why = ["--force"] if request.force else reasons(old_key(record or {}, name), held, package)
            gone = [fmt for fmt in kept if fmt not in (intact or {}).get(name, frozenset())]
            if not why and gone:
                why = [f"its {' and '.join(gone)} is missing or damaged"]
            jobs.append(Job(report, lang, kept, held, tuple(why), alternate, related))
    if not jobs:
        raise ParameterError("build", "--lang, --to", "languages and formats that the reports do not have", "others")
    return Plan(project, package, catalog, tuple(jobs), now)
