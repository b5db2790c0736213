"""Mend the data folder, and admit new rows to it.

A cell that a spreadsheet changed is mended only if one reading is left: by its own form, by the other cells of its row
(``value_text``, ``obs_id``), or because the row then equals what was sealed. Everything else stays for a person.

New rows enter in one step, all of them, checked and sealed, or none: the data folder is copied, changed and checked as
a whole; only a copy without any problem replaces the files that differ. What is to be replaced is first written down
beside the drafts, so that a step that the machine broke off is finished by the next command, and an error puts every
file back.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product
from pathlib import Path

from planbrief.checks.data import (
    DESCRIPTOR,
    MEANT,
    SEAL,
    UNSEALED,
    Seal,
    Sheet,
    Survey,
    as_csv,
    descriptor_digest,
    digests,
    forms_of,
    read_seal,
    row_digest,
    row_key,
    survey,
    write_seal,
)
from planbrief.checks.rules import decimal, offset, order
from planbrief.errors import PlanbriefError, Problem, RunError, UnknownName
from planbrief.files import replace_file, sync, sync_tree
from planbrief.project import DRAFTS
from planbrief.targets.excel import decode, examine, guesses
from planbrief.targets.package import Package
from planbrief.targets.wording import TOKEN

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

    text = "{} cannot be written: {}; it is as it was"


def fix(folder: Path) -> list[Mend]:
    """Mend the form of a data folder; what is left shows the next check.

    Nothing is sealed: a row that is new or says something else than what was sealed stays reported, and
    :func:`accept` is for those.

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
    return done


def accept(folder: Path, wanted: Collection[str] | None) -> list[Mend]:
    """Seal the changes and new rows that a person means: rows by key, files by name, or (None) every one.

    Raises
    ------
    UnknownName
        For a name under which nothing has changed.
    """
    if wanted is not None:
        known = {problem.file for problem in survey(folder).problems if sealed_apart(problem)}
        known |= {change.key for change in changed_rows(folder)} | {DESCRIPTOR}
        for sheet in survey(folder).sheets:
            known |= set((read_seal(folder) or {}).get(sheet.relative, {})) - set(digests(sheet.rows, sheet.key))
        for name in wanted:
            if name not in known:
                raise UnknownName("changed row", name, sorted(known - {DESCRIPTOR}))
    return renew_seal(folder, wanted)


def mend_sheet(sheet: Sheet, sealed: Mapping[str, str]) -> list[Mend]:
    """Mend one CSV file and write it, if anything in it can be mended."""
    done = [Mend(sheet.name, 0, "", what) for what in sheet.mended]
    # A file of which a row is torn is brought into UTF-8 and LF and no further: its cells cannot be told apart.
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
        for column in ("obs_value", "upper_value"):
            if "." not in row["value_text"] and re.fullmatch(r"-?\d+\.0+", row[column], re.ASCII):
                yield column, "decimals that Excel or pandas added", row[column].partition(".")[0]
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
    # Every cell that is out of form in each reading it has, then with one and two of the sound-looking cells changed as
    # well: spreadsheets change whole columns, so more than two kinds at once are not met.
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


