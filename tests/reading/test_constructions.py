"""Constructions of communiqués, reports and news, each on an invented sentence that says what its rule is for."""

import pytest

from planbrief.reading.grammar.prose import Grammar

REPORT = "2026年某省政府工作报告\n——2026年1月20日在某省第十四届人民代表大会上\n"
COMMUNIQUE = "某市2025年国民经济和社会发展统计公报\n2026年3月20日\n一、综合\n"
PAST, FUTURE = "一、2025年工作回顾\n", "三、2026年工作安排\n"


def read(sentence, before=REPORT + PAST, area="某省"):
    """Observations of a sentence below some lines."""
    rows = Grammar(before + sentence, area).rows()
    return [row for row in rows if row.start >= len(before) and row.role == "observation"]


def names(sentence, before=REPORT + PAST):
    """Name and value of each observation."""
    return [(row.cells["indicator_phrase"], row.cells["obs_value"]) for row in read(sentence, before)]


def cell(name, sentence, before=REPORT + PAST):
    """One cell of each observation."""
    return [row.cells[name] for row in read(sentence, before)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("三次产业结构为10.5∶40.2∶49.3。",
         [("第一产业比重", "10.5"), ("第二产业比重", "40.2"), ("第三产业比重", "49.3")]),
        ("城镇人口80万人，占总人口比重（常住人口城镇化率）为61.5%。",
         [("城镇人口", "80"), ("常住人口城镇化率", "61.5")]),
        ("夏粮产量20万吨，减产0.6%。", [("夏粮产量", "20"), ("夏粮产量", "-0.6")]),
        ("接待游客3亿人次、游客花费370亿元，分别增长8%、9%。",
         [("接待游客", "3"), ("游客花费", "370"), ("接待游客", "8"), ("游客花费", "9")]),
        ("打造40个吸引力强、带动面广的消费场景。", [("消费场景", "40")]),
        ("打造6个万亿级产业。", [("万亿级产业", "6"), ("产业", "1")]),
        ("产值从30亿元增加到45亿元。", [("产值", "30"), ("产值", "45")]),
        ("出口在对外贸易下降超3成的情况下增长12%。", [("对外贸易", "-3"), ("出口", "12")]),
        ("某科学院、某研究所等6部门联合印发方案。", [("部门", "6")]),
        ("惠及80个乡镇近300万群众。", [("惠及乡镇", "80"), ("群众", "300")]),
        ("有色金属、石化化工产业增加值分别增长5%、6%。", [("有色金属增加值", "5"), ("石化化工产业增加值", "6")]),
        ("对共建“一带一路”国家进出口增长8%，对外直接投资增长9%。",
         [("共建“一带一路”国家进出口", "8"), ("对外直接投资", "9")]),
        ("并购重组30起，以旧换新销售额20亿元。", [("并购重组", "30"), ("以旧换新销售额", "20")]),
        ("制造业、普惠小微贷款余额分别增长7%、8%。", [("制造业贷款余额", "7"), ("普惠小微贷款余额", "8")]),
        ("实际使用外资120亿元。", [("实际使用外资", "120")]),
        ("专利授权量增长8%，总量连续37年居全国第一。", [("专利授权量", "8"), ("专利授权量", "1")]),
        ("落实省级纵向项目30个，零售总额实现50亿元。", [("省级纵向项目", "30"), ("零售总额", "50")]),
        ("社会消费品零售总额、固定资产投资年均分别增长6%和7%。", [("社会消费品零售总额", "6"), ("固定资产投资", "7")]),
    ],
)  # fmt: skip
def test_names(sentence, expected):
    """What a number measures, where its noun is elsewhere in the sentence."""
    assert names(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("自然增长率为-2.9‰。", ["-2.9"]),
        ("增速分别高于全国12.7个、11个百分点。", ["12.7", "11"]),
        ("失业率由5.4%降至5.1%。", ["5.4", "5.1"]),
        ("办理时限压缩65%。", ["-65"]),
        ("淘汰落后产能120万吨。", ["120"]),
    ],
)
def test_signs(sentence, expected):
    """Minus signs and verbs of decline, levels behind 至, amounts that a verb of doing governs."""
    assert cell("obs_value", sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("利润、税收分别增长10%、35%以上。", ["ge", "ge"]),
        ("培育链主企业10家以上、新增上市公司30家。", ["ge", "eq"]),
        ("总量迈上3万亿元台阶。", ["ge"]),
        ("本次签约4个项目。", ["eq"]),
        ("死亡率控制在5.5‰以下。", ["le"]),
        ("参与企业不足20家。", ["lt"]),
    ],
)
def test_bounds(sentence, expected):
    """以上 covers a list that 分别 pairs, but only its own number elsewhere; 约 inside 签约 is no bound."""
    assert cell("comparator", sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "before", "expected"),
    [
        ("产值5亿元，增长3%。", COMMUNIQUE, ["2025", "2025"]),
        ("到2030年，产值年均增长6%、达到90亿元。", REPORT + FUTURE, ["2026/2030", "2030"]),
        ("五年来，建成学校30所，森林覆盖率达到41%。", REPORT + PAST, ["2021/2025", "2025"]),
        ("五年新设企业1770家。", REPORT + PAST, ["2021/2025"]),
        ("森林覆盖率由2020年的38%提高到41%。", REPORT + PAST, ["2020", "2025"]),
        ("目前，在建项目12个。", "2025-09-16 10:00 来源：某报\n", ["2025-09"]),
    ],
)
def test_periods(sentence, before, expected):
    """The title of a communiqué, the end of a plan, a stretch and its last year, the base of a change, 目前."""
    assert cell("time_period", sentence, before) == expected


