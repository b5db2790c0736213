"""New rows into the data package, in one step: all of them, checked and sealed, or none.

The data folder is copied, changed and checked as a whole; only a copy without any problem replaces the files that
differ. What is to be replaced is first written down beside the drafts, so that a step that the machine broke off is
finished by the next command, and an error puts every file back.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from planbrief.checks.data import survey
from planbrief.checks.repair import renew_seal
from planbrief.checks.sheets import as_csv
from planbrief.errors import PlanbriefError, Problem
from planbrief.files import replace_file, sync, sync_tree
from planbrief.project import DRAFTS
from planbrief.targets.package import Package

#: Inside the folder of the drafts: the step that is being taken.
_STEP = ".admission"


class NotAdmitted(PlanbriefError):
    """Rows that the data package would not be sound with; nothing was changed."""

    def __init__(self, problems: tuple[Problem, ...], before: bool = False) -> None:
        super().__init__(problems, before)
        self.problems, self.before = problems, before

    def __str__(self) -> str:
        shown = "\n".join(f"  {problem}" for problem in self.problems[:20])
        more = f"\n  … and {len(self.problems) - 20} more" if len(self.problems) > 20 else ""
        if self.before:
            return f"the data has problems already; mend them first (planbrief check):\n{shown}{more}"
        return f"nothing was changed, because planbrief check would find:\n{shown}{more}"


def with_rows(package: Package, table: str, rows: Iterable[Mapping[str, str]]) -> bytes:
    """A shared table with more rows: sorted by key where it is sorted, else behind the others; a known key stays."""
    known = package[table]
    # As the file has them: a package shows rows that have a position in another order.
    old = [row.values for row in sorted(known.rows, key=lambda row: row.line)]
    have = {tuple(row[name] for name in known.key) for row in old}
    new = [{column: row.get(column, "") for column in known.columns} for row in rows]
    new = [row for row in new if tuple(row[name] for name in known.key) not in have]

    def key(row: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(row[name] for name in known.key)

    in_order = old == sorted(old, key=key)
    together = [dict(row) for row in (*old, *new)]
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
        _finish(folder)
        if before := survey(folder).problems:
            raise NotAdmitted(before, before=True)
        with tempfile.TemporaryDirectory(dir=home, prefix=".copy.") as temporary:
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


def _finish(folder: Path) -> None:
    """Take the step that an earlier command wrote down and could not finish."""
    if (folder / DRAFTS / _STEP).is_dir():
        _take(folder)


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
