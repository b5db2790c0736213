"""Rule 4, facts printed twice: text, table, slide and second document agree in value, bound, year and name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations

from planbrief.measures.audit.context import Context, Result, grouped
from planbrief.measures.audit.declared import EPSILON
from planbrief.measures.audit.model import Finding, Identity, Item, Number, Severity, key_of
from planbrief.measures.audit.slips import power_of_ten
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.labels import Label, period, place

RULE = "printed_twice"
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
    named = record.subject or record.activity
    return not named and record.kind == "count" and ctx.meta(record.indicator)["concept"] in UNNAMED_SCHEMES


def _compare(ctx: Context, same: list[Place], undated: list[Place]) -> Iterator[Result]:
    """Places of print against each other; several figures in one place (2 + 2 + 1) are compared as a set.

    `undated` are places that print the fact without its year.
    """
    if len(same) + len(undated) < 2:
        return
    pairs = list(combinations(same, 2))
    beside = [(a, b) for a in same for b in undated if a[0].source_id == b[0].source_id]
    differing = [(a, b) for a, b in [*pairs, *beside] if len(a) == len(b) and not _same_values(a, b)]
    years = [(a, b) for a, b in beside if a[0].kind in AIMS and ctx.meta(a[0].indicator)["aggregation"] != "level"]
    bounds = [(a, b) for a, b in [*pairs, *beside] if (a, b) not in differing and _bounds(a) != _bounds(b)]
    records = [record for place in [*same, *undated] for record in place]
    first = records[0]
    when = first.time_period if first.dated else ""
    finding_id = key_of(
        RULE, first.ref_area, first.indicator, first.activity, first.subject, first.transformation, when
    )
    agrees = not (differing or bounds or years)
    yield Identity(finding_id, RULE, agrees, ids(records), first.value, records[-1].value, 0.0, first.unit)
    if differing:
        yield _value_finding(ctx, finding_id, *differing[0], records)
    elif not agrees:
        yield _wording_finding(ctx, key_of(finding_id, "wording"), bounds, years)


def _same_values(a: Place, b: Place) -> bool:
    if len(a) != len(b):
        return {r.base for r in a} == {r.base for r in b}
    pairs = zip(sorted(a, key=_size), sorted(b, key=_size), strict=True)
    return all(x.dimension == y.dimension and _overlap(x, y) for x, y in pairs)


def _size(record: Evidence) -> float:
    return record.base


def _overlap(x: Evidence, y: Evidence) -> bool:
    """Whether two prints can mean one value: 1.5 and 1.46 can, 1.4 and 1.46 cannot."""
    coarse, fine = (x, y) if x.base_half >= y.base_half else (y, x)
    if coarse.base_half == fine.base_half:
        return math.isclose(x.base, y.base, rel_tol=EPSILON)
    return coarse.low <= fine.base <= coarse.high


def _bounds(place: Place) -> frozenset[str]:
    return frozenset("eq" if record.comparator in PLAIN else record.comparator for record in place)


def _pick(a: Place, b: Place) -> tuple[Evidence, Evidence]:
    pairs = zip(sorted(a, key=_size), sorted(b, key=_size), strict=True)
    return next((pair for pair in pairs if not _overlap(*pair)), (a[0], b[0]))


def _value_finding(ctx: Context, finding_id: str, a: Place, b: Place, prints: list[Evidence]) -> Finding:
    one, other = _pick(a, b)
    slip = power_of_ten(one.base, other.base)
    numbers: dict[str, Number] = {
        **_places(ctx, one, other),
        "one": ctx.figure(finding_id, "one", one.value, one.unit, [one]),
        "other": ctx.figure(finding_id, "other", other.value, other.unit, [other]),
    }
    if slip:
        numbers["factor"] = ctx.figure(finding_id, "factor", 10.0 ** abs(slip), "", [one, other], measure="index")
    gap = abs(one.base - other.base) / one.factor
    tolerance = (one.base_half + other.base_half) / one.factor
    items = ctx.items([one, other, *prints])
    message = f"audit.{RULE}.{'slip' if slip else 'value'}"
    return Finding(finding_id, RULE, "inconsistent", items, numbers, message, gap, tolerance, one.unit)


def _wording_finding(
    ctx: Context,
    finding_id: str,
    bounds: list[tuple[Place, Place]],
    years: list[tuple[Place, Place]],
) -> Finding:
    explicit = [pair for pair in bounds if "eq" not in _bounds(pair[0]) | _bounds(pair[1])]
    chosen = (explicit or bounds or years)[0]
    one, other = chosen[0][0], chosen[1][0]
    severity: Severity = "inconsistent" if explicit else "note"
    dated = next((r for pair in years for place in pair for r in place if r.dated), None)
    variant = "bound_and_year" if bounds and years else "bound" if bounds else "year"
    numbers: dict[str, Number] = {
        **_places(ctx, one, other),
        "one": ctx.figure(finding_id, "one", one.value, one.unit, [one]),
        "other": ctx.figure(finding_id, "other", other.value, other.unit, [other]),
        "one_bound": BOUND_WORDS[one.comparator],
        "other_bound": BOUND_WORDS[other.comparator],
        "period": period(dated.time_period if dated is not None else one.time_period),
    }
    involved = [r for pair in [*bounds, *years] for place in pair for r in place]
    return Finding(finding_id, RULE, severity, ctx.items(involved), numbers, f"audit.{RULE}.{variant}")


def _places(ctx: Context, one: Evidence, other: Evidence) -> dict[str, Number]:
    return {
        "area": ctx.area(one),
        "name": ctx.name(one),
        "place": place(ctx.area(one), one.time_period),
        "one_place": Label(one.locator, one.locator),
        "other_place": Label(other.locator, other.locator),
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
            finding_id = key_of(RULE, one.ref_area, one.indicator, min(one.subject, other.subject), "name")
            numbers: dict[str, Number] = {
                **_places(ctx, one, other),
                "one_subject": Label(one.subject, one.subject),
                "other_subject": Label(other.subject, other.subject),
                "value": ctx.figure(finding_id, "value", one.value, one.unit, [one, other]),
            }
            yield Identity(finding_id, RULE, False, ids([one, other]), one.value, other.value)
            yield Finding(finding_id, RULE, "inconsistent", ctx.items([one, other]), numbers, f"audit.{RULE}.name")


def _spelt_alike(one: str, other: str) -> bool:
    if sorted(filter(str.isdigit, one)) != sorted(filter(str.isdigit, other)):
        return False
    return len(one) == len(other) and SequenceMatcher(None, one, other).ratio() >= max(ALIKE, 1 - 1.5 / len(one))


def _codes(ctx: Context) -> Iterator[Result]:
    """Names made of digits (8844) that differ in one place within one document."""
    sources = {record.source_id for record in ctx.records if ctx.ds.about(record.source_id) == record.city}
    codes = ctx.ds.rows("exclusions", reason="policy_code", source_id=sources)
    codes = codes[codes["value_text"].str.fullmatch(r"\d{3,}")]
    for source, rows in codes.groupby("source_id", sort=True):
        tokens = list(zip(rows["value_text"].astype(str), rows["char_start"].astype(int), strict=True))
        first = dict(reversed(tokens))
        for one, other in combinations(sorted(first, key=first.__getitem__), 2):
            if len(one) != len(other) or sum(x != y for x, y in zip(one, other, strict=True)) != 1:
                continue
            finding_id = key_of(RULE, str(source), "code", one, other)
            label = Label("代号", "code")
            items = tuple(
                Item("", label, float(text), "", "undated", "code", f"{source}:{first[text]}") for text in (one, other)
            )
            counted = next((text for text in (one, other) if _spelled_before(ctx, str(source), text, first[text])), "")
            numbers: dict[str, Number] = {"one": one, "other": other, "counted": counted}
            yield Identity(finding_id, RULE, False, ())
            message = f"audit.{RULE}.{'counted_code' if counted else 'code'}"
            yield Finding(finding_id, RULE, "inconsistent", items, numbers, message)


def _spelled_before(ctx: Context, source: str, code: str, start: int) -> bool:
    """Whether the counts printed just before a code spell it: 八纵八横四环四航 … 8844."""
    before = [r for r in ctx.stated if r.source_id == source and start - 24 <= r.start < start and r.kind == "count"]
    return "".join(f"{record.value:.0f}" for record in before[-len(code) :]) == code
