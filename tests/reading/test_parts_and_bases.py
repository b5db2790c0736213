"""Parts of what was counted, falls that narrow, losses, and changes on a year further back, on invented sentences."""

import pytest

from planbrief.reading.grammar.prose import Grammar

REPORT = "2026年某省政府工作报告\n——2026年1月20日在某省第十四届人民代表大会上\n"
PAST, AHEAD = REPORT + "一、2025年工作回顾\n", REPORT + "三、2026年工作安排\n"


def rows(sentence, before=PAST):
    """Observations of a sentence below some lines."""
    found = Grammar(before + sentence, "某省").rows()
    return [row for row in found if row.start >= len(before) and row.role == "observation"]


def cells(name, sentence, before=PAST):
    """One cell of each observation."""
    return [row.cells[name] for row in rows(sentence, before)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("投资下降4%，降幅收窄1.5个百分点。", ["-4", "1.5"]),
        ("投资下降4%，降幅比上半年扩大1.5个百分点。", ["-4", "-1.5"]),
        ("商品房销售面积降幅扩大2个百分点。", ["-2"]),
        ("进口降幅小于全国0.5个百分点。", ["0.5"]),
        ("工业增长4%，增幅收窄1.5个百分点。", ["4", "-1.5"]),
        ("亏损面收窄2.1个百分点。", ["-2.1"]),
        ("国有企业减亏5亿元。", ["-5"]),
        ("煤矿企业同比增亏2亿元。", ["2"]),
        ("气温12℃，较常年偏低0.4℃。", ["12", "-0.4"]),
    ],
)
def test_signs(sentence, expected):
    """A fall that narrows is a gain of growth, one that widens a loss; less of a loss is less."""
    assert cells("obs_value", sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("国有企业减亏5亿元。", ["国有企业亏损"]),
        ("粮食增产3亿斤。", ["粮食产量"]),
        ("民间投资降幅收窄3个百分点。", ["民间投资"]),
        ("新建项目120个，其中投产30个，在建50个。", ["新建项目", "新建项目（投产）", "新建项目（在建）"]),
        ("争取资金50亿元，其中用于民生35亿元。", ["资金", "资金（用于民生）"]),
        ("培训农民2万人次，其中取得证书1万人。", ["培训农民", "培训农民（取得证书）"]),
        ("化解债务90亿元，其中通过盘活资产偿还20亿元。", ["化解债务", "化解债务（通过盘活资产偿还）"]),
        ("整改问题120个，其中整改到位100个；建成学校30所。", ["整改问题", "整改问题（整改到位）", "建成学校"]),
        ("进出口500亿元，其中出口300亿元。", ["进出口", "出口"]),
        ("上市公司总数达92家，新增7家。", ["上市公司总数", "新增上市公司"]),
        ("发放稳岗返还9亿元，新增再融资3亿元。", ["发放稳岗返还", "新增再融资"]),
        ("日照时数1200小时。", ["日照时数"]),
        ("建设农田220万亩、改造提升80万亩。", ["建设农田", "改造提升农田"]),
        ("总量由全国第18位前移至第16位。", ["", ""]),
        ("A级景区62个，其中4A级以上18个。", ["A级景区", "A级景区（4A级以上）"]),
        ("生猪存栏21万头，出栏32万头。", ["生猪存栏", "生猪出栏"]),
        ("国有企业增加值增长3%，私营企业增长7%。", ["国有企业增加值", "私营企业增加值"]),
        ("奶产量、肉产量分别占全国的18%、24%，均居全国首位。", ["奶产量占全国", "肉产量占全国", "肉产量"]),
        ("43个重点产业链产值突破26亿元。", ["重点产业链", "产业链产值"]),
        ("发放农村低保金3亿元，惠及8万人。", ["发放农村低保金", "惠及人数"]),
        ("工业增加值增速回升至6%，高于年初预期1个百分点。", ["工业增加值增速"] * 2),
    ],
)
def test_names(sentence, expected):
    """What a verb tells of some of the things, what a verb has in itself, ends that only look like adverbs."""
    assert cells("indicator_phrase", sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("用电量比2020年增加30%。", [("cumulative", "2021/2025")]),
        ("发电装机较2020年增加900万千瓦、增长40%。", [("difference", "2025"), ("cumulative", "2021/2025")]),
        ("用电量较2024年增长5%。", [("yoy", "2025")]),
        ("成交额9亿元，是2020年的3.5倍，年均增长28%。",
         [("level", "2025"), ("ratio_to_base", "2025"), ("avg_annual", "2021/2025")]),
        ("利润较上年增加8亿元，增长9%。", [("difference", "2025"), ("yoy", "2025")]),
        ("汽车产量较上年增加两成。", [("yoy", "2025")]),
        ("产值增长6%，一季度增长7%，上半年5%。", [("yoy", "2025"), ("yoy", "2025-Q1"), ("yoy", "2025-H1")]),
    ],
)  # fmt: skip
def test_changes_and_their_bases(sentence, expected):
    """Growth on a year further back is over all the years since; a time alone in front of a number is no name."""
    assert [(row.cells["transformation"], row.cells["time_period"]) for row in rows(sentence)] == expected


def test_a_sum_to_be_won_is_a_target():
    """Money that others are to bring is aimed at; what is handed out is promised."""
    assert cells("kind", "力争引进资金突破300亿元。发放贷款80亿元。", AHEAD) == ["target", "commitment"]


