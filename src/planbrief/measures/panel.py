"""The measures of growth, progress and ranges over whole panels: areas × indicators × years in one pass."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planbrief.measures.paths import require_shape

Floats = NDArray[np.float64]

#: Values worked on at a time: their intermediate arrays stay in the processor's cache.
BLOCK = 8_192


class Panel(NamedTuple):
    """Measures of every value against the base, the target and the year before, in the shape of the panel.

    Rates and ``completion``, ``elapsed`` are fractions, ``gap_pp`` percentage points, ``doubling_time`` years. The
    results equal those of the functions of the same name, element by element.
    """

    multiple: Floats
    log_growth: Floats
    cagr: Floats
    cagr_lower: Floats
    cagr_upper: Floats
    yearly_growth: Floats
    doubling_time: Floats
    completion: Floats
    completion_lower: Floats
    completion_upper: Floats
    elapsed: Floats
    gap_pp: Floats
    required_rate: Floats
    required_increment: Floats
    already_met: NDArray[np.bool_]


def panel(
    values: Any,
    years: Any,
    target: Any,
    target_year: Any,
    *,
    direction: Any = 1,
    half_unit: Any = 0.0,
    shape: str = "geometric",
    out: Panel | None = None,
    threads: int = 1,
) -> Panel:
    """Growth, progress and ranges of a whole panel.

    Parameters
    ----------
    values : array, shape (…, years)
        Levels; the last axis is time and its first entry the base. NaN where there is none.
    years : array, shape (years,)
        Ascending years of the last axis.
    target : array, shape (…) or scalar
        Wanted level of each series.
    target_year : array, shape (…) or scalar
        When.
    direction : array or scalar of 1 and −1
        What "met" means.
    half_unit : array, shape (…) or scalar
        Half a unit of the last printed digit of each series, for the intervals. The target is taken as a point.
    shape : {"geometric", "linear"}
        Path of ``gap_pp``.
    out : Panel, optional
        An earlier result for the same shape of values, to be overwritten: saves the allocation.
    threads : int
        Blocks worked on at a time; NumPy leaves the interpreter free meanwhile.

    Returns
    -------
    Panel
        NaN wherever the function of the same name is undefined (base ≤ 0, year not after the base, target = base …).

    Notes
    -----
    Works block by block. A rate needs one logarithm per value and one exponential per result; powers, at more than
    twice the price, are avoided.
    """
    require_shape(shape)
    levels = np.asarray(values, dtype=float)
    times = np.asarray(years, dtype=float)[:, np.newaxis]
    by_year = np.moveaxis(levels, -1, 0).reshape(len(times), -1)
    lead = levels.shape[:-1]
    goal, due, sign, half = (
        np.broadcast_to(np.asarray(one, dtype=float), lead).reshape(-1)
        for one in (target, target_year, direction, half_unit)
    )
    result = out or _empty(lead, len(times))
    flat = [np.moveaxis(one, -1, 0).reshape(by_year.shape) for one in result]

    def work(first: int) -> None:
        block = slice(first, first + BLOCK)
        columns = (np.ascontiguousarray(by_year[:, block]), times, goal[block], due[block], sign[block], half[block])
        with np.errstate(all="ignore"):
            _fill([one[:, block] for one in flat], *columns, shape)

    starts = range(0, by_year.shape[1], BLOCK)
    if threads == 1:
        for first in starts:
            work(first)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, starts))
    return result


def _empty(lead: tuple[int, ...], count: int) -> Panel:
    """Room for the results: year by year in memory, so that a series' base and target broadcast along long rows."""
    kinds = [float] * (len(Panel._fields) - 1) + [bool]
    return Panel(*(np.moveaxis(np.empty((count, *lead), dtype=kind), 0, -1) for kind in kinds))


