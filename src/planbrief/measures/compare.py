"""Values of two areas beside each other: differences, ratios, meeting points where legitimate, else refusals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from planbrief.measures.evidence import Evidence, evidence
from planbrief.measures.figures import Figure, plain
from planbrief.measures.progress import time_ahead
from planbrief.measures.series import Series, series_of
from planbrief.measures.verdicts import (
    STATUSES,
    Reason,
    Status,
    Verdict,
    judge,
    records,
    verdict,
)

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


__all__ = [
    "STATUSES",
    "Compared",
    "Reason",
    "SideBySide",
    "Status",
    "Verdict",
    "difference",
    "judge",
    "matrix",
    "pairs",
    "ratio",
    "records",
    "side_by_side",
    "verdict",
]

#: Kinds and transformations that stand in a comparison of cities.
SHOWN_KINDS = ("actual", "estimate", "target", "constraint", "commitment")
SHOWN_TRANSFORMATIONS = ("level", "share", "yoy", "avg_annual")
ROW_COLUMNS = (
    *("theme", "dimension", "city", "ref_area", "indicator", "activity", "subject", "role", "value", "unit"),
    *("comparator", "time_period", "kind", "transformation", "price_base", "concept", "scope", "obs_id"),
)
PAIR_COLUMNS = ("theme", "dimension", "city_a", "city_b", "a", "b", "status", "reasons", "keys", "best")


@dataclass(frozen=True)
class Compared:
    """The outcome of a comparison; where it is refused, the figure is NaN and the verdict says why."""

    verdict: Verdict
    figure: Figure

    @property
    def refused(self) -> bool:
        """Whether the comparison was not made."""
        return not self.figure.defined


@dataclass(frozen=True)
class SideBySide:
    """Rows of several cities by theme and unit, and a verdict for each row with its closest match elsewhere."""

    rows: pd.DataFrame
    pairs: pd.DataFrame


def difference(ds: Dataset, obs_a: str, obs_b: str) -> Compared:
    """The first value minus the second, in the first one's unit; percentages differ in percentage points.

    Refused (NaN, ``undefined`` = ``not_comparable``) unless the verdict allows it, and for ranks.
    """
    a, b = records(ds, [obs_a, obs_b])
    found = judge(ds, a, b)
    key = f"{obs_a}-{obs_b}/difference"
    percent = a.dimension in ("percent", "percentage_points")
    measure, unit = ("points", "个百分点") if percent else ("level", a.unit)
    if not found.allowed or a.transformation == "rank":
        return Compared(found, _refused(key, measure, unit, a, b))
    other = b.base / a.factor
    formula = f"{plain(a.value)} − {plain(other)}"
    return Compared(found, Figure(key, a.value - other, measure, unit, (obs_a, obs_b), formula))


def ratio(ds: Dataset, obs_a: str, obs_b: str) -> Compared:
    """The first value as a multiple of the second.

    Refused unless the verdict allows it, for percentages and ranks (they differ in points or places), and where the
    second value is not above zero (``undefined`` = ``base_not_positive``).
    """
    a, b = records(ds, [obs_a, obs_b])
    found = judge(ds, a, b)
    key = f"{obs_a}-{obs_b}/ratio"
    if not found.allowed or a.transformation != "level" or a.dimension == "percent":
        return Compared(found, _refused(key, "multiple", "倍", a, b))
    if b.base <= 0:
        return Compared(found, _refused(key, "multiple", "倍", a, b, "base_not_positive"))
    formula = f"{plain(a.value)} ÷ {plain(b.base / a.factor)}"
    return Compared(found, Figure(key, a.base / b.base, "multiple", "倍", (obs_a, obs_b), formula))


def _refused(key: str, measure: str, unit: str, a: Evidence, b: Evidence, why: str = "not_comparable") -> Figure:
    return Figure(key, math.nan, measure, unit, (a.obs_id, b.obs_id), undefined=why)


def pairs(ds: Dataset, obs_ids: Iterable[str]) -> pd.DataFrame:
    """Verdicts for every pair of some observations: columns a, b, status, reasons, keys."""
    import pandas as pd

    found = [judge(ds, a, b) for a, b in combinations(records(ds, obs_ids), 2)]
    rows = [(v.a, v.b, v.status, v.reasons, v.keys) for v in found]
    return pd.DataFrame(rows, columns=["a", "b", "status", "reasons", "keys"])


def matrix(ds: Dataset, obs_ids: Iterable[str]) -> pd.DataFrame:
    """Statuses as a square table with the observations on both sides."""
    import pandas as pd

    asked = records(ds, obs_ids)
    names = [record.obs_id for record in asked]
    cells = [[judge(ds, a, b).status if a is not b else "" for b in asked] for a in asked]
    return pd.DataFrame(cells, index=names, columns=names)


def side_by_side(ds: Dataset, regions: Iterable[str]) -> SideBySide:
    """What several cities state about the same theme in the same unit, with verdicts.

    Each city shows the broadest figures it gives: whole city before branches, places before companies; of a path the
    latest actual value and the first and last target. A theme that only one city speaks of is left out. Undated
    targets are listed with their period ``undated``; nothing is placed on a common axis here.

    Returns
    -------
    SideBySide
        ``rows``: one row per value; ``pairs``: for every row its closest row in every other city, with status,
        reasons (tuple of :class:`Reason`), their keys, and ``best`` for the closest pair of two cities in the group.
    """
    import pandas as pd

    asked = tuple(dict.fromkeys(regions))
    groups: dict[tuple[str, str], dict[str, list[tuple[str, Evidence]]]] = {}
    for city in asked:
        for (theme, dimension), shown in _shown(ds, city).items():
            groups.setdefault((theme, dimension), {})[city] = shown
    rows: list[tuple[Any, ...]] = []
    found: list[tuple[Any, ...]] = []
    for (theme, dimension), by_city in sorted(groups.items()):
        paired: set[str] = set()
        for city_a, city_b in combinations(by_city, 2):
            verdicts = _closest(ds, by_city[city_a], by_city[city_b])
            best = min(verdicts, key=_distance, default=None)
            for v in verdicts:
                found.append((theme, dimension, city_a, city_b, v.a, v.b, v.status, v.reasons, v.keys, v is best))
                paired |= {v.a, v.b}
        for city, shown in by_city.items():
            rows += [_row(ds, theme, dimension, city, role, r) for role, r in shown if r.obs_id in paired]
    return SideBySide(pd.DataFrame(rows, columns=list(ROW_COLUMNS)), pd.DataFrame(found, columns=list(PAIR_COLUMNS)))


def _shown(ds: Dataset, city: str) -> dict[tuple[str, str], list[tuple[str, Evidence]]]:
    rows = ds.of_city(city)
    rows = rows[rows["kind"].isin(SHOWN_KINDS) & rows["transformation"].isin(SHOWN_TRANSFORMATIONS)]
    groups: dict[tuple[str, str], list[Evidence]] = {}
    for record in evidence(ds, rows[rows["obs_value"].notna()]):
        key = (ds.row("indicators", record.indicator)["theme"], record.dimension)
        groups.setdefault(key, []).append(record)
    return {key: _roles(_broadest(found, city)) for key, found in groups.items()}


def _broadest(found: list[Evidence], city: str) -> list[Evidence]:
    """Figures of the whole city before those of its parts, of all branches before single ones."""

    def narrowness(record: Evidence) -> tuple[bool, bool, bool]:
        return (bool(record.subject), bool(record.activity), record.ref_area != city)

    least = min(sum(narrowness(record)) for record in found)
    return [record for record in found if sum(narrowness(record)) <= max(least, 0)]


def _roles(found: list[Evidence]) -> list[tuple[str, Evidence]]:
    """Latest actual, first and last target, every undated aim: one each per measured thing."""
    things: dict[tuple[str, ...], list[Evidence]] = {}
    for r in found:
        things.setdefault((r.ref_area, r.indicator, r.activity, r.subject, r.transformation), []).append(r)
    shown: list[tuple[str, Evidence]] = []
    for group in things.values():
        achieved = sorted((r for r in group if r.kind in ("actual", "estimate")), key=_when)
        aims = sorted((r for r in group if r.kind not in ("actual", "estimate") and r.dated), key=_when)
        undated = [r for r in group if r.kind not in ("actual", "estimate") and not r.dated]
        if achieved:
            shown.append(("latest", achieved[-1]))
        if aims:
            shown.append(("first_target", aims[0]))
        if aims and aims[-1].time_period != aims[0].time_period:
            shown.append(("last_target", aims[-1]))
        first = {r.base: r for r in reversed(undated)}
        shown += [("undated", r) for r in first.values()]
    return shown


def _when(record: Evidence) -> tuple[bool, float]:
    return (record.dated, record.year if record.dated else 0.0)


def _row(ds: Dataset, theme: str, dimension: str, city: str, role: str, r: Evidence) -> tuple[Any, ...]:
    about = ds.row("indicators", r.indicator)
    what = (theme, dimension, city, r.ref_area, r.indicator, r.activity, r.subject, role, r.value, r.unit)
    how = (r.comparator, r.time_period, r.kind, r.transformation, r.price_base, about["concept"], about["scope"])
    return (*what, *how, r.obs_id)


def _closest(ds: Dataset, ours: list[tuple[str, Evidence]], theirs: list[tuple[str, Evidence]]) -> list[Verdict]:
    """For every row the row of the other city that comes nearest to being comparable, each pair once."""

    alike: dict[str, list[Evidence]] = {}
    for _, b in theirs:
        alike.setdefault(_partners(ds, b), []).append(b)
    nearest: dict[str, tuple[tuple[int, int, int], Verdict]] = {}
    for _, a in ours:
        for b in alike.get(_partners(ds, a), ()):
            found = judge(ds, a, b)
            distance = _distance(found)
            for obs_id in (a.obs_id, b.obs_id):
                if obs_id not in nearest or distance < nearest[obs_id][0]:
                    nearest[obs_id] = (distance, found)
    chosen: dict[tuple[str, str], Verdict] = {}
    for obs_id in [*(a.obs_id for _, a in ours), *(b.obs_id for _, b in theirs)]:
        if obs_id in nearest:
            best = nearest[obs_id][1]
            chosen[best.a, best.b] = best
    return list(chosen.values())


def _partners(ds: Dataset, record: Evidence) -> str:
    """What a figure is paired by: money with money whatever it measures, other values within one concept.

    Counts of patents and parks, or a market share and a rate of growth, are not even listed as a pair.
    """
    return "money" if record.dimension == "money" else ds.row("indicators", record.indicator)["concept"]


def _distance(v: Verdict) -> tuple[int, int, int]:
    return (STATUSES.index(v.status), len(v.forbidding), len(v.reasons))


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
