"""Kinds of wrong or missing rows that unseen reports and written sentences showed, each on an invented sentence."""

import pytest

from planbrief.reading.grammar.prose import Grammar
from planbrief.targets.wording import read as read_value

REPORT = "2026年某省政府工作报告\n——2026年1月20日在某省第十四届人民代表大会上\n"
PAST, STRETCH = REPORT + "一、2025年工作回顾\n", REPORT + "一、“十四五”时期工作回顾\n"


def rows(sentence, before=PAST):
    """Rows of a sentence below some lines."""
    return [row for row in Grammar(before + sentence, "某省").rows() if row.start >= len(before)]


def quantities(sentence, *names, before=PAST):
    """Some cells of each observation."""
    found = [row.cells for row in rows(sentence, before) if row.role == "observation"]
    return [tuple(cells[name] for name in names) for cells in found]


@pytest.mark.parametrize(
    ("sentence", "value", "unit", "comparator", "transformation"),
    [
        ("宽带普及率达到六成。", "6", "成", "eq", "share"),
        ("土地成交面积下降一成左右。", "-1", "成", "approx", "yoy"),
        ("技改投资占比超过四分之一。", "25", "%", "gt", "share"),
        ("返乡人员占比约三分之一。", "33.33", "%", "approx", "share"),
        ("三分之二以上的乡镇建起食堂。", "66.67", "%", "ge", "share"),
        ("民营企业税收占比过半。", "50", "%", "gt", "share"),
        ("绿电装机占全省的一半以上。", "50", "%", "ge", "share"),
    ],
)
def test_parts_of_a_whole_in_words(sentence, value, unit, comparator, transformation):
    """Tenths behind any verb of reaching, fractions and halves state shares; the data's own reader agrees."""
    [row] = rows(sentence)
    cells = row.cells
    said = (cells["obs_value"], cells["unit_measure"], cells["comparator"], cells["transformation"])
    assert said == (value, unit, comparator, transformation)
    assert abs(float(value)) in [float(one) for one in read_value(row.value_text, unit).values]


@pytest.mark.parametrize("sentence", ["坚持一成不变是不行的。", "时间过半，抓紧施工。", "成绩进入全国前三分之一。"])
def test_set_phrases_state_no_part(sentence):
    """一成不变, half of a year and the front third are no shares."""
    assert rows(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "steps", "size"),
    [
        ("地区生产总值连续跨越两个千亿元台阶。", ("地区生产总值千亿元台阶", "2", "个", "eq"), ("1000", "亿元")),
        ("财政收入跨过3个100亿元台阶。", ("财政收入100亿元台阶", "3", "个", "eq"), ("100", "亿元")),
    ],
)
def test_steps_are_counted_and_their_width_is_no_level(sentence, steps, size):
    """Steps passed are counted over the years; their width is named as such and looked at."""
    count, width = rows(sentence, STRETCH)
    cells = ("indicator_phrase", "obs_value", "unit_measure", "comparator")
    assert (tuple(count.cells[name] for name in cells), count.cells["time_period"]) == (steps, "2021/2025")
    assert (width.cells["obs_value"], width.cells["unit_measure"]) == size
    assert width.cells["indicator_phrase"].endswith("台阶规模")
    assert not width.sure


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("压减产能比例超5%。", [("5", "gt", "share")]),
        ("压减产能5%。", [("-5", "eq", "yoy")]),
        ("公共预算收入跌破60亿元。", [("60", "lt", "level")]),
        ("用电量增速由上半年的-1.2%转为前三季度的2.5%。", [("-1.2", "eq", "yoy"), ("2.5", "eq", "yoy")]),
        ("旅游收入恢复至2019年的98%。", [("98", "eq", "ratio_to_base")]),
    ],
)
def test_signs_and_forms(sentence, expected):
    """A share of what was cut keeps its own sign; a fall below a mark is a level; a minus behind 的 is one."""
    assert quantities(sentence, "obs_value", "comparator", "transformation") == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("单位产值能耗0.45吨标准煤/万元。", ["吨标准煤/万元"]),
        ("人口密度每平方公里312人。", ["人/平方公里"]),
        ("玉米单产每亩456公斤。", ["公斤/亩"]),
        ("风电、光伏发电量分别为45.6亿和12.3亿千瓦时。", ["亿千瓦时", "亿千瓦时"]),
        ("收入、支出分别突破600亿、1800亿元。", ["亿元", "亿元"]),
    ],
)
def test_units(sentence, expected):
    """What a unit is counted by, behind and in front; a unit printed once is no money."""
    assert [unit for (unit,) in quantities(sentence, "unit_measure")] == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("保费由每生每年5元提高至10元。", ["保费", "保费"]),
        ("养老金人均每月增加105元。", ["养老金人均"]),
        ("包裹业务量完成8亿件。", ["包裹业务量"]),
        ("接待游客人次和旅游收入分别增长7%、6%。", ["接待游客人次", "旅游收入"]),
        ("接待游客、实现旅游总花费分别增长8%、9%。", ["接待游客", "旅游总花费"]),
        ("炼铁、炼钢先进产能占比分别达到64%、62%。", ["炼铁先进产能占比", "炼钢先进产能占比"]),
        ("十二是加装电梯600部。", ["加装电梯"]),
        ("绿化率由2020年的30%提高到2025年的33%。", ["绿化率", "绿化率"]),
        ("带动9万余名青年赴首都研学。", ["青年"]),
        ("实施17家二级以上医院改造。", ["二级以上医院改造"]),
        ("投资增速由一季度的8.5%回落至上半年的6.2%。", ["投资", "投资"]),
    ],
)
def test_names(sentence, expected):
    """Names without what stands around them, and with what the parts of a list share."""
    assert [name for (name,) in quantities(sentence, "indicator_phrase")] == expected


