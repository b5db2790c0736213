"""The vocabulary that ships: standard indicators, their names and definitions, themes, concepts and scopes."""

from __future__ import annotations

import re

import pytest

from planbrief.checks.rules import Tables
from planbrief.project import packaged
from planbrief.reading.matching import vocabulary_in
from planbrief.targets.dataset import load
from planbrief.targets.package import Package, read_package


@pytest.fixture(scope="module")
def package() -> Package:
    return read_package(packaged().data)


def standard(package: Package) -> list[dict[str, str]]:
    """Indicators whose concept comes from official statistics and not from a document of the package."""
    rows = [row.values for row in package["indicators"].rows]
    return [row for row in rows if row["definition_source"] not in ("", "planbrief", "planbrief accept")]


def test_a_standard_set_of_official_statistics_ships(package: Package):
    """At least 150, over many themes, each with the source of its concept."""
    rows = standard(package)
    assert len(rows) >= 150
    assert len({row["theme"] for row in rows}) >= 15
    assert not [row["indicator"] for row in rows if not re.search("[\u4e00-\u9fff]{4}", row["definition_source"])]


def test_every_definition_is_there_in_both_languages_and_short(package: Package):
    """Our own words, one sentence or two."""
    for row in (row.values for row in package["indicators"].rows):
        assert row["definition"].endswith("."), row["indicator"]
        assert row["definition"].isascii(), row["indicator"]
        assert row["definition_zh"].endswith("。"), row["indicator"]
        assert re.search("[\u4e00-\u9fff]", row["definition_zh"]), row["indicator"]
        assert len(row["definition_zh"]) <= 160, row["indicator"]


def test_names_are_unique_and_aliases_name_one_indicator(package: Package):
    """No name or alias can mean two things."""
    names = [row.values[f"name_{lang}"] for row in package["indicators"].rows for lang in ("zh", "en")]
    assert len(names) == len(set(names))
    aliases = [row.values["alias"] for row in package["indicator_aliases"].rows]
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & set(names)


def test_units_are_known_and_rates_are_in_per_cent(package: Package):
    """Every usual unit is in the table of units; growth is in per cent."""
    units = Tables({name: list(table.rows) for name, table in package.tables.items()})
    for row in standard(package):
        assert units.dimension(row["unit_measure"]), row["indicator"]
        if row["indicator"].endswith("_growth"):
            assert (row["unit_measure"], row["aggregation"]) == ("%", "rate"), row["indicator"]


#: Names that documents print, of the twenty main indicators of the five-year plan and of work reports.
PRINTED = {
    "地区生产总值": "gdp", "GDP": "gdp", "全员劳动生产率增速": "labour_productivity_growth",
    "常住人口城镇化率": "urbanisation_rate", "研发经费投入强度": "rd_intensity",
    "每万人口高价值发明专利拥有量": "high_value_patents",
    "数字经济核心产业增加值占地区生产总值比重": "digital_core_share",
    "居民人均可支配收入": "disposable_income", "城镇调查失业率": "surveyed_unemployment",
    "劳动年龄人口平均受教育年限": "schooling_years", "每千人口拥有执业（助理）医师数": "physicians_per_thousand",
    "基本养老保险参保率": "pension_participation", "每千人口拥有3岁以下婴幼儿托位数": "childcare_places_per_thousand",
    "人均预期寿命": "life_expectancy", "单位地区生产总值能源消耗降低": "energy_intensity_reduction",
    "单位地区生产总值二氧化碳排放降低": "co2_intensity_reduction", "空气质量优良天数比例": "good_air_days",
    "地表水达到或好于Ⅲ类水体比例": "good_surface_water", "森林覆盖率": "forest_coverage",
    "粮食综合生产能力": "grain_capacity", "能源综合生产能力": "energy_capacity",
    "规模以上工业增加值增速": "industrial_value_added_above_designated_growth",
    "固定资产投资增速": "fixed_asset_investment_growth",
    "社会消费品零售总额": "retail_sales", "进出口总额": "goods_trade", "一般公共预算收入": "general_budget_revenue",
    "城镇新增就业": "new_urban_jobs", "居民消费价格涨幅": "consumer_price_change", "粮食产量": "grain_output",
    "PM2.5浓度": "pm25_concentration", "高铁里程": "high_speed_rail_length", "集装箱吞吐量": "container_throughput",
}  # fmt: skip


@pytest.mark.parametrize(("name", "indicator"), PRINTED.items())
def test_printed_names_find_their_indicator(package: Package, name: str, indicator: str):
    """By name or alias, the same for commands and for reading."""
    assert package.names("indicators").find(name) == indicator


def test_reading_knows_the_names_and_aliases():
    """The matcher reads the tables that ship."""
    match = vocabulary_in(packaged().data).match("社零总额", "level", "亿元")
    assert match is not None
    assert match.indicator == "retail_sales"


def test_an_indicator_of_no_document_is_on_no_page():
    """The databook defines what observations use, in the order of themes."""
    from planbrief.display.views.databook import definitions

    ds = load(packaged())
    table = definitions(ds)
    assert table is not None
    assert len(table.rows) == ds.observations["indicator"].nunique()


def test_natures_decide_prices_paths_and_stocks():
    """Retail sales are money at prices, jobs are not; a new concept needs a row and no code."""
    ds = load(packaged())
    natures = {
        name: ds.nature_of(name)
        for name in ("gdp", "retail_sales", "loans_balance", "tourist_visits", "grain_capacity")
    }
    assert list(natures.values()) == ["value", "value", "money", "flow", "stock"]
    assert ds.themes[:3] == ("economy", "industry", "agriculture")