def _fill(
    out: list[Any],
    level: Floats,
    times: Floats,
    goal: Floats,
    due: Floats,
    sign: Floats,
    half: Floats,
    shape: str,
) -> None:
    """The measures of one block (years × series), written in place.

    Logarithms are −inf at zero and NaN below, so that rates come out as −1 and NaN without a mask.
    """
    (
        multiple,
        log_growth,
        cagr,
        low,
        high,
        yearly,
        doubling,
        done,
        done_low,
        done_high,
        elapsed,
        gap,
        rate,
        increment,
        met,
    ) = out
    base = level[0]
    passed = times - times[0]
    since = 1 / np.where(passed > 0, passed, np.nan)
    span = np.where(due > times[0], due - times[0], np.nan)
    positive = np.where(base > 0, base, np.nan)
    logs = np.log(level)
    log_base, log_goal = np.log(positive), np.log(goal)
    spare = np.empty_like(level)
    lowest_level = np.fmin.reduce(level, axis=None)
    zeros = lowest_level <= 0  # only then can a level be 0, and a mask be needed

    np.multiply(level, 1 / positive, out=multiple)
    np.subtract(logs, log_base, out=log_growth)
    log_growth *= since
    np.expm1(log_growth, out=cagr)
    np.divide(math.log(2), log_growth, out=doubling)
    np.copyto(doubling, np.nan, where=log_growth <= 0)
    if zeros:
        np.copyto(log_growth, np.nan, where=level == 0)

    base_low, base_high = base - half, base + half
    lowest = np.where(base_low > 0, base_low, 0.0)
    highest = np.where(base_high > 0, base_high, np.nan)
    np.add(level, half, out=spare)
    np.log(spare, out=high)
    high -= np.log(lowest) - 0 * highest
    high *= since
    np.expm1(high, out=high)
    np.subtract(level, half, out=low)
    np.maximum(low, 0.0, out=low)
    np.log(low, out=low)
    low -= np.log(highest)
    low *= since
    np.expm1(low, out=low)
    if not lowest_level > 0:
        np.copyto(low, np.nan, where=spare < 0)

    yearly[0] = np.nan
    later = yearly[1:]
    np.subtract(logs[1:], logs[:-1], out=later)
    later *= 1 / np.diff(times, axis=0)
    np.expm1(later, out=later)
    if zeros:
        np.copyto(later, np.nan, where=level[:-1] == 0)

    change = np.where(goal != base, goal - base, np.nan)
    np.subtract(level, base, out=spare)
    np.multiply(spare, 1 / change, out=done)
    np.divide(passed, span, out=elapsed)
    if shape == "linear":
        np.subtract(done, elapsed, out=gap)
        gap *= 100
    else:
        np.multiply(elapsed, log_goal - log_base, out=gap)
        np.expm1(gap, out=gap)
        gap *= positive
        np.subtract(spare, gap, out=gap)
        gap *= 100 / np.where(goal > 0, change, np.nan)
    for year, share in zip(gap, elapsed, strict=True):
        if not share.max() <= 1:
            year[share > 1] = np.nan
    _completion(done_low, done_high, level, base_low, base_high, goal, half)

    left = due - times
    left = 1 / np.where(left > 0, left, np.nan)
    np.subtract(goal, level, out=increment)
    np.less_equal(np.multiply(increment, sign, out=spare), 0, out=met)
    increment *= left
    np.subtract(log_goal, logs, out=rate)
    rate *= left
    np.expm1(rate, out=rate)
    if zeros:
        np.copyto(rate, np.nan, where=level == 0)


def _completion(
    low: Floats, high: Floats, level: Floats, base_low: Floats, base_high: Floats, goal: Floats, half: Floats
) -> None:
    """Completion at the corners of the intervals of base and value (the target is a point).

    1 − (target − value)/(target − base): what is left, over the smaller or the larger distance.
    """
    apart = (base_high < goal) | (goal < base_low)
    near = np.where(apart, np.minimum(np.abs(goal - base_low), np.abs(goal - base_high)), np.nan)
    far = np.where(apart, np.maximum(np.abs(goal - base_low), np.abs(goal - base_high)), np.nan)
    side = np.sign(goal - base_high)
    np.subtract(goal, level, out=high)
    high *= side
    np.add(high, half, out=low)
    high -= half
    for left, when_ahead, when_behind in ((low, far, near), (high, near, far)):
        divisor = np.where(left > 0, 1 / when_behind, 1 / when_ahead)
        left *= divisor
        np.subtract(1.0, left, out=left)
