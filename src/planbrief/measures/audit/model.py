"""What an audit says: identities that were checked, and the findings among them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from planbrief.measures.evidence import Evidence
from planbrief.measures.figures import Figure
from planbrief.measures.labels import Label

#: ``inconsistent``: printed figures contradict each other beyond their rounding; ``not_comparable``: they differ, and
#: a difference of definition explains that they may; ``implausible``: possible on paper only; ``note``: left open.
Severity = Literal["inconsistent", "not_comparable", "implausible", "note"]
SEVERITIES: tuple[Severity, ...] = ("inconsistent", "implausible", "not_comparable", "note")

#: What a message is filled with: a number with its pedigree, a name in both languages, or a period key.
Number = Figure | Label | str
#: Units of discrepancies in percentages: a hundred of them is everything.
RATES = frozenset({"%", "个百分点"})


@dataclass(frozen=True)
class Item:
    """One figure that a finding is about: its observation and the number as printed.

    ``observation`` is empty for a token that states no quantity (a code name); ``locator`` then is its place.
    """

    observation: str
    label: Label
    value: float
    unit: str
    time_period: str
    role: str = ""
    locator: str = ""


@dataclass(frozen=True)
class Finding:
    """A question to the authors of a plan.

    ``discrepancy`` and ``tolerance`` are in ``unit``; the tolerance is the sum of half the last printed digit of every
    figure involved. ``message`` is a key of the display room's messages, ``numbers`` fills it.
    """

    id: str
    rule: str
    severity: Severity
    items: tuple[Item, ...]
    numbers: Mapping[str, Number] = field(hash=False)
    message: str
    discrepancy: float = math.nan
    tolerance: float = math.nan
    unit: str = ""

    @property
    def observations(self) -> tuple[str, ...]:
        """Ids of the observations behind it, each once."""
        return tuple(dict.fromkeys(item.observation for item in self.items if item.observation))

    @property
    def relative(self) -> float:
        """The discrepancy beyond the tolerance over the smallest figure in its unit, at most 1; 0 where unknown."""
        alike = [abs(item.value) for item in self.items if item.unit == self.unit and item.value]
        known = self.unit in RATES or bool(alike)
        if math.isnan(self.discrepancy) or not known:
            return 0.0
        size = 100.0 if self.unit in RATES else max(alike)
        return min(
            max(self.discrepancy - (self.tolerance if self.tolerance == self.tolerance else 0.0), 0.0) / size, 1.0
        )

    @property
    def money(self) -> float:
        """The discrepancy in money, in its unit's own size (亿元 = 1); 0 for anything else."""
        sizes = {"万亿元": 1e4, "千亿元": 1e3, "亿元": 1.0, "万元": 1e-4}
        return self.discrepancy * sizes.get(self.unit, 0.0) if self.discrepancy == self.discrepancy else 0.0


@dataclass(frozen=True)
class Identity:
    """One thing that was checked, whether or not a finding came of it."""

    id: str
    rule: str
    agrees: bool
    observations: tuple[str, ...]
    left: float = math.nan
    right: float = math.nan
    tolerance: float = math.nan
    unit: str = ""


class Audit(tuple[Finding, ...]):
    """The findings, worst first, with the list of identities that were checked."""

    checked: tuple[Identity, ...]

    def __new__(cls, findings: Iterable[Finding], checked: Iterable[Identity]) -> Audit:
        """Order findings by severity, then by weight, then by rule and id.

        Weight is the share of the figures that is off plus the share of the largest gap in money: forty per cent of
        an industry comes before half a point of a share.
        """
        known = list(findings)
        largest = max((finding.money for finding in known), default=0.0) or 1.0
        weight = {finding.id: finding.relative + finding.money / largest for finding in known}
        ranked = sorted(known, key=lambda f: (SEVERITIES.index(f.severity), -weight[f.id], f.rule, f.id))
        audit = super().__new__(cls, ranked)
        audit.checked = tuple(sorted(checked, key=lambda identity: (identity.rule, identity.id)))
        return audit

    @property
    def agreeing(self) -> tuple[Identity, ...]:
        """Identities that hold."""
        return tuple(identity for identity in self.checked if identity.agrees)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Findings of one severity."""
        return tuple(finding for finding in self if finding.severity == severity)


def key_of(rule: str, *parts: str) -> str:
    """A stable id: the rule and the parts that are not empty."""
    return "/".join([rule, *(part for part in parts if part)])


def item_of(record: Evidence, name: Label, role: str = "") -> Item:
    """The item of a finding that stands for one observation."""
    return Item(record.obs_id, name, record.value, record.unit, record.time_period, role, record.locator)
