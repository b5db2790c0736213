"""Cities side by side: what is compared, what is refused, and what a page about little data shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from targets.factory import AREAS, make_dataset, milestones, observation, table

from planbrief.display.page import open_page
from planbrief.display.views import ranking
from planbrief.display.views.cities import (
    answers,
    around,
    base_first,
    bets_table,
    judged,
    pairs_table,
    undated_table,
)
from planbrief.display.views.ranking import dot_charts, questions, values_table
from planbrief.measures.compare import side_by_side
from planbrief.measures.figures import Figure
from planbrief.targets import Dataset, load

TWO_AREAS = [
    *AREAS,
    *table(
        "ref_area|name_zh|name_en|level|parent",
        "othertown|他城|Othertown|prefecture|testprovince",
        "otherzone|他园|Other Zone|zone|othertown",
    ),
]
SOURCES = ("testville-plan-2024", "othertown-plan-2024")


def towns(*theirs: dict[str, Any]) -> Dataset:
    """Testville with its targets, and another town with observations of its own document."""
    there = {"ref_area": "othertown", "source_id": SOURCES[1]}
    rows = [
        observation(500 + 10 * n, row.pop("value", 250), **{**there, **row}, obs_id=f"{SOURCES[1]}-{500 + 10 * n:05d}")
        for n, row in enumerate(dict(one) for one in theirs)
    ]
    sources = [
        {"source_id": source, "title_zh": "虚构规划", "title_en": "Synthetic plan", "doc_type": "plan"}
        | {"date_published": "2024-01-15", "language": "zh-Hans", "file_name": "x.txt", "sha256": "0" * 64}
        | {"characters": "1000"}
        for source in SOURCES
    ]
    return make_dataset(areas=TWO_AREAS, sources=sources, observations=[*milestones(), *rows])


def told(ds: Dataset) -> dict[str, Any]:
    cities = base_first(ds, ds.cities(), "testville")
    return {headline.rule: headline.figures for headline in answers(ds, cities, side_by_side(ds, cities))}


def test_like_values_get_a_ratio():
    """Two towns that state the same indicator for the same year are divided, and the table says so."""
    ds = towns({})
    found = told(ds)
    result = found["pair_ratio"]["result"]
    assert isinstance(result, Figure)
    assert (result.value, result.formula) == (0.4, "100 ÷ 250")
    shown = pairs_table(ds, side_by_side(ds, ds.cities()))
    assert shown is not None
    assert [row[3].value.value for row in shown.rows] == [0.4]  # type: ignore[union-attr]


def test_an_undated_goal_is_listed_and_refused():
    """The goal is among the undated ones, its pair is refused with the reason."""
    ds = towns({"kind": "target", "time_period": "undated"})
    cities = base_first(ds, ds.cities(), "testville")
    assert "未注明时间" in told(ds)["listed"]["why"].zh
    goals = undated_table(ds, cities)
    assert goals is not None
    assert len(goals.rows) == 1


def test_a_target_below_what_another_town_reached_is_said():
    """The latest target that is still below the other town's value, and a ladder with that value among the targets."""
    ds = towns({"value": 250, "ref_area": "otherzone"})
    found = told(ds)["order_aim"]
    assert (found["small_value"].value, found["large_value"].value) == (200, 250)
    (chart,) = dot_charts(ds, ("testville", "othertown"), side_by_side(ds, ("testville", "othertown")))
    assert [row[2].value.value for row in chart.data.rows] == [400, 250, 200, 100]  # type: ignore[union-attr]
    assert "below" in chart.caption.en  # type: ignore[union-attr]


def test_the_base_city_stands_first_and_a_city_without_data_is_left_out():
    """The order of the page follows the parameter."""
    ds = towns({})
    assert base_first(ds, ds.cities(), "othertown")[0] == "othertown"
    assert base_first(ds, ["testville"], "testdistrict") == ("testville",)


