"""Units: multipliers in front of base units, and no arithmetic between unlike ones."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planbrief.errors import PlanbriefError, UnknownName
from planbrief.targets import units


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (142.8, "亿元", 142.8e8),
        (1.5, "万亿元", 1.5e12),
        (0.75, "千亿元", 7.5e10),
        (3, "百万元", 3e6),
        (2, "十亿元", 2e9),
        (12, "万辆", 120_000),
        (263.1, "万人", 2_631_000),
        (1.4, "万亿立方米", 1.4e12),
        (90, "万千瓦", 9e8),
        (500, "千伏", 5e5),
        (24.09, "平方公里", 24.09e6),
        (1, "万亩", 1e4 * 10_000 / 15),
        (15, "亩", 10_000),
        (3, "GWh", 3e6),
        (63, "%", 63),
        (4.6, "个百分点", 4.6),
        (29517, "元", 29517),
        (500, "元/亩", 500 / (10_000 / 15)),
    ],
)
def test_to_base(value: float, unit: str, expected: float) -> None:
    """A printed amount in base units."""
    assert units.to_base(value, unit) == pytest.approx(expected, rel=1e-12)


def test_a_printed_amount_stays_exact() -> None:
    """142.8 亿元 is 14 280 000 000 元, not that plus binary noise."""
    assert units.to_base(142.8, "亿元") == 14_280_000_000


def test_arrays_and_index() -> None:
    """pandas in, pandas out; a column of units beside a column of values."""
    values = pd.Series([1.0, 2.0], index=["a", "b"])
    pd.testing.assert_series_equal(units.to_base(values, "万元"), values * 1e4)
    mixed = units.to_base(values, pd.Series(["万元", "亿元"], index=["a", "b"]))
    pd.testing.assert_series_equal(mixed, pd.Series([1e4, 2e8], index=["a", "b"]))
    np.testing.assert_array_equal(units.to_base([1, 2], "万元"), [1e4, 2e4])


@pytest.mark.parametrize("pair", [("亿元", "%"), ("%", "个百分点"), ("亿元", "万美元"), ("万亩", "万人"), ("个", "人")])
def test_unlike_units_never_meet(pair: tuple[str, str]) -> None:
    """Converting between unlike units is an error that names both."""
    with pytest.raises(units.UnlikeUnits, match=pair[1]):
        units.convert(1, *pair)
    with pytest.raises(PlanbriefError, match=pair[0]):
        units.convert(1, *pair)


def test_errors_survive_pickling() -> None:
    """The error keeps its fields."""
    error = pickle.loads(pickle.dumps(units.UnlikeUnits("亿元", "money", "%", "percent")))
    assert (error.unit, error.other_dimension) == ("亿元", "percent")


def test_unknown_unit_names_the_known_ones() -> None:
    """A unit whose base is not in the table is refused."""
    with pytest.raises(UnknownName, match="光年"):
        units.to_base(1, "万光年")


@given(
    value=st.floats(-1e9, 1e9),
    pair=st.sampled_from([("亿元", "万元"), ("万亩", "公顷"), ("万千瓦", "GW"), ("公里", "米"), ("亿吨", "公斤")]),
)
def test_conversion_goes_back(value: float, pair: tuple[str, str]) -> None:
    """Converting there and back changes nothing."""
    there = units.convert(value, *pair)
    assert units.convert(there, pair[1], pair[0]) == pytest.approx(value, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("unit", "english"),
    [
        ("亿元", "100 million yuan"),
        ("万亿元", "trillion yuan"),
        ("万亩", "10,000 mu"),
        ("个百分点", "percentage points"),
        ("万千瓦", "10,000 kW"),
        ("平方公里", "km²"),
        ("%", "%"),
        ("家", ""),
        ("万户", "10,000"),
        ("1", ""),
        ("元/平方米", "yuan per m²"),
        ("元/人", "yuan per person"),
        ("万元/辆", "10,000 yuan per vehicle"),
        ("吨/小时", "tonnes per hour"),
        ("人/万人", "people per 10,000 people"),
        ("光年", ""),
    ],
)
def test_english(unit: str, english: str) -> None:
    """English for a printed unit; classifiers and unknown units have none."""
    assert units.english(unit) == english


def test_own_tables(tmp_path: Path) -> None:
    """Another table can be given as path, rows, frame or table."""
    rows = [{"unit": "斤", "dimension": "mass", "factor": "0.5", "name_zh": "斤", "name_en": "jin"}]
    path = tmp_path / "units.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    frame = pd.DataFrame(rows).set_index("unit")
    for source in (rows, frame, path, str(path), units.table(rows)):
        assert units.to_base(2, "万斤", units=source) == 10_000
        assert units.english("万斤", units=source) == "10,000 jin"


def test_a_multiplier_alone_counts_without_a_unit() -> None:
    """3500万 users are ten thousands of nothing named; a letter or an empty unit is still unknown."""
    table = units.table()
    assert (table.parse("万").factor, table.parse("亿").dimension) == (10_000, "dimensionless")
    assert table.parse("万吨/日").dimension == "mass/days"
    with pytest.raises(UnknownName):
        table.parse("")
