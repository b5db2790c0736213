"""Rule 9, required growth beside achieved growth in the same data set.

What a path requires is set beside what the place itself has achieved, else the area around it, else any place of the
data set. Where the two are not the same statistic, the difference of definition stands beside them and no common axis
is drawn. Values at other prices are never divided by each other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planbrief.measures.audit.context import Context, Result, prices_of
from planbrief.measures.audit.model import Finding, Identity, Number, Severity, key_of
from planbrief.measures.evidence import Evidence, evidence, ids
from planbrief.measures.growth import cagr
from planbrief.measures.labels import Label, label, period
from planbrief.measures.ranges import CEILINGS

RULE = "required_growth"
#: Concepts of money flows whose growth is set side by side.
PRODUCTION = ("gdp", "gross_output", "value_added", "revenue")
#: Growth rates as documents print them.
RATES = ("yoy", "avg_annual")
#: Sector of the national accounts that a scope of statistics lies in.
SECTORS = {"agriculture": "primary", "services": "tertiary"} | dict.fromkeys(
    ("above_designated_size", "all_industry", "leading_industry", "construction"), "secondary"
)
#: Required growth is asked about beyond this multiple of the fastest achieved.
FACTOR = 2.0


def check_required_growth(ctx: Context) -> Iterator[Result]:
    """Ask about segments that require far more than has been achieved: here, in the area around, or anywhere."""
    for area, path in _paths(ctx):
        achieved = nearest(ctx, area, path[0])
        if achieved is not None:
            yield from _compare(ctx, area, path, achieved)


def _paths(ctx: Context) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """Paths of money flows of whole areas, from the last achieved value on."""
    for (area, indicator, activity, subject, transformation), path in ctx.series.items():
        if activity or subject or transformation != "level" or ctx.meta(indicator)["concept"] not in PRODUCTION:
            continue
        base = [record for record in path if record.kind in ("actual", "estimate")]
        if base and len(path) > 1:
            yield area, path[path.index(base[-1]) :]


@dataclass(frozen=True)
class Achieved:
    """A growth that has been achieved, as a fraction a year, with what it is the growth of.

    ``same`` says whether it is the same statistic at the same prices as the one that is to grow.
    """

    rate: float
    records: tuple[Evidence, ...]
    formula: str
    name: Label
    same: bool


def nearest(ctx: Context, area: str, start: Evidence) -> Achieved | None:
    """The achieved growth to set beside a required one.

    First that exists: the place's own values of the same statistic at like prices; its own printed growth of it; what
    its sector grew by, from contribution and share; its own growth of another money flow; that of the area around it;
    the fastest that any place of the data set reports. Within one place the same indicator, then the same theme.
    """
    return _own_values(ctx, start) or _own_sector(ctx, area, start) or _printed(ctx, area, start)


def _own_values(ctx: Context, start: Evidence) -> Achieved | None:
    key = (start.ref_area, start.indicator, start.activity, start.subject, start.transformation)
    past = [
        r for r in ctx.series.get(key, ()) if r.kind in ("actual", "estimate") and r.year <= start.year and r.base > 0
    ]
    if len(past) < 2:
        return None
    first, last = past[-2], past[-1]
    years = last.year - first.year
    rate = float(cagr(first.base, last.base, years))
    formula = f"({last.base / first.factor:.12g} ÷ {first.value:.12g})^(1/{years:.0f}) − 1"
    return Achieved(rate, (first, last), formula, label(ctx.ds, "indicators", start.indicator), True)


def sector_pace(ctx: Context, area: str, sector: str) -> tuple[float, str, tuple[Evidence, ...]] | None:
    """What a sector grew by: growth of the product × contribution ÷ share before growth; None where one is missing.

    The share that is printed for the year is one after growth: share before = share × (1 + growth) − contribution part.
    """
    here = [
        r for r in ctx.settled if r.ref_area == area and r.kind == "actual" and r.dimension == "percent" and r.dated
    ]
    gdp = [r for r in here if ctx.meta(r.indicator)["concept"] == "gdp"]
    parts = [r for r in gdp if r.activity == sector and r.transformation == "contribution"]
    for part in sorted(parts, key=lambda r: -r.year):
        year = [r for r in gdp if r.time_period == part.time_period]
        share = next((r for r in year if r.activity == sector and r.transformation == "share"), None)
        whole = next(
            (r for r in year if not r.activity and r.transformation == "yoy" and "per_capita" not in r.indicator), None
        )
        if share is not None and whole is not None:
            added = part.value * whole.value / 1e4
            before = share.value / 100 * (1 + whole.value / 100) - added
            formula = f"{whole.value:g}% × {part.value:g}% ÷ {100 * before:.3g}%"
            return (added / before, formula, (whole, part, share)) if before > 0 else None
    return None


def _own_sector(ctx: Context, area: str, start: Evidence) -> Achieved | None:
    if any(r.indicator == start.indicator and r.transformation in RATES and r.kind == "actual" for r in ctx.settled):
        return None
    sector = SECTORS.get(ctx.meta(start.indicator)["scope"], "")
    found = sector_pace(ctx, area, sector) if sector in ctx.parents else None
    if found is None:
        return None
    name = label(ctx.ds, "activities", sector)
    return Achieved(found[0], found[2], found[1], Label(f"{name.zh}（推算）", f"{name.en}, implied"), False)


def _printed(ctx: Context, area: str, start: Evidence) -> Achieved | None:
    rates = fastest(ctx)
    around = (area, ctx.ds.city_of(area), *ctx.ds.package.places.ancestry(area))
    for place in (*dict.fromkeys(name for name in around if name), ""):
        here = [record for record in rates if record.ref_area == place or not place]
        if here:
            best = _beside(ctx, start, here)
            same = best.indicator == start.indicator and prices_of(best) == prices_of(start)
            name = label(ctx.ds, "indicators", best.indicator)
            return Achieved(best.base / 100, (best,), "", name, same)
    return None


def fastest(ctx: Context) -> tuple[Evidence, ...]:
    """The fastest achieved growth of each money flow of each place, in percent; the first of equals."""
    flows = ctx.ds.rows("indicators", concept=PRODUCTION).index
    rows = ctx.ds.select(indicator=flows, kind="actual", transformation=list(RATES))
    known = ctx.ds.unit_table
    units = {unit for unit in rows["unit_measure"].unique() if known.parse(unit).dimension == "percent"}
    rows = rows[(rows["obs_value"] > 0) & rows["unit_measure"].isin(units)]
    rows = rows.sort_values(["source_id", "char_start"], kind="stable")
    return evidence(ctx.ds, rows.loc[rows.groupby(["ref_area", "indicator"])["obs_value"].idxmax()])


def _compare(ctx: Context, area: str, path: tuple[Evidence, ...], best: Achieved) -> Iterator[Result]:
    segments = [(float(cagr(a.base, b.base, b.year - a.year)), a, b) for a, b in _steps(path)]
    if not segments:
        return
    rate, start, end = max(segments, key=lambda s: s[0])
    modest = rate <= FACTOR * max(best.rate, 0.0)
    finding_id = key_of(RULE, area, start.indicator, end.time_period)
    records = [start, end, *best.records]
    yield Identity(finding_id, RULE, modest, ids(records), 100 * rate, 100 * best.rate, math.nan, "%")
    if modest or rate <= 0:
        return
    severity: Severity = "implausible" if best.same else "not_comparable"
    formula = f"({end.base / start.factor:.12g} ÷ {start.value:.12g})^(1/{end.year - start.year:.0f}) − 1"
    last = best.records[-1]
    numbers: dict[str, Number] = {
        "area": ctx.area(start),
        "name": label(ctx.ds, "indicators", start.indicator),
        "start_period": period(start.time_period),
        "period": period(end.time_period),
        "required": ctx.figure(finding_id, "required", rate, "", [start, end], measure="rate", formula=formula),
        "achieved": ctx.figure(
            finding_id, "achieved", best.rate, "", best.records, measure="rate", formula=best.formula
        ),
        "achieved_name": best.name,
        "achieved_area": ctx.area(last),
        "achieved_period": period(last.time_period),
    }
    items = (ctx.item(start, "start"), ctx.item(end, "end"), *ctx.items(best.records, "achieved"))
    gap = 100 * (rate - best.rate)
    message = f"audit.{RULE}.{'same' if best.same else 'other'}"
    yield Finding(finding_id, RULE, severity, items, numbers, message, gap, math.nan, "个百分点")


def _steps(path: tuple[Evidence, ...]) -> list[tuple[Evidence, Evidence]]:
    """Steps of a path that ask for growth: none to a ceiling, none from nothing."""
    return [(a, b) for a, b in itertools.pairwise(path) if a.base > 0 and b.base >= 0 and b.comparator not in CEILINGS]


def _beside(ctx: Context, start: Evidence, achieved: Iterable[Evidence]) -> Evidence:
    """The achieved growth to set beside: the same indicator, else the same theme, else any; the fastest of them."""
    known = list(achieved)
    same = [record for record in known if record.indicator == start.indicator]
    theme = ctx.meta(start.indicator)["theme"]
    near = [record for record in known if ctx.meta(record.indicator)["theme"] == theme]
    return max(same or near or known, key=lambda record: record.value)
