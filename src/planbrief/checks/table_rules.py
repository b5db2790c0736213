"""Rules between the rows of a table: own file, order, spans that overlap, cells that must not repeat."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from planbrief.errors import Problem
from planbrief.targets.package import Row

#: Tables of which each document has a file in its folder.
DOCUMENT_TABLES = ("sources", "observations", "exclusions")

_OFFSET = re.compile(r"\d{1,9}", re.ASCII)


def offset(text: str) -> int | None:
    """A cell as an offset, None where it is none."""
    return int(text) if _OFFSET.fullmatch(text) else None


def between_problems(tables: Mapping[str, list[Row]]) -> list[Problem]:
    """Everything that these rules find."""
    problems: list[Problem] = []
    for table in DOCUMENT_TABLES:
        problems += own_file(tables.get(table, []))
    for table in ("observations", "exclusions"):
        problems += sorted_rows(tables.get(table, []))
    problems += overlaps([*tables.get("observations", []), *tables.get("exclusions", [])])
    problems += once(tables.get("sources", []), ("file_name", "sha256"))
    return problems


def own_file(rows: Iterable[Row]) -> Iterator[Problem]:
    """A file holds the rows of the document whose folder it lies in."""
    for row in rows:
        folder = row.file.split("/")[-2]
        if row.values["source_id"] != folder:
            wanted = f"{folder}, as the folder is named"
            yield Problem(row.file, row.line, "source_id", repr(row.values["source_id"][:60]), wanted)


def order(values: Mapping[str, str]) -> tuple[int, str]:
    """Where a row belongs in its file: by offset, then by id."""
    return offset(values["char_start"]) or 0, values.get("obs_id", "")


def sorted_rows(rows: list[Row]) -> Iterator[Problem]:
    """The first row of each file that stands too late."""
    named = set()
    for before, row in pairwise(rows):
        if before.file == row.file and order(row.values) < order(before.values) and row.file not in named:
            named.add(row.file)
            found = f"{row.values['char_start']} after {before.values['char_start']}"
            yield Problem(row.file, row.line, "char_start", found, "rows sorted by char_start, then obs_id", True)


def overlaps(rows: Iterable[Row]) -> Iterator[Problem]:
    """Two spans of one source share characters only if both are observations on the same span."""
    spans: dict[str, list[tuple[int, int, Row]]] = defaultdict(list)
    for row in rows:
        start, end = offset(row.values["char_start"]), offset(row.values["char_end"])
        if start is not None and end is not None and start < end:
            spans[row.values["source_id"]].append((start, end, row))
    for found in spans.values():
        found.sort(key=lambda one: one[:2])
        for (start, end, one), (next_start, next_end, other) in pairwise(found):
            same = (start, end) == (next_start, next_end) and "obs_id" in one.values and "obs_id" in other.values
            if next_start < end and not same:
                wanted = f"a span of its own; {one.file}, row {one.line} has {start}–{end}"
                yield Problem(other.file, other.line, "char_start", f"{next_start}–{next_end}", wanted)


def once(rows: Iterable[Row], columns: tuple[str, ...]) -> Iterator[Problem]:
    """Cells that two rows share and must not."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        for column in columns:
            value = row.values[column]
            if value and (column, value) in seen:
                found = f"{value[:60]!r} again (first in row {seen[column, value]})"
                yield Problem(row.file, row.line, column, found, "each document once")
            seen.setdefault((column, value), row.line)
