"""Rule 2, stated shares: against the two levels they relate, and against 100."""

from __future__ import annotations

import math
from collections.abc import Iterator

from planbrief.measures.audit.algebra import of_record
from planbrief.measures.audit.context import Context, Result, grouped, single
from planbrief.measures.audit.declared import EPSILON
from planbrief.measures.audit.model import Finding, Identity, Number, key_of
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.labels import label, listing, place

RULE = "stated_share"


def check_shares(ctx: Context) -> Iterator[Result]:
    """Check every stated share that can be computed, and every whole whose shares are all stated."""
    yield from _against_levels(ctx)
    yield from _against_hundred(ctx)


def _against_levels(ctx: Context) -> Iterator[Result]:
    """A share printed beside levels of the same indicator: of an area in a larger one, of an activity in its parent."""
    records = [r for r in ctx.settled if r.transformation in ("share", "level") and r.kind != "constraint"]
    levels: dict[tuple[str, ...], Evidence] = {
        (r.indicator, r.ref_area, r.activity, r.subject, r.time_period): r
        for r in reversed(single(r for r in records if r.transformation == "level"))
    }
    for share in single(r for r in records if r.transformation == "share"):
        part = levels.get((share.indicator, share.ref_area, share.activity, share.subject, share.time_period))
        if part is None:
            continue
        whole = _whole(ctx, share, levels)
        if whole is None or whole.dimension != part.dimension or whole.low <= 0 or part.low < 0:
            continue
        low = 100 * part.least / whole.most
        high = 100 * part.most / whole.least if whole.least > 0 else math.inf
        implied = 100 * part.base / whole.base
        holds = share.least <= high + EPSILON and low <= share.most + EPSILON
        finding_id = key_of(RULE, share.ref_area, share.indicator, share.activity, share.time_period)
        width = (high - low) / 2
        tolerance, trio = share.half + (width if math.isfinite(width) else math.nan), [share, part, whole]
        yield Identity(finding_id, RULE, holds, ids(trio), implied, share.value, tolerance, "%")
        if holds:
            continue
        gap = abs(implied - share.value)
        formula = f"{part.value:.12g} ÷ {whole.base / part.factor:.12g}"
        numbers: dict[str, Number] = {
            "area": ctx.area(share),
            "whole_area": ctx.area(whole),
            "place": place(ctx.area(share), share.time_period),
            "name": ctx.name(share),
            "stated": ctx.figure(finding_id, "stated", share.value, "%", [share], measure="share"),
            "implied": ctx.figure(finding_id, "implied", implied, "%", [part, whole], measure="share", formula=formula),
            "part": ctx.figure(finding_id, "part", part.value, part.unit, [part]),
            "whole": ctx.figure(finding_id, "whole", whole.value, whole.unit, [whole]),
            "gap": ctx.figure(finding_id, "gap", gap, "个百分点", trio, measure="points"),
        }
        items = (ctx.item(share, "stated"), ctx.item(part, "part"), ctx.item(whole, "whole"))
        message = f"audit.{RULE}.levels"
        yield Finding(finding_id, RULE, "inconsistent", items, numbers, message, gap, tolerance, "个百分点")


def _whole(ctx: Context, share: Evidence, levels: dict[tuple[str, ...], Evidence]) -> Evidence | None:
    def at(area: str, activity: str, subject: str) -> Evidence | None:
        return levels.get((share.indicator, area, activity, subject, share.time_period))

    if share.counterpart_area:
        return at(share.counterpart_area, share.activity, share.subject)
    if share.activity:
        parent = ctx.parents.get(share.activity, "")
        if (found := at(share.ref_area, parent, share.subject)) is not None:
            return found
        if (found := at(share.ref_area, "", share.subject)) is not None:
            return found
    area = ctx.around(share.ref_area)
    while area:
        if (found := at(area, share.activity, share.subject)) is not None:
            return found
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
    finding_id = key_of(RULE, parts[0].ref_area, parts[0].indicator, parent, parts[0].time_period)
    yield Identity(finding_id, RULE, holds, ids(parts), summed, 100.0, tolerance, "%")
    if holds:
        return
    formula = " + ".join(f"{part.value:.12g}" for part in parts)
    numbers: dict[str, Number] = {
        "area": ctx.area(parts[0]),
        "place": place(ctx.area(parts[0]), parts[0].time_period),
        "name": label(ctx.ds, "indicators", parts[0].indicator),
        "part_names": listing(label(ctx.ds, "activities", part.activity) for part in parts),
        "sum": ctx.figure(finding_id, "sum", summed, "%", parts, measure="share", formula=formula),
        "gap": ctx.figure(finding_id, "gap", abs(excess), "个百分点", parts, measure="points"),
    }
    items = ctx.items(parts, "part")
    message = f"audit.{RULE}.hundred"
    yield Finding(finding_id, RULE, "inconsistent", items, numbers, message, abs(excess), tolerance, "个百分点")
