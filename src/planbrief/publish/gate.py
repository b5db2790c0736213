"""The gate: what ``planbrief check`` refuses is not published.

The verdict follows from the bytes of the data folder, the catalog, the notebooks asked for with their words, and the
package's own code. A clean one is remembered by their digests, with what such data answered to the questions of
reports, so that a build with nothing to do does not check again; nothing else is ever taken for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from planbrief.errors import DataError, Problem
from planbrief.files import replace_file, unless_touched
from planbrief.project import Project
from planbrief.run.keys import code_hash
from planbrief.run.plan import Known, Plan, Stamp, stamp

#: File beside an edition that remembers which inputs were found sound.
VERDICT = "verdict.json"
#: Problems that a manifest lists of an unchecked edition.
MOST_LISTED = 50


class Refused(DataError):
    """Data or notebooks have problems; nothing was built, the last edition stands."""

    def __str__(self) -> str:
        hint = "planbrief check lists everything; --unchecked builds all the same and says so on every page"
        return f"{super().__str__()}\nnothing was built, the last edition stands ({hint})"


def digest_of(root: Path, paths: Iterable[Path]) -> str:
    """SHA-256 over the names and bytes of files; one that is not there adds nothing."""
    found = hashlib.sha256(code_hash().encode())
    for path in sorted(paths):
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            found.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()


def data_digest(project: Project, memory: Path | None = None) -> str:
    """Digest of every file of the data folder and of the catalog; `memory` as for :func:`refusals`."""
    return _digest_at(project.root, stamp(project), memory)


@lru_cache(maxsize=4)
def _digest_at(root: Path, state: Stamp, memory: Path | None) -> str:
    """The digest is asked for several times in a build; the files are read again where one was written since."""
    paths = [Path(path) for path, _, _ in state]
    return unless_touched(memory, "data", paths, lambda: digest_of(root, paths), code_hash())


def notebook_digests(project: Project, notebooks: Collection[str]) -> dict[str, str]:
    """Digests of notebooks with the words that they say."""
    words = project.notebooks / "words"
    return {
        name: digest_of(
            project.root, [project.notebooks / f"{name}.ipynb", words / f"{name}.toml", words / "shared.toml"]
        )
        for name in sorted(set(notebooks))
    }


def _memory(memory: Path | None) -> dict[str, Any]:
    if memory is not None:
        with contextlib.suppress(OSError, ValueError):
            known = json.loads((memory / VERDICT).read_bytes())
            if isinstance(known, dict) and isinstance(known.get("notebooks"), dict):
                return known
    return {}


def _remember(memory: Path | None, known: dict[str, Any]) -> None:
    if memory is not None and memory.is_dir():
        with contextlib.suppress(OSError):
            replace_file(memory / VERDICT, json.dumps(known).encode())


def recall(project: Project, memory: Path) -> Known | None:
    """What an earlier build found of these very data; None where they, the catalog or the code are others now."""
    known = _memory(memory)
    if known.get("data") != data_digest(project, memory):
        return None
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return Known.from_json(known)
    return None


def remember(project: Project, memory: Path, plan: Plan) -> None:
    """Keep what the data of `plan` answered beside the clean verdict on them."""
    known = _memory(memory)
    told = json.loads(json.dumps(asdict(Known.of(plan.package))))
    if any(known.get(name) != value for name, value in told.items()) and known.get("data") == data_digest(
        project, memory
    ):
        _remember(memory, known | told)


def refusals(project: Project, memory: Path | None = None, notebooks: Collection[str] = ()) -> tuple[Problem, ...]:
    """The problems that keep reports from being published; none where `memory` knows the inputs as sound.

    `notebooks` are those that the reports are made of, `memory` is the folder that holds the remembered verdict; a
    clean one is written there if the folder exists.
    """
    data, own = data_digest(project, memory), notebook_digests(project, notebooks)
    known = _memory(memory)
    if not (sound := known.get("data") == data):
        known = {"notebooks": {}}
    unknown = [name for name, digest in own.items() if known["notebooks"].get(name) != digest]
    if sound and not unknown:
        return ()
    from planbrief.checks.project import project_problems

    problems = tuple(project_problems(project, unknown, sound))
    if not problems and (data, own) == (data_digest(project, memory), notebook_digests(project, notebooks)):
        _remember(memory, known | {"data": data, "notebooks": known["notebooks"] | own})
    return problems


def admit(project: Project, memory: Path | None, unchecked: bool, notebooks: Collection[str] = ()) -> tuple[str, ...]:
    """Let data and notebooks of `project` through; the problems as lines where they are published `unchecked`.

    Raises
    ------
    Refused
        There are problems, and nobody asked to build all the same.
    """
    problems = refusals(project, memory, notebooks)
    if problems and not unchecked:
        raise Refused(problems)
    return tuple(str(problem) for problem in problems)
