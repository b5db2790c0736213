"""The digest of a build: compares the edition that is being published with the one before it, and files the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planbrief.display.language import LANGS
from planbrief.files import read_regular, sha256_of
from planbrief.publish.digest.changes import Changes, compare
from planbrief.publish.digest.document import document, index_digest
from planbrief.publish.digest.rendering import json_bytes, read_digest, to_html, to_markdown
from planbrief.publish.digest.snapshot import Row, Snapshot, tables_of
from planbrief.publish.index import Digest
from planbrief.run.manifest import DIGEST_FILES, Manifest


@dataclass(frozen=True)
class DigestMaker:
    """Makes the digest once the manifest of the new edition is complete, failures of the last minute included.

    Attributes
    ----------
    old : Snapshot
        The edition before.
    tables, keys
        Rows and key columns of the new edition.
    out : path, optional
        Where the edition before lies: building the same edition again keeps the digest that it has.
    """

    old: Snapshot
    tables: Mapping[str, tuple[Row, ...]]
    keys: Mapping[str, tuple[str, ...]]
    out: Path | None = None

    @classmethod
    def of(cls, old: Snapshot, files: Mapping[str, bytes], out: Path | None = None) -> DigestMaker:
        """A maker for an edition with these files below ``data/``."""
        return cls(old, *tables_of(files), out)

    def changes(self, manifest: Manifest) -> Changes:
        """What differs between the edition before and a new one with this manifest."""
        return compare(self.old, Snapshot(manifest, self.tables, self.keys))

    def __call__(self, manifest: Manifest) -> tuple[Digest | None, dict[str, bytes]]:
        """The section of the index, and the files of the edition that hold the whole digest."""
        if manifest.edition == self.old.manifest.edition:
            return self._kept()
        changes = self.changes(manifest)
        shown = index_digest(changes)
        files = {"digest.json": json_bytes(changes, shown)}
        for lang in LANGS:
            made = document(changes, lang)
            files[f"digest.{lang}.md"] = to_markdown(made).encode()
            files[f"digest.{lang}.html"] = to_html(made).encode()
        return shown, files

    def _kept(self) -> tuple[Digest | None, dict[str, bytes]]:
        """The digest that the edition before has, file by file; nothing if one of them is not what it was."""
        listed = self.old.manifest.published_files()
        try:
            files = {path: read_regular(self.out or Path(), path) for path in DIGEST_FILES}
            if any(sha256_of(data) != listed.get(path) for path, data in files.items()):
                return None, {}
            return read_digest(files["digest.json"]), files
        except (OSError, ValueError, KeyError, TypeError):
            return None, {}
