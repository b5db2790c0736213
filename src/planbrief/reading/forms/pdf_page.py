"""What stands on a page of a PDF: characters, words, rules, and the lines they form."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from planbrief.reading.canonical import joined

if TYPE_CHECKING:
    import pypdfium2


#: Pieces of lines that are looked at; a page with more is a map or a drawing, not a table.
_MOST_PIECES = 20_000
_MOST_CHARACTERS = 60_000
#: Nothing thicker is a rule, nothing shorter parts cells.
_THICKEST, _SHORTEST = 3.0, 4.0


class Char(NamedTuple):
    """A printed character; ``base`` is the line that it stands on, ``size`` its font size."""

    text: str
    left: float
    right: float
    base: float
    size: float

    @property
    def middle(self) -> float:
        """Middle of its height, about: characters reach higher above the base line than below."""
        return self.base - 0.35 * self.size


class Rule(NamedTuple):
    """A straight line, level or upright: ``at`` is its y or x, ``start`` and ``end`` its ends along the other axis."""

    at: float
    start: float
    end: float


class Page(NamedTuple):
    """Characters, level and upright rules of a page; ``pictures`` says whether it shows any picture."""

    width: float
    height: float
    characters: list[Char]
    level: list[Rule]
    upright: list[Rule]
    pictures: bool
    unmapped: int


def page_of(document: pypdfium2.PdfDocument, index: int) -> Page:
    """Read one page and give back its memory."""
    from pypdfium2 import raw

    page = document[index]
    try:
        width, height = page.get_size()
        if page.get_rotation() in (90, 270):
            width, height = height, width  # the sheet itself: how it is shown says less than how its text runs
        text = page.get_textpage()
        try:
            characters, angle, unmapped = _characters(text)
        finally:
            text.close()
        level, upright, pictures = _rules(page, raw)
    finally:
        page.close()
    turn = -angle % 360
    quarter = turn in (90, 270)

    def at(x: float, y: float) -> tuple[float, float]:
        return _turned(x, y, turn, width, height)

    def ends(rule: Rule, stands: bool) -> list[tuple[float, float]]:
        return sorted(at(rule.at, end) if stands else at(end, rule.at) for end in (rule.start, rule.end))

    def placed(c: _Raw) -> Char:
        left, right = sorted((at(c.left, c.bottom)[0], at(c.right, c.top)[0]))
        return Char(c.text, left, right, at(c.x, c.y)[1], c.size)

    lying = [ends(rule, quarter) for rule in (upright if quarter else level)]
    standing = [ends(rule, not quarter) for rule in (level if quarter else upright)]
    rules = [Rule(y, x, end) for (x, y), (end, _) in lying], [Rule(x, y, end) for (x, y), (_, end) in standing]
    return Page(
        *((height, width) if quarter else (width, height)), [placed(c) for c in characters], *rules, pictures, unmapped
    )


def _turned(x: float, y: float, turn: int, width: float, height: float) -> tuple[float, float]:
    """A point of the page's own coordinates, y upwards, on the page as it is read, y downwards."""
    return {0: (x, height - y), 90: (y, x), 180: (width - x, y), 270: (height - y, width - x)}[turn]


