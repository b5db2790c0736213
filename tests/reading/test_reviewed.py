"""Kinds of wrong proposals that a review of a whole report brought up, each on an invented sentence."""

import pytest

from planbrief.reading.grammar.prose import Grammar
from tests.reading.test_constructions import FUTURE, PAST, REPORT, cell, names, read

PLAN = "某市“十五五”产业发展规划\n（2026年2月10日）\n"
NEWS = "某市加快建设创新高地\n2025-09-16 来源：某日报\n"
CITY_REPORT = "2026年某市政府工作报告\n——2026年1月20日在某市第五届人民代表大会上\n" + PAST


@pytest.mark.parametrize(
    ("sentence", "area"),
    [
        ("打造都市风貌展示区3个。", "某省"),
        ("办理市人大代表建议300件。", "某省"),
        ("获全国优秀话剧奖2项。", "某省"),
        ("全国文明城市达到4个。", "某省"),
        ("泸州经济总量达到3000亿元。", "泸州"),
    ],
)
def test_what_reads_like_a_place_and_is_none(sentence, area):
    """A verb with a noun, or a title of the nation, gives no area; a place does."""
    assert cell("ref_area_name", sentence) == [area]


def test_a_zone_keeps_its_sentence():
    """What a sentence goes on to count is of the zone that it began with; a zone without a name is the area's own."""
    assert cell("ref_area_name", "云溪科技城建成绿色工厂4家，智能车间3个。") == ["云溪科技城"] * 2
    (row,) = read("高新区已建成智能工厂3个。", CITY_REPORT, "某市")
    assert row.cells["ref_area_name"] == "某高新区"


def test_a_clause_about_several_areas_is_looked_at():
    """The number of two provinces together is not one of either."""
    (row,) = read("两省一体化格局加速形成，成渝地区协同发展，地区生产总值突破9万亿元。")
    assert not row.sure
    assert "joint_area" in row.doubts


@pytest.mark.parametrize(
    ("sentence", "period"),
    [
        ("“十四五”期间，服务业增加值达到1.2万亿元。", "2025"),
        ("五年来，城镇新增就业年均超过60万人。", "2021/2025"),
        ("五年来，文化馆年均服务群众超过800万人次。", "2021/2025"),
    ],
)
def test_levels_and_yearly_means_of_five_years(sentence, period):
    """A level is of the end of the stretch, a mean of the whole of it."""
    assert cell("time_period", sentence) == [period]


@pytest.mark.parametrize(
    ("sentence", "unit"),
    [
        ("免费为30万适龄女生接种疫苗。", "万人"),
        ("为50万妇女开展筛查。", "万人"),
        ("建成“20桥12隧”。", "座"),
        ("班车开行量超过2.5万车次。", "万车次"),
    ],
)
def test_units_in_the_noun(sentence, unit):
    """A multiplier takes its unit from the noun behind it."""
    assert cell("unit_measure", sentence)[0] == unit


def test_a_multiplier_is_no_unit():
    """Where nothing says what is counted a person has to look."""
    (row,) = read("某某指标达到3.2万，再创新高。")
    assert row.cells["unit_measure"] == "万"
    assert not row.sure


def test_more_than_times():
    """多 behind 倍 is a floor, as behind a number."""
    assert cell("comparator", "监测鱼类增长2倍多，种类更丰富。") == ["ge"]


def test_a_distance_that_sets_a_border():
    """It states nothing that is measured."""
    rows = Grammar(REPORT + FUTURE + "整治江河沿线2公里化工地块。", "某省").rows()
    assert rows[-1].role == "exclusion"
    assert rows[-1].reason == "other"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("推进城建五大攻坚行动和住房六大提升行动。", ["城建攻坚行动", "住房提升行动"]),
        ("外贸在对某国出口下降2成的情况下增长11%。", ["对某国出口", "外贸"]),
        ("80个部件全覆盖。", ["部件"]),
        ("成为西部首个经济总量超过2万亿元的城市。", ["经济总量"]),
    ],
)
def test_names_that_were_cut_or_glued(sentence, expected):
    """Each number has the whole name of its own thing."""
    assert [name for name, _ in names(sentence)] == expected


@pytest.mark.parametrize("sentence", ["15家单位入选首批名单。", "9个学科进入前列。", "学校达到30所。"])
def test_bare_nouns_are_looked_at(sentence):
    """单位 or 学科 says little without what was told of it."""
    (row,) = read(sentence)
    assert not row.sure


