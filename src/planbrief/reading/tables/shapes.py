"""The shape of a table: heads, groups, spans, and the frame that is read from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from planbrief.reading.canonical import Cell, Place, PlaceMap, PrintedTable
from planbrief.reading.grammar.wordlists import pattern, with_years

_UNIT_LINE = re.compile(r"[（(【]?(?:计量)?单\s*位\s*[:：]\s*([^）)】\n]{1,40})[）)】]?")
_UNIT_IN_CAPTION = re.compile(r"[（(](?:单位[:：])?([^（）()\d]{1,12})[）)]\s*$")
#: Characters of units; a bracket at the end of a caption without one of them says something else (试行, 续).
_UNITLIKE = re.compile(r"[元吨人户个家亩米瓦时辆件台套倍%％‰℃升辆艘次位项]|公里|百分")
_CAPTION = re.compile(r"(?:续?附?表|专栏|Table|附件|图表)\s*[\d一二三四五六七八九十]*", re.I)
_REACH = 400
_FURNITURE = " \t\u3000*#\r|｜│┃║"


def framed(text: str, tables: Iterable[PrintedTable]) -> tuple[PrintedTable, ...]:
    """The tables in order of the text, each with its caption, its unit and its notes."""
    ordered = sorted(tables, key=lambda table: table.start)
    made = []
    for number, table in enumerate(ordered):
        floor = max((other.end for other in ordered[:number] if other.end <= table.start), default=0)
        ceiling = ordered[number + 1].start if number + 1 < len(ordered) else len(text)
        caption, unit = _above(text, max(floor, table.start - _REACH), table.start)
        notes = _below(text, table.end, max(table.end, ceiling))
        made.append(replace(table, caption=caption, unit=unit, notes=notes))
    return tuple(made)


def _above(text: str, floor: int, start: int) -> tuple[str, str]:
    """Caption and unit in the last lines above a table."""
    # Four lines: caption, a subtitle, the unit and the number of a page stand there at most.
    lines = [line.strip(_FURNITURE) for line in text[floor:start].split("\n")]
    said = [line for line in lines if re.search(r"\w", line)][-4:]
    caption = unit = ""
    while said:
        line = said.pop()
        found = _UNIT_LINE.search(line)
        if found and not unit:
            unit = found[1].strip()
            line = (line[: found.start()] + line[found.end() :]).strip(" （）()")
            if not line:
                continue
        if re.fullmatch(r"[（(]?续表?\d*[）)]?|第?\d+页?|[-—]\s*\d+\s*[-—]", line):
            continue
        is_title = len(line) <= 60 and not re.search(r"[。；;：:，,]$", line)
        if _CAPTION.match(line) or is_title:
            caption = line
            if said and not _CAPTION.match(line) and _CAPTION.fullmatch(said[-1]):
                caption = f"{said[-1]} {line}"
        break
    if caption and not unit:
        found = _UNIT_IN_CAPTION.search(caption)
        unit = found[1].strip() if found and _UNITLIKE.search(found[1]) else ""
    return caption, unit


def _below(text: str, end: int, ceiling: int) -> str:
    """The notes that begin in the first line below a table, up to the first line that is none."""
    notes: list[str] = []
    for line in text[end : min(ceiling, end + 4 * _REACH)].split("\n"):
        line = line.strip(" \t\u3000\r|｜│┃║")
        if not re.search(r"\w", line):
            continue
        # 注：1.… 2.…: a number goes on only where the first note began with one.
        numbered = (
            bool(notes) and re.match(r"[^\d]{1,6}1[.、）)]", notes[0]) and re.match(r"[（(]?\d{1,2}[.、）)]", line)
        )
        if not (pattern("table_note").match(line) or numbered):
            break
        notes.append(line)
    return "\n".join(notes)


def placed(places: PlaceMap, tables: Sequence[PrintedTable], found: set[int]) -> PlaceMap:
    """The places with those of cells set in: ``found`` are the starts of tables that lines of text turned out to make.

    Tables are counted in the order of the text; what stands in ``places`` already about a table counted without those.
    """
    if not found:
        return places
    counted = [number for number, table in enumerate(tables, start=1) if table.start not in found]
    fresh = [(number, table) for number, table in enumerate(tables, start=1) if table.start in found]
    spans = [(table.start, table.end) for _, table in fresh]
    events: list[tuple[int, Place]] = []
    for number, table in fresh:
        for cell in table.cells:
            if cell.end > cell.start:
                around = places.at(cell.start)
                where = Place(around.page, 0, number, cell.row + 1, cell.column + 1, around.sheet, around.part)
                events.append((cell.start, where))
    index = 0
    for start in places.columns["start"]:
        while index < len(spans) and spans[index][1] <= start:
            index += 1
        if index == len(spans) or start < spans[index][0]:
            place = places.at(start)
            events.append((start, replace(place, table=counted[place.table - 1]) if place.table else place))
    made = PlaceMap()
    for start, place in sorted(events, key=lambda event: event[0]):
        made.add(start, place)
    return made


def is_contents(rows: Iterable[tuple[str, ...]]) -> bool:
    """Whether rows of cells are a table of contents: headings, and pages that never fall.

    >>> is_contents([("一、基础", "1"), ("（一）现状", "2"), ("二、要求", "4")])
    True
    >>> is_contents([("产值", "1"), ("面积", "2")])
    False
    """
    pages, headings, count = [], 0, 0
    for row in rows:
        words = [plain(word) for word in row if word.strip()]
        if not words:
            continue
        count += 1
        headings += bool(
            re.match(
                r"[（(]?[一二三四五六七八九十\d]+[）)、.．]|第.{1,3}[章节篇部]|前\s*言|附[件表录]|目\s*录", words[0]
            )
        )
        headings += bool(re.search(r"\.{3,}|…|·{3,}", "".join(words)))
        number = re.search(r"(\d{1,4})$", words[-1])
        if len(words) > 3:
            return False
        pages.append(int(number[1]) if number else -1)
    rising = all(after >= before for before, after in pairwise(pages))
    return count > 1 and headings >= 0.6 * count and rising and pages[0] >= 0


#: A table with more columns holds no indicators for people.
MOST_COLUMNS = 300
#: Marks around a figure that are not part of it: emphasis, references to notes.
_MARKS = re.compile(r"[\s*#①-⑳¹²³†‡]+|\\\*")
_BOUNDS = "约|近|超过|超|大于|高于|不低于|不少于|小于|低于|不超过|达到|≥|≤|>|<|＞|＜|≧|≦|±|\\+|-|−|－|–|—|—"
_UNITS = (
    "(?:[%％‰‱℃°万亿千百十元吨人户个家亩公里米平方立瓦时辆件台套张倍岁位名项处所座条床次篇门册度天小分点万人头只艘架部株颗种类级]|"
    "km|[kMG]?Wh?|m[23²³]|kg|ha|t|pp)"
)
# Possessive digits: a long run of digits is tried once, not in every way it can be split.
_NUMBER = rf"[〔［\[（(]?(?:{_BOUNDS})?+\d[\d,，]*+(?:\.\d++)?{_UNITS}{{0,5}}(?:以上|以内|左右|以下)?[〕］\]）)]?"
#: A figure with its bound, its unit and the cumulative value in brackets behind it; ranges and ratios too.
_VALUE = re.compile(rf"(?:{_NUMBER})(?:[-—–~～至:：∶/、]?{_NUMBER})*")
#: What stands in a cell that has no figure.
DASH = re.compile(r"(?:[—–\-−－_/\\…·]|\.{2,}|\*)+")
#: A period as the head of a column: 2023, 2023年, “十四五”, 2021—2025年, 1—9月, 第三季度, 年均.
PERIOD = pattern("head_period")
#: Words that head a column of names, units or remarks.
HEAD_WORDS = pattern("head_words")
_INDEX = re.compile(r"序号?|编号|项次|序次|No\.?|№|#", re.I)
_UNIT = re.compile(r"(?:计量)?单\s*位|Unit", re.I)
_COUNTED = re.compile(r"\d{1,3}[.、]?")


def plain(text: str) -> str:
    """A cell without white space, emphasis and marks of notes."""
    return _MARKS.sub("", with_years(text))


def is_figure(text: str) -> bool:
    """Whether a cell states a figure, a year not counted.

    >>> [is_figure(cell) for cell in ("142.8", "**12.5%**", "[20.5]", ">5.0〔24〕", "5-6万吨", "2023年", "5G基站")]
    [True, True, True, True, True, False, False]
    """
    words = plain(text[:80])
    return len(words) <= 40 and bool(_VALUE.fullmatch(words)) and not is_period(words)


def is_period(text: str) -> bool:
    """Whether a cell names a period and nothing else of weight.

    >>> [is_period(cell) for cell in ("2023", "2030年目标", "“十四五”累计", "1—9月", "2000", "2000.5", "产值")]
    [True, True, True, True, True, False, False]
    """
    return bool(PERIOD.match(plain(text)))


def shape(text: str, cells: Sequence[Cell]) -> PrintedTable | None:
    """The table that cells make, None where they make none (a frame around prose, one row, one column).

    Rows at the top and bottom that hold one cell over all columns are left out (a caption or a note set inside the
    frame): they stand in the text right above and below, where captions and notes are looked for.
    """
    cells = _trimmed(text, cells)
    rows = max((cell.row + cell.rowspan for cell in cells), default=0)
    columns = max((cell.column + cell.colspan for cell in cells), default=0)
    if rows < 2 or not 2 <= columns <= MOST_COLUMNS:
        return None
    cells, header_rows = _headed(text, cells, rows, columns)
    start, end = min(cell.start for cell in _filled(cells)), max(cell.end for cell in cells)
    table = PrintedTable(start, end, tuple(cells), header_rows, 1)
    table = replace(table, cells=_repeated_heads(text, table))
    return replace(table, row_heads=_row_heads(text, table))


def _filled(cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.end > cell.start]


def _trimmed(text: str, cells: Sequence[Cell]) -> list[Cell]:
    """The cells without empty rows and columns, and without captions and notes set as rows of the table."""
    kept = list(cells)
    # Captions, units and notes set as rows over all columns come off one at a time, from either end.
    while kept:
        columns = max(cell.column + cell.colspan for cell in kept)
        first, last = min(cell.row for cell in kept), max(cell.row for cell in kept)
        top = _filled([cell for cell in kept if cell.row == first])
        bottom = _filled([cell for cell in kept if cell.row == last])
        later = [_filled([cell for cell in kept if cell.row == first + step]) for step in (1, 2, 3)]
        label = len(top) == 1 and re.match(r"[（(]?[一二三四五六七八九十]{1,3}[、）)]", top[0].text_in(text))
        if len(top) == 1 and not label and any(len(row) > 1 for row in later) and _frames(top[0], columns):
            kept = [cell for cell in kept if cell.row != first]
        elif len(bottom) == 1 and re.match(r"[*（(]*(?:注|备注|说明|资料来源|数据来源|\*)", bottom[0].text_in(text)):
            kept = [cell for cell in kept if cell.row != last]
        else:
            break
    return _compact(kept)


def _frames(cell: Cell, columns: int) -> bool:
    """Whether a cell that is the only one of its row can be a caption: over all columns, or where a sheet begins."""
    return cell.colspan >= columns - 1 or cell.colspan == 1


def _compact(cells: Sequence[Cell]) -> list[Cell]:
    """Rows and columns that nothing stands in taken out, the others counted from 0."""
    filled = _filled(cells)
    rows = {number: i for i, number in enumerate(sorted({cell.row for cell in filled}))}
    columns = {number: i for i, number in enumerate(sorted({cell.column for cell in filled}))}
    if len(rows) * len(columns) == 0:
        return []
    spanned = any(cell.rowspan > 1 or cell.colspan > 1 for cell in cells)
    if not spanned and all(old == new for old, new in (*rows.items(), *columns.items())):
        # Nothing is taken out; cells in the right places stay as they are.
        return [cell for cell in cells if cell.row in rows and cell.column in columns]
    made = []
    for cell in cells:
        covered_rows = [rows[row] for row in range(cell.row, cell.row + cell.rowspan) if row in rows]
        covered = [columns[column] for column in range(cell.column, cell.column + cell.colspan) if column in columns]
        if covered_rows and covered:
            moved = replace(cell, row=covered_rows[0], column=covered[0])
            made.append(replace(moved, rowspan=len(covered_rows), colspan=len(covered)))
    return made


def _by_position(cells: Sequence[Cell]) -> dict[tuple[int, int], Cell]:
    return {
        (row, column): cell
        for cell in cells
        for row in range(cell.row, cell.row + cell.rowspan)
        for column in range(cell.column, cell.column + cell.colspan)
    }


def side_by_side(text: str, table: PrintedTable) -> list[PrintedTable]:
    """The tables that stand beside each other in one frame, told by heads that repeat; one table where none do."""
    heads = [tuple(plain(head) for head in table.column_heads(column, text)) for column in range(table.columns)]
    for width in range(2, table.columns // 2 + 1):
        named = heads[0] and not is_period(heads[0][-1])
        if named and table.columns % width == 0 and heads == heads[:width] * (table.columns // width):
            break
    else:
        return [table]
    parts = []
    for first in range(0, table.columns, width):
        inside = [cell for cell in table.cells if first <= cell.column < first + width]
        cells = tuple(replace(cell, column=cell.column - first, colspan=min(cell.colspan, width)) for cell in inside)
        part = replace(table, cells=cells, row_heads=1)
        parts.append(replace(part, row_heads=_row_heads(text, part)))
    return parts


def _headed(text: str, cells: list[Cell], rows: int, columns: int) -> tuple[list[Cell], int]:
    """The cells with head rows marked and their blanks filled by the head above or at the left, and their number."""
    at = _by_position(cells)
    # Heads have five levels at the most; blanks in them are cells too, to be given to a neighbour below.
    for row in range(min(rows, 5)):
        anchor = min((cell.end for cell in cells if cell.row == row), default=0)
        blanks = [Cell(row, column, anchor, anchor) for column in range(columns) if (row, column) not in at]
        cells = [*cells, *blanks]
        at.update({(row, cell.column): cell for cell in blanks})
    count = 0
    for row in range(min(rows - 1, 5)):
        own = [
            cell for cell in _filled(list({at[row, c] for c in range(columns) if (row, c) in at})) if cell.row == row
        ]
        words = [cell.text_in(text) for cell in own]
        marked = bool(own) and all(cell.header for cell in own)
        # Figures end the head, unless the form marks the row or it numbers the columns (甲 乙 1 2 3).
        if any(is_figure(word) for word in words) and not (marked or (count and _is_count_row(words))):
            break
        if row == 0:
            likely = marked or any(is_period(word) or HEAD_WORDS.search(plain(word)) for word in words)
            if len(own) < 2 or not (likely or _has_figures_below(text, at, row + 1, rows, columns)):
                break
        elif not (marked or _goes_on(at, row, columns, words)):
            break
        count = row + 1
    cells = [replace(cell, header=cell.row < count) if cell.header != (cell.row < count) else cell for cell in cells]
    return (_spread(cells, count, columns) if count else cells), count


def _is_count_row(words: Sequence[str]) -> bool:
    """Whether a row numbers its columns: 甲 乙 1 2 3."""
    numbers = [int(plain(word)) for word in words if plain(word).isdecimal()]
    others = [word for word in words if not plain(word).isdecimal()]
    return (
        len(numbers) > 1
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and numbers[0] <= 3
        and (all(len(plain(word)) == 1 for word in others))
    )


def _has_figures_below(text: str, at: dict[tuple[int, int], Cell], first: int, rows: int, columns: int) -> bool:
    """Whether the next rows hold figures right of their first column."""
    return any(
        (row, column) in at and is_figure(at[row, column].text_in(text))
        for row in range(first, min(rows, first + 3))
        for column in range(1, columns)
    )


def _goes_on(at: dict[tuple[int, int], Cell], row: int, columns: int, words: Sequence[str]) -> bool:
    """Whether a row without figures continues the head above it: it fills what merged heads leave open."""
    if not words:
        return False
    if all(re.fullmatch(r"[（(][^）)]{1,8}[）)]|%|％", plain(word)) for word in words) or _is_count_row(words):
        return True
    if len(words) < 2:
        return False  # the label of the first group
    for column in range(columns):
        cell, above = at.get((row, column)), at.get((row - 1, column))
        here = cell is not None and cell.row == row and cell.end > cell.start
        if not here or above is None:
            continue
        if 1 < above.colspan < columns and above.end > above.start:
            return True
        left = at.get((row - 1, column - 1))
        if above.end == above.start and left is not None and left.end > left.start and column > 1:
            return True
    return False


def _spread(cells: list[Cell], count: int, columns: int) -> list[Cell]:
    """Blank cells of the head given to the head above them, or to the one at the left that covers several columns."""
    body = [cell for cell in cells if not cell.header]
    at = _by_position([cell for cell in cells if cell.header])
    for row in range(count):
        for column in range(columns):
            cell = at.get((row, column))
            if cell is None or cell.end > cell.start or cell.row != row or cell.rowspan * cell.colspan > 1:
                continue
            above, left = at.get((row - 1, column)), at.get((row, column - 1))
            below = at.get((row + 1, column)) if row + 1 < count else None
            if above is not None and above.end > above.start and above.colspan == 1:
                grown = replace(above, rowspan=above.rowspan + 1)
            elif left is not None and left.end > left.start and left.row == row and below and below.end > below.start:
                grown = replace(left, colspan=left.colspan + 1)
            else:
                continue
            at = {
                place: grown if other is (above if grown.row < row else left) else other for place, other in at.items()
            }
            at[row, column] = grown
    seen: dict[int, Cell] = {}
    for cell in at.values():
        seen.setdefault(id(cell), cell)
    return sorted([*seen.values(), *body], key=lambda cell: (cell.row, cell.column))


def _repeated_heads(text: str, table: PrintedTable) -> tuple[Cell, ...]:
    """The cells, with those of a head that is printed again marked as heads."""
    if not table.header_rows:
        return table.cells
    lines: dict[int, list[Cell]] = {}
    for cell in table.cells:
        if cell.end > cell.start:
            lines.setdefault(cell.row, []).append(cell)
    said = {row: [plain(cell.text_in(text)) for cell in cells] for row, cells in lines.items()}
    heads = [said[row] for row in range(table.header_rows) if row in said]
    again = {row for row, words in said.items() if row >= table.header_rows and len(words) > 1 and words in heads}
    return tuple(replace(cell, header=True) if cell.row in again else cell for cell in table.cells)


def _row_heads(text: str, table: PrintedTable) -> int:
    """Number of columns at the left that name the rows: up to the first of figures, periods or units."""
    grid = table.grid
    body = [row for row in range(table.rows) if not table.is_head(row) and table.group_cell(row) is None]
    for column in range(table.columns):
        heads = [plain(head) for head in table.column_heads(column, text)]
        words = [
            cell.text_in(text) for row in body if (cell := grid[row][column]) is not None and cell.end > cell.start
        ]
        figures = sum(is_figure(word) or bool(DASH.fullmatch(plain(word))) for word in words)
        if any(_UNIT.fullmatch(head) for head in heads) or (column and any(is_period(head) for head in heads)):
            return max(1, column)
        if _is_index(heads, words, column):
            continue
        if column and figures * 2 >= len(words):  # also an empty one: what it is for stands in no cell
            return column
    return 1


def _is_index(heads: Sequence[str], words: Sequence[str], column: int) -> bool:
    """Whether a column numbers the rows."""
    if any(_INDEX.fullmatch(head) for head in heads):
        return True
    if column > 1 or len(words) < 2 or not all(_COUNTED.fullmatch(plain(word)) for word in words):
        return False
    numbers = [int(re.sub(r"\D", "", word)) for word in words]
    steps = sum(after - before == 1 for before, after in pairwise(numbers))
    return numbers[0] <= 1 and steps >= 0.8 * (len(numbers) - 1)
