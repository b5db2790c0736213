"""Sections open with a sentence of their own: computed, counted over what the section shows, never one told above."""

from __future__ import annotations

import pytest
from targets.factory import INDICATORS, make_dataset, observation

from planbrief.display.views import brief, cities, opening
from planbrief.display.views.facts import beside_table
from planbrief.display.views.needs import growth_lead, target_lead
from planbrief.measures.audit import audit
from planbrief.measures.compare import side_by_side
from planbrief.measures.headlines import headlines
from planbrief.targets import load

#: Synthetic levels: an output and three counts, each with its values of 2023, 2026 and 2030.
PATHS = {"test_a": (100, 200, 300), "test_b": (100, 250, 260), "test_c": (100, 110, 400), "test_d": (100, 120, 130)}


@pytest.fixture(scope="module")
def shipped():
    """The data of the package."""
    return load()


def city(paths=PATHS, last="eq"):
    """A synthetic city whose levels have a start and two targets, the last one with a bound."""
    like = next(row for row in INDICATORS if row["aggregation"] == "additive")
    indicators = [
        {**like, "indicator": name, "name_zh": f"试{name[-1]}量", "name_en": f"Level {name[-1]}"} for name in paths
    ]
    rows = [
        observation(
            900 + 10 * place + number, value, indicator=name, time_period=year,
            kind="actual" if year == "2023" else "target", unit_measure=like["unit_measure"],
            comparator=last if year == "2030" else "eq",
        )
        for place, (name, values) in enumerate(paths.items())
        for number, (year, value) in enumerate(zip(("2023", "2026", "2030"), values, strict=True))
    ]  # fmt: skip
    return make_dataset(observations=rows, indicators=[*INDICATORS, *indicators])


def test_levels_that_are_to_double_are_counted():
    """Three of four end at twice their start or more; every observation of the four is behind the count of all."""
    (told,) = target_lead(city(), "testville")
    assert told.rule == "doubled"
    assert (told.figures["count"].value, told.figures["all"].value) == (3, 4)
    assert len(told.figures["count"].observations) == 9
    assert len(told.figures["all"].observations) == 12


def test_the_stretch_in_which_most_grow_fastest():
    """Three grow fastest to 2026, one after it; where two stretches tie nothing is said."""
    (told,) = growth_lead(city(), "testville")
    assert told.rule == "fastest"
    assert (told.figures["count"].value, told.figures["all"].value) == (3, 4)
    assert told.figures["span"].en == "2024–2026"
    assert growth_lead(city({**PATHS, "test_d": (100, 101, 130)}), "testville") == []


def test_a_path_with_two_equal_stretches_is_fastest_in_neither():
    """Ten per cent a year in both stretches: counted among all, not among those that grow fastest in one."""
    (told,) = growth_lead(city({**PATHS, "test_e": (100, 133.1, 194.87171)}), "testville")
    assert (told.figures["count"].value, told.figures["all"].value) == (3, 5)


def test_what_is_limited_is_not_to_double():
    """At most three times the start asks for no doubling; at least three times does."""
    assert target_lead(city(last="ge"), "testville")[0].rule == "doubled"
    assert [one.rule for one in target_lead(city(last="le"), "testville")] != ["doubled"]


def test_few_targets_make_no_count():
    """Two levels are no crowd: neither section opens with a count."""
    few = city({"test_a": PATHS["test_a"], "test_b": PATHS["test_b"]})
    assert target_lead(few, "testville") == growth_lead(few, "testville") == []


def test_aims_are_set_beside_what_was_reached(shipped):
    """Guangdong has no level that doubles: its aims are counted beside what was reached, some above and some below."""
    (told,) = target_lead(shipped, "guangdong")
    assert told.rule == "higher"
    assert 1 <= told.figures["count"].value < told.figures["all"].value


@pytest.mark.parametrize("region", ["bazhong", "qijiang", "fuling", "zhaoqing", "sichuan", "chongqing", "guangdong"])
def test_a_profile_says_nothing_twice(shipped, region):
    """No insight and no headline stands in two parts, and no key number is told again as a fact."""
    made = audit(shipped, region)
    found = opening.opening(shipped, headlines(shipped, [region], {region: made}))
    numbers = brief.key_numbers(shipped, [region])
    parts = opening.sections(
        shipped, region, found, numbers, answers=("biggest_multiple", "no_targets", "no_dated_targets"),
        derived=opening.derived_table(shipped, region),
    )  # fmt: skip
    told = [(one.rule, getattr(one, "key", "")) for part in parts.values() for one in part]
    assert len(told) == len(set(told))
    shown = {obs for number in (numbers.items if numbers else ()) for obs in opening.behind(number)}
    assert not [one for one in parts["facts"] if opening.behind(one) <= shown]


def test_what_was_achieved_is_told_where_nothing_above_tells_it(shipped):
    """Qijiang's growth opens its facts; Bazhong's stands in the arithmetic above and is not told again."""
    rules = {}
    for region in ("qijiang", "bazhong"):
        found = opening.opening(shipped, headlines(shipped, [region]))
        parts = opening.sections(shipped, region, found, None, answers=("biggest_multiple", "no_dated_targets"))
        rules[region] = [one.rule for one in parts["facts"]]
    assert rules == {"qijiang": ["achieved_growth", "commitment"], "bazhong": ["commitment"]}


def test_a_city_with_nothing_in_common_gets_no_empty_columns(shipped):
    """Fuling states none of what Chongqing does: one side is shown, and the title says whose it is."""
    table = beside_table(shipped, "fuling")
    assert [column.key for column in table.columns] == ["what", "around", "around_period"]
    assert "none of it" in table.caption[1]
    assert all(row[1].value for row in table.rows)


def test_comparison_counts_bets_and_goals_without_a_date(shipped):
    """Industries in common, and undated goals with who has most; one place alone has neither sentence."""
    areas = ("bazhong", "qijiang", "fuling", "zhaoqing")
    (bets,) = cities.bets_lead(shipped, areas)
    assert (bets.rule, bets.figures["count"].value, bets.figures["areas"].value) == ("bets_shared", 3, 3)
    (tied,) = cities.bets_lead(shipped, ("bazhong", "fuling"))
    assert tied.rule == "bets_shared_tied"
    (goals,) = cities.undated_lead(shipped, areas)
    every = sum(len(cities.undated_goals(shipped, area)) for area in areas)
    assert goals.figures["count"].value == every
    assert goals.figures["most"].value == len(cities.undated_goals(shipped, "bazhong"))
    assert [*cities.bets_lead(shipped, areas[:1]), *cities.undated_lead(shipped, areas[:1])] == []


def test_first_places_need_a_single_first(shipped):
    """Of three provinces one has the largest value most often; of cities with two questions nothing is said."""
    from planbrief.display.views.ranking import first_places, questions

    areas = ("sichuan", "chongqing", "guangdong")
    side = side_by_side(shipped, areas)
    asked = [one for one in questions(shipped, areas, side, ()) if one.differs]
    (told,) = first_places(shipped, areas, side)
    assert 1 <= told.figures["count"].value <= told.figures["questions"].value == len(asked)
    small = ("qijiang", "fuling")
    assert first_places(shipped, small, side_by_side(shipped, small)) == []
