"""The data package read whole: its tables and rows, the tree of areas, and which sources may be published."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, overload

from planbrief.errors import DataError, Problem
from planbrief.parameters import read_catalog
from planbrief.project import Project
from planbrief.targets.descriptor import LARGEST_FILE, files_of, home_of, read_descriptor, spare_columns
from planbrief.targets.units import UnitTable

if TYPE_CHECKING:
    from planbrief.targets.names import Names

#: Levels of cities, and of the areas above them, which are the cities' context and have reports of their own.
CITY_LEVELS = ("prefecture", "district", "county")
UPPER_LEVELS = ("country", "province")


class Places:
    """The tree of areas: parents, descendants, and the city that a place belongs to."""

    def __init__(self, areas: Iterable[tuple[str, ...]]) -> None:
        """From triples (ref_area, level, parent) in table order."""
        self.level: dict[str, str] = {}
        self.parent: dict[str, str] = {}
        self.children: dict[str, list[str]] = defaultdict(list)
        for area, level, parent in areas:
            self.level[area] = level
            self.parent[area] = parent
            self.children[parent].append(area)

    def ancestry(self, area: str) -> tuple[str, ...]:
        """`area` and what it lies in, innermost first (a circle of parents ends where it closes)."""
        line: list[str] = []
        while area in self.level and area not in line:
            line.append(area)
            area = self.parent[area]
        return tuple(line)

    def city_of(self, area: str) -> str:
        """The highest prefecture, district or county of `area`; outside of these its province or country.

        Empty for a place that lies in none of them.
        """
        line = self.ancestry(area)
        # A district of a prefecture belongs to the prefecture; below none of them a place stands for its province.
        cities = [place for place in line if self.level[place] in CITY_LEVELS]
        upper = [place for place in line if self.level[place] in UPPER_LEVELS]
        return (cities[-1:] or upper[:1] or [""])[0]

    def descendants(self, area: str) -> tuple[str, ...]:
        """`area` and everything inside it, in table order."""
        return self._below(area, ())

    def inside(self, area: str) -> tuple[str, ...]:
        """`area` and the places that a report about it speaks for: a city's parts, not a province's cities."""
        return self._below(area, (*CITY_LEVELS, *UPPER_LEVELS) if self.level.get(area) in UPPER_LEVELS else ())

    def _below(self, area: str, without: tuple[str, ...]) -> tuple[str, ...]:
        found = [area]
        for place in found:
            below = (child for child in self.children.get(place, ()) if self.level[child] not in without)
            found.extend(child for child in below if child not in found)
        return tuple(found)

    def context(self, area: str) -> tuple[str, ...]:
        """The provinces and countries that `area` lies in, innermost first: set beside it, never among its peers."""
        return tuple(place for place in self.ancestry(area)[1:] if self.level[place] in UPPER_LEVELS)

    def peers(self, areas: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Areas that can be set side by side, and those among them that are the context of another.

        Where `areas` holds cities, provinces and countries are context; else only what another area lies in is.
        """
        asked = tuple(dict.fromkeys(areas))
        cities = any(self.level.get(area) not in UPPER_LEVELS for area in asked)
        above = {upper for area in asked for upper in self.context(area)}
        context = tuple(area for area in asked if area in above or (cities and self.level.get(area) in UPPER_LEVELS))
        return tuple(area for area in asked if area not in context), context


