"""Relations that the table of relations declares: equal, within, below, near, inside.

Each row says which two quantities must agree and how; a row may name the difference of definition that explains a
disagreement, which then is not comparable instead of inconsistent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from planbrief.measures.audit.algebra import PURE, Amount, Atom, Scope, amount, atoms
from planbrief.measures.audit.model import Context, Finding, Identity, Number, Result, Severity, at_one_price, key_of
from planbrief.measures.evidence import Evidence, ids
from planbrief.measures.labels import Label, label, listing, period, place

#: Signs that this module checks; the others belong to :mod:`.implied` and :mod:`.lists`.
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
    leading = sides[:1]
    scopes_by_key: dict[tuple[str, str, str], Scope] = {}
    for atom in leading:
        for record in ctx.printed[atom.indicator]:
            if not _leads(ctx, atom, record):
                continue
            activity = record.activity if atom.activity == "?" else ""
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
    finding_id = key_of(rule, scope.area, row["relation"], scope.activity, scope.period)
    scale, unit = shown_in(left, right)
    records = left.records + right.records
    tolerance = (left.half + right.half) * scale
    yield Identity(finding_id, rule, holds, ids(records), left.value * scale, right.value * scale, tolerance, unit)
    if holds:
        return
    severity = _severity(ctx, row, left, right)
    gap = abs(left.value - right.value) * scale
    measure = "share" if unit == "%" else "level"
    sums = {  # a figure that stands as printed has no arithmetic
        side: amount.formula if any(sign in amount.formula for sign in "+×÷") else ""
        for side, amount in (("left", left), ("right", right))
    }
    numbers: dict[str, Number] = {
        "area": label(ctx.ds, "areas", scope.area),
        "place": place(label(ctx.ds, "areas", scope.area), scope.period),
        "period": period(scope.period),
        "left_name": Label(row["left_zh"], row["left_en"]),
        "right_name": Label(row["right_zh"], row["right_en"]),
        "left": ctx.figure(
            finding_id, "left", left.value * scale, unit, left.records, measure=measure, formula=sums["left"]
        ),
        "right": ctx.figure(
            finding_id, "right", right.value * scale, unit, right.records, measure=measure, formula=sums["right"]
        ),
        "gap": ctx.figure(
            finding_id,
            "gap",
            gap,
            "个百分点" if unit == "%" else unit,
            records,
            measure="points" if unit == "%" else "level",
        ),
        "difference": Label(row["difference_zh"], row["difference_en"]),
    }
    items = ctx.items(left.records, "left") + ctx.items(right.records, "right")
    message = f"audit.relation.{sign}.{severity}"
    yield Finding(
        finding_id, rule, severity, items, numbers, message, gap, tolerance, "个百分点" if unit == "%" else unit
    )


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
