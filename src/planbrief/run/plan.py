"""What is to be built of what the catalog lists, and why: what a report depends on, as named hashes.

A key has parts (notebook, parameters, code, environment, catalog) and reads (questions to the data with the hash of
their answers, see :mod:`planbrief.targets.frames`). Nothing here imports pandas, nbformat or typst.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from planbrief import __version__
from planbrief.catalog import FORMATS, Catalog, Report, read
from planbrief.errors import CatalogError, DataError, ParameterError, Problem, UnknownName
from planbrief.files import unless_touched
from planbrief.languages import OWN, tables
from planbrief.project import DRAFTS, Project
from planbrief.run.produce import Request
from planbrief.targets.frames import STORE, Read, digest, write_store
from planbrief.targets.package import Package, left_out, usable_package

#: Packages whose versions the published bytes depend on; their .dist-info folders are looked at, not imported.
DEPENDENCIES = (
    "ipykernel ipython latex2mathml lxml markdown_it_py matplotlib matplotlib_inline mdit_py_cjk_friendly "
    "mdit_py_plugins nbclient nbconvert nbformat nh3 numpy pandas papermill pylopdf_fonts_zh_cn typst "
    "manimgx_fonts manimgx_fonts_cjk"
).split()


def sha256(*parts: bytes | str) -> str:
    """Hash of the parts, each preceded by its length."""
    result = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        result.update(len(data).to_bytes(8, "big"))
        result.update(data)
    return result.hexdigest()


def plain_json(value: Any) -> str:
    """`value` as JSON with sorted keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=list)


