"""Where a place stands on the way to its targets: needs an observation after the base year."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from planbrief.measures import growth, progress, ranges
from planbrief.measures.cache import remembered
from planbrief.measures.columns import PROGRESS, frame
from planbrief.measures.prices import CONSTANT
from planbrief.measures.ranges import CEILINGS, FLOORS, kept
from planbrief.measures.series import Point, Series, at_other_prices, chained, identity, published_year, series_of
from planbrief.measures.undefined import reason, words

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: Closer to the path than this many percentage points of the planned change counts as on it.
ON_PATH_PP = 0.5


@remembered
def progress_table(
    ds: Dataset, region: str, indicator: str | None = None, activity: str | None = None, *, inside: bool = False
) -> pd.DataFrame:
    """Progress of every series that has an actual value after its base year, one row per target not yet past.

    Parameters
    ----------
    ds, region, indicator, activity, inside
        As for :func:`planbrief.measures.series.series_of`.

    Returns
    -------
    pandas.DataFrame
        ``completion`` (增量完成率, fraction) with ``completion_lower``/``_upper``, ``elapsed`` (序时进度, fraction),
        ``gap_linear_pp`` and ``gap_geometric_pp`` (percentage points of the planned change, ahead is positive) with the
        verdicts ``ahead``, ``on_path``, ``behind`` and ``verdict_differs``; ``shape`` is the default path.
        ``required_rate`` (fraction per year, levels only), ``required_increment`` (per year), ``already_met``,
        ``ahead_linear_years``/``ahead_geometric_years`` (提前/滞后年数), ``growth_ratio`` with ``growth_status``
        (levels only), ``current_status_index``, and the trend's ``predicted`` value with its class.

        While no series has an actual value after its base year the table is empty, and ``attrs`` says so:
        ``attrs["undefined"]`` is ``no_actual_after_base`` (or ``no_target``, ``no_base``), ``attrs["reason_zh"]`` and
        ``attrs["reason_en"]`` the words, ``attrs["waiting"]`` the keys of the series that wait for data. Nothing is
        called "on track" then.

        Values at other prices than the targets are not held against them. Where real growth is stated for every year
        since the base, the latest value is chained with it (``value_formula``); else the series is not judged, and
        ``attrs["prices_differ"]`` names it with the latest value at other prices and the next target: (series key,
        observation of the value, observation of the target).
    """
    rows: list[dict[str, Any]] = []
    waiting: list[str] = []
    differing: list[tuple[str, ...]] = []
    chains: set[str] = set()
    lacking = "no_target"
    for series in series_of(ds, region, indicator, activity, inside=inside):
        if not series.aims or series.family == "rate":
            continue
        base = series.base(published_year(ds, {source for point in series.aims for source in point.sources}))
        later = [point for point in series.actuals if base and point.year > base.year and not point.conflict]
        if base is not None and not later:
            later = list(chained(ds, series, base)) if series.price_base.startswith(CONSTANT) else []
            chains |= {series.key} if later else set()
            if not later and (other := _at_other_prices(ds, series, base)):
                differing.append((series.key, *other))
                continue
        if base is None or not later:
            waiting.append(series.key)
            lacking = "no_actual_after_base" if base or lacking == "no_actual_after_base" else "no_base"
            continue
        targets = [point for point in series.aims if point.year >= later[-1].year]
        formula = later[-1].value_text if series.key in chains else ""
        rows.extend(_row(series, base, later, target) | {"value_formula": formula} for target in targets)
    table = frame(rows, PROGRESS)
    key = "" if rows else lacking
    table.attrs.update(undefined=key, reason_zh=words(key, "zh"), reason_en=words(key, "en"), waiting=tuple(waiting))
    table.attrs["prices_differ"] = tuple(differing)
    return table


def _at_other_prices(ds: Dataset, series: Series, base: Point) -> tuple[str, ...]:
    """The latest value after the base at other prices and the next target, empty where there is none."""
    later = [p for other in at_other_prices(ds, series) for p in other.actuals if p.year > base.year]
    if not later:
        return ()
    latest = max(later, key=lambda point: point.year)
    ahead = [aim for aim in series.aims if aim.year >= latest.year]
    return (latest.observations[0], (ahead or list(series.aims))[0].observations[0])


def _row(series: Series, base: Point, later: list[Point], target: Point) -> dict[str, Any]:
    latest = later[-1]
    level = series.family == "level"
    # A ceiling is met from below and a floor from above, whatever is better otherwise.
    direction = -1 if target.comparator in CEILINGS else 1 if target.comparator in FLOORS else series.direction
    if kept(target.comparator, target.value, base.value):
        return _kept_row(series, base, latest, target)
    between = [point for point in series.aims if base.year < point.year <= target.year and not point.conflict]
    path = {point.year: point.value for point in (base, *between, target)}
    schedule = {"year": latest.year, "value": latest.value}
    gaps = {shape: _gap(path, base, target, shape, **schedule) for shape in growth.SHAPES}
    ahead = {shape: progress.time_ahead(path, latest.year, latest.value, shape) for shape in growth.SHAPES}
    required = progress.required_growth(latest.value, latest.year, target.value, target.year, direction)
    ratio = progress.growth_ratio(
        base.value, base.year, latest.value, latest.year, target.value, target.year, direction
    )
    trend = progress.anticipated_progress(
        {point.year: point.value for point in (base, *later)}, target.value, target.year, base.value, direction
    )
    whole = ranges.completion_range(
        (base.lower, base.upper), (latest.lower, latest.upper), (target.lower, target.upper)
    )
    why = reason("progress.increment_completion", base=base.value, value=latest.value, target=target.value)
    verdicts = {shape: verdict(gap) for shape, gap in gaps.items()}
    return {
        **_ends(series, base, latest, target),
        "completion": progress.increment_completion(base.value, latest.value, target.value),
        "completion_lower": whole.lower,
        "completion_upper": whole.upper,
        "gap_linear_pp": gaps["linear"],
        "gap_geometric_pp": gaps["geometric"],
        "verdict_linear": verdicts["linear"],
        "verdict_geometric": verdicts["geometric"],
        "verdict_differs": all(verdicts.values()) and len(set(verdicts.values())) > 1,
        "required_rate": required.rate if level else math.nan,
        "required_increment": required.increment_per_year,
        "already_met": required.already_met,
        "ahead_linear_years": ahead["linear"],
        "ahead_geometric_years": ahead["geometric"],
        "growth_ratio": ratio.ratio if level else math.nan,
        "growth_status": ratio.status if level else "not_available",
        "current_status_index": progress.current_status_index(latest.value, base.value, target.value, direction),
        "predicted": trend.predicted,
        "predicted_gap_pct": trend.gap_pct,
        "predicted_category": trend.category,
        "undefined": why,
        "reason_zh": words(why, "zh"),
        "reason_en": words(why, "en"),
    }


def _kept_row(series: Series, base: Point, latest: Point, target: Point) -> dict[str, Any]:
    """A bound that the base kept already: there is no change to complete, only the bound to keep."""
    held = kept(target.comparator, target.value, latest.value)
    verdict_now = "" if held else "behind"
    row: dict[str, Any] = dict.fromkeys(PROGRESS, math.nan)
    row |= {"growth_status": "not_available", "predicted_category": "not_available"}
    return {
        **row,
        **_ends(series, base, latest, target),
        "verdict_linear": verdict_now,
        "verdict_geometric": verdict_now,
        "verdict_differs": False,
        "already_met": held,
        "undefined": "bound_kept",
        "reason_zh": words("bound_kept", "zh"),
        "reason_en": words("bound_kept", "en"),
    }


def _ends(series: Series, base: Point, latest: Point, target: Point) -> dict[str, Any]:
    """What a row of progress says of its three points."""
    return {
        **identity(series),
        "base_period": base.period,
        "base_year": base.year,
        "base": base.value,
        "base_kind": base.kind,
        "latest_period": latest.period,
        "year": latest.year,
        "value": latest.value,
        "latest_kind": latest.kind,
        "target_period": target.period,
        "target_year": target.year,
        "target": target.value,
        "target_kind": target.kind,
        "target_comparator": target.comparator,
        "label_zh": growth.period_label(latest.year, target.year, "zh"),
        "label_en": growth.period_label(latest.year, target.year, "en"),
        "elapsed": progress.elapsed_share(base.year, latest.year, target.year),
        "observations": base.observations + latest.observations + target.observations,
    }


def _gap(path: dict[float, float], base: Point, target: Point, shape: str, *, year: float, value: float) -> float:
    """Distance from the path through all milestones up to the target, in percentage points of the planned change."""
    if target.value == base.value:
        return math.nan
    return 100 * (value - float(growth.path(path, year, shape))) / (target.value - base.value)


def verdict(gap_pp: float) -> str:
    """A gap in one word: ahead, on_path or behind; empty where it is undefined.

    >>> verdict(3.0), verdict(-0.2), verdict(float("nan"))
    ('ahead', 'on_path', '')
    """
    if math.isnan(gap_pp):
        return ""
    return "on_path" if abs(gap_pp) <= ON_PATH_PP else "ahead" if gap_pp > 0 else "behind"
