"""The data as a Data Package, and archives that have the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from planbrief.errors import PlanbriefError
from planbrief.files import read_regular, sha256_of
from planbrief.targets.package import Package, Row


def data_as_of(package: Package) -> str:
    """Date of the newest document as ISO text, empty if there is none."""
    dates = []
    for row in package["sources"].rows:
        try:
            dates.append(date.fromisoformat(row.values["date_published"]).isoformat())
        except ValueError:
            continue  # check names such a date; an export does not fail over it
    return max(dates, default="")


#: Name of the seal inside an exported folder or archive.
SEAL = "SHA256SUMS"
_FIRST_LINE = "# written by planbrief export"
#: The oldest date that a zip archive can hold: no clock is written.
_DATE = (1980, 1, 1, 0, 0, 0)
#: Limits of an archive that is read at all; the largest export of a full data package stays far below.
MOST_MEMBERS = 2_000
LARGEST_MEMBER_BYTES = 64 * 2**20
LARGEST_TOTAL_BYTES = 256 * 2**20
_NAME = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|]{1,300}")


class ArchiveRefused(PlanbriefError):
    """A zip archive is broken, too large when unpacked, or names files outside itself."""

    def __init__(self, archive: str, found: str, expected: str) -> None:
        super().__init__(archive, found, expected)
        self.archive, self.found, self.expected = archive, found, expected

    def __str__(self) -> str:
        return f"{self.archive}: found {self.found}; expected {self.expected}"


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of `files` in the given order: equal files, equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, _DATE)
            member.create_system = 3
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    return buffer.getvalue()


def read_zip(
    path: Path, *, most_members: int = MOST_MEMBERS, largest_member: int = LARGEST_MEMBER_BYTES,
    largest_total: int = LARGEST_TOTAL_BYTES,
) -> dict[str, bytes]:  # fmt: skip
    """All members of a zip archive, in memory.

    Sizes are bounded both as the archive declares them and as they turn out, so a decompression bomb costs no more
    than the limits.

    Raises
    ------
    ArchiveRefused
        For anything that is no plain archive of files with relative names of their own, within the limits.
    """
    name = path.name
    try:
        data = read_regular(path, limit=largest_total)
    except OSError as error:
        raise ArchiveRefused(name, error.strerror or str(error), "a readable zip archive") from error
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > most_members:
                raise ArchiveRefused(name, f"{len(members):,} files", f"at most {most_members:,}")
            declared = sum(member.file_size for member in members)
            if declared > largest_total:
                raise ArchiveRefused(name, f"{declared:,} bytes unpacked", f"at most {largest_total:,}")
            for member in members:
                problem = _member_problem(member, largest_member)
                if member.filename in found:
                    problem = "the same name twice"
                if problem:
                    raise ArchiveRefused(name, f"{member.filename[:80]!r}: {problem}", "plain files inside the archive")
                with archive.open(member) as file:
                    content = file.read(member.file_size + 1)
                if len(content) != member.file_size:
                    raise ArchiveRefused(name, f"{member.filename[:80]!r}: another size than declared", "an archive")
                found[member.filename] = content
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise ArchiveRefused(name, f"{type(error).__name__}: {str(error)[:120]}", "a zip archive") from error
    return found


def _member_problem(member: zipfile.ZipInfo, largest: int) -> str:
    """What keeps a member from being read, empty if nothing does."""
    name = member.filename
    if not _NAME.fullmatch(name) or name.startswith("/") or {"", ".", ".."} & set(name.split("/")):
        return "a name that leads outside or is no file name"
    if member.flag_bits & 0x1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "encrypted, or packed in an unusual way"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "not a regular file"
    if member.file_size > largest:
        return f"{member.file_size:,} bytes unpacked, more than {largest:,}"
    return ""


def sealed(files: Mapping[str, bytes], kind: str) -> dict[str, bytes]:
    """`files` and their seal; `kind` is the format of the export."""
    lines = [f"{_FIRST_LINE} --to {kind}; check with: sha256sum --check {SEAL}"]
    lines += [f"{sha256_of(data)}  {name}" for name, data in files.items()]
    return {**files, SEAL: ("\n".join(lines) + "\n").encode()}


def is_sealed(files: Mapping[str, bytes], kind: str) -> bool:
    """Whether `files` are an export of that `kind`, unchanged since planbrief wrote it."""
    plain = {name: data for name, data in files.items() if name != SEAL}
    wanted = sealed(plain, kind)[SEAL].splitlines()
    return SEAL in files and sorted(wanted) == sorted(files[SEAL].splitlines())


def csv_bytes(columns: Iterable[str], rows: Iterable[Row]) -> bytes:
    """Rows as the data folder holds them: UTF-8, line feeds, quotes only where needed."""
    names = tuple(columns)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([row.values[name] for name in names] for row in rows)
    return text.getvalue().encode("utf-8")


def files(package: Package) -> dict[str, bytes]:
    """``datapackage.json`` and every table of `package`, by path.

    A document that is left out (``exclude_sources`` in the catalog) is left out with its files.
    """
    members: dict[str, bytes] = {}
    documents = {row.file.rpartition("/")[0] for row in package["sources"].rows}
    resources: list[dict[str, Any]] = []
    for resource in package.descriptor["resources"]:
        table = package[resource["name"]]
        # Other tools know no pattern: the list of files says here which documents there are, after the empty form.
        parts = [path for path in table.files if f"data/{path}".rpartition("/")[0] in documents]
        kept = parts if "parts" in resource else table.files
        for path in kept:
            rows = [row for row in table.rows if len(table.files) == 1 or row.file == f"data/{path}"]
            rows.sort(key=lambda row: row.line)  # as in the file, whatever the order of display
            members[path] = csv_bytes(table.columns, rows)
        # Sizes and hashes that a descriptor may carry describe the files as they were.
        said = {key: value for key, value in resource.items() if key not in ("hash", "bytes")}
        if "parts" in resource:
            members[resource["path"]] = csv_bytes(table.columns, ())
            said["path"] = [resource["path"], *kept]
        resources.append(said)
    text = json.dumps({**package.descriptor, "resources": resources}, ensure_ascii=False, indent=2) + "\n"
    return {"datapackage.json": text.encode("utf-8"), **members}
