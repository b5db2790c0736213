"""Insights: the story of the shipped data with its numbers, and what every rule must hold to on any data."""

from __future__ import annotations

import pytest

from planbrief.display.language import fields, messages
from planbrief.display.views.opening import assumptions, story
from planbrief.measures.figures import Figure
from planbrief.measures.insights import insights
from planbrief.targets import load


@pytest.fixture(scope="module")
def told():
    """The shipped city's insights by key."""
    return {insight.key.removeprefix("bazhong/insights/"): insight for insight in insights(load(), "bazhong")}


def ends(figure: Figure, digits: int = 0, scale: float = 1.0) -> tuple[float, float]:
    """Both ends of a figure, rounded."""
    return round(figure.lower * scale, digits), round(figure.upper * scale, digits)


def step(insight, year: int) -> dict:
    """The figures of one year, by the name of their row."""
    return {row.name: row.values[year] for row in insight.rows if year in row.values}


@pytest.mark.parametrize(
    ("year", "low", "high"), [(2026, 897, 1019), (2027, 1095, 1253), (2030, 1618, 1875), (2035, 2500, 2960)]
)
def test_sector_targets_imply_a_product(told, year, low, high):
    """Levels of services and agriculture over what the share of industry and of the rest leaves."""
    assert ends(step(told["product"], year)["product"]) == (low, high)
    assert told["product"].assumptions == ("rest_at_most_as_before",)


def test_the_implied_product_grows_in_jumps(told):
    """4.8 to 9.3 % a year to 2026 after 6.0 %, up to 22.9 % in 2027 alone."""
    figures = told["product"].figures
    assert ends(figures["rate"], 1, 100) == (4.8, 9.3)
    assert round(100 * figures["achieved"].value, 1) == 6.0
    assert ends(figures["steepest"], 1, 100) == (22.0, 22.9)
    assert figures["steepest_period"].en == "2027"


def test_output_grows_faster_than_what_industry_adds(told):
    """24 to 29 % against 73.8 %: the ratio falls from 72.7 to 26–30 %."""
    figures = told["industry"].figures
    low, high = ends(figures["value_growth"], 3)
    assert 0.235 <= low <= 0.24
    assert 0.29 <= high <= 0.295
    assert round(100 * figures["output_growth"].value, 1) == 73.8
    assert round(figures["ratio_base"].value, 1) == 72.7
    assert ends(figures["ratio_first"]) == (26, 30)


def test_the_secondary_sector_has_a_pace_of_its_own(told):
    """6.0 % × 40.6 % on a base of 21.5 %."""
    figures = told["sector_pace"].figures
    assert round(100 * figures["pace"].value, 1) == 11.3
    assert round(figures["share_before"].value, 1) == 21.5
    assert figures["sector"].en == "Secondary sector"
    assert figures["pace"].formula.count("40.6%") == 2


def test_what_is_left_for_other_industry(told):
    """The leading industries rise by 400 in 2027, all industry by 250."""
    insight = told["remainder/leading_industries_in_industry"]
    assert (insight.figures["parts_rise"].value, insight.figures["whole_rise"].value) == (400, 250)
    assert [round(s["left"].value, 1) for s in insight.steps] == [30.9, 50, -100, -150, 200]


def test_services_wait_for_one_year(told):
    """5.5 % a year to 2026, 18.75 % in 2027."""
    figures = told["cliff/bazhong/value_added_services"].figures
    assert round(100 * figures["before"].value, 1) == 5.5
    assert round(100 * figures["rate"].value, 2) == 18.75


def test_producer_services_and_the_rest(told):
    """18.1 % a year against 1.2 %."""
    figures = told["rest/producer_services_share"].figures
    assert round(100 * figures["rate"].value, 1) == 18.1
    assert round(100 * figures["rest_rate"].value, 2) == 1.15


def test_output_per_enterprise_and_per_square_kilometre(told):
    """0.40 → 1.70 → 3.50 with 7.2 % more enterprises a year; 6.8 → 24 with all land in place."""
    figures = told["ratio/output_per_enterprise"].figures
    assert [round(figures[name].value, 2) for name in ("base", "first", "last")] == [0.40, 1.70, 3.50]
    assert round(100 * figures["below_rate"].value, 1) == 7.2
    land = told["ratio/output_per_industrial_land"]
    assert [round(land.figures[name].value, 1) for name in ("base", "first")] == [6.8, 24.2]
    assert land.assumptions == ("planned_is_there",)


