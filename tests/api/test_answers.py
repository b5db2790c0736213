"""What an analyst asks of the data, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

import planbrief as pb
from planbrief.measures.figures import Figure, SenselessArithmetic

OUTPUT = "规上工业总产值"


@pytest.fixture(scope="module")
def data():
    """The data of the sample."""
    return pb.load(sample=True)


def level(value, unit="亿元", year="2027", **other):
    """An invented amount with an invented observation behind it."""
    return Figure(f"{value}{unit}{year}", value, "level", unit, (f"obs-{value}{unit}",), year=year, **other)


def test_growth_between_any_two_years(data):
    """For a stretch of the plan as the table has it; for any other by the formula."""
    planned = data.growth("巴中", OUTPUT, activity="", stage="planned").iloc[0]
    asked = data.growth("巴中", OUTPUT, activity="", start=2023, end=2026).iloc[0]
    for column in ("rate", "rate_low", "rate_high", "multiple", "increment"):
        assert asked[column] == pytest.approx(planned[column]), column
    long = data.growth("巴中", OUTPUT, activity="", start=2023, end=2035).iloc[0]
    assert long["rate"] == pytest.approx((long["end"] / long["start"]) ** (1 / 12) - 1)
    assert data.figure(long, "rate").observations == long["observations"]


def test_progress_with_a_value_that_nobody_has_printed(data):
    """An answer, not a change: the data stay as they are."""
    before = len(data.observations())
    behind = data.progress("巴中", OUTPUT, activity="", new={2025: 150})
    assert set(behind["verdict_geometric"]) == {"behind"}
    assert len(data.observations()) == before
    assert data.progress("巴中", OUTPUT).empty


@pytest.mark.parametrize(
    "ask",
    [
        lambda data: data.targets("zhaoqing"),
        lambda data: data.progress("bazhong"),
        lambda data: data.structure("qijiang"),
        lambda data: data.growth("qijiang"),
        lambda data: data.observations("fuling", kind="constraint"),
    ],
)
def test_an_empty_frame_says_why(data, ask):
    """Nothing is silently empty, in Lab and in plain Python; columns stay."""
    found = ask(data)
    assert found.empty
    assert len(found.columns) > 5
    assert len(found.attrs["why_empty"]) > 5
    assert repr(found) == found.attrs["why_empty"]
    assert "<p>" in found._repr_html_()


def test_filters_narrow_and_are_checked(data):
    """By indicator, activity, year and kind; an unknown word is no filter."""
    found = data.targets("巴中", OUTPUT, activity="", period=2027)
    assert found["value"].tolist() == [1000.0]
    assert set(data.observations("巴中", period=2027, kind="target")["year"]) == {2027.0}
    for ask in (
        lambda: data.targets("巴中", "gpd"),
        lambda: data.growth("巴中", "gpd"),
        lambda: data.growth("巴中", stage="plan"),
        lambda: data.growth("巴中", start=2030, end=2026),
        lambda: data.compare(["巴中"]),
    ):
        with pytest.raises(pb.UnknownName):
            ask()


def test_categories_are_ordered(data):
    """What has an order is an ordered category in every frame."""
    for frame, column in (
        (data.growth("巴中"), "stage"),
        (data.compare(), "status"),
        (data.audit("巴中"), "severity"),
        (data.targets("巴中"), "kind"),
    ):
        assert isinstance(frame[column].dtype, pd.CategoricalDtype), column
        assert frame[column].cat.ordered, column


def test_a_finding_is_a_sentence(data):
    """The audit's questions in words, without marks of emphasis."""
    for text in data.audit("巴中")["text"]:
        assert len(text) > 10
        assert "**" not in text
        assert "{" not in text


def test_a_yearly_rate_is_a_rate(data):
    """Growth in percent becomes a fraction, so that it formats as one."""
    rows = data.observations("巴中")
    row = rows[rows["transformation"] == "avg_annual"].iloc[0]
    found = data.figure(row)
    assert found.measure == "rate"
    assert found.value == pytest.approx(row["value"] / 100)


def test_shares_growth_and_conversion():
    """A part of a whole, growth to a later amount, another unit of one dimension."""
    assert level(250).share_of(level(1000)).value == 25
    grown = level(100, year="2023").growth_to(level(121, year="2025"))
    assert grown.value == pytest.approx(0.1)
    assert grown.formula.endswith("^(1/2) − 1")
    assert (level(2.5).to("万元").value, level(2.5).to("万元").unit) == (25000, "万元")
    assert sum([level(1), level(2), level(3)]).value == 6


@pytest.mark.parametrize(
    "what",
    [
        lambda: level(1, "家") + level(1, "个"),
        lambda: level(1, "家") / level(1, "个"),
        lambda: level(1, price_base="constant_2020") + level(1, price_base="current"),
        lambda: level(1, price_base="constant_2020") / level(1, price_base="current"),
        lambda: level(1, price_base="constant_2020") < level(1, price_base="current"),
        lambda: level(1, year="2026") + level(1, year="2027"),
        lambda: level(1, year="").growth_to(level(2, year="")),
        lambda: level(1, year="2027").growth_to(level(2, year="2026")),
        lambda: level(1).share_of(level(1, "万人")),
        lambda: level(1).to("万人"),
        lambda: Figure("a", 0.1, "rate", observations=("a",)) + Figure("b", 0.1, "rate", observations=("b",)),
        lambda: Figure("a", 0.1, "rate").to("亿元"),
    ],
)
def test_what_makes_no_sense_is_refused(what):
    """Unlike countings, unlike prices, sums over years, sums of rates."""
    with pytest.raises(SenselessArithmetic):
        what()
