"""Numbers that carry their interval, formula and observations through a computation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

from planbrief.measures.audit.model import Context
from planbrief.measures.audit.relations import Amount, Scope, amount
from planbrief.measures.evidence import ids
from planbrief.measures.figures import Figure, plain
from planbrief.measures.series import Point

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
        found = compute(*values)
    except (ZeroDivisionError, OverflowError, ValueError):
        return math.nan
    return math.nan if isinstance(found, complex) else float(found)


def _braced(formula: str) -> str:
    return f"({formula})" if any(f" {sign} " in formula for sign in "+−÷×") or formula.startswith("−") else formula


def growth(start: Quantity, end: Quantity, years: float) -> Quantity:
    """Average growth a year between two quantities, as a fraction."""
    power = "" if years == 1 else f"^(1/{plain(years)})"
    return derived(lambda a, b: _rate(a, b, years), f"({{1}} ÷ {{0}}){power} − 1", start, end)


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
