"""Observations as series: one measured thing of one place, its base, its milestones, and the whole it is a part of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from planbrief.measures import evidence
from planbrief.measures.columns import IDENTITY, MILESTONES, frame, remembered
from planbrief.measures.ranges import bound_reason, observed
from planbrief.targets import periods, units
from planbrief.targets.frames import records_of

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


#: Kinds that say what has been reached, and kinds that say what is wanted.
BASE_KINDS = ("actual", "estimate")
AIM_KINDS = ("target", "constraint")
#: Transformations by family. Growth of a level is a rate, of a share percentage points, of a rate neither.
FAMILIES = {"level": "level", "share": "share", "avg_annual": "rate", "yoy": "rate"}
#: Natures of concepts whose path is geometric by default: output, money and flows; all else goes in equal steps.
GEOMETRIC = frozenset({"value", "money", "flow"})


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
        return periods.whole_year(self.period)

    @property
    def aimed(self) -> bool:
        """Whether it is a target or constraint."""
        return self.kind in AIM_KINDS

    def kept_by(self, other: Point) -> bool:
        """Whether this point is a bound that another value keeps, so that it asks for no change from there."""
        return self.bound_reason(other) == "bound_kept"

    def unsettled_by(self, other: Point) -> bool:
        """Whether another value's wording leaves open if it keeps this bound: at least 3 % before at most 5 %."""
        return self.bound_reason(other) == "bound_open"

    def bound_reason(self, other: Point) -> str:
        """Why no change is told from another value to this bound; empty where this asks for one."""
        return bound_reason(self.comparator, self.value, other.value, other.comparator, other.upper)


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

    def changes(self, base: Point | None) -> tuple[Point, ...]:
        """The aims after a base that ask for a change: no bound that the base keeps already, or may keep."""
        if base is None:
            return self.aims
        later = (point for point in self.aims if point.year > base.year)
        return tuple(point for point in later if not point.bound_reason(base))

    @property
    def actuals(self) -> tuple[Point, ...]:
        """Actual values and estimates that may stand for a year, in order.

        A month (目前) stands for its year where something is counted or a share is taken, for a stock at a date is
        what both are; half-years and quarters of a flow never do.
        """
        # 9.2 million people at the end of June stand for the year; the output of its first half does not.
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
        usable = [point for point in self.actuals if not point.conflict] or list(self.actuals)
        if not usable or not self.aims:
            return usable[-1] if usable else None
        sources = {source for point in self.aims for source in point.sources}
        before = [point for point in usable if point.year < self.aims[0].year]
        known = [p for p in before if math.isnan(published) or p.year < published + (0 if p.annual else 1)]
        own = [point for point in known if sources & set(point.sources)]
        chosen = own[-1:] or known[-1:] or before[:1] or [p for p in usable if p.year < self.aims[-1].year][:1]
        return chosen[0] if chosen else None


def published_year(ds: Dataset, sources: Iterable[str]) -> float:
    """Year of publication of the newest of some documents, NaN where none is dated."""
    dates = [ds.row("sources", source)["date_published"][:4] for source in sources]
    return max((float(year) for year in dates if year.isdigit()), default=math.nan)


def base_of(ds: Dataset, series: Series) -> Point | None:
    """The actual value that the targets of a series start from, of what their newest document could know."""
    return series.base(published_year(ds, {source for point in series.aims for source in point.sources}))


@remembered
def series_of(
    ds: Dataset, region: str, indicator: str | None = None, activity: str | None = None, *, inside: bool = False
) -> tuple[Series, ...]:
    """The series of a place that can carry growth, progress and structure: levels, shares and rates.

    Parameters
    ----------
    ds : Dataset
        Any data set.
    region : str
        A ``ref_area``.
    indicator, activity : str, optional
        Only this indicator or activity ("" for figures of no activity).
    inside : bool
        Take in the places inside `region` too, each with its own series.

    Raises
    ------
    planbrief.errors.UnknownName
        For an unknown place or indicator.
    """
    ds.require("areas", region)
    if indicator is not None:
        ds.require("indicators", indicator)
    if indicator is not None or activity is not None:  # from the whole, which is made once
        asked = (indicator, activity)
        return tuple(
            series
            for series in series_of(ds, region, inside=inside)
            if all(name in (None, own) for name, own in zip(asked, (series.indicator, series.activity), strict=True))
        )
    rows = ds.of_city(region) if inside else ds.select(ref_area=region)
    rows = rows[rows["kind"].isin(BASE_KINDS + AIM_KINDS) & rows["transformation"].isin(list(FAMILIES))]
    rows = rows[rows["obs_value"].notna()]
    if rows.empty:
        return ()
    table = ds.unit_table
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    records: list[dict[str, Any]] = records_of(rows.reset_index())
    for row in records:
        identity = ("ref_area", "indicator", "activity", "subject", "counterpart_area", "transformation")
        measure = table.parse(row["unit_measure"] or "1").dimension
        groups.setdefault((*(row[name] for name in identity), measure, _years(row["time_period"])), []).append(row)
    all_series: list[Series] = []
    taken: set[str] = set()
    for group in groups.values():
        for part in _by_price(group, money=table.parse(group[0]["unit_measure"] or "1").dimension == "money"):
            single = _series(ds, table, part)
            key = single.key
            # Tons and pieces of one product, or current and constant prices, are two series under one name.
            if key in taken:
                key = f"{key}@{single.price_base or table.parse(single.unit).dimension}"
            taken.add(key)
            all_series.append(replace(single, key=key))
    return tuple(all_series)


