"""The frames and figures that analysts work with: names in, ids beside names out, provenance through arithmetic."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import planbrief as pb
from planbrief.api.data import OBSERVATION_COLUMNS
from planbrief.api.frames import COMPARATORS, KINDS
from planbrief.display.frames import KNOWN, UNSEEN, table_of
from planbrief.display.language import has_message
from planbrief.errors import UnknownName
from planbrief.measures.figures import Figure, SenselessArithmetic
from planbrief.measures.verdicts import PAIR_STATUSES


@pytest.fixture(scope="module")
def data() -> pb.Data:
    return pb.load(sample=True)


@pytest.mark.parametrize("name", ["bazhong", "巴中", "巴中市", "Bazhong"])
def test_an_area_by_any_of_its_names(data, name):
    """Id, Chinese with and without its level, English: the same rows."""
    assert len(data.targets(name)) == len(data.targets("bazhong")) > 100


@pytest.mark.parametrize(
    "ask",
    [
        lambda d: d.targets("巴忠"),
        lambda d: d.observations("巴中", "gpd"),
        lambda d: d.observations(kind="actuals"),
        lambda d: d.observations(source="bazhong"),
        lambda d: d.figure("no-such-observation"),
        lambda d: d.compare(["巴中", "nowhere"]),
    ],
)
def test_unknown_names_raise(data, ask):
    """Nothing is silently empty because of a typing error."""
    with pytest.raises(UnknownName):
        ask(data)


def test_observations_are_tidy(data):
    """One row per printed number, documented columns, ordered categories, the ids of each row beside it."""
    frame = data.observations("巴中", "规上工业总产值")
    assert tuple(frame.columns) == OBSERVATION_COLUMNS
    assert tuple(frame["kind"].cat.categories) == KINDS
    assert frame["kind"].cat.ordered
    assert tuple(frame["comparator"].cat.categories) == COMPARATORS
    assert [ids == (obs_id,) for ids, obs_id in zip(frame["observations"], frame["obs_id"], strict=True)]
    whole = frame[(frame["period"] == "2023") & (frame["ref_area"] == "bazhong")]
    assert whole["value"].iloc[0] == 142.8


def test_an_area_without_targets_gives_an_empty_frame(data):
    """Zhaoqing's document sets none: empty, with the same columns."""
    frame = data.targets("肇庆")
    assert frame.empty
    assert tuple(frame.columns) == OBSERVATION_COLUMNS


def test_what_is_printed_twice_is_one_target(data):
    """A fact of table and text has one row with both ids."""
    frame = data.targets("巴中")
    assert frame["observations"].map(len).max() > 1
    assert not frame["obs_id"].duplicated().any()


def test_growth_has_rates_with_their_intervals(data):
    """142.8 to 750 in three years: 73.8 % a year, between what the rounding of both allows."""
    frame = data.growth("巴中")
    row = frame[(frame["indicator"] == "gross_output_above_designated") & (frame["stage"] == "planned")].iloc[0]
    assert row["rate"] == pytest.approx((750 / 142.8) ** (1 / 3) - 1)
    assert row["rate_low"] < row["rate"] < row["rate_high"]
    figure = data.figure(row, "rate")
    assert f"{figure:.1%}" == "73.8%"
    assert figure.formula == "(750 ÷ 142.8)^(1/3) − 1"
    assert len(figure.observations) >= 2


@pytest.mark.parametrize("name", ["progress", "structure", "growth"])
def test_every_frame_names_what_its_rows_are_about(data, name):
    """Names first, in the language asked for; ids in every row."""
    frame = getattr(data, name)("巴中", lang="en")
    assert list(frame.columns[:3]) == ["area_name", "name", "activity_name"]
    assert "observations" in frame.columns
    assert not [column for column in frame.columns if column.endswith("_zh")]
    if len(frame):
        assert frame["name"].str.isascii().any()


def test_audit_and_comparison_are_frames(data):
    """Findings worst first as ordered categories; pairs with a verdict and both ids."""
    findings = data.audit("巴中")
    assert findings["severity"].cat.ordered
    assert findings["severity"].iloc[0] == findings["severity"].max()
    pairs = data.compare(["巴中", "fuling"])
    assert set(pairs["status"]) <= set(PAIR_STATUSES)
    assert pairs["observations"].map(len).eq(2).all()


def level(value: float, unit: str = "亿元", half: float = 0.0, **more) -> Figure:
    """A synthetic figure."""
    return Figure(f"k{value}", value, "level", unit, (f"o{value}",), lower=value - half, upper=value + half, **more)


def test_like_units_add_and_divide():
    """Sources join, the unit is the first one's, the formula is that of the sum."""
    total = level(2.0) + level(30000.0, "万元")
    assert (total.value, total.unit) == (5.0, "亿元")
    assert total.observations == ("o2.0", "o30000.0")
    assert total.formula == "2亿元 + 30000万元"
    ratio = level(1.0) / level(4.0)
    assert (ratio.value, ratio.measure, ratio.unit) == (0.25, "multiple", "")
    assert f"{ratio:.0%}" == "25%"
    assert sum([level(1.0), level(2.0), level(3.0)]).value == 6.0


