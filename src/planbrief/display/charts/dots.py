"""Areas beside each other: a panel of ranked dots per question, provinces as lines across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planbrief.display import style
from planbrief.display.charts.canvas import Canvas, drawing, text_height, text_width, wrap
from planbrief.display.charts.chart import Chart, at_both_widths, listed, row_words, short, unit_of
from planbrief.display.charts.rows import Scale, value_scale
from planbrief.display.language import Lang, Text, message, pick
from planbrief.display.numbers import axis_unit
from planbrief.display.quantities import FigureLike
from planbrief.display.state import language
from planbrief.display.table import Cell, Column, Table

#: Space between panels, and of a row with one line of text, in millimetres.
GUTTER, ROW = 8.0, 5.2
#: Values that differ more than this share a log axis.
LOG_FROM = 20.0


@dataclass(frozen=True)
class Panel:
    """One question: its title, the answer of each area (open dots are only aimed at), and lines to read them by."""

    title: Text
    rows: Sequence[tuple[Text, FigureLike, bool]]
    lines: Sequence[tuple[Text, FigureLike]] = ()


@dataclass
class Sheet:
    """A panel laid out for a width in millimetres."""

    panel: Panel
    width: float
    lang: Lang

    def __post_init__(self) -> None:
        figures = [figure for _, figure, _ in self.panel.rows]
        unit = axis_unit(unit_of([*figures, *(figure for _, figure in self.panel.lines)]), self.lang)
        comma = "，" if self.lang == "zh" else ", "
        title = comma.join(part for part in (pick(self.panel.title, self.lang), unit) if part)
        self.title = wrap(title, self.width - 1, style.TEXT, 4)
        names = [pick(label, self.lang) for label, _, _ in self.panel.rows]
        self.label_mm = min(0.5 * self.width, max(text_width(name, style.SMALL) for name in names) + 3)
        self.names = [wrap(name, self.label_mm - 2, style.SMALL, 3) for name in names]
        self.texts = [short(figure, self.lang) for figure in figures]
        self.heights = [max(ROW, text_height(name, style.SMALL) + 1.2) for name in self.names]
        self.marks = [
            wrap(f"{pick(label, self.lang)} {short(figure, self.lang)}", self.width - 6, style.SMALL, 3)
            for label, figure in self.panel.lines
        ]

    @property
    def height(self) -> float:
        """Height with its title and the words of its lines."""
        below = sum(text_height(mark, style.SMALL) + 0.6 for mark in self.marks)
        return text_height(self.title) + 2 + sum(self.heights) + below + 2

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """The panel with its upper left corner at a place of the sheet."""
        canvas.text(left, top, self.title, va="top", color=style.INK)
        top -= text_height(self.title) + 2
        room, height = self.width - self.label_mm, sum(self.heights)
        axes = canvas.axes(left + self.label_mm, top - height, room, height)
        axes.set_xlim(0, room)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        scale = self.scale(room)
        start = scale(scale.low if scale.log else 0.0)
        axes.plot([start, start], [0, height], color=style.AXIS, linewidth=0.6)
        at = 0.0
        for name, text, (_, figure, reached), tall in zip(
            self.names, self.texts, self.panel.rows, self.heights, strict=True
        ):
            x, middle = scale(figure.value), at + tall / 2
            side = -1 if figure.value < 0 else 1
            canvas.text(
                left + self.label_mm - 2, top - middle, name, ha="right", va="center", ma="right", fontsize=style.SMALL
            )
            axes.plot([start, x], [middle, middle], color=style.PALE, linewidth=1.6, zorder=1)
            axes.plot(
                [x], [middle], "o", color=style.ACCENT, markersize=5.6, markeredgewidth=1.4, zorder=3, clip_on=False,
                markerfacecolor=style.ACCENT if reached else style.PAPER,
            )  # fmt: skip
            where = "left" if side > 0 else "right"
            axes.text(x + 1.9 * side, middle, text, va="center", ha=where, fontsize=style.SMALL, zorder=4)
            at += tall
        below = top - height - 0.6
        for index, (mark, (_, figure)) in enumerate(zip(self.marks, self.panel.lines, strict=True)):
            x, dashes = scale(figure.value), ((3, 2), (1, 1.5), (6, 2))[index % 3]
            axes.plot([x, x], [0, height], color=style.SECOND, linewidth=1.1, dashes=dashes, zorder=2)
            key = canvas.axes(left, below - text_height(mark, style.SMALL), 5, text_height(mark, style.SMALL))
            key.set_axis_off()
            key.set_xlim(0, 1)
            key.set_ylim(0, 1)
            key.plot([0, 0.85], [0.55, 0.55], color=style.SECOND, linewidth=1.1, dashes=dashes)
            canvas.text(left + 6, below, mark, va="top", fontsize=style.SMALL, color=style.MUTED)
            below -= text_height(mark, style.SMALL) + 0.6

    def scale(self, room: float) -> Scale:
        """Where values stand: from zero, or by their ratios where they are far apart."""
        values = [figure.value for _, figure, _ in self.panel.rows]
        values += [figure.value for _, figure in self.panel.lines]
        pad = max(text_width(text, style.SMALL) for text in self.texts) + 3.5
        log = min(values) > 0 and max(values) / min(values) >= LOG_FROM
        return value_scale(values, room, left_pad=pad if min(values) < 0 else 1.5, right_pad=pad, log=log)


@at_both_widths
def ranked_dots(
    panels: Sequence[Panel],
    caption: Text,
    *,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
) -> Chart:
    """Small multiples: each question a panel of its own unit and scale, the largest area on top.

    Parameters
    ----------
    panels : sequence of Panel
        Rows of one measure and unit in each (ValueError otherwise).
    """
    tongue = language(lang)
    panels = [Panel(one.title, sorted(one.rows, key=lambda row: -row[1].value), one.lines) for one in panels]
    across = 1 if len(panels) < 2 or style.width_mm() < style.WIDTH_MM else 2
    width = (style.width_mm() - GUTTER * (across - 1)) / across
    laid = [Sheet(one, width, tongue) for one in panels]
    sheets = [laid[first : first + across] for first in range(0, len(laid), across)]
    height = sum(max(sheet.height for sheet in row) + 3 for row in sheets)
    with drawing(pick(caption, "en") or "dots", style.width_mm(), height) as canvas:
        top = height - 1
        for row in sheets:
            for index, sheet in enumerate(row):
                sheet.draw(canvas, index * (width + GUTTER), top)
            top -= max(sheet.height for sheet in row) + 3
        svg = canvas.svg()
    said = [
        f"{pick(one.title, tongue)}{'：' if tongue == 'zh' else ': '}"
        + row_words([*((label, figure) for label, figure, _ in one.rows), *one.lines], tongue)
        for one in panels
    ]
    alt = message("chart.alt_panels", tongue, count=str(len(panels)), panels=listed(said, tongue))
    return Chart(svg, caption, alt, data_table(panels, caption), tuple(notes), tuple(sources), style.width_mm(), height)


def data_table(panels: Sequence[Panel], caption: Text) -> Table:
    """The numbers behind the dots, panel by panel."""
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Text] = {}
    for panel in panels:
        groups[len(rows)] = panel.title
        for label, figure in (*((label, figure) for label, figure, _ in panel.rows), *panel.lines):
            rows.append((Cell(label), Cell(figure), Cell(figure.year or None)))
    columns = (
        Column("label", ("名称", "Name"), head=True),
        Column("value", ("数值", "Value"), "number"),
        Column("period", ("时期", "Period"), "period"),
    )
    return Table(columns, tuple(rows), caption, groups=groups)
