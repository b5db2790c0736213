"""A series of one measured thing of one place, its points, and the base that its targets start from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from planbrief.targets import periods

#: Kinds that say what has been reached, and kinds that say what is wanted.
BASE_KINDS = ("actual", "estimate")
AIM_KINDS = ("target", "constraint")
#: Transformations by family. Growth of a level is a rate, of a share percentage points, of a rate neither.
FAMILIES = {"level": "level", "share": "share", "avg_annual": "rate", "yoy": "rate"}
#: Concepts whose path is geometric by default: output and money; everything else goes in equal steps.
GEOMETRIC_CONCEPTS = frozenset(
    {"gdp", "gross_output", "value_added", "revenue", "profit", "investment", "fund", "credit", "rd_expenditure"}
    | {"production", "visitor", "productivity", "price"}
)


@dataclass(frozen=True)
class Point:
    """One value of a series, with every observation that prints it.

    ``conflict``: another point has the same period and sort of kind but another value. ``wording_differs``: the
    observations agree in value but not in their bound; the stricter wording (not eq) stands.
    """

    period: str
    year: float
    value: float
    kind: str
    comparator: str
    lower: float
    upper: float
    observations: tuple[str, ...]
    sources: tuple[str, ...]
    value_text: str = ""
    conflict: bool = False
    wording_differs: bool = False

    @property
    def annual(self) -> bool:
        """Whether the point stands for a whole year."""
        return periods.parse(self.period).frequency == "A"

    @property
    def aimed(self) -> bool:
        """Whether it is a target or constraint."""
        return self.kind in AIM_KINDS


@dataclass(frozen=True)
class Series:
    """Points of one indicator (and activity, subject, counterpart, transformation, price basis) of one place.

    ``unit`` is the unit of all points; ``shape`` the default shape of the path between them (geometric for output
    and money, linear for shares, counts and areas).
    """

    key: str
    ref_area: str
    subject: str
    indicator: str
    activity: str
    transformation: str
    counterpart_area: str
    unit: str
    price_base: str
    family: str
    shape: str
    direction: int
    character: str
    aggregation: str
    theme: str
    points: tuple[Point, ...] = field(default=())

    @property
    def aims(self) -> tuple[Point, ...]:
        """Targets and constraints for whole years, in order."""
        return tuple(point for point in self.points if point.aimed and point.annual)

    @property
    def actuals(self) -> tuple[Point, ...]:
        """Actual values and estimates that may stand for a year, in order.

        A month (目前) stands for its year where something is counted or a share is taken, for a stock at a date is
        what both are; half-years and quarters of a flow never do.
        """
        stock = self.family == "share" or self.aggregation == "count"
        return tuple(
            point
            for point in self.points
            if not point.aimed and (point.annual or (stock and periods.parse(point.period).frequency in ("M", "D")))
        )

    def base(self, published: float = math.nan) -> Point | None:
        """The actual value that the targets start from, None if there is none.

        The latest one that the targets' own documents could know: before the first target year, and for a year that
        was over when they were published (in the year `published`); else the latest such of another document; else
        the earliest.
        """
        found = [point for point in self.actuals if not point.conflict] or list(self.actuals)
        if not found or not self.aims:
            return found[-1] if found else None
        sources = {source for point in self.aims for source in point.sources}
        before = [point for point in found if point.year < self.aims[0].year]
        known = [p for p in before if math.isnan(published) or p.year < published + (0 if p.annual else 1)]
        own = [point for point in known if sources & set(point.sources)]
        chosen = own[-1:] or known[-1:] or before[:1] or [p for p in found if p.year < self.aims[-1].year][:1]
        return chosen[0] if chosen else None
