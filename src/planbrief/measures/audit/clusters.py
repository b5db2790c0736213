"""Rule 7, wording of clusters (二个千亿级 …) against the table of industries.

A cluster count and its size class stand on one span of the text, so they are found by their place, not by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planbrief.measures.audit.context import Context, Result, grouped, single
from planbrief.measures.audit.model import Finding, Identity, Number, key_of
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.labels import label, period, place

RULE = "cluster_wording"


@dataclass(frozen=True)
class SizeClass:
    """So many clusters of at least this size."""

    count: Evidence
    size: Evidence


def check_clusters(ctx: Context) -> Iterator[Result]:
    """Compare announced clusters with the levels of industries at the same time."""
    pairs = grouped(_classes(ctx), lambda r: (r.ref_area, r.time_period, r.source_id, r.locator))
    for records in pairs.values():
        yield from _against_industries(ctx, _paired(ctx, records))
    yield from _single_goals(ctx)


def _classes(ctx: Context) -> list[Evidence]:
    spans = grouped(ctx.settled, lambda r: (r.source_id, r.start, r.end))
    return [record for records in spans.values() if len(records) == 2 and _is_class(records) for record in records]


def _is_class(records: list[Evidence]) -> bool:
    dimensions = {record.dimension for record in records}
    size = [record for record in records if record.comparator in ("ge", "gt") and record.dimension != "count"]
    return "count" in dimensions and len(dimensions) == 2 and len(size) == 1


def _paired(ctx: Context, records: list[Evidence]) -> list[SizeClass]:
    spans = grouped(records, lambda r: (r.start,)).values()
    found = []
    for pair in spans:
        count = next(record for record in pair if record.dimension == "count")
        size = next(record for record in pair if record.dimension != "count")
        found.append(SizeClass(count, size))
    return sorted(found, key=lambda c: -c.size.base)


def _against_industries(ctx: Context, classes: list[SizeClass]) -> Iterator[Result]:
    first = classes[0].size
    levels = single(
        r
        for r in ctx.settled
        if r.ref_area == first.ref_area
        and r.time_period == first.time_period
        and r.activity
        and r.transformation == "level"
        and r.dimension == first.dimension
        and ctx.meta(r.indicator)["aggregation"] == "additive"
    )
    groups = grouped(levels, lambda r: (r.indicator, ctx.parents.get(r.activity, "")))
    candidates = [(parent, group) for (_, parent), group in groups.items() if len(group) > 1]
    if not candidates:
        return
    wanted = [int(c.count.base) for c in classes]
    scored = [(_distance(wanted, _counted(classes, group)), str(parent), group) for parent, group in candidates]
    distance, parent, group = min(scored, key=lambda entry: (entry[0], -len(entry[2]), entry[1]))
    finding_id = key_of(RULE, first.ref_area, parent, first.time_period)
    records = [record for c in classes for record in (c.count, c.size)] + group
    found = _counted(classes, group)
    yield Identity(finding_id, RULE, distance == 0, ids(records), float(sum(wanted)), float(sum(found)), 0.0, "个")
    if distance == 0:
        return
    worst = max(range(len(classes)), key=lambda i: abs(wanted[i] - found[i]))
    count = classes[worst].count
    numbers: dict[str, Number] = {
        "area": ctx.area(first),
        "place": place(ctx.area(first), first.time_period),
        "group": label(ctx.ds, "activities", parent),
        "size": ctx.figure(finding_id, "size", classes[worst].size.value, first.unit, [classes[worst].size]),
        "stated": ctx.figure(finding_id, "stated", float(wanted[worst]), count.unit, [count], measure="count"),
        "found": ctx.figure(finding_id, "found", float(found[worst]), count.unit, group, measure="count"),
    }
    items, gap = ctx.items(records), float(distance)
    yield Finding(finding_id, RULE, "inconsistent", items, numbers, f"audit.{RULE}.count", gap, 0.0, count.unit)


def _counted(classes: list[SizeClass], group: list[Evidence]) -> list[int]:
    """How many of the group fall into each class, a class ending where the next larger begins."""
    found, upper = [], float("inf")
    for size_class in classes:
        found.append(sum(size_class.size.base <= record.base < upper for record in group))
        upper = size_class.size.base
    return found


def _distance(wanted: list[int], found: list[int]) -> int:
    return sum(abs(w - f) for w, f in zip(wanted, found, strict=True))


def _single_goals(ctx: Context) -> Iterator[Result]:
    """A size class set for one industry against the highest level its path reaches."""
    goals = [
        r
        for r in ctx.settled
        if r.activity and r.comparator in ("ge", "gt") and r.kind == "target" and r.transformation == "level"
    ]
    for goal in single(goals):
        paths = [
            path
            for (area, indicator, activity, _, transformation), path in ctx.series.items()
            if (area, activity, transformation) == (goal.ref_area, goal.activity, "level")
            and indicator != goal.indicator
            and path[0].dimension == goal.dimension
        ]
        for path in paths:
            top = max(path, key=lambda r: r.base)
            holds = top.high >= goal.base
            finding_id = key_of(RULE, goal.ref_area, goal.indicator, goal.activity, goal.time_period)
            yield Identity(
                finding_id, RULE, holds, ids([goal, top]), goal.value, top.base / goal.factor, 0.0, goal.unit
            )
            if holds:
                continue
            numbers: dict[str, Number] = {
                "area": ctx.area(goal),
                "name": ctx.name(goal),
                "period": period(top.time_period),
                "stated": ctx.figure(finding_id, "stated", goal.value, goal.unit, [goal]),
                "top": ctx.figure(finding_id, "top", top.value, top.unit, [top]),
            }
            gap = (goal.base - top.base) / goal.factor
            items = (ctx.item(goal, "goal"), ctx.item(top, "top"))
            message = f"audit.{RULE}.goal"
            yield Finding(finding_id, RULE, "inconsistent", items, numbers, message, gap, top.half, goal.unit)
