"""Excel workbooks: visible sheets with their merged cells, numbers as their formats show them; nothing is computed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from planbrief.reading.canonical import CanonicalText
from planbrief.reading.forms.archives import Archive, attribute, child, local
from planbrief.reading.forms.compose import Box, Composer
from planbrief.reading.forms.excel_formats import BUILT_IN, shown
from planbrief.reading.forms.plain import title_of
from planbrief.reading.places import Place

#: Filled cells that are read; a yearbook's workbook has 100,000.
_MOST_CELLS = 500_000
_DEFAULT_NAME = re.compile(r"(?:Sheet|工作表|表)\s*\d*", re.I)
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def read_excel(archive: Archive, sha256: str) -> CanonicalText:
    """The visible sheets of a workbook; rows apart by an empty row are tables of their own.

    Raises
    ------
    DataError
        If the file is damaged, holds entities, unpacks without end, has more cells than people read, or none.
    """
    main = archive.main_part("xl")
    composer = Composer()
    targets = {identity: target for _, target, identity in archive.relations(main)}
    kinds = {kind: target for kind, target, _ in archive.relations(main)}
    workbook = _Workbook(archive, kinds)
    hidden = 0
    for element in list(_copied(archive, main, "sheet", "workbookPr")):
        if element["name"] == "workbookPr":
            workbook.since_1904 = element.get("date1904", "") in ("1", "true")
            continue
        part = targets.get(element.get("id", ""), "")
        if "worksheets/" not in part and "sheet" not in part:
            continue
        if element.get("state", "visible") != "visible":
            hidden += 1
            continue
        _write(composer, workbook, part, element.get("title", ""))
    if not any(not char.isspace() for char in composer.text):
        raise archive.error("a workbook whose sheets are empty", "a workbook with figures")
    if hidden:
        composer.warnings.append(f"{hidden} hidden sheet(s) are left out.")
    if workbook.hidden_rows:
        composer.warnings.append(f"{workbook.hidden_rows} hidden row(s) are left out.")
    document = composer.finish("excel", sha256)
    return replace(document, title=title_of(document.text.split("\n")[:10]))


def _copied(archive: Archive, part: str, *names: str) -> Iterator[dict[str, str]]:
    """Attributes of elements by local name; the sheet's own name is its ``title``."""
    for element in archive.elements(part, *names):
        kept = {key.rpartition("}")[2]: str(value) for key, value in element.items()}
        yield {**kept, "title": kept.get("name", ""), "name": local(element)}


class _Workbook:
    """Shared words and number formats of a workbook."""

    def __init__(self, archive: Archive, kinds: dict[str, str]) -> None:
        self.archive = archive
        self.since_1904 = False
        self.hidden_rows = 0
        self.cells = 0
        self.strings = [
            _rich(element)
            for element in (
                archive.elements(kinds["sharedStrings"], "si") if kinds.get("sharedStrings", "") in archive else ()
            )
        ]
        self.formats = self._read_formats(kinds.get("styles", ""))

    def _read_formats(self, part: str) -> list[str]:
        """The number format of every cell style."""
        codes = dict(BUILT_IN)
        formats: list[str] = []
        if part in self.archive:
            for element in self.archive.elements(part, "numFmts", "cellXfs"):
                for inner in element:
                    identity = int(attribute(inner, "numFmtId", "0") or 0)
                    if local(element) == "numFmts":
                        codes[identity] = attribute(inner, "formatCode", "General")
                    else:
                        formats.append(codes.get(identity, "General"))
        return formats

    def text(self, cell: Any) -> str:
        """What a cell shows; an error value and an empty cell show nothing."""
        kind = attribute(cell, "t", "n")
        if kind == "inlineStr":
            inline = child(cell, "is")
            return _rich(inline) if inline is not None else ""
        value = child(cell, "v")
        said = (value.text or "") if value is not None else ""
        if kind == "s":
            return self.strings[int(said)] if said.isdecimal() and int(said) < len(self.strings) else ""
        if kind == "e" or not said:
            return ""
        if kind != "n":
            return said
        style = attribute(cell, "s", "0")
        code = self.formats[int(style)] if style.isdecimal() and int(style) < len(self.formats) else "General"
        return shown(said, code, self.since_1904)


