"""Without the text: a cell that contradicts its series, its table, its document or its indicator is named."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from checks.mutations import counts, named, report
from targets.factory import make_dataset, observation

from planbrief.checks.plausibility import Observed, plausibility_problems
from planbrief.checks.rules import Tables
from planbrief.targets.package import Package, Row, read_package

#: Share of mutants that the rules must name without the text and without the seal.
NAMED = 0.75


@pytest.fixture(scope="module")
def shipped(root: Path) -> Package:
    """The shipped data."""
    return read_package(root / "data")


def tables(package: Package) -> Tables:
    return Tables({name: list(table.rows) for name, table in package.tables.items()})


def test_no_true_row_is_strange(shipped: Package) -> None:
    """Zero false alarms on the rows that were read from five documents."""
    assert [str(problem) for problem in plausibility_problems(tables(shipped))] == []


def test_most_changes_of_meaning_are_named(shipped: Package) -> None:
    """Forty rows, each changed in nine ways; the long form is in tests/soak."""
    made, caught = counts(shipped, seed=7, rows=40)
    assert sum(caught.values()) >= NAMED * sum(made.values()), report(made, caught)
    assert caught["digit"] == made["digit"]


def strange(*rows: dict[str, object], **more: list[dict[str, object]]) -> list[tuple[str, str]]:
    """(column, expected) of what is strange about synthetic rows of Testville."""
    package = make_dataset(observations=list(rows), **more).package
    return [(problem.column, problem.expected) for problem in plausibility_problems(tables(package))]


def level(start: int, value: str, year: str, **cells: object) -> dict[str, object]:
    return observation(start, value, time_period=year, kind="target", **cells)


def test_a_value_many_times_its_neighbours_is_named() -> None:
    """A value between two others, ten times as large: a digit too many. The small base of a plan is no slip."""
    assert strange(level(1, "100", "2026"), level(9, "110", "2028"), level(17, "130", "2030")) == []
    (found,) = strange(level(1, "100", "2026"), level(9, "1100", "2028"), level(17, "130", "2030"))
    assert found == ("obs_value", "a value near its series, 100 to 130")
    assert strange(level(1, "3", "2026"), level(9, "110", "2028"), level(17, "130", "2030")) == []


def test_a_country_takes_as_long_as_its_documents_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rule goes through all rows of an indicator for each of them: 117,000 rows took two minutes."""
    asked = 0

    def cells(one: Observed) -> object:
        nonlocal asked
        asked += 1
        return one.row.values

    monkeypatch.setattr(Observed, "cells", property(cells))

    def work(documents: int) -> int:
        nonlocal asked
        asked = 0
        names = [f"plan-{number:03d}" for number in range(documents)]
        rows = [level(at, "100", year, source_id=name, ref_area=name, obs_id=f"{name}-{at:05d}")
                for name in names for at, year in ((1, "2026"), (9, "2028"), (17, "2030"))]  # fmt: skip
        assert strange(*rows) == []
        return asked

    assert work(80) < 4.5 * work(20)


def test_a_larger_unit_of_a_value_near_its_series_is_no_slip() -> None:
    """1.5 万亿元 after 8100 亿元 is how it is printed; 8100 万亿元 is near nothing."""
    before, larger = level(1, "8100", "2026"), {"unit_measure": "万亿元"}
    assert strange(before, level(9, "1.5", "2027", **larger)) == []
    assert "unit_measure" in [column for column, _ in strange(before, level(9, "8100", "2027", **larger))]


def test_a_smaller_unit_of_many_is_how_a_county_prints() -> None:
    """49600 万元 is 4.96 亿元; 4.96 万元 is a slip."""
    printed = {"unit_measure": "万元"}
    assert strange(level(1, "49600", "2026", **printed)) == []
    assert [column for column, _ in strange(level(1, "4.96", "2026", **printed))] == ["unit_measure"]


def test_one_fact_has_one_value_in_a_document() -> None:
    """Both rows are named with the other's place."""
    found = strange(level(1, "100", "2026"), level(9, "120", "2026"))
    assert [column for column, _ in found] == ["obs_value", "obs_value"]
    assert "120 亿元" in found[0][1]
    assert strange(level(1, "100", "2026"), level(9, "120", "2026", comparator="ge")) == []


def test_a_note_adjudicates_one_value_of_one_cell() -> None:
    """What a person has read is not asked again; another value of the cell is."""
    noted = level(9, "120", "2026", reading_note="obs_value=120: printed twice, rounded once")
    assert len(strange(level(1, "100", "2026"), noted)) == 1
    assert len(strange(level(1, "100", "2026"), noted | {"obs_value": "130"})) == 2


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"obs_value": "-5"}, "obs_value"),
        ({"comparator": "le"}, "comparator"),
        ({"unit_measure": "万元"}, "unit_measure"),
        ({"locator": "表1 第1行 2027年列"}, "time_period"),
        ({"kind": "actual", "time_period": "2024"}, "time_period"),
        ({"kind": "actual", "time_period": "2009"}, "time_period"),
        ({"time_period": "2026-H1"}, "time_period"),
        ({"kind": "count"}, "kind"),
        ({"kind": "constraint"}, "comparator"),
        ({"kind": "resource", "comparator": "le"}, "comparator"),
        ({"kind": "target", "time_period": "2023"}, "time_period"),
        ({"transformation": "difference", "time_period": "undated"}, "time_period"),
    ],
)
def test_a_cell_that_has_no_sense_is_named(cells: dict[str, object], column: str) -> None:
    """Sign, bound, unit, period and kind of a target of output in 2026, in a document of January 2024."""
    assert strange(level(1, "100", "2026")) == []
    assert column in [found for found, _ in strange(level(1, "100", "2026") | cells)]


