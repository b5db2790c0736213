"""Tables of a page that no rules enclose: rows and columns from where the words stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from planbrief.reading.forms.compose import Box
from planbrief.reading.forms.pdf_lines import Line
from planbrief.reading.forms.pdf_page import Rule
from planbrief.reading.tables.columns import Word, says_value
from planbrief.reading.tables.frames import is_contents
from planbrief.reading.tables.placing import Row, placed_cells
from planbrief.reading.tables.shapes import HEAD_WORDS, is_figure, is_period, plain


class Zone(NamedTuple):
    """A run of lines that is a table: index of its first line and behind its last, and its cells."""

    first: int
    end: int
    boxes: list[Box]


def zones(lines: Sequence[Line], rules: Sequence[Rule] = ()) -> list[Zone]:
    """The tables that lines of a page make; level rules part rows where they are drawn between them."""
    found: list[Zone] = []
    index = 0
    while index < len(lines):
        end = _end_of_run(lines, index) if _is_tabular(lines[index]) else index
        if end - index < 2:
            index += 1
            continue
        first = index
        while first > (found[-1].end if found else 0) and _overlaps(lines[first - 1], lines[first]):
            first -= 1
        boxes = _boxes(lines[first:end], rules)
        if boxes:
            found.append(Zone(first, end, boxes))
        index = end
    return found


def _is_tabular(line: Line) -> bool:
    """Whether a line has fields apart, one of them behind the first a value, a period or a usual head."""
    words = [field.text for field in line.fields[1:]]
    return any(says_value(word) or is_period(word) or HEAD_WORDS.search(plain(word)) for word in words)


def _overlaps(above: Line, below: Line) -> bool:
    return below.base - above.base < 1.05 * max(above.size, below.size)


def _end_of_run(lines: Sequence[Line], first: int) -> int:
    """Index behind the last line of a run; short lines between (names that go on, labels) are inside."""
    end = first + 1
    while end < len(lines):
        if len(lines[end].fields) > 1 and not _is_prose(lines[end]):
            end += 1
            continue
        ahead = end
        while ahead < min(len(lines), end + 7) and len(lines[ahead].fields) == 1 and _is_short(lines[ahead]):
            if lines[ahead].base - lines[ahead - 1].base > 3 * lines[ahead].size:
                break
            ahead += 1
        near = end < ahead < len(lines) and lines[ahead].base - lines[ahead - 1].base < 3 * lines[end].size
        if near and len(lines[ahead].fields) > 1 and not _is_prose(lines[ahead]):
            end = ahead + 1
            continue
        break
    # A last name that goes on in lines of its own, closer than the rows are to each other.
    while end < len(lines) and len(lines[end].fields) == 1 and _is_short(lines[end]) and end - first > 2:
        gap, before = lines[end].base - lines[end - 1].base, lines[end - 1].base - lines[end - 2].base
        closer = gap < 0.85 * max(before, 1.8 * lines[end].size)
        if not (_overlaps(lines[end - 1], lines[end]) or (closer and not _is_note(lines[end].text))):
            break
        end += 1
    return end


def _is_prose(line: Line) -> bool:
    return len(line.text) > 60 or bool(re.search(r"[。；]$", line.text)) or _is_note(line.text)


def _is_note(text: str) -> bool:
    return bool(re.match(r"注|备注|说明|资料来源|数据来源|专栏|续?表\s*\d|单位[:：]|[（(]?单位[:：]", text))


def _is_short(line: Line) -> bool:
    return len(line.text) <= 30 and not _is_prose(line)


def _boxes(lines: Sequence[Line], rules: Sequence[Rule]) -> list[Box]:
    """The cells of a run of lines, empty where it is no table after all."""
    words = [[Word(i, i, f.left, f.right, f.text) for f in line.fields] for i, line in enumerate(lines)]
    valued = [row for row in words if any(says_value(word.text) for word in row[1:])]
    if len(valued) < 2 or not any(is_figure(word.text) for row in valued for word in row):
        return []
    if is_contents(tuple(word.text for word in row) for row in words):
        return []
    rows = [Row(row, line.base, line.size) for row, line in zip(words, lines, strict=True)]
    placed = placed_cells(rows, [rule.at for rule in rules if rule.end - rule.start > 60])
    return [Box(cell.row, cell.column, cell.text, cell.rowspan, cell.colspan) for cell in placed]
