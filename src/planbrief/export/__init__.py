"""``planbrief export``: the data as a workbook, as SDMX-CSV with its structure, or as a Data Package in a zip.

Equal data give equal bytes. An existing file is replaced only if it is an export that nobody has edited since.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from planbrief.errors import UnknownName
from planbrief.export.archive import ArchiveRefused, is_sealed, read_zip, sealed, zip_bytes
from planbrief.export.place import PathRefused, destination, read_folder, write_file, write_folder
from planbrief.targets.package import Package

#: Formats of ``--to``.
FORMATS = ("xlsx", "sdmx-csv", "datapackage")
_FOREIGN = "a file that planbrief did not write, or that was edited since"
_NEW = "a new name, or an earlier export that nobody has edited"


def export(package: Package, kind: str, out: Path | str) -> Path:
    """Write `package` to `out` and return its absolute path.

    Parameters
    ----------
    package : Package
        The data; see :func:`planbrief.targets.package.usable_package`.
    kind : str
        ``xlsx`` (one workbook), ``sdmx-csv`` (a folder, or a zip where `out` ends in ``.zip``) or ``datapackage``
        (a zip).
    out : Path or str
        A new name, or an earlier export of the same kind.

    Raises
    ------
    PathRefused
        `out` is somebody else's file or has the wrong ending; nothing was written.
    ExportFailed
        The disk is full, the folder read-only …; what was there before still is.
    """
    if kind not in FORMATS:
        raise UnknownName("format", kind, FORMATS)
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
    from planbrief.export import sdmx

    return sdmx.files(package)


def _is_folder(path: Path, kind: str) -> bool:
    """Whether `path` is to become a folder; :class:`PathRefused` for an ending that misleads."""
    ending = path.suffix.lower()
    if kind == "sdmx-csv" and ending != ".zip":
        if ending in (".csv", ".xml"):
            raise PathRefused(str(path), f"the ending {ending}", "a folder or a .zip: data and structure are two files")
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


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief export``."""
    from planbrief.project import chosen
    from planbrief.targets.dataset import load

    ds = load(chosen(arguments))
    package = ds.package
    if arguments.results:
        from planbrief.export.results import with_results

        if arguments.to == "sdmx-csv":
            raise UnknownName("format of results", arguments.to, ("xlsx", "datapackage"))
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
