"""Mend what spreadsheets did to the data folder, where nothing is lost and nothing is guessed.

A cell is changed only if one reading is left: by its own form, by the other cells of its row (``value_text``,
``obs_id``), or because the row then equals what was sealed. Everything else stays for a person to decide.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product
from pathlib import Path

from planbrief.checks.data import DESCRIPTOR, Survey, survey
from planbrief.checks.rules import decimal
from planbrief.checks.seal import (
    MEANT,
    SEAL,
    Seal,
    descriptor_digest,
    digests,
    read_seal,
    row_digest,
    row_key,
    write_seal,
)
from planbrief.checks.sheets import Sheet, as_csv, forms_of
from planbrief.checks.table_rules import offset, order
from planbrief.errors import Problem, RunError
from planbrief.targets.excel import decode, examine, guesses
from planbrief.targets.spans import TOKEN

#: Combinations of cells tried against the seal for one row.
_TRIES = 3000


@dataclass(frozen=True)
class Mend:
    """One thing that was mended."""

    file: str
    row: int
    column: str
    what: str


class FixError(RunError):
    """A file could not be written."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file, self.reason = file, reason

    def __str__(self) -> str:
        return f"{self.file} cannot be written: {self.reason}; it is as it was"


def fix(folder: Path) -> list[Mend]:
    """Mend a data folder and seal it; what is left shows the next check.

    Raises
    ------
    FixError
        If a file cannot be written; that file keeps its old content.
    """
    found = survey(folder)
    seal = read_seal(folder) or {}
    done: list[Mend] = []
    for sheet in found.sheets:
        done += mend_sheet(sheet, seal.get(sheet.relative, {}))
    if found.sheets:
        done += mend_forms(found)
        done += renew_seal(folder)
    return done


def mend_sheet(sheet: Sheet, sealed: Mapping[str, str]) -> list[Mend]:
    """Mend one CSV file and write it, if anything in it can be mended."""
    done = [Mend(sheet.name, 0, "", what) for what in sheet.mended]
    if not sheet.whole:
        text, damage = decode(sheet.raw)
        if not damage or any(not one.fixable for one in damage):
            return []
        write(sheet.path, sheet.name, text.encode("utf-8"))
        return [Mend(sheet.name, one.line, "", one.found) for one in damage]
    rows = []
    for row in sheet.rows:
        values, changes = mended_row(row.values, sheet, sealed)
        rows.append(values)
        for column, name in changes.items():
            what = f"{row.values[column][:60]!r} → {values[column][:60]!r} ({name})"
            done.append(Mend(sheet.name, row.line, column, what))
    if sheet.table in ("observations", "exclusions"):
        in_order = sorted(rows, key=order)
        if in_order != rows:
            done.append(Mend(sheet.name, 0, "", "rows sorted by char_start"))
            rows = in_order
    if done:
        write(sheet.path, sheet.name, as_csv(sheet.columns, rows))
    return done


