"""The canonical text of a document that is no plain text: written paragraph by paragraph, table by table.

A paragraph is a line. A table is a line a row with a tab between cells (a merged cell is written once, where it
begins), and a blank line before and after. So the text can be read by people and cut by the same rules as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from planbrief.reading.canonical import CanonicalText, Cell, Paragraph, PrintedTable
from planbrief.reading.places import Place, PlaceMap
from planbrief.reading.tables.frames import framed, placed
from planbrief.reading.tables.shapes import shape
from planbrief.reading.tables.text_tables import tables_in

_UNPRINTED = re.compile(r"[\0-\x08\x0b-\x1f\x7f\u200b\u200c\u2060\ufeff\u00ad]")
_BLANKS = re.compile(r"[ \f\v]+")


def printed(text: str) -> str:
    """Text without characters that print nothing; blanks in a row are one, tabs and line breaks stay.

    >>> printed("增长\\u200b  5.2%")
    '增长 5.2%'
    """
    return _BLANKS.sub(" ", _UNPRINTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")))


@dataclass(slots=True)
class Box:
    """A cell as a reader finds it: its words and what it covers; where it stands, if its form counts differently."""

    row: int
    column: int
    text: str
    rowspan: int = 1
    colspan: int = 1
    header: bool = False
    page: int = 0
    place: Place | None = None


#: Tabs between two cells; a wider gap is nobody's table.
_MOST_GAP = 50


class Composer:
    """Writes a canonical text and keeps the books about it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._paragraph = 0
        self._places = PlaceMap()
        self._paragraphs: list[Paragraph] = []
        self._tables: list[PrintedTable] = []
        self.warnings: list[str] = []

    @property
    def text(self) -> str:
        """What is written so far."""
        return "".join(self._parts)

    def _write(self, text: str) -> int:
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        return start

    def paragraph(
        self,
        text: str,
        page: int = 0,
        style: str = "",
        level: int = 0,
        part: str = "body",
        place: Place | None = None,
        breaks: Sequence[tuple[int, int]] = (),
    ) -> None:
        """A paragraph; line breaks and tabs inside it stay, an empty one is left out.

        With the style ``pre`` runs of blanks stay too: they may set a table. ``breaks`` are offsets in the text from
        which it stands on a later page.
        """
        tidy = _UNPRINTED.sub("", text.replace("\xa0", " ")) if style == "pre" else printed(text)
        lines = [line.rstrip() if style == "pre" else line.strip(" ") for line in tidy.split("\n") if line.strip()]
        if not lines:
            return
        text = "\n".join(lines)
        if part == "body":
            self._paragraph += 1
        where = place or Place(page=page, paragraph=self._paragraph if part == "body" else 0, part=part)
        self._places.add(self._length, where)
        for offset, later in breaks:
            self._places.add(self._length + min(max(0, offset), len(text)), replace(where, page=later))
        start = self._write(text)
        self._write("\n")
        if part == "body":
            self._paragraphs.append(Paragraph(start, start + len(text), style, level))

    def table(self, boxes: Sequence[Box], sheet: str = "") -> None:
        """A table; boxes that make none (a frame around prose, one column) are written as paragraphs.

        For a spreadsheet the boxes bring their places: rows and columns of the sheet.
        """
        boxes = sorted(boxes, key=lambda box: (box.row, box.column))
        if not any(box.text.strip() for box in boxes):
            return
        self._write("\n")
        cells: list[Cell] = []
        mark, base = len(self._parts), self._length
        row = first = boxes[0].row
        column = 0
        for box in boxes:
            if box.row != row:
                self._write("\n")
                row, column = box.row, 0
            self._write("\t" * min(_MOST_GAP, max(0, box.column - column)))
            column = box.column
            words = "\n".join(" ".join(line.split()) for line in printed(box.text).split("\n") if line.strip())
            start = self._write(words) - base
            cells.append(
                Cell(box.row - first, box.column, start, start + len(words), box.rowspan, box.colspan, box.header)
            )
        self._write("\n\n")
        table = shape("".join(self._parts[mark:]), cells)
        self._keep(table, base, boxes, cells, sheet)

    def _keep(
        self, table: PrintedTable | None, base: int, boxes: Sequence[Box], written: Sequence[Cell], sheet: str
    ) -> None:
        """Places for every cell, and the table if there is one; offsets in it count from ``base``."""
        position: dict[int, Cell] = {}
        if table is not None:
            position = {cell.start: cell for cell in table.cells if cell.end > cell.start}
            cells = tuple(replace(cell, start=cell.start + base, end=cell.end + base) for cell in table.cells)
            self._tables.append(replace(table, start=table.start + base, end=table.end + base, cells=cells))
        for box, raw in zip(boxes, written, strict=True):
            if raw.start == raw.end:
                continue
            cell, start = position.get(raw.start), raw.start + base
            if sheet and box.place is not None:
                place = replace(box.place, sheet=sheet)
            elif cell is None:
                self._paragraph += 1
                place = Place(page=box.page, paragraph=self._paragraph)
                self._paragraphs.append(Paragraph(start, raw.end + base))
            else:
                place = Place(box.page, table=len(self._tables), row=cell.row + 1, column=cell.column + 1)
            self._places.add(start, place)

    def finish(self, form: str, sha256: str, title: str = "", published_hint: str = "") -> CanonicalText:
        """The document as it was written."""
        text = self.text
        found = self._set_with_tabs(text)
        tables = framed(text, [*self._tables, *found])
        places = placed(self._places, tables, {table.start for table in found})
        return CanonicalText(
            *(text, tables, places, tuple(self._paragraphs), form, sha256),
            title=title,
            published_hint=published_hint,
            warnings=tuple(self.warnings),
        )

    def _set_with_tabs(self, text: str) -> list[PrintedTable]:
        """Tables that paragraphs make with tabs or runs of blanks."""
        found: list[PrintedTable] = []
        done = 0
        for table in [*self._tables, PrintedTable(len(text), len(text), ())]:
            if "\t" in text[done : table.start] or "  " in text[done : table.start]:
                for inner in tables_in(text[done : table.start]):
                    cells = tuple(replace(cell, start=cell.start + done, end=cell.end + done) for cell in inner.cells)
                    found.append(replace(inner, start=inner.start + done, end=inner.end + done, cells=cells))
            done = max(done, table.end)
        return found