def test_one_city_has_nothing_to_set_beside():
    """A data set of one city says so, and no table or chart of pairs is shown."""
    ds = make_dataset()
    side = side_by_side(ds, ("testville",))
    assert list(told(ds)) == ["single_city"]
    assert judged(side) == []
    assert pairs_table(ds, side) is None
    assert dot_charts(ds, ("testville",), side) == []


@pytest.fixture(scope="module")
def shipped(root: Path) -> Dataset:
    return load(root)


def test_the_shipped_cities_every_pair_has_a_verdict(shipped: Dataset):
    """What is allowed differs in period at most; refusals and safe orders carry their grounds."""
    cities = base_first(shipped, shipped.cities(), "bazhong")
    side = side_by_side(shipped, cities)
    pairs = judged(side)
    assert all(pair.verdict.keys == ("period",) for pair in pairs if pair.status == "comparable_with_caution")
    assert all(pair.verdict.reasons for pair in pairs if pair.status == "not_comparable")
    table = pairs_table(shipped, side)
    assert table is not None
    assert all(row[4].value.zh for row in table.rows)  # type: ignore[union-attr]


def test_what_the_shipped_cities_bet_on(shipped: Dataset):
    """Materials are named by three of the cities, under three names; the class of 千亿 by three."""
    table = bets_table(shipped, base_first(shipped, shipped.cities(), "bazhong"))
    assert table is not None
    first = table.rows[0][0].value
    assert {"巴中市：先进材料", "涪陵区：新材料", "肇庆市：新材料"} == set(first.zh.split("；"))  # type: ignore[union-attr]
    (largest,) = [row for row in table.rows if row[0].value.zh.startswith("1000 亿元")]  # type: ignore[union-attr]
    assert all(city in largest[1].value.zh for city in ("巴中市", "涪陵区", "綦江区"))  # type: ignore[union-attr]


def provinces(count: int) -> Dataset:
    """Synthetic provinces that each state one share, and a town inside the first and one elsewhere that do too."""
    names = [f"p{n}" for n in range(count)]
    areas = [
        *table("ref_area|name_zh|name_en|level|parent", *(f"{n}|省{n}|Province {n}|province|china" for n in names)),
        *table(
            "ref_area|name_zh|name_en|level|parent",
            "inner|内城|Inner Town|prefecture|p0",
            "outer|外城|Outer Town|prefecture|china",
        ),
    ]
    share = {"indicator": "test_share", "unit_measure": "%", "transformation": "share", "kind": "actual"}
    sources = [
        {"source_id": f"{n}-plan-2024", "title_zh": "虚构规划", "title_en": "Synthetic plan", "doc_type": "plan"}
        | {"date_published": "2024-01-15", "language": "zh-Hans", "file_name": "x.txt", "sha256": "0" * 64}
        | {"characters": "1000"}
        for n in (*names, "inner", "outer")
    ]
    rows = [
        observation(100 + n, 20 + n / 2, ref_area=name, source_id=f"{name}-plan-2024", **share)
        | {"obs_id": f"{name}-plan-2024-{100 + n:05d}"}
        for n, name in enumerate((*names, "inner", "outer"))
    ]
    return make_dataset(areas=[*AREAS, *areas], sources=sources, observations=rows)


def test_provinces_are_ranked_and_stand_around_their_towns():
    """Thirty-one provinces make one panel; beside its own town a province is a line, not a rival."""
    ds = provinces(31)
    names = tuple(f"p{n}" for n in range(31))
    shown = base_first(ds, names, "p0")
    (chart,) = dot_charts(ds, shown, side_by_side(ds, shown))
    assert len(chart.data.rows) == 31
    assert "省p30" in chart.caption.zh  # type: ignore[union-attr]
    shown = base_first(ds, ["inner", "p0", "outer"], "inner")
    assert shown == ("inner", "outer")
    assert around(ds, shown) == ("p0",)
    (chart,) = dot_charts(ds, shown, side_by_side(ds, shown), around(ds, shown))
    assert [row[0].value.en.partition(",")[0] for row in chart.data.rows] == [  # type: ignore[union-attr]
        "Outer Town", "Inner Town", "Province p0",
    ]  # fmt: skip


