"""Complete a manifest before it is published: edition id, sizes, what succeeded and failed when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from planbrief.run.manifest import Manifest, PublishedFile, ReportEntry
from planbrief.run.manifest_reading import ManifestError, entry_problem, manifest_problem


def complete(manifest: Manifest, staged: Mapping[str, PublishedFile], previous: Manifest | None) -> Manifest:
    """The manifest of an edition whose files are all there, but for the index pages.

    Raises
    ------
    ManifestError
        It names a file that is not there as it says, or contradicts itself.
    """
    manifest = replace(manifest, reports=tuple(_measured(entry, staged) for entry in manifest.reports))
    named = replace(manifest, files=()).published_files()
    for path, sha256 in named.items():
        if path not in staged or staged[path].sha256 != sha256:
            raise ManifestError("", f"the file {path}, which was not added as it says", "files of the edition")
    others = sorted((file for path, file in staged.items() if path not in named), key=lambda file: file.path)
    manifest = replace(manifest, files=tuple(others))
    problem = next((found for entry in manifest.reports if (found := entry_problem(entry))), None)
    if problem := problem or manifest_problem(manifest):
        raise ManifestError("", *problem)
    return _dated(replace(manifest, edition=manifest.edition_id()), previous)


def _measured(entry: ReportEntry, staged: Mapping[str, PublishedFile]) -> ReportEntry:
    """With the size of each file, which the index shows."""

    def measured(file: PublishedFile | None) -> PublishedFile | None:
        return replace(file, bytes=staged[file.path].bytes) if file and file.path in staged else file

    return replace(entry, html=measured(entry.html), pdf=measured(entry.pdf), thumbnail=measured(entry.thumbnail))


def _dated(manifest: Manifest, previous: Manifest | None) -> Manifest:
    """With ``last_success`` and ``failed_since``, and in ``run`` the clock time of each failure that goes on."""
    earlier = {entry.name: entry for entry in previous.reports if entry.status == "failed"} if previous else {}
    known = previous.run.get("failed_since") if previous else None
    times: dict[str, Any] = {}
    reports = []
    for entry in manifest.reports:
        if entry.status != "failed":
            reports.append(replace(entry, last_success=manifest.edition, failed_since=None, error=None))
            continue
        before = earlier.get(entry.name)
        reports.append(replace(entry, failed_since=(before and before.failed_since) or manifest.edition))
        time = known.get(entry.name) if before and isinstance(known, Mapping) else None
        times[entry.name] = time or manifest.run.get("started")
    run = {**manifest.run, "failed_since": times} if times else manifest.run
    return replace(manifest, reports=tuple(reports), run=run)
