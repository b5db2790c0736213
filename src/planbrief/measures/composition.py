"""Industries and tracks within their whole: shares, and what each contributes to growth, period by period."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from planbrief.measures import growth, structure
from planbrief.measures.columns import CONTRIBUTION, STRUCTURE, frame, with_words
from planbrief.measures.series import Point, Series, Whole, by_period, wholes
from planbrief.targets import periods

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


def structure_table(
    ds: Dataset,
    region: str,
    indicator: str | None = None,
    *,
    parent: str | None = None,
    total_indicator: str | None = None,
    total_activity: str = "",
) -> pd.DataFrame:
    """Shares of the parts in their whole, one row per part and year.

    Parameters
    ----------
    ds : Dataset
        Any data set.
    region : str
        A ``ref_area``.
    indicator, parent : str, optional
        Only parts measured by this indicator, or children of this activity. By default every activity with at least
        two children that have levels.
    total_indicator, total_activity : str, optional
        What the parts are shares of, where the data have it under another name (规上工业总产值 for industries).

    Returns
    -------
    pandas.DataFrame
        ``value`` and ``total`` in ``unit``; ``share_pct`` with ``share_lower``/``share_upper`` (rounding and wording of
        both figures, which are taken as independent; at most 100 is not enforced, because parts above their total are a
        finding); ``share_of_parts_pct`` in the sum of the parts that have a value in that year. ``change_pp`` and
        ``gap_closed`` (fraction) against the first year of the part. ``total_kind``: ``printed``,
        ``other_indicator``, ``sum`` (only where the parts are declared exhaustive and all have a value) or empty.
        ``undefined`` names the reason where there is no share. A period with two values for a part gives two rows,
        flagged ``conflict``.
    """
    table = ds.unit_table
    rows: list[dict[str, Any]] = []
    chosen = wholes(
        ds, region, indicator, parent=parent, total_indicator=total_indicator, total_activity=total_activity
    )
    for whole in chosen:
        totals = by_period(whole.total, whole.unit, table)
        parts = [(part, by_period(part, whole.unit, table)) for part in whole.parts]
        for part, series_points in parts:
            first: float = math.nan
            for period in sorted(series_points, key=periods.order):
                present = [points[period][0] for _, points in parts if period in points]
                total = _total(whole, totals.get(period), present)
                for point in series_points[period]:
                    row = _share_row(whole, part, point, total, present)
                    change = structure.share_change(first, row["share_pct"])
                    row |= {"change_pp": change.change_pp, "gap_closed": change.gap_closed}
                    first = row["share_pct"] if math.isnan(first) else first
                    rows.append(row)
    return with_words(frame(rows, STRUCTURE))


def _total(whole: Whole, printed: list[Point] | None, present: list[Point]) -> Point | None:
    """The whole in one period: as printed, or the sum where all of the declared parts are there."""
    if printed:
        return printed[0]
    if whole.total_kind != "sum" or len(present) < len(whole.parts) or not present:
        return None
    return Point(
        present[0].period,
        present[0].year,
        math.fsum(point.value for point in present),
        present[0].kind,
        "eq",
        math.fsum(point.lower for point in present),
        math.fsum(point.upper for point in present),
        tuple(itertools.chain.from_iterable(point.observations for point in present)),
        (),
    )


def _share_row(whole: Whole, part: Series, point: Point, total: Point | None, present: list[Point]) -> dict[str, Any]:
    size = total.value if total else math.nan
    low, high = (total.lower, total.upper) if total else (math.nan, math.nan)
    percent = float(structure.share(point.value, size))
    why = "" if not math.isnan(percent) else "total_not_positive" if total else "no_total"
    own = whole.total_kind == "sum"
    return {
        "ref_area": whole.ref_area,
        "indicator": whole.indicator,
        "parent": whole.parent,
        "activity": part.activity,
        "unit": whole.unit,
        "period": point.period,
        "period_zh": periods.label(point.period, "zh"),
        "period_en": periods.label(point.period, "en"),
        "year": point.year,
        "value": point.value,
        "lower": point.lower,
        "upper": point.upper,
        "kind": point.kind,
        "comparator": point.comparator,
        "total": size,
        "total_lower": low,
        "total_upper": high,
        "total_kind": whole.total_kind if total else "",
        "total_indicator": whole.total.indicator if whole.total else whole.indicator if total else "",
        "exhaustive": whole.exhaustive,
        "share_pct": percent,
        "share_lower": _bound(point.lower, high, 0.0) if not own else _own(point.lower, point.upper, low, high)[0],
        "share_upper": _bound(point.upper, low, math.inf) if not own else _own(point.lower, point.upper, low, high)[1],
        "share_of_parts_pct": float(structure.share(point.value, math.fsum(one.value for one in present))),
        "price_base": part.price_base,
        "total_price_base": whole.total.price_base if whole.total else part.price_base if total else "",
        "undefined": why,
        "conflict": point.conflict or bool(total and total.conflict),
        "observations": tuple(dict.fromkeys(point.observations + (total.observations if total else ()))),
    }


def _bound(part: float, total: float, limit: float) -> float:
    """Share at one corner; `limit` where the ends are open."""
    if math.isnan(part) or math.isnan(total):
        return math.nan
    if math.isinf(total) or math.isinf(part):
        return limit if limit or part >= 0 else math.nan
    return float(structure.share(part, total))


def _own(part_low: float, part_high: float, total_low: float, total_high: float) -> tuple[float, float]:
    """Share of a part in the sum that contains it: part and rest vary independently."""
    if math.isnan(total_low):
        return math.nan, math.nan
    rest_low, rest_high = total_low - part_low, total_high - part_high
    return (
        _bound(part_low, part_low + rest_high, 0.0),
        _bound(part_high, part_high + rest_low, 100.0),
    )


def contribution_table(
    ds: Dataset,
    region: str,
    indicator: str | None = None,
    *,
    parent: str | None = None,
    total_indicator: str | None = None,
    total_activity: str = "",
) -> pd.DataFrame:
    """What each part contributes to the growth of the parts together, segment by segment.

    Parameters
    ----------
    ds, region, indicator, parent, total_indicator, total_activity
        As for :func:`structure_table`.

    Returns
    -------
    pandas.DataFrame
        One row per segment and part that has one value in both years: ``start``, ``end``, ``increment`` (``unit``),
        ``pull_pp`` (拉动百分点), ``share_pct`` (贡献率, percent), ``parts_start``, ``parts_end`` (sums), ``left_out``
        (activities without a value in one of the years; their growth is in no number of the segment). Where the whole
        is printed in both years, ``pull_of_total_pp`` and ``share_of_total_pct`` relate the increments to it. Segments
        with fewer than two such parts are left out.
    """
    table = ds.unit_table
    rows: list[dict[str, Any]] = []
    chosen = wholes(
        ds, region, indicator, parent=parent, total_indicator=total_indicator, total_activity=total_activity
    )
    for whole in chosen:
        totals = by_period(whole.total, whole.unit, table)
        parts = {part.activity: by_period(part, whole.unit, table) for part in whole.parts}
        years = sorted(set().union(*parts.values()), key=periods.order)
        for start, end in itertools.pairwise(years):
            both = {
                activity: (points[start][0], points[end][0])
                for activity, points in parts.items()
                if start in points and end in points and not (points[start][0].conflict or points[end][0].conflict)
            }
            if len(both) < 2:
                continue
            left_out = tuple(activity for activity in parts if activity not in both)
            total = (totals[start][0], totals[end][0]) if start in totals and end in totals else None
            rows.extend(_contribution_rows(whole, both, left_out, total))
    return with_words(frame(rows, CONTRIBUTION))


def _contribution_rows(
    whole: Whole,
    both: dict[str, tuple[Point, Point]],
    left_out: tuple[str, ...],
    total: tuple[Point, Point] | None,
) -> Iterator[dict[str, Any]]:
    total0, total1 = (total[0].value, total[1].value) if total else (math.nan, math.nan)
    every = tuple(obs_id for points in both.values() for point in points for obs_id in point.observations)
    total_ids = total[0].observations + total[1].observations if total else ()
    before = np.array([start.value for start, _ in both.values()])
    after = np.array([end.value for _, end in both.values()])
    shares = structure.contribution(before, after)
    for (activity, (start, end)), pull, percent in zip(both.items(), shares.pull_pp, shares.share_pct, strict=True):
        why = "" if percent == percent else "total_unchanged"
        yield {
            "ref_area": whole.ref_area,
            "indicator": whole.indicator,
            "parent": whole.parent,
            "activity": activity,
            "unit": whole.unit,
            "start_year": start.year,
            "end_year": end.year,
            "label_zh": growth.period_label(start.year, end.year, "zh"),
            "label_en": growth.period_label(start.year, end.year, "en"),
            "start": start.value,
            "end": end.value,
            "increment": end.value - start.value,
            "pull_pp": float(pull),
            "share_pct": float(percent),
            "pull_of_total_pp": float(structure.share(end.value - start.value, total0)),
            "share_of_total_pct": _signed_share(end.value - start.value, total1 - total0),
            "total_start": total0,
            "total_end": total1,
            "parts_start": float(before.sum()),
            "parts_end": float(after.sum()),
            "left_out": left_out,
            "undefined": why,
            "observations": tuple(dict.fromkeys(start.observations + end.observations + every + total_ids)),
        }


def _signed_share(change: float, total_change: float) -> float:
    """Percent of the total's change, which may be a decline; NaN where it does not change."""
    return 100 * change / total_change if total_change else math.nan
