"""Axes of time, charts whose rows are named, and areas beside each other: a panel of ranked dots per question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from planbrief.display import style
from planbrief.display.charts.canvas import Canvas, drawing, text_height, text_width, wrap
from planbrief.display.charts.chart import at_both_widths, listed, row_words, short, tick, unit_of, year_of
from planbrief.display.document import Cell, Chart, Column, Table
from planbrief.display.language import LANGS, Lang, Text, message, pick
from planbrief.display.quantities import FigureLike, axis_unit
from planbrief.display.state import language


def nice_ticks(low: float, high: float) -> list[float]:
    """Ticks 1, 2, 5 × 10^n of a log axis between two values; only 1 and 10 where many decades are covered."""
    decades = math.log10(high / low)
    steps = (1, 2, 5) if decades < 2.2 else (1, 3) if decades < 3.2 else (1,)
    found = []
    for power in range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1):
        found += [step * 10.0**power for step in steps]
    return [value for value in found if low <= value <= high]


def dated(levels: Sequence[FigureLike]) -> list[FigureLike]:
    """Levels that have a year and a value, in order of time."""
    found = [level for level in levels if math.isfinite(year_of(level)) and math.isfinite(level.value)]
    return sorted(found, key=year_of)


def scale_y(axes: Axes, low: float, high: float, log: bool, lang: Lang, *, headroom: float = 0.1) -> None:
    """Set the value axis: log with 1-2-5 ticks, or linear from zero."""
    if log:
        axes.set_yscale("log")
        span = math.log(high / low) or 1.0
        bottom, top = low * math.exp(-headroom * span), high * math.exp(headroom * span)
        axes.set_ylim(bottom, top)
        axes.yaxis.set_major_locator(FixedLocator(nice_ticks(bottom, top)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(min(0.0, low * 1.1), high * (1 + headroom) or 1.0)
        bottom, top = axes.get_ylim()
        values = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top)
        axes.yaxis.set_major_locator(FixedLocator([value for value in values if bottom <= value <= top]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(float(f"{value:.6g}"), lang)))
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)


def year_axis(axes: Axes, years: Sequence[float]) -> None:
    """Ticks at the milestone years; a year too near to the one before is left without a number."""
    axes.set_xticks(sorted(set(years)))
    room = axes.get_window_extent().width
    low, high = axes.get_xlim()
    texts, last = [], -math.inf
    for year in sorted(set(years)):
        at = (year - low) / (high - low) * room
        fits = at - last > text_width("2027", style.SMALL) * 72 / 25.4 * 1.15
        texts.append(str(int(year)) if fits else "")
        last = at if fits else last
    axes.set_xticklabels(texts)


def axis_title(canvas: Canvas, text: str, left: float, top: float) -> None:
    """The unit above the value axis, where the eye starts."""
    canvas.text(left, top, text, color=style.MUTED, fontsize=style.SMALL, va="top", ha="left")


def growth_axis(unit: str, log: bool, lang: Lang) -> str:
    """Title of a value axis: its unit, and that it is a log axis where it is one."""
    parts = [axis_unit(unit, lang)]
    if log:
        parts.append(message("chart.log_axis", lang))
    return ("　" if lang == "zh" else "   ").join(part for part in parts if part)


#: Space between rows, and the least height of one, in millimetres.
GAP = 1.8
LEAST = 6.0
#: Largest share of the width that labels may take.
LABEL_SHARE = 0.36


@dataclass(frozen=True)
class Scale:
    """Values to millimetres across, linear or log, between two pads for the labels at the ends."""

    low: float
    high: float
    start_mm: float
    end_mm: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Position of a value in millimetres from the left of the plot."""
        if self.log:
            share = math.log(value / self.low) / (math.log(self.high / self.low) or 1.0)
        else:
            share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start_mm + share * (self.end_mm - self.start_mm)

    def ticks(self, count: int = 5) -> list[float]:
        """Round values for the axis."""
        if self.log:
            return nice_ticks(self.low * 0.999, self.high * 1.001)
        from matplotlib.ticker import MaxNLocator

        locator = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10])
        values = [float(value) for value in locator.tick_values(self.low, self.high)]
        slack = (self.high - self.low) * 1e-6
        return [value for value in values if self.low - slack <= value <= self.high + slack]


