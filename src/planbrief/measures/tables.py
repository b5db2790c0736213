"""Growth, rates and progress of an area's series as tables: one row per segment or target, with its pedigree."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from planbrief.measures import growth, progress, ranges, structure
from planbrief.measures.columns import (
    COLUMNS,
    GROWTH,
    LEVEL_CHANGES,
    PROGRESS,
    RATES,
    SHARE_CHANGES,
    frame,
    remembered,
    with_words,
)
from planbrief.measures.evidence import CONSTANT
from planbrief.measures.ranges import CEILINGS, FLOORS, bound_reason
from planbrief.measures.registry import MEASURES, reason, words
from planbrief.measures.series import (
    Point,
    Series,
    at_other_prices,
    base_of,
    chained,
    identity,
    milestones,
    series_of,
)
from planbrief.measures.structure import contribution_table, structure_table

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

__all__ = ["contribution_table", "growth_table", "milestones", "progress_table", "rates_table", "structure_table"]

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
        base = base_of(ds, series)
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
    table = with_words(frame(rows, PROGRESS))
    key = "" if rows else lacking
    table.attrs.update(undefined=key, reason_zh=words(key, "zh"), reason_en=words(key, "en"), waiting=tuple(waiting))
    table.attrs["prices_differ"] = tuple(differing)
    return table


def _at_other_prices(ds: Dataset, series: Series, base: Point | None) -> tuple[str, ...]:
    """The latest value after the base (if there is one) at other prices and the next target, empty without one."""
    since = base.year if base else -math.inf
    later = [p for other in at_other_prices(ds, series) for p in other.actuals if p.year > since]
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
    if why := target.bound_reason(base) or ("bound_open" if target.unsettled_by(latest) else ""):
        return _bound_row(series, base, latest, target, why)
    between = [point for point in series.aims if base.year < point.year <= target.year and not point.conflict]
    # Milestones on the way bend the path: a plan that starts slowly is not behind in its first year.
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
        # A share grows in percentage points: a rate of its growth, and a ratio of two such rates, would be read as
        # points.
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
    }


def _bound_row(series: Series, base: Point, latest: Point, target: Point, why: str) -> dict[str, Any]:
    """A bound that the base keeps, or may keep: there is no change to complete, only the bound to keep."""
    held = target.kept_by(latest)
    verdict_now = "" if held or target.unsettled_by(latest) else "behind"
    row: dict[str, Any] = dict.fromkeys(PROGRESS, math.nan)
    row |= {"growth_status": "not_available", "predicted_category": "not_available"}
    return {
        **row,
        **_ends(series, base, latest, target),
        "verdict_linear": verdict_now,
        "verdict_geometric": verdict_now,
        "verdict_differs": False,
        "already_met": held,
        "undefined": why,
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
        base = base_of(ds, series)
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


#: A year with two printed values gives a row for each combination; more than this says nothing.
MOST_COMBINATIONS = 9


@remembered
def growth_table(
    ds: Dataset, region: str, indicator: str | None = None, activity: str | None = None, *, inside: bool = False
) -> pd.DataFrame:
    """Growth between the milestones of every series of a place.

    Parameters
    ----------
    ds, region, indicator, activity, inside
        As for :func:`planbrief.measures.series.series_of`.

    Returns
    -------
    pandas.DataFrame
        One row per segment. ``stage``: ``achieved`` (between actual values up to the base), ``planned`` (base to first
        target, target to target) and ``whole`` (base to last target, from two planned segments on). ``label_zh``,
        ``label_en``: the years averaged over, without the base year.

        Levels: the columns of ``columns.LEVEL_CHANGES``, amounts in ``unit``, rates as fractions per year, times in
        years (``columns.COLUMNS`` has each one's unit and formula); on whole rows ``least_squares``.
        Shares: ``change_pp``, ``change_pp_per_year``, ``gap_closed`` (fraction, where the share is one of a whole)
        and no CAGR. Rates (yoy, avg_annual): ``change_pp`` only; see :func:`rates_table`.

        ``cagr_lower``/``cagr_upper`` and ``change_lower``/``change_upper``: what rounding and wording leave open.
        ``waypoints_geometric``/``waypoints_linear``: tuples (year, value) for the years in between.
        ``undefined``: key of the reason why the growth rate is NaN, with its words; ``conflict`` where a period has
        two printed values (a row for each combination); ``observations``: ids, start first.
    """
    rows: list[dict[str, Any]] = []
    for series in series_of(ds, region, indicator, activity, inside=inside):
        rows.extend(_growth_row(series, *segment) for segment in _segments(ds, series))
    return _with_measures(frame(rows, GROWTH))


def _segments(ds: Dataset, series: Series) -> Iterator[tuple[str, Point | None, Point]]:
    base = base_of(ds, series)
    past = [point for point in series.actuals if base is None or point.year <= base.year]
    for start, end in _pairs(past):
        yield "achieved", start, end
    if not series.aims:
        return
    aims = [point for point in series.aims if base is None or point.year > base.year]
    if base is None:
        for end in (point for point in aims if point.year == aims[0].year):
            yield "planned", None, end
    planned = list(_pairs([*([base] if base else []), *aims]))
    for start, end in planned:
        yield "planned", start, end
    # With one planned segment the whole is that segment.
    if base is not None and len({end.year for _, end in planned}) > 1:
        for end in (point for point in aims if point.year == aims[-1].year):
            yield "whole", base, end


def _pairs(points: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """Points of neighbouring years, in every combination where a year has several."""
    years = [list(group) for _, group in itertools.groupby(points, key=lambda point: point.year)]
    for before, after in itertools.pairwise(years):
        yield from itertools.islice(itertools.product(before, after), MOST_COMBINATIONS)


def growth_between(ds: Dataset, region: str, start: int, end: int) -> pd.DataFrame:
    """Growth of every series of levels or shares that has a value for two years, in the form of the growth table."""
    rows = []
    for series in series_of(ds, region):
        if series.family != "rate":
            of_year = {year: [p for p in series.points if p.annual and p.year == year] for year in (start, end)}
            for first, last in itertools.product(of_year[start], of_year[end]):
                rows.append(_growth_row(series, "planned" if last.aimed else "achieved", first, last))
    return _with_measures(frame(rows, GROWTH))


#: What stands for the value that a segment does not start from.
_NO_START = Point("", math.nan, math.nan, "", "", math.nan, math.nan, (), ())


def _growth_row(series: Series, stage: str, start: Point | None, end: Point) -> dict[str, Any]:
    first = start or _NO_START
    path = [(first.year, first.value), (end.year, end.value)] if start else []
    between = range(int(first.year) + 1, int(end.year)) if start and stage == "planned" else ()
    levels = series.aims if stage == "whole" else ()
    fitted = [start, *(p for p in levels if start and p.year > start.year)] if start else []
    waypoints = {
        shape: tuple((year, growth.path(path, year, shape)) for year in between)
        for shape in growth.SHAPES
        if series.family == "level"
    }
    return {
        **identity(series),
        **_end("start", first),
        **_end("end", end),
        "stage": stage,
        "years": end.year - first.year,
        "label_zh": growth.period_label(first.year, end.year, "zh") if start else "",
        "label_en": growth.period_label(first.year, end.year, "en") if start else "",
        "least_squares": _fitted(fitted) if series.family == "level" else math.nan,
        "waypoints_geometric": waypoints.get("geometric", ()),
        "waypoints_linear": waypoints.get("linear", ()),
        "conflict": end.conflict or first.conflict,
        "wording_differs": end.wording_differs or first.wording_differs,
        "observations": first.observations + end.observations,
    }


def _end(name: str, point: Point) -> dict[str, Any]:
    """One end of a segment in the columns that its name begins."""
    cells = ("period", "year", "kind", "comparator", "lower", "upper", "observations")
    return {name: point.value, **{f"{name}_{cell}": getattr(point, cell) for cell in cells}}


def _fitted(points: Sequence[Point | None]) -> float:
    known = [point for point in points if point is not None and not point.conflict]
    # Through two points the fitted rate is the end-point rate again, and would only look like a second opinion.
    if len(known) < 3:
        return math.nan
    return float(growth.least_squares_growth([p.year for p in known], [p.value for p in known]))


def _with_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Fill in the measures of all segments at once."""
    if table.empty:
        return table
    start, end, years = (table[name].to_numpy(float) for name in ("start", "end", "years"))
    levels, shares = (table["family"] == "level").to_numpy(), (table["family"] == "share").to_numpy()
    steps = np.where(years > 0, years, np.nan)
    table["increment"] = np.where(levels, end - start, np.nan)
    table["increment_per_year"] = np.where(levels, (end - start) / steps, np.nan)
    for name in table.columns:
        if name in COLUMNS and COLUMNS[name].by:
            formula, *arguments = COLUMNS[name].by
            values = MEASURES[formula].function(*(table[argument].to_numpy(float) for argument in arguments))
            table[name] = np.where(levels, values, np.nan)
    table["change_pp"] = np.where(levels, np.nan, end - start)
    table["change_pp_per_year"] = np.where(shares, (end - start) / steps, np.nan)
    of_whole = shares & (table["transformation"] == "share").to_numpy() & (table["aggregation"] == "share").to_numpy()
    table["gap_closed"] = np.where(of_whole, structure.share_change(start, end).gap_closed, np.nan)
    bounds = [table[name].to_numpy(float) for name in ("start_lower", "start_upper", "end_lower", "end_upper")]
    open_rate = ranges.cagr_range((bounds[0], bounds[1]), (bounds[2], bounds[3]), years)
    table["cagr_lower"] = np.where(levels, open_rate.lower, np.nan)
    table["cagr_upper"] = np.where(levels, open_rate.upper, np.nan)
    # The least change leads from the highest start to the lowest end, the most from the lowest to the highest.
    table["change_lower"], table["change_upper"] = bounds[2] - bounds[1], bounds[3] - bounds[0]
    table["undefined"] = [_why(*row) for row in zip(table["family"], start, end, years, strict=True)]
    worded = (table["end_comparator"], end, start, table["start_comparator"], bounds[1])
    whys = [bound_reason(*row) for row in zip(*worded, strict=True)]
    # What was achieved grew, whatever bound it keeps; only an aim can ask for nothing.
    asked = np.asarray([stage == "achieved" or not why for stage, why in zip(table["stage"], whys, strict=True)])
    for name in (*LEVEL_CHANGES, *SHARE_CHANGES, "cagr_lower", "cagr_upper", "change_lower", "change_upper"):
        table[name] = np.where(asked, table[name], np.nan)
    table["undefined"] = np.where(asked, table["undefined"], whys)
    return with_words(table)


def _why(family: str, start: float, end: float, years: float) -> str:
    """Key of the reason why a segment has no growth rate."""
    if math.isnan(start):
        return "no_base"
    if family != "level":
        return "share_growth" if family == "share" else "rate_growth"
    return reason("growth.cagr", start=start, end=end, years=years)
