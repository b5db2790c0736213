"""What a chart is once it is drawn: its picture, its words, and the table of its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import ParamSpec

from planbrief.display import style
from planbrief.display.document import BlockJson
from planbrief.display.language import Text, marked, pick
from planbrief.display.state import Page
from planbrief.display.table import Table, table_block

P = ParamSpec("P")


@dataclass(frozen=True)
class Chart:
    """A drawn chart.

    Attributes
    ----------
    svg : str
        The drawing; text as paths, colours from :mod:`planbrief.display.style` only.
    caption, notes : text
        Words around it.
    alt : str
        What the figure shows, made from its data, in the language of the drawing.
    data : Table
        The numbers behind it.
    sources : tuple of str
        Documents; those of the data table if empty.
    width_mm, height_mm : float
        Size of the drawing.
    narrow : str
        The drawing for a phone; empty if there is none.
    """

    svg: str
    caption: Text
    alt: str
    data: Table
    notes: tuple[Text, ...] = ()
    sources: tuple[str, ...] = ()
    width_mm: float = 170
    height_mm: float = 90
    narrow: str = ""


def at_both_widths(draw: Callable[P, Chart]) -> Callable[P, Chart]:
    """Draw a chart once more for narrow screens, where the wide drawing would be scaled down until nobody reads it."""

    @wraps(draw)
    def drawn(*args: P.args, **options: P.kwargs) -> Chart:
        wide = draw(*args, **options)
        with style.narrow():
            return replace(wide, narrow=draw(*args, **options).svg)

    return drawn


def chart_block(chart: Chart, page: Page) -> BlockJson:
    """A chart as a block; the drawing itself goes beside it as SVG."""
    number = page.identify("figure")
    data = table_block(chart.data, page, f"{number}-data")
    for source in chart.sources:
        page.sources.setdefault(source)
    return {
        "block": "chart",
        "lang": page.lang,
        "id": number,
        "caption": marked(pick(chart.caption, page.lang), page.lang),
        "alt": chart.alt,
        "notes": [marked(pick(note, page.lang), page.lang) for note in chart.notes],
        "sources": list(chart.sources) or data["sources"],
        "data": data,
        "width_mm": round(chart.width_mm, 1),
        "height_mm": round(chart.height_mm, 1),
        "narrow": chart.narrow,
    }