@pytest.mark.parametrize(
    "sentence", ["降水量较常年偏多12%。", "降水量偏少11%。", "新增就业6万人，完成年度目标的113%。"]
)
def test_percentages_without_a_form_are_looked_at(sentence):
    """A deviation from the normal year and what was fulfilled of an aim are no growth and no share."""
    assert not rows(sentence)[-1].sure


@pytest.mark.parametrize(("sentence", "value"), [("产值占全省的七成以上。", "7"), ("产值占全省GDP的两成多。", "2")])
def test_tenths_of_a_whole_state_a_share(sentence, value):
    """占…的七成 states a quantity in words."""
    assert [(row.cells["obs_value"], row.cells["comparator"]) for row in rows(sentence)] == [(value, "ge")]


@pytest.mark.parametrize(
    ("sentence", "sure"),
    [
        ("扣除粮仓建设投资后，水利投资增长2.7%。", False),
        ("项目（不含粮仓建设）投资增长2.7%。", False),
        ("剔除雨水影响后，达标天数比率为91%。", False),
        ("水利投资增长2.7%，扣除粮仓建设投资后增长5.1%。", False),
        ("扣除价格因素，居民收入实际增长4%。", True),
        ("水利投资增长2.7%。", True),
    ],
)
def test_a_value_that_leaves_a_part_out_is_looked_at(sentence, sure):
    """It is not comparable with what the indicator holds whole; growth in real terms leaves nothing out."""
    row = rows(sentence)[-1]
    assert ("leaves_out" not in row.doubts) is sure
    if not sure:
        assert not row.sure


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("出栏牛2万头，羊5万只，家禽90万只，分别增长1.5%、-0.8%和3.6%。", ["1.5", "-0.8", "3.6"]),
        ("固定资产投资比上年下降3.5%，较上年收窄6.1个百分点。", ["-3.5", "6.1"]),
        ("固定资产投资比上年下降3.5%，较上年扩大2.1个百分点。", ["-3.5", "-2.1"]),
        ("固定资产投资比上年增长3.5%，较上年扩大2.1个百分点。", ["3.5", "2.1"]),
    ],
)
def test_signs_of_what_follows_a_fall_or_stands_in_a_list(sentence, expected):
    """A minus sign within a list is one; what narrows or widens behind a fall is the fall."""
    assert cells("obs_value", sentence)[-len(expected) :] == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("出栏牛2万头，羊5万只，家禽90万只。", ["出栏牛", "出栏羊", "出栏家禽"]),
        ("新增上市公司3家、国家级绿色工厂5家。", ["新增上市公司", "新增国家级绿色工厂"]),
        ("商品房投资4亿元，不足上年的七成。", ["商品房投资", "商品房投资"]),
        ("教育支出8亿元，为预算的95%。", ["教育支出", "教育支出"]),
        ("工业增加值增长7%，增速连续9个季度居全省前三。", ["工业增加值", "工业增加值"]),
        ("工业增加值增长7%，增速比全国、全省分别高1.1个和0.7个百分点。", ["工业增加值"] * 3),
    ],
)
def test_names_that_are_said_once(sentence, expected):
    """The verb of the first of a list, and the subject in front of what it is compared with."""
    assert cells("indicator_phrase", sentence) == expected


def test_a_part_of_the_year_before_is_a_ratio_to_it():
    """Not a share, and bounded as printed; it is of the year that is told."""
    found = rows("2025年商品房投资4亿元，不足上年的七成。")[-1].cells
    assert (found["transformation"], found["comparator"], found["time_period"]) == ("ratio_to_base", "lt", "2025")
    rate = rows("工业增加值增长9.1%，连续三年保持在9%以上。")[-1].cells
    assert (rate["transformation"], rate["comparator"]) == ("yoy", "ge")


def test_zones_that_are_counted_are_no_place():
    """推进12个开发区整合 tells of zones, and what follows is not of one of them."""
    assert set(cells("ref_area_name", "推进12个开发区整合，产出强度达到每亩500万元。")) == {"某省"}


def test_news_whose_headline_names_a_part_of_a_year():
    """What its later paragraphs tell without a time is of that part, not of the month of publication."""
    text = (
        "前10个月某市出口增长两成\n某市日报 2025年11月20日\n"
        "本报讯 1至10月，某市出口80亿元，增长21%。10月当月，出口9亿元。\n"
        "从企业看，民营企业出口60亿元，增长25%。\n"
    )
    found = [row for row in Grammar(text, "某市").rows() if row.role == "observation"]
    assert [row.cells["time_period"] for row in found][-5:] == ["2025-01/2025-10"] * 2 + ["2025-10"] + [
        "2025-01/2025-10"
    ] * 2
    untold = Grammar(text.replace("前10个月某市", "某市"), "某市").rows()
    assert untold[-1].cells["time_period"] == "2025-11"


@pytest.mark.parametrize(
    "gap", ["增速比全国、全省分别高1.1个和0.7个百分点", "增速分别高于全国、全省1.1个和0.7个百分点"]
)
def test_a_list_of_gaps_is_to_a_list_of_places(gap):
    """Each number has the place that it is a distance to."""
    assert cells("counterpart_area", f"工业增加值增长7%，{gap}。") == ["", "全国", "全省"]
