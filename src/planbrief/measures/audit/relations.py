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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from planbrief.errors import PlanbriefError
from planbrief.measures.audit.model import (
    SIZES,
    Context,
    Finding,
    Number,
    Question,
    Result,
    Severity,
    at_one_price,
    computed,
)
from planbrief.measures.evidence import Evidence
from planbrief.measures.figures import Figure
from planbrief.targets.names import Label, label, listing, period, place

_ATOM = re.compile(
    r"(?P<indicator>[a-z]\w*)(?:/(?P<activity>\w+|\?)(?P<children>\.\*)?)?(?:#(?P<subject>[^\[\]]+))?"
    r"(?:\[(?P<kind>\w+)\])?"
)
#: Dimensions that carry no unit of their own in a product.
PURE = frozenset({"percent", "count", "people", "kinds", "dimensionless"})


class IllFormedRelation(PlanbriefError):
    """A relation holds a quantity that cannot be read."""

    text = "relations: {!r} is no quantity; expected indicator[/activity[.*]][#subject][[kind]]"


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
    # Quantities of a plan are not negative, so that the product of the lower ends is the lowest.
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
        return replace(summed, complete=len(parts) == len(names))
    if atom.subject == "*":
        subjects = _subjects(ctx, atom, scope, activity)
        if any(record.obs_id in ctx.suspects for record in subjects):
            return None
        parts = [of_record(record) for record in subjects]
        return total(parts) if parts else None
    record = find(ctx, atom, scope, activity)
    return None if record is None else of_record(record)


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
        # Here and now before elsewhere and another time; a figure before a limit, dated before undated, first in print.
        ranked.append((not here, not now, record.kind == "constraint", not record.dated, position, record))
    if not ranked:
        return None
    best: Evidence = min(ranked, key=lambda entry: entry[:-1])[-1]
    return None if best.obs_id in ctx.suspects else best


#: Signs that this module checks; the others belong to :mod:`.totals` and :mod:`.lists`.
SIGNS = ("equal", "within", "below", "near", "inside")
#: How far two orders of magnitude may lie apart before a unit slip is suspected.
NEAR_FACTOR = 2.0
#: Relative slack for floating-point arithmetic, far below any printed digit.
EPSILON = 1e-9


def check_relations(ctx: Context) -> Iterator[Result]:
    """Check every declared relation wherever its quantities are stated."""
    for row in ctx.tables.relations:
        if row["sign"] not in SIGNS:
            continue
        explained_at: dict[tuple[str, str], list[Finding]] = {}
        for scope in scopes(ctx, row):
            left, right = amount(ctx, row["left"], scope), amount(ctx, row["right"], scope)
            if left is None or right is None:
                continue
            for result in _check(ctx, row, scope, left, right):
                if isinstance(result, Finding) and result.severity == "not_comparable":
                    explained_at.setdefault((scope.area, scope.activity), []).append(result)
                else:
                    yield result
        for findings in explained_at.values():
            yield _once(findings)


def _once(findings: list[Finding]) -> Finding:
    """A difference of definition is told once, with the first period's figures, and names all periods."""
    first = findings[0]
    items = tuple(dict.fromkeys(item for finding in findings for item in finding.items))
    if len(findings) == 1:
        return first
    when = listing(p for finding in findings if isinstance(p := finding.numbers["period"], Label))
    area = first.numbers["area"]
    here = Label(f"{area.zh}（{when.zh}）", f"{area.en}, {when.en}") if isinstance(area, Label) else when
    return replace(first, items=items, numbers={**first.numbers, "place": here})


def scopes(ctx: Context, row: Mapping[str, str]) -> list[Scope]:
    """Areas, periods and activities in which a relation can be asked about: those of its first indicator.

    With ``periods`` = same, every period of any of its indicators counts.
    """
    sides = atoms(row["left"]) + atoms(row["right"])
    if any(atom.indicator not in ctx.printed for atom in sides):
        return []
    any_period, in_city = row["periods"] == "any", row["areas"] == "city"
    leading = sides[0]
    scopes_by_key: dict[tuple[str, str, str], Scope] = {}
    for record in ctx.printed[leading.indicator]:
        if not _leads(ctx, leading, record):
            continue
        activity = record.activity if leading.activity == "?" else ""
        scope = Scope(record.ref_area, record.time_period, activity, any_period, in_city)
        scopes_by_key.setdefault((record.ref_area, "" if any_period else record.time_period, activity), scope)
    return list(scopes_by_key.values())


