"""Rules 6 and 9: milestones of one series, and whether the growth they ask for is plausible."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planbrief.measures.audit.model import (
    Context,
    Number,
    Result,
    Severity,
    at_one_price,
    computed,
    grouped,
    prices_of,
    printed,
    question,
    single,
)
from planbrief.measures.audit.relations import EPSILON
from planbrief.measures.evidence import Evidence, evidence
from planbrief.measures.figures import root
from planbrief.measures.growth import cagr, multiple
from planbrief.measures.ranges import CEILINGS, bound_reason
from planbrief.targets.names import Label, label, period

MILESTONES = "milestones"
#: A segment's growth is asked about when it is more than this multiple of the segment before it …
JUMP_FACTOR = 2.0
#: … and more than this above it, in fractions a year.
JUMP_RATE = 0.10
#: Transformations that are changes: a stated multiple is compared with the levels.
MULTIPLES = {"increase_multiple": 1.0, "ratio_to_base": 0.0}


def check_milestones(ctx: Context) -> Iterator[Result]:
    """Check paths, stated multiples and limits."""
    for path in ctx.series.values():
        if path[0].transformation in ("level", "share") and len(path) > 1:
            yield from _direction(ctx, path)
            yield from _jumps(ctx, path)
    yield from _stated_multiples(ctx)
    yield from _limits(ctx)


def _direction(ctx: Context, path: tuple[Evidence, ...]) -> Iterator[Result]:
    wanted = {"increase": 1, "decrease": -1}.get(ctx.meta(path[0].indicator)["direction"], 0)
    against = [
        (a, b)
        for a, b in itertools.pairwise(path)
        if wanted * (b.base - a.base) < 0 and not _bounded(a, b) and not (b.comparator == "approx" and _meet(a, b))
    ]
    if not wanted:
        return
    first = path[0]
    asked = question(MILESTONES, first.ref_area, first.indicator, first.activity, first.subject, "direction")
    yield asked.identity(not against, path, first.value, path[-1].value, math.nan, first.unit)
    for before, after in against:
        numbers = {**_named(ctx, before, after), "before": printed(before), "after": printed(after)}
        gap = abs(after.base - before.base) / after.factor
        tolerance = (before.base_half + after.base_half) / after.factor
        items = (ctx.item(before, "before"), ctx.item(after, "after"))
        # Yearly plans ask for less than the year before has reached (jobs, grain); paths of years do not.
        yearly = before.kind == "actual" and after.year - before.year <= 1
        severity: Severity = "note" if yearly else "inconsistent"
        narrowed = asked.about(after.time_period)
        yield narrowed.finding(severity, "direction", items, numbers, gap, tolerance, after.unit)


def _bounded(before: Evidence, after: Evidence) -> bool:
    """Whether the later value is a bound that the earlier one keeps, or may keep: it asks for no change."""
    return bool(bound_reason(after.comparator, after.base, before.base, before.comparator, before.most))


def _meet(record: Evidence, other: Evidence) -> bool:
    """Whether two values may be the same: about 5 % after 5.4 %."""
    return record.least <= other.most and other.least <= record.most


def _named(ctx: Context, before: Evidence, after: Evidence) -> dict[str, Number]:
    return {
        **ctx.named(after),
        "start_period": period(before.time_period),
        "period": period(after.time_period),
    }


def _jumps(ctx: Context, path: tuple[Evidence, ...]) -> Iterator[Result]:
    """A segment that must grow far faster than the one before it."""
    if path[0].transformation != "level" or len(path) < 3 or ctx.meta(path[0].indicator)["aggregation"] == "rate":
        return
    rates = [float(cagr(a.base, b.base, b.year - a.year)) for a, b in itertools.pairwise(path)]
    first = path[0]
    asked = question(MILESTONES, first.ref_area, first.indicator, first.activity, first.subject, "jump")
    jumps = [
        i
        for i in range(1, len(rates))
        if path[i].comparator not in CEILINGS
        and path[i + 1].comparator not in CEILINGS
        and rates[i - 1] > 0
        and rates[i] > JUMP_FACTOR * rates[i - 1]
        and rates[i] - rates[i - 1] > JUMP_RATE
    ]
    yield asked.identity(not jumps, path, rates[0], max(rates))
    for i in jumps:
        before, start, end = path[i - 1], path[i], path[i + 1]
        numbers: dict[str, Number] = {
            **_named(ctx, start, end),
            "first_period": period(before.time_period),
            "earlier": computed(rates[i - 1], "", [before, start], measure="rate"),
            "later": computed(rates[i], "", [start, end], measure="rate"),
        }
        items = ctx.items([before, start, end])
        gap = 100 * (rates[i] - rates[i - 1])
        yield asked.about(end.time_period).finding("note", "jump", items, numbers, gap, math.nan, "个百分点")


def check_ranges(ctx: Context) -> Iterator[Result]:
    """Shares within 0 and 100, counts whole: what fails here takes part in no other check."""
    for record in single(ctx.settled):
        if record.transformation == "share" and record.dimension == "percent":
            if not 0 <= record.value <= 100:
                yield from _outside(ctx, record, "share")
        elif (
            record.dimension == "count"
            and record.transformation == "level"
            and ctx.meta(record.indicator)["aggregation"] not in ("rate", "share", "level")
            and not _whole(record)
        ):
            yield from _outside(ctx, record, "whole")


def _whole(record: Evidence) -> bool:
    return abs(record.base - round(record.base)) < EPSILON * max(1.0, abs(record.base))


def _outside(ctx: Context, record: Evidence, variant: str) -> Iterator[Result]:
    asked = question(MILESTONES, record.ref_area, record.indicator, record.activity, record.time_period, variant)
    value = printed(record, "share" if variant == "share" else "level")
    numbers: dict[str, Number] = {**ctx.named(record), "place": ctx.place(record), "value": value}
    yield asked.identity(False, [record], record.value, math.nan, record.half, record.unit)
    gap = max(record.value - 100, -record.value) if variant == "share" else abs(record.base - round(record.base))
    yield asked.finding("inconsistent", variant, (ctx.item(record),), numbers, gap, 0.0, record.unit)


def _stated_multiples(ctx: Context) -> Iterator[Result]:
    """增长三倍以上, 增加一倍, against the levels of the same indicator in the same city."""
    stated = [record for record in ctx.settled if record.transformation in MULTIPLES]
    for claim in single(stated):
        levels = _levels_of(ctx, claim, claim.subject) or _levels_of(ctx, claim, "")
        starts = [record for record in levels if record.kind != "target" and record.base > 0]
        if claim.base_period:
            starts = [record for record in starts if record.time_period == claim.base_period]
        ends = [record for record in levels if record.kind == "target" and starts and at_one_price([starts[0], record])]
        if claim.dated:  # 到2035年翻一番 says nothing of the level in 2030
            ends = [record for record in ends if record.year == claim.year]
        if ends:
            yield from _multiple(ctx, claim, starts[0], ends)


def _levels_of(ctx: Context, claim: Evidence, subject: str) -> list[Evidence]:
    """Levels that a claim may be about, what was reached before what is wanted."""
    levels = (
        record
        for record in single(ctx.by_indicator[claim.indicator])
        if record.transformation == "level"
        and (record.city, record.ref_area) == (claim.city, claim.ref_area)
        and (record.activity, record.subject) == (claim.activity, subject)
    )
    return sorted(levels, key=lambda record: (record.kind == "target", record.year if record.dated else math.inf))


def _multiple(ctx: Context, claim: Evidence, start: Evidence, ends: list[Evidence]) -> Iterator[Result]:
    doubled = claim.dimension == "doublings"  # 翻两番 is four times the base
    ratio = 2**claim.value if doubled else claim.value + MULTIPLES[claim.transformation]
    reached = {end: float(multiple(start.base, end.base)) for end in ends}
    bound_below = claim.comparator in ("ge", "gt")
    fitting = [end for end in ends if _fits(ratio, claim.half, start, end, bound_below)]
    asked = question(MILESTONES, claim.ref_area, claim.indicator, claim.activity, claim.time_period, "multiple")
    nearest = min(ends, key=lambda end: abs(math.log(reached[end] / ratio)))
    shown = nearest if not fitting else fitting[0]
    open_year = bool(fitting) and not claim.dated and len(ends) > 1
    involved = [claim, start, *ends]
    yield asked.identity(bool(fitting) and not open_year, involved, ratio, reached[shown], math.nan, "倍")
    if fitting and not open_year:
        return
    formula = f"{shown.base / start.factor:.12g} ÷ {start.value:.12g}"
    stated = f"{claim.value:.12g} + 1" if MULTIPLES[claim.transformation] else ""
    if doubled:
        stated = f"2^{claim.value:.12g}"
    numbers: dict[str, Number] = {
        **_named(ctx, start, shown),
        "stated": computed(ratio, "倍", [claim], stated, measure="multiple"),
        "reached": computed(reached[shown], "倍", [start, shown], formula, measure="multiple"),
        "start": printed(start),
        "end": printed(shown),
    }
    gap = abs(reached[shown] - ratio)
    items = (ctx.item(claim, "stated"), ctx.item(start, "start"), *ctx.items(ends, "end"))
    severity: Severity = "note" if open_year else "inconsistent"
    message = "multiple_open" if open_year else "multiple"
    if claim.subject != start.subject:
        # A part (生态工业用地) is held against the whole for want of its own levels: they need not agree.
        numbers["claimed"] = ctx.name(claim)
        severity, message = "not_comparable", "multiple_part"
    yield asked.finding(severity, message, items, numbers, gap, math.nan, "倍")


def _fits(ratio: float, half: float, start: Evidence, end: Evidence, bound_below: bool) -> bool:
    high = end.high / start.low if start.low > 0 else math.inf
    low = end.low / start.high
    if bound_below:
        return high >= ratio - half
    # 增加一倍 of levels that give 1.99 is no contradiction: such words are rounder than their figures.
    return low - half <= ratio <= high + half or math.isclose(low, ratio, rel_tol=0.01)


def _limits(ctx: Context) -> Iterator[Result]:
    """A limit that the plan sets against the figures it states for the same place."""
    limits = [r for r in ctx.settled if r.kind == "constraint" and r.comparator in ("ge", "gt", "le", "lt")]
    others = [r for r in ctx.settled if r.kind != "constraint" and r.comparator in ("eq", "approx")]
    values = grouped(single(others), lambda r: (r.ref_area, r.indicator, r.activity, r.subject, r.transformation))
    for limit in single(limits):
        key = (limit.ref_area, limit.indicator, limit.activity, limit.subject, limit.transformation)
        for value in values.get(key, ()):
            if limit.dated and value.dated and limit.time_period != value.time_period:
                continue
            if (value.kind == "target" and limit.locator == value.locator) or not at_one_price([limit, value]):
                continue
            yield from _limit(ctx, limit, value)


def _limit(ctx: Context, limit: Evidence, value: Evidence) -> Iterator[Result]:
    sign = 1 if limit.comparator in ("ge", "gt") else -1
    short = sign * (limit.base - value.base)
    holds = short <= limit.base_half + value.base_half
    asked = question(MILESTONES, value.ref_area, value.indicator, value.activity, value.time_period, "limit")
    tolerance = (limit.base_half + value.base_half) / value.factor
    yield asked.identity(holds, [limit, value], value.value, limit.base / value.factor, tolerance, value.unit)
    if holds:
        return
    measure = "share" if value.dimension == "percent" else "level"
    numbers = {**ctx.named(value), "limit": printed(limit, measure), "value": printed(value, measure)}
    items = (ctx.item(limit, "limit"), ctx.item(value, "value"))
    yield asked.finding("inconsistent", "limit", items, numbers, short / value.factor, tolerance, value.unit)


REQUIRED_GROWTH = "required_growth"
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
    its sector grew by, from contribution and share; its own growth of another money flow; its own values at other
    prices; growth in the area around it; the fastest that any place of the data set reports. Within one place the same
    indicator, then the same theme.
    """
    around = dict.fromkeys((ctx.ds.city_of(area), *ctx.ds.package.places.ancestry(area)))
    own = _own_values(ctx, start) or _own_sector(ctx, area, start) or _printed(ctx, start, [area])
    return own or _own_at_other_prices(ctx, start) or _printed(ctx, start, [*filter(None, around), ""])


