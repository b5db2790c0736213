"""The regional product that sector targets imply, and what follows from it for industry, people and research.

Which indicators are the sectors and which is the share of industry is declared in the table of relations (signs
``implied_gdp`` and ``value_added_rate``). What no target covers, construction above all, is assumed to have a share of
the product between nothing and what it had in the base year.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from planbrief.measures.figures import Figure, plain, root
from planbrief.measures.growth import period_label
from planbrief.measures.insights.model import (
    Area,
    Insight,
    Quantity,
    Row,
    Value,
    assumption,
    derived,
    growth,
    of_point,
    stated,
)
from planbrief.measures.series import Series
from planbrief.targets.names import Label, period

#: What is assumed of the sectors without a target.
REST = "rest_at_most_as_before"


@dataclass(frozen=True)
class Product:
    """Regional product by year, as sector targets imply it."""

    area: Area
    base: Quantity
    base_year: float
    rest: Quantity
    levels: Mapping[float, Quantity]
    shares: Mapping[float, Quantity]
    base_share: Quantity
    base_levels: Quantity
    sectors: str

    @property
    def years(self) -> tuple[float, ...]:
        """Years with both the levels of the sectors and the share of industry."""
        return tuple(sorted(self.levels.keys() & self.shares.keys()))

    def at(self, year: float) -> Quantity:
        """The product of one year."""
        parts = (self.levels[year], self.shares[year], self.rest)
        return derived(_total, "{0} ÷ (1 − {1} − {2})", *parts, unit=self.base.unit)

    def industry(self, year: float) -> Quantity:
        """Value added of industry in one year."""
        parts = (self.levels[year], self.shares[year], self.rest)
        return derived(lambda v, s, r: s * _total(v, s, r), "{1} × {0} ÷ (1 − {1} − {2})", *parts, unit=self.base.unit)

    def industry_step(self, start: float, end: float) -> Quantity:
        """Growth a year of the value added of industry between two years, with one share of the rest in both."""
        share = self.base_share if start == self.base_year else self.shares[start]
        return derived(
            lambda g, s0, s1: (1 + g) * (s1 / s0) ** (1 / (end - start)) - 1,
            f"(1 + {{0}}) × ({{2}} ÷ {{1}}){root(end - start)} − 1",
            *(self.step(start, end), share, self.shares[end]),
        )

    def step(self, start: float, end: float) -> Quantity:
        """Growth a year between two years, with one share of the rest in both."""
        if start == self.base_year:
            return growth(self.base, self.at(end), end - start)
        parts = (self.levels[start], self.shares[start], self.levels[end], self.shares[end], self.rest)
        years = end - start
        return derived(
            lambda v0, s0, v1, s1, r: (_total(v1, s1, r) / _total(v0, s0, r)) ** (1 / years) - 1,
            f"([{{2}} ÷ (1 − {{3}} − {{4}})] ÷ [{{0}} ÷ (1 − {{1}} − {{4}})]){root(years)} − 1",
            *parts,
        )


def _total(levels: float, share: float, rest: float) -> float:
    return levels / (1 - share - rest)


def declared(area: Area, sign: str) -> Iterator[Mapping[str, str]]:
    """Relations with one sign."""
    return (row for row in area.ctx.tables.relations if row["sign"] == sign)


def main_series(area: Area, indicator: str) -> Series | None:
    """The series of the whole place for an indicator, the longest where there are several."""
    found = [s for s in area.series if s.indicator == indicator and not s.activity and not s.subject]
    found = [s for s in found if s.ref_area == area.region and not s.counterpart_area]
    return max(found, key=lambda s: len(s.points), default=None)


def values(area: Area, indicator: str, *, percent: bool = False) -> dict[float, Quantity]:
    """Whole years of an indicator: what was reached before what is wanted."""
    series = main_series(area, indicator)
    found: dict[float, Quantity] = {}
    if series is None:
        return found
    for point in (*series.actuals, *area.aims(series)):
        if point.annual and not point.conflict and not area.doubted(point):
            found.setdefault(point.year, of_point(point).fraction if percent else of_point(point, series.unit))
    return found


def product(area: Area) -> Product | None:
    """The product that sector targets imply, None where the base year or the sectors are not stated."""
    for row in declared(area, "implied_gdp"):
        gdp_name = row["left"].split(";")[0].strip()
        levels_text, share_name = (part.strip() for part in row["right"].split(";"))
        gdps, shares = values(area, gdp_name), values(area, share_name, percent=True)
        known = {year: stated(area.ctx, levels_text, area.region, f"{year:.0f}") for year in shares}
        levels = {year: found for year, found in known.items() if found is not None}
        bases = sorted(gdps.keys() & levels.keys())
        if not bases:
            continue
        year = bases[0]
        base, before, share = gdps[year], levels[year], shares[year]
        rest = 1 - before.value / base.value - share.value
        later = {y: found for y, found in levels.items() if y > year and y not in gdps}
        if not 0 <= rest < 1 or any(1 - shares[y].value - rest <= 0 for y in later) or not later:
            continue
        behind = tuple(dict.fromkeys((*before.observations, *base.observations, *share.observations)))
        open_rest = assumption(0.0, rest, rest, f"{100 * rest:.3g}%", behind)
        return Product(area, base, year, open_rest, later, shares, share, before, levels_text)
    return None


def implied_product(area: Area) -> Iterator[Insight]:
    """What the sector targets add up to, how fast that has to grow, and where it jumps."""
    found = product(area)
    if found is None:
        return
    key = f"{area.region}/insights/product"
    years = (found.base_year, *found.years)
    steps = [(start, end, found.step(start, end)) for start, end in itertools.pairwise(years)]
    _, end, rate = steps[0]
    steepest = max(steps, key=lambda s: s[2].value)
    figures: dict[str, Value] = {
        "area": area.name,
        "base_period": period(plain(found.base_year)),
        "base": found.base.figure(f"{key}/base", "level", year=plain(found.base_year)),
        "first_period": period(plain(end)),
        "first": found.at(end).figure(f"{key}/{end:.0f}", "level", year=plain(end)),
        "last_period": period(plain(years[-1])),
        "last": found.at(years[-1]).figure(f"{key}/{years[-1]:.0f}", "level", year=plain(years[-1])),
        "rate": rate.figure(f"{key}/growth/{end:.0f}", "rate"),
        "steepest_period": spanned(steepest[0], steepest[1]),
        "steepest": steepest[2].figure(f"{key}/growth/{steepest[1]:.0f}", "rate"),
        "rest": _share_figure(found, key),
    }
    levels = {b: found.at(b).figure(f"{key}/{b:.0f}", "level", year=plain(b)) for b in found.years}
    rates = {b: step.figure(f"{key}/growth/{b:.0f}", "rate") for _, b, step in steps}
    achieved = _achieved(area, found)
    rule = "implied_product_alone"
    distance = steepest[2].value
    if achieved is not None:
        rates[found.base_year] = achieved.figure(f"{key}/achieved", "rate")
        rule, figures["achieved"] = "implied_product", rates[found.base_year]
        distance = math.log(max(steepest[2].value, 0.01) / max(achieved.value, 0.01))
    levels[found.base_year] = found.base.figure(f"{key}/base", "level", year=plain(found.base_year))
    rows = (Row("product", area.name, levels), Row("product_growth", area.name, rates), *_sector_shares(area, found))
    amount = found.base.value * area.factor(found.base.unit)
    weight = area.weight(amount, distance, 1)
    yield Insight(rule, key, area.region, weight, "product", figures, (), (REST,), rows)


def _sector_shares(area: Area, found: Product) -> Iterator[Row]:
    """The share of the product that each sector with a target would have; industry's is a target itself."""
    for sector in (part.strip() for part in found.sectors.split("+")):
        shares = {}
        for year in (found.base_year, *found.years):
            level = stated(area.ctx, sector, area.region, f"{year:.0f}")
            if level is None:
                continue
            whole = found.base if year == found.base_year else found.at(year)
            made = derived(lambda part, all_of_it: part / all_of_it, "{0} ÷ {1}", level, whole)
            shares[year] = made.figure(f"{found.area.region}/insights/product/{sector}/{year:.0f}", "share", scale=100)
        series = main_series(area, sector)
        if series is not None and len(shares) > 1:
            yield Row("product_share", area.named(series), shares)


