"""One number with its pedigree: what it measures, which observations it comes from, and arithmetic that keeps both."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

from planbrief.errors import PlanbriefError, UnknownName
from planbrief.measures.columns import COLUMNS, Column
from planbrief.targets import units

#: What the value of a figure is: decides how it is formatted.
MEASURES = ("level", "rate", "share", "points", "multiple", "years", "count", "index")


@dataclass(frozen=True)
class Figure:
    """A number that is never formatted here; rounding and words are the display's.

    Attributes
    ----------
    key : str
        Stable name, such as ``bazhong/gross_output_above_designated/cagr/2023-2026``.
    value : float
        NaN where undefined; `undefined` then holds the key of the reason.
    measure : str
        ``level`` (in `unit`), ``rate`` (fraction per year), ``share`` (percent), ``points`` (percentage points),
        ``multiple``, ``years``, ``count`` or ``index``.
    unit : str
        Printed unit of a level or count.
    observations : tuple of str
        Ids of the observations behind it.
    formula : str
        The arithmetic in plain text with its numbers: ``(750 ÷ 142.8)^(1/3) − 1``.
    lower, upper : float
        What rounding and wording leave open; NaN where that is not known.
    comparator : str
        Comparator of the observation that it rests on.
    undefined : str
        Key of the reason why the value is NaN (see ``measures.registry``).
    year : str
        Period: ``2026`` or ``2023-2026``.
    price_base : str
        Prices that a sum of money is at; empty where the plan does not say.

    Examples
    --------
    >>> output = Figure("output", 750.0, "level", "亿元", ("a",))
    >>> half = output / 2
    >>> half.value, half.unit, half.formula, half.observations
    (375.0, '亿元', '750亿元 ÷ 2', ('a',))
    """

    key: str
    value: float
    measure: str
    unit: str = ""
    observations: tuple[str, ...] = ()
    formula: str = ""
    lower: float = math.nan
    upper: float = math.nan
    comparator: str = "eq"
    undefined: str = ""
    year: str = ""
    price_base: str = ""

    @property
    def defined(self) -> bool:
        """Whether there is a number to show."""
        return not math.isnan(self.value)

    @property
    def interval(self) -> tuple[float, float]:
        """What rounding and wording leave open; the value twice where that is not known."""
        known = not math.isnan(self.lower) and not math.isnan(self.upper)
        return (self.lower, self.upper) if known else (self.value, self.value)

    # Arithmetic keeps unit, sources, formula and interval; its rules stand below, functions of two figures.

    def __add__(self, other: Figure | float) -> Figure:
        return _added(self, _figure_of(other, self))

    def __radd__(self, other: float) -> Figure:
        # sum() begins with 0, which adds nothing and has no unit
        return self if other == 0 else _added(_figure_of(other, self), self)

    def __sub__(self, other: Figure | float) -> Figure:
        return _added(self, _figure_of(other, self), -1)

    def __rsub__(self, other: float) -> Figure:
        return _added(_figure_of(other, self), self, -1)

    def __mul__(self, other: Figure | float) -> Figure:
        return _multiplied(self, _figure_of(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Figure | float) -> Figure:
        return _divided(self, _figure_of(other))

    def __rtruediv__(self, other: float) -> Figure:
        return _divided(_figure_of(other), self)

    def __neg__(self) -> Figure:
        return self * -1

    def __abs__(self) -> Figure:
        return -self if self.value < 0 else self

    def __round__(self, digits: int | None = None) -> float:
        return round(self.value, digits)

    def __lt__(self, other: Figure | float) -> bool:
        return bool(_difference(self, _figure_of(other, self)) < 0)

    def __gt__(self, other: Figure | float) -> bool:
        return bool(_difference(self, _figure_of(other, self)) > 0)

    def __le__(self, other: Figure | float) -> bool:
        return bool(_difference(self, _figure_of(other, self)) <= 0)

    def __ge__(self, other: Figure | float) -> bool:
        return bool(_difference(self, _figure_of(other, self)) >= 0)

    def to(self, unit: str) -> Figure:
        """The same amount in another unit of its dimension; refused for unlike units.

        >>> Figure("a", 2.5, "level", "亿元").to("万元").value
        25000.0
        """
        if not self.unit:
            raise SenselessArithmetic("in", _shown(self), unit, f"a {self.measure} has no unit to convert")
        scale = 1 / _scale("in", self, Figure("", 1.0, self.measure, unit))
        value, lower, upper = (end * scale for end in (self.value, self.lower, self.upper))
        return replace(self, value=value, lower=lower, upper=upper, unit=unit, formula=self.formula or _term(self, ""))

    def share_of(self, whole: Figure) -> Figure:
        """This amount in percent of another one of its kind.

        >>> part, whole = Figure("part", 800.0, "level", "亿元"), Figure("whole", 1000.0, "level", "亿元")
        >>> str(part.share_of(whole))
        '80%'
        """
        ratio = _divided(self, whole)
        if ratio.measure != "multiple" or not self.unit:
            raise _senseless("/", self, whole, "a share needs two amounts of one kind")
        value, lower, upper = (100 * end for end in (ratio.value, ratio.lower, ratio.upper))
        return replace(ratio, measure="share", value=value, lower=lower, upper=upper, formula=f"{ratio.formula} × 100")

    def growth_to(self, end: Figure, years: float | None = None) -> Figure:
        """Average growth per year up to a later amount, as a fraction; years from the periods unless given.

        >>> start = Figure("a", 142.8, "level", "亿元", year="2023")
        >>> f"{start.growth_to(Figure('b', 750.0, 'level', '亿元', year='2026')):.1%}"
        '73.8%'
        """
        if years is None:
            if not (self.year[:4].isdigit() and end.year[-4:].isdigit()):
                raise _senseless("→", self, end, "their years are not known; say years=…")
            years = float(end.year[-4:]) - float(self.year[:4])
        if years <= 0:
            raise _senseless("→", self, end, "growth needs a later second year")
        ratio = _divided(end, self)
        if ratio.measure != "multiple" or not self.unit:
            raise _senseless("→", self, end, "growth needs two amounts of one kind")
        value, lower, upper = (
            level ** (1 / years) - 1 if level >= 0 else math.nan for level in (ratio.value, ratio.lower, ratio.upper)
        )
        formula = f"({ratio.formula}){root(years)} − 1"
        year = f"{self.year}-{end.year}"
        return replace(ratio, measure="rate", value=value, lower=lower, upper=upper, formula=formula, year=year)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In a tuple, list or dict that a cell shows: the number, and how it came about."""
        printer.text(f"Figure({self}{f' = {self.formula}' if self.formula else ''})")

    def _repr_html_(self) -> str:
        import html

        low, high = self.interval
        shown = [f"<b>{html.escape(str(self))}</b>"]
        if low < high:
            shown.append(f"[{low:,.6g}, {high:,.6g}]")
        shown += [html.escape(text) for text in (self.formula, ", ".join(self.observations)) if text]
        return "<br>".join(shown)

    def __float__(self) -> float:
        return self.value

    def __int__(self) -> int:
        return int(self.value)

    def __format__(self, spec: str) -> str:
        """As a float where digits are asked for, else the number with its unit; a share's ``%`` is its own."""
        if re.fullmatch(r"(.?[<>^])?\d*", spec):
            return format(f"{plain(self.value)}{self.unit or ('%' if self.measure == 'share' else '')}", spec)
        shown = self.value / 100 if self.measure == "share" and spec.endswith("%") else self.value
        return format(shown, spec)

    def __str__(self) -> str:
        return format(self)


