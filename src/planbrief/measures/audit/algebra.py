"""Quantities of declared relations: ``value_added_services ÷ gdp``, ``industry_gross_output/leading_industries.*``.

A small language, so that relations are rows of a table:

======================  ==========================================================================================
``gdp``                 the indicator's value, no activity, no subject
``gdp/primary``         of one activity; ``/primary.*`` the sum over its children; ``/?`` any activity, the same
                        one everywhere in the relation
``units#title``         of one subject; ``#*`` the sum over all subjects
``land[target]``        only observations of this kind
``a + b``, ``a × b``, ``a ÷ b``  sums of products and quotients; percentages count as fractions
======================  ==========================================================================================

Every value is carried as the interval that its printed digits leave open.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from planbrief.errors import PlanbriefError
from planbrief.measures.audit.model import SIZES, Context
from planbrief.measures.evidence import Evidence

_ATOM = re.compile(
    r"(?P<indicator>[a-z]\w*)(?:/(?P<activity>\w+|\?)(?P<children>\.\*)?)?(?:#(?P<subject>[^\[\]]+))?"
    r"(?:\[(?P<kind>\w+)\])?"
)
#: Dimensions that carry no unit of their own in a product.
PURE = frozenset({"percent", "count", "people", "kinds", "dimensionless"})


class IllFormedRelation(PlanbriefError):
    """A relation holds a quantity that cannot be read."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"relations: {self.text!r} is no quantity; expected indicator[/activity[.*]][#subject][[kind]]"


@dataclass(frozen=True)
class Atom:
    """One indicator of a relation, with what narrows it down."""

    indicator: str
    activity: str = ""
    children: bool = False
    subject: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Amount:
    """A value in base units with the interval that rounding leaves open, and where it comes from."""

    value: float
    low: float
    high: float
    dimension: tuple[tuple[str, int], ...]
    records: tuple[Evidence, ...]
    formula: str
    complete: bool = True

    @property
    def half(self) -> float:
        """Half the width of the interval, NaN where a bound leaves it open."""
        width = (self.high - self.low) / 2
        return width if math.isfinite(width) else math.nan


@dataclass(frozen=True)
class Scope:
    """Where to look: area and period of the relation, and whether others may stand in."""

    area: str
    period: str
    activity: str = ""
    any_period: bool = False
    in_city: bool = False


def atoms(text: str) -> list[Atom]:
    """All indicators of a quantity."""
    return [parse_atom(part) for term in text.split("+") for part in re.split("[×÷]", term)]


def parse_atom(text: str) -> Atom:
    """One indicator of a quantity; :class:`IllFormedRelation` where it cannot be read."""
    match = _ATOM.fullmatch(text.strip())
    if match is None:
        raise IllFormedRelation(text)
    given = match.groupdict(default="")
    return Atom(given["indicator"], given["activity"], bool(given["children"]), given["subject"], given["kind"])


def amount(ctx: Context, text: str, scope: Scope) -> Amount | None:
    """Value of a quantity, None where a part of it is not stated."""
    terms = [_product(ctx, term, scope) for term in text.split("+")]
    known = [term for term in terms if term is not None]
    if len(known) < len(terms) or len({term.dimension for term in known}) != 1:
        return None
    return total(known)


def total(parts: Sequence[Amount]) -> Amount:
    """Sum of amounts of one dimension; rounding adds up."""
    return Amount(
        sum(part.value for part in parts),
        sum(part.low for part in parts),
        sum(part.high for part in parts),
        parts[0].dimension,
        tuple(record for part in parts for record in part.records),
        " + ".join(part.formula for part in parts),
        all(part.complete for part in parts),
    )


def of_record(record: Evidence) -> Amount:
    """One observation as an amount; a percentage becomes a fraction."""
    scale = 0.01 if record.dimension == "percent" else 1.0
    dimension = () if record.dimension in PURE else ((record.dimension, 1),)
    sign = "%" if record.dimension == "percent" else ""
    values = (record.base * scale, record.least * scale, record.most * scale)
    return Amount(*values, dimension, (record,), f"{record.value:.12g}{sign}")


def _product(ctx: Context, text: str, scope: Scope) -> Amount | None:
    pieces = re.split("([×÷])", text)
    result = _atom(ctx, parse_atom(pieces[0]), scope)
    for sign, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        factor = _atom(ctx, parse_atom(piece), scope)
        if result is None or factor is None or (sign == "÷" and factor.value <= 0):
            return None
        result = _times(result, factor) if sign == "×" else _over(result, factor)
    return result


def _times(a: Amount, b: Amount) -> Amount:
    dimension = _dimension(a, b, 1)
    records, formula = a.records + b.records, f"{_braced(a)} × {_braced(b)}"
    complete = a.complete and b.complete
    low, high = _open(a.low * b.low, -math.inf), _open(a.high * b.high, math.inf)
    return Amount(a.value * b.value, low, high, dimension, records, formula, complete)


def _open(end: float, limit: float) -> float:
    """An end of an interval; undetermined (nothing times anything) is open."""
    return limit if math.isnan(end) else end


def _over(a: Amount, b: Amount) -> Amount:
    dimension = _dimension(a, b, -1)
    records, formula = a.records + b.records, f"{_braced(a)} ÷ {_like(a, b)}"
    complete = a.complete and b.complete
    low, high = _open(a.low / b.high, -math.inf), a.high / b.low if b.low > 0 else math.inf
    return Amount(a.value / b.value, low, _open(high, math.inf), dimension, records, formula, complete)


def _like(a: Amount, b: Amount) -> str:
    """A divisor in the unit of what it divides: 30.94 平方公里 by 24.09 万亩 is 30.94 ÷ (24.09 × 6.66667)."""
    if len(a.records) == len(b.records) == 1:
        first, other = a.records[0], b.records[0]
        if first.dimension == other.dimension and first.factor != other.factor:
            return f"({b.formula} × {other.factor / first.factor:.6g})"
    return _braced(b)


def _dimension(a: Amount, b: Amount, sign: int) -> tuple[tuple[str, int], ...]:
    powers = Counter(dict(a.dimension))
    for name, power in b.dimension:
        powers[name] += sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _braced(part: Amount) -> str:
    return f"({part.formula})" if " + " in part.formula else part.formula


def _atom(ctx: Context, atom: Atom, scope: Scope) -> Amount | None:
    activity = scope.activity if atom.activity == "?" else atom.activity
    if atom.children:
        names = ctx.children.get(activity, ())
        named = [find(ctx, atom, scope, name) for name in names]
        parts = [of_record(record) for record in named if record is not None]
        if not parts or len({part.dimension for part in parts}) != 1:
            return None
        summed = total(parts)
        return summed if len(parts) == len(names) else _incomplete(summed)
    if atom.subject == "*":
        subjects = _subjects(ctx, atom, scope, activity)
        if any(record.obs_id in ctx.suspects for record in subjects):
            return None
        parts = [of_record(record) for record in subjects]
        return total(parts) if parts else None
    record = find(ctx, atom, scope, activity)
    return None if record is None else of_record(record)


def _incomplete(part: Amount) -> Amount:
    return Amount(part.value, part.low, part.high, part.dimension, part.records, part.formula, complete=False)


def _subjects(ctx: Context, atom: Atom, scope: Scope, activity: str) -> list[Evidence]:
    first: dict[str, Evidence] = {}
    for record in _candidates(ctx, atom, activity):
        if record.subject and record.ref_area == scope.area and record.time_period == scope.period:
            first.setdefault(record.subject, record)
    return list(first.values())


def _candidates(ctx: Context, atom: Atom, activity: str) -> list[Evidence]:
    sized = SIZES if ctx.meta(atom.indicator)["aggregation"] in ("share", "rate") else ("level",)
    return [
        record
        for record in ctx.printed.get(atom.indicator, ())
        if record.transformation in sized
        and record.activity == activity
        and (not atom.kind or record.kind == atom.kind)
        and (atom.subject == "*" or record.subject == atom.subject)
    ]


def find(ctx: Context, atom: Atom, scope: Scope, activity: str) -> Evidence | None:
    """The observation that stands for an indicator: same area and period first, then what the scope allows.

    None where there is none, or where the one that stands for it is itself in question.
    """
    ranked = []
    for position, record in enumerate(_candidates(ctx, atom, activity)):
        here, now = record.ref_area == scope.area, record.time_period == scope.period
        if not here and not (scope.in_city and record.city == ctx.ds.city_of(scope.area)):
            continue
        if not now and not scope.any_period:
            continue
        ranked.append((not here, not now, record.kind == "constraint", not record.dated, position, record))
    if not ranked:
        return None
    best: Evidence = min(ranked, key=lambda entry: entry[:-1])[-1]
    return None if best.obs_id in ctx.suspects else best
