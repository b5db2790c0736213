"""Arithmetic with figures: what is added, divided or compared keeps its unit, sources, formula and interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from planbrief.errors import PlanbriefError
from planbrief.measures.figures import Figure, plain
from planbrief.targets import units

#: Measures that are numbers without a printed unit: they add among themselves only.
PURE = ("rate", "share", "points", "multiple", "years", "index")
_SIGNS = {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ "}


class SenselessArithmetic(PlanbriefError):
    """Two figures that cannot be calculated with each other."""

    def __init__(self, operation: str, left: str, right: str, why: str) -> None:
        super().__init__(operation, left, right, why)
        self.operation, self.left, self.right, self.why = operation, left, right, why

    def __str__(self) -> str:
        return f"{self.left} {self.operation} {self.right}: {self.why}"


def add(left: Figure, right: Figure, sign: int = 1) -> Figure:
    """Sum (or with `sign` −1 the difference) of two figures of like unit, in the unit of the first.

    The difference of two shares is in percentage points.

    Raises
    ------
    SenselessArithmetic
        For unlike units (also 家 and 个), a level and a rate, sums of money at different prices; for a sum also where
        the periods differ, and for growth rates.
    """
    operation = "+" if sign > 0 else "-"
    _require_like_prices(operation, left, right)
    if sign > 0 and left.observations and right.observations and left.year and right.year and left.year != right.year:
        why = f"values of different periods ({left.year}, {right.year}) do not add up; their difference and ratio do"
        raise _senseless(operation, left, right, why)
    pair = {left.measure, right.measure}
    if pair == {"share", "points"}:
        measure, unit, scale = "share", "", 1.0
    elif left.measure != right.measure or (not left.unit) != (not right.unit):
        raise _senseless(operation, left, right, f"a {left.measure} and a {right.measure} do not add up")
    elif sign > 0 and left.measure == "rate" and left.observations and right.observations:
        raise _senseless(operation, left, right, "growth rates do not add up")
    else:
        measure = "points" if sign < 0 and left.measure in ("share", "rate") else left.measure
        unit, scale = left.unit, _scale(operation, left, right)
        if left.measure == "rate" and sign < 0:
            return _made(operation, left, right, "points", "", lambda a, b: 100 * (a - b))
    return _made(operation, left, right, measure, unit, lambda a, b: a + sign * b * scale)


def multiply(left: Figure, right: Figure) -> Figure:
    """Product; one side must be a pure number, a share (in percent) or a multiple."""
    for level, other in ((left, right), (right, left)):
        if other.measure in ("multiple", "index") or (not other.unit and other.measure == "level"):
            return _made("*", left, right, level.measure, level.unit, lambda a, b: a * b)
        if other.measure == "share" and level.measure in ("level", "count"):
            return _made("*", left, right, level.measure, level.unit, lambda a, b: a * b / 100)
    for number, rate in ((left, right), (right, left)):
        over, slash, under = rate.unit.partition("/")
        if slash and number.unit and "/" not in number.unit:
            scale = float(units.convert(1.0, number.unit, under))
            return _made("*", left, right, "level", over, _product(scale))
    raise _senseless("*", left, right, "the product of two levels has no meaning here")


def divide(left: Figure, right: Figure) -> Figure:
    """Quotient: of like units a multiple, of unlike ones a level such as 元/人 in base units.

    NaN, with the reason ``zero_divisor``, where the divisor is zero.
    """
    if right.measure in ("multiple", "index") or (right.measure == "level" and not right.unit):
        return _made("/", left, right, left.measure, left.unit, _quotient)
    if left.measure == right.measure and left.measure in PURE:
        return _made("/", left, right, "multiple", "", _quotient)
    if not left.unit or not right.unit:
        raise _senseless("/", left, right, f"a {left.measure} cannot be divided by a {right.measure}")
    top, bottom = units.table().parse(left.unit), units.table().parse(right.unit)
    if top.dimension == bottom.dimension and top.dimension == units.CLASSIFIERS and top.base != bottom.base:
        raise _senseless("/", left, right, "both count, but not the same things")
    if top.dimension == bottom.dimension:
        _require_like_prices("/", left, right)
        scale = top.factor / bottom.factor
        return _made("/", left, right, "multiple", "", lambda a, b: _quotient(a * scale, b))
    scale = top.factor / bottom.factor
    return _made("/", left, right, "level", f"{_base(top)}/{_base(bottom)}", lambda a, b: _quotient(a * scale, b))


def compare(left: Figure, right: Figure) -> float:
    """Difference of two figures of like unit, in the unit of the first; what ``<`` and ``>`` look at."""
    _require_like_prices("<", left, right)
    if left.measure != right.measure:
        raise _senseless("<", left, right, f"a {left.measure} and a {right.measure} are not compared")
    return left.value - right.value * _scale("<", left, right)


def converted(figure: Figure, unit: str) -> Figure:
    """An amount in another unit of its dimension."""
    if not figure.unit:
        raise SenselessArithmetic("in", _shown(figure), unit, f"a {figure.measure} has no unit to convert")
    scale = 1 / _scale("in", figure, Figure("", 1.0, figure.measure, unit))
    value, lower, upper = (end * scale for end in (figure.value, figure.lower, figure.upper))
    return replace(
        figure, value=value, lower=lower, upper=upper, unit=unit, formula=figure.formula or _term(figure, "")
    )


def share(part: Figure, whole: Figure) -> Figure:
    """One amount in percent of another."""
    ratio = divide(part, whole)
    if ratio.measure != "multiple" or not part.unit:
        raise _senseless("/", part, whole, "a share needs two amounts of one kind")
    ends = (100 * end for end in (ratio.value, ratio.lower, ratio.upper))
    value, lower, upper = ends
    return replace(ratio, measure="share", value=value, lower=lower, upper=upper, formula=f"{ratio.formula} × 100")


def growth(start: Figure, end: Figure, years: float | None = None) -> Figure:
    """Average growth per year between two amounts, as a fraction."""
    if years is None:
        if not (start.year[:4].isdigit() and end.year[-4:].isdigit()):
            raise _senseless("→", start, end, "their years are not known; say years=…")
        years = float(end.year[-4:]) - float(start.year[:4])
    if years <= 0:
        raise _senseless("→", start, end, "growth needs a later second year")
    ratio = divide(end, start)
    if ratio.measure != "multiple" or not start.unit:
        raise _senseless("→", start, end, "growth needs two amounts of one kind")
    value, lower, upper = (
        end ** (1 / years) - 1 if end >= 0 else math.nan for end in (ratio.value, ratio.lower, ratio.upper)
    )
    formula = f"({ratio.formula})^(1/{plain(years)}) − 1"
    return replace(
        ratio, measure="rate", value=value, lower=lower, upper=upper, formula=formula, year=f"{start.year}-{end.year}"
    )


def _require_like_prices(operation: str, left: Figure, right: Figure) -> None:
    if left.price_base and right.price_base and left.price_base != right.price_base:
        why = f"they are at different prices ({left.price_base}, {right.price_base})"
        raise _senseless(operation, left, right, why)


def _base(unit: units.Unit) -> str:
    """The unit of measure without its multiplier whose factor is one, such as 元 for 亿元."""
    known = units.table().rows
    fitting = [name for name, row in known.items() if row["dimension"] == unit.dimension and float(row["factor"]) == 1]
    return unit.base if unit.base in fitting or not fitting else fitting[0]


def _product(scale: float) -> Callable[[float, float], float]:
    return lambda a, b: a * b * scale


def _quotient(a: float, b: float) -> float:
    return a / b if b else math.nan


def _scale(operation: str, left: Figure, right: Figure) -> float:
    if left.unit == right.unit:
        return 1.0
    try:
        own, other = units.table().parse(left.unit), units.table().parse(right.unit)
        if own.dimension == other.dimension == units.CLASSIFIERS and own.base != other.base:
            raise _senseless(operation, left, right, "both count, but not the same things")
        return float(units.convert(1.0, right.unit, left.unit))
    except PlanbriefError as error:
        raise _senseless(operation, left, right, str(error)) from None


def _senseless(operation: str, left: Figure, right: Figure, why: str) -> SenselessArithmetic:
    return SenselessArithmetic(operation, _shown(left), _shown(right), why)


def _shown(figure: Figure) -> str:
    return f"{plain(figure.value)}{figure.unit}" if figure.unit else f"{plain(figure.value)} ({figure.measure})"


def _made(
    operation: str, left: Figure, right: Figure, measure: str, unit: str, rule: Callable[[float, float], float]
) -> Figure:
    value = rule(left.value, right.value)
    corners = [rule(a, b) for a in _ends(left) for b in _ends(right)]
    known = [corner for corner in corners if not math.isnan(corner)]
    open_ended = operation == "/" and _ends(right)[0] <= 0 <= _ends(right)[-1]
    return replace(
        left,
        key=f"{left.key}{operation}{right.key}",
        value=value,
        measure=measure,
        unit=unit,
        observations=tuple(dict.fromkeys((*left.observations, *right.observations))),
        formula=f"{_term(left, operation)}{_SIGNS[operation]}{_term(right, operation)}",
        lower=min(known) if known and not open_ended else math.nan,
        upper=max(known) if known and not open_ended else math.nan,
        comparator="eq",
        undefined="zero_divisor" if math.isnan(value) and operation == "/" else left.undefined or right.undefined,
        price_base=left.price_base or right.price_base,
        year=left.year if left.year == right.year else "-".join(part for part in (right.year, left.year) if part),
    )


def _ends(figure: Figure) -> tuple[float, ...]:
    """The ends of a figure's interval; its value where the interval is not known."""
    ends = tuple(end for end in (figure.lower, figure.upper) if not math.isnan(end))
    return ends if len(ends) == 2 else (figure.value,)


def _term(figure: Figure, operation: str) -> str:
    text = figure.formula or f"{plain(figure.value)}{figure.unit}"
    if operation in "*/" and any(f" {sign} " in text for sign in "+−×÷"):
        return f"({text})"
    return text
