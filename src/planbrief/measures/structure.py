"""Structure: shares and their change, contributions to growth, location quotients, shift-share.

Industries and tracks stand within their whole, with what each contributes to growth, period by period.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from planbrief.measures import growth, structure
from planbrief.measures.columns import CONTRIBUTION, STRUCTURE, frame, with_words
from planbrief.measures.registry import (
    Array,
    Rule,
    along_last,
    arrays,
    floats,
    measure,
    not_positive,
    otherwise,
    quiet,
    without_total,
)  # fmt: skip
from planbrief.measures.series import Point, Series, Whole, by_period, wholes
from planbrief.targets import periods

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


class ShareChange(NamedTuple):
    """Change of a share: percentage points first, percent, and the fraction of the gap to 100 that it closed."""

    change_pp: Any
    change_pct: Any
    gap_closed: Any


class Contribution(NamedTuple):
    """Percentage points of the total's growth (拉动百分点) and percent of it (贡献率), part by part."""

    pull_pp: Any
    share_pct: Any


class ShiftShare(NamedTuple):
    """Dunn's three components, in the unit of the levels; they add up to the region's change."""

    national_share: Any
    industry_mix: Any
    regional_share: Any


class WithinBetween(NamedTuple):
    """Growth of an average within its parts, by reallocation, and by both together."""

    within: Any
    static: Any
    interaction: Any


@measure(not_positive("total"))
def share(part: Any, total: Any) -> Any:
    """Share in percent, 100·part/total.

    Parameters
    ----------
    part, total : float or array-like
        In one common unit.

    Returns
    -------
    float or array-like
        Percent. NaN for total ≤ 0.

    >>> share(104, 130)
    80.0
    """
    return 100 * part / total


#: Where the fields of a result are undefined, each for a reason of its own.
NO_SHARE: Rule = not_positive("share0", "share_not_positive")
FULL_SHARE: Rule = ("share_full", lambda a: a["share0"] >= 100)
NO_TOTAL: Rule = without_total("parts0")
UNCHANGED: Rule = otherwise("total_unchanged")


@measure(NO_SHARE, FULL_SHARE, change_pp=(), change_pct=(NO_SHARE,), gap_closed=(FULL_SHARE,))
def share_change(share0: Any, share1: Any) -> ShareChange:
    """Change of a share, points first.

    Parameters
    ----------
    share0, share1 : float or array-like
        Percent.

    Returns
    -------
    ShareChange
        ``change_pp`` (percentage points), ``change_pct`` (percent; NaN for share0 ≤ 0), ``gap_closed`` =
        change/(100 − share0), a fraction (NaN for share0 ≥ 100).

    >>> share_change(58, 63).change_pp
    5.0
    """
    change = share1 - share0
    return ShareChange(change, 100 * change / share0, change / (100 - share0))


@measure(NO_TOTAL, UNCHANGED, elementwise=False, pull_pp=(NO_TOTAL,), share_pct=(UNCHANGED,))
def contribution(parts0: Any, parts1: Any) -> Contribution:
    """What each part contributes to the growth of the total.

    Parameters
    ----------
    parts0, parts1 : array-like
        Levels of the parts before and after, in one common unit; the last axis is the parts (a frame's columns).

    Returns
    -------
    Contribution
        ``pull_pp`` = 100·Δpart/total0 (拉动百分点; NaN for total0 ≤ 0) and ``share_pct`` = 100·Δpart/Δtotal (贡献率).
        A total that does not change, or only by rounding of its floats, has no shares: NaN for every part, and one
        plain NaN where the parts came as lists. With a part missing the totals are unknown, and all is NaN.

    References
    ----------
    国家统计局, 统计指标解释: 贡献率, 拉动.

    >>> contribution([300, 500, 200], [330, 600, 210]).pull_pp.tolist()
    [3.0, 10.0, 1.0]
    """
    (before, after), wrap = arrays(parts0, parts1)
    with quiet(all="ignore"):
        change = after - before
        total0 = before.sum(axis=-1, keepdims=True)
        total = change.sum(axis=-1, keepdims=True)
        size = (np.abs(before) + np.abs(after)).sum(axis=-1, keepdims=True)
        # A total that moves by less than its floats can hold has not moved: 0.1 + 0.2 and 0.3 are one.
        moved = np.abs(total) > 4 * np.finfo(float).eps * size
        pull = np.where(total0 > 0, 100 * change / total0, np.nan)
        percent = np.where(moved, 100 * change / total, np.nan)
    # Worked cases write an undefined share of lists as one null, not as a list of them.
    if isinstance(parts0, (list, tuple)) and isinstance(parts1, (list, tuple)) and percent.ndim == 1:
        return Contribution(pull, percent if moved.any() or not percent.size else float("nan"))
    return Contribution(wrap(pull), wrap(percent))


@measure(*(not_positive(name, "total_not_positive") for name in ("e_j", "e_i", "e")))
def location_quotient(e_ij: Any, e_j: Any, e_i: Any, e: Any) -> Any:
    """Location quotient (区位商), (e_ij/e_j)/(e_i/e).

    Parameters
    ----------
    e_ij : float or array-like
        The industry in the region.
    e_j : float or array-like
        All industries in the region.
    e_i, e : float or array-like
        The same two in the reference area.

    Returns
    -------
    float or array-like
        Above 1 where the region is specialised. NaN for e_j, e_i or e ≤ 0.

    References
    ----------
    Farhauer and Kröll, Standorttheorien (2013); R package REAT.

    >>> location_quotient(750, 6000, 15000, 1500000)
    12.5
    """
    return (e_ij / e_j) / (e_i / e)


