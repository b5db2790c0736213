"""``planbrief nb``: notebooks without outputs, by hand or by git's own filter, so that Run All leaves no diff."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from planbrief.errors import PlanbriefError
from planbrief.log import visible
from planbrief.project import chosen, writable

#: What running a notebook leaves in its metadata; the check looks for the same.
CELL_TRACES = ("ExecuteTime", "collapsed", "execution", "papermill", "scrolled")
NOTEBOOK_TRACES = ("papermill", "signature", "widgets")
_ATTRIBUTES = "notebooks/*.ipynb filter=planbrief"


class NoNotebook(PlanbriefError):
    """A file is no notebook, or cannot be written."""

    def __init__(self, file: str, found: str) -> None:
        super().__init__(file, found)
        self.file, self.found = file, found

    def __str__(self) -> str:
        return f"{visible(self.file)}: found {self.found}; expected a Jupyter notebook, format 4"


def cleaned(data: bytes, name: str) -> bytes:
    """A notebook without outputs, execution counts and traces of a run; one without any is the same bytes."""
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
        cells = notebook["cells"]
        changed = [cell for cell in cells if _strip(cell)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoNotebook(name, f"no notebook ({type(error).__name__})") from None
    traces = [key for key in NOTEBOOK_TRACES if notebook.get("metadata", {}).pop(key, None) is not None]
    if not changed and not traces:
        return data
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def _strip(cell: dict[str, Any]) -> bool:
    changed = False
    if cell.get("outputs"):
        cell["outputs"], changed = [], True
    if cell.get("execution_count") is not None:
        cell["execution_count"], changed = None, True
    for key in CELL_TRACES:
        changed |= cell.get("metadata", {}).pop(key, None) is not None
    return changed


def clean(files: list[Path]) -> list[Path]:
    """Strip notebooks in place; returns those that had something to strip."""
    found = []
    for file in files:
        try:
            before = file.read_bytes()
        except OSError as error:
            raise NoNotebook(str(file), error.strerror or "unreadable") from None
        after = cleaned(before, str(file))
        if after != before:
            half = file.with_name(f".{file.name}.planbrief")
            half.write_bytes(after)
            os.replace(half, file)
            found.append(file)
    return found


def install(root: Path) -> str:
    """Let git strip notebooks when they are added; what is in the working folder keeps its outputs.

    Raises
    ------
    NoNotebook
        Outside a git repository.
    """
    for key, value in (("clean", "planbrief nb filter"), ("smudge", "cat"), ("required", "false")):
        made = subprocess.run(
            ["git", "-C", str(root), "config", f"filter.planbrief.{key}", value], capture_output=True, check=False
        )
        if made.returncode:
            raise NoNotebook(str(root), "no git repository (git init makes one)")
    attributes = root / ".gitattributes"
    lines = attributes.read_text(encoding="utf-8").splitlines() if attributes.is_file() else []
    if _ATTRIBUTES not in lines:
        attributes.write_text("\n".join([*lines, _ATTRIBUTES]) + "\n", encoding="utf-8")
    return f"git strips the outputs of {root / 'notebooks'} from now on (.gitattributes, .git/config)"


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief nb``."""
    if arguments.action == "filter":
        sys.stdout.buffer.write(cleaned(sys.stdin.buffer.read(), "stdin"))
        return 0
    root = writable(chosen(arguments), "planbrief init DIR lays out a copy").root
    if arguments.action == "install":
        print(install(root))
        return 0
    files = arguments.files or sorted(root.glob("notebooks/**/*.ipynb"))
    found = clean([file for file in files if ".ipynb_checkpoints" not in file.parts])
    print("\n".join(f"{visible(file)}: outputs removed" for file in found) or "no notebook has outputs")
    return 0