def _leads(ctx: Context, atom: Atom, record: Evidence) -> bool:
    if atom.kind and record.kind != atom.kind:
        return False
    if atom.children:
        return record.activity in ctx.children.get(atom.activity, ())
    if atom.activity == "?":
        return bool(record.activity)
    return record.activity == atom.activity


def _check(ctx: Context, row: Mapping[str, str], scope: Scope, left: Amount, right: Amount) -> Iterator[Result]:
    sign, rule = row["sign"], row["rule"]
    if (left.dimension != right.dimension and sign != "near") or not at_one_price(left.records + right.records):
        return
    if sign in ("equal", "within") and not right.complete:
        return
    # Parts that are not all printed cannot make up the whole; together they may still not exceed it.
    if sign == "equal" and not left.complete:
        sign = "within"
    slack = EPSILON * max(abs(left.value), abs(right.value), 1e-12)
    holds = {
        "equal": left.low <= right.high + slack and right.low <= left.high + slack,
        "within": left.low <= right.high + slack,
        "below": left.value < right.value,
        "near": max(left.value, right.value) <= NEAR_FACTOR * min(left.value, right.value),
        "inside": _inside(left, right),
    }[sign]
    asked = Question(rule, rule, "relation").about(scope.area, row["relation"], scope.activity, scope.period)
    scale, unit = shown_in(left, right)
    records = left.records + right.records
    tolerance = (left.half + right.half) * scale
    yield asked.identity(holds, records, left.value * scale, right.value * scale, tolerance, unit)
    if holds:
        return
    gap = abs(left.value - right.value) * scale
    percent = unit == "%"
    gap_unit = "个百分点" if percent else unit

    def shown(side: Amount) -> Figure:
        # A figure that stands as printed has no arithmetic.
        formula = side.formula if any(operation in side.formula for operation in "+×÷") else ""
        return computed(side.value * scale, unit, side.records, formula, measure="share" if percent else "level")

    numbers: dict[str, Number] = {
        "area": label(ctx.ds, "areas", scope.area),
        "place": place(label(ctx.ds, "areas", scope.area), scope.period),
        "period": period(scope.period),
        "left_name": Label(row["left_zh"], row["left_en"]),
        "right_name": Label(row["right_zh"], row["right_en"]),
        "left": shown(left),
        "right": shown(right),
        "gap": computed(gap, gap_unit, records, measure="points" if percent else "level"),
        "difference": Label(row["difference_zh"], row["difference_en"]),
    }
    items = ctx.items(left.records, "left") + ctx.items(right.records, "right")
    severity = _severity(ctx, row, left, right)
    yield asked.finding(severity, f"{sign}.{severity}", items, numbers, gap, tolerance, gap_unit)


def _inside(left: Amount, right: Amount) -> bool:
    band = right.records[0]
    upper = band.upper * band.factor if band.comparator == "range" else band.base
    return band.base <= left.value <= upper


def _severity(ctx: Context, row: Mapping[str, str], left: Amount, right: Amount) -> Severity:
    if row["sign"] == "below":
        return "note"
    if row["sign"] == "near":
        return "implausible"
    if row["difference_en"] or explained(ctx, left, right):
        return "not_comparable"
    return "inconsistent"


def explained(ctx: Context, left: Amount, right: Amount) -> bool:
    """Whether the two sides are unlike concepts, so that neither need contain the other.

    Value added is part of gross output of the same scope, and of regional product.
    """
    of_left = {(m["concept"], m["scope"]) for m in (ctx.meta(r.indicator) for r in left.records)}
    of_right = {(m["concept"], m["scope"]) for m in (ctx.meta(r.indicator) for r in right.records)}
    concepts = {concept for concept, _ in of_left | of_right}
    if len(concepts) == 1 or concepts <= {"value_added", "gdp"}:
        return False
    contained = concepts == {"value_added", "gross_output"} and {c for c, _ in of_left} == {"value_added"}
    if contained and {s for _, s in of_left} == {s for _, s in of_right}:
        return False
    return "revenue" in concepts or concepts & {"value_added", "gross_output"} == {"value_added", "gross_output"}


def shown_in(left: Amount, right: Amount) -> tuple[float, str]:
    """Factor and printed unit in which both sides are shown: percent for fractions, else a unit of their dimension."""
    records = left.records + right.records
    if left.dimension:
        shown = next(record for record in records if ((record.dimension, 1),) == left.dimension)
        return 1.0 / shown.factor, shown.unit
    if any(record.dimension == "percent" for record in records):
        return 100.0, "%"
    single = [side.records[0] for side in (right, left) if len(side.records) == 1 and side.records[0].dimension in PURE]
    return (1.0 / single[0].factor, single[0].unit) if single else (1.0, "")
