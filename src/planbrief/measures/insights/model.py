"""What an insight is, what its rules look at, how much it weighs.

The numbers that it computes with carry their interval, formula and observations through a computation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from planbrief.measures.audit import Audit, audit, audit_tables, in_question
from planbrief.measures.audit.model import Context
from planbrief.measures.audit.relations import Amount, Scope, amount
from planbrief.measures.evidence import AS_NAMED, evidence, ids
from planbrief.measures.figures import Figure, plain, root
from planbrief.measures.ranges import ROUNDED_KINDS
from planbrief.measures.series import Point, Series, base_of, series_of
from planbrief.targets.names import Label, label, measured

if TYPE_CHECKING:
    from planbrief.targets import Dataset


#: Comparators that state one end only.
BOUNDS = frozenset({"ge", "gt", "le", "lt"})


@dataclass(frozen=True)
class Quantity:
    """A number with what rounding, wording and assumptions leave open, and where it comes from.

    ``assumed`` says that an assumption widens the interval, so that a page shows both ends instead of one value.
    """

    value: float
    low: float
    high: float
    formula: str
    observations: tuple[str, ...] = ()
    assumed: bool = False
    unit: str = ""

    def figure(self, key: str, measure: str, unit: str = "", year: str = "", *, scale: float = 1.0) -> Figure:
        """As a figure; one that rests on an assumption is a range, a negative scale turns a fall into its size."""
        ends = sorted((self.low * scale, self.high * scale))
        return Figure(
            key,
            self.value * scale,
            measure,
            unit or self.unit,
            self.observations,
            self.formula if any(sign in self.formula for sign in "+−×÷^") else "",
            ends[0],
            ends[1],
            "range" if self.assumed and ends[1] > ends[0] else "eq",
            "missing_value" if math.isnan(self.value) else "",
            year,
        )

    @property
    def fraction(self) -> Quantity:
        """Per cent as a fraction."""
        return replace(
            self, value=self.value / 100, low=self.low / 100, high=self.high / 100, formula=f"{self.formula}%", unit=""
        )


def of_point(point: Point, unit: str = "") -> Quantity:
    """A point of a series; one that is only a bound is taken at the bound."""
    low, high = (point.lower, point.upper) if point.comparator not in BOUNDS else (point.value, point.value)
    return Quantity(point.value, low, high, plain(point.value), point.observations, unit=unit)


def assumption(low: float, high: float, value: float, formula: str, observations: tuple[str, ...] = ()) -> Quantity:
    """A number that is not known but taken to lie between two ends."""
    return Quantity(value, low, high, formula, observations, assumed=True)


def derived(compute: Callable[..., float], formula: str, *parts: Quantity, unit: str = "") -> Quantity:
    """A function of quantities, monotone in each: its extremes lie at the corners of the intervals.

    `formula` names the parts by position: ``{0} ÷ {1}``. Undefined corners leave the interval open.
    """
    ends = [dict.fromkeys((part.low, part.high)) for part in parts]
    corners = [_defined(compute, corner) for corner in itertools.product(*ends)]
    known = not any(math.isnan(corner) for corner in corners)
    return Quantity(
        _defined(compute, tuple(part.value for part in parts)),
        min(corners) if known else -math.inf,
        max(corners) if known else math.inf,
        formula.format(*(_braced(part.formula) for part in parts)),
        tuple(dict.fromkeys(obs for part in parts for obs in part.observations)),
        any(part.assumed for part in parts),
        unit,
    )


def _defined(compute: Callable[..., float], values: tuple[float, ...]) -> float:
    try:
        result = compute(*values)
    except (ZeroDivisionError, OverflowError, ValueError):
        return math.nan
    return math.nan if isinstance(result, complex) else float(result)  # a root of a negative number is complex


def _braced(formula: str) -> str:
    return f"({formula})" if any(f" {sign} " in formula for sign in "+−÷×") or formula.startswith("−") else formula


def growth(start: Quantity, end: Quantity, years: float) -> Quantity:
    """Average growth a year between two quantities, as a fraction."""
    return derived(lambda a, b: _rate(a, b, years), f"({{1}} ÷ {{0}}){root(years)} − 1", start, end)


def _rate(start: float, end: float, years: float) -> float:
    return (end / start) ** (1 / years) - 1 if start > 0 and end >= 0 and years > 0 else math.nan


def stated(ctx: Context, text: str, area: str, period: str, *, anywhen: bool = False) -> Quantity | None:
    """A quantity of the relations' language in the unit of its first figure (percentages as fractions).

    None where a part of it is not stated, or a sum over branches is not complete.
    """
    found = amount(ctx, text, Scope(area, period, any_period=anywhen))
    return None if found is None or not found.complete else of_amount(found)


def of_amount(found: Amount) -> Quantity:
    """An amount of the relations' language in the unit of its first figure."""
    first = found.records[0]
    factor, unit = (first.factor, first.unit) if found.dimension else (1.0, "")
    ends = (found.low, found.high) if math.isfinite(found.high - found.low) else (found.value, found.value)
    values = (found.value / factor, ends[0] / factor, ends[1] / factor)
    return Quantity(*values, found.formula, ids(found.records), unit=unit)


#: What a sentence about an insight is filled with.
Value = Figure | Label | str
#: The same for several years.
Steps = tuple[Mapping[str, Value], ...]
#: Share of the weight that is left to what touches hardly any money or people, and to what is hardly any distance.
LEAST_SCALE, LEAST_DISTANCE = 0.25, 0.2
#: Certainty of what needs no assumption, one, and more than one.
CERTAINTY = (1.0, 0.85, 0.7)


@dataclass(frozen=True)
class Row:
    """One derived quantity over the years: ``insights.row.<name>`` words it, `about` says what it is of."""

    name: str
    about: Label
    values: Mapping[float, Figure] = field(hash=False)


