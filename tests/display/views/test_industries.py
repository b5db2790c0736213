"""Industries of any city: groups of its tree, one measure per axis, contributions that add up, a page without any."""

from __future__ import annotations

import math
from typing import Any

import pytest
from measures.audit.town import INDICATORS, TOWN_UNITS, path, rows, town
from targets.factory import make_dataset, observation, table

from planbrief.display.charts.canvas import wrap
from planbrief.display.views.industries import (
    contribution_view,
    group_exhibits,
    levels_table,
    segment,
    steepness_chart,
    steps_chart,
)
from planbrief.measures.audit import audit
from planbrief.measures.industries import (
    group_headlines,
    industry_groups,
    industry_headlines,
    main_measure,
    shares_of_parts,
    tree_findings,
    tree_gaps,
)
from planbrief.targets import Dataset, load

#: A tree of another city: four industries, one with branches, one in a measure of its own; years unlike Bazhong's.
TREE = table(
    "activity|name_zh|name_en|parent|system|exhaustive",
    "all_test|全部试业|All test industries||test|false",
    "test_a|试业甲|Test industry A|all_test|test|false",
    "test_a1|试业甲一|Test branch A1|test_a|test|false",
    "test_a2|试业甲二|Test branch A2|test_a|test|false",
    "test_b|试业乙|Test industry B|all_test|test|false",
    "test_c|试业丙|Test industry C|all_test|test|false",
    "test_d|试业丁|Test industry D|all_test|test|false",
)


def city(*extra: dict[str, Any]) -> Dataset:
    """Testville with the tree above."""
    found = [
        *path(100, "output", 50, 100, 300, activity="test_a"),
        *path(130, "output", 20, 30, 90, activity="test_a1"),
        *path(160, "output", 10, 30, 90, activity="test_a2"),
        *path(190, "output", 30, 45, 60, activity="test_b"),
        *path(220, "output", 20, 25, 40, activity="test_c"),
        *path(250, "takings", 70, 80, 90, activity="test_d"),
        *extra,
    ]
    return make_dataset(activities=TREE, indicators=INDICATORS, units=TOWN_UNITS, observations=found)


def bazhong() -> tuple[Dataset, str]:
    return load(), "bazhong"


def test_groups_follow_the_tree():
    """Industries are the topmost activities with figures; what stands below them are branches."""
    (group,) = industry_groups(city(), "testville")
    assert group.activity == "all_test"
    assert [branch.activity for branch in group.industries] == ["test_a", "test_b", "test_c", "test_d"]
    assert [branch.industry for branch in group.tracks] == ["test_a", "test_a"]
    assert main_measure((group,), below=False)[0] == "output"


def test_a_figure_of_the_root_is_a_total():
    """The root of a tree is no industry where activities below it have figures."""
    ds = city(*path(300, "output", 100, 170, 400, activity="all_test"))
    (group,) = industry_groups(ds, "testville")
    assert [series.activity for series in group.total] == ["all_test"]
    assert "all_test" not in {branch.activity for branch in group.branches}


def test_the_shipped_tree_has_its_three_groups():
    """5+2+3 industries, and every one of the tracks that has figures."""
    groups = industry_groups(*bazhong())
    assert [len({b.activity for b in group.industries}) for group in groups] == [5, 2, 3]
    assert [len(group.tracks) for group in groups] == [10, 5, 0]


def test_a_group_without_a_sum_names_its_fastest_and_slowest():
    """Industries measured differently have no contributions: the ends are named, and that their measures differ."""
    ds, region = bazhong()
    rules = [[told.rule for told in group_headlines(ds, region, group)] for group in industry_groups(ds, region)]
    assert rules == [["carrier_first", "carrier_last", "shift"], ["pace_apart"], ["pace_apart"]]
    (told,) = group_headlines(ds, region, industry_groups(ds, region)[2])
    assert (told.figures["name"].en, told.figures["other"].en) == ("Information services", "Finance")
    assert told.figures["rate"].value > told.figures["other_rate"].value


@pytest.mark.parametrize("region", ["qijiang", "fuling", "zhaoqing"])
def test_a_city_without_a_tree_says_one_sentence(region):
    """No dated level of an industry: no groups, no table, one headline."""
    ds = load()
    assert industry_groups(ds, region) == ()
    assert [headline.rule for headline in industry_headlines(ds, region)] == ["no_industries"]
    assert steepness_chart(ds, region, below=False) is None


def test_one_measure_makes_the_axis():
    """Rates of another measure stand apart with its name; they are no rows of the chart."""
    chart = steepness_chart(city(), "testville", below=False)
    assert chart is not None
    groups = dict(chart.data.groups)
    assert list(groups) == [0, 3]
    assert groups[3].en == "Test takings"
    apart = chart.data.rows[3:]
    assert len(apart) == 1


