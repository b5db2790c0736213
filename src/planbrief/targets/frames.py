"""Tables as typed frames, and as kept between processes: what makes a reference or value wrong, and what was read."""

from __future__ import annotations

import contextlib
import copy
import errno
import hashlib
import json
import math
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import Problem
from planbrief.project import Project
from planbrief.targets.descriptor import files_of, home_of
from planbrief.targets.excel import examine, fits
from planbrief.targets.package import Package, Row, Table

if TYPE_CHECKING:
    import pandas as pd

#: Tables whose rows form a tree by their column ``parent``.
TREES = ("areas", "activities")
#: Types of a frame's columns by those of the schema; everything else is text.
_DTYPES = {"number": "float64", "integer": "int64", "": "str"}
#: How their cells are read; what they look like has been checked before (:func:`cell_problems`).
_NUMBERS: dict[str, Callable[[str], Any]] = {"number": lambda text: float(text) if text else math.nan, "integer": int}


def unknown_references(package: Package) -> list[Problem]:
    """Cells out of form or vocabulary, references that lead nowhere, circles of parents; numbers are in frames."""
    problems: list[Problem] = []
    for table in package.tables.values():
        problems += form_problems(table)
        problems += reference_problems(package, table)
        if table.name in TREES:
            problems += circles(table)
    return problems


def form_problems(table: Table) -> list[Problem]:
    """Cells of text that are not what their field demands: pattern, vocabulary, date, required."""
    problems = []
    references = {key["fields"][0] for key in table.schema.get("foreignKeys", [])}
    for field in table.schema["fields"]:
        if field.get("type") in ("number", "integer"):
            continue
        # Most cells of a column repeat: each text is judged once, unless it is wrong and has a row to be named.
        good: set[str] = set()
        name = field["name"]
        for row in table.rows:
            value = row.values[name]
            if value in good or (value and name in references):
                continue
            if fits(value, field):
                good.add(value)
            else:
                problems.append(Problem(row.file, row.line, name, found_in(value, field), expected(field)))
    return problems


def found_in(value: str, field: Mapping[str, Any]) -> str:
    """A wrong cell as a problem shows it, with what a spreadsheet did to it where that is recognised."""
    if value == "":
        return "nothing"
    shown = repr(value if len(value) <= 60 else value[:59] + "…")
    damage = examine(value, field)
    return f"{shown} ({damage.name})" if damage else shown


def expected(field: Mapping[str, Any]) -> str:
    """What a field demands, in words."""
    rules = field.get("constraints", {})
    if "enum" in rules:
        return "one of " + ", ".join(rules["enum"])
    words = {
        "number": "a number written like 142.8",
        "integer": "a whole number",
        "boolean": "true or false",
        "date": "a date written like 2024-06-25",
    }.get(field.get("type", "string"))
    if words:
        return words + (f", at least {rules['minimum']}" if "minimum" in rules else "")
    if "pattern" in rules:
        told = field.get("description", "").rstrip(".")
        return told if 0 < len(told) <= 80 else f"text like the pattern {rules['pattern']}"
    if rules.get("required"):
        return f"a text of 1 to {rules['maxLength']} characters" if "maxLength" in rules else "a value"
    return f"at most {rules['maxLength']} characters" if "maxLength" in rules else "a value"


def reference_problems(package: Package, table: Table) -> list[Problem]:
    """Foreign keys that point at no row: one problem per file and missing key, at the first row that has it."""
    lost: dict[tuple[str, str, str, str], list[Row]] = {}
    targets: dict[str, str] = {}
    for key in table.schema.get("foreignKeys", []):
        column, target = key["fields"][0], key["reference"]["resource"] or table.name
        known, targets[column] = package[target].by_key, target
        for row in table.rows:
            value = row.values[column]
            if value and value not in known:
                lost.setdefault((row.file, column, value, package[target].home), []).append(row)
    problems = []
    for (file, column, value, home), rows in lost.items():
        more = f" and {len(rows) - 1} more rows" if len(rows) > 1 else ""
        near = package.names(targets[column]).near(value) if len(value) <= 60 else ()
        hint = f" ({' or '.join(near)}?)" if near else ""
        found, also = f"{value[:60]!r}{more}", tuple(row.line for row in rows[1:])
        problems.append(Problem(file, rows[0].line, column, found, f"a key of data/{home}{hint}", also=also))
    return problems


