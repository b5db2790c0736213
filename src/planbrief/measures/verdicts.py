"""May two values be compared? Decided from the metadata of two observations and their indicators, never by hand.

A reason that forbids makes a pair ``not_comparable``: difference, ratio and common axis are refused. A reason that
only cautions is printed beside the result. Which is which:

======================  ========================================================================================
forbids                 unlike concept, scope or definition; level against share or rate; unlike unit; two stated
                        price bases; actual against target; an aim without a date; a flow of nine months against a
                        year's; opposite bounds; a zone or site against a district or city; a branch against another
                        city's branch; a company against a place; a break or change of definition; no number
cautions                different years; estimate against actual; limit against target; one price basis unstated;
                        a bound; an approximate value; district against prefecture; two branches of one city; two
                        subjects; different base periods; provisional status
======================  ========================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from planbrief.errors import UnknownName
from planbrief.measures.evidence import AIMS, Evidence, evidence
from planbrief.measures.ranges import CEILINGS, FLOORS
from planbrief.targets import periods

if TYPE_CHECKING:
    from planbrief.targets import Dataset

Status = Literal["comparable", "comparable_with_caution", "not_comparable"]
STATUSES: tuple[Status, ...] = ("comparable", "comparable_with_caution", "not_comparable")
#: Of a pair shown side by side, best first: where no difference may be formed, the order of size may still hold.
PAIR_STATUSES = ("comparable", "comparable_with_caution", "order_safe", "not_comparable")

#: Unlike kinds that may still be set against each other, with caution.
NEAR_KINDS = (frozenset({"actual", "estimate"}), frozenset({"target", "constraint"}))
#: Observation status of a broken series and of a changed definition (SDMX CL_OBS_STATUS).
BROKEN = frozenset({"B", "D"})
#: Territorial units from large to small; zones, sites and other places are parts without an administration's totals.
LARGE, CITIES = frozenset({"country", "province"}), frozenset({"prefecture", "district", "county"})


@dataclass(frozen=True)
class Reason:
    """One difference between two observations.

    ``a`` and ``b`` are codes of the vocabulary that ``key`` names (a scope, an indicator, a period …); ``forbids``
    says whether the pair may not be compared because of it.
    """

    key: str
    a: str
    b: str
    forbids: bool


@dataclass(frozen=True)
class Verdict:
    """Whether two observations may be compared, with every difference found."""

    a: str
    b: str
    status: Status
    reasons: tuple[Reason, ...]

    @property
    def allowed(self) -> bool:
        """Whether a difference or ratio may be formed."""
        return self.status != "not_comparable"

    @property
    def forbidding(self) -> tuple[Reason, ...]:
        """The reasons that forbid."""
        return tuple(reason for reason in self.reasons if reason.forbids)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all reasons, in order."""
        return tuple(reason.key for reason in self.reasons)


def verdict(ds: Dataset, obs_a: str, obs_b: str) -> Verdict:
    """Whether two observations may be compared.

    Parameters
    ----------
    ds : Dataset
        Any data set.
    obs_a, obs_b : str
        Observation ids.

    Raises
    ------
    planbrief.errors.UnknownName
        For an id that the data set does not have.
    """
    a, b = records(ds, [obs_a, obs_b])
    return judge(ds, a, b)


def records(ds: Dataset, wanted: Iterable[str]) -> list[Evidence]:
    """Observations by id, in the order asked for; :class:`~planbrief.errors.UnknownName` for an unknown one."""
    asked = list(wanted)
    by_id = {record.obs_id: record for record in evidence(ds, ds.select(obs_id=asked))}
    for obs_id in asked:
        if obs_id not in by_id:
            raise UnknownName("observation", obs_id, tuple(by_id))
    return [by_id[obs_id] for obs_id in asked]


def judge(ds: Dataset, a: Evidence, b: Evidence, *, ignoring: Iterable[str] = ()) -> Verdict:
    """The verdict on two records; differences named in `ignoring` do not count."""
    # The whole reasons are kept, not those that count: a view that ignores some must not decide for the others.
    skipped = frozenset(ignoring)
    # Values do not matter to a verdict: many pairs of many cities are alike in all that does.
    known: dict[object, tuple[Reason, ...]] = ds.memory.setdefault(Reason, {})
    question = (_metadata(ds, a), _metadata(ds, b), a.ref_area == b.ref_area)
    reasons = known.get(question)
    if reasons is None:
        reasons = known[question] = tuple(_reasons(ds, a, b))
    counting = tuple(reason for reason in reasons if reason.key not in skipped) if skipped else reasons
    status: Status = "comparable"
    if any(reason.forbids for reason in counting):
        status = "not_comparable"
    elif counting:
        status = "comparable_with_caution"
    return Verdict(a.obs_id, b.obs_id, status, counting)


def _metadata(ds: Dataset, r: Evidence) -> tuple[object, ...]:
    """Everything about a record that a verdict looks at."""
    what = (r.indicator, r.activity, r.subject, r.transformation, r.kind, r.comparator, r.status, r.stated, r.dated)
    measured = (r.unit, r.dimension, r.price_base, r.base_period, r.time_period, r.counterpart_area)
    return (*what, *measured, ds.row("areas", r.ref_area)["level"])


