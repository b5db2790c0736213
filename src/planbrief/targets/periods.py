"""Time periods as the observations write them: 2023, 2025-H1, 2025-Q1, 2025-09, 2024-06-25, undated, and stretches.

A stretch is ``START/END``, both ends in one of these forms and of the same precision: 2024/2035, 2025-01/2025-09
(前三季度), 2024-H2/2025-H1. A total or an average over a stretch of years is no year's value.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from planbrief.errors import PlanbriefError
from planbrief.languages import language, phrase, wording

#: SDMX code of each precision, its form, and the months that one of it takes (0: a day).
_FORMS = (
    ("A", re.compile(r"(?P<year>\d{4})"), 12),
    ("S", re.compile(r"(?P<year>\d{4})-[HS](?P<part>[12])"), 6),
    ("Q", re.compile(r"(?P<year>\d{4})-Q(?P<part>[1-4])"), 3),
    ("M", re.compile(r"(?P<year>\d{4})-(?P<part>0[1-9]|1[0-2])"), 1),
    ("D", re.compile(r"(?P<year>\d{4})-(?P<part>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])"), 0),
)
_MONTHS = ("January February March April May June July August September October November December").split()
_ORDINALS_ZH = "一二三四"
_ORDINALS_EN = ("first", "second", "third", "fourth")


class IllFormedPeriod(PlanbriefError):
    """A time period is written in none of the known forms."""

    text = (
        "time period {!r}: expected 2023, 2025-H1, 2025-Q1, 2025-09, 2025-09-30, "
        "a stretch of two such (2025-01/2025-09) or undated"
    )


class Period(NamedTuple):
    """A parsed time period.

    ``frequency`` is the SDMX code A, S (half-year), Q, M or D, else ``range`` (a stretch) or empty (undated); ``part``
    counts half-years, quarters or months within the year, from 1 (0 where there is none). Of a stretch, ``part`` and
    ``day`` are those of its end and ``precision`` is the code of both ends. ``first`` and ``last`` are its days.
    """

    start_year: int | None
    end_year: int | None
    frequency: str
    dated: bool
    part: int = 0
    day: int = 0
    precision: str = ""
    first: date = date.max
    last: date = date.max


UNDATED = Period(None, None, "", False)


@lru_cache(maxsize=4096)
def parse(text: str) -> Period:
    """Parse a ``time_period``.

    Raises
    ------
    IllFormedPeriod
        For a form that is not in the list, a day that no calendar has, or a stretch whose ends differ in precision
        or do not follow each other.

    >>> found = parse("2025-H1")
    >>> found.end_year, found.frequency, found.part, found.last.isoformat()
    (2025, 'S', 1, '2025-06-30')
    >>> parse("2025-01/2025-09").first.isoformat(), parse("2024/2035").end_year, parse("undated").dated
    ('2025-01-01', 2035, False)
    """
    if text == "undated":
        return UNDATED
    start, slash, end = text.partition("/")
    if not slash:
        return _single(text, text)
    one, other = _single(start, text), _single(end, text)
    if one.frequency != other.frequency or one.last >= other.first:
        raise IllFormedPeriod(text)
    return other._replace(start_year=one.start_year, frequency="range", first=one.first)


def _single(form: str, text: str) -> Period:
    for code, pattern, months in _FORMS:
        if match := pattern.fullmatch(form):
            found = {name: int(digits) for name, digits in match.groupdict().items()}
            year, part, day = found["year"], found.get("part", 0), found.get("day", 0)
            try:
                month = (part - 1) * months + 1 if part and months else part or 1
                first = date(year, month, day or 1)
                closing = month + months - 1 if months else month
                last = date(year, closing, day or monthrange(year, closing)[1])
            except ValueError:
                break
            return Period(year, year, code, True, part, day, code, first, last)
    raise IllFormedPeriod(text)


@lru_cache(maxsize=4096)
def end_of(text: str) -> float:
    """The point of time at which a period ends, in years: 2023 → 2024.0, 2025-H1 → 2025.5; NaN for undated.

    >>> end_of("2025-Q1"), end_of("2024/2035"), end_of("2025-01/2025-09")
    (2025.25, 2036.0, 2025.75)
    """
    period = parse(text)
    if not period.dated:
        return float("nan")
    last = period.last
    return last.year + (last.month - 1) / 12 + last.day / 372 if period.day else last.year + last.month / 12


def start_of(text: str) -> float:
    """The point of time at which a period begins, in years: 2025-Q2 → 2025.25; NaN for undated.

    >>> start_of("2025-07/2025-09"), start_of("2025")
    (2025.5, 2025.0)
    """
    period = parse(text)
    first = period.first
    return first.year + (first.month - 1) / 12 + (first.day - 1) / 372 if period.dated else float("nan")


Shape = tuple[int, int, int, int, int]


def shape(text: str) -> Shape | None:
    """Which part of the year or of how many years a period is: equal for 2025-H1, 2024-01/2024-06 and 2023-H1.

    What happened in two periods can be compared only where their shapes are equal. None for undated.

    >>> shape("2025-H1") == shape("2024-01/2024-06"), shape("2025-Q3") == shape("2025-01/2025-09")
    (True, False)
    >>> shape("2021/2025") == shape("2026/2030"), shape("2021/2025") == shape("2025")
    (True, False)
    """
    period = parse(text)
    if not period.dated:
        return None
    first, last = period.first, period.last
    # February ends on two days: what counts is that a period ends with its month.
    closes = last.day == monthrange(last.year, last.month)[1]
    return (first.month, first.day, last.month, 0 if closes else last.day, last.year - first.year)


def whole_year(text: str) -> bool:
    """Whether a period is one calendar year, however it is written.

    >>> whole_year("2025"), whole_year("2025-01/2025-12"), whole_year("2025-Q4"), whole_year("2021/2025")
    (True, True, False, False)
    """
    return shape(text) == (1, 1, 12, 0, 0)


@lru_cache(maxsize=4096)
def order(text: str) -> tuple[float, float, str]:
    """Sorting key: by the end of the period, the shorter period first, undated last.

    >>> sorted(["undated", "2026", "2025-H1", "2025", "2025-01/2025-09", "2025-09"], key=order)
    ['2025-H1', '2025-09', '2025-01/2025-09', '2025', '2026', 'undated']
    """
    if not parse(text).dated:
        return (float("inf"), 0.0, text)
    return (end_of(text), end_of(text) - start_of(text), text)


def sdmx(text: str) -> str:
    """The period as SDMX writes TIME_PERIOD: half-years as S1, stretches as start and duration, undated as nothing.

    >>> sdmx("2025-H1"), sdmx("2025-09"), sdmx("2024/2035"), sdmx("2025-01/2025-09"), sdmx("undated")
    ('2025-S1', '2025-09', '2024-01-01/P12Y', '2025-01-01/P9M', '')
    """
    period = parse(text)
    if not period.dated:
        return ""
    if period.frequency == "S":
        return f"{period.start_year}-S{period.part}"
    if period.frequency == "range":
        return f"{period.first.isoformat()}/P{_duration(period)}"
    return text


def _duration(period: Period) -> str:
    first, last = period.first, period.last
    if period.precision == "D":
        return f"{(last - first).days + 1}D"
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    return f"{months}M" if period.precision != "A" else f"{months // 12}Y"


def label(text: str, lang: str) -> str:
    """The period in words of a language of pages.

    >>> label("2025-H1", "zh"), label("2025-H1", "en"), label("2025-09", "en"), label("2024/2035", "en")
    ('2025年上半年', 'first half of 2025', 'September 2025', '2024–2035')
    >>> label("2025-01/2025-09", "zh"), label("2025-01/2025-09", "en"), label("2025-01/2025-11", "zh")
    ('2025年前三季度', 'first three quarters of 2025', '2025年1–11月')
    """
    language(lang)
    period = parse(text)
    if not period.dated:
        return wording("未注明时间", "undated", lang)
    if period.frequency == "range":
        return _stretch(text, period, lang)
    year, part = period.start_year, period.part
    if lang == "zh":
        return {
            "A": f"{year}年",
            "S": f"{year}年{'上下'[(part - 1) % 2]}半年",
            "Q": f"{year}年第{_ORDINALS_ZH[(part - 1) % 4]}季度",
            "M": f"{year}年{part}月",
            "D": f"{year}年{part}月{period.day}日",
        }[period.frequency]
    template = phrase(_ENGLISH[period.frequency], lang)
    ordinal, month = (phrase(words[(part - 1) % len(words)], lang) for words in (_ORDINALS_EN, _MONTHS))
    return template.format(year=year, ordinal=ordinal, month=month, day=period.day)


_ENGLISH = {
    "A": "{year}",
    "S": "{ordinal} half of {year}",
    "Q": "{ordinal} quarter of {year}",
    "M": "{month} {year}",
    "D": "{day} {month} {year}",
}
#: Stretches from January that have a name of their own, by the month in which they end.
_FROM_JANUARY = {
    3: ("第一季度", "first quarter of"),
    6: ("上半年", "first half of"),
    9: ("前三季度", "first three quarters of"),
}


def _stretch(text: str, period: Period, lang: str) -> str:
    zh, first, last = lang == "zh", period.first, period.last
    start, _, end = text.partition("/")
    if period.precision == "A":
        return f"{start}–{end}年" if zh else f"{start}–{end}"
    if first.year == last.year and period.precision != "D":
        if whole_year(text):
            return label(str(first.year), lang)
        if first.month == 1 and last.month in _FROM_JANUARY:
            named = _FROM_JANUARY[last.month]
            return f"{first.year}年{named[0]}" if zh else f"{phrase(named[1], lang)} {first.year}"
        if zh:
            return f"{first.year}年{first.month}–{last.month}月"
        return "{}–{} {}".format(*(phrase(_MONTHS[day.month - 1], lang) for day in (first, last)), first.year)
    one, other = label(start, lang), label(end, lang)
    if first.year == last.year:  # days of one year: the year once
        return (
            f"{one}至{other.removeprefix(f'{first.year}年')}"
            if zh
            else phrase("{one} to {other}", lang).format(one=one.removesuffix(f" {first.year}"), other=other)
        )
    return wording("{one}至{other}", "{one} to {other}", lang).format(one=one, other=other)
