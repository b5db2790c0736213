"""Rule 5, count words: the number that announces a list against the length of the list.

How long a printed list is, an editor counts once (``list_counts.csv``: place of the count word, length found). Where
the list is a tree of activities, the tree is the list (sign ``list_length`` of the table of relations).
"""

from __future__ import annotations

from collections.abc import Iterator

from planbrief.measures.audit.context import Context, Result
from planbrief.measures.audit.model import Finding, Identity, Number, key_of
from planbrief.measures.evidence import Evidence

RULE = "list_count"


def check_lists(ctx: Context) -> Iterator[Result]:
    """Compare count words with the lists they announce."""
    yield from _counted_lists(ctx)
    yield from _trees(ctx)


def _counted_lists(ctx: Context) -> Iterator[Result]:
    at: dict[tuple[str, int], list[Evidence]] = {}
    for record in ctx.stated:
        at.setdefault((record.source_id, record.start), []).append(record)
    for row in ctx.tables.list_counts:
        for record in at.get((row["source_id"], int(row["char_start"])), ())[:1]:
            yield from _compare(ctx, record, int(row["listed"]), "list", f"{record.start:05d}")


def _trees(ctx: Context) -> Iterator[Result]:
    for row in ctx.tables.relations:
        if row["sign"] != "list_length":
            continue
        seen: set[tuple[str, str, float]] = set()
        for record in ctx.by_indicator.get(row["left"].strip(), ()):
            if record.ref_area != record.city or not record.activity or record.transformation != "level":
                continue
            if row["right"].strip() == "children":
                listed = ctx.children.get(record.activity, ())
            else:
                listed = ctx.leaves(record.activity) if _whole_scheme(ctx, record.activity) else ()
            fact = (record.ref_area, record.activity, record.value)
            if not listed or fact in seen:
                continue
            seen.add(fact)
            yield from _compare(ctx, record, len(listed), "tree", record.activity)


def _whole_scheme(ctx: Context, activity: str) -> bool:
    """Whether the tree below `activity` is declared down to one depth, so that its leaves are one list."""

    def depth(node: str) -> set[int]:
        below = ctx.children.get(node, ())
        return {1 + level for child in below for level in depth(child)} if below else {0}

    return len(depth(activity)) == 1


def _compare(ctx: Context, record: Evidence, listed: int, variant: str, part: str) -> Iterator[Result]:
    agrees = listed == record.value
    finding_id = key_of(RULE, record.ref_area, record.indicator, part, "" if agrees else f"{record.value:.0f}")
    yield Identity(finding_id, RULE, agrees, (record.obs_id,), record.value, float(listed), 0.0, record.unit)
    if agrees:
        return
    numbers: dict[str, Number] = {
        "area": ctx.area(record),
        "name": ctx.name(record),
        "announced": ctx.figure(finding_id, "announced", record.value, record.unit, [record], measure="count"),
        "listed": ctx.figure(finding_id, "listed", float(listed), record.unit, [record], measure="count"),
    }
    items, gap = (ctx.item(record, "announced"),), abs(record.value - listed)
    yield Finding(finding_id, RULE, "inconsistent", items, numbers, f"audit.{RULE}.{variant}", gap, 0.0, record.unit)
