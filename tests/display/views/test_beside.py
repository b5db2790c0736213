"""A city beside its province: same indicators, whose value it is, nothing where no document speaks of the province."""

from __future__ import annotations

from pathlib import Path

import pytest

from planbrief.display.views.facts import ECONOMY, beside_table
from planbrief.targets import Dataset, load


@pytest.fixture(scope="module")
def shipped(root: Path) -> Dataset:
    return load(root)


@pytest.mark.parametrize(
    ("city", "province"),
    [("bazhong", "sichuan"), ("qijiang", "chongqing"), ("fuling", "chongqing"), ("zhaoqing", "guangdong")],
)
def test_each_city_stands_beside_its_province(shipped: Dataset, city: str, province: str):
    """Growth achieved in 2025 and aimed at for 2026 stand in the table, each number with its observation."""
    table = beside_table(shipped, city)
    assert table is not None
    rows = shipped.observations.loc[list(table.observations())]
    assert set(rows["ref_area"]) <= {city, province}
    growth = rows[(rows["indicator"] == "gdp_growth") & (rows["ref_area"] == province)]
    assert {"2025", "2026"} <= set(growth["time_period"])
    assert not set(rows["kind"]) & {"count", "resource", "commitment"}


def test_shared_indicators_are_all_there_and_others_are_not(shipped: Dataset):
    """What both report is shown; what only the city reports is not, unless it belongs to the economy's core."""
    table = beside_table(shipped, "bazhong")
    assert table is not None
    shown = set(shipped.observations.loc[list(table.observations()), "indicator"])
    assert {"high_tech_enterprises", "value_added_services"} <= shown
    assert "gross_output_above_designated" not in shown
    assert shown - set(ECONOMY)


def test_a_province_has_no_province_beside_it(shipped: Dataset):
    """And without documents about a province there is no table."""
    assert beside_table(shipped, "sichuan") is None
