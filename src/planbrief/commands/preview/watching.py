"""Notice that a file has been saved: names, sizes and times, looked at ten times a second.

A look at a whole project and the package takes about two milliseconds and needs no library and no kernel interface.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planbrief.project import Project

#: Seconds between two looks, and for which files must have been left alone after a change.
LOOK_EVERY = 0.1
SETTLE = 0.03
_SKIPPED = ("__pycache__", "packaged")

Stamp = frozenset[tuple[str, int, int]]


@dataclass(frozen=True)
class Look:
    """What was there at one moment: files of the project, and the package's own."""

    project: Stamp
    package: Stamp


def files_below(folder: str) -> Iterator[tuple[str, int, int]]:
    """Every file below a folder with size and time; hidden ones and bytecode left out."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name in _SKIPPED:
                    continue
                if entry.is_dir():
                    yield from files_below(entry.path)
                else:
                    facts = entry.stat()
                    yield entry.path, facts.st_size, facts.st_mtime_ns
    except OSError:  # gone between two steps: the next look will tell
        return


class Watch:
    """Looks at the data, the catalog and one notebook of a project, and at the package with its templates."""

    def __init__(self, project: Project, notebook: str) -> None:
        self.project, self.notebook = project, f"{notebook}.ipynb"
        self.package = str(Path(__file__).resolve().parents[2])

    def look(self) -> Look:
        """What is there now."""
        beside = [
            found
            for found in files_below(str(self.project.notebooks))
            if not found[0].endswith(".ipynb") or os.path.basename(found[0]) == self.notebook
        ]
        data = files_below(str(self.project.data))
        catalog = [(str(path), 0, path.stat().st_mtime_ns) for path in [self.project.catalog] if path.is_file()]
        return Look(frozenset([*beside, *data, *catalog]), frozenset(files_below(self.package)))

    def settled(self) -> Look:
        """What is there once nothing changes any more: editors write a file in several steps."""
        now = self.look()
        while True:
            time.sleep(SETTLE)
            again = self.look()
            if again == now:
                return now
            now = again
