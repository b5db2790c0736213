"""Build reports and publish them as one edition: plan, run, stage, switch.

::

    plan      hashes and rows of text decide what is due                       (plan.py, keys.py)
    produce   each due report in a process of its own, from notebook to pages  (produce.py, engine/)
    assemble  an entry for every report, its files, the data and findings beside them, the manifest
    publish   everything together, verified, by one switch                     (edition.py)

A report that fails keeps its last good files and is marked; the others are published.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.catalog import FORMATS
from planbrief.errors import PlanbriefError, RunError
from planbrief.files import csv_bytes, read_regular, sha256_of, telling_first, unless_touched
from planbrief.log import EventLog, LibraryLog
from planbrief.parameters import project_name
from planbrief.project import Project
from planbrief.publish.edition import Publication
from planbrief.publish.gate import MOST_LISTED, admit, recall, remember
from planbrief.publish.output_folder import check_apart, resolve_out, told_of_run
from planbrief.publish.state import state_folder
from planbrief.run.manifest import MANIFEST, FindingEntry, Manifest, PublishedFile, ReportEntry
from planbrief.run.plan import BUILD_RECORD, Job, Key, Plan, code_hash, plan, recorded, with_reads
from planbrief.run.produce import PRELOAD, Listener, Logged, Outcome, Request
from planbrief.targets.package import Package, Table

if TYPE_CHECKING:
    from concurrent.futures import Future

    from planbrief.publish.index import DigestSource
    from planbrief.publish.numbers import Described
    from planbrief.run.pool.executor import Pool
    from planbrief.run.produce import Produced, Submit, Task


def table_csv(table: Table) -> bytes:
    """A table as one CSV file, rows in package order, but for those that show readers what a column holds."""
    rows = [[row.values[name] for name in table.columns] for row in table.rows]
    return csv_bytes(table.columns, telling_first(rows) if "char_end" in table.columns else rows)


def descriptor(package: Package) -> dict[str, Any]:
    """The package's descriptor with one file per table."""
    resources = []
    for resource in package.descriptor["resources"]:
        kept = {key: value for key, value in resource.items() if key not in ("hash", "bytes", "hashes", "parts")}
        resources.append({**kept, "path": f"{resource['name']}.csv"})
    return {**package.descriptor, "resources": resources}


def data_files(package: Package) -> dict[str, bytes]:
    """Files below ``data/`` of an edition by path."""
    files = {f"data/{name}.csv": table_csv(table) for name, table in package.tables.items()}
    text = json.dumps(descriptor(package), ensure_ascii=False, indent=2) + "\n"
    return {**files, "data/datapackage.json": text.encode()}


@dataclass(frozen=True)
class Staged:
    """A report that has been built: its files lie on the stage, and this is what is left to say of it."""

    title: str
    data_as_of: str
    figures: Mapping[str, Mapping[str, Any]]
    reads: Sequence[dict[str, Any]]
    files: Mapping[str, PublishedFile]


Results = Mapping[str, Staged | PlanbriefError]


def stage(publication: Publication, produced: Produced) -> Staged:
    """Put a report's pages on the stage as soon as they are there, so that a large build does not hold them all."""
    name = f"{produced.lang}/{produced.report}"
    files = {}
    for fmt, data in produced.pages.items():
        files[fmt] = publication.add_file(f"{name}.{fmt}", data, produced.page_count if fmt == "pdf" else None)
    if produced.thumbnail:
        path = f"thumbnails/{produced.report}.{produced.lang}.png"
        files["thumbnail"] = publication.add_file(path, produced.thumbnail)
    return Staged(produced.title, produced.data_as_of, produced.figures, produced.reads, files)


