"""The gate: what ``planbrief check`` refuses of the data and their words is not published.

The verdict follows from the bytes of the data folder, the catalog and the package's own code. A clean one is remembered
by their digest, so that a build with nothing to do does not check again; nothing else is ever taken for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from planbrief.errors import DataError, Problem
from planbrief.files import replace_file
from planbrief.project import Project
from planbrief.run.keys import code_hash

#: File beside an edition that remembers which inputs were found sound.
VERDICT = "verdict.json"
#: Problems that a manifest lists of an unchecked edition.
MOST_LISTED = 50


class Refused(DataError):
    """The data have problems; nothing was built, the last edition stands."""

    def __str__(self) -> str:
        hint = "planbrief check lists everything; --unchecked builds all the same and says so on every page"
        return f"{super().__str__()}\nnothing was built, the last edition stands ({hint})"


def inputs_digest(project: Project) -> str:
    """SHA-256 over every file that the verdict depends on."""
    found = hashlib.sha256(code_hash().encode())
    paths = [Path(folder, file) for folder, _, files in os.walk(project.data) for file in files]
    for path in [project.catalog, *sorted(paths)]:
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            found.update(f"{path.relative_to(project.root).as_posix()}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()


def refusals(project: Project, memory: Path | None = None) -> tuple[Problem, ...]:
    """The problems that keep a project's data from being published; none where `memory` knows the inputs as sound.

    `memory` is the folder that holds the remembered verdict; a clean one is written there if the folder exists.
    """
    digest = inputs_digest(project)
    file = memory / VERDICT if memory else None
    if file is not None:
        with contextlib.suppress(OSError, ValueError):
            if json.loads(file.read_bytes()) == {"sound": digest}:
                return ()
    from planbrief.checks.project import statement_problems

    problems = tuple(statement_problems(project))
    if not problems and file is not None and file.parent.is_dir() and inputs_digest(project) == digest:
        with contextlib.suppress(OSError):
            replace_file(file, json.dumps({"sound": digest}).encode())
    return problems


def admit(project: Project, memory: Path | None, unchecked: bool) -> tuple[str, ...]:
    """Let the data of `project` through; the problems as lines where they are published `unchecked`.

    Raises
    ------
    Refused
        There are problems, and nobody asked to build all the same.
    """
    problems = refusals(project, memory)
    if problems and not unchecked:
        raise Refused(problems)
    return tuple(str(problem) for problem in problems)
