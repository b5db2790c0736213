"""What every reader of files hands on: a text, the tables in it and the place of every character.

All offsets are 0-based and end-exclusive in ``CanonicalText.text``; rows and columns of a table count from 0 in
code, and from 1 in the words of a locator. For plain text the text is the exact decode of the file; for other
forms it is what the reader writes, and what the draft keeps.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from planbrief.errors import DataError, Problem

#: What a stretch of text is: running text, text that repeats on every page, the number of a page, a note at the foot,
#: a box beside the text, or a comment that no reader of the printed page sees.
PARTS = ("body", "chrome", "page_number", "footnote", "textbox")


#: Parts that a locator names; of running text it names the paragraph.
_NAMED_PARTS = {"footnote": "脚注", "textbox": "文本框"}
_EXPECTED = "a text, an HTML page, a Word document (.docx), a PDF with a text layer or an Excel workbook (.xlsx)"


def unreadable(name: str, found: str, expected: str = _EXPECTED) -> DataError:
    """The one message about a file that cannot be read."""
    return DataError([Problem(name, 0, "", found, expected)])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stretch of text stands in its document; all counts from 1, 0 where the form does not have it.

    ``row`` and ``column`` belong to ``table``, or to ``sheet`` for a spreadsheet. ``part`` is one of ``PARTS``.
    """

    page: int = 0
    paragraph: int = 0
    table: int = 0
    row: int = 0
    column: int = 0
    sheet: str = ""
    part: str = "body"

    def words(self, table_name: str = "") -> str:
        """The place as a reader would look it up, in Chinese as all locators are kept.

        ``table_name`` is what the document itself calls the table. :func:`planbrief.targets.names.located` says a
        locator in English.

        >>> Place(page=3, table=2, row=4).words()
        '第3页，表2第4行'
        """
        words = [f"工作表“{self.sheet}”"] if self.sheet else []
        words += [f"第{self.page}页"] if self.page else []
        if self.table:
            words.append(table_name or f"表{self.table}")
        elif self.paragraph:
            words.append(f"第{self.paragraph}段")
        if self.part in _NAMED_PARTS:
            words.append(_NAMED_PARTS[self.part])
        cell = (f"第{self.row}行" if self.row else "") + (f"第{self.column}列" if self.column else "")
        if words and cell and (self.sheet or self.table):
            words[-1] += cell
        elif cell:
            words.append(cell)
        return "，".join(words)


_COLUMNS = ("start", "page", "paragraph", "table", "row", "column", "sheet", "part")


