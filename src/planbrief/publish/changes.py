"""What an edition says (its manifest, the rows of its tables), and everything that differs between two of them."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from planbrief.display.language import Lang
from planbrief.display.quantities import split_unit
from planbrief.errors import PlanbriefError
from planbrief.files import read_regular, sha256_of
from planbrief.publish.output_folder import editions
from planbrief.run.manifest import (
    EDITION_ID,
    LARGEST_MANIFEST_BYTES,
    MANIFEST,
    FindingEntry,
    Manifest,
    ManifestError,
    ReportEntry,
    read_manifest,
)

Row = Mapping[str, str]
#: Column that identifies the rows of a table whose description does not say it.
OBSERVATION_KEY = "obs_id"


class NoEdition(PlanbriefError):
    """Something that was named is no edition."""

    text = (
        "{}: {}; expected the folder of an edition, its manifest.json or the id of an edition that is kept "
        "(planbrief diff --help)"
    )


@dataclass(frozen=True)
class Snapshot:
    """An edition as far as a comparison needs it.

    ``tables`` holds the rows by table, ``keys`` the columns that identify them; a table that is missing was not there
    to be read.
    """

    manifest: Manifest
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def observations(self) -> dict[str, Row]:
        """Observations by id."""
        return {row["obs_id"]: row for row in self.tables.get("observations", ())}

    def named(self, table: str, key: str) -> Row | None:
        """A row of a reference table, None where it is not there."""
        return self._by_key.get(table, {}).get(key)

    @cached_property
    def _by_key(self) -> dict[str, dict[str, Row]]:
        return {name: {self.key(name, row): row for row in rows} for name, rows in self.tables.items()}

    def key(self, table: str, row: Row) -> str:
        """What identifies a row of a table: its key, or all of it where the table has none."""
        return ":".join(row.get(name, "") for name in self.keys.get(table) or tuple(row))

    def name(self, table: str, key: str, lang: Lang) -> str:
        """Name of a row of a reference table in a language; the key where it has none."""
        row = self.named(table, key) or {}
        column = "title" if table == "sources" else "name"
        return row.get(f"{column}_{lang}") or row.get(f"{column}_zh") or key


def read_folder(folder: Path) -> Snapshot:
    """The edition in a folder; :class:`NoEdition` where there is none or its tables are not what its manifest says."""
    manifest = _manifest(folder, MANIFEST, folder)
    listed = manifest.published_files()

    def read(path: str) -> bytes:
        try:
            data = read_regular(folder, path)
        except OSError:
            return b""  # a manifest that was copied without its data: figures, findings and reports can be compared
        if sha256_of(data) != listed[path]:
            raise NoEdition(str(folder), f"{path} is not what the manifest says")
        return data

    files = {path: data for path in listed if path.startswith("data/") and (data := read(path))}
    return Snapshot(manifest, *tables_of(files))


def tables_of(files: Mapping[str, bytes]) -> tuple[dict[str, tuple[Row, ...]], dict[str, tuple[str, ...]]]:
    """Rows and key columns by table, from the files below ``data/`` of an edition."""
    tables: dict[str, tuple[Row, ...]] = {
        path.removeprefix("data/").removesuffix(".csv"): tuple(csv.DictReader(io.StringIO(data.decode(), newline="")))
        for path, data in files.items()
        if path.endswith(".csv")
    }
    keys: dict[str, tuple[str, ...]] = {"observations": (OBSERVATION_KEY,)}
    if descriptor := files.get("data/datapackage.json"):
        for resource in json.loads(descriptor).get("resources", ()):
            key = resource.get("schema", {}).get("primaryKey", ())
            keys[str(resource.get("name"))] = (key,) if isinstance(key, str) else tuple(key)
    return tables, keys


def open_edition(named: str, out: Path) -> Snapshot:
    """The edition that a word names: a folder, a ``manifest.json``, or an id of an edition that `out` keeps."""
    path = Path(named)
    if path.is_file():
        return read_folder(path.parent) if path.name == MANIFEST else Snapshot(_manifest(path.parent, path.name, path))
    if path.is_dir():
        return read_folder(path)
    known = {info.edition: info.path for info in editions(out)}
    if named in known:
        return read_folder(known[named])
    if EDITION_ID.fullmatch(named):
        raise NoEdition(named, f"not kept beside {out}; kept are {', '.join(known) or 'none'}")
    raise NoEdition(named, "no such file or folder")


def _manifest(folder: Path, name: str, named: Path) -> Manifest:
    """A manifest, which may lie under another name and without its edition; `named` is what the user said."""
    try:
        return read_manifest(read_regular(folder, name, LARGEST_MANIFEST_BYTES))
    except (OSError, ManifestError) as error:
        raise NoEdition(str(named), str(error)) from error


Kind = Literal["added", "removed", "corrected", "revised", "resourced"]
#: Kinds that say what is wanted.
AIMS = ("target", "constraint")


@dataclass(frozen=True)
class ObservationChange:
    """One difference between two data sets: the rows before and after, and the columns in which both differ."""

    kind: Kind
    old: Row | None
    new: Row | None
    fields: tuple[str, ...] = ()
    #: A revision whose old row is still in the data: both documents speak.
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
    changes = [_changed(old[key], row) for key, row in new.items() if key in old and differing(old[key], row)]
    gone = {key: row for key, row in old.items() if key not in new}
    come = {key: row for key, row in new.items() if key not in old}

    def pair(key: Callable[[Row], Hashable], kind: Kind | None = None, dated: bool = False) -> None:
        for before, after in _matches(gone, come, key, dates if dated else None):
            changes.append(_changed(gone.pop(before), come.pop(after), kind))

    # The surest likeness takes its pairs first, and who has found a partner is out of the game: a row that was moved
    # in its file (same place in the text) must not be taken for the new plan's answer to another row.
    pair(lambda row: (_place(row), _fact(row)), "corrected")
    pair(_place, "corrected")
    pair(lambda row: (row.get("source_id", ""), _statement(row)), "corrected")
    pair(_statement, dated=True)
    # A newer document beside an older one that stays: it revises what that says, repeats it, or adds to it.
    standing = defaultdict(list)
    for row in (old[key] for key in old if key in new):
        standing[_statement(row)].append(row)
    for obs_id, row in list(come.items()):
        if beside := standing.get(_statement(row), []):
            earlier = _revised(row, beside, dates)
            fields = differing(earlier, row) if earlier is not None else ()
            kind: Kind = "added" if earlier is None else "revised"
            changes.append(ObservationChange(kind, earlier, row, fields, stands=earlier is not None))
            del come[obs_id]
    # Last, an aim set for another year: only aims, since an actual value of another year is a new fact.
    pair(lambda row: (_thing(row), row["kind"]) if row.get("kind") in AIMS else None, "revised", dated=True)
    changes += [ObservationChange("added", None, row) for row in come.values()]
    changes += [ObservationChange("removed", row, None) for row in gone.values()]
    order = {key: place for place, key in enumerate((*new, *old))}
    return tuple(sorted(changes, key=lambda change: order.get(change.row.get("obs_id", ""), 0)))


def _changed(before: Row, after: Row, kind: Kind | None = None) -> ObservationChange:
    """A pair of rows as a change: one document read again, or another document."""
    if kind is None:
        same = amount(before) == amount(after) and before.get("time_period") == after.get("time_period")
        kind = "resourced" if same else "revised"
        if before.get("source_id") == after.get("source_id"):
            kind = "corrected"
    return ObservationChange(kind, before, after, differing(before, after))


def _place(row: Row) -> Hashable:
    start, end = row.get("char_start", ""), row.get("char_end", "")
    return (row.get("source_id", ""), start, end) if start else None


def _thing(row: Row) -> tuple[str, ...]:
    """What makes two rows the same fact but for its period."""
    names = ("ref_area", "subject", "indicator", "activity", "transformation", "counterpart_area")
    return tuple(row.get(name, "") for name in names)


def _fact(row: Row) -> tuple[str, ...]:
    return (*_thing(row), row.get("time_period", ""))


def _statement(row: Row) -> tuple[str, ...]:
    return (*_fact(row), row.get("kind", ""))


def _newer(before: Row, after: Row, dates: Mapping[str, str]) -> bool:
    """Whether a row's document is another one and not older than that of an earlier row."""
    one, other = before.get("source_id", ""), after.get("source_id", "")
    return one != other and (not dates.get(one) or not dates.get(other) or dates[other] >= dates[one])


def _matches(
    gone: Mapping[str, Row], come: Mapping[str, Row], key: Callable[[Row], Hashable], dates: Mapping[str, str] | None
) -> list[tuple[str, str]]:
    """Pairs of ids with the same key, one to one in file order, by dates only if given; no key, no partner."""
    waiting = defaultdict(list)
    for obs_id, row in gone.items():
        if (value := key(row)) is not None:
            waiting[value].append(obs_id)
    pairs = []
    for obs_id, row in come.items():
        candidates = waiting.get(key(row), [])
        partner = next((other for other in candidates if dates is None or _newer(gone[other], row, dates)), None)
        if partner is not None:
            candidates.remove(partner)
            pairs.append((partner, obs_id))
    return pairs


def _revised(row: Row, standing: Iterable[Row], dates: Mapping[str, str]) -> Row | None:
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
            known = found.get((key, values)) or FigureChange(key, one, other, (), _moved(old, new, one, other))
            found[key, values] = FigureChange(key, one, other, (*known.reports, report), known.moved)
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
