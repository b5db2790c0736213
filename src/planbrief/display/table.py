"""Tables of figures: made from values or built by hand, as blocks, and as plain HTML and text for notebooks."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planbrief.display.document import BadTable, Cell, Column, Mark, Run, Runs, Table, run_text
from planbrief.display.language import Lang, Text, is_bilingual, mark, message, pick, sentence_case, term, words
from planbrief.display.quantities import (
    beside,
    decimal_text,
    figure_period,
    interval_text,
    is_figure,
    kept_beside,
    level_decimal,
    unit_words,
    value_text,
)
from planbrief.display.state import Page, places

if TYPE_CHECKING:
    import pandas as pd


__all__ = ["BadTable", "Cell", "Column", "Table", "cells_of", "from_frame", "from_records"]


def _ids(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, tuple | list):
        return tuple(str(one) for one in value)
    return ()


def _plain(value: object) -> object:
    if hasattr(value, "item") and not is_figure(value):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):  # an open end is no number to show
        return None
    return value


def cells_of(record: Mapping[str, Any], columns: Sequence[Column]) -> tuple[Cell, ...]:
    """Cells of one record.

    Observation ids come from ``<key>_observations``, else (for numbers) from ``observations``; the formula from
    ``<key>_formula``; the printed digits from ``<key>_printed``; a tone (muted, warn, good) from ``<key>_tone``.
    """
    cells = []
    for column in columns:
        value = _plain(record[column.key])
        if isinstance(value, Cell):
            cells.append(value)
            continue
        own = _ids(record.get(f"{column.key}_observations"))
        if not own and isinstance(value, int | float) and not isinstance(value, bool) and column.measure != "period":
            own = _ids(record.get("observations"))
        cells.append(
            Cell(
                value,
                observations=own,
                formula=str(record.get(f"{column.key}_formula") or ""),
                tone=str(record.get(f"{column.key}_tone") or ""),
                printed=str(record.get(f"{column.key}_printed") or ""),
            )
        )
    return tuple(cells)


def from_records(
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    caption: Text,
    *,
    group: str = "",
    group_labels: Mapping[str, Text] | None = None,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    wide: bool = False,
    sortable: bool = True,
) -> Table:
    """A table from mappings, one per row (see :func:`from_frame`)."""
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Text] = {}
    last: object = None
    for record in records:
        missing = [column.key for column in columns if column.key not in record]
        if missing:
            known = ", ".join(str(key) for key in record)
            raise BadTable(str(caption), f"no column {missing[0]!r} in the data, which has {known}")
        if group and record[group] != last:
            last = record[group]
            groups[len(rows)] = (group_labels or {}).get(str(last), str(last))
        rows.append(cells_of(record, columns))
    return Table(tuple(columns), tuple(rows), caption, tuple(notes), tuple(sources), groups, wide, sortable)


def from_frame(frame: pd.DataFrame, columns: Sequence[Column], caption: Text, **options: Any) -> Table:
    """A table from a data frame.

    Parameters
    ----------
    frame : DataFrame
        One row per table row. Values may be Figures, Labels, Cells, numbers or text.
    columns : sequence of Column
        Columns to show, by the frame's column names (the index counts as a column if it has a name).
    caption : text
        What the table shows.
    **options
        ``group`` (a column whose changes start a group; ``group_labels`` words them), ``notes``, ``sources``,
        ``wide``, ``sortable``.

    Raises
    ------
    BadTable
        The frame lacks a column.
    """
    named = any(name is not None for name in frame.index.names)
    plain = frame.reset_index() if named else frame
    missing = [column.key for column in columns if column.key not in plain.columns]
    if missing:
        known = ", ".join(str(name) for name in plain.columns)
        raise BadTable(str(caption), f"no column {missing[0]!r} in the frame, which has {known}")
    records: list[Mapping[str, Any]] = [
        {str(key): value for key, value in record.items()} for record in plain.to_dict("records")
    ]
    return from_records(records, columns, caption, **options)


#: The formula of an amount per unit of another.
_QUOTIENT = re.compile(r"[\d.,]+ ÷ [\d.,]+")
#: Measures that show a percent sign in the head of the column instead of in each cell.
PERCENT = frozenset({"rate", "share"})


def measure_unit(measure: str, lang: Lang) -> str:
    """What numbers of a measure are counted in; empty for amounts, which have units of their own."""
    if measure in PERCENT:
        return "%"
    return message(f"number.{measure}", lang, value="").strip() if measure in ("points", "multiple", "years") else ""


def head_unit(column: Column, lang: Lang) -> tuple[str, str]:
    """Unit in the head of a column: words of the language, and the printed unit kept beside them."""
    if unit := measure_unit(column.measure, lang):
        return unit, ""
    if not column.unit or column.unit == "1":
        return "", ""
    return unit_words(column.unit, lang)


def cell_runs(cell: Cell, column: Column, page: Page) -> Runs:
    """A cell in words. Numbers leave out the unit that stands in the head of their column."""
    value, lang = cell.value, page.lang
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return (Run(""),)
    if is_figure(value):
        return figure_cell(value, cell, column, page)
    if isinstance(value, bool):
        return (Run("✓" if value else ""),)
    if isinstance(value, int | float):
        if column.measure == "period":
            return (Run(str(int(value))),)
        number = level_decimal(float(value) * (100 if column.measure == "rate" else 1), cell.printed)
        return (Run(decimal_text(number, lang)),)
    if isinstance(value, tuple) or is_bilingual(value):
        return mark(pick(value, lang), lang)
    text = str(value)
    if column.measure == "period":
        return mark(figure_period(text, lang), lang)
    if column.measure == "code":
        return mark(sentence_case(term(column.vocabulary, text, lang)), lang)
    if column.measure == "name" and page.ds is not None:
        return mark(page.ds.name(column.table, text, lang), lang)
    return mark(text, lang)


def stands_bare(figure: Any, column: Column) -> bool:
    """Whether a figure in a column is bare digits, because the head, or a note, tells what they count."""
    percent = figure.measure in PERCENT and column.measure in PERCENT
    same = figure.measure == column.measure and (figure.measure not in ("level", "count") or figure.unit == column.unit)
    return (percent or same or column.measure == "bare") and not math.isnan(figure.value)


def figure_cell(figure: Any, cell: Cell, column: Column, page: Page) -> Runs:
    """A figure in a cell: bare digits where the head holds the unit, else value and unit."""
    lang, bare = page.lang, stands_bare(figure, column)
    printed = cell.printed or page.printed(figure)
    runs = mark(value_text(figure, lang, printed, bare=bare, even=bare), lang)
    return runs if bare else (*runs, *beside(kept_beside(figure, lang, printed)))


def worded_cell(cell: Cell, column: Column[Text], page: Page) -> Cell:
    """A cell in the words of a page; its observations count as shown on it."""
    runs = cell_runs(cell, column, page)
    value, tone, formula, note, unit = cell.value, cell.tone, cell.formula, "", ""
    number: float | None = None
    if is_figure(value):
        figure: Any = value
        formula = formula or figure.formula
        note = interval_text(figure, page.lang)
        if formula and stands_bare(figure, column):
            # Of an amount per head or per hectare the table's words tell of what; 亿元 alone would be another amount.
            unit = measure_unit(figure.measure, page.lang) or ("" if _QUOTIENT.fullmatch(formula) else figure.unit)
        if math.isfinite(figure.value):
            number = figure.value
        else:
            tone = tone or "muted"
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        number = value
    lang = runs[0].lang if len(runs) == 1 else ""
    return Cell(
        number,
        tuple(page.use(cell.behind)),
        formula,
        tone,
        cell.span,
        cell.head or column.head,
        runs=(Run(runs[0].text),) if lang else runs,
        note=note,
        lang=lang,
        unit=unit,
    )


def worded_column(column: Column[Text], lang: Lang) -> Column[Runs]:
    """A column head in a language; English keeps the printed money unit (亿元) beside its own words, as a run."""
    label = words(column.label, lang)
    unit, kept = head_unit(column, lang)
    if unit and kept:
        label, unit = (*label, *beside(kept, f" ({unit}, ")), ""
    return Column(column.key, label, unit=unit, align=column.aligned, width=column.width)


def table_block(table: Table[Text], page: Page, block_id: str = "") -> Table[Runs]:
    """A table in the words of a page; observations of its cells count as shown on it."""
    lang = page.lang
    rows = []
    for row in table.rows:
        cells, position = [], 0
        for cell in row:
            cells.append(worded_cell(cell, table.columns[min(position, len(table.columns) - 1)], page))
            position += cell.colspan
        rows.append(tuple(cells))
    sources = table.sources or tuple(
        dict.fromkeys(source for one in table.observations() if (source := page.raw(one).get("source_id", "")))
    )
    for source in sources:
        page.sources.setdefault(source)
    return Table(
        tuple(worded_column(column, lang) for column in table.columns),
        tuple(rows),
        words(table.caption or "", lang),
        tuple(words(note, lang) for note in table.notes),
        tuple(sources),
        {index: words(label, lang) for index, label in table.groups.items()},
        table.wide,
        table.sortable,
        block_id or page.identify("table"),
        lang,
    )


def run_html(runs: Runs, lang: str) -> str:
    """Runs as HTML for JupyterLab: numbers tell on hover where they come from."""
    parts = []
    for run in runs:
        text = html.escape(run.text)
        if run.mark is not None:
            title = html.escape(mark_title(run.mark), quote=True)
            text = f'<span class="pb-figure" title="{title}" style="border-bottom:1px dotted">{text}</span>'
        if run.lang and run.lang != lang:
            text = f'<span lang="{html.escape(run.lang, quote=True)}">{text}</span>'
        if run.strong:
            text = f"<strong>{text}</strong>"
        parts.append(text)
    return "".join(parts)


#: Numbers behind a figure of which the hover names every place; of more, how many there are.
MOST_PLACES = 8


def mark_title(mark: Mark) -> str:
    """What hovering over a number in JupyterLab shows: formula, interval, and where what is behind it is printed."""
    ids = mark.observations
    behind = places(ids[:MOST_PLACES]) + ([f"… ({len(ids)})"] if len(ids) > MOST_PLACES else [])
    return "\n".join(part for part in (mark.formula, mark.note, *behind) if part) or mark.key


def table_html(block: Table[Runs]) -> str:
    """A worded table as a ``<table>`` with caption, scopes and notes."""
    lang = block.lang
    parts = [f'<table lang="{lang}" class="pb-table"><caption>{run_html(block.caption, lang)}</caption><thead><tr>']
    for column in block.columns:
        unit = f" <small>({html.escape(column.unit)})</small>" if column.unit else ""
        parts.append(f'<th scope="col">{run_html(column.label, lang)}{unit}</th>')
    parts.append("</tr></thead><tbody>")
    for index, row in enumerate(block.rows):
        if label := block.groups.get(index):
            parts.append(f'<tr><th scope="colgroup" colspan="{len(block.columns)}">{run_html(label, lang)}</th></tr>')
        parts.append("<tr>" + "".join(_td(cell, block, at) for at, cell in enumerate(row)) + "</tr>")
    parts.append("</tbody></table>")
    parts += [f'<p class="pb-note" lang="{lang}"><small>{run_html(note, lang)}</small></p>' for note in block.notes]
    return "".join(parts)


def _td(cell: Cell, block: Table[Runs], position: int) -> str:
    tag, scope = ("th", ' scope="row"') if cell.head else ("td", "")
    align = block.columns[min(position, len(block.columns) - 1)].align
    align = "right" if align == "decimal" else align
    across, down = cell.span
    span = (f' colspan="{across}"' if across > 1 else "") + (f' rowspan="{down}"' if down > 1 else "")
    title = mark_title(Mark(cell.observations, cell.formula, note=cell.note))
    hint = f' title="{html.escape(title, quote=True)}"' if title else ""
    runs = (Run(cell.text, cell.lang),) if cell.lang else cell.runs
    return f'<{tag}{scope}{span} style="text-align:{align}"{hint}>{run_html(runs, block.lang)}</{tag}>'


def table_text(block: Table[Runs]) -> str:
    """A worded table in a terminal: columns separated by two spaces, wide characters counted twice; its notes."""

    def width(text: str) -> int:
        return sum(2 if ord(char) > 0x2E7F else 1 for char in text)

    head = [run_text(column.label) + (f" ({column.unit})" if column.unit else "") for column in block.columns]
    lines = [head, *[[cell.text for cell in row] for row in block.rows]]
    widths = [max((width(line[i]) for line in lines if i < len(line)), default=0) for i in range(max(map(len, lines)))]
    shown = [
        "  ".join(text + " " * (widths[i] - width(text)) for i, text in enumerate(line)).rstrip() for line in lines
    ]
    caption = run_text(block.caption)
    return "\n".join([*([caption] if caption else []), *shown, *(run_text(note) for note in block.notes)])
