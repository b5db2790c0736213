"""Verdicts follow from metadata alone, and what may not be compared is not computed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from measures.audit.town import INDICATORS, town
from targets.factory import AREAS, observation, table

from planbrief.errors import UnknownName
from planbrief.measures.compare import difference, matrix, pairs, ratio, reach, reaches, side_by_side, verdict
from planbrief.targets import Dataset, load

SECOND_AREAS = [
    *AREAS,
    *table(
        "ref_area|name_zh|name_en|level|parent",
        "othertown|他城|Othertown|prefecture|testprovince",
        "otherdistrict|他区|Other District|district|testprovince",
        "otherzone|他园|Other Zone|zone|othertown",
    ),
]
A, B = "testville-plan-2024-00100", "testville-plan-2024-00200"
HERE: dict[str, Any] = {"indicator": "output"}
THERE: dict[str, Any] = {"indicator": "output", "ref_area": "othertown"}


def pair(ours: dict[str, Any], theirs: dict[str, Any], **tables: Any) -> Dataset:
    """A data set of two observations, one in each town."""
    rows = [observation(100, **{"value": 100, **HERE, **ours}), observation(200, **{"value": 250, **THERE, **theirs})]
    return town(rows, areas=SECOND_AREAS, **tables)


def test_like_with_like_is_comparable():
    """Same indicator, year, kind, unit and level of area: nothing to say."""
    found = verdict(pair({}, {}), A, B)
    assert (found.status, found.reasons) == ("comparable", ())


FORBIDDING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "missing": ({}, {"value": "", "obs_status": "M"}),
    "break": ({}, {"obs_status": "B"}),
    "concept": ({}, {"indicator": "takings"}),
    "scope": ({}, {"indicator": "services"}),
    "definition": ({"indicator": "firms", "unit_measure": "个"}, {"indicator": "workshops", "unit_measure": "个"}),
    "transformation": ({}, {"transformation": "yoy", "unit_measure": "%"}),
    "unit": ({}, {"unit_measure": "%"}),
    "counterpart_area": (
        {"transformation": "difference_pp", "counterpart_area": "china", "unit_measure": "%"},
        {"transformation": "difference_pp", "counterpart_area": "testprovince", "unit_measure": "%"},
    ),
    "activity": ({"activity": "test_a"}, {"activity": "test_b"}),
    "subject": ({}, {"subject": "试公司"}),
    "price_base": ({"price_base": "current"}, {"price_base": "real"}),
    "kind": ({}, {"kind": "target"}),
    "undated": ({"kind": "target"}, {"kind": "target", "time_period": "undated"}),
    "period_length": ({"time_period": "2023"}, {"time_period": "2023-H1"}),
    "bound": ({"comparator": "ge"}, {"comparator": "le"}),
    "area_level": ({}, {"ref_area": "otherzone"}),
}
CAUTIONING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "status": ({}, {"obs_status": "P"}),
    "base_period": (
        {"transformation": "yoy", "base_period": "2022", "unit_measure": "%"},
        {"transformation": "yoy", "base_period": "2021", "unit_measure": "%"},
    ),
    "subject": ({"subject": "试展会"}, {"subject": "他展会"}),
    "price_base": ({"price_base": "current"}, {}),
    "kind": ({}, {"kind": "estimate"}),
    "period": ({}, {"time_period": "2022"}),
    "approximate": ({}, {"comparator": "approx"}),
    "bound": ({}, {"comparator": "ge"}),
    "area_level": ({}, {"ref_area": "otherdistrict"}),
    "activity": ({"activity": "test_a"}, {"activity": "test_b", "ref_area": "testville"}),
}
MORE = [*INDICATORS, {**INDICATORS[12], "indicator": "workshops"}]


@pytest.mark.parametrize("reason", FORBIDDING)
def test_a_difference_that_forbids(reason: str):
    """One difference of this sort makes the pair not comparable, and is named with both sides."""
    ours, theirs = FORBIDDING[reason]
    found = verdict(pair(ours, theirs, indicators=MORE), A, B)
    assert found.status == "not_comparable"
    assert not found.allowed
    assert reason in [r.key for r in found.forbidding]
    (named,) = [r for r in found.reasons if r.key == reason]
    assert named.forbids
    assert named.a != named.b or reason == "missing"


@pytest.mark.parametrize("reason", CAUTIONING)
def test_a_difference_that_cautions(reason: str):
    """One difference of this sort alone allows the comparison, with the difference listed."""
    ours, theirs = CAUTIONING[reason]
    found = verdict(pair(ours, theirs, indicators=MORE), A, B)
    assert (found.status, found.keys) == ("comparable_with_caution", (reason,))
    assert found.allowed


def test_a_verdict_does_not_depend_on_the_order():
    """Swapping the two observations swaps the sides and keeps the status."""
    for ours, theirs in [*FORBIDDING.values(), *CAUTIONING.values()]:
        ds = pair(ours, theirs, indicators=MORE)
        forth, back = verdict(ds, A, B), verdict(ds, B, A)
        assert forth.status == back.status
        assert [(r.key, r.b, r.a) for r in forth.reasons] == [(r.key, r.a, r.b) for r in back.reasons]


def test_an_undated_stock_may_stand_beside_another():
    """Areas and enterprise numbers without a date are compared with caution; an undated goal never is."""
    stock = {"indicator": "firms", "unit_measure": "个", "time_period": "undated"}
    assert verdict(pair(stock, stock), A, B).keys == ("undated",)
    goal = {**stock, "kind": "target"}
    assert verdict(pair(goal, goal), A, B).status == "not_comparable"


def test_differences_and_ratios_where_they_are_legitimate():
    """Values convert to the first one's unit; the figure carries its arithmetic."""
    ds = pair({"value": 120, "unit_measure": "亿元"}, {"value": 800000, "unit_measure": "万元"})
    apart, times = difference(ds, A, B), ratio(ds, A, B)
    assert apart.figure.value == pytest.approx(40)
    assert apart.figure.formula == "120 − 80"
    assert times.figure.value == pytest.approx(1.5)
    assert apart.figure.observations == (A, B)


