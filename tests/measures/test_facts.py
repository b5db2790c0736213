"""Observations that print one fact are joined; equal numbers of one place are not."""

from __future__ import annotations

import pytest
from targets.factory import make_dataset, observation

from planbrief.measures.audit import audit
from planbrief.measures.evidence import merged_facts
from planbrief.measures.headlines import headlines
from planbrief.targets import load


def test_a_fact_of_two_places_is_one_and_two_of_one_place_are_two():
    """二个千亿级、二个五百亿级: the second 2 repeats not the first, but the second of another place."""
    rows = [observation(number, 2, locator=place) for number, place in enumerate(("text", "text", "table", "table"))]
    ds = make_dataset(observations=rows)
    found = merged_facts(ds.observations)
    assert [len(fact["observations"]) for fact in found] == [2, 2]
    assert {obs_id for fact in found for obs_id in fact["observations"]} == set(ds.observations.index)


def test_different_values_are_different_facts():
    ds = make_dataset(observations=[observation(0, 2, locator="text"), observation(1, 3, locator="table")])
    assert len(merged_facts(ds.observations)) == 2


@pytest.fixture(scope="module")
def shipped():
    """The data of the package."""
    return load()


@pytest.mark.parametrize("city", ["qijiang", "fuling", "zhaoqing"])
def test_the_lead_counts_the_facts_that_the_table_lists(shipped, city):
    (lead,) = (one for one in headlines(shipped, [city]) if one.rule in ("no_dated_targets", "no_targets"))
    assert lead.figures["facts"].value == len(merged_facts(shipped.of_city(city)))


def test_arithmetic_shows_the_change_of_unit(shipped):
    """30.94 square kilometres over 24.09 万亩 is no 30.94 ÷ 24.09."""
    formulas = [number.formula for finding in audit(shipped, "bazhong") for number in finding.numbers.values()
                if hasattr(number, "formula") and "24.09" in number.formula]  # fmt: skip
    assert formulas == ["30.94 ÷ (24.09 × 6.66667)"]
    assert round(100 * 30.94 / (24.09 * 6.66667), 1) == 19.3


def test_a_gap_beyond_a_range_has_no_tolerance_left(shipped):
    found = [finding for finding in audit(shipped, "bazhong") if finding.message.startswith("audit.implied_total.gdp")]
    assert found
    assert all(finding.tolerance != finding.tolerance and finding.discrepancy > 0 for finding in found)
