"""Earlier editions: list them, bring one back, let the oldest go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from planbrief.errors import RunError, UnknownName
from planbrief.log import EventLog, LibraryLog
from planbrief.publish.edition_check import verify_edition
from planbrief.publish.lock import FolderLock
from planbrief.publish.output_folder import OutRefused, check_out, resolve_out
from planbrief.publish.state import State, read_edition
from planbrief.run.manifest_reading import ManifestError


class DamagedEdition(RunError):
    """A kept edition is not what its manifest says and is not published again."""

    def __init__(self, edition: str, problems: tuple[str, ...]) -> None:
        super().__init__(edition, problems)
        self.edition, self.problems = edition, problems

    def __str__(self) -> str:
        more = f" and {len(self.problems) - 1} more" if len(self.problems) > 1 else ""
        return f"edition {self.edition} is damaged: {self.problems[0]}{more}"


@dataclass(frozen=True)
class EditionInfo:
    """One edition of an output folder, the present one or an earlier one."""

    edition: str
    path: Path
    present: bool
    data_as_of: str = ""
    reports: int = 0
    failed: int = 0
    #: Why its manifest cannot be read, empty if it can.
    problem: str = ""


def _info(path: Path, edition: str, present: bool) -> EditionInfo:
    try:
        manifest = read_edition(path)
    except (OSError, ManifestError) as error:
        return EditionInfo(edition, path, present, problem=str(error))
    failed = sum(entry.status == "failed" for entry in manifest.reports)
    return EditionInfo(manifest.edition, path, present, manifest.data_as_of, len(manifest.reports), failed)


def editions(out: Path | str) -> list[EditionInfo]:
    """The editions of an output folder, newest publication first, the present one at the head."""
    state = State(resolve_out(out))
    found = [_info(state.kept / edition, edition, False) for edition in reversed(state.kept_ids())]
    if present := state.present_edition():
        found.insert(0, _info(state.out, present, True))
    return found


def restore(
    out: Path | str, edition: str, *, keep: int = 10, wait: bool | float = False, log: EventLog | None = None
) -> str:
    """Publish an earlier edition again, byte for byte, in one step; the present one is kept.

    Raises
    ------
    UnknownName
        No such edition is kept.
    DamagedEdition
        It does not verify.
    OutRefused, LockHeld
        As for a build.
    """
    with _locked(out, wait, log) as state:
        if edition == state.present_edition():
            return edition
        if edition not in state.kept_ids():
            raise UnknownName("edition", edition, state.kept_ids())
        folder = state.kept / edition
        problems = verify_edition(folder)
        if problems:
            raise DamagedEdition(edition, tuple(str(problem) for problem in problems))
        state.switch(folder, edition)
        state.prune(keep)
        state.log.event("publish.restored", f"restored edition {edition} in {state.out}", edition=edition)
    return edition


def prune(out: Path | str, keep: int, *, wait: bool | float = False, log: EventLog | None = None) -> list[str]:
    """Remove the oldest earlier editions but `keep`; returns the ids of those that went."""
    with _locked(out, wait, log) as state:
        return state.prune(keep)


class _locked:
    """The state of an output folder under its lock, settled before and after."""

    def __init__(self, out: Path | str, wait: bool | float, log: EventLog | None) -> None:
        self.state = State(resolve_out(out), log or LibraryLog())
        self.lock = FolderLock(self.state.folder, self.state.out, self.state.log)
        self.wait = wait

    def __enter__(self) -> State:
        check_out(self.state.out)
        try:
            self.lock.acquire(self.wait)
        except OSError as error:
            raise OutRefused(str(self.state.out), str(error)) from error
        try:
            self.state.settle()
        except BaseException:
            self.lock.release()
            raise
        return self.state

    def __exit__(self, *_error: object) -> None:
        try:
            self.state.settle()
        finally:
            self.lock.release()
