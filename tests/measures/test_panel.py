"""The panel computes what the functions compute, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from planbrief.measures import growth, progress, ranges
from planbrief.measures.panel import Panel, panel

YEARS = np.array([2016.0, 2018, 2019, 2020, 2023, 2025])


@pytest.fixture
def case() -> dict[str, Any]:
    """A panel with zeros, negative and missing values, and targets on either side of the base."""
    random = np.random.default_rng(2)
    values = random.normal(3, 3, (40, 5, 6))
    values[random.random(values.shape) < 0.1] = 0
    values[random.random(values.shape) < 0.05] = np.nan
    target = random.normal(4, 3, (40, 5))
    target[0] = values[0, :, 0]
    return {
        "values": values,
        "target": target,
        "due": random.integers(2015, 2030, (40, 5)).astype(float),
        "direction": random.choice([-1, 1], (40, 5)),
        "half": random.choice([0, 0.05, 0.5], (40, 5)),
    }


@pytest.mark.parametrize("shape", ["geometric", "linear"])
def test_panel_agrees_with_the_functions(case: dict[str, Any], shape: str) -> None:
    """Every field equals the function of the same name, NaN included."""
    values, base = case["values"], case["values"][..., :1]
    target, due, sign, half = (case[name][..., None] for name in ("target", "due", "direction", "half"))
    found = panel(
        values, YEARS, case["target"], case["due"], direction=case["direction"], half_unit=case["half"], shape=shape
    )
    passed = YEARS - YEARS[0]
    required = progress.required_growth(values, YEARS, target, due, sign)
    rate = ranges.cagr_range((base - half, base + half), (values - half, values + half), passed)
    done = ranges.completion_range((base - half, base + half), (values - half, values + half), (target, target))
    yearly = np.full(values.shape, np.nan)
    yearly[..., 1:] = growth.cagr(values[..., :-1], values[..., 1:], np.diff(YEARS))
    expected = {
        "multiple": growth.multiple(base, values),
        "log_growth": growth.log_growth(base, values, passed),
        "cagr": growth.cagr(base, values, passed),
        "cagr_lower": rate.lower,
        "cagr_upper": rate.upper,
        "yearly_growth": yearly,
        "doubling_time": growth.doubling_time(growth.cagr(base, values, passed)),
        "completion": progress.increment_completion(base, values, target),
        "completion_lower": done.lower,
        "completion_upper": done.upper,
        "elapsed": np.broadcast_to(progress.elapsed_share(YEARS[0], YEARS, due), values.shape),
        "gap_pp": progress.schedule_gap(base, values, target, YEARS[0], YEARS, due, shape),
        "required_rate": required.rate,
        "required_increment": required.increment_per_year,
        "already_met": required.already_met,
    }
    assert set(expected) == set(Panel._fields)
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(found, name), value, rtol=1e-9, atol=1e-9, err_msg=name)


def test_panel_reuses_buffers(case: dict[str, Any]) -> None:
    """Giving an earlier result writes into it."""
    first = panel(case["values"], YEARS, case["target"], case["due"])
    cagr = first.cagr.copy()
    again = panel(case["values"], YEARS, case["target"], case["due"], out=first)
    assert again.cagr is first.cagr
    np.testing.assert_array_equal(again.cagr, cagr)


def test_panel_of_one_series() -> None:
    """A single series is a panel too."""
    found = panel([142.8, 300.0], [2023, 2025], 750, 2026)
    assert found.cagr.shape == (2,)
    assert found.completion[1] == pytest.approx(0.2588932806)
