"""What carries the increase and what is left: branches and whole, parts and rest, ratios, shares of the product."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping

from planbrief.measures.audit.relations import Scope, amount, atoms
from planbrief.measures.figures import Figure, plain
from planbrief.measures.insights.model import (
    Area,
    Insight,
    Quantity,
    Row,
    Steps,
    Value,
    derived,
    growth,
    of_amount,
    of_point,
)
from planbrief.measures.insights.product import declared, main_series, spanned, values
from planbrief.measures.series import Series, series_of
from planbrief.targets.names import Label, label, listing, period

#: A few branches that carry this share of the increase are worth a sentence …
MOST_OF_IT = 0.6
#: … if they are at most this share of all branches.
FEW = 0.5


def remainders(area: Area) -> Iterator[Insight]:
    """Branches against their whole, year by year: what is left for everything else, where it turns negative."""
    for row in declared(area, "within"):
        left, right = row["left"].strip(), row["right"].strip()
        sides = atoms(left)
        if len(sides) != 1 or not sides[0].children or len(atoms(right)) != 1:
            continue
        whole = values(area, right)
        parts = {}
        for year in whole:
            found = amount(area.ctx, left, Scope(area.region, f"{year:.0f}"))
            if found is not None and found.complete:
                parts[year] = of_amount(found)
        names = {"parts": Label(row["left_zh"], row["left_en"]), "whole": Label(row["right_zh"], row["right_en"])}
        series = main_series(area, atoms(right)[0].indicator)
        if series is not None:
            yield from _remainder(area, row["relation"], names, parts, whole, series.unit)


def _remainder(
    area: Area, relation: str, names: Mapping[str, Label], parts: dict[float, Quantity], whole: dict[float, Quantity],
    unit: str,
) -> Iterator[Insight]:  # fmt: skip
    years = sorted(parts)
    left = {year: derived(lambda w, p: w - p, "{0} − {1}", whole[year], parts[year]) for year in years}
    steps = [(a, b, rise(parts[a], parts[b]), rise(whole[a], whole[b])) for a, b in itertools.pairwise(years)]
    beyond = [step for step in steps if step[2].low > step[3].high]
    if not beyond or not any(left[year].high < 0 for year in years):
        return
    start, end, parts_rise, whole_rise = beyond[0]
    key = f"{area.region}/insights/remainder/{relation}"
    figures: dict[str, Value] = {
        "area": area.name,
        **names,
        "period": period(plain(end)) if end - start == 1 else spanned(start, end),
        "parts_rise": parts_rise.figure(f"{key}/parts/{end:.0f}", "level", unit),
        "whole_rise": whole_rise.figure(f"{key}/whole/{end:.0f}", "level", unit),
    }
    told: Steps = tuple(
        {"period": period(plain(year)), "left": left[year].figure(f"{key}/left/{year:.0f}", "level", unit, plain(year))}
        for year in years
    )
    factor = area.factor(unit)
    worst = max(abs(left[year].value) for year in years)
    distance = math.log(max(parts_rise.value / max(whole_rise.value, 1e-9), 1.0))
    weight = area.weight(worst * 4 * factor, 2 * distance)
    row = {year: left[year].figure(f"{key}/left/{year:.0f}", "level", unit, plain(year)) for year in years}
    rows = (Row("left", names["whole"], row),)
    yield Insight("remainder", key, area.region, weight, "industry", figures, told, (), rows)


def rise(start: Quantity, end: Quantity) -> Quantity:
    """Increase from one quantity to another."""
    return derived(lambda a, b: b - a, "{1} − {0}", start, end, unit=end.unit)


def carriers(area: Area) -> Iterator[Insight]:
    """A few branches of one whole that carry most of its increase to the first target."""
    groups: dict[tuple[str, str, float, float], list[tuple[Series, Quantity]]] = {}
    for series in area.levels:
        parent = area.ctx.parents.get(series.activity, "")
        base = area.base(series)
        if parent and base is not None:
            end = area.aims(series)[0]
            group = (series.indicator, parent, base.year, end.year)
            groups.setdefault(group, []).append((series, rise(of_point(base, series.unit), of_point(end, series.unit))))
    for (indicator, parent, first, last), members in groups.items():
        unlike = len({series.unit for series, _ in members}) > 1
        if len(members) < 4 or unlike or any(increase.value <= 0 for _, increase in members):
            continue
        ranked = sorted(members, key=lambda m: -m[1].value)
        whole = sum(increase.value for _, increase in ranked)
        count = next(n for n in range(1, len(ranked) + 1) if sum(r.value for _, r in ranked[:n]) >= MOST_OF_IT * whole)
        if count > FEW * len(ranked):
            continue
        share = _part_of(
            _sum(increase for _, increase in ranked[:count]), _sum(increase for _, increase in ranked[count:])
        )
        key = f"{area.region}/insights/carriers/{parent}"
        behind = share.observations
        figures: dict[str, Value] = {
            "area": area.name,
            "branches": listing(label(area.ds, "activities", series.activity) for series, _ in ranked[:count]),
            "group": label(area.ds, "activities", parent),
            "measure": label(area.ds, "indicators", indicator),
            "count": Figure(f"{key}/count", float(count), "count", "", behind),
            "all": Figure(f"{key}/all", float(len(ranked)), "count", "", behind),
            "span": spanned(first, last),
            "start_period": period(plain(first)),
            "end_period": period(plain(last)),
            "share": share.figure(f"{key}/share", "share", scale=100),
        }
        money = whole * area.factor(members[0][0].unit)
        topic = f"carriers/{indicator}"
        yield Insight("carriers", key, area.region, area.weight(money, 2 * (share.value - 0.5)), topic, figures)


def _sum(parts: Iterable[Quantity]) -> Quantity:
    known = list(parts)
    return derived(lambda *values: sum(values), " + ".join(f"{{{n}}}" for n in range(len(known))), *known)


def _part_of(part: Quantity, rest: Quantity) -> Quantity:
    """Share of a part in itself and the rest."""
    return derived(lambda p, r: p / (p + r), "{0} ÷ ({0} + {1})", part, rest)


def rest_of_share(area: Area) -> Iterator[Insight]:
    """A part whose share is to rise, beside the rest of its whole; relations name which level the share is of."""
    seen: set[str] = set()
    for row in area.ctx.tables.relations:
        for term in (t for side in (row["left"], row["right"]) for t in side.split("+")):
            names = [part.strip() for part in term.split("×")]
            if len(names) != 2 or row["sign"] == "implied_gdp" or names[0] in seen:
                continue
            if names[0] not in area.ctx.printed or area.ctx.meta(names[0])["aggregation"] != "share":
                continue
            seen.add(names[0])
            yield from _rest(area, *names)


def _rest(area: Area, share_name: str, level_name: str) -> Iterator[Insight]:
    shares, levels = values(area, share_name, percent=True), values(area, level_name)
    series, whole = main_series(area, share_name), main_series(area, level_name)
    years = sorted(shares.keys() & levels.keys())
    base = area.base(whole) if whole is not None else None
    later = [year for year in years if base is not None and year > base.year]
    if series is None or whole is None or base is None or base.year not in years or not later:
        return
    start, end = base.year, later[0]
    part = {y: derived(lambda s, v: s * v, "{0} × {1}", shares[y], levels[y]) for y in (start, *later)}
    rest = {y: derived(lambda s, v: (1 - s) * v, "(1 − {0}) × {1}", shares[y], levels[y]) for y in (start, *later)}
    fast, slow = growth(part[start], part[end], end - start), growth(rest[start], rest[end], end - start)
    key = f"{area.region}/insights/rest/{share_name}"
    figures: dict[str, Value] = {
        "area": area.name,
        "name": area.named(series),
        "whole": area.named(whole),
        "span": spanned(start, end),
        "share_start": shares[start].figure(f"{key}/share/{start:.0f}", "share", scale=100),
        "share_end": shares[end].figure(f"{key}/share/{end:.0f}", "share", scale=100),
        "part_start": part[start].figure(f"{key}/part/{start:.0f}", "level", whole.unit),
        "part_end": part[end].figure(f"{key}/part/{end:.0f}", "level", whole.unit),
        "rate": fast.figure(f"{key}/rate", "rate"),
        "rest_rate": slow.figure(f"{key}/rest_rate", "rate"),
    }
    spans = list(itertools.pairwise((start, *later)))
    rates = [{b: growth(side[a], side[b], b - a) for a, b in spans} for side in (part, rest)]
    rows = (
        Row(
            "part",
            area.named(series),
            {y: v.figure(f"{key}/part/{y:.0f}", "level", whole.unit) for y, v in part.items()},
        ),
        *(
            Row(name, about, {y: v.figure(f"{key}/{name}/{y:.0f}", "rate") for y, v in made.items()})
            for name, about, made in zip(
                ("part_growth", "rest_growth"), (area.named(series), area.named(whole)), rates, strict=True
            )
        ),
    )
    money = levels[end].value * area.factor(whole.unit)
    distance = abs(math.log((1 + fast.value) / (1 + slow.value))) * (end - start)
    rule = "rest_falls" if slow.value < 0 else "rest"
    yield Insight(rule, key, area.region, area.weight(money, distance), f"part/{share_name}", figures, (), (), rows)


def ratios(area: Area) -> Iterator[Insight]:
    """Ratios that relations declare (sign ``ratio``): output per enterprise, per square kilometre, per head."""
    for row in declared(area, "ratio"):
        top, bottom = (part.strip() for part in row["left"].split("÷"))
        series = main_series(area, top)
        base = area.base(series) if series is not None else None
        if series is None or base is None:
            continue
        levels = values(area, top)
        below = values(area, bottom) if row["periods"] == "same" else _undated(area, bottom, base.year, levels)
        years = sorted(levels.keys() & below.keys())
        if base.year not in years or years[-1] == base.year:
            continue
        years = [year for year in years if year >= base.year]
        yield from _ratio(area, row, {y: (levels[y], below[y]) for y in years}, series)


def _undated(area: Area, name: str, base_year: float, levels: dict[float, Quantity]) -> dict[float, Quantity]:
    """What there is, for the base year, and what is planned without a date, for every later year."""
    found: dict[bool, Quantity] = {}
    for record in area.ctx.by_indicator.get(name, ()):
        whole = record.ref_area == area.region and not record.activity and not record.subject
        if whole and record.transformation == "level" and not record.dated and record.value > 0:
            ends = (record.value, record.value - record.half, record.value + record.half)
            made = Quantity(*ends, plain(record.value), (record.obs_id,), unit=record.unit)
            found.setdefault(record.kind == "target", made)
    if len(found) < 2:
        return {}
    return {year: found[year > base_year] for year in levels if year >= base_year}


def _ratio(
    area: Area, row: Mapping[str, str], sides: dict[float, tuple[Quantity, Quantity]], series: Series
) -> Iterator[Insight]:
    years = sorted(sides)
    first, last = years[1], years[-1]
    key = f"{area.region}/insights/ratio/{row['relation']}"
    made = {year: derived(lambda a, b: a / b, "{0} ÷ {1}", *sides[year]) for year in years}
    times = derived(lambda a, b: b / a, "{1} ÷ {0}", made[years[0]], made[first])
    level, per = (growth(sides[years[0]][n], sides[first][n], first - years[0]) for n in (0, 1))
    figures: dict[str, Value] = {
        "area": area.name,
        "ratio": Label(row["left_zh"], row["left_en"]),
        "below": Label(row["right_zh"], row["right_en"]),
        "name": area.named(series),
        "span": spanned(years[0], first),
        "base_period": period(plain(years[0])),
        "first_period": period(plain(first)),
        "last_period": period(plain(last)),
        "base": made[years[0]].figure(f"{key}/{years[0]:.0f}", "level", series.unit, plain(years[0])),
        "first": made[first].figure(f"{key}/{first:.0f}", "level", series.unit, plain(first)),
        "last": made[last].figure(f"{key}/{last:.0f}", "level", series.unit, plain(last)),
        "times": times.figure(f"{key}/times", "multiple"),
        "below_rate": per.figure(f"{key}/below_rate", "rate"),
        "rate": level.figure(f"{key}/rate", "rate"),
    }
    told: Steps = tuple(
        {"period": period(plain(y)), "value": made[y].figure(f"{key}/{y:.0f}", "level", series.unit, plain(y))}
        for y in years
    )
    about = Label(row["left_zh"], row["left_en"])
    rows = (
        Row("ratio", about, {y: v.figure(f"{key}/{y:.0f}", "level", series.unit, plain(y)) for y, v in made.items()}),
    )
    money = sides[first][0].value * area.factor(series.unit)
    anywhen = row["periods"] != "same"
    assumed = ("planned_is_there",) if anywhen else ()
    rule = "ratio_planned" if anywhen else "ratio"
    weight = area.weight(money, abs(math.log(times.value)) / 2, len(assumed))
    yield Insight(rule, key, area.region, weight, "productivity", figures, told, assumed, rows)


def share_goals(area: Area) -> Iterator[Insight]:
    """The share of the product that is to change most: a plan's aim for the structure of its economy."""
    best: tuple[float, Series, Quantity, Quantity, float, float] | None = None
    for row in declared(area, "implied_gdp"):
        name = row["right"].split(";")[1].strip()
        series = main_series(area, name)
        base = area.base(series) if series is not None else None
        if series is None or base is None or not area.aims(series):
            continue
        aim = area.aims(series)[-1]
        change = abs(aim.value - base.value)
        if change > 0 and (best is None or change > best[0]):
            best = (change, series, of_point(base), of_point(aim), base.year, aim.year)
    if best is None:
        return
    change, series, start, end, first, last = best
    key = f"{area.region}/insights/share_goal/{series.indicator}"
    points = derived(lambda a, b: b - a, "{1} − {0}", start, end)
    yearly = derived(lambda a, b: (b - a) / (last - first), f"({{1}} − {{0}}) ÷ {plain(last - first)}", start, end)
    figures: dict[str, Value] = {
        "area": area.name,
        "name": area.named(series),
        "start_period": period(plain(first)),
        "end_period": period(plain(last)),
        "start": start.figure(f"{key}/start", "share"),
        "end": end.figure(f"{key}/end", "share"),
        "change": points.figure(f"{key}/change", "points"),
        "yearly": yearly.figure(f"{key}/yearly", "points"),
    }
    weight = area.weight(area.size, abs(math.log(end.value / start.value)) if start.value > 0 else 1.0)
    yield Insight("share_goal", key, area.region, weight, "share_goal", figures)