def test_shares_differ_in_points_and_have_no_ratio():
    """A share minus a share is percentage points; one share over another is refused."""
    share = {"indicator": "output_share", "unit_measure": "%", "transformation": "share"}
    ds = pair({"value": 30, **share}, {"value": 20, **share})
    assert (difference(ds, A, B).figure.value, difference(ds, A, B).figure.measure) == (10, "points")
    assert ratio(ds, A, B).refused


@pytest.mark.parametrize("reason", FORBIDDING)
def test_what_may_not_be_compared_is_not_computed(reason: str):
    """Difference and ratio are NaN with the verdict beside them, and no exception is raised."""
    ours, theirs = FORBIDDING[reason]
    ds = pair(ours, theirs, indicators=MORE)
    for outcome in (difference(ds, A, B), ratio(ds, A, B)):
        assert outcome.refused
        assert math.isnan(outcome.figure.value)
        assert outcome.figure.undefined == "not_comparable"
        assert outcome.verdict.forbidding


def test_an_unknown_observation_is_an_error():
    """An id that the data do not have is named."""
    with pytest.raises(UnknownName):
        verdict(pair({}, {}), A, "nowhere-00001")


def test_every_pair_gets_a_verdict():
    """pairs lists each pair once, the matrix is symmetric with an empty diagonal."""
    rows = [observation(100 * i, 10 * i, indicator="output", time_period=str(2020 + i)) for i in (1, 2, 3)]
    ds = town(rows)
    ids = [row["obs_id"] for row in rows]
    assert len(pairs(ds, ids)) == 3
    square = matrix(ds, ids)
    assert (square.to_numpy() == square.to_numpy().T).all()
    assert [square.iloc[i, i] for i in range(3)] == ["", "", ""]


