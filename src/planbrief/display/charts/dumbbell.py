"""Now against target: two dots per row and the distance between them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planbrief.display import style
from planbrief.display.charts.canvas import Canvas, drawing, halo, text_width
from planbrief.display.charts.chart import Chart, at_both_widths, listed, short, unit_of, words
from planbrief.display.charts.rows import Rows, Scale, grid, value_scale
from planbrief.display.language import Lang, Text, message, pick
from planbrief.display.numbers import axis_unit
from planbrief.display.quantities import FigureLike
from planbrief.display.state import language
from planbrief.display.table import Cell, Column, Table

Pair = tuple[Text, FigureLike, FigureLike]


@at_both_widths
def dumbbell(
    rows: Sequence[Pair],
    caption: Text,
    *,
    ends: tuple[Text, Text],
    log: bool = False,
    sort: str = "",
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
) -> Chart:
    """Rows with a start (open grey dot) and an end (filled dot), both labelled.

    Parameters
    ----------
    rows : sequence of (label, start Figure, end Figure)
        All of one measure and unit (ValueError otherwise); rows that lack a value go to the data table only.
    ends : pair of text
        What the two dots are: ("2023年实际", "2023 actual"), ("2026年目标", "2026 target").
    log : bool
        Log axis (equal widths are equal multiples), said so above the plot.
    sort : {"", "end", "change"}
        Order of the rows: as given, by the end value, or by the change (log: by the multiple).
    """
    tongue = language(lang)
    shown = [row for row in rows if not math.isnan(row[1].value) and not math.isnan(row[2].value)]
    unit = unit_of([figure for row in shown for figure in row[1:]])
    values = [figure.value for _, start, end in shown for figure in (start, end)]
    log = log and bool(values) and min(values) > 0
    if sort == "end":
        shown.sort(key=lambda row: -row[2].value)
    elif sort == "change":
        shown.sort(key=lambda row: -(row[2].value / row[1].value if log else row[2].value - row[1].value))
    layout = Rows.fitting([pick(label, tongue) for label, _, _ in shown], 18, least=6.6)
    heads = [axis_unit(unit, tongue)] + ([message("chart.log_axis_x", tongue)] if log else [])
    head = ("　" if tongue == "zh" else "   ").join(part for part in heads if part)
    top = 10.5 if head else 6.0
    with drawing(pick(caption, "en") or "dumbbell", style.width_mm(), layout.height + top + 6) as canvas:
        if head:
            layout.head(canvas, head)
        if shown:
            draw(canvas, layout, shown, ends, log, tongue)
        svg = canvas.svg()
        height = canvas.height_mm
    said = listed(
        (
            message(
                "chart.alt_dumbbell_row",
                tongue,
                label=pick(label, tongue),
                start=words(a, tongue),
                end=words(b, tongue),
            )
            for label, a, b in shown
        ),
        tongue,
    )
    first, last = (pick(end, tongue) for end in ends)
    alt = message("chart.alt_dumbbell", tongue, count=str(len(shown)), first=first, last=last, rows=said)
    return Chart(
        svg, caption, alt, data_table(rows, ends, caption, unit), tuple(notes), tuple(sources), style.width_mm(), height
    )


def draw(canvas: Canvas, layout: Rows, shown: Sequence[Pair], ends: tuple[Text, Text], log: bool, lang: Lang) -> None:
    """Dots, the lines between them, their numbers outside, and what they are above the first row."""
    axes = layout.plot(canvas, 6)
    texts = [(short(start, lang), short(end, lang)) for _, start, end in shown]
    pad = max(text_width(text) for pair in texts for text in pair) + 4.5
    values = [figure.value for _, start, end in shown for figure in (start, end)]
    left_pad = 1.5
    for _ in range(4):
        scale = value_scale(values, layout.plot_mm, left_pad=left_pad, right_pad=pad, log=log)
        left_pad += max(0.0, -min(leftmost(row, text, scale) for row, text in zip(shown, texts, strict=True)))
    grid(axes, scale, layout.height, lang, "%" if shown[0][1].measure == "share" else "")
    for (_, start, end), (left, right), center in zip(shown, texts, layout.centers(), strict=True):
        a, b = scale(start.value), scale(end.value)
        side = 1 if b >= a else -1
        axes.plot([a, b], [center, center], color=style.PALE, linewidth=3.2, solid_capstyle="butt", zorder=1)
        axes.plot(
            [a], [center], "o", color=style.MUTED, markerfacecolor=style.PAPER, markersize=6.5, markeredgewidth=1.4,
            zorder=3, clip_on=False,
        )  # fmt: skip
        axes.plot([b], [center], "o", color=style.ACCENT, markersize=7, zorder=4, clip_on=False)
        before, after = ("right", "left") if side > 0 else ("left", "right")
        halo(axes.text(a - 2.3 * side, center, left, va="center", ha=before, color=style.MUTED, fontsize=layout.size))
        halo(axes.text(b + 2.3 * side, center, right, va="center", ha=after, fontsize=layout.size))
    name_ends(canvas, layout, shown[0], scale, ends, lang)


def leftmost(row: Pair, texts: tuple[str, str], scale: Scale) -> float:
    """Where the text left of a row's dots begins, in millimetres from the left of the plot."""
    places = [scale(figure.value) for figure in row[1:]]
    first = 0 if places[0] <= places[1] else 1
    return places[first] - text_width(texts[first]) - 3.5


def name_ends(canvas: Canvas, layout: Rows, first: Pair, scale: Scale, ends: tuple[Text, Text], lang: Lang) -> None:
    """What the two dots are, above those of the first row and moved apart if need be."""
    names = [pick(end, lang) for end in ends]
    sizes = [text_width(name, style.SMALL) for name in names]
    places = [layout.label_mm + scale(figure.value) for figure in first[1:]]
    swap = places[0] > places[1]
    if swap:
        names, sizes, places = names[::-1], sizes[::-1], places[::-1]
    gap = (sizes[0] + sizes[1]) / 2 + 4 - (places[1] - places[0])
    if gap > 0:
        places = [places[0] - gap / 2, places[1] + gap / 2]
    shift = max(0.0, 1 + sizes[0] / 2 - places[0])
    places = [place + shift for place in places]
    shift = max(0.0, places[1] + sizes[1] / 2 + 1 - canvas.width_mm)
    places = [place - shift for place in places]
    colors = (style.ACCENT, style.MUTED) if swap else (style.MUTED, style.ACCENT)
    y = 6 + layout.height + 0.6
    for name, place, color in zip(names, places, colors, strict=True):
        canvas.text(place, y, name, fontsize=style.SMALL, color=color, ha="center", va="bottom")


def data_table(rows: Sequence[Pair], ends: tuple[Text, Text], caption: Text, unit: str) -> Table:
    """The numbers behind the chart."""
    measure = rows[0][1].measure if rows else "level"
    shown_unit = unit if measure in ("level", "count") else ""
    columns = (
        Column("label", ("名称", "Name"), head=True),
        Column("start", ends[0], measure, shown_unit),
        Column("end", ends[1], measure, shown_unit),
    )
    return Table(columns, tuple((Cell(label), Cell(a), Cell(b)) for label, a, b in rows), caption)
