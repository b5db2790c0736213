"""The hidden folder beside an output folder, and the switch from one edition to the next.

``<parent>/.planbrief-<name>/`` lies on the same file system as the output folder and holds::

    lock, holder.json      who builds (output_folder.py)
    stage-<token>/         the edition that is being put together
    work/<token>/          scratch folders of its reports
    editions/<id>/         earlier editions
    journal.json           a switch that has begun; the next start finishes or undoes it
    state.json             order of publication, and which folder was published last
    outgoing/, trash-…/    on their way into editions/ or out of the world

Only whole folders are ever renamed. What a crash leaves is told apart by inode numbers, which a rename keeps.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from planbrief.files import read_regular, replace_file, sha256_of, sync
from planbrief.log import EventLog, LibraryLog
from planbrief.run.manifest import (
    EDITION_ID,
    LARGEST_MANIFEST_BYTES,
    MANIFEST,
    Manifest,
    ManifestError,
    read_json,
    read_manifest,
)

STATE_PREFIX = ".planbrief-"
JOURNAL, RECORD, EDITIONS, OUTGOING, WORK = "journal.json", "state.json", "editions", "outgoing", "work"
#: What the linux headers call these two.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def state_folder(out: Path) -> Path:
    """The state folder of an output folder."""
    return out.parent / f"{STATE_PREFIX}{out.name}"


@cache
def _renameat2() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return function


def exchange(one: Path, other: Path) -> None:
    """Let two folders swap their names in one step; OSError where the system or file system cannot."""
    function = _renameat2()
    if function is None:
        raise OSError(errno.ENOSYS, "no renameat2")
    import ctypes

    if function(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(one))


def read_edition(folder: Path) -> Manifest:
    """The manifest of an edition's folder; :class:`ManifestError` or OSError if there is none to be believed."""
    return read_manifest(read_regular(folder, MANIFEST, LARGEST_MANIFEST_BYTES))


def intact(folder: Path) -> bool:
    """Whether every file of an edition has the content that its manifest says."""
    try:
        listed = read_edition(folder).published_files()
        return all(sha256_of(read_regular(folder, path)) == sha256 for path, sha256 in listed.items())
    except (OSError, ManifestError):
        return False


def _inode(path: Path) -> int:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return 0


@dataclass(frozen=True)
class Journal:
    """A switch that has begun: which folder comes, which goes."""

    stage: str
    stage_inode: int
    new_edition: str
    old_inode: int
    old_edition: str


