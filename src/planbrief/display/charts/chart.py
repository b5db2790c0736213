"""A chart as a document's part: picture, words in either language, table of its data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import wraps
from typing import Any, ParamSpec

from planbrief.display import language, state, style
from planbrief.display.document import Chart, Runs, Table
from planbrief.display.language import Lang, Text, message, pick
from planbrief.display.quantities import FigureLike, decimal_text, exact, figure_period, shortest, value_text
from planbrief.display.state import Page
from planbrief.display.table import table_block

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


P = ParamSpec("P")


def at_both_widths(draw: Callable[P, Chart]) -> Callable[P, Chart]:
    """Draw a chart once more for narrow screens, where the wide drawing would be scaled down until nobody reads it."""

    @wraps(draw)
    def drawn(*args: P.args, **options: P.kwargs) -> Chart:
        wide = draw(*args, **options)
        with style.narrow():
            return replace(wide, narrow=draw(*args, **options).svg)

    return drawn


def chart_block(chart: Chart[Text], page: Page) -> Chart[Runs]:
    """A chart in the words of a page; its drawing goes beside the block as SVG."""
    number = page.identify("figure")
    data = table_block(chart.data or Table((), ()), page, f"{number}-data")
    for source in chart.sources:
        page.sources.setdefault(source)
    return Chart(
        chart.svg,
        language.words(chart.caption, page.lang),
        chart.alt,
        data,
        tuple(language.words(note, page.lang) for note in chart.notes),
        chart.sources or data.sources,
        round(chart.width_mm, 1),
        round(chart.height_mm, 1),
        chart.narrow,
        number,
        page.lang,
    )
