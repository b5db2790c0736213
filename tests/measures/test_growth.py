"""Growth: inverse relations, undefined cases, paths and labels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planbrief.errors import UnknownName
from planbrief.measures import growth

LEVELS = st.floats(1e-3, 1e9)
RATES = st.floats(-0.9, 3)
#: The running example of METHODS: base year, end year, start, end, labels, multiple, CAGR in percent, doubling time.
SEGMENTS = [
    (2023, 2026, 142.8, 750, "2024–2026年年均", "annual average 2024–2026", 5.252, 73.82, 1.25),
    (2026, 2027, 750, 1000, "2027年", "2027", 1.333, 33.33, 2.41),
    (2027, 2030, 1000, 2000, "2028–2030年年均", "annual average 2028–2030", 2.000, 25.99, 3.00),
    (2030, 2035, 2000, 3500, "2031–2035年年均", "annual average 2031–2035", 1.750, 11.84, 6.19),
    (2023, 2035, 142.8, 3500, "2024–2035年年均", "annual average 2024–2035", 24.510, 30.55, 2.60),
]
MILESTONES = [(2023, 142.8), (2026, 750), (2027, 1000), (2030, 2000), (2035, 3500)]


@pytest.mark.parametrize("segment", SEGMENTS, ids=lambda s: s[5])
def test_running_example(segment: tuple[Any, ...]) -> None:
    """The five segments print as METHODS prints them."""
    first, last, start, end, zh, en, multiple, percent, doubling = segment
    rate = growth.cagr(start, end, last - first)
    assert round(growth.multiple(start, end), 3) == multiple
    assert round(100 * rate, 2) == percent
    assert round(growth.doubling_time(rate), 2) == doubling
    assert growth.period_label(first, last, "zh") == zh
    assert growth.period_label(first, last, "en") == en


@given(start=LEVELS, rate=RATES, years=st.integers(1, 60))
def test_growing_at_the_rate_arrives(start: float, rate: float, years: int) -> None:
    """cagr undoes implied_level."""
    end = growth.implied_level(start, rate, years)
    assume(1e-200 < end < 1e200)
    assert growth.cagr(start, end, years) == pytest.approx(rate, rel=1e-9, abs=1e-9)


@given(start=LEVELS, end=LEVELS, years=st.floats(0.5, 60))
def test_logarithmic_and_compound_rate_agree(start: float, end: float, years: float) -> None:
    """exp(log_growth) − 1 is the CAGR."""
    compound = growth.cagr(start, end, years)
    assert math.expm1(growth.log_growth(start, end, years)) == pytest.approx(compound, rel=1e-9, abs=1e-9)


@given(rate=st.floats(1e-6, 10))
def test_doubling_time_doubles(rate: float) -> None:
    """After the doubling time the level is twice as high."""
    assert growth.implied_level(1.0, rate, growth.doubling_time(rate)) == pytest.approx(2.0)


@given(start=LEVELS, rate=RATES, count=st.integers(2, 12))
def test_methods_agree_on_a_constant_rate(start: float, rate: float, count: int) -> None:
    """Least squares, accumulative method and mean of yearly rates find a constant rate."""
    levels = growth.implied_level(start, rate, np.arange(count + 1))
    assume(levels.min() > 1e-100)
    approx = pytest.approx(rate, rel=1e-6, abs=1e-6)
    assert growth.least_squares_growth(np.arange(count + 1), levels) == approx
    assert growth.accumulative_growth(start, levels[1:]) == approx
    assert growth.average_rate([rate] * count) == approx


@given(base=LEVELS, levels=st.lists(st.floats(0, 1e9), min_size=1, max_size=60))
def test_accumulative_rate_solves_its_equation(base: float, levels: list[float]) -> None:
    """Σ(1+r)^k equals Σ levels/base."""
    rate = growth.accumulative_growth(base, levels)
    total = sum((1 + rate) ** k for k in range(1, len(levels) + 1))
    assert total == pytest.approx(sum(levels) / base, rel=1e-9, abs=1e-12)


@given(start=LEVELS, low=LEVELS, high=LEVELS, years=st.integers(1, 30))
def test_growth_is_monotone(start: float, low: float, high: float, years: int) -> None:
    """A higher end is more growth."""
    low, high = sorted((low, high))
    assert growth.cagr(start, low, years) <= growth.cagr(start, high, years)


NAN_CASES: list[tuple[Any, dict[str, Any]]] = [
    (growth.cagr, {"start": 0, "end": 1, "years": 1}),
    (growth.cagr, {"start": -1, "end": 1, "years": 1}),
    (growth.cagr, {"start": 1, "end": -1, "years": 2}),
    (growth.cagr, {"start": 1, "end": 2, "years": 0}),
    (growth.cagr, {"start": 1, "end": 1, "years": -1}),
    (growth.cagr, {"start": None, "end": 1, "years": 1}),
    (growth.multiple, {"start": 0, "end": 1}),
    (growth.log_growth, {"start": 1, "end": 0, "years": 1}),
    (growth.doubling_time, {"rate": 0}),
    (growth.doubling_time, {"rate": -0.1}),
    (growth.least_squares_growth, {"years": [2023], "values": [1]}),
    (growth.least_squares_growth, {"years": [2023, 2023], "values": [1, 2]}),
    (growth.least_squares_growth, {"years": [2023, 2024], "values": [1, 0]}),
    (growth.least_squares_growth, {"years": [], "values": []}),
    (growth.accumulative_growth, {"base": 0, "levels": [1]}),
    (growth.accumulative_growth, {"base": -1, "levels": [-1]}),
    (growth.accumulative_growth, {"base": 1, "levels": []}),
    (growth.accumulative_growth, {"base": 1, "levels": [1, None]}),
    (growth.accumulative_growth, {"base": 1, "levels": [1, -3]}),
    (growth.implied_level, {"base": 1, "rate": -1.1, "years": 2}),
    (growth.implied_level, {"base": 1, "rate": -1, "years": -1}),
    (growth.average_rate, {"rates": []}),
    (growth.average_rate, {"rates": [0.1, None]}),
    (growth.path, {"milestones": [(2023, 1), (2026, 2)], "year": 2022, "shape": "linear"}),
    (growth.path, {"milestones": [(2023, 0), (2026, 2)], "year": 2024, "shape": "geometric"}),
    (growth.path, {"milestones": [(2023, 1), (2023, 2)], "year": 2023, "shape": "linear"}),
    (growth.path, {"milestones": [], "year": 2023, "shape": "linear"}),
]


@pytest.mark.parametrize(("function", "args"), NAN_CASES)
def test_undefined_is_nan(function: Any, args: dict[str, Any]) -> None:
    """Undefined cases are NaN, as a plain float."""
    found = function(**args)
    assert type(found) is float
    assert math.isnan(found)


def test_total_loss_is_minus_one() -> None:
    """A level that falls to zero, or a series of zeros, has the rate −1."""
    assert growth.cagr(5, 0, 3) == -1
    assert growth.accumulative_growth(5, [0, 0]) == -1
    assert growth.average_rate([-1, 0.5]) == -1


def test_path_goes_through_its_milestones() -> None:
    """Both shapes meet every milestone exactly, in whatever order they are given."""
    for shape in growth.SHAPES:
        for year, value in MILESTONES:
            assert growth.path(MILESTONES[::-1], year, shape) == value
    years = np.arange(2023, 2036)
    series = growth.path(pd.Series(dict(MILESTONES)), pd.Series(years, index=years), "geometric")
    assert series.is_monotonic_increasing
    assert growth.path(dict(MILESTONES), 2028, "linear") == pytest.approx(4000 / 3)


def test_linear_path_lies_above_the_geometric_one() -> None:
    """Between two rising milestones equal steps run ahead of equal rates."""
    years = np.linspace(2023.1, 2025.9, 9)
    assert (growth.path(MILESTONES, years, "linear") > growth.path(MILESTONES, years, "geometric")).all()


def test_a_zero_spoils_only_its_own_segments() -> None:
    """A geometric path is undefined where it touches a value ≤ 0, and defined elsewhere."""
    path = [(2020, 0), (2023, 100), (2026, 200)]
    found = growth.path(path, [2021, 2023, 2026], "geometric")
    np.testing.assert_allclose(found, [np.nan, 100, 200])


def test_unknown_shape_and_language() -> None:
    """Other shapes and languages are refused, with the valid ones."""
    with pytest.raises(UnknownName, match="geometric, linear"):
        growth.path(MILESTONES, 2025, "cubic")
    with pytest.raises(UnknownName, match="zh, en"):
        growth.period_label(2023, 2026, "fr")
    assert growth.period_label(2026, 2026, "zh") == ""


def test_rows_of_a_frame_are_series() -> None:
    """Functions over time give one number per row of a frame."""
    frame = pd.DataFrame({2023: [100.0, 50.0], 2024: [110.0, np.nan], 2025: [121.0, 200.0]}, index=["a", "b"])
    found = growth.least_squares_growth(list(frame.columns), frame)
    pd.testing.assert_series_equal(found, pd.Series([0.1, 1.0], index=["a", "b"]))
    base = pd.Series([40.0, 100.0], index=["b", "a"])
    summed = growth.accumulative_growth(base, frame[[2024, 2025]])
    assert summed["a"] == pytest.approx(0.1)
    assert math.isnan(summed["b"])