class _Raw(NamedTuple):
    """A character in the page's own coordinates, y upwards: its box, its origin, its font size."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    x: float
    y: float
    size: float


def _characters(text: pypdfium2.PdfTextPage) -> tuple[list[_Raw], int, int]:
    """Characters that run the way most do, that way in degrees (counter-clockwise), and how many have no meaning."""
    from pypdfium2 import raw

    count = min(text.count_chars(), _MOST_CHARACTERS)
    handle = text.raw
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    found: list[tuple[int, _Raw]] = []
    unmapped = 0
    for index in range(count):
        code = raw.FPDFText_GetUnicode(handle, index)
        # Blanks say less than the gaps between boxes; a hyphen at the end of a line comes as 2 or U+FFFE.
        if code < 33 or code in (0xA0, 0xFFFE, 0xFFFF, 0x200B, 0xFEFF, 0x3000, 0xAD):
            if code in (2, 0xFFFE):
                found.append((0, _Raw("-", *_place(raw, handle, index, box, x, y))))
            continue
        if 0xD800 <= code < 0xE000:
            continue
        unmapped += code == 0xFFFD or 0xE000 <= code < 0xF900
        # Asked of every eighth character only: a page has thousands, and text turns between lines.
        angle = round(math.degrees(raw.FPDFText_GetCharAngle(handle, index)) / 90) * 90 % 360 if index % 8 == 0 else -1
        if angle == -1 and found:
            angle = found[-1][0]
        found.append((max(0, angle), _Raw(chr(code), *_place(raw, handle, index, box, x, y))))
    if not found:
        return [], 0, unmapped
    usual = Counter(angle for angle, _ in found).most_common(1)[0][0]
    return [char for angle, char in found if angle == usual], usual, unmapped


def _place(raw: Any, handle: Any, index: int, box: Any, x: ctypes.c_double, y: ctypes.c_double) -> tuple[float, ...]:
    """Box, origin and font size of a character."""
    raw.FPDFText_GetLooseCharBox(handle, index, ctypes.byref(box))
    raw.FPDFText_GetCharOrigin(handle, index, ctypes.byref(x), ctypes.byref(y))
    left, bottom, right, top = box.left, box.bottom, box.right, box.top
    size = raw.FPDFText_GetFontSize(handle, index)
    # Many writers set one size and scale it; the matrix and the box tell the truth.
    matrix = raw.FS_MATRIX()
    if raw.FPDFText_GetMatrix(handle, index, ctypes.byref(matrix)):
        size *= math.hypot(matrix.c, matrix.d) or 1.0
    high = abs(top - bottom)
    if not 0.5 * high <= size <= 2 * high:
        size = max(abs(right - left), high * 0.7)
    return left, bottom, right, top, x.value, y.value, size


def _rules(page: pypdfium2.PdfPage, raw: Any) -> tuple[list[Rule], list[Rule], bool]:
    """Level and upright rules in the page's own coordinates, and whether it shows a picture."""
    level: list[Rule] = []
    upright: list[Rule] = []
    pictures = False
    pieces = 0
    for kind, segments, stroked in _paths(page, raw):
        if kind == "picture":
            pictures = True
            continue
        pieces += len(segments)
        if pieces > _MOST_PIECES:
            return [], [], pictures
        # A filled box as thin as a rule is one: most programs draw their table lines so.
        xs = [x for segment in segments for x in (segment[0], segment[2])]
        ys = [y for segment in segments for y in (segment[1], segment[3])]
        if not xs:
            continue
        left, right, bottom, top = min(xs), max(xs), min(ys), max(ys)
        if top - bottom <= _THICKEST and right - left >= _SHORTEST:
            level.append(Rule((top + bottom) / 2, left, right))
        elif right - left <= _THICKEST and top - bottom >= _SHORTEST:
            upright.append(Rule((left + right) / 2, bottom, top))
        elif stroked:
            for x0, y0, x1, y1 in segments:
                if abs(y1 - y0) <= 1 and abs(x1 - x0) >= _SHORTEST:
                    level.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
                elif abs(x1 - x0) <= 1 and abs(y1 - y0) >= _SHORTEST:
                    upright.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
    return level, upright, pictures


_Matrix = tuple[float, float, float, float, float, float]
_Segments = list[tuple[float, float, float, float]]


def _paths(page: pypdfium2.PdfPage, raw: Any) -> Iterator[tuple[str, _Segments, bool]]:
    """Drawn paths with their straight pieces in the page's coordinates; pictures are only named."""
    stack = [
        (raw.FPDFPage_GetObject(page.raw, i), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0)
        for i in range(min(_MOST_PIECES, raw.FPDFPage_CountObjects(page.raw)))
    ]
    budget = _MOST_PIECES
    while stack and budget:
        budget -= 1
        item, outer, depth = stack.pop()
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            yield "picture", [], False
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < 8:
            matrix = _times(_matrix(item, raw), outer)
            count = min(budget, raw.FPDFFormObj_CountObjects(item))
            stack += [(raw.FPDFFormObj_GetObject(item, i), matrix, depth + 1) for i in range(count)]
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            segments, stroked = _segments(item, _times(_matrix(item, raw), outer), raw)
            yield "path", segments, stroked


