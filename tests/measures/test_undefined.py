"""Reasons: every undefined case has one, every defined case has none."""

from __future__ import annotations

import inspect
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planbrief.errors import UnknownName
from planbrief.measures import explain_undefined, growth, progress, reason, structure
from planbrief.measures.registry import MEASURES, REASONS

VECTORS = json.loads((Path(__file__).parent / "method_vectors.json").read_text(encoding="utf-8"))
NUMBERS = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 100.0, 2024.0, 2026.0, math.nan])
ELEMENTWISE = [
    (name, tuple(arg for arg in inspect.signature(known.function).parameters if arg not in ("shape", "lang")))
    for name, known in MEASURES.items()
    if known.elementwise
]


def undefined(result: Any) -> bool:
    """Whether a result or one of its fields is NaN."""
    items = result if isinstance(result, tuple) else (result,)
    return any(isinstance(item, float) and math.isnan(item) for item in items)


@pytest.mark.parametrize(("name", "arguments"), ELEMENTWISE, ids=lambda value: str(value)[:40])
@given(data=st.data())
def test_a_reason_exactly_where_undefined(name: str, arguments: tuple[str, ...], data: st.DataObject) -> None:
    """NaN has a reason of its own, a number has none."""
    args = {argument: data.draw(NUMBERS) for argument in arguments}
    result = MEASURES[name].function(**args)
    key = reason(name, **args)
    assert bool(key) == undefined(result)
    assert key != "other", args


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["function"])
def test_vectors_explain_themselves(vector: dict[str, Any]) -> None:
    """Every case that expects NaN is explained in both languages, every other is not."""
    if vector["function"] not in MEASURES:
        return
    texts = [explain_undefined(vector["function"], lang=lang, **vector["args"]) for lang in ("zh", "en")]
    expected = vector["expected"]
    fields = expected.values() if isinstance(expected, dict) else [expected]
    missing = any(value is None for value in fields) and vector["function"] != "wording.interval"
    assert all(bool(text) == missing for text in texts) or (isinstance(expected, dict) and not missing)


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("growth.least_squares_growth", {"years": [2023], "values": [1]}, "too_few_points"),
    ("growth.least_squares_growth", {"years": [2023, 2024], "values": [1, None]}, "too_few_points"),
    ("growth.least_squares_growth", {"years": [2023, 2024], "values": [1, 0]}, "value_not_positive"),
    ("growth.accumulative_growth", {"base": 0, "levels": [1]}, "base_not_positive"),
    ("growth.accumulative_growth", {"base": 1, "levels": []}, "no_levels"),
    ("growth.accumulative_growth", {"base": 1, "levels": [1, -3]}, "levels_negative"),
    ("growth.accumulative_growth", {"base": 1, "levels": [1, None]}, "missing_value"),
    ("growth.average_rate", {"rates": [0.1, -1.2]}, "rate_below_minus_one"),
    ("growth.average_rate", {"rates": []}, "no_levels"),
    ("growth.path", {"milestones": [[2023, 1], [2026, 2]], "year": 2030, "shape": "linear"}, "year_outside"),
    ("growth.path", {"milestones": [[2023, 0], [2026, 2]], "year": 2024, "shape": "geometric"}, "value_not_positive"),
    ("growth.path", {"milestones": [[2023, 0], [2023, 2]], "year": 2023, "shape": "linear"}, "milestone_conflict"),
    ("growth.path", {"milestones": [[2023, 1]], "year": None, "shape": "linear"}, "missing_value"),
    (
        "progress.time_ahead",
        {"milestones": [[2023, 1], [2026, 2]], "year": 2024, "value": 3, "shape": "linear"},
        "value_outside",
    ),
    (
        "progress.anticipated_progress",
        {"series": [[2023, 1], [2030, 2]], "target": 3, "target_year": 2030, "base": 1, "direction": 1},
        "point_at_target",
    ),
    (
        "progress.anticipated_progress",
        {"series": [[2023, 1]], "target": 3, "target_year": 2030, "base": 1, "direction": 1},
        "too_few_points",
    ),
    (
        "progress.anticipated_progress",
        {"series": [[2023, 3], [2024, 2]], "target": 3, "target_year": 2030, "base": 3, "direction": 1},
        "no_gap_at_start",
    ),
    ("structure.contribution", {"parts0": [1, 1], "parts1": [1, 1]}, "total_unchanged"),
    ("structure.contribution", {"parts0": [0, 0], "parts1": [1, 1]}, "total_not_positive"),
    (
        "structure.shift_share",
        {"region0": [1, 1], "region1": [1, 1], "nation0": [0, 2], "nation1": [1, 1]},
        "industry_absent",
    ),
    ("ranges.cagr_range", {"base": [0, 0], "value": [1, 2], "years": 1}, "base_not_positive"),
    ("ranges.cagr_range", {"base": [2, 1], "value": [1, 2], "years": 1}, "interval_reversed"),
    ("ranges.cagr_range", {"base": [1, math.nan], "value": [1, 2], "years": 1}, "missing_value"),
    ("ranges.completion_range", {"base": [1, 2], "value": [1, 2], "target": [2, 3]}, "intervals_touch"),
    ("ranges.rounding", {"value_text": "——"}, "no_figure"),
    ("wording.interval", {"text": "63%、70%"}, "no_figure"),
]


