"""A table as a worksheet: numbers stay numbers, with units in the head and notes below."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from planbrief.display.document import as_runs, run_text
from planbrief.display.quantities import digits_of, is_figure, is_range
from planbrief.display.state import Page
from planbrief.display.table import PERCENT, Cell, Column, Table, table_block

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

#: Excel allows 31 characters and none of these in the name of a sheet.
_FORBIDDEN = set("[]:*?/\\'")
#: Widest and narrowest column in characters.
WIDEST, NARROWEST = 60, 8


def sheet_name(text: str, taken: set[str]) -> str:
    """A valid and new name for a sheet.

    >>> sheet_name("Output: 2023/2026", set())
    'Output 20232026'
    """
    base = "".join(char for char in text if char not in _FORBIDDEN).strip()[:31] or "Sheet"
    name, number = base, 2
    while name.lower() in taken:
        suffix = f" {number}"
        name, number = base[: 31 - len(suffix)] + suffix, number + 1
    taken.add(name.lower())
    return name


def cell_number(cell: Cell, column: Column, page: Page) -> tuple[float, int] | None:
    """The number to write and its decimals, or None where the cell is words (bounds, ranges, other units)."""
    value = cell.value
    if is_figure(value):
        figure: Any = value
        same = figure.measure == column.measure and (figure.unit == column.unit or figure.measure in PERCENT)
        same = same or (figure.measure in PERCENT and column.measure in PERCENT) or column.measure == "bare"
        if not same or math.isnan(figure.value) or is_range(figure) or figure.comparator not in ("eq", ""):
            return None
        digits = digits_of(figure.value, figure, cell.printed or page.printed(figure), even=True)
        return figure.value * (100 if figure.measure == "rate" else 1), len(str(digits).partition(".")[2])
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        number = float(value) * (100 if column.measure == "rate" else 1)
        return number, 0 if number.is_integer() else len(f"{number:.6g}".partition(".")[2])
    return None


def write_table(book: Workbook, table: Table, page: Page, name: str = "", taken: set[str] | None = None) -> Worksheet:
    """Write a table to a new worksheet.

    Parameters
    ----------
    book : xlsxwriter.Workbook
        Open for writing; ``strings_to_formulas`` is not relied upon: text is always written as text.
    table : Table
        The table.
    page : Page
        Language and data for names.
    name : str
        Name of the sheet; the caption if empty.
    taken : set of str, optional
        Names of sheets in use, in lower case; the new one is added.

    Returns
    -------
    xlsxwriter.Worksheet
        The sheet, its head frozen, its columns wide enough.
    """
    block = table_block(table, page)
    sheet = book.add_worksheet(
        sheet_name(name or run_text(as_runs(block["caption"])), set() if taken is None else taken)
    )
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    title = book.add_format({"bold": True, "font_size": 12})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    group = book.add_format({"bold": True, "bg_color": "#EEF3F8"})
    numbers: dict[int, Any] = {}
    sheet.write_string(0, 0, run_text(as_runs(block["caption"])), title)
    widths = [NARROWEST] * len(block["columns"])
    for index, column in enumerate(block["columns"]):
        label = run_text(as_runs(column["label"])) + (f" ({column['unit']})" if column.get("unit") else "")
        sheet.write_string(2, index, label, head)
        widths[index] = min(WIDEST, max(NARROWEST, _width(label) // 2 + 2))
    line = 3
    for number, (row, cells) in enumerate(zip(table.rows, block["rows"], strict=True)):
        if label := block["groups"].get(str(number)):
            sheet.write_string(line, 0, run_text(as_runs(label)), group)
            line += 1
        position = 0
        for cell, shown in zip(row, cells, strict=True):
            column = table.columns[min(position, len(table.columns) - 1)]
            text = shown["t"] if "t" in shown else run_text(shown["runs"])
            found = cell_number(cell, column, page)
            if found is not None:
                value, decimals = found
                if decimals not in numbers:
                    numbers[decimals] = book.add_format(
                        {"num_format": "#,##0" + ("." + "0" * decimals if decimals else "")}
                    )
                sheet.write_number(line, position, value, numbers[decimals])
            elif text:
                sheet.write_string(line, position, text, wrapped)
            widths[position] = min(WIDEST, max(widths[position], _width(text) + 1))
            position += cell.span[0]
        line += 1
    for note in block["notes"]:
        line += 1
        sheet.write_string(line, 0, run_text(as_runs(note)))
    for index, width in enumerate(widths):
        sheet.set_column(index, index, width)
    sheet.freeze_panes(3, 1 if table.columns and table.columns[0].head else 0)
    return sheet


def _width(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
