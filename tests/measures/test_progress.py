"""Progress: completion against schedule, required growth, time ahead, classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planbrief.measures import growth, progress

LEVELS = st.floats(1, 1e6)


@given(base=LEVELS, value=LEVELS, target=LEVELS, year=st.integers(2023, 2030))
def test_linear_gap_is_completion_minus_elapsed(base: float, value: float, target: float, year: int) -> None:
    """与序时进度之差 is 增量完成率 − 序时进度."""
    assume(abs(target - base) > 1e-3)
    gap = progress.schedule_gap(base, value, target, 2023, year, 2030, "linear")
    done = progress.increment_completion(base, value, target)
    assert gap == pytest.approx(100 * (done - progress.elapsed_share(2023, year, 2030)), rel=1e-6, abs=1e-6)


@given(base=LEVELS, target=LEVELS, year=st.integers(2023, 2030), shape=st.sampled_from(growth.SHAPES))
def test_on_the_path_there_is_no_gap(base: float, target: float, year: int, shape: str) -> None:
    """A value on the path is neither ahead nor behind, in points and in years."""
    assume(abs(target - base) > 1)
    path = [(2023, base), (2030, target)]
    value = growth.path(path, year, shape)
    assert progress.schedule_gap(base, value, target, 2023, year, 2030, shape) == pytest.approx(0, abs=1e-6)
    assume(min(base, target) <= value <= max(base, target))
    assert progress.time_ahead(path, year, value, shape) == pytest.approx(0, abs=1e-5)


@given(value=LEVELS, target=LEVELS, years=st.integers(1, 20), direction=st.sampled_from([1, -1]))
def test_required_growth_arrives(value: float, target: float, years: int, direction: int) -> None:
    """Rate and increment both lead from the value to the target."""
    found = progress.required_growth(value, 2025, target, 2025 + years, direction)
    assert growth.implied_level(value, found.rate, years) == pytest.approx(target)
    assert value + years * found.increment_per_year == pytest.approx(target)
    assert found.already_met == (direction * (value - target) >= 0)


def test_completion_works_downwards() -> None:
    """A target below the base is approached by falling."""
    assert progress.increment_completion(14.5, 10.2, 7.25) == pytest.approx(0.593103, rel=1e-5)
    assert progress.schedule_gap(10, 5, 0, 2020, 2021, 2022, "linear") == pytest.approx(0)
    assert progress.time_ahead([(2020, 10), (2022, 0)], 2020.5, 5, "linear") == pytest.approx(0.5)


def test_time_ahead_takes_the_first_year() -> None:
    """Where a path passes a value twice, or rests on it, the first year counts."""
    path = [(2020, 1), (2022, 5), (2024, 2), (2026, 2), (2028, 6)]
    assert progress.time_ahead(path, 2020, 2, "linear") == pytest.approx(0.5)
    assert progress.time_ahead([(2020, 5), (2022, 2), (2026, 2)], 2020, 2, "linear") == 2
    found = progress.time_ahead(path, [2020, 2020], [5, 9], "geometric")
    np.testing.assert_allclose(found, [2, np.nan])


@pytest.mark.parametrize(
    ("args", "status"),
    [
        ((100, 2020, 105, 2021, 200, 2030, 1), "moderate_progress"),
        ((100, 2020, 108, 2021, 200, 2030, 1), "substantial_progress"),
        ((100, 2020, 100, 2021, 200, 2030, 1), "limited_progress"),
        ((100, 2020, 99, 2021, 200, 2030, 1), "deterioration"),
        ((100, 2020, 200, 2021, 200, 2030, 1), "target_achieved"),
        ((100, 2020, 40, 2021, 50, 2030, -1), "target_achieved"),
        ((100, 2020, 120, 2021, 50, 2030, -1), "deterioration"),
        ((0, 2020, 5, 2021, 50, 2030, 1), "not_available"),
        ((0, 2020, 60, 2021, 50, 2030, 1), "target_achieved"),
        ((100, 2020, 90, 2021, 100, 2030, 1), "not_available"),
        ((100, 2020, None, 2021, 200, 2030, 1), "not_available"),
        ((100, 2020, 105, 2020, 200, 2030, 1), "not_available"),
    ],
)
def test_growth_classes(args: tuple[float, ...], status: str) -> None:
    """The classes in their order: achieved is looked at first, NaN is not available."""
    found = progress.growth_ratio(*args)
    assert found.status == status
    assert math.isnan(found.ratio) or status != "not_available"


def test_required_growth_is_undefined_without_time() -> None:
    """At or after the target year nothing can be required, but a target can have been met."""
    for value in (1.0, 2.0, 3.0):
        found = progress.required_growth(value, 2027, 2.0, 2027, 1)
        assert math.isnan(found.rate)
        assert math.isnan(found.increment_per_year)
        assert found.already_met == (value >= 2)


def test_anticipated_progress_edges() -> None:
    """Too few points, a point at the target year, a gap that opens, and a met target."""
    line = [(2015, 10), (2020, 20)]
    assert progress.anticipated_progress(line[:1], 40, 2030, 10, 1).category == "not_available"
    assert progress.anticipated_progress([*line, (2030, 40)], 40, 2030, 10, 1).category == "not_available"
    assert progress.anticipated_progress([(2015, 10), (2015, 11)], 40, 2030, 10, 1).category == "not_available"
    met = progress.anticipated_progress(line, 40, 2030, 10, 1)
    assert (met.predicted, met.gap_pct, met.category) == (pytest.approx(40), pytest.approx(0, abs=1e-9), "maintain")
    opens = progress.anticipated_progress([(2015, 10), (2020, 8)], 10, 2030, 10, 1)
    assert math.isnan(opens.gap_pct)
    assert opens.category == "not_available"
    falls = progress.anticipated_progress([(2015, 10), (2020, 5)], 40, 2030, 10, 1)
    assert falls.category == "reverse"


def test_status_index_is_capped_above_only() -> None:
    """At most 10, not floored."""
    assert progress.current_status_index(200, 0, 100, 1) == 10
    assert progress.current_status_index(-300, 0, 100, 1) == -30
    assert math.isnan(progress.current_status_index(5, 7, 7, 1))
