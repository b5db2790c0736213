"""Growth between levels: average rates, multiples, paths and their labels. Rates are fractions per year (0.738)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from planbrief.errors import UnknownName
from planbrief.languages import wording
from planbrief.measures.registry import (
    Array,
    along_last,
    arrays,
    conflicting,
    floats,
    measure,
    negative,
    not_logarithmic,
    not_positive,
    points,
    quiet,
)  # fmt: skip

#: The two shapes of a path between milestones.
SHAPES = ("geometric", "linear")


def _outside(a: dict[str, Any]) -> bool:
    known = points(a["milestones"]).years
    return known.size == 0 or not known.min() <= a["year"] <= known.max()


@measure(
    conflicting("milestones"), ("year_outside", _outside), not_logarithmic(), elementwise=False, skips_missing=True
)
def path(milestones: Any, year: Any, shape: str = "geometric") -> Any:
    """The value of a piecewise path through milestones.

    Parameters
    ----------
    milestones : pairs (year, value), mapping or Series by year
        In any order; a milestone without value is left out.
    year : float or array-like
        When.
    shape : {"geometric", "linear"}
        Constant rate or constant increment between neighbours.

    Returns
    -------
    float or array-like
        In the unit of the milestones. NaN outside them and where a year has two values; geometric also on a segment
        that touches a value ≤ 0.

    Raises
    ------
    planbrief.errors.UnknownName
        For another shape.

    >>> round(path([(2023, 142.8), (2026, 750)], 2025, "geometric"), 1)
    431.5
    >>> round(path([(2023, 142.8), (2026, 750)], 2025, "linear"), 1)
    547.6
    """
    require_shape(shape)
    known = points(milestones)
    (when,), wrap = arrays(year)
    with quiet(all="ignore"):
        heights = transformed(known.values, shape)
        result = np.full(np.shape(when), np.nan)
        if known.conflict:
            return wrap(result)
        # One milestone is a path of one year.
        if len(known.years) == 1:
            result = np.where(when == known.years[0], heights[0], result)
        for i in range(len(known.years) - 1):
            first, last = known.years[i], known.years[i + 1]
            weight = (when - first) / (last - first)
            height = heights[i] * (1 - weight) + heights[i + 1] * weight
            result = np.where((when >= first) & (when <= last) & np.isnan(result), height, result)
        if shape == "linear":
            return wrap(result)
        result = np.exp(result)
        # exp(ln v) is not v to the last digit; at a milestone the path is what was printed there.
        for at, value in zip(known.years, known.values, strict=True):
            result = np.where((when == at) & ~np.isnan(result), value, result)
        return wrap(result)


def transformed(values: Array, shape: str) -> Array:
    """Values in the scale in which the path is straight: logarithms for a geometric one, NaN for values ≤ 0."""
    return values if shape == "linear" else np.log(np.where(values > 0, values, np.nan))


def require_shape(shape: str) -> None:
    """Raise :class:`~planbrief.errors.UnknownName` unless `shape` is geometric or linear."""
    if shape not in SHAPES:
        raise UnknownName("shape of a path", str(shape), SHAPES)


def period_label(base_year: Any, end_year: Any, lang: str = "zh") -> str:
    """The years that an average is over; the base year is not among them.

    Parameters
    ----------
    base_year, end_year : int
        2023 and 2026 for three periods.
    lang : {"zh", "en"}
        Language of the label.

    Returns
    -------
    str
        「2024–2026年年均」 or "annual average 2024–2026"; a single period is its year; empty if end ≤ base.

    >>> period_label(2023, 2026, "zh"), period_label(2023, 2026, "en"), period_label(2026, 2027, "zh")
    ('2024–2026年年均', 'annual average 2024–2026', '2027年')
    """
    average = wording("{first}–{last}年年均", "annual average {first}–{last}", lang)
    first, last = int(base_year) + 1, int(end_year)
    if last < first:
        return ""
    if last == first:
        return f"{last}年" if lang == "zh" else f"{last}"
    return average.format(first=first, last=last)


@measure(not_positive("start"), negative("end"), not_positive("years"))
def cagr(start: Any, end: Any, years: Any) -> Any:
    """Compound average growth per year (年均增长速度, 水平法).

    Parameters
    ----------
    start, end : float or array-like
        Levels in one common unit; `start` above zero, `end` not below.
    years : float or array-like
        Periods between them: 3 from 2023 to 2026.

    Returns
    -------
    float or array-like
        (end/start)^(1/years) − 1, fraction per year. NaN for start ≤ 0, end < 0, years ≤ 0; −1 for end = 0.

    References
    ----------
    World Bank, WDI statistical methods, "Growth rates"; 《统计工作实务》 (2010).

    >>> round(cagr(142.8, 750, 3), 4)
    0.7382
    """
    return (end / start) ** (1 / years) - 1


@measure(not_positive("start"))
def multiple(start: Any, end: Any) -> Any:
    """Multiple of the base (为基期的倍数), end/start.

    增长N倍 is the ratio N + 1, 增长到N倍 is N, 翻一番 2, 翻两番 4 (see :func:`planbrief.targets.wording.ratio`).

    Parameters
    ----------
    start, end : float or array-like
        Levels in one common unit.

    Returns
    -------
    float or array-like
        Dimensionless. NaN for start ≤ 0.

    References
    ----------
    《统计工作实务》 (2010), 发展速度.

    >>> round(multiple(142.8, 3500), 2)
    24.51
    """
    return end / start


@measure(not_positive("start"), not_positive("end"), not_positive("years"))
def log_growth(start: Any, end: Any, years: Any) -> Any:
    """Logarithmic (continuous) growth per year, ln(end/start)/years.

    Parameters
    ----------
    start, end : float or array-like
        Levels in one common unit.
    years : float or array-like
        Periods between them.

    Returns
    -------
    float or array-like
        Per year. NaN for start ≤ 0, end ≤ 0, years ≤ 0.

    References
    ----------
    World Bank, WDI statistical methods, "Exponential growth rate".

    >>> round(log_growth(142.8, 750, 3), 4)
    0.5529
    """
    return np.log(end / start) / years


@measure(not_positive("rate"))
def doubling_time(rate: Any) -> Any:
    """Years in which a level doubles at a constant rate, ln 2 / ln(1 + rate).

    Parameters
    ----------
    rate : float or array-like
        Fraction per year.

    Returns
    -------
    float or array-like
        Years. NaN for rate ≤ 0.

    References
    ----------
    World Bank, WDI table 1.4, "About the data".

    >>> round(doubling_time(0.023), 1)
    30.5
    """
    return math.log(2) / np.log1p(rate)


def _too_few(a: dict[str, Any]) -> bool:
    times, levels = np.broadcast_arrays(floats(a["years"]), floats(a["values"]))
    known = ~(np.isnan(times) | np.isnan(levels))
    return len(set(times[known].ravel())) < 2


@measure(
    ("too_few_points", _too_few),
    ("value_not_positive", lambda a: np.nanmin(floats(a["values"])) <= 0),
    elementwise=False, skips_missing=True,
)  # fmt: skip
def least_squares_growth(years: Any, values: Any) -> Any:
    """Growth rate by least squares, exp(b) − 1 of ln v = a + b·t. Always name the method beside the number.

    Parameters
    ----------
    years : array-like
        Points of time. A point without a year or a value is left out.
    values : array-like
        Levels at those times; the last axis is time. In a frame each row is a series and the columns are years.

    Returns
    -------
    float or array-like
        Fraction per year; one per row of a frame. NaN with fewer than two different years or with a value ≤ 0.

    References
    ----------
    World Bank, WDI statistical methods, "Least-squares growth rate".

    >>> milestones = [142.8, 750, 1000, 2000, 3500]
    >>> round(least_squares_growth([2023, 2026, 2027, 2030, 2035], milestones), 4)
    0.2812
    """
    levels, wrap = along_last(values)
    times = np.broadcast_to(floats(years), levels.shape)
    with quiet(all="ignore"):
        known = ~(np.isnan(levels) | np.isnan(times))
        count = known.sum(axis=-1)
        logs = np.where(known, np.log(np.where(levels > 0, levels, np.nan)), 0.0)
        mean_time = np.where(known, times, 0.0).sum(axis=-1) / count
        offsets = np.where(known, times - mean_time[..., np.newaxis], 0.0)
        spread = (offsets**2).sum(axis=-1)
        slope = (offsets * (logs - logs.sum(axis=-1, keepdims=True) / count[..., np.newaxis])).sum(axis=-1) / spread
        # Two values of one year make no slope, however many there are.
        defined = (count >= 2) & (spread > 0) & np.isfinite(slope)
        return wrap(np.where(defined, np.expm1(slope), np.nan))


@measure(
    not_positive("base"),
    ("no_levels", lambda a: np.size(a["levels"]) == 0),
    ("levels_negative", lambda a: np.sum(floats(a["levels"])) < 0),
    elementwise=False,
)
def accumulative_growth(base: Any, levels: Any) -> Any:
    """Average growth by the accumulative method (累计法): the r with Σ(1+r)^k = Σ levels/base, k = 1…n.

    Parameters
    ----------
    base : float or array-like
        Level of the base period, above zero.
    levels : array-like
        Levels of the n periods after it, same unit; the last axis is time (a frame's rows are series).

    Returns
    -------
    float or array-like
        Fraction per period, at least −1 (all levels 0). NaN for base ≤ 0, without levels, with a level missing and
        for a negative sum, for then no r ≥ −1 solves the equation. The left side is increasing and convex in 1 + r,
        so that Newton's method from min(S, S^(1/n)) ≥ root descends to the only solution.

    References
    ----------
    《统计工作实务》 (2010), 平均发展速度的累计法 (方程法).

    >>> round(accumulative_growth(100, [110, 121, 133.1]), 6)
    0.1
    """
    series, wrap = along_last(levels)
    start = floats(base.reindex(levels.index) if hasattr(base, "reindex") and hasattr(levels, "columns") else base)
    periods = series.shape[-1]
    with quiet(all="ignore"):
        total = series.sum(axis=-1) / start
        defined = (start > 0) & (total >= 0) & np.isfinite(total) & (periods > 0)
        return wrap(np.where(defined, _geometric_sum_root(np.where(defined, total, 1.0), periods) - 1, np.nan))


def _geometric_sum_root(total: Array, periods: int) -> Array:
    """The x ≥ 0 with x + x² + … + xⁿ = total."""
    if periods <= 1:
        return total
    # Both are at or above the root, for x ≤ total and xⁿ ≤ total: from there Newton descends and never steps across.
    x = np.minimum(total, total ** (1 / periods))
    for _ in range(200):
        value, slope = np.zeros_like(x), np.zeros_like(x)
        for _ in range(periods):
            slope = slope * x + value + 1
            value = (value + 1) * x
        step = np.where(slope > 0, (value - total) / slope, 0.0)
        x = np.maximum(x - step, 0.0)
        if np.all(np.abs(step) <= 4e-16 * x):
            break
    return x


@measure(
    ("rate_below_minus_one", lambda a: np.logical_not(a["rate"] >= -1)),
    ("rate_total_loss", lambda a: (a["rate"] == -1) & np.logical_not(a["years"] >= 0)),
)
def implied_level(base: Any, rate: Any, years: Any) -> Any:
    """The level that a constant rate leads to, base·(1+rate)^years.

    Parameters
    ----------
    base : float or array-like
        Level at the start.
    rate : float or array-like
        Fraction per year.
    years : float or array-like
        Periods.

    Returns
    -------
    float or array-like
        In the unit of `base`. NaN for rate < −1, and for rate = −1 backwards in time.

    >>> round(implied_level(100, 0.05, 5), 2)
    127.63
    """
    # From nothing comes nothing, also where the factor overflows: 0 × inf is no number. But 1 ** NaN is 1, and a rate
    # of 0 % over an unknown number of years would look known.
    level = np.where(base == 0, 0.0, base * (1 + rate) ** years)
    return np.where(np.isnan(years), np.nan, level)


@measure(
    ("no_levels", lambda a: np.size(a["rates"]) == 0),
    ("rate_below_minus_one", lambda a: (floats(a["rates"]) < -1).any()),
    elementwise=False,
)
def average_rate(rates: Any) -> Any:
    """Geometric mean of yearly rates, (Π(1+r))^(1/n) − 1.

    Parameters
    ----------
    rates : array-like
        Fractions per year; the last axis is time (a frame's rows are series).

    Returns
    -------
    float or array-like
        Fraction per year. NaN without rates, with one missing, or if one is < −1.

    >>> average_rate([-0.5, 1.0])
    0.0
    """
    yearly, wrap = along_last(rates)
    with quiet(all="ignore"):
        count = yearly.shape[-1]
        mean = np.log1p(yearly).sum(axis=-1) / (count or np.nan)
        return wrap(np.where((yearly >= -1).all(axis=-1), np.expm1(mean), np.nan))
