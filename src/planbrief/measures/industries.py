"""A city's industries: which activities are industries and tracks, and what is worth saying of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planbrief.measures import tables
from planbrief.measures.audit import Audit, Finding
from planbrief.measures.figures import Figure, figure, plain
from planbrief.measures.headlines.rules import Headline
from planbrief.measures.series import Series, series_of
from planbrief.targets.frames import records_of
from planbrief.targets.names import Label, label, period

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


__all__ = ["Branch", "Group", "industry_groups", "main_measure"]

#: Dimension of the levels that make an industry's size: output, income, value added in money.
MONEY = "money"


@dataclass(frozen=True)
class Branch:
    """A series of one activity; ``industry`` is the topmost activity above it that has figures, else itself."""

    series: Series
    activity: str
    industry: str
    name: Label

    @property
    def below(self) -> bool:
        """Whether it is a branch (track) of an industry."""
        return self.activity != self.industry


@dataclass(frozen=True)
class Group:
    """Industries with one parent in the tree, each followed by its branches; ``total`` is the tree's own figure."""

    activity: str
    name: Label
    branches: tuple[Branch, ...]
    total: tuple[Series, ...] = ()

    @property
    def industries(self) -> tuple[Branch, ...]:
        """The industries themselves."""
        return tuple(branch for branch in self.branches if not branch.below)

    @property
    def tracks(self) -> tuple[Branch, ...]:
        """What stands below them."""
        return tuple(branch for branch in self.branches if branch.below)

    @property
    def measures(self) -> tuple[str, ...]:
        """Indicators in which the group is given, those of industries first."""
        return tuple(dict.fromkeys(branch.series.indicator for branch in (*self.industries, *self.tracks)))


def industry_groups(ds: Dataset, region: str) -> tuple[Group, ...]:
    """Groups of industries that have dated levels in money, in the order of the table of activities.

    The industries are the topmost activities with such levels; the root of a tree counts as their total where
    activities below it have figures of their own. A group needs two series; a place without any has no groups.
    """
    table = ds.unit_table
    members: dict[str, list[Series]] = {}
    for series in series_of(ds, region):
        sized = series.family == "level" and series.aggregation == "additive" and not series.subject
        dated = sum(point.annual for point in series.points) > 1
        if series.activity and sized and dated and table.parse(series.unit).dimension == MONEY:
            members.setdefault(series.activity, []).append(series)
    roots = {a for a in members if not _parent(ds, a) and any(a in _above(ds, b) for b in members)}
    groups: dict[str, list[Branch]] = {}
    for activity in _ordered(ds, members):
        if activity in roots:
            continue
        above = [parent for parent in _above(ds, activity) if parent in members and parent not in roots]
        industry = above[-1] if above else activity
        name = label(ds, "activities", activity)
        here = groups.setdefault(_parent(ds, industry), [])
        here.extend(Branch(series, activity, industry, name) for series in members[activity])
    return tuple(
        Group(parent, label(ds, "activities", parent), tuple(branches), tuple(members.get(parent, ())))
        for parent, branches in groups.items()
        if len(branches) > 1
    )


def main_measure(groups: tuple[Group, ...], below: bool) -> tuple[str, str]:
    """Indicator and price basis that most industries (or most of their branches) share; empty where there is none."""
    counts: dict[tuple[str, str], int] = {}
    for branch in (branch for group in groups for branch in group.branches):
        if branch.below == below:
            key = (branch.series.indicator, branch.series.price_base)
            counts[key] = counts.get(key, 0) + 1
    return max(counts, key=lambda key: counts[key]) if counts else ("", "")


def _parent(ds: Dataset, activity: str) -> str:
    return ds.row("activities", activity)["parent"]


def _above(ds: Dataset, activity: str) -> tuple[str, ...]:
    """Activities above one, nearest first."""
    ancestors: list[str] = []
    parent = _parent(ds, activity)
    while parent and parent not in ancestors:
        ancestors.append(parent)
        parent = _parent(ds, parent)
    return tuple(ancestors)


