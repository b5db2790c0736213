"""How fast: what sectors have achieved, where one year asks far more than the one before, where a plan should stand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from planbrief.measures import growth as formulas
from planbrief.measures.figures import Figure, plain
from planbrief.measures.insights.model import (
    AS_NAMED,
    Area,
    Insight,
    Quantity,
    Row,
    Steps,
    Value,
    derived,
    growth,
    of_point,
)
from planbrief.measures.insights.product import spanned
from planbrief.measures.series import Point, Series, at_other_prices, published_year, series_of
from planbrief.targets import periods
from planbrief.targets.names import Label, label, period
from planbrief.targets.wording import mirrored

#: A year is a cliff where its growth is this many times that of the years before, and this much above it.
CLIFF_FACTOR, CLIFF_RATE = 2.0, 0.05
#: Years up to which a target for a share is set beside the last value.
AHEAD = 2
#: Concepts whose growth a leader is measured by, best first.
LEADING = ("gdp", "value_added", "gross_output", "revenue", "investment")
#: The growth of the whole product weighs at least as if it were so far from what was reached.
PRODUCT_DISTANCE = 3.0
#: Concepts whose growth a report also sets targets for.
AIMED = (*LEADING, "retail_sales", "trade_value", "income", "budget_revenue", "productivity")
#: Targets for the next year of which most must ask for less to be worth a sentence, and how many of them it names.
FEWEST_PAIRS, MOST_EXAMPLES = 5, 3


def sector_pace(area: Area) -> Iterator[Insight]:
    """What each sector grew by, from its contribution to growth and its share of the product: 6.0 % × 40.6 % ÷ share.

    The share printed for the year is one after growth; the share before is what leads to it.
    """
    rates = {
        point.year: (series, point)
        for series in area.series
        if series.transformation == "yoy" and not series.activity and not series.subject
        and area.ctx.meta(series.indicator)["concept"] == "gdp" and "per_capita" not in series.indicator
        for point in series.actuals
        if point.annual and not point.conflict
    }  # fmt: skip
    shares = {
        (series.activity, point.year): point
        for series in area.series
        if series.transformation == "share" and series.activity and area.ctx.meta(series.indicator)["concept"] == "gdp"
        for point in series.actuals
        if point.annual and not point.conflict
    }
    paces: list[tuple[str, float, Quantity, Quantity, Quantity, Quantity]] = []
    for record in area.ctx.settled:
        known = (record.activity, record.year) in shares and record.year in rates
        if record.transformation != "contribution" or record.kind != "actual" or not known:
            continue
        if record.ref_area != area.region or record.dimension != "percent":
            continue
        ends = (record.value / 100, (record.value - record.half) / 100, (record.value + record.half) / 100)
        part = Quantity(*ends, f"{plain(record.value)}%", (record.obs_id,))
        whole, share = of_point(rates[record.year][1]).fraction, of_point(shares[record.activity, record.year]).fraction
        pace = derived(
            lambda c, y, s: c * y / (s * (1 + y) - c * y), "{0} × {1} ÷ ({2} × (1 + {1}) − {0} × {1})",
            part, whole, share,
        )  # fmt: skip
        before = derived(lambda c, y, s: s * (1 + y) - c * y, "{2} × (1 + {1}) − {0} × {1}", part, whole, share)
        paces.append((record.activity, record.year, pace, part, whole, before))
    if not paces:
        return
    latest = max(year for _, year, *_ in paces)
    paces = [pace for pace in paces if pace[1] == latest]
    key = f"{area.region}/insights/sector_pace"
    rows = tuple(
        Row("pace", label(area.ds, "activities", name), {latest: pace.figure(f"{key}/{name}", "rate")})
        for name, _, pace, *_ in paces
    )
    name, year, pace, part, whole, before = max(paces, key=lambda p: p[2].value)
    figures: dict[str, Value] = {
        "area": area.name,
        "sector": label(area.ds, "activities", name),
        "period": period(plain(year)),
        "pace": pace.figure(f"{key}/{name}", "rate", year=plain(year)),
        "contribution": part.figure(f"{key}/contribution", "share", scale=100),
        "growth": whole.figure(f"{key}/growth", "rate"),
        "share_before": before.figure(f"{key}/share_before", "share", scale=100),
    }
    rule, distance = "sector_pace_alone", 0.5
    steepest = _steepest(area)
    if steepest is not None and pace.value > 0:
        series, required, start, end = steepest
        rule, distance = "sector_pace", math.log(max(required.value / pace.value, 1.0))
        figures |= {
            "name": area.named(series),
            "required": required.figure(f"{key}/required", "rate"),
            "span": spanned(start.year, end.year),
        }
    yield Insight(rule, key, area.region, area.weight(area.size, distance), "pace", figures, (), (), rows)


def _steepest(area: Area) -> tuple[Series, Quantity, Point, Point] | None:
    """The steepest growth that a level of the whole place needs to its first target."""
    found = []
    for series in area.levels:
        start, end = area.base(series), area.aims(series)[0]
        if start is not None and not series.activity and series.shape == "geometric":
            found.append((series, growth(of_point(start), of_point(end), end.year - start.year), start, end))
    return max(found, key=lambda f: f[1].value, default=None)


def cliffs(area: Area) -> Iterator[Insight]:
    """A step that has to grow far faster than the one before it: the plan's growth is put off to it."""
    for series in area.levels:
        base = area.base(series)
        if base is None or series.activity:
            continue
        points = (base, *area.aims(series))
        steps = [
            (a, b, growth(of_point(a), of_point(b), b.year - a.year))
            for a, b in itertools.pairwise(points)
            if a.value > 0
        ]
        jumps = [
            (before, here)
            for before, here in itertools.pairwise(steps)
            if before[2].value >= 0 and here[2].value > CLIFF_FACTOR * before[2].value
            and here[2].value > before[2].value + CLIFF_RATE
        ]  # fmt: skip
        if not jumps:
            continue
        before, here = max(jumps, key=lambda j: j[1][2].value)
        key = f"{area.region}/insights/cliff/{series.key}"
        rise = derived(lambda a, b: b - a, "{1} − {0}", of_point(here[0]), of_point(here[1]))
        figures: dict[str, Value] = {
            "area": area.name,
            "name": area.named(series),
            "before_span": spanned(before[0].year, before[1].year),
            "before": before[2].figure(f"{key}/before", "rate"),
            "span": spanned(here[0].year, here[1].year),
            "rate": here[2].figure(f"{key}/rate", "rate"),
            "rise": rise.figure(f"{key}/rise", "level", series.unit),
        }
        amount = here[1].value * area.factor(series.unit)
        distance = math.log(here[2].value / max(before[2].value, 0.01))
        rule = "cliff" if here[1].year - here[0].year == 1 else "cliff_stretch"
        yield Insight(rule, key, area.region, area.weight(amount, distance), f"cliff/{series.indicator}", figures)


