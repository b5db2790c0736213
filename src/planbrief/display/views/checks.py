"""What an audit found and what it checked, as tables and worded findings."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Cell, Column, Table
from planbrief.display.language import Text, bilingual, has_message, is_chinese, message, sentence_case
from planbrief.display.quantities import rounded
from planbrief.display.views.facts import fact_figure, records, unit_name, value_cell
from planbrief.measures.audit import RULES, SEVERITIES, Audit, Finding, Identity, Item, Severity, audit_tables
from planbrief.measures.figures import Figure, plain
from planbrief.measures.headlines import EXACT, arithmetic, identity_name, identity_period
from planbrief.measures.headlines.rules import Headline
from planbrief.targets.names import Label, label, located, period

if TYPE_CHECKING:
    from planbrief.targets import Dataset


#: Rows of observations by their id.
Facts = Mapping[str, dict[str, Any]]
#: A detail in brackets that has no English name.
_CHINESE_DETAIL = re.compile(r"\s*\([^()]*[\u4e00-\u9fff][^()]*\)")
#: Names of what a finding is about, best first.
SUBJECTS = ("total_name", "name", "left_name")


@dataclass(frozen=True)
class Exhibit:
    """One finding as a page shows it."""

    finding: Finding
    title: Label
    sums: tuple[Headline, ...]
    figures: Table | None


#: A message of these views in both languages.
both = partial(bilingual, "audit_page")


def rule_label(rule: str) -> Label:
    """Name of a family of rules."""
    return Label(message(f"rule.{rule}", "zh"), message(f"rule.{rule}", "en"))


def exhibits(ds: Dataset, region: str, audit: Audit, severity: Severity) -> Iterator[Exhibit]:
    """The findings of one severity with everything behind them, weightiest first, numbered through all severities."""
    # Only the rows that findings name: a page that read all of a country's rows would cost as much as the country.
    named = {item.observation for finding in audit for item in finding.items if item.observation}
    facts = {row["obs_id"]: row for row in records(ds.select(obs_id=named).reset_index())}
    for number, finding in enumerate(by_weight(audit), start=1):
        if finding.severity == severity:
            figures = items_table(ds, region, finding, number, facts)
            yield Exhibit(finding, title_of(finding, number), arithmetic(finding), figures)


def weight(finding: Finding) -> float:
    """How much a finding matters: the gap as a share of the figures it is about; sums of money count twice.

    A share printed as 73.4 where 72.8 follows weighs less than parts that exceed their whole by 41 %. A finding without
    a gap (a word left open, a date that is missing) weighs nothing.
    """
    sizes = [abs(item.value) for item in finding.items if math.isfinite(item.value)]
    largest = max(sizes, default=0.0)
    if not largest or not math.isfinite(finding.discrepancy):
        return 0.0
    return min(1.0, finding.discrepancy / largest) * (2.0 if "元" in finding.unit else 1.0)


def by_weight(found: Iterable[Finding]) -> list[Finding]:
    """Findings in the order of their severities, within each weightiest first."""
    return sorted(found, key=lambda finding: (SEVERITIES.index(finding.severity), -weight(finding)))


def title_of(finding: Finding, number: int) -> Label:
    """A heading for a finding: its number, what it is about, where and when."""
    named = [finding.numbers[name] for name in SUBJECTS if isinstance(finding.numbers.get(name), Label)]
    about: Any = named[0] if named else rule_label(finding.rule)
    codes = [finding.numbers.get(name) for name in ("one", "other")]
    if not named and all(isinstance(code, str) for code in codes):
        pair = " / ".join(str(code) for code in codes)
        about = Label(f"{about.zh}：{pair}", f"{about.en}: {pair}")
    # Bookmarks carry no language of their own: a name that has no English stays out of the English heading.
    about = Label(about.zh, _CHINESE_DETAIL.sub("", about.en))
    listed = finding.numbers.get("list")
    if isinstance(listed, Label) and is_chinese(about.en):
        about = Label(f"{listed.zh}：{about.zh}", listed.en)
    where: Any = finding.numbers.get("place") or finding.numbers.get("area")
    if not isinstance(where, Label):
        return Label(f"{number}. {about.zh}", f"{number}. {sentence_case(about.en)}")
    return Label(f"{number}. {about.zh}：{where.zh}", f"{number}. {sentence_case(about.en)}: {where.en}")


def items_table(ds: Dataset, region: str, finding: Finding, number: int, facts: Facts) -> Table | None:
    """The printed figures of a finding with their places in the documents; None for one figure and for
    names, which its sentence holds."""
    known = [facts[item.observation]["indicator"] for item in finding.items if item.observation]
    common = {indicator for indicator in known if known.count(indicator) > 2}
    rows = [item_row(ds, region, finding, item, common, facts) for item in finding.items]
    columns = [
        Column("what", both("head.what"), head=True, width=2.6),
        Column("value", both("head.value"), "level", align="right", width=2.1),
        Column("period", both("head.period"), "period", width=1),
        Column("role", both("head.role"), width=1.7),
        Column("locator", both("head.locator"), width=1.8),
    ]
    if len(rows) < 2 or not any(item.observation for item in finding.items):
        return None
    keep = [index for index in range(len(columns)) if index == 0 or any(cells[index].value for cells in rows)]
    return Table(
        tuple(columns[index] for index in keep),
        tuple(tuple(row[index] for index in keep) for row in rows),
        both("caption.items", number=str(number)),
    )


def item_row(
    ds: Dataset, region: str, finding: Finding, item: Item, common: Container[str], facts: Facts
) -> tuple[Cell, ...]:
    """One figure of a finding as cells; branches of a `common` indicator by their own name."""
    role = role_of(finding, item)
    place = Cell(located(item.locator))
    if not item.observation:
        token = "" if math.isnan(item.value) else plain(item.value)
        named = Label(item.label.zh, sentence_case(item.label.en))
        return Cell(named, head=True), Cell(token), Cell(""), Cell(role), Cell(offset_words(item.locator))
    fact = facts[item.observation]
    branch = fact["activity"] and fact["indicator"] in common
    what = label(ds, "activities", fact["activity"]) if branch else item.label
    if fact["ref_area"] != region:
        area = label(ds, "areas", fact["ref_area"])
        what = Label(f"{area.zh}：{what.zh}", f"{area.en}: {what.en}")
    value = value_cell(ds, fact, fact_figure(fact, (item.observation,)))
    return Cell(what, head=True), value, Cell(period(item.time_period)), Cell(role), place


def offset_words(locator: str) -> Label:
    """Place of a token that is no observation: its offset in the text of its document."""
    _, _, offset = locator.rpartition(":")
    if not offset.isdigit():
        return located(locator)
    return Label(*both("value.offset", offset=offset))


def role_of(finding: Finding, item: Item) -> Label | str:
    """What a figure is in the question: total, part, first or second side of what is compared."""
    sides = {"left": "part", "right": "total"} if finding.message.endswith(".within.inconsistent") else {}
    key = f"audit_page.role.{sides.get(item.role, item.role)}"
    if not item.role or not has_message(key, "zh"):
        return ""
    return Label(message(key, "zh"), message(key, "en"))


def notes_by_rule(audit: Audit) -> Iterator[tuple[Label, tuple[Finding, ...]]]:
    """The notes of an audit, family by family."""
    notes = audit.of("note")
    for rule in RULES:
        chosen = tuple(finding for finding in notes if finding.rule == rule)
        if chosen:
            yield rule_label(rule), chosen


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
    return Table(tuple(columns), tuple(rows), both("caption.outcomes"), (both("note.outcomes"),))


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


def without_place(ds: Dataset, region: str, name: Label) -> Label:
    """A name without the place that the whole page is about."""
    place = label(ds, "areas", region)
    en = name.en.removeprefix(f"{place.en}: ")
    return Label(name.zh.removeprefix(f"{place.zh}："), sentence_case(en))


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
    return Cell(unit_name(unit)) if unit not in ("", "1") else Cell("")


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
    rows = [
        (
            Cell(name, head=True),
            amount(one.left, 0.0, one.observations),
            amount(one.right, 0.0, one.observations),
            Cell(located(ds.row("observations", one.observations[0])["locator"])),
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
