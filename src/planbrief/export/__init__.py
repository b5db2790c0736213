"""``planbrief export``: the data as a workbook, as SDMX-CSV, Parquet or a Data Package, an edition as an RO-Crate.

Equal data give equal bytes. An existing file is replaced only if it is an export that nobody has edited since.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from planbrief import extensions
from planbrief.errors import UnknownName
from planbrief.export.archive import (
    ArchiveRefused,
    PathRefused,
    destination,
    is_sealed,
    read_folder,
    read_zip,
    sealed,
    write_file,
    write_folder,
    zip_bytes,
)
from planbrief.targets.package import Package

#: Formats of ``--to``.
FORMATS = ("xlsx", "sdmx-csv", "datapackage", "parquet")
#: What an edition's provenance is exported as.
CRATE = "ro-crate"
_FOREIGN = "a file that planbrief did not write, or that was edited since"
_NEW = "a new name, or an earlier export that nobody has edited"


def formats() -> tuple[str, ...]:
    """Everything that ``--to`` takes: our own formats and those of installed packages."""
    return (*FORMATS, CRATE, *extensions.announced("exporters"))


def export(package: Package, kind: str, out: Path | str) -> Path:
    """Write `package` to `out` and return its absolute path.

    Parameters
    ----------
    package : Package
        The data; see :func:`planbrief.targets.package.usable_package`.
    kind : str
        ``xlsx`` (one workbook), ``datapackage`` (a zip), ``sdmx-csv``, ``parquet`` or what an installed package
        announces (:mod:`planbrief.extensions`): a folder, or a zip where `out` ends in ``.zip``.
    out : Path or str
        A new name, or an earlier export of the same kind.

    Raises
    ------
    PathRefused
        `out` is somebody else's file or has the wrong ending; nothing was written.
    ExportFailed
        The disk is full, the folder read-only …; what was there before still is.
    """
    if kind not in FORMATS and kind not in extensions.announced("exporters"):
        raise UnknownName("format", kind, formats())
    path = destination(out)
    folder = _is_folder(path, kind)
    if folder:
        _check_folder(path, kind)
    else:
        _check_file(path, kind)
    if kind == "xlsx":
        from planbrief.export.xlsx import workbook

        write_file(path, workbook(package))
        return path
    files = sealed(_files(package, kind), kind)
    if folder:
        write_folder(path, files)
    else:
        write_file(path, zip_bytes(files))
    return path


def _files(package: Package, kind: str) -> Mapping[str, bytes]:
    if kind == "datapackage":
        from planbrief.export.archive import files

        return files(package)
    if kind == "parquet":
        from planbrief.export.exchange import parquet

        return parquet(package)
    if kind != "sdmx-csv":
        return dict(extensions.loaded("exporters", kind)(package))
    from planbrief.export import sdmx

    return sdmx.files(package)


def _is_folder(path: Path, kind: str) -> bool:
    """Whether `path` is to become a folder; :class:`PathRefused` for an ending that misleads."""
    ending = path.suffix.lower()
    if kind not in ("xlsx", "datapackage") and ending != ".zip":
        if ending in (".csv", ".xml", ".parquet"):
            raise PathRefused(str(path), f"the ending {ending}", "a folder or a .zip: there are several files")
        return True
    wanted = ".xlsx" if kind == "xlsx" else ".zip"
    if ending != wanted:
        raise PathRefused(str(path), f"the ending {ending!r}", f"a file name that ends in {wanted}")
    return False


def _check_folder(path: Path, kind: str) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise PathRefused(str(path), "a file", "a new or empty folder, or an earlier export")
    files = read_folder(path)
    if files is None or (files and not is_sealed(files, kind)):
        raise PathRefused(str(path), "a folder with other files, or edited ones", _NEW)


def _check_file(path: Path, kind: str) -> None:
    if not path.exists():
        return
    if path.is_dir():
        raise PathRefused(str(path), "a folder", "the name of a file")
    try:
        files = read_zip(path)
    except ArchiveRefused as error:
        raise PathRefused(str(path), _FOREIGN, _NEW) from error
    if kind == "xlsx":
        from planbrief.export.xlsx import is_ours

        ours = is_ours(files)
    else:
        ours = is_sealed(files, kind)
    if not ours:
        raise PathRefused(str(path), _FOREIGN, _NEW)


def formula_like(package: Package) -> int:
    """Cells of text in the tables that a spreadsheet would take for a formula; CSV cannot mark them as text."""
    from planbrief.export.xlsx import like_formula

    return sum(
        like_formula(row.values[field["name"]])
        for table in package.tables.values()
        for field in table.schema["fields"]
        if field.get("type", "string") == "string"
        for row in table.rows
    )


def _export_crate(package: Package, arguments: argparse.Namespace) -> int:
    """Write the provenance of an edition, ``reports/latest`` unless another is named."""
    import json

    from planbrief.export.exchange import crate
    from planbrief.project import chosen

    folder = (arguments.edition or chosen(arguments).root / "reports" / "latest") / "manifest.json"
    path = destination(arguments.out)
    if path.suffix != ".json" or path.is_dir():
        raise PathRefused(str(path), "no name of a JSON file", "a name that ends in .json, as ro-crate-metadata.json")
    if path.exists() and b"w3id.org/ro/crate" not in path.read_bytes()[:4096]:
        raise PathRefused(str(path), _FOREIGN, _NEW)
    try:
        manifest = json.loads(folder.read_bytes())
    except (OSError, ValueError) as error:
        raise PathRefused(
            str(folder), f"no manifest ({error})", "the folder of an edition; planbrief build makes one"
        ) from None
    write_file(path, crate(manifest, [row.values for row in package["sources"].rows]))
    print(f"{path}: edition {manifest['edition']}, {len(manifest['reports'])} reports")
    return 0


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief export``."""
    from planbrief.project import chosen
    from planbrief.targets.dataset import load

    project = chosen(arguments)
    ds = load(project)
    package = ds.package
    if arguments.to == CRATE:
        return _export_crate(package, arguments)
    if arguments.results:
        from planbrief.export.exchange import with_results

        package = with_results(ds)
    path = export(package, arguments.to, arguments.out)
    if arguments.to != "xlsx" and (count := formula_like(package)):
        print(
            f"planbrief: {count} cells of text begin with = + - @ or a tab; a spreadsheet that opens the CSV files "
            "would take them for formulas (planbrief export --to xlsx keeps them text)",
            file=sys.stderr,
        )
    print(f"{path}: {len(package['observations'].rows)} observations, data {ds.package.sha256[:12]}")
    return 0
