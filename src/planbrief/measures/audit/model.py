"""What the audit works with: findings, the figures of a plan as its tables print them, tolerances."""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeVar

from planbrief.measures import evidence
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.figures import Figure
from planbrief.targets import periods
from planbrief.targets.names import Label, label, measured, place

if TYPE_CHECKING:
    from planbrief.targets import Dataset


#: ``inconsistent``: printed figures contradict each other beyond their rounding; ``not_comparable``: they differ, and
#: a difference of definition explains that they may; ``implausible``: possible on paper only; ``note``: left open.
Severity = Literal["inconsistent", "not_comparable", "implausible", "note"]
SEVERITIES: tuple[Severity, ...] = ("inconsistent", "implausible", "not_comparable", "note")

#: What a message is filled with: a number with its pedigree, a name in both languages, or a period key.
Number = Figure | Label | str
#: Units of discrepancies in percentages: a hundred of them is everything.
RATES = frozenset({"%", "个百分点"})


@dataclass(frozen=True)
class Item:
    """One figure that a finding is about: its observation and the number as printed.

    ``observation`` is empty for a token that states no quantity (a code name); ``locator`` then is its place.
    """

    observation: str
    label: Label
    value: float
    unit: str
    time_period: str
    role: str = ""
    locator: str = ""


@dataclass(frozen=True)
class Finding:
    """A question to the authors of a plan.

    ``discrepancy`` and ``tolerance`` are in ``unit``; the tolerance is the sum of half the last printed digit of every
    figure involved. ``message`` is a key of the display room's messages, ``numbers`` fills it.
    """

    id: str
    rule: str
    severity: Severity
    items: tuple[Item, ...]
    numbers: Mapping[str, Number] = field(hash=False)
    message: str
    discrepancy: float = math.nan
    tolerance: float = math.nan
    unit: str = ""

    @property
    def observations(self) -> tuple[str, ...]:
        """Ids of the observations behind it, each once."""
        return tuple(dict.fromkeys(item.observation for item in self.items if item.observation))

    @property
    def relative(self) -> float:
        """The discrepancy beyond the tolerance over the smallest figure in its unit, at most 1; 0 where unknown."""
        alike = [abs(item.value) for item in self.items if item.unit == self.unit and item.value]
        known = self.unit in RATES or bool(alike)
        if math.isnan(self.discrepancy) or not known:
            return 0.0
        size = 100.0 if self.unit in RATES else max(alike)
        tolerance = 0.0 if math.isnan(self.tolerance) else self.tolerance
        return min(max(self.discrepancy - tolerance, 0.0) / size, 1.0)

    @property
    def money(self) -> float:
        """The discrepancy in money, in its unit's own size (亿元 = 1); 0 for anything else."""
        sizes = {"万亿元": 1e4, "千亿元": 1e3, "亿元": 1.0, "万元": 1e-4}
        return 0.0 if math.isnan(self.discrepancy) else self.discrepancy * sizes.get(self.unit, 0.0)


@dataclass(frozen=True)
class Identity:
    """One thing that was checked, whether or not a finding came of it."""

    id: str
    rule: str
    agrees: bool
    observations: tuple[str, ...]
    left: float = math.nan
    right: float = math.nan
    tolerance: float = math.nan
    unit: str = ""


class Audit(tuple[Finding, ...]):
    """The findings, worst first, with the list of identities that were checked."""

    checked: tuple[Identity, ...]

    def __new__(cls, findings: Iterable[Finding], checked: Iterable[Identity]) -> Audit:
        """Order findings by severity, then by weight, then by rule and id.

        Weight is the share of the figures that is off plus the share of the largest gap in money: forty per cent of
        an industry comes before half a point of a share.
        """
        known = list(findings)
        largest = max((finding.money for finding in known), default=0.0) or 1.0
        weight = {finding.id: finding.relative + finding.money / largest for finding in known}
        ranked = sorted(known, key=lambda f: (SEVERITIES.index(f.severity), -weight[f.id], f.rule, f.id))
        audit = super().__new__(cls, ranked)
        audit.checked = tuple(sorted(checked, key=lambda identity: (identity.rule, identity.id)))
        return audit

    @property
    def agreeing(self) -> tuple[Identity, ...]:
        """Identities that hold."""
        return tuple(identity for identity in self.checked if identity.agrees)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Findings of one severity."""
        return tuple(finding for finding in self if finding.severity == severity)


@dataclass(frozen=True)
class Question:
    """One thing that a rule checks: an identity says whether it holds, a finding asks where it does not.

    ``id`` is stable from edition to edition; ``family`` stands for the rule in the keys of messages.
    """

    rule: str
    id: str
    family: str = ""

    def about(self, *parts: str) -> Question:
        """A narrower question: its id has further parts, those that are not empty."""
        return replace(self, id="/".join([self.id, *filter(None, parts)]))

    def identity(
        self, agrees: bool, records: Iterable[Evidence], left: float = math.nan, right: float = math.nan,
        tolerance: float = math.nan, unit: str = "",
    ) -> Identity:  # fmt: skip
        """What was checked."""
        return Identity(self.id, self.rule, agrees, ids(records), left, right, tolerance, unit)

    def finding(
        self, severity: Severity, message: str, items: tuple[Item, ...], numbers: Mapping[str, Number],
        gap: float = math.nan, tolerance: float = math.nan, unit: str = "",
    ) -> Finding:  # fmt: skip
        """What is asked; figures among `numbers` get their keys here, from the question and their names."""
        keyed = {
            name: replace(number, key=f"{self.id}/{name}") if isinstance(number, Figure) else number
            for name, number in numbers.items()
        }
        key = f"audit.{self.family or self.rule}.{message}"
        return Finding(self.id, self.rule, severity, items, keyed, key, gap, tolerance, unit)


def question(rule: str, *parts: str) -> Question:
    """The question of a rule about what the parts name: places, indicators, activities, periods."""
    return Question(rule, rule).about(*parts)


def printed(record: Evidence, measure: str = "level") -> Figure:
    """A record's number as a figure of a finding."""
    return computed(record.value, record.unit, [record], measure=measure)


