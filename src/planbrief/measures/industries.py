"""The industries of a place and their branches, as its tree of activities groups them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planbrief.measures.labels import Label, label
from planbrief.measures.series import Series, series_of

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    found: dict[str, list[Series]] = {}
    for series in series_of(ds, region):
        sized = series.family == "level" and series.aggregation == "additive" and not series.subject
        dated = sum(point.annual for point in series.points) > 1
        if series.activity and sized and dated and table.parse(series.unit).dimension == MONEY:
            found.setdefault(series.activity, []).append(series)
    roots = {a for a in found if not _parent(ds, a) and any(a in _above(ds, b) for b in found)}
    groups: dict[str, list[Branch]] = {}
    for activity in _ordered(ds, found):
        if activity in roots:
            continue
        above = [parent for parent in _above(ds, activity) if parent in found and parent not in roots]
        industry = above[-1] if above else activity
        name = label(ds, "activities", activity)
        here = groups.setdefault(_parent(ds, industry), [])
        here.extend(Branch(series, activity, industry, name) for series in found[activity])
    return tuple(
        Group(parent, label(ds, "activities", parent), tuple(branches), tuple(found.get(parent, ())))
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
    found: list[str] = []
    parent = _parent(ds, activity)
    while parent and parent not in found:
        found.append(parent)
        parent = _parent(ds, parent)
    return tuple(found)


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
