"""Build pages again and again: after every save, in a warm process, keeping the last page that worked."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from planbrief.catalog import Catalog, Report, read
from planbrief.display.language import LANGS, Lang
from planbrief.errors import ParameterError, PlanbriefError, RunError
from planbrief.project import Project
from planbrief.publish.gate import admit
from planbrief.render.safe_text import visible
from planbrief.run import plan
from planbrief.run.plan import checked_package, copy_notebooks, snapshot, stamp
from planbrief.run.pool.executor import Pool
from planbrief.run.pool.process_tree import Scratch, remove
from planbrief.run.produce import PRELOAD, Produced, Task
from planbrief.run.rehearsal import PAGES, Rehearsals
from planbrief.targets.frames import STORE, write_store
from planbrief.targets.package import Package, left_out

#: Seconds between two looks, and for which files must have been left alone after a change.
LOOK_EVERY = 0.04
SETTLE = 0.03
#: Seconds between two looks at the package, which has many more files and is seldom changed.
PACKAGE_EVERY = 0.5
#: Seconds for which the rest of a notebook is waited for.
MOST_WAIT = 1.0
_SKIPPED = ("__pycache__", "packaged")

Stamp = frozenset[tuple[str, int, int]]


@dataclass(frozen=True)
class Look:
    """What was there at one moment: files of the project, and the package's own."""

    project: Stamp
    package: Stamp

    def of(self, notebook: str) -> Stamp:
        """What a page of a notebook is made from: everything but the other notebooks."""
        own = f"{notebook}.ipynb"
        return self.package | {
            one for one in self.project if not one[0].endswith(".ipynb") or os.path.basename(one[0]) == own
        }

    def saved_since(self, before: Look) -> list[str]:
        """The notebooks that were saved since an earlier look."""
        return [path for path, *_ in self.project - before.project if path.endswith(".ipynb")]


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