def _share_figure(found: Product, key: str) -> Figure:
    rest = found.rest
    formula = f"1 − ({found.base_levels.formula}) ÷ {found.base.formula} − {found.base_share.formula}"
    value = 100 * rest.value
    return Figure(f"{key}/rest", value, "share", "", rest.observations, formula, year=plain(found.base_year))


def spanned(start: float, end: float) -> Label:
    """The years of a step, without its base year."""
    return Label(period_label(start, end, "zh"), period_label(start, end, "en"))


def _achieved(area: Area, found: Product) -> Quantity | None:
    """The product's own growth in the base year, as printed."""
    indicators = {s.indicator for s in area.series if found.base.observations[0] in _observations(s)}
    concept = {area.ctx.meta(name)["concept"] for name in indicators}
    for series in area.series:
        about = area.ctx.meta(series.indicator)
        fits = series.transformation == "yoy" and about["concept"] in concept and not series.activity
        if fits and about["scope"] == "whole_economy" and "per_capita" not in series.indicator:
            for point in series.actuals:
                if point.year == found.base_year and not point.conflict:
                    return of_point(point).fraction
    return None


def _observations(series: Series) -> set[str]:
    return {obs for point in series.points for obs in point.observations}


def implied_industry(area: Area) -> Iterator[Insight]:
    """Value added of industry as implied, beside its output: how the ratio of the two has to change."""
    found = product(area)
    rows = list(declared(area, "value_added_rate"))
    if found is None or not rows:
        return
    output_name = rows[0]["right"].strip()
    output = values(area, output_name)
    years = [year for year in found.years if year in output]
    if found.base_year not in output or not years:
        return
    first, last = years[0], years[-1]
    before = derived(lambda s, p: s * p, "{0} × {1}", found.base_share, found.base, unit=found.base.unit)
    scale = area.factor(found.base.unit) / area.factor(output[found.base_year].unit)
    key = f"{area.region}/insights/industry"

    def ratio(value: Quantity, year: float) -> Figure:
        made = derived(lambda v, o: v * scale / o, "{0} ÷ {1}", value, output[year])
        return made.figure(f"{key}/ratio/{year:.0f}", "share", year=plain(year), scale=100)

    spans = list(itertools.pairwise((found.base_year, *found.years)))
    made = {found.base_year: before, **{year: found.industry(year) for year in found.years}}
    value_growth = growth(before, found.industry(first), first - found.base_year)
    values_row = {y: v.figure(f"{key}/value/{y:.0f}", "level", year=plain(y)) for y, v in made.items()}
    growth_row = {b: found.industry_step(a, b).figure(f"{key}/growth/{b:.0f}", "rate") for a, b in spans}
    ratio_row = {y: ratio(v, y) for y, v in made.items() if y in output}
    shown = tuple(
        Row(name, area.name, row)
        for name, row in (("industry", values_row), ("industry_growth", growth_row), ("industry_ratio", ratio_row))
    )
    output_growth = growth(output[found.base_year], output[first], first - found.base_year)
    series = main_series(area, output_name)
    figures: dict[str, Value] = {
        "area": area.name,
        "name": area.named(series) if series else Label("", ""),
        "span": spanned(found.base_year, first),
        "base_period": period(plain(found.base_year)),
        "first_period": period(plain(first)),
        "last_period": period(plain(last)),
        "value_base": before.figure(f"{key}/value/{found.base_year:.0f}", "level"),
        "value_first": found.industry(first).figure(f"{key}/value/{first:.0f}", "level"),
        "value_growth": value_growth.figure(f"{key}/growth/{first:.0f}", "rate"),
        "output_growth": output_growth.figure(f"{key}/output_growth/{first:.0f}", "rate"),
        "ratio_base": ratio(before, found.base_year),
        "ratio_first": ratio(found.industry(first), first),
        "ratio_last": ratio(found.industry(last), last),
    }
    apart = output_growth.value - value_growth.high
    rule = "implied_industry" if apart > 0 else "implied_industry_alike"
    amount = output[first].value * area.factor(output[first].unit)
    slower = (1 + output_growth.value) / (1 + value_growth.value)
    weight = area.weight(amount, (first - found.base_year) * math.log(max(slower, 1.0)), 1)
    yield Insight(rule, key, area.region, weight, "scope", figures, (), (REST,), shown)


