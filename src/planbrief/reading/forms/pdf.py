"""PDF with a text layer: pages in reading order, tables with and without rules, what repeats on every page apart."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from planbrief.reading.canonical import CanonicalText, joined, unreadable
from planbrief.reading.forms.pdf_grid import grids, zones
from planbrief.reading.forms.pdf_page import Line, lines_of, page_of
from planbrief.reading.forms.plain import Box, Composer, title_of
from planbrief.reading.tables.placing import Word, columns_of, says_value
from planbrief.reading.tables.shapes import is_period, plain

_EXPECTED = "a PDF with a text layer"
_MOST_PAGES = 3000
#: Seconds of the processor after which reading stops with a message; 1,000 dense pages take about 25. What else the
#: machine does is no fault of the file's.
_MOST_SECONDS = 150
_NUMBER_OF_PAGE = re.compile(r"[-—–―－·\s]*\d{1,4}[-—–―－·\s]*|第\s*\d+\s*页.{0,12}|\d+\s*/\s*\d+|[Pp]age\s*\d+.{0,10}")
_CONTINUED = re.compile(r"[（(]?(?:续表|续上表|表.{0,4}[（(]?续[）)]?|continued)\s*\d*[）)]?.{0,30}", re.I)
_HEADING = re.compile(
    r"第[一二三四五六七八九十百\d]+[章节篇编]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)]"
)


@dataclass(slots=True)
class _Table:
    """A table of one page; ``columns`` are its column edges where rules show them.

    ``edges`` and ``tails`` are those of :class:`~planbrief.reading.forms.pdf_grid.Zone`, where no rules do.
    """

    boxes: list[Box]
    top: float
    columns: tuple[float, ...] = ()
    edges: tuple[tuple[float, float], ...] = ()
    tails: tuple[tuple[int, Word], ...] = ()
    #: Pages on which it comes so close to the right edge that the printer had no room for all of it.
    cut: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Sheet:
    """What a page holds, in reading order: lines and tables, and the left and right edge of the type area."""

    number: int
    width: float
    height: float
    items: list[Line | _Table] = field(default_factory=list)
    left: float = 0.0
    right: float = 0.0
    columns: int = 1

    def right_of(self, line: Line) -> float:
        """Right edge of the column of prose that a line stands in."""
        if self.columns == 1:
            return self.right
        return max((mate.right for mate in self._mates(line)), default=self.right)

    def _mates(self, line: Line) -> list[Line]:
        """Lines that begin about where a line does: those of its column."""
        lines = (item for item in self.items if isinstance(item, Line))
        return [mate for mate in lines if abs(mate.left - line.left) < 4 * line.size]

    def left_of(self, line: Line) -> float:
        """Left edge of the column of prose that a line stands in."""
        if self.columns == 1:
            return self.left
        near = Counter(round(mate.left / 4) for mate in self._mates(line))
        return min((left for left, count in near.items() if count > 2), default=round(line.left / 4)) * 4.0


def read_pdf(raw: bytes, name: str, sha256: str) -> CanonicalText:
    """The text of a PDF: paragraphs put together over lines and pages, tables over pages.

    Raises
    ------
    DataError
        If the file is damaged or behind a password, has no text layer, fonts that do not say what their characters
        mean, or takes longer than anybody waits.
    """
    sheets, warnings = _sheets(raw, name)
    # What repeats and how wide the type area is show only when all pages are known, so they are read before any is
    # written.
    _mark_chrome(sheets)
    _widen(sheets)
    writer = _Writer()
    for sheet in sheets:
        writer.page(sheet)
    writer.close()
    composer = writer.composer
    composer.warnings += warnings
    document = composer.finish("pdf", sha256)
    return replace(document, title=title_of(document.text[p.start : p.end] for p in document.paragraphs[:40]))


def _sheets(raw: bytes, name: str) -> tuple[list[_Sheet], list[str]]:
    """Every page read once; its characters are given back before the next is opened."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise unreadable(name, "a PDF behind a password", "one that opens without a password") from None
        raise unreadable(name, "a damaged PDF", _EXPECTED) from None
    started = time.process_time()
    sheets: list[_Sheet] = []
    blank = characters = unmapped = 0
    try:
        count = len(document)
        if count > _MOST_PAGES:
            raise unreadable(name, f"{count:,} pages", f"at most {_MOST_PAGES:,}")
        for index in range(count):
            if time.process_time() - started > _MOST_SECONDS:
                found = f"a PDF of which {index} of {count} pages took {_MOST_SECONDS} seconds"
                raise unreadable(name, found, _EXPECTED)
            try:
                page = page_of(document, index)
            except pypdfium2.PdfiumError:
                raise unreadable(name, f"a damaged PDF (page {index + 1} cannot be opened)", _EXPECTED) from None
            blank += page.pictures and len(page.characters) < 10
            characters += len(page.characters)
            unmapped += page.unmapped
            ruled, rest = grids(page)
            sheet = _Sheet(index + 1, page.width, page.height)
            straight = lines_of(rest)
            lines = _in_columns(straight, page.width)
            sheet.columns = 1 if lines is straight else 2
            body: list[Line | _Table] = list(lines)
            for zone in reversed(zones(lines, page.level)):
                top = lines[zone.first].top
                body[zone.first : zone.end] = [_Table(zone.boxes, top, (), zone.edges, zone.tails)]
            for grid in ruled:
                place = next((i for i, item in enumerate(body) if item.top > grid.top), len(body))
                body.insert(place, _Table(grid.boxes, grid.top, grid.columns))
            for item in body:
                if isinstance(item, _Table) and _is_cut_off(item, lines, page.width):
                    item.cut.add(index + 1)
            sheet.items = body
            _measure(sheet)
            sheets.append(sheet)
    finally:
        document.close()
    if not characters:
        found = "a PDF of pictures without a text layer (a scan)" if blank else "a PDF without text"
        raise unreadable(name, found, "one with a text layer; a scan has to be recognised first")
    if unmapped * 4 > characters:
        found = "a PDF whose fonts do not say what their characters mean"
        raise unreadable(name, found, "one that text can be copied from")
    warnings = [f"{blank} page(s) are pictures without text and are not read."] if blank else []
    return sheets, warnings


