"""Rule 1, parts against total: down the tree of activities and the tree of areas.

Equality is demanded only where the table of activities declares the children exhaustive; otherwise the parts may not
exceed the total. The tolerance is the sum of half the last printed digit of every figure, total included.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from planbrief.measures.audit.context import Context, Result, grouped, single
from planbrief.measures.audit.declared import EPSILON
from planbrief.measures.audit.model import Finding, Identity, Number, key_of
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.labels import Label, label, listing, place

RULE = "parts_total"
#: Kinds whose areas and amounts are no part of anything: limits hold for each place, counts may overlap.
NO_PARTS = ("constraint", "count")


def check_totals(ctx: Context) -> Iterator[Result]:
    """Compare every total with its parts, at every level and period."""
    yield from _by_activity(ctx)
    yield from _unlike_parts(ctx)
    yield from _by_area(ctx)


def _levels(ctx: Context) -> list[Evidence]:
    return single(
        record
        for record in ctx.settled
        if record.transformation == "level"
        and record.kind != "constraint"
        and not record.subject
        and ctx.meta(record.indicator)["aggregation"] in ("additive", "count")
    )


def _by_activity(ctx: Context) -> Iterator[Result]:
    groups = grouped(_levels(ctx), lambda r: (r.ref_area, r.indicator, r.time_period))
    for records in groups.values():
        by_activity = {record.activity: record for record in reversed(records)}
        for parent, children in ctx.children.items():
            parts = [by_activity[child] for child in children if child in by_activity]
            whole = by_activity.get(parent)
            if whole is None and not ctx.parents[parent] and ctx.ds.exhaustive(parent):
                whole = by_activity.get("")
            if whole is None or not parts or len({r.dimension for r in [whole, *parts]}) > 1:
                continue
            complete = len(parts) == len(children) and ctx.ds.exhaustive(parent)
            yield from compare(ctx, whole, parts, equal=complete, of=parent)


def _by_area(ctx: Context) -> Iterator[Result]:
    levels = [
        record
        for record in _levels(ctx)
        if record.kind not in NO_PARTS and ctx.meta(record.indicator)["aggregation"] == "additive"
    ]
    for records in grouped(levels, lambda r: (r.indicator, r.activity, r.time_period)).values():
        by_area = {record.ref_area: record for record in reversed(records)}
        for area, whole in by_area.items():
            parts = [r for a, r in by_area.items() if a != area and _nearest(ctx, a, by_area) == area]
            if parts and len({record.dimension for record in [whole, *parts]}) == 1:
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
    finding_id = key_of(RULE, whole.ref_area, whole.indicator, of, whole.time_period)
    records = [whole, *parts]
    yield Identity(finding_id, RULE, holds, ids(records), summed, whole.value, tolerance, unit)
    if holds:
        return
    formula = " + ".join(f"{part.base / whole.factor:.12g}" for part in parts)
    numbers: dict[str, Number] = {
        "area": ctx.area(whole),
        "place": place(ctx.area(whole), whole.time_period),
        "total_name": ctx.name(whole),
        "part_names": listing(_part_name(ctx, part, of) for part in parts),
        "parts": ctx.figure(finding_id, "parts", summed, unit, parts, formula=formula),
        "total": ctx.figure(finding_id, "total", whole.value, unit, [whole]),
        "gap": ctx.figure(
            finding_id, "gap", abs(excess), unit, records, formula=f"|{summed:.12g} − {whole.value:.12g}|"
        ),
    }
    variant = "sum_below" if equal and excess < 0 else "sum_above"
    items = (ctx.item(whole, "total"), *ctx.items(parts, "part"))
    message = f"audit.{RULE}.{variant}"
    yield Finding(finding_id, RULE, "inconsistent", items, numbers, message, abs(excess), tolerance, unit)


def _part_name(ctx: Context, part: Evidence, of: str) -> Label:
    if of == "areas":
        return label(ctx.ds, "areas", part.ref_area)
    return label(ctx.ds, "activities", part.activity)


def _unlike_parts(ctx: Context) -> Iterator[Result]:
    """Parts of an activity that are measured by another indicator than the whole: no sum is formed."""
    money = [record for record in _levels(ctx) if ctx.meta(record.indicator)["aggregation"] == "additive"]
    found: dict[tuple[str, str, str], dict[str, list[Evidence]]] = {}
    for records in grouped(money, lambda r: (r.ref_area, r.time_period)).values():
        for parent, children in ctx.children.items():
            for whole in (r for r in records if r.activity == parent):
                unlike = [
                    r
                    for r in records
                    if r.activity in children and r.indicator != whole.indicator and r.dimension == whole.dimension
                ]
                if unlike:
                    kept = found.setdefault((whole.ref_area, parent, whole.indicator), {"whole": [], "unlike": []})
                    kept["whole"].append(whole)
                    kept["unlike"].extend(unlike)
    for (area, parent, indicator), sides in found.items():
        finding_id = key_of(RULE, area, indicator, parent, "measures")
        unlike = sides["unlike"]
        numbers: dict[str, Number] = {
            "area": label(ctx.ds, "areas", area),
            "total_name": ctx.name(sides["whole"][0]),
            "part_names": listing(label(ctx.ds, "activities", r.activity) for r in unlike),
            "part_measures": listing(label(ctx.ds, "indicators", r.indicator) for r in unlike),
            "total_measure": label(ctx.ds, "indicators", indicator),
        }
        items = ctx.items(sides["whole"], "total") + ctx.items(unlike, "part")
        yield Identity(finding_id, RULE, False, ids([*sides["whole"], *unlike]))
        yield Finding(finding_id, RULE, "not_comparable", items, numbers, f"audit.{RULE}.measures")
