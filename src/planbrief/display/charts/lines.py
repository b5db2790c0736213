"""Several series over time, each named at the end of its line."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.lines import Line2D

from planbrief.display import style
from planbrief.display.charts.canvas import Canvas, drawing, text_height, text_width, wrap
from planbrief.display.charts.chart import Chart, at_both_widths
from planbrief.display.charts.labels import spread
from planbrief.display.charts.time_axes import axis_title, dated, growth_axis, scale_y, year_axis
from planbrief.display.charts.words import listed, period, short, unit_of, words, year_of
from planbrief.display.language import Lang, Text, message, pick
from planbrief.display.quantities import FigureLike
from planbrief.display.state import language
from planbrief.display.table import Cell, Column, Table


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