@measure(
    without_total("nation0"),
    ("industry_absent", lambda a: ((floats(a["nation0"]) <= 0) & (floats(a["region0"]) != 0)).any()),
    elementwise=False,
)
def shift_share(region0: Any, region1: Any, nation0: Any, nation1: Any) -> ShiftShare:
    """Dunn's shift-share analysis of a region's change.

    Parameters
    ----------
    region0, region1, nation0, nation1 : array-like
        Levels by industry before and after; the last axis is the industries (a frame's columns).

    Returns
    -------
    ShiftShare
        ``national_share`` Σ r0·G, ``industry_mix`` Σ r0·(g − G), ``regional_share`` Σ (r1 − r0·(1 + g)), with G the
        nation's growth and g an industry's; they add up to Σ (r1 − r0). An industry that the region did not have
        (r0 = 0) needs no g. NaN where the nation's total is ≤ 0 or an industry of the region was 0 in the nation.

    References
    ----------
    Dunn, E. S. (1960), "A statistical and analytical technique for regional analysis".

    >>> shift_share([90, 20, 10, 60], [100, 40, 10, 55], [400, 150, 150, 400], [440, 210, 135, 480]).regional_share
    -3.0
    """
    r0, wrap = along_last(region0)
    r1, n0, n1 = (_like_parts(value, region0) for value in (region1, nation0, nation1))
    with quiet(all="ignore"):
        total = n0.sum(axis=-1)
        overall = np.where(total > 0, n1.sum(axis=-1) / total - 1, np.nan)
        # An industry that the region does not have grows by nothing, also where the nation has none either.
        at_national_rate = np.where(r0 == 0, 0.0, r0 * np.where(n0 > 0, n1 / n0, np.nan)).sum(axis=-1)
        before = r0.sum(axis=-1)
        national = before * overall
        mix = at_national_rate - before - national
        regional = r1.sum(axis=-1) - at_national_rate
        undefined = np.isnan(national + mix + regional)
        parts = (np.where(undefined, np.nan, one) for one in (national, mix, regional))
        return ShiftShare(*(wrap(one) for one in parts))


@measure(elementwise=False)
def within_between(share0: Any, level0: Any, share1: Any, level1: Any) -> WithinBetween:
    """Decompose the change of an average Σ share·level.

    Parameters
    ----------
    share0, share1 : array-like
        Weights of the parts before and after, as fractions; the last axis is the parts (a frame's columns).
    level0, level1 : array-like
        Levels of the parts, such as productivity.

    Returns
    -------
    WithinBetween
        ``within`` Σ s0·Δl, ``static`` Σ Δs·l0, ``interaction`` Σ Δs·Δl, in the unit of the levels; they add up to
        the change of the average. NaN where a part is missing.

    References
    ----------
    McMillan and Rodrik (2011); de Vries, Timmer and de Vries (2015).

    >>> within_between([0.6, 0.4], [10, 20], [0.4, 0.6], [12, 22]).within
    2.0
    """
    s0, wrap = along_last(share0)
    l0, s1, l1 = (_like_parts(value, share0) for value in (level0, share1, level1))
    with quiet(all="ignore"):
        within = (s0 * (l1 - l0)).sum(axis=-1)
        static = ((s1 - s0) * l0).sum(axis=-1)
        interaction = ((s1 - s0) * (l1 - l0)).sum(axis=-1)
        return WithinBetween(wrap(within), wrap(static), wrap(interaction))


def _like_parts(value: Any, first: Any) -> Array:
    """Another argument by parts; pandas labels are brought into the order of the first one's."""
    if hasattr(value, "reindex") and hasattr(first, "reindex"):
        if value.ndim == first.ndim == 1:
            value = value.reindex(first.index)
        elif value.ndim == first.ndim:
            value = value.reindex(index=first.index, columns=first.columns)
        elif value.ndim == 1:
            value = value.reindex(first.columns)
    return np.atleast_1d(floats(value))


def structure_table(
    ds: Dataset, region: str, indicator: str | None = None, *, parent: str | None = None
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

    Returns
    -------
    pandas.DataFrame
        ``value`` and ``total`` in ``unit``; ``share_pct`` with ``share_lower``/``share_upper`` (rounding and wording of
        both figures, which are taken as independent; at most 100 is not enforced, because parts above their total are a
        finding); ``share_of_parts_pct`` in the sum of the parts that have a value in that year. ``change_pp`` and
        ``gap_closed`` (fraction) against the first year of the part. ``total_kind``: ``printed``,
        ``sum`` (only where the parts are declared exhaustive and all have a value) or empty.
        ``undefined`` names the reason where there is no share. A period with two values for a part gives two rows,
        flagged ``conflict``.
    """
    table = ds.unit_table
    rows: list[dict[str, Any]] = []
    for whole in wholes(ds, region, indicator, parent=parent):
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
        # A printed whole and its part are rounded independently; a whole that is the sum of its parts moves with them.
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
    ds: Dataset, region: str, indicator: str | None = None, *, parent: str | None = None
) -> pd.DataFrame:
    """What each part contributes to the growth of the parts together, segment by segment.

    Parameters
    ----------
    ds, region, indicator, parent
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
    for whole in wholes(ds, region, indicator, parent=parent):
        totals = by_period(whole.total, whole.unit, table)
        parts = {part.activity: by_period(part, whole.unit, table) for part in whole.parts}
        years = sorted(set().union(*parts.values()), key=periods.order)
        for start, end in itertools.pairwise(years):
            both = {
                activity: (points[start][0], points[end][0])
                for activity, points in parts.items()
                if start in points and end in points and not (points[start][0].conflict or points[end][0].conflict)
            }
            # What one part contributes to itself is all of it, and says nothing.
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
