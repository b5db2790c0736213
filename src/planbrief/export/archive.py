"""Where an export goes and what it is kept in; the data as a Data Package.

Never over a stranger's file, whole or not at all, with the same bytes each time.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from planbrief.errors import PlanbriefError, RunError
from planbrief.files import (
    csv_bytes,
    path_problem,
    read_regular,
    sha256_of,
    sync,
    sync_tree,
    telling_first,
    walk,
    write_new,
)
from planbrief.log import visible
from planbrief.targets.package import Package

#: Files and bytes of an existing folder that are looked at to tell whether it is an export.
_MOST_FILES = 1_000
_LARGEST_FILE = 64 * 2**20


#: What a folder may hold already that a project is laid out in: a repository, an environment.
BESIDE = frozenset({".git", ".venv", "venv"})


class PathRefused(PlanbriefError):
    """The path of an export is none that planbrief may write."""

    def __str__(self) -> str:
        return "{}: {}; expected {}".format(*map(visible, self.args))


class ExportFailed(RunError):
    """The export could not be written; what was there before still is."""

    def __str__(self) -> str:
        return "{} was not written: {}".format(*map(visible, self.args))


def destination(out: Path | str) -> Path:
    """The absolute path of `out`; :class:`PathRefused` for links, devices and text that is no path."""
    try:
        path = Path(os.path.abspath(out))
        path = path.parent.resolve() / path.name
        facts = os.lstat(path) if os.path.lexists(path) else None
        parent = path.parent
        while not os.path.lexists(parent):
            parent = parent.parent
        parent_is_folder = parent.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise PathRefused(str(out), f"no path ({error})", "the name of a file or folder") from error
    if not path.name:
        raise PathRefused(str(out), "the root of a file system", "the name of a file or folder")
    if not parent_is_folder:
        raise PathRefused(str(out), f"{parent} is not a folder", "a place in a folder")
    if facts is not None and not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
        raise PathRefused(str(out), "a symbolic link or device", "a new name, or an earlier export")
    return path


def read_folder(path: Path) -> dict[str, bytes] | None:
    """Files of a folder by relative path; None if there are links, too many files, or files too large."""
    files: dict[str, bytes] = {}
    try:
        for count, (name, facts) in enumerate(walk(path)):
            if count >= _MOST_FILES or facts.st_size > _LARGEST_FILE or not stat.S_ISREG(facts.st_mode):
                return None
            files[name] = read_regular(path, name, _LARGEST_FILE)
    except OSError:
        return None
    return files


@contextlib.contextmanager
def _fresh(path: Path) -> Iterator[Path]:
    """A name beside `path` for what is being written; gone when the block ends, however it ends."""
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        fresh = path.with_name(f".{path.name[:80]}.{os.getpid()}.planbrief-new")
        try:
            yield fresh
        finally:
            _remove(fresh)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """An error of the file system becomes an error that people read."""
    try:
        yield
    except OSError as error:
        raise ExportFailed(str(path), error.strerror or str(error)) from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _sweep(path: Path) -> None:
    """Remove what a killed export left beside `path`; those of running processes stay."""
    form = re.compile(rf"\.{re.escape(path.name[:80])}\.(\d+)\.planbrief-(?:new|old)")
    for entry in sorted(path.parent.iterdir()):
        if match := form.fullmatch(entry.name):
            import psutil

            if int(match[1]) == os.getpid() or not psutil.pid_exists(int(match[1])):
                _remove(entry)


def write_file(path: Path, data: bytes) -> None:
    """Write `data` to `path` in one step; :class:`ExportFailed` leaves what was there."""
    with _fresh(path) as fresh:
        write_new(fresh, data)
        sync(fresh)
        os.replace(fresh, path)


def _fill(path: Path, fresh: Path) -> None:
    """Move what is in `fresh` into an empty folder, which stays the folder it is: somebody may stand in it."""
    moved = []
    try:
        for child in sorted(fresh.iterdir()):
            child.rename(path / child.name)
            moved.append(path / child.name)
    except OSError:
        for child in moved:
            _remove(child)
        raise


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a whole folder, in place of an earlier one; :class:`ExportFailed` leaves what was there."""
    for name in files:
        if name not in (".gitignore", ".gitattributes") and (problem := path_problem(name)):
            raise PathRefused(name, problem, "a file name inside the folder")
    with _fresh(path) as fresh:
        fresh.mkdir()
        for name, data in files.items():
            write_new(fresh / name, data)
        sync_tree(fresh)
        if not path.exists():
            fresh.rename(path)
            return
        if all(entry.name in BESIDE for entry in path.iterdir()):
            _fill(path, fresh)
            return
        old = path.with_name(f".{path.name[:80]}.{os.getpid()}.planbrief-old")
        path.rename(old)
        try:
            fresh.rename(path)
        except OSError:
            old.rename(path)
            raise
        _remove(old)


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

    text = "{}: found {}; expected {}"


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of `files` in the given order: equal files, equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, _DATE)
            # Left alone, the archive says on which system it was made, and its bytes differ from machine to machine.
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
            cells = [[row.values[name] for name in table.columns] for row in rows]
            # Neither what is computed nor what has a place in a text says anything by the order of its lines.
            free = path.startswith("results/") or "char_end" in table.columns
            members[path] = csv_bytes(table.columns, telling_first(cells) if free else cells)
        # Sizes and hashes that a descriptor may carry describe the files as they were.
        said = {key: value for key, value in resource.items() if key not in ("hash", "bytes")}
        if "parts" in resource:
            members[resource["path"]] = csv_bytes(table.columns, ())
            said["path"] = [resource["path"], *kept]
        resources.append(said)
    text = json.dumps({**package.descriptor, "resources": resources}, ensure_ascii=False, indent=2) + "\n"
    return {"datapackage.json": text.encode("utf-8"), **members}
