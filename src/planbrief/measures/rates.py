"""Targets that are themselves growth rates, and the two readings of "annual average"."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from planbrief.measures import growth
from planbrief.measures.columns import RATES, frame, with_words
from planbrief.measures.milestone import Point, Series
from planbrief.measures.series import identity, published_year, series_of

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


def rates_table(ds: Dataset, region: str, indicator: str | None = None, *, inside: bool = False) -> pd.DataFrame:
    """Targets that are themselves growth rates (avg_annual, yoy), with both readings of "annual average".

    A plan that prints an average annual rate in the column of a year does not say over which years: since the previous
    column, or since the base. Both are computed; a growth rate of the rate is not.

    Parameters
    ----------
    ds, region, indicator, inside
        As for :func:`planbrief.measures.series.series_of`.

    Returns
    -------
    pandas.DataFrame
        One row per target. ``rate_pct`` (percent per year) with ``lower``, ``upper``.
        Read as average since the previous column: ``multiple_since_previous`` and ``index_since_previous``, the level
        chained from the base (base = 1). Read as average since the base: ``multiple_since_base`` (base = 1) and
        ``implied_rate_pct``, the rate that this leaves for the years since the previous column. A yoy rate is of its
        own year only: the multiple is 1 + rate, and the rest stays NaN. The labels name the years of each reading.
        Without a base ``undefined`` is ``no_base``, and the first column has no previous one.
    """
    rows: list[dict[str, Any]] = []
    for series in series_of(ds, region, indicator, inside=inside):
        if series.family != "rate" or not series.aims:
            continue
        base = series.base(published_year(ds, {source for point in series.aims for source in point.sources}))
        chained, previous, before = (1.0, base.year, base) if base else (math.nan, math.nan, None)
        since_base = 1.0 if base else math.nan
        for point in series.aims:
            if base is not None and point.year <= base.year:
                continue
            row = _rate_row(series, point, base, before, chained, since_base)
            rows.append(row)
            if point.year != previous:
                chained, since_base = row["index_since_previous"], row["multiple_since_base"]
                previous, before = point.year, point
    return with_words(frame(rows, RATES))


def _rate_row(
    series: Series, point: Point, base: Point | None, before: Point | None, chained: float, since_base: float
) -> dict[str, Any]:
    rate = point.value / 100
    average = series.transformation == "avg_annual"
    previous_year = before.year if before else math.nan
    base_year = base.year if base else math.nan
    step = float(growth.implied_level(1.0, rate, point.year - previous_year if average else 1.0))
    whole = float(growth.implied_level(1.0, rate, point.year - base_year)) if average else math.nan
    return {
        **identity(series),
        "period": point.period,
        "year": point.year,
        "rate_pct": point.value,
        "lower": point.lower,
        "upper": point.upper,
        "previous_year": previous_year,
        "base_year": base_year,
        **{
            f"since_{name}_{lang}": growth.period_label(year, point.year, lang) if average and year == year else ""
            for name, year in (("previous", previous_year), ("base", base_year))
            for lang in ("zh", "en")
        },
        "multiple_since_previous": step,
        "index_since_previous": chained * step if average else math.nan,
        "multiple_since_base": whole,
        "implied_rate_pct": 100 * float(growth.cagr(since_base, whole, point.year - previous_year)),
        "undefined": "no_base" if average and base is None else "",
        "observations": tuple(dict.fromkeys((base.observations if base else ()) + point.observations)),
    }
