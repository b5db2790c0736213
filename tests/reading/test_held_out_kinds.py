"""Kinds of wrong rows that documents kept back showed, each on an invented sentence."""

import pytest

from planbrief.reading.grammar.prose import Grammar

REPORT = "2026年某县政府工作报告\n——2026年1月20日在某县第十届人民代表大会上\n"
PAST, AHEAD = REPORT + "一、2025年工作回顾\n", REPORT + "三、2026年工作安排\n"
STRETCH = REPORT + "一、“十四五”时期工作回顾\n"
BULLETIN = "某市2025年国民经济和社会发展统计公报\n2026年3月20日\n"
BRIEFING = "某区2025年上半年经济运行情况\n2025年7月20日\n"
PLAN = "某市国民经济和社会发展第十五个五年规划纲要\n"
NEWS = "某市茶产业产值创新高\n2026-01-15 09:20　来源：某市日报\n"


def rows(before, sentence):
    """Rows of a text below some lines."""
    return [row for row in Grammar(before + sentence).rows() if row.start >= len(before)]


def cells(name, before, sentence):
    """One cell of each observation."""
    return [row.cells[name] for row in rows(before, sentence) if row.role == "observation"]


@pytest.mark.parametrize(
    ("before", "sentence", "expected"),
    [
        # the base that a comparison is printed with
        (PAST, "三次产业比重由“十三五”末的20：30：50调整为10：40：50。", ["2020"] * 3 + ["2025"] * 3),
        (BULLETIN, "三次产业比重由上年的20：30：50调整为10：40：50。", ["2024"] * 3 + ["2025"] * 3),
        (PAST, "合作社由上年的70家增加到90家。", ["2024", "2025"]),
        # a yearly change is of all years, whatever its form
        (AHEAD, "到2030年，绿化率年均提高0.4个百分点。", ["2026/2030"]),
        # the lead of a paragraph dates it and what follows
        (
            REPORT + "“十四五”发展成就\n“十五五”目标和2026年工作安排\n",
            "2026年主要预期目标：地区生产总值增长5%；新增就业2万人。\n一是促消费。发放消费券300万元。",
            ["2026"] * 3,
        ),
        # what nothing dates in news is of the last year that is over, or of what the paragraph told
        (NEWS, "据市统计局核算，全年茶叶产量2万吨，四季度增长3%。", ["2025", "2025-Q4"]),
        (NEWS, "去年茶叶产量达到2万吨。其中绿茶产量1万吨。", ["2025", "2025"]),
        # months, and aims of a year that are met in part
        (BRIEFING, "6月当月，商品零售额8亿元。", ["2025-06"]),
        (BRIEFING, "新增就业2万人，完成全年目标任务的61%。", ["2025-H1", "2025-H1"]),
        (BRIEFING, "进度符合年度目标（增长6%）要求。", ["2025"]),
    ],
)
def test_periods(before, sentence, expected):
    """Bases of comparison, yearly changes, leads of paragraphs, and news that names no year."""
    assert cells("time_period", before, sentence) == expected


@pytest.mark.parametrize(
    ("before", "sentence", "expected"),
    [
        (BRIEFING, "甲产业、乙产业产值分别增长-6.8%、12.4%。", ["-6.8", "12.4"]),
        (PAST, "民间投资降幅由18%收窄至9%。", ["-18", "-9"]),
        (BULLETIN, "城镇新增就业5万人，比上年少增0.2万人。", ["5", "-0.2"]),
        (BULLETIN, "孕产妇死亡率降至9.8/10万。", ["9.8"]),
        (PAST, "用水量比前三年平均数减少2亿立方米。", ["-2"]),
    ],
)
def test_values(before, sentence, expected):
    """A minus sign behind a verb of growth, a narrowed decline, less added than before, a rate per so many people."""
    assert cells("obs_value", before, sentence) == expected