class State:
    """The state folder of one output folder; whoever changes it holds its lock."""

    def __init__(self, out: Path, log: EventLog | None = None) -> None:
        self.out, self.log = out, log or LibraryLog()
        self.folder = state_folder(out)
        self.kept = self.folder / EDITIONS

    # what is known

    def record(self) -> tuple[list[str], str, int]:
        """Order of publication (newest last), and id and inode of what was published last."""
        try:
            said = read_json(read_regular(self.folder, RECORD, 1 << 20))
            order = [text for text in said["order"] if isinstance(text, str) and EDITION_ID.fullmatch(text)]
            return order, str(said["edition"]), int(said["inode"])
        except (OSError, ManifestError, ValueError, TypeError, KeyError):
            return [], "", 0

    def kept_ids(self) -> list[str]:
        """Ids of the earlier editions that are kept, oldest first."""
        try:
            names = sorted(entry.name for entry in os.scandir(self.kept) if entry.is_dir(follow_symlinks=False))
        except OSError:
            return []
        place = {edition: number for number, edition in enumerate(self.record()[0])}
        return sorted((name for name in names if EDITION_ID.fullmatch(name)), key=lambda name: place.get(name, -1))

    def published_by_us(self) -> bool:
        """Whether the output folder is the very folder that was published last, whatever it holds by now."""
        inode = self.record()[2]
        return inode != 0 and inode == _inode(self.out)

    def present_edition(self) -> str:
        """Id of the edition in the output folder, empty if it has none or is not known."""
        try:
            return read_edition(self.out).edition
        except (OSError, ManifestError):
            return self.record()[1] if self.published_by_us() else ""

    # the switch

    def switch(self, stage: Path, new_edition: str) -> None:
        """Make a folder of the state folder the published edition and keep the one before it.

        Until the rename itself an error leaves the published edition as it was; after it the switch counts, and what is
        then left to tidy up is done by the next start if it cannot be done now.
        """
        present = os.path.isdir(self.out) and bool(os.listdir(self.out))
        journal = Journal(
            stage=stage.relative_to(self.folder).as_posix(),
            stage_inode=_inode(stage),
            new_edition=new_edition,
            old_inode=_inode(self.out) if present else 0,
            old_edition=self.present_edition() if present else "",
        )
        self.log.event("publish.switch", level="debug", stage="switch", edition=new_edition, before=journal.old_edition)
        replace_file(self.folder / JOURNAL, json.dumps(asdict(journal)).encode())
        if not present:
            if sys.platform == "win32" and self.out.exists():
                self.out.rmdir()
            os.rename(stage, self.out)
        else:
            try:
                exchange(stage, self.out)
            except OSError as error:
                if error.errno not in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM):
                    raise
                self._swap_by_two(stage)
        self.log.event("publish.switched", level="debug", stage="clean-up", edition=new_edition)
        try:
            sync(self.out.parent)
            self.finish()
        except OSError as error:
            message = f"edition {new_edition} is published; tidying up is left to the next run: {error}"
            self.log.event("publish.untidy", message, level="warning", edition=new_edition)

    def _swap_by_two(self, stage: Path) -> None:
        outgoing = self.folder / OUTGOING
        os.rename(self.out, outgoing)
        try:
            os.rename(stage, self.out)
        except OSError:
            os.rename(outgoing, self.out)
            raise

    def settle(self) -> None:
        """Finish or undo a switch that was begun, then remove what no finished run leaves behind."""
        self.finish()
        self.sweep()

    def finish(self) -> None:
        """Finish or undo a switch that was begun."""
        journal = self._journal()
        if journal is not None:
            self._settle(journal)
            (self.folder / JOURNAL).unlink()

    def _journal(self) -> Journal | None:
        try:
            journal = Journal(**read_json(read_regular(self.folder, JOURNAL, 1 << 16)))
            numbers, texts = (journal.stage_inode, journal.old_inode), (journal.stage, journal.old_edition)
            if all(type(number) is int for number in numbers) and all(isinstance(text, str) for text in texts):
                return journal
        except FileNotFoundError:
            return None
        except (OSError, ManifestError, TypeError):
            pass
        self.log.event("publish.journal-lost", "the journal is damaged and is ignored", level="warning")
        (self.folder / JOURNAL).unlink(missing_ok=True)
        return None

    def _settle(self, journal: Journal) -> None:
        wanted = {journal.stage_inode, journal.old_inode} - {0}
        places = [path for path in self._strays() if _inode(path) in wanted]
        stage = next((path for path in places if _inode(path) == journal.stage_inode), None)
        old = next((path for path in places if _inode(path) == journal.old_inode), None)
        if not os.path.lexists(self.out) and old is not None:
            # killed between two renames: the new edition was verified before, so go on; without it, go back
            os.rename(stage or old, self.out)
            sync(self.out.parent)
            self.log.event("publish.recovered", "finished a switch that was interrupted", edition=journal.new_edition)
        if _inode(self.out) != journal.stage_inode:
            return
        order = [edition for edition in self.record()[0] if edition != journal.new_edition]
        if old is not None and _inode(old) != journal.stage_inode:
            self.file(old, journal.old_edition, journal.new_edition)
        if (self.kept / journal.new_edition).exists():
            self.discard(self.kept / journal.new_edition)
        order = [edition for edition in order if edition in self.kept_ids()]
        record = {"order": [*order, journal.new_edition], "edition": journal.new_edition, "inode": _inode(self.out)}
        replace_file(self.folder / RECORD, json.dumps(record).encode())

    def _strays(self) -> Iterable[Path]:
        yield self.folder / OUTGOING
        with contextlib.suppress(OSError):
            yield from (path for path in self.folder.iterdir() if path.name.startswith("stage-"))
        with contextlib.suppress(OSError):
            yield from self.kept.iterdir()

    def file(self, folder: Path, edition: str, successor: str) -> None:
        """Put an edition that is no longer the present one among those that are kept."""
        target = self.kept / edition
        known = bool(EDITION_ID.fullmatch(edition)) and edition != successor
        if not known or (target.exists() and target != folder and not intact(folder)):
            self.discard(folder)
            return
        if target == folder:
            return
        self.kept.mkdir(exist_ok=True)
        if target.exists():
            self.discard(target)
        os.rename(folder, target)
        sync(self.kept)
        self.log.event("publish.kept", level="debug", stage="clean-up", edition=edition)

    def at_rest(self) -> bool:
        """Whether no run was cut off: there is nothing that :meth:`settle` would finish or remove."""
        return not any(
            name in (JOURNAL, OUTGOING, WORK, MANIFEST)
            or name.startswith(("stage-", "trash-"))
            or name.endswith(".new")
            for name in os.listdir(self.folder)
        )

    # what goes

    def discard(self, folder: Path) -> None:
        """Remove a folder so that a crash in between leaves trash, not half an edition."""
        for number in itertools.count():
            trash = self.folder / f"trash-{os.getpid()}-{number}"
            if not os.path.lexists(trash):
                break
        os.rename(folder, trash)
        shutil.rmtree(trash, ignore_errors=True)

    def prune(self, keep: int) -> list[str]:
        """Remove the oldest kept editions but `keep`; returns their ids."""
        gone = self.kept_ids()
        gone = gone[: max(0, len(gone) - max(0, keep))]
        for edition in gone:
            self.discard(self.kept / edition)
            self.log.event("publish.pruned", level="debug", stage="clean-up", edition=edition)
        with contextlib.suppress(OSError):
            self.kept.rmdir()
        return gone

    def sweep(self) -> None:
        """Remove stages, scratch folders, trash and half-written state files."""
        for entry in list(self.folder.iterdir()):
            if entry.name == OUTGOING:
                self._rescue(entry)
            elif entry.name == WORK or entry.name.startswith(("stage-", "trash-")):
                self.log.event("publish.swept", level="debug", name=entry.name)
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name.endswith(".new") or entry.name == MANIFEST:  # one on its way into the present edition
                entry.unlink(missing_ok=True)

    def _rescue(self, folder: Path) -> None:
        """An edition on its way out whose journal is lost: back if nothing took its place, else among the kept."""
        if not os.path.lexists(self.out):
            os.rename(folder, self.out)
            return
        try:
            self.file(folder, read_edition(folder).edition, "")
        except (OSError, ManifestError):
            self.discard(folder)
