"""What a report read, as questions that can be asked again of newer data.

A read is a small JSON object: ``{"table": "observations", "where": {"indicator": ["gdp"]}}``, ``{"city": "fuling"}``,
``{"cities": true}`` or ``{"regions": true}``. Its answer's hash tells whether a report built from it is still up to
date, rows added and removed included. Nothing here needs pandas.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from typing import Any

from planbrief.targets.package import Package, Row

Read = dict[str, Any]


def answer(package: Package, read: Read) -> list[Row] | tuple[str, ...]:
    """What `read` asks for, from the package as it is now."""
    if "cities" in read:
        return package.cities
    if "regions" in read:
        return package.regions
    if "city" in read:
        return package["observations"].matching({"ref_area": package.places.inside(read["city"])})
    return package[read["table"]].matching(read.get("where", {}))


def digest(package: Package, read: Read) -> str:
    """SHA-256 of the answer to `read`: equal rows in equal order, equal digest."""
    question = json.dumps(read, sort_keys=True, ensure_ascii=False)
    if question not in package.digests:
        result = hashlib.sha256()
        for item in answer(package, read):
            result.update(item.canonical if isinstance(item, Row) else item.encode() + b"\n")
        package.digests[question] = result.hexdigest()
    return package.digests[question]


class Recorder:
    """Collects the reads of one process; merges look-ups of single rows into one read per table."""

    def __init__(self) -> None:
        self._plain: dict[str, Read] = {}
        self._keys: dict[tuple[str, str], set[str]] = defaultdict(set)

    def note(self, read: Read) -> None:
        """Remember one read."""
        self._plain[json.dumps(read, sort_keys=True, ensure_ascii=False)] = read

    def note_key(self, table: str, column: str, value: str) -> None:
        """Remember that the row of `table` whose `column` is `value` was looked at."""
        self._keys[table, column].add(value)

    def reads(self) -> list[Read]:
        """All reads in a stable order, without those that another covers."""
        keyed = [
            {"table": table, "where": {column: sorted(values)}}
            for (table, column), values in sorted(self._keys.items())
        ]
        whole = {read["table"] for read in self._plain.values() if read.keys() == {"table"}}
        kept = [read for _, read in sorted(self._plain.items()) if "where" not in read or read["table"] not in whole]
        return kept + [read for read in keyed if read["table"] not in whole]
