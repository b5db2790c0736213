"""Build reports and publish them as one edition: plan, run, stage, switch.

::

    plan      hashes and rows of text decide what is due                       (plan.py, keys.py)
    produce   each due report in a process of its own, from notebook to pages  (produce.py, engine/)
    publish   everything together, verified, by one switch                     (edition.py)

A report that fails keeps its last good files and is marked; the others are published.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import PlanbriefError, RunError
from planbrief.files import read_regular, sha256_of
from planbrief.log import EventLog, LibraryLog
from planbrief.project import Project
from planbrief.publish.assembly import Earlier, Staged, assemble, digest_of, entry_of, stage
from planbrief.publish.edition import Publication
from planbrief.publish.gate import MOST_LISTED, admit, recall, remember
from planbrief.publish.output_folder import check_apart, resolve_out
from planbrief.publish.state import state_folder
from planbrief.run.keys import code_hash
from planbrief.run.manifest import MANIFEST, FindingEntry, Manifest, ReportEntry
from planbrief.run.plan import BUILD_RECORD, Job, Plan, plan, recorded
from planbrief.run.produce import PRELOAD, Listener, Logged, Outcome, Request

if TYPE_CHECKING:
    from concurrent.futures import Future

    from planbrief.run.pool.executor import Pool
    from planbrief.run.produce import Produced, Submit, Task


#: What systems and libraries say when files, processes, memory or disk are used up.
_EXHAUSTED = tuple(os.strerror(code) for code in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EAGAIN))


class Broken(RunError):
    """A report failed for a reason that planbrief has no words of its own for: a fault of ours or of a library."""

    def __init__(self, name: str, kind: str, reason: str) -> None:
        super().__init__(name, kind, reason)
        self.name, self.kind, self.reason = name, kind, reason

    def __str__(self) -> str:
        if self.kind == "MemoryError" or any(words in self.reason for words in _EXHAUSTED):
            return f"{self.name}: the machine has no more for it: {self.reason}; fewer --jobs need less"
        return f"{self.name}: internal error: {self.kind}: {self.reason}"


def build(
    project: Project,
    out: Path,
    request: Request,
    *,
    log: EventLog | None = None,
    listener: Listener | None = None,
    explain: bool = False,
    pool: Pool | None = None,
) -> Outcome:
    """Build what `request` asks for and publish the edition in `out`.

    Parameters
    ----------
    pool
        Warm processes of the caller, in place of ``request.executor``; they must have imported the package as it is.

    Raises
    ------
    PlanbriefError
        Bad usage, parameters, data or output folder: nothing was run, `out` is as it was.
    """
    log, listener = log or LibraryLog(), listener or Listener()
    check_apart(out, (project.data, project.notebooks))
    memory = state_folder(resolve_out(out))
    # Usage and data are refused before the output folder is touched.
    first = plan(project, request, known=recall(project, memory))
    admit(project, memory, request.unchecked, first.notebooks)
    for error in first.catalog.wrong():
        log.event("catalog.wrong", f"left out, for it cannot be built: {error}", level="error")
    for area in first.catalog.unshown():
        message = f'{area} has data and no report; region = "*" in reports/catalog.toml makes one'
        log.event("area.unshown", message, area=area)
    with Publication(out, keep=request.keep, wait=request.wait, log=log) as publication:
        session = Session(first, publication, request, log, listener, pool)
        return replace(session.run(explain), left_out=len(first.catalog.wrong()))


class Session:
    """One build while it holds the lock of its output folder."""

    def __init__(
        self,
        first: Plan,
        publication: Publication,
        request: Request,
        log: EventLog,
        listener: Listener,
        pool: Pool | None = None,
    ) -> None:
        self.pool = pool
        self.first, self.project, self.publication, self.request = first, first.project, publication, request
        self.log, self.listener = log, Logged(listener, log)
        self.started = time.time()
        previous = publication.previous
        entries = {entry.name: entry for entry in previous.reports} if previous else {}
        record = recorded(self._read(BUILD_RECORD))
        self.earlier = Earlier(entries, record, previous.data_sha256 if previous else "")
        self.seconds: dict[str, float] = {}
        #: What check refuses of the data, where they are published all the same.
        self.unchecked: tuple[str, ...] = ()

    @property
    def notices(self) -> tuple[str, ...]:
        """What every page warns of."""
        return (*(("sample",) if self.project.sample else ()), *(("unchecked",) if self.unchecked else ()))

    def _read(self, relative: str) -> bytes | None:
        listed = self.publication.previous.published_files() if self.publication.previous else {}
        try:
            data = read_regular(self.publication.out, relative)
        except OSError:
            return None
        return data if sha256_of(data) == listed.get(relative) else None

    def intact(self) -> dict[str, frozenset[str]]:
        """Formats of each report whose files stand in the present edition as its manifest says."""
        found = {}
        for name, entry in self.earlier.entries.items():
            if entry.status == "failed":
                continue
            found[name] = frozenset(fmt for fmt in ("html", "pdf") if self.publication.holds(entry, [fmt]))
        return found

    def run(self, explain: bool) -> Outcome:
        """Plan, produce, publish."""
        # Asked again while nobody else builds: the data may have changed while this build waited.
        memory = self.publication.state.folder
        self.unchecked = admit(self.project, memory, self.request.unchecked, self.first.notebooks)
        chosen = plan(self.project, self.request, self.earlier.record, self.intact(), self.first, self.notices)
        reasons = {job.name: job.reasons for job in chosen.jobs}
        if explain:
            for job in chosen.jobs:
                self.log.event("build.explain", f"{job.name}: {'; '.join(job.reasons) or 'up to date'}")
        previous, out = self.publication.previous, self.publication.out
        if not chosen.due and previous is not None and self._current(chosen):
            same = tuple(replace(self.earlier.entries[job.name], status="unchanged") for job in chosen.jobs)
            self._confirm(previous, same)
            remember(self.project, memory, chosen)
            return Outcome(previous.edition, out, same, reasons, False)
        results, found = self._produce(chosen)
        if previous is None and not any(isinstance(result, Staged) for result in results.values()):
            # An edition in which nothing was ever built would be kept, mailed and compared with as the first one.
            failed = [
                entry_of(self.publication, chosen, job, results.get(job.name), self.earlier) for job in chosen.jobs
            ]
            self.log.event("publish.nothing", "nothing was published: no report could be built", level="error")
            return Outcome("", out, tuple(failed), reasons, False)
        manifest = assemble(
            self.publication, chosen, results, self.earlier, found, self._run(), partial=self.request.partial
        )
        manifest = replace(manifest, unchecked=self.unchecked[:MOST_LISTED])
        edition = self.publication.publish(manifest, digest_of(self.publication, chosen.package))
        names = {job.name for job in chosen.jobs}
        published = self.publication.previous or manifest
        shown = tuple(entry for entry in published.reports if entry.name in names)
        return Outcome(edition, out, shown, reasons, True)

    def _current(self, chosen: Plan) -> bool:
        """Whether the present edition holds exactly what this build would publish."""
        same_code = self.earlier.record.get("findings", {}).get("code") == code_hash()
        same_data = self.earlier.data_sha256 == chosen.package.sha256
        same_words = bool(self.publication.previous and self.publication.previous.unchecked) == bool(self.unchecked)
        return same_code and same_data and same_words and not self.earlier.gone(chosen, self.request.partial)

    # -- producing ------------------------------------------------------------------------------------------------

    def _produce(self, chosen: Plan) -> tuple[dict[str, Staged | PlanbriefError], tuple[FindingEntry, ...]]:
        from concurrent.futures import as_completed

        from planbrief.publish.assembly import findings
        from planbrief.run.executors import executor_for, submit_to
        from planbrief.run.plan import snapshot
        from planbrief.run.produce import produce

        tasks = [self._task(job, chosen) for job in chosen.due]
        self.listener.started([task.name for task in tasks])
        results: dict[str, Staged | PlanbriefError] = {}
        jobs = min(self.request.jobs or os.cpu_count() or 1, len(tasks) + 1)
        root = snapshot(self.project, self.publication.work_dir("project"), chosen.package)
        place: contextlib.AbstractContextManager[Submit] = (
            contextlib.nullcontext(submit_to(self.pool, self.listener.stage))
            if self.pool
            else executor_for(
                self.request.executor,
                jobs,
                PRELOAD,
                self.publication.work_dir("tasks"),
                self.listener.stage,
                self.request.memory,
            )
        )
        with place as submit:
            waiting: dict[Future[Any], str] = {}
            for task in tasks:
                future = submit(produce, replace(task, project=str(root)), task.name, self.request.report_timeout)
                waiting[future] = task.name
            found = submit(findings, str(root), "findings", self.request.report_timeout)
            begun = time.monotonic()
            for future in as_completed(list(waiting)):
                name = waiting.pop(future)
                self.seconds[name] = round(time.monotonic() - begun, 3)
                results[name] = self._result(name, future)
                if self.request.fail_fast and isinstance(results[name], PlanbriefError):
                    raise results[name]  # type: ignore[misc]
            return results, found.result()

    def _result(self, name: str, future: Future[Any]) -> Staged | PlanbriefError:
        from concurrent.futures import CancelledError

        try:
            result: Produced = future.result()
        except CancelledError:
            raise
        except Exception as trouble:
            error = (
                trouble if isinstance(trouble, PlanbriefError) else Broken(name, type(trouble).__name__, str(trouble))
            )
            self.listener.ended(name, "failed", self.seconds[name], str(error))
            self.log.event("report.failed", f"{name} failed: {error}", level="error", report=name)
            return error
        self.listener.ended(name, "built", self.seconds[name])
        self.log.event("report.built", level="debug", report=name, seconds=self.seconds[name])
        return stage(self.publication, result)

    def _task(self, job: Job, chosen: Plan) -> Task:
        from planbrief.run.produce import Task

        earlier = self.earlier.entries.get(job.name)
        formats = [fmt for fmt in ("html", "pdf") if fmt in job.formats or (earlier and earlier.file(fmt))]
        return Task(
            report=job.report.id,
            lang=job.lang,
            notebook=job.report.notebook,
            parameters=job.report.parameters,
            formats=tuple(formats),
            project=str(chosen.project.root),
            alternate=job.alternate,
            related=job.related,
            cell_timeout=self.request.cell_timeout,
            report_timeout=self.request.report_timeout,
            notices=self.notices,
            guarded=tuple(
                map(
                    os.fspath,
                    (self.project.data, self.project.notebooks, self.publication.out, self.publication.state.folder),
                )
            ),
        )

    def _confirm(self, previous: Manifest, entries: Sequence[ReportEntry]) -> None:
        """Say in the manifest of the present edition, which stays as it is, that nothing had to be built."""
        same = {entry.name: entry for entry in entries}
        reports = tuple(same.get(entry.name, entry) for entry in previous.reports)
        fresh = self.publication.state.folder / MANIFEST
        fresh.write_bytes(replace(previous, reports=reports, run=self._run()).to_json())
        os.replace(fresh, self.publication.out / MANIFEST)

    def _run(self) -> dict[str, Any]:
        import platform

        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started))
        return {
            "started": moment,
            "seconds": round(time.time() - self.started, 3),
            "reports": dict(sorted(self.seconds.items())),
            "machine": platform.node(),
            "python": platform.python_version(),
        }
