"""Rules 1 to 3: parts against totals, stated shares against levels, totals that other figures imply."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from planbrief.measures.audit.model import (
    Context,
    Number,
    Result,
    at_one_price,
    computed,
    grouped,
    printed,
    question,
    single,
)
from planbrief.measures.audit.relations import EPSILON, Scope, amount, of_record
from planbrief.measures.evidence import Evidence
from planbrief.measures.figures import Figure
from planbrief.targets.names import Label, label, listing, period, place

PARTS_TOTAL = "parts_total"
#: Kinds whose areas and amounts are no part of anything: limits hold for each place, counts may overlap.
NO_PARTS = ("constraint", "count")


def check_totals(ctx: Context) -> Iterator[Result]:
    """Compare every total with its parts, at every level and period."""
    yield from _by_activity(ctx)
    yield from _unlike_parts(ctx)
    yield from _by_area(ctx)


def _levels(ctx: Context) -> list[Evidence]:
    """Levels that may be parts or totals; what was once aimed at for a time gives way to what was achieved in it."""
    levels = single(
        record
        for record in ctx.settled
        if record.transformation == "level"
        and record.kind != "constraint"
        and not record.subject
        and ctx.meta(record.indicator)["aggregation"] in ("additive", "count")
    )
    reached = {_thing(record) for record in levels if _reached(record)}
    return [record for record in levels if record.kind != "target" or _thing(record) not in reached]


def _thing(record: Evidence) -> tuple[str, ...]:
    return (record.ref_area, record.indicator, record.activity, record.time_period)


def _reached(record: Evidence) -> bool:
    """Whether a value was achieved: it is no part of what an earlier plan aimed at for that time, nor its whole."""
    return record.dated and record.kind == "actual"


def _addable(records: list[Evidence]) -> bool:
    return len({record.dimension for record in records}) == 1 and at_one_price(records)


def _by_activity(ctx: Context) -> Iterator[Result]:
    groups = grouped(_levels(ctx), lambda r: (r.ref_area, r.indicator, r.time_period, _reached(r)))
    for records in groups.values():
        # Reversed, so that of several prints of one figure the first stays.
        by_activity = {record.activity: record for record in reversed(records)}
        for parent, children in ctx.children.items():
            parts = [by_activity[child] for child in children if child in by_activity]
            whole = by_activity.get(parent)
            if whole is None and not ctx.parents[parent] and ctx.ds.exhaustive(parent):
                whole = by_activity.get("")
            if whole is None or not parts or not _addable([whole, *parts]):
                continue
            complete = len(parts) == len(children) and ctx.ds.exhaustive(parent)
            yield from compare(ctx, whole, parts, equal=complete, of=parent)


def _by_area(ctx: Context) -> Iterator[Result]:
    levels = [
        record
        for record in _levels(ctx)
        if record.kind not in NO_PARTS and ctx.meta(record.indicator)["aggregation"] == "additive"
    ]
    for records in grouped(levels, lambda r: (r.indicator, r.activity, r.time_period, _reached(r))).values():
        by_area = {record.ref_area: record for record in reversed(records)}
        if len(by_area) == 1:  # where it lies is not asked, hence not read
            continue
        inside: dict[str, list[Evidence]] = defaultdict(list)
        for area, record in by_area.items():
            inside[_nearest(ctx, area, by_area)].append(record)
        for area, whole in by_area.items():
            parts = inside[area]
            if parts and _addable([whole, *parts]):
                yield from compare(ctx, whole, parts, equal=False, of="areas")


def _nearest(ctx: Context, area: str, stated: dict[str, Evidence]) -> str:
    """The smallest area around `area` that has a figure of its own."""
    around = ctx.around(area)
    while around and around not in stated:
        around = ctx.around(around)
    return around


def compare(ctx: Context, whole: Evidence, parts: list[Evidence], *, equal: bool, of: str) -> Iterator[Result]:
    """Parts against one total; a finding where they differ by more than the printed digits leave open."""
    summed, unit = sum(part.base for part in parts) / whole.factor, whole.unit
    tolerance = (whole.base_half + sum(part.base_half for part in parts)) / whole.factor
    excess = summed - whole.value
    slack = EPSILON * max(abs(summed), abs(whole.value))
    # A total of at least so much may be larger than its parts make it, and parts of at most so much smaller.
    low, high = (math.fsum(ends) / whole.factor for ends in ([p.least for p in parts], [p.most for p in parts]))
    within = low <= whole.most / whole.factor + slack
    holds = within and (not equal or whole.least / whole.factor <= high + slack)
    asked = question(PARTS_TOTAL, whole.ref_area, whole.indicator, of, whole.time_period)
    records = [whole, *parts]
    yield asked.identity(holds, records, summed, whole.value, tolerance, unit)
    if holds:
        return
    numbers: dict[str, Number] = {
        "area": ctx.area(whole),
        "place": ctx.place(whole),
        "total_name": ctx.name(whole),
        "part_names": listing(_part_name(ctx, part, of) for part in parts),
        "parts": computed(summed, unit, parts, " + ".join(f"{part.base / whole.factor:.12g}" for part in parts)),
        "total": printed(whole),
        "gap": computed(abs(excess), unit, records, f"|{summed:.12g} − {whole.value:.12g}|"),
    }
    variant = "sum_below" if equal and excess < 0 else "sum_above"
    items = (ctx.item(whole, "total"), *ctx.items(parts, "part"))
    yield asked.finding("inconsistent", variant, items, numbers, abs(excess), tolerance, unit)


def _part_name(ctx: Context, part: Evidence, of: str) -> Label:
    if of == "areas":
        return label(ctx.ds, "areas", part.ref_area)
    return label(ctx.ds, "activities", part.activity)


def _unlike_parts(ctx: Context) -> Iterator[Result]:
    """Parts of an activity that are measured by another indicator than the whole: no sum is formed."""
    money = [record for record in _levels(ctx) if ctx.meta(record.indicator)["aggregation"] == "additive"]
    groups: dict[tuple[str, str, str], dict[str, list[Evidence]]] = {}
    for records in grouped(money, lambda r: (r.ref_area, r.time_period)).values():
        for parent, children in ctx.children.items():
            for whole in (r for r in records if r.activity == parent):
                unlike = [
                    r
                    for r in records
                    if r.activity in children and r.indicator != whole.indicator and r.dimension == whole.dimension
                ]
                if unlike:
                    kept = groups.setdefault((whole.ref_area, parent, whole.indicator), {"whole": [], "unlike": []})
                    kept["whole"].append(whole)
                    kept["unlike"].extend(unlike)
    for (area, parent, indicator), sides in groups.items():
        asked = question(PARTS_TOTAL, area, indicator, parent, "measures")
        unlike = sides["unlike"]
        numbers: dict[str, Number] = {
            "area": label(ctx.ds, "areas", area),
            "total_name": label(ctx.ds, "activities", parent),
            "part_names": listing(label(ctx.ds, "activities", r.activity) for r in unlike),
            "part_measures": listing(label(ctx.ds, "indicators", r.indicator) for r in unlike),
            "total_measure": label(ctx.ds, "indicators", indicator),
        }
        items = ctx.items(sides["whole"], "total") + ctx.items(unlike, "part")
        yield asked.identity(False, [*sides["whole"], *unlike])
        yield asked.finding("not_comparable", "measures", items, numbers)


STATED_SHARE = "stated_share"


def check_shares(ctx: Context) -> Iterator[Result]:
    """Check every stated share that can be computed, and every whole whose shares are all stated."""
    yield from _against_levels(ctx)
    yield from _against_hundred(ctx)


def _against_levels(ctx: Context) -> Iterator[Result]:
    """A share printed beside levels of the same indicator: of an area in a larger one, of an activity in its parent."""
    records = [r for r in ctx.settled if r.transformation in ("share", "level") and r.kind != "constraint"]
    levels: dict[tuple[object, ...], Evidence] = {
        (r.indicator, r.ref_area, r.activity, r.subject, r.time_period, _reached(r)): r
        for r in reversed(single(r for r in records if r.transformation == "level"))
    }
    for share in single(r for r in records if r.transformation == "share"):
        own = (share.indicator, share.ref_area, share.activity, share.subject, share.time_period, _reached(share))
        part, whole = levels.get(own), _whole(ctx, share, levels)
        if part is None or whole is None or not _addable([part, whole]) or whole.low <= 0 or part.low < 0:
            continue
        low = 100 * part.least / whole.most
        high = 100 * part.most / whole.least if whole.least > 0 else math.inf
        implied = 100 * part.base / whole.base
        holds = share.least <= high + EPSILON and low <= share.most + EPSILON
        asked = question(STATED_SHARE, share.ref_area, share.indicator, share.activity, share.time_period)
        width = (high - low) / 2
        tolerance, trio = share.half + (width if math.isfinite(width) else math.nan), [share, part, whole]
        yield asked.identity(holds, trio, implied, share.value, tolerance, "%")
        if holds:
            continue
        gap = abs(implied - share.value)
        formula = f"{part.value:.12g} ÷ {whole.base / part.factor:.12g}"
        numbers: dict[str, Number] = {
            **ctx.named(share),
            "whole_area": ctx.area(whole),
            "place": ctx.place(share),
            "stated": computed(share.value, "%", [share], measure="share"),
            "implied": computed(implied, "%", [part, whole], formula, measure="share"),
            "part": printed(part),
            "whole": printed(whole),
            "gap": computed(gap, "个百分点", trio, measure="points"),
        }
        items = (ctx.item(share, "stated"), ctx.item(part, "part"), ctx.item(whole, "whole"))
        yield asked.finding("inconsistent", "levels", items, numbers, gap, tolerance, "个百分点")


def _whole(ctx: Context, share: Evidence, levels: dict[tuple[object, ...], Evidence]) -> Evidence | None:
    def at(area: str, activity: str, subject: str) -> Evidence | None:
        return levels.get((share.indicator, area, activity, subject, share.time_period, _reached(share)))

    if share.counterpart_area:
        return at(share.counterpart_area, share.activity, share.subject)
    for activity in (ctx.parents.get(share.activity, ""), "") if share.activity else ():
        if (whole := at(share.ref_area, activity, share.subject)) is not None:
            return whole
    area = ctx.around(share.ref_area)
    while area:
        if (whole := at(area, share.activity, share.subject)) is not None:
            return whole
        area = ctx.around(area)
    return None


def _against_hundred(ctx: Context) -> Iterator[Result]:
    shares = single(r for r in ctx.settled if r.transformation in ("share", "contribution") and r.activity)
    groups = grouped(
        shares, lambda r: (r.ref_area, r.indicator, r.subject, r.time_period, r.transformation, r.counterpart_area)
    )
    for records in groups.values():
        by_activity = {record.activity: record for record in records}
        for parent, children in ctx.children.items():
            parts = [by_activity[child] for child in children if child in by_activity]
            if len(parts) < 2:
                continue
            complete = len(parts) == len(children) and ctx.ds.exhaustive(parent)
            yield from _hundred(ctx, parent, parts, complete)


def _hundred(ctx: Context, parent: str, parts: list[Evidence], complete: bool) -> Iterator[Result]:
    summed = sum(100 * of_record(part).value for part in parts)
    tolerance = sum(part.half for part in parts)
    excess = summed - 100
    holds = (abs(excess) if complete else excess) <= tolerance + EPSILON
    first = parts[0]
    asked = question(STATED_SHARE, first.ref_area, first.indicator, parent, first.time_period)
    yield asked.identity(holds, parts, summed, 100.0, tolerance, "%")
    if holds:
        return
    formula = " + ".join(f"{part.value:.12g}" for part in parts)
    numbers: dict[str, Number] = {
        "area": ctx.area(first),
        "place": ctx.place(first),
        "name": label(ctx.ds, "indicators", first.indicator),
        "part_names": listing(label(ctx.ds, "activities", part.activity) for part in parts),
        "sum": computed(summed, "%", parts, formula, measure="share"),
        "gap": computed(abs(excess), "个百分点", parts, measure="points"),
    }
    yield asked.finding(
        "inconsistent", "hundred", ctx.items(parts, "part"), numbers, abs(excess), tolerance, "个百分点"
    )


IMPLIED_TOTAL = "implied_total"
#: The ratio of value added to output may drift with the structure; beyond this factor it is asked about.
RATE_FACTOR = 1.5


@dataclass(frozen=True)
class Sectors:
    """Regional product that sector targets imply, for every share of the other sectors up to that of the base year.

    ``least`` without any other sector, ``most`` with all that rounding allows them in the base year, ``central`` with
    their share as printed (``rest``); targets are points.
    """

    least: float
    most: float
    central: float
    rest: float
    industry: float
    records: tuple[Evidence, ...]
    formula: str


def check_implied(ctx: Context) -> Iterator[Result]:
    """Check the declared implied totals of every area."""
    for row in ctx.tables.relations:
        if row["sign"] == "implied_gdp":
            yield from _implied_gdp(ctx, row)
        elif row["sign"] == "value_added_rate":
            yield from _value_added_rate(ctx, row)


def _areas(ctx: Context, indicator: str) -> list[str]:
    return list(dict.fromkeys(record.ref_area for record in ctx.by_indicator.get(indicator, ())))


def _path(ctx: Context, area: str, indicator: str) -> dict[float, Evidence]:
    return ctx.wholes.get((area, indicator), {})


def sectors(ctx: Context, area: str, year: float, levels: str, share: str, gdp: Evidence) -> Sectors | None:
    """Regional product from levels of some sectors and the share of industry, for one year."""
    known, known_base = (amount(ctx, levels, Scope(area, f"{y:.0f}")) for y in (year, gdp.year))
    path = _path(ctx, area, share)
    if known is None or known_base is None or year not in path or gdp.year not in path:
        return None
    industry, before = path[year].value / 100, path[gdp.year]
    rest = 1 - known_base.value / gdp.base - before.value / 100
    rest_most = 1 - known_base.low / gdp.high - before.low / 100
    if not 0 <= rest < 1 or 1 - industry - rest_most <= 0:
        return None
    formula = f"({known.formula}) ÷ (1 − {path[year].value:.12g}% − {100 * rest:.3g}%)"
    records = (*known.records, path[year], *known_base.records, before, gdp)
    least, most, central = (known.value / (1 - industry - part) for part in (0.0, rest_most, rest))
    return Sectors(least, most, central, rest, industry, records, formula)


def _implied_gdp(ctx: Context, row: Mapping[str, str]) -> Iterator[Result]:
    gdp_name, intensity_name, growth_name = (part.strip() for part in row["left"].split(";"))
    levels, share = (part.strip() for part in row["right"].split(";"))
    for area in _areas(ctx, gdp_name):
        gdps, intensity, growth = (_path(ctx, area, name) for name in (gdp_name, intensity_name, growth_name))
        bases = [year for year in gdps if year in intensity]
        if not bases:
            continue
        base = min(bases)
        start, chained, previous = gdps[base], 1.0, base
        for year in sorted(y for y in growth if y > base):
            rate = growth[year].value / 100
            chained *= (1 + rate) ** (year - previous)
            previous = year
            if year not in intensity:
                continue
            other = sectors(ctx, area, year, levels, share, start)
            if other is None or intensity[year].value <= 0:
                continue
            used = [start, intensity[base], intensity[year], *(growth[y] for y in sorted(growth) if base < y <= year)]
            factors = sorted((chained, (1 + rate) ** (year - base)))
            # A target is the point that it is stated as: what would meet it only if it had been rounded does not.
            before, aim = intensity[base], intensity[year].base
            spent = (start.low * before.low / aim * factors[0], start.high * before.high / aim * factors[1])
            yield from _compare(ctx, area, year, spent, used, other)


def _compare(
    ctx: Context, area: str, year: float, spent: tuple[float, float], used: list[Evidence], other: Sectors
) -> Iterator[Result]:
    low, high = spent
    when, factor, unit = f"{year:.0f}", used[0].factor, used[0].unit
    asked = question(IMPLIED_TOTAL, area, "gdp", when)
    # Both are ranges: they contradict each other only where no reading of either meets the other.
    agrees = low <= other.most and other.least <= high
    middle, gap = math.sqrt(low * high), max(low - other.most, other.least - high, 0.0)
    tolerance = (high - low + other.most - other.least) / 2 / factor
    records = [*used, *other.records]
    yield asked.identity(agrees, records, middle / factor, other.central / factor, tolerance, unit)
    if agrees:
        return
    numbers: dict[str, Number] = {
        "area": label(ctx.ds, "areas", area),
        "place": place(label(ctx.ds, "areas", area), when),
        "spent_low": computed(low / factor, unit, used),
        "spent_high": computed(high / factor, unit, used),
        "sectors": computed(other.most / factor, unit, other.records, other.formula),
        "sectors_least": computed(other.least / factor, unit, other.records),
        "rest": computed(100 * other.rest, "%", other.records, measure="share"),
        "gap": computed(gap / factor, unit, records),
    }
    items = ctx.items(used, "expenditure") + ctx.items(other.records, "sectors")
    message = f"gdp.{'above' if low > other.most else 'below'}"
    # The gap is counted between the nearest ends, which hold the rounding already: no tolerance is left.
    yield asked.finding("inconsistent", message, items, numbers, gap / factor, math.nan, unit)


def _value_added_rate(ctx: Context, row: Mapping[str, str]) -> Iterator[Result]:
    gdp_name, levels, share = (part.strip() for part in row["left"].split(";"))
    output_name = row["right"].strip()
    for area in _areas(ctx, output_name):
        outputs, gdps, shares = (_path(ctx, area, name) for name in (output_name, gdp_name, share))
        bases = [year for year in gdps if year in shares and year in outputs]
        if not bases:
            continue
        base = min(bases)
        start = gdps[base]
        rates = {base: shares[base].value * start.base / outputs[base].base}
        records, least, rest = [start, shares[base], outputs[base]], dict(rates), 0.0
        for year in sorted(y for y in outputs if y > base):
            other = sectors(ctx, area, year, levels, share, start)
            if other is not None:
                rates[year], least[year] = (
                    100 * other.industry * total / outputs[year].base for total in (other.central, other.least)
                )
                rest = other.rest
                records += [outputs[year], *other.records]
        yield from _rates(ctx, area, row, rates, least, rest, records)


def _rates(
    ctx: Context,
    area: str,
    row: Mapping[str, str],
    rates: dict[float, float],
    least: dict[float, float],
    rest: float,
    records: list[Evidence],
) -> Iterator[Result]:
    """Rates that move apart, the later one with and without the sectors that have no target."""
    if len(rates) < 2 or min(rates.values()) <= 0:
        return
    base = min(rates)
    far = max(rates, key=lambda year: abs(math.log(rates[year] / rates[base])))
    steady = any(1 / RATE_FACTOR <= known[far] / rates[base] <= RATE_FACTOR for known in (rates, least))
    asked = question(IMPLIED_TOTAL, area, row["relation"])
    yield asked.identity(steady, records, rates[base], rates[far], math.nan, "%")
    if steady:
        return

    def percent(value: float) -> Figure:
        return computed(value, "%", records, measure="share")

    numbers: dict[str, Number] = {
        "area": label(ctx.ds, "areas", area),
        "left_name": Label(row["left_zh"], row["left_en"]),
        "right_name": Label(row["right_zh"], row["right_en"]),
        "base_period": period(f"{base:.0f}"),
        "period": period(f"{far:.0f}"),
        "base_rate": percent(rates[base]),
        "rate": percent(rates[far]),
        "rate_least": percent(least[far]),
        "rest": percent(100 * rest),
        "difference": Label(row["difference_zh"], row["difference_en"]),
    }
    gap = abs(rates[far] - rates[base])
    yield asked.finding("not_comparable", "rate", ctx.items(records), numbers, gap, math.nan, "个百分点")