def two_products(area: Area) -> Iterator[Insight]:
    """Research targets imply a product too: the first year in which the two ways do not meet."""
    found = product(area)
    for row in declared(area, "implied_gdp"):
        if found is None:
            return
        names = [part.strip() for part in row["left"].split(";")]
        spent = research_product(area, found.base, found.base_year, names[1], names[2])
        for year in found.years:
            sectors = found.at(year)
            if year not in spent or (spent[year].low <= sectors.high and sectors.low <= spent[year].high):
                continue
            key = f"{area.region}/insights/two_products"
            implied = {
                y: made.figure(f"{key}/research/{y:.0f}", "level", found.base.unit, plain(y))
                for y, made in spent.items()
            }
            yield replace(
                _apart(area, found, year, spent[year], sectors), rows=(Row("research_product", area.name, implied),)
            )
            break


def _apart(area: Area, found: Product, year: float, spent: Quantity, sectors: Quantity) -> Insight:
    key = f"{area.region}/insights/two_products/{year:.0f}"
    above = spent.low > sectors.high
    nearest = spent.low if above else spent.high
    levels, share = found.levels[year], found.shares[year]
    needed = Quantity(
        1 - share.value - levels.value / nearest, *(1 - share.value - levels.value / nearest,) * 2,
        f"1 − {share.formula} − ({levels.formula}) ÷ {plain(round(nearest, 1))}",
        (*levels.observations, *share.observations, *spent.observations),
    )  # fmt: skip
    figures: dict[str, Value] = {
        "area": area.name,
        "period": period(plain(year)),
        "research": spent.figure(f"{key}/research", "level", found.base.unit, plain(year)),
        "sectors": sectors.figure(f"{key}/sectors", "level", found.base.unit, plain(year)),
        "rest": _share_figure(found, key),
        "rest_needed": needed.figure(f"{key}/rest_needed", "share", scale=100),
        "base_period": period(plain(found.base_year)),
    }
    apart = 2 * math.log(spent.value / sectors.value)
    weight = area.weight(found.base.value * area.factor(found.base.unit), apart, 2)
    rule = "two_products_above" if above and needed.value < 1 - share.value else "two_products"
    return Insight(rule, key, area.region, weight, "research", figures, (), (REST, "rates_read_both_ways"))


