"""The grammar on invented sentences: each says which construction of Chinese statistical prose it stands for."""

import pytest

from planbrief.reading.draft_rows import described
from planbrief.reading.forms.plain import read_plain
from planbrief.reading.grammar.prose import Grammar

HEAD = "2026年某省政府工作报告\n——2026年1月20日在某省第十四届人民代表大会上\n"


def read(sentence, head="", area="某省"):
    """Rows of a sentence below a head, as (printed, cells or reason)."""
    text = HEAD + (head + "\n" if head else "") + sentence
    skipped = len(text) - len(sentence)
    return [row for row in Grammar(text, area).rows() if row.start >= skipped]


def cells(sentence, head="", *names):
    """The named cells of each observation of a sentence."""
    names = names or ("indicator_phrase", "obs_value", "unit_measure")
    return [tuple(row.cells[name] for name in names) for row in read(sentence, head) if row.role == "observation"]


PAST = "一、2025年工作回顾"
FUTURE = "三、2026年工作安排"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("粮食产量达到120亿斤，增长3.2%。", [("粮食产量", "120", "亿斤"), ("粮食产量", "3.2", "%")]),
        ("高新技术企业、专精特新企业分别增长5%、7%。", [("高新技术企业", "5", "%"), ("专精特新企业", "7", "%")]),
        (
            "城镇、农村居民人均可支配收入分别增长4%、5%。",
            [("城镇居民人均可支配收入", "4", "%"), ("农村居民人均可支配收入", "5", "%")],
        ),
        ("新增规上企业30家、上云企业2万家。", [("新增规上企业", "30", "家"), ("上云企业", "2", "万家")]),
        ("实施30个节水项目。", [("节水项目", "30", "个")]),
        ("森林覆盖率提高到40%。", [("森林覆盖率", "40", "%")]),
    ],
)
def test_subjects(sentence, expected):
    """Names in front, carried over, paired by 分别, shared heads, behind a counting word."""
    assert cells(sentence, PAST) == expected


@pytest.mark.parametrize(
    ("sentence", "value", "comparator", "transformation"),
    [
        ("能耗强度下降4.2%。", "-4.2", "eq", "yoy"),
        ("一般性支出下降超12%。", "-12", "lt", "yoy"),
        ("能耗强度降至4.2。", "4.2", "eq", "level"),
        ("失业率控制在5.5%以内。", "5.5", "le", "share"),
        ("失业率下降0.3个百分点。", "-0.3", "eq", "difference_pp"),
        ("工业增速高于全国1.5个百分点。", "1.5", "eq", "difference_pp"),
        ("工业增速低于全国1.5个百分点。", "-1.5", "eq", "difference_pp"),
        ("人均预期寿命提高1.3岁。", "1.3", "eq", "difference"),
        ("出口额增长2.5倍。", "2.5", "eq", "increase_multiple"),
        ("近三成企业实现转型。", "3", "approx", "share"),
        ("总产值翻一番。", "1", "eq", "increase_multiple"),
        ("进出口总额居全国第5位。", "5", "eq", "rank"),
        ("森林面积稳居西部第一。", "1", "eq", "rank"),
        ("参展企业30余家。", "30", "ge", "level"),
        ("快递业务量年均增长20%以上。", "20", "ge", "avg_annual"),
        ("出口总额同比下降百分之六点五。", "-6.5", "eq", "yoy"),
        ("产值增长百分之十二。", "12", "eq", "yoy"),
        ("税收占比达百分之六十。", "60", "eq", "share"),
        ("财政收入减收12.3亿元。", "-12.3", "eq", "difference"),
        ("粮食增产3.5万吨。", "3.5", "eq", "difference"),
        ("茶叶销售额同比跌4.7%。", "-4.7", "eq", "yoy"),
        ("茶叶销售额同比涨4.7%。", "4.7", "eq", "yoy"),
        ("茶叶销售额同比滑落4.7%。", "-4.7", "eq", "yoy"),
        ("财政赤字收窄8.5亿元。", "-8.5", "eq", "difference"),
        ("贸易逆差缩小8.5亿元。", "-8.5", "eq", "difference"),
        ("贷款余额回落8.5亿元。", "-8.5", "eq", "difference"),
        ("贷款余额锐减8.5亿元。", "-8.5", "eq", "difference"),
        ("贷款余额回升8.5亿元。", "8.5", "eq", "difference"),
    ],
)
def test_signs_bounds_and_forms(sentence, value, comparator, transformation):
    """Sign, comparator and form of one number."""
    (found,) = cells(sentence, PAST, "obs_value", "comparator", "transformation")
    assert found == (value, comparator, transformation)


