"""Every problem of the data folder at once: damage, schema, references, rules, seal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planbrief.checks.plausibility import plausibility_problems
from planbrief.checks.rules import DOCUMENT_TABLES, Tables, between_problems, rule_problems
from planbrief.checks.sheets import MEANT, SEAL, Sheet, changes, descriptor_digest, forms_of, read_seal, sheets_of
from planbrief.errors import DataError, Problem
from planbrief.targets.descriptor import home_of, read_descriptor
from planbrief.targets.excel import examine
from planbrief.targets.frames import cell_problems, circles, form_problems, reference_problems
from planbrief.targets.package import Package, Table

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
        for column, field in sheet.fields.items():
            sound: set[str] = set()
            for row in sheet.rows:
                value = row.values[column]
                if value in sound:
                    continue
                damage = examine(value, field)
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
