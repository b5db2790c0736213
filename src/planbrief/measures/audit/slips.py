"""Rule 8, magnitudes: figures off by a power of ten beside their neighbours, and physically impossible values.

Limits are data (``plausibility_limits.csv``), each with its citation. A figure is flagged and kept as printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from planbrief.measures.audit.context import Context, Result
from planbrief.measures.audit.model import Finding, Identity, Number, key_of
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.labels import Label, place

RULE = "magnitude"
#: Powers of ten by which figures slip: a digit, 万, 亿.
SLIPS = (1, 2, 3, 4, 8)
#: How near the quotient must be to a power of ten (log10).
NEARNESS = 0.08


def power_of_ten(one: float, other: float) -> int:
    """The power of ten by which `one` exceeds `other`, 0 if the quotient is no power of ten that figures slip by.

    >>> power_of_ten(1428.0, 142.8), power_of_ten(142.8, 1428000.0), power_of_ten(150.0, 142.8)
    (1, -4, 0)
    """
    if one <= 0 or other <= 0:
        return 0
    exponent = math.log10(one / other)
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
    found: list[Slip] = []
    rest = list(path)
    while candidates := _candidates(rest):
        clearest = min(candidates, key=lambda slip: _unclear(slip.record.base / slip.expected))
        found.append(clearest)
        rest.remove(clearest.record)
    return found


def _candidates(path: Sequence[Evidence]) -> list[Slip]:
    found = []
    for before, record, after in zip(path, path[1:], path[2:], strict=False):
        if min(before.base, record.base, after.base) <= 0:
            continue
        share = (record.year - before.year) / (after.year - before.year)
        expected = before.base * (after.base / before.base) ** share
        power = _slip(record.base / expected)
        beyond = not min(before.base, after.base) <= record.base <= max(before.base, after.base)
        if power and beyond and abs(math.log10(after.base / before.base)) <= abs(power):
            found.append(Slip(before, record, after, expected, power))
    return found


def _inside_paths(ctx: Context) -> Iterator[Result]:
    for path in ctx.series.values():
        if path[0].transformation != "level":
            continue
        for slip in slips(path):
            record, around = slip.record, [slip.before, slip.after]
            finding_id = key_of(RULE, record.ref_area, record.indicator, record.activity, record.time_period)
            numbers: dict[str, Number] = {
                "area": ctx.area(record),
                "name": ctx.name(record),
                "place": place(ctx.area(record), record.time_period),
                "value": ctx.figure(finding_id, "value", record.value, record.unit, [record]),
                "expected": ctx.figure(finding_id, "expected", slip.expected / record.factor, record.unit, around),
                "factor": ctx.figure(finding_id, "factor", 10.0 ** abs(slip.power), "", [record], measure="index"),
            }
            items = (ctx.item(record, "value"), *ctx.items(around, "neighbour"))
            yield Identity(finding_id, RULE, False, ids([record, *around]), record.value, math.nan)
            yield Finding(finding_id, RULE, "implausible", items, numbers, f"audit.{RULE}.slip")


def _slip(quotient: float) -> int:
    nearest = round(math.log10(quotient))
    return nearest if abs(nearest) in SLIPS and _unclear(quotient) < 0.35 else 0


def _unclear(quotient: float) -> float:
    """How far a quotient is from a power of ten (log10)."""
    exponent = math.log10(quotient)
    return abs(exponent - round(exponent))


def _limits(ctx: Context) -> Iterator[Result]:
    known = ctx.ds.unit_table
    for row in ctx.tables.limits:
        dimension = known.parse(row["unit_measure"]).dimension
        factor = known.parse(row["unit_measure"]).factor
        for record in ctx.stated:
            if record.dimension == dimension and _applies(row, record, ctx):
                yield from _limit(ctx, row, record, factor)


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
    finding_id = key_of(RULE, record.ref_area, record.indicator, record.activity, record.time_period, row["limit_id"])
    limit = upper if record.base > upper or math.isinf(lower) else lower
    shown = limit / record.factor
    if row["count_as_identity"] == "true" or not holds:
        yield Identity(finding_id, RULE, holds, (record.obs_id,), record.value, shown, math.nan, record.unit)
    if holds:
        return
    numbers: dict[str, Number] = {
        "area": ctx.area(record),
        "name": ctx.name(record),
        "place": place(ctx.area(record), record.time_period),
        "value": ctx.figure(finding_id, "value", record.value, record.unit, [record]),
        "limit": ctx.figure(finding_id, "limit", shown, record.unit),
        "reason": Label(row["reason_zh"], row["reason_en"]),
        "citation": Label(row["citation"], row["citation"]),
    }
    items, gap = (ctx.item(record, "value"),), abs(record.base - limit) / record.factor
    message = f"audit.{RULE}.{'above' if record.base > upper else 'below'}"
    yield Finding(finding_id, RULE, "implausible", items, numbers, message, gap, record.half, record.unit)