def test_a_look_back_among_tasks_dates_its_sentence_only():
    """五年来 in a section about this year does not turn the tasks behind it into the past."""
    before = REPORT + FUTURE + "五年来，成绩来之不易。\n"
    assert cell("time_period", "新建公路30公里。", before) == ["2026"]


def test_places_in_front_of_a_name():
    """A city in front of what is measured is the area; its name is no part of the indicator."""
    (one, two) = read("泸州经济总量突破3000亿元，全省粮食产量70万吨。", area="四川省")
    assert (one.cells["ref_area_name"], one.cells["indicator_phrase"]) == ("泸州", "经济总量")
    assert (two.cells["ref_area_name"], two.cells["indicator_phrase"]) == ("四川省", "粮食产量")


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("升级12355青少年服务台。", "policy_code"),
        ("推进林长制改革2.0版。", "product_or_grade_code"),
        ("国道318线贯通。", "road_or_line_number"),
        ("连续13年只减不增。", "other"),
        ("入选“2025全球十大成就”。", "product_or_grade_code"),
        ("透过2025，我们看到变化。", "date"),
        ("建成15分钟便民生活圈。", "policy_code"),
    ],
)
def test_left_out(sentence, reason):
    """Hotlines, versions, roads, durations, names with years, circles of minutes."""
    rows = Grammar(REPORT + PAST + sentence, "某省").rows()
    digits = [row for row in rows if row.start >= len(REPORT + PAST) and row.value_text[0].isdigit()]
    assert [row.reason for row in digits] == [reason]


def test_reading_twice_gives_the_same():
    """The same text gives the same rows."""
    text = REPORT + PAST + "产值5亿元，增长3%，居全国第2位。"
    first, second = (Grammar(text, "某省").rows() for _ in range(2))
    assert [row.as_json() for row in first] == [row.as_json() for row in second]


def test_long_lists_are_read_in_linear_time():
    """Twenty thousand numbers in one line, and long runs of numerals, take seconds and not hours."""
    assert len(Grammar("、".join(["2亿元"] * 20000)).rows()) == 20000
    assert Grammar("三" * 50000).rows() == []


PLAN = "某市国民经济和社会发展第十五个五年规划纲要\n第二章 总体要求\n第三节 主要目标\n"
MONTHLY = "2025年1—9月全市经济运行情况\n某市统计局 2025年10月25日\n"


@pytest.mark.parametrize(
    ("sentence", "before", "expected"),
    [
        (
            "到2030年，能耗强度降低15%；收入年均增长7%。",
            PLAN,
            [("cumulative", "2026/2030"), ("avg_annual", "2026/2030")],
        ),
        ("新建公路80公里，高铁里程达到140公里。", PLAN, [("level", "2026/2030"), ("level", "2030")]),
        ("规上工业增加值同比增长7%。其中，9月份增长8%。", MONTHLY, [("yoy", "2025-01/2025-09"), ("yoy", "2025-09")]),
        ("比全省平均水平高0.8个百分点。", MONTHLY, [("difference_pp", "2025-01/2025-09")]),
    ],
)
def test_plans_and_monthly_reports(sentence, before, expected):
    """A plan's title dates its aims; aims over years are averages or changes of the stretch; months stand alone."""
    rows = read(sentence, before, "某市")
    assert [(row.cells["transformation"], row.cells["time_period"]) for row in rows] == expected


def test_what_is_ahead_in_a_piece_of_news():
    """预计6月底 in April is this June; a quarter that is over is achieved."""
    news = "2026-04-18 09:12 来源：某日报\n"
    (quarter, ahead) = read("今年一季度，产值206亿元；项目预计6月底投产，达产后年产值80亿元。", news, "某市")
    assert (quarter.cells["time_period"], quarter.cells["kind"]) == ("2026-Q1", "actual")
    assert (ahead.cells["time_period"], ahead.cells["kind"]) == ("2026-06", "estimate")