def mended_row(
    values: Mapping[str, str], sheet: Sheet, sealed: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The row with every certain cell mended, and by column what had happened to it."""
    row, names = dict(values), {}
    open_cells: dict[str, tuple[str, tuple[str, ...]]] = {}
    for column, field in sheet.fields.items():
        damage = examine(row[column], field)
        if damage and damage.certain:
            row[column], names[column] = damage.candidates[0], damage.name
        elif damage and damage.candidates:
            open_cells[column] = (damage.name, damage.candidates)
    for column, name, value in from_context(row, sheet, open_cells):
        if row[column] != value:
            row[column], names[column] = value, name
            open_cells.pop(column, None)
    digest = sealed.get(row_key(row, sheet.key))
    if digest and row_digest(row) != digest:
        for trial, found in trials(row, open_cells):
            if row_digest(trial) == digest:
                return trial, names | found
    return row, names


def from_context(
    row: Mapping[str, str], sheet: Sheet, open_cells: Mapping[str, tuple[str, tuple[str, ...]]]
) -> Iterator[tuple[str, str, str]]:
    """Cells that other cells of the row decide: (column, what had happened, value)."""
    if sheet.table == "observations":
        printed = row["value_text"].replace(",", "")
        value = decimal(row["obs_value"])
        name, candidates = open_cells.get("obs_value", ("decimals that Excel dropped or added", ()))
        readings = [decimal(one) for one in candidates] or [value]
        if (
            row["obs_value"]
            and TOKEN.fullmatch(row["value_text"])
            and printed.isascii()
            and {Decimal(printed), -Decimal(printed)} & set(readings)
        ):
            sign = "-" if row["obs_value"].startswith("-") else ""
            yield "obs_value", name, sign + printed
        identified = row["obs_id"].removeprefix(row["source_id"] + "-").rstrip("abcdefghijklmnopqrstuvwxyz")
        if "char_start" in open_cells and identified.isascii() and identified.isdigit():
            start = str(int(identified))
            if start in open_cells["char_start"][1]:
                yield "char_start", open_cells["char_start"][0], start
    start_value = offset(row.get("char_start", ""))
    if "char_end" in open_cells and start_value is not None:
        end = str(start_value + len(row["value_text"]))
        if end in open_cells["char_end"][1]:
            yield "char_end", open_cells["char_end"][0], end


def trials(
    row: Mapping[str, str], open_cells: Mapping[str, tuple[str, tuple[str, ...]]]
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Earlier forms that the row can have had, the likeliest first, with what happened to each cell."""
    options = [[(column, name, one) for one in many] for column, (name, many) in open_cells.items()]
    decided: list[tuple[tuple[str, str, str], ...]] = list(product(*options))[:_TRIES]
    free = [
        (column, name, earlier)
        for column, value in row.items()
        if column not in open_cells
        for name, earlier in guesses(value)
    ]
    extras: list[tuple[tuple[str, str, str], ...]] = [(), *((one,) for one in free), *combinations(free, 2)]
    for tried, (first, more) in enumerate(product(decided, extras)):
        if tried > _TRIES:
            return
        chosen = first + more
        if chosen:
            trial = dict(row) | {column: value for column, _, value in chosen}
            yield trial, {column: f"{name}; the seal proves it" for column, name, _ in chosen}


def mend_forms(found: Survey) -> list[Mend]:
    """Write the forms of documents' tables as their schemas have them."""
    done = []
    for path, name, content in forms_of(found.folder, found.descriptor):
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(exist_ok=True)
            write(path, name, content)
            done.append(Mend(name, 0, "", "the header alone"))
    return done


def renew_seal(folder: Path) -> list[Mend]:
    """Seal every file in which nothing is left to mend; a file with problems keeps its old seal."""
    now = survey(folder)
    old = read_seal(folder)
    broken = {problem.file for problem in now.problems if not sealed_apart(problem)}
    seal: Seal = {}
    for sheet in now.sheets:
        if sheet.name not in broken and sheet.whole and sheet.rows:
            seal[sheet.relative] = digests(sheet.rows, sheet.key)
        elif old and sheet.relative in old and sheet.name in broken:
            seal[sheet.relative] = old[sheet.relative]
    if f"data/{DESCRIPTOR}" in broken and old and DESCRIPTOR in old:
        seal[DESCRIPTOR] = old[DESCRIPTOR]
    elif f"data/{DESCRIPTOR}" not in broken:
        seal[DESCRIPTOR] = {"descriptor": descriptor_digest(now.descriptor)}
    if seal == old:
        return []
    for relative, text in write_seal(seal).items():
        write(folder / relative, f"data/{relative}", text.encode("utf-8"))
    if old is None:
        return [Mend(f"data/{SEAL}", 0, "", "sealed for the first time")]
    return [
        Mend(problem.file, problem.row, problem.column, f"sealed as it is now: {problem.found}")
        for problem in now.problems
        if sealed_apart(problem) and problem.file not in broken
    ]


def sealed_apart(problem: Problem) -> bool:
    """Whether a problem says only that something differs from the seal."""
    return problem.expected == MEANT or problem.file.rpartition("/")[2] == SEAL


def write(path: Path, name: str, content: bytes) -> None:
    """Put a file in its place as a whole: readers see the old or the new one, never a part."""
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise FixError(name, error.strerror or str(error)) from None
