"""Text and tables of an Excel workbook, with numbers as its formats show them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from planbrief.reading.canonical import CanonicalText, Place
from planbrief.reading.forms.archives import Archive, attribute, child, local
from planbrief.reading.forms.plain import Box, Composer, title_of

#: Number formats that every workbook knows without declaring them.
BUILT_IN = {0: "General", 1: "0", 2: "0.00", 9: "0%", 10: "0.00%", 49: "@", 16: "m-d"}
BUILT_IN |= dict.fromkeys((3, 37, 38, 41, 42), "#,##0") | dict.fromkeys((4, 39, 40, 43, 44), "#,##0.00")
BUILT_IN |= dict.fromkeys((14, 15, 22, 27, 30, 31, 36, 50, 54, 58), "yyyy-mm-dd")
BUILT_IN |= dict.fromkeys((17, 57), "yyyy-mm") | dict.fromkeys((18, 19, 20, 21, 32, 33, 45, 46, 47), "h:mm")
_QUOTED = re.compile(r"\"([^\"]*)\"|\\(.)")
_SKIPPED = re.compile(r"\[[^\]]*\]|[_*].")
_DIGITS = re.compile(r"[0#?][0#?,]*(?:\.[0#?]+)?")
#: Days between the two calendars of Excel.
_CALENDAR_1904 = 1462


def shown(value: str, code: str, since_1904: bool = False) -> str:
    """A number of a cell as its format shows it; a form that is not understood shows the number itself.

    >>> [shown("0.05256", code) for code in ("0.0%", "0.00", "General", '0.0"个百分点"')]
    ['5.3%', '0.05', '0.05256', '0.1个百分点']
    >>> shown("1234567.8", "#,##0.0"), shown("45566", "yyyy-mm-dd"), shown("0.30000000000000004", "General")
    ('1,234,567.8', '2024-10-01', '0.3')
    """
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or abs(number) >= Decimal(10) ** 30:
        return value
    sections = _sections(code)
    section = sections[1] if number < 0 and len(sections) > 1 else sections[0]
    if number == 0 and len(sections) > 2:
        section = sections[2]
    # Dates are numbers with a format of dates; 年 inside quotes is a unit (0"年") and makes none.
    literal = _QUOTED.sub("", _SKIPPED.sub("", section))
    if re.search(r"[ymdhs年月日]", literal, re.I) and not re.search(r"[0#]", literal):
        return _dated(number, literal, since_1904)
    return _numbered(number, section)


def _sections(code: str) -> list[str]:
    """Sections of a format for positive, negative and zero, split at semicolons outside quotes."""
    parts, quoted = [""], False
    for char in code:
        quoted = quoted != (char == '"')
        if char == ";" and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _numbered(number: Decimal, section: str) -> str:
    section = _SKIPPED.sub("", section)
    words = _QUOTED.sub(lambda match: "\0" * len(match[0]), section)
    digits = _DIGITS.search(words)
    if "general" in section.lower() or digits is None or "E" in words or "/" in words:
        return general(number)
    percent = words.count("%")
    scaled = number * Decimal(100) ** percent
    pattern = digits[0]
    scaled /= Decimal(1000) ** (len(pattern) - len(pattern.rstrip(",")))
    whole, _, places = pattern.rstrip(",").partition(".")
    # Excel rounds halves away from zero, as print does; Python's own rounding would differ in the last digit.
    rounded = abs(scaled).quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP)
    text = f"{rounded:,f}" if "," in whole else f"{rounded:f}"
    if places.endswith(("#", "?")) and "." in text:
        least = len(places.rstrip("#?"))
        left, _, right = text.partition(".")
        right = right[:least] + right[least:].rstrip("0")
        text = f"{left}.{right}" if right else left
    before, after = (_said(part) for part in (section[: digits.start()], section[digits.end() :]))
    sign = "-" if scaled < 0 and rounded else ""
    return f"{sign}{before.replace('-', '')}{text}{after}".replace("(", "").replace(")", "").strip()


def _said(part: str) -> str:
    """Literal characters of a part of a format."""
    return _QUOTED.sub(lambda match: match[1] or match[2] or "", part)


def general(number: Decimal) -> str:
    """A number without a format, with at most ten significant digits: the error of binary fractions is not shown.

    >>> general(Decimal("12.340000000000002")), general(Decimal("1E+3"))
    ('12.34', '1000')
    """
    if number == number.to_integral_value():
        return f"{number.quantize(Decimal(1)):f}"
    rounded = Decimal(f"{number:.10g}")
    return f"{rounded.normalize():f}"


def _dated(number: Decimal, literal: str, since_1904: bool) -> str:
    """A date as precise as its format shows it; a time of day for a number below one."""
    days = float(number) + (_CALENDAR_1904 if since_1904 else 0)
    if not 0 <= days < 2_958_466:
        return general(number)
    moment = datetime(1899, 12, 30) + timedelta(days=days)
    lower = literal.lower()
    if days < 1 or not re.search(r"[yd年日]|m{3}|月", lower):
        return f"{moment:%H:%M}"
    day = date(moment.year, moment.month, moment.day)
    if not re.search(r"d|日", lower):
        return f"{day:%Y-%m}" if re.search(r"m|月", lower) else f"{day:%Y}"
    return day.isoformat() if re.search(r"y|年", lower) else f"{day:%m-%d}"


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