def test_unlike_units_divide_into_a_rate_per_unit():
    """亿元 by 万人 is 元 per head, in base units."""
    per_head = level(100.0) / level(50.0, "万人")
    assert per_head.unit == "元/人"
    assert per_head.value == pytest.approx(20_000)
    back = per_head * level(1.0, "万人")
    assert (back.unit, back.value) == ("元", pytest.approx(2e8))


def test_intervals_go_through_arithmetic():
    """The extremes at the corners."""
    quotient = level(10.0, half=1.0) / level(5.0, half=1.0)
    assert quotient.interval == pytest.approx((9 / 6, 11 / 4))
    difference = level(10.0, half=1.0) - level(5.0, half=0.5)
    assert difference.interval == (3.5, 6.5)


@pytest.mark.parametrize(
    "what",
    [
        lambda: level(1.0) + level(1.0, "家"),
        lambda: level(1.0) + Figure("r", 0.1, "rate"),
        lambda: level(1.0) * level(1.0),
        lambda: level(1.0) < level(1.0, "家"),
        lambda: Figure("s", 5.0, "share") / level(1.0),
    ],
)
def test_what_makes_no_sense_is_refused(what):
    """亿元 and 家, a level and a rate: one sentence that names both."""
    with pytest.raises(SenselessArithmetic) as caught:
        what()
    assert "1" in str(caught.value)


def test_a_stretch_without_a_start_gives_undefined_figures(data):
    """No value to start from: the year of the start is no number either, and the figure says why."""
    growth = data.growth("巴中")
    stretch = growth[growth["start_year"].isna()].iloc[0]
    assert data.figure(stretch, "rate").undefined == data.figure(stretch, "start").undefined == "no_base"
    assert data.figure(stretch, "end").value > 0


def test_a_divisor_of_zero_is_undefined_with_a_reason():
    """No exception, no substitute."""
    found = level(1.0) / level(0.0)
    assert math.isnan(found.value)
    assert found.undefined == "zero_divisor"
    assert math.isnan(found.lower)


@pytest.mark.parametrize(
    ("obs_id", "shown", "lower", "upper"),
    [
        ("guangdong-report-2026-01064", "90%", 85.0, 95.0),  # 9成
        ("guangdong-report-2026-06376", "70%", 70.0, 100.0),  # 7成以上
        ("chongqing-report-2026-02092", "−0.3", -math.inf, -0.3),  # a fall of more than 3成
    ],
)
def test_tenths_are_figures_in_percent(data, obs_id, shown, lower, upper):
    """9成 is nine tenths of a whole, 90 per cent, and never 9."""
    figure = data.figure(obs_id)
    assert str(figure) == shown
    assert (figure.lower, figure.upper) == pytest.approx((lower, upper))


def test_figures_compare_in_one_unit():
    """万元 and 亿元 are one dimension; a plain number is in the figure's own unit."""
    assert level(1.0) > level(9999.0, "万元")
    assert level(1.0) <= level(10000.0, "万元")
    assert level(3.0) > 2
    assert float(level(3.0)) == 3.0
    assert str(level(3.0)) == "3亿元"


def test_points_and_shares():
    """A share less a share is in points, and adds to a share again."""
    change = Figure("a", 40.0, "share") - Figure("b", 13.3, "share")
    assert (change.measure, change.value) == ("points", pytest.approx(26.7))
    assert (Figure("b", 13.3, "share") + change).measure == "share"
    assert (level(200.0) * Figure("s", 25.0, "share")).value == 50.0


def test_any_frame_becomes_a_table():
    """Named index as row heads, levels of columns joined, ids unseen, units in the head."""
    frame = pd.DataFrame({("output", "2023"): [1.5], ("output", "2026"): [2.0]}, index=pd.Index(["x"], name="city"))
    table = table_of(frame, "caption")
    assert [column.key for column in table.columns] == ["city", "output · 2023", "output · 2026"]
    assert table.columns[0].head
    own = pd.DataFrame({"name": ["a"], "value": [1.0], "unit": ["亿元"], "observations": [("o1",)]})
    table = table_of(own, units={"value": ""})
    assert [column.key for column in table.columns] == ["name", "value", "unit"]
    assert table.rows[0][1].observations == ("o1",)
    with pytest.raises(UnknownName):
        table_of(pd.DataFrame())


def test_the_package_shows_its_names_only():
    """dir() lists what is for users; import costs nothing heavy."""
    assert dir(pb) == sorted(pb.__all__)
    assert "巴中" in pb.load(sample=True)._repr_html_()


def test_years_are_whole_numbers_and_heads_are_words(data):
    """A legend says 2023, undated rows stay undated, and no column's own name stands on a page."""
    frame = data.observations("巴中")
    assert str(frame["year"].dtype) == "Int64"
    assert frame["year"].isna().any()
    assert str(frame["year"].dropna().iloc[0]).isdigit()
    assert len(table_of(frame[["name", "year", "observations"]]).rows) == len(frame)
    for one in (frame, data.structure("巴中"), data.progress("巴中"), data.growth("巴中")):
        assert not [
            name for name in set(one.columns) - UNSEEN if name not in KNOWN and not has_message(f"frame.{name}")
        ]
    parts = data.structure("巴中")[["name", "year", "parent", "share_of_parts_pct", "observations"]]
    assert "占各部分之和" in str([column.label for column in table_of(parts).columns])
