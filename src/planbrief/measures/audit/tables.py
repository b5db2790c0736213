"""The audit's own tables: declared relations, plausibility limits, lengths and names of printed lists.

They are data beside the observations, so that a new city needs rows and no code. A data set without them is audited
by the rules that need none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: File of each table beside ``datapackage.json``.
FILES = {
    "relations": "relations.csv",
    "plausibility_limits": "plausibility_limits.csv",
    "list_counts": "list_counts.csv",
    "printed_names": "printed_names.csv",
}


@dataclass(frozen=True)
class AuditTables:
    """Rows of the audit's tables as text."""

    relations: tuple[dict[str, str], ...] = ()
    limits: tuple[dict[str, str], ...] = ()
    list_counts: tuple[dict[str, str], ...] = ()
    printed_names: tuple[dict[str, str], ...] = ()


def audit_tables(ds: Dataset, sources: Iterable[str] | None = None) -> AuditTables:
    """The tables of a data set: resources of its package, else files beside them, else empty.

    Lengths of lists and printed names are only those of `sources` where these are given.
    """
    about = None if sources is None else frozenset(sources)
    return AuditTables(
        relations=_rows(ds, "relations"),
        limits=_rows(ds, "plausibility_limits"),
        list_counts=_rows(ds, "list_counts", about),
        printed_names=_rows(ds, "printed_names", about),
    )


def _rows(ds: Dataset, name: str, sources: frozenset[str] | None = None) -> tuple[dict[str, str], ...]:
    table = ds.package.tables.get(name)
    if table is not None:
        # remembers the read, so that a report is made anew when the table changes
        ds._whole(name) if sources is None else ds.rows(name, source_id=sources)
        rows = tuple(dict(row.values) for row in table.rows)
    else:
        path = ds.package.folder / FILES[name]
        if not ds.package.folder.parts or not path.is_file():
            return ()
        rows = tuple(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    return rows if sources is None else tuple(row for row in rows if row["source_id"] in sources)
