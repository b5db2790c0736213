"""An edition: staged beside the present one, checked, and put in its place at once."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from planbrief.errors import Problem, RunError
from planbrief.files import path_problem, read_regular, sha256_of, sync_tree, write_new
from planbrief.log import EventLog, LibraryLog
from planbrief.publish.output_folder import (
    FolderLock,
    OutRefused,
    check_out,
    resolve_out,
)
from planbrief.publish.state import WORK, State, read_edition
from planbrief.run.manifest import (
    INDEX_PAGES,
    MANIFEST,
    Manifest,
    ManifestError,
    PublishedFile,
    ReportEntry,
    entry_problem,
    manifest_problem,
)

if TYPE_CHECKING:
    from planbrief.publish.index import Digest, DigestSource
    from planbrief.publish.numbers import Described


def complete(manifest: Manifest, staged: Mapping[str, PublishedFile], previous: Manifest | None) -> Manifest:
    """The manifest of an edition whose files are all there, but for the index pages.

    Raises
    ------
    ManifestError
        It names a file that is not there as it says, or contradicts itself.
    """
    manifest = replace(manifest, reports=tuple(_measured(entry, staged) for entry in manifest.reports))
    named = replace(manifest, files=()).published_files()
    for path, sha256 in named.items():
        if path not in staged or staged[path].sha256 != sha256:
            raise ManifestError("", f"the file {path}, which was not added as it says", "files of the edition")
    others = sorted((file for path, file in staged.items() if path not in named), key=lambda file: file.path)
    manifest = replace(manifest, files=tuple(others))
    problem = next((found for entry in manifest.reports if (found := entry_problem(entry))), None)
    if problem := problem or manifest_problem(manifest):
        raise ManifestError("", *problem)
    return _dated(replace(manifest, edition=manifest.edition_id()), previous)


def _measured(entry: ReportEntry, staged: Mapping[str, PublishedFile]) -> ReportEntry:
    """With the size of each file, which the index shows."""

    def measured(file: PublishedFile | None) -> PublishedFile | None:
        return replace(file, bytes=staged[file.path].bytes) if file and file.path in staged else file

    return replace(entry, html=measured(entry.html), pdf=measured(entry.pdf), thumbnail=measured(entry.thumbnail))


def _dated(manifest: Manifest, previous: Manifest | None) -> Manifest:
    """With ``last_success`` and ``failed_since``, and in ``run`` the clock time of each failure that goes on."""
    earlier = {entry.name: entry for entry in previous.reports if entry.status == "failed"} if previous else {}
    known = previous.run.get("failed_since") if previous else None
    times: dict[str, Any] = {}
    reports = []
    for entry in manifest.reports:
        if entry.status != "failed":
            reports.append(replace(entry, last_success=manifest.edition, failed_since=None, error=None))
            continue
        before = earlier.get(entry.name)
        reports.append(replace(entry, failed_since=(before and before.failed_since) or manifest.edition))
        time = known.get(entry.name) if before and isinstance(known, Mapping) else None
        times[entry.name] = time or manifest.run.get("started")
    run = {**manifest.run, "failed_since": times} if times else manifest.run
    return replace(manifest, reports=tuple(reports), run=run)


class StageError(ValueError):
    """A file cannot be part of the edition under that path."""


class Stage:
    """A folder beside the output folder with the files of the next edition."""

    def __init__(self, folder: Path, log: EventLog) -> None:
        self.folder, self.log = folder, log
        #: What was added, by path.
        self.files: dict[str, PublishedFile] = {}
        self._generated: list[str] = []

    def add(self, relative: str, data: bytes, pages: int | None = None) -> PublishedFile:
        """Add a file; :class:`StageError` for a path that leads out or is taken, OSError from the disk."""
        if problem := path_problem(relative):
            raise StageError(f"{relative!r} cannot be a file's path: {problem}")
        if relative == MANIFEST or relative in INDEX_PAGES.values() or relative in self.files:
            raise StageError(f"{relative} is there already or is written by planbrief itself")
        write_new(self.folder / relative, data)
        self.files[relative] = PublishedFile.of(relative, data, pages)
        self.log.event("publish.file", level="debug", stage="stage", path=relative, bytes=len(data))
        return self.files[relative]

    def drop(self, relative: str) -> None:
        """Take a file out again."""
        (self.folder / relative).unlink(missing_ok=True)
        self.files.pop(relative, None)

    def finish(
        self,
        manifest: Manifest,
        previous: Manifest | None,
        digest: Digest | DigestSource | None,
        described: Described | None = None,
    ) -> Manifest:
        """Write index and number pages, digest, placeholders, manifest; may be called again after files were changed.

        Raises
        ------
        ManifestError
            The manifest contradicts the files or itself.
        """
        from planbrief.publish.index import render_index

        for relative in self._generated:
            self.drop(relative)
        self._generated = []
        self.log.event("publish.index", level="debug", stage="stage")
        manifest = complete(manifest, self.files, previous)
        added = self._write((path, page.encode()) for path, page in self._placeholders(manifest).items())
        shown, listed = digest(manifest) if callable(digest) else (digest, {})
        added += self._write(listed.items())
        reports = [entry.html.path for entry in manifest.reports if entry.html]
        read = {path: (self.folder / path).read_text("utf-8") for path in reports if (self.folder / path).is_file()}
        if described:
            from planbrief.publish.numbers import render

            added += self._write(render(manifest, described, read))
        added += self._write(
            (path, render_index(manifest, lang, shown, read).encode()) for lang, path in INDEX_PAGES.items()
        )
        manifest = replace(manifest, files=(*manifest.files, *added))
        self._generated.append(MANIFEST)
        write_new(self.folder / MANIFEST, manifest.to_json())
        return manifest

    def _placeholders(self, manifest: Manifest) -> dict[str, str]:
        """Pages that stand where a report was never built, so that no link to it leads nowhere."""
        from planbrief.publish.index import render_placeholder

        missing = {entry.placeholder: entry for entry in manifest.reports if entry.placeholder}
        return {path: render_placeholder(manifest, entry) for path, entry in missing.items() if path not in self.files}

    def _write(self, pages: Iterable[tuple[str, bytes]]) -> list[PublishedFile]:
        written = []
        for path, page in pages:
            self._generated.append(path)
            write_new(self.folder / path, page)
            written.append(PublishedFile.of(path, page))
        return written

    def verify(self) -> list[Problem]:
        """Problems of the edition as it stands on the stage."""
        from planbrief.publish.gate import verify_edition

        self.log.event("publish.verify", level="debug", stage="stage")
        return verify_edition(self.folder)

    def sync(self) -> None:
        """Bring the stage to the disk."""
        self.log.event("publish.sync", level="debug", stage="stage")
        sync_tree(self.folder)


class PublishError(RunError):
    """The edition could not be published; the one before it stands as it was."""

    text = "{}: nothing was published, the last edition stands: {}"


class DamagedFile(RunError):
    """A file of the present edition is not what its manifest says, and no kept edition has it either."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: the published file is missing or was changed; it has to be built again"