def _fact(record: Evidence) -> tuple[str, ...]:
    return (record.ref_area, record.indicator, record.activity, record.subject, record.transformation)


def _own_values(ctx: Context, start: Evidence) -> Achieved | None:
    past = [
        r
        for r in ctx.series.get(_fact(start), ())
        if r.kind in ("actual", "estimate") and r.year <= start.year and r.base > 0
    ]
    return _between(past, label(ctx.ds, "indicators", start.indicator), same=True)


def _own_at_other_prices(ctx: Context, start: Evidence) -> Achieved | None:
    """What the place achieved at prices that are not those of its aims: another growth, but its own."""
    past = [
        r
        for r in ctx.by_indicator[start.indicator]
        if _fact(r) == _fact(start) and r.kind in ("actual", "estimate") and ctx.of_a_year(r) and r.base > 0
    ]
    name = label(ctx.ds, "indicators", start.indicator)
    other = Label(f"{name.zh}（按另一价格计）", f"{name.en} at other prices")
    for latest in sorted(past, key=lambda r: -r.year):
        alike = {r.year: r for r in reversed(past) if prices_of(r) & prices_of(latest) and not r.counterpart_area}
        if found := _between([alike[year] for year in sorted(alike)], other, same=False):
            return found
    return None


def _between(past: list[Evidence], name: Label, *, same: bool) -> Achieved | None:
    """Growth between the last two of the values of a place."""
    if len(past) < 2:
        return None
    first, last = past[-2], past[-1]
    years = last.year - first.year
    rate = float(cagr(first.base, last.base, years))
    formula = f"({last.base / first.factor:.12g} ÷ {first.value:.12g}){root(years)} − 1"
    return Achieved(rate, (first, last), formula, name, same)


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
    if any(r.transformation in RATES and r.kind == "actual" for r in ctx.by_indicator[start.indicator]):
        return None
    sector = SECTORS.get(ctx.meta(start.indicator)["scope"], "")
    pace = sector_pace(ctx, area, sector) if sector in ctx.parents else None
    if pace is None:
        return None
    name = label(ctx.ds, "activities", sector)
    return Achieved(pace[0], pace[2], pace[1], Label(f"{name.zh}（推算）", f"{name.en}, implied"), False)


