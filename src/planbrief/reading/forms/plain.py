"""Plain text, and the canonical text that every form of file is composed into."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from planbrief.reading.canonical import CanonicalText, Cell, Paragraph, Place, PlaceMap, PrintedTable, unreadable
from planbrief.reading.tables.shapes import framed, placed, shape
from planbrief.reading.tables.text_tables import tables_in

#: Characters that no Chinese text of some length does without, in both scripts.
_USUAL = frozenset(
    "的一年发展市区产业和中国大新全人上在以工建设高化经济地会为社政行不方实是了加有等机体民生资源發業國經濟設會為產"
)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_TITLE = re.compile(r"(?:报告|规划|纲要|公报|意见|方案|通知|计划|要点|草案|决定|办法)(?:[（(].*[）)])?$")
_EXPECTED = "a text in UTF-8, GB18030 or UTF-16"
#: Enough of a text to judge what it is.
_SAMPLE = 200_000


def decoded(raw: bytes, name: str) -> tuple[str, str]:
    """The text of the bytes and the name of the encoding that gives it; a byte order mark is no part of the text.

    Raises
    ------
    DataError
        If no encoding gives a text: a picture, a program, a damaged or foreign file.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                found = f"{encoding.removesuffix('-sig').upper()} that breaks at byte {error.start}"
                raise unreadable(name, found, _EXPECTED) from None
            return _sound(text.removeprefix("\ufeff"), name), encoding
    # UTF-8 that decodes is UTF-8; GB18030 decodes nearly anything, so the text must read like Chinese.
    for encoding in _candidates(raw):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Chinese UTF-16 without a mark is told from GB18030 only by what it says.
        if encoding == "utf-8" or _usual(text, least=8 if encoding.startswith("utf-16") and b"\0" not in raw else 0):
            return _sound(text, name), encoding
    raise unreadable(name, "bytes that are no text in UTF-8, GB18030 or UTF-16" + _advice(raw), _EXPECTED)


def _candidates(raw: bytes) -> tuple[str, ...]:
    """Encodings to try, in order: zero bytes are UTF-16's, mostly the upper halves of ASCII characters."""
    if b"\0" not in raw[:_SAMPLE]:
        return "utf-8", "gb18030", "utf-16-le", "utf-16-be"
    even, odd = raw[0:_SAMPLE:2].count(0), raw[1:_SAMPLE:2].count(0)
    return ("utf-16-le", "utf-16-be") if odd >= even else ("utf-16-be", "utf-16-le")


def _usual(text: str, least: int = 0) -> bool:
    """Whether a decode reads like Chinese (or like ASCII): a wrong encoding gives characters that nobody uses."""
    sample = text[:_SAMPLE]
    counts = Counter(sample)
    chinese = sum(n for char, n in counts.items() if "\u3400" <= char <= "\u9fff")
    private = sum(n for char, n in counts.items() if "\ue000" <= char <= "\uf8ff" or char == "\ufffd")
    # Private characters and replacements are what a wrong encoding makes; some are in every old web page.
    if private * 50 > len(sample) or chinese < least:
        return False
    usual = sum(n for char, n in counts.items() if char in _USUAL)
    return chinese < 20 or usual * 40 >= chinese


def _sound(text: str, name: str) -> str:
    """The text, if it is one: bytes of a program decode too, into control characters."""
    sample = text[:_SAMPLE]
    control = sum((char < " " and char not in "\t\n\r\f\v\x1a\x1b") or "\x7f" <= char <= "\x9f" for char in sample)
    if "\0" in sample or control * 100 > len(sample):
        raise unreadable(name, "control characters, as in a picture, a program or a damaged file", _EXPECTED)
    if not text.strip("\ufeff \t\r\n\f\v\u3000"):
        raise unreadable(name, "an empty file", _EXPECTED)
    return text


def _advice(raw: bytes) -> str:
    """What the bytes may be, as a hint in the message; it decides nothing."""
    for encoding in ("big5", "shift_jis", "euc_kr", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            codecs.getincrementaldecoder(encoding)().decode(raw[:_SAMPLE])  # the last character may be cut
            return f" (perhaps {encoding})"
    return ""


def read_plain(raw: bytes, name: str, sha256: str) -> CanonicalText:
    """A text file: its decode, a place for every line, and the tables that its lines make."""
    text, encoding = decoded(raw, name)
    places, paragraphs = PlaceMap(), []
    tables = framed(text, tables_in(text))
    count = offset = 0
    for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text):
        words = line.strip("\r\n")
        if words.strip(" \t\u3000\ufeff"):
            count += 1
            level = len(words) - len(words.lstrip("#")) if re.match(r"#{1,6} ", words) else 0
            places.add(offset, Place(paragraph=count))
            paragraphs.append(Paragraph(offset, offset + len(words), "#" * level, level))
        offset += len(line)
    title = title_of(text[p.start : p.end] for p in paragraphs[:40])
    return CanonicalText(
        *(text, tables, placed(places, tables, {table.start for table in tables}), tuple(paragraphs), "text", sha256),
        title=title,
        encoding=encoding,
    )


def title_of(lines: Iterable[str]) -> str:
    """The first line that reads like the title of a document, else the first that is no furniture of a web page."""
    said = [re.sub(r"^[\s#*]+|[\s#*]+$", "", line) for line in lines]
    short = [line for line in said if 4 <= len(line) <= 80 and not re.search(r"[。；：:>＞]|首页|下载|分享", line)]
    return next((line for line in short if _TITLE.search(line)), short[0] if short else "")


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

    def table(self, boxes: Sequence[Box], sheet: str = "", cut: bool = False) -> None:
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
            # Empty cells are tabs, so that the text alone still shows which column a cell is in.
            self._write("\t" * min(_MOST_GAP, max(0, box.column - column)))
            column = box.column
            words = "\n".join(" ".join(line.split()) for line in printed(box.text).split("\n") if line.strip())
            start = self._write(words) - base
            cells.append(
                Cell(box.row - first, box.column, start, start + len(words), box.rowspan, box.colspan, box.header)
            )
        self._write("\n\n")
        table = shape("".join(self._parts[mark:]), cells)
        table = table and replace(table, cut=cut)
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