class PlaceMap:
    """Offset → place, as columns of integers: a text of 10 MB with a line every 30 characters costs 10 MB.

    Each entry holds from its offset to that of the next. Entries are added in order of the text.
    """

    def __init__(self) -> None:
        self.columns: dict[str, array[int]] = {name: array("I") for name in _COLUMNS}
        self.sheets: list[str] = [""]

    def add(self, start: int, place: Place) -> None:
        """From this offset on the text stands at ``place``."""
        if place.sheet not in self.sheets:
            self.sheets.append(place.sheet)
        row = (
            *(start, place.page, place.paragraph, place.table, place.row, place.column),
            *(self.sheets.index(place.sheet), PARTS.index(place.part)),
        )
        # Said twice of one character, the later place holds.
        starts = self.columns["start"]
        if starts and starts[-1] == start:
            for column in self.columns.values():
                column.pop()
        for name, value in zip(_COLUMNS, row, strict=True):
            self.columns[name].append(value)

    def at(self, offset: int) -> Place:
        """The place of the character at an offset; an empty place before the first entry."""
        index = bisect_right(self.columns["start"], offset) - 1
        if index < 0:
            return Place()
        page, paragraph, table, row, column, sheet, part = (self.columns[name][index] for name in _COLUMNS[1:])
        return Place(page, paragraph, table, row, column, self.sheets[sheet], PARTS[part])

    def as_json(self) -> dict[str, Any]:
        """Plain lists, for the draft."""
        return {"sheets": self.sheets, **{name: list(column) for name, column in self.columns.items()}}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> PlaceMap:
        """The map that ``as_json`` wrote."""
        places = cls()
        places.sheets = list(stored["sheets"])
        places.columns = {name: array("I", stored[name]) for name in _COLUMNS}
        return places


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a printed table; ``text[start:end]`` is what it says (empty where start equals end).

    ``row`` and ``column`` are those of its upper left corner. ``header`` is true in the head rows and in a head that
    is printed again further down (on the next page, or before the next group). ``words`` is set where lines of other
    cells stand between the lines of this one, as in a text with columns of spaces: then it says what the cell says and
    the offsets enclose its first line.
    """

    row: int
    column: int
    start: int
    end: int
    rowspan: int = 1
    colspan: int = 1
    header: bool = False
    words: str = ""

    def text_in(self, text: str) -> str:
        """What the cell says, without white space around it and in one line.

        >>> Cell(0, 0, 3, 9).text_in("1. 地区\\n生产")
        '地区生产'
        """
        return self.words or joined(text[self.start : self.end].split("\n"))


def joined(lines: Iterable[str]) -> str:
    """Lines of one cell or paragraph as one: Chinese closes up, words and numbers keep a space between them.

    >>> joined(["全员劳动", "生产率 ", "GDP", "per capita"])
    '全员劳动生产率GDP per capita'
    """
    whole = ""
    for line in lines:
        line = line.strip()
        apart = bool(whole and line) and whole[-1:].isascii() and line[:1].isascii()
        whole += f" {line}" if apart and (whole[-1:].isalnum() or whole[-1:] in ",.;:%") and line[0].isalnum() else line
    return whole


@dataclass(frozen=True)
class PrintedTable:
    """A table of the document.

    ``header_rows`` rows at the top are heads. ``row_heads`` columns at the left name the rows (group, running number,
    indicator; not the unit). ``caption`` is the line above the table (专栏1 主要指标) and ``unit`` what it says of the
    unit (单位：亿元 gives 亿元), both empty where there is nothing. ``notes`` is the text of the notes below it.
    ``start`` and ``end`` enclose the cells. ``cut`` is true where the page seems to have had no room for all of it.
    """

    start: int
    end: int
    cells: tuple[Cell, ...]
    header_rows: int = 1
    row_heads: int = 1
    caption: str = ""
    unit: str = ""
    notes: str = ""
    cut: bool = False

    @cached_property
    def rows(self) -> int:
        """Number of rows."""
        return max((cell.row + cell.rowspan for cell in self.cells), default=0)

    @cached_property
    def columns(self) -> int:
        """Number of columns."""
        return max((cell.column + cell.colspan for cell in self.cells), default=0)

    @cached_property
    def grid(self) -> list[list[Cell | None]]:
        """The cells by row and column; a merged cell stands at every position that it covers."""
        grid: list[list[Cell | None]] = [[None] * self.columns for _ in range(self.rows)]
        for cell in self.cells:
            for row in range(cell.row, cell.row + cell.rowspan):
                for column in range(cell.column, cell.column + cell.colspan):
                    grid[row][column] = cell
        return grid

    @cached_property
    def _by_start(self) -> tuple[list[int], list[Cell]]:
        filled = sorted((cell for cell in self.cells if cell.end > cell.start), key=lambda cell: cell.start)
        return [cell.start for cell in filled], filled

    def cell_at(self, offset: int) -> Cell | None:
        """The cell whose text holds this offset, None between cells."""
        starts, cells = self._by_start
        index = bisect_right(starts, offset) - 1
        return cells[index] if index >= 0 and offset < cells[index].end else None

    def is_head(self, row: int) -> bool:
        """True for the head rows, and for a head that is printed again inside the table."""
        if row < self.header_rows:
            return True
        cells = [cell for cell in self.grid[row] if cell is not None]
        return bool(cells) and all(cell.header for cell in cells)

    def group_cell(self, row: int) -> Cell | None:
        """The cell, if it is the only one of its row that says something: the row is a group's label.

        Meant for rows below the head; a label may cover all columns or stand alone in the first ones.
        """
        cells = {cell.column: cell for cell in self.grid[row] if cell is not None and cell.end > cell.start}
        if self.columns < 2 or len(cells) != 1 or self.is_head(row):
            return None
        cell = next(iter(cells.values()))
        return cell if cell.rowspan == 1 and cell.column < max(1, self.row_heads) else None

    def column_heads(self, column: int, text: str) -> list[str]:
        """Heads of a column from the outermost to the innermost, a merged one once, empty ones left out."""
        return _said((self.grid[row][column] for row in range(self.header_rows)), text)

    def row_head_texts(self, row: int, text: str) -> list[str]:
        """What names a row, from the outermost: the label of its group, then the cells of its head columns."""
        group = self.group_of(row)
        heads = _said((self._head_cell(row, column) for column in range(self.row_heads)), text)
        return [group.text_in(text), *heads] if group is not None else heads

    def _head_cell(self, row: int, column: int) -> Cell | None:
        """The cell that names a row in a head column; a blank in an outer one repeats what stands above it."""
        cell = self.grid[row][column]
        if column >= self.row_heads - 1 or self.group_cell(row) is not None:
            return cell
        for above in range(row, self.header_rows - 1, -1):
            cell = self.grid[above][column]
            if cell is not None and cell.end > cell.start and not self.is_head(above):
                return cell if self.group_cell(above) is None else None
        return None

    def group_of(self, row: int) -> Cell | None:
        """The nearest group label above a row (see ``group_cell``), None where the table has none."""
        if row < self.header_rows or self.group_cell(row) is not None:
            return None
        return self._groups[row]

    @cached_property
    def _groups(self) -> list[Cell | None]:
        found: list[Cell | None] = []
        current: Cell | None = None
        for row in range(self.rows):
            current = self.group_cell(row) or current
            found.append(current)
        return found


def _said(cells: Iterable[Cell | None], text: str) -> list[str]:
    """The words of cells in order, a merged cell once, empty ones left out."""
    words: list[str] = []
    last: Cell | None = None
    for cell in cells:
        if cell is not None and cell is not last and cell.text_in(text):
            words.append(cell.text_in(text))
        last = cell
    return words


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph, heading or list item outside tables; ``level`` is 1 for the highest heading, 0 for running text.

    ``style`` is the form's own name for it (``h2``, ``Heading 1``, ``li``); empty where the form has no styles.
    """

    start: int
    end: int
    style: str = ""
    level: int = 0


