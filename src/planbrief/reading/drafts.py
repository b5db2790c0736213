"""Drafts on the disk: text, places, original and proposals of a document that was read, and the journal of decisions.

``data/drafts/<source_id>/`` holds ``text.txt`` (the canonical text, exactly), ``document.json`` (tables, places and
facts of the file), ``proposals.json``, ``original/<sha256>…`` and ``decisions.jsonl``, to which every decision is
appended and brought to the disk before the next one. Two processes may work on one draft: a lock orders them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import PlanbriefError, UnknownName
from planbrief.files import replace_file, sync, sync_tree
from planbrief.project import DRAFTS, Project, find
from planbrief.reading.canonical import CanonicalText
from planbrief.reading.decisions import (
    DECIDED,
    BadDecision,
    DraftRow,
    Proposal,
    Standing,
    carried,
    checked,
    row_id,
    standing,
)

if TYPE_CHECKING:
    import pandas as pd

JOURNAL = "decisions.jsonl"
_ID = re.compile(r"[a-z][a-z0-9-]{0,99}")


class NoName(PlanbriefError):
    """A text that cannot be the name of a document."""

    def __str__(self) -> str:
        return f"--source-id {self.args[0][:60]!r}: expected small letters, digits and hyphens, a letter first"


class BrokenDraft(PlanbriefError):
    """A draft whose files cannot be read."""

    text = "the draft in {} cannot be read ({}); planbrief read makes it again"


def draft_names(data: Path) -> list[str]:
    """Drafts that lie in a data folder, by name."""
    return sorted(path.parent.name for path in (data / DRAFTS).glob("*/document.json"))


def rows_of(proposals: Iterable[Proposal]) -> list[DraftRow]:
    """Proposals as rows about which nothing is decided."""
    rows = []
    for one in proposals:
        cells = dict.fromkeys(DECIDED, "") | dict(one.cells) | {"locator": one.locator, "reason": one.reason}
        cells = {name: str(value or "") for name, value in cells.items()}
        if one.reason == "other" and (rule := one.why.get("reason", ("", ""))[0]):
            cells["comment"] = rule.replace("_", " ")
        key = row_id(one.start, one.end, one.part)
        why = {name: list(words) for name, words in one.why.items()}
        rows.append(
            DraftRow(key, one.start, one.end, one.value_text, one.part, one.role, False, cells, why,
                     tuple(one.doubts), round(one.confidence, 3), one.sure)
        )  # fmt: skip
    return rows


class Draft:
    """One document that was read, with what was decided about it."""

    def __init__(self, data: Path, source_id: str) -> None:
        """Open a draft; :class:`UnknownName` where there is none."""
        self.folder = data / DRAFTS / source_id
        self.source_id = source_id
        if not _ID.fullmatch(source_id) or not (self.folder / "document.json").is_file():
            raise UnknownName("draft", source_id, draft_names(data))
        self._load()

    def _load(self) -> None:
        try:
            self._made = (self.folder / "proposals.json").stat().st_mtime_ns
            self.facts: dict[str, str] = json.loads((self.folder / "document.json").read_bytes())
            stored = json.loads((self.folder / "proposals.json").read_bytes())
            self.text = (self.folder / "text.txt").read_bytes().decode("utf-8", "surrogatepass")
            self.proposed = tuple(DraftRow.from_json(row) for row in stored)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BrokenDraft(str(self.folder), f"{type(error).__name__}: {str(error)[:100]}") from None
        self._size, self._actions = -1, list[dict[str, Any]]()
        self._standing: Standing | None = None

    @property
    def document(self) -> CanonicalText:
        """The document with its tables and places."""
        stored = json.loads((self.folder / "places.json").read_bytes())
        return CanonicalText.from_json(self.text, stored)

    @property
    def journal(self) -> Path:
        """The file of decisions."""
        return self.folder / JOURNAL

    @property
    def version(self) -> str:
        """Changes whenever the rows may have changed."""
        size = self.journal.stat().st_size if self.journal.exists() else 0
        return f"{self._made}-{size}"

    def standing(self) -> Standing:
        """The rows as they stand, with what other processes decided since."""
        try:
            if (self.folder / "proposals.json").stat().st_mtime_ns != self._made:
                self._load()
        except OSError as error:
            raise BrokenDraft(str(self.folder), error.strerror or "gone") from None
        size = self.journal.stat().st_size if self.journal.exists() else 0
        if size != self._size or self._standing is None:
            self._actions, self._size = self._read(), size
            self._standing = standing(self.proposed, self._actions, self.text)
        return self._standing

    def _read(self) -> list[dict[str, Any]]:
        """Whole lines of the journal; a last line that a crash cut off was never confirmed to anyone."""
        if not self.journal.exists():
            return []
        lines = self.journal.read_bytes().split(b"\n")[:-1]
        actions = []
        for number, line in enumerate(lines, start=1):
            try:
                actions.append(json.loads(line))
            except ValueError:
                raise BrokenDraft(str(self.folder), f"line {number} of {JOURNAL} is damaged") from None
        return actions

    def decide(self, action: Mapping[str, Any]) -> Standing:
        """Check an action, write it to the disk, and give the rows as they stand then.

        Raises
        ------
        planbrief.reading.decisions.BadDecision
            The action cannot be done; nothing was written.
        """
        from filelock import FileLock

        with FileLock(self.folder / "lock", timeout=30):
            done = checked(action, self.standing(), self.text)
            self._append(done)
            self._actions, self._size = [*self._actions, done], self.journal.stat().st_size
            self._standing = standing(self.proposed, self._actions, self.text)
        return self._standing

    def _append(self, action: Mapping[str, Any]) -> None:
        line = json.dumps(action, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        with open(self.journal, "a+b") as file:
            # A line that a crash cut off was confirmed to nobody; it is taken out before the next one is written.
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                if file.read(1) != b"\n":
                    file.seek(0)
                    file.truncate(file.read().rfind(b"\n") + 1)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if not size:
            sync(self.folder)

    def counts(self) -> dict[str, int]:
        """Rows by state."""
        tally = dict.fromkeys(("sure", "look", "accepted", "left_out"), 0)
        for row in self.standing().rows:
            tally[row.state] += 1
        return tally


def keep_draft(
    data: Path, source_id: str, document: CanonicalText, proposals: Iterable[Proposal], facts: Mapping[str, str],
    original: Path,
) -> tuple[Draft, int]:  # fmt: skip
    """Make the draft of a document, or make it anew, and say how many decisions of the earlier one still hold.

    ``facts`` are area, published and file_name. The earlier draft is kept in ``earlier/`` until the document is
    accepted. A failure leaves the earlier draft as it was.
    """
    from filelock import FileLock

    if not _ID.fullmatch(source_id):
        raise NoName(source_id)
    home = data / DRAFTS
    home.mkdir(parents=True, exist_ok=True)
    rows = rows_of(proposals)
    folder = home / source_id
    with FileLock(home / f".{source_id}.lock", timeout=30):
        kept: list[dict[str, Any]] = []
        about: Mapping[str, Any] = {}
        if (folder / "document.json").is_file():
            old = Draft(data, source_id)
            now = old.standing()
            kept, about = carried(now, old.text, rows, document.text), now.about
        fresh = Path(tempfile.mkdtemp(dir=home, prefix=f".{source_id}."))
        try:
            (fresh / "text.txt").write_bytes(document.text.encode("utf-8", "surrogatepass"))
            stored = {"source_id": source_id, "sha256": document.original_sha256, "title": document.title, **facts}
            _write_json(fresh / "document.json", stored | {"form": document.form})
            _write_json(fresh / "places.json", document.as_json())
            _write_json(fresh / "proposals.json", [row.as_json() for row in rows])
            if kept or any(about.values()):
                line = json.dumps({"do": "carry", "rows": kept, "about": about}, ensure_ascii=False) + "\n"
                (fresh / JOURNAL).write_bytes(line.encode())
            (fresh / "original").mkdir()
            shutil.copyfile(original, fresh / "original" / f"{document.original_sha256}{original.suffix.lower()}")
            if folder.exists():
                _move_earlier(folder, fresh)
            # Between the two renames there is no draft; what was aside is then still on the disk, and nothing is lost.
            sync_tree(fresh)
            aside = home / f".{source_id}.replaced"
            shutil.rmtree(aside, ignore_errors=True)
            if folder.exists():
                os.replace(folder, aside)
            os.replace(fresh, folder)
            shutil.rmtree(aside, ignore_errors=True)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        sync(home)
    return Draft(data, source_id), len(kept)


def _move_earlier(folder: Path, fresh: Path) -> None:
    """Keep what the person decided about the earlier text, beside the new draft."""
    earlier = fresh / "earlier"
    shutil.copytree(folder / "earlier", earlier) if (folder / "earlier").is_dir() else earlier.mkdir()
    number = 1 + sum(1 for _ in earlier.iterdir())
    into = earlier / f"{number:03d}"
    into.mkdir()
    for name in ("text.txt", "document.json", "proposals.json", JOURNAL):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, into / name)


def _write_json(path: Path, value: Any) -> None:
    replace_file(path, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


#: Columns that a person may change; ``decided`` true accepts a row as it stands, or leaves it out.
CHANGEABLE = ("role", "decided", *DECIDED, "reason")
_FIXED = ("char_start", "char_end", "value_text", "state", "sure", "confidence")


def drafts(source_id: str, project: Project | None = None) -> pd.DataFrame:
    """The rows of a draft, by the id of the row; every cell is text, ``decided`` and ``sure`` are true or false.

    Raises
    ------
    planbrief.errors.UnknownName
        If there is no such draft.

    Examples
    --------
    >>> import planbrief as pb
    >>> frame = pb.drafts("xincheng-plan-2026")  # doctest: +SKIP
    """
    import pandas as pd

    draft = Draft((project or find()).data, source_id)
    rows = [_record(row) for row in draft.standing().rows]
    frame = pd.DataFrame(rows, columns=["row", *_FIXED, *CHANGEABLE]).set_index("row")
    frame.attrs["draft"] = source_id
    return frame


def save_drafts(frame: pd.DataFrame, source_id: str = "", project: Project | None = None) -> int:
    """Put the changed cells of a frame from :func:`drafts` into the draft, as one step that one undo takes back.

    Returns
    -------
    int
        Number of rows that changed.

    Raises
    ------
    planbrief.reading.decisions.BadDecision
        For an unknown row or column, a word that the data package does not have, a changed cell that is not a person's
        to change, or a row twice; nothing is saved.

    Examples
    --------
    >>> import planbrief as pb
    >>> frame = pb.drafts("city-report-2026")  # doctest: +SKIP
    >>> pb.save_drafts(frame.assign(decided=True))  # doctest: +SKIP
    12
    """
    data = (project or find()).data
    draft = Draft(data, source_id or str(frame.attrs.get("draft", "")))
    now = {row.id: row for row in draft.standing().rows}
    if unknown := [str(name) for name in frame.columns if name not in (*_FIXED, *CHANGEABLE)]:
        raise BadDecision(f"the column {unknown[0]!r}", ", ".join(CHANGEABLE))
    for name, words in _choices(data).items():
        if stray := [one for one in frame.get(name, ()) if one and one == one and one not in words]:
            raise BadDecision(f"the {name} {str(stray[0])[:40]!r}", ", ".join(words))
    if frame.index.has_duplicates:
        raise BadDecision(f"the row {frame.index[frame.index.duplicated()][0]!r} twice", "each row once")
    actions: list[dict[str, Any]] = []
    touched = set()
    for key, given in zip(frame.index, frame.to_dict("records"), strict=True):
        if key not in now:
            raise BadDecision(f"row {str(key)[:40]!r}", "the id of a row of the draft")
        own = list(_changes(now[key], {str(name): value for name, value in given.items()}))
        touched |= {key} if own else set()
        actions += own
    if actions:
        draft.decide({"do": "batch", "actions": actions})
    return len(touched)


def _choices(data: Path) -> dict[str, tuple[str, ...]]:
    """The words that a person chooses from, by column: those of the data package."""
    from planbrief.reading.tabulation import allowed
    from planbrief.targets.package import read_package

    words = allowed(read_package(data)) if (data / "datapackage.json").is_file() else {}
    return {name: words[name] for name in ("reason", "kind", "comparator", "transformation") if name in words}


def _record(row: DraftRow) -> dict[str, Any]:
    return {
        "row": row.id, "char_start": row.start, "char_end": row.end, "value_text": row.value_text, "state": row.state,
        "sure": row.sure, "confidence": row.confidence, "role": row.role, "decided": row.decided,
        **{name: row.cells.get(name, "") for name in (*DECIDED, "reason")},
    }  # fmt: skip


def _changes(row: DraftRow, given: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The actions that make a row what the frame says it is."""
    old = _record(row)
    for name in _FIXED:
        if name != "state" and name in given and given[name] != old[name]:
            raise BadDecision(
                f"{name} {str(given[name])[:40]!r} in row {row.id}", f"{old[name]!r}, which stays as it is"
            )
    cells = {}
    for name in (*DECIDED, "reason", "role"):
        value = given.get(name, old[name])
        text = "" if value is None or value != value else str(value)
        if text != old[name]:
            cells[name] = text
    wanted = given.get("decided", row.decided)
    if wanted not in (True, False):
        raise BadDecision(f"decided {wanted!r} in row {row.id}", "True or False")
    if cells:
        yield {"do": "set", "row": row.id, "cells": cells}
    if wanted and (cells or not row.decided):
        yield {"do": "accept", "rows": [row.id]}
    elif row.decided and not wanted:
        yield {"do": "reopen", "rows": [row.id]}
