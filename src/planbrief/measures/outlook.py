"""Where a trend leads: UNECE's and ESCAP's anticipated progress."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from planbrief.measures.elementwise import arrays, points, quiet


class AnticipatedProgress(NamedTuple):
    """Predicted level at the target year, gap left in percent of the gap at the start, and the class."""

    predicted: Any
    gap_pct: Any
    category: Any


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
