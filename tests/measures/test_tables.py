"""Tables over a synthetic city: segments, rates, progress, structure, contribution, figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from targets.factory import UNITS, make_dataset, milestones, observation

from planbrief.errors import UnknownName
from planbrief.measures import figure, growth, progress
from planbrief.measures import tables as made
from planbrief.measures.series import series_of

SHARE = {"indicator": "test_share", "unit_measure": "%", "transformation": "share"}
RATE = {"indicator": "test_share", "unit_measure": "%", "transformation": "avg_annual"}


def later(value: float, year: str = "2024", **fields: Any) -> dict[str, Any]:
    """An actual value of test output after the base year, from a later document."""
    return observation(900 + int(year[:4]), value, time_period=year, kind="actual", **fields)


def parts() -> list[dict[str, Any]]:
    """Two industries that are exhaustive parts: 30 + 70 → 80 + 120 → 100 + 300."""
    rows = []
    for start, activity, values in ((300, "test_a", (30, 80, 100)), (400, "test_b", (70, 120, 300))):
        for step, (year, value) in enumerate(zip(("2023", "2026", "2030"), values, strict=True)):
            kind = "actual" if year == "2023" else "target"
            rows.append(observation(start + step, value, time_period=year, kind=kind, activity=activity))
    return rows


def test_growth_by_segment() -> None:
    """Base to target, target to target, and the whole; labels leave the base year out."""
    table = made.growth_table(make_dataset(), "testville", "test_output")
    assert table["stage"].tolist() == ["planned", "planned", "whole"]
    assert table["label_zh"].tolist() == ["2024–2026年年均", "2027–2030年年均", "2024–2030年年均"]
    np.testing.assert_allclose(table["cagr"], [2 ** (1 / 3) - 1, 2 ** (1 / 4) - 1, 4 ** (1 / 7) - 1])
    assert table["multiple"].tolist() == [2, 2, 4]
    assert table["increment_per_year"].tolist() == pytest.approx([100 / 3, 50, 300 / 7])
    assert table.loc[0, "observations"] == ("testville-plan-2024-00100", "testville-plan-2024-00110")
    assert (table["cagr_lower"] < table["cagr"]).tolist() == [True, False, True]
    assert (table["cagr_upper"] > table["cagr"]).tolist() == [True, False, True]
    assert table["undefined"].tolist() == [""] * 3
    assert table.loc[0, "waypoints_linear"] == ((2024, pytest.approx(400 / 3)), (2025, pytest.approx(500 / 3)))
    assert table.loc[2, "least_squares"] == pytest.approx(
        growth.least_squares_growth([2023, 2026, 2030], [100, 200, 400])
    )


def test_shares_grow_in_points() -> None:
    """A share has points and a closed gap, and no CAGR, with the reason in words."""
    table = made.growth_table(make_dataset(), "testville", "test_share")
    assert table["change_pp"].tolist() == [5, 15, 20]
    assert table["gap_closed"].tolist() == pytest.approx([5 / 80, 15 / 75, 20 / 80])
    assert table["cagr"].isna().all()
    assert set(table["undefined"]) == {"share_growth"}
    assert table["reason_zh"].str.contains("百分点").all()


def test_running_example_in_the_shipped_data() -> None:
    """Bazhong's output has the five segments of METHODS."""
    from planbrief.project import packaged
    from planbrief.targets import load

    table = made.growth_table(load(packaged()), "bazhong", "gross_output_above_designated")
    assert (100 * table["cagr"]).round(2).tolist() == [73.82, 33.33, 25.99, 11.84, 30.55]
    assert table["doubling_time"].round(2).tolist() == [1.25, 2.41, 3.0, 6.19, 2.6]


def test_prose_and_table_are_one_point() -> None:
    """Equal in value, unit and kind: one point with both ids, and the stricter wording."""
    rows = [*milestones(), observation(500, 200, time_period="2026", kind="target", comparator="ge")]
    found = made.milestones(make_dataset(observations=rows), "testville", "test_output")
    point = found[found["period"] == "2026"].iloc[0]
    assert point["observations"] == ("testville-plan-2024-00110", "testville-plan-2024-00500")
    assert (point["comparator"], point["upper"], point["wording_differs"]) == ("ge", math.inf, True)
    assert not found["conflict"].any()


def test_units_of_one_dimension_are_one_series() -> None:
    """0.02 万亿元 is 200 亿元: the same fact in another unit."""
    rows = [*milestones(), observation(500, 0.02, time_period="2026", kind="target", unit_measure="万亿元")]
    found = made.milestones(make_dataset(observations=rows), "testville", "test_output")
    assert found[found["period"] == "2026"]["observations"].tolist() == [
        ("testville-plan-2024-00110", "testville-plan-2024-00500")
    ]