@dataclass(frozen=True)
class Key:
    """Everything that decides a report's bytes."""

    parts: tuple[tuple[str, str], ...]
    reads: tuple[tuple[str, str], ...] = ()

    @property
    def sha256(self) -> str:
        """One hash over parts and reads."""
        return sha256(plain_json(self.parts), plain_json(self.reads))

    def to_json(self) -> dict[str, Any]:
        """As data for ``build.json``."""
        return {"parts": dict(self.parts), "reads": [list(read) for read in self.reads]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Key:
        """From ``build.json``; ValueError, KeyError or TypeError for anything else."""
        parts = tuple(sorted((str(k), str(v)) for k, v in data["parts"].items()))
        reads = [(read if isinstance(read, str) else plain_json(read), str(value)) for read, value in data["reads"]]
        return cls(parts, tuple(reads))


#: By folder of the package: a process has one code.
_code: dict[str, str] = {}


def code_hash(folder: str = "", memory: Path | None = None) -> str:
    """Hash of every file of the installed planbrief package (modules, templates, messages, styles) or of a folder.

    `memory` is a folder that may know it from files that nobody has touched since.
    """
    if folder not in _code:
        root = os.path.join(Path(__file__).resolve().parents[1], folder)
        files = []
        for below, names, found in os.walk(root):
            names[:] = sorted(name for name in names if name not in ("__pycache__", "packaged"))
            files += [os.path.join(below, file) for file in sorted(found) if not file.endswith(".pyc")]

        def read() -> str:
            named = ((Path(os.path.relpath(file, root)).as_posix(), Path(file).read_bytes()) for file in files)
            return sha256(*(part for pair in named for part in pair))

        _code[folder] = unless_touched(memory, f"code {folder}", files, read)
    return _code[folder]


@lru_cache(maxsize=1)
def environment_hash() -> str:
    """Hash of Python's version and of the versions of :data:`DEPENDENCIES`."""
    found = []
    for entry in sys.path:
        if not entry.endswith("-packages"):
            continue
        for name in os.listdir(entry) if os.path.isdir(entry) else ():
            if name.endswith(".dist-info") and name.split("-")[0].lower().replace(".", "_") in DEPENDENCIES:
                found.append(name.lower())
    return sha256(__version__, f"{sys.version_info.major}.{sys.version_info.minor}", *sorted(set(found)))


def notebook_hash(path: Path) -> str:
    """Hash of a notebook's cells and metadata, outputs aside.

    Raises
    ------
    CatalogError
        If the file is missing, is no notebook, or has not exactly one cell tagged ``parameters``.
    """
    name = f"notebooks/{path.name}"
    try:
        return _cells_hash(name, path.read_bytes())
    except FileNotFoundError:
        raise CatalogError(name, "no such file", "the notebook that the catalog names") from None
    except OSError as error:
        raise CatalogError(name, f"unreadable ({type(error).__name__})", "a notebook that can be read") from None


def words_hash(folder: Path, notebook: str) -> str:
    """Hash of the sentences that a notebook may say: its own file of wordings and the shared one."""
    files = [folder / f"{notebook}.toml", folder / "shared.toml"]
    return sha256(*(path.read_bytes() if path.is_file() else b"" for path in files))


@lru_cache(maxsize=64)
def _cells_hash(name: str, data: bytes) -> str:
    try:
        notebook = json.loads(data.decode("utf-8"))
        cells = [
            {k: v for k, v in cell.items() if k not in ("outputs", "execution_count", "id")}
            for cell in notebook["cells"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found = f"no notebook ({type(error).__name__})"
        raise CatalogError(name, found, "a Jupyter notebook, format 4, saved as UTF-8") from None
    tagged = sum("parameters" in cell.get("metadata", {}).get("tags", ()) for cell in cells)
    if tagged != 1:
        raise CatalogError(name, f"{tagged} cells tagged 'parameters'", "exactly one, holding the defaults")
    return sha256(plain_json(cells), plain_json(notebook.get("metadata", {}).get("planbrief", {})))


def parts(
    catalog: Catalog,
    report: Report,
    lang: str,
    links: Sequence[object],
    notices: Sequence[str],
    notebooks: dict[str, tuple[str, str]],
) -> tuple[tuple[str, str], ...]:
    """The named hashes of a report in one language that do not depend on the data.

    `links` are the pages that it links to, `notices` what its page warns of; `notebooks` keeps the hashes of notebooks
    and of their words between the reports of one plan.
    """
    folder, name = catalog.project.notebooks, report.notebook
    if name not in notebooks:
        notebooks[name] = notebook_hash(folder / f"{name}.ipynb"), words_hash(folder / "words", name)
    settings = [catalog.raw.get("feedback", {}), catalog.raw["notebooks"][report.notebook], list(links)]
    found = {
        "notebook": notebooks[name][0],
        "wordings": notebooks[name][1],
        "parameters": sha256(plain_json([report.id, report.parameters, lang])),
        "catalog": sha256(plain_json(settings)),
        "code": code_hash(),
        "environment": environment_hash(),
    }
    if table := tables().get(lang):
        found["language"] = sha256(table.read_bytes())
    if notices:
        found["notices"] = sha256(plain_json(list(notices)))
    return tuple(sorted(found.items()))


def with_reads(parts: tuple[tuple[str, str], ...], reads: Iterable[Read], package: Package) -> Key:
    """A key of `parts` and of the answers that `package` gives to `reads`."""
    return Key(parts, tuple((plain_json(read), digest(package, read)) for read in reads))


def reasons(old: Key | None, parts: Sequence[tuple[str, str]], package: Package) -> list[str]:
    """Why a report must be built, in words; empty if nothing that it depends on has changed."""
    if old is None:
        return ["it has not been built"]
    before = dict(old.parts)
    found = [f"{name} changed" for name, value in parts if before.get(name) != value]
    found += [f"{name} changed" for name in sorted(before.keys() - dict(parts).keys())]
    for text, value in old.reads:
        if package.digests.get(text) == value:
            continue
        read = json.loads(text)
        try:
            now = digest(package, read)
        except (KeyError, TypeError):
            now = ""
        if now != value:
            found.append(f"data changed: {describe(read)}")
    return found


def describe(read: Read) -> str:
    """A read in words."""
    if "cities" in read:
        return "the list of cities"
    if "regions" in read:
        return "the list of areas that documents are about"
    if "city" in read:
        return f"observations of {read['city']}"
    if "where" not in read:
        return f"the table {read['table']}"
    shown = []
    for column, values in read["where"].items():
        listed = ", ".join(values[:3]) + (f" and {len(values) - 3} more" if len(values) > 3 else "")
        shown.append(f"{column} {listed}")
    return f"{read['table']} with " + "; ".join(shown)


def snapshot(project: Project, root: Path, checked: Package | None = None) -> Path:
    """Copy data, notebooks and catalog into `root` and return it; hidden files and drafts are left out.

    The checked rows of the data, where they are at hand, are stored beside the copy: reports then read what they
    need of them and check nothing again.
    """
    shutil.copytree(project.data, root / "data", dirs_exist_ok=True, ignore=shutil.ignore_patterns(DRAFTS))
    copy_notebooks(project, root)
    (root / "reports").mkdir(exist_ok=True)
    shutil.copy(project.catalog, root / "reports" / "catalog.toml")
    if checked is not None:
        write_store(checked, root / STORE, left_out(Project(root)))
    return root


def copy_notebooks(project: Project, root: Path) -> None:
    """Copy the notebooks and their words into `root`; hidden files are left out."""
    hidden = shutil.ignore_patterns(".*")
    shutil.copytree(project.notebooks, root / "notebooks", dirs_exist_ok=True, ignore=hidden)


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