def areas_of_documents(places: Places, observations: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """For each document the city, province or country that most of its figures are about; of several the first.

    `observations` are pairs (source_id, ref_area). A place that a document only mentions (Xi'an in Zhaoqing's)
    is not what it is about.
    """
    # By the number of figures: a plan speaks of its neighbours, too, and of the country.
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for source, area in observations:
        if city := places.city_of(area):
            count[source][city] += 1
    order = {area: position for position, area in enumerate(places.level)}
    return {source: max(tally, key=lambda city: (tally[city], -order[city])) for source, tally in count.items()}


def regions(places: Places, about: Mapping[str, str]) -> tuple[str, ...]:
    """The areas that a document is about, in the order of the table of areas, cities before what they lie in."""
    order = {area: position for position, area in enumerate(places.level)}
    return tuple(sorted(set(about.values()), key=lambda area: (places.level[area] in UPPER_LEVELS, order[area])))


#: Limits that no plan comes near; beyond them a table is refused with one message instead of filling the memory.
MOST_ROWS = 200_000
LONGEST_CELL = 20_000
#: Problems of shape listed per file before reading stops.
MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Row:
    """One line of a table: its values as text, and where it stands."""

    values: dict[str, str]
    file: str
    line: int

    @cached_property
    def canonical(self) -> bytes:
        """The values as one unambiguous line, for hashing."""
        return canonical(self.values).encode()


@dataclass(frozen=True)
class Table:
    """A resource of the package: name, schema and rows in file order."""

    name: str
    schema: dict[str, Any]
    rows: Sequence[Row]
    files: tuple[str, ...]
    #: Where its rows are written, for messages: ``areas.csv``, ``documents/*/observations.csv``.
    home: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Field names in the order of the schema."""
        return tuple(field["name"] for field in self.schema["fields"])

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the primary key's fields."""
        key = self.schema.get("primaryKey", [])
        return (key,) if isinstance(key, str) else tuple(key)

    @cached_property
    def by_key(self) -> Mapping[str, Row]:
        """Rows by their primary key (joined by ``:`` where it has several fields); the last of a duplicate wins."""
        return {":".join(row.values[name] for name in self.key): row for row in self.rows}

    @cached_property
    def _indexes(self) -> dict[str, dict[str, list[int]]]:
        return {}

    def _positions(self, column: str, values: Iterable[str]) -> set[int]:
        if column not in self._indexes:
            index: dict[str, list[int]] = defaultdict(list)
            for position, row in enumerate(self.rows):
                index[row.values[column]].append(position)
            self._indexes[column] = dict(index)
        index = self._indexes[column]
        return {position for value in set(values) for position in index.get(value, ())}

    def matching(self, where: Mapping[str, Iterable[str]]) -> list[Row]:
        """Rows whose columns have one of the given values each, in file order; KeyError for an unknown column."""
        if not where:
            return list(self.rows)
        found = set.intersection(*(self._positions(column, values) for column, values in where.items()))
        return [self.rows[position] for position in sorted(found)]

    def cells(self, *names: str) -> Iterator[tuple[str, ...]]:
        """The cells of some columns, row by row."""
        return (tuple(row.values[name] for name in names) for row in self.rows)


@dataclass(frozen=True)
class Package:
    """The tables of a data folder by name."""

    folder: Path
    descriptor: dict[str, Any]
    tables: dict[str, Table] = field(default_factory=dict)
    #: Digests of answers to reads: many reports ask the same (see :mod:`planbrief.targets.frames`).
    digests: dict[str, str] = field(init=False, default_factory=dict, compare=False, repr=False)
    _names: dict[str, Names] = field(init=False, default_factory=dict, compare=False, repr=False)
    #: What has been made of the rows, whoever asked: typed frames, answers to questions, results of measures.
    memory: dict[Any, Any] = field(init=False, default_factory=dict, compare=False, repr=False)
    #: SHA-256 of every file that was read, by its path in the folder.
    files: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    #: Whether every cell has been found in its form already, when the rows were stored.
    checked: bool = field(default=False, compare=False)

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    @cached_property
    def places(self) -> Places:
        """The tree of areas."""
        return Places(self["areas"].cells("ref_area", "level", "parent"))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Areas of every level that a document is about (see :func:`planbrief.targets.package.regions`)."""
        return regions(self.places, self.about)

    @cached_property
    def cities(self) -> tuple[str, ...]:
        """Cities among the regions: prefectures, districts and counties."""
        return tuple(area for area in self.regions if self.places.level[area] in CITY_LEVELS)

    def names(self, table: str) -> Names:
        """What the rows of a reference table may be called, for words that people type."""
        if table not in self._names:
            from planbrief.targets.names import Names

            known = self[table]
            columns = [column for column in ("name_zh", "name_en", "title_zh") if column in known.columns]
            rows = list(known.cells(*known.key, *columns))
            if table == "indicators" and "indicator_aliases" in self.tables:
                rows += self["indicator_aliases"].cells("indicator", "alias")
            self._names[table] = Names(rows, places=table == "areas")
        return self._names[table]

    @cached_property
    def unit_table(self) -> UnitTable:
        """The table of units, for reading ``unit_measure``."""
        return UnitTable(row.values for row in self["units"].rows)

    @cached_property
    def about(self) -> dict[str, str]:
        """The area that each document is about (see :func:`planbrief.targets.package.areas_of_documents`)."""
        return areas_of_documents(self.places, self["observations"].cells("source_id", "ref_area"))

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """Documents in the order in which they are shown: by area as in the table of areas, then by date."""
        order = {area: position for position, area in enumerate(self.places.level)}
        rows = self["sources"].cells("source_id", "date_published")
        shown = sorted((order.get(self.about.get(source, ""), len(order)), date, source) for source, date in rows)
        return tuple(source for _, _, source in shown)

    @cached_property
    def sha256(self) -> str:
        """One hash over every value and the tables' description, wherever files lie: equal data, equal hash."""
        # Where files lie is no part of the data: a project laid out anew has the hash that it had.
        described = [
            {key: value for key, value in resource.items() if key not in ("path", "parts")}
            for resource in self.descriptor["resources"]
        ]
        said = {**self.descriptor, "resources": described}
        digest = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode())
        for name in sorted(self.tables):
            for row in self.tables[name].rows:
                digest.update(row.canonical)
        return digest.hexdigest()


