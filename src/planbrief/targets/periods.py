"""Time periods as the observations write them: 2023, 2025-H1, 2025-Q1, 2025-09, 2024/2035, undated."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from planbrief.errors import PlanbriefError, UnknownName

_FORMS = (
    ("A", re.compile(r"(?P<start>\d{4})")),
    ("S", re.compile(r"(?P<start>\d{4})-[HS](?P<part>[12])")),
    ("Q", re.compile(r"(?P<start>\d{4})-Q(?P<part>[1-4])")),
    ("M", re.compile(r"(?P<start>\d{4})-(?P<part>0[1-9]|1[0-2])")),
    ("D", re.compile(r"(?P<start>\d{4})-(?P<part>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])")),
    ("range", re.compile(r"(?P<start>\d{4})/(?P<end>\d{4})")),
)

_MONTHS = ("January February March April May June July August September October November December").split()
_ORDINALS_ZH = "一二三四"
_ORDINALS_EN = ("first", "second", "third", "fourth")


class IllFormedPeriod(PlanbriefError):
    """A time period is written in none of the known forms."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"time period {self.text!r}: expected 2023, 2025-H1, 2025-Q1, 2025-09, 2024/2035 or undated"


class Period(NamedTuple):
    """A parsed time period.

    ``frequency`` is the SDMX code A, S (half-year), Q, M or D, else ``range`` or empty (undated); ``part`` counts
    half-years, quarters or months within the year, from 1 (0 where there is none).
    """

    start_year: int | None
    end_year: int | None
    frequency: str
    dated: bool
    part: int = 0
    day: int = 0


@lru_cache(maxsize=4096)
def parse(text: str) -> Period:
    """Parse a ``time_period``.

    Raises
    ------
    IllFormedPeriod
        For a form that is not in the list, or a range that ends before it starts.

    >>> parse("2025-H1")
    Period(start_year=2025, end_year=2025, frequency='S', dated=True, part=1, day=0)
    >>> parse("2024/2035").end_year, parse("undated").dated
    (2035, False)
    """
    if text == "undated":
        return Period(None, None, "", False)
    for frequency, form in _FORMS:
        if match := form.fullmatch(text):
            found = {name: int(digits) for name, digits in match.groupdict().items()}
            start, end = found["start"], found.get("end", found["start"])
            if end < start:
                break
            return Period(start, end, frequency, True, found.get("part", 0), found.get("day", 0))
    raise IllFormedPeriod(text)


@lru_cache(maxsize=4096)
def end_of(text: str) -> float:
    """The point of time at which a period ends, in years: 2023 → 2024.0, 2025-H1 → 2025.5; NaN for undated.

    >>> end_of("2025-Q1"), end_of("2024/2035")
    (2025.25, 2036.0)
    """
    period = parse(text)
    if period.end_year is None:
        return float("nan")
    parts = {"S": 2, "Q": 4, "M": 12}.get(period.frequency)
    if period.frequency == "D":
        return period.end_year + (period.part - 1) / 12 + period.day / 372
    return period.end_year + (period.part / parts if parts else 1.0)


@lru_cache(maxsize=4096)
def order(text: str) -> tuple[float, float, str]:
    """Sorting key: by the end of the period, the shorter period first, undated last.

    >>> sorted(["undated", "2026", "2025-H1", "2025", "2025-09"], key=order)
    ['2025-H1', '2025-09', '2025', '2026', 'undated']
    """
    period = parse(text)
    if period.start_year is None:
        return (float("inf"), 0.0, text)
    end = end_of(text)
    length = {"A": 1.0, "S": 1 / 2, "Q": 1 / 4, "M": 1 / 12, "D": 0.0}.get(period.frequency, end - period.start_year)
    return (end, length, text)


def sdmx(text: str) -> str:
    """The period as SDMX writes TIME_PERIOD: half-years as S1, ranges as start and duration, undated as nothing.

    >>> sdmx("2025-H1"), sdmx("2025-09"), sdmx("2024/2035"), sdmx("undated")
    ('2025-S1', '2025-09', '2024-01-01/P12Y', '')
    """
    period = parse(text)
    if period.start_year is None or period.end_year is None:
        return ""
    if period.frequency == "S":
        return f"{period.start_year}-S{period.part}"
    if period.frequency == "range":
        return f"{period.start_year}-01-01/P{period.end_year - period.start_year + 1}Y"
    return text


def label(text: str, lang: str) -> str:
    """The period in words, ``lang`` being ``zh`` or ``en``.

    >>> label("2025-H1", "zh"), label("2025-H1", "en"), label("2025-09", "en"), label("2024/2035", "en")
    ('2025年上半年', 'first half of 2025', 'September 2025', '2024–2035')
    """
    if lang not in ("zh", "en"):
        raise UnknownName("language", lang, ("zh", "en"))
    period = parse(text)
    year, part = period.start_year, period.part
    if not period.dated:
        return "未注明时间" if lang == "zh" else "undated"
    if lang == "zh":
        return {
            "A": f"{year}年",
            "S": f"{year}年{'上下'[(part - 1) % 2]}半年",
            "Q": f"{year}年第{_ORDINALS_ZH[(part - 1) % 4]}季度",
            "M": f"{year}年{part}月",
            "D": f"{year}年{part}月{period.day}日",
        }.get(period.frequency, f"{year}–{period.end_year}年")
    ordinal = _ORDINALS_EN[(part - 1) % 4]
    month = _MONTHS[(part - 1) % 12]
    return {
        "A": f"{year}",
        "S": f"{ordinal} half of {year}",
        "Q": f"{ordinal} quarter of {year}",
        "M": f"{month} {year}",
        "D": f"{period.day} {month} {year}",
    }.get(period.frequency, f"{year}–{period.end_year}")
