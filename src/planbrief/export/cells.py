"""Cells of a worksheet: text as text, numbers with the decimals that they are printed with."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from planbrief.errors import PlanbriefError

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: What a spreadsheet takes for the start of a formula when a cell is typed or edited.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
#: Longest text of a cell in UTF-16 units, and digits that a cell's number holds: limits of the file format.
LONGEST_TEXT = 32_767
MOST_DIGITS = 15
_NUMBER = re.compile(r"-?(\d+)(?:\.(\d+))?")
_LINK_COLOUR = "#0B5394"


class TooLong(PlanbriefError):
    """A text does not fit in a cell."""

    def __init__(self, sheet: str, row: int, column: int, characters: int) -> None:
        super().__init__(sheet, row, column, characters)
        self.sheet, self.row, self.column, self.characters = sheet, row, column, characters

    def __str__(self) -> str:
        place = f"sheet {self.sheet}, row {self.row}, column {self.column}"
        return f"{place}: found {self.characters:,} characters; a cell of a workbook holds {LONGEST_TEXT:,}"


def like_formula(text: str) -> bool:
    """Whether a spreadsheet would take `text` for a formula if it were typed in."""
    return text.startswith(FORMULA_STARTS)


def shown_width(text: str) -> int:
    """Columns that `text` takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text[:200])


class Styles:
    """Formats of a workbook, each made once."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[tuple[str, ...], Format] = {}
        self.plain = workbook.add_format({"num_format": "@", "valign": "top"})
        self.count = workbook.add_format({"num_format": "#,##0", "align": "left"})
        self.head = workbook.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EEF4", "bottom": 1, "num_format": "@"}
        )
        self.strong = workbook.add_format({"bold": True, "valign": "top"})
        self.title = workbook.add_format({"bold": True, "font_size": 15, "text_wrap": True, "valign": "top"})
        self.wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})

    def _format(self, *key: str) -> Format:
        if key not in self._made:
            said: dict[str, object] = {"num_format": key[1], "valign": "top"}
            if "quoted" in key:
                said["quote_prefix"] = True
            if key[0] == "link":
                said |= {"font_color": _LINK_COLOUR, "underline": 1}
            self._made[key] = self._workbook.add_format(said)
        return self._made[key]

    def text(self, text: str) -> Format:
        """Format of a text; one that looks like a formula stays text even when somebody edits the cell."""
        return self._format("text", "@", "quoted") if like_formula(text) else self.plain

    def link(self, text: str) -> Format:
        """Format of a text that is a link inside the workbook."""
        return self._format("link", "@", "quoted") if like_formula(text) else self._format("link", "@")

    def number(self, decimals: int) -> Format:
        """Format of a number with so many decimals."""
        return self._format("number", "0" + ("." + "0" * decimals if decimals else ""))

    def day(self) -> Format:
        """Format of a date."""
        return self._format("date", "yyyy-mm-dd")

    def general(self) -> Format:
        """Format that leaves the number of decimals to the program."""
        return self._format("number", "General")


def cell_value(sheet: Worksheet, row: int, column: int, text: str, kind: str, styles: Styles) -> None:
    """Write a value by the type of its field; what is no such value stays text."""
    if kind in ("number", "integer") and (match := _NUMBER.fullmatch(text)) and text.isascii():
        whole, decimals = match[1], match[2] or ""
        number = float(text)
        if math.isfinite(number):
            exact = len((whole + decimals).lstrip("0")) <= MOST_DIGITS
            sheet.write_number(row, column, number, styles.number(len(decimals)) if exact else styles.general())
            return
    if kind == "boolean" and text in ("true", "false"):
        sheet.write_boolean(row, column, text == "true")
        return
    if kind == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            day = datetime.fromisoformat(text)
        except ValueError:
            day = datetime.min
        if day.year >= 1900:
            sheet.write_datetime(row, column, day, styles.day())
            return
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if units > LONGEST_TEXT:
        raise TooLong(sheet.get_name(), row + 1, column + 1, units)
    sheet.write_string(row, column, text, styles.text(text))