def canonical(values: dict[str, str]) -> str:
    """A row as one unambiguous line of text, for hashing."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False) + "\n"


def safe_path(folder: Path, relative: str) -> Path:
    """`relative` inside `folder`; :class:`DataError` for anything that leads outside."""
    pure = PurePosixPath(relative)
    path = folder / pure
    # A link that leads out of the folder is outside, whatever its name looks like.
    try:
        inside = os.path.realpath(path).startswith(os.path.join(os.path.realpath(folder), ""))
    except (OSError, ValueError, RuntimeError):
        inside = False
    if pure.is_absolute() or ".." in pure.parts or "\\" in relative or not inside:
        found = repr(relative)[:80]
        raise DataError([Problem("data/datapackage.json", 0, "path", found, "a path inside the data folder")])
    return path


def read_text(path: Path, name: str) -> str:
    """A data file as text; :class:`DataError` naming the file where it is missing, too large or no UTF-8."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            size = f"{path.stat().st_size / 1e6:.0f} MB"
            raise DataError([Problem(name, 0, "", size, f"at most {LARGEST_FILE // 2**20} MiB")])
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        expected = "a CSV file, as data/datapackage.json names it"
        raise DataError([Problem(name, 0, "", "no such file", expected)]) from None
    except OSError as error:
        raise DataError([Problem(name, 0, "", error.strerror or str(error), "a readable CSV file")]) from None
    except UnicodeDecodeError as error:
        from planbrief.targets.excel import decode

        text, _ = decode(error.object)  # empty where it is no text at all
        found = f"byte 0x{error.object[error.start]:02X}, not UTF-8" + (" (saved by Excel as GBK?)" if text else "")
        expected = "UTF-8; planbrief check --fix can convert it" if text else "a text in UTF-8"
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError([Problem(name, line, "", found, expected)]) from None


def header_problems(
    name: str, header: Sequence[str], columns: Sequence[str], spare: Collection[str] = ()
) -> list[Problem]:
    """Columns that the header of a CSV file lacks, has twice or has too many; `spare` ones may be missing."""
    wrong = [
        Problem(name, 1, column, "no such column", "the column in the header")
        for column in columns
        if column not in header and column not in spare
    ]
    for position, column in enumerate(header):
        if column not in columns:
            shown = repr(column[:60]) if column else f"an unnamed column {position + 1}"
            wrong.append(Problem(name, 1, column[:40], shown, f"only the columns {', '.join(columns)}"))
        elif column in header[:position]:
            wrong.append(Problem(name, 1, column, "the column twice", "each column once"))
    return wrong


def parse_csv(text: str, name: str, columns: tuple[str, ...], spare: Collection[str] = ()) -> Iterator[Row]:
    """Rows of one CSV file, checked for shape: header, number of cells, no stray characters.

    A file may go without the columns in `spare`; their cells are empty then.
    """
    if text.startswith("\ufeff"):
        expected = "plain UTF-8; planbrief check --fix removes it"
        raise DataError([Problem(name, 1, "", "a byte order mark (BOM)", expected)])
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError([Problem(name, line, "", "a NUL character", "text")])
    csv.field_size_limit(LARGEST_FILE)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[Problem] = []
    try:
        header = next(reader, None)
        if header is None:
            raise DataError([Problem(name, 1, "", "an empty file", f"the header {','.join(columns)}")])
        if problems := header_problems(name, header, columns, spare):
            raise DataError(problems)
        blank = dict.fromkeys(columns, "")
        for count, cells in enumerate(reader, start=1):
            if count > MOST_ROWS:
                found = f"more than {MOST_ROWS:,} rows"
                problems.append(Problem(name, 0, "", found, f"at most {MOST_ROWS:,} rows in one file"))
            if count > MOST_ROWS or len(problems) >= MOST_PROBLEMS:
                break
            if not cells:
                continue
            if len(cells) != len(header):
                found = f"{len(cells)} cells"
                problems.append(Problem(name, reader.line_num, "", found, f"{len(header)} cells as in the header"))
                continue
            values = dict(zip(header, cells, strict=True))
            for column, cell in values.items() if max(map(len, cells)) > LONGEST_CELL else ():
                if len(cell) > LONGEST_CELL:
                    found = f"{len(cell):,} characters in one cell"
                    problems.append(Problem(name, reader.line_num, column, found, f"at most {LONGEST_CELL:,}"))
            yield Row(blank | values, name, reader.line_num)
    except csv.Error as error:
        problems.append(Problem(name, reader.line_num, "", f"broken quoting ({error})", "cells quoted as CSV demands"))
    if problems:
        raise DataError(problems)


