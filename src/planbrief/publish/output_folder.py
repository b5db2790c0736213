"""Which folders planbrief publishes into: missing ones, empty ones, and its own earlier editions."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from planbrief.errors import PlanbriefError
from planbrief.files import read_regular
from planbrief.log import visible
from planbrief.publish.state import STATE_PREFIX, State, state_folder
from planbrief.run.manifest import MANIFEST
from planbrief.run.manifest_reading import LARGEST_MANIFEST_BYTES, ManifestError, read_json


class OutRefused(PlanbriefError):
    """The output folder is none that planbrief may replace."""

    def __init__(self, out: str, reason: str) -> None:
        super().__init__(out, reason)
        self.out, self.reason = out, reason

    def __str__(self) -> str:
        return f"{visible(self.out)} cannot be the output folder: {visible(self.reason)}"


def resolve_out(out: Path | str) -> Path:
    """The absolute path of an output folder; links are followed in its parents, not in itself."""
    try:
        path = Path(os.path.abspath(os.fsencode(out).decode()))
        if "\0" in str(path):
            raise ValueError("a null character in it")
        return path.parent.resolve() / path.name
    except (OSError, ValueError, RuntimeError) as error:  # also a loop of links, or a name that is not UTF-8
        raise OutRefused(str(out), f"it is no path: {error}") from error


def check_out(out: Path | str) -> None:
    """Refuse (:class:`OutRefused`) a folder that is not planbrief's to replace; nothing is changed.

    Accepted are a missing or empty folder and an earlier edition: one with a ``manifest.json`` that names a
    planbrief_version, or the very folder that was published last, whatever became of its manifest.
    """
    path = resolve_out(out)
    try:
        if problem := _problem(path):
            raise OutRefused(str(path), problem)
    except OSError as error:
        raise OutRefused(str(path), error.strerror or str(error)) from error


def check_apart(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse (:class:`OutRefused`) an output folder inside a folder that the build reads, or around it."""
    path = resolve_out(out)
    for folder in (folder.resolve() for folder in inputs):
        if path == folder or path.is_relative_to(folder):
            raise OutRefused(str(path), f"{folder} holds what the reports are made from")
        if folder.is_relative_to(path):
            raise OutRefused(str(path), f"it holds {folder}, from which the reports are made")


def _problem(path: Path) -> str:
    if not path.name or path.name.startswith(STATE_PREFIX):
        return "it is the root of a file system" if not path.name else "planbrief keeps its own state there"
    parent = path.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        return f"{parent} is not a folder"
    if not os.access(parent, os.W_OK | os.X_OK):
        return f"{parent} cannot be written; the edition is put together beside the output folder"
    state = state_folder(path)
    if os.path.lexists(state) and not stat.S_ISDIR(os.lstat(state).st_mode):
        return f"{state} is in the way; planbrief keeps its state in a folder of that name"
    if not os.path.lexists(path):
        return ""
    facts = os.lstat(path)
    if stat.S_ISLNK(facts.st_mode):
        return "it is a symbolic link; name the folder that it leads to"
    if not stat.S_ISDIR(facts.st_mode):
        return "it is not a folder"
    if os.path.ismount(path) or facts.st_dev != os.stat(path.parent).st_dev:
        return "it is a file system of its own and cannot be replaced as a whole; name a folder inside it"
    return "" if not os.listdir(path) or _ours(path) else _STRANGE


_STRANGE = "it holds files that are not an edition of planbrief; name an empty folder or an earlier edition"


def _ours(path: Path) -> bool:
    if State(path).published_by_us():
        return True
    try:
        said = read_json(read_regular(path, MANIFEST, LARGEST_MANIFEST_BYTES))
    except (OSError, ManifestError):
        return False
    return isinstance(said, dict) and isinstance(said.get("planbrief_version"), str)
