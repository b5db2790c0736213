"""Numbers in both languages: rounding once, separators, units, money."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planbrief.display.quantities import (
    decimal_text,
    digits_of,
    figure_runs,
    interval_text,
    kept_beside,
    level_decimal,
    money_text,
    rounded,
    split_unit,
    value_text,
)
from planbrief.measures.figures import Figure


def figure(value: float, measure: str, unit: str = "", **more: Any) -> Figure:
    return Figure("k", value, measure, unit, **more)


@pytest.mark.parametrize(
    ("shown", "zh", "en"),
    [
        (figure(0.738182, "rate"), "73.8%", "73.8%"),
        (figure(142.8, "level", "亿元"), "142.8 亿元", "14.28 billion yuan"),
        (figure(750, "level", "亿元"), "750 亿元", "75 billion yuan"),
        (figure(1000, "level", "亿元"), "1000 亿元", "100 billion yuan"),
        (figure(4.1, "level", "亿元"), "4.1 亿元", "410 million yuan"),
        (figure(1.2, "level", "万亿元"), "1.2 万亿元", "1.2 trillion yuan"),
        (figure(500, "level", "元"), "500 元", "500 yuan"),
        (figure(12500, "count", "户"), "12,500 户", "12,500"),
        (figure(50, "level", "万亩"), "50 万亩", "500,000 mu"),
        (figure(24.5098, "multiple"), "24.5 倍", "24.5 times"),
        (figure(2.0, "multiple"), "2 倍", "2 times"),
        (figure(1.3333, "multiple"), "1.33 倍", "1.33 times"),
        (figure(1.2543, "years"), "1.25 年", "1.25 years"),
        (figure(4.6, "points"), "4.6 个百分点", "4.6 percentage points"),
        (figure(-4.64, "points"), "−4.6 个百分点", "−4.6 percentage points"),
        (figure(26.25, "share", formula="x"), "26.3%", "26.3%"),
        (figure(26, "share", comparator="ge", observations=("o",)), "26%以上", "at least 26%"),
        (figure(1000, "level", "亿元", comparator="ge"), "1000 亿元以上", "at least 100 billion yuan"),
        (figure(3, "level", "个", comparator="gt"), "超过 3 个", "more than 3"),
        (figure(10, "level", "%", comparator="le"), "10%以内", "at most 10%"),
        (figure(10, "level", "公里", comparator="lt"), "不足 10 公里", "less than 10 km"),
        (figure(10, "level", "亿元", comparator="approx"), "约 10 亿元", "about 1 billion yuan"),
    ],
)
def test_a_figure_reads_as_people_write_it(shown: Figure, zh: str, en: str):
    """Measure, unit and bound decide how a number is written in each language."""
    assert value_text(shown, "zh") == zh
    assert value_text(shown, "en") == en


def test_a_range_shows_both_ends_and_one_unit():
    """50—100万亩 keeps both ends; the unit stands once."""
    both = figure(50, "level", "万亩", comparator="range", lower=50, upper=100)
    assert value_text(both, "zh") == "50–100 万亩"
    assert value_text(both, "en") == "500,000 to 1,000,000 mu"


def test_a_narrow_computed_range_gets_a_decimal_more():
    """What rounding leaves open of 73.8 % shows only with two decimals; a printed range keeps its own."""
    open_rate = figure(0.738245, "rate", formula="x", lower=0.738042, upper=0.738448, comparator="range")
    assert value_text(open_rate, "zh") == "73.80%–73.84%"
    assert value_text(open_rate, "en") == "73.80 to 73.84%"
    wide = figure(5.4366, "rate", formula="x", lower=5.114, upper=5.84, comparator="range")
    assert value_text(wide, "zh") == "511.4%–584.0%"


def test_printed_digits_survive():
    """A source that prints 5.0 or 12.0 is shown with that zero, also as billions of yuan."""
    assert value_text(figure(5.0, "share", observations=("o",)), "zh", "5.0") == "5.0%"
    assert value_text(figure(12.0, "level", "亿元"), "en", "12.0") == "1.20 billion yuan"
    assert value_text(figure(0.102, "rate", observations=("o",)), "en", "10.2") == "10.2%"


@pytest.mark.parametrize(
    ("given", "zh"),
    [
        (figure(15.0, "points", formula="|80 − 65|", observations=("a", "b")), "15 个百分点"),
        (figure(2.0, "points", formula="|5.5 − 3.5|", observations=("a", "b")), "2.0 个百分点"),
        (figure(0.3, "rate", observations=("a",), comparator="gt"), "超过 30%"),
    ],
)
def test_whole_numbers_make_whole_numbers(given: Figure, zh: str):
    """80 less 65 is 15, three tenths are 30 %; what lies between decimals keeps one."""
    assert value_text(given, "zh") == zh


@pytest.mark.parametrize(
    ("value", "comparator", "en", "kept"),
    [(9.0, "eq", "90%", "9 成"), (7.5, "ge", "at least 75%", "7.5 成"), (0.7, "lt", "less than 7%", "0.7 成")],
)
def test_tenths_are_per_cent_in_english(value: float, comparator: str, en: str, kept: str):
    """九成 is 90% with the printed form beside it; Chinese keeps its 成, and so does a column of them."""
    share = Figure("k", value, "level", "成", ("a",), comparator=comparator)
    assert value_text(share, "en") == en
    assert kept_beside(share, "en") == kept
    assert value_text(share, "zh", bound=False) == kept
    assert value_text(share, "en", bound=False, bare=True) == kept.removesuffix(" 成")


def test_one_point_is_singular():
    """1 percentage point, not points."""
    assert value_text(figure(1.0, "points", observations=("a",)), "en") == "1 percentage point"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.04, "0.04"), (-0.003, "-0.003"), (0.0, "0.0"), (1e-12, "0.0"), (2.34, "2.3")]
)
def test_a_small_change_does_not_read_as_none(value: float, shown: str):
    """3.38 to 3.42 % is no change of 0.0 points; what only floating point leaves is."""
    assert str(digits_of(value, Figure("k", value, "points", "", ("a", "b"), "x − y"))) == shown


def test_equal_numbers_with_other_digits_do_not_mix_in_the_cache():
    """26.0 and 26 are one number but two spellings."""
    assert decimal_text(Decimal("26.0"), "zh") == "26.0"
    assert decimal_text(Decimal("26"), "zh") == "26"


def test_an_undefined_figure_gives_its_reason():
    """NaN is never printed."""
    nothing = figure(math.nan, "rate", undefined="start_not_positive")
    assert value_text(nothing, "en") == "the starting level is not above zero"
    assert "nan" not in value_text(figure(math.nan, "level"), "zh")


def test_english_keeps_the_printed_money_beside_its_own():
    """75 billion yuan (750 亿元), the Chinese part marked as Chinese."""
    runs = figure_runs(figure(750, "level", "亿元"), "en")
    assert [run.text for run in runs if run.mark is None] == [" (", "750 亿元", ")"]
    assert runs[2].lang == "zh"
    assert kept_beside(figure(750, "level", "亿元"), "zh") == ""


def test_an_interval_is_a_note_with_one_decimal_more():
    """What rounding leaves open is told beside the figure."""
    rate = figure(0.738182, "rate", lower=0.7377, upper=0.7387, formula="x")
    assert interval_text(rate, "zh") == "取值区间 73.77%–73.87%"
    assert figure_runs(rate, "en")[0].mark.note == "possible range 73.77% to 73.87%"
    open_end = figure(0.7, "rate", lower=0.7, upper=math.inf)
    assert interval_text(open_end, "en") == "possible range 70.00% or more"


def test_rounding_is_half_up_on_the_decimal_number():
    """0.125 and 2.675 round as a reader does it by hand, whatever their binary form."""
    assert [str(rounded(value, 2)) for value in (0.125, 2.675, -0.125, -0.001)] == ["0.13", "2.68", "-0.13", "0.00"]


@given(st.decimals("0.001", "99999", places=3), st.integers(0, 12))
def test_money_moves_the_point_and_loses_no_digit(amount: Decimal, power: int):
    """The English amount times its scale is the printed amount."""
    digits, unit = money_text(amount, power, "yuan")
    scale = {"trillion yuan": 12, "billion yuan": 9, "million yuan": 6, "yuan": 0}[unit]
    assert Decimal(digits.replace(",", "")).scaleb(scale) == amount.scaleb(power)


@given(st.floats(1e-6, 1e9))
def test_a_level_is_shown_close_to_its_value(value: float):
    """Whatever is left out of a level is less than one percent of it."""
    assert float(level_decimal(value, computed=True)) == pytest.approx(value, rel=0.01)


@pytest.mark.parametrize(
    ("unit", "split"),
    [
        ("亿元", (8, "元")),
        ("万千瓦", (4, "千瓦")),
        ("千瓦", (0, "千瓦")),
        ("万亿立方米", (12, "立方米")),
        ("户", (0, "户")),
    ],
)
def test_units_split_into_power_and_base(unit: str, split: tuple[int, str]):
    """千 in 千瓦 belongs to the unit, 千 in 千亿元 multiplies."""
    assert split_unit(unit) == split


def test_a_multiplier_is_said_once() -> None:
    """1.9 万家 is 19,000: the multiplier in front of a classifier is in the number and no word behind it."""
    from planbrief.display.quantities import level_text

    assert level_text([Decimal("1.9")], "万家", "en") == "19,000"
    assert level_text([Decimal(951)], "万户", "en") == "9.51 million"
    assert level_text([Decimal(107)], "万人", "en") == "1.07 million people"


@pytest.mark.parametrize(
    ("value", "half", "shown"),
    [
        (133079.8, 110, "133,100 yuan per person"),
        (13.3079, 0.02, "13.3 yuan per person"),
        (7.9, 5, "7.9 yuan per person"),
    ],
)
def test_a_quotient_claims_no_digit_that_its_inputs_leave_open(value: float, half: float, shown: str):
    """Digits below the rounding of what was divided are noise; two are always kept."""
    figure = Figure(
        "a", value, "level", "元/人", formula="1428亿元 ÷ 107.3万人", lower=value - half, upper=value + half
    )
    assert value_text(figure, "en") == shown
