"""The stage: the files of an edition that is being put together, and what makes them one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from planbrief.errors import Problem
from planbrief.files import path_problem, sync_tree, write_new
from planbrief.log import EventLog
from planbrief.publish.edition_check import verify_edition
from planbrief.publish.manifest_completion import complete
from planbrief.run.manifest import INDEX_PAGES, MANIFEST, Manifest, PublishedFile

if TYPE_CHECKING:
    from planbrief.publish.index import Digest, DigestSource


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
        pages = {path: render_index(manifest, lang, shown).encode() for lang, path in INDEX_PAGES.items()}
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