@dataclass(frozen=True)
class Earlier:
    """What the present edition holds: its entries by name and the record of how they were built."""

    entries: Mapping[str, ReportEntry]
    record: Mapping[str, Any]
    data_sha256: str

    def gone(self, plan: Plan, partial: bool) -> set[str]:
        """Reports that a full build of the catalog no longer makes; none in a build of some reports only.

        Reports built with changed parameters are nobody's in the catalog and stay.
        """
        if partial:
            return set()
        extra = {name for name, value in self.record.items() if isinstance(value, dict) and value.get("extra")}
        return set(self.entries) - {job.name for job in plan.jobs} - extra


def assemble(
    publication: Publication,
    plan: Plan,
    results: Results,
    earlier: Earlier,
    findings: tuple[FindingEntry, ...],
    run: Mapping[str, Any],
    *,
    partial: bool,
) -> Manifest:
    """Stage all files of the new edition and return its manifest.

    Reports that were not asked for are carried over; where the data have changed since, they are marked as stale.
    """
    entries = [entry_of(publication, plan, job, results.get(job.name), earlier) for job in plan.jobs]
    done = {entry.name for entry in entries} | earlier.gone(plan, partial)
    for name, entry in earlier.entries.items():
        if name not in done:
            stale = entry.stale or earlier.data_sha256 != plan.package.sha256
            entries.append(publication.carry_over_report(entry, stale=stale))
    files = {path: publication.add_file(path, data) for path, data in data_files(plan.package).items()}
    publication.add_file(BUILD_RECORD, _record(plan, results, earlier, {entry.name for entry in entries}))
    return Manifest(
        data_sha256=plan.package.sha256,
        observations=files["data/observations.csv"],
        reports=tuple(entries),
        findings=findings,
        run=run,
        project=project_name(plan.catalog.raw, plan.package.descriptor),
    )


def digest_of(publication: Publication, package: Package) -> DigestSource | None:
    """What makes the digest against the present edition; None for the first edition, or where that cannot be read."""
    if publication.previous is None:
        return None
    from planbrief.publish.changes import NoEdition, read_folder
    from planbrief.publish.digest_rendering import DigestMaker

    try:
        return DigestMaker.of(read_folder(publication.out), data_files(package), publication.out)
    except (NoEdition, ValueError) as error:
        publication.log.event("publish.no-digest", f"no digest was made: {error}", level="warning")
        return None


def entry_of(
    publication: Publication, plan: Plan, job: Job, result: Staged | PlanbriefError | None, earlier: Earlier
) -> ReportEntry:
    """What the manifest says of a report: built, unchanged, or failed with its last good files."""
    before = earlier.entries.get(job.name)
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in job.report.parameters}
    bare = ReportEntry(
        id=job.report.id,
        lang=job.lang,
        title=before.title if before else job.report.id,
        parameters={**values, "lang": job.lang},
        about=dict(job.report.about)[job.lang],
        city=tuple(plan.catalog.area_name(area, job.lang) for area in job.report.areas),
    )
    if isinstance(result, PlanbriefError):
        return publication.failed(bare, str(result))
    if result is None:
        if before is None:
            return publication.failed(bare, "it was not built")
        return publication.carry_over_report(before, status="unchanged", about=bare.about, stale=False)
    return replace(
        bare,
        title=result.title or bare.title,
        data_as_of=result.data_as_of,
        status="built",
        key=_key(job, result, plan).sha256,
        figures=result.figures,
        html=result.files.get("html"),
        pdf=result.files.get("pdf"),
        thumbnail=result.files.get("thumbnail"),
    )


def _key(job: Job, result: Staged, plan: Plan) -> Key:
    return with_reads(job.parts, result.reads, plan.package)


