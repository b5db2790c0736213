"""Rule 9, required growth beside achieved growth in the same data set.

What a path requires is set beside the fastest growth that any document of the data set reports as achieved. Where the
two are not the same statistic, the difference of definition stands beside them and no common axis is drawn.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from planbrief.measures.audit.context import Context, Result
from planbrief.measures.audit.model import Finding, Identity, Number, Severity, key_of
from planbrief.measures.evidence import Evidence, evidence, ids
from planbrief.measures.growth import cagr
from planbrief.measures.labels import label, period

RULE = "required_growth"
#: Concepts of money flows whose growth is set side by side.
PRODUCTION = ("gdp", "gross_output", "value_added", "revenue")
#: Required growth is asked about beyond this multiple of the fastest achieved.
FACTOR = 2.0


def check_required_growth(ctx: Context) -> Iterator[Result]:
    """Ask about segments that require far more than has been achieved anywhere in the data set."""
    paths = list(_paths(ctx))
    achieved = fastest(ctx) if paths else ()
    if achieved:
        for area, path in paths:
            yield from _compare(ctx, area, path, achieved)


def _paths(ctx: Context) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """Paths of money flows of whole areas, from the last achieved value on."""
    for (area, indicator, activity, subject, transformation), path in ctx.series.items():
        if activity or subject or transformation != "level" or ctx.meta(indicator)["concept"] not in PRODUCTION:
            continue
        base = [record for record in path if record.kind in ("actual", "estimate")]
        if base and len(path) > 1:
            yield area, path[path.index(base[-1]) :]


def fastest(ctx: Context) -> tuple[Evidence, ...]:
    """The fastest achieved growth of each money flow, in percent, anywhere in the data set; the first of equals."""
    flows = ctx.ds.rows("indicators", concept=PRODUCTION).index
    rows = ctx.ds.select(indicator=flows, kind="actual", transformation=["yoy", "avg_annual"])
    known = ctx.ds.unit_table
    units = {unit for unit in rows["unit_measure"].unique() if known.parse(unit).dimension == "percent"}
    rows = rows[(rows["obs_value"] > 0) & rows["unit_measure"].isin(units)]
    rows = rows.sort_values(["source_id", "char_start"], kind="stable")
    return evidence(ctx.ds, rows.loc[rows.groupby("indicator")["obs_value"].idxmax()])


def _compare(ctx: Context, area: str, path: tuple[Evidence, ...], achieved: tuple[Evidence, ...]) -> Iterator[Result]:
    segments = [(float(cagr(a.base, b.base, b.year - a.year)), a, b) for a, b in itertools.pairwise(path) if a.base > 0]
    if not segments:
        return
    rate, start, end = max(segments, key=lambda s: s[0])
    best = _beside(ctx, start, achieved)
    modest = rate <= FACTOR * best.value / 100
    finding_id = key_of(RULE, area, start.indicator, end.time_period)
    yield Identity(finding_id, RULE, modest, ids([start, end, best]), 100 * rate, best.value, math.nan, "%")
    if modest:
        return
    same = best.indicator == start.indicator and best.price_base == start.price_base
    severity: Severity = "implausible" if same else "not_comparable"
    formula = f"({end.base / start.factor:.12g} ÷ {start.value:.12g})^(1/{end.year - start.year:.0f}) − 1"
    numbers: dict[str, Number] = {
        "area": ctx.area(start),
        "name": label(ctx.ds, "indicators", start.indicator),
        "start_period": period(start.time_period),
        "period": period(end.time_period),
        "required": ctx.figure(finding_id, "required", rate, "", [start, end], measure="rate", formula=formula),
        "achieved": ctx.figure(finding_id, "achieved", best.value / 100, "", [best], measure="rate"),
        "achieved_name": label(ctx.ds, "indicators", best.indicator),
        "achieved_area": ctx.area(best),
        "achieved_period": period(best.time_period),
    }
    items = (ctx.item(start, "start"), ctx.item(end, "end"), ctx.item(best, "achieved"))
    gap = 100 * rate - best.value
    message = f"audit.{RULE}.{'same' if same else 'other'}"
    yield Finding(finding_id, RULE, severity, items, numbers, message, gap, math.nan, "个百分点")


def _beside(ctx: Context, start: Evidence, achieved: tuple[Evidence, ...]) -> Evidence:
    """The achieved growth to set beside: the same indicator, else the same theme, else any; the fastest of them."""
    same = [record for record in achieved if record.indicator == start.indicator]
    theme = ctx.meta(start.indicator)["theme"]
    near = [record for record in achieved if ctx.meta(record.indicator)["theme"] == theme]
    return max(same or near or achieved, key=lambda record: record.value)