def _ordered(ds: Dataset, chosen: dict[str, list[Series]]) -> Iterator[str]:
    """Activities of a choice with their descendants behind each, in table order."""

    def walk(activity: str) -> Iterator[str]:
        if activity in chosen:
            yield activity
        for child in ds.children(activity):
            yield from walk(child)

    for activity, parent in dict(ds.activities["parent"]).items():
        if not parent:
            yield from walk(str(activity))


#: Fewer parts than this have no contributions worth a sentence.
LEAST_PARTS = 3


def industry_headlines(ds: Dataset, region: str) -> tuple[Headline, ...]:
    """Sentences about all industries of a place; one that says there are none where there are none."""
    groups = industry_groups(ds, region)
    place = label(ds, "areas", region)
    if not groups:
        return (Headline("no_industries", 1, region, {"area": place}),)
    return (_extent(ds, region, groups), *_steepest(ds, region, groups))


def group_headlines(ds: Dataset, region: str, group: Group) -> tuple[Headline, ...]:
    """Sentences about one group: who carries the growth in the first and the last segment, and what shifts.

    A group that has no sum, for its industries are measured differently, has its fastest and its slowest instead.
    """
    told = (*_carriers(ds, region, group), *_shift(ds, region, group))
    return told or tuple(_pace(ds, region, group))


def tree_findings(ds: Dataset, region: str, audit: Audit) -> tuple[Finding, ...]:
    """Findings of an audit about parts and totals of the industries."""
    shown = tree_observations(ds, region)
    return tuple(f for f in audit if f.rule == "parts_total" and shown & set(f.observations))


def tree_observations(ds: Dataset, region: str) -> frozenset[str]:
    """Observations of the industries and branches of a place."""
    return frozenset(
        obs
        for group in industry_groups(ds, region)
        for series in (*(branch.series for branch in group.branches), *group.total)
        for point in series.points
        for obs in point.observations
    )


def _extent(ds: Dataset, region: str, groups: tuple[Group, ...]) -> Headline:
    """How many industries and branches are given, in how many measures, over which years."""
    branches = [branch for group in groups for branch in group.branches]
    years = sorted({p.year for branch in branches for p in branch.series.points if p.annual})
    key = f"{region}/industries"
    counts = {
        "industries": {b.activity for b in branches if not b.below},
        "tracks": {b.activity for b in branches if b.below},
        "measures": {b.series.indicator for b in branches},
    }
    figures: dict[str, Figure | Label | str] = {
        name: Figure(f"{key}/{name}", float(len(counted)), "count") for name, counted in counts.items()
    }
    figures |= {"area": label(ds, "areas", region), "first": period(plain(years[0])), "last": period(plain(years[-1]))}
    rule = "industries_and_tracks" if counts["tracks"] else "industries_only"
    return Headline(rule if len(counts["measures"]) > 1 else f"{rule}_one_measure", 0, region, figures)


def first_targets(ds: Dataset, region: str) -> dict[str, dict[str, Any]]:
    """Growth from the base to the first target by series, where there is one rate for it."""
    table = tables.growth_table(ds, region)
    chosen = table[(table["stage"] == "planned") & table["start_kind"].isin(["actual", "estimate"])]
    chosen = chosen[chosen["cagr"].notna() & ~chosen["conflict"]]
    return {str(row["series"]): row for row in records_of(chosen)}