def circles(table: Table) -> list[Problem]:
    """Rows whose parents lead back to themselves."""
    parents = {key: row.values["parent"] for key, row in table.by_key.items()}
    problems = []
    for key, row in table.by_key.items():
        seen, at = {key}, parents[key]
        while at and at in parents and at not in seen:
            seen.add(at)
            at = parents[at]
        if at == key:
            wanted = "parents that end at a row without one"
            problems.append(Problem(row.file, row.line, "parent", f"a circle of parents at {key[:60]}", wanted))
    return problems


def as_text(value: object) -> str:
    """A cell as the CSV files would hold it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def typed(table: Table, cells: Iterable[tuple[str, ...]]) -> pd.DataFrame:
    """A typed frame of rows of a table that have been checked; `cells` stand in the order of its columns."""
    import pandas as pd

    numeric = numeric_fields(table)
    texts: dict[str, str] = {}  # most cells repeat: hold each text once

    def shared(text: str) -> str:
        return texts.setdefault(text, text)

    readers = [_NUMBERS.get(numeric.get(name, ""), shared) for name in table.columns]
    rows = [[read(text) for read, text in zip(readers, row, strict=True)] for row in cells]
    columns = (
        dict(zip(table.columns, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(table.columns, ())
    )
    frame = pd.DataFrame(
        {name: pd.Series(list(values), dtype=_DTYPES[numeric.get(name, "")]) for name, values in columns.items()}
    )
    if len(table.key) == 1:
        frame = frame.set_index(table.key[0])
    if table.name == "observations":
        years = [end_year(text) for text in columns["time_period"]]
        frame["year"] = pd.Series(years, index=frame.index, dtype="float64")
        frame["dated"] = frame["year"].notna()
    return frame


def records_of(frame: pd.DataFrame, index: str = "") -> list[dict[str, Any]]:
    """Rows of a frame as dictionaries, its index under a name of its own if one is given.

    The same as pandas' ``to_dict("records")`` in a seventh of the time for the few wide rows of our tables.
    """
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    if index:
        columns = {index: frame.index.tolist(), **columns}
    if not columns:
        return []
    for name, dtype in zip(frame.columns, frame.dtypes, strict=True):
        if dtype == "object":
            columns[str(name)] = [value.item() if hasattr(value, "item") else value for value in columns[str(name)]]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def numeric_fields(table: Table) -> dict[str, str]:
    """Names of the fields that hold numbers, with ``number`` or ``integer``."""
    return {f["name"]: f["type"] for f in table.schema["fields"] if f.get("type") in ("number", "integer")}


def cell_problems(table: Table) -> list[Problem]:
    """Keys that occur twice and cells that are not the number they must be, with file, row and column."""
    problems: list[Problem] = []
    numeric = [field for field in table.schema["fields"] if field.get("type") in ("number", "integer")]
    seen: dict[tuple[str, ...], Row] = {}
    for row in table.rows:
        key = tuple(row.values[name] for name in table.key)
        if key in seen:
            first = seen[key]
            where = f"row {first.line}" if first.file == row.file else f"{first.file}, row {first.line}"
            found = f"{':'.join(key)[:80]} again (first in {where})"
            problems.append(Problem(row.file, row.line, ", ".join(table.key), found, "a key that occurs once"))
        seen.setdefault(key, row)
        for field in numeric:
            value = row.values[field["name"]]
            if not fits(value, field):
                shown = found_in(value, field)
                problems.append(Problem(row.file, row.line, field["name"], shown, expected(field)))
    return problems


def end_year(period: str) -> float:
    """The year in which a time period ends: 2025-H1 → 2025, 2024/2035 → 2035, undated → NaN."""
    last = period.rpartition("/")[2][:4]
    return float(last) if last.isdigit() else math.nan


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

    def take(self, other: Recorder) -> None:
        """Remember what another one has collected."""
        self._plain.update(other._plain)
        for where, values in other._keys.items():
            self._keys[where] |= values

    def reads(self) -> list[Read]:
        """All reads in a stable order, without those that another covers."""
        keyed = [
            {"table": table, "where": {column: sorted(values)}}
            for (table, column), values in sorted(self._keys.items())
        ]
        # A report that read all of a table changes with any row of it: single rows of it add nothing.
        whole = {read["table"] for read in self._plain.values() if read.keys() == {"table"}}
        kept = [read for _, read in sorted(self._plain.items()) if "where" not in read or read["table"] not in whole]
        return kept + [read for read in keyed if read["table"] not in whole]


#: Its name in the folder of the project.
STORE = "rows.sqlite"
#: Columns by which large tables are asked.
INDEXED = ("obs_id", "ref_area", "source_id", "indicator", "transformation", "parent")
#: Values in one question: SQLite's own limit is much higher.
MOST_VALUES = 500


def write_store(package: Package, path: Path, left_out: Iterable[str] = ()) -> None:
    """Write `package`, whose rows have been checked, into a new file; `left_out` are the documents it goes without.

    OSError where the file cannot be written whole (a full disk, a limit on the size of files); then there is none.
    """
    path.unlink(missing_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as base:
            _fill(base, package, left_out)
    except sqlite3.Error as error:
        path.unlink(missing_ok=True)
        raise OSError(errno.EIO, f"cannot be written: {error}", str(path)) from None


def _fill(base: sqlite3.Connection, package: Package, left_out: Iterable[str]) -> None:
    base.execute("PRAGMA journal_mode=OFF")
    base.execute("PRAGMA synchronous=OFF")
    base.execute("BEGIN")
    base.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT)")
    facts = _facts(package, left_out)
    base.executemany("INSERT INTO facts VALUES (?, ?)", [(k, json.dumps(v)) for k, v in facts.items()])
    for name, table in package.tables.items():
        columns = table.columns
        shown = ", ".join(f"{_quoted(column)} TEXT" for column in columns)
        base.execute(f'CREATE TABLE {_table(name)} ("#file" TEXT, "#line" INTEGER, {shown})')
        marks = ", ".join("?" * (len(columns) + 2))
        base.executemany(
            f"INSERT INTO {_table(name)} VALUES ({marks})",
            ((row.file, row.line, *(row.values[column] for column in columns)) for row in table.rows),
        )
        for column in INDEXED:
            if column in columns:
                base.execute(f"CREATE INDEX {_quoted(f'{name}/{column}')} ON {_table(name)} ({_quoted(column)})")
    base.execute("COMMIT")


def _facts(package: Package, left_out: Iterable[str]) -> dict[str, Any]:
    """What is known of a package beside its rows; what its documents are about takes all of them to tell."""
    files, about = dict(package.files), package.about
    return {"descriptor": package.descriptor, "files": files, "left_out": sorted(left_out), "about": about}


class _Base(sqlite3.Connection):
    """A database that is closed when the last table that reads it goes."""

    def __del__(self) -> None:
        self.close()


def read_store(project: Project, left_out: Iterable[str] = ()) -> Package | None:
    """The package that a build stored beside the files of `project`; None unless it stands for just these files."""
    path = project.root / STORE
    if not path.is_file():
        return None
    try:
        base = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False, factory=_Base)
        facts = {name: json.loads(value) for name, value in base.execute("SELECT name, value FROM facts")}
        if facts["left_out"] != sorted(left_out) or not _same(facts["files"], project.data):
            return None
        descriptor = facts["descriptor"]
        if (kept := _kept.get(_state(facts))) is not None:
            twin = copy.copy(kept)
            object.__setattr__(twin, "folder", project.data)
            return twin
        tables = {resource["name"]: _stored(base, project.data, resource) for resource in descriptor["resources"]}
    except (sqlite3.Error, OSError, ValueError, KeyError):
        return None
    package = Package(project.data, descriptor, tables, files=facts["files"], checked=True)
    package.__dict__["about"] = facts["about"]
    return package


#: Packages that this process, or the one that it was forked from, keeps whole, by what their files hold.
_kept: dict[str, Package] = {}


def _state(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True)


def keep(project: Project, left_out: Iterable[str], most: int) -> Package | None:
    """Have whoever reads a copy of `project` in this process, or in one forked from it, get the same package.

    It holds all rows and no open file, with whatever is made of it later. None where nothing is stored, or more than
    `most` rows are: those stay in the file.
    """
    package = read_store(project, left_out)
    if (
        package is None
        or sum(table.count for table in package.tables.values() if isinstance(table, StoredTable)) > most
    ):
        return None
    for table in package.tables.values():
        if isinstance(table, StoredTable):
            table.take_in()
    _kept.clear()  # what a process that goes on to serve other builds read before is of no more use
    _kept[_state(_facts(package, left_out))] = package
    return package


def _same(files: Mapping[str, str], folder: Path) -> bool:
    return all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == value for name, value in files.items())


def _stored(base: sqlite3.Connection, folder: Path, resource: dict[str, Any]) -> Table:
    name, columns = resource["name"], tuple(field["name"] for field in resource["schema"]["fields"])
    rows = StoredRows(base, name, columns)
    return StoredTable(name, resource["schema"], rows, files_of(folder, resource), home_of(resource))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(name: str) -> str:
    return _quoted(f"table/{name}")


class StoredRows(Sequence[Row]):
    """Every row of a table, read from the database when they are first asked for."""

    def __init__(self, base: sqlite3.Connection, name: str, columns: tuple[str, ...]) -> None:
        self._base, self._name, self._columns = base, name, columns

    def select(self, what: str, how: str = "", values: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
        """Some columns of some rows, in file order, read one by one."""
        question = f"SELECT {what} FROM {_table(self._name)} {how} ORDER BY rowid"
        return self._base.execute(question, values)

    def some(self, how: str = "", values: Sequence[str] = ()) -> tuple[Row, ...]:
        """Some rows, in file order."""
        return tuple(
            Row(dict(zip(self._columns, cells, strict=True)), file, line)
            for file, line, *cells in self.select("*", how, values)
        )

    @property
    def loaded(self) -> bool:
        """Whether all rows have been asked for already."""
        return "_all" in self.__dict__

    @cached_property
    def _all(self) -> tuple[Row, ...]:
        return self.some()

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, position: Any) -> Any:
        return self._all[position]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._all)


class StoredTable(Table):
    """A table whose rows stay in the database until they are asked for."""

    @property
    def count(self) -> int:
        """How many rows it has, told without reading them."""
        return len(self.rows) if self._stored is None else next(self._stored.select("COUNT(*)"))[0]

    def take_in(self) -> None:
        """Hold all rows, and no longer the database."""
        object.__setattr__(self, "rows", tuple(self.rows))

    @property
    def _stored(self) -> StoredRows | None:
        return self.rows if isinstance(self.rows, StoredRows) and not self.rows.loaded else None

    def cells(self, *names: str) -> Iterator[tuple[str, ...]]:
        """The cells of some columns, row by row."""
        if (stored := self._stored) is None:
            return super().cells(*names)
        return stored.select(", ".join(_quoted(name) for name in names))

    def matching(self, where: Mapping[str, Iterable[str]]) -> list[Row]:
        """Rows whose columns have one of the given values each, in file order; KeyError for an unknown column."""
        given = {column: sorted(set(values)) for column, values in where.items()}
        if unknown := sorted(given.keys() - set(self.columns)):
            raise KeyError(unknown[0])
        stored = self._stored
        if stored is None or not given or max(map(len, given.values())) > MOST_VALUES:
            return super().matching(given)
        tests = " AND ".join(f"{_quoted(column)} IN ({', '.join('?' * len(vs))})" for column, vs in given.items())
        found = list(stored.some(f"WHERE {tests}", [value for values in given.values() for value in values]))
        if len(self.key) == 1:
            self._seen.keep(found)
        return found

    @cached_property
    def by_key(self) -> Mapping[str, Row]:
        """Rows by their primary key (joined by ``:`` where it has several fields); the last of a duplicate wins."""
        single = len(self.key) == 1 and self._stored is not None
        return self._seen if single else {":".join(row.values[n] for n in self.key): row for row in self.rows}

    @cached_property
    def _seen(self) -> StoredKeys:
        return StoredKeys(self)


class StoredKeys(Mapping[str, Row]):
    """Rows of a table by their key, each read when it is asked for, unless it has been read with others before."""

    def __init__(self, table: StoredTable) -> None:
        self._table, (self._key,) = table, table.key
        self._rows: dict[str, Row | None] = {}

    def keep(self, rows: Iterable[Row]) -> None:
        """Remember rows that have been read for another reason."""
        self._rows.update((row.values[self._key], row) for row in rows)

    def __getitem__(self, key: str) -> Row:
        if key not in self._rows:
            found = self._table.matching({self._key: [key]})
            self._rows[key] = found[-1] if found else None
        if (row := self._rows[key]) is None:
            raise KeyError(key)
        return row

    def __iter__(self) -> Iterator[str]:
        return (key for (key,) in self._table.cells(self._key))

    def __len__(self) -> int:
        return sum(1 for _ in self)
