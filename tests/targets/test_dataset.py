"""The data set: typed frames, reads that can be asked again, cities, the wide table of targets."""

from __future__ import annotations

import math

import pytest
from targets.factory import AREAS, make_dataset, milestones, observation

from planbrief.errors import DataError, UnknownName
from planbrief.targets.frames import digest


def test_numbers_are_numbers_and_text_is_text():
    """Values arrive as floats, everything else as text, undated years as NaN."""
    dataset = make_dataset(observations=[observation(1, 5.5, time_period="undated"), observation(9, "")])
    frame = dataset.observations
    assert frame["obs_value"].tolist()[0] == 5.5
    assert math.isnan(frame["obs_value"].tolist()[1])
    assert not frame["dated"].tolist()[0]
    assert frame["subject"].tolist() == ["", ""]


def test_text_in_a_number_is_named_with_row_and_column():
    """A cell that is no number is reported by file, row and column."""
    dataset = make_dataset(observations=[observation(1, "12a")])
    with pytest.raises(DataError, match=r"row 2, column obs_value: found '12a'"):
        dataset.observations  # noqa: B018  (reading is the act under test)


def test_a_key_that_occurs_twice_is_named():
    """The second row with one obs_id is reported."""
    dataset = make_dataset(observations=[observation(1, 1), observation(1, 2)])
    with pytest.raises(DataError, match="row 3, column obs_id"):
        dataset.observations  # noqa: B018


def test_the_city_of_a_document_is_where_most_of_its_figures_belong():
    """A place that a document only mentions is not a city with data; districts count for their city."""
    areas = [
        *AREAS,
        {"ref_area": "guest", "name_zh": "客城", "name_en": "Guest", "level": "prefecture", "parent": "china"},
    ]
    rows = [observation(1, 1, ref_area="guest"), observation(2, 2, ref_area="testdistrict"), observation(3, 3)]
    assert make_dataset(areas=areas, observations=rows).cities() == ("testville",)


def test_a_read_changes_with_its_rows_and_with_no_others():
    """Changing an observation changes the digests of the reads that include it, only those."""
    before, rows = make_dataset(), milestones()
    rows[1]["obs_value"] = "201"
    after = make_dataset(observations=rows)
    output = {"table": "observations", "where": {"indicator": ["test_output"]}}
    share = {"table": "observations", "where": {"indicator": ["test_share"]}}
    assert digest(before.package, output) != digest(after.package, output)
    assert digest(before.package, share) == digest(after.package, share)
    assert digest(before.package, {"city": "testville"}) != digest(after.package, {"city": "testville"})
    assert digest(before.package, {"cities": True}) == digest(after.package, {"cities": True})


def test_reads_are_recorded_and_merged():
    """Row look-ups merge into one read per table; selections stay what they are."""
    dataset = make_dataset()
    dataset.select(indicator="test_share")
    dataset.name("areas", "testville", "en")
    dataset.name("areas", "china", "zh")
    assert dataset.reads == [
        {"table": "observations", "where": {"indicator": ["test_share"]}},
        {"table": "areas", "where": {"ref_area": ["china", "testville"]}},
    ]


def test_targets_is_a_wide_table():
    """Indicator by year with unit and kind, in the order of the document."""
    wide = make_dataset().targets("testville")
    assert wide.loc[("test_output", "", "亿元", "level"), ["2023", "2026", "2030"]].tolist() == [100, 200, 400]
    assert wide["kind"].iloc[0] == "actual 2023; target 2026; target 2030"
    assert wide["name_zh"].tolist() == ["试产值", "试占比"]


def test_unknown_names_list_what_is_known():
    """An unknown place or column says what exists."""
    with pytest.raises(UnknownName, match="Did you mean 'testville'"):
        make_dataset().of_city("testvile")
    with pytest.raises(UnknownName, match="column of observations"):
        make_dataset().select(indicater="x")