def _figure_of(other: Figure | float, like: Figure | None = None) -> Figure:
    """A number beside a figure: in its unit where they are added or compared, a pure one where they are multiplied."""
    if isinstance(other, Figure):
        return other
    if isinstance(other, bool) or not isinstance(other, Real):  # numpy's numbers are such
        raise TypeError(f"a figure is calculated with figures and numbers, not with {type(other).__name__}")
    text = plain(float(other))
    if like is None:
        return Figure("", float(other), "multiple", formula=text)
    return Figure("", float(other), like.measure, like.unit, formula=f"{text}{like.unit}")


def plain(value: float) -> str:
    """A number inside a formula: as short as it is, never in exponent form, a minus sign where it is negative.

    >>> plain(142.8), plain(750.0), plain(-0.5)
    ('142.8', '750', '−0.5')
    """
    if math.isnan(value):
        return "?"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = format(value, ".12g")
    if "e" in text:
        text = format(value, ".6f").rstrip("0").rstrip(".")
    return text.replace("-", "−")


def root(years: float) -> str:
    """The exponent of an average over years inside a formula, which growth over one year does not need.

    >>> root(3.0), root(1.0)
    ('^(1/3)', '')
    """
    return "" if years == 1 else f"^(1/{plain(years)})"


#: Columns that stand for one year of a row about two.
_POINTS = {"start": "start_year", "end": "end_year", "base": "base_year", "target": "target_year"}
_CONTRIBUTED = Column("share", "({end} − {start}) ÷ ({parts_end} − {parts_start}) × 100")