def test_contradictions_stay_apart() -> None:
    """Two values for one year are two points, flagged, and a row for each in the growth table."""
    rows = [*milestones(), observation(500, 250, time_period="2026", kind="target")]
    data = make_dataset(observations=rows)
    found = made.milestones(data, "testville", "test_output")
    assert found[found["conflict"]]["value"].tolist() == [200, 250]
    table = made.growth_table(data, "testville", "test_output")
    assert table["conflict"].tolist() == [True, True, True, True, False]
    assert table["multiple"].tolist() == pytest.approx([2, 2.5, 2, 1.6, 4])


def test_price_bases_do_not_mix() -> None:
    """A value at another price basis is another series; an unstated duplicate joins the stated fact."""
    rows = [row | {"price_base": "constant_2023"} for row in milestones()]
    rows += [observation(500, 200, time_period="2026", kind="target"), later(130, price_base="current")]
    data = make_dataset(observations=rows)
    found = {series.key: series for series in series_of(data, "testville", "test_output")}
    assert set(found) == {"testville/test_output", "testville/test_output@current"}
    assert len(found["testville/test_output"].points) == 3
    assert made.progress_table(data, "testville").empty


def test_no_base_is_said() -> None:
    """Targets without an actual value have a row that says why there is no growth."""
    rows = [observation(110, 200, time_period="2026", kind="target")]
    table = made.growth_table(make_dataset(observations=rows), "testville")
    assert table["undefined"].tolist() == ["no_base"]
    assert table["reason_en"].str.len().all()
    zero = [observation(100, 0), observation(110, 200, time_period="2026", kind="target")]
    assert made.growth_table(make_dataset(observations=zero), "testville")["undefined"].tolist() == [
        "start_not_positive"
    ]


def test_halves_undated_and_missing_values_do_not_grow() -> None:
    """A half-year, an undated target and an empty cell enter no segment."""
    rows = [
        *milestones()[:3],
        later(60, "2025-H1"),
        observation(500, 900, time_period="undated", kind="target"),
        observation(510, "", time_period="2035", kind="target", obs_status="M"),
    ]
    data = make_dataset(observations=rows)
    assert len(made.growth_table(data, "testville")) == 3
    listed = made.milestones(data, "testville")
    assert listed["period"].tolist() == ["2023", "2025-H1", "2026", "2030", "undated"]
    assert listed["is_base"].tolist() == [True, False, False, False, False]


def test_progress_waits_for_data() -> None:
    """While there is no value after the base year the table is empty and says so in both languages."""
    table = made.progress_table(make_dataset(), "testville")
    assert table.empty
    assert table.attrs["undefined"] == "no_actual_after_base"
    assert table.attrs["reason_zh"]
    assert table.attrs["reason_en"]
    assert table.attrs["waiting"] == ("testville/test_output", "testville/test_share/share")
    assert table["already_met"].dtype == bool
    empty = made.progress_table(make_dataset(observations=[observation(1, 5)]), "testville")
    assert empty.attrs["undefined"] == "no_target"


def test_progress() -> None:
    """Completion, schedule with both paths, required growth: one row per target ahead."""
    table = made.progress_table(make_dataset(observations=[*milestones(), later(130)]), "testville", "test_output")
    assert table["target_year"].tolist() == [2026, 2030]
    row = table.iloc[0]
    assert (row["completion"], row["elapsed"]) == (pytest.approx(0.3), pytest.approx(1 / 3))
    assert row["gap_linear_pp"] == pytest.approx(-100 / 30)
    assert row["gap_geometric_pp"] == pytest.approx(100 * (1.3 - 2 ** (1 / 3)))
    assert (row["verdict_linear"], row["verdict_geometric"], row["verdict_differs"]) == ("behind", "ahead", True)
    assert row["shape"] == "geometric"
    assert row["required_rate"] == pytest.approx((200 / 130) ** 0.5 - 1)
    assert row["completion_lower"] < 0.3 < row["completion_upper"]
    assert row["growth_status"] == progress.growth_ratio(100, 2023, 130, 2024, 200, 2026, 1).status
    assert len(row["observations"]) == 3
    assert table.attrs["undefined"] == ""


def test_base_stays_that_of_the_plan() -> None:
    """Newer actual values of other documents do not become the base, older ones neither."""
    rows = [*milestones(), later(130), later(160, "2025"), later(80, "2020", source_id="testville-plan-2024")]
    table = made.progress_table(make_dataset(observations=rows), "testville", "test_output")
    assert set(table["base_year"]) == {2023}
    assert set(table["year"]) == {2025}
    stages = made.growth_table(make_dataset(observations=rows), "testville", "test_output")["stage"]
    assert stages.tolist() == ["achieved", "planned", "planned", "whole"]


