"""Put an edition together: an entry for every report, its files, the data and findings beside them, the manifest."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import PlanbriefError
from planbrief.parameters import project_name
from planbrief.publish.edition import Publication
from planbrief.run.keys import Key, code_hash, with_reads
from planbrief.run.manifest import FindingEntry, Manifest, PublishedFile, ReportEntry
from planbrief.run.plan import BUILD_RECORD, Job, Plan
from planbrief.targets.package import Package, Table

if TYPE_CHECKING:
    from planbrief.publish.index import DigestSource
    from planbrief.run.produce import Produced
    from planbrief.targets.package import Package


def findings(project: str) -> tuple[FindingEntry, ...]:
    """Findings of the audit over a project's data, as the manifest lists them."""
    from planbrief.measures.audit import audit
    from planbrief.project import at
    from planbrief.targets import load

    result = audit(load(at(Path(project))))
    return tuple(FindingEntry(one.id, one.rule, one.severity, tuple(one.observations)) for one in result)


def table_csv(table: Table) -> bytes:
    """A table as one CSV file, rows in package order."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([row.values[name] for name in table.columns] for row in table.rows)
    return text.getvalue().encode()


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
    from planbrief.publish.digest.rendering import DigestMaker
    from planbrief.publish.digest.snapshot import NoEdition, read_folder

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
