"""What a report read, as questions that can be asked again of newer data.

A read is a small JSON object: ``{"table": "observations", "where": {"indicator": ["gdp"]}}``, ``{"city": "fuling"}``
or ``{"cities": true}``. Its answer's hash tells whether a report built from it is still up to date, rows added and
removed included. Nothing here needs pandas.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from planbrief.targets.package import Package, Row

#: Levels of the places that a report can be about; provinces and countries are their context.
CITY_LEVELS = ("prefecture", "district", "county")

Read = dict[str, Any]


class Places:
    """The tree of areas: parents, descendants, and the city that a place belongs to."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self.level: dict[str, str] = {}
        self.parent: dict[str, str] = {}
        self.children: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            self.level[row["ref_area"]] = row["level"]
            self.parent[row["ref_area"]] = row["parent"]
            self.children[row["parent"]].append(row["ref_area"])

    def ancestry(self, area: str) -> tuple[str, ...]:
        """`area` and what it lies in, innermost first (a circle of parents ends where it closes)."""
        line: list[str] = []
        while area in self.level and area not in line:
            line.append(area)
            area = self.parent[area]
        return tuple(line)

    def city_of(self, area: str) -> str:
        """The highest prefecture, district or county that `area` is or lies in; empty if there is none."""
        cities = [place for place in self.ancestry(area) if self.level[place] in CITY_LEVELS]
        return cities[-1] if cities else ""

    def descendants(self, area: str) -> tuple[str, ...]:
        """`area` and everything inside it, in table order."""
        found = [area]
        for place in found:
            found.extend(child for child in self.children.get(place, ()) if child not in found)
        return tuple(found)


def cities(areas: Iterable[Mapping[str, str]], observations: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The cities that have data: for each document, the city that most of its figures are about.

    `observations` are pairs (source_id, ref_area). A place that a document only mentions (Xi'an in Zhaoqing's)
    is not a city of it. Order: that of the table of areas.
    """
    rows = list(areas)
    places = Places(rows)
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for source, area in observations:
        if city := places.city_of(area):
            count[source][city] += 1
    order = [row["ref_area"] for row in rows]
    best = {max(tally, key=lambda city: (tally[city], -order.index(city))) for tally in count.values()}
    return tuple(area for area in order if area in best)


def answer(package: Package, read: Read) -> list[Row] | tuple[str, ...]:
    """What `read` asks for, from the package as it is now."""
    if "cities" in read:
        pairs = ((row.values["source_id"], row.values["ref_area"]) for row in package["observations"].rows)
        return cities((row.values for row in package["areas"].rows), pairs)
    if "city" in read:
        places = Places(row.values for row in package["areas"].rows)
        inside = set(places.descendants(read["city"]))
        return [row for row in package["observations"].rows if row.values["ref_area"] in inside]
    rows = list(package[read["table"]].rows)
    for column, given in read.get("where", {}).items():
        values = set(given)
        rows = [row for row in rows if row.values[column] in values]
    return rows


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