def renew_seal(folder: Path, accepted: Collection[str] | None) -> list[Mend]:
    """Seal rows that are new or changed and `accepted` (None: every one); others stay as sealed.

    `accepted` holds keys of rows (an ``obs_id``), names of files (``data/areas.csv``) whose rows are all meant, or
    ``datapackage.json``. A row with a problem of its own is never sealed, whatever was accepted.
    """
    now = survey(folder)
    old = read_seal(folder)
    before = old or {}
    unsound = {place for problem in now.problems if not sealed_apart(problem) for place in problem.places}
    done: list[Mend] = []
    seal: Seal = {}
    for sheet in now.sheets:
        known = before.get(sheet.relative, {})
        if not sheet.whole or (sheet.name, 0) in unsound or (sheet.name, 1) in unsound:
            if known:
                seal[sheet.relative] = known
            continue
        meant = accepted is None or sheet.name in accepted
        rows = {}
        for (key, digest), row in zip(digests(sheet.rows, sheet.key).items(), sheet.rows, strict=True):
            sound = (sheet.name, row.line) not in unsound
            if sound and known.get(key) != digest and (meant or key in (accepted or ())):
                rows[key] = digest
                done.append(Mend(sheet.name, row.line, "", f"{key}: accepted"))
            elif key in known:
                rows[key] = known[key]
        for key in known.keys() - rows.keys():
            if meant or key in (accepted or ()):
                done.append(Mend(sheet.name, 0, "", f"{key}: accepted that it is gone"))
            else:
                rows[key] = known[key]
        if rows:
            seal[sheet.relative] = rows
    there = {sheet.relative for sheet in now.sheets}
    for relative in before.keys() - there - {DESCRIPTOR}:
        if accepted is None or f"data/{relative}" in accepted:
            done.append(Mend(f"data/{relative}", 0, "", "accepted that the file is gone"))
        else:
            seal[relative] = before[relative]
    described = {"descriptor": descriptor_digest(now.descriptor)}
    meant = DESCRIPTOR not in before or accepted is None or bool({DESCRIPTOR, f"data/{DESCRIPTOR}"} & set(accepted))
    seal[DESCRIPTOR] = described if meant and (f"data/{DESCRIPTOR}", 0) not in unsound else before.get(DESCRIPTOR, {})
    if old is not None and seal[DESCRIPTOR] != before.get(DESCRIPTOR):
        done.append(Mend(f"data/{DESCRIPTOR}", 0, "", "accepted"))
    if seal == old:
        return done
    for relative, text in write_seal(seal).items():
        write(folder / relative, f"data/{relative}", text.encode("utf-8"))
    return [Mend(f"data/{SEAL}", 0, "", "sealed for the first time")] if old is None else done


@dataclass(frozen=True)
class Change:
    """A row that is new or not what was sealed: what it was, where an earlier form is at hand, and what it is."""

    file: str
    row: int
    key: str
    #: Column → (earlier, now); the earlier text is None where no form at hand has the digest that was sealed.
    cells: tuple[tuple[str, str | None, str], ...]
    new: bool = False


def changed_rows(folder: Path, earlier: Iterable[Mapping[str, str]] = ()) -> list[Change]:
    """Rows that are new or differ from their seal, with the cells that changed.

    `earlier` are rows that may be what was sealed (of the last edition, of the last commit): one is believed only if
    it has the digest of the seal.
    """
    by_digest = {row_digest(row): row for row in earlier}
    seal = read_seal(folder) or {}
    found = []
    for sheet in survey(folder).sheets:
        known = seal.get(sheet.relative, {})
        for (key, digest), row in zip(digests(sheet.rows, sheet.key).items(), sheet.rows, strict=True):
            if known.get(key) != digest:
                was: Mapping[str, str] | None = by_digest.get(known[key]) if key in known else {}
                cells = [
                    (column, None if was is None else was.get(column, ""), value)
                    for column, value in row.values.items()
                    if was is None or was.get(column, "") != value
                ]
                found.append(Change(sheet.name, row.line, key, tuple(cells), key not in known))
    return found


def sealed_apart(problem: Problem) -> bool:
    """Whether a problem says only that something differs from the seal."""
    return problem.expected in (MEANT, UNSEALED) or problem.file.rpartition("/")[2] == SEAL


def write(path: Path, name: str, content: bytes) -> None:
    """Put a file in its place as a whole; :class:`FixError` where that cannot be done."""
    try:
        replace_file(path, content)
    except OSError as error:
        raise FixError(name, error.strerror or str(error)) from None


#: Inside the folder of the drafts: the step that is being taken.
_STEP = ".admission"
#: Beside it: the beginning of the names of the copies in which steps are prepared.
_COPY = ".copy."


def first_of(problems: Sequence[object], most: int = 20) -> str:
    """The first of many problems, a line each, and how many more there are."""
    more = [f"… and {len(problems) - most} more"] if len(problems) > most else []
    return "\n".join(f"  {problem}" for problem in (*problems[:most], *more))