def _years(period: str) -> str:
    """What tells totals and averages over several years from values of a year: ``5y``; empty for all others."""
    shape = periods.shape(period)
    return f"{shape[-1] + 1}y" if shape is not None and shape[-1] else ""


def _by_price(rows: list[dict[str, Any]], *, money: bool) -> Iterator[list[dict[str, Any]]]:
    """Rows split by price basis, the largest part first.

    A figure without stated basis joins the part that prints the same fact (period, kind, value, unit) with one, and
    an actual value of the year whose prices a part is at joins that part, whose base it is: at current prices of 2023
    means at prices of 2023. What is left without a basis joins the only other part if it may be at its prices: money
    that was achieved is at current prices, what is aimed at and every rate may be at any (:mod:`.prices`).
    """
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        parts.setdefault(row["price_base"], []).append(row)
    facts = ("time_period", "kind", "obs_value", "unit_measure")
    for row in list(parts.get("", [])):
        for price, part in parts.items():
            if price and any(all(other[name] == row[name] for name in facts) for other in part):
                part.append(row)
                parts[""].remove(row)
                break
    for price in ("", evidence.CURRENT):
        for row in list(parts.get(price, [])):
            constant = parts.get(f"{evidence.CONSTANT}{row['time_period']}", []) if row["kind"] in BASE_KINDS else []
            reached = {other["time_period"] for other in constant if other["kind"] in BASE_KINDS}
            if constant and row["time_period"] not in reached:
                constant.append(row)
                parts[price].remove(row)
    unstated, stated = parts.get("", []), [price for price, part in parts.items() if price and part]
    aimed = all(row["kind"] in AIM_KINDS for row in unstated)
    if unstated and len(stated) == 1 and (aimed or not money or stated[0] == evidence.CURRENT):
        parts[stated[0]] += parts.pop("")
    yield from sorted((part for part in parts.values() if part), key=len, reverse=True)


def _series(ds: Dataset, table: units.UnitTable, rows: list[dict[str, Any]]) -> Series:
    first = next((row for row in rows if row["kind"] in BASE_KINDS), rows[0])
    definition = ds.row("indicators", first["indicator"])
    unit = first["unit_measure"]
    measured = table.parse(unit or "1")
    measure = measured.dimension
    if measure == "percent" and measured.factor != 1:  # 成, ‰: rates and shares are computed in per cent
        unit = "%"
    family = FAMILIES[first["transformation"]]
    if family == "level" and measure in ("percent", "percentage_points"):
        family = "share"
    geometric = family == "level" and (measure == "money" or ds.nature_of(first["indicator"]) in GEOMETRIC)
    parts = [first["ref_area"], first["indicator"], first["activity"], first["subject"], first["counterpart_area"]]
    if first["transformation"] != "level":
        parts.append(first["transformation"])
    if years := _years(first["time_period"]):
        parts.append(years)
    stated = [row["price_base"] for row in rows if row["price_base"]]
    series = Series(
        key="/".join(part for part in parts if part),
        ref_area=first["ref_area"],
        subject=first["subject"],
        indicator=first["indicator"],
        activity=first["activity"],
        transformation=first["transformation"],
        counterpart_area=first["counterpart_area"],
        unit=unit,
        price_base=max(stated, key=stated.count, default=""),
        family=family,
        shape="geometric" if geometric else "linear",
        direction=-1 if definition["direction"] == "decrease" else 1 if definition["direction"] == "increase" else 0,
        character=definition["character"],
        aggregation=definition["aggregation"],
        theme=definition["theme"],
    )
    points = tuple(_points(series, table, rows))
    if series.direction == 0:
        series = replace(series, direction=_observed_direction(points))
    return replace(series, points=points)


