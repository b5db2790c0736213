"""The Data Package as one zip archive: the tables that may be used, under their own file names.

Unpacked as ``data/`` of a project it is read as it is; ``frictionless validate`` accepts the archive itself.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from planbrief.targets.package import Package, Row


def csv_bytes(columns: Iterable[str], rows: Iterable[Row]) -> bytes:
    """Rows as the data folder holds them: UTF-8, line feeds, quotes only where needed."""
    names = tuple(columns)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([row.values[name] for name in names] for row in rows)
    return text.getvalue().encode("utf-8")


def files(package: Package) -> dict[str, bytes]:
    """``datapackage.json`` and every table of `package`, by path.

    A document that is left out (``exclude_sources`` in the catalog) is left out with its files.
    """
    found: dict[str, bytes] = {}
    documents = {row.file.rpartition("/")[0] for row in package["sources"].rows}
    resources: list[dict[str, Any]] = []
    for resource in package.descriptor["resources"]:
        table = package[resource["name"]]
        # Other tools know no pattern: the list of files says here which documents there are, after the empty form.
        parts = [path for path in table.files if f"data/{path}".rpartition("/")[0] in documents]
        kept = parts if "parts" in resource else table.files
        for path in kept:
            rows = [row for row in table.rows if len(table.files) == 1 or row.file == f"data/{path}"]
            rows.sort(key=lambda row: row.line)  # as in the file, whatever the order of display
            found[path] = csv_bytes(table.columns, rows)
        # Sizes and hashes that a descriptor may carry describe the files as they were.
        said = {key: value for key, value in resource.items() if key not in ("hash", "bytes")}
        if "parts" in resource:
            found[resource["path"]] = csv_bytes(table.columns, ())
            said["path"] = [resource["path"], *kept]
        resources.append(said)
    text = json.dumps({**package.descriptor, "resources": resources}, ensure_ascii=False, indent=2) + "\n"
    return {"datapackage.json": text.encode("utf-8"), **found}