def figure(row: Mapping[str, Any], measure: str) -> Figure:
    """One cell of a growth, progress, rates, structure, contribution or milestones table as a figure.

    Parameters
    ----------
    row : mapping
        A row of the table: a Series (``table.iloc[0]``) or a dict.
    measure : str
        Name of the column: ``cagr``, ``multiple``, ``completion``, ``share_pct`` …

    Returns
    -------
    Figure
        Key ``<series>/<measure>/<period>``; rates as fractions, shares, completion and gap closed in percent; the
        formula with its numbers; ids of the observations; the reason key where the value is NaN.

    Raises
    ------
    planbrief.errors.UnknownName
        For a column that holds no figure.
    """
    rule = _CONTRIBUTED if measure == "share_pct" and "parts_start" in row else COLUMNS.get(measure)
    if rule is None or measure not in row:
        raise UnknownName("measure of this table", measure, tuple(name for name in COLUMNS if name in row))
    series = row["series"] if "series" in row else "/".join((row["ref_area"], row["indicator"], row["activity"]))
    period = _period(row, measure)
    value = float(row[measure]) * rule.scale
    bounds = [float(row[name]) * rule.scale for name in rule.bounds or () if name in row]
    kind, unit = rule.measure, ""
    if kind == "level":
        kind, unit = _level_kind(row, measure)
    formula = "" if math.isnan(value) else row.get(f"{measure}_formula", "") or _formula(rule.formula, row)
    return Figure(
        key=f"{series}/{measure}/{period}",
        value=value,
        measure=kind,
        unit=unit,
        observations=tuple(row.get(f"{measure}_observations", row["observations"])),
        formula=formula,
        lower=bounds[0] if bounds else math.nan,
        upper=bounds[1] if bounds else math.nan,
        comparator=_comparator(row, measure),
        undefined=(row.get("undefined", "") or "missing_value") if math.isnan(value) else "",
        year=period,
        price_base=str(row.get("price_base", "")) if kind == "level" else "",
    )


def _period(row: Mapping[str, Any], measure: str) -> str:
    """2026 for a point, 2023-2026 for a segment or from a base to a target."""
    if measure in _POINTS and _POINTS[measure] in row:
        year = row[_POINTS[measure]]
        return "" if math.isnan(year) else f"{int(year)}"
    for first, last in (("start_year", "end_year"), ("base_year", "target_year")):
        if last in row:
            start, end = row[first], row[last]
            return f"{int(end)}" if math.isnan(start) else f"{int(start)}-{int(end)}"
    return str(row["period"])


