"""Wording: the interval, comparator and ratio that words around a number state."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planbrief.targets import names, wording

OPEN = math.nan


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("63%以上", (63, OPEN, True)),
        ("６３％以上", (63, OPEN, True)),
        ("63%（含）以上", (63, OPEN, True)),
        ("63%以上（不含63%）", (63, OPEN, False)),
        ("不低于5%", (5, OPEN, True)),
        ("不得低于5%", (5, OPEN, True)),
        ("不少于1,000户", (1000, OPEN, True)),
        ("不小于5", (5, OPEN, True)),
        ("至少3个", (3, OPEN, True)),
        ("≥63%", (63, OPEN, True)),
        (">=63", (63, OPEN, True)),
        ("100+", (100, OPEN, True)),
        ("百余家", (100, OPEN, True)),
        ("1000多家", (1000, OPEN, True)),
        ("千亿级", (1000, OPEN, True)),
        ("500亿元级", (500, OPEN, True)),
        ("突破1000亿元", (1000, OPEN, True)),
        ("突破万亿", (10000, OPEN, True)),
        ("达到63%以上", (63, OPEN, True)),
        ("增长30%以上", (30, OPEN, True)),
        ("到2035年达到3500亿元以上", (3500, OPEN, True)),
        ("年满18周岁", (18, OPEN, True)),
        ("超过1000亿元", (1000, OPEN, False)),
        ("超50", (50, OPEN, False)),
        ("大于70%", (70, OPEN, False)),
        ("高于5", (5, OPEN, False)),
        ("逾50", (50, OPEN, False)),
        (">70", (70, OPEN, False)),
        ("＞70", (70, OPEN, False)),
        ("5公里以外", (5, OPEN, False)),
        ("不超过50", (OPEN, 50, True)),
        ("不高于50", (OPEN, 50, True)),
        ("控制在24.09万亩以内", (OPEN, 24.09, True)),
        ("100以下", (OPEN, 100, True)),
        ("最多5个", (OPEN, 5, True)),
        ("≤5", (OPEN, 5, True)),
        ("不满16", (OPEN, 16, False)),
        ("不足100", (OPEN, 100, False)),
        ("不到100", (OPEN, 100, False)),
        ("小于5", (OPEN, 5, False)),
        ("低于5", (OPEN, 5, False)),
        ("＜５", (OPEN, 5, False)),
        ("50—60家", (50, 60, True)),
        ("50-60", (50, 60, True)),
        ("50~60", (50, 60, True)),
        ("50至60", (50, 60, True)),
        ("50到60家", (50, 60, True)),
        ("50%—60%", (50, 60, True)),
        ("50—100万", (50, 100, True)),
        ("80万—1亿", (0.008, 1, True)),
        ("50±5", (45, 55, True)),
        ("三至五家", (3, 5, True)),
        ("不低于50%且不超过60%", (50, 60, True)),
        ("大于50小于60", (50, 60, False)),
        ("达到63%", (63, 63, True)),
        ("142.8", (142.8, 142.8, True)),
        ("高于全市4.6个百分点", (4.6, 4.6, True)),
        ("由58%提高到63%", (63, 63, True)),
        ("由58%提高到63%以上", (63, OPEN, True)),
        ("-0.5", (-0.5, -0.5, True)),
        ("100左右", (99.5, 100.5, True)),
        ("约142.8", (142.75, 142.85, True)),
        ("近1000", (999.5, 1000.5, True)),
        ("近百家", (50, 150, True)),
        ("三倍以上", (3, OPEN, True)),
        ("百分之六十三以上", (63, OPEN, True)),
    ],
)
def test_interval(text: str, expected: tuple[float, float, bool]) -> None:
    """The interval of a wording; ends that the wording leaves open are NaN."""
    assert tuple(wording.interval(text)) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("63%以上", (63, 100)),
        ("大于70%", (70, 100)),
        ("16%以下", (0, 16)),
        ("不超过5%", (0, 5)),
        ("63%", (63, 63)),
        ("三分之一以上", (100 / 3, 100)),
        ("七成以上", (70, 100)),
        ("约100%", (99.5, 100)),
    ],
)
def test_a_share_ends_at_0_and_100(text: str, expected: tuple[float, float]) -> None:
    """Only a share has these ends."""
    assert tuple(wording.interval(text, share=True))[:2] == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "——", "完成省下达任务", "63%、70%", "2035年", None])
def test_no_single_figure(text: str | None) -> None:
    """Without one figure or range there is no interval."""
    low, high, closed = wording.interval(text)
    assert math.isnan(low)
    assert math.isnan(high)
    assert closed is False


def test_columns_keep_their_index() -> None:
    """A Series of texts gives Series."""
    found = wording.interval(pd.Series(["63%以上", "50—60"], index=["a", "b"]))
    pd.testing.assert_series_equal(found.lower, pd.Series([63.0, 50.0], index=["a", "b"]))
    assert found.closed.tolist() == [True, True]
    np.testing.assert_array_equal(wording.interval(["5以内"]).upper, [5.0])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("63%以上", "ge"),
        ("超过50", "gt"),
        ("5以内", "le"),
        ("不足5", "lt"),
        ("约5", "approx"),
        ("5—6", "range"),
        ("达到5", "eq"),
        ("", ""),
    ],
)
def test_comparator(text: str, code: str) -> None:
    """The vocabulary of the observations."""
    assert wording.comparator(text) == code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("增长三倍", 4),
        ("增长1.5倍", 2.5),
        ("增加一倍", 2),
        ("增长到三倍", 3),
        ("增至2020年的3倍", 3),
        ("是2020年的3倍", 3),
        ("翻一番", 2),
        ("翻番", 2),
        ("翻两番", 4),
        ("比2020年翻一番", 2),
    ],
)
def test_ratio(text: str, value: float) -> None:
    """增长N倍 is N + 1, 增长到N倍 is N, 翻N番 is 2 to the N."""
    assert wording.ratio(text) == value


def test_no_ratio() -> None:
    """A rate states no multiple."""
    assert math.isnan(wording.ratio("增长30%"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("十", 10), ("二十五", 25), ("一百零五", 105), ("三千二百", 3200), ("十二万三千", 123_000)),
        *(("二亿五千万", 250_000_000), ("三点五", 3.5), ("两", 2), ("二〇三五", 2035), ("万亿", 10**12)),
    ],
)
def test_chinese_numerals(text: str, value: float) -> None:
    """Place value, large units, decimals and digit strings."""
    assert float(names.chinese_value(text)[0]) == value


@given(st.decimals(0, 10**6, places=2), st.sampled_from(["{}以上", "不低于{}", "约{}", "{}", "不超过{}"]))
def test_every_interval_holds_its_figure(value: object, form: str) -> None:
    """Whatever the wording, the printed number is in or at the end of its interval."""
    low, high, _ = wording.interval(form.format(value))
    assert math.isnan(low) or low <= float(str(value))
    assert math.isnan(high) or float(str(value)) <= high


@given(st.text(max_size=30))
def test_any_text_is_understood_or_not(text: str) -> None:
    """No text raises, and no interval is the wrong way round."""
    low, high, _ = wording.interval(text)
    assert math.isnan(low) or math.isnan(high) or low <= high
    wording.comparator(text)
    wording.rounding(text)
