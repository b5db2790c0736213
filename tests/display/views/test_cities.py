"""Cities side by side: what is compared, what is refused, and what a page about little data shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from targets.factory import AREAS, make_dataset, milestones, observation, table

from planbrief.display.views.cities import answers, base_first, comparability_chart, coverage_words, judged
from planbrief.display.views.cities_growth import reach_table, required_charts, undated_table, without_required
from planbrief.display.views.cities_tables import comparable_table, themes
from planbrief.measures.compare import side_by_side
from planbrief.measures.figures import Figure
from planbrief.targets import Dataset, load

TWO_AREAS = [
    *AREAS,
    *table("ref_area|name_zh|name_en|level|parent", "othertown|他城|Othertown|prefecture|testprovince"),
]
SOURCES = ("testville-plan-2024", "othertown-plan-2024")


def towns(*theirs: dict[str, Any]) -> Dataset:
    """Testville with its targets, and another town with observations of its own document."""
    there = {"ref_area": "othertown", "source_id": SOURCES[1]}
    rows = [
        observation(500 + 10 * n, row.pop("value", 250), **there, obs_id=f"{SOURCES[1]}-{500 + 10 * n:05d}", **row)
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


def test_like_values_get_difference_ratio_and_formula():
    """Two towns that state the same indicator for the same year are subtracted and divided."""
    ds = towns({})
    found = told(ds)
    assert found["some_comparable"]["comparable"].value >= 1
    result = found["pair_ratio"]["result"]
    assert isinstance(result, Figure)
    assert (result.value, result.formula) == (0.4, "100 ÷ 250")
    shown = comparable_table(ds, judged(ds, side_by_side(ds, ds.cities())))
    assert shown is not None
    (row,) = [row for row in shown.rows if row[3].value.value == -150]  # type: ignore[union-attr]
    assert row[5].value.zh == "100 − 250；100 ÷ 250"  # type: ignore[union-attr]


def test_an_undated_goal_is_listed_and_refused():
    """The goal is among the undated ones, its pair is refused with the reason, the path is not asked for a year."""
    ds = towns({"kind": "target", "time_period": "undated"})
    cities = base_first(ds, ds.cities(), "testville")
    found = told(ds)
    assert "comparable" in found["nothing_comparable"]
    assert "未注明时间" in found["same_indicator_refused"]["reasons"].zh
    goals = undated_table(ds, cities)
    assert goals is not None
    assert len(goals.rows) == 1
    asked = reach_table(ds, cities)
    assert asked is not None
    assert {row[2].value.en for row in asked.rows} == {"not computed"}  # type: ignore[union-attr]


def test_a_path_that_may_be_asked_answers_with_a_year():
    """A dated value of the same indicator: the year stands under both shapes of the path."""
    asked = reach_table(towns({}), ("testville", "othertown"))
    assert asked is not None
    years = {row[2].value.en for row in asked.rows}  # type: ignore[union-attr]
    assert "2028 with equal growth, 2027 with equal steps" in years


def test_the_base_city_stands_first_and_a_city_without_data_is_left_out():
    """The order of the page follows the parameter."""
    ds = towns({})
    assert base_first(ds, ds.cities(), "othertown")[0] == "othertown"
    assert base_first(ds, ["testville"], "testdistrict") == ("testville",)


def test_one_city_has_nothing_to_set_beside():
    """A data set of one city says so, and no matrix, table or chart of pairs is shown."""
    ds = make_dataset()
    side = side_by_side(ds, ("testville",))
    assert list(told(ds)) == ["single_city"]
    assert judged(ds, side) == []
    assert comparability_chart(ds, []) is None
    assert comparable_table(ds, []) is None
    assert list(themes(ds, side, [])) == []
    assert list(coverage_words(ds, ("testville",))) == []
    assert reach_table(ds, ("testville",)) is None
    assert list(without_required(ds, ("testville",))) == []


@pytest.fixture(scope="module")
def shipped(root: Path) -> Dataset:
    return load(root)


def test_the_shipped_cities_every_pair_has_a_verdict_and_few_are_allowed(shipped: Dataset):
    """Every value shown stands in a pair; what is allowed differs in period at most; refusals carry reasons."""
    cities = base_first(shipped, shipped.cities(), "bazhong")
    side = side_by_side(shipped, cities)
    pairs = judged(shipped, side)
    allowed = [pair for pair in pairs if pair.verdict.allowed]
    assert 0 < len(allowed) < len(pairs) / 5
    assert all(pair.verdict.keys == ("period",) for pair in allowed)
    assert all(pair.verdict.forbidding for pair in pairs if not pair.verdict.allowed)
    for _, values, verdicts in themes(shipped, side, pairs):
        assert values.rows
        assert len(verdicts.rows) == len({id(row) for row in verdicts.rows})
        assert all(str(row[3].value.zh) for row in verdicts.rows)  # type: ignore[union-attr]


def test_achieved_growth_has_no_axis_beside_required_growth(shipped: Dataset):
    """Bazhong's required rates have a chart; Qijiang's achieved rate stands apart in it with its definition."""
    (chart,) = required_charts(shipped, base_first(shipped, shipped.cities(), "bazhong"))
    rows = [[cell.value for cell in row] for row in chart.data.rows]
    (qijiang,) = [row for row in rows if row[0].zh.startswith("綦江区")]
    assert qijiang[2].value == pytest.approx(0.102)
    assert "增加值" in qijiang[3].zh
    assert max(row[2].value for row in rows) == pytest.approx(0.7382, abs=1e-4)