def test_ranges_are_one_span():
    """A range has one row from its first to its last digit."""
    (row,) = read("地区生产总值增长5%—5.5%。", FUTURE)
    assert (row.value_text, row.cells["obs_value"], row.cells["upper_value"]) == ("5%—5.5", "5", "5.5")
    assert row.cells["comparator"] == "range"


@pytest.mark.parametrize(
    ("sentence", "head", "period", "kind"),
    [
        ("新建公路300公里。", FUTURE, "2026", "target"),
        ("新建公路300公里。", PAST, "2025", "actual"),
        ("五年来，新建公路300公里。", PAST, "2021/2025", "actual"),
        ("五年来，公路里程达到300公里。", PAST, "2025", "actual"),
        ("到2030年，公路里程达到300公里。", FUTURE, "2030", "target"),
        ("“十五五”时期，产值年均增长6%。", FUTURE, "2026/2030", "target"),
        ("去年前三季度，产值增长6%。", "", "2025-01/2025-09", "actual"),
    ],
)
def test_periods_and_kinds(sentence, head, period, kind):
    """Heads and openings set the time; a flow belongs to the stretch, a level to its end."""
    (found,) = cells(sentence, head, "time_period", "kind")
    assert found == (period, kind)


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("前三季度，产值下降6%。", "2025-01/2025-09"),
        ("前两季度，产值下降6%。", "2025-H1"),
        ("前11个月，产值下降6%。", "2025-01/2025-11"),
        ("前十一个月，产值下降6%。", "2025-01/2025-11"),
        ("去年前11个月，产值下降6%。", "2025-01/2025-11"),
        ("一季度产值下降6%。", "2025-Q1"),
        ("一季度产值力争增长6%。", "2026-Q1"),
        ("今年前三季度产值力争增长6%。", "2026-01/2026-09"),
        ("2026年，前三季度产值力争增长6%。", "2026-01/2026-09"),
    ],
)
def test_bare_stretches_of_a_year(words, period):
    """Told in January, a bare stretch is one that is over, unless it says this year or what is aimed at."""
    text = read_plain(f"某市发展情况\n{words}\n".encode(), "x.txt", "")
    found = [row.cells["time_period"] for row in described(text, "", "2026-01-20").rows if row.role == "observation"]
    assert found == [period]


@pytest.mark.parametrize(
    ("sentence", "reasons"),
    [
        ("2025年3月5日召开会议。", ["date", "date", "date"]),
        ("深化“1+6+N”改革。", ["policy_code", "policy_code"]),
        ("建设5G基站。", ["product_or_grade_code"]),
        ("PM2.5浓度下降。", ["product_or_grade_code"]),
        ("入围中国企业500强。", ["other"]),
        ("满3岁儿童免费。", ["other"]),
    ],
)
def test_digits_that_state_nothing(sentence, reasons):
    """Dates, codes, grades and conditions are left out with their reason."""
    assert [row.reason for row in read(sentence, PAST)] == reasons


@pytest.mark.parametrize(
    "phrase", ["深入贯彻二十大精神。", "建设三级医院。", "共建一带一路。", "建设统一大市场。", "千方百计稳就业。"]
)
def test_set_phrases_have_no_row(phrase):
    """Numerals in characters that belong to a set phrase are no quantities."""
    assert read(phrase, PAST) == []


def test_every_digit_token_is_in_one_row():
    """Whatever stands around it, each number in digits is accounted for exactly once."""
    text = HEAD + "产值12.5、13亿元，比为2：1以内，约1/3，5-6岁，3×24，7%—8%，A4纸，1,200户。\n12\n"
    import re

    spans = [(row.start, row.end) for row in Grammar(text, "某省").rows()]
    for match in re.finditer(r"\d[\d,]*(?:\.\d+)?", text):
        assert sum(start <= match.start() and match.end() <= end for start, end in spans) == 1, match[0]
