"""Scalars, lists, arrays, Series and frames in; the same kind out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planbrief.measures import growth, progress, structure


def test_scalars_give_plain_floats() -> None:
    """Python numbers, NumPy scalars and 0-d arrays give a Python float."""
    for start in (100, 100.0, np.float64(100), np.int32(100), np.array(100.0)):
        assert type(growth.cagr(start, 121, 2)) is float
    found = progress.required_growth(60, 2025, 63, 2027, 1)
    assert [type(value) for value in found] == [float, float, bool]
    assert type(progress.growth_ratio(58, 2023, 60, 2025, 63, 2027, 1).status) is str


def test_lists_and_arrays_give_arrays() -> None:
    """Arrays broadcast as in NumPy."""
    found = growth.cagr([[100], [50]], np.array([100, 200, 400]), 1)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found, [[0, 1, 3], [1, 3, 7]])


@pytest.mark.parametrize("other", [2, [1, 2, 4], np.array([1, 2, 4]), pd.Series([1, 2, 4], index=list("xyz"))])
def test_series_keep_their_index(other: Any) -> None:
    """A Series beside anything of its length gives a Series with its index and name."""
    levels = pd.Series([1.0, 2.0, 4.0], index=list("xyz"), name="levels")
    found = growth.multiple(levels, other)
    assert isinstance(found, pd.Series)
    assert list(found.index) == list("xyz")


def test_differing_labels_are_aligned() -> None:
    """Series meet by label, never by position; a missing label is NaN."""
    one = pd.Series([1.0, 2.0], index=["a", "b"])
    other = pd.Series([4.0, 3.0], index=["b", "c"])
    found = growth.multiple(one, other)
    assert found["b"] == 2
    assert math.isnan(found["a"])
    assert math.isnan(found["c"])


def test_frames_keep_both_labels() -> None:
    """A frame beside a Series of its rows or of its columns."""
    frame = pd.DataFrame({2024: [2.0, 9.0], 2025: [4.0, 27.0]}, index=["a", "b"])
    by_row = growth.multiple(pd.Series([2.0, 9.0], index=["a", "b"]), frame)
    pd.testing.assert_frame_equal(by_row, pd.DataFrame({2024: [1.0, 1.0], 2025: [2.0, 3.0]}, index=["a", "b"]))
    by_column = growth.multiple(pd.Series([2.0, 4.0], index=[2024, 2025]), frame)
    assert by_column.loc["b", 2024] == 4.5
    pd.testing.assert_frame_equal(growth.multiple(frame, frame[[2025, 2024]]), frame / frame)


def test_named_tuples_of_series() -> None:
    """Each field of a result has the form of the arguments."""
    values = pd.Series([60.0, 70.0], index=["a", "b"])
    found = progress.required_growth(values, 2025, 63, 2027, 1)
    assert found.already_met.tolist() == [False, True]
    assert found.already_met.dtype == bool
    assert list(found.rate.index) == ["a", "b"]
    ratio = progress.growth_ratio(58, 2023, values, 2025, 63, 2027, 1)
    assert ratio.status.tolist() == ["moderate_progress", "target_achieved"]
    assert list(structure.share_change(values, 80).change_pp.index) == ["a", "b"]


def test_missing_values_of_every_kind() -> None:
    """None, NaN, pandas.NA and masked entries are NaN in the result."""
    ends = (
        [121, None],
        np.ma.masked_invalid([121, np.nan]),
        pd.Series([121, None], dtype="Int64"),
        pd.Series([121, pd.NA], dtype=object),
        [121, pd.NA],
        (121, float("nan")),
    )
    for end in ends:
        found = np.asarray(growth.cagr(100, end, 2))
        np.testing.assert_allclose(found, [0.1, np.nan])
    assert math.isnan(growth.cagr(100, pd.NA, 2))


def test_empty_arguments() -> None:
    """Nothing in, nothing out."""
    assert growth.cagr([], [], 1).shape == (0,)
    assert growth.multiple(pd.Series([], dtype=float), 2).empty


def test_shapes_that_do_not_fit() -> None:
    """Arrays that cannot broadcast are an error, as in NumPy."""
    with pytest.raises(ValueError, match="broadcast"):
        growth.multiple([1, 2], [1, 2, 3])