def computed(
    value: float, unit: str, records: Iterable[Evidence] = (), formula: str = "", *, measure: str = "level"
) -> Figure:
    """A number of a finding, with the observations and the arithmetic behind it."""
    return Figure("", value, measure, unit, ids(records), formula)


#: File of each table beside ``datapackage.json``.
FILES = {
    "relations": "relations.csv",
    "plausibility_limits": "plausibility_limits.csv",
    "list_counts": "list_counts.csv",
    "printed_names": "printed_names.csv",
}


@dataclass(frozen=True)
class AuditTables:
    """Rows of the audit's tables as text."""

    relations: tuple[dict[str, str], ...] = ()
    limits: tuple[dict[str, str], ...] = ()
    list_counts: tuple[dict[str, str], ...] = ()
    printed_names: tuple[dict[str, str], ...] = ()


def audit_tables(ds: Dataset, sources: Iterable[str] | None = None) -> AuditTables:
    """The tables of a data set: resources of its package, else files beside them, else empty.

    Lengths of lists and printed names are only those of `sources` where these are given.
    """
    documents = None if sources is None else frozenset(sources)
    return AuditTables(
        relations=_rows(ds, "relations"),
        limits=_rows(ds, "plausibility_limits"),
        list_counts=_rows(ds, "list_counts", documents),
        printed_names=_rows(ds, "printed_names", documents),
    )