def test_a_decline_of_the_past_is_not_strange() -> None:
    """An absolute change may be negative; the same number as a level may not."""
    past = {"kind": "actual", "time_period": "2023", "obs_value": "-5", "value_text": "5"}
    for transformation, refused in (("difference", False), ("level", True)):
        found = strange(level(1, "100", "2026") | past | {"transformation": transformation})
        assert ("obs_value" in [column for column, _ in found]) == refused


def test_a_fact_that_is_printed_again_is_of_the_same_kind() -> None:
    """The same value of the same year, once a target and once an estimate; another value may be both."""
    again = level(9, "100", "2026")
    assert strange(level(1, "100", "2026"), again) == []
    assert {column for column, _ in strange(level(1, "100", "2026"), again | {"kind": "estimate"})} == {"kind"}


def test_a_path_of_targets_is_one_of_targets() -> None:
    """Between the targets of 2026 and 2030 stands no resource; before them an actual value may."""
    path = [level(1, "100", "2026"), level(9, "130", "2030")]
    middle = level(17, "120", "2028")
    assert strange(*path, middle) == []
    assert [column for column, _ in strange(*path, middle | {"kind": "resource"})] == ["kind"]
    assert strange(*path, middle | {"kind": "actual", "time_period": "2023"}) == []


def test_bounds_are_those_of_the_printed_form() -> None:
    """A fall of at least ten per cent is at most minus ten, and was reached."""
    fall = {"kind": "actual", "time_period": "2023", "obs_value": "-10", "value_text": "10", "comparator": "le"}
    assert strange(level(1, "100", "2026") | fall | {"transformation": "difference"}) == []
    rise = fall | {"obs_value": "10", "transformation": "difference"}
    assert [column for column, _ in strange(level(1, "100", "2026") | rise)] == ["comparator"]


def test_a_limit_that_was_kept_is_printed_as_one(shipped: Package) -> None:
    """An unemployment rate within 5 % in the year that is over is true; a rate that is to rise has no such bound."""
    names = ("surveyed_unemployment", "urbanisation_rate")
    indicators = [dict(row.values) for row in shipped["indicators"].rows if row.values["indicator"] in names]
    kept = {"kind": "actual", "time_period": "2023", "unit_measure": "%", "transformation": "share", "comparator": "le"}
    for name, columns in zip(names, ([], ["comparator"]), strict=True):
        found = strange(level(1, "5", "2026") | kept | {"indicator": name}, indicators=indicators)
        assert [column for column, _ in found] == columns


def test_a_printed_growth_and_its_levels_agree(shipped: Package) -> None:
    """The levels of two years give 20 %: a printed 19.8 is rounding, 2 a slip."""
    indicators = [
        dict(row.values) for row in shipped["indicators"].rows if row.values["indicator"] in ("gdp", "gdp_growth")
    ]
    levels = [level(1, "100", "2025", indicator="gdp"), level(9, "120", "2026", indicator="gdp")]

    def printed(value: str) -> dict[str, object]:
        return level(17, value, "2026", indicator="gdp_growth", transformation="yoy", unit_measure="%")

    assert strange(*levels, printed("19.8"), indicators=indicators) == []
    assert ("obs_value", "about 20.0, as the levels of 2025 and 2026 give") in strange(
        *levels, printed("2"), indicators=indicators
    )


def test_a_document_speaks_of_its_own_city(shipped: Package) -> None:
    """A row filed under another city is named; a county of the city and the province are not."""
    rows = {one.values["obs_id"]: one for one in shipped["observations"].rows}
    city, province = rows["bazhong-plan-2024-00469"], rows["sichuan-report-2026-05623"]
    for row, area, strangers in (
        (city, "guangzhou", True), (city, "tongjiang", False), (city, "sichuan", False),
        (province, "inner_mongolia", True), (province, "china", False),
    ):  # fmt: skip
        if area in shipped["areas"].by_key:
            mutant = dataclasses.replace(row, values={**row.values, "ref_area": area})
            assert named(shipped, row, mutant) is strangers


def test_parts_of_a_year_and_counted_shares_are_strange_where_no_other_row_has_them(shipped: Package) -> None:
    """A half-year in a report that tells of years, 万% anywhere, a province's total ten thousand times too small."""
    rows = {one.values["obs_id"]: one for one in shipped["observations"].rows}
    for key, cells in (
        ("guangdong-report-2026-01355", {"time_period": "2025-H1"}),
        ("guangdong-report-2026-01118", {"unit_measure": "万%"}),
        ("guangdong-report-2026-01355", {"unit_measure": "人次"}),
    ):
        row = rows[key]
        assert not named(shipped, row, row)
        assert named(shipped, row, Row({**row.values, **cells}, row.file, row.line))


def test_cells_of_a_table_row_belong_together(shipped: Package) -> None:
    """One cell of 专栏1 with another unit, place or year column than its row has."""
    row = next(one for one in shipped["observations"].rows if one.values["locator"] == "专栏1 第1行 2026年列")
    for cells in ({"unit_measure": "万亿元"}, {"ref_area": "sichuan"}, {"time_period": "2027"}, {"comparator": "ge"}):
        assert named(shipped, row, Row({**row.values, **cells}, row.file, row.line))
