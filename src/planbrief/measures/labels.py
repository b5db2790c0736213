"""Names in both languages, to be filled into a sentence of either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planbrief.targets import periods

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planbrief.targets import Dataset


@dataclass(frozen=True)
class Label:
    """A name or short phrase that exists in Chinese and in English."""

    zh: str
    en: str


def label(ds: Dataset, table: str, key: str) -> Label:
    """Name of a row of a reference table; an empty key gives an empty label."""
    if not key:
        return Label("", "")
    return Label(ds.name(table, key, "zh"), ds.name(table, key, "en"))


def listing(labels: Iterable[Label]) -> Label:
    """Several names as one phrase: 甲、乙和丙 / A, B and C."""
    names = list(dict.fromkeys(labels))
    return Label(_join([n.zh for n in names], "、", "和"), _join([n.en for n in names], ", ", " and "))


def _join(names: list[str], comma: str, last: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return comma.join(names[:-1]) + last + names[-1]


def period(time_period: str) -> Label:
    """A time period in words: 2025-H1 → 2025年上半年 / first half of 2025."""
    return Label(periods.label(time_period, "zh"), periods.label(time_period, "en"))


def place(area: Label, time_period: str) -> Label:
    """A place with its period, which is left out where there is none: 巴中市2027年 / Bazhong, 2027."""
    if time_period in ("", "undated"):
        return area
    when = period(time_period)
    return Label(f"{area.zh}{when.zh}", f"{area.en}, {when.en}")


def measured(ds: Dataset, indicator: str, activity: str = "", subject: str = "") -> Label:
    """What is measured, with the activity or subject it is measured of unless the name says it: 总产值（能源化工）."""
    name = label(ds, "indicators", indicator)
    detail = label(ds, "activities", activity) if activity else Label(subject, subject)
    zh = name.zh if detail.zh in name.zh else f"{name.zh}（{detail.zh}）"
    en = name.en if detail.en.lower() in name.en.lower() else f"{name.en} ({detail.en})"
    return Label(zh, en)
