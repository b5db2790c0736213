"""Where text stands in its document: page, paragraph, table, row, column or sheet, for every offset."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

#: What a stretch of text is: running text, text that repeats on every page, the number of a page, a note at the foot,
#: a box beside the text, or a comment that no reader of the printed page sees.
PARTS = ("body", "chrome", "page_number", "footnote", "textbox")


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

    def words(self, lang: str = "zh", table_name: str = "") -> str:
        """The place as a reader would look it up; `table_name` is what the document itself calls the table.

        >>> Place(page=3, table=2, row=4).words()
        '第3页，表2第4行'
        >>> Place(page=3, table=2, row=4, column=5).words("en")
        'page 3, table 2, row 4, column 5'
        """
        zh = lang == "zh"
        words: list[str] = []
        if self.sheet:
            words.append(f"工作表“{self.sheet}”" if zh else f"sheet “{self.sheet}”")
        if self.page:
            words.append(f"第{self.page}页" if zh else f"page {self.page}")
        if self.table:
            words.append(table_name or (f"表{self.table}" if zh else f"table {self.table}"))
        elif self.paragraph:
            words.append(f"第{self.paragraph}段" if zh else f"paragraph {self.paragraph}")
        if self.part == "footnote":
            words.append("脚注" if zh else "footnote")
        elif self.part == "textbox":
            words.append("文本框" if zh else "text box")
        if not zh:
            words += [f"row {self.row}"] if self.row else []
            words += [f"column {self.column}"] if self.column else []
            return ", ".join(words)
        cell = (f"第{self.row}行" if self.row else "") + (f"第{self.column}列" if self.column else "")
        if words and (self.sheet or self.table):
            return "，".join(words) + cell
        return "，".join([*words, cell] if cell else words)


_COLUMNS = ("start", "page", "paragraph", "table", "row", "column", "sheet", "part")


class PlaceMap:
    """Offset → place, as columns of integers: a text of 10 MB with a line every 30 characters costs 10 MB.

    Each entry holds from its offset to that of the next. Entries are added in order of the text.
    """

    def __init__(self) -> None:
        self.columns: dict[str, array[int]] = {name: array("I") for name in _COLUMNS}
        self.sheets: list[str] = [""]

    def __len__(self) -> int:
        return len(self.columns["start"])

    def add(self, start: int, place: Place) -> None:
        """From this offset on the text stands at ``place``."""
        if place.sheet not in self.sheets:
            self.sheets.append(place.sheet)
        row = (
            *(start, place.page, place.paragraph, place.table, place.row, place.column),
            *(self.sheets.index(place.sheet), PARTS.index(place.part)),
        )
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