def _rich(element: Any) -> str:
    """The words of a string without the sounds that may be noted over its characters."""
    return "".join(
        node.text or "" for node in element.iter() if local(node) == "t" and local(node.getparent()) != "rPh"
    )


def _write(composer: Composer, workbook: _Workbook, part: str, title: str) -> None:
    """Write one sheet: its name as a heading unless it is the default one, then its blocks of rows."""
    if part not in workbook.archive:
        return
    rows: dict[int, list[Box]] = {}
    merges: dict[tuple[int, int], tuple[int, int]] = {}
    number = 0
    for element in workbook.archive.elements(part, "row", "mergeCell"):
        if local(element) == "mergeCell":
            first, _, last = attribute(element, "ref").partition(":")
            start, end = _position(first), _position(last or first)
            if start is not None and end is not None:
                merges[start] = (min(end[0] - start[0], 5000) + 1, min(end[1] - start[1], 500) + 1)
            continue
        given = attribute(element, "r")
        number = int(given) - 1 if re.fullmatch(r"\d{1,7}", given) else number + 1
        if attribute(element, "hidden") in ("1", "true"):
            workbook.hidden_rows += 1
            continue
        boxes = _boxes(workbook, element, number)
        if boxes:
            rows[number] = boxes
            workbook.cells += len(boxes)
        if workbook.cells > _MOST_CELLS:
            raise workbook.archive.error(f"a workbook of more than {_MOST_CELLS:,} cells", "a table that people read")
    if not rows:
        return
    if title and not _DEFAULT_NAME.fullmatch(title.strip()):
        composer.paragraph(title, style="sheet", level=1, place=Place(sheet=title))
    for block in _blocks(rows, merges):
        composer.table(_spread(block, rows, merges), sheet=title or "1")


def _boxes(workbook: _Workbook, row: Any, number: int) -> list[Box]:
    boxes, column = [], -1
    for cell in row:
        if local(cell) != "c":
            continue
        place = _position(attribute(cell, "r"))
        column = place[1] if place is not None else column + 1
        text = workbook.text(cell)
        if text.strip():
            boxes.append(Box(number, column, text))
    return boxes


def _position(reference: str) -> tuple[int, int] | None:
    """Row and column, from 0, of a reference like C7."""
    found = _CELL.fullmatch(reference.replace("$", ""))
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def _blocks(rows: dict[int, list[Box]], merges: dict[tuple[int, int], tuple[int, int]]) -> Iterator[list[int]]:
    """Rows that stand together: an empty row parts two tables, unless a merged cell reaches over it."""
    block: list[int] = []
    reach = -1
    for number in sorted(rows):
        if block and number > max(block[-1], reach) + 1:
            yield block
            block = []
        block.append(number)
        for box in rows[number]:
            reach = max(reach, number + merges.get((number, box.column), (1, 1))[0] - 1)
    if block:
        yield block


def _spread(block: list[int], rows: dict[int, list[Box]], merges: dict[tuple[int, int], tuple[int, int]]) -> list[Box]:
    """The cells of a block with what they cover; only columns that something stands in are counted."""
    columns = {column: i for i, column in enumerate(sorted({box.column for number in block for box in rows[number]}))}
    position = {number: i for i, number in enumerate(block)}
    made = []
    for number in block:
        for box in rows[number]:
            high, wide = merges.get((number, box.column), (1, 1))
            covered_rows = sum(number <= other < number + high for other in block) if high > 1 else 1
            covered = sum(box.column <= other < box.column + wide for other in columns) if wide > 1 else 1
            made.append(
                Box(
                    *(position[number], columns[box.column], box.text, covered_rows, covered),
                    place=Place(row=number + 1, column=box.column + 1),
                )
            )
    return made