def two_towns(level: dict[str, Any]) -> Dataset:
    """Testville's path 100 → 200 → 400 and a level of Othertown."""
    rows = [
        observation(100, 100, indicator="output", time_period="2021"),
        observation(110, 200, indicator="output", time_period="2025", kind="target"),
        observation(120, 400, indicator="output", time_period="2030", kind="target"),
        observation(200, **{"value": 300, **THERE, **level}),
    ]
    return town(rows, areas=SECOND_AREAS)


def test_when_a_path_reaches_another_city():
    """The year is read off the path in both shapes, whatever year the other city's value is of."""
    answer = reach(two_towns({}), "testville", "output", B)
    assert answer is not None
    assert answer.verdict.allowed
    assert answer.geometric.value == pytest.approx(2025 + 5 * math.log(1.5) / math.log(2))
    assert answer.linear.value == pytest.approx(2027.5)
    assert answer.year is answer.geometric


@pytest.mark.parametrize(
    "level",
    [{"time_period": "undated", "kind": "target"}, {"indicator": "takings"}, {"ref_area": "otherzone"}],
    ids=["undated", "other concept", "a zone"],
)
def test_a_path_is_not_held_against_what_it_may_not_be(level: dict[str, Any]):
    """An undated goal, another measure or a zone is refused, with the reasons and no year."""
    answer = reach(two_towns(level), "testville", "output", B)
    assert answer is not None
    assert answer.refused
    assert math.isnan(answer.year.value)
    assert answer.verdict.forbidding


def test_a_level_beyond_the_path_has_no_year():
    """Allowed, but never reached: NaN with its own reason."""
    answer = reach(two_towns({"value": 900}), "testville", "output", B)
    assert answer is not None
    assert not answer.refused
    assert answer.year.undefined == "value_outside"


def test_a_city_without_a_path_gives_no_answer():
    """Without two dated values there is nothing to ask."""
    assert reach(two_towns({}), "testville", "takings", B) is None


def test_the_shipped_cities_beside_each_other(root: Path):
    """Bazhong's output and Qijiang's undated goal are listed, not computed; every pair shown has a verdict."""
    ds = load(root)
    shown = side_by_side(ds, ds.cities())
    listed = set(shown.rows["obs_id"])
    assert set(shown.pairs["a"]) | set(shown.pairs["b"]) == listed
    output, goal = "bazhong-plan-2024-05169", "qijiang-smart-2025-02965"
    assert {output, goal} <= listed
    assert {"scope", "undated"} <= set(verdict(ds, output, goal).keys)
    assert not verdict(ds, output, goal).allowed
    assert shown.pairs.groupby(["theme", "dimension", "city_a", "city_b"])["best"].sum().eq(1).all()
    answers = reaches(ds, ds.cities())
    assert all(answer.refused for answer in answers)
    asked = {(answer.indicator, answer.level) for answer in answers}
    assert ("gross_output_above_designated", goal) in asked
    assert ("high_tech_enterprises", "fuling-innovation-2023-00323") in asked


def test_only_money_is_listed_against_another_concept(root: Path):
    """A market share and a share of value added are no pair; two sums of money are, with the reason against it."""
    ds = load(root)
    shown = side_by_side(ds, ds.cities())
    rows = shown.rows.drop_duplicates("obs_id").set_index("obs_id")
    for pair in shown.pairs.to_dict("records"):
        a, b = rows.loc[pair["a"]], rows.loc[pair["b"]]
        assert a["concept"] == b["concept"] or a["dimension"] == b["dimension"] == "money"


def test_cost_follows_the_number_of_pairs_of_areas():
    """Verdicts are asked once for pairs alike in metadata: values of many cities cost no further judgement."""
    from planbrief.measures.verdicts import Reason

    ds = load()
    side_by_side(ds, ds.cities())
    known = len(ds.memory[Reason])
    side_by_side(ds, reversed(ds.cities()))
    assert 0 < known <= len(ds.memory[Reason]) <= 2 * known
