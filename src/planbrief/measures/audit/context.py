"""What every rule is given: the records of one region, their metadata, and the audit's own tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from planbrief.measures import prices
from planbrief.measures.audit.model import Finding, Identity, Item, item_of
from planbrief.measures.audit.tables import AuditTables
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.figures import Figure
from planbrief.measures.labels import Label, label, measured
from planbrief.targets import periods

if TYPE_CHECKING:
    from planbrief.targets import Dataset

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

    def item(self, record: Evidence, role: str = "") -> Item:
        """A record as item of a finding."""
        return item_of(record, self.name(record), role)

    def items(self, records: Iterable[Evidence], role: str = "") -> tuple[Item, ...]:
        """Records as items, each observation once."""
        unique = {record.obs_id: record for record in records}
        return tuple(self.item(record, role) for record in unique.values())

    def figure(
        self,
        finding: str,
        name: str,
        value: float,
        unit: str,
        records: Iterable[Evidence] = (),
        *,
        measure: str = "level",
        formula: str = "",
    ) -> Figure:
        """A number of a finding, with the observations and the arithmetic behind it."""
        return Figure(
            key=f"{finding}/{name}", value=value, measure=measure, unit=unit, observations=ids(records), formula=formula
        )

    @cached_property
    def parents(self) -> dict[str, str]:
        """Parent of every activity."""
        return dict(self.ds.activities["parent"])

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Children of every activity that has some, in table order."""
        found: dict[str, list[str]] = defaultdict(list)
        for activity, parent in self.parents.items():
            if parent:
                found[parent].append(activity)
        return {parent: tuple(names) for parent, names in found.items()}

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
        found: dict[str, list[Evidence]] = defaultdict(list)
        for record in self.stated:
            found[record.indicator].append(record)
        return dict(found)

    @cached_property
    def by_indicator(self) -> dict[str, list[Evidence]]:
        """Settled records by indicator."""
        found: dict[str, list[Evidence]] = defaultdict(list)
        for record in self.settled:
            found[record.indicator].append(record)
        return dict(found)

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

    def of_a_year(self, record: Evidence) -> bool:
        """Whether a value may stand for its year: nine months of a flow, or the total of a plan period, may not."""
        if not record.dated or periods.whole_year(record.time_period):
            return record.dated
        stock = record.transformation == "share" or self.meta(record.indicator)["aggregation"] == "count"
        return stock and periods.parse(record.time_period).frequency in ("M", "D")

    def leaves(self, activity: str) -> tuple[str, ...]:
        """Activities below `activity` that have no children of their own."""
        below = self.children.get(activity, ())
        found: list[str] = []
        for child in below:
            found.extend(self.leaves(child) or (child,))
        return tuple(found)


def prices_of(record: Evidence) -> frozenset[str]:
    """Price bases that a record may be at."""
    return prices.bases(record.price_base, record.time_period, record.kind, money=record.dimension == "money")


def _at_one_price(records: list[Evidence]) -> tuple[Evidence, ...]:
    """One record a year, in order, all at prices like those of the last aim (or else of the last record)."""
    aims = [record for record in records if record.kind == "target" and prices_of(record)]
    leading = prices_of(max(aims or records, key=lambda record: record.year))
    years: dict[float, Evidence] = {}
    for record in records:
        if prices.alike(prices_of(record), leading):
            years.setdefault(record.year, record)
    return tuple(years[year] for year in sorted(years))


def grouped(
    records: Iterable[Evidence], key: Callable[[Evidence], tuple[object, ...]]
) -> dict[tuple[object, ...], list[Evidence]]:
    """Records by key, in order."""
    groups: dict[tuple[object, ...], list[Evidence]] = defaultdict(list)
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
