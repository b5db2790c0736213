"""Kinds of wrong rows in budgets, communiqués and county reports, each on an invented sentence."""

import pytest

from planbrief.reading.draft_rows import described
from planbrief.reading.files import read_file
from planbrief.reading.grammar.prose import Grammar

REPORT = "某县2026年政府工作报告\n——2026年1月20日在某县第十四届人民代表大会上\n"
PAST, FUTURE = "一、2025年工作回顾\n", "二、2026年工作安排\n"


def read(sentence, part=PAST):
    """The observations of a sentence in a part of a report."""
    before = REPORT + part
    rows = Grammar(before + sentence, "某县").rows()
    return [row for row in rows if row.start >= len(before) and row.role == "observation"]


def cells(name, sentence, part=PAST):
    """One cell of each observation."""
    return [row.cells[name] for row in read(sentence, part)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("一般公共预算支出90亿元，完成调整预算的93.1%，增长2.6%。", "一般公共预算支出"),
        ("政府性基金收入40亿元，为变动预算的81.2%，下降8.4%。", "政府性基金收入"),
        ("粮食播种面积增长1%，两年平均增长0.8%。", "粮食播种面积"),
        ("确保一季度投产率达到50%、上半年达到80%以上。", "投产率"),
    ],
)
def test_subjects_that_go_on(sentence, expected):
    """What a budget is held against, a pair of years and a part of the year are no subject."""
    assert set(cells("indicator_phrase", sentence)) == {expected}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("加上上级补助收入30亿元、上年结转收入4亿元，收入总量60亿元。", ["上级补助收入", "上年结转收入", "收入总量"]),
        ("社会保险基金收入50亿元，增长3%；支出46亿元。", ["社会保险基金收入"] * 2 + ["社会保险基金支出"]),
        ("省核定全县2025年债务限额30亿元。", ["债务限额"]),
        ("全县140个行政村集体经济收入全部突破8万元。", ["行政村", "行政村集体经济收入"]),
        ("4个先导区集聚企业60家。", ["先导区", "先导区集聚企业"]),
        ("12万个儿童所在家庭领取补贴。", ["儿童所在家庭"]),
        ("粮食播种面积60万亩，总产量25万吨，单产410公斤。", ["粮食播种面积", "粮食总产量", "粮食单产"]),
        ("建成4个国家级、3个省级医疗中心。", ["建成国家级医疗中心", "省级医疗中心"]),
        ("棉花产量占全国九成以上。", ["棉花产量占全国"]),
        ("地区生产总值增速目标设定为5%。", ["地区生产总值增速"]),
        ("7大产业集群对工业贡献率超70%。", ["产业集群", "产业集群对工业贡献率"]),
        ("苹果产量历史性跃居全市首位。", ["苹果产量"]),
        ("基础养老金最低标准调增9.5%。", ["基础养老金最低标准"]),
        ("“村歌”“村舞”等活动超2万场。", ["“村歌”“村舞”等活动"]),
        ("限额以上单位商品零售额中，粮油类增长6.2%，汽车类下降3.1%。", ["粮油类商品零售额", "汽车类商品零售额"]),
    ],
)
def test_names(sentence, expected):
    """Names of budgets, villages and groups of goods; where a noun that is counted ends."""
    assert cells("indicator_phrase", sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("上年结转收入4亿元、调入资金2亿元，收入总量60亿元。", ["2025"] * 3),
        ("粮食总产量增长1%，两年平均增长0.8%。", ["2025", "2024/2025"]),
        ("细颗粒物年平均浓度30微克/立方米，比上年下降7%。", ["2025", "2025"]),
    ],
)
def test_periods(sentence, expected):
    """A balance carried over from the year before is money of this year; a mean over two years is of both."""
    assert cells("time_period", sentence) == expected


def test_an_average_concentration_falls_on_the_year():
    """年平均浓度 is the name of a level, whose fall is no average over years."""
    assert cells("transformation", "细颗粒物年平均浓度30微克/立方米，比上年下降7%。") == ["level", "yoy"]


@pytest.mark.parametrize(
    ("sentence", "part"),
    [
        ("城镇登记失业率控制在3.2%以内。", PAST),
        ("数字产业营业收入达到400亿元、力争420亿元。", FUTURE),
        ("规上工业增加值增长7%、力争8%。", FUTURE),
        ("招商到位资金确保60亿元，力争达到65亿元。", FUTURE),
        ("推动年运量150万吨以上的园区接入专用线。", FUTURE),
        ("一般公共预算支出安排50亿元，比上年预算增长3%。", FUTURE),
    ],
)
def test_what_can_be_read_two_ways_is_looked_at(sentence, part):
    """A ceiling that was kept, a second aim beside the first, a growth on a budget: a person decides."""
    assert not read(sentence, part)[-1].sure


