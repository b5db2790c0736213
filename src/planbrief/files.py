"""Files of an edition: paths that stay inside it, reading that is not led astray, writing that reaches the disk, CSV
that readers guess right.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

#: Largest file of an edition that is read at all; a databook's PDF has a few megabytes.
LARGEST_FILE_BYTES = 1 << 30
_COMPONENT = re.compile(r"[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff/\\:*?\"<>|]{1,100}")
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def path_problem(path: str) -> str:
    """What keeps a text from being a path inside an edition, empty if nothing does.

    Such a path is relative, has forward slashes, no ``..``, no hidden, nameless or overlong part and no control
    character.

    >>> path_problem("zh/brief.html")
    ''
    >>> path_problem("../brief.html")
    "a part that is '..'"
    """
    parts = path.split("/")
    if not path or len(path) > 300 or len(parts) > 8:
        return f"{len(path)} characters in {len(parts)} parts"
    for part in parts:
        if part.startswith(".") or part != part.strip() or part.endswith("."):
            return f"a part that is {part[:40]!r}"
        if not _COMPONENT.fullmatch(part):
            return f"a part that no file may be called: {part[:40]!r}"
        try:
            if len(part.encode()) > 240:
                return f"a part that is too long: {part[:40]!r}"
        except UnicodeEncodeError:
            return f"a part that is not text: {part[:40]!r}"
    return ""


def read_regular(root: Path, relative: str = "", limit: int = LARGEST_FILE_BYTES) -> bytes:
    """Bytes of a regular file below `root`; a symbolic link on the way, a device or a too large file is an OSError."""
    path = root / relative if relative else root
    if relative:
        folder = root
        for part in relative.split("/")[:-1]:
            folder = folder / part
            if not stat.S_ISDIR(os.lstat(folder).st_mode):
                raise OSError(f"{folder} is not a folder")
    handle = os.open(path, _READ_FLAGS)
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(f"{path} is not a regular file")
        if facts.st_size > limit:
            raise OSError(f"{path} has {facts.st_size} bytes, more than {limit}")
        return file.read(limit + 1)


def sha256_of(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, making its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def replace_file(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Put a file in its place as a whole, so that readers and a crash find the old or the new one, never a part.

    One that need not be `lasting` is whole for readers alone, and waits for no disk.
    """
    # ".new" is what the sweep of a state folder knows as left by a killed process.
    import tempfile

    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(fresh, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(fresh, path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
    if lasting:
        sync(path.parent)


#: In a folder of ours: what was found out of files, beside what the system said of them then.
UNTOUCHED = "untouched.json"
#: Seconds for which a file must have been left alone: a file system's clock ticks at most this slowly.
SETTLED = 3.0


def facts_of(paths: Iterable[Path | str], about: str = "") -> str:
    """One hash over what tells, without reading them, whether files were written: size, times, place on the disk.

    Empty where it does not tell: one is missing or no regular file, or was written or renamed a moment ago, so that a
    second change might bear the same time. Of a folder it tells whether it is still the same one.
    """
    if os.name != "posix":  # elsewhere no time tells of a change whose author set the other one back
        return ""
    result = hashlib.sha256(about.encode())
    latest = time.time() - SETTLED
    try:
        for path in paths:
            facts = os.lstat(path)
            told = [facts.st_dev, facts.st_ino]
            if not stat.S_ISDIR(facts.st_mode):
                if not stat.S_ISREG(facts.st_mode) or max(facts.st_mtime, facts.st_ctime) > latest:
                    return ""
                told += [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns]
            result.update(f"{os.fspath(path)}\0{told}\n".encode())
    except OSError:
        return ""
    return result.hexdigest()


def unless_touched(
    memory: Path | None, name: str, paths: Iterable[Path | str], find: Callable[[], str], about: str = ""
) -> str:
    """What `find` makes of files, or what it made of them before where none was touched since.

    That is kept in the folder `memory`, where it exists, under a name; `about` is what else it depends on. A broken or
    forgotten record costs time only.
    """
    if memory is None or not (before := facts_of(paths := list(paths), about)):
        return find()
    record: dict[str, list[str]] = {}
    with contextlib.suppress(OSError, ValueError):
        told = json.loads((memory / UNTOUCHED).read_bytes())
        record = told if isinstance(told, dict) else {}
    match record.get(name):
        case [facts, str(known)] if facts == before:
            return known
    found = find()
    if memory.is_dir() and facts_of(paths, about) == before:
        with contextlib.suppress(OSError):
            replace_file(memory / UNTOUCHED, json.dumps({**record, name: [before, found]}).encode())
    return found


def sync(path: Path) -> None:
    """Bring a file or folder to the disk; where folders cannot be synced (Windows) that is left out."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(root: Path) -> None:
    """Bring every file and folder below `root` to the disk."""
    for folder, _folders, names in os.walk(root):
        for name in names:
            sync(Path(folder) / name)
        sync(Path(folder))


def walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below `root` but folders, as (relative path, its own facts), links not followed, in stable order."""
    pending = [root]
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            facts = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(facts.st_mode):
                pending.append(folder / entry.name)
            else:
                yield (folder / entry.name).relative_to(root).as_posix(), facts


#: Rows from which readers guess the type of a column: polars takes a hundred, others more.
GUESSED_FROM = 100
#: What a reader takes a cell for.
_GUESS = re.compile(
    r"(?P<empty>)\Z|(?P<whole>[+-]?\d+)\Z|(?P<number>[+-]?[\d.]+(?:e[+-]?\d+)?|NaN)\Z|(?P<truth>true|false)\Z"
)


def telling_first(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Rows in an order in which a reader that guesses types from the first ones guesses right.

    A row that first shows what kind of cells a column holds (numbers below gaps, 2026-S1 below years) comes to the
    front, where such a reader sees it (half of what it looks at leaves room for these); the others keep their order.

    >>> telling_first([["2023"]] * 120 + [["2024-S1"]])[:2]
    [['2024-S1'], ['2023']]
    """
    front: dict[int, None] = {}
    for column in zip(*rows, strict=True):
        kinds = ((guess.lastgroup if (guess := _GUESS.match(cell)) else "text") for cell in column)
        first = {kind: number for number, kind in reversed(list(enumerate(kinds)))}
        front |= {at: None for kind, at in first.items() if kind != "empty" and at >= GUESSED_FROM // 2}
    return [*(rows[at] for at in front), *(row for at, row in enumerate(rows) if at not in front)]


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]], end: str = "\n") -> bytes:
    """Rows as the data folder holds them: UTF-8, quotes only where needed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
