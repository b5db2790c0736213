"""What industries and tracks contribute to growth, segment by segment."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from planbrief.measures import growth, structure
from planbrief.measures.columns import CONTRIBUTION, frame
from planbrief.measures.milestone import Point
from planbrief.measures.reasons import words
from planbrief.measures.wholes import Whole, by_period, wholes
from planbrief.targets import periods

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


def contribution_table(
    ds: Dataset,
    region: str,
    indicator: str | None = None,
    *,
    parent: str | None = None,
    total_indicator: str | None = None,
    total_activity: str = "",
) -> pd.DataFrame:
    """What each part contributes to the growth of the parts together, segment by segment.

    Parameters
    ----------
    ds, region, indicator, parent, total_indicator, total_activity
        As for :func:`structure_table`.

    Returns
    -------
    pandas.DataFrame
        One row per segment and part that has one value in both years: ``start``, ``end``, ``increment`` (``unit``),
        ``pull_pp`` (拉动百分点), ``share_pct`` (贡献率, percent), ``parts_start``, ``parts_end`` (sums), ``left_out``
        (activities without a value in one of the years; their growth is in no number of the segment). Where the whole
        is printed in both years, ``pull_of_total_pp`` and ``share_of_total_pct`` relate the increments to it. Segments
        with fewer than two such parts are left out.
    """
    table = ds.unit_table
    rows: list[dict[str, Any]] = []
    chosen = wholes(
        ds, region, indicator, parent=parent, total_indicator=total_indicator, total_activity=total_activity
    )
    for whole in chosen:
        totals = by_period(whole.total, whole.unit, table)
        parts = {part.activity: by_period(part, whole.unit, table) for part in whole.parts}
        years = sorted(set().union(*parts.values()), key=periods.order)
        for start, end in itertools.pairwise(years):
            both = {
                activity: (points[start][0], points[end][0])
                for activity, points in parts.items()
                if start in points and end in points and not (points[start][0].conflict or points[end][0].conflict)
            }
            if len(both) < 2:
                continue
            left_out = tuple(activity for activity in parts if activity not in both)
            total = (totals[start][0], totals[end][0]) if start in totals and end in totals else None
            rows.extend(_contribution_rows(whole, both, left_out, total))
    return frame(rows, CONTRIBUTION)


def _contribution_rows(
    whole: Whole,
    both: dict[str, tuple[Point, Point]],
    left_out: tuple[str, ...],
    total: tuple[Point, Point] | None,
) -> Iterator[dict[str, Any]]:
    total0, total1 = (total[0].value, total[1].value) if total else (math.nan, math.nan)
    every = tuple(obs_id for points in both.values() for point in points for obs_id in point.observations)
    total_ids = total[0].observations + total[1].observations if total else ()
    before = np.array([start.value for start, _ in both.values()])
    after = np.array([end.value for _, end in both.values()])
    shares = structure.contribution(before, after)
    for (activity, (start, end)), pull, percent in zip(both.items(), shares.pull_pp, shares.share_pct, strict=True):
        why = "" if percent == percent else "total_unchanged"
        yield {
            "ref_area": whole.ref_area,
            "indicator": whole.indicator,
            "parent": whole.parent,
            "activity": activity,
            "unit": whole.unit,
            "start_year": start.year,
            "end_year": end.year,
            "label_zh": growth.period_label(start.year, end.year, "zh"),
            "label_en": growth.period_label(start.year, end.year, "en"),
            "start": start.value,
            "end": end.value,
            "increment": end.value - start.value,
            "pull_pp": float(pull),
            "share_pct": float(percent),
            "pull_of_total_pp": float(structure.share(end.value - start.value, total0)),
            "share_of_total_pct": _signed_share(end.value - start.value, total1 - total0),
            "total_start": total0,
            "total_end": total1,
            "parts_start": float(before.sum()),
            "parts_end": float(after.sum()),
            "left_out": left_out,
            "undefined": why,
            "reason_zh": words(why, "zh"),
            "reason_en": words(why, "en"),
            "observations": tuple(dict.fromkeys(start.observations + end.observations + every + total_ids)),
        }


def _signed_share(change: float, total_change: float) -> float:
    """Percent of the total's change, which may be a decline; NaN where it does not change."""
    return 100 * change / total_change if total_change else math.nan
