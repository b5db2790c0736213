"""Matrices: what each city's data cover, and what can be compared with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from planbrief.display import style
from planbrief.display.charts.canvas import Canvas, drawing, text_height, text_width, wrap
from planbrief.display.charts.chart import Chart, at_both_widths, listed
from planbrief.display.charts.rows import Rows
from planbrief.display.language import Lang, Text, join_names, message, pick, sentence_case, term
from planbrief.display.state import language
from planbrief.display.table import Cell, Column, Table

#: Status → marker and colour; shape and colour both tell.
MARKS: Mapping[str, tuple[str, str]] = {
    "comparable": ("●", style.ACCENT),
    "comparable_with_caution": ("◐", style.SECOND),
    "not_comparable": ("○", style.MUTED),
}


def heads(canvas: Canvas, layout: Rows, labels: Sequence[str], bottom: float) -> None:
    """Column labels above the plot, centred, wrapped to their column."""
    width = layout.plot_mm / len(labels)
    for index, label in enumerate(labels):
        x = layout.label_mm + (index + 0.5) * width
        canvas.text(x, bottom, label, ha="center", va="bottom", ma="center")


@at_both_widths
def coverage_matrix(
    counts: Sequence[tuple[Text, Text, int]],
    caption: Text,
    *,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
) -> Chart:
    """How many indicators each city has on each theme: themes down, cities across, darker for more.

    Parameters
    ----------
    counts : sequence of (city, theme, count)
        Pairs that are left out count as zero. Order of first appearance is kept.
    """
    tongue = language(lang)
    cells: dict[tuple[str, str], int] = {}
    texts: dict[str, Text] = {}
    for city, theme, count in counts:
        for text in (city, theme):
            texts.setdefault(pick(text, tongue), text)
        cells[pick(city, tongue), pick(theme, tongue)] = count
    cities = list(dict.fromkeys(city for city, _ in cells))
    themes = list(dict.fromkeys(theme for _, theme in cells))
    layout = Rows([sentence_case(theme) for theme in themes], least=6.2)
    width = layout.plot_mm / max(1, len(cities))
    wrapped = [wrap(city, width - 2, lines=4) for city in cities]
    head = max((text_height(text) for text in wrapped), default=4) + 2
    most = max(cells.values(), default=1)
    with drawing(pick(caption, "en") or "coverage", style.width_mm(), layout.height + head + 1) as canvas:
        axes = layout.plot(canvas, 0.5)
        heads(canvas, layout, wrapped, layout.height + 1.5)
        for row, (theme, center) in enumerate(zip(themes, layout.centers(), strict=True)):
            for column, city in enumerate(cities):
                box = (column * width + 0.4, center - layout.heights[row] / 2 + 0.4, width - 0.8)
                coverage_cell(axes, box, layout.heights[row] - 0.8, cells.get((city, theme), 0), most)
        svg = canvas.svg()
        height = canvas.height_mm
    rows = []
    for city in cities:
        empty = [theme for theme in themes if not cells.get((city, theme), 0)]
        total = str(sum(cells.get((city, theme), 0) for theme in themes))
        if empty:
            lacking = join_names(empty, tongue)
            rows.append(message("chart.alt_coverage_row", tongue, label=city, total=total, empty=lacking))
        else:
            rows.append(message("chart.alt_coverage_full", tongue, label=city, total=total))
    alt = message(
        "chart.alt_coverage", tongue, rows=str(len(cities)), columns=str(len(themes)), cells=listed(rows, tongue)
    )
    columns = (Column("theme", ("主题", "Theme"), head=True), *(Column(city, texts[city], "count") for city in cities))
    lines = tuple((Cell(texts[theme]), *(Cell(cells.get((city, theme), 0)) for city in cities)) for theme in themes)
    data = Table(columns, lines, caption)
    return Chart(svg, caption, alt, data, tuple(notes), tuple(sources), style.width_mm(), height)


def coverage_cell(axes: Axes, box: tuple[float, float, float], height: float, count: int, most: int) -> None:
    """One cell: shaded by its share of the largest count, empty ones only outlined."""
    from matplotlib.patches import Rectangle

    left, top, width = box
    step = 0 if most <= 1 else min(len(style.STEPS) - 1, round((count - 1) / (most - 1) * (len(style.STEPS) - 1)))
    fill = style.STEPS[step] if count else "none"
    edge = "none" if count else style.GRID
    axes.add_patch(Rectangle((left, top), width, height, facecolor=fill, edgecolor=edge, linewidth=0.6))
    color = style.MUTED if not count else style.ON_HIGH_STEP if step >= 3 else style.ON_LOW_STEP
    axes.text(left + width / 2, top + height / 2, str(count) if count else "–", ha="center", va="center", color=color)


def comparability_matrix(
    verdicts: Sequence[tuple[Text, Text, str, Text]],
    caption: Text,
    *,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
) -> Chart:
    """What can be compared with what: one cell per pair, with the reason in it.

    Parameters
    ----------
    verdicts : sequence of (row, column, status, reason)
        ``status`` is ``comparable``, ``comparable_with_caution`` or ``not_comparable`` (ValueError otherwise); pairs
        without a verdict stay empty. The reason may be empty.
    """
    tongue = language(lang)
    cells: dict[tuple[str, str], tuple[str, str]] = {}
    texts: dict[str, Text] = {}
    for row, column, status, reason in verdicts:
        if status not in MARKS:
            raise ValueError(f"unknown status {status!r}; known: {', '.join(MARKS)}")
        for text in (row, column):
            texts.setdefault(pick(text, tongue), text)
        cells[pick(row, tongue), pick(column, tongue)] = (status, pick(reason, tongue))
    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    layout = Rows(rows, least=7)
    width = layout.plot_mm / max(1, len(columns))
    reasons = {key: wrap(reason, width - 8, style.SMALL, 8) if reason else "" for key, (_, reason) in cells.items()}
    for index, row in enumerate(rows):
        tallest = max(text_height(reasons.get((row, column), ""), style.SMALL) for column in columns)
        layout.heights[index] = max(layout.heights[index], tallest + 2.4)
    wrapped = [wrap(column, width - 2, lines=4) for column in columns]
    head = max((text_height(text) for text in wrapped), default=4) + 2
    with drawing(pick(caption, "en") or "comparability", style.width_mm(), layout.height + head + 8) as canvas:
        axes = layout.plot(canvas, 7)
        heads(canvas, layout, wrapped, 7 + layout.height + 1)
        at = 0.0
        for index, (row, center) in enumerate(zip(rows, layout.centers(), strict=True)):
            axes.plot([-layout.label_mm, layout.plot_mm], [at, at], color=style.GRID, linewidth=0.6, clip_on=False)
            at += layout.heights[index]
            for number, column in enumerate(columns):
                if (row, column) not in cells:
                    continue
                mark, color = MARKS[cells[row, column][0]]
                left = number * width
                reason = reasons[row, column]
                x = left + 3 if reason else left + width / 2
                axes.text(x, center, mark, ha="center", va="center", color=color, fontsize=11)
                axes.text(left + 6, center, reason, ha="left", va="center", color=style.MUTED, fontsize=style.SMALL)
        key(canvas, tongue)
        svg = canvas.svg()
        height = canvas.height_mm
    tally = Counter(status for status, _ in cells.values())
    parts = [
        message(
            "chart.alt_comparability_part", tongue, verdict=term("verdict", status, tongue), count=str(tally[status])
        )
        for status in MARKS
        if tally[status]
    ]
    alt = message("chart.alt_comparability", tongue, count=str(len(cells)), cells=listed(parts, tongue))
    data = verdict_table(verdicts, caption)
    return Chart(svg, caption, alt, data, tuple(notes), tuple(sources), style.width_mm(), height)


def key(canvas: Canvas, lang: Lang) -> None:
    """What the marks mean, on one line below."""
    x = 1.0
    for status, (mark, color) in MARKS.items():
        name = sentence_case(term("verdict", status, lang))
        canvas.text(x + 1.5, 2.5, mark, ha="center", va="center", color=color, fontsize=11)
        canvas.text(x + 4.5, 2.5, name, ha="left", va="center", color=style.MUTED, fontsize=style.SMALL)
        x += text_width(name, style.SMALL) + 11


def verdict_table(verdicts: Sequence[tuple[Text, Text, str, Text]], caption: Text) -> Table:
    """The verdicts behind the matrix, one row each."""
    columns = (
        Column("row", ("对象", "Item"), head=True),
        Column("column", ("与", "With")),
        Column("verdict", ("可比性", "Comparability"), "code", vocabulary="verdict"),
        Column("reason", ("原因", "Reason")),
    )
    lines = tuple((Cell(row), Cell(column), Cell(status), Cell(why)) for row, column, status, why in verdicts)
    return Table(columns, lines, caption)