def _record(plan: Plan, results: Results, earlier: Earlier, kept: set[str]) -> bytes:
    """``build.json``: for every report, the parts of its key and what it read."""
    listed = {report.id for report in plan.catalog.reports()}
    record: dict[str, Any] = {name: value for name, value in earlier.record.items() if name in kept}
    for job in plan.jobs:
        result = results.get(job.name)
        if result is None or isinstance(result, PlanbriefError):
            continue
        record[job.name] = _key(job, result, plan).to_json()
        if job.report.id not in listed:
            record[job.name]["extra"] = True
    record["findings"] = {"code": code_hash(), "data": plan.package.sha256}
    return (json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


#: Reports that are sooner built than all data are learnt.
FEW = 4
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
    code_hash(memory=memory)
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
        outcome = session.run(explain)
    left_out = len(first.catalog.wrong())
    silent = not outcome.published and not outcome.failed and not left_out and not first.catalog.unshown()
    return replace(outcome, left_out=left_out, silent=silent)


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
        publication = self.publication
        good = [entry for entry in self.earlier.entries.values() if entry.status != "failed"]
        files = [(entry, fmt, file) for entry in good for fmt in FORMATS if (file := entry.file(fmt))]
        said = {file.path: file.sha256 for _, _, file in files}

        def damaged() -> str:
            """The paths of files that are not what the manifest says, one a line."""
            return "\n".join(file.path for entry, fmt, file in files if not publication.holds(entry, [fmt]))

        # Folders too: one that a link took the place of holds no page of ours.
        folders = sorted({path.parent for path in map(Path, said)})
        looked_at = [publication.out / path for path in (*map(str, folders), *said)]
        told = unless_touched(publication.state.folder, "edition", looked_at, damaged, repr(said)).splitlines()
        gone = frozenset(told)
        return {
            entry.name: frozenset(fmt for fmt in FORMATS if (file := entry.file(fmt)) and file.path not in gone)
            for entry in good
        }

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
        results, described = self._produce(chosen)
        if previous is None and not any(isinstance(result, Staged) for result in results.values()):
            # An edition in which nothing was ever built would be kept, mailed and compared with as the first one.
            failed = [
                entry_of(self.publication, chosen, job, results.get(job.name), self.earlier) for job in chosen.jobs
            ]
            self.log.event("publish.nothing", "nothing was published: no report could be built", level="error")
            return Outcome("", out, tuple(failed), reasons, False)
        manifest = assemble(
            self.publication,
            chosen,
            results,
            self.earlier,
            described.findings,
            told_of_run(self.started, self.seconds),
            partial=self.request.partial,
        )
        manifest = replace(manifest, unchecked=self.unchecked[:MOST_LISTED])
        edition = self.publication.publish(manifest, digest_of(self.publication, chosen.package), described)
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

    def _produce(self, chosen: Plan) -> tuple[dict[str, Staged | PlanbriefError], Described]:
        from concurrent.futures import as_completed

        from planbrief.publish.numbers import describe
        from planbrief.run.executors import executor_for, submit_to
        from planbrief.run.plan import snapshot
        from planbrief.run.produce import produce

        tasks = [self._task(job, chosen) for job in chosen.due]
        self.listener.started([task.name for task in tasks])
        results: dict[str, Staged | PlanbriefError] = {}
        jobs = min(self.request.jobs or os.cpu_count() or 1, len(tasks) + 1)
        root = self.publication.work_dir("project")
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
                str(root) if len(tasks) > FEW else "",
            )
        )
        with place as submit:
            # Written while the processes import what reports need.
            snapshot(self.project, root, chosen.package)
            langs = {job.lang for job in chosen.jobs} | {entry.lang for entry in self.earlier.entries.values()}
            # The catalog begins with what is read first and ends with what takes longest.
            calls: list[tuple[Callable[[Any], Any], Any, str]] = [
                (produce, replace(task, project=str(root)), task.name) for task in reversed(tasks)
            ]
            # The numbers of a country take longer than any report; what the first of all calls needs nobody has learnt.
            calls.insert(1, (partial(describe, langs=tuple(sorted(langs))), str(root), "numbers"))
            waiting = {submit(*call, self.request.report_timeout): call[-1] for call in calls}
            found = next(future for future, name in waiting.items() if name == "numbers")
            del waiting[found]
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
            edition=True,
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
        fresh.write_bytes(replace(previous, reports=reports, run=told_of_run(self.started, self.seconds)).to_json())
        os.replace(fresh, self.publication.out / MANIFEST)
