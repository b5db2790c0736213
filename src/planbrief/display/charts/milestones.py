"""Charts over time: lines of series, and milestones of targets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from planbrief.display import style
from planbrief.display.charts.canvas import AROUND, Canvas, Placer, drawing, spread, text_height, text_width, wrap
from planbrief.display.charts.chart import (
    at_both_widths,
    is_actual,
    listed,
    period,
    short,
    unit_of,
    words,
    year_of,
)
from planbrief.display.charts.rows import axis_title, dated, growth_axis, scale_y, year_axis
from planbrief.display.document import Cell, Chart, Column, Table
from planbrief.display.language import Lang, Text, message, pick
from planbrief.display.quantities import FigureLike
from planbrief.display.state import language


@at_both_widths
def milestone_lines(
    series: Sequence[tuple[Text, Sequence[FigureLike]]],
    caption: Text,
    *,
    log: bool | None = None,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
    height_mm: float = 0,
) -> Chart:
    """Several series in one unit over time, each named at the end of its line.

    Parameters
    ----------
    series : sequence of (label, levels)
        Levels with their ``year``; all in one unit (ValueError otherwise).
    log : bool, optional
        Log axis; by default where the largest value is at least thirty times the smallest.
    """
    tongue = language(lang)
    lines = [(pick(label, tongue), dated(levels)) for label, levels in series]
    lines = [(label, points) for label, points in lines if points]
    if not lines:
        raise ValueError(f"{pick(caption, 'en')}: no dated values to draw")
    every = [point for _, points in lines for point in points]
    unit = "%" if every[0].measure == "share" else unit_of(every)
    values = [point.value for point in every]
    if log is None:
        log = min(values) > 0 and max(values) / min(values) >= 30
    side = min(52.0, max(text_width(label) for label, _ in lines) + 2)
    room = sum(text_height(wrap(label, side - 1)) + 0.6 for label, _ in lines)
    height = height_mm or max(82.0, 14 + room)
    with drawing(pick(caption, "en") or "lines", style.width_mm(), height) as canvas:
        axes = canvas.axes(13, 9, canvas.width_mm - 13 - side - 14, height - 18)
        years = sorted({year_of(point) for point in every})
        axes.set_xlim(years[0] - 0.02 * (years[-1] - years[0] or 1), years[-1])
        scale_y(axes, min(values), max(values), log, tongue, headroom=0.05)
        year_axis(axes, years)
        axis_title(canvas, growth_axis(unit, log, tongue), 1, height - 1)
        ends = []
        for number, (label, points) in enumerate(lines):
            color = style.SERIES[number % len(style.SERIES)]
            marker = "osD^vPXh"[number % 8]
            xs, ys = [year_of(point) for point in points], [point.value for point in points]
            axes.plot(xs, ys, color=color, marker=marker, markersize=4.5, linewidth=1.8, clip_on=False, zorder=3)
            ends.append(
                (
                    label,
                    points[-1],
                    style.SERIES_TEXT[number % len(style.SERIES)],
                    float(axes.transData.transform((xs[-1], ys[-1]))[1]),
                )
            )
        label_ends(canvas, ends, side, height, tongue)
        svg = canvas.svg()
    told = (
        message(
            "chart.alt_series", tongue, label=label, start=words(points[0], tongue), first=period(points[0], tongue),
            end=words(points[-1], tongue), last=period(points[-1], tongue),
        )
        for label, points in lines
    )  # fmt: skip
    alt = message("chart.alt_lines", tongue, count=str(len(lines)), series=listed(told, tongue))
    return Chart(
        svg, caption, alt, lines_table(series, caption, unit), tuple(notes), tuple(sources), style.width_mm(), height
    )


def label_ends(
    canvas: Canvas, ends: Sequence[tuple[str, FigureLike, str, float]], side: float, height: float, lang: Lang
) -> None:
    """Names and last values at the right, moved apart where lines end close together."""
    scale = 72 / 25.4
    shown = [(wrap(label, side - 1), short(point, lang), color, y / scale) for label, point, color, y in ends]
    sizes = [text_height(text) + 0.6 for text, _, _, _ in shown]
    places = spread([y - 0.001 * i for i, (_, _, _, y) in enumerate(shown)], sizes, 4, height - 4)
    left = canvas.width_mm - side - 13
    for (text, value, color, y), at in zip(shown, places, strict=True):
        if abs(at - y) > 0.7:
            box = [left - 0.4, left + 2.2]
            canvas.figure.add_artist(_leader(canvas, box, [y, at], color))
        canvas.text(left + 3, at, text, color=color, va="center", ha="left")
        canvas.text(canvas.width_mm - 0.5, at, value, color=style.INK, va="center", ha="right", fontsize=style.SMALL)


def _leader(canvas: Canvas, xs: Sequence[float], ys: Sequence[float], color: str) -> Line2D:
    wide, high = canvas.width_mm, canvas.height_mm
    return Line2D(
        [x / wide for x in xs], [y / high for y in ys], color=color, linewidth=0.7, transform=canvas.figure.transFigure
    )


def lines_table(series: Sequence[tuple[Text, Sequence[FigureLike]]], caption: Text, unit: str) -> Table:
    """The numbers behind the lines: a row per series, a column per year."""
    years = sorted({point.year for _, points in series for point in dated(points)}, key=lambda text: text[-4:])
    measure = next((point.measure for _, points in series for point in points), "level")
    columns = [Column("label", ("名称", "Name"), head=True)]
    for year in years:
        columns.append(Column(year, (f"{year}年", year), measure, unit if measure in ("level", "count") else ""))
    rows = []
    for label, points in series:
        by_year = {point.year: point for point in points}
        rows.append((Cell(label), *(Cell(by_year.get(year)) for year in years)))
    return Table(tuple(columns), tuple(rows), caption)


#: A path that grows at least so many times is drawn on a log axis unless told otherwise.
LOG_FROM = 4.0
#: Points by which two paths must differ to be drawn as two.
VISIBLE = 4.0


def path_points(years: Sequence[float], values: Sequence[float], shape: str) -> tuple[np.ndarray, np.ndarray]:
    """Points of a path through milestones: piecewise at a constant rate (geometric) or in equal steps (linear)."""
    xs = np.concatenate([np.linspace(a, b, 25) for a, b in pairwise(years)])
    if shape == "geometric":
        return xs, np.exp(np.interp(xs, years, np.log(values)))
    return xs, np.interp(xs, years, values)


@at_both_widths
def milestone_path(
    levels: Sequence[FigureLike],
    caption: Text,
    *,
    label: Text,
    rates: Sequence[FigureLike] = (),
    shape: str = "geometric",
    both_shapes: bool = True,
    log: bool | None = None,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
    height_mm: float = 88,
) -> Chart:
    """One indicator's milestones and the paths between them.

    Parameters
    ----------
    levels : sequence of Figure
        Printed levels (or shares) with their ``year``; undated ones are left out, as METHODS asks.
    caption, label : text
        What the chart says; name of the indicator.
    rates : sequence of Figure
        Growth per segment, ``year`` "2023-2026"; drawn beside its segment.
    shape : {"geometric", "linear"}
        The path that counts for the indicator, drawn solid.
    both_shapes : bool
        Whether the other shape is drawn dashed for comparison.
    log : bool, optional
        Log axis; by default where the values grow fourfold or more and growth is given.

    Raises
    ------
    ValueError
        Fewer than two dated levels, or levels in unlike units.
    """
    tongue = language(lang)
    points = dated(levels)
    if len(points) < 2:
        raise ValueError(f"{pick(label, 'en')}: a path needs at least two dated values")
    unit = "%" if points[0].measure == "share" else unit_of(points)
    years, values = [year_of(point) for point in points], [point.value for point in points]
    positive = min(values) > 0
    if log is None:
        log = bool(rates) and positive and max(values) / min(values) >= LOG_FROM
    if not positive:
        shape, both_shapes, log = "linear", False, False
    with drawing(pick(caption, "en") or "milestones", style.width_mm(), height_mm) as canvas:
        axes = canvas.axes(13, 9, canvas.width_mm - 13 - 8, height_mm - 9 - 9)
        margin = 0.05 * (years[-1] - years[0])
        axes.set_xlim(years[0] - margin, years[-1] + margin)
        scale_y(axes, min(values), max(values), log, tongue, headroom=0.13)
        year_axis(axes, years)
        axis_title(canvas, growth_axis(unit, log, tongue), 1, height_mm - 1)
        placer = Placer(canvas, canvas.tick_boxes())
        draw_paths(axes, placer, years, values, shape, both_shapes, tongue)
        draw_milestones(axes, placer, points, tongue)
        draw_rates(axes, placer, rates, years, values, shape, tongue)
        if both_shapes:
            name_paths(axes, placer, years, values, shape, tongue)
        svg = canvas.svg()
    said = [pick(note, tongue) for note in notes] or [message("chart.printed_milestones", tongue)]
    return Chart(
        svg,
        caption,
        alt_text(points, rates, label, tongue),
        data_table(points, rates, caption, label, unit),
        tuple(said),
        tuple(sources),
        style.width_mm(),
        height_mm,
    )


def draw_paths(
    axes: Axes,
    placer: Placer,
    years: Sequence[float],
    values: Sequence[float],
    shape: str,
    both: bool,
    lang: Lang,
) -> None:
    """The path that counts, solid; the other shape, dashed and grey."""
    del lang
    other = "linear" if shape == "geometric" else "geometric"
    if both and widest_gap(axes, years, values)[0] >= VISIBLE:
        xs, ys = path_points(years, values, other)
        axes.plot(xs, ys, color=style.AXIS, linewidth=1.1, linestyle=(0, (4, 2.5)), zorder=2)
        placer.block(axes, xs[::2], ys[::2], 1.2)
    xs, ys = path_points(years, values, shape)
    axes.plot(xs, ys, color=style.ACCENT, zorder=3)
    placer.block(axes, xs[::2], ys[::2], 1.8)


def draw_milestones(axes: Axes, placer: Placer, points: Sequence[FigureLike], lang: Lang) -> None:
    """A dot for each printed value: filled for what is, open for what is planned; its number above."""
    for point in points:
        face = style.ACCENT if is_actual(point) else style.PAPER
        axes.plot(
            [year_of(point)], [point.value], "o", color=style.ACCENT, markerfacecolor=face, markersize=6.5,
            markeredgewidth=1.8, zorder=4, clip_on=False,
        )  # fmt: skip
    placer.block(axes, [year_of(point) for point in points], [point.value for point in points], 4.5)
    above = [(-3.0, 6.0, "right", "bottom"), (0.0, 7.0, "center", "bottom"), *AROUND]
    for point in points:
        at = (year_of(point), point.value)
        placer.place(axes, at, short(point, lang), offsets=above, size=style.LABEL, color=style.INK, tether=0.4)


def middle(a: float, b: float, low: float, high: float, shape: str, at: float = 0.5) -> tuple[float, float]:
    """A point on a segment of a path."""
    year = a + (b - a) * at
    if shape == "geometric":
        return year, low * (high / low) ** at
    return year, low + (high - low) * at


def draw_rates(
    axes: Axes,
    placer: Placer,
    rates: Sequence[FigureLike],
    years: Sequence[float],
    values: Sequence[float],
    shape: str,
    lang: Lang,
) -> None:
    """Growth per year beside its segment."""
    level = dict(zip(years, values, strict=True))
    for rate in rates:
        base, _, end = rate.year.partition("-")
        if not (base.isdigit() and end.isdigit()) or float(base) not in level or float(end) not in level:
            continue
        at = middle(float(base), float(end), level[float(base)], level[float(end)], shape)
        text = message("chart.per_year", lang, rate=words(rate, lang))
        if float(end) - float(base) == 1:
            text = message("chart.one_year", lang, rate=words(rate, lang), year=end)
        below = [(5.0, -4.0, "left", "top"), (8.0, -10.0, "left", "top"), (-5.0, 5.0, "right", "bottom"), *AROUND]
        placer.place(axes, at, text, offsets=below, size=style.TEXT, color=style.ACCENT, tether=0.4)


def widest_gap(axes: Axes, years: Sequence[float], values: Sequence[float]) -> tuple[float, float, float, float, float]:
    """Distance in points between the two shapes where it is largest, and that segment's years and values."""
    gaps = []
    for (a, b), (low, high) in zip(pairwise(years), pairwise(values), strict=True):
        straight, curved = middle(a, b, low, high, "linear"), middle(a, b, low, high, "geometric")
        first, second = axes.transData.transform(straight), axes.transData.transform(curved)
        gaps.append((float(abs(first[1] - second[1])), a, b, low, high))
    return max(gaps)