@dataclass
class Rows:
    """Labels of a row chart, wrapped, with the place of each row from the top in millimetres."""

    labels: Sequence[str]
    width_mm: float = field(default_factory=style.width_mm)
    size: float = style.TEXT
    notes: Sequence[str] = ()
    least: float = LEAST
    label_share: float = LABEL_SHARE
    wrapped: list[str] = field(init=False)
    small: list[str] = field(init=False)
    heights: list[float] = field(init=False)
    label_mm: float = field(init=False)

    def __post_init__(self) -> None:
        most = self.width_mm * self.label_share
        widest = max((text_width(label, self.size) for label in self.labels), default=0)
        widest = max([widest, *(min(text_width(note, style.SMALL), most) for note in self.notes)])
        self.label_mm = min(widest, most) + 3
        self._wrap()

    def _wrap(self) -> None:
        self.wrapped = [wrap(label, self.label_mm - 2.5, self.size) for label in self.labels]
        self.small = [wrap(note, self.label_mm - 2.5, style.SMALL, 6) if note else "" for note in self.notes]
        self.heights = []
        for index, text in enumerate(self.wrapped):
            height = text_height(text, self.size)
            if index < len(self.small) and self.small[index]:
                height += text_height(self.small[index], style.SMALL) + 0.5
            self.heights.append(max(self.least, height + GAP * min(1.0, self.least / LEAST)))

    @classmethod
    def fitting(cls, labels: Sequence[str], beside_mm: float = 12, *, least: float = LEAST) -> Rows:
        """Rows that fit on a page: many or long labels get more width, less space and at last smaller type.

        ``beside_mm`` is what the chart needs above and below its rows.
        """
        rows = cls(labels, least=least)
        for share, size, height in ((0.46, style.TEXT, 5.2), (0.52, style.SMALL, 4.6), (0.58, style.TINY, 4.0)):
            if rows.height + beside_mm <= style.TALLEST_MM:
                break
            rows = cls(labels, size=size, least=height, label_share=share)
        return rows

    def cut(self, count: int) -> Rows:
        """The first rows, with labels as wide as all of them need (so that two panels line up)."""
        notes = self.notes[:count]
        first = Rows(self.labels[:count], self.width_mm, self.size, notes, self.least, self.label_share)
        if first.label_mm != self.label_mm:
            first.label_mm = self.label_mm
            first._wrap()
        return first

    @property
    def height(self) -> float:
        """Height of all rows."""
        return sum(self.heights)

    @property
    def bar_mm(self) -> float:
        """Thickness of a bar."""
        return 0.6 * self.least

    @property
    def plot_mm(self) -> float:
        """Width left for the plot."""
        return self.width_mm - self.label_mm - 1

    def centers(self) -> list[float]:
        """Middle of each row from the top of the plot."""
        found, at = [], 0.0
        for height in self.heights:
            found.append(at + height / 2)
            at += height
        return found

    def head(self, canvas: Canvas, text: str) -> None:
        """The unit above the plot, from its left edge or as far left as the text needs."""
        left = max(0.5, min(self.label_mm, self.width_mm - text_width(text, style.SMALL) - 1))
        canvas.text(left, canvas.height_mm - 1, text, color=style.MUTED, fontsize=style.SMALL, va="top")

    def plot(self, canvas: Canvas, bottom: float) -> Axes:
        """Axes for the marks, in millimetres from their upper left corner; labels are drawn beside them."""
        axes = canvas.axes(self.label_mm, bottom, self.plot_mm, self.height)
        axes.set_xlim(0, self.plot_mm)
        axes.set_ylim(self.height, 0)
        axes.set_axis_off()
        for index, (text, center) in enumerate(zip(self.wrapped, self.centers(), strict=True)):
            y = bottom + self.height - center
            note = self.small[index] if index < len(self.small) else ""
            if not note:
                canvas.text(self.label_mm - 2, y, text, fontsize=self.size, va="center", ha="right", ma="right")
                continue
            upper, lower = text_height(text, self.size), text_height(note, style.SMALL)
            top = y + (upper + lower + 0.5) / 2
            canvas.text(self.label_mm - 2, top, text, fontsize=self.size, va="top", ha="right", ma="right")
            canvas.text(
                self.label_mm - 2, top - upper - 0.5, note, fontsize=style.SMALL, va="top", ha="right", ma="right",
                color=style.MUTED,
            )  # fmt: skip
        return axes


def grid(axes: Axes, scale: Scale, height: float, lang: Lang, unit: str = "", *, labels: bool = True) -> None:
    """Vertical lines at round values with their numbers below; numbers that would touch are left out."""
    last = -math.inf
    for value in scale.ticks():
        x = scale(value)
        zero = value == 0 and not scale.log
        color, linewidth, linestyle = (style.AXIS, 0.6, "-") if zero else (style.GRID, 0.5, ":")
        axes.plot([x, x], [0, height], color=color, linewidth=linewidth, ls=linestyle, zorder=0)
        text = tick(float(f"{value:.6g}"), lang, unit)
        if labels and x - last > text_width(text, style.SMALL) + 2.5:
            axes.text(x, height + 1, text, fontsize=style.SMALL, color=style.MUTED, ha="center", va="top")
            last = x


def value_scale(
    values: Sequence[float], plot_mm: float, *, left_pad: float, right_pad: float, log: bool = False
) -> Scale:
    """A scale over values with room for labels at both ends; linear ones start at zero."""
    low, high = min(values), max(values)
    if log:
        return Scale(low / 1.05, high * 1.02, left_pad, plot_mm - right_pad, True)
    low, high = min(0.0, low), max(0.0, high)
    return Scale(low, high if high > low else low + 1, left_pad, plot_mm - right_pad)


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
