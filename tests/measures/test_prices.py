"""Prices are part of comparability: what stands at other prices is not divided, and not dropped without a word."""

from __future__ import annotations

import pytest
from targets.factory import AREAS, INDICATORS, make_dataset, observation

from planbrief.display.views.brief import key_numbers_of
from planbrief.display.views.needs import progress_view
from planbrief.measures import evidence
from planbrief.measures.audit import audit
from planbrief.measures.series import series_of
from planbrief.measures.tables import growth_table, progress_table

GROWTH = {**INDICATORS[0], "indicator": "test_growth", "unit_measure": "%", "aggregation": "rate"}


def plan(*more: dict) -> list[dict]:
    """Output 100 in 2023, 200 in 2026 at prices of 2023; more rows behind."""
    return [
        observation(100, 100, time_period="2023", price_base="current"),
        observation(110, 200, time_period="2026", kind="target", price_base="constant_2023"),
        *more,
    ]


def real(start: int, year: str, rate: float) -> dict:
    """Real growth on the year before."""
    return observation(
        start,
        rate,
        indicator="test_growth",
        time_period=year,
        transformation="yoy",
        price_base="real",
        unit_measure="%",
    )


@pytest.mark.parametrize("basis", ["current", ""])
def test_the_base_year_at_current_prices_is_at_its_own_constant_prices(basis):
    """2023 at current prices is 2023 at prices of 2023: the target has a base."""
    rows = plan()
    rows[0]["price_base"] = basis
    (series,) = series_of(make_dataset(observations=rows), "testville")
    assert series.price_base == "constant_2023"
    assert series.base().value == 100


def test_a_later_value_at_current_prices_is_not_judged_and_not_dropped():
    """Nothing is computed, and the table says so with the count."""
    ds = make_dataset(observations=plan(observation(120, 150, time_period="2024", price_base="current")))
    table = progress_table(ds, "testville")
    assert table.empty
    assert [found[0] for found in table.attrs["prices_differ"]] == ["testville/test_output"]
    shown = progress_view(ds, "testville")
    assert len(shown.rows) == 1
    assert "1 of the indicators" in shown.notes[0][1]


def test_real_growth_brings_the_value_to_the_prices_of_the_target():
    """100 × 1.2 × 1.1 stands at prices of 2023, with its arithmetic and every observation."""
    rows = plan(
        observation(120, 150, time_period="2025", price_base="current"), real(130, "2024", 20), real(140, "2025", 10)
    )
    ds = make_dataset(observations=rows, indicators=[*INDICATORS, GROWTH])
    (row,) = progress_table(ds, "testville").to_dict("records")
    assert row["value"] == pytest.approx(132)
    assert row["completion"] == pytest.approx(0.32)
    assert row["value_formula"] == "100 × (1 + 20%) × (1 + 10%)"
    assert {obs[-5:] for obs in row["observations"]} == {"00100", "00130", "00140", "00110"}


def test_a_year_without_growth_breaks_the_chain():
    """Growth of 2025 alone does not lead from 2023 to 2025."""
    rows = plan(observation(120, 150, time_period="2025", price_base="current"), real(140, "2025", 10))
    ds = make_dataset(observations=rows, indicators=[*INDICATORS, GROWTH])
    table = progress_table(ds, "testville")
    assert table.empty
    assert len(table.attrs["prices_differ"]) == 1


def test_the_audit_divides_nothing_at_other_prices():
    """Required growth starts from the value at the target's prices."""
    rows = plan(
        observation(120, 20, time_period="2024", price_base="current"),
        observation(150, 3, indicator="test_growth", time_period="2024", transformation="yoy", unit_measure="%"),
    )
    ds = make_dataset(observations=rows, indicators=[*INDICATORS, GROWTH])
    for identity in audit(ds, "testville").checked:
        assert "testville-plan-2024-00120" not in identity.observations or identity.rule != "required_growth"


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (("current", "2024", "actual"), ("constant_2023", "2026", "target"), False),
        (("", "2024", "actual"), ("constant_2023", "2026", "target"), False),
        (("", "2023", "actual"), ("constant_2023", "2026", "target"), True),
        (("", "2024", "actual"), ("", "2026", "target"), True),
        (("current", "2024", "actual"), ("current", "2026", "target"), True),
        (("constant_2020", "2024", "actual"), ("constant_2023", "2026", "target"), False),
        (("current", "2023-H1", "actual"), ("constant_2023", "2026", "target"), False),
    ],
)
def test_which_values_stand_at_the_same_prices(one, other, alike):
    """In either order."""
    bases = [evidence.bases(*one), evidence.bases(*other)]
    assert evidence.alike(*bases) is alike
    assert evidence.alike(*reversed(bases)) is alike


