"""One number with its pedigree: what it measures, which observations it comes from and by which arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planbrief.errors import UnknownName
from planbrief.measures.columns import COLUMNS, Column

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
        Key of the reason why the value is NaN (see ``measures.undefined``).
    year : str
        Period: ``2026`` or ``2023-2026``.
    price_base : str
        Prices that a sum of money is at; empty where the plan does not say.
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

    # Arithmetic keeps unit, sources, formula and interval (see planbrief.measures.arithmetic).

    def __add__(self, other: Figure | float) -> Figure:
        return _arithmetic().add(self, _figure_of(other, self))

    def __radd__(self, other: float) -> Figure:
        # sum() begins with 0, which adds nothing and has no unit
        return self if other == 0 else _arithmetic().add(_figure_of(other, self), self)

    def __sub__(self, other: Figure | float) -> Figure:
        return _arithmetic().add(self, _figure_of(other, self), -1)

    def __rsub__(self, other: float) -> Figure:
        return _arithmetic().add(_figure_of(other, self), self, -1)

    def __mul__(self, other: Figure | float) -> Figure:
        return _arithmetic().multiply(self, _figure_of(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Figure | float) -> Figure:
        return _arithmetic().divide(self, _figure_of(other))

    def __neg__(self) -> Figure:
        return self * -1

    def __lt__(self, other: Figure | float) -> bool:
        return bool(_arithmetic().compare(self, _figure_of(other, self)) < 0)

    def __gt__(self, other: Figure | float) -> bool:
        return bool(_arithmetic().compare(self, _figure_of(other, self)) > 0)

    def __le__(self, other: Figure | float) -> bool:
        return bool(_arithmetic().compare(self, _figure_of(other, self)) <= 0)

    def __ge__(self, other: Figure | float) -> bool:
        return bool(_arithmetic().compare(self, _figure_of(other, self)) >= 0)

    def to(self, unit: str) -> Figure:
        """The same amount in another unit of its dimension; refused for unlike units.

        >>> Figure("a", 2.5, "level", "亿元").to("万元").value
        25000.0
        """
        return _arithmetic().converted(self, unit)

    def share_of(self, whole: Figure) -> Figure:
        """This amount in percent of another one of its kind.

        >>> part, whole = Figure("part", 800.0, "level", "亿元"), Figure("whole", 1000.0, "level", "亿元")
        >>> str(part.share_of(whole))
        '80%'
        """
        return _arithmetic().share(self, whole)

    def growth_to(self, end: Figure, years: float | None = None) -> Figure:
        """Average growth per year up to a later amount, as a fraction; years from the periods unless given.

        >>> start = Figure("a", 142.8, "level", "亿元", year="2023")
        >>> f"{start.growth_to(Figure('b', 750.0, 'level', '亿元', year='2026')):.1%}"
        '73.8%'
        """
        return _arithmetic().growth(self, end, years)

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

    def __format__(self, spec: str) -> str:
        """As a float where a format is asked for, else the number with its unit; a share's ``%`` is its own."""
        if not spec:
            return f"{plain(self.value)}{self.unit or ('%' if self.measure == 'share' else '')}"
        shown = self.value / 100 if self.measure == "share" and spec.endswith("%") else self.value
        return format(shown, spec)

    def __str__(self) -> str:
        return format(self)


def _arithmetic() -> Any:
    """The rules of arithmetic, which know figures and so cannot be imported before them."""
    from importlib import import_module

    return import_module("planbrief.measures.arithmetic")


def _figure_of(other: Figure | float, like: Figure | None = None) -> Figure:
    """A number beside a figure: in its unit where they are added or compared, a pure one where they are multiplied."""
    if isinstance(other, Figure):
        return other
    if isinstance(other, bool) or not isinstance(other, (int, float)):
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
        text = plain(float(self.row[name]))
        return f"({text})" if text.startswith("−") else text