def _matrix(item: Any, raw: Any) -> _Matrix:
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, ctypes.byref(matrix))
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _segments(item: Any, matrix: _Matrix, raw: Any) -> tuple[_Segments, bool]:
    """Straight pieces of a path and whether it is drawn as a line; curves are left out."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(item, ctypes.byref(fill), ctypes.byref(stroke))
    if not fill.value and not stroke.value:
        return [], False
    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    segments: _Segments = []
    start = last = (0.0, 0.0)
    for index in range(min(_MOST_PIECES, raw.FPDFPath_CountSegments(item))):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == raw.FPDF_SEGMENT_LINETO:
            segments.append((*last, *point))
        last = point
        if raw.FPDFPathSegment_GetClose(segment) and last != start:
            segments.append((*last, *start))
            last = start
    return segments, bool(stroke.value)


#: Gaps in parts of the font size: a new field, and a blank between two Latin words.
_FIELD_GAP, _WORD_GAP = 0.8, 0.18
_HALF_RIGHT, _HALF_LEFT = "）〕］】》」』，。、；：", "（〔［【《「『"


class Field(NamedTuple):
    """Words of one line that stand together."""

    text: str
    left: float
    right: float


class Line(NamedTuple):
    """One printed line: its fields from left to right, its height on the page and its font size."""

    fields: tuple[Field, ...]
    base: float
    size: float

    @property
    def left(self) -> float:
        """Left end of the line."""
        return self.fields[0].left

    @property
    def right(self) -> float:
        """Right end of the line."""
        return self.fields[-1].right

    @property
    def top(self) -> float:
        """Upper end of its characters, about."""
        return self.base - 0.88 * self.size

    @property
    def text(self) -> str:
        """The words of the line; fields of a line of prose close up, Latin ones keep a blank."""
        whole = self.fields[0].text
        for before, field in pairwise(self.fields):
            close = field.left - before.right < 1.3 * self.size
            whole = joined([whole, field.text]) if close else f"{whole} {field.text}"
        return whole


def lines_of(characters: Iterable[Char]) -> list[Line]:
    """Lines from top to bottom; raised and lowered signs belong to the line that they touch."""
    rows: list[list[Char]] = []
    for char in sorted(characters, key=lambda char: (char.middle, char.left)):
        for row in rows[-2:][::-1]:
            mean = row[0]
            if abs(char.middle - mean.middle) < 0.42 * max(char.size, mean.size):
                row.append(char)
                break
        else:
            rows.append([char])
    return [line for row in rows if (line := _line(row)) is not None]


#: A figure among others a blank apart: columns of a table set close (10.0 11.0 12.0).
_FIGURE = re.compile(r"[-+−]?\d[\d,.]*[%％]?|[-—–]+")


def _columns(parts: Sequence[Field]) -> list[Field]:
    """Words with blanks between them as one field; three and more figures are one each."""
    if len(parts) >= 3 and all(_FIGURE.fullmatch(part.text) for part in parts):
        return list(parts)
    return [Field(" ".join(part.text for part in parts), parts[0].left, parts[-1].right)]


def _line(row: Sequence[Char]) -> Line | None:
    fields: list[Field] = []
    parts: list[Field] = []
    text, left, last = "", 0.0, None
    for char in sorted(row, key=lambda char: char.left):
        if last is not None:
            if char.text == last.text and abs(char.left - last.left) < 0.25 * char.size and char.text not in "—…─":
                continue  # printed twice to look bold
            size = min(char.size, last.size)
            # Half of a full-width bracket or comma is white.
            gap = char.left - last.right
            gap += 0.45 * last.size if last.text in _HALF_RIGHT and last.right - last.left > 0.8 * size else 0
            gap += 0.45 * char.size if char.text in _HALF_LEFT and char.right - char.left > 0.8 * size else 0
            if gap > _FIELD_GAP * size:
                fields += _columns([*parts, Field(text, left, last.right)])
                parts, text = [], ""
            elif gap > _WORD_GAP * size and char.text.isascii() and last.text.isascii():
                parts.append(Field(text, left, last.right))
                text = ""
        if not text:
            left = char.left
        text += char.text
        last = char
    if last is None:
        return None
    fields += _columns([*parts, Field(text, left, last.right)])
    # Raised and lowered signs (km², CO₂) are smaller and stand on another line: the usual size says which is the line.
    sizes = sorted(char.size for char in row)
    usual = sizes[len(sizes) // 2]
    bases = sorted(char.base for char in row if char.size >= 0.8 * usual)
    return Line(tuple(fields), bases[len(bases) // 2] if bases else row[0].base, usual)
