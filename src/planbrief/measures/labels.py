"""Names in both languages, to be filled into a sentence of either."""

from __future__ import annotations

import re
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


def subject_label(ds: Dataset, subject: str) -> Label:
    """A subject as printed, and in English by the package's table of subjects where that has it."""
    table = ds.package.tables.get("subject_names")
    if table is None or not subject:
        return Label(subject, subject)
    ds._whole("subject_names")  # remembers the read, so that a report is made anew when the table changes
    row = table.by_key.get(subject)
    return Label(subject, row.values["name_en"] if row else subject)


def measured(ds: Dataset, indicator: str, activity: str = "", subject: str = "") -> Label:
    """What is measured, with the activity or subject it is measured of unless the name says it: 总产值（能源化工）."""
    name = label(ds, "indicators", indicator)
    detail = label(ds, "activities", activity) if activity else subject_label(ds, subject)
    zh = name.zh if detail.zh in name.zh else f"{name.zh}（{detail.zh}）"
    en = name.en if detail.en.lower() in name.en.lower() else f"{name.en} ({detail.en})"
    return Label(zh, en)


#: What a place in a Chinese document is called in English; titles of its sections stay as they are printed.
_PLACES = (
    (r"第(\d+)段（(.+)）", r"para. \1 (\2)"), (r"第(\d+)段", r"para. \1"), (r"第(\d+)点", r"point \1"),
    (r"第(\d+)行", r"row \1"), (r"(\d{4})年列", r"column \1"), (r"第(\d+)列", r"column \1"),
    (r"第(\d+)页", r"page \1"), (r"表\s?(\d+)", r"table \1"), (r"图\s?(\d+)", r"figure \1"),
    (r"专栏\s?(\d*)", r"box \1"), (r"幻灯片", "slide"), (r"图内文字", "text of the figure"), (r"图例", "legend"),
    (r"小标题", "subheading"), (r"标题", "title"), (r"目录", "contents"), (r"正文", "text"),
    (r"各节开头", "section heads"),
)  # fmt: skip


def located(locator: str) -> Label:
    """A place in a document, in English with its structure in words: 表1 第2行 2023年列, table 1 row 2 column 2023."""
    words = locator
    for printed, english in _PLACES:
        words = re.sub(printed, english, words)
    return Label(locator, words)
