"""Everything that differs between two editions; equal editions differ in nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from planbrief.publish.digest.observations import ObservationChange, differing, pair_observations
from planbrief.publish.digest.snapshot import Snapshot
from planbrief.run.manifest import FindingEntry, Manifest, ReportEntry

#: Relative difference below which two computed numbers are one: what another processor's arithmetic may leave.
SAME = 1e-12


@dataclass(frozen=True)
class FigureChange:
    """A headline number that changed, appeared (no `old`) or vanished (no `new`); figures as the manifest has them."""

    key: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    reports: tuple[str, ...]
    #: The two numbers are about different things (the steepest target is another one now).
    moved: bool = False

    @property
    def kind(self) -> Literal["changed", "appeared", "vanished"]:
        """What happened to it."""
        return "appeared" if self.old is None else "vanished" if self.new is None else "changed"

    @property
    def absolute(self) -> float:
        """New minus old, in the figure's own measure; NaN where one of them is no number or means something else."""
        if not self.old or not self.new or self.moved or self.old.get("unit") != self.new.get("unit"):
            return math.nan
        return number(self.new) - number(self.old)

    @property
    def relative(self) -> float:
        """Change as a fraction of the old value's size; NaN where that is 0 or the difference is none."""
        before = number(self.old) if self.old else math.nan
        return self.absolute / abs(before) if before else math.nan


@dataclass(frozen=True)
class ReportChange:
    """A report that came, went, failed, recovered, or whose files changed (``en/brief``)."""

    name: str
    kind: Literal["added", "removed", "failed", "recovered", "changed"]
    title: str
    error: str = ""


@dataclass(frozen=True)
class TableChange:
    """A row of a reference table that came, went or changed."""

    table: str
    key: str
    kind: Literal["added", "removed", "changed"]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class FindingChange:
    """A finding of the audit that appeared, vanished or changed its severity."""

    finding: FindingEntry
    kind: Literal["appeared", "vanished", "changed"]
    before: str = ""


@dataclass(frozen=True)
class Changes:
    """What differs between two editions."""

    old: Snapshot
    new: Snapshot
    figures: tuple[FigureChange, ...]
    observations: tuple[ObservationChange, ...]
    findings: tuple[FindingChange, ...]
    reports: tuple[ReportChange, ...]
    tables: tuple[TableChange, ...]
    #: Whether both editions had their data beside them, so that observations could be compared.
    data_known: bool = True

    @property
    def nothing(self) -> bool:
        """Whether nothing at all differs."""
        return not (self.figures or self.observations or self.findings or self.reports or self.tables)

    @property
    def substantial(self) -> bool:
        """Whether a reader would miss something: anything but new wording or layout of the same numbers."""
        states = any(report.kind != "changed" for report in self.reports)
        return bool(self.figures or self.observations or self.findings or self.tables or states)

    @property
    def progress(self) -> tuple[FigureChange, ...]:
        """Headline numbers about progress, which the digest leads with."""
        return tuple(figure for figure in self.figures if "/progress" in figure.key)


def compare(old: Snapshot, new: Snapshot) -> Changes:
    """Compare two editions."""
    known = all("observations" in side.tables for side in (old, new))
    dates = {
        row["source_id"]: row.get("date_published", "") for side in (old, new) for row in side.tables.get("sources", ())
    }
    return Changes(
        old=old,
        new=new,
        figures=tuple(_figures(old, new)),
        observations=pair_observations(old.observations, new.observations, dates) if known else (),
        findings=tuple(_findings(old.manifest, new.manifest)),
        reports=tuple(_reports(old.manifest, new.manifest)),
        tables=tuple(_tables(old, new)),
        data_known=known,
    )


def number(figure: Mapping[str, Any]) -> float:
    """Value of a figure as the manifest has it; NaN where it is undefined."""
    value = figure.get("value")
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan


def _same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    one, other = number(old), number(new)
    equal = (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=SAME, abs_tol=0)
    alike = all(old.get(name, "") == new.get(name, "") for name in ("unit", "measure"))
    return equal and alike