def _level_kind(row: Mapping[str, Any], measure: str) -> tuple[str, str]:
    if row.get("family") == "share":
        return ("points" if measure in ("required_increment", "increment") else "share"), ""
    if row.get("family") == "rate":
        return "share", ""
    return "level", str(row["unit"])


def _comparator(row: Mapping[str, Any], measure: str) -> str:
    name = {"start": "start_comparator", "end": "end_comparator", "value": "comparator", "target": "target_comparator"}
    if measure in ("cagr", "multiple") and row.get("start_comparator") in ("ge", "gt"):
        # From more than 10 to 14 is at most 7 % a year; with an open end nothing is known of the rate.
        return "le" if row.get("end_comparator") in ("eq", "approx") else "approx"
    return str(row.get(name.get(measure, ""), "eq") or "eq")


def _formula(text: str, row: Mapping[str, Any]) -> str:
    """A formula with the numbers of its row; empty where the table does not hold them all."""
    try:
        return text.format_map(_Numbers(row))
    except KeyError:
        return ""


class _Numbers(dict[str, str]):
    """Numbers of a row for a formula."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__()
        self.row = row

    def __missing__(self, name: str) -> str:
        if name == "root":
            return root(float(self.row["years"]))
        text = plain(float(self.row[name]))
        return f"({text})" if text.startswith("−") else text


#: Measures that are numbers without a printed unit: they add among themselves only.
PURE = ("rate", "share", "points", "multiple", "years", "index")
_SIGNS = {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ "}


class SenselessArithmetic(PlanbriefError):
    """Two figures that cannot be calculated with each other."""

    text = "{1} {0} {2}: {3}"


def _added(left: Figure, right: Figure, sign: int = 1) -> Figure:
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


def _multiplied(left: Figure, right: Figure) -> Figure:
    """Product; one side must be a pure number, a share (in percent) or a multiple."""
    for level, other in ((left, right), (right, left)):
        if other.measure in ("multiple", "index") or (not other.unit and other.measure == "level"):
            return _made("*", left, right, level.measure, level.unit, lambda a, b: a * b)
        if other.measure == "share" and level.measure in ("level", "count"):
            return _made("*", left, right, level.measure, level.unit, lambda a, b: a * b / 100)
    # 1,000 元/人 times 3 万人 is money: the unit below the stroke is divided out, scaled to the other number's.
    for number, rate in ((left, right), (right, left)):
        over, slash, under = rate.unit.partition("/")
        if slash and number.unit and "/" not in number.unit:
            scale = float(units.convert(1.0, number.unit, under))
            return _made("*", left, right, "level", over, lambda a, b, by=scale: a * b * by)  # type: ignore[misc]
    raise _senseless("*", left, right, "the product of two levels has no meaning here")


def _divided(left: Figure, right: Figure) -> Figure:
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


def _difference(left: Figure, right: Figure) -> float:
    """Difference of two figures of like unit, in the unit of the first; what ``<`` and ``>`` look at."""
    _require_like_prices("<", left, right)
    if left.measure != right.measure:
        raise _senseless("<", left, right, f"a {left.measure} and a {right.measure} are not compared")
    return left.value - right.value * _scale("<", left, right)


def _require_like_prices(operation: str, left: Figure, right: Figure) -> None:
    if left.price_base and right.price_base and left.price_base != right.price_base:
        why = f"they are at different prices ({left.price_base}, {right.price_base})"
        raise _senseless(operation, left, right, why)


def _base(unit: units.Unit) -> str:
    """The unit of measure without its multiplier whose factor is one, such as 元 for 亿元."""
    known = units.table().rows
    fitting = [name for name, row in known.items() if row["dimension"] == unit.dimension and float(row["factor"]) == 1]
    return unit.base if unit.base in fitting or not fitting else fitting[0]


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
    # A divisor that may be zero leaves the quotient open on both sides, and no corner shows it.
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