def test_periods_of_two_values():
    """Each of two values is of the time that is printed in front of it."""
    said = quantities("投资增速由一季度的8.5%回落至上半年的6.2%。", "time_period")
    assert [period for (period,) in said] == ["2025-Q1", "2025-H1"]


def test_a_list_of_cities_has_one_measure():
    """Each city of a list has its own row of what is told of all."""
    said = quantities(
        "成都、绵阳、德阳三市GDP分别达到2000亿元、1500亿元、1200亿元。", "ref_area_name", "indicator_phrase"
    )
    assert said == [("成都", "GDP"), ("绵阳", "GDP"), ("德阳", "GDP")]


@pytest.mark.parametrize(
    ("sentence", "doubt"),
    [
        ("某院位列国家评估第二名。", "rank_of"),
        ("产值居全省倒数第三。", "from_below"),
        ("网上零售额增速快于社零总额3.5个百分点。", "gap_beside"),
        ("实施10亿元以上项目60个。", "condition"),
        ("全国最长的80米叶片下线。", "condition"),
        ("为8个省份保供煤炭9亿吨。", "verb_in_name"),
    ],
)
def test_what_is_looked_at(sentence, doubt):
    """Places among nobody or from the end, distances to another indicator, conditions and sizes are never sure."""
    doubtful = [row for row in rows(sentence) if doubt in row.doubts]
    assert doubtful
    assert not any(row.sure for row in doubtful)


@pytest.mark.parametrize(
    ("sentence", "left_out"),
    [
        ("500千伏及以上输电线路总长7万公里。", "500"),
        ("每10万人拥有医师356人。", "10"),
        ("50米口径望远镜通过验收。", "50"),
    ],
)
def test_classes_and_bases_are_left_out(sentence, left_out):
    """A class of equipment and the base of a rate state nothing."""
    assert [row.value_text for row in rows(sentence) if row.role == "exclusion"] == [left_out]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("存款余额456亿元，比年初新增21亿元。", [("存款余额", "level"), ("存款余额", "difference")]),
        ("增加值增长8%，较全省平均水平高1.5个百分点。", [("增加值", "yoy"), ("增加值", "difference_pp")]),
        ("软件业占GDP比重由5%提高到8%。", [("软件业占GDP比重", "share"), ("软件业占GDP比重", "share")]),
        ("收入较“十三五”末期翻一番。", [("收入", "increase_multiple")]),
        ("水库总规模居全国第一。", [("水库总规模", "rank")]),
        ("居民恩格尔系数为30%，其中农村为33%。", [("居民恩格尔系数", "share"), ("农村居民恩格尔系数", "share")]),
        (
            "工业增加值增长6%。分门类看，采矿业下降1%；水的供应业增长3%。",
            [("工业增加值", "yoy"), ("采矿业增加值", "yoy"), ("水的供应业增加值", "yoy")],
        ),
    ],
)
def test_names_go_on(sentence, expected):
    """What is told behind a first value, against a base or an average, is told of the same thing."""
    assert quantities(sentence, "indicator_phrase", "transformation") == expected


def test_the_base_of_a_list_holds_for_all_of_it():
    """Two growths since one year are over the same stretch; what was cut over years is cut over all of them."""
    said = quantities("收入、支出较2019年分别增长30%、28%。", "time_period")
    assert said == [("2020/2025",), ("2020/2025",)]
    assert quantities("压减地下水开采量2亿立方米。", "time_period", before=STRETCH) == [("2021/2025",)]


def test_rules_of_support_are_no_sure_aims():
    """What each enterprise may get is a rule, whose subject the row does not name."""
    plan = "新镇市软件业发展规划\n2026年4月\n三、重点任务\n"
    found = rows("对首次上规企业给予20万元奖励，单个企业最高不超过100万元。", plan)
    assert not any(row.sure for row in found)


@pytest.mark.parametrize(
    ("head", "area"),
    [
        ("新镇市新能源汽车产业提速发展\n2026-05-18 来源：晚报\n", "新镇市"),
        ("汽车产业提速\n2026-05-18\n记者从新镇市工信局获悉，", "新镇市"),
        ("城市更新加快推进\n2026-05-18\n", ""),
    ],
)
def test_the_area_of_news(head, area):
    """The title or the office that was asked names the place; a word that only ends like one does not."""
    assert Grammar(head + "今年产量增长8%。").area == area
