"""Structure: identities of shares, contributions and decompositions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planbrief.measures import structure

PARTS = st.lists(st.tuples(*[st.floats(0.01, 1e6)] * 4), min_size=1, max_size=12)


@given(PARTS)
def test_contributions_add_up(parts: list[tuple[float, ...]]) -> None:
    """拉动 adds up to the total's growth, 贡献率 to 100."""
    before, after = (np.array(column) for column in list(zip(*parts, strict=True))[:2])
    found = structure.contribution(before, after)
    growth = 100 * (after.sum() / before.sum() - 1)
    assert found.pull_pp.sum() == pytest.approx(growth, rel=1e-6, abs=1e-6)
    assume(abs(growth) > 1e-3)
    assert found.share_pct.sum() == pytest.approx(100)


@given(PARTS)
def test_shift_share_adds_up(parts: list[tuple[float, ...]]) -> None:
    """The three components are the region's change."""
    r0, r1, n0, n1 = zip(*parts, strict=True)
    found = structure.shift_share(r0, r1, n0, n1)
    rounding = 1e-14 * sum(abs(one) for one in found)  # the components may be 10**13, their sum 10**3
    assert sum(found) == pytest.approx(sum(r1) - sum(r0), rel=1e-6, abs=1e-3 + rounding)


@given(PARTS)
def test_within_between_adds_up(parts: list[tuple[float, ...]]) -> None:
    """The three effects are the change of the average."""
    s0, l0, s1, l1 = (np.array(column) for column in zip(*parts, strict=True))
    found = structure.within_between(s0, l0, s1, l1)
    change = (s1 * l1).sum() - (s0 * l0).sum()
    assert sum(found) == pytest.approx(change, rel=1e-6, abs=1e-6 * float((s0 * l0).sum() + (s1 * l1).sum()))


def test_unchanged_total_has_no_shares() -> None:
    """Without growth there is nothing to share out, floats that cancel only nearly included."""
    found = structure.contribution(np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.2, 0.1]))
    assert np.isnan(found.share_pct).all()
    assert math.isnan(structure.contribution([100, 100], [100, 100]).share_pct)
    assert structure.contribution([100, 100], [100, 100]).pull_pp.tolist() == [0, 0]


def test_labels_of_parts() -> None:
    """Parts meet by label; a frame's rows are cases."""
    before = pd.Series({"a": 300.0, "b": 500.0})
    after = pd.Series({"b": 600.0, "a": 330.0})
    found = structure.contribution(before, after)
    assert found.pull_pp.to_dict() == pytest.approx({"a": 3.75, "b": 12.5})
    frame = pd.DataFrame([[1.0, 1.0], [1.0, 1.0]], index=["x", "y"], columns=["a", "b"])
    later = pd.DataFrame([[2.0, 1.0], [1.0, 1.0]], index=["x", "y"], columns=["a", "b"])
    assert structure.contribution(frame, later).pull_pp.loc["x"].tolist() == [50, 0]
    shifted = structure.shift_share(frame, later, frame, later)
    assert list(shifted.regional_share.index) == ["x", "y"]
    assert structure.within_between(before, before, after, after).within == pytest.approx(300 * 30 + 500 * 100)


def test_new_industry_needs_no_national_rate() -> None:
    """An industry that starts from nothing is regional share."""
    found = structure.shift_share([10, 0], [10, 5], [100, 0], [100, 50])
    assert found.regional_share == 5
    assert sum(found) == 5
    assert math.isnan(structure.shift_share([10, 1], [10, 5], [100, 0], [100, 50]).national_share)


def test_undefined_shares() -> None:
    """No total, no share; no gap, nothing closed."""
    assert math.isnan(structure.share(1, 0))
    assert math.isnan(structure.share_change(0, 5).change_pct)
    assert structure.share_change(0, 5).change_pp == 5
    assert math.isnan(structure.share_change(100, 100).gap_closed)
    assert math.isnan(structure.location_quotient(1, 0, 1, 1))
    assert math.isnan(structure.location_quotient(1, 1, 0, 1))
    assert np.isnan(structure.contribution([0, 0], [1, 2]).pull_pp).all()