def _rows(ds: Dataset, name: str, sources: frozenset[str] | None = None) -> tuple[dict[str, str], ...]:
    table = ds.package.tables.get(name)
    if table is not None:
        # remembers the read, so that a report is made anew when the table changes
        ds._whole(name) if sources is None else ds.rows(name, source_id=sources)
        rows = tuple(dict(row.values) for row in table.rows)
    else:
        path = ds.package.folder / FILES[name]
        if not ds.package.folder.parts or not path.is_file():
            return ()
        rows = tuple(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    return rows if sources is None else tuple(row for row in rows if row["source_id"] in sources)


#: A rule yields an identity for everything it looked at, and a finding for what it asks about.
Result = Finding | Identity
Rule = Callable[["Context"], Iterator[Result]]

#: Transformations that state a size, not a change.
SIZES = ("level", "share", "contribution")
#: Kinds that stand for one point of a path, best first where a year has several.
PATH_KINDS = ("actual", "estimate", "target")


@dataclass(frozen=True)
class Context:
    """The records of one region and what is known about their indicators, activities and areas."""

    ds: Dataset
    records: tuple[Evidence, ...]
    tables: AuditTables = field(default_factory=AuditTables)
    #: Figures that have been asked about already (printed differently, slipped, impossible): no second question.
    suspects: frozenset[str] = frozenset()

    def meta(self, indicator: str) -> dict[str, str]:
        """Row of the table of indicators."""
        return self.ds.row("indicators", indicator)

    def name(self, record: Evidence) -> Label:
        """What a record measures."""
        return measured(self.ds, record.indicator, record.activity, record.subject)

    def area(self, record: Evidence) -> Label:
        """Where."""
        return label(self.ds, "areas", record.ref_area)

    def named(self, record: Evidence) -> dict[str, Number]:
        """Place and name of a record, as most messages have them."""
        return {"area": self.area(record), "name": self.name(record)}

    def place(self, record: Evidence) -> Label:
        """Place and period of a record."""
        return place(self.area(record), record.time_period)

    def item(self, record: Evidence, role: str = "") -> Item:
        """A record as item of a finding."""
        name = self.name(record)
        return Item(record.obs_id, name, record.value, record.unit, record.time_period, role, record.locator)

    def items(self, records: Iterable[Evidence], role: str = "") -> tuple[Item, ...]:
        """Records as items, each observation once."""
        unique = {record.obs_id: record for record in records}
        return tuple(self.item(record, role) for record in unique.values())

    @cached_property
    def parents(self) -> dict[str, str]:
        """Parent of every activity."""
        return dict(self.ds.activities["parent"])

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Children of every activity that has some, in table order."""
        below: dict[str, list[str]] = defaultdict(list)
        for activity, parent in self.parents.items():
            if parent:
                below[parent].append(activity)
        return {parent: tuple(names) for parent, names in below.items()}

    def around(self, area: str) -> str:
        """The place that an area lies in, empty for the outermost."""
        return self.ds.row("areas", area)["parent"]

    @cached_property
    def stated(self) -> tuple[Evidence, ...]:
        """Records with a number."""
        return tuple(record for record in self.records if record.stated)

    @cached_property
    def settled(self) -> tuple[Evidence, ...]:
        """Records with a number that is not itself in question."""
        return tuple(record for record in self.stated if record.obs_id not in self.suspects)

    @cached_property
    def printed(self) -> dict[str, list[Evidence]]:
        """Records with a number by indicator, those in question included."""
        return grouped(self.stated, lambda record: record.indicator)

    @cached_property
    def by_indicator(self) -> dict[str, list[Evidence]]:
        """Settled records by indicator."""
        return grouped(self.settled, lambda record: record.indicator)

    @cached_property
    def series(self) -> dict[tuple[str, ...], tuple[Evidence, ...]]:
        """Paths over dated years: (area, indicator, activity, subject, transformation) → one record a year.

        A year printed several times counts once, by its first record; bounds that are limits are no milestones. All
        records of a path may stand at the same prices: what stands at others than its latest aim is left out.
        """
        paths: dict[tuple[str, ...], list[Evidence]] = defaultdict(list)
        for record in self.settled:
            if record.kind not in PATH_KINDS or record.counterpart_area or not self.of_a_year(record):
                continue
            key = (record.ref_area, record.indicator, record.activity, record.subject, record.transformation)
            paths[key].append(record)
        return {key: _at_one_price(records) for key, records in paths.items()}

    @cached_property
    def wholes(self) -> dict[tuple[str, str], dict[float, Evidence]]:
        """Of whole places: (area, indicator) → the first record of each year, whatever its transformation."""
        found: dict[tuple[str, str], dict[float, Evidence]] = defaultdict(dict)
        for (area, indicator, activity, subject, _), records in self.series.items():
            for record in records if not (activity or subject) else ():
                found[area, indicator].setdefault(record.year, record)
        return found

    def of_a_year(self, record: Evidence) -> bool:
        """Whether a value may stand for its year: nine months of a flow, or the total of a plan period, may not."""
        if not record.dated or periods.whole_year(record.time_period):
            return record.dated
        stock = record.transformation == "share" or self.meta(record.indicator)["aggregation"] == "count"
        return stock and periods.parse(record.time_period).frequency in ("M", "D")

    def leaves(self, activity: str) -> tuple[str, ...]:
        """Activities below `activity` that have no children of their own."""
        below = self.children.get(activity, ())
        ends: list[str] = []
        for child in below:
            ends.extend(self.leaves(child) or (child,))
        return tuple(ends)


def prices_of(record: Evidence) -> frozenset[str]:
    """Price bases that a record may be at."""
    return evidence.bases(record.price_base, record.time_period, record.kind, money=record.dimension == "money")


def at_one_price(records: Iterable[Evidence]) -> bool:
    """Whether sums of money may all be at the same prices: what is at others neither adds up nor contradicts."""
    known = [found for record in records if record.dimension == "money" and (found := prices_of(record))]
    return not known or bool(frozenset.intersection(*known))


def _at_one_price(records: list[Evidence]) -> tuple[Evidence, ...]:
    """One record a year, in order, all at prices like those of the last aim (or else of the last record)."""
    aims = [record for record in records if record.kind == "target" and prices_of(record)]
    # The aims decide which prices a path is at: what was reached at others is no step toward them.
    leading = prices_of(max(aims or records, key=lambda record: record.year))
    years: dict[float, Evidence] = {}
    for record in records:
        if evidence.alike(prices_of(record), leading):
            years.setdefault(record.year, record)
    return tuple(years[year] for year in sorted(years))


T = TypeVar("T")
K = TypeVar("K")


def grouped(records: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Records by key, in order."""
    groups: dict[K, list[T]] = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return dict(groups)


def single(records: Iterable[Evidence]) -> list[Evidence]:
    """One record for each fact: repeats of the same fact and value (heading, text, slide) count once."""
    first: dict[tuple[object, ...], Evidence] = {}
    for record in records:
        fact = (record.ref_area, record.indicator, record.activity, record.subject, record.time_period)
        first.setdefault((*fact, record.transformation, record.kind), record)
    return list(first.values())