def test_a_first_aim_stays_sure():
    """力争 behind another verb of the same clause is no second aim; the first of two is one."""
    assert [row.sure for row in read("数字产业营业收入达到400亿元、力争420亿元。", FUTURE)] == [True, False]
    assert read("规上工业增加值增长7%，力争总量达到80亿元。", FUTURE)[0].sure


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("一般公共预算收入预期60亿元。", ["target"]),
        ("上级补助收入安排9亿元。", ["target"]),
        ("教育支出安排9亿元。", ["commitment"]),
    ],
)
def test_kinds_of_budget_figures(sentence, expected):
    """What a budget hopes to receive is an aim, what it will spend a promise."""
    assert cells("kind", sentence, FUTURE) == expected


def test_an_aim_whose_subject_stands_in_the_sentence_before():
    """到2030年，力争达到…: of what the sentence before told, and a person looks at it."""
    rows = read("新能源产业产值达到32亿元。到2030年，力争达到45亿元。")
    assert [row.cells["indicator_phrase"] for row in rows] == ["新能源产业产值"] * 2
    assert rows[1].cells["time_period"] == "2030"
    assert not rows[1].sure


def table_rows(tmp_path, *lines):
    """The observations of an invented table, a line a row, tabs between cells."""
    path = tmp_path / "table.txt"
    path.write_text("某市2025年统计公报\n" + "\n".join("\t".join(line) for line in lines) + "\n", encoding="utf-8")
    return [row for row in described(read_file(path), "某市", "2026-03-01").rows if row.role == "observation"]


def test_multiples_and_points_keep_their_unit_under_a_head_of_growth(tmp_path):
    """1.3倍 in a column of percentages is no 1.3 %, a distance in points no rate."""
    rows = table_rows(
        tmp_path,
        ("产品名称", "单位", "产量", "比上年增长（%）"),
        ("水泥", "万吨", "518.3", "-9.4"),
        ("机器人", "套", "12840", "1.3倍"),
        ("玻璃", "万箱", "318.2", "6.1"),
    )
    grown = [(row.cells["obs_value"], row.cells["unit_measure"], row.cells["transformation"]) for row in rows[1::2]]
    assert grown == [("-9.4", "%", "yoy"), ("1.3", "倍", "increase_multiple"), ("6.1", "%", "yoy")]


def test_an_aim_of_the_level_under_a_head_of_growth_is_looked_at(tmp_path):
    """A plan sets levels beside growths in one column: what is near the level of its row is no growth of 134 %."""
    rows = table_rows(
        tmp_path,
        ("指标名称", "单位", "2025年完成", "2025年增长（%）", "2026年计划增长（%）"),
        ("地区生产总值", "亿元", "1286.4", "5.3", "5.5"),
        ("粮食产量", "万吨", "135.8", "1.1", "134"),
        ("固定资产投资", "亿元", "863.1", "2.3", "3.5"),
    )
    aims = [(row.cells["unit_measure"], row.cells["transformation"], row.sure) for row in rows[2::3]]
    assert aims == [("%", "yoy", True), ("万吨", "level", False), ("%", "yoy", True)]


def test_a_table_of_changes_names_its_form_in_its_title(tmp_path):
    """涨跌幅度 in the title says percent on the year before; columns for city and country are no names of their own."""
    rows = table_rows(
        tmp_path,
        ("表1 2025年居民消费价格比上年涨跌幅度",),
        ("指标", "全市", "城市", "农村"),
        ("居民消费价格", "-0.2", "-0.1", "-0.4"),
        ("衣着", "0.6", "0.7", "0.3"),
        ("居住价格", "0.1", "0.2", "-0.3"),
    )
    told = [tuple(row.cells[name] for name in ("indicator_phrase", "unit_measure", "transformation")) for row in rows]
    names = ["居民消费价格", "城市居民消费价格", "农村居民消费价格"]
    assert told[:3] == [(name, "%", "yoy") for name in names]
    assert told[3][0] == "衣着价格"


def test_natural_growth_is_no_share():
    """Births less deaths may be negative: a share of −2.4 ‰ would be refused."""
    rows = read("人口自然增长率为-2.4‰。")
    assert [(row.cells["obs_value"], row.cells["transformation"]) for row in rows] == [("-2.4", "level")]


def test_more_than_all_of_a_budget_is_no_share():
    """101.4 % of a budget, 107 % of a task: no share of a whole, which would be refused."""
    rows = read(
        "一般公共预算收入9亿元，为预算的101.4%。到位资金3亿元，完成年度任务的107%。税收收入6亿元，为预算的97.2%。"
    )
    assert [row.cells["transformation"] for row in rows][1::2] == ["level", "level", "share"]
