"""Ranges: exact, never too narrow, open where nothing limits them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planbrief.measures import growth, progress, ranges
from planbrief.targets import wording

LEVELS = st.floats(1, 1e4)
SPREAD = st.floats(0, 0.5)
INSIDE = st.floats(0, 1)


@given(base=LEVELS, value=LEVELS, one=SPREAD, other=SPREAD, years=st.integers(1, 12), at=st.tuples(INSIDE, INSIDE))
def test_growth_lies_in_its_range(
    base: float, value: float, one: float, other: float, years: int, at: tuple[float, float]
) -> None:
    """Whatever the true figures, the rate is in the range, and both ends are reached."""
    low, high = ranges.cagr_range((base - one, base + one), (value - other, value + other), years)
    true = growth.cagr(base + (2 * at[0] - 1) * one, value + (2 * at[1] - 1) * other, years)
    assert low - 1e-9 <= true <= high + 1e-9
    assert low == pytest.approx(growth.cagr(base + one, value - other, years), abs=1e-12)
    assert high == pytest.approx(growth.cagr(base - one, value + other, years), abs=1e-12)


@given(base=LEVELS, value=LEVELS, target=LEVELS, half=st.tuples(SPREAD, SPREAD, SPREAD), at=st.tuples(*[INSIDE] * 3))
def test_completion_lies_in_its_range(
    base: float, value: float, target: float, half: tuple[float, ...], at: tuple[float, ...]
) -> None:
    """Whatever the true figures, the completion is in the range."""
    assume(abs(target - base) > half[0] + half[2] + 0.01)
    boxes = [(one - h, one + h) for one, h in zip((base, value, target), half, strict=True)]
    low, high = ranges.completion_range(*boxes)
    true = [a + share * (b - a) for (a, b), share in zip(boxes, at, strict=True)]
    done = progress.increment_completion(*true)
    assert low - 1e-9 * abs(low) - 1e-9 <= done <= high + 1e-9 * abs(high) + 1e-9


def test_open_ends() -> None:
    """ "At least" has no upper end; nothing falls faster than to zero."""
    assert ranges.cagr_range((100, 100), (120, math.inf), 1) == (pytest.approx(0.2), math.inf)
    assert ranges.cagr_range((100, 100), (None, 120), 1) == (-1, pytest.approx(0.2))
    assert ranges.cagr_range((0, 10), (5, 20), 1) == (pytest.approx(-0.5), math.inf)
    assert ranges.completion_range((50, 50), (60, 60), (100, None)) == (0, pytest.approx(0.2))
    assert ranges.completion_range((50, 50), (60, None), (100, 100)) == (pytest.approx(0.2), math.inf)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (ranges.cagr_range, ((0, 0), (1, 2), 1)),
        (ranges.cagr_range, ((1, 2), (-2, -1), 1)),
        (ranges.cagr_range, ((1, 2), (1, 2), 0)),
        (ranges.cagr_range, ((2, 1), (1, 2), 1)),
        (ranges.cagr_range, ((1, math.nan), (1, 2), 1)),
        (ranges.completion_range, ((1, 2), (1, 2), (2, 3))),
        (ranges.completion_range, ((5, 5), (6, 6), (5, 5))),
        (ranges.completion_range, ((1, 2), (math.nan, 2), (3, 4))),
    ],
)
def test_undefined_ranges(function: object, args: tuple[object, ...]) -> None:
    """Both ends are NaN."""
    low, high = function(*args)  # type: ignore[operator]
    assert math.isnan(low)
    assert math.isnan(high)


def test_ranges_take_intervals_points_and_arrays() -> None:
    """A wording's interval, a single number and arrays of ends."""
    found = ranges.cagr_range(ranges.rounding("142.8"), wording.interval("750以上"), 3)
    assert found == (pytest.approx(0.738042, abs=1e-6), math.inf)
    assert ranges.cagr_range(100, 121, 2) == (pytest.approx(0.1), pytest.approx(0.1))
    low = pd.Series([99.5, 49.5], index=["a", "b"])
    series = ranges.cagr_range((low, low + 1), 200, 1)
    assert list(series.lower.index) == ["a", "b"]
    assert ranges.cagr_range(np.array([[1.0, 2.0], [1.0, 2.0]]), 4, 1).upper.tolist() == [3, 1]
    with pytest.raises(ValueError, match="two ends"):
        ranges.cagr_range((1, 2, 3), 4, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000", (999.5, 1000.5)),
        ("1,000.0", (999.95, 1000.05)),
        ("１４２．８", (142.75, 142.85)),
        ("142.8亿元", (142.75, 142.85)),
        ("-0.5", (-0.55, -0.45)),
        ("0", (-0.5, 0.5)),
        ("三千二百", (3150, 3250)),
        (1000.0, (999.5, 1000.5)),
        (142.8, (142.75, 142.85)),
    ],
)
def test_rounding(text: object, expected: tuple[float, float]) -> None:
    """Half a unit of the last printed digit, exact in decimals."""
    assert tuple(ranges.rounding(text)) == expected


def test_rounding_of_a_column() -> None:
    """A Series keeps its index; what is no single number is NaN."""
    found = ranges.rounding(pd.Series(["142.8", "——", "50—60"], index=list("abc")))
    assert found.lower["a"] == 142.75
    assert found.lower.isna().tolist() == [False, True, True]


def test_observed_intervals() -> None:
    """A target is a point or the interval of its comparator; an actual value is rounded, a count is not."""
    assert ranges.observed(750) == (750, 750)
    assert ranges.observed(26, "ge", share=True) == (26, 100)
    assert ranges.observed(5, "le") == (-math.inf, 5)
    assert ranges.observed(50, "range", upper_value=100) == (50, 100)
    assert ranges.observed(13.3, kind="actual", value_text="13.3", share=True) == (13.25, 13.35)
    assert ranges.observed(145, "approx", kind="target", value_text="145") == (144.5, 145.5)
    assert ranges.observed(9, kind="actual", value_text="9", exact=True) == (9, 9)
    assert ranges.observed(100, kind="actual", value_text="100", share=True) == (99.5, 100)
    assert math.isnan(ranges.observed(math.nan).lower)
