"""The Data Package as one zip archive: the tables that may be used, under their own file names.

Unpacked as ``data/`` of a project it is read as it is; ``frictionless validate`` accepts the archive itself.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from planbrief.targets.package import Package, Row, Table, paths


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

    A table of several files keeps them; a file whose rows are all left out (``exclude_sources`` in the catalog) is
    left out with them.
    """
    found: dict[str, bytes] = {}
    resources: list[dict[str, Any]] = []
    for resource in package.descriptor["resources"]:
        table = package[resource["name"]]
        kept = _kept_paths(table, paths(resource))
        for path in kept:
            rows = [row for row in table.rows if len(kept) == 1 or row.file == f"data/{path}"]
            found[path] = csv_bytes(table.columns, rows)
        # Sizes and hashes that a descriptor may carry describe the files as they were.
        said = {key: value for key, value in resource.items() if key not in ("hash", "bytes")}
        resources.append({**said, "path": list(kept) if isinstance(resource["path"], list) else kept[0]})
    text = json.dumps({**package.descriptor, "resources": resources}, ensure_ascii=False, indent=2) + "\n"
    return {"datapackage.json": text.encode("utf-8"), **found}


def _kept_paths(table: Table, given: tuple[str, ...]) -> tuple[str, ...]:
    """Files of a table that still have rows; the first one where none has."""
    with_rows = {row.file for row in table.rows}
    return tuple(path for path in given if f"data/{path}" in with_rows) or given[:1]
