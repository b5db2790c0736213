"""Dates and time periods in words: 2025-H1 → 2025年上半年 / first half of 2025."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

from babel.dates import format_date

from planbrief.display.language import LOCALES, Lang, message
from planbrief.measures.growth import period_label
from planbrief.targets.periods import IllFormedPeriod, label

_SPAN = re.compile(r"(\d{4})[-/–](\d{4})")


@lru_cache(maxsize=1024)
def date_text(iso: str, lang: Lang) -> str:
    """A date or month in words; what is no ISO date is returned as it is.

    >>> date_text("2024-06-25", "en"), date_text("2024-06", "zh")
    ('25 June 2024', '2024年6月')
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", iso):
            pattern = "y年M月d日" if lang == "zh" else "d MMMM y"
            return format_date(datetime.date.fromisoformat(iso), pattern, locale=LOCALES[lang])
        if re.fullmatch(r"\d{4}-\d{2}", iso):
            pattern = "y年M月" if lang == "zh" else "MMMM y"
            return format_date(datetime.date.fromisoformat(f"{iso}-01"), pattern, locale=LOCALES[lang])
    except ValueError:
        pass
    return iso


@lru_cache(maxsize=4096)
def period_text(period: str, lang: Lang) -> str:
    """A ``time_period`` in words.

    Years stand alone in English and carry 年 in Chinese; ``undated`` says so; an unknown form is shown as it is.

    >>> period_text("2025-H1", "zh"), period_text("2025-H1", "en"), period_text("undated", "en")
    ('2025年上半年', 'first half of 2025', 'no date given')
    """
    if period in ("", "undated"):
        return message("period.undated", lang)
    if re.fullmatch(r"\d{4}(\.0)?", period):
        return message("period.year", lang, year=period[:4])
    if match := _SPAN.fullmatch(period):
        return message("period.span", lang, start=match[1], end=match[2])
    try:
        return label(period, lang)
    except IllFormedPeriod:
        return period


def segment_text(base_year: float | str, end_year: float | str, lang: Lang) -> str:
    """Years over which a growth rate is an average; the base year is not among them.

    >>> segment_text(2023, 2026, "zh"), segment_text(2026, 2027, "en")
    ('2024–2026年年均', '2027')
    """
    return str(period_label(int(base_year), int(end_year), lang))


def figure_period(year: str, lang: Lang) -> str:
    """The ``year`` of a figure in words: a period, or base and end of a growth rate ("2023-2026")."""
    if match := re.fullmatch(r"(\d{4})-(\d{4})", year):
        return segment_text(match[1], match[2], lang)
    return period_text(year, lang)
