"""Words that charts share: values on labels, periods, lists of rows for alternative texts, data tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from planbrief.display import state
from planbrief.display.language import Lang, Text, message, pick
from planbrief.display.numbers import decimal_text, exact, shortest
from planbrief.display.periods import figure_period
from planbrief.display.quantities import FigureLike, value_text

#: Rows that an alternative text reads out before it says "and so many more".
ALT_ROWS = 12


def printed(figure: FigureLike) -> str:
    """The printed digits of a figure, as the current page knows them."""
    try:
        return state.current().printed(figure)
    except state.NoPage:
        return ""


def words(figure: FigureLike, lang: Lang, *, bare: bool = False) -> str:
    """A figure on a label; ``bare`` without its unit, which the axis names."""
    return value_text(figure, lang, printed(figure), bare=bare and not math.isnan(figure.value))


def short(figure: FigureLike, lang: Lang) -> str:
    """A figure on a label: levels without unit, rates and shares with their percent sign."""
    return words(figure, lang, bare=figure.measure in ("level", "count"))


def tick(value: float, lang: Lang, unit: str = "") -> str:
    """A number on an axis."""
    number = shortest(exact(value))
    if number == 0:
        number = Decimal(0)
    return decimal_text(number, lang) + unit


def is_actual(figure: FigureLike) -> bool:
    """Whether a figure is one observed value, not a target."""
    try:
        page = state.current()
    except state.NoPage:
        return False
    kinds = {page.raw(obs_id).get("kind", "") for obs_id in figure.observations}
    return bool(kinds) and kinds <= {"actual", "estimate", "resource", "count"}


def year_of(figure: FigureLike) -> float:
    """Year of a level's period, NaN if it has none."""
    digits = figure.year.rpartition("/")[2][:4]
    return float(digits) if digits.isdigit() else math.nan


def period(figure: FigureLike, lang: Lang) -> str:
    """Period of a figure in words."""
    return figure_period(figure.year, lang)


def listed(parts: Iterable[str], lang: Lang, limit: int = ALT_ROWS) -> str:
    """Rows as one stretch of text, the rest counted."""
    found = list(parts)
    more = len(found) - limit
    shown = found[:limit] + ([message("chart.alt_more", lang, count=str(more))] if more > 0 else [])
    return ("；" if lang == "zh" else "; ").join(shown)


def row_words(rows: Sequence[tuple[Text, Any]], lang: Lang) -> str:
    """Label and value of each row, for an alternative text."""
    return listed(
        (message("chart.alt_row", lang, label=pick(label, lang), value=words(figure, lang)) for label, figure in rows),
        lang,
    )


def unit_of(figures: Iterable[FigureLike]) -> str:
    """The one printed unit of levels; ValueError for unlike ones, which never share an axis."""
    units = {figure.unit for figure in figures if figure.measure in ("level", "count")}
    if len(units) > 1:
        raise ValueError(f"unlike units on one axis: {', '.join(sorted(units))}; draw them in separate panels")
    return next(iter(units), "")