class Publication:
    """The one build that may change an output folder, from taking the lock to giving it back.

    Parameters
    ----------
    out : path
        Output folder: missing, empty, or an earlier edition.
    keep : int
        How many earlier editions are kept.
    wait : bool or float
        Whether (or how many seconds) to wait for another build to end.

    Raises
    ------
    OutRefused
        The folder is something else; nothing was touched.
    LockHeld
        Another build is at work.
    """

    def __init__(
        self, out: Path | str, keep: int = 10, wait: bool | float = False, log: EventLog | None = None
    ) -> None:
        self.out = resolve_out(out)
        self.keep, self.wait, self.log = keep, wait, log or LibraryLog()
        self.state = State(self.out, self.log)
        self.lock = FolderLock(self.state.folder, self.out, self.log)
        #: Manifest of the edition that is published now; None for the first edition or a damaged one.
        self.previous: Manifest | None = None
        self._token = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._stage = Stage(self.state.folder / f"stage-{self._token}", self.log)
        #: Reports that were built but did not verify: name → problem.
        self.rejected: dict[str, str] = {}
        self._owner = 0

    def __enter__(self) -> Publication:
        check_out(self.out)
        try:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            self.lock.acquire(self.wait)
        except OSError as error:
            raise OutRefused(
                str(self.out), f"{self.state.folder} cannot be written: {error.strerror or error}"
            ) from error
        self._owner = os.getpid()
        try:
            self.state.settle()
            check_out(self.out)
            self.previous = self._read_previous()
        except BaseException as error:
            self.lock.release()
            if isinstance(error, OSError):
                raise OutRefused(str(self.out), str(error)) from error
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if os.getpid() != self._owner:  # a forked worker leaves the block too; it holds nothing
            return
        try:
            self.state.settle()
        except OSError as trouble:
            self.log.event("publish.untidy", f"tidying up is left to the next run: {trouble}", level="warning")
        finally:
            self.lock.release()

    def _read_previous(self) -> Manifest | None:
        if not os.path.lexists(self.out / MANIFEST):
            return None
        try:
            return read_edition(self.out)
        except (OSError, ManifestError) as error:
            message = f"the published edition cannot be read and is built anew: {error}"
            self.log.event("publish.previous-damaged", message, level="warning")
            return None

    # what the edition is made of

    def work_dir(self, name: str) -> Path:
        """A scratch folder of this build for one report; it is gone when the build ends, however it ends."""
        if problem := path_problem(name):
            raise ValueError(f"{name!r} cannot be a folder's name: {problem}")
        folder = self.state.folder / WORK / self._token / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def holds(self, entry: ReportEntry, formats: Iterable[str] = ("html", "pdf")) -> bool:
        """Whether the published edition itself has an earlier report's files in these formats, as its manifest says."""
        files = [entry.file(fmt) for fmt in formats]
        return all(file is not None and _held(self.out, file.path, file.sha256) is not None for file in files)

    def add_file(self, relative: str, data: bytes, pages: int | None = None) -> PublishedFile:
        """Add a file to the edition; returns its description for the manifest."""
        try:
            return self._stage.add(relative, data, pages)
        except StageError as error:
            raise PublishError(str(self.out), str(error)) from error
        except OSError as error:
            raise self._failed(error) from error

    def carry_over(self, relative: str) -> PublishedFile:
        """Take a file over from the published edition; :class:`DamagedFile` if it is no longer what it was.

        A damaged file is taken from a kept edition that has the same content. Files are copied, not linked: damage to
        one edition never spreads to another.
        """
        listed = self.previous.published_files() if self.previous else {}
        data = self._find(relative, listed[relative]) if relative in listed else None
        if data is None or self.previous is None:
            raise DamagedFile(relative)
        entries = [file for entry in self.previous.reports for file in entry.files() if file.path == relative]
        return self.add_file(relative, data, entries[0].pages if entries else None)

    def carry_over_report(self, entry: ReportEntry, **changes: Any) -> ReportEntry:
        """Take over every file of an earlier report that is still whole; returns its entry with those files."""
        kept: dict[str, Any] = {}
        for fmt in ("html", "pdf", "thumbnail"):
            file = entry.file(fmt)
            try:
                kept[fmt] = self.carry_over(file.path) if file else None
            except DamagedFile as error:
                self.log.event("publish.damaged", str(error), level="warning", path=error.path)
                kept[fmt] = None
        return replace(entry, **{**kept, **changes})

    def failed(self, entry: ReportEntry, error: str) -> ReportEntry:
        """The entry of a report that failed: with the files of its last good edition if it has one.

        `entry` says what was tried (id, language, title, about, city); files, figures, key, parameters and the data's
        date are those of the last good edition.
        """
        error = " ".join(error.split())[:2000] or "no reason was given"
        good = self.previous.report(entry.id, entry.lang) if self.previous else None
        if good is None or not (good.html or good.pdf):
            return _bare(entry, error)
        about, city = entry.about or good.about, entry.city or good.city
        kept = self.carry_over_report(good, status="failed", error=error, about=about, city=city)
        if kept.html or kept.pdf:
            return kept
        if kept.thumbnail:
            self._stage.drop(kept.thumbnail.path)
        return _bare(entry, error)

    def _find(self, relative: str, sha256: str) -> bytes | None:
        kept = (self.state.kept / edition for edition in reversed(self.state.kept_ids()))
        return next((data for one in (self.out, *kept) if (data := _held(one, relative, sha256)) is not None), None)

    # the edition itself

    def publish(
        self,
        manifest: Manifest,
        digest: Digest | DigestSource | None = None,
        described: Described | None = None,
    ) -> str:
        """Complete, verify and switch the edition; returns its id.

        Filled in are the edition's id, ``last_success`` and ``failed_since``, the list of other files and the index
        pages. A report whose files do not verify (a cut PDF, a link that leads nowhere) is published as failed, with
        its last good files; :attr:`rejected` and afterwards :attr:`previous` say so. `digest`, or what makes it from
        the complete manifest, says on the index what changed since the last edition; `described` are the numbers that
        get a page each.

        Raises
        ------
        PublishError
            The disk, or something that is no report's fault; the last edition stands.
        """
        try:
            complete = self._stage.finish(manifest, self.previous, digest, described)
            while problems := self._stage.verify():
                manifest = self._without(manifest, problems)
                complete = self._stage.finish(manifest, self.previous, digest, described)
            self._stage.sync()
            check_out(self.out)
            self.state.switch(self._stage.folder, complete.edition)
        except OSError as error:
            raise self._failed(error) from error
        except ManifestError as error:
            raise PublishError(str(self.out), str(error)) from error
        try:
            self.state.prune(self.keep)
        except OSError as error:
            self.log.event("publish.untidy", f"earlier editions were not pruned: {error}", level="warning")
        self.previous = complete
        self.log.event("publish.done", f"published edition {complete.edition} in {self.out}", edition=complete.edition)
        return complete.edition

    def _without(self, manifest: Manifest, problems: Sequence[Problem]) -> Manifest:
        """The manifest with the reports that have problems as failed ones."""
        owners = {file.path: entry.name for entry in manifest.reports for file in entry.files()}
        found = {owners[problem.file]: str(problem) for problem in problems if problem.file in owners}
        if len({problem.file for problem in problems} - set(owners)) > 0:
            listed = "; ".join(str(problem) for problem in problems if problem.file not in owners)
            raise PublishError(str(self.out), f"the new edition is not whole: {listed[:1000]}")
        reports = []
        for entry in manifest.reports:
            if entry.name in found:
                for file in entry.files():
                    self._stage.drop(file.path)
                problem = found[entry.name]
                self.log.event("report.rejected", f"{entry.name}: {problem}", level="error", report=entry.name)
                last_resort = entry.name in self.rejected
                self.rejected[entry.name] = problem
                entry = _bare(entry, problem) if last_resort else self.failed(entry, problem)
            reports.append(entry)
        return replace(manifest, reports=tuple(reports))

    def _failed(self, error: OSError) -> PublishError:
        reason = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else str(error)
        return PublishError(str(self.out), reason)


def _held(folder: Path, relative: str, sha256: str) -> bytes | None:
    """A file of an edition if it is what its manifest says."""
    try:
        data = read_regular(folder, relative)
    except OSError:
        return None
    return data if sha256_of(data) == sha256 else None


def _bare(entry: ReportEntry, error: str) -> ReportEntry:
    """The entry of a failed report without files."""
    nothing: dict[str, Any] = {"html": None, "pdf": None, "thumbnail": None, "last_success": None}
    return replace(entry, status="failed", error=error, figures={}, key="", **nothing)
