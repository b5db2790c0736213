"""Observations as typed records that know their printed precision, their size in base units and their prices.

The comparison and the audit walk over single observations and ask each for its bounds, its unit's dimension and its
place in the trees of areas and activities; a frame's row would answer with text.

Without the same prices no growth, completion or gap is computed between two values. An actual value without a stated
price basis is at current prices, as communiqués print them; a value at current prices of a year is at constant prices
of that same year too. A target without a stated basis may mean any. Shares and rates take part only where both state a
basis.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from planbrief.measures.ranges import CEILINGS, FLOORS
from planbrief.targets import periods
from planbrief.targets.frames import records_of

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


CURRENT, CONSTANT, REAL = "current", "constant_", "real"
#: Kinds that say what is wanted.
AIMS = frozenset({"target", "constraint", "commitment"})
#: Source of the definition of an indicator that ``accept`` took over from a document, by name only.
AS_NAMED = "planbrief accept"


def bases(price_base: str, time_period: str, kind: str, *, money: bool = True) -> frozenset[str]:
    """Price bases that a value may be at; empty where it may be any.

    >>> sorted(bases("", "2023", "actual")), sorted(bases("constant_2023", "2026", "target"))
    (['constant_2023', 'current'], ['constant_2023'])
    """
    if not price_base and (kind in AIMS or not money):
        return frozenset()
    if price_base not in ("", CURRENT) and not price_base.startswith(CONSTANT):
        return frozenset({price_base})
    year = time_period if periods.whole_year(time_period) else ""
    if price_base in ("", CURRENT):
        return frozenset({CURRENT, f"{CONSTANT}{year}"} if year else {CURRENT})
    return frozenset({price_base, CURRENT} if price_base == f"{CONSTANT}{year}" else {price_base})


def alike(bases_of_one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two values may be at the same prices."""
    return not bases_of_one or not other or not bases_of_one.isdisjoint(other)


_DIGITS = re.compile(r"\d[\d,]*(?:\.(\d+))?")
#: Dimensions of things that are counted one by one: 31 项 is 31, not 30.5 to 31.5 (31 万项 is).
COUNTED = frozenset({"count", "kinds"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation with everything that rules ask of it."""

    obs_id: str
    source_id: str
    ref_area: str
    city: str
    subject: str
    indicator: str
    activity: str
    time_period: str
    year: float
    kind: str
    value: float
    upper: float
    comparator: str
    transformation: str
    counterpart_area: str
    unit: str
    price_base: str
    base_period: str
    status: str
    locator: str
    start: int
    end: int
    half: float
    factor: float
    dimension: str

    @property
    def stated(self) -> bool:
        """Whether the cell holds a number."""
        return not math.isnan(self.value)

    @property
    def dated(self) -> bool:
        """Whether the period says when."""
        return not math.isnan(self.year)

    @property
    def base(self) -> float:
        """Value in the base unit of its dimension (percent stays percent)."""
        return self.value * self.factor

    @property
    def base_half(self) -> float:
        """Half the last printed digit in the base unit."""
        return self.half * self.factor

    @property
    def low(self) -> float:
        """Smallest value in base units that rounding leaves open."""
        return self.base - self.base_half

    @property
    def high(self) -> float:
        """Largest value in base units that rounding leaves open."""
        return self.base + self.base_half

    @property
    def least(self) -> float:
        """Smallest value in base units that rounding and wording leave open: nothing limits what is at most so much."""
        if self.comparator in CEILINGS:
            return 0.0 if self.base >= 0 else -math.inf
        return self.low

    @property
    def most(self) -> float:
        """Largest value in base units that rounding and wording leave open."""
        if self.comparator in FLOORS:
            return math.inf
        return self.upper * self.factor if self.comparator == "range" and self.upper > self.value else self.high


def half_digit(value_text: str) -> float:
    """Half a unit of the last printed digit: 142.8 → 0.05, 1000 → 0.5, 千亿级 → 0 (a class, not a rounding).

    >>> half_digit("142.8"), half_digit("1000"), half_digit("千亿级")
    (0.05, 0.5, 0.0)
    """
    digits = _DIGITS.search(value_text)
    if digits is None:
        return 0.0
    return 0.5 * 10.0 ** -len(digits.group(1) or "")


def evidence(ds: Dataset, rows: pd.DataFrame) -> tuple[Evidence, ...]:
    """Rows of ``ds.observations`` as records, in their order of print; each is made once for all data sets."""
    known: dict[str, Evidence] = ds.package.memory.setdefault(Evidence, {})
    asked = rows.index.tolist()
    if missing := [obs_id for obs_id in asked if obs_id not in known]:
        fresh = rows if len(missing) == len(asked) else rows.loc[missing]
        known.update((record.obs_id, record) for record in _records(ds, fresh))
    if len(missing) < len(asked):  # what the known ones were made of is read again
        _ = ds.unit_table
        for area in {known[obs_id].ref_area for obs_id in asked}:
            ds.city_of(area)
    return tuple(sorted((known[obs_id] for obs_id in asked), key=lambda record: (record.source_id, record.start)))


def _records(ds: Dataset, rows: pd.DataFrame) -> Iterator[Evidence]:
    known = ds.unit_table
    for row in (SimpleNamespace(**record) for record in records_of(rows, "obs_id")):
        value, unit = float(row.obs_value), str(row.unit_measure)
        parsed = known.parse(unit)
        exact = math.isnan(value) or (parsed.dimension in COUNTED and parsed.factor == 1)
        half = 0.0 if exact else half_digit(str(row.value_text))
        yield Evidence(
            obs_id=str(row.obs_id),
            source_id=row.source_id,
            ref_area=row.ref_area,
            city=ds.city_of(row.ref_area),
            subject=row.subject,
            indicator=row.indicator,
            activity=row.activity,
            time_period=row.time_period,
            year=float(row.year),
            kind=row.kind,
            value=value,
            upper=float(row.upper_value),
            comparator=row.comparator,
            transformation=row.transformation,
            counterpart_area=row.counterpart_area,
            unit=unit,
            price_base=row.price_base,
            base_period=row.base_period,
            status=row.obs_status,
            locator=row.locator,
            start=int(row.char_start),
            end=int(row.char_end),
            half=half,
            factor=parsed.factor,
            dimension=parsed.dimension,
        )


def ids(items: Iterable[Evidence]) -> tuple[str, ...]:
    """Observation ids of records, each once, in order."""
    return tuple(dict.fromkeys(item.obs_id for item in items))


#: What makes two observations one fact: printed in two places, they become one row with both.
FACT = (
    *("ref_area", "indicator", "activity", "subject", "counterpart_area", "time_period", "kind", "transformation"),
    *("obs_value", "upper_value", "comparator", "unit_measure", "price_base", "obs_status"),
)


def merged_facts(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Observations as facts in document order, each with the ids of all observations that print it.

    Equal numbers in one place of a document are not one fact said twice: 二个千亿级、二个五百亿级 are two pairs of
    clusters. The second of a place is joined with the second of another.
    """
    facts: dict[tuple[Any, ...], dict[str, Any]] = {}
    seen: Counter[tuple[Any, ...]] = Counter()
    records: list[dict[str, Any]] = records_of(rows.reset_index())
    for row in records:
        fact = tuple("" if isinstance(row[n], float) and math.isnan(row[n]) else row[n] for n in FACT)
        place = (*fact, row["source_id"], row["locator"])
        key = (*fact, seen[place])
        seen[place] += 1
        if key not in facts:
            facts[key] = {**row, "observations": ()}
        facts[key]["observations"] += (row["obs_id"],)
    return list(facts.values())