def waypoints(area: Area) -> Iterator[Insight]:
    """Where a path should stand by now, under constant growth and in equal steps, while no actual value is known.

    Now is the year of the newest document about the area: a later one about its province says nothing of it.
    """
    now = published_year(area.ds, set(area.ds.of_city(area.region)["source_id"]))
    for series in area.levels:
        base, aims = area.base(series), area.aims(series)
        end = aims[0] if aims else None
        if base is None or end is None or series.activity or not base.year < now < end.year:
            continue
        known = (series, *at_other_prices(area.ds, series))
        if any(point.year > base.year for one in known for point in one.actuals):
            continue
        key = f"{area.region}/insights/waypoint/{series.key}"
        path = [(base.year, base.value), (end.year, end.value)]
        years = f"{plain(now - base.year)}/{plain(end.year - base.year)}"
        shapes = {
            "geometric": f"{plain(base.value)} × ({plain(end.value)} ÷ {plain(base.value)})^({years})",
            "linear": f"{plain(base.value)} + ({plain(end.value)} − {plain(base.value)}) × {years}",
        }
        behind = base.observations + end.observations
        figures: dict[str, Value] = {
            "area": area.name,
            "name": area.named(series),
            "now": period(plain(now)),
            "base_period": period(base.period),
            "base": of_point(base).figure(f"{key}/base", "level", series.unit, base.period),
            "end_period": period(end.period),
            "end": of_point(end).figure(f"{key}/end", "level", series.unit, end.period),
        }
        for shape, formula in shapes.items():
            value = float(formulas.path(path, now, shape))
            figures[shape] = Figure(f"{key}/{shape}", value, "level", series.unit, behind, formula, year=plain(now))
        amount = end.value * area.factor(series.unit)
        distance = abs(math.log(end.value / base.value)) if end.value > 0 else 1.0
        yield Insight("waypoint", key, area.region, area.weight(amount, distance / 2), "waypoint", figures)