def _printed(ctx: Context, start: Evidence, places: Iterable[str]) -> Achieved | None:
    """Growth that is printed of the first of some places that has any; "" stands for every place."""
    rates = fastest(ctx)
    for where in places:
        here = [record for record in rates if record.ref_area == where or not where]
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
    asked = question(REQUIRED_GROWTH, area, start.indicator, end.time_period)
    yield asked.identity(modest, [start, end, *best.records], 100 * rate, 100 * best.rate, math.nan, "%")
    if modest or rate <= 0:
        return
    severity: Severity = "implausible" if best.same else "not_comparable"
    formula = f"({end.base / start.factor:.12g} ÷ {start.value:.12g}){root(end.year - start.year)} − 1"
    last = best.records[-1]
    numbers: dict[str, Number] = {
        "area": ctx.area(start),
        "name": label(ctx.ds, "indicators", start.indicator),
        "start_period": period(start.time_period),
        "period": period(end.time_period),
        "required": computed(rate, "", [start, end], formula, measure="rate"),
        "achieved": computed(best.rate, "", best.records, best.formula, measure="rate"),
        "achieved_name": best.name,
        "achieved_area": ctx.area(last),
        "achieved_period": period(last.time_period),
    }
    items = (ctx.item(start, "start"), ctx.item(end, "end"), *ctx.items(best.records, "achieved"))
    gap = 100 * (rate - best.rate)
    yield asked.finding(severity, "same" if best.same else "other", items, numbers, gap, math.nan, "个百分点")


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