def test_the_population_stays_flat(told):
    """780.3 over 29,517 against 263 in 2035."""
    assert told["people"].rule.startswith("people_flat")
    assert round(told["people"].figures["now"].value, 1) == 264.4


def test_where_the_plan_should_stand_now(told):
    """431 with constant growth, 548 in equal steps, in 2025."""
    figures = told["waypoint/bazhong/gross_output_above_designated"].figures
    assert figures["now"].en == "2025"
    assert (round(figures["geometric"].value), round(figures["linear"].value)) == (431, 548)


def test_research_targets_contradict_sector_targets_in_2035_only(told):
    """3,050–4,910 against 2,500–2,960; in 2030 the ranges overlap."""
    found = [key for key in told if key.startswith("two_products")]
    assert found == ["two_products/2035"]
    figures = told["two_products/2035"].figures
    assert ends(figures["research"], -1) == (3050, 4910)
    assert round(figures["rest_needed"].value, 1) == 10.9


def test_the_goal_for_industry_is_told(told):
    """13.3 % to 40 %."""
    figures = told["share_goal/value_added_industry_share"].figures
    assert (figures["start"].value, figures["end"].value) == (13.3, 40)


def test_weights_fall_and_lie_between_zero_and_one():
    """Weightiest first; each key once; the first five are about five things."""
    ds = load()
    for city in ds.cities():
        found = insights(ds, city)
        weights = [insight.weight for insight in found]
        assert weights == sorted(weights, reverse=True)
        assert all(0 < weight <= 1 for weight in weights)
        assert len({insight.key for insight in found}) == len(found)
    assert len({insight.topic for insight in insights(ds, "bazhong")[:5]}) == 5


def test_every_insight_has_its_wording_and_every_wording_its_figures():
    """Templates of both languages use figures that the insight has; assumptions are worded."""
    ds = load()
    for city in ds.cities():
        for insight in story(ds, city):
            for lang in ("zh", "en"):
                assert set(fields(messages(lang)[insight.message])) <= set(insight.figures), insight.key
        assert all(one.figures["what"].zh and one.figures["what"].en for one in assumptions(story(ds, city)))


def test_every_computed_figure_shows_its_arithmetic_and_observations(told):
    """A number that is printed nowhere can be followed."""
    for insight in told.values():
        values = [*insight.figures.values(), *(v for s in insight.steps for v in s.values())]
        for value in values:
            if isinstance(value, Figure):
                assert value.observations, value.key
                assert value.formula or len(value.observations) in (1, 2) or value.measure == "count", value.key


def test_other_places_are_told_what_their_figures_allow():
    """Provinces and cities with a few facts: every figure is finite, nothing needs what is not stated, keys differ."""
    ds = load()
    for region in ds.regions():
        found = insights(ds, region)
        assert len({one.key for one in found}) == len(found)
        for one in found:
            assert one.region == region
            assert one.observations
            assert all(v.defined for v in one.figures.values() if isinstance(v, Figure))
        if not ds.targets(region).shape[0]:
            assert not {one.rule for one in found} & {"implied_product", "cliff", "waypoint", "carriers", "remainder"}


@pytest.mark.parametrize("area", ["chongqing", "sichuan", "guangdong"])
def test_last_years_growth_keeps_no_target_of_this_year(area):
    """5 % or more after 5.6 % is a target below what was achieved; a limit is kept by a state, not by another year."""
    found = [i for i in insights(load(), area) if "/rate_target/" in i.key]
    growing = [i for i in found if "last" in i.figures and i.figures["last"].measure == "rate"]
    assert growing
    assert {i.rule for i in growing} <= {"rate_target_above", "rate_target_below", "rate_target_same"}


def test_only_what_statistics_define_is_a_lower_target():
    """Works begun in 2025 and carried out in 2026, or in the whole city and in its centre, have no count to share."""
    ds = load()
    found = next(one for one in insights(ds, "sichuan") if one.rule == "lower_aims")
    assert (found.figures["count"].value, found.figures["lower"].value) == (5, 4)
    asked = {"sichuan-report-2026-03886", "sichuan-report-2026-21369", "sichuan-report-2026-03265"}
    assert not asked & set(found.observations)
    assert not [one for one in insights(ds, "chongqing") if one.topic == "lower_aims"]
