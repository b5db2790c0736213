"""What planbrief knows in the forms of other tools: tables as Parquet, an edition's provenance as an RO-Crate."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from planbrief.errors import PlanbriefError
from planbrief.targets.package import Package, Table


class ExtraMissing(PlanbriefError):
    """A format needs a library that is not installed."""

    def __init__(self, kind: str, extra: str) -> None:
        super().__init__(kind, extra)
        self.kind, self.extra = kind, extra

    def __str__(self) -> str:
        return f"export --to {self.kind} needs the extra {self.extra}: pip install 'planbrief[{self.extra}]'"


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
        raise ExtraMissing("parquet", "parquet") from None
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