def name_paths(
    axes: Axes, placer: Placer, years: Sequence[float], values: Sequence[float], shape: str, lang: Lang
) -> None:
    """The two paths named beside their lines, where they lie farthest apart and there is room; the note has both."""
    gap, a, b, low, high = widest_gap(axes, years, values)
    if gap < VISIBLE:
        return
    other = "linear" if shape == "geometric" else "geometric"
    for kind, color in ((other, style.MUTED), (shape, style.ACCENT)):
        higher = kind == "linear"
        near = [(-4.0, 4.0, "right", "bottom"), (-8.0, 10.0, "right", "bottom"), (0.0, 6.0, "center", "bottom")]
        far = [(4.0, -5.0, "left", "top"), (8.0, -10.0, "left", "top"), (0.0, -6.0, "center", "top")]
        at = middle(a, b, low, high, kind, 0.4 if higher else 0.72)
        name, offsets = message(f"chart.{kind}", lang), near if higher else far
        placer.place(axes, at, name, offsets=offsets, size=style.SMALL, color=color, optional=True)


def alt_text(points: Sequence[FigureLike], rates: Sequence[FigureLike], label: Text, lang: Lang) -> str:
    """What the chart shows, in a sentence."""
    said = listed(
        (message("chart.alt_point", lang, period=period(point, lang), value=words(point, lang)) for point in points),
        lang,
    )
    grown = listed(
        (message("chart.alt_segment", lang, period=years_of(rate, lang), rate=words(rate, lang)) for rate in rates),
        lang,
    )
    stop = "。" if lang == "zh" else "."
    text = message(
        "chart.alt_milestones", lang, label=pick(label, lang), points=said, segments=grown + stop if grown else ""
    )
    return text.strip()


