"""The stage: the files of an edition that is being put together, its manifest completed, and what makes them one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import Problem
from planbrief.files import path_problem, sync_tree, write_new
from planbrief.log import EventLog
from planbrief.publish.edition_check import verify_edition
from planbrief.run.manifest import INDEX_PAGES, MANIFEST, Manifest, PublishedFile, ReportEntry
from planbrief.run.manifest_reading import ManifestError, entry_problem, manifest_problem

if TYPE_CHECKING:
    from planbrief.publish.index import Digest, DigestSource


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

    def finish(self, manifest: Manifest, previous: Manifest | None, digest: Digest | DigestSource | None) -> Manifest:
        """Write index pages, digest, placeholders and the manifest; may be called again after files were changed.

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
        added = [*self._write({path: page.encode() for path, page in self._placeholders(manifest).items()})]
        shown, listed = digest(manifest) if callable(digest) else (digest, {})
        added += self._write(listed)
        reports = [entry.html.path for entry in manifest.reports if entry.html]
        read = {path: (self.folder / path).read_text("utf-8") for path in reports if (self.folder / path).is_file()}
        pages = {path: render_index(manifest, lang, shown, read).encode() for lang, path in INDEX_PAGES.items()}
        added += self._write(pages)
        manifest = replace(manifest, files=(*manifest.files, *added))
        self._generated.append(MANIFEST)
        write_new(self.folder / MANIFEST, manifest.to_json())
        return manifest

    def _placeholders(self, manifest: Manifest) -> dict[str, str]:
        """Pages that stand where a report was never built, so that no link to it leads nowhere."""
        from planbrief.publish.index import render_placeholder

        missing = {entry.placeholder: entry for entry in manifest.reports if entry.placeholder}
        return {path: render_placeholder(manifest, entry) for path, entry in missing.items() if path not in self.files}

    def _write(self, pages: Mapping[str, bytes]) -> list[PublishedFile]:
        written = []
        for path, page in pages.items():
            self._generated.append(path)
            write_new(self.folder / path, page)
            written.append(PublishedFile.of(path, page))
        return written

    def verify(self) -> list[Problem]:
        """Problems of the edition as it stands on the stage."""
        self.log.event("publish.verify", level="debug", stage="stage")
        return verify_edition(self.folder)

    def sync(self) -> None:
        """Bring the stage to the disk."""
        self.log.event("publish.sync", level="debug", stage="stage")
        sync_tree(self.folder)
