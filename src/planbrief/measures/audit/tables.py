"""The audit's own tables: declared relations, plausibility limits, lengths of printed lists.

They are data beside the observations, so that a new city needs rows and no code. A data set without them is audited
by the rules that need none.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: File of each table beside ``datapackage.json``.
FILES = {
    "relations": "relations.csv",
    "plausibility_limits": "plausibility_limits.csv",
    "list_counts": "list_counts.csv",
}


@dataclass(frozen=True)
class AuditTables:
    """Rows of the three tables as text."""

    relations: tuple[dict[str, str], ...] = ()
    limits: tuple[dict[str, str], ...] = ()
    list_counts: tuple[dict[str, str], ...] = ()


def audit_tables(ds: Dataset) -> AuditTables:
    """The tables of a data set: resources of its package, else files beside them, else empty."""
    return AuditTables(
        relations=_rows(ds, "relations"),
        limits=_rows(ds, "plausibility_limits"),
        list_counts=_rows(ds, "list_counts"),
    )


def _rows(ds: Dataset, name: str) -> tuple[dict[str, str], ...]:
    table = ds.package.tables.get(name)
    if table is not None:
        ds._whole(name)  # remembers the read, so that a report is made anew when the table changes
        return tuple(dict(row.values) for row in table.rows)
    path = ds.package.folder / FILES[name]
    if not ds.package.folder.parts or not path.is_file():
        return ()
    return tuple(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