@dataclass(frozen=True)
class Insight:
    """Something that follows from printed figures and is printed nowhere.

    Attributes
    ----------
    rule : str
        Name of the rule; with the prefix ``insights.`` the key of its wording.
    key : str
        Stable name: region, rule and what it is about.
    region : str
        Whose.
    weight : float
        0 to 1: share of the economy or people affected × distance from what has been achieved × certainty.
    topic : str
        What it is about; a second insight about one topic gives way to one about another.
    figures : mapping
        Everything that its sentence names; a figure that depends on an assumption has the comparator ``range`` and its
        ends in ``lower`` and ``upper``.
    steps : tuple of mapping
        The same figures for several years, for a list within the sentence.
    assumptions : tuple of str
        Keys of what is assumed, empty where printed figures alone decide.
    rows : tuple of Row
        What it rests on, year by year, for a table.
    """

    rule: str
    key: str
    region: str
    weight: float
    topic: str
    figures: Mapping[str, Value] = field(hash=False)
    steps: Steps = field(default=(), hash=False)
    assumptions: tuple[str, ...] = ()
    rows: tuple[Row, ...] = field(default=(), hash=False)

    @property
    def message(self) -> str:
        """Key of its wording."""
        return f"insights.{self.rule}"

    @property
    def observations(self) -> tuple[str, ...]:
        """Ids of all observations behind it, each once."""
        values = [*self.figures.values(), *(value for step in self.steps for value in step.values())]
        return tuple(dict.fromkeys(obs for v in values if isinstance(v, Figure) for obs in v.observations))


@dataclass(frozen=True)
class Area:
    """What the rules look at: the series of a place, its audit, and the quantities that relations declare."""

    ds: Dataset
    region: str
    ctx: Context
    audit: Audit
    series: tuple[Series, ...]

    @property
    def name(self) -> Label:
        """The place."""
        return label(self.ds, "areas", self.region)

    def named(self, series: Series) -> Label:
        """What a series measures."""
        return measured(self.ds, series.indicator, series.activity, series.subject)

    def defined(self, series: Series) -> bool:
        """Whether the catalogue defines what a series measures; a new document's own phrases stand there undefined."""
        return self.ctx.meta(series.indicator)["definition_source"] != AS_NAMED

    def base(self, series: Series) -> Point | None:
        """The value that a series' targets start from; None also where it has two values."""
        base = base_of(self.ds, series)
        return None if base is None or base.conflict or self.doubted(base) else base

    def aims(self, series: Series) -> tuple[Point, ...]:
        """Dated targets after the base that ask for a change and are not in question, one a year."""
        base = self.base(series)
        first: dict[float, Point] = {}
        for point in series.aims:
            later = base is None or point.year > base.year
            held = base is not None and point.bound_reason(base) != ""
            if later and not held and not point.conflict and not self.doubted(point):
                first.setdefault(point.year, point)
        return tuple(first[year] for year in sorted(first))

    def doubted(self, point: Point) -> bool:
        """Whether the audit asks about the value itself."""
        return not self.ctx.suspects.isdisjoint(point.observations)

    def factor(self, unit: str) -> float:
        """What one of a unit is in the base unit of its dimension, money in yuan."""
        return self.ds.unit_table.parse(unit).factor

    def money(self, series: Series) -> bool:
        """Whether a series is a level of the whole place in money."""
        whole = series.family == "level" and not series.subject
        return whole and self.ds.unit_table.parse(series.unit).dimension == "money"

    @property
    def levels(self) -> tuple[Series, ...]:
        """Levels of the whole place in money, with a base above zero and a dated target."""
        additive = [series for series in self.series if self.money(series) and series.aggregation == "additive"]
        bases = [(series, self.base(series)) for series in additive]
        return tuple(s for s, base in bases if base is not None and base.value > 0 and self.aims(s))

    @property
    def size(self) -> float:
        """The largest level in money that the place has reached, in yuan: what amounts are held against; else NaN."""
        sums = (series for series in self.series if self.money(series))
        sizes = (point.value * self.factor(series.unit) for series in sums for point in series.actuals)
        return max(sizes, default=math.nan)

    def weight(self, amount: float, distance: float, assumed: int = 0) -> float:
        """Weight of an insight.

        Parameters
        ----------
        amount : float
            Yuan affected; NaN stands for everyone (population).
        distance : float
            How far from what has been achieved, 0 for not at all: a logarithm of a ratio, or a share.
        assumed : int
            Number of assumptions.
        """
        scale = 1.0 if math.isnan(amount) or math.isnan(self.size) else min(1.0, abs(amount) / self.size)
        # Bounded, so that one figure that grows tenfold does not outweigh everything else that is worth knowing.
        reach = 1 - math.exp(-abs(distance)) if math.isfinite(distance) else 1.0
        size = LEAST_SCALE + (1 - LEAST_SCALE) * scale
        return CERTAINTY[min(assumed, len(CERTAINTY) - 1)] * size * (LEAST_DISTANCE + (1 - LEAST_DISTANCE) * reach)


Rule = Callable[[Area], Iterator[Insight]]


def area_of(ds: Dataset, region: str) -> Area:
    """The material about one place.

    Targets are points here: only what was measured or estimated gets the rounding of its last digit.
    """
    found = audit(ds, region)
    rows = ds.of_city(region)
    records = tuple(
        record if record.kind in ROUNDED_KINDS else replace(record, half=0.0) for record in evidence(ds, rows)
    )
    suspects = frozenset(obs for finding in found for obs in in_question(finding))
    ctx = Context(ds, records, audit_tables(ds, set(rows["source_id"])), suspects)
    return Area(ds, region, ctx, found, series_of(ds, region))
