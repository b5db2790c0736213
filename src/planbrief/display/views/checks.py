"""What an audit checked: outcomes by family of rules, sums beside totals, and everything that agrees."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from planbrief.display.language import Text, has_message, message, sentence_case
from planbrief.display.numbers import rounded
from planbrief.display.table import Cell, Column, Table
from planbrief.display.views.findings import both, rule_label
from planbrief.display.views.industries import unit_label
from planbrief.measures.audit import RULES, SEVERITIES, Audit, Identity, audit_tables
from planbrief.measures.figures import Figure
from planbrief.measures.headlines.audit_counts import EXACT, identity_name, identity_period
from planbrief.measures.industries import tree_observations
from planbrief.measures.labels import Label, label, listing

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = ["agreements", "outcomes_table", "totals_table"]

#: Families whose identities set one amount against another.
TWO_SIDED = ("parts_total", "stated_share", "implied_total", "cluster_wording", "magnitude", "required_growth")


def outcomes_table(region: str, audit: Audit) -> Table | None:
    """How many relations each family of rules checked, how many agree, and which questions came of the others."""
    rows: list[tuple[Cell, ...]] = []
    for rule in (rule for rule in RULES if any(one.rule == rule for one in audit.checked)):
        checked = [one for one in audit.checked if one.rule == rule]
        numbers = [len(checked), sum(one.agrees for one in checked)]
        numbers += [sum(f.rule == rule for f in audit.of(severity)) for severity in SEVERITIES]
        rows.append((Cell(rule_label(rule), head=True), *counts(f"{region}/audit/{rule}", numbers)))
    if not rows:
        return None
    if len(rows) > 1:
        whole = [len(audit.checked), len(audit.agreeing), *(len(audit.of(severity)) for severity in SEVERITIES)]
        rows.append((Cell(both("value.all"), head=True), *counts(f"{region}/audit/all", whole)))
    columns = [
        Column("rule", both("head.rule"), head=True, width=2.6),
        Column("checked", both("head.checked"), "count", width=1),
        Column("agree", both("head.agree"), "count", width=1),
    ]
    for severity in SEVERITIES:
        names = [sentence_case(message(f"severity.{severity}", lang)) for lang in ("zh", "en")]
        columns.append(Column(severity, (names[0], names[1]), "count", width=1.1))
    return Table(tuple(columns), tuple(rows), both("caption.outcomes"), (both("note.outcomes"),), sortable=False)


def counts(key: str, numbers: Sequence[int]) -> Iterator[Cell]:
    """Counts as cells; a zero steps back."""
    for position, number in enumerate(numbers):
        yield Cell(Figure(f"{key}/{position}", float(number), "count"), tone="" if number else "muted")


def amount(value: float, tolerance: float, ids: tuple[str, ...] = ()) -> Cell:
    """A computed amount with as many decimals as its tolerance makes meaningful."""
    if math.isnan(value):
        return Cell("—", tone="muted")
    decimals = 2 if math.isnan(tolerance) else 3
    if abs(value - round(value, decimals)) < EXACT * abs(value):
        return Cell(round(value, decimals), ids)  # as printed, or a short sum without the noise of its floats
    if tolerance and math.isfinite(tolerance):
        decimals = min(3, max(0, math.ceil(-math.log10(tolerance))))
    return Cell(float(rounded(value, decimals)), ids)


def tolerated(tolerance: float, ids: tuple[str, ...]) -> Cell:
    """A tolerance to two decimals, a smaller one to three."""
    if math.isnan(tolerance):
        return Cell("—", tone="muted")
    return Cell(float(rounded(tolerance, 2 if tolerance == 0 or tolerance >= 0.01 else 3)), ids)


def totals_table(ds: Dataset, region: str, audit: Audit) -> Table | None:
    """Sums of industries and branches beside the totals that the document prints, year by year."""
    shown = tree_observations(ds, region)
    relations = audit_tables(ds).relations
    chosen: dict[Label, list[Identity]] = {}
    for one in audit.checked:
        inside = len(set(one.observations) & shown)
        # A sum of industries or branches has several of them; a single one stands here only if it is asked about.
        if one.rule == "parts_total" and not math.isnan(one.left) and inside > (1 if one.agrees else 0):
            chosen.setdefault(without_place(ds, region, identity_name(ds, one, relations)), []).append(one)
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Text] = {}
    units: dict[str, None] = {}
    for name, one in ((name, one) for name, found in chosen.items() for one in found):
        units.setdefault(one.unit)
        if one is chosen[name][0]:
            groups[len(rows)] = name
        rows.append(
            (
                Cell(identity_period(ds, one), head=True),
                amount(one.left, one.tolerance, one.observations),
                amount(one.right, one.tolerance, one.observations),
                amount(one.left - one.right, one.tolerance, one.observations),
                tolerated(one.tolerance, one.observations),
                outcome(audit, one),
            )
        )
    if not rows:
        return None
    columns = (
        Column("period", both("head.period"), head=True, width=1),
        Column("left", both("head.parts"), "number", width=0.9),
        Column("right", both("head.total"), "number", width=0.9),
        Column("gap", both("head.gap"), "number", width=0.9),
        Column("tolerance", both("head.tolerance"), "number", width=0.9),
        Column("outcome", both("head.outcome"), width=1.1),
    )
    place = label(ds, "areas", region)
    notes = (both("note.totals"), both("note.unit", unit=listing(unit_label(unit) for unit in units)))
    return Table(columns, tuple(rows), both("caption.totals", place=place), notes, groups=groups, sortable=False)


def without_place(ds: Dataset, region: str, name: Label) -> Label:
    """A name without the place that the whole page is about."""
    place = label(ds, "areas", region)
    en = name.en.removeprefix(f"{place.en}: ")
    return Label(name.zh.removeprefix(f"{place.zh}："), sentence_case(en))


def outcome(audit: Audit, identity: Identity) -> Cell:
    """What came of a check, in words."""
    if identity.agrees:
        return Cell(both("value.agrees"))
    found = [f for f in audit if f.id == identity.id]
    found = found or [f for f in audit if set(identity.observations) <= set(f.observations)]
    severity = found[0].severity if found else "not_comparable"
    names = [sentence_case(message(f"severity.{severity}", lang)) for lang in ("zh", "en")]
    return Cell((names[0], names[1]), tone="warn" if severity in ("inconsistent", "implausible") else "")


def agreements(ds: Dataset, region: str, audit: Audit) -> Iterator[tuple[Label, Table]]:
    """Everything that was checked and agrees: a compact table per family of rules."""
    relations = audit_tables(ds).relations
    for rule in RULES:
        chosen = [one for one in audit.agreeing if one.rule == rule]
        if not chosen:
            continue
        name = rule_label(rule)
        named = [(one, without_place(ds, region, identity_name(ds, one, relations))) for one in chosen]
        build = two_sided if rule in TWO_SIDED else {"milestones": paths, "list_count": lists}.get(rule, repeats)
        columns, rows, groups = build(ds, named)
        explained = has_message(f"audit_page.agreeing.{rule}", "zh")
        notes = (both(f"agreeing.{rule}"),) if explained else ()
        yield name, Table(tuple(columns), tuple(rows), both("caption.agreeing", rule=name), notes, groups=groups)


Named = Sequence[tuple[Identity, Label]]
Built = tuple[list[Column], list[tuple[Cell, ...]], dict[int, Text]]


def start_columns(what: float = 3.2) -> list[Column]:
    """The columns that every table of agreements begins with."""
    return [Column("what", both("head.what"), head=True, width=what), Column("period", both("head.period"), width=1.1)]


def unit_cell(unit: str) -> Cell:
    """A unit in both languages."""
    return Cell(unit_label(unit)) if unit not in ("", "1") else Cell("")


def two_sided(ds: Dataset, named: Named) -> Built:
    """One amount against another, the periods of one relation together."""
    rule = named[0][0].rule
    columns = [
        Column("period", both("head.period"), head=True, width=1.4),
        Column("left", both(f"left.{rule}"), "number", width=1.2),
        Column("right", both(f"right.{rule}"), "number", width=1.2),
        Column("tolerance", both("head.tolerance"), "number", width=1),
        Column("unit", both("head.unit"), width=1.6),
    ]
    together: dict[Label, list[Identity]] = {}
    for one, name in named:
        together.setdefault(name, []).append(one)
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Text] = {}
    for name, found in together.items():
        groups[len(rows)] = name
        for one in found:
            when = identity_period(ds, one)
            left, right = (amount(value, one.tolerance, one.observations) for value in (one.left, one.right))
            cells = (left, right, tolerated(one.tolerance, one.observations), unit_cell(one.unit))
            rows.append((Cell(when if when.zh else both("value.undated"), head=True), *cells))
    if all(math.isnan(one.tolerance) for one, _ in named):
        columns, rows = [*columns[:3], columns[4]], [(*row[:3], row[4]) for row in rows]
    return columns, rows, groups


def repeats(ds: Dataset, named: Named) -> Built:
    """A fact printed several times with one value."""
    columns = [
        *start_columns(),
        Column("value", both("head.value"), "number", width=1),
        Column("unit", both("head.unit"), width=1.1),
        Column("times", both("head.times"), "number", width=0.9),
    ]
    rows = [
        (
            Cell(name, head=True),
            Cell(identity_period(ds, one)),
            amount(one.left, one.tolerance, one.observations),
            unit_cell(one.unit),
            Cell(len(one.observations)),
        )
        for one, name in named
    ]
    return columns, list(rows), {}


def lists(ds: Dataset, named: Named) -> Built:
    """A count word and the length of its list."""
    columns = [
        Column("what", both("head.what"), head=True, width=3),
        Column("announced", both("head.announced"), "number", width=1),
        Column("listed", both("head.listed"), "number", width=1),
        Column("locator", both("head.locator"), width=2),
    ]
    places = ds.observations["locator"]
    rows = [
        (
            Cell(name, head=True),
            amount(one.left, 0.0, one.observations),
            amount(one.right, 0.0, one.observations),
            Cell(Label(where, where) if (where := str(places.get(one.observations[0], ""))) else ""),
        )
        for one, name in named
    ]
    return columns, list(rows), {}


def paths(ds: Dataset, named: Named) -> Built:
    """A path of targets with everything that was asked about it, in one row."""
    asked: dict[Label, tuple[list[str], dict[str, None]]] = {}
    for one, name in named:
        kinds, behind = asked.setdefault(name, ([], {}))
        kinds.append(one.id.rpartition("/")[2].partition("-")[0])
        behind.update(dict.fromkeys(one.observations))
    columns = [*start_columns(), Column("checks", both("head.checks"), width=2.4)]
    rows: list[tuple[Cell, ...]] = []
    for name, (kinds, behind) in asked.items():
        whole = Identity("", "milestones", True, tuple(behind))
        words: list[Any] = [checks_text(kinds, lang) for lang in ("zh", "en")]
        when = Cell(identity_period(ds, whole), tuple(behind))
        rows.append((Cell(name, head=True), when, Cell((words[0], words[1]))))
    return columns, rows, {}


def checks_text(kinds: Sequence[str], lang: Any) -> str:
    """What was asked about a path, in words."""
    found = [f"audit_page.check.{kind}" for kind in dict.fromkeys(kinds)]
    texts = [message(key if has_message(key, lang) else "audit_page.check.other", lang) for key in found]
    joined = ("、" if lang == "zh" else ", ").join(dict.fromkeys(texts))
    return sentence_case(joined)
