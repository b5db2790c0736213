"""What each city speaks of, as cells that say actual, target, both, other or none."""

from __future__ import annotations

from pathlib import Path

from measures.audit.town import town
from targets.factory import observation

from planbrief.measures.facts import STATES, coverage, coverage_matrix
from planbrief.targets import load


def test_states_of_a_cell():
    """Actual and target make both; a forecast, a count or a resource is other; a dash is nothing."""
    rows = [
        observation(10, 1, indicator="output"),
        observation(20, 2, indicator="output", time_period="2030", kind="target"),
        observation(30, 3, indicator="firms", unit_measure="个"),
        observation(40, 4, indicator="services", kind="target", time_period="2030"),
        observation(50, 5, indicator="people", kind="estimate", time_period="2035", unit_measure="人"),
        observation(60, 6, indicator="takings", kind="estimate", time_period="2023"),
        observation(70, "", indicator="farming", obs_status="M", value_text="——"),
    ]
    found = coverage(town(rows), ["testville"]).set_index("indicator")["state"].to_dict()
    assert found == {
        "output": "both",
        "firms": "actual",
        "services": "target",
        "people": "other",
        "takings": "actual",
    }


def test_places_inside_a_city_count_for_it():
    """A district's figure stands in its city's cell, with its observation."""
    row = observation(10, 1, indicator="firms", ref_area="testdistrict", unit_measure="个")
    (cell,) = coverage(town([row]), ["testville"]).to_dict("records")
    assert (cell["state"], cell["observations"]) == ("actual", (row["obs_id"],))


def test_the_shipped_matrix(root: Path):
    """Every cell is one of the states; an indicator that a city does not state reads none."""
    ds = load(root)
    wide = coverage_matrix(ds)
    assert list(wide.columns) == list(ds.cities())
    assert set(wide.to_numpy().ravel()) <= set(STATES)
    assert wide.loc[("industry", "gross_output_above_designated")].to_dict() == {
        "bazhong": "both",
        "qijiang": "none",
        "fuling": "actual",
        "zhaoqing": "none",
    }