@pytest.mark.parametrize(("function", "args", "key"), CASES)
def test_reasons(function: str, args: dict[str, Any], key: str) -> None:
    """The reason that an editor would give."""
    assert reason(function, **args) == key
    assert explain_undefined(function, lang="en", **args) == REASONS[key][1]


def test_fields_have_their_own_reasons() -> None:
    """A field of a result can be defined while another is not."""
    args = {"value": 0, "year": 2025, "target": 5, "target_year": 2027, "direction": 1}
    assert reason("progress.required_growth", field="rate", **args) == "value_not_positive"
    assert reason("progress.required_growth", field="increment_per_year", **args) == ""
    assert reason(structure.share_change, field="gap_closed", share0=100, share1=100) == "share_full"
    with pytest.raises(UnknownName, match="gap_closed"):
        reason("structure.share_change", field="gap", share0=1, share1=2)


def test_a_field_is_undefined_for_its_own_reasons_only() -> None:
    """A target year that is none says nothing of the growth that was achieved, and the other way round."""
    years = {"base_year": 2020, "year": 2023, "target_year": 2020}
    achieved = progress.growth_ratio(base=100, value=121, target=150, **years)
    assert math.isnan(achieved.required)
    assert achieved.actual > 0
    said = reason("progress.growth_ratio", field="actual", base=100, value=-1, target=150, **years)
    assert said == "value_negative"


def test_a_rate_of_nothing_over_unknown_years_is_undefined() -> None:
    """1 ** NaN is 1: a level that does not grow would look known where nobody knows for how long."""
    assert math.isnan(growth.implied_level(100, 0.0, math.nan))
    assert reason("growth.implied_level", base=100, rate=0.0, years=math.nan) == "missing_value"
    assert growth.implied_level(0, 0.5, 3) == 0.0


def test_arrays_are_explained_element_by_element() -> None:
    """One reason per element, index kept."""
    found = explain_undefined(
        "growth.cagr", lang="en", start=pd.Series([0, 1, 1], index=list("abc")), end=[1, -1, 2], years=1
    )
    assert found.to_dict() == {"a": REASONS["start_not_positive"][1], "b": REASONS["end_negative"][1], "c": ""}
    gaps = explain_undefined(
        progress.schedule_gap, base=np.array([1.0, 0.0]), value=1, target=2, base_year=1, year=2, target_year=3,
        shape="geometric",
    )  # fmt: skip
    assert list(map(bool, gaps)) == [False, True]


def test_unknown_functions_and_languages() -> None:
    """What is no measure is refused with the list of measures."""
    with pytest.raises(UnknownName, match=r"growth\.cagr"):
        explain_undefined("growth.cagar", start=1)
    with pytest.raises(UnknownName, match="measure"):
        explain_undefined(math.sqrt, x=1)
    with pytest.raises(UnknownName, match="zh, en"):
        explain_undefined("growth.cagr", lang="fr", start=1, end=1, years=1)
