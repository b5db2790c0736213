"""Phrases → indicators: ways of writing agree, scopes and forms must, and what is merely near is no match."""

import pytest

from planbrief.reading.matching import Vocabulary, new_indicator

ROWS = [
    {"indicator": "gdp", "name_zh": "地区生产总值", "unit_measure": "亿元"},
    {"indicator": "gdp_growth", "name_zh": "地区生产总值增速", "unit_measure": "%"},
    {"indicator": "industry", "name_zh": "工业增加值", "unit_measure": "亿元"},
    {"indicator": "large_industry_growth", "name_zh": "规上工业增加值增速", "unit_measure": "%"},
    {"indicator": "urban_income", "name_zh": "城镇居民人均可支配收入", "unit_measure": "元"},
    {
        "indicator": "enterprises",
        "name_zh": "高新技术企业数量",
        "unit_measure": "户",
        "aliases": "高企;国家高新技术企业",
    },
]
UNITS = {"元": "money", "亿元": "money", "%": "percent", "户": "count", "家": "count"}


@pytest.mark.parametrize(
    ("phrase", "form", "unit", "indicator"),
    [
        ("GDP", "level", "万亿元", "gdp"),
        ("地区生产总值", "yoy", "%", "gdp_growth"),
        ("规模以上工业增加值", "yoy", "%", "large_industry_growth"),
        ("高新技术企业", "level", "万家", "enterprises"),
        ("高企", "level", "家", "enterprises"),
        ("工业增加值", "yoy", "%", ""),
        ("人均地区生产总值", "level", "元", ""),
        ("农村居民人均可支配收入", "level", "元", ""),
        ("地区生产总值", "level", "公里", ""),
        ("", "level", "", ""),
    ],
)
def test_matches(phrase, form, unit, indicator):
    """Scope (规上, 人均, 农村), form and dimension decide before likeness does."""
    found = Vocabulary(ROWS, UNITS).match(phrase, form, unit)
    assert (found.indicator if found else "") == indicator


def test_near_ones_are_suggested_with_their_score():
    """A near name is offered, below the score of a match."""
    (first, *_) = Vocabulary(ROWS, UNITS).suggestions("国家级高新技术企业", "level", "家")
    assert first.indicator == "enterprises"
    assert first.score < 0.9


def test_new_indicators_carry_their_form():
    """What the vocabulary lacks is proposed with name, unit and a theme."""
    new = new_indicator("森林蓄积量", "yoy", "%")
    assert (new.name_zh, new.unit_measure, new.theme) == ("森林蓄积量增速", "%", "green")