def _steepest(ds: Dataset, region: str, groups: tuple[Group, ...]) -> Iterator[Headline]:
    """Steepest and gentlest required growth among industries, and the steepest branch: within one measure each."""
    rows = first_targets(ds, region)
    for below, rule in ((False, "industry"), (True, "track")):
        measure = main_measure(groups, below)
        found = [
            (branch, rows[branch.series.key])
            for group in groups
            for branch in group.branches
            if branch.below == below
            and (branch.series.indicator, branch.series.price_base) == measure
            and branch.series.key in rows
        ]
        if len(found) < 2:
            continue
        found.sort(key=lambda item: -float(item[1]["cagr"]))
        ends = (("steepest", found[0]), ("gentlest", found[-1]))
        for word, (branch, row) in ends:
            parent = label(ds, "activities", branch.industry)
            figures: dict[str, Figure | Label | str] = {
                "name": branch.name,
                "industry": parent,
                "measure": label(ds, "indicators", branch.series.indicator),
                "start": figure(row, "start"),
                "end": figure(row, "end"),
                "rate": figure(row, "cagr"),
                "multiple": figure(row, "multiple"),
                "start_period": period(str(row["start_period"])),
                "end_period": period(str(row["end_period"])),
            }
            yield Headline(f"{word}_{rule}", 0, region, figures)


def contributions(ds: Dataset, region: str, parent: str) -> pd.DataFrame:
    """Contributions of the children of one activity, those of the measure that most of them share."""
    table = tables.contribution_table(ds, region, parent=parent)
    if table["indicator"].nunique() > 1:
        table = table[table["indicator"] == table.groupby("indicator")["activity"].nunique().idxmax()]
    return table


def _carriers(ds: Dataset, region: str, group: Group) -> Iterator[Headline]:
    table = contributions(ds, region, group.activity)
    table = table[table["share_pct"].notna() & (table["parts_end"] > table["parts_start"])]
    if table["activity"].nunique() < LEAST_PARTS:
        return
    segments = sorted(set(zip(table["start_year"], table["end_year"], strict=True)))
    for word, segment in (("first", segments[0]), ("last", segments[-1])):
        if word == "last" and len(segments) == 1:
            return
        rows = table[(table["start_year"] == segment[0]) & (table["end_year"] == segment[1])]
        ranked = records_of(rows.sort_values("share_pct", ascending=False, kind="stable"))
        if len(ranked) < LEAST_PARTS:
            continue
        top, second = ranked[0], ranked[1]
        figures: dict[str, Figure | Label | str] = {
            "group": group.name,
            "start_period": period(plain(segment[0])),
            "end_period": period(plain(segment[1])),
            "name": label(ds, "activities", str(top["activity"])),
            "share": figure(top, "share_pct"),
            "pull": figure(top, "pull_pp"),
            "second": label(ds, "activities", str(second["activity"])),
            "second_share": figure(second, "share_pct"),
            "growth": growth_of_parts(ranked),
        }
        yield Headline(f"carrier_{word}", 0, region, figures)


def _pace(ds: Dataset, region: str, group: Group) -> Iterator[Headline]:
    """The industries of a group that have to grow fastest and slowest to their first target, over the same years."""
    rows = first_targets(ds, region)
    found = [(branch.name, rows[branch.series.key]) for branch in group.industries if branch.series.key in rows]
    found.sort(key=lambda one: -float(one[1]["cagr"]))
    if len(found) < 2 or len({(row["start_period"], row["end_period"]) for _, row in found}) > 1:
        return
    (name, fast), (other, slow) = found[0], found[-1]
    figures: dict[str, Figure | Label | str] = {
        "name": name,
        "other": other,
        "rate": figure(fast, "cagr"),
        "other_rate": figure(slow, "cagr"),
        "start_period": period(str(fast["start_period"])),
        "end_period": period(str(fast["end_period"])),
    }
    alike = fast["indicator"] == slow["indicator"]
    rates = [row["cagr"] for _, row in found]
    if rates.count(fast["cagr"]) == rates.count(slow["cagr"]) == 1:  # where two tie, none is fastest or slowest
        yield Headline("pace" if alike else "pace_apart", 0, region, figures)


