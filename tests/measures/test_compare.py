"""Verdicts follow from metadata alone, and what may not be compared is not computed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from measures.audit.town import INDICATORS, town
from targets.factory import AREAS, observation, table

from planbrief.errors import UnknownName
from planbrief.measures.compare import difference, head_word, order_of, ratio, records, side_by_side, verdict
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


#: What the other town reached, in ways that make it larger still, and what each adds to the grounds.
SAFE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "intervals": ({}, {}),
    "later": ({"time_period": "2025"}, {}),
    "aim": ({"kind": "target", "time_period": "2027"}, {}),
    "part": ({}, {"ref_area": "otherzone"}),
    "company": ({}, {"subject": "试公司"}),
    "prices": ({"price_base": "2023_prices"}, {"price_base": "current"}),
    "shorter": ({}, {"time_period": "2023-H1"}),
}
#: What could turn the order.
UNSAFE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "intervals meet": ({"value": 250}, {}),
    "the smaller is earlier": ({"time_period": "2022"}, {}),
    "the larger is only aimed at": ({}, {"kind": "target"}),
    "the smaller is a part": ({"ref_area": "testdistrict"}, {}),
    "the smaller has no upper end": ({"comparator": "ge"}, {}),
    "the smaller is a branch": ({"activity": "test_a"}, {}),
    "prices could explain it": ({"value": 240, "price_base": "2023_prices"}, {"price_base": "current"}),
    "another concept": ({"indicator": "takings"}, {}),
    "a share": (
        {"indicator": "output_share", "transformation": "share", "unit_measure": "%", "value": 10},
        {"indicator": "output_share", "transformation": "share", "unit_measure": "%", "value": 20},
    ),
    "the smaller took less time": ({"time_period": "2023-H1"}, {}),
    "an undated aim": ({"kind": "target", "time_period": "undated"}, {}),
}


@pytest.mark.parametrize("ground", SAFE)
def test_the_order_of_size_is_safe(ground: str):
    """Each difference that can only widen the gap is named among the grounds, whichever side is asked first."""
    ds = pair(*SAFE[ground])
    a, b = records(ds, [A, B])
    found = order_of(ds, a, b)
    assert found is not None
    assert (found.smaller, found.larger) == (A, B)
    assert ground in found.because
    assert order_of(ds, b, a) == found


@pytest.mark.parametrize("why", UNSAFE)
def test_an_order_that_could_turn_is_not_claimed(why: str):
    """Whatever could make the smaller the larger leaves the pair without an order."""
    ds = pair(*UNSAFE[why])
    assert order_of(ds, *records(ds, [A, B])) is None


def test_a_broader_scope_that_is_smaller_keeps_the_order():
    """All industry here below the part above designated size there: the wider count there is larger still."""
    wide = {**INDICATORS[0], "indicator": "all_output", "scope": "all_industry"}
    narrow = {**INDICATORS[0], "indicator": "output", "scope": "above_designated_size"}
    others = [row for row in INDICATORS if row["indicator"] not in ("output", "all_output")]
    ds = pair({"indicator": "all_output"}, {}, indicators=[*others, wide, narrow])
    found = order_of(ds, *records(ds, [A, B]))
    assert found is not None
    assert "scope" in found.because
    back = pair({}, {"indicator": "all_output"}, indicators=[*others, wide, narrow])
    assert order_of(back, *records(back, [A, B])) is None


def test_the_last_word_of_an_industry_says_what_it_is_about():
    """New and advanced materials are materials; the tail that every industry has is not its word."""
    assert {head_word(name) for name in ("新材料", "先进材料", "新材料产业")} == {"材料"}
    assert head_word("高端装备制造业") == "装备"
    assert head_word("汽车") == "汽车"


def test_the_shipped_cities_beside_each_other(root: Path):
    """A whole city's target for 2027 is below what one zone reached in 2022; materials here and there are a pair."""
    ds = load(root)
    shown = side_by_side(ds, ds.cities())
    listed = set(shown.rows["obs_id"])
    assert set(shown.pairs["a"]) | set(shown.pairs["b"]) == listed
    assert shown.pairs.groupby(["theme", "dimension", "city_a", "city_b"])["best"].sum().le(1).all()
    safe = shown.pairs[shown.pairs["status"] == "order_safe"]
    rows = ds.observations
    told = {
        (rows.loc[one["order"].smaller, "obs_value"], rows.loc[one["order"].larger, "obs_value"])
        for one in safe.to_dict("records")
    }
    assert told == {(1000, 1200), (300, 1000)}


def test_pairs_are_of_one_concept(root: Path):
    """A market share and a share of value added are no pair, nor are two sums of money of unlike concepts."""
    ds = load(root)
    shown = side_by_side(ds, ds.cities())
    rows = shown.rows.drop_duplicates("obs_id").set_index("obs_id")
    for one in shown.pairs.to_dict("records"):
        a, b = rows.loc[one["a"]], rows.loc[one["b"]]
        assert (a["concept"], a["transformation"]) == (b["concept"], b["transformation"])


def test_cost_grows_with_the_number_of_areas():
    """Of many areas each is set beside the first: twice the areas, about twice the pairs."""

    def many(count: int) -> int:
        areas = [*AREAS, *table("ref_area|name_zh|name_en|level|parent", *(
            f"town{n}|城{n}|Town {n}|prefecture|testprovince" for n in range(count)
        ))]  # fmt: skip
        rows = [observation(100, 90, indicator="output")]
        rows += [observation(200 + n, 100 + n, indicator="output", ref_area=f"town{n}") for n in range(count)]
        ds = town(rows, areas=areas)
        return len(side_by_side(ds, ["testville", *(f"town{n}" for n in range(count))]).pairs)

    assert (many(15), many(30)) == (15, 30)