def is_whole(notebook: str) -> bool:
    """Whether a notebook is JSON, which none is while it is being written."""
    try:
        json.loads(Path(notebook).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return True


class Watch:
    """Looks at the data, the catalog and the notebooks of a project, and at the package with its templates."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.package = str(Path(__file__).resolve().parents[2])
        self._package: Stamp = frozenset()
        self._looked = -PACKAGE_EVERY

    def look(self) -> Look:
        """What is there now."""
        catalog = [(str(path), 0, path.stat().st_mtime_ns) for path in [self.project.catalog] if path.is_file()]
        folders = (files_below(str(folder)) for folder in (self.project.notebooks, self.project.data))
        if (now := time.monotonic()) - self._looked >= PACKAGE_EVERY:
            self._package, self._looked = frozenset(files_below(self.package)), now
        return Look(frozenset([*chain.from_iterable(folders), *catalog]), self._package)

    def settled(self, before: Look) -> Look:
        """What is there once nothing changes any more: editors write a file in several steps.

        A notebook saved since `before` of which only a part is there yet is waited for, up to :data:`MOST_WAIT`.
        """
        end, now = time.monotonic() + MOST_WAIT, self.look()
        while True:
            time.sleep(SETTLE)
            again = self.look()
            if again == now and (time.monotonic() > end or all(map(is_whole, now.saved_since(before)))):
                return now
            now = again


#: Seconds that a cell and a report may take.
CELL_SECONDS, REPORT_SECONDS = 300.0, 900.0
#: Seconds after which a page that nobody asks for is not built again; a browser that shows it asks more often.
FORGOTTEN = 30.0

#: A page: report and language.
Key = tuple[str, Lang]


@dataclass(frozen=True)
class Shown:
    """What readers of one page see."""

    #: Grows with every build; 0 before the first.
    version: int = 0
    #: The last page that worked, empty if none has.
    good: bytes = b""
    #: Why the newest version could not be built.
    error: Exception | None = None
    building: bool = False


class Studio:
    """All reports of a project: :meth:`run` builds the pages that are looked at whenever something was saved.

    Parameters
    ----------
    project : Project
        Where notebooks, data and catalog lie.
    report : str
        Report or notebook to begin with, as for ``planbrief build``; empty for the list of all.
    changes : mapping
        Changed parameters of that report.
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
        self.project, self.watch = project, Watch(project)
        #: Taken before anything is read: what is saved from now on is a change, whenever :meth:`run` begins.
        self._seen = self.watch.look()
        #: The data as they were read, with names, sizes and times of their files then.
        self._data = stamp(project), checked_package(project)
        self.catalog: Catalog = read(project, self._data[1])
        #: Reports with changed parameters, by the id that these give them: what was asked for.
        self._made: dict[str, tuple[str, dict[str, Any]]] = {}
        self.report: Report | None = self.variant(report, changes) if report else None
        self._shown: dict[Key, Shown] = {}
        self._asked: dict[Key, float] = {}
        #: The page to show because its notebook was saved while nobody looked at it, and how often that happened.
        self.front: tuple[int, str] = (0, "")
        self._changed = threading.Condition()
        #: Whether the preview has ended.
        self.stopped = False
        #: No event, whose lock an interrupted :meth:`run` could leave taken: then :meth:`stop` would wait for ever.
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._pool: Pool | None = None
        self._rehearsals: Rehearsals | None = None
        self._scratch: Scratch | None = None
        #: The data that were copied for pages, and their copy, as names, sizes and times.
        self._copied: tuple[plan.Stamp, plan.Stamp] = (), ()

    # what readers do, in threads of the server

    def variant(self, wanted: str, changes: Mapping[str, Any]) -> Report:
        """A report with changed parameters, which has a page of its own from now on."""
        found = self.catalog.choose([wanted], changes)
        if len(found) != 1:
            raise ParameterError("preview", "REPORT", repr(wanted), "one report")
        if found[0].id not in {report.id for report in self.catalog.reports()}:
            self._made[found[0].id] = wanted, dict(changes)
        return found[0]

    def reports(self) -> dict[str, Report]:
        """Every report that has a page, by id."""
        made = [one for wanted, changes in self._made.values() for one in self.catalog.choose([wanted], changes)]
        return {report.id: report for report in (*self.catalog.reports(), *made)}

    def shown(self, lang: Lang, report: str = "") -> Shown:
        """What there is to see of a page (by default the one to begin with); from now on it is built."""
        key = report or self._first(), lang
        with self._changed:
            if key not in self._asked:
                self._wake.put(None)
            self._asked[key] = time.monotonic()
            return self._shown.get(key, Shown())

    def wait(self, lang: Lang, known: Shown, front: int, seconds: float, report: str = "") -> Shown:
        """What there is to see once it, or the count of `front`, is no longer what the reader knows, or in the end."""
        key = report or self._first(), lang
        with self._changed:
            self._asked[key] = time.monotonic()
            self._changed.wait_for(
                lambda: self.stopped or self.front[0] != front or self._shown.get(key, Shown()) != known, seconds
            )
            return self._shown.get(key, Shown())

    def _first(self) -> str:
        return self.report.id if self.report else ""

    def stop(self) -> None:
        """End :meth:`run`, and everything that it has started."""
        self.stopped = True
        self._wake.put(None)
        with self._changed:
            self._changed.notify_all()
        if self._pool is not None:
            self._pool.stop()

    # building, in one thread

    def run(self, ended: Callable[[], bool] = bool) -> None:
        """Build after every save until :meth:`stop`, or until `ended` is true."""
        seen = self._seen
        built: dict[Key, Stamp] = {}
        try:
            self._scratch = Scratch()
            self._pool = self._warm()
            while not (self.stopped or ended()):
                # Asked 25 times a second, which needs no library that watches files in the way of each system.
                if self.watch.look() != seen:
                    now = self.watch.settled(seen)
                    # Warm processes have imported the package: when it changes they are of the past.
                    if now.package != seen.package:
                        self._pool.stop()
                        self._pool = self._warm()
                    self._bring_forward({Path(path).stem for path in now.saved_since(seen)})
                    seen = now
                known = self.reports()
                stamps = {key: seen.of(known[key[0]].notebook) for key in self._looked_at() if key[0] in known}
                due = [key for key, stamp in stamps.items() if built.get(key) != stamp]
                if due:
                    self._build(due, seen)
                    built.update({key: stamps[key] for key in due})
                else:
                    with contextlib.suppress(queue.Empty):
                        self._wake.get(timeout=LOOK_EVERY)
        finally:
            if self._pool is not None:
                self._pool.stop()
            if self._scratch is not None:
                self._scratch.close()

    def _looked_at(self) -> list[Key]:
        """Pages that somebody looks at; the one asked for last stays, for a browser that is not open yet."""
        with self._changed:
            # Never all of them are forgotten: the browser may take longer to open than a page is remembered.
            latest = max(self._asked.values(), default=0.0)
            now = time.monotonic()
            self._asked = {k: when for k, when in self._asked.items() if when == latest or now - when < FORGOTTEN}
            return list(self._asked)

    def _bring_forward(self, notebooks: set[str]) -> None:
        """Let readers turn to a page of a notebook that was saved, unless one of its pages is looked at."""
        known = self.reports()
        open_now = {known[report].notebook for report, _ in self._looked_at() if report in known}
        # Who looks at a page of the notebook stays there; who looks at another one is led to what is being written.
        of_it = [report for report in known.values() if report.notebook in notebooks - open_now]
        if not of_it:
            return
        lang = max(self._asked.items(), key=lambda item: item[1])[0][1] if self._asked else of_it[0].languages[0]
        with self._changed:
            self.front = self.front[0] + 1, f"/{lang}/{of_it[0].id}.html"
            self._changed.notify_all()

    def _warm(self) -> Pool:
        if self._scratch is None:
            raise RunError("the preview has ended")
        pool = Pool(PAGES + len(LANGS), PRELOAD, scratch=self._scratch.root)
        self._rehearsals = Rehearsals(pool, self._scratch, REPORT_SECONDS)
        return pool

    def _publish(self, key: Key, change: Callable[[Shown], Shown]) -> None:
        with self._changed:
            self._shown[key] = change(self._shown.get(key, Shown()))
            self._changed.notify_all()

    def _build(self, due: list[Key], seen: Look) -> None:
        started = time.monotonic()
        for key in due:
            self._publish(key, lambda shown: replace(shown, building=True))
        if self._scratch is None:
            raise RunError("the preview has ended")
        waiting: dict[Key, Callable[[], Produced]] = {}
        try:
            self.catalog = read(self.project, self._package(self._scratch.root / STORE))
            root = self._snapshot(self._scratch)
            # The copy is what the page will show; it is checked whatever was saved since.
            unchecked = admit(Project(root), self._scratch.root, self.unchecked, self._notebooks(due))
            sample = ("sample",) if self.project.sample else ()
            self.notices = (*sample, *(("unchecked",) if unchecked else ()))
        except (PlanbriefError, OSError, shutil.Error) as error:
            for key in due:
                self._end(key, started, error=error)
            return
        for key in due:
            try:
                wanted, changes = self._made.get(key[0], (key[0], {}))
                task = self._task(self.catalog.choose([wanted], changes)[0], key[1], root)
                # The first pages may go on from a process that waits above the edited cell, the others run whole.
                waiting[key] = self._start(key, task, seen, whole=len(waiting) >= PAGES)
            except PlanbriefError as error:
                self._end(key, started, error=error)
        for key, result in waiting.items():
            try:
                self._end(key, started, page=result().pages["html"])
            except Exception as error:  # whatever a notebook raises is its page's, never the preview's end
                if not self.stopped:
                    self._end(key, started, error=error)

    def _package(self, store: Path) -> Package:
        """The data, read, checked and stored only where one of their files or the catalog was saved since."""
        now = stamp(self.project)
        if now != self._data[0]:
            self._data = now, checked_package(self.project)
            store.unlink(missing_ok=True)
        if not store.exists():
            write_store(self._data[1], store, left_out(self.project))
        return self._data[1]

    def _snapshot(self, scratch: Scratch) -> Path:
        """The copy of the project: its notebooks as they are now, its data copied anew only where any was saved.

        Most saves are of one notebook, and data that stay where they lie are known as sound without being read again.
        """
        copy = Project(scratch.root / "project")
        if self._copied == (self._data[0], stamp(copy)):
            remove(copy.notebooks)
            copy_notebooks(self.project, copy.root)
            return copy.root
        self._copied = (), ()  # until it is whole
        remove(copy.root)
        snapshot(self.project, copy.root)
        # Rows of these very files: where one was saved in between, reports read the files themselves.
        shutil.copy(scratch.root / STORE, copy.root / STORE)
        # Under what was there before it was made: what was saved in between is copied at the next build.
        self._copied = self._data[0], stamp(copy)
        return copy.root

    def _notebooks(self, due: list[Key]) -> set[str]:
        known = self.reports()
        return {known[report].notebook for report, _ in due if report in known}

    def _task(self, report: Report, lang: Lang, root: Path) -> Task:
        others = [other for other in report.languages if other != lang]
        return Task(
            report=report.id,
            lang=lang,
            notebook=report.notebook,
            parameters=report.parameters,
            formats=("html",),
            project=str(root),
            alternate=f"../{others[0]}/{report.id}.html" if others else "",
            related=report.related(self.reports().values(), lang),
            cell_timeout=CELL_SECONDS,
            report_timeout=REPORT_SECONDS,
            notices=self.notices,
            guarded=tuple(map(str, (self.project.data, self.project.notebooks, self.project.reports))),
        )

    def _start(self, key: Key, task: Task, seen: Look, *, whole: bool) -> Callable[[], Produced]:
        if self._rehearsals is None:
            raise RunError("the preview has ended")
        others = frozenset(one for one in seen.of(task.notebook) if not one[0].endswith(".ipynb"))
        try:
            return self._rehearsals.start(key, task, others, whole=whole)
        except RuntimeError as error:  # stopped in between
            raise RunError("the preview has ended") from error

    def _end(self, key: Key, started: float, *, page: bytes = b"", error: Exception | None = None) -> None:
        seconds = time.monotonic() - started
        self._publish(key, lambda s: Shown(s.version + 1, page or s.good, error))
        what = f"failed: {error}" if error else f"built ({seconds:.1f} s)"
        print(visible(f"{key[1]}/{key[0]} {what}"), file=sys.stderr, flush=True)
