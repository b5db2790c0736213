"""Values of areas beside each other: differences and ratios where legitimate, the order of size where that is safe."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from planbrief.measures.evidence import AIMS, Evidence, evidence
from planbrief.measures.figures import Figure, plain
from planbrief.measures.series import published_year
from planbrief.measures.verdicts import STATUSES, Reason, Status, Verdict, judge, records, verdict

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


__all__ = [
    "STATUSES",
    "Compared",
    "Order",
    "Reason",
    "SideBySide",
    "Status",
    "Verdict",
    "difference",
    "judge",
    "order_of",
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
PAIR_COLUMNS = ("theme", "dimension", "city_a", "city_b", "a", "b", "status", "reasons", "keys", "best", "order")
#: Up to so many areas each is set beside every other; of more, each beside the first, so that cost stays linear.
ALL_PAIRS = 6
#: Unlike price bases may hide so much: an order of size needs a larger gap.
PRICE_GAP = 1.1
#: Industries of one name are drawn differently from place to place: an order needs a gap that no drawing explains.
BRANCH_GAP = 3.0
#: Scope → the scope that holds it, as statistics define them: what holds a smaller sum is itself at least as large.
HELD_BY = {
    "above_designated_size": "all_industry",
    "manufacturing": "all_industry",
    "equipment_manufacturing": "manufacturing",
    "high_tech_manufacturing": "manufacturing",
    "all_industry": "secondary_sector",
    "construction": "secondary_sector",
    "secondary_sector": "whole_economy",
    "finance": "services",
    "producer_services": "services",
    "services": "whole_economy",
    "agriculture": "whole_economy",
    "digital_economy": "whole_economy",
    "private_economy": "whole_economy",
}


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
class Order:
    """Which of two values is the smaller, safe although the two may not be subtracted or divided.

    ``smaller`` and ``larger`` are observation ids; ``because`` says why no difference of definition can turn the order:
    ``intervals`` (they do not meet), ``later`` (the smaller is of a later year), ``aim`` (the smaller is only aimed at,
    the larger was reached), ``part`` (the larger is a part of its city), ``company``, ``scope`` (the smaller counts
    more), ``shorter`` (the larger took less time), ``prices`` (the gap is wider than prices can explain),
    ``branches`` (industries of one name, so far apart that no way of drawing them matters).
    """

    smaller: str
    larger: str
    because: tuple[str, ...]


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
    percent = a.dimension in ("percent", "percentage_points")
    measure, unit = ("points", "个百分点") if percent else ("level", a.unit)
    why = "not_comparable" if a.transformation == "rank" else ""
    other = b.base / a.factor
    return _compared(
        ds, (a, b), "difference", measure, unit, why, a.value - other, f"{plain(a.value)} − {plain(other)}"
    )


def ratio(ds: Dataset, obs_a: str, obs_b: str) -> Compared:
    """The first value as a multiple of the second.

    Refused unless the verdict allows it, for percentages and ranks (they differ in points or places), and where the
    second value is not above zero (``undefined`` = ``base_not_positive``).
    """
    a, b = records(ds, [obs_a, obs_b])
    sized = a.transformation == "level" and a.dimension != "percent"
    why = "not_comparable" if not sized else "base_not_positive" if b.base <= 0 else ""
    value = math.nan if why else a.base / b.base
    formula = f"{plain(a.value)} ÷ {plain(b.base / a.factor)}"
    return _compared(ds, (a, b), "ratio", "multiple", "倍", why, value, formula)


def _compared(
    ds: Dataset, pair: tuple[Evidence, Evidence], name: str, measure: str, unit: str, why: str, value: float,
    formula: str,
) -> Compared:  # fmt: skip
    """The outcome for a pair: refused by its verdict, else for a reason of the operation's own (`why`), else made."""
    verdict_of_pair = judge(ds, *pair)
    why = why if verdict_of_pair.allowed else "not_comparable"
    ids = (pair[0].obs_id, pair[1].obs_id)
    key = f"{ids[0]}-{ids[1]}/{name}"
    if why:
        return Compared(verdict_of_pair, Figure(key, math.nan, measure, unit, ids, undefined=why))
    return Compared(verdict_of_pair, Figure(key, value, measure, unit, ids, formula))


