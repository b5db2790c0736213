"""Everything that differs between two editions: headline figures, observations, findings, reports."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from planbrief.display.quantities import split_unit
from planbrief.publish.digest.snapshot import Snapshot
from planbrief.run.manifest import FindingEntry, Manifest, ReportEntry

Row = Mapping[str, str]
Kind = Literal["added", "removed", "corrected", "revised", "resourced"]
KINDS: tuple[Kind, ...] = ("revised", "corrected", "added", "removed", "resourced")
#: What makes two rows the same fact but for its period, and with it.
THING = ("ref_area", "subject", "indicator", "activity", "transformation", "counterpart_area")
FACT = (*THING, "time_period")
#: Kinds that say what is wanted.
AIMS = ("target", "constraint")


@dataclass(frozen=True)
class ObservationChange:
    """One difference between two data sets.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    old, new : mapping or None
        The rows before and after.
    fields : tuple of str
        Columns in which both rows differ.
    stands : bool
        A revision whose old row is still in the data: both documents speak.
    """

    kind: Kind
    old: Row | None
    new: Row | None
    fields: tuple[str, ...] = ()
    stands: bool = False

    @property
    def row(self) -> Row:
        """The row that tells what the change is about: the new one, else the old one."""
        return self.new if self.new is not None else self.old or {}

    @property
    def aim(self) -> bool:
        """Whether it is about a target or limit."""
        return self.row.get("kind") in AIMS


def differing(old: Row, new: Row) -> tuple[str, ...]:
    """Columns in which two rows differ, in the order of the new one."""
    return tuple(name for name in dict.fromkeys((*new, *old)) if old.get(name, "") != new.get(name, ""))


def amount(row: Row) -> tuple[object, ...]:
    """What a row says, so that equal statements are equal: 1000 亿元 and 0.1 万亿元, 5 and 5.0."""
    power, unit = split_unit(row.get("unit_measure", ""))

    def scaled(text: str) -> object:
        try:
            return Decimal(text).scaleb(power).normalize()
        except InvalidOperation:
            return text

    return scaled(row.get("obs_value", "")), scaled(row.get("upper_value", "")), row.get("comparator", ""), unit


def pair_observations(
    old: Mapping[str, Row], new: Mapping[str, Row], published: Mapping[str, str] | None = None
) -> tuple[ObservationChange, ...]:
    """Every difference between two data sets, in the order of the new rows, then of the old ones that are gone.

    Parameters
    ----------
    old, new : mapping
        Rows by ``obs_id``.
    published : mapping, optional
        Source → ISO date of publication. A document that is not known to be newer revises nothing: what it says is
        added.
    """
    dates = published or {}
    found: list[ObservationChange] = []
    for obs_id in (key for key in new if key in old):
        before, after = old[obs_id], new[obs_id]
        if fields := differing(before, after):
            found.append(_changed(before, after, fields))
    gone = {key: row for key, row in old.items() if key not in new}
    come = {key: row for key, row in new.items() if key not in old}

    def take(key: Callable[[Row], Hashable], allowed: Callable[[Row, Row], bool], same: Kind | None = None) -> None:
        for before, after in _matches(gone, come, key, allowed):
            fields = differing(old[before], new[after])
            change = _changed(old[before], new[after], fields)
            found.append(ObservationChange(same or change.kind, change.old, change.new, fields))
            del gone[before], come[after]

    def newer(before: Row, after: Row) -> bool:
        return _newer(before, after, dates)

    take(lambda row: (_place(row), _fact(row)), _always, "corrected")
    take(_place, _always, "corrected")
    take(lambda row: (row.get("source_id", ""), _fact(row), row.get("kind", "")), _always, "corrected")
    take(lambda row: (_fact(row), row.get("kind", "")), newer)
    standing = _standing(old[key] for key in old if key in new)
    for obs_id, row in list(come.items()):
        beside = standing.get((_fact(row), row.get("kind", "")), [])
        earlier = _revises(row, beside, dates)
        if earlier is not None:
            found.append(ObservationChange("revised", earlier, row, differing(earlier, row), stands=True))
        elif beside:
            found.append(ObservationChange("added", None, row))
        if beside:
            del come[obs_id]
    take(lambda row: (_thing(row), row.get("kind", "")) if row.get("kind", "") in AIMS else None, newer, "revised")
    found += [ObservationChange("added", None, row) for row in come.values()]
    found += [ObservationChange("removed", row, None) for row in gone.values()]
    order = {key: place for place, key in enumerate((*new, *old))}
    return tuple(sorted(found, key=lambda change: order.get(change.row.get("obs_id", ""), 0)))


def _changed(before: Row, after: Row, fields: tuple[str, ...]) -> ObservationChange:
    """A pair of rows as a change: one document read again, or another document."""
    if before.get("source_id") == after.get("source_id"):
        return ObservationChange("corrected", before, after, fields)
    same = amount(before) == amount(after) and before.get("time_period") == after.get("time_period")
    return ObservationChange("resourced" if same else "revised", before, after, fields)


def _place(row: Row) -> Hashable:
    start, end = row.get("char_start", ""), row.get("char_end", "")
    return (row.get("source_id", ""), start, end) if start else None


def _fact(row: Row) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in FACT)


def _thing(row: Row) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in THING)


def _always(_before: Row, _after: Row) -> bool:
    return True


def _newer(before: Row, after: Row, dates: Mapping[str, str]) -> bool:
    """Whether a row's document is another one and not older than that of an earlier row."""
    one, other = before.get("source_id", ""), after.get("source_id", "")
    return one != other and (not dates.get(one) or not dates.get(other) or dates[other] >= dates[one])


def _matches(
    gone: Mapping[str, Row],
    come: Mapping[str, Row],
    key: Callable[[Row], Hashable],
    allowed: Callable[[Row, Row], bool],
) -> list[tuple[str, str]]:
    """Pairs of ids with the same key, one to one in file order; a row without a key has no partner."""
    waiting: dict[Hashable, list[str]] = {}
    for obs_id, row in gone.items():
        if (value := key(row)) is not None:
            waiting.setdefault(value, []).append(obs_id)
    found = []
    for obs_id, row in come.items():
        candidates = waiting.get(key(row), [])
        partner = next((other for other in candidates if allowed(gone[other], row)), None)
        if partner is not None:
            candidates.remove(partner)
            found.append((partner, obs_id))
    return found


def _standing(rows: Iterable[Row]) -> dict[Hashable, list[Row]]:
    found: dict[Hashable, list[Row]] = {}
    for row in rows:
        found.setdefault((_fact(row), row.get("kind", "")), []).append(row)
    return found


def _revises(row: Row, standing: Iterable[Row], dates: Mapping[str, str]) -> Row | None:
    """The row of an older document that a new row contradicts; None if none does or one says the same."""
    others = [other for other in standing if other.get("source_id", "") != row.get("source_id", "")]
    undated = row.get("time_period", "") in ("", "undated")
    if undated or not row.get("obs_value") or any(amount(other) == amount(row) for other in others):
        return None
    older = [other for other in others if _newer(other, row, dates) and other.get("obs_value")]
    return max(older, key=lambda other: dates.get(other.get("source_id", ""), ""), default=None)


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