def rate_targets(area: Area) -> Iterator[Insight]:
    """A target for a rate or share beside what was last achieved of it: is more asked for, less, or only to keep?

    Growth rates of the leading flows at any distance; shares (unemployment, coverage) only for a year or two ahead,
    longer paths being told elsewhere.
    """
    for series in area.series:
        about = area.ctx.meta(series.indicator)
        growing = series.family == "rate" and about["concept"] in AIMED
        if series.subject or not (growing or series.family == "share"):
            continue
        aims = [point for point in series.aims if not point.conflict and not area.doubted(point)]
        reached = [p for p in series.actuals if aims and p.year < aims[0].year and not area.doubted(p)]
        if not reached or reached[-1].conflict or (not growing and aims[0].year - reached[-1].year > AHEAD):
            continue
        last, aim = reached[-1], aims[0]
        key = f"{area.region}/insights/rate_target/{series.key}"
        if not growing and aim.unsettled_by(last):
            continue
        change = aim.value - last.value
        measure, scale = ("rate", 0.01) if growing else ("share", 1.0)
        figures: dict[str, Value] = {
            "area": area.name,
            "name": area.named(series),
            "last_period": period(last.period),
            "last": _printed(f"{key}/last", last, measure, scale),
            "period": period(aim.period),
            "aim": _printed(f"{key}/aim", aim, measure, scale),
            "change": _between(f"{key}/change", last, aim),
        }  # fmt: skip
        rule = "rate_target_above" if change > 0 else "rate_target_below" if change < 0 else "rate_target_same"
        # What grew last year has kept nothing of a target for the growth of another year.
        if not growing and aim.kept_by(last):
            rule = "bound_kept"
        scope = area.size if growing and about["concept"] == "gdp" else area.size / 4
        distance = 0.0 if rule == "bound_kept" else abs(change) / max(abs(last.value), 1.0)
        if growing and leads(about, series):
            distance = max(distance, PRODUCT_DISTANCE)
        yield Insight(rule, key, area.region, area.weight(scope, distance), f"rate/{series.indicator}", figures)


def leads(about: Mapping[str, str], series: Series) -> bool:
    """Whether a rate is the growth of the whole product, which a work report leads with."""
    return about["concept"] == "gdp" and not series.activity and "per_capita" not in series.indicator


def average_aims(area: Area) -> Iterator[Insight]:
    """A target for the average growth of several years beside the average that the years before reached.

    Where no such average is printed, beside the growth of the last year, without a difference: one year is not five.
    """
    yearly = {(s.indicator, s.activity, s.price_base): s for s in area.series if s.transformation == "yoy"}
    for series in area.series:
        about = area.ctx.meta(series.indicator)
        if series.transformation != "avg_annual" or about["concept"] not in AIMED or series.subject:
            continue
        sound = [
            p for p in series.points if not p.conflict and not area.doubted(p) and periods.start_of(p.period) < p.year
        ]
        aims = [point for point in sound if point.aimed]
        if not aims:
            continue
        aim, twin = aims[0], yearly.get((series.indicator, series.activity, series.price_base))
        before = [p for p in sound if not p.aimed and p.year < aim.year]
        year = [p for p in twin.actuals if p.year < aim.year and not p.conflict and not area.doubted(p)] if twin else []
        if not before and not year:
            continue
        last = (before or year)[-1]
        key = f"{area.region}/insights/average_aim/{series.key}"
        figures: dict[str, Value] = {
            "area": area.name,
            "name": area.named(series),
            "last_period": period(last.period),
            "last": _printed(f"{key}/last", last, "rate", 0.01),
            "period": period(aim.period),
            "aim": _printed(f"{key}/aim", aim, "rate", 0.01),
        }
        rule, change = "average_aim_after", aim.value - last.value
        if before:
            figures["change"] = _between(f"{key}/change", last, aim)
            rule = "average_aim_above" if change > 0 else "average_aim_below" if change < 0 else "average_aim_same"
        distance = abs(change) / max(abs(last.value), 1.0)
        if leads(about, series):
            distance = max(distance, PRODUCT_DISTANCE)
        scope = area.size if about["concept"] == "gdp" else area.size / 4
        yield Insight(rule, key, area.region, area.weight(scope, distance), f"average/{series.indicator}", figures)