def research_product(
    area: Area, base: Quantity, base_year: float, intensity_name: str, growth_name: str
) -> dict[float, Quantity]:
    """The product that research spending implies: spending grown at its target rates ÷ its target share.

    A rate in the column of a year is read both as the average since the previous column and since the base.
    """
    intensity = values(area, intensity_name, percent=True)
    rates = values(area, growth_name, percent=True)
    if base_year not in intensity:
        return {}
    found: dict[float, Quantity] = {}
    chain, previous, formula, behind = 1.0, base_year, "", list(base.observations)
    for year in sorted(y for y in rates if y > base_year):
        rate = rates[year].value
        chain *= (1 + rate) ** (year - previous)
        formula += f"{' × ' if formula else ''}(1 + {rates[year].formula})^{plain(year - previous)}"
        previous = year
        behind += rates[year].observations
        whole = (1 + rate) ** (year - base_year)
        if year not in intensity or intensity[year].value <= 0:
            continue
        factor = assumption(min(chain, whole), max(chain, whole), chain, formula, tuple(behind))
        parts = (base, intensity[base_year], intensity[year], factor)
        found[year] = derived(lambda b, s0, s1, f: b * s0 / s1 * f, "{0} × {1} ÷ {2} × {3}", *parts, unit=base.unit)
    return found


def people(area: Area) -> Iterator[Insight]:
    """Population that product and product per head imply, beside the population that is planned; product per head."""
    for row in declared(area, "near"):
        left, right = row["left"], row["right"].strip()
        if right not in area.ctx.printed or area.ctx.meta(right)["concept"] != "population" or "÷" not in left:
            continue
        numerator, denominator = (part.strip() for part in left.split("÷"))
        whole, head, planned = values(area, numerator), values(area, denominator), values(area, right)
        years = sorted(whole.keys() & head.keys())
        aims = sorted(year for year in planned if years and year > years[-1])
        if not years or not aims:
            continue
        yield from _people(area, (years[-1], aims[-1]), whole[years[-1]], head[years[-1]], planned[aims[-1]])


def _people(
    area: Area, years: tuple[float, float], whole: Quantity, head: Quantity, planned: Quantity
) -> Iterator[Insight]:
    start, end = years
    key = f"{area.region}/insights/people"
    scale = area.factor(whole.unit) / area.factor(head.unit) / area.factor(planned.unit)
    now = derived(lambda w, h: w * scale / h, f"{{0}} × {plain(scale)} ÷ {{1}}", whole, head, unit=planned.unit)
    rate = growth(now, planned, end - start)
    figures: dict[str, Value] = {
        "area": area.name,
        "start_period": period(plain(start)),
        "end_period": period(plain(end)),
        "now": now.figure(f"{key}/now", "level", year=plain(start)),
        "planned": planned.figure(f"{key}/planned", "level", year=plain(end)),
        "rate": rate.figure(f"{key}/rate", "rate"),
        "head": head.figure(f"{key}/head/{start:.0f}", "level", year=plain(start)),
    }
    found = product(area)
    flat = abs(rate.value) < 0.002
    rule, assumed = ("people_flat" if flat else "people"), tuple[str, ...]()
    distance = abs(rate.value) * 10
    if found is not None and end in found.years:
        rule, assumed = f"{rule}_richer", (REST,)
        made = derived(
            lambda p, n: p * scale / n, f"{{0}} × {plain(scale)} ÷ {{1}}", found.at(end), planned, unit=head.unit
        )
        times = derived(lambda a, b: a / b, "{0} ÷ {1}", made, head)
        figures["head_then"] = made.figure(f"{key}/head/{end:.0f}", "level", year=plain(end))
        figures["times"] = times.figure(f"{key}/head_times", "multiple")
        distance = math.log(times.value)
    heads = {year: figures[name] for year, name in ((start, "head"), (end, "head_then")) if name in figures}
    rows = (Row("head", area.name, {y: f for y, f in heads.items() if isinstance(f, Figure)}),)
    weight = area.weight(float("nan"), distance, len(assumed))
    yield Insight(rule, key, area.region, weight, "people", figures, (), assumed, rows)