def _observed_direction(points: Sequence[Point]) -> int:
    dated = [point for point in points if point.annual]
    return -1 if len(dated) > 1 and dated[-1].value < dated[0].value else 1


def _points(series: Series, table: units.UnitTable, rows: list[dict[str, Any]]) -> Iterator[Point]:
    size = table.parse(series.unit or "1").factor
    merged: dict[tuple[Any, ...], Point] = {}
    for row in rows:
        own = table.parse(row["unit_measure"] or "1")
        scale = own.factor / size
        # A value in its own unit stays the float that it was read as: 142.8 × 1.0 is, 142.8 × 1e8 ÷ 1e8 need not be.
        scaled = row["obs_value"] * scale if scale != 1 else row["obs_value"]
        counted = series.aggregation == "count" and own.multiplier == 1 and float(row["obs_value"]).is_integer()
        ends = observed(
            row["obs_value"],
            row["comparator"],
            upper_value=row["upper_value"],
            value_text=row["value_text"],
            kind=row["kind"],
            share=series.transformation == "share",
            exact=counted,
        )
        point = Point(
            row["time_period"],
            row["year"],
            scaled,
            row["kind"],
            row["comparator"],
            ends.lower * scale,
            ends.upper * scale,
            (row["obs_id"],),
            (row["source_id"],),
            row["value_text"] if scale == 1 else "",
        )
        fact = (point.period, point.kind, format(point.value, ".12g"))
        merged[fact] = _joined(merged[fact], point) if fact in merged else point
    facts = _without_kept_bounds(list(merged.values()))
    sides = Counter((point.period, point.aimed) for point in facts)
    flagged = [replace(point, conflict=sides[point.period, point.aimed] > 1) for point in facts]
    yield from sorted(flagged, key=lambda point: (periods.order(point.period), point.aimed))


def _without_kept_bounds(points: list[Point]) -> list[Point]:
    """Points without the bounds that an exact value of the same time and kind keeps: 33,757.93 is more than 30,000."""
    exact = {(p.period, p.kind): p for p in points if p.comparator == "eq" and not p.aimed}
    kept_points = []
    for point in points:
        beside = exact.get((point.period, point.kind))
        if beside is None or not point.kept_by(beside):
            kept_points.append(point)
    return kept_points


def _joined(point: Point, other: Point) -> Point:
    """Two observations of one fact as one point."""
    differs = point.wording_differs or point.comparator != other.comparator
    strict = other if point.comparator == "eq" and other.comparator != "eq" else point
    return replace(
        strict,
        observations=point.observations + other.observations,
        sources=tuple(dict.fromkeys(point.sources + other.sources)),
        wording_differs=differs,
    )


def at_other_prices(ds: Dataset, series: Series) -> tuple[Series, ...]:
    """The same thing of the same place at other prices: its values may not be held against those of the series."""
    same = ("ref_area", "subject", "indicator", "activity", "transformation", "counterpart_area")
    return tuple(
        other
        for other in series_of(ds, series.ref_area, series.indicator, series.activity)
        if other.price_base != series.price_base and all(getattr(other, n) == getattr(series, n) for n in same)
    )


def chained(ds: Dataset, series: Series, base: Point) -> tuple[Point, ...]:
    """Later values at the prices of a series, chained from its base with real growth on the year before.

    Only as long as every year in between has a stated real growth of the same concept, scope and activity; each point
    rests on the base and on all rates up to it.
    """
    definition = ds.row("indicators", series.indicator)
    rates: dict[float, Point] = {}
    for other in series_of(ds, series.ref_area):
        meta = ds.row("indicators", other.indicator)
        like = (meta["concept"], meta["scope"]) == (definition["concept"], definition["scope"])
        same = other.activity == series.activity and not other.subject
        like = like and ("per_capita" in other.indicator) == ("per_capita" in series.indicator)
        if like and same and other.transformation == "yoy" and other.price_base == evidence.REAL:
            rates |= {p.year: p for p in other.actuals if p.annual and not p.conflict}
    levels_chained: list[Point] = []
    last = base
    while last.year + 1 in rates:
        rate = rates[last.year + 1]
        ends = sorted(bound * (1 + r / 100) for bound in (last.lower, last.upper) for r in (rate.lower, rate.upper))
        last = replace(
            rate,
            value=last.value * (1 + rate.value / 100),
            lower=ends[0],
            upper=ends[-1],
            observations=last.observations + rate.observations,
            value_text=f"{last.value_text or last.value} × (1 + {rate.value:g}%)",
            wording_differs=False,
        )
        levels_chained.append(last)
    return tuple(levels_chained)


