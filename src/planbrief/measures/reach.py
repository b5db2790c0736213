"""When would one city's path pass another city's level? Answered only where the two may be compared."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planbrief.measures.compare import side_by_side
from planbrief.measures.figures import Figure
from planbrief.measures.progress import time_ahead
from planbrief.measures.series import Series, series_of
from planbrief.measures.verdicts import Verdict, judge, records

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: A path may be held against a level of another kind and year: that is the question asked.
ASKED_OF_PATHS = ("kind", "period", "period_length", "status")


@dataclass(frozen=True)
class Reach:
    """When one city's path passes another's level, under both shapes of the path."""

    region: str
    indicator: str
    level: str
    verdict: Verdict
    geometric: Figure
    linear: Figure
    shape: str

    @property
    def refused(self) -> bool:
        """Whether the question may not be answered."""
        return not self.verdict.allowed

    @property
    def year(self) -> Figure:
        """The year under the path's default shape, NaN where refused or never reached."""
        return self.geometric if self.shape == "geometric" else self.linear


def reach(ds: Dataset, region: str, indicator: str, level: str, activity: str = "") -> Reach | None:
    """The year in which a city's path reaches the level that another observation states.

    Parameters
    ----------
    ds : Dataset
        Any data set.
    region, indicator, activity : str
        Whose path.
    level : str
        Id of the observation that states the level.

    Returns
    -------
    Reach or None
        Refused where definition, scope, price basis, unit or area forbid it, and where the level has no date; None
        if the city has no path with two dated values. The year is NaN if the path never takes the level.
    """
    paths = [s for s in series_of(ds, region, indicator, activity) if s.family in ("level", "share") and not s.subject]
    paths = [s for s in paths if len(_dated(s)) > 1]
    if not paths:
        return None
    (other,) = records(ds, [level])
    path = paths[0]
    last = _dated(path)[-1]
    (own,) = records(ds, [last.observations[0]])
    found = judge(ds, own, other, ignoring=ASKED_OF_PATHS)
    key = f"{region}/{indicator}/reach/{level}"
    behind = (*(p.observations[0] for p in _dated(path)), level)
    years = {}
    for shape in ("geometric", "linear"):
        year, why = math.nan, "not_comparable"
        if found.allowed:
            milestones = [(p.year, p.value) for p in _dated(path)]
            year = float(time_ahead(milestones, 0.0, other.base / own.factor, shape))
            why = "value_outside" if math.isnan(year) else ""
        years[shape] = Figure(f"{key}/{shape}", year, "index", "年", behind, undefined=why)
    return Reach(region, indicator, level, found, years["geometric"], years["linear"], path.shape)


def _dated(series: Series) -> list[Any]:
    """Base and aims of a path, one point a year."""
    points = [series.base(), *series.aims]
    first: dict[float, Any] = {}
    for point in points:
        if point is not None and not point.conflict:
            first.setdefault(point.year, point)
    return [first[year] for year in sorted(first)]


def reaches(ds: Dataset, regions: Iterable[str]) -> tuple[Reach, ...]:
    """Every level of one city that another city's path is asked about, once for each path.

    Asked are the closest pair of two cities in a theme where both state the same concept, every pair of one indicator,
    and every goal in money, which readers hold against any sum of money. Most answers are refusals with their
    reasons; that is what a reader should see before drawing a line of their own.
    """
    shown = side_by_side(ds, regions)
    about = shown.rows.drop_duplicates("obs_id").set_index("obs_id")
    found: dict[tuple[str, ...], Reach] = {}
    for pair in shown.pairs.to_dict("records"):
        for city, own, other in ((pair["city_a"], pair["a"], pair["b"]), (pair["city_b"], pair["b"], pair["a"])):
            row, level = about.loc[own], about.loc[other]
            key = (str(city), str(row["indicator"]), str(row["activity"]), str(other))
            if row["ref_area"] != city or key in found or not _asked(row, level, bool(pair["best"])):
                continue
            answer = reach(ds, key[0], key[1], key[3], key[2])
            if answer is not None:
                found[key] = answer
    return tuple(found.values())


def _asked(row: Any, level: Any, best: bool) -> bool:
    """Whether a reader would hold a path against a level."""
    if row["transformation"] not in ("level", "share") or row["transformation"] != level["transformation"]:
        return False
    if row["indicator"] == level["indicator"]:
        return True
    goal = row["dimension"] == "money" and level["kind"] == "target" and row["kind"] == "target"
    return goal or (best and row["concept"] == level["concept"])