def shares_of_around(area: Area) -> Iterator[Insight]:
    """What share of the area around a place has, where both print one level of one year at one price basis."""
    around = area.ctx.around(area.region)
    if not around:
        return
    theirs = {
        (s.indicator, s.activity, s.price_base): s
        for s in series_of(area.ds, around)
        if s.family == "level" and not s.subject
    }
    found: list[tuple[float, Series, Quantity, Quantity, str]] = []
    for series in area.series:
        twin = theirs.get((series.indicator, series.activity, series.price_base))
        fits = series.family == "level" and series.aggregation == "additive" and not series.subject
        if twin is None or not fits or series.activity:
            continue
        table = area.ds.unit_table
        scale = table.parse(twin.unit).factor / table.parse(series.unit).factor
        pairs = [
            (p, q) for p in series.actuals for q in twin.actuals
            if p.period == q.period and not (p.conflict or q.conflict) and q.value > 0
        ]  # fmt: skip
        if pairs:
            own, other = pairs[-1]
            scaled = derived(
                lambda v, factor=scale: v * factor, f"{{0}} × {plain(scale)}" if scale != 1 else "{0}", of_point(other)
            )
            size = own.value * table.parse(series.unit).factor
            found.append((size, series, of_point(own), scaled, own.period))
    if not found:
        return
    size, series, own_part, whole, when = max(found, key=lambda f: f[0])
    key = f"{area.region}/insights/share_of/{series.key}"
    share = derived(lambda a, b: a / b, "{0} ÷ {1}", own_part, whole)
    figures: dict[str, Value] = {
        "area": area.name,
        "around": label(area.ds, "areas", around),
        "name": area.named(series),
        "period": period(when),
        "value": own_part.figure(f"{key}/value", "level", series.unit, when),
        "share": share.figure(f"{key}/share", "share", scale=100),
    }
    yield Insight("share_of_around", key, area.region, area.weight(size, 0.3), "share_of_around", figures)
