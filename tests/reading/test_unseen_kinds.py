"""Kinds of wrong rows that were seen in reports without labels, each on an invented sentence."""

import pytest

from planbrief.reading.grammar.prose import Grammar

REPORT = "2026年某省政府工作报告\n——2026年1月20日在某省第十四届人民代表大会上\n"
PAST, FUTURE = "一、2025年工作回顾\n", "三、2026年工作安排\n"
PLAN = "一、“十四五”时期工作回顾\n"


def read(sentence, before=REPORT + PAST, area="某省"):
    """Rows of a sentence below some lines."""
    return [row for row in Grammar(before + sentence, area).rows() if row.start >= len(before)]


def cells(name, sentence, before=REPORT + PAST, area="某省"):
    """One cell of each observation."""
    return [row.cells[name] for row in read(sentence, before, area) if row.role == "observation"]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("用电量突破900亿千瓦时。", ["亿千瓦时"]),
        ("建成两个百万千瓦级基地。", ["个", "万千瓦"]),
        ("产值迈上7万亿台阶。", ["万亿元"]),
        ("细颗粒物平均浓度低于每立方米21微克。", ["微克/立方米"]),
        ("每度电耗煤0.3千克。", ["千克"]),
        ("参保人数突破610万。", ["万人"]),
        ("48万监测对象稳定脱困。", ["万人"]),
        ("竞争力全国排名提升6位。", ["位"]),
    ],
)
def test_units(sentence, expected):
    """A multiplier does not eat the 千 of 千瓦时; what a unit is counted by; people; places gained in a ranking."""
    assert cells("unit_measure", sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("国内游客数量增长6%。", "某省"),
        ("办理全国人大代表建议9件。", "某省"),
        ("开展6个全国整治项目。", "某省"),
        ("省市县联动机制覆盖率90%。", "某省"),
        ("12个援助省市落实资金30亿元。", "某省"),
        ("提请市人大常委会审议法规9项。", "某省"),
        ("开发区工业用地占比超60%。", "某省"),
        ("全国粮食产量70亿斤。", "全国"),
        ("泸州经济总量3000亿元。", "泸州"),
    ],
)
def test_areas(sentence, expected):
    """Titles and levels of government are no places; the nation and a city are."""
    assert set(cells("ref_area_name", sentence)) == {expected}


@pytest.mark.parametrize(
    ("sentence", "before", "expected"),
    [
        ("总产值从2020年的3万亿元增长到2025年的4万亿元，公共预算收入从38亿元增长到43亿元，工业增加值年均增长6%。",
         REPORT + PLAN, ["2020", "2025", "2020", "2025", "2021/2025"]),
        ("刚刚过去的2025年，全省迎难而上。\n推进改革，激发活力。新增公司30家。", REPORT + PLAN, ["2025"]),
        ("粮食产量创2006年以来新高，建成粮库7个。", REPORT + PAST, ["2025"]),
        ("建设“十四五”批复的基地，新增装机30万千瓦。", REPORT + FUTURE, ["2026"]),
        ("补贴标准从每人每月209元提高到217元。", REPORT + FUTURE, ["2025", "2026"]),
    ],
)  # fmt: skip
def test_periods(sentence, before, expected):
    """The year that a change starts from, a look back at one year, records since a year, what a plan is the name of."""
    assert cells("time_period", sentence, before) == expected


def test_heads_without_numbers_divide_a_report():
    """Openings hold beyond their paragraph where heads name periods, numbered or not."""
    text = "刚刚过去的2025年，全省迎难而上。\n新增公司30家。\n2026年重点工作\n新建学校8所。"
    assert cells("time_period", text, REPORT + "“十四五”时期工作回顾\n") == ["2025", "2026"]


