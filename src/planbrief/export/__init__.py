"""``planbrief export``: the data as a workbook, as SDMX-CSV, Parquet or a Data Package, an edition as an RO-Crate.

Equal data give equal bytes. An existing file is replaced only if it is an export that nobody has edited since.

Results: growth, progress, structure, comparisons, findings, insights, as tables beside the data. Each row names the
observations behind it (``observations``: their ids, parted by a space), so that a number that has left planbrief can
still be followed. A number that is undefined is an empty cell with its reason in ``reason`` or ``undefined``; so is the
far end of a bound that is open (``at least 750`` has no upper end).
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief import extensions
from planbrief.errors import PlanbriefError, UnknownName
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
from planbrief.extensions import announced, loaded
from planbrief.targets.package import Package, Row, Table

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.api.data import Data
    from planbrief.targets import Dataset

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


#: Tables of results, in order: what makes one for an area, or None for one that is about all areas together.
RESULTS: dict[str, Callable[[Data, str], pd.DataFrame] | None] = {
    "growth": lambda data, area: data.growth(area),
    "progress": lambda data, area: data.progress(area),
    "structure": lambda data, area: data.structure(area),
    "comparisons": None,
    "findings": lambda data, area: data.audit(area),
    "insights": lambda data, area: data.insights(area),
}
#: Columns that repeat another one or have no plain form.
_LEFT_OUT = ("series", "waypoints_geometric", "waypoints_linear", "start_observations", "end_observations", "period_zh")
#: What a column of a result is, by the words of its name.
_UNITS = (("_pct", "%"), ("_pp", "percentage points"), ("_pp_per_year", "percentage points a year"))
_FRACTIONS = ("rate", "rate_low", "rate_high", "required_rate", "completion", "completion_lower", "completion_upper")


def with_results(ds: Dataset) -> Package:
    """The package of a data set with a table for each kind of result.

    Parameters
    ----------
    ds : Dataset
        Any data set.

    Returns
    -------
    Package
        The tables of ``ds.package`` and after them those of :data:`RESULTS`; an empty result is a table without rows,
        so that whoever reads an export finds the same tables each time.
    """
    made = {name: _table(name, frame) for name, frame in _frames(ds)}
    resources = [
        {
            "name": name, "path": table.files[0], "title": name, "profile": "tabular-data-resource",
            "description": f"computed by planbrief from the observations named in each row ({name})",
            "schema": {key: value for key, value in table.schema.items() if key != "foreignKeys"},
        }
        for name, table in made.items()
    ]  # fmt: skip
    descriptor = {**ds.package.descriptor, "resources": [*ds.package.descriptor["resources"], *resources]}
    return replace(ds.package, descriptor=descriptor, tables={**ds.package.tables, **made})


def _frames(ds: Dataset) -> Iterator[tuple[str, pd.DataFrame]]:
    import pandas as pd

    from planbrief.api.data import Data

    data, areas = Data(ds), ds.regions()
    own = {name: loaded("measures", name) for name in announced("measures") if name not in RESULTS}
    for name, make in {**RESULTS, **own}.items():
        if make is None:
            yield name, data.compare() if len(ds.cities()) > 1 else pd.DataFrame({"observations": []})
            continue
        by_area = {area: make(data, area) for area in areas}
        filled = [
            frame if "ref_area" in frame else frame.assign(ref_area=area)
            for area, frame in by_area.items()
            if not frame.empty
        ]
        yield name, pd.concat(filled, ignore_index=True) if filled else next(iter(by_area.values()))


def _table(name: str, frame: pd.DataFrame) -> Table:
    """A result as a table of the package: every cell as text, types in its schema."""
    columns = [str(column) for column in frame.columns if str(column) not in _LEFT_OUT]
    columns.sort(key=lambda column: column != "ref_area")
    fields = [_field(column, frame[column]) for column in columns]
    cells = [[_text(value) for value in frame[column]] for column in columns]
    path = f"results/{name}.csv"
    rows = tuple(
        Row(dict(zip(columns, row, strict=True)), f"data/{path}", line)
        for line, row in enumerate(zip(*cells, strict=True), start=2)
    )
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    schema["foreignKeys"] = [
        {"fields": [column], "reference": {"resource": table, "fields": [key]}}
        for column, table, key in (
            ("ref_area", "areas", "ref_area"),
            ("indicator", "indicators", "indicator"),
            ("activity", "activities", "activity"),
            ("observations", "observations", "obs_id"),
        )
        if column in columns
    ]
    return Table(name, schema, rows, (path,))


def _field(column: str, values: pd.Series) -> dict[str, Any]:
    kind = {"b": "boolean", "f": "number", "i": "integer", "u": "integer"}.get(values.dtype.kind, "string")
    said = {"name": column, "type": kind}
    if kind == "string" or values.empty:
        return said
    if column in _FRACTIONS:
        return {**said, "unit": "fraction (0.07 is 7 %)"}
    return {**said, **next(({"unit": unit} for ending, unit in _UNITS if column.endswith(ending)), {})}


def _text(value: object) -> str:
    """A cell as text: numbers in the shortest form that reads back to the same one, ids parted by a space."""
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value)
    if value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool_" or type(value).__name__ == "bool":
        return str(bool(value)).lower()
    if isinstance(value, float):
        return repr(float(value)) if not float(value).is_integer() else str(int(value))
    return str(value)


class ExtraMissing(PlanbriefError):
    """A format needs a library that is not installed."""

    text = "export --to {0} needs the extra {0}: pip install 'planbrief[{0}]'"


def parquet(package: Package) -> dict[str, bytes]:
    """Every table as a Parquet file, typed by its schema; descriptions and units stand in the metadata of the fields.

    Years and codes stay text where the schema says text; an empty cell is null. Equal data give equal bytes with the
    same version of pyarrow.

    Raises
    ------
    ExtraMissing
        pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ExtraMissing("parquet") from None
    types = {"number": pyarrow.float64(), "integer": pyarrow.int64(), "boolean": pyarrow.bool_()}
    files = {}
    for name, table in package.tables.items():
        fields, arrays = [], []
        for field in table.schema["fields"]:
            kind = types.get(field.get("type", "string"), pyarrow.string())
            said = {key: str(field[key]) for key in ("title", "description", "unit") if field.get(key)}
            fields.append(pyarrow.field(field["name"], kind, metadata=said or None))
            arrays.append(pyarrow.array([_typed(row.values[field["name"]], kind) for row in table.rows], kind))
        buffer = io.BytesIO()
        made = pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields, metadata=_words(table)))
        pyarrow.parquet.write_table(made, buffer, compression="zstd")
        files[f"{name}.parquet"] = buffer.getvalue()
    return files