@pytest.mark.parametrize(
    ("before", "sentence", "expected"),
    [
        (BULLETIN, "2024年地区生产总值修订为900亿元，比初步核算数增加4亿元。", ["地区生产总值"] * 2),
        (BULLETIN, "地区生产总值900亿元[2]，按不变价格计算，比上年增长5%。", ["地区生产总值"] * 2),
        (BULLETIN, "企业利润20亿元，由上年下降3%转为增长6%。", ["企业利润"] * 3),
        (PAST, "务工人数9万人，较年度任务多2万人。", ["务工人数"] * 2),
        (PAST, "地区生产总值增长6%，增速分别高于全国、全省0.9个、0.4个百分点。", ["地区生产总值"] * 3),
        (BRIEFING, "全区产值增长6%。分季度看，一季度增长5%，二季度增长7%。", ["产值"] * 3),
        (BRIEFING, "商品零售额8亿元，环比增长3%。", ["商品零售额"] * 2),
        (BRIEFING, "投资下降7%，降幅较1-5月收窄2个百分点。", ["投资"] * 2),
        (AHEAD, "市级财政将统筹不低于5亿元专项资金。", ["专项资金"]),
        (PAST, "事故起数、死亡人数同比分别下降12%、10%。", ["事故起数", "死亡人数"]),
        (PAST, "新增上市企业2家、总数达19家。", ["新增上市企业", "上市企业"]),
        (PAST, "建成良田25万亩，完成年度任务的106%。", ["建成良田"] * 2),
        (BULLETIN, "工业企业68户，净减少5户。", ["工业企业"] * 2),
        (AHEAD, "推进“三横两纵”现代化水网建设。", ["水网体系要素数量（横）", "水网体系要素数量（纵）"]),
        (AHEAD, "构建“一核三区”格局。", ["空间布局要素数量（区）"]),
        (PLAN, "新材料、新医药两大产业产值分别突破80亿元、30亿元。", ["产业", "新材料产值", "新医药产值"]),
    ],
)
def test_names(before, sentence, expected):
    """A base of comparison, a note's number and a quarter are no names; lists of places and of branches pair up."""
    assert cells("indicator_phrase", before, sentence) == expected


def test_the_second_of_two_size_classes_counts_its_own():
    """形成1个千亿级、4个百亿级产业集群: the 4 are clusters of ten billion."""
    found = [row for row in rows(PLAN, "形成1个千亿级、4个百亿级产业集群。") if row.value_text == "4"]
    assert [row.cells["indicator_phrase"] for row in found] == ["百亿级产业集群"]


@pytest.mark.parametrize(
    ("before", "sentence", "expected"),
    [
        (PLAN, "第一章　发展环境\n“十四五”时期，产值由1亿元增加到2亿元。同时，占比低于全省4个百分点。", "actual"),
        (PLAN, "第一章　发展环境\n形势复杂。\n第四章　基础设施\n公路通车里程达到600公里。", "target"),
        (BRIEFING, "进度符合年度目标（增长6%）要求。", "target"),
        (BRIEFING, "新增就业2万人，完成全年目标任务的61%。", "actual"),
    ],
)
def test_kinds(before, sentence, expected):
    """A plan looks back in its first chapter and ahead in the others; an aim in brackets behind its word is one."""
    assert set(cells("kind", before, sentence)) == {expected}


@pytest.mark.parametrize(
    ("before", "sentence", "expected"),
    [
        (PLAN, "每个县至少建成1个园区。", "ge"),
        (AHEAD, "按不超过投资额15%给予补助。", "le"),
    ],
)
def test_bounds_before_a_verb_or_a_noun(before, sentence, expected):
    """至少 before a verb, and a bound before what the percentage is of."""
    assert cells("comparator", before, sentence) == [expected]


def test_years_of_schooling_are_no_duration():
    """受教育年限达到14年 is a quantity; 连续14年 is none."""
    assert cells("unit_measure", PLAN, "平均受教育年限达到14年。") == ["年"]
    assert cells("unit_measure", PLAN, "连续14年获评先进。") == []


def test_growth_before_a_contribution_is_no_contribution():
    """增长6.2%，对经济增长的贡献率为35%: only the second is one."""
    found = cells("transformation", BULLETIN, "工业增加值增长6.2%，对经济增长的贡献率为35%。")
    assert found == ["yoy", "contribution"]
    assert cells("transformation", AHEAD, "地区生产总值增长6%，力争7%。") == ["yoy", "yoy"]


def test_a_note_is_left_out():
    """The number of a note behind a figure states nothing."""
    (note,) = [row for row in rows(BULLETIN, "产值90亿元[2]。") if row.value_text == "2"]
    assert (note.role, note.reason) == ("exclusion", "list_number")


def test_the_area_of_news_is_no_part_of_its_sentence():
    """本报讯 记者从某某市政府 names the city alone."""
    text = "茶产业产值创新高\n本报讯 记者从青山市政府获悉，去年全市茶叶产量2万吨。"
    assert Grammar(text, published="2026-01-15").area == "青山市"


def test_a_number_of_hundreds_of_digits_is_read():
    """A damaged file may hold any number: the grammar divides none of them."""
    assert cells("obs_value", PAST, "产值" + "7" * 400 + "年。")
    assert len(cells("obs_value", PAST, "产值" + "7" * 60 + "/3亿元。")) == 1
