"""Where an increase comes from: steps from the level at the start to the level at the end."""

from __future__ import annotations

from collections.abc import Sequence

from planbrief.display import style
from planbrief.display.charts.canvas import drawing, text_width
from planbrief.display.charts.chart import Chart, at_both_widths, listed, short, unit_of, words
from planbrief.display.charts.rows import Rows, Scale
from planbrief.display.language import Lang, Text, message, pick
from planbrief.display.numbers import MINUS, axis_unit, decimal_text, level_decimal, rounded
from planbrief.display.quantities import FigureLike
from planbrief.display.state import language
from planbrief.display.table import Cell, Column, Table

Part = tuple[Text, FigureLike]


@at_both_widths
def contribution_steps(
    start: Part,
    parts: Sequence[Part],
    end: Part,
    caption: Text,
    *,
    shares: Sequence[FigureLike] = (),
    remainder: Text | None = None,
    sort: bool = True,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
) -> Chart:
    """A waterfall on its side: start, one step per part, end.

    Parameters
    ----------
    start, end : (label, Figure)
        Levels of the whole.
    parts : sequence of (label, Figure)
        Increases of the parts (end minus start), in the same unit.
    shares : sequence of Figure
        Contribution of each part to the increase (percent), printed beside its step.
    remainder : text, optional
        Name of what the parts do not explain; by default "其余 / Remainder". It is a step of its own, grey, so that the
        steps meet the end.

    Raises
    ------
    ValueError
        Unlike units, or fewer shares than parts.
    """
    tongue = language(lang)
    unit = unit_of([start[1], end[1], *(figure for _, figure in parts)])
    if shares and len(shares) != len(parts):
        raise ValueError(f"{len(shares)} shares for {len(parts)} parts")
    order = sorted(range(len(parts)), key=lambda i: -parts[i][1].value) if sort else list(range(len(parts)))
    steps = [(pick(parts[i][0], tongue), parts[i][1].value, shares[i] if shares else None) for i in order]
    rest = end[1].value - start[1].value - sum(value for _, value, _ in steps)
    name = pick(remainder, tongue) if remainder is not None else message("chart.remainder", tongue)
    has_rest = abs(rest) > 1e-9 * max(abs(start[1].value), abs(end[1].value), 1)
    labels = [
        pick(start[0], tongue),
        *(label for label, _, _ in steps),
        *([name] if has_rest else []),
        pick(end[0], tongue),
    ]
    layout = Rows.fitting(labels, least=6.8)
    head = axis_unit(unit, tongue)
    with drawing(pick(caption, "en") or "contribution", style.width_mm(), layout.height + 8) as canvas:
        layout.head(canvas, head)
        axes = layout.plot(canvas, 2)
        increases = [value for _, value, _ in steps] + ([rest] if has_rest else [])
        texts = signed(increases, tongue)
        for index, (_, _, share) in enumerate(steps):
            if share is not None:
                bracket = "（{}）" if tongue == "zh" else " ({})"
                texts[index] += bracket.format(words(share, tongue))
        levels = [start[1].value]
        for value in increases:
            levels.append(levels[-1] + value)
        pad = max(text_width(text) for text in [*texts, short(start[1], tongue), short(end[1], tongue)]) + 3
        low, high = min(0.0, *levels), max(levels)
        left = pad if low < 0 else 0.4
        scale = Scale(low, high, left, layout.plot_mm - pad)
        centers, half = layout.centers(), layout.bar_mm / 2
        zero = scale(0)
        for center, figure in ((centers[0], start[1]), (centers[-1], end[1])):
            axes.barh(center, scale(figure.value) - zero, left=zero, height=layout.bar_mm, color=style.INK, linewidth=0)
            axes.text(
                scale(figure.value) + 1.2, center, short(figure, tongue), va="center", ha="left", fontsize=layout.size
            )
        for index, (value, text) in enumerate(zip(increases, texts, strict=True)):
            a, b, center = scale(levels[index]), scale(levels[index + 1]), centers[index + 1]
            color = style.CONTEXT if has_rest and index == len(steps) else style.ACCENT if value >= 0 else style.SECOND
            axes.barh(center, abs(b - a), left=min(a, b), height=layout.bar_mm, color=color, linewidth=0)
            axes.plot([a, a], [centers[index] + half, center - half], color=style.AXIS, linewidth=0.6)
            axes.text(max(a, b) + 1.2, center, text, va="center", ha="left", fontsize=layout.size)
        last = scale(levels[-1])
        axes.plot([last, last], [centers[-2] + half, centers[-1] - half], color=style.AXIS, linewidth=0.6)
        axes.plot([zero, zero], [0, layout.height], color=style.AXIS, linewidth=0.6)
        svg = canvas.svg()
        height = canvas.height_mm
    said = [f"{label} {text}" for label, text in zip(labels[1:-1], texts, strict=True)]
    alt = message(
        "chart.alt_contribution", tongue, start_label=labels[0], start=words(start[1], tongue), end_label=labels[-1],
        end=words(end[1], tongue), rows=listed(said, tongue),
    )  # fmt: skip
    data = data_table(
        start, [parts[i] for i in order], [shares[i] for i in order] if shares else [], end, caption, unit
    )
    return Chart(svg, caption, alt, data, tuple(notes), tuple(sources), style.width_mm(), height)


def signed(values: Sequence[float], lang: Lang) -> list[str]:
    """Increases with their signs, all with as many decimals as the finest of them."""
    found = [level_decimal(abs(value), computed=True) for value in values]
    decimals = max((len(str(number).partition(".")[2]) for number in found), default=0)
    return [("+" if value >= 0 else MINUS) + decimal_text(rounded(abs(value), decimals), lang) for value in values]


def data_table(
    start: Part, parts: Sequence[Part], shares: Sequence[FigureLike], end: Part, caption: Text, unit: str
) -> Table:
    """The numbers behind the steps."""
    columns = [
        Column("label", ("名称", "Name"), head=True),
        Column("value", ("水平或增量", "Level or increase"), "level", unit),
    ]
    if shares:
        columns.append(Column("share", ("贡献率", "Contribution"), "share"))
    rows: list[tuple[Cell, ...]] = [(Cell(start[0]), Cell(start[1]))]
    for index, (label, figure) in enumerate(parts):
        rows.append((Cell(label), Cell(figure), *((Cell(shares[index]),) if shares else ())))
    rows.append((Cell(end[0]), Cell(end[1])))
    width = len(columns)
    return Table(tuple(columns), tuple((*row, *[Cell()] * (width - len(row))) for row in rows), caption)