def test_the_climb_in_brackets_stays_on_one_line():
    """A label breaks between words, never inside “3.2 → 25”."""
    lines = wrap("Modern traditional medicine (3.2\u00a0→\u00a025)", 42).splitlines()
    assert lines[-1].endswith("(3.2\u00a0→\u00a025)")
    assert len(lines) == 2


def test_levels_are_grouped_by_measure_and_name_their_segments():
    """Measures never mix within a row group, and the head leaves out the base year."""
    ds = city()
    (group,) = industry_groups(ds, "testville")
    shown = levels_table(ds, "testville", group)
    assert shown is not None
    assert [label.en for label in shown.groups.values()] == ["Test output", "Test takings"]  # type: ignore[union-attr]
    heads = [column.label[1] for column in shown.columns]
    assert heads[1:6] == ["2021 (actual)", "2025", "2030", "2022–25 a year", "2026–30 a year"]
    assert math.isclose(shown.rows[0][4].value.value, 2 ** (1 / 4) - 1)  # type: ignore[attr-defined]
    assert shown.rows[0][6].value.value == 6  # type: ignore[attr-defined]


def test_a_segment_across_a_century_keeps_its_years():
    """2099 to 2103 is not shortened to two digits."""
    assert segment(2098, 2103) == ("2099–2103年", "2099–2103")
    assert segment(2026, 2027)[1] == "2027"


def test_pulls_add_up_to_the_growth_of_the_sum():
    """The last row is what the pulls add up to, segment by segment."""
    ds = city()
    (group,) = industry_groups(ds, "testville")
    shown = contribution_view(ds, "testville", group)
    assert shown is not None
    pulls = [[cell.value.value for cell in row[1:]] for row in shown.rows[3:6]]  # type: ignore[attr-defined]
    sums = [cell.value.value for cell in shown.rows[6][1:]]  # type: ignore[attr-defined]
    assert [sum(column) for column in zip(*pulls, strict=True)] == pytest.approx(sums)
    assert sums[0] == pytest.approx(70)


def test_headlines_of_a_group_name_who_carries_the_growth():
    """First and last segment, and the largest gain and loss of share."""
    ds = city()
    (group,) = industry_groups(ds, "testville")
    found = {headline.rule: headline.figures for headline in group_headlines(ds, "testville", group)}
    assert set(found) == {"carrier_first", "carrier_last", "shift"}
    assert found["carrier_first"]["name"].en == "Test industry A"  # type: ignore[union-attr]
    assert found["carrier_first"]["share"].value == pytest.approx(100 * 50 / 70)  # type: ignore[union-attr]
    assert found["shift"]["lost"].en == "Test industry B"  # type: ignore[union-attr]


def test_shares_are_taken_where_all_parts_have_a_value():
    """A year in which a part is missing has no structure."""
    ds = city(observation(400, 60, indicator="output", activity="test_b", time_period="2035", kind="target"))
    years = {figure.year for _, figures in shares_of_parts(ds, "testville", "all_test") for figure in figures}
    assert years == {"2021", "2025", "2030"}


def test_the_required_growth_of_bazhong():
    """Medicine and health is the steepest industry, advanced battery materials the steepest track."""
    found = {headline.rule: headline.figures for headline in industry_headlines(*bazhong())}
    assert found["steepest_industry"]["name"].en == "Medicine and health"  # type: ignore[union-attr]
    assert found["steepest_industry"]["rate"].value == pytest.approx(1.2314, abs=1e-4)  # type: ignore[union-attr]
    assert found["steepest_track"]["multiple"].value == pytest.approx(80 / 0.3)  # type: ignore[union-attr]


def test_the_parts_of_bazhong_exceed_their_totals_in_four_places():
    """2023 for two industries, 2027 and 2030 for the leading industries."""
    ds, region = bazhong()
    found = audit(ds, region)
    (gaps,) = tree_gaps(ds, region, found)
    assert (gaps.rule, gaps.figures["count"].value) == ("gaps", 4)  # type: ignore[union-attr]
    inconsistent = [f for f in tree_findings(ds, region, found) if f.severity == "inconsistent"]
    assert sorted(f.discrepancy for f in inconsistent) == pytest.approx([2.5, 10, 100, 150])


def test_a_tree_that_adds_up_gives_no_caution():
    """The synthetic plan without a fault."""
    ds = town(rows())
    assert tree_gaps(ds, "testville", audit(ds, "testville")) == ()


def test_every_exhibit_of_every_group_is_drawn():
    """Charts and tables of the shipped groups; the steps start and end at the sums of the parts."""
    ds, region = bazhong()
    groups = industry_groups(ds, region)
    assert [len(list(group_exhibits(ds, region, group))) for group in groups] == [5, 1, 1]
    steps = steps_chart(ds, region, groups[0])
    assert steps is not None
    assert [row[1].value.value for row in (steps.data.rows[0], steps.data.rows[-1])] == pytest.approx([111.9, 700])  # type: ignore[attr-defined]