def milestones(
    ds: Dataset, region: str, indicator: str | None = None, activity: str | None = None, *, inside: bool = False
) -> pd.DataFrame:
    """Actual base and targets by year, one row per point of every series that has a target or two points.

    Prose and table that print one fact (equal in value, unit and kind) are one point with all their observation
    ids; otherwise both points stay and are flagged in ``conflict``. Undated targets are listed last, with NaN year.

    Parameters
    ----------
    ds, region, indicator, activity, inside
        As for :func:`series_of`.

    Returns
    -------
    pandas.DataFrame
        Columns: ``series`` (stable key), the fields of :class:`Series`, ``period``, ``period_zh``, ``period_en``,
        ``year``, ``annual`` (whether the value is a whole year's), ``value`` (in ``unit``), ``kind``, ``comparator``,
        ``lower``, ``upper``, ``is_base``, ``conflict``,
        ``wording_differs``, ``observations`` (tuple of ids). Empty with these columns where there is nothing.
    """
    rows = []
    for series in series_of(ds, region, indicator, activity, inside=inside):
        if not any(point.aimed for point in series.points) and len(series.points) < 2:
            continue
        base = base_of(ds, series)
        for point in series.points:
            of_point = {name: getattr(point, name) for name in MILESTONES if hasattr(point, name)}
            labels = {f"period_{lang}": periods.label(point.period, lang) for lang in ("zh", "en")}
            rows.append({**identity(series), **of_point, **labels, "is_base": point is base})
    return frame(rows, MILESTONES)


def identity(series: Series) -> dict[str, Any]:
    """The columns that say which series a row of a table belongs to."""
    return {"series": series.key} | {name: getattr(series, name) for name in IDENTITY if name != "series"}


@dataclass(frozen=True)
class Whole:
    """The parts of one activity, measured by one indicator in one unit, with the whole if there is one."""

    ref_area: str
    indicator: str
    parent: str
    unit: str
    parts: tuple[Series, ...]
    total: Series | None
    total_kind: str
    exhaustive: bool


def wholes(ds: Dataset, region: str, indicator: str | None = None, *, parent: str | None = None) -> Iterator[Whole]:
    """Every activity of which at least two children have levels of one indicator in one unit and price basis.

    The whole is, first that exists: the parent's own series of the same indicator (``printed``), the same indicator
    without activity if the parent is the root of its system (``printed``), the sum of the parts where the activity
    table declares them exhaustive (``sum``), else none.
    """
    known = series_of(ds, region)
    levels = [series for series in known if series.family == "level" and not series.subject]
    groups: dict[tuple[str, str, str], list[Series]] = {}
    for series in levels:
        above = ds.row("activities", series.activity)["parent"] if series.activity else ""
        if above and indicator in (None, series.indicator) and parent in (None, above):
            groups.setdefault((series.indicator, above, series.price_base), []).append(series)
    table = ds.unit_table
    for (measured, above, _), parts in groups.items():
        if len(parts) < 2 or len({table.parse(part.unit).dimension for part in parts}) > 1:
            continue
        exhaustive = ds.exhaustive(above)
        is_root = not ds.row("activities", above)["parent"]
        unit = parts[0].unit
        totals = [
            series
            for activity in ((above, "") if is_root else (above,))
            for series in levels
            if (series.indicator, series.activity) == (measured, activity)
            and table.parse(series.unit).dimension == table.parse(unit).dimension
        ]
        kind = "printed" if totals else "sum" if exhaustive else ""
        yield Whole(region, measured, above, unit, tuple(parts), totals[0] if totals else None, kind, exhaustive)


def by_period(series: Series | None, unit: str, table: units.UnitTable) -> dict[str, list[Point]]:
    """Points for whole years, in `unit`: a list for each period, actual values first."""
    if series is None:
        return {}
    scale = table.parse(series.unit).factor / table.parse(unit).factor
    points_by_period: dict[str, list[Point]] = {}
    for point in series.points:
        if point.annual:
            points_by_period.setdefault(point.period, []).append(point if scale == 1 else _scaled(point, scale))
    return {period: sorted(points, key=lambda point: point.aimed) for period, points in points_by_period.items()}


def _scaled(point: Point, scale: float) -> Point:
    return replace(point, value=point.value * scale, lower=point.lower * scale, upper=point.upper * scale)
