"""The data that an edition was built from, as files inside it: a Data Package that stands by itself."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from planbrief.targets.package import Package, Table


def table_csv(table: Table) -> bytes:
    """A table as one CSV file, rows in package order."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([row.values[name] for name in table.columns] for row in table.rows)
    return text.getvalue().encode()


def descriptor(package: Package) -> dict[str, Any]:
    """The package's descriptor with one file per table."""
    resources = []
    for resource in package.descriptor["resources"]:
        kept = {key: value for key, value in resource.items() if key not in ("hash", "bytes", "hashes")}
        resources.append({**kept, "path": f"{resource['name']}.csv"})
    return {**package.descriptor, "resources": resources}


def data_files(package: Package) -> dict[str, bytes]:
    """Files below ``data/`` of an edition by path."""
    files = {f"data/{name}.csv": table_csv(table) for name, table in package.tables.items()}
    text = json.dumps(descriptor(package), ensure_ascii=False, indent=2) + "\n"
    return {**files, "data/datapackage.json": text.encode()}