def test_shares_progress_in_points() -> None:
    """A share has no required rate and no growth ratio."""
    rows = [*milestones(), observation(930, 22, time_period="2024", **SHARE)]
    row = made.progress_table(make_dataset(observations=rows), "testville", "test_share").iloc[0]
    assert math.isnan(row["required_rate"])
    assert row["growth_status"] == "not_available"
    assert row["required_increment"] == pytest.approx(1.5)
    assert row["completion"] == pytest.approx(0.4)


def test_two_readings_of_an_average_rate() -> None:
    """Since the previous column, or since the base: both, and no growth of the growth."""
    rows = [
        observation(1, 10, time_period="2023", **RATE),
        observation(2, 20, time_period="2025", kind="target", **RATE),
        observation(3, 30, time_period="2028", kind="target", **RATE),
    ]
    data = make_dataset(observations=rows)
    table = made.rates_table(data, "testville")
    assert table["multiple_since_previous"].tolist() == pytest.approx([1.44, 1.3**3])
    assert table["index_since_previous"].tolist() == pytest.approx([1.44, 1.44 * 1.3**3])
    assert table["multiple_since_base"].tolist() == pytest.approx([1.44, 1.3**5])
    assert table["implied_rate_pct"].tolist() == pytest.approx([20, 100 * ((1.3**5 / 1.44) ** (1 / 3) - 1)])
    assert table["since_base_zh"].tolist() == ["2024–2025年年均", "2024–2028年年均"]
    assert table["since_previous_en"].tolist()[1] == "annual average 2026–2028"
    assert set(made.growth_table(data, "testville")["undefined"]) == {"rate_growth"}
    assert made.rates_table(make_dataset(observations=rows[1:]), "testville")["undefined"].tolist() == ["no_base"] * 2


def test_structure_with_printed_total() -> None:
    """Shares in the total that the plan prints for all industries."""
    table = made.structure_table(make_dataset(observations=[*milestones(), *parts()]), "testville")
    first = table[table["activity"] == "test_a"]
    assert first["share_pct"].tolist() == [30, 40, 25]
    assert first["share_of_parts_pct"].tolist() == [30, 40, 25]
    assert first["change_pp"].tolist()[1:] == [10, -5]
    assert set(table["total_kind"]) == {"printed"}
    base = first.iloc[0]
    assert base["share_lower"] == pytest.approx(100 * 29.5 / 100.5)
    assert base["share_upper"] == pytest.approx(100 * 30.5 / 99.5)
    assert len(base["observations"]) == 2


def test_structure_by_sum_of_exhaustive_parts() -> None:
    """Without a printed total the declared parts are the whole, and only if all are there."""
    rows = parts()
    table = made.structure_table(make_dataset(observations=rows), "testville")
    assert set(table["total_kind"]) == {"sum"}
    assert table.groupby("period")["share_pct"].sum().tolist() == pytest.approx([100, 100, 100])
    base = table.iloc[0]
    assert base["share_lower"] == pytest.approx(100 * 29.5 / (29.5 + 70.5))
    cut = made.structure_table(make_dataset(observations=rows[:-1]), "testville")
    assert cut[cut["period"] == "2030"]["undefined"].tolist() == ["no_total"]


def test_contribution_by_segment() -> None:
    """Pull and share by industry; what lacks a value is named."""
    data = make_dataset(observations=[*milestones(), *parts()])
    table = made.contribution_table(data, "testville")
    assert table["pull_pp"].tolist() == [50, 50, 10, 90]
    assert table["share_pct"].tolist() == [50, 50, 10, 90]
    assert table["pull_of_total_pp"].tolist() == [50, 50, 10, 90]
    assert table["label_en"].unique().tolist() == ["annual average 2024–2026", "annual average 2027–2030"]
    assert made.contribution_table(make_dataset(observations=parts()[:3]), "testville").empty