class NotAdmitted(PlanbriefError):
    """Rows that the data package would not be sound with; nothing was changed."""

    def __init__(self, problems: tuple[Problem, ...], before: bool = False) -> None:
        super().__init__(problems, before)
        self.problems, self.before = problems, before

    def __str__(self) -> str:
        if self.before:
            return f"the data has problems already; mend them first (planbrief check):\n{first_of(self.problems)}"
        return f"nothing was changed, because planbrief check would find:\n{first_of(self.problems)}"


def with_rows(package: Package, table: str, rows: Iterable[Mapping[str, str]]) -> bytes:
    """A shared table with more rows: sorted by key where it is sorted, else behind the others; a known key stays."""
    known = package[table]
    # As the file has them: a package shows rows that have a position in another order.
    old = [row.values for row in sorted(known.rows, key=lambda row: row.line)]

    def key(row: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(row[name] for name in known.key)

    have = {key(row) for row in old}
    together = [*old, *(row for row in rows if key(row) not in have)]
    in_order = old == sorted(old, key=key)
    return as_csv(known.columns, sorted(together, key=key) if in_order else together)


def admit(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of the data folder (by relative path) if the folder is sound with them, and seal it.

    Raises
    ------
    NotAdmitted
        The data has problems, or would have them; nothing was changed.
    OSError
        A file could not be written; every file is as it was.
    """
    from filelock import FileLock

    home = folder / DRAFTS
    home.mkdir(exist_ok=True)
    with FileLock(home / ".admission.lock", timeout=60):
        # The order is what makes a step whole: an unfinished one first, then proof on a copy, then the list of files on
        # the disk under its final name, and only then the files themselves.
        for left in home.glob(f"{_COPY}*"):  # by a command that the machine broke off
            shutil.rmtree(left, ignore_errors=True)
        if (home / _STEP).is_dir():  # written down by a command that could not finish it
            _take(folder)
        if before := survey(folder).problems:
            raise NotAdmitted(before, before=True)
        with tempfile.TemporaryDirectory(dir=home, prefix=_COPY) as temporary:
            copy = Path(temporary) / "data"
            shutil.copytree(folder, copy, ignore=lambda at, names: {DRAFTS} if Path(at) == folder else set())
            for relative, content in files.items():
                (copy / relative).parent.mkdir(parents=True, exist_ok=True)
                (copy / relative).write_bytes(content)
            renew_seal(copy, None)  # what a person has decided is accepted
            if problems := survey(copy).problems:
                raise NotAdmitted(problems)
            changed = [path for path in _files(copy) if not _same(copy / path, folder / path)]
            step = Path(temporary) / "step"
            for relative in changed:
                (step / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(copy / relative, step / relative)
            step.mkdir(exist_ok=True)
            sync_tree(step)
            os.replace(step, home / _STEP)
            sync(home)
        _take(folder)


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _take(folder: Path) -> None:
    """Put the files of the step in their places; after an error every file is as it was."""
    step = folder / DRAFTS / _STEP
    undo: list[tuple[Path, bytes | None]] = []
    made: list[Path] = []
    try:
        # Shared tables first: a document never names an indicator or area that is not there yet.
        for relative in sorted(_files(step), key=lambda path: (path.startswith("documents/"), path)):
            target = folder / relative
            missing = [parent for parent in target.parents if not parent.exists()]
            target.parent.mkdir(parents=True, exist_ok=True)
            made += missing
            undo.append((target, target.read_bytes() if target.exists() else None))
            replace_file(target, (step / relative).read_bytes())
    except BaseException:
        for target, content in reversed(undo):
            if content is None:
                target.unlink(missing_ok=True)
            else:
                replace_file(target, content)
        for parent in sorted(set(made), reverse=True):
            shutil.rmtree(parent, ignore_errors=True)
        shutil.rmtree(step, ignore_errors=True)
        raise
    shutil.rmtree(step)