#: What is stored of a document and of a table by the name of the field.
_OF_TEXT = ("form", "encoding", "original_sha256", "title", "published_hint")
_OF_TABLE = ("start", "end", "header_rows", "row_heads", "caption", "unit", "notes", "cut")


@dataclass(frozen=True)
class CanonicalText:
    """A document as text with its tables, its paragraphs and the place of every character.

    ``form`` is text, html, word, pdf or excel; ``encoding`` the one a text was decoded with. ``original_sha256`` is the
    digest of the file's bytes. ``published_hint`` is an ISO date that the file's own metadata gives, else empty.
    ``warnings`` are sentences for the person: what of the file is not in the text.
    """

    text: str
    tables: tuple[PrintedTable, ...] = ()
    places: PlaceMap = field(default_factory=PlaceMap)
    paragraphs: tuple[Paragraph, ...] = ()
    form: str = "text"
    original_sha256: str = ""
    title: str = ""
    published_hint: str = ""
    encoding: str = ""
    warnings: tuple[str, ...] = ()

    def locator(self, offset: int) -> str:
        """The place of an offset in words: 第3页，专栏1第4行 (a table by its own name, else by its order)."""
        place = self.places.at(offset)
        caption = self.tables[place.table - 1].caption if 0 < place.table <= len(self.tables) else ""
        name = re.match(r"(?:附?表|专栏|Table)\s*\d+(?:[-—.]\d+)?", caption)
        return place.words(name[0].replace(" ", "") if name else "")

    @cached_property
    def _tables_by_start(self) -> tuple[list[int], list[PrintedTable]]:
        ordered = sorted(self.tables, key=lambda table: (table.start, -table.end))
        return [table.start for table in ordered], ordered

    def table_at(self, offset: int) -> PrintedTable | None:
        """The innermost table that holds an offset, None outside tables."""
        starts, tables = self._tables_by_start
        for index in range(bisect_right(starts, offset) - 1, -1, -1):
            if offset < tables[index].end:
                return tables[index]
        return None

    def as_json(self) -> dict[str, Any]:
        """Everything except the text itself, which the draft keeps as its own file."""
        tables = [
            {name: getattr(table, name) for name in _OF_TABLE}
            | {"cells": [[getattr(cell, name) for name in Cell.__slots__] for cell in table.cells]}
            for table in self.tables
        ]
        own = {name: getattr(self, name) for name in _OF_TEXT} | {"warnings": list(self.warnings)}
        paragraphs = [[p.start, p.end, p.style, p.level] for p in self.paragraphs]
        return own | {"places": self.places.as_json(), "paragraphs": paragraphs, "tables": tables}

    @classmethod
    def from_json(cls, text: str, stored: dict[str, Any]) -> CanonicalText:
        """The document that ``as_json`` described, with its text."""
        tables = tuple(
            PrintedTable(
                cells=tuple(Cell(*cell) for cell in table["cells"]),
                **{name: value for name, value in table.items() if name != "cells"},
            )
            for table in stored["tables"]
        )
        return cls(
            text=text,
            tables=tables,
            places=PlaceMap.from_json(stored["places"]),
            paragraphs=tuple(Paragraph(*paragraph) for paragraph in stored["paragraphs"]),
            warnings=tuple(stored["warnings"]),
            **{name: stored[name] for name in _OF_TEXT},
        )
