"""Tables as Typst code: header rows that repeat, group rows, decimals under each other, notes and sources below."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from planbrief.display.document import Cell, Column, Run, Runs, Table
from planbrief.display.language import Lang, message
from planbrief.render import table_layout
from planbrief.render.colors import hex_color
from planbrief.render.decimals import paddings
from planbrief.render.line_breaks import IN_CELL_EM, IN_HEAD_EM, IN_PROSE_EM, spans
from planbrief.render.pdf.text import boxed, breakable, content, literal
from planbrief.render.table_layout import Part

#: Rows of one table that a PDF shows; three thousand rows of eight columns compile in 2.5 s.
MAX_ROWS = 3000
_ALIGN = {"left": "left", "right": "right", "center": "center", "decimal": "right"}
_TONES = {"muted": "muted", "warn": "warn", "good": "fine"}


def text_runs(runs: Runs, lang: Lang, longest_em: float = IN_PROSE_EM) -> str:
    """Runs of text as Typst content: stretches in the other language marked as such, numbers and their units together.

    ``longest_em`` as in :func:`planbrief.render.line_breaks.spans`; a number and its unit may stand in two runs.
    """
    whole = "".join(run.text for run in runs)
    kept = spans(whole, longest_em)
    if not kept:
        return content(*(_run(run, run.text, lang) for run in runs))
    edges = sorted({position for span in kept for position in span})
    ends, starts = dict(kept), {end: start for start, end in kept}
    pieces: list[str] = []
    together: list[str] = []
    until = at = 0
    for run in runs:
        stop = at + len(run.text)
        for start, end in pairwise([at, *(edge for edge in edges if at < edge < stop), stop]):
            if start == end:
                continue
            until = ends.get(start, until)
            code = _run(run, run.text[start - at : end - at], lang)
            if end > until:
                pieces.append(code)
                continue
            together.append(code)
            if end == until:
                pieces += boxed(content(*together), whole, starts[end], end)
                together = []
        at = stop
    return content(*pieces)


def _run(run: Run, text: str, lang: Lang) -> str:
    code = breakable(text)
    if run.strong:
        code = f"strong({code})"
    if run.lang and run.lang != lang:
        code = f"text(lang: {literal(run.lang)}, region: {literal('cn' if run.lang == 'zh' else 'gb')}, {code})"
    return code


def figure(table: Table, lang: Lang, *, below: str = "", fill: bool = True) -> str:
    """A captioned and numbered table; one without a caption stands by itself."""
    shown, cut = _cut(table, lang)
    plan = table_layout.plan(shown, fill=fill)
    count = len(plan.parts)
    bodies = []
    for index, part in enumerate(plan.parts, start=1):
        if count > 1:
            label = literal(message("page.part_of", lang, part=index, parts=count).strip())
            bodies.append(
                f"block(above: {2 if index == 1 else 6}mm, below: 2mm, sticky: true, small(8pt, muted({label})))"
            )
        bodies.append(_part(shown, part, plan.size_pt, lang))
    under = content(*(code for code in (cut, below) if code))
    if under != "[]":
        bodies.append(f"below({under})")
    body = content(*bodies)
    whole = plan.whole(len(shown.rows) + len(shown.groups))
    if table.caption:
        body = (
            f'figure(kind: table, supplement: {literal(message("page.table", lang))}, numbering: "1", '
            f"caption: figure.caption(position: top, {text_runs(table.caption, lang)}), {body})"
        )
        body = f"captioned({body})" if whole else body
    else:
        body = f"block(above: 4mm, below: 4mm, width: 100%, breakable: {str(not whole).lower()}, {body})"
    return f"page(flipped: true, {body})" if plan.turned else body


def _cut(table: Table, lang: Lang) -> tuple[Table, str]:
    if len(table.rows) <= MAX_ROWS:
        return table, ""
    note = message("page.notice.long_table", lang, shown=MAX_ROWS, total=len(table.rows))
    return replace(table, rows=table.rows[:MAX_ROWS]), f"par({literal(note)})"


def _part(table: Table, part: Part, size_pt: float, lang: Lang) -> str:
    columns = [table.columns[position] for position in part.columns]
    pads = {
        position: paddings([row[position].text if position < len(row) else "" for row in table.rows])
        for position in part.columns
        if table.columns[position].align == "decimal"
    }
    cells = [_head(table, part, lang)]
    whole = len(part.columns) == len(table.columns)
    for index, row in enumerate(table.rows):
        if index in table.groups:
            cells.append(f"group({len(columns)}, {text_runs(table.groups[index], lang)})")
        for position in part.columns:
            if position >= len(row):
                if all(cell.colspan == 1 and cell.rowspan == 1 for cell in row):
                    cells.append("[]")
                continue
            if row[position].colspan == 0:
                cells.append("" if whole else "[]")
                continue
            pad = pads[position][index] if position in pads else 0.0
            cells.append(_cell(row[position], table.columns[position], lang, pad, spans=whole))
    widths = ", ".join(f"{width}mm" for width in part.widths_mm)
    aligns = ", ".join(_ALIGN[column.align] for column in columns)
    return f"ruled(({widths},), {size_pt}pt, ({aligns},), {', '.join(code for code in cells if code)})"


def _head(table: Table, part: Part, lang: Lang) -> str:
    if table.heads:
        whole = len(part.columns) == len(table.columns)
        cells = [
            _cell(cell, table.columns[min(position, len(table.columns) - 1)], lang, 0.0, spans=whole, head=True)
            for row in table.heads
            for position, cell in enumerate(row)
            if (whole and cell.colspan) or (not whole and position in part.columns)
        ]
        return f"head-cells({', '.join(cells)})"
    cells = []
    for position in part.columns:
        column = table.columns[position]
        unit = f"unit({literal(column.unit)})" if column.unit else ""
        label = text_runs(column.label, lang, IN_HEAD_EM)
        if column.lang and column.lang != lang:
            label = f"text(lang: {literal(column.lang)}, {label})"
        cells.append(
            f"table.cell(align: {_ALIGN[column.align]} + bottom, "
            f"{content(f'heavy({label})' if column.label else '', unit)})"
        )
    if not any(column.label or column.unit for column in table.columns):
        return ""
    return f"head-cells({', '.join(cells)})"


def _bar(cell: Cell) -> str:
    """A bar behind a cell's text, to scale: a gradient whose colours change at once."""
    stops, place = [], 0.0
    for color, begin, end in cell.bar:
        stops += [("ffffff", place), ("ffffff", begin)] if begin > place else []
        stops += [(color, begin), (color, end)]
        place = end
    stops += [("ffffff", place), ("ffffff", 100.0)] if place < 100 else []
    if stops[0][1] > 0:
        stops.insert(0, (stops[0][0], 0.0))
    return f"gradient.linear({', '.join(f'(rgb({literal(chr(35) + color)}), {at:g}%)' for color, at in stops)})"


