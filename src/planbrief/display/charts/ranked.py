"""Ranked values: bars with their numbers, and required growth as dots."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from planbrief.display import style
from planbrief.display.charts.canvas import Canvas, drawing, text_height, text_width, wrap
from planbrief.display.charts.chart import Chart, at_both_widths, row_words, short, unit_of
from planbrief.display.charts.rows import GAP, LEAST, Rows, grid, value_scale
from planbrief.display.language import Lang, Text, message, pick
from planbrief.display.numbers import axis_unit
from planbrief.display.quantities import FigureLike
from planbrief.display.state import language
from planbrief.display.table import Cell, Column, Table

Row = tuple[Text, FigureLike]


def ordered(rows: Sequence[Row], sort: bool = True) -> tuple[list[Row], list[Row]]:
    """Rows with a value, the largest first, and rows without one."""
    found = [row for row in rows if not math.isnan(row[1].value)]
    if sort:
        found.sort(key=lambda row: -row[1].value)
    return found, [row for row in rows if math.isnan(row[1].value)]


def rows_table(rows: Sequence[Row], caption: Text, unit: str, head: Text = ("名称", "Name")) -> Table:
    """The numbers behind a row chart."""
    measure = rows[0][1].measure if rows else "level"
    columns = (
        Column("label", head, head=True),
        Column("value", ("数值", "Value"), measure, unit if measure in ("level", "count") else ""),
    )
    return Table(columns, tuple((Cell(label), Cell(figure)) for label, figure in rows), caption)


@at_both_widths
def ranked_bars(
    rows: Sequence[Row],
    caption: Text,
    *,
    highlight: Collection[int] = (),
    sort: bool = True,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
) -> Chart:
    """Horizontal bars from zero, the largest first, each with its number.

    Parameters
    ----------
    rows : sequence of (label, Figure)
        All of one measure and unit (ValueError otherwise). Rows without a value are listed below with the reason.
    highlight : collection of int
        Indices into ``rows`` of the bars to colour; all if empty.
    """
    tongue = language(lang)
    shown, empty = ordered(rows, sort)
    unit = unit_of([figure for _, figure in shown])
    colors = {id(rows[index][1]) for index in highlight}
    labels = [pick(label, tongue) for label, _ in shown]
    layout = Rows.fitting(labels)
    texts = [short(figure, tongue) for _, figure in shown]
    head = axis_unit(unit, tongue)
    top = 6.0 if head else 2.0
    with drawing(pick(caption, "en") or "bars", style.width_mm(), layout.height + top + 2) as canvas:
        axes = layout.plot(canvas, 2)
        if head:
            layout.head(canvas, head)
        if shown:
            draw_bars(axes, layout, shown, texts, colors)
        svg = canvas.svg()
        height = canvas.height_mm
    alt = message("chart.alt_ranked", tongue, count=str(len(shown)), rows=row_words(shown, tongue))
    return Chart(
        svg, caption, alt, rows_table([*shown, *empty], caption, unit), tuple(notes), tuple(sources), style.width_mm(),
        height,
    )  # fmt: skip


def draw_bars(axes: Axes, layout: Rows, shown: Sequence[Row], texts: Sequence[str], colors: Collection[int]) -> None:
    """Bars and their numbers at the end."""
    pad = max(text_width(text) for text in texts) + 3
    values = [figure.value for _, figure in shown]
    left = pad if min(values) < 0 else 0.4
    scale = value_scale(values, layout.plot_mm, left_pad=left, right_pad=pad)
    zero = scale(0)
    for (_, figure), text, center in zip(shown, texts, layout.centers(), strict=True):
        end = scale(figure.value)
        color = style.ACCENT if not colors or id(figure) in colors else style.CONTEXT
        axes.barh(center, end - zero, left=zero, height=layout.bar_mm, color=color, linewidth=0)
        below = figure.value < 0
        axes.text(
            end + (-1.2 if below else 1.2),
            center,
            text,
            va="center",
            ha="right" if below else "left",
            fontsize=layout.size,
        )
    axes.plot([zero, zero], [0, layout.height], color=style.AXIS, linewidth=0.6)


@at_both_widths
def required_growth(
    rows: Sequence[Row],
    caption: Text,
    *,
    apart: Sequence[tuple[Text, FigureLike, Text]] = (),
    apart_title: Text | None = None,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
) -> Chart:
    """Growth per year that targets require, as ranked dots; achieved growth of another kind in a panel of its own.

    Parameters
    ----------
    rows : sequence of (label, Figure)
        Required rates. Rows without a value go to the data table with the reason.
    apart : sequence of (label, Figure, reason)
        Achieved rates that measure something else. They get their own panel and their own axis, and the reason is
        printed with each: the eye must not compare them with the dots above.
    apart_title : text, optional
        Head of that panel.
    """
    tongue = language(lang)
    shown, empty = ordered(rows)
    names = [pick(label, tongue) for label, _ in shown]
    main = Rows.fitting([*names, *(pick(label, tongue) for label, _, _ in apart)], 24).cut(len(names))
    other = Apart(
        [(pick(label, tongue), short(figure, tongue), pick(why, tongue)) for label, figure, why in apart], main
    )
    title = wrap(pick(apart_title, tongue) if apart_title is not None else own_panel(tongue), style.width_mm() - 4)
    below = other.height + text_height(title) + 6 if apart else 0.0
    height = main.height + 12 + below
    with drawing(pick(caption, "en") or "growth", style.width_mm(), height) as canvas:
        main.head(canvas, message("chart.required", tongue))
        dots(canvas, main, [figure for _, figure in shown], below + 6, tongue)
        if apart:
            rule(canvas, below - 2)
            canvas.text(0.5, below - 4, title, color=style.MUTED, va="top", ha="left")
            other.draw(canvas, 1)
        svg = canvas.svg()
    alt = message("chart.alt_dots", tongue, count=str(len(shown)), rows=row_words(shown, tongue))
    if apart:
        beside = row_words([(label, figure) for label, figure, _ in apart], tongue)
        alt += (" " if tongue == "en" else "") + message("chart.alt_apart", tongue, rows=beside)
    data = growth_table([*shown, *empty], apart, caption)
    return Chart(svg, caption, alt, data, tuple(notes), tuple(sources), style.width_mm(), height)


def own_panel(lang: Lang) -> str:
    """Head of the panel of achieved rates."""
    return f"{message('chart.achieved', lang)} · {message('chart.own_panel', lang)}"


def dots(canvas: Canvas, layout: Rows, figures: Sequence[FigureLike], bottom: float, lang: Lang) -> None:
    """A dot per row on a stem from zero, with an axis in percent."""
    axes = layout.plot(canvas, bottom)
    if not figures:
        return
    texts = [short(figure, lang) for figure in figures]
    pad = max(text_width(text) for text in texts) + 4.5
    values = [figure.value * 100 for figure in figures]
    scale = value_scale(values, layout.plot_mm, left_pad=pad if min(values) < 0 else 1.5, right_pad=pad)
    grid(axes, scale, layout.height, lang, "%")
    for value, text, center in zip(values, texts, layout.centers(), strict=True):
        x, side = scale(value), -1 if value < 0 else 1
        axes.plot([scale(0), x], [center, center], color=style.PALE, linewidth=2.2, solid_capstyle="butt", zorder=1)
        axes.plot([x], [center], "o", color=style.ACCENT, markersize=7, zorder=3, clip_on=False)
        axes.text(x + 2.4 * side, center, text, va="center", ha="right" if side < 0 else "left", fontsize=layout.size)


class Apart:
    """Rates of another kind: numbers with their reason and no axis, so that no length invites a comparison."""

    def __init__(self, rows: Sequence[tuple[str, str, str]], beside: Rows) -> None:
        self.rows, self.label_mm = rows, beside.label_mm
        self.value_mm = max((text_width(value) for _, value, _ in rows), default=0) + 7
        room = style.width_mm() - self.label_mm - self.value_mm - 2
        self.labels = [wrap(label, self.label_mm - 2.5) for label, _, _ in rows]
        self.reasons = [wrap(reason, room, style.SMALL, 6) for _, _, reason in rows]
        self.heights = [
            max(LEAST, text_height(label) + GAP, text_height(reason, style.SMALL) + GAP)
            for label, reason in zip(self.labels, self.reasons, strict=True)
        ]

    @property
    def height(self) -> float:
        """Height of all rows."""
        return sum(self.heights)

    def draw(self, canvas: Canvas, bottom: float) -> None:
        """Label, number and reason of each row."""
        y = bottom + self.height
        for index, (_, value, _) in enumerate(self.rows):
            y -= self.heights[index] / 2
            left = self.label_mm
            canvas.text(left - 2, y, self.labels[index], va="center", ha="right", ma="right")
            canvas.text(left + 1.5, y, "◆", va="center", ha="center", color=style.SECOND, fontsize=style.SMALL)
            canvas.text(left + 4, y, value, va="center", ha="left")
            reason = self.reasons[index]
            canvas.text(
                left + self.value_mm, y, reason, va="center", ha="left", color=style.MUTED, fontsize=style.SMALL
            )
            y -= self.heights[index] / 2


def rule(canvas: Canvas, y: float) -> None:
    """A thin line across the sheet at a height in millimetres."""
    at = y / canvas.height_mm
    line = Line2D([0, 1], [at, at], color=style.AXIS, linewidth=0.6, transform=canvas.figure.transFigure)
    canvas.figure.add_artist(line)


def growth_table(rows: Sequence[Row], apart: Sequence[tuple[Text, FigureLike, Text]], caption: Text) -> Table:
    """The numbers behind required growth, those of another kind in a group with their reason."""
    columns = [
        Column("label", ("名称", "Name"), head=True),
        Column("period", ("时期", "Period"), "period"),
        Column("rate", ("年均增速", "Growth per year"), "rate"),
    ]
    if apart:
        columns.append(Column("reason", ("说明", "Comment")))
    lines: list[tuple[Cell, ...]] = []
    for label, figure in rows:
        lines.append((Cell(label), Cell(figure.year or None), Cell(figure), *((Cell(),) if apart else ())))
    groups: dict[int, Text] = {}
    if apart:
        groups = {0: message_pair("chart.required"), len(lines): message_pair("chart.achieved")}
        lines += [(Cell(label), Cell(figure.year or None), Cell(figure), Cell(why)) for label, figure, why in apart]
    return Table(tuple(columns), tuple(lines), caption, groups=groups)


def message_pair(key: str) -> tuple[str, str]:
    """A message in both languages."""
    return message(key, "zh"), message(key, "en")