TOWNS = tuple(f"town{number}" for number in range(9))


def many() -> Dataset:
    """Nine synthetic towns that state one growth rate each, and one that is the same everywhere."""
    areas = [*AREAS, *table("ref_area|name_zh|name_en|level|parent", *(f"{n}|{n}市|{n}|prefecture|" for n in TOWNS))]
    rate = {"indicator": "test_share", "unit_measure": "%", "transformation": "share", "time_period": "2023"}
    rows = []
    for number, name in enumerate(TOWNS):
        rows.append(observation(500 + 20 * number, 10 + number, ref_area=name, **rate))
        target = {"time_period": "2026", "kind": "target", "comparator": "approx"}
        rows.append(observation(510 + 20 * number, 30, ref_area=name, **target))
    return make_dataset(areas=areas, observations=rows)


def test_many_areas_are_ranked_and_not_paired():
    """First and last of each question, a table of all areas in order; what all state alike has no panel."""
    ds = many()
    cities = base_first(ds, TOWNS, "town0")
    side = side_by_side(ds, cities)
    assert cities == TOWNS
    rules = {headline.rule: headline.figures for headline in ranking.answers(ds, cities, side)}
    assert set(rules) == {"answer_many", "ranked", "all_alike"}
    assert (rules["ranked"]["top"].value, rules["ranked"]["low"].value) == (18, 10)
    assert rules["ranked"]["top_place"].en == "town8"
    assert (rules["all_alike"]["top"].value, rules["all_alike"]["top"].comparator) == (30, "approx")
    shown = values_table(ds, cities, side)
    assert [row[0].value.en for row in shown.rows] == list(reversed(TOWNS))
    assert [row[1].value.value for row in shown.rows] == list(range(18, 9, -1))
    assert len(shown.columns) == 2
    assert pairs_table(ds, side) is None
    assert len(dot_charts(ds, cities, side)) == 1


def test_places_that_tie_are_all_named():
    """Two towns share a value: both are named, with their own words where those differ; of seven there is a count."""
    ds = many()
    cities = base_first(ds, TOWNS, "town0")
    (one, *_) = [q for q in questions(ds, cities, side_by_side(ds, cities), ()) if q.differs]
    _, figure, reached = one.rows[0]
    tied = replace(one, rows=tuple((row[0], replace(row[1], value=max(row[1].value, 16)), row[2]) for row in one.rows))
    assert (tied.holders(tied.top).en, tied.holders(tied.top).zh) == ("town8", "town8市")
    level = replace(one, rows=(*one.rows[:2], (one.rows[2][0], replace(figure, value=one.rows[1][1].value), reached)))
    assert level.holders(level.top).en == "town1 and town2"
    bound = (one.rows[2][0], replace(figure, value=one.rows[1][1].value, comparator="ge"), reached)
    assert replace(one, rows=(*one.rows[:2], bound)).holders(one.rows[1]).en == "town1 and town2 (at least 11%)"
    assert tied.holders(tied.low).en == "7 places"


def test_a_few_areas_have_no_table_of_many():
    """Two towns are told pair by pair."""
    ds = towns({})
    cities = base_first(ds, ds.cities(), "testville")
    side = side_by_side(ds, cities)
    assert values_table(ds, cities, side) is None
    assert len(questions(ds, cities, side, ())) == 1
    assert next(ranking.answers(ds, cities, side)).rule == "answer"


def test_a_title_counts_more_places_than_it_can_name():
    """Six names at most, in the title and in the line above it."""
    ds = many()
    with_data = {"regions": list(TOWNS), "lang": "en"}
    page = open_page("comparison", "en", ds, with_data, title=("各地：{place}", "Places: {place}"))
    assert page.title == "Places: 9 places"
    assert page.cover.place == ("9 places",)
