"""Tables and charts of brief and profile, on the synthetic city and on shipped data."""

from __future__ import annotations

import pytest
from targets.factory import ACTIVITIES, INDICATORS, make_dataset, milestones, observation

from planbrief.display.language import pick
from planbrief.display.views import milestone_table, theme_facts
from planbrief.display.views.facts import beside_table, fact_name, facts_left_out, multiple_words, remarks
from planbrief.display.views.industries import structure_chart
from planbrief.display.views.needs import needs_table, path_chart, rates_view
from planbrief.display.views.opening import derived_table
from planbrief.targets import load

SHARE = {"indicator": "test_share", "unit_measure": "%", "transformation": "share"}


@pytest.fixture(scope="module")
def shipped():
    """The data of the package."""
    return load()


def branches():
    """Two branches of the synthetic city, one of them starting from almost nothing."""
    rows = []
    for start, name, values in ((300, "test_a", (60, 90, 200)), (400, "test_b", (0.3, 30, 200))):
        for number, (year, value) in enumerate(zip(("2023", "2026", "2030"), values, strict=True)):
            kind = "actual" if year == "2023" else "target"
            rows.append(observation(start + 10 * number, value, activity=name, time_period=year, kind=kind))
    return rows


@pytest.mark.parametrize(
    ("comparator", "words"),
    [("eq", ("增长 3 倍", "up by 3 times the base")), ("ge", ("增长 3 倍以上", "up by at least 3 times the base"))],
)
def test_increases_in_multiples(comparator, words):
    """增长三倍以上: the bound stands before the number in English."""
    fact = {"obs_value": 3.0, "comparator": comparator}
    assert multiple_words("value.increase_multiple", fact) == words


def row_of(table, name: str):
    """Cells of the row with a name, by column."""
    keys = [column.key for column in table.columns]
    row = next(row for row in table.rows if pick(row[0].value, "en").startswith(name))
    return dict(zip(keys, row, strict=False))


def test_milestones_by_year():
    """A row per series, a column per year; the first year says that it is actual."""
    table = milestone_table(make_dataset(), "testville")
    assert [pick(column.label, "en") for column in table.columns[2:]] == ["2023 (actual)", "2026", "2030"]
    row = row_of(table, "Test output")
    assert [row[year].value.value for year in ("2023", "2026", "2030")] == [100, 200, 400]
    assert milestone_table(make_dataset(observations=milestones()[:1]), "testville") is None


def test_a_lone_target_that_official_statistics_define_stands_among_the_targets(shipped):
    """Urbanisation in 2030 without an actual value; what a document made up and stated once is among the facts."""
    names = [pick(row[0].value, "en") for row in milestone_table(shipped, "chongqing").rows]
    assert {"Urbanisation rate of the resident population", "New urban jobs"} <= set(names)
    assert shipped.row("indicators", "community_centres_new")["name_en"] not in names


def test_a_ratio_has_a_unit_that_is_no_number(shipped):
    """Urban to rural income: 2.21 and about 2.1 of nothing, which a column of units calls a ratio and not 1."""
    units = {row[0].value.en: row[1].value for row in milestone_table(shipped, "chongqing").rows}
    assert (units["Ratio of urban to rural income"].zh, units["Ratio of urban to rural income"].en) == ("比值", "ratio")


def test_cells_without_a_number_are_shown():
    """A printed dash stands in its year; the same words in neighbouring years share one cell."""
    rows = milestones()[1:]
    blank = {"obs_value": ""}
    rows.append(observation(500, "——", time_period="2023", obs_status="M", **blank))
    for start, year in ((510, "2026"), (530, "2030")):
        rows.append(
            observation(start, "完成任务", indicator="test_share", activity="", time_period=year, kind="target",
                        unit_measure="%", obs_status="O", **blank)
        )  # fmt: skip
    ds = make_dataset(
        observations=[row for row in rows if row["indicator"] != "test_share" or row["obs_status"] == "O"]
    )
    table = milestone_table(ds, "testville")
    output = row_of(table, "Test output")
    assert pick(output["2023"].value, "zh") == "——"
    assert output["2023"].observations == ("testville-plan-2024-00500",)
    words = [cell for cell in table.rows[1] if cell.span != (1, 1)]
    assert [cell.span for cell in words] == [(2, 1)]
    assert pick(words[0].value, "zh") == "“完成任务”"
    assert len(words[0].observations) == 2


