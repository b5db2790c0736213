"""What rounding and wording leave open: exact intervals of figures, growth rates and completion."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from planbrief.measures.registry import Array, Rule, arrays, measure, not_positive, otherwise, quiet
from planbrief.targets import wording

#: Kinds of observation that are measured or estimated, so that the last printed digit is rounded.
ROUNDED_KINDS = frozenset({"actual", "estimate", "resource"})

#: Comparators of a floor and of a ceiling.
FLOORS, CEILINGS = frozenset({"ge", "gt"}), frozenset({"le", "lt"})


measure(otherwise("no_figure"), elementwise=False)(wording.interval)


class Range(NamedTuple):
    """Lowest and highest value that is consistent with what is printed; ±inf where nothing limits it."""

    lower: Any
    upper: Any


@measure(otherwise("no_figure"), elementwise=False)
def rounding(value_text: Any) -> Range:
    """Half a unit of the last printed digit on either side: 142.8 is 142.75 to 142.85, 1000 is 999.5 to 1000.5.

    Parameters
    ----------
    value_text : str or array-like of str
        The figure as printed (separators, full-width digits, sign, unit and Chinese numerals are understood). A
        number stands for its shortest decimal form: give the text where the printed zeros count.

    Returns
    -------
    Range
        ``lower, upper`` in the printed unit. NaN for a text without a number or with several.

    >>> rounding("142.8"), rounding("5.0")
    (Range(lower=142.75, upper=142.85), Range(lower=4.95, upper=5.05))
    """
    if isinstance(value_text, str) or not hasattr(value_text, "__iter__"):
        return Range(*_rounding(value_text))
    pairs = np.array([_rounding(one) for one in value_text], dtype=float).reshape(-1, 2)
    if hasattr(value_text, "index") and not isinstance(value_text, (list, tuple)):
        return Range(*(value_text.__class__(column, index=value_text.index, dtype=float) for column in pairs.T))
    return Range(pairs[:, 0], pairs[:, 1])


def _rounding(text: Any) -> tuple[float, float]:
    if isinstance(text, float):
        text = f"{text:.0f}" if text.is_integer() else format(text, "f") if math.isfinite(text) else ""
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return wording.rounding(str(text)) if text is not None else (math.nan, math.nan)


def _reversed(*names: str) -> Rule:
    return "interval_reversed", lambda a: any(low > high for low, high in (ends(a[name]) for name in names))


@measure(
    _reversed("base", "value"),
    ("base_not_positive", lambda a: ends(a["base"])[1] <= 0),
    ("end_negative", lambda a: ends(a["value"])[1] < 0),
    not_positive("years"),
    elementwise=False,
)
def cagr_range(base: Any, value: Any, years: Any) -> Range:
    """Average growth between two intervals: exact, for the rate falls with the base and rises with the value.

    Parameters
    ----------
    base, value : pair (lower, upper), Range or wording.Interval; or a single number or array of exact values
        Levels in one common unit. None or ±inf is an open end. The ends may themselves be arrays.
    years : float or array-like
        Periods between them.

    Returns
    -------
    Range
        Fractions per year. Over an open end the rate is ``inf`` ("at least"); nothing falls faster than −1. A base
        interval that reaches down to 0 leaves the rate open above. NaN, NaN if no base > 0 or no value ≥ 0 is
        possible, for years ≤ 0, a missing end, or an interval whose ends are the wrong way round.

    >>> low, high = cagr_range((142.75, 142.85), (749.5, 750.5), 3)
    >>> round(low, 4), round(high, 4)
    (0.7377, 0.7388)
    """
    (b0, b1, v0, v1, years), wrap = arrays(*ends(base), *ends(value), years)
    with quiet(all="ignore"):
        low = np.where(np.isposinf(v0), np.inf, (np.maximum(v0, 0) / b1) ** (1 / years) - 1)
        high = np.where((b0 <= 0) | np.isposinf(v1), np.inf, (v1 / b0) ** (1 / years) - 1)
        # To nothing every start falls by all, also one that may have been nothing itself.
        high = np.where((b0 <= 0) & (v1 == 0), -1.0, high)
        defined = (b1 > 0) & (v1 >= 0) & (years > 0) & (b0 <= b1) & (v0 <= v1)
        low, high = (np.where(defined, one, np.nan) for one in (low, high))
        unknown = np.isnan(low) | np.isnan(high)
        return Range(wrap(np.where(unknown, np.nan, low)), wrap(np.where(unknown, np.nan, high)))


@measure(_reversed("base", "value", "target"), otherwise("intervals_touch"), elementwise=False)
def completion_range(base: Any, value: Any, target: Any) -> Range:
    """增量完成率 between intervals: the extremes lie at the corners.

    The base occurs twice in (value − base)/(target − base), so that interval arithmetic would be too wide; the
    quotient is monotone in each argument as long as base and target cannot meet.

    Parameters
    ----------
    base, value, target : pair (lower, upper), Range or wording.Interval; or a single number or array
        Levels in one common unit. None or ±inf is an open end.

    Returns
    -------
    Range
        Fractions. NaN, NaN if the base and target intervals touch or overlap, an end is missing, or an interval's
        ends are the wrong way round.

    >>> low, high = completion_range((57.5, 58.5), (59.5, 60.5), (63, 100))
    >>> round(low, 4), round(high, 4)
    (0.0241, 0.5455)
    """
    (b0, b1, v0, v1, t0, t1), wrap = arrays(*ends(base), *ends(value), *ends(target))
    with quiet(all="ignore"):
        # The quotient is monotone in each argument while base and target stay apart: its extremes are at the corners.
        corners = [_corner(b, v, t) for b in (b0, b1) for v in (v0, v1) for t in (t0, t1)]
        low = np.fmin.reduce(np.broadcast_arrays(*corners))
        high = np.fmax.reduce(np.broadcast_arrays(*corners))
        apart = (b1 < t0) | (t1 < b0)
        defined = apart & (b0 <= b1) & (v0 <= v1) & (t0 <= t1)
        return Range(wrap(np.where(defined, low, np.nan)), wrap(np.where(defined, high, np.nan)))


def _corner(base: Array, value: Array, target: Array) -> Array:
    """The quotient at one corner, as a limit where an end is open; NaN where two open ends leave it undecided."""
    quotient = (value - base) / (target - base)
    return np.where(np.isinf(base) & np.isfinite(value) & np.isfinite(target), 1.0, quotient)


def ends(interval: Any) -> tuple[Any, Any]:
    """Both ends of an interval given as pair, named tuple or array of two rows; a single value is a point."""
    if isinstance(interval, wording.Interval):
        # One end that the wording leaves open is NaN there; both are where the wording is not understood.
        open_low, open_high = np.isnan(interval.lower), np.isnan(interval.upper)
        low = np.where(open_low & ~open_high, -math.inf, interval.lower)
        high = np.where(open_high & ~open_low, math.inf, interval.upper)
        return low, high
    if hasattr(interval, "lower") and hasattr(interval, "upper"):
        return interval.lower, interval.upper
    if isinstance(interval, (list, tuple)):
        if len(interval) != 2:
            raise ValueError(f"an interval has two ends, found {len(interval)}")
        low, high = interval
        return (-math.inf if low is None else low), (math.inf if high is None else high)
    if isinstance(interval, np.ndarray) and interval.ndim and interval.shape[0] == 2:
        return interval[0], interval[1]
    return interval, interval


def kept(comparator: str, bound: float, value: float, worded: str = "eq", upper: float = math.nan) -> bool:
    """Whether a value already keeps a bound: then the bound asks for no change (5%以内 after 4.2 %).

    ``worded`` and ``upper`` are the value's own comparator and the end of its range. What is at least 3 may be 6: it
    keeps no ceiling, and what is at most 6 keeps no floor.

    >>> kept("le", 5, 4.2), kept("ge", 5, 4.2), kept("eq", 5, 4.2)
    (True, False, False)
    >>> kept("le", 5, 3, "ge"), kept("le", 5, 3, "le"), kept("le", 5, 3, "range", 6)
    (False, True, False)
    """
    if comparator in CEILINGS:
        return worded not in FLOORS and (upper if worded == "range" else value) <= bound
    return comparator in FLOORS and worded not in CEILINGS and value >= bound


def unsettled(comparator: str, bound: float, value: float, worded: str = "eq", upper: float = math.nan) -> bool:
    """Whether a value's own wording leaves open if it keeps a bound: then nothing is said of a change between them.

    >>> unsettled("le", 5, 3, "ge"), unsettled("le", 5, 3, "range", 6), unsettled("le", 5, 6)
    (True, True, False)
    """
    if comparator not in CEILINGS | FLOORS:
        return False
    straddles = worded == "range" and value < bound < upper
    return straddles or worded in (FLOORS if comparator in CEILINGS else CEILINGS)


def bound_reason(*case: Any) -> str:
    """Why no change is told toward a bound (arguments of :func:`kept`): ``bound_kept``, ``bound_open`` or nothing."""
    if kept(*case):
        return "bound_kept"
    return "bound_open" if unsettled(*case) else ""


def observed(
    value: float,
    comparator: str = "eq",
    *,
    upper_value: float = math.nan,
    value_text: str = "",
    kind: str = "target",
    share: bool = False,
    exact: bool = False,
) -> Range:
    """The interval of one observation, from its columns.

    Actual values, estimates and resources get their rounding; a target is a point or the interval of its comparator
    (ge, gt, le, lt, approx, range). With ``approx`` the rounding unit is open for every kind.

    Parameters
    ----------
    value, upper_value : float
        ``obs_value`` and ``upper_value``.
    comparator, value_text, kind : str
        Columns of the observation. Without a printed form the value's shortest decimal form counts.
    share : bool
        The observation is a share: open ends are 0 and 100, and rounding does not lead beyond them.
    exact : bool
        The observation counts things one by one (9 zones): nothing is rounded.

    Returns
    -------
    Range
        In the printed unit, NaN for a missing value.

    >>> observed(63, "ge", share=True), observed(142.8, kind="actual", value_text="142.8")
    (Range(lower=63.0, upper=100.0), Range(lower=142.75, upper=142.85))
    """
    value = float(value)
    if math.isnan(value):
        return Range(math.nan, math.nan)
    least, most = (min(0.0, value), max(100.0, value)) if share else (-math.inf, math.inf)
    if comparator in ("ge", "gt"):
        return Range(value, most)
    if comparator in ("le", "lt"):
        return Range(least, value)
    high = float(upper_value)
    if comparator == "range" and not math.isnan(high):
        return Range(value, high)
    if exact or not (comparator == "approx" or kind in ROUNDED_KINDS):
        return Range(value, value)
    printed = _rounding(value_text)
    # 下降9.7% is −9.7 with the printed form 9.7: the interval is mirrored with the sign.
    if value < 0:  # the printed form of a decline has no sign
        printed = Range(-printed[1], -printed[0])
    # The printed form may not hold the digits of the value (千亿级 is 1000 亿元): then the value itself is rounded.
    if not printed[0] <= value <= printed[1]:
        printed = _rounding(value)
    return Range(max(printed[0], least), min(printed[1], most))