def in_order(rows: list[Row], columns: Collection[str]) -> tuple[Row, ...]:
    """Rows as they are shown: by ``position`` where a table has it, rows without one behind all others; those of a
    document by their places in its text, so that the order of lines in a file says nothing.

    Files are sorted by key, so that additions merge; what readers expect first has a position.
    """
    if {"char_start", "char_end"} <= set(columns):
        files = {file: number for number, file in enumerate(dict.fromkeys(row.file for row in rows))}
        key = ("char_start", "char_end", *(("obs_id",) if "obs_id" in columns else ()))
        return tuple(sorted(rows, key=lambda row: (files[row.file], *(row.values[name].zfill(12) for name in key))))
    if "position" not in columns:
        return tuple(rows)

    def place(row: Row) -> float:
        given = row.values["position"]
        return int(given) if given.isascii() and given.isdigit() else math.inf

    return tuple(sorted(rows, key=place))


class DeferredRows(Sequence[Row]):
    """Rows of files that are known to be sound, parsed when somebody asks for one: a build that finds nothing to do
    looks at a few names only.
    """

    def __init__(self, texts: Mapping[str, str], columns: tuple[str, ...], spare: Collection[str]) -> None:
        self._texts, self._columns, self._spare = texts, columns, spare

    @cached_property
    def _rows(self) -> tuple[Row, ...]:
        rows: list[Row] = []
        problems: list[Problem] = []
        for name, text in self._texts.items():
            try:
                rows.extend(parse_csv(text, name, self._columns, self._spare))
            except DataError as error:
                problems.extend(error.problems)
        if problems:
            raise DataError(problems)
        return in_order(rows, self._columns)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._rows[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def read_package(folder: Path, sound: Mapping[str, str] | None = None) -> Package:
    """All tables of the data folder; :class:`DataError` with every problem of shape found in any file.

    `sound` holds the SHA-256 of files that were read without a problem before; the rows of such a file are parsed
    only when they are asked for.
    """
    descriptor = read_descriptor(folder)
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    files: dict[str, str] = {}
    for resource in descriptor["resources"]:
        columns = tuple(field["name"] for field in resource["schema"]["fields"])
        found = files_of(folder, resource)
        texts: dict[str, str] = {}
        for relative in found:
            name = f"data/{relative}"
            try:
                texts[name] = read_text(safe_path(folder, relative), name)
                files[relative] = hashlib.sha256(texts[name].encode()).hexdigest()
            except DataError as error:
                problems.extend(error.problems)
        rows: Sequence[Row] = DeferredRows(texts, columns, spare_columns(resource))
        if sound is None or any(sound.get(relative) != files.get(relative) for relative in found):
            try:
                len(rows)
            except DataError as error:
                problems.extend(error.problems)
        name = resource["name"]
        tables[name] = Table(name, resource["schema"], rows, found, home_of(resource))
    if problems:
        raise DataError(problems)
    return Package(folder, descriptor, tables, files=files)


def without(package: Package, sources: frozenset[str]) -> Package:
    """`package` without the rows of `sources`."""
    if not sources:
        return package

    def kept(table: Table) -> Table:
        rows = tuple(row for row in table.rows if row.values.get("source_id") not in sources)
        return replace(table, rows=rows)

    return replace(package, tables={name: kept(table) for name, table in package.tables.items()})


def left_out(project: Project) -> frozenset[str]:
    """Documents that the catalog of `project` leaves out (``exclude_sources``)."""
    named = read_catalog(project.catalog).get("exclude_sources", []) if project.catalog.is_file() else []
    return frozenset(str(source) for source in named) if isinstance(named, list) else frozenset()


def usable_package(project: Project, sound: Mapping[str, str] | None = None) -> Package:
    """Tables of `project` without the documents in the catalog's ``exclude_sources``; `sound` as for
    :func:`read_package`.
    """
    package = read_package(project.data, sound)
    return without(package, left_out(project))
