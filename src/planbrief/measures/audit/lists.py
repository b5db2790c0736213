"""Rules 5, 7 and 10: counts against lists, names, clusters against the table, and what is missing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import permutations

from planbrief.measures.audit.model import (
    Context,
    Finding,
    Item,
    Number,
    Question,
    Result,
    computed,
    grouped,
    printed,
    question,
    single,
)
from planbrief.measures.evidence import Evidence
from planbrief.targets.names import Label, label, listing, period

LIST_COUNT = "list_count"


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
    asked = question(LIST_COUNT, record.ref_area, record.indicator, part, "" if agrees else f"{record.value:.0f}")
    yield asked.identity(agrees, [record], record.value, float(listed), 0.0, record.unit)
    if agrees:
        return
    numbers: dict[str, Number] = {
        **ctx.named(record),
        "announced": printed(record, "count"),
        "listed": computed(float(listed), record.unit, [record], measure="count"),
    }
    items, gap = (ctx.item(record, "announced"),), abs(record.value - listed)
    yield asked.finding("inconsistent", variant, items, numbers, gap, 0.0, record.unit)


PRINTED_TWICE = "printed_twice"
#: Names that are at least this alike are taken for two spellings of one.
ALIKE = 0.6
Row = Mapping[str, str]


def check_names(ctx: Context) -> Iterator[Result]:
    """Compare the places of every list, and every place with itself."""
    lists: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for row in ctx.tables.printed_names:
        lists.setdefault((row["source_id"], row["list"]), {}).setdefault(row["place"], []).append(row)
    for (source, name), places in lists.items():
        asked = question(PRINTED_TWICE, source, name)
        findings = list(_list(asked, places))
        yield asked.about("names").identity(not findings, ())
        yield from findings


def _list(asked: Question, places: Mapping[str, Sequence[Row]]) -> Iterator[Finding]:
    for where, rows in places.items():
        for name, times in Counter(row["name"] for row in rows).items():
            if times > 1:
                same = [row for row in rows if row["name"] == name]
                numbers = {**_said(same[0]), "name": Label(name, name), "one_place": Label(where, where)}
                yield _finding(asked.about(name, "twice"), "twice", numbers, same)
    told: set[frozenset[str]] = set()
    # Both ways: a name may be missing in either place; what was told one way is not told again.
    for one, other in permutations(places, 2):
        if places[other][0]["complete"] != "true":
            continue
        theirs = [row for row in places[other] if not _among(row["name"], places[one])]
        for row in places[one]:
            if _among(row["name"], places[other]):
                continue
            twin = max(theirs, key=lambda t: _likeness(t["name"], row["name"]), default=None)
            spelt = twin is not None and _likeness(twin["name"], row["name"]) >= ALIKE
            pair = frozenset({row["name"], twin["name"] if spelt and twin is not None else f"not in {other}"})
            if pair in told:
                continue
            told.add(pair)
            numbers = {
                **_said(row),
                "name": Label(row["name"], row["name"]),
                "one_place": Label(one, one),
                "other_place": Label(other, other),
            }
            if spelt and twin is not None:
                numbers["other"] = Label(twin["name"], twin["name"])
                yield _finding(asked.about(row["name"], twin["name"]), "alike", numbers, [row, twin])
            else:
                yield _finding(asked.about(row["name"], other), "missing", numbers, [row])


def _among(name: str, rows: Sequence[Row]) -> bool:
    return any(name in row["name"] or row["name"] in name for row in rows)


def _likeness(name: str, other: str) -> float:
    return SequenceMatcher(None, name, other).ratio()


def _said(row: Row) -> dict[str, Number]:
    return {"list": Label(row["title_zh"], row["title_en"])}


def _finding(asked: Question, variant: str, numbers: Mapping[str, Number], rows: Sequence[Row]) -> Finding:
    items = tuple(
        Item("", Label(row["name"], row["name"]), math.nan, "", "", variant, f"{row['place']} {row['char_start']}")
        for row in rows
    )
    return asked.finding("inconsistent", f"names_{variant}", items, numbers)


CLUSTER_WORDING = "cluster_wording"


@dataclass(frozen=True)
class SizeClass:
    """So many clusters of at least this size."""

    count: Evidence
    size: Evidence


def check_clusters(ctx: Context) -> Iterator[Result]:
    """Compare announced clusters with the levels of industries at the same time."""
    places = grouped(_classes(ctx), lambda c: (c.size.ref_area, c.size.time_period, c.size.source_id, c.size.locator))
    for classes in places.values():
        yield from _against_industries(ctx, sorted(classes, key=lambda c: -c.size.base))
    yield from _single_goals(ctx)


def _classes(ctx: Context) -> Iterator[SizeClass]:
    """A count and the bound of a size that stand in one phrase, about one place and time."""
    for records in grouped(ctx.settled, lambda r: (r.source_id, r.start, r.end, r.ref_area, r.time_period)).values():
        counts = [record for record in records if record.dimension == "count"]
        sizes = [record for record in records if record.dimension != "count" and record.comparator in ("ge", "gt")]
        # 二个千亿级 is two observations on one span: how many, and how large. More on a span is no such phrase.
        if len(records) == 2 and counts and sizes:
            yield SizeClass(counts[0], sizes[0])


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
    asked = question(CLUSTER_WORDING, first.ref_area, parent, first.time_period)
    records = [record for c in classes for record in (c.count, c.size)] + group
    sizes = _counted(classes, group)
    yield asked.identity(distance == 0, records, float(sum(wanted)), float(sum(sizes)), 0.0, "个")
    if distance == 0:
        return
    worst = max(range(len(classes)), key=lambda i: abs(wanted[i] - sizes[i]))
    count, size = classes[worst].count, classes[worst].size
    numbers: dict[str, Number] = {
        "area": ctx.area(first),
        "place": ctx.place(first),
        "group": label(ctx.ds, "activities", parent),
        "size": computed(size.value, first.unit, [size]),
        "stated": computed(float(wanted[worst]), count.unit, [count], measure="count"),
        "found": computed(float(sizes[worst]), count.unit, group, measure="count"),
    }
    yield asked.finding("inconsistent", "count", ctx.items(records), numbers, float(distance), 0.0, count.unit)


def _counted(classes: list[SizeClass], group: list[Evidence]) -> list[int]:
    """How many of the group fall into each class, a class ending where the next larger begins."""
    counts, upper = [], float("inf")
    for size_class in classes:
        counts.append(sum(size_class.size.base <= record.base < upper for record in group))
        upper = size_class.size.base
    return counts


def _distance(wanted: list[int], counted: list[int]) -> int:
    return sum(abs(w - f) for w, f in zip(wanted, counted, strict=True))


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
            asked = question(CLUSTER_WORDING, goal.ref_area, goal.indicator, goal.activity, goal.time_period)
            yield asked.identity(holds, [goal, top], goal.value, top.base / goal.factor, 0.0, goal.unit)
            if holds:
                continue
            numbers: dict[str, Number] = {
                **ctx.named(goal),
                "period": period(top.time_period),
                "stated": printed(goal),
                "top": printed(top),
            }
            gap = (goal.base - top.base) / goal.factor
            items = (ctx.item(goal, "goal"), ctx.item(top, "top"))
            yield asked.finding("inconsistent", "goal", items, numbers, gap, top.half, goal.unit)


COMPLETENESS = "completeness"
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
            asked = question(COMPLETENESS, first.ref_area, first.indicator, variant)
            names = listing(ctx.name(record) for record in records)
            when = listing(period(record.time_period) for record in records)
            numbers: dict[str, Number] = {"area": ctx.area(first), "name": names, "periods": when}
            yield asked.identity(False, records)
            yield asked.finding("note", variant, ctx.items(records), numbers)


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
        asked = question(COMPLETENESS, area, root, "columns")
        yield asked.identity(not names, records)
        if not names:
            continue
        last = max(max(years[area, name]) for name in names)
        parents = {ctx.parents[name] for name in names}
        missing = sorted({year for parent in parents for year in years[area, parent] if year > last})
        numbers: dict[str, Number] = {
            "area": label(ctx.ds, "areas", area),
            "group": label(ctx.ds, "activities", root),
            "names": listing(label(ctx.ds, "activities", name) for name in names),
            "count": computed(float(len(names)), "个", records, measure="count"),
            "last": period(f"{last:.0f}"),
            "missing": listing(period(f"{year:.0f}") for year in missing),
        }
        yield asked.finding("note", "columns", ctx.items(records), numbers)


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
            asked = question(COMPLETENESS, area, root, "branches")
            numbers: dict[str, Number] = {
                "area": label(ctx.ds, "areas", area),
                "names": listing(label(ctx.ds, "activities", leaf) for leaf in silent),
                "parents": listing(label(ctx.ds, "activities", ctx.parents[leaf]) for leaf in silent),
                "group": label(ctx.ds, "activities", root),
            }
            yield asked.identity(False, records)
            yield asked.finding("note", "branches", ctx.items(records), numbers)


def _depth(ctx: Context, activity: str) -> int:
    above = ctx.parents.get(activity, "")
    return 1 + _depth(ctx, above) if above else 0