@pytest.mark.parametrize(
    ("reached", "aimed", "judged"),
    [("current", "", True), ("", "", True), ("current", "current", True), ("", "current", True),
     ("current", "constant_2023", False), ("", "constant_2023", False)],
)  # fmt: skip
def test_what_may_be_at_one_price_is_one_series(reached, aimed, judged):
    """A target without a basis may be at any prices; an achieved value without one is at current prices."""
    ds = make_dataset(
        observations=[
            observation(100, 100, time_period="2024", price_base=reached),
            observation(110, 150, time_period="2027", kind="target", price_base=aimed),
        ]
    )
    planned = growth_table(ds, "testville").query("stage == 'planned'")
    assert bool(planned["cagr"].notna().all()) is judged
    # What is not judged is listed with its count, also where the targets' own prices have no base at all.
    assert len(progress_table(ds, "testville").attrs["prices_differ"]) == (not judged)


def test_a_real_rate_and_an_aim_without_a_basis_are_one_series():
    """Growth of 5 % is aimed at after real growth of 5.4 %."""
    aim = real(120, "2025", 5) | {"kind": "target", "price_base": "", "comparator": "approx"}
    ds = make_dataset(observations=[real(110, "2024", 5.4), aim], indicators=[*INDICATORS, GROWTH])
    (series,) = series_of(ds, "testville")
    assert [point.value for point in series.points] == [5.4, 5]


def test_one_fact_at_two_prices_is_no_contradiction():
    """100 at current prices and 90 at prices of 2020 may both be printed; 100 and 90 at current prices may not."""
    for basis, found in (("constant_2020", 0), ("current", 1)):
        rows = [
            observation(100, 100, time_period="2024", price_base="current"),
            observation(110, 90, time_period="2024", price_base=basis, locator="段2"),
        ]
        findings = audit(make_dataset(observations=rows), "testville")
        assert len([one for one in findings if one.rule == "printed_twice"]) == found


def test_a_key_number_starts_where_its_growth_starts():
    """Values of 2021 and 2023, a target of 2026: growth is asked for from 2023, and the card says so."""
    years = (("2021", 80, "actual"), ("2023", 100, "actual"), ("2026", 133.1, "target"))
    rows = [observation(100 + 10 * i, v, time_period=y, kind=k) for i, (y, v, k) in enumerate(years)]
    (number,) = key_numbers_of(make_dataset(observations=rows), "testville")
    assert number.values["start"].value == 100
    assert number.values["rate"].value == pytest.approx(0.1)


def test_growth_at_other_prices_is_the_place_s_own_before_that_of_another():
    """Two values at current prices beside targets at prices of 2020: their growth is set beside, and says so."""
    other = real(140, "2023", 3) | {"ref_area": "othertown", "price_base": "real"}
    rows = [
        observation(90, 80, time_period="2021", price_base="current"),
        observation(95, 90, time_period="2022", price_base="current"),
        observation(110, 150, time_period="2023", price_base="constant_2020"),
        observation(120, 600, time_period="2026", kind="target", price_base="constant_2020"),
    ]
    areas = [*AREAS, {**AREAS[0], "ref_area": "othertown", "name_zh": "他市", "name_en": "Othertown"}]
    ds = make_dataset(observations=[*rows, other], indicators=[*INDICATORS, GROWTH], areas=areas)
    (found,) = [one for one in audit(ds, "testville") if one.rule == "required_growth"]
    assert found.severity == "not_comparable"
    assert found.numbers["achieved"].value == pytest.approx(90 / 80 - 1)
    assert "at other prices" in found.numbers["achieved_name"].en