def order_of(ds: Dataset, a: Evidence, b: Evidence) -> Order | None:
    """Which of two levels of one concept is the smaller, where interval, scope, area, period and prices allow it.

    The smaller must be the whole of its city and its period; every other difference must be one that would only make
    the larger larger, or the smaller smaller. None where the order could turn, and for shares and rates.
    """
    if a.most < b.least:
        small, large = a, b
    elif b.most < a.least:
        small, large = b, a
    else:
        return None
    one, other = ds.row("indicators", small.indicator), ds.row("indicators", large.indicator)
    alike = one["concept"] == other["concept"] and a.dimension == b.dimension != "percent"
    if not alike or {a.transformation, b.transformation} != {"level"}:
        return None
    money = ds.nature_of(small.indicator) in ("value", "money")
    if (small.indicator != large.indicator and not money) or small.counterpart_area != large.counterpart_area:
        return None
    whole = small.ref_area == small.city and not small.subject
    if not whole or (large.kind in AIMS and small.kind not in AIMS):
        return None
    because = ["intervals"]
    if small.activity and small.activity != large.activity:
        if not large.activity or large.least < BRANCH_GAP * small.most:
            return None
        because.append("branches")
    last = large.year if large.dated else math.nan
    if not large.dated and large.kind not in AIMS:
        last = published_year(ds, [large.source_id])  # stated as reached: in the year of the document at the latest
    if math.isnan(last) or not small.dated or small.year < last:
        return None
    # From an earlier year the smaller value could have overtaken since: only a later one is safely the smaller.
    if small.year > last:
        because.append("later")
    if small.kind in AIMS and large.kind not in AIMS:
        because.append("aim")
    if large.ref_area != large.city:
        because.append("part")
    if large.subject:
        because.append("company")
    if one["scope"] != other["scope"]:
        if not _holds(one["scope"], other["scope"]):
            return None
        because.append("scope")
    if money and small.price_base != large.price_base:
        if large.least < PRICE_GAP * small.most:
            return None
        because.append("prices")
    if any(reason.key == "period_length" for reason in judge(ds, small, large).reasons):
        if "/" in small.time_period or "-" in small.time_period:
            return None
        because.append("shorter")
    return Order(small.obs_id, large.obs_id, tuple(because))


def _holds(scope: str, part: str) -> bool:
    """Whether a scope counts everything that another counts."""
    while part and part != scope:
        part = HELD_BY.get(part, "")
    return bool(part)


def side_by_side(ds: Dataset, regions: Iterable[str]) -> SideBySide:
    """What several areas state about one concept in one unit, with verdicts.

    Each area shows the broadest figures it gives: the whole before branches, places before companies; of a path the
    latest actual value and the first and last target. A concept that only one area speaks of is left out. Undated
    targets are listed with their period ``undated``; nothing is placed on a common axis here. A province or country
    that is the context of another area asked for is no peer of it and is left out.

    Returns
    -------
    SideBySide
        ``rows``: one row per value; ``pairs``: for every row its closest row in another area, with status
        (``order_safe`` where no difference may be formed and the order of size holds: see :func:`order_of`), reasons
        (tuple of :class:`Reason`), their keys, ``order``, and ``best`` for the closest pair of two areas in the group.
    """
    import pandas as pd

    asked, _ = ds.peers(regions)
    groups: dict[tuple[str, ...], dict[str, list[Thing]]] = {}
    for city in asked:
        for key, things in _shown(ds, city).items():
            groups.setdefault(key, {})[city] = things
    rows: list[tuple[Any, ...]] = []
    pairs_found: list[tuple[Any, ...]] = []
    for (theme, dimension, *_), by_city in sorted(groups.items()):
        paired: dict[str, tuple[str, str, Evidence]] = {}
        for city_a, city_b in _area_pairs(tuple(by_city), asked[0]):
            judged = _nearest(
                _closest(ds, a, b) for a in by_city[city_a] for b in by_city[city_b] if asked_together(ds, a, b)
            )
            best = min(judged, key=_distance, default=None)
            for one in judged:
                order, v = one
                status = "order_safe" if order is not None else v.status
                pairs_found.append(
                    (theme, dimension, city_a, city_b, v.a, v.b, status, v.reasons, v.keys, one is best, order)
                )
            for city in (city_a, city_b):
                for role, r in (item for thing in by_city[city] for item in thing):
                    if any(r.obs_id in (v.a, v.b) for _, v in judged):
                        paired[r.obs_id] = (city, role, r)
        rows += [_row(ds, theme, dimension, city, role, r) for city, role, r in paired.values()]
    return SideBySide(
        pd.DataFrame(rows, columns=list(ROW_COLUMNS)), pd.DataFrame(pairs_found, columns=list(PAIR_COLUMNS))
    )


def _area_pairs(areas: tuple[str, ...], first: str) -> Iterable[tuple[str, str]]:
    """Every two areas of a few, the first of all with each other one of many."""
    if len(areas) <= ALL_PAIRS:
        return combinations(areas, 2)
    start = first if first in areas else areas[0]
    return [(start, other) for other in areas if other != start]


#: The values of one measured thing, each with its role: latest, target, undated.
Thing = list[tuple[str, Evidence]]
#: Ends of names of industries that say nothing of what is made: 装备制造业 is about 装备.
TAILS = ("产业", "工业", "制造业", "制造", "行业", "业", "服务", "产品", "链", "集群")


def head_word(name: str) -> str:
    """What the name of an industry is about: the last two characters of 新材料 and 先进材料 are 材料.

    >>> head_word("先进材料"), head_word("高端装备制造"), head_word("信息服务业")
    ('材料', '装备', '信息')
    """
    tail = next((tail for tail in TAILS if name.endswith(tail) and len(name) > len(tail) + 1), "")
    return head_word(name.removesuffix(tail)) if tail else name[-2:]


