"""Headlines say what is true of any city, and little of a city with little data."""

from __future__ import annotations

from pathlib import Path

import pytest
from measures.audit.town import path, town
from targets.factory import observation

from planbrief.measures.figures import Figure
from planbrief.measures.headlines import headlines
from planbrief.targets import load


def value(figure: object) -> float:
    """Value of a figure."""
    assert isinstance(figure, Figure)
    return figure.value


def test_the_steepest_path_and_the_largest_multiple():
    """Growth to the first target and the multiple to the last, from the same figures as the tables."""
    rows = [*path(100, "output", 100, 200, 300), *path(200, "services", 100, 110, 800)]
    found = {h.rule: h.figures for h in headlines(town(rows), ["testville"])}
    assert value(found["steepest_growth"]["rate"]) == pytest.approx(2 ** (1 / 4) - 1)
    assert value(found["biggest_multiple"]["multiple"]) == pytest.approx(8)
    assert value(found["missing_actuals"]["count"]) == 2


def test_a_later_actual_value_ends_the_complaint():
    """Once a figure after the base year is there, nobody says that none is."""
    rows = path(100, "output", 100, 200, 300)
    late = [*rows, observation(300, 120, indicator="output", time_period="2026")]
    assert "missing_actuals" in {h.rule for h in headlines(town(rows), ["testville"])}
    assert "missing_actuals" not in {h.rule for h in headlines(town(late), ["testville"])}


def test_shares_move_in_points_and_branches_in_shares_of_their_group():
    """A share's change is in percentage points; the structure shift is computed from the group's sum."""
    rows = [
        *path(100, "industry_share", 20.0, 25.0, 44.0, unit_measure="%", transformation="share"),
        *path(200, "output", 60, 80, 100, activity="test_a"),
        *path(300, "output", 40, 70, 300, activity="test_b"),
    ]
    found = {h.rule: h.figures for h in headlines(town(rows), ["testville"])}
    assert value(found["largest_share_change"]["change"]) == pytest.approx(24)
    assert abs(value(found["structure_shift"]["change"])) == pytest.approx(35)


def test_a_city_with_little_data_gets_little():
    """One undated goal makes two sentences, not ten."""
    row = observation(100, 500, indicator="output", time_period="undated", kind="target")
    assert [h.rule for h in headlines(town([row]), ["testville"])] == ["undated_goals", "no_dated_targets"]


def test_a_subsidy_is_no_sum_of_money_that_a_plan_commits():
    """Ten thousand yuan for a student stand beside no fund; a hundred million for a park do."""
    paid = observation(100, 1, indicator="output", time_period="2026", kind="commitment", unit_measure="万元")
    fund = observation(140, 1, indicator="output", time_period="2026", kind="commitment")
    assert "commitment" not in {h.rule for h in headlines(town([paid]), ["testville"])}
    (one,) = [h for h in headlines(town([paid, fund]), ["testville"]) if h.rule == "commitment"]
    assert one.figures["value"].observations == (fund["obs_id"],)


def test_a_city_without_data_gets_nothing():
    """No observation, no headline."""
    row = observation(100, 500, indicator="output", ref_area="testprovince")
    assert headlines(town([row]), ["testville"]) == ()


def test_the_shipped_headlines(root: Path):
    """Ranks count up; every figure is defined and rests on observations of the data; each rule speaks once a city."""
    ds = load(root)
    found = headlines(ds, ds.cities())
    assert [h.rank for h in found] == list(range(1, len(found) + 1))
    assert len({(h.rule, h.region) for h in found}) == len(found)
    first = found[0]
    assert (first.rule, first.region) == ("steepest_growth", "bazhong")
    assert value(first.figures["rate"]) == pytest.approx(0.7382451194)
    known = set(ds.observations.index)
    for headline in found:
        for figure in headline.figures.values():
            if isinstance(figure, Figure):
                assert figure.defined
                assert set(figure.observations) <= known
    assert found[-1].rule in ("some_comparable", "nothing_to_compare")