def test_growth_by_stretch():
    """Rates for levels, points for shares, each over the years of its column."""
    table = needs_table(make_dataset(), "testville")
    output, share = row_of(table, "Test output"), row_of(table, "Test share")
    assert output["2023-2026"].value.value == pytest.approx(2 ** (1 / 3) - 1)
    assert output["2026-2030"].value.value == pytest.approx(2 ** (1 / 4) - 1)
    assert output["2023-2030"].value.value == pytest.approx(4 ** (1 / 7) - 1)
    assert output["multiple"].value.value == 4
    assert share["2023-2026"].value.value == 5
    assert share["2023-2026"].value.measure == "points"
    assert share["multiple"].value == ""
    assert [pick(label, "en") for label in table.groups.values()] == [
        "Output, value added and other money: growth a year, %",
        "Shares and margins: change over the stretch, percentage points",
    ]


@pytest.mark.parametrize(
    ("bound", "said"),
    [("ge", "already lies within the limit: Test count."), ("eq", "no growth is needed: Test count.")],
)
def test_targets_that_are_passed_already_need_no_growth(bound: str, said: str):
    """A target below what was reached stands in a note, not as a falling rate; such a target alone makes no table."""
    jobs = {
        **INDICATORS[0],
        "indicator": "test_count",
        "name_zh": "试岗位",
        "name_en": "Test count",
        "unit_measure": "个",
    }
    lower = [
        observation(700, 149, indicator="test_count", unit_measure="个", kind="actual", time_period="2025"),
        observation(
            710, 110, indicator="test_count", unit_measure="个", kind="target", comparator=bound, time_period="2026"
        ),
    ]
    table = needs_table(make_dataset(indicators=[*INDICATORS, jobs], observations=milestones() + lower), "testville")
    assert [pick(row[0].value, "en") for row in table.rows] == ["Test output", "Test share"]
    assert said in pick(table.notes[1], "en")
    assert needs_table(make_dataset(indicators=[jobs], observations=lower), "testville") is None


def test_a_ratio_is_no_output(shipped):
    """A ratio of incomes that is to fall has a group of its own."""
    groups = [pick(name, "en") for name in needs_table(shipped, "chongqing").groups.values()]
    assert groups[:2] == ["Output, value added and other money: growth a year, %", "Ratios: change a year, %"]


def test_branches_in_groups():
    """Branches stand below the name of what is measured, with the unit."""
    ds = make_dataset(observations=milestones() + branches())
    levels = milestone_table(ds, "testville", branches=True)
    assert [pick(label, "zh") for label in levels.groups.values()] == ["试产值（亿元）"]
    assert [pick(row[0].value, "en") for row in levels.rows] == ["Test industry A", "Test industry B"]


def test_charts_only_where_there_is_something_to_draw():
    """A path needs three values, a structure a whole group with an actual value."""
    ds = make_dataset(observations=milestones() + branches())
    assert path_chart(ds, ["testville"]).sources == ("testville-plan-2024",)
    shares = structure_chart(ds, "testville").data.rows
    assert shares[0][1].value.value == pytest.approx(100 * 60 / 60.3)
    assert shares[0][3].value.value == pytest.approx(50)
    little = make_dataset(observations=milestones()[:1])
    assert path_chart(little, ["testville"]) is None
    assert structure_chart(little, "testville") is None


def test_a_small_city_has_one_table():
    """Themes are groups of one table; counts of named things come last."""
    rows = [*milestones(), observation(600, 3, kind="count", unit_measure="个", time_period="undated")]
    table = theme_facts(make_dataset(observations=rows), "testville")
    assert facts_left_out(make_dataset(observations=rows), "testville") == []
    assert len(table.rows) == len(rows)
    assert pick(list(table.groups.values())[-1], "en") == "Counts of named things"


def test_a_large_city_tells_its_own_facts_and_counts_the_rest(shipped):
    """Every observation of Bazhong stands in a table or is counted among those that the databook holds."""
    tables = [milestone_table(shipped, "bazhong"), milestone_table(shipped, "bazhong", branches=True)]
    facts = theme_facts(shipped, "bazhong", shown=tables)
    rows = shipped.of_city("bazhong")
    assert len(facts.rows) < 70
    assert set(rows.loc[list(facts.observations()), "kind"]).isdisjoint({"count", "resource"})
    told = {obs_id for table in [*tables, facts] for obs_id in table.observations()}
    (left,) = facts_left_out(shipped, "bazhong")
    assert left.figures["count"].value >= len(set(rows.index) - told) > 100


