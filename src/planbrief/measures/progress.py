"""Progress toward a target: completion, schedule, required growth, time ahead, where a trend leads."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from planbrief.measures.growth import cagr, require_shape, transformed
from planbrief.measures.registry import (
    FLAT,
    NO_DIRECTION,
    Array,
    Rule,
    arrays,
    conflicting,
    measure,
    negative,
    not_after,
    not_logarithmic,
    not_positive,
    otherwise,
    points,
    quiet,
)  # fmt: skip


class AnticipatedProgress(NamedTuple):
    """Predicted level at the target year, gap left in percent of the gap at the start, and the class."""

    predicted: Any
    gap_pct: Any
    category: Any


#: Where several measures, or the fields of one, are undefined.
NO_BASE: Rule = not_positive("base")
NOT_SINCE: Rule = not_after("period_not_after_base", "year", "base_year")
NO_STRETCH: Rule = not_after("period_not_after_base", "target_year", "base_year")
NO_TREND: tuple[Rule, ...] = (
    conflicting("series"),
    ("too_few_points", lambda a: len(points(a["series"]).years) < 2),
    ("point_at_target", lambda a: (points(a["series"]).years >= a["target_year"]).any()),
)


@measure(
    *NO_TREND,
    NO_DIRECTION,
    ("no_gap_at_start", lambda a: a["direction"] * (a["target"] - a["base"]) <= 0),
    elementwise=False,
    predicted=NO_TREND,
)
def anticipated_progress(
    series: Any, target: Any, target_year: Any, base: Any, direction: Any = 1
) -> AnticipatedProgress:
    """Where the trend leads: time-weighted linear regression, predicted at the target year.

    Parameters
    ----------
    series : pairs (year, value), mapping or Series by year
        Observations before the target year; weight (T − t1)/(T − ti), so that recent ones count more.
    target, base : float
        Wanted level and level at the start of the plan.
    target_year : float
        T.
    direction : {1, -1}
        1 if more is better, −1 if less is.

    Returns
    -------
    AnticipatedProgress
        ``predicted`` (unit of the series), ``gap_pct`` = 100·(gap left)/(gap at start), 0 if the prediction meets
        the target, and ``category``: ≤ 10 ``maintain``, ≤ 100 ``accelerate``, above ``reverse``,
        ``not_available`` where NaN: fewer than two years, a point at T or later, a year with two values, or a gap
        that did not exist at the start and opens.

    References
    ----------
    UNECE, Road map on statistics for SDGs, technical notes; UN ESCAP anticipated progress index.

    >>> anticipated_progress([(2015, 50), (2018, 56), (2021, 60), (2023, 66)], 90, 2030, 50, 1).category
    'accelerate'
    """
    known = points(series)
    (goal, end, start, sign), wrap = arrays(target, target_year, base, direction)
    with quiet(all="ignore"):
        left = end[..., np.newaxis] - known.years
        usable = (left > 0).all(axis=-1) & (len(known.years) >= 2) & (not known.conflict)
        weights = np.where(left > 0, 1 / left, np.nan)
        weights = weights / weights.sum(axis=-1, keepdims=True)
        mean_year = (weights * known.years).sum(axis=-1)
        mean_value = (weights * known.values).sum(axis=-1)
        offsets = known.years - mean_year[..., np.newaxis]
        slope = (weights * offsets * known.values).sum(axis=-1) / (weights * offsets**2).sum(axis=-1)
        predicted = np.where(usable, mean_value + slope * (end - mean_year), np.nan)
        gap_left, gap_start = sign * (goal - predicted), sign * (goal - start)
        gap = np.where(gap_start > 0, 100 * gap_left / gap_start, np.nan)
        gap = np.where(gap_left <= 0, 0.0, gap)
        gap = np.where(np.isnan(predicted) | np.isnan(start) | (np.abs(sign) != 1), np.nan, gap)
        names = ["not_available", "maintain", "accelerate"]
        category = np.select([np.isnan(gap), gap <= 10, gap <= 100], names, "reverse").astype(object)
        predicted = np.broadcast_arrays(predicted, gap)[0]
        return AnticipatedProgress(wrap(predicted), wrap(gap), wrap(category))


#: Lower limits of the growth ratio's classes (Eurostat SDG monitoring), best first.
RATIO_CLASSES = ((0.95, "substantial_progress"), (0.60, "moderate_progress"), (0.0, "limited_progress"))


class RequiredGrowth(NamedTuple):
    """What is left to do: average rate (fraction), increment per year, and whether nothing is."""

    rate: Any
    increment_per_year: Any
    already_met: Any


class GrowthRatio(NamedTuple):
    """Actual over required growth with both rates (fractions per year) and the class."""

    ratio: Any
    actual: Any
    required: Any
    status: Any


@measure(FLAT)
def increment_completion(base: Any, value: Any, target: Any) -> Any:
    """Share of the planned change that is done (增量完成率), (value − base)/(target − base), in either direction.

    Parameters
    ----------
    base, value, target : float or array-like
        Levels in one common unit.

    Returns
    -------
    float or array-like
        Fraction; negative where the value moved away, above 1 beyond the target. NaN if target = base.

    >>> increment_completion(58, 60, 63)
    0.4
    """
    return (value - base) / (target - base)


@measure(NO_STRETCH)
def elapsed_share(base_year: Any, year: Any, target_year: Any) -> Any:
    """Share of the time that has passed (序时进度), (t − t0)/(T − t0).

    Parameters
    ----------
    base_year, year, target_year : float or array-like
        Years.

    Returns
    -------
    float or array-like
        Fraction, above 1 after the target year. NaN unless the target year comes after the base year.

    >>> elapsed_share(2020, 2023, 2025)
    0.6
    """
    return (year - base_year) / (target_year - base_year)


@measure(
    FLAT,
    NO_STRETCH,
    ("year_outside", lambda a: np.logical_not((a["base_year"] <= a["year"]) & (a["year"] <= a["target_year"]))),
    not_logarithmic(),
)
def schedule_gap(
    base: Any, value: Any, target: Any, base_year: Any, year: Any, target_year: Any, shape: str = "geometric"
) -> Any:
    """Distance from the path in percentage points of the planned change, 100·(value − path(year))/(target − base).

    Parameters
    ----------
    base, value, target : float or array-like
        Levels in one common unit.
    base_year, year, target_year : float or array-like
        Years; `year` between the other two.
    shape : {"geometric", "linear"}
        Shape of the path; with ``linear`` the gap is 增量完成率 − 序时进度.

    Returns
    -------
    float or array-like
        Percentage points, positive ahead of the path (for a target below the base too). NaN if target = base, for a
        year outside the path, and for a geometric path with a level ≤ 0.

    >>> round(schedule_gap(142.8, 300, 750, 2023, 2025, 2026, "linear"), 2)
    -40.78
    """
    require_shape(shape)
    elapsed = (year - base_year) / (target_year - base_year)
    linear = shape == "linear"
    waypoint = base + (target - base) * elapsed if linear else base * (target / base) ** elapsed
    return 100 * (value - waypoint) / (target - base)


NOT_AHEAD: Rule = not_after("target_not_ahead", "target_year", "year")


@measure(NOT_AHEAD, not_positive("value"), negative("target"), increment_per_year=(NOT_AHEAD,))
def required_growth(value: Any, year: Any, target: Any, target_year: Any, direction: Any = 1) -> RequiredGrowth:
    """Average growth still required from the latest value (所需年均增速).

    Parameters
    ----------
    value, target : float or array-like
        Latest and wanted level in one common unit.
    year, target_year : float or array-like
        Years of both.
    direction : {1, -1} or array-like
        1 if more is better, −1 if less is: a target is met from its own side.

    Returns
    -------
    RequiredGrowth
        ``rate`` (fraction per year, as :func:`planbrief.measures.growth.cagr`), ``increment_per_year`` (unit of the
        levels), ``already_met``. Once met, rate and increment say how fast the level may move back and still meet
        the target. Rate NaN for value ≤ 0 or target < 0, both NaN unless the target year is ahead; `already_met` is
        False where a level is missing.

    >>> required_growth(300, 2025, 2000, 2030, 1).increment_per_year
    340.0
    """
    left = target_year - year
    rate = (target / value) ** (1 / left) - 1
    return RequiredGrowth(rate, (target - value) / left, _met(value, target, direction))


def _met(value: Array, target: Array, direction: Array) -> Array:
    return (np.abs(direction) == 1) & (direction * (value - target) >= 0)


@measure(
    conflicting("milestones"),
    not_logarithmic("value"),
    otherwise("value_outside"),
    elementwise=False,
    skips_missing=True,
)
def time_ahead(milestones: Any, year: Any, value: Any, shape: str = "geometric") -> Any:
    """Years ahead of (+) or behind (−) the plan (提前/滞后年数): first year the path reaches `value`, minus `year`.

    Parameters
    ----------
    milestones : pairs (year, value), mapping or Series by year
        The path, in any order.
    year : float or array-like
        When `value` was reached.
    value : float or array-like
        Level in the unit of the milestones.
    shape : {"geometric", "linear"}
        Shape of the path.

    Returns
    -------
    float or array-like
        Years. NaN for a value that the path never takes and for a path with two values in one year; segments that
        touch a value ≤ 0 do not count in a geometric path.

    References
    ----------
    Sicherl, P.: S-time-distance.

    >>> time_ahead([(2023, 142.8), (2026, 750)], 2025, 750, "geometric")
    1.0
    """
    require_shape(shape)
    known = points(milestones)
    (when, level), wrap = arrays(year, value)
    with quiet(all="ignore"):
        reached = np.full(np.broadcast_shapes(np.shape(when), np.shape(level)), np.nan)
        if known.conflict:
            return wrap(reached)
        heights, height = transformed(known.values, shape), transformed(level, shape)
        if len(known.years) == 1:
            reached = np.where(height == heights[0], known.years[0], reached)
        for i in range(len(known.years) - 1):
            low, high = sorted((heights[i], heights[i + 1]))
            rise = heights[i + 1] - heights[i]
            part = (height - heights[i]) / rise if rise else np.zeros_like(height)
            crossing = known.years[i] + part * (known.years[i + 1] - known.years[i])
            crossing = np.where(level == known.values[i + 1], known.years[i + 1], crossing)
            crossing = np.where(level == known.values[i], known.years[i], crossing)
            inside = (height >= low) & (height <= high)
            reached = np.where(np.isnan(reached) & inside, crossing, reached)
        return wrap(reached - when)


@measure(
    NO_DIRECTION,
    NO_BASE,
    NOT_SINCE,
    NO_STRETCH,
    negative("value"),
    negative("target"),
    ("no_growth_required", FLAT[1]),
    actual=(NO_BASE, NOT_SINCE, negative("value")),
    required=(NO_BASE, NO_STRETCH, negative("target")),
)
def growth_ratio(
    base: Any, base_year: Any, value: Any, year: Any, target: Any, target_year: Any, direction: Any = 1
) -> GrowthRatio:
    """Actual over required growth (实际/所需增速比), direction·CAGR_a/|CAGR_r|, with Eurostat's classes.

    Parameters
    ----------
    base, value, target : float or array-like
        Levels in one common unit at `base_year`, `year` and `target_year`.
    base_year, year, target_year : float or array-like
        Years.
    direction : {1, -1} or array-like
        1 if more is better, −1 if less is.

    Returns
    -------
    GrowthRatio
        ``ratio``, ``actual`` and ``required`` (fractions per year, both from the base), ``status``:
        ``target_achieved`` (looked at first), else by ratio ≥ 0.95 ``substantial_progress``, ≥ 0.60
        ``moderate_progress``, ≥ 0 ``limited_progress``, below ``deterioration``; ``not_available`` where the ratio
        is NaN (no growth required, base ≤ 0, year not after the base year).

    References
    ----------
    Eurostat, Sustainable development in the European Union: monitoring report, annex on assessment of trends.

    >>> growth_ratio(14.5, 2015, 10.2, 2023, 7.25, 2030, -1).status
    'substantial_progress'
    """
    actual, required = cagr(base, value, year - base_year), cagr(base, target, target_year - base_year)
    known = (required != 0) & (np.abs(direction) == 1)
    ratio = np.where(known, direction * actual / np.abs(required), np.nan)
    # A target that is reached needs no growth, so that this is looked at before the ratio, which may be undefined then.
    cases = [_met(value, target, direction), np.isnan(ratio), *(ratio >= limit for limit, _ in RATIO_CLASSES)]
    names = ["target_achieved", "not_available", *(name for _, name in RATIO_CLASSES)]
    return GrowthRatio(ratio, actual, required, np.select(cases, names, "deterioration").astype(object))


@measure(FLAT, NO_DIRECTION)
def current_status_index(value: Any, base: Any, target: Any, direction: Any = 1) -> Any:
    """UN ESCAP's current status index, 10·direction·(value − base)/|target − base|, at most 10.

    Parameters
    ----------
    value, base, target : float or array-like
        Levels in one common unit.
    direction : {1, -1} or array-like
        1 if more is better, −1 if less is.

    Returns
    -------
    float or array-like
        Index, not floored: negative where the value moved away. NaN if target = base.

    References
    ----------
    UN ESCAP, Asia and the Pacific SDG Progress Report, technical notes.

    >>> current_status_index(60, 58, 63, 1)
    4.0
    """
    return np.minimum(10.0, 10 * direction * (value - base) / np.abs(target - base))