def _shown(manifest: Manifest) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Report id → its figures; both languages of a report show the same ones."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for entry in manifest.reports:
        mine = found.setdefault(entry.id, {})
        for key, figure in entry.figures.items():
            mine.setdefault(key, figure)
    return found


def _figures(old: Snapshot, new: Snapshot) -> Iterator[FigureChange]:
    """Differences of the figures of reports that both editions have; the same difference in several once."""
    before, after = _shown(old.manifest), _shown(new.manifest)
    found: dict[tuple[str, str], FigureChange] = {}
    for report, figures in after.items():
        if report not in before or not figures or not before[report]:
            continue  # a report that came, or of which nothing is left, is said as a whole
        for key in dict.fromkeys((*figures, *before[report])):
            one, other = before[report].get(key), figures.get(key)
            if one is not None and other is not None and _same(one, other):
                continue
            values = repr([(side or {}).get("value") for side in (one, other)])
            known = found.get((key, values))
            if known:
                found[key, values] = FigureChange(key, one, other, (*known.reports, report), known.moved)
            else:
                found[key, values] = FigureChange(key, one, other, (report,), _moved(old, new, one, other))
    yield from found.values()


def _moved(old: Snapshot, new: Snapshot, one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two numbers under one key are about different things."""
    if one is None or other is None:
        return False
    if one.get("measure") != other.get("measure"):
        return True
    if one.get("measure") == "count":
        return False  # a count is of many things, and which ones is what changes
    about = [_about(snapshot, figure) for snapshot, figure in ((old, one), (new, other))]
    return all(about) and about[0] != about[1]


def _about(snapshot: Snapshot, figure: Mapping[str, Any]) -> set[tuple[str, ...]]:
    rows = [snapshot.observations.get(str(obs_id)) for obs_id in figure.get("observations", ())]
    names = ("ref_area", "indicator", "activity", "subject")
    return {tuple(row.get(name, "") for name in names) for row in rows if row}


def _findings(old: Manifest, new: Manifest) -> Iterator[FindingChange]:
    before, after = ({finding.id: finding for finding in side.findings} for side in (old, new))
    for key, finding in after.items():
        if key not in before:
            yield FindingChange(finding, "appeared")
        elif before[key].severity != finding.severity:
            yield FindingChange(finding, "changed", before[key].severity)
    for key, finding in before.items():
        if key not in after:
            yield FindingChange(finding, "vanished")


def _reports(old: Manifest, new: Manifest) -> Iterator[ReportChange]:
    before, after = ({entry.name: entry for entry in side.reports} for side in (old, new))
    for name, entry in after.items():
        earlier = before.get(name)
        if earlier is None:
            kind = "failed" if entry.status == "failed" else "added"
            yield ReportChange(name, kind, entry.title, entry.error or "")  # type: ignore[arg-type]
        elif entry.status == "failed":
            if earlier.status != "failed":
                yield ReportChange(name, "failed", entry.title, entry.error or "")
        elif earlier.status == "failed":
            yield ReportChange(name, "recovered", entry.title)
        elif _files(entry) != _files(earlier):
            yield ReportChange(name, "changed", entry.title)
    for name, entry in before.items():
        if name not in after:
            yield ReportChange(name, "removed", entry.title)


def _files(entry: ReportEntry) -> dict[str, str]:
    """Formats that both editions of a report may have, with their content; the picture follows from them."""
    return {fmt: file.sha256 for fmt in ("html", "pdf") if (file := entry.file(fmt))}


def _tables(old: Snapshot, new: Snapshot) -> Iterator[TableChange]:
    for table in new.tables:
        if table == "observations" or table not in old.tables:
            continue
        before, after = ({side.key(table, row): row for row in side.tables[table]} for side in (old, new))
        for key in dict.fromkeys((*after, *before)):
            if key not in before:
                yield TableChange(table, key, "added")
            elif key not in after:
                yield TableChange(table, key, "removed")
            elif fields := differing(before[key], after[key]):
                yield TableChange(table, key, "changed", fields)
