"""Observations as series: one measured thing of one place, its base and its milestones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planbrief.errors import UnknownName
from planbrief.measures.columns import IDENTITY, MILESTONES, frame
from planbrief.measures.milestone import AIM_KINDS, BASE_KINDS, FAMILIES, GEOMETRIC_CONCEPTS, Point, Series
from planbrief.measures.ranges import observed
from planbrief.measures.remembered import remembered
from planbrief.targets import periods, units
from planbrief.targets.frames import records_of

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


def published_year(ds: Dataset, sources: Iterable[str]) -> float:
    """Year of publication of the newest of some documents, NaN where none is dated."""
    dates = [ds.row("sources", source)["date_published"][:4] for source in sources]
    return max((float(year) for year in dates if year.isdigit()), default=math.nan)


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
    rows = ds.of_city(region) if inside else ds.select(ref_area=region)
    rows = rows[rows["kind"].isin(BASE_KINDS + AIM_KINDS) & rows["transformation"].isin(list(FAMILIES))]
    rows = rows[rows["obs_value"].notna()]
    if indicator is not None:
        rows = rows[rows["indicator"] == indicator]
    if activity is not None:
        rows = rows[rows["activity"] == activity]
    if rows.empty:
        return ()
    table = ds.unit_table
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    records: list[dict[str, Any]] = records_of(rows.reset_index())
    for row in records:
        identity = ("ref_area", "indicator", "activity", "subject", "counterpart_area", "transformation")
        measure = table.parse(row["unit_measure"] or "1").dimension
        groups.setdefault((*(row[name] for name in identity), measure), []).append(row)
    found: list[Series] = []
    taken: set[str] = set()
    for group in groups.values():
        for part in _by_price(group):
            one = _series(ds, table, part)
            key = one.key
            if key in taken:
                key = f"{key}@{one.price_base or table.parse(one.unit).dimension}"
            taken.add(key)
            found.append(replace(one, key=key))
    return tuple(found)


def _by_price(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows split by price basis, the largest part first.

    A figure without stated basis joins the part that prints the same fact (period, kind, value, unit) with one.
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
    yield from sorted((part for part in parts.values() if part), key=len, reverse=True)


def _series(ds: Dataset, table: units.UnitTable, rows: list[dict[str, Any]]) -> Series:
    first = next((row for row in rows if row["kind"] in BASE_KINDS), rows[0])
    about = ds.row("indicators", first["indicator"])
    unit = first["unit_measure"]
    measure = table.parse(unit or "1").dimension
    family = FAMILIES[first["transformation"]]
    if family == "level" and measure in ("percent", "percentage_points"):
        family = "share"
    geometric = family == "level" and (measure == "money" or about["concept"] in GEOMETRIC_CONCEPTS)
    parts = [first["ref_area"], first["indicator"], first["activity"], first["subject"], first["counterpart_area"]]
    if first["transformation"] != "level":
        parts.append(first["transformation"])
    prices = [row["price_base"] for row in rows if row["price_base"]]
    series = Series(
        key="/".join(part for part in parts if part),
        ref_area=first["ref_area"],
        subject=first["subject"],
        indicator=first["indicator"],
        activity=first["activity"],
        transformation=first["transformation"],
        counterpart_area=first["counterpart_area"],
        unit=unit,
        price_base=prices[0] if prices else "",
        family=family,
        shape="geometric" if geometric else "linear",
        direction=-1 if about["direction"] == "decrease" else 1 if about["direction"] == "increase" else 0,
        character=about["character"],
        aggregation=about["aggregation"],
        theme=about["theme"],
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
    sides: dict[tuple[str, bool], int] = {}
    for point in merged.values():
        sides[point.period, point.aimed] = sides.get((point.period, point.aimed), 0) + 1
    flagged = [replace(point, conflict=sides[point.period, point.aimed] > 1) for point in merged.values()]
    yield from sorted(flagged, key=lambda point: (periods.order(point.period), point.aimed))


def _joined(one: Point, other: Point) -> Point:
    """Two observations of one fact as one point."""
    differs = one.wording_differs or one.comparator != other.comparator
    strict = other if one.comparator == "eq" and other.comparator != "eq" else one
    return replace(
        strict,
        observations=one.observations + other.observations,
        sources=tuple(dict.fromkeys(one.sources + other.sources)),
        wording_differs=differs,
    )


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
        ``year``, ``value`` (in ``unit``), ``kind``, ``comparator``, ``lower``, ``upper``, ``is_base``, ``conflict``,
        ``wording_differs``, ``observations`` (tuple of ids). Empty with these columns where there is nothing.
    """
    rows = []
    for series in series_of(ds, region, indicator, activity, inside=inside):
        if not any(point.aimed for point in series.points) and len(series.points) < 2:
            continue
        base = series.base(published_year(ds, {s for p in series.points if p.aimed for s in p.sources}))
        for point in series.points:
            rows.append(
                {
                    **identity(series),
                    "period": point.period,
                    "period_zh": periods.label(point.period, "zh"),
                    "period_en": periods.label(point.period, "en"),
                    "year": point.year,
                    "value": point.value,
                    "kind": point.kind,
                    "comparator": point.comparator,
                    "lower": point.lower,
                    "upper": point.upper,
                    "is_base": point is base,
                    "conflict": point.conflict,
                    "wording_differs": point.wording_differs,
                    "observations": point.observations,
                }
            )
    return frame(rows, MILESTONES)


def identity(series: Series) -> dict[str, Any]:
    """The columns that say which series a row of a table belongs to."""
    return {"series": series.key} | {name: getattr(series, name) for name in IDENTITY if name != "series"}


def one_series(ds: Dataset, key: str) -> Series:
    """The series with a key; :class:`~planbrief.errors.UnknownName` if there is none."""
    region = key.partition("/")[0]
    found = {series.key: series for series in series_of(ds, region)}
    if key not in found:
        raise UnknownName("series", key, tuple(found))
    return found[key]