@pytest.mark.parametrize(
    ("sentence", "against"),
    [
        ("路网密度居西部第一。", "西部"),
        ("经济总量居全国第3位。", "全国"),
        ("地区生产总值增速高于全国1.2个百分点。", "全国"),
        ("地区生产总值增长6%。", ""),
    ],
)
def test_what_a_rank_or_a_difference_refers_to(sentence, against):
    """The place is proposed under its printed name."""
    assert cell("counterpart_area", sentence) == [against]


def test_quoted_counts_and_slogans():
    """Things of a kind are counted in quotation marks, slogans are not; schemes are told by their parts."""
    assert cell("obs_value", "支持“四类地区”振兴，实施碳达峰“十大工程”。") == ["4", "10"]
    assert cell("obs_value", "坚持“两个毫不动摇”，深化“五个革命”。") == []
    assert cell("obs_value", "形成“一城三区”格局，突出“四廊”生态景观。") == ["3", "4"]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("铁路建成通车后，最短运行时间约100分钟。", "estimate"),
        ("重点发展清洁能源、精细化工2个赛道。", "count"),
        ("新建3条联系通道。", "target"),
        ("霞石储量全国第5。", "resource"),
        ("用地从20平方公里增加至30平方公里。", "target"),
    ],
)
def test_kinds_in_plans(sentence, kind):
    """What a work brings is forecast, what a list sums up is counted, what is made is an aim."""
    rows = Grammar(PLAN + sentence, "某市").rows()
    assert [row.cells["kind"] for row in rows if row.role == "observation" and row.start > len(PLAN)][-1] == kind


def test_news_has_the_month_it_was_published_in():
    """But for the first months of a year, in which it looks back on the year before."""
    assert cell("time_period", "该市共有省级以上平台30个。", NEWS) == ["2025-09"]
    assert cell("time_period", "该市共有省级以上平台30个。", NEWS.replace("2025-09", "2026-01")) == ["undated"]


def test_parts_of_the_area_stand_above_their_lines():
    """A line with a county's name is about it, and a head that was seen before without its number ends a part."""
    text = (
        PLAN + "支持东溪县、南溪县、西溪县发展，东溪县、南溪县、西溪县协同。\n南溪（用地不调整）\n- 功能区5平方公里。\n"
    )
    rows = [row for row in Grammar(text, "某市").rows() if row.value_text == "5" and row.start > len(PLAN)]
    assert [row.cells["ref_area_name"] for row in rows] == ["南溪县"]
    text = PLAN + "- （一） 兴业富民\n二 中心城区规划\n建成道路3条。\n兴业富民\n建成桥梁4座。\n"
    rows = [row for row in Grammar(text, "某市").rows() if row.role == "observation" and row.start > len(PLAN)]
    assert [row.cells["ref_area_name"] for row in rows] == ["中心城区", "某市"]


@pytest.mark.parametrize(
    ("sentence", "period"),
    [
        ("五年来，新建学校300所。", "2021/2025"),
        ("五年来，为劳动者追回工资17亿元。", "2021/2025"),
        ("五年来，20项经验做法获全国推广。", "2021/2025"),
        ("五年来，细颗粒物年均浓度保持在20微克/立方米。", "2025"),
    ],
)
def test_what_is_there_at_the_end_and_what_happened_over_the_years(sentence, period):
    """A level is of the end of the stretch; what was added, won or got back is of all of it."""
    assert cell("time_period", sentence) == [period]


def test_work_on_what_is_there_counts_it():
    """支持 or 做强 so many things aims at no new ones; 打造 does."""
    assert cell("kind", "支持15个集聚区发展。", REPORT + FUTURE) == ["count"]
    assert cell("kind", "打造15个集聚区。", REPORT + FUTURE) == ["target"]


def test_a_city_named_before_leaves_the_area_open():
    """What follows a clause about one city may be the city's."""
    (row,) = read("支持成都建设枢纽，旅客吞吐量突破9000万人次。")
    assert row.cells["ref_area_name"] == "某省"
    assert not row.sure


def test_persons_are_no_places_in_an_order():
    """位 behind a number of people counts them."""
    assert cell("unit_measure", "在省两院院士70位。") == ["人"]


@pytest.mark.parametrize("sentence", ["清理单笔60万元以下拖欠账款。", "30万以上人口县建成特殊教育学校。"])
def test_conditions_are_no_quantities(sentence):
    """A threshold says which ones are meant, not how much there is."""
    rows = Grammar(REPORT + PAST + sentence, "某省").rows()
    assert [row.role for row in rows if row.start >= len(REPORT + PAST)] == ["exclusion"]


def test_users_are_no_money():
    """亿 without a unit is money unless people are counted."""
    (row,) = read("平台用户超2亿，服务再升级。")
    assert row.cells["unit_measure"] == "亿"
    assert not row.sure