def _is_cut_off(table: _Table, lines: Sequence[Line], width: float) -> bool:
    """Whether a table runs into the right edge of its page, which is far nearer than the left one."""
    edges = [*table.edges, *pairwise(table.columns)]
    left, right = min(one for one, _ in edges), width - max(other for _, other in edges)
    left = min([left, *(line.left for line in lines)])
    return right < (0.6 if table.columns else 0.82) * min(left, 36) and len(edges) > 3


def _in_columns(lines: list[Line], width: float) -> list[Line]:
    """Lines in reading order: where prose is set in two columns, the left one comes first."""
    split: list[Line] = []
    halves = 0
    gutter = _gutter(lines, width)
    if gutter is None:
        return lines
    left: list[Line] = []
    right: list[Line] = []
    for line in lines:
        one = tuple(f for f in line.fields if f.right <= gutter)
        other = tuple(f for f in line.fields if f.left >= gutter)
        if len(one) + len(other) < len(line.fields):
            split += [*left, *right, line]
            left, right = [], []
            continue
        halves += bool(one and other)
        if one:
            left.append(line._replace(fields=one))
        if other:
            right.append(line._replace(fields=other))
    return [*split, *left, *right] if halves else lines


def _gutter(lines: Sequence[Line], width: float) -> float | None:
    """Where a white strip parts two columns of prose, None where there is none.

    Both columns have single fields of some length; the columns of a table have several, or short ones.
    """
    if len(lines) < 8:
        return None
    places = [width * part / 100 for part in range(32, 69)]
    crossed = {at: sum(f.left < at + 4 and f.right > at - 4 for line in lines for f in line.fields) for at in places}
    # A few lines over the whole width (a title, a table) may cross the strip that parts the columns.
    least = min(crossed.values())
    strip = [at for at in places if crossed[at] == least]
    at = strip[len(strip) // 2]
    left = [[f for f in line.fields if f.right <= at] for line in lines]
    right = [[f for f in line.fields if f.left >= at] for line in lines]
    sides = [[fields for fields in side if fields] for side in (left, right)]
    if least * 4 > len(lines) or min(len(side) for side in sides) < 6:
        return None
    # Prose has one field a line and fills it; a table of two columns has short ones.
    single = [sum(len(fields) == 1 for fields in side) >= 0.85 * len(side) for side in sides]
    long = [sum(len(fields[0].text) for fields in side) >= 9 * len(side) for side in sides]
    return at if all(single) and all(long) else None


def _measure(sheet: _Sheet) -> None:
    """Left and right edge of the lines of prose."""
    lines = [item for item in sheet.items if isinstance(item, Line)]
    if lines:
        lefts = Counter(round(line.left / 4) for line in lines)
        common = [left for left, count in lefts.items() if count > 1] or list(lefts)
        sheet.left = min(common) * 4.0
        sheet.right = sorted(line.right for line in lines)[int(0.9 * (len(lines) - 1))]


def _widen(sheets: Sequence[_Sheet]) -> None:
    """Give a page of short lines the type area of the document: its lines end where they end, not at the margin."""
    widest = max((sheet.right for sheet in sheets), default=0.0)
    lines = [item for sheet in sheets for item in sheet.items if isinstance(item, Line)]
    if sum(line.right > widest - 1.2 * line.size and len(line.text) >= 20 for line in lines) < 3:
        # No line is full: the margins are taken to be alike.
        widest = max(widest, min((sheet.width - sheet.left for sheet in sheets if sheet.left), default=0.0) + 30)
    columns = 2 if sum(sheet.columns == 2 for sheet in sheets) * 2 > len(sheets) else 1
    for sheet in sheets:
        sheet.columns = max(columns, sheet.columns)  # a last page may fill only its first column
        tables = [box for item in sheet.items if isinstance(item, _Table) for box in item.columns[-1:]]
        sheet.right = max(sheet.right, widest - 30, *(tables or [0.0]))


class _Chrome(Line):
    """A line that repeats on every page, or a page's number."""


def _mark_chrome(sheets: Sequence[_Sheet]) -> None:
    """Mark what repeats at the top or the bottom of pages, and their numbers."""
    seen: Counter[tuple[str, int]] = Counter()
    edges: list[list[tuple[int, tuple[str, int]]]] = []
    for sheet in sheets:
        own = []
        lines = [(i, item) for i, item in enumerate(sheet.items) if isinstance(item, Line)]
        for place, line in dict([*lines[:2], *lines[-2:]]).items():
            key = (re.sub(r"\d+", "#", plain(line.text)), round(line.top / 8))
            seen[key] += 1
            seen[key[0], key[1] + 1] += 0
            own.append((place, key))
        edges.append(own)
    for sheet, own in zip(sheets, edges, strict=True):
        for place, (words, height) in own:
            item = sheet.items[place]
            if not isinstance(item, Line):
                continue
            # Heights are counted in steps of eight points: what stands near the edge of a step is in the next one, too.
            times = sum(seen.get((words, height + step), 0) for step in (-1, 0, 1))
            at_edge = item.top < 0.11 * sheet.height or item.top > 0.86 * sheet.height
            numbered = _NUMBER_OF_PAGE.fullmatch(item.text.strip()) and at_edge
            heading = len(words) <= 45 and not re.search(r"[。，；]", words)
            if numbered or (at_edge and heading and times >= max(2, 0.3 * len(sheets))):
                sheet.items[place] = _Chrome(*item)


class _Writer:
    """Puts lines together to paragraphs and tables to tables, over pages."""

    def __init__(self) -> None:
        self.composer = Composer()
        self._lines: list[tuple[Line, int]] = []
        self._table: _Table | None = None
        self._chrome: list[tuple[str, int, str]] = []
        self._body_size = 0.0
        self._fresh = False

    def page(self, sheet: _Sheet) -> None:
        """Write a page; a paragraph or table at its end stays open for the next one."""
        lines = [item for item in sheet.items if isinstance(item, Line)]
        sizes = sorted(line.size for line in lines for _ in line.fields)
        self._body_size = sizes[len(sizes) // 2] if sizes else self._body_size
        leading = _leading(lines)
        self._fresh = True
        for item in sheet.items:
            if isinstance(item, _Chrome):
                part = "page_number" if _NUMBER_OF_PAGE.fullmatch(item.text.strip()) else "chrome"
                self._chrome.append((item.text, sheet.number, part))
            elif isinstance(item, _Table):
                self._add_table(item, sheet.number)
                self._fresh = False
            elif self._table is not None and self._fresh and _CONTINUED.fullmatch(item.text.strip()):
                self._chrome.append((item.text, sheet.number, "chrome"))
            elif self._table is not None and self._fresh and (cut := _cut_cell(self._table, item)) is not None:
                cut.text = joined([cut.text, item.text])
            elif self._table is not None and self._fresh and (row := _one_row(self._table, item, sheet.number)):
                self._table = row
            else:
                self._end_table()
                self._add_line(item, sheet, leading)
                self._fresh = False

    def close(self) -> None:
        """Write what is still open."""
        self._end_paragraph()
        self._end_table()
        self._write_chrome()

    def _write_chrome(self) -> None:
        for text, page, part in self._chrome:
            self.composer.paragraph(text, page=page, part=part)
        self._chrome.clear()

    def _add_line(self, line: Line, sheet: _Sheet, leading: float) -> None:
        if self._lines and self._begins(line, sheet, leading):
            self._end_paragraph()
        self._lines.append((line, sheet.number))

    def _begins(self, line: Line, sheet: _Sheet, leading: float) -> bool:
        """Whether a line begins a paragraph."""
        before, page = self._lines[-1]
        # A change of size, a numbered head, a short line before, a gap or an indent begin a paragraph; over a page
        # break only the last two can be seen.
        if abs(line.size - before.size) > 0.12 * before.size or _HEADING.match(line.text):
            return True
        right = sheet.right_of(before)
        if page != sheet.number:
            return before.right < right - 3 * before.size or line.left > sheet.left + 1.2 * line.size
        if before.right < right - 2.5 * before.size:
            return True
        if line.base < before.base:  # the top of the next column
            return line.left > sheet.left_of(line) + 1.2 * line.size
        if line.base - before.base > 1.6 * leading:
            return True
        first = len(self._lines) == 1
        indented = line.left > sheet.left_of(line) + 1.2 * line.size
        return indented and not (first and abs(line.left - before.left) < 1)

    def _end_paragraph(self) -> None:
        if self._lines:
            text = ""
            breaks: list[tuple[int, int]] = []
            page = self._lines[0][1]
            for line, number in self._lines:
                longer = joined([text, line.text])
                if number != page:
                    breaks.append((len(longer) - len(line.text.strip()), number))
                    page = number
                text = longer
            # PDFs name no headings: type larger than the page's usual one stands for them.
            size = self._lines[0][0].size
            large = size / self._body_size if self._body_size else 1
            level = 0 if len(text) > 60 else 1 if large > 1.3 else 2 if large > 1.12 else 0
            self.composer.paragraph(text, page=self._lines[0][1], level=level, breaks=breaks)
            self._lines.clear()
        if self._table is None:
            self._write_chrome()

    def _add_table(self, table: _Table, page: int) -> None:
        for box in table.boxes:
            box.page = page
        open_table = self._table
        if open_table is not None and self._fresh:
            _set_under(open_table, table)
            if _same_columns(open_table, table):
                boxes = _appended(open_table.boxes, table.boxes)
                self._table = replace(open_table, boxes=boxes, tails=table.tails, cut=open_table.cut | table.cut)
                return
            if _goes_on_beside(open_table, table):
                beside = _columns(open_table.boxes)
                open_table.boxes += [replace(box, column=box.column + beside) for box in table.boxes]
                return
        self._end_paragraph()
        self._end_table()
        self._table = table

    def _end_table(self) -> None:
        if self._table is not None:
            boxes, cut = self._table.boxes, self._table.cut
            lost = not _names(boxes) and len({box.column for box in boxes if says_value(box.text)}) > 2
            for page in sorted(cut or ({boxes[0].page} if lost else ())):
                self.composer.warnings.append(f"Page {page}: a table may not be whole; compare it with the page.")
            self._table = None
            self.composer.table(boxes, cut=bool(cut) or lost)  # what repeats on the page comes behind its notes


def _cut_cell(table: _Table, line: Line) -> Box | None:
    """The cell of the last row that a line at the top of a page goes on with: it was too long for its column.

    The line stands where the last line of the cell does, and that one fills its column.
    """
    if len(line.fields) > 1 or len(line.text) > 30 or re.search("[。；：:]$", line.text) or _HEADING.match(line.text):
        return None
    for column, word in table.tails:
        left, right = table.edges[column]
        below = abs(line.left - word.left) < 2 or abs(line.left + line.right - word.left - word.right) < 4
        full = word.right > right - 1.3 * line.size and line.right < right + line.size and line.left > left - 2
        if below and full and not says_value(word.text):
            boxes = [box for box in table.boxes if box.column == column and box.text]
            return max(boxes, key=lambda box: box.row, default=None)
    return None


def _one_row(table: _Table, line: Line, page: int) -> _Table | None:
    """The table with one more row, where a line at the top of a page fills most of its columns with figures."""
    words = [Word(0, 0, one.left, one.right, one.text) for one in line.fields]
    placed = {columns_of(word, table.edges)[0]: word for word in words} if table.edges else {}
    filled = len(placed) == len(words) >= max(3, 0.7 * len(table.edges))
    if not filled or not any(says_value(word.text) for word in words[1:]):
        return None
    row = max(box.row + box.rowspan for box in table.boxes)
    boxes = [Box(row, column, word.text, page=page) for column, word in placed.items()]
    return replace(table, boxes=[*table.boxes, *boxes], tails=tuple(placed.items()))


def _set_under(above: _Table, table: _Table) -> None:
    """Give the columns of a table without rules the numbers of those above them: an empty one shows no edges."""
    if len(table.edges) >= len(above.edges):
        return
    under = [
        [i for i, (left, right) in enumerate(above.edges) if left < other_right and other_left < right]
        for other_left, other_right in table.edges
    ]
    if all(len(columns) == 1 for columns in under) and len({columns[0] for columns in under}) == len(under):
        for box in table.boxes:
            box.column = under[box.column][0]
        table.edges = tuple(
            next((edge for edge, columns in zip(table.edges, under, strict=True) if columns[0] == i), edges)
            for i, edges in enumerate(above.edges)
        )
        table.tails = tuple((under[column][0], word) for column, word in table.tails)


def _leading(lines: Sequence[Line]) -> float:
    """Usual distance of base lines."""
    steps = [b.base - a.base for a, b in pairwise(lines) if 0 < b.base - a.base < 4 * a.size]
    return sorted(steps)[len(steps) // 2] if steps else 1e9


def _columns(boxes: Iterable[Box]) -> int:
    return max((box.column + box.colspan for box in boxes), default=0)


def _same_columns(above: _Table, table: _Table) -> bool:
    """Whether a table at the top of a page goes on with the one at the bottom of the page before."""
    if _columns(above.boxes) != _columns(table.boxes) or bool(_names(above.boxes)) != bool(_names(table.boxes)):
        return False
    first = min(box.row for box in table.boxes)
    # Heads that name other periods begin a table of their own, though its columns are as many.
    heads = {plain(box.text) for box in table.boxes if box.row == first and is_period(box.text)}
    if len(heads) > 1 and not heads & {plain(box.text) for box in above.boxes}:
        return False
    if above.columns and table.columns:
        # Pages for binding shift everything sideways; widths stay.
        widths = [b - a for a, b in pairwise(above.columns)]
        others = [b - a for a, b in pairwise(table.columns)]
        return all(abs(a - b) < 8 for a, b in zip(widths, others, strict=True))
    return bool(above.columns) == bool(table.columns)


def _names(boxes: Sequence[Box]) -> int:
    """How many cells of the first column that is filled name a row, below the first row where there are several."""
    low, first = min(box.row for box in boxes), min((box.column for box in boxes if box.text), default=0)
    low -= max(box.row for box in boxes) == low
    return sum(box.column == first and box.row > low and bool(box.text) and not says_value(box.text) for box in boxes)


def _goes_on_beside(above: _Table, table: _Table) -> bool:
    """Whether a page holds the right part of a sheet too wide for the page before: as many rows, none with a name."""
    rows = [max(box.row for box in one.boxes) - min(box.row for box in one.boxes) for one in (above, table)]
    return abs(above.top - table.top) < 3 and rows[0] == rows[1] > 0 and bool(_names(above.boxes)) > _names(table.boxes)


def _appended(boxes: list[Box], more: list[Box]) -> list[Box]:
    """Rows of the next page below those of the page before; a row that the page cut in two is one again."""
    last = max(box.row + box.rowspan for box in boxes) - 1
    first = min(box.row for box in more)
    above = {box.column: box for box in boxes if box.row + box.rowspan - 1 == last}
    below = {box.column: box for box in more if box.row == first and box.rowspan == 1}
    said = [column for column, box in below.items() if box.text]
    shift = last + 1 - first
    if _is_cut(above, below, said):
        for column in said:
            box = above.get(column)
            if box is not None:
                box.text = joined([box.text, below[column].text])
        more = [box for box in more if box.row != first]
        shift -= 1
    return [*boxes, *(replace(box, row=box.row + shift) for box in more)]


def _is_cut(above: dict[int, Box], below: dict[int, Box], said: Sequence[int]) -> bool:
    """Whether the first row of a page only goes on with names of the last row of the page before."""
    if (
        not said
        or not above
        or len(said) * 2 > max(len(below), len(above))
        or any(re.search(r"\d", below[c].text) for c in said)
    ):
        return False
    names = [above[column].text for column in said if column in above]
    if len(names) < len(said):
        return False
    # A bracket left open, a name alone in an otherwise full row, or a bracket that opens: the page cut the cell.
    opened = any(name.count("（") > name.count("）") for name in names)
    full = sum(bool(box.text) for box in above.values()) > len(said) + 1
    return opened or (full and all(names) and min(said) > 0) or (full and below[said[0]].text[:1] in "（(")
