"""The data folder as sheets that can be mended cell by cell, the seal over what was accepted, and all problems at once.

Problems are those of damage, schema, references, rules and seal.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from planbrief.checks.plausibility import plausibility_problems
from planbrief.checks.rules import DOCUMENT_TABLES, Tables, between_problems, rule_problems
from planbrief.errors import DataError, Problem
from planbrief.targets.descriptor import home_of, read_descriptor
from planbrief.targets.excel import SPACES, decode, examine
from planbrief.targets.frames import cell_problems, circles, form_problems, reference_problems
from planbrief.targets.package import (
    LARGEST_FILE,
    LONGEST_CELL,
    MOST_PROBLEMS,
    MOST_ROWS,
    Package,
    Row,
    Table,
    canonical,
    files_of,
    header_problems,
    safe_path,
    spare_columns,
)

#: Separators that spreadsheets of other countries write instead of commas.
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Sheet:
    """One CSV file: its rows as text in the schema's columns, and what is wrong with its form."""

    #: As problems name it: ``data/documents/fuling-innovation-2023/observations.csv``.
    name: str
    #: Relative to the data folder.
    relative: str
    path: Path
    table: str
    schema: Mapping[str, Any]
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    #: Damage to the whole file that the rows are already free of, in words.
    mended: tuple[str, ...] = ()
    #: Whether every row could be read, so that rules about the whole file make sense.
    whole: bool = True
    raw: bytes = field(default=b"", repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the schema's fields."""
        return tuple(column["name"] for column in self.schema["fields"])

    @property
    def fields(self) -> dict[str, Mapping[str, Any]]:
        """Fields of the schema by name."""
        return {column["name"]: column for column in self.schema["fields"]}

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the primary key's fields."""
        key = self.schema.get("primaryKey", [])
        return (key,) if isinstance(key, str) else tuple(key)


def sheets_of(folder: Path, descriptor: Mapping[str, Any]) -> Iterator[Sheet]:
    """Every CSV file of every resource."""
    for resource in descriptor["resources"]:
        for relative in files_of(folder, resource):
            yield read_sheet(folder, relative, resource["name"], resource["schema"])


def forms_of(folder: Path, descriptor: Mapping[str, Any]) -> Iterator[tuple[Path, str, bytes]]:
    """The empty form before the parts of each table of documents: its path, its name and what it must hold."""
    for resource in descriptor["resources"]:
        if "parts" in resource:
            relative = home_of({"path": resource["path"]})
            columns = tuple(column["name"] for column in resource["schema"]["fields"])
            yield safe_path(folder, relative), f"data/{relative}", as_csv(columns, [])


def read_sheet(folder: Path, relative: str, table: str, schema: Mapping[str, Any]) -> Sheet:
    """One file, whatever its state."""
    name = f"data/{relative}"
    blank = Sheet(name, relative, folder / relative, table, schema, whole=False)

    def unread(found: str, expected: str) -> Sheet:
        return replace(blank, problems=(Problem(name, 0, "", found, expected),))

    try:
        path = safe_path(folder, relative)
        size = path.stat().st_size
        if size > LARGEST_FILE:
            return unread(f"{size / 1e6:.0f} MB", f"at most {LARGEST_FILE // 2**20} MiB")
        raw = path.read_bytes()
    except DataError as error:
        return replace(blank, problems=error.problems)
    except FileNotFoundError:
        return unread("no such file", "a CSV file, as data/datapackage.json lists it")
    except (OSError, ValueError) as error:
        return unread(getattr(error, "strerror", None) or str(error), "a readable CSV file")
    # What is fixable has been undone in the text already, so the rows can be judged; the rest leaves no rows.
    text, damage = decode(raw)
    problems = [Problem(name, one.line, "", one.found, one.expected, one.fixable) for one in damage]
    mended = [one.found for one in damage if one.fixable]
    if any(not one.fixable for one in damage):
        return replace(blank, problems=tuple(problems), raw=raw)
    return _parsed(replace(blank, raw=raw), text, problems, mended)


def _parsed(sheet: Sheet, text: str, problems: list[Problem], mended: list[str]) -> Sheet:
    """The sheet with its rows, or with what makes them unreadable."""
    name, columns = sheet.name, sheet.columns
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        problems.append(Problem(name, line, "", "a NUL character", "text"))
        return replace(sheet, problems=tuple(problems))
    first = text.partition("\n")[0]
    separator = ","
    # Another separator is believed only if it makes more than half of the schema's columns, and commas do not.
    for other, words in _SEPARATORS.items():
        if len({cell.strip('" ') for cell in first.split(other)} & set(columns)) > len(columns) / 2 > first.count(","):
            separator = other
            found = f"{words} between the cells"
            problems.append(Problem(name, 1, "", found, "commas", True))
            mended.append(found)
    csv.field_size_limit(LARGEST_FILE)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    grid: list[tuple[int, list[str]]] = []
    broken = False
    try:
        line = 1
        for cells in reader:
            grid.append((line, cells))
            line = reader.line_num + 1
            if len(grid) > MOST_ROWS:
                found = f"more than {MOST_ROWS:,} rows"
                problems.append(Problem(name, 0, "", found, f"at most {MOST_ROWS:,} rows in one file"))
                return replace(sheet, problems=tuple(problems))
    except csv.Error as error:
        broken = True
        smart = " (smart quotes?)" if "“" in text else ""
        found = f"broken quoting: {error}{smart}"
        problems.append(Problem(name, reader.line_num, "", found, "cells quoted as CSV demands"))
    if not grid:
        problems.append(Problem(name, 1, "", "an empty file", f"the header {','.join(columns)}"))
        return replace(sheet, problems=tuple(problems))
    return _shaped(sheet, grid, problems, mended, broken)


def _shaped(
    sheet: Sheet, grid: list[tuple[int, list[str]]], problems: list[Problem], mended: list[str], broken: bool
) -> Sheet:
    """Header, trailing emptiness and number of cells."""
    name, columns = sheet.name, sheet.columns

    def mend(line: int, found: str, expected: str) -> None:
        problems.append(Problem(name, line, "", found, expected, True))
        mended.append(found)

    header = list(grid[0][1])
    while header and not header[-1].strip(SPACES):
        header.pop()
    if len(header) < len(grid[0][1]):
        mend(1, f"{len(grid[0][1]) - len(header)} empty columns at the end", f"{len(columns)} columns")
    stripped = [cell.strip(SPACES + "\"“”'") for cell in header]
    if stripped != header and set(stripped) == set(columns):
        mend(1, "spaces or quotes around the names of columns", "the plain names")
        header = stripped
    spare = spare_columns({"name": sheet.table, "schema": sheet.schema})
    if wrong := header_problems(name, header, columns, spare):
        return replace(sheet, problems=(*problems, *wrong[:MOST_PROBLEMS]))
    if tuple(header) != tuple(column for column in columns if column in header):
        mend(1, "the columns in another order", ",".join(columns))
    rows, empty, uneven, beyond = [], [], 0, 0
    for line, cells in grid[1:]:
        if not any(cell.strip(SPACES) for cell in cells):
            empty.append(line)
            continue
        # Smart quotes hold no comma in its cell: such a row is torn, and has no empty cells to spare.
        torn = any("“" in cell or "”" in cell for cell in cells)
        if len(cells) > len(header) and not torn and not any(cell.strip(SPACES) for cell in cells[len(header) :]):
            beyond += 1
            cells = cells[: len(header)]
        if len(cells) != len(header):
            uneven += 1
            if uneven <= MOST_PROBLEMS:
                smart = "; smart quotes do not hold a cell together" if any("“" in c or "”" in c for c in cells) else ""
                expected = f"{len(header)} cells as in the header"
                problems.append(Problem(name, line, "", f"{len(cells)} cells{smart}", expected))
            continue
        values = dict(zip(header, cells, strict=True))
        long = [column for column, cell in values.items() if len(cell) > LONGEST_CELL]
        if long:
            found = f"{len(values[long[0]]):,} characters in one cell"
            problems.append(Problem(name, line, long[0], found, f"at most {LONGEST_CELL:,}"))
            uneven += 1
            continue
        rows.append(Row({column: values.get(column, "") for column in columns}, name, line))
    if beyond and len(header) == len(grid[0][1]):
        mend(grid[0][0], f"{beyond} rows with empty cells at the end", f"{len(columns)} cells")
    if empty:
        where = "at the end" if not rows or empty[0] > rows[-1].line else "between the rows"
        mend(empty[0], f"{len(empty)} empty rows {where}", "no empty rows")
    whole = not broken and not uneven
    return replace(sheet, rows=tuple(rows), problems=tuple(problems), mended=tuple(mended), whole=whole)


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """A table as the data folder keeps it: UTF-8 without BOM, LF, quotes only where needed; missing cells are empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


#: Name of the seal inside the data folder.
SEAL = "seal.txt"
_HEADER = "# One digest per row of the tables beside it: planbrief check compares, check --accept renews."
#: What a problem of the seal expects: it is how such problems are told from all others.
MEANT = "what was sealed; planbrief check --accept … if the change is meant"
UNSEALED = "a row that was accepted; planbrief check --accept … (or --accept-all) if it is meant"
#: More changed rows than this in one file are reported as one problem.
_LISTED = 20

Seal = dict[str, dict[str, str]]


def row_digest(values: Mapping[str, str]) -> str:
    """Eight hexadecimal digits that stand for all cells of a row."""
    return hashlib.sha256(canonical(dict(values)).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def row_key(values: Mapping[str, str], key: Iterable[str]) -> str:
    """Primary key of a row as the seal writes it, on one line and without spaces."""
    joined = ":".join(values.get(name, "") for name in key)
    return "".join(c if c.isprintable() and c != " " else "_" for c in joined) or "_"


def descriptor_digest(descriptor: Mapping[str, Any]) -> str:
    """Digest of ``datapackage.json``."""
    text = json.dumps(descriptor, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def digests(rows: Iterable[Row], key: tuple[str, ...]) -> dict[str, str]:
    """Key → digest of the rows of one file; a repeated key gets a number behind it."""
    found: dict[str, str] = {}
    for row in rows:
        name = base = row_key(row.values, key)
        again = 1
        while name in found:
            again += 1
            name = f"{base}#{again}"
        found[name] = row_digest(row.values)
    return found


def read_seal(folder: Path) -> Seal | None:
    """The seals of a data folder by file (relative to the folder); None where the shared one is not there or broken.

    Each document has its own beside its tables, so that two new documents never meet in one file.
    """
    seal = _read_one(folder, "")
    if seal is None:
        return None
    for path in sorted(folder.glob(f"*/*/{SEAL}")):
        seal |= _read_one(folder, path.parent.relative_to(folder).as_posix() + "/") or {}
    return seal


def _read_one(folder: Path, beside: str) -> Seal | None:
    path = folder / beside / SEAL
    try:
        if path.stat().st_size > LARGEST_FILE:
            return None
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    seal: Seal = {}
    section: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("## "):
            section = seal.setdefault(beside + line[3:].strip(), {})
        elif line and not line.startswith("#"):
            name, _, digest = line.rpartition(" ")
            section[name] = digest
    return seal


def write_seal(seal: Seal) -> dict[str, str]:
    """The texts of every ``seal.txt`` by path, the same for the same data."""
    texts = {SEAL: [_HEADER]}
    for file in sorted(seal):
        beside, slash, name = file.rpartition("/")
        lines = texts.setdefault(f"{beside}{slash}{SEAL}", [_HEADER])
        lines += ["", f"## {name}", *(f"{row} {digest}" for row, digest in seal[file].items())]
    return {path: "\n".join(lines) + "\n" for path, lines in texts.items()}


def changes(name: str, rows: list[Row], key: tuple[str, ...], sealed: Mapping[str, str] | None) -> list[Problem]:
    """Rows of one file (``data/…``) that differ from the seal, are new, or are gone."""
    if sealed is None:
        return [Problem(name, 0, "", "a file that is not sealed", UNSEALED)] if rows else []
    now = digests(rows, key)
    lines = dict(zip(now, (row.line for row in rows), strict=True))
    found = [
        Problem(name, lines[row], "", f"a new row {row}", UNSEALED)
        if row not in sealed
        else Problem(name, lines[row], "", f"a changed row {row}", MEANT)
        for row, digest in now.items()
        if sealed.get(row) != digest
    ]
    found += [Problem(name, 0, "", f"no row {row} any more", MEANT) for row in sealed if row not in now]
    if len(found) > _LISTED:
        places = ", ".join(str(problem.row) for problem in found[:_LISTED] if problem.row)
        words = f"{len(found)} rows changed, new or gone (rows {places} …)"
        unsealed = all(problem.expected == UNSEALED for problem in found)
        return [Problem(name, 0, "", words, UNSEALED if unsealed else MEANT)]
    return found


#: Under this name the seal keeps ``datapackage.json`` itself.
DESCRIPTOR = "datapackage.json"


@dataclass(frozen=True)
class Survey:
    """The data folder as it was found, and everything that is wrong with it."""

    folder: Path
    descriptor: Mapping[str, Any]
    sheets: tuple[Sheet, ...]
    problems: tuple[Problem, ...]


def data_problems(folder: Path) -> list[Problem]:
    """Everything that is wrong with a data folder, sorted by file and row."""
    return list(survey(folder).problems)


def survey(folder: Path) -> Survey:
    """Read a data folder whatever its state, and list every problem."""
    try:
        descriptor = read_descriptor(folder)
    except DataError as error:
        return Survey(folder, {"resources": []}, (), error.problems)
    sheets = tuple(sheets_of(folder, descriptor))
    problems = [problem for sheet in sheets for problem in sheet.problems]
    problems += damage_problems(sheets)
    problems += table_problems(descriptor, sheets)
    problems += document_problems(folder, descriptor)
    problems += unlisted_problems(folder, descriptor, sheets)
    problems += seal_problems(folder, descriptor, sheets, problems)
    return Survey(folder, descriptor, sheets, tuple(sorted(once_per_cell(problems))))


def damage_problems(sheets: Iterable[Sheet]) -> list[Problem]:
    """Cells that a spreadsheet changed."""
    problems = []
    for sheet in sheets:
        for column, schema in sheet.fields.items():
            sound: set[str] = set()
            for row in sheet.rows:
                value = row.values[column]
                if value in sound:
                    continue
                damage = examine(value, schema)
                if damage is None:
                    sound.add(value)
                    continue
                shown = value if len(value) <= 60 else value[:59] + "…"
                wanted = " or ".join(damage.candidates[:3]) or "the text itself"
                found = f"{shown!r} ({damage.name})"
                problems.append(Problem(row.file, row.line, column, found, wanted[:120], damage.certain))
    return problems


def table_problems(descriptor: Mapping[str, Any], sheets: Iterable[Sheet]) -> list[Problem]:
    """Schemas, references, circles and rules, for the tables whose files could be read."""
    by_table: dict[str, list[Sheet]] = defaultdict(list)
    for sheet in sheets:
        by_table[sheet.table].append(sheet)
    problems: list[Problem] = []
    tables: dict[str, Table] = {}
    for resource in descriptor["resources"]:
        name = resource["name"]
        own = by_table[name]
        rows = tuple(row for sheet in own for row in sheet.rows)
        files = tuple(sheet.relative for sheet in own)
        tables[name] = table = Table(name, resource["schema"], rows, files, home_of(resource))
        problems += form_problems(table) + cell_problems(table)
    package = Package(Path(), dict(descriptor), tables)
    for table in tables.values():
        readable = {name for name, own in by_table.items() if own and all(sheet.whole for sheet in own)}
        # A table that could not be read whole lacks keys for no fault of those that refer to it.
        targets = {key["reference"]["resource"] or table.name for key in table.schema.get("foreignKeys", [])}
        if targets <= readable:
            problems += reference_problems(package, table)
        if "parent" in table.columns:
            problems += circles(table)
    rows_of = {name: list(table.rows) for name, table in tables.items()}
    known = Tables(rows_of)
    problems += rule_problems(known)
    problems += plausibility_problems(known)
    problems += between_problems(rows_of)
    return problems


def document_problems(folder: Path, descriptor: Mapping[str, Any]) -> list[Problem]:
    """Each folder of a document has its row of sources, its observations and its exclusions; forms are empty."""
    problems = []
    for resource in descriptor["resources"]:
        name, parts = resource["name"], resource.get("parts")
        if name not in DOCUMENT_TABLES:
            continue
        if parts is None:
            found, wanted = "one file for all documents", "one folder per document; planbrief migrate makes them"
            return [Problem(f"data/{home_of(resource)}", 0, "", found, wanted)]
        above, _, file = parts.split("/")
        wanted = f"the document's {name}" if name == "sources" else f"the document's {name}, or the header alone"
        for document in sorted(path for path in (folder / above).glob("*") if path.is_dir()):
            place = document.relative_to(folder).as_posix()
            if not document.name.startswith(".") and not (document / file).is_file():
                problems.append(Problem(f"data/{place}/{file}", 0, "", "no such file", wanted))
    for path, name, content in forms_of(folder, descriptor):
        if not path.is_file() or path.read_bytes() != content:
            wanted = "the header alone; rows stand in the folder of their document"
            problems.append(Problem(name, 0, "", "something else" if path.is_file() else "no such file", wanted, True))
    return problems


def unlisted_problems(folder: Path, descriptor: Mapping[str, Any], sheets: Iterable[Sheet]) -> list[Problem]:
    """CSV files anywhere in the data folder that the descriptor does not name, which no check would ever read."""
    known = {sheet.relative for sheet in sheets}
    known |= {path.relative_to(folder).as_posix() for path, _, _ in forms_of(folder, descriptor)}
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.csv"))
    wanted = "a resource of data/datapackage.json for every CSV file"
    return [
        Problem(f"data/{relative}", 0, "", "a file that is not listed", wanted)
        for relative in found
        if relative not in known
    ]


def seal_problems(
    folder: Path, descriptor: Mapping[str, Any], sheets: Iterable[Sheet], known: Iterable[Problem]
) -> list[Problem]:
    """Rows that differ from the seal and that no other problem names."""
    seal = read_seal(folder)
    if seal is None:
        found = "no seal, or one that cannot be read"
        return [Problem(f"data/{SEAL}", 0, "", found, "a seal; planbrief check --accept-all writes it")]
    # A row that is wrong has changed, of course: only what no other problem names is told as changed.
    named = {place for problem in known for place in problem.places}
    problems: list[Problem] = []
    for sheet in sheets:
        if sheet.whole:
            changed = changes(sheet.name, list(sheet.rows), sheet.key, seal.get(sheet.relative))
            problems += [problem for problem in changed if not problem.row or (problem.file, problem.row) not in named]
    for relative in sorted(set(seal) - {sheet.relative for sheet in sheets} - {DESCRIPTOR}):
        problems.append(Problem(f"data/{relative}", 0, "", "no such file any more", MEANT))
    if seal.get(DESCRIPTOR, {}).get("descriptor") != descriptor_digest(descriptor):
        problems.append(Problem(f"data/{DESCRIPTOR}", 0, "", "changed since it was sealed", MEANT))
    return problems


def once_per_cell(problems: Iterable[Problem]) -> list[Problem]:
    """The first problem of each cell, a wrong reference before its form; problems of whole rows and files all stay."""
    first: dict[object, Problem] = {}
    for problem in sorted(problems, key=lambda one: not one.expected.startswith("a key of ")):
        place: object = (problem.file, problem.row, problem.column) if problem.column else problem
        first.setdefault(place, problem)
    return list(first.values())
