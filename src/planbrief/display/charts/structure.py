"""Charts of structure: shares of a whole, and what each part contributes to growth."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from planbrief.display import style
from planbrief.display.charts.canvas import Canvas, drawing, spread, text_height, text_width, wrap
from planbrief.display.charts.chart import at_both_widths, listed, period, short, unit_of, words, year_of
from planbrief.display.charts.rows import Rows, Scale
from planbrief.display.document import Cell, Chart, Column, Table
from planbrief.display.language import Lang, Text, message, pick
from planbrief.display.quantities import MINUS, FigureLike, axis_unit, decimal_text, level_decimal, rounded
from planbrief.display.state import language

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
    data = contribution_data(
        start, [parts[i] for i in order], [shares[i] for i in order] if shares else [], end, caption, unit
    )
    return Chart(svg, caption, alt, data, tuple(notes), tuple(sources), style.width_mm(), height)


def signed(values: Sequence[float], lang: Lang) -> list[str]:
    """Increases with their signs, all with as many decimals as the finest of them."""
    found = [level_decimal(abs(value), computed=True) for value in values]
    decimals = max((len(str(number).partition(".")[2]) for number in found), default=0)
    return [("+" if value >= 0 else MINUS) + decimal_text(rounded(abs(value), decimals), lang) for value in values]


def contribution_data(
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


#: A segment needs this many percent to hold its number.
ROOM_PCT = 5.0
COLUMN_MM = 15.0


@at_both_widths
def structure_change(
    parts: Sequence[tuple[Text, Sequence[FigureLike]]],
    caption: Text,
    *,
    remainder: Text | None = None,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    lang: str | None = None,
    height_mm: float = 56,
) -> Chart:
    """Stacked shares per year, joined by bands, so that the eye follows each part.

    Parameters
    ----------
    parts : sequence of (label, shares)
        Shares in percent with their ``year``, each part with the same years (ValueError otherwise).
    remainder : text, optional
        Name of what is missing to 100; by default "其余 / Remainder".

    Raises
    ------
    ValueError
        A share is undefined or negative, years differ, or shares of a year add up to more than 100.5.
    """
    tongue = language(lang)
    years = [figure.year for figure in sorted(parts[0][1], key=year_of)] if parts else []
    table = {year: [share_of(label, shares, year) for label, shares in parts] for year in years}
    for year, values in table.items():
        if sum(values) > 100.5:
            raise ValueError(f"shares of {year} add up to {sum(values):.1f} percent")
    names = [pick(label, tongue) for label, _ in parts]
    rest = [max(0.0, 100 - sum(values)) for values in table.values()]
    has_rest = any(value > 0.5 for value in rest)
    if has_rest:
        names.append(pick(remainder, tongue) if remainder is not None else message("chart.remainder", tongue))
    side = min(max(40.0, 0.33 * style.width_mm()), max(text_width(name) for name in names) + 14)
    # A phone has no room for six columns and their years: the first, the last and what fits between them.
    room = max(2, int((style.width_mm() - side - 4) / (1.25 * COLUMN_MM)))
    if len(years) > room:
        years = [*years[: room - 1], years[-1]]
        rest = [max(0.0, 100 - sum(table[year])) for year in years]
    wrapped = [wrap(name, side - 13) for name in names]
    height = max(height_mm, 14 + sum(text_height(name) + 1 for name in wrapped))
    with drawing(pick(caption, "en") or "structure", style.width_mm(), height) as canvas:
        plot = canvas.width_mm - side - 4
        axes = canvas.axes(2, 8, plot, height - 14)
        axes.set_xlim(0, plot)
        axes.set_ylim(0, 100)
        axes.set_axis_off()
        last = max(1, len(years) - 1)
        lefts = [index * (plot - COLUMN_MM) / last for index in range(len(years))]
        stacks = [[*table[year], *([rest[index]] if has_rest else [])] for index, year in enumerate(years)]
        colors = [*(style.SERIES[index % 8] for index in range(len(parts))), style.REST]
        if not has_rest:
            colors.pop()
        draw_bands(axes, lefts, stacks, colors)
        draw_columns(axes, lefts, stacks, colors, tongue)
        for left, year in zip(lefts, years, strict=True):
            figure = next(one for one in parts[0][1] if one.year == year)
            axes.text(
                left + COLUMN_MM / 2, -1.5, period(figure, tongue), ha="center", va="top", color=style.MUTED,
                fontsize=style.SMALL, clip_on=False,
            )  # fmt: skip
        thin = [decimal_text(rounded(value, 1), tongue) if value < ROOM_PCT else "" for value in stacks[-1]]
        canvas.text(2, height - 1, "%", color=style.MUTED, fontsize=style.SMALL, va="top")
        name_parts(canvas, wrapped, thin, stacks[-1], has_rest)
        svg = canvas.svg()
    said = listed(
        (
            message(
                "chart.alt_structure_year", tongue, period=period(parts[0][1][index], tongue),
                parts=("、" if tongue == "zh" else ", ").join(
                    f"{name} {words(one, tongue)}"
                    for name, (_, shares) in zip(names, parts, strict=False)
                    for one in shares
                    if one.year == year
                ),
            )
            for index, year in enumerate(years)
        ),
        tongue,
    )  # fmt: skip
    alt = message("chart.alt_structure", tongue, years=said)
    return Chart(svg, caption, alt, data_table(parts, caption), tuple(notes), tuple(sources), style.width_mm(), height)


def share_of(label: Text, shares: Sequence[FigureLike], year: str) -> float:
    """Share of a part in a year."""
    for figure in shares:
        if figure.year == year and math.isfinite(figure.value) and figure.value >= 0:
            return figure.value
    raise ValueError(f"{pick(label, 'en')}: no share of zero or more for {year}")


def draw_bands(axes: Axes, lefts: Sequence[float], stacks: Sequence[Sequence[float]], colors: Sequence[str]) -> None:
    """Pale bands that join a part's segments from year to year, edged in the part's colour."""
    for index in range(len(lefts) - 1):
        x = [lefts[index] + COLUMN_MM, lefts[index + 1]]
        low_a = low_b = 0.0
        for part, color in enumerate(colors):
            a, b = stacks[index][part], stacks[index + 1][part]
            axes.fill_between(x, [low_a, low_b], [low_a + a, low_b + b], color=color, alpha=0.16, linewidth=0)
            low_a, low_b = low_a + a, low_b + b
            axes.plot(x, [low_a, low_b], color=style.PAPER, linewidth=1)


def draw_columns(
    axes: Axes, lefts: Sequence[float], stacks: Sequence[Sequence[float]], colors: Sequence[str], lang: str
) -> None:
    """Columns with their numbers where there is room."""
    for left, stack in zip(lefts, stacks, strict=True):
        low = 0.0
        for value, color in zip(stack, colors, strict=True):
            axes.bar(
                left + COLUMN_MM / 2,
                value,
                bottom=low,
                width=COLUMN_MM,
                color=color,
                edgecolor=style.PAPER,
                linewidth=0.8,
            )
            if value >= ROOM_PCT:
                text = decimal_text(rounded(value, 1), "zh" if lang == "zh" else "en")
                axes.text(
                    left + COLUMN_MM / 2, low + value / 2, text, ha="center", va="center", fontsize=style.SMALL,
                    color=text_on(color),
                )  # fmt: skip
            low += value


def text_on(color: str) -> str:
    """Text colour that reads on a fill."""
    if color == style.REST:
        return style.ON_REST
    red, green, blue = ((int(color[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5))
    return style.ON_FILL if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.18 else style.ON_LIGHT


def name_parts(
    canvas: Canvas, names: Sequence[str], texts: Sequence[str], stack: Sequence[float], has_rest: bool
) -> None:
    """Names and last shares at the right, moved apart where segments are thin."""
    high = canvas.height_mm - 14
    wanted, low = [], 0.0
    for value in stack:
        wanted.append(8 + (low + value / 2) / 100 * high)
        low += value
    sizes = [text_height(name) + 0.8 for name in names]
    places = spread(wanted, sizes, 6, canvas.height_mm)
    side = canvas.width_mm - (canvas.axes_right())
    left = canvas.axes_right() + 2.5
    for index, (name, text, place) in enumerate(zip(names, texts, places, strict=True)):
        grey = has_rest and index == len(names) - 1
        color = style.MUTED if grey else style.SERIES_TEXT[index % 8]
        canvas.text(left, place, name, color=color, va="center", ha="left")
        canvas.text(left + side - 3, place, text, va="center", ha="right", fontsize=style.SMALL)


def data_table(parts: Sequence[tuple[Text, Sequence[FigureLike]]], caption: Text) -> Table:
    """The shares behind the chart."""
    years = [figure.year for figure in sorted(parts[0][1], key=year_of)]
    columns = [Column("label", ("名称", "Name"), head=True)]
    columns += [Column(year, (f"{year}年", year), "share") for year in years]
    rows = []
    for label, shares in parts:
        by_year = {figure.year: figure for figure in shares}
        rows.append((Cell(label), *(Cell(by_year.get(year)) for year in years)))
    return Table(tuple(columns), tuple(rows), caption)
