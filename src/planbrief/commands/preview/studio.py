"""What a preview holds: a notebook, its last good page, and the watch over the files it reads."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from planbrief.catalog import Report, read
from planbrief.display.language import LANGS, Lang
from planbrief.errors import ParameterError, PlanbriefError, RunError
from planbrief.project import Project
from planbrief.publish.gate import admit
from planbrief.render.safe_text import visible
from planbrief.run.engine import Pool
from planbrief.run.plan import checked_package
from planbrief.run.pool.process_tree import Scratch, remove
from planbrief.run.produce import Task, produce
from planbrief.run.request import PRELOAD
from planbrief.run.snapshot import snapshot

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


#: Seconds that a cell and a report may take.
CELL_SECONDS, REPORT_SECONDS = 300.0, 900.0


@dataclass(frozen=True)
class Shown:
    """What readers of one language see."""

    #: Grows with every build; 0 before the first.
    version: int = 0
    #: The last page that worked, empty if none has.
    good: bytes = b""
    #: Why the newest version could not be built.
    error: Exception | None = None
    building: bool = False


class Studio:
    """One report under way: :meth:`run` builds it whenever something was saved; other threads look and wait.

    Parameters
    ----------
    project : Project
        Where notebook, data and catalog lie.
    report : str
        Report or notebook, as for ``planbrief build``.
    changes : mapping
        Changed parameters.
    unchecked : bool
        Show also data that ``planbrief check`` refuses, with a notice.

    Raises
    ------
    PlanbriefError
        For a report or parameter that does not exist.
    """

    def __init__(self, project: Project, report: str, changes: Mapping[str, Any], unchecked: bool = False) -> None:
        self.unchecked = unchecked
        #: What every page of the present data warns of.
        self.notices: tuple[str, ...] = ()
        self.project, self.wanted, self.changes = project, report, dict(changes)
        self.report = self._find()
        self.watch = Watch(project, self.report.notebook)
        self.languages: tuple[Lang, ...] = tuple(lang for lang in LANGS if lang in self.report.languages)
        self._shown = {lang: Shown() for lang in self.languages}
        self._asked: set[Lang] = set()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._pool: Pool | None = None
        self._scratch: Scratch | None = None

    def _find(self) -> Report:
        catalog = read(self.project, checked_package(self.project))
        found = catalog.choose([self.wanted], self.changes)
        if len(found) != 1:
            raise ParameterError("preview", "REPORT", repr(self.wanted), "one report")
        return found[0]

    # what readers do, in threads of the server

    def shown(self, lang: Lang) -> Shown:
        """What there is to see in a language; from now on it is built."""
        with self._changed:
            if lang not in self._asked:
                self._asked.add(lang)
                self._wake.set()
            return self._shown[lang]

    def wait(self, lang: Lang, known: Shown, seconds: float) -> Shown:
        """What there is to see once it is no longer what the reader knows, or after some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopped or self._shown[lang] != known, seconds)
            return self._shown[lang]

    @property
    def stopped(self) -> bool:
        """Whether the preview has ended."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """End :meth:`run`, and everything that it has started."""
        self._stopping.set()
        self._wake.set()
        with self._changed:
            self._changed.notify_all()
        if self._pool is not None:
            self._pool.stop()

    # building, in one thread

    def run(self) -> None:
        """Build after every save until :meth:`stop`."""
        seen = self.watch.look()
        built: dict[Lang, Look] = {}
        try:
            self._scratch = Scratch()
            self._pool = self._warm()
            while not self.stopped:
                self._wake.clear()
                if self.watch.look() != seen:
                    now = self.watch.settled()
                    if now.package != seen.package:
                        self._pool.stop()
                        self._pool = self._warm()
                    seen = now
                due = [lang for lang in self.languages if lang in self._asked and built.get(lang) != seen]
                if due:
                    self._build(due)
                    built.update(dict.fromkeys(due, seen))
                else:
                    self._wake.wait(LOOK_EVERY)
        finally:
            if self._pool is not None:
                self._pool.stop()
            if self._scratch is not None:
                self._scratch.close()

    def _warm(self) -> Pool:
        if self._scratch is None:
            raise RunError("the preview has ended")
        return Pool(len(self.languages), PRELOAD, scratch=self._scratch.root)

    def _publish(self, lang: Lang, change: Callable[[Shown], Shown]) -> None:
        with self._changed:
            self._shown[lang] = change(self._shown[lang])
            self._changed.notify_all()

    def _build(self, due: list[Lang]) -> None:
        started = time.monotonic()
        for lang in due:
            self._publish(lang, lambda shown: replace(shown, building=True))
        if self._scratch is None:
            raise RunError("the preview has ended")
        folder = self._scratch.folder()
        try:
            waiting = {}
            try:
                folder.mkdir()
                self.report = self._find()
                root = snapshot(self.project, folder)
                # The copy is what the page will show; it is checked whatever was saved since.
                unchecked = admit(Project(root), self._memory(), self.unchecked, {self.report.notebook})
                sample = ("sample",) if self.project.sample else ()
                self.notices = (*sample, *(("unchecked",) if unchecked else ()))
                waiting = {lang: self._submit(lang, root) for lang in due}
            except (PlanbriefError, OSError, shutil.Error) as error:
                for lang in due:
                    self._end(lang, started, error=error)
            for lang, future in waiting.items():
                try:
                    self._end(lang, started, page=future.result().pages["html"])
                except Exception as error:
                    if not self.stopped:
                        self._end(lang, started, error=error)
        finally:
            remove(folder)

    def _memory(self) -> Path | None:
        """Where a clean verdict on the data is remembered while the preview runs."""
        return self._scratch.root if self._scratch else None

    def _submit(self, lang: Lang, root: Path) -> Any:
        others = [other for other in self.languages if other != lang]
        task = Task(
            report=self.report.id,
            lang=lang,
            notebook=self.report.notebook,
            parameters=self.report.parameters,
            formats=("html",),
            project=str(root),
            alternate=f"../{others[0]}/{self.report.id}.html" if others else "",
            cell_timeout=CELL_SECONDS,
            report_timeout=REPORT_SECONDS,
            notices=self.notices,
        )
        if self._pool is None:
            raise RunError("the preview has ended")
        return self._pool.submit(produce, task, name=task.name, timeout=REPORT_SECONDS)

    def _end(self, lang: Lang, started: float, *, page: bytes = b"", error: Exception | None = None) -> None:
        seconds = time.monotonic() - started
        self._publish(lang, lambda s: Shown(s.version + 1, page or s.good, error))
        what = f"failed: {error}" if error else f"built ({seconds:.1f} s)"
        print(visible(f"{lang}/{self.report.id} {what}"), file=sys.stderr, flush=True)
