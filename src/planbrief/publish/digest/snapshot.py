"""What an edition says: its manifest and, where they lie beside it, the rows of its tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from planbrief.display.language import Lang
from planbrief.errors import PlanbriefError
from planbrief.files import read_regular, sha256_of
from planbrief.publish.output_folder import editions
from planbrief.run.manifest import EDITION_ID, LARGEST_MANIFEST_BYTES, MANIFEST, Manifest, ManifestError, read_manifest

Row = Mapping[str, str]
#: Column that identifies the rows of a table whose description does not say it.
OBSERVATION_KEY = "obs_id"


class NoEdition(PlanbriefError):
    """Something that was named is no edition."""

    text = (
        "{}: {}; expected the folder of an edition, its manifest.json or the id of an edition that is kept "
        "(planbrief diff --help)"
    )


@dataclass(frozen=True)
class Snapshot:
    """An edition as far as a comparison needs it.

    ``tables`` holds the rows by table, ``keys`` the columns that identify them; a table that is missing was not there
    to be read.
    """

    manifest: Manifest
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def observations(self) -> dict[str, Row]:
        """Observations by id."""
        return {row["obs_id"]: row for row in self.tables.get("observations", ())}

    def named(self, table: str, key: str) -> Row | None:
        """A row of a reference table, None where it is not there."""
        return self._by_key.get(table, {}).get(key)

    @cached_property
    def _by_key(self) -> dict[str, dict[str, Row]]:
        return {name: {self.key(name, row): row for row in rows} for name, rows in self.tables.items()}

    def key(self, table: str, row: Row) -> str:
        """What identifies a row of a table: its key, or all of it where the table has none."""
        return ":".join(row.get(name, "") for name in self.keys.get(table) or tuple(row))

    def name(self, table: str, key: str, lang: Lang) -> str:
        """Name of a row of a reference table in a language; the key where it has none."""
        row = self.named(table, key) or {}
        column = "title" if table == "sources" else "name"
        return row.get(f"{column}_{lang}") or row.get(f"{column}_zh") or key


def rows_of(data: bytes) -> tuple[Row, ...]:
    """Rows of a CSV file of an edition."""
    return tuple(csv.DictReader(io.StringIO(data.decode(), newline="")))


def read_folder(folder: Path) -> Snapshot:
    """The edition in a folder; :class:`NoEdition` where there is none or its tables are not what its manifest says."""
    try:
        manifest = read_manifest(read_regular(folder, MANIFEST, LARGEST_MANIFEST_BYTES))
    except (OSError, ManifestError) as error:
        raise NoEdition(str(folder), str(error)) from error
    listed = manifest.published_files()

    def read(path: str) -> bytes:
        try:
            data = read_regular(folder, path)
        except OSError:
            return b""  # a manifest that was copied without its data: figures, findings and reports can be compared
        if sha256_of(data) != listed[path]:
            raise NoEdition(str(folder), f"{path} is not what the manifest says")
        return data

    files = {path: data for path in listed if path.startswith("data/") and (data := read(path))}
    return Snapshot(manifest, *tables_of(files))


def tables_of(files: Mapping[str, bytes]) -> tuple[dict[str, tuple[Row, ...]], dict[str, tuple[str, ...]]]:
    """Rows and key columns by table, from the files below ``data/`` of an edition."""
    tables = {
        path.removeprefix("data/").removesuffix(".csv"): rows_of(data)
        for path, data in files.items()
        if path.endswith(".csv")
    }
    keys: dict[str, tuple[str, ...]] = {"observations": (OBSERVATION_KEY,)}
    if descriptor := files.get("data/datapackage.json"):
        for resource in json.loads(descriptor).get("resources", ()):
            key = resource.get("schema", {}).get("primaryKey", ())
            keys[str(resource.get("name"))] = (key,) if isinstance(key, str) else tuple(key)
    return tables, keys


def open_edition(named: str, out: Path) -> Snapshot:
    """The edition that a word names: a folder, a ``manifest.json``, or an id of an edition that `out` keeps."""
    path = Path(named)
    if path.is_file():
        return read_folder(path.parent) if path.name == MANIFEST else _lone_manifest(path)
    if path.is_dir():
        return read_folder(path)
    known = {info.edition: info.path for info in editions(out)}
    if named in known:
        return read_folder(known[named])
    if EDITION_ID.fullmatch(named):
        raise NoEdition(named, f"not kept beside {out}; kept are {', '.join(known) or 'none'}")
    raise NoEdition(named, "no such file or folder")


def _lone_manifest(path: Path) -> Snapshot:
    """A manifest under another name, without its edition."""
    try:
        return Snapshot(read_manifest(read_regular(path.parent, path.name, LARGEST_MANIFEST_BYTES)))
    except (OSError, ManifestError) as error:
        raise NoEdition(str(path), str(error)) from error