def test_remarks_name_prices_and_estimates(shipped):
    """2023 prices and 预估 are printed below the table that holds such figures."""
    notes = milestone_table(shipped, "bazhong").notes
    assert any("2023年价格" in pick(note, "zh") for note in notes)
    assert any("预估" in pick(note, "zh") and "研发经费" in pick(note, "zh") for note in notes)
    assert remarks(make_dataset(), ["testville-plan-2024-00100"]) == ()


def test_both_readings_of_an_annual_average(shipped):
    """25 % in the column of 2026 and 30 % in that of 2027: 1.95 and 2.54 or 2.86 times the base."""
    table = rates_view(shipped, "bazhong")
    second = dict(zip([column.key for column in table.columns], table.rows[1], strict=True))
    assert second["printed"].value.value == pytest.approx(0.30)
    assert second["previous_index"].value.value == pytest.approx(1.25**3 * 1.3)
    assert second["base_index"].value.value == pytest.approx(1.3**4)
    assert second["implied"].value.value == pytest.approx(1.3**4 / 1.25**3 - 1)
    assert rates_view(make_dataset(), "testville") is None


def test_activities_of_the_test_city_are_a_group():
    """The synthetic activities used above have one parent."""
    assert {row["parent"] for row in ACTIVITIES[1:]} == {"all_test"}


@pytest.mark.parametrize(
    ("obs", "zh", "en"),
    [
        ("bazhong-plan-2024-01832", "（至成都", "(to Chengdu"),
        ("bazhong-plan-2024-02056", "（参照范围：全国）", "(reference area: China)"),
    ],
)
def test_a_fact_is_named_with_what_it_is_measured_against(shipped, obs, zh, en):
    """145 minutes to Chengdu and 105 to Chongqing are no contradiction; rank 5 is one among others."""
    name = fact_name(shipped, dict(shipped.observations.loc[obs]))
    assert zh in name.zh
    assert en in name.en


def test_growth_and_share_of_a_level_say_so(shipped):
    rows = shipped.select(indicator="airport_passengers", transformation="yoy").to_dict("records")
    rows += shipped.select(indicator="gross_output_above_designated", transformation="share").to_dict("records")
    assert [fact_name(shipped, row).en.rpartition("(")[2] for row in rows] == ["growth on the year before)", "share)"]
    rates = shipped.select(indicator="gdp_growth", transformation="yoy", ref_area="qijiang").to_dict("records")
    rates += shipped.select(indicator="gdp_growth", transformation="yoy", ref_area="chongqing").to_dict("records")
    assert rates
    assert not [rate for rate in rates if "(" in fact_name(shipped, rate).en]


def test_what_targets_imply_by_year(shipped):
    """Every derived quantity in one table: 700 ÷ 78 % to 700 ÷ (78 % − 9.3 %) in 2026."""
    table = derived_table(shipped, "bazhong")
    rows = {pick(row[0].value, "en"): row for row in table.rows}
    product = rows["Product that sector targets imply"][2].value
    assert (product.lower, product.upper) == pytest.approx((897.436, 1019.402), abs=1e-3)
    assert all(
        cell.value.formula or len(cell.value.observations) == 1 for row in table.rows for cell in row[1:] if cell.value
    )
    assert [
        cell.value.value
        for cell in rows["Gross output of above-designated-size industry: left for other industries"][1:]
    ] == (pytest.approx([30.9, 50, -100, -150, 200]))
    assert derived_table(shipped, "qijiang") is None


def test_a_city_beside_its_province(shipped):
    """One row for what was reached and one for what is aimed at; a value before a bound of the same year."""
    rows = {pick(row[0].value, "zh"): row for row in beside_table(shipped, "bazhong").rows}
    product = rows["地区生产总值（实际）"]
    assert (product[1].value.value, product[3].value.value) == (780.3, 67665)
    assert "常住人口城镇化率（实际）" not in rows or rows["常住人口城镇化率（实际）"][1].value == ""
    assert {pick(row[0].value, "zh").split("（")[0] for row in beside_table(shipped, "zhaoqing").rows} >= {
        "地区生产总值增速"
    }
    assert beside_table(make_dataset(), "testville") is None
