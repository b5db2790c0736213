"""Findings of an audit, one by one: its title, its arithmetic and the printed figures it is about."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planbrief.display.language import has_message, message, sentence_case
from planbrief.display.table import Cell, Column, Table
from planbrief.display.views.facts import fact_figure, value_cell
from planbrief.measures.audit import RULES, SEVERITIES, Audit, Finding, Item, Severity
from planbrief.measures.figures import plain
from planbrief.measures.headlines.audit_counts import arithmetic
from planbrief.measures.headlines.rules import Headline
from planbrief.measures.labels import Label, label, period

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = ["Exhibit", "exhibits", "notes_by_rule"]

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


def both(key: str, **values: Any) -> tuple[str, str]:
    """A message of the audit page in both languages; labels give each language its own words."""
    return wording(key, "zh", values), wording(key, "en", values)


def wording(key: str, lang: Any, values: dict[str, Any]) -> str:
    """One language of a message."""
    own = {name: getattr(value, lang) if isinstance(value, Label) else value for name, value in values.items()}
    return message(f"audit_page.{key}", lang, **own)


def rule_label(rule: str) -> Label:
    """Name of a family of rules."""
    return Label(message(f"rule.{rule}", "zh"), message(f"rule.{rule}", "en"))


def exhibits(ds: Dataset, region: str, audit: Audit, severity: Severity) -> Iterator[Exhibit]:
    """The findings of one severity with everything behind them, weightiest first, numbered through all severities."""
    for number, finding in enumerate(by_weight(audit), start=1):
        if finding.severity == severity:
            figures = items_table(ds, region, finding, number)
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
    where: Any = finding.numbers.get("place") or finding.numbers.get("area")
    if not isinstance(where, Label):
        return Label(f"{number}. {about.zh}", f"{number}. {sentence_case(about.en)}")
    return Label(f"{number}. {about.zh}：{where.zh}", f"{number}. {sentence_case(about.en)}: {where.en}")


def items_table(ds: Dataset, region: str, finding: Finding, number: int) -> Table | None:
    """The printed figures of a finding with their places in the documents; None for one figure and for
    names, which its sentence holds."""
    known = [str(ds.observations.loc[item.observation, "indicator"]) for item in finding.items if item.observation]
    common = {indicator for indicator in known if known.count(indicator) > 2}
    rows = [item_row(ds, region, finding, item, common) for item in finding.items]
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
        sortable=False,
    )


def item_row(ds: Dataset, region: str, finding: Finding, item: Item, common: Container[str]) -> tuple[Cell, ...]:
    """One figure of a finding as cells; branches of a `common` indicator by their own name."""
    role = role_of(finding, item)
    place = Cell(Label(item.locator, item.locator))
    if not item.observation:
        token = "" if math.isnan(item.value) else plain(item.value)
        named = Label(item.label.zh, sentence_case(item.label.en))
        return Cell(named, head=True), Cell(token), Cell(""), Cell(role), Cell(offset_words(item.locator))
    fact: dict[str, Any] = dict(ds.observations.loc[item.observation])
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
        return Label(locator, locator)
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
