"""Axes of charts over time: years across, values up, linear or log."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from planbrief.display import style
from planbrief.display.charts.canvas import Canvas, text_width
from planbrief.display.charts.chart import tick, year_of
from planbrief.display.language import Lang, message
from planbrief.display.numbers import axis_unit
from planbrief.display.quantities import FigureLike


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