def growth_of_parts(rows: list[dict[str, Any]]) -> Figure:
    """Growth of the parts together over a segment, in percent: what the pulls add up to."""
    row = rows[0]
    start, end = float(row["parts_start"]), float(row["parts_end"])
    value = 100 * (end / start - 1) if start > 0 else math.nan
    return Figure(
        key=f"{row['ref_area']}/{row['indicator']}/{row['parent']}/growth/{plain(row['start_year'])}-{plain(row['end_year'])}",
        value=value,
        measure="share",
        observations=tuple(dict.fromkeys(obs for one in rows for obs in one["observations"])),
        formula=f"({plain(end)} ÷ {plain(start)} − 1) × 100",
        undefined="" if value == value else "base_not_positive",
    )


def shares_of_parts(ds: Dataset, region: str, parent: str) -> list[tuple[str, list[Figure]]]:
    """Share of each part in the sum of the parts, for the years in which all of them have one value each.

    Empty where fewer than two parts or two such years exist.
    """
    table = tables.structure_table(ds, region, parent=parent)
    if table.empty:
        return []
    indicator = table.groupby("indicator")["activity"].nunique().idxmax()
    table = table[(table["indicator"] == indicator) & ~table["conflict"] & (table["value"] >= 0)]
    parts = list(dict.fromkeys(table["activity"]))
    whole = table.groupby("period").filter(lambda rows: len(rows) == len(parts) == rows["activity"].nunique())
    periods = list(dict.fromkeys(whole.sort_values("year")["period"]))
    if len(parts) < 2 or len(periods) < 2:
        return []
    sums = whole.groupby("period")["value"].sum()
    observations = {p: tuple(obs for ids in rows["observations"] for obs in ids) for p, rows in whole.groupby("period")}
    found = []
    for part in parts:
        rows = {str(row["period"]): row for row in records_of(whole[whole["activity"] == part])}
        figures = [
            Figure(
                key=f"{region}/{indicator}/{part}/share_of_parts/{p}",
                value=float(rows[p]["share_of_parts_pct"]),
                measure="share",
                observations=tuple(dict.fromkeys((*rows[p]["observations"], *observations[p]))),
                formula=f"{plain(float(rows[p]['value']))} ÷ {plain(float(sums[p]))} × 100",
                year=p,
            )
            for p in periods
        ]
        found.append((part, figures))
    return found if all(f.value == f.value for _, figures in found for f in figures) else []


def _shift(ds: Dataset, region: str, group: Group) -> Iterator[Headline]:
    shares = shares_of_parts(ds, region, group.activity)
    if len(shares) < LEAST_PARTS:
        return
    changes = sorted(shares, key=lambda item: item[1][-1].value - item[1][0].value)
    lost, gained = changes[0], changes[-1]
    if gained[1][-1].value - gained[1][0].value <= 0:
        return
    yield Headline(
        "shift",
        0,
        region,
        {
            "group": group.name,
            "start_period": period(gained[1][0].year),
            "end_period": period(gained[1][-1].year),
            "gained": label(ds, "activities", gained[0]),
            "gained_start": gained[1][0],
            "gained_end": gained[1][-1],
            "lost": label(ds, "activities", lost[0]),
            "lost_start": lost[1][0],
            "lost_end": lost[1][-1],
        },
    )


def tree_gaps(ds: Dataset, region: str, audit: Audit) -> tuple[Headline, ...]:
    """How often parts of the industries exceed or miss their printed total, where that happens at all."""
    gaps = [f for f in tree_findings(ds, region, audit) if f.severity == "inconsistent"]
    if not gaps:
        return ()
    observations = tuple(dict.fromkeys(obs for finding in gaps for obs in finding.observations))
    count = Figure(f"{region}/industries/gaps", float(len(gaps)), "count", "", observations)
    return (Headline("gap" if len(gaps) == 1 else "gaps", 1, region, {"count": count}),)


def tree_omissions(ds: Dataset, region: str, audit: Audit) -> tuple[Finding, ...]:
    """What is not printed of industries and branches: later years, branches without targets, dashes."""
    activities = {branch.activity for group in industry_groups(ds, region) for branch in group.branches}
    rows = ds.observations["activity"]
    return tuple(
        f for f in audit if f.rule == "completeness" and any(rows.get(obs) in activities for obs in f.observations)
    )
