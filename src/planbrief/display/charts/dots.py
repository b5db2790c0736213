"""Areas beside each other: a panel of ranked dots per question, provinces as lines across."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from planbrief.display import style
from planbrief.display.charts.canvas import Canvas, drawing, text_height, text_width, wrap
from planbrief.display.charts.chart import Chart, at_both_widths, listed, row_words, short, unit_of
from planbrief.display.charts.rows import Scale, value_scale
from planbrief.display.language import LANGS, Lang, Text, message, pick
from planbrief.display.quantities import FigureLike, axis_unit
from planbrief.display.state import language
from planbrief.display.table import Cell, Column, Table

#: Space between panels in millimetres.
GUTTER = 8.0
#: Amounts that differ more than this share a log axis.
LOG_FROM = 20.0
#: Rows of one panel; the table of the chart has all.
MOST_ROWS = 31
#: A largest value so many times the second would own the scale: it stands at the edge, its number says how far.
OUTLIER = 3.0


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
    size: float = style.SMALL
    label_share: float = 0.5

    @classmethod
    def fitting(cls, panel: Panel, width: float, lang: Lang) -> Sheet:
        """The layout of a panel that a page has room for: names in one line, smaller, where there are many."""
        ranked = sorted(panel.rows, key=lambda row: -row[1].value)[:MOST_ROWS]
        shown = Panel(panel.title, [row for row in ranked if not math.isnan(row[1].value)], panel.lines)
        laid = cls(shown, width, lang)
        return laid if laid.height <= style.TALLEST_MM else cls(shown, width, lang, style.TINY, 0.68)

    def __post_init__(self) -> None:
        figures = [figure for _, figure, _ in self.panel.rows]
        unit = axis_unit(unit_of([*figures, *(figure for _, figure in self.panel.lines)]), self.lang)
        comma = "，" if self.lang == "zh" else ", "
        title = comma.join(part for part in (pick(self.panel.title, self.lang), unit) if part)
        self.title = wrap(title, self.width - 1, style.TEXT, 4)
        names = [pick(label, self.lang) for label, _, _ in self.panel.rows]
        longest = max((text_width(name, self.size) for name in names), default=0.0)
        self.label_mm = min(self.label_share * self.width, longest + 3)
        self.names = [wrap(name, self.label_mm - 2, self.size, 3) for name in names]
        self.texts = [short(figure, self.lang) for figure in figures]
        self.heights = [max(0.65 * self.size, text_height(name, self.size) + 1.0) for name in self.names]
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
        if not self.names:
            return
        scale, limit = self.scale(room)
        start = scale(scale.low if scale.log else 0.0)
        axes.plot([start, start], [0, height], color=style.AXIS, linewidth=0.6)
        at = 0.0
        for name, text, (_, figure, reached), tall in zip(
            self.names, self.texts, self.panel.rows, self.heights, strict=True
        ):
            x, middle = scale(min(figure.value, limit)), at + tall / 2
            side = -1 if figure.value < 0 else 1
            canvas.text(
                left + self.label_mm - 2, top - middle, name, ha="right", va="center", ma="right", fontsize=self.size
            )
            axes.plot([start, x], [middle, middle], color=style.CONTEXT, linewidth=0.8, zorder=1)
            axes.plot(
                [x], [middle], ">" if figure.value > limit else "o", color=style.ACCENT, markersize=5.6,
                markeredgewidth=1.4, zorder=3, clip_on=False,
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

    @property
    def limit(self) -> float:
        """The largest value that the scale holds, infinity where it holds all."""
        values = sorted((figure.value for _, figure, _ in self.panel.rows), reverse=True)
        outlying = len(values) > 2 and values[1] > 0 and values[0] > OUTLIER * values[1] and not self.by_ratio
        return 1.2 * values[1] if outlying else math.inf

    @property
    def by_ratio(self) -> bool:
        """Whether values stand by their ratios: amounts that are far apart."""
        figures = [*(figure for _, figure, _ in self.panel.rows), *(figure for _, figure in self.panel.lines)]
        low, high = (end((figure.value for figure in figures), default=0.0) for end in (min, max))
        return low > 0 and high / low >= LOG_FROM and figures[0].measure == "level"

    def scale(self, room: float) -> tuple[Scale, float]:
        """Where values stand, from zero or by their ratios, and the largest that the scale holds."""
        limit = self.limit
        values = [min(figure.value, limit) for _, figure, _ in self.panel.rows]
        values += [min(figure.value, limit) for _, figure in self.panel.lines]
        pad = max(text_width(text, style.SMALL) for text in self.texts) + 3.5
        low = pad if min(values) < 0 else 1.5
        return value_scale(values, room, left_pad=low, right_pad=pad, log=self.by_ratio), limit


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
    across = 1 if len(panels) < 2 or style.width_mm() < style.WIDTH_MM else 2
    width = (style.width_mm() - GUTTER * (across - 1)) / across
    laid = [Sheet.fitting(one, width, tongue) for one in panels]
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
        f"{pick(one.panel.title, tongue)}{'：' if tongue == 'zh' else ': '}"
        + row_words([*((label, figure) for label, figure, _ in one.panel.rows), *one.panel.lines], tongue)
        for one in laid
    ]
    if any(len(one.rows) > MOST_ROWS for one in panels):
        notes = (*notes, (message("chart.largest", "zh"), message("chart.largest", "en")))
    if any(math.isfinite(sheet.limit) for sheet in laid):
        notes = (*notes, (message("chart.beyond", "zh"), message("chart.beyond", "en")))
    alt = message("chart.alt_panels", tongue, count=str(len(panels)), panels=listed(said, tongue))
    return Chart(svg, caption, alt, data_table(panels, caption), tuple(notes), tuple(sources), style.width_mm(), height)


def data_table(panels: Sequence[Panel], caption: Text) -> Table:
    """The numbers behind the dots, panel by panel."""
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Text] = {}
    for panel in panels:
        groups[len(rows)] = panel.title
        ranked = sorted(panel.rows, key=lambda row: (math.isnan(row[1].value), -row[1].value))
        for label, figure in (*((label, figure) for label, figure, _ in ranked), *panel.lines):
            unit = figure.unit if figure.measure in ("level", "count") else ""
            plain = replace(figure, unit="") if unit else figure
            units = tuple(axis_unit(unit, lang) for lang in LANGS)
            rows.append((Cell(label), Cell(units if unit else None), Cell(plain), Cell(figure.year or None)))
    measures = {figure.measure for panel in panels for _, figure, _ in panel.rows} - {"level", "count"}
    columns = (
        Column("label", ("名称", "Name"), head=True),
        Column("unit", ("单位", "Unit")),
        Column("value", ("数值", "Value"), measures.pop() if len(measures) == 1 else "number"),
        Column("period", ("时期", "Period"), "period"),
    )
    return Table(columns, tuple(rows), caption, groups=groups)
