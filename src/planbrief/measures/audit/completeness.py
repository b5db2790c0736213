"""Rule 10, what is missing: columns that stop early, cells with a dash or a reference, branches without figures."""

from __future__ import annotations

from collections.abc import Iterator

from planbrief.measures.audit.context import Context, Result, grouped
from planbrief.measures.audit.model import Finding, Identity, Number, key_of
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.labels import Label, label, listing, period

RULE = "completeness"
#: obs_status of a cell without value, and of one that points somewhere else.
MISSING, ELSEWHERE = "M", "O"


def check_completeness(ctx: Context) -> Iterator[Result]:
    """Ask about cells without numbers, paths that end before their parent's, and branches that have no figures."""
    yield from _cells(ctx)
    yield from _short_paths(ctx)
    yield from _empty_branches(ctx)


def _cells(ctx: Context) -> Iterator[Result]:
    empty = [record for record in ctx.records if not record.stated and record.status in (MISSING, ELSEWHERE)]
    for status, variant in ((MISSING, "dash"), (ELSEWHERE, "elsewhere")):
        cells = [record for record in empty if record.status == status]
        for records in grouped(cells, lambda r: (r.ref_area, r.indicator)).values():
            first = records[0]
            finding_id = key_of(RULE, first.ref_area, first.indicator, variant)
            names = listing(ctx.name(record) for record in records)
            when = listing(period(record.time_period) for record in records)
            numbers: dict[str, Number] = {"area": ctx.area(first), "name": names, "periods": when}
            yield Identity(finding_id, RULE, False, ids(records))
            yield Finding(finding_id, RULE, "note", ctx.items(records), numbers, f"audit.{RULE}.{variant}")


def _target_years(ctx: Context) -> dict[tuple[str, str], set[float]]:
    """(area, activity) → years with a target in money, empty for activities without any."""
    years: dict[tuple[str, str], set[float]] = {}
    for record in ctx.stated:
        if record.kind == "target" and record.dated and record.activity and record.transformation == "level":
            years.setdefault((record.ref_area, record.activity), set()).add(record.year)
    return years


def _short_paths(ctx: Context) -> Iterator[Result]:
    """Branches whose targets end before those of the activity they are part of, told once per group."""
    years = _target_years(ctx)
    short: dict[tuple[str, str], list[str]] = {}
    fitting: dict[tuple[str, str], list[str]] = {}
    for area, activity in years:
        parent = ctx.parents.get(activity, "")
        if (area, parent) not in years:
            continue
        group = (area, ctx.parents.get(parent, "") or parent)
        later = {year for year in years[area, parent] if year > max(years[area, activity])}
        (short if later else fitting).setdefault(group, []).append(activity)
    for group in [*fitting, *(g for g in short if g not in fitting)]:
        area, root = group
        names = short.get(group, [])
        records = _targets_of(ctx, area, names or fitting[group])
        finding_id = key_of(RULE, area, root, "columns")
        yield Identity(finding_id, RULE, not names, ids(records))
        if not names:
            continue
        last = max(max(years[area, name]) for name in names)
        parents = {ctx.parents[name] for name in names}
        missing = sorted({year for parent in parents for year in years[area, parent] if year > last})
        numbers: dict[str, Number] = {
            "area": label(ctx.ds, "areas", area),
            "group": label(ctx.ds, "activities", root),
            "names": listing(label(ctx.ds, "activities", name) for name in names),
            "count": ctx.figure(finding_id, "count", float(len(names)), "个", records, measure="count"),
            "last": period(f"{last:.0f}"),
            "missing": listing(period(f"{year:.0f}") for year in missing),
        }
        yield Finding(finding_id, RULE, "note", ctx.items(records), numbers, f"audit.{RULE}.columns")


def _targets_of(ctx: Context, area: str, names: list[str]) -> list[Evidence]:
    return [r for r in ctx.stated if r.ref_area == area and r.activity in names and r.kind == "target" and r.dated]


def _empty_branches(ctx: Context) -> Iterator[Result]:
    """Branches without any target although the group's other branches of the same depth have some."""
    years = _target_years(ctx)
    for area in dict.fromkeys(area for area, _ in years):
        stated = {activity for where, activity in years if where == area}
        roots = [a for a in ctx.parents if not ctx.parents[a] and ctx.children.get(a)]
        for root in roots:
            leaves = ctx.leaves(root)
            filled = [leaf for leaf in leaves if leaf in stated]
            silent = [leaf for leaf in leaves if leaf not in stated and ctx.parents[leaf] in stated]
            if not filled or not silent or {_depth(ctx, leaf) for leaf in filled} != {_depth(ctx, x) for x in silent}:
                continue
            records = _targets_of(ctx, area, [ctx.parents[leaf] for leaf in silent])
            finding_id = key_of(RULE, area, root, "branches")
            numbers: dict[str, Number] = {
                "area": label(ctx.ds, "areas", area),
                "names": listing(label(ctx.ds, "activities", leaf) for leaf in silent),
                "parents": listing(label(ctx.ds, "activities", ctx.parents[leaf]) for leaf in silent),
                "group": label(ctx.ds, "activities", root) if root else Label("", ""),
            }
            yield Identity(finding_id, RULE, False, ids(records))
            yield Finding(finding_id, RULE, "note", ctx.items(records), numbers, f"audit.{RULE}.branches")


def _depth(ctx: Context, activity: str) -> int:
    above = ctx.parents.get(activity, "")
    return 1 + _depth(ctx, above) if above else 0