def asked_together(ds: Dataset, ours: Thing, theirs: Thing) -> bool:
    """Whether a reader would set two things beside each other: one indicator, or money of one concept, of all
    industries or of industries whose names are about the same."""
    if not ours or not theirs:
        return False
    a, b = ours[0][1], theirs[0][1]
    if a.activity != b.activity:
        if not (a.activity and b.activity):
            return False
        names = [ds.name("activities", r.activity, "zh") for r in (a, b)]
        if head_word(names[0]) != head_word(names[1]):
            return False
    return a.indicator == b.indicator or ds.nature_of(a.indicator) in ("value", "money")


def size_class(record: Evidence) -> bool:
    """Whether a value is a class of size (千亿级), not a number that was printed."""
    return record.half == 0 and record.comparator in ("ge", "gt") and record.dimension == "money"


def _shown(ds: Dataset, city: str) -> dict[tuple[str, ...], list[Thing]]:
    """What a city states, by theme, dimension, concept and transformation: the measured things."""
    rows = ds.of_city(city)
    rows = rows[rows["kind"].isin(SHOWN_KINDS) & rows["transformation"].isin(SHOWN_TRANSFORMATIONS)]
    groups: dict[tuple[str, ...], list[Evidence]] = {}
    for record in evidence(ds, rows[rows["obs_value"].notna()]):
        definition = ds.row("indicators", record.indicator)
        if not size_class(record):
            key = (definition["theme"], record.dimension, definition["concept"], record.transformation)
            groups.setdefault(key, []).append(record)
    return {key: _things(_broadest(records_of_key, city)) for key, records_of_key in groups.items()}


def _broadest(stated: list[Evidence], city: str) -> list[Evidence]:
    """Figures of the whole city before those of its parts, of all branches before single ones, indicator by indicator.

    A zone's figure stays where its city gives none of that indicator.
    """

    def narrowness(record: Evidence) -> int:
        return sum((bool(record.subject), bool(record.activity), record.ref_area != city))

    least: dict[str, int] = {}
    for record in stated:
        least[record.indicator] = min(narrowness(record), least.get(record.indicator, 3))
    return [record for record in stated if narrowness(record) == least[record.indicator]]


def _things(stated: list[Evidence]) -> list[Thing]:
    """Latest actual, every dated target in order, every undated aim: one list for each measured thing."""
    things: dict[tuple[str, ...], list[Evidence]] = {}
    for r in stated:
        things.setdefault((r.ref_area, r.indicator, r.activity, r.subject, r.transformation), []).append(r)
    shown = []
    for group in things.values():
        achieved = sorted((r for r in group if r.kind in ("actual", "estimate")), key=_when)
        aims = {r.time_period: r for r in sorted((r for r in group if r.kind in AIMS and r.dated), key=_when)}
        # Of equal values the first in print stays, so that its locator is the one that is shown.
        undated = {r.base: r for r in reversed(group) if r.kind in AIMS and not r.dated}
        roles = [("latest", achieved[-1])] if achieved else []
        roles += [("target", r) for r in aims.values()] + [("undated", r) for r in undated.values()]
        shown.append(roles)
    return shown


def _when(record: Evidence) -> tuple[bool, float]:
    return (record.dated, record.year if record.dated else 0.0)


def _row(ds: Dataset, theme: str, dimension: str, city: str, role: str, r: Evidence) -> tuple[Any, ...]:
    definition = ds.row("indicators", r.indicator)
    what = (theme, dimension, city, r.ref_area, r.indicator, r.activity, r.subject, role, r.value, r.unit)
    how = (
        r.comparator,
        r.time_period,
        r.kind,
        r.transformation,
        r.price_base,
        definition["concept"],
        definition["scope"],
    )
    return (*what, *how, r.obs_id)


Judged = tuple[Order | None, Verdict]


def _closest(ds: Dataset, ours: Thing, theirs: Thing) -> Judged:
    """The pair of values of two things that comes nearest to being comparable; else the tightest safe order."""
    met = [(judge(ds, a, b), a, b) for _, a in ours for _, b in theirs]
    nearest, _, _ = min(met, key=lambda item: _distance((None, item[0])))
    if nearest.allowed:
        return None, nearest
    safe = [(order, v, min(a.least, b.least)) for v, a, b in met if (order := order_of(ds, a, b)) is not None]
    if not safe:
        return None, nearest
    order, best_pair, _ = max(safe, key=lambda item: item[2])
    return order, best_pair


def _nearest(judged: Iterable[Judged]) -> list[Judged]:
    """Each thing with the nearest of the other area that has no nearer one."""
    met: set[str] = set()
    kept: list[Judged] = []
    # Nearest first, and each figure once: a table would show one value against many, each a little less alike.
    for pair in sorted(judged, key=_distance):
        if met.isdisjoint(ids := {pair[1].a, pair[1].b}):
            met |= ids
            kept.append(pair)
    return kept


def _distance(pair: Judged) -> tuple[float, int, int]:
    order, v = pair
    return (1.5 if order is not None else STATUSES.index(v.status), len(v.forbidding), len(v.reasons))