def _typed(text: str, kind: Any) -> object:
    """A cell of the package as a value of its column's type; the empty cell is none."""
    if not text:
        return None
    name = str(kind)
    return (
        float(text)
        if name == "double"
        else int(text)
        if name == "int64"
        else text == "true"
        if name == "bool"
        else text
    )


def _words(table: Table) -> dict[str, str]:
    key = table.schema.get("primaryKey")
    return {"table": table.name, **({"primaryKey": json.dumps(key)} if key else {})}


_TYPES = {
    "html": "text/html", "pdf": "application/pdf", "csv": "text/csv", "json": "application/json", "png": "image/png",
    "ipynb": "application/x-ipynb+json", "toml": "application/toml", "md": "text/markdown", "svg": "image/svg+xml",
}  # fmt: skip
_CRATE = "ro-crate-metadata.json"


def crate(manifest: Mapping[str, Any], sources: Iterable[Mapping[str, str]]) -> bytes:
    """Provenance of an edition as RO-Crate 1.1: which documents and data became which page by which action.

    Parameters
    ----------
    manifest : mapping
        ``manifest.json`` of an edition.
    sources : iterable of mappings
        Rows of the table of sources: id, title, producer, hash of the text.

    Returns
    -------
    bytes
        ``ro-crate-metadata.json``, to lie beside the manifest: paths are those of the edition.
    """
    version = str(manifest["planbrief_version"])
    software = {"@id": "#planbrief", "@type": "SoftwareApplication", "name": "planbrief", "version": version,
                "softwareVersion": version}  # fmt: skip
    files = {one["path"]: _file(one) for one in [*manifest["files"], manifest["observations"]] if one["path"] != _CRATE}
    documents = [
        {
            "@id": f"#source-{row['source_id']}", "@type": "CreativeWork", "name": row.get("title") or row["source_id"],
            "identifier": row["source_id"],
            **{key: row[of] for key, of in (("datePublished", "date_published"), ("sha256", "sha256")) if row.get(of)},
            **({"publisher": row["producer"]} if row.get("producer") else {}),
        }
        for row in sources
    ]  # fmt: skip
    data = [{"@id": path} for path in files if path.startswith("data/")]
    read = {"@id": "#data", "@type": "CreateAction", "name": "documents read and reviewed into the data package",
            "instrument": {"@id": "#planbrief"}, "object": [{"@id": one["@id"]} for one in documents],
            "result": data}  # fmt: skip
    actions = [read]
    for report in manifest["reports"]:
        made = [one for key in ("html", "pdf", "thumbnail") if (one := report.get(key))]
        files.update(
            {one["path"]: {**_file(one), "name": report["title"], "inLanguage": report["lang"]} for one in made}
        )
        if made:
            actions.append({
                "@id": f"#build-{report['lang']}-{report['id']}", "@type": "CreateAction",
                "name": f"{report['lang']}/{report['id']}", "instrument": {"@id": "#planbrief"}, "object": data,
                "identifier": report["key"], "description": json.dumps(report["parameters"], ensure_ascii=False),
                "result": [{"@id": one["path"]} for one in made],
            })  # fmt: skip
    root = {
        "@id": "./", "@type": "Dataset", "name": f"planbrief edition {manifest['edition']}",
        "description": f"Reports on data {manifest['data_sha256'][:12]}, with what each was made of.",
        "identifier": manifest["edition"], "datePublished": manifest["edition"][:10],
        "license": "The texts of the documents are their producers'.",
        "hasPart": [{"@id": path} for path in files], "mentions": [{"@id": one["@id"]} for one in actions],
    }  # fmt: skip
    itself = {"@id": _CRATE, "@type": "CreativeWork", "about": {"@id": "./"},
              "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}}  # fmt: skip
    graph = [itself, root, software, *documents, *files.values(), *actions]
    text = json.dumps(
        {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}, ensure_ascii=False, indent=1
    )
    return f"{text}\n".encode()


def _file(one: Mapping[str, Any]) -> dict[str, Any]:
    ending = str(one["path"]).rpartition(".")[2].lower()
    return {
        "@id": one["path"], "@type": "File", "name": one["path"], "sha256": one["sha256"],
        "contentSize": str(one.get("bytes", "")), "encodingFormat": _TYPES.get(ending, "application/octet-stream"),
    }  # fmt: skip