@pytest.mark.parametrize(
    ("sentence", "before", "expected"),
    [
        ("13个大模型通过国家备案。", REPORT + PAST, "actual"),
        ("汽车保有量超30万辆。", REPORT + PAST, "actual"),
        ("新增发电装机30万千瓦。", REPORT + PAST, "actual"),
        ("发电装机30万千瓦。", REPORT + PAST, "resource"),
        ("发电装机增加30万千瓦。", REPORT + PAST, "actual"),
        ("人均住房建筑面积40平方米。", REPORT + PAST, "actual"),
        ("抓好1万名乡村医生培训。", REPORT + FUTURE, "target"),
        ("推进3个试点城市建设。", REPORT + FUTURE, "count"),
        ("共计28项指标。", REPORT + FUTURE, "count"),
        ("“六横”指6个输水通道。", REPORT + FUTURE, "count"),
        ("甲、乙等5个县区被命名为示范区。", REPORT + PAST, "actual"),
    ],
)
def test_kinds(sentence, before, expected):
    """What happened to counted things, added capacity, training still to be given, things a plan only lists."""
    assert cells("kind", sentence, before)[-1] == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("浓度年均值27微克/立方米、下降11%。", ["level", "yoy"]),
        ("完成农房风貌提升26万户。", ["level"]),
        ("从业人员比“四经普”增长29%，增加40万人。", ["yoy", "difference"]),
    ],
)
def test_forms(sentence, expected):
    """年均浓度 is no average of growth, 风貌提升 is work done, a census is a base of comparison."""
    assert cells("transformation", sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("城乡居民收入比从2.50:1缩小至2.27:1。", ["城乡居民收入比", "城乡居民收入比"]),
        ("规模最大的2座35万千瓦光热电站开工。", ["光热电站", "光热电站"]),
        ("推动某集团60万吨赖氨酸等项目建设。", ["某集团赖氨酸"]),
        ("新建9个城乡融合试点和10个潜力地区试点。", ["新建城乡融合试点", "潜力地区试点"]),
        ("生活补贴、护理补贴标准分别提高9元、8元。", ["生活补贴标准", "护理补贴标准"]),
        ("新能源开工30万千瓦、投产20万千瓦。", ["新能源开工", "投产新能源"]),
        ("植树造林50万亩。", ["植树造林"]),
        ("进出口总值翻番达到30亿元。", ["进出口总值"]),
        ("食品、信息等产业增加值分别增长7%、8%。", ["食品增加值", "信息产业增加值"]),
        ("耕地比例达到66%，超过全国平均水平2个百分点。", ["耕地比例", "耕地比例"]),
        ("产能占全球30%。", ["产能占全球"]),
        ("水环境质量进入全国前十。", ["水环境质量"]),
        ("新建10家省级及以上企业技术中心。", ["新建省级及以上企业技术中心"]),
    ],
)
def test_names(sentence, expected):
    """Names behind a ratio, a capacity, 和, and heads that a list shares only in part."""
    assert cells("indicator_phrase", sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("规范2型糖尿病管理。", "product_or_grade_code"),
        ("实施0.1微克行动。", "policy_code"),
        ("争取2030国家重大专项。", "date"),
        ("连续3-5年抓下去。", "other"),
        ("覆盖20万人口以上的县。", "other"),
        ("歼-35系列问世。", "product_or_grade_code"),
    ],
)
def test_left_out(sentence, reason):
    """Diseases, campaigns, programmes named by a year, durations, size classes of counties, aircraft."""
    assert {row.reason for row in read(sentence)} == {reason}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("产量从全国第11位跃升至第4位。", ["全国", "全国"]),
        ("冶炼能力位列国内前三。", ["全国"]),
    ],
)
def test_a_rank_keeps_what_it_is_among(sentence, expected):
    """The second of two ranks is among the same places as the first; 国内 is the nation."""
    assert cells("counterpart_area", sentence) == expected
    assert [row.value_text for row in read(sentence)][-1] in ("4", "三")


def test_what_a_sentence_does_with_things_is_not_ahead():
    """将 in front of a number takes an object; it says nothing of the future."""
    assert cells("kind", "将8只基金整合为2只。")[0] == "actual"


def test_a_total_is_not_what_was_added():
    """新增 names what was added over the years; the total behind it is a level at their end."""
    sentence = "新增百亿县区26个，累计达到46个。高校毕业生留省就业超过66万人。"
    before = REPORT + PLAN + "五年来，"
    assert cells("indicator_phrase", sentence, before)[:2] == ["新增百亿县区", "百亿县区"]
    assert cells("time_period", sentence, before) == ["2021/2025", "2025", "2021/2025"]


def test_medals_are_named_by_their_metal():
    """金, 银 and 铜 behind a number are what is counted."""
    assert cells("indicator_phrase", "健儿获得9金、5银、6铜。") == ["金牌", "银牌", "铜牌"]
    assert set(cells("unit_measure", "健儿获得9金、5银、6铜。")) == {"枚"}


@pytest.mark.parametrize(("sentence", "sure"), [("产值突破30亿元。", False), ("茶叶产值突破30亿元。", True)])
def test_a_measure_without_its_thing_is_looked_at(sentence, sure):
    """产值 alone says nothing of whose it is."""
    (row,) = read(sentence)
    assert row.sure is sure


def test_a_fraction_is_rounded():
    """One third has four decimal places, not as many as the machine has."""
    assert cells("obs_value", "产量稳定在全国1/3。") == ["0.3333"]


def test_the_name_of_a_far_goal_dates_nothing():
    """An average that serves the goals of 2035 is one of the plan that the sentence stands in."""
    before = REPORT + "二、“十五五”时期目标\n"
    assert cells("time_period", "综合考虑实现2035年远景目标，提出生产总值年均增长6%。", before) == ["2026/2030"]


def test_a_rate_of_completion_may_pass_a_hundred():
    """It is no part of a whole, which a coverage is."""
    assert cells("transformation", "清欠任务完成率达130%，社保覆盖率达99%。") == ["level", "share"]


def test_a_number_behind_a_comma_counts_things_of_its_own():
    """Two names, two numbers; what the next clause counts is no third of them."""
    sentence = "示范街区、特色古镇分别增至23个、11个，5部剧目获奖。"
    assert cells("indicator_phrase", sentence) == ["示范街区", "特色古镇", "剧目"]


def test_some_of_what_was_counted_are_told_by_what_they_did():
    """The 3 of 15 in a park are no second number of all of them; a part with a name of its own keeps it."""
    assert cells("indicator_phrase", "建成驿站15个，其中3个在景区。") == ["建成驿站", "建成驿站（在景区）"]
    assert cells("indicator_phrase", "新增商户90家，其中外资商户4家。") == ["新增商户", "外资商户"]
