"""Rule 3, implied totals: two ways to the same regional product, and value added against output.

R&D expenditure that grows at its target rates, divided by its target share, implies a regional product; so do the
sectors' value added and the share of industry. A data set declares which indicators take which part (signs
``implied_gdp`` and ``value_added_rate`` of the table of relations).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from planbrief.measures.audit.algebra import Scope, amount
from planbrief.measures.audit.context import Context, Result
from planbrief.measures.audit.model import Finding, Identity, Number, key_of
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.labels import Label, label, period, place

RULE = "implied_total"
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
    found: dict[float, Evidence] = {}
    for (where, what, activity, subject, _), records in ctx.series.items():
        if (where, what, activity, subject) == (area, indicator, "", ""):
            for record in records:
                found.setdefault(record.year, record)
    return found


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
            before, aim = intensity[base], intensity[year].base
            spent = (start.low * before.low / aim * factors[0], start.high * before.high / aim * factors[1])
            yield from _compare(ctx, area, year, spent, used, other)


def _compare(
    ctx: Context, area: str, year: float, spent: tuple[float, float], used: list[Evidence], other: Sectors
) -> Iterator[Result]:
    low, high = spent
    when, factor, unit = f"{year:.0f}", used[0].factor, used[0].unit
    finding_id = key_of(RULE, area, "gdp", when)
    # Both are ranges: they contradict each other only where no reading of either meets the other.
    agrees = low <= other.most and other.least <= high
    middle, gap = math.sqrt(low * high), max(low - other.most, other.least - high, 0.0)
    tolerance = (high - low + other.most - other.least) / 2 / factor
    records = [*used, *other.records]
    yield Identity(finding_id, RULE, agrees, ids(records), middle / factor, other.central / factor, tolerance, unit)
    if agrees:
        return
    rest = ctx.figure(finding_id, "rest", 100 * other.rest, "%", other.records, measure="share")
    numbers: dict[str, Number] = {
        "area": label(ctx.ds, "areas", area),
        "place": place(label(ctx.ds, "areas", area), when),
        "spent_low": ctx.figure(finding_id, "spent_low", low / factor, unit, used),
        "spent_high": ctx.figure(finding_id, "spent_high", high / factor, unit, used),
        "sectors": ctx.figure(finding_id, "sectors", other.most / factor, unit, other.records, formula=other.formula),
        "sectors_least": ctx.figure(finding_id, "sectors_least", other.least / factor, unit, other.records),
        "rest": rest,
        "gap": ctx.figure(finding_id, "gap", gap / factor, unit, records),
    }
    items = ctx.items(used, "expenditure") + ctx.items(other.records, "sectors")
    message = f"audit.{RULE}.gdp.{'above' if low > other.most else 'below'}"
    # The gap is counted between the nearest ends, which hold the rounding already: no tolerance is left.
    yield Finding(finding_id, RULE, "inconsistent", items, numbers, message, gap / factor, math.nan, unit)


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
        records = [start, shares[base], outputs[base]]
        for year in sorted(y for y in outputs if y > base):
            other = sectors(ctx, area, year, levels, share, start)
            if other is not None:
                rates[year] = 100 * other.industry * other.central / outputs[year].base
                records += [outputs[year], *other.records]
        yield from _rates(ctx, area, row, rates, records)


def _rates(
    ctx: Context, area: str, row: Mapping[str, str], rates: dict[float, float], records: list[Evidence]
) -> Iterator[Result]:
    if len(rates) < 2 or min(rates.values()) <= 0:
        return
    base = min(rates)
    far = max(rates, key=lambda year: abs(math.log(rates[year] / rates[base])))
    steady = 1 / RATE_FACTOR <= rates[far] / rates[base] <= RATE_FACTOR
    finding_id = key_of(RULE, area, row["relation"])
    yield Identity(finding_id, RULE, steady, ids(records), rates[base], rates[far], math.nan, "%")
    if steady:
        return
    numbers: dict[str, Number] = {
        "area": label(ctx.ds, "areas", area),
        "left_name": Label(row["left_zh"], row["left_en"]),
        "right_name": Label(row["right_zh"], row["right_en"]),
        "base_period": period(f"{base:.0f}"),
        "period": period(f"{far:.0f}"),
        "base_rate": ctx.figure(finding_id, "base_rate", rates[base], "%", records, measure="share"),
        "rate": ctx.figure(finding_id, "rate", rates[far], "%", records, measure="share"),
        "difference": Label(row["difference_zh"], row["difference_en"]),
    }
    gap = abs(rates[far] - rates[base])
    message = f"audit.{RULE}.rate"
    yield Finding(finding_id, RULE, "not_comparable", ctx.items(records), numbers, message, gap, math.nan, "个百分点")
