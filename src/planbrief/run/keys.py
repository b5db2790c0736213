"""What a report depends on, as named hashes: whether it must be built, and why.

A key has parts (notebook, parameters, code, environment, catalog) and reads (questions to the data with the hash of
their answers, see :mod:`planbrief.targets.store`). Nothing here imports pandas, nbformat or typst.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from planbrief import __version__
from planbrief.catalog import Catalog, Report
from planbrief.errors import CatalogError
from planbrief.files import unless_touched
from planbrief.languages import tables
from planbrief.targets.package import Package
from planbrief.targets.store import Read, digest

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