def test_figures_carry_their_pedigree() -> None:
    """Key, formula with numbers, range, ids, reason."""
    data = make_dataset(observations=[*milestones(), *parts(), later(130)])
    table = made.growth_table(data, "testville", "test_output", "")
    row = table[table["stage"] == "planned"].iloc[0]
    found = figure(row, "cagr")
    assert found.key == "testville/test_output/cagr/2023-2026"
    assert (found.measure, found.formula, found.year) == ("rate", "(200 ÷ 100)^(1/3) − 1", "2023-2026")
    assert found.lower < found.value < found.upper
    end = figure(row, "end")
    assert (end.unit, end.observations, end.year) == ("亿元", ("testville-plan-2024-00110",), "2026")
    share = figure(made.growth_table(data, "testville", "test_share").iloc[0], "cagr")
    assert (share.defined, share.undefined, share.formula) == (False, "share_growth", "")
    done = figure(made.progress_table(data, "testville").iloc[0], "completion")
    assert (done.value, done.measure) == (pytest.approx(30), "share")
    assert done.formula == "(130 − 100) ÷ (200 − 100)"
    pull = figure(made.contribution_table(data, "testville").iloc[0], "share_pct")
    assert pull.formula == "(80 − 30) ÷ (200 − 100) × 100"
    with pytest.raises(UnknownName, match="cagr"):
        figure(row, "caggr")


def test_every_number_of_every_table_can_be_a_figure() -> None:
    """All columns named in the rules work on the tables that have them."""
    from planbrief.measures.columns import COLUMNS

    data = make_dataset(observations=[*milestones(), *parts(), later(130)])
    makers = (made.growth_table, made.progress_table, made.structure_table, made.contribution_table, made.milestones)
    for make in makers:
        table = make(data, "testville")
        for _, row in table.iterrows():
            for name in set(COLUMNS) & set(table.columns):
                found = figure(row, name)
                assert found.observations
                assert found.defined or found.undefined
                assert "nan" not in found.formula


def test_a_place_without_data_has_empty_tables() -> None:
    """Every table of a district without figures is empty, with its columns; an unknown place is an error."""
    data = make_dataset()
    makers = (made.growth_table, made.rates_table, made.progress_table, made.structure_table, made.contribution_table)
    for make in (*makers, made.milestones):
        table = make(data, "testdistrict")
        assert isinstance(table, pd.DataFrame)
        assert table.empty
        assert "observations" in table.columns
        with pytest.raises(UnknownName):
            make(data, "atlantis")


def test_inside_takes_in_the_districts() -> None:
    """Figures of places inside are series of their own."""
    rows = [*milestones(), observation(600, 10, ref_area="testdistrict", time_period="2026", kind="target")]
    data = make_dataset(observations=rows)
    assert len(made.growth_table(data, "testville", "test_output", inside=True)) == 4
    assert len(made.growth_table(data, "testville", "test_output")) == 3


def test_tenths_are_computed_in_per_cent() -> None:
    """A fall by three tenths (成) is a fall of 30 %, whatever the unit is called."""
    tenth = UNITS[0] | {"unit": "成", "dimension": "percent", "factor": "10", "name_zh": "成", "name_en": "tenths"}
    rows = [
        observation(
            950, -3, time_period="2025", kind="actual", **RATE | {"transformation": "yoy", "unit_measure": "成"}
        )
    ]
    (series,) = series_of(make_dataset(observations=rows, units=[*UNITS, tenth]), "testville", "test_share")
    assert (series.unit, series.points[0].value) == ("%", -30)


def test_per_mille_is_computed_in_per_cent() -> None:
    """From 6‰ to 8‰ are 0.2 points, not 2, and a share of 8‰ is 0.8 %."""
    mille = UNITS[0] | {"unit": "‰", "dimension": "percent", "factor": "0.1", "name_zh": "‰", "name_en": "‰"}
    cells = SHARE | {"unit_measure": "‰"}
    rows = [
        observation(950, 6, time_period="2023", kind="actual", **cells),
        observation(960, 8, time_period="2030", kind="target", **cells),
    ]
    growth = made.growth_table(make_dataset(observations=rows, units=[*UNITS, mille]), "testville", "test_share")
    assert (growth["unit"].iloc[0], growth["end"].iloc[0]) == ("%", pytest.approx(0.8))
    assert growth["change_pp"].iloc[0] == pytest.approx(0.2)


def test_a_bound_that_an_exact_value_keeps_is_no_conflict() -> None:
    """33,757.93 and, elsewhere in a text, more than 30,000 of the same year are one fact; less than 30,000 is none."""
    exact = observation(960, 33757.93, time_period="2025", kind="actual")
    loose = observation(970, 30000, time_period="2025", kind="actual", comparator="gt")
    wrong = observation(980, 30000, time_period="2025", kind="actual", comparator="lt")
    (series,) = series_of(make_dataset(observations=[exact, loose]), "testville", "test_output")
    assert [(p.value, p.conflict) for p in series.points] == [(33757.93, False)]
    (series,) = series_of(make_dataset(observations=[exact, wrong]), "testville", "test_output")
    assert [p.conflict for p in series.points] == [True, True]