def _reasons(ds: Dataset, a: Evidence, b: Evidence) -> Iterator[Reason]:
    yield from _status(a, b)
    yield from _definition(ds, a, b)
    yield from _prices(ds, a, b)
    yield from _kinds(a, b)
    yield from _time(ds, a, b)
    yield from _bounds(a, b)
    yield from _places(ds, a, b)


def _status(a: Evidence, b: Evidence) -> Iterator[Reason]:
    if not (a.stated and b.stated):
        yield Reason("missing", a.status, b.status, True)
    elif {a.status, b.status} & BROKEN:
        yield Reason("break", a.status, b.status, True)
    elif a.status != b.status:
        yield Reason("status", a.status, b.status, False)


def _definition(ds: Dataset, a: Evidence, b: Evidence) -> Iterator[Reason]:
    if a.indicator != b.indicator:
        first, other = ds.row("indicators", a.indicator), ds.row("indicators", b.indicator)
        unlike = [column for column in ("concept", "scope") if first[column] != other[column]]
        for column in unlike:
            yield Reason(column, first[column], other[column], True)
        if not unlike:
            yield Reason("definition", a.indicator, b.indicator, True)
    if a.transformation != b.transformation:
        yield Reason("transformation", a.transformation, b.transformation, True)
    if a.dimension != b.dimension:
        yield Reason("unit", a.unit, b.unit, True)
    if a.counterpart_area != b.counterpart_area:
        yield Reason("counterpart_area", a.counterpart_area, b.counterpart_area, True)
    if a.base_period != b.base_period and a.transformation == b.transformation and a.time_period == b.time_period:
        yield Reason("base_period", a.base_period, b.base_period, False)
    if a.activity != b.activity:
        yield Reason("activity", a.activity, b.activity, a.ref_area != b.ref_area)
    if a.subject != b.subject:
        yield Reason("subject", a.subject, b.subject, not (a.subject and b.subject))


def _prices(ds: Dataset, a: Evidence, b: Evidence) -> Iterator[Reason]:
    if a.price_base == b.price_base:
        return
    priced = [r.dimension == "money" or ds.nature_of(r.indicator) == "value" for r in (a, b)]
    if all(priced):
        yield Reason("price_base", a.price_base, b.price_base, bool(a.price_base and b.price_base))


def _kinds(a: Evidence, b: Evidence) -> Iterator[Reason]:
    if a.kind != b.kind:
        yield Reason("kind", a.kind, b.kind, {a.kind, b.kind} not in NEAR_KINDS)


def _time(ds: Dataset, a: Evidence, b: Evidence) -> Iterator[Reason]:
    if not (a.dated and b.dated):
        aimed = any(r.kind in AIMS and not r.dated for r in (a, b))
        stock = all(_stock(ds, r) for r in (a, b))
        yield Reason("undated", a.time_period, b.time_period, aimed or not stock)
    elif _days(a) != _days(b):
        alike = periods.shape(a.time_period) == periods.shape(b.time_period)
        stock = all(_stock(ds, r) for r in (a, b))
        if not alike and not stock and not _yearly_average(a, b):
            yield Reason("period_length", a.time_period, b.time_period, True)
        else:
            yield Reason("period", a.time_period, b.time_period, False)


def _days(record: Evidence) -> tuple[date, date]:
    """First and last day of a record's period: 2025-H1 and 2025-01/2025-06 are one."""
    at = periods.parse(record.time_period)
    return at.first, at.last


def _yearly_average(a: Evidence, b: Evidence) -> bool:
    """Whether both are averages a year over stretches of whole years, which may differ in length."""
    return all(r.transformation == "avg_annual" and periods.parse(r.time_period).precision == "A" for r in (a, b))


def _stock(ds: Dataset, record: Evidence) -> bool:
    definition = ds.row("indicators", record.indicator)
    return record.transformation in ("level", "share") and (
        ds.nature_of(record.indicator) == "stock" or definition["aggregation"] == "count"
    )


def _bounds(a: Evidence, b: Evidence) -> Iterator[Reason]:
    first, other = a.comparator, b.comparator
    if {first, other} == {"eq"}:
        return
    opposite = (first in FLOORS and other in CEILINGS) or (first in CEILINGS and other in FLOORS)
    if {first, other} <= {"eq", "approx"}:
        yield Reason("approximate", first, other, False)
    else:
        yield Reason("bound", first, other, opposite)


def _places(ds: Dataset, a: Evidence, b: Evidence) -> Iterator[Reason]:
    first, other = (ds.row("areas", r.ref_area)["level"] for r in (a, b))
    if first == other:
        return
    cities = {first, other} <= CITIES
    large = {first, other} <= LARGE | CITIES
    intensive = ds.row("indicators", a.indicator)["aggregation"] in ("share", "rate") or a.transformation != "level"
    yield Reason("area_level", first, other, not (cities or (large and intensive)))