def _cell(cell: Cell, column: Column, lang: Lang, pad: float, *, spans: bool, head: bool = False) -> str:
    text = text_runs(cell.runs, lang, IN_HEAD_EM if head else IN_CELL_EM)
    if cell.lang and cell.lang != lang:
        text = f"text(lang: {literal(cell.lang)}, region: {literal('cn' if cell.lang == 'zh' else 'gb')}, {text})"
    if cell.tone and cell.runs:
        text = f"{_TONES[cell.tone]}({text})"
    if head and cell.runs:
        text = f"heavy({text})"
    color = hex_color(cell.color)
    if color:
        text = f'text(fill: rgb("#{color}"), {text})'
    options = []
    if spans and cell.colspan > 1:
        options.append(f"colspan: {cell.colspan}")
    if spans and cell.rowspan > 1:
        options.append(f"rowspan: {cell.rowspan}")
    background = hex_color(cell.background)
    if background:
        options.append(f'fill: rgb("#{background}")')
    elif cell.bar:
        options.append(f"fill: {_bar(cell)}")
    if cell.align or head:
        aligned = _ALIGN.get(cell.align, "center" if head and cell.colspan > 1 else _ALIGN[column.align])
        options.append(f"align: {aligned} + {'bottom' if head else 'top'}")
    if pad:
        options.append(f"inset: (left: 1.5mm, right: 1.5mm + {pad:g}em, y: 0.52em)")
    return f"table.cell({', '.join([*options, text])})" if options else text