def lower_aims(area: Area) -> Iterator[Insight]:
    """How many of the next year's targets ask for less than the last year reached, where most of them do.

    Of one indicator of official statistics in both years that is not meant to fall; a range counts by its upper end, a
    bound by itself. What one document counts in its own words is left out, and so is what the audit asks about: works
    begun in a city and works carried out in its centre are not alike.
    """
    asked = [set(finding.observations) for finding in area.audit]
    pairs: list[tuple[Series, Point, Point]] = []
    for series in area.series:
        aims = [p for p in series.aims if p.annual and not p.conflict and not area.doubted(p)]
        reached = {p.year: p for p in series.actuals if p.annual and not p.conflict and not area.doubted(p)}
        last = reached.get(aims[0].year - 1) if aims and aims[0].comparator not in ("le", "lt") else None
        if series.family not in ("level", "rate", "share") or series.subject or last is None or last.value <= 0:
            continue
        both = (set(last.observations), set(aims[0].observations))
        if any(all(one & behind for one in both) for behind in asked):
            continue
        about = area.ctx.meta(series.indicator)
        official = about["definition_source"] not in ("planbrief", AS_NAMED)
        if about["direction"] != "decrease" and official:
            pairs.append((series, last, aims[0]))
    year = max((aim.year for _, _, aim in pairs), default=math.nan)
    pairs = [pair for pair in pairs if pair[2].year == year]
    lower = [(s, last, aim) for s, last, aim in pairs if _at_most(aim) < last.value]
    if len(pairs) < FEWEST_PAIRS or 2 * len(lower) <= len(pairs):
        return
    key = f"{area.region}/insights/lower_aims"

    def counted(name: str, of: list[tuple[Series, Point, Point]]) -> Figure:
        behind = tuple(dict.fromkeys(obs for _, last, aim in of for obs in last.observations + aim.observations))
        return Figure(f"{key}/{name}", float(len(of)), "count", "项", behind)

    def printed(name: str, series: Series, point: Point) -> Figure:
        measure, scale = series.family, 0.01 if series.family == "rate" else 1.0
        return _printed(f"{key}/{series.key}/{name}", point, measure, scale, series.unit if measure == "level" else "")

    def telling(pair: tuple[Series, Point, Point]) -> tuple[bool, float]:
        """What is told elsewhere comes last, the largest step down first."""
        series, last, aim = pair
        return area.ctx.meta(series.indicator)["concept"] in AIMED, aim.value / last.value

    figures: dict[str, Value] = {
        "area": area.name,
        "period": period(pairs[0][2].period),
        "last_period": period(pairs[0][1].period),
        "count": counted("count", pairs),
        "lower": counted("lower", lower),
    }
    told: Steps = tuple(
        {"name": area.named(series), "aim": printed("aim", series, aim), "last": printed("last", series, last)}
        for series, last, aim in sorted(lower, key=telling)[:MOST_EXAMPLES]
    )
    weight = area.weight(area.size / 2, len(lower) / len(pairs))
    rule = "lower_aims" if len(lower) > len(told) else "lower_aims_named"
    yield Insight(rule, key, area.region, weight, "lower_aims", figures, told)


def _at_most(aim: Point) -> float:
    """The most that a target asks for by its wording."""
    return aim.upper if aim.comparator == "range" else aim.value


def _printed(key: str, point: Point, measure: str, scale: float, unit: str = "") -> Figure:
    """A point as it is printed, with its bound."""
    ends = (point.lower * scale, point.upper * scale)
    return Figure(
        key, point.value * scale, measure, unit, point.observations, "", *ends, point.comparator, "", point.period
    )


def _between(key: str, last: Point, aim: Point) -> Figure:
    """What lies between the last value and the target, in percentage points; a range where the target is one."""
    change = aim.value - last.value
    behind = last.observations + aim.observations
    if aim.comparator == "range":
        low, high = sorted((abs(aim.lower - last.value), abs(aim.upper - last.value)))
        formula = f"{plain(aim.lower)} − {plain(last.value)}, {plain(aim.upper)} − {plain(last.value)}"
        return Figure(key, abs(change), "points", "", behind, formula, low, high, "range")
    rough = "approx" if "approx" in (aim.comparator, last.comparator) else "eq"
    return Figure(
        key, abs(change), "points", "", behind, f"|{plain(aim.value)} − {plain(last.value)}|", comparator=rough
    )


