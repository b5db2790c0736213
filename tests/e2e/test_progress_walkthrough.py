"""An analyst adds actual values for later years: progress appears in tables, headlines and the digest.

All values here are synthetic; none of them is data about a real place.
"""

from __future__ import annotations

import pytest
from targets.factory import make_dataset, milestones, observation

from planbrief.display.views.needs import progress_view
from planbrief.measures.headlines import headlines

SHARE = {"indicator": "test_share", "unit_measure": "%", "transformation": "share"}
LATER = [
    observation(900, 130, time_period="2025"),
    observation(910, 24, time_period="2025", **SHARE),
]


@pytest.fixture
def before():
    """Testville as its plan was published: a base year and targets, nothing after."""
    return make_dataset(observations=milestones())


@pytest.fixture
def after():
    """The same with two synthetic actual values for 2025."""
    return make_dataset(observations=milestones() + LATER)


def rules(ds) -> dict[str, object]:
    """Headlines of Testville by rule."""
    return {headline.rule: headline for headline in headlines(ds, ["testville"])}


def test_without_a_later_value_nothing_is_called_on_track(before):
    """No table, no headline of progress; the headline says what is missing."""
    assert progress_view(before, "testville") is None
    found = rules(before)
    assert "missing_actuals" in found
    assert not {"progress_behind", "progress_ahead"} & set(found)


def test_later_values_make_progress_appear(after):
    """Output 100 → 130 of 200 by 2025 is behind both paths; the share 20 → 24 of 25 is ahead."""
    found = rules(after)
    assert "missing_actuals" not in found
    behind, ahead = found["progress_behind"].figures, found["progress_ahead"].figures
    assert behind["completion"].value == pytest.approx(30)
    assert behind["elapsed"].value == pytest.approx(200 / 3)
    assert behind["gap"].value == pytest.approx(100 * (100 * 2 ** (2 / 3) - 130) / 100)
    assert behind["required"].value == pytest.approx(200 / 130 - 1)
    assert ahead["completion"].value == pytest.approx(80)
    assert (ahead["required"].measure, ahead["required"].value) == ("points", pytest.approx(1))
    assert behind["measured"].value == 2


def test_the_table_names_completion_both_gaps_and_what_is_needed(after):
    """One row per target ahead, with the verdict in words."""
    table = progress_view(after, "testville")
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in table.rows]
    first = rows[0]
    assert first["completion"].value.value == pytest.approx(30)
    assert first["linear"].value.value == pytest.approx(100 * (130 - 100 - 200 / 3) / 100)
    assert first["geometric"].value.value < 0
    assert first["verdict"].value == ("落后", "behind")
    assert first["ahead"].value.value < 0
    assert first["required"].value.value == pytest.approx(200 / 130 - 1)
    assert first["latest"].value == ("130 亿元（2025年）", "13 billion yuan (2025)")
