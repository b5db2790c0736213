"""Paths through milestones, and the labels of the years between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from planbrief.errors import UnknownName
from planbrief.measures.elementwise import Array, arrays, points, quiet

#: The two shapes of a path between milestones.
SHAPES = ("geometric", "linear")


def path(milestones: Any, year: Any, shape: str = "geometric") -> Any:
    """The value of a piecewise path through milestones.

    Parameters
    ----------
    milestones : pairs (year, value), mapping or Series by year
        In any order; a milestone without value is left out.
    year : float or array-like
        When.
    shape : {"geometric", "linear"}
        Constant rate or constant increment between neighbours.

    Returns
    -------
    float or array-like
        In the unit of the milestones. NaN outside them and where a year has two values; geometric also on a segment
        that touches a value ≤ 0.

    Raises
    ------
    planbrief.errors.UnknownName
        For another shape.

    >>> round(path([(2023, 142.8), (2026, 750)], 2025, "geometric"), 1)
    431.5
    >>> round(path([(2023, 142.8), (2026, 750)], 2025, "linear"), 1)
    547.6
    """
    require_shape(shape)
    known = points(milestones)
    (when,), wrap = arrays(year)
    with quiet(all="ignore"):
        heights = transformed(known.values, shape)
        result = np.full(np.shape(when), np.nan)
        if known.conflict:
            return wrap(result)
        if len(known.years) == 1:
            result = np.where(when == known.years[0], heights[0], result)
        for i in range(len(known.years) - 1):
            first, last = known.years[i], known.years[i + 1]
            weight = (when - first) / (last - first)
            height = heights[i] * (1 - weight) + heights[i + 1] * weight
            result = np.where((when >= first) & (when <= last) & np.isnan(result), height, result)
        if shape == "linear":
            return wrap(result)
        result = np.exp(result)
        for at, value in zip(known.years, known.values, strict=True):
            result = np.where((when == at) & ~np.isnan(result), value, result)
        return wrap(result)


def transformed(values: Array, shape: str) -> Array:
    """Values in the scale in which the path is straight: logarithms for a geometric one, NaN for values ≤ 0."""
    return values if shape == "linear" else np.log(np.where(values > 0, values, np.nan))


def require_shape(shape: str) -> None:
    """Raise :class:`~planbrief.errors.UnknownName` unless `shape` is geometric or linear."""
    if shape not in SHAPES:
        raise UnknownName("shape of a path", str(shape), SHAPES)


def period_label(base_year: Any, end_year: Any, lang: str = "zh") -> str:
    """The years that an average is over; the base year is not among them.

    Parameters
    ----------
    base_year, end_year : int
        2023 and 2026 for three periods.
    lang : {"zh", "en"}
        Language of the label.

    Returns
    -------
    str
        「2024–2026年年均」 or "annual average 2024–2026"; a single period is its year; empty if end ≤ base.

    >>> period_label(2023, 2026, "zh"), period_label(2023, 2026, "en"), period_label(2026, 2027, "zh")
    ('2024–2026年年均', 'annual average 2024–2026', '2027年')
    """
    if lang not in ("zh", "en"):
        raise UnknownName("language", lang, ("zh", "en"))
    first, last = int(base_year) + 1, int(end_year)
    if last < first:
        return ""
    if last == first:
        return f"{last}年" if lang == "zh" else f"{last}"
    return f"{first}–{last}年年均" if lang == "zh" else f"annual average {first}–{last}"