def without_growth(name: Label) -> Label:
    """What grew or fell: trade, where the indicator is the growth of trade."""
    english = name.en.removeprefix("Growth of ").removeprefix("Growth rate of ")
    return Label(name.zh.removesuffix("增速").removesuffix("增长率"), english[:1].upper() + english[1:])


def declines(area: Area) -> Iterator[Insight]:
    """What fell, by most, in the latest year that the documents report, and what else fell in the same stretch of it.

    A fall of the whole year is none of January to November. A fall printed with a bound keeps it (下降超3成
    is more than 30 %); where it leaves open which fall is the largest, none is called so.
    """
    falls: list[tuple[Series, Point]] = []
    for series in area.series:
        # Whether fewer papers or fewer inspections are bad, a phrase without a definition does not say.
        if series.transformation != "yoy" or series.direction < 0 or series.subject or not area.defined(series):
            continue
        reached = [p for p in series.points if p.kind == "actual" and not p.conflict and not area.doubted(p)]
        if reached and reached[-1].upper < 0:
            falls.append((series, reached[-1]))
    if not falls:
        return
    latest = max(point.year for _, point in falls)
    series, point = min((f for f in falls if f[1].year == latest), key=lambda f: f[1].value)
    falls = [fall for fall in falls if fall[1].period == point.period]
    if any(p.comparator != "eq" and p.lower < point.value for s, p in falls if s is not series):
        return
    fall = replace(
        point, value=-point.value, lower=-point.upper, upper=-point.lower, comparator=mirrored(point.comparator)
    )
    key = f"{area.region}/insights/decline"
    behind = tuple(obs for _, p in falls for obs in p.observations)
    figures: dict[str, Value] = {
        "area": area.name,
        "name": without_growth(area.named(series)),
        "period": period(point.period),
        "fall": _printed(f"{key}/fall", fall, "rate", 0.01),
        "count": Figure(f"{key}/count", float(len(falls)), "count", "项", behind),
    }
    rule = "decline" if len(falls) == 1 else "declines"
    # One market that shrinks is not a quarter of the economy: trade with one country, a service, a zone.
    touched = area.size / 4 if area.ctx.meta(series.indicator)["concept"] in LEADING else 0.0
    yield Insight(rule, key, area.region, area.weight(touched, abs(point.value) / 10), "decline", figures)


def province_beside(area: Area) -> Iterator[Insight]:
    """A growth that was achieved or is wanted beside that of the area around, of one definition and one year."""
    around = area.ctx.around(area.region)
    if not around:
        return
    theirs = {(s.indicator, s.activity, s.transformation, s.price_base): s for s in series_of(area.ds, around)}
    for series in area.series:
        about = area.ctx.meta(series.indicator)
        twin = theirs.get((series.indicator, series.activity, series.transformation, series.price_base))
        if twin is None or series.family != "rate" or about["concept"] not in LEADING or series.subject:
            continue
        pairs = [
            (p, q)
            for p in series.points
            for q in twin.points
            if p.period == q.period and p.aimed == q.aimed and p.comparator == q.comparator
            and not (p.conflict or q.conflict or area.doubted(p))
        ]  # fmt: skip
        if not pairs:
            continue
        own, other = pairs[-1]
        key = f"{area.region}/insights/beside/{series.key}"
        gap = own.value - other.value
        figures: dict[str, Value] = {
            "area": area.name,
            "around": label(area.ds, "areas", around),
            "name": area.named(series),
            "period": period(own.period),
            "own": Figure(f"{key}/own", own.value / 100, "rate", "", own.observations, comparator=own.comparator),
            "other": Figure(f"{key}/other", other.value / 100, "rate", "", other.observations,
                            comparator=other.comparator),
            "gap": Figure(f"{key}/gap", abs(gap), "points", "", own.observations + other.observations,
                          f"|{plain(own.value)} − {plain(other.value)}|"),
        }  # fmt: skip
        side = "faster" if gap > 0 else "slower" if gap < 0 else "alike"
        rule = f"beside_{side}_{'aim' if own.aimed else 'actual'}"
        distance = abs(gap) / max(abs(other.value), 1.0)
        yield Insight(rule, key, area.region, area.weight(area.size, distance), f"rate/{series.indicator}", figures)