def years_of(rate: FigureLike, lang: Lang) -> str:
    """Years of a growth rate; English leaves out "annual average", which the sentence says itself."""
    base, _, end = rate.year.partition("-")
    if lang == "zh" or not (base.isdigit() and end.isdigit()):
        return period(rate, lang)
    return end if int(end) - int(base) == 1 else f"{int(base) + 1}–{end}"


def data_table(
    points: Sequence[FigureLike], rates: Sequence[FigureLike], caption: Text, label: Text, unit: str
) -> Table:
    """The numbers behind the chart: a row per milestone, with the growth that leads to it."""
    arriving = {rate.year.partition("-")[2]: rate for rate in rates}
    measure = points[0].measure
    columns = (
        Column("year", ("年份", "Year"), "period", head=True),
        Column("value", label, measure, unit if measure in ("level", "count") else ""),
        Column("segment", ("时段", "Segment"), "period"),
        Column("rate", ("年均增速", "Growth per year"), "rate"),
    )
    rows = []
    for point in points:
        rate: Any = arriving.get(str(int(year_of(point))))
        rows.append((Cell(point.year), Cell(point), Cell(rate.year if rate else None), Cell(rate)))
    width = len(columns) if rates else 2
    return Table(columns[:width], tuple(row[:width] for row in rows), caption)
