"""Rules 4 and 8: one fact printed twice, and figures that look like slips of a unit or a digit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from planbrief.measures.audit.model import (
    Context,
    Finding,
    Item,
    Number,
    Question,
    Result,
    Severity,
    at_one_price,
    computed,
    grouped,
    printed,
    question,
)
from planbrief.measures.audit.relations import EPSILON
from planbrief.measures.evidence import AS_NAMED, Evidence
from planbrief.targets.names import Label, located, period

MAGNITUDE = "magnitude"
#: Powers of ten by which figures slip: a digit, 万, 亿.
SLIPS = (1, 2, 3, 4, 8)
#: How near the quotient must be to a power of ten (log10).
NEARNESS = 0.08


def power_of_ten(value: float, other: float) -> int:
    """The power of ten by which `one` exceeds `other`, 0 if the quotient is no power of ten that figures slip by.

    >>> power_of_ten(1428.0, 142.8), power_of_ten(142.8, 1428000.0), power_of_ten(150.0, 142.8)
    (1, -4, 0)
    """
    if value <= 0 or other <= 0:
        return 0
    exponent = math.log10(value / other)
    nearest = round(exponent)
    return nearest if abs(nearest) in SLIPS and abs(exponent - nearest) < NEARNESS / 4 else 0


def check_magnitudes(ctx: Context) -> Iterator[Result]:
    """Look for slipped units inside paths, and for values beyond a limit."""
    yield from _inside_paths(ctx)
    yield from _limits(ctx)


@dataclass(frozen=True)
class Slip:
    """A milestone that lies a power of ten off the path between its neighbours."""

    before: Evidence
    record: Evidence
    after: Evidence
    expected: float
    power: int


def slips(path: Sequence[Evidence]) -> list[Slip]:
    """Milestones outside their neighbours' range that are a power of ten off the path between these.

    The clearest slip is taken out first, so that it does not make its neighbours look slipped too.
    """
    suspected: list[Slip] = []
    rest = list(path)
    while candidates := _candidates(rest):
        # A slip makes the steps beside it look slipped, too; taken out in order of clearness, it takes no neighbour
        # along.
        clearest = min(candidates, key=lambda slip: _unclear(slip.record.base / slip.expected))
        suspected.append(clearest)
        rest.remove(clearest.record)
    return suspected


def _candidates(path: Sequence[Evidence]) -> list[Slip]:
    candidates = []
    for before, record, after in zip(path, path[1:], path[2:], strict=False):
        if min(before.base, record.base, after.base) <= 0:
            continue
        share = (record.year - before.year) / (after.year - before.year)
        expected = before.base * (after.base / before.base) ** share
        power = _slip(record.base / expected)
        beyond = not min(before.base, after.base) <= record.base <= max(before.base, after.base)
        if power and beyond and abs(math.log10(after.base / before.base)) <= abs(power):
            candidates.append(Slip(before, record, after, expected, power))
    return candidates


def _inside_paths(ctx: Context) -> Iterator[Result]:
    for path in ctx.series.values():
        if path[0].transformation != "level":
            continue
        for slip in slips(path):
            record, around = slip.record, [slip.before, slip.after]
            asked = question(MAGNITUDE, record.ref_area, record.indicator, record.activity, record.time_period)
            numbers: dict[str, Number] = {
                **ctx.named(record),
                "place": ctx.place(record),
                "value": printed(record),
                "expected": computed(slip.expected / record.factor, record.unit, around),
                "factor": computed(10.0 ** abs(slip.power), "", [record], measure="index"),
            }
            items = (ctx.item(record, "value"), *ctx.items(around, "neighbour"))
            yield asked.identity(False, [record, *around], record.value)
            yield asked.finding("implausible", "slip", items, numbers)


def _slip(quotient: float) -> int:
    nearest = round(math.log10(quotient))
    # The path between two neighbours is a guess: a value may be off it by a factor of 2.2 (10^0.35) and still be a
    # slip.
    return nearest if abs(nearest) in SLIPS and _unclear(quotient) < 0.35 else 0


def _unclear(quotient: float) -> float:
    """How far a quotient is from a power of ten (log10)."""
    exponent = math.log10(quotient)
    return abs(exponent - round(exponent))


def _limits(ctx: Context) -> Iterator[Result]:
    known = ctx.ds.unit_table
    for row in ctx.tables.limits:
        unit = known.parse(row["unit_measure"])
        for record in ctx.stated:
            if record.dimension == unit.dimension and _applies(row, record, ctx):
                yield from _limit(ctx, row, record, unit.factor)


def _applies(row: Mapping[str, str], record: Evidence, ctx: Context) -> bool:
    meta = ctx.meta(record.indicator)
    facts = {
        "indicator": record.indicator,
        "activity": record.activity,
        "ref_area": record.ref_area,
        "transformation": record.transformation,
        "concept": meta["concept"],
        "aggregation": meta["aggregation"],
    }
    return all(not row.get(column) or row[column] == value for column, value in facts.items())


def _limit(ctx: Context, row: Mapping[str, str], record: Evidence, factor: float) -> Iterator[Result]:
    lower = float(row["lower"]) * factor if row["lower"] else -math.inf
    upper = float(row["upper"]) * factor if row["upper"] else math.inf
    holds = lower <= record.base <= upper
    asked = question(MAGNITUDE, record.ref_area, record.indicator, record.activity, record.time_period, row["limit_id"])
    limit = upper if record.base > upper or math.isinf(lower) else lower
    shown = limit / record.factor
    if row["count_as_identity"] == "true" or not holds:
        yield asked.identity(holds, [record], record.value, shown, math.nan, record.unit)
    if holds:
        return
    numbers: dict[str, Number] = {
        **ctx.named(record),
        "place": ctx.place(record),
        "value": printed(record),
        "limit": computed(shown, record.unit),
        "reason": Label(row["reason_zh"], row["reason_en"]),
        "citation": Label(row["citation"], row["citation"]),
    }
    items, gap = (ctx.item(record, "value"),), abs(record.base - limit) / record.factor
    message = "above" if record.base > upper else "below"
    yield asked.finding("implausible", message, items, numbers, gap, record.half, record.unit)


PRINTED_TWICE = "printed_twice"
#: Schemes whose parts have no name of their own in the data cannot be told apart; their counts are not compared.
UNNAMED_SCHEMES = ("industry_scheme", "spatial_scheme", "other")
#: Names of one fact that are at least this alike, but not equal, are taken for two spellings.
ALIKE = 0.6
#: Kinds that have a time to be reached in; a count or a resource needs no year.
AIMS = ("target", "constraint", "estimate", "commitment")
#: What one place of one document prints about a fact.
Place = list[Evidence]
#: Comparators that are no bound.
PLAIN = ("eq", "approx")
#: On which side of its number a bound lies open.
_SIDES = {"ge": 1, "gt": 1, "le": -1, "lt": -1}
#: How a sentence names a comparator.
BOUND_WORDS = {
    "eq": Label("未写上下限", "without a bound"),
    "approx": Label("写作约数", "as an approximation"),
    "range": Label("写作区间", "as a range"),
    "ge": Label("写作“不低于”", "as “at least”"),
    "gt": Label("写作“大于”", "as “more than”"),
    "le": Label("写作“不超过”", "as “at most”"),
    "lt": Label("写作“小于”", "as “less than”"),
}


def check_repeats(ctx: Context) -> Iterator[Result]:
    """Compare what is printed more than once."""
    yield from _values(ctx)
    yield from _names(ctx)
    yield from _codes(ctx)


def _values(ctx: Context) -> Iterator[Result]:
    for records in grouped(ctx.stated, _fact).values():
        if _unnamed(ctx, records[0]):
            continue
        places: dict[tuple[str, str, str], Place] = {}
        for record in records:
            places.setdefault((record.source_id, record.locator, record.time_period), []).append(record)
        undated = [place for place in places.values() if not place[0].dated]
        dated = grouped((place[0] for place in places.values() if place[0].dated), lambda r: (r.time_period,))
        for (when,) in dated:
            same = [place for place in places.values() if place[0].time_period == when]
            own = {place[0].source_id for place in same}
            # A single dated fact and the same fact without its year in one document must agree;
            # of a path with several years an undated figure may mean any.
            beside = [p for p in undated if _same_values(p, same[0]) or (len(dated) == 1 and p[0].source_id in own)]
            yield from _compare(ctx, same, beside)
        if not dated:
            yield from _compare(ctx, undated, [])


def _fact(record: Evidence) -> tuple[object, ...]:
    r = record
    return (r.ref_area, r.indicator, r.activity, r.subject, r.transformation, r.counterpart_area, r.kind, r.base_period)


def _unnamed(ctx: Context, record: Evidence) -> bool:
    """Whether a count does not say of what: 12 projects with a prize are no contradiction of 3,000 with a subsidy."""
    if record.subject or record.activity:
        return False
    meta = ctx.meta(record.indicator)
    anything = (meta["aggregation"], meta["scope"], meta["direction"]) == ("count", "none", "none")
    return anything or (record.kind == "count" and meta["concept"] in UNNAMED_SCHEMES)


def _compare(ctx: Context, same: list[Place], undated: list[Place]) -> Iterator[Result]:
    """Places of print against each other; several figures in one place (2 + 2 + 1) are compared as a set.

    `undated` are places that print the fact without its year.
    """
    if len(same) + len(undated) < 2:
        return
    pairs = [(a, b) for a, b in combinations(same, 2) if at_one_price([*a, *b])]
    beside = [(a, b) for a in same for b in undated if a[0].source_id == b[0].source_id]
    differing = [(a, b) for a, b in [*pairs, *beside] if len(a) == len(b) and not _same_values(a, b)]
    years = [(a, b) for a, b in beside if a[0].kind in AIMS and ctx.meta(a[0].indicator)["aggregation"] != "level"]
    # Asked of only where no value differs.
    bounds = [(a, b) for a, b in [*pairs, *beside] if _bounds(a) != _bounds(b)]
    if same and same[0][0].kind not in AIMS:  # 超万亿 beside the exact figure is no other wording of it
        bounds = [(a, b) for a, b in bounds if "eq" not in _bounds(a) | _bounds(b)]
    records = [record for place in [*same, *undated] for record in place]
    first = records[0]
    when = first.time_period if first.dated else ""
    asked = question(
        PRINTED_TWICE, first.ref_area, first.indicator, first.activity, first.subject, first.transformation, when
    )
    agrees = not (differing or bounds or years)
    yield asked.identity(agrees, records, first.value, records[-1].value, 0.0, first.unit)
    if differing:
        yield _value_finding(ctx, asked, *differing[0], records)
    elif not agrees:
        yield _wording_finding(ctx, asked.about("wording"), bounds, years)


def _same_values(a: Place, b: Place) -> bool:
    if len(a) != len(b):
        return {r.base for r in a} == {r.base for r in b}
    pairs = zip(sorted(a, key=_size), sorted(b, key=_size), strict=True)
    return all(x.dimension == y.dimension and _overlap(x, y) for x, y in pairs)


def _size(record: Evidence) -> float:
    return record.base


def _overlap(x: Evidence, y: Evidence) -> bool:
    """Whether two prints can mean one value: 1.5 and 1.46 can, at least 1 and 6.77 can, 1.4 and 1.46 cannot.

    Two aims of a year with a bound on the same side are two aims: at least 200 is not at least 300.
    """
    bounds = {_SIDES.get(x.comparator, 0), _SIDES.get(y.comparator, 0)}
    if bounds != {0} and not (len(bounds) == 1 and x.kind in AIMS and x.dated):
        lows = [-math.inf if _SIDES.get(one.comparator) == -1 else one.low for one in (x, y)]
        highs = [math.inf if _SIDES.get(one.comparator) == 1 else one.high for one in (x, y)]
        return max(lows) <= min(highs)
    # 1.46 rounds to 1.5, so that both may be one value; printed to the same digit they are equal or not.
    coarse, fine = (x, y) if x.base_half >= y.base_half else (y, x)
    if coarse.base_half == fine.base_half:
        return math.isclose(x.base, y.base, rel_tol=EPSILON)
    return coarse.low <= fine.base <= coarse.high


def _bounds(place: Place) -> frozenset[str]:
    return frozenset("eq" if record.comparator in PLAIN else record.comparator for record in place)


def _pick(a: Place, b: Place) -> tuple[Evidence, Evidence]:
    pairs = zip(sorted(a, key=_size), sorted(b, key=_size), strict=True)
    return next((pair for pair in pairs if not _overlap(*pair)), (a[0], b[0]))


def _value_finding(ctx: Context, asked: Question, a: Place, b: Place, prints: list[Evidence]) -> Finding:
    doubtful, other = _pick(a, b)
    slip = power_of_ten(doubtful.base, other.base)
    numbers: dict[str, Number] = {
        **_places(ctx, doubtful, other),
        "one": printed(doubtful),
        "other": printed(other),
    }
    if slip:
        numbers["factor"] = computed(10.0 ** abs(slip), "", [doubtful, other], measure="index")
    gap = abs(doubtful.base - other.base) / doubtful.factor
    tolerance = (doubtful.base_half + other.base_half) / doubtful.factor
    items = ctx.items([doubtful, other, *prints])
    if ctx.meta(doubtful.indicator).get("definition_source") == AS_NAMED:
        # Known by its words only (总投资): the same words may stand for two things, so this is no contradiction yet.
        return asked.finding("note", "undefined", items, numbers)
    return asked.finding("inconsistent", "slip" if slip else "value", items, numbers, gap, tolerance, doubtful.unit)


def _wording_finding(
    ctx: Context, asked: Question, bounds: list[tuple[Place, Place]], years: list[tuple[Place, Place]]
) -> Finding:
    explicit = [pair for pair in bounds if "eq" not in _bounds(pair[0]) | _bounds(pair[1])]
    chosen = (explicit or bounds or years)[0]
    first, other = chosen[0][0], chosen[1][0]
    # At least 70 and more than 70 hold together; at least 70 and at most 70 are opposite senses.
    sides = ({"ge", "gt"}, {"le", "lt"})
    apart = [pair for pair in explicit if all((_bounds(pair[0]) | _bounds(pair[1])) & side for side in sides)]
    severity: Severity = "inconsistent" if apart else "note"
    dated = next((r for pair in years for place in pair for r in place if r.dated), None)
    variant = "bound_and_year" if bounds and years else "bound" if bounds else "year"
    numbers: dict[str, Number] = {
        **_places(ctx, first, other),
        "one": printed(first),
        "other": printed(other),
        "one_bound": BOUND_WORDS[first.comparator],
        "other_bound": BOUND_WORDS[other.comparator],
        "period": period(dated.time_period if dated is not None else first.time_period),
    }
    involved = [r for pair in [*bounds, *years] for place in pair for r in place]
    return asked.finding(severity, variant, ctx.items(involved), numbers)


def _places(ctx: Context, record: Evidence, other: Evidence) -> dict[str, Number]:
    return {
        **ctx.named(record),
        "place": ctx.place(record),
        "one_place": located(record.locator),
        "other_place": located(other.locator),
    }


def _names(ctx: Context) -> Iterator[Result]:
    """One value of one indicator under two names that are almost the same."""
    named = [record for record in ctx.stated if record.subject]
    groups = grouped(named, lambda r: (r.ref_area, r.indicator, r.activity, r.time_period, r.transformation, r.base))
    for records in groups.values():
        first = {record.subject: record for record in reversed(records)}
        for one, other in combinations(first.values(), 2):
            if one.locator == other.locator or not _spelt_alike(one.subject, other.subject):
                continue
            asked = question(PRINTED_TWICE, one.ref_area, one.indicator, min(one.subject, other.subject), "name")
            numbers: dict[str, Number] = {
                **_places(ctx, one, other),
                "one_subject": Label(one.subject, one.subject),
                "other_subject": Label(other.subject, other.subject),
                "value": computed(one.value, one.unit, [one, other]),
            }
            yield asked.identity(False, [one, other], one.value, other.value)
            yield asked.finding("inconsistent", "name", ctx.items([one, other]), numbers)


def _spelt_alike(name: str, other: str) -> bool:
    if sorted(filter(str.isdigit, name)) != sorted(filter(str.isdigit, other)):
        return False
    return len(name) == len(other) and SequenceMatcher(None, name, other).ratio() >= max(ALIKE, 1 - 1.5 / len(name))


def _codes(ctx: Context) -> Iterator[Result]:
    """Names made of digits (8844) that differ in one place within one document."""
    sources = {record.source_id for record in ctx.records if ctx.ds.about(record.source_id) == record.city}
    codes = ctx.ds.rows("exclusions", reason="policy_code", source_id=sources)
    # 12345 and 12355 are two hotlines, 110 and 120 two more: short numbers of the telephone are no slips of each other.
    codes = codes[codes["value_text"].str.fullmatch(r"(?!12\d{3}$|95\d{3}$)\d{4,}")]
    for source, rows in codes.groupby("source_id", sort=True):
        tokens = list(zip(rows["value_text"].astype(str), rows["char_start"].astype(int), strict=True))
        first = dict(reversed(tokens))
        for one, other in combinations(sorted(first, key=first.__getitem__), 2):
            if len(one) != len(other) or sum(x != y for x, y in zip(one, other, strict=True)) != 1:
                continue
            asked = question(PRINTED_TWICE, str(source), "code", one, other)
            label = Label("代号", "code")
            items = tuple(
                Item("", label, float(text), "", "undated", "code", f"{source}:{first[text]}") for text in (one, other)
            )
            counted = next((text for text in (one, other) if _spelled_before(ctx, str(source), text, first[text])), "")
            numbers: dict[str, Number] = {"one": one, "other": other, "counted": counted}
            yield asked.identity(False, ())
            yield asked.finding("inconsistent", "counted_code" if counted else "code", items, numbers)


def _spelled_before(ctx: Context, source: str, code: str, start: int) -> bool:
    """Whether the counts printed just before a code spell it: 八纵八横四环四航 … 8844."""
    before = [r for r in ctx.stated if r.source_id == source and start - 24 <= r.start < start and r.kind == "count"]
    return "".join(f"{record.value:.0f}" for record in before[-len(code) :]) == code
