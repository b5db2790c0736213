"""Tables of plain text that have a cell a line: found by the order in which names and figures follow each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from planbrief.reading.canonical import Cell, PrintedTable
from planbrief.reading.tables.shapes import DASH, HEAD_WORDS, is_figure, is_period, plain, shape

#: Longest cell that has a line of its own.
_LONGEST = 60
#: Lines of one table, and columns, that are tried.
_MOST_LINES, _MOST_COLUMNS = 2000, 12


_CAPTION = re.compile(r"\s*(?:专栏|续?附?表|图)\s*\d")


class _Line(Protocol):
    start: int
    end: int
    text: str


def listed(text: str, lines: Sequence[_Line]) -> Iterator[PrintedTable]:
    """The tables in lines of which each holds one cell."""
    run: list[_Line] = []
    for line in [*lines, None]:
        if line is not None and _is_cell(line.text) and len(run) < _MOST_LINES:
            run.append(line)
            continue
        yield from _tables(text, run)
        run = [line] if line is not None and _is_cell(line.text) else []


def _is_cell(text: str) -> bool:
    words = text.strip().strip("*")
    return len(words) <= _LONGEST and not re.search(r"[。；;，：:！？]$|^\s*(?:注|备注|说明)[:：]", words)


def _tables(text: str, run: Sequence[_Line]) -> Iterator[PrintedTable]:
    start = 0
    values = [_type(line.text) for line in run]
    while start < len(run) - 5:
        if (
            _CAPTION.match(run[start].text)
            or values[start] == "value"
            or (not HEAD_WORDS.search(run[start].text) and values[start] != "period")
        ):
            start += 1
            continue
        best: tuple[int, list[Cell]] = (0, [])
        for columns in range(2, _MOST_COLUMNS + 1):
            found = _parsed(run, values, start, columns)
            if found is not None and found[0] > best[0]:
                best = found
        table = shape(text, best[1]) if best[0] else None
        if table is not None:
            yield table
            start += best[0]
        else:
            start += 1


def _type(text: str) -> str:
    """What a line can be in a table: a value, a period, or words."""
    words = text.strip()
    if is_figure(words) or DASH.fullmatch(plain(words)):
        return "value"
    return "period" if is_period(words) else "words"


def _parsed(run: Sequence[_Line], types: Sequence[str], start: int, columns: int) -> tuple[int, list[Cell]] | None:
    """Lines used and cells of a table with so many columns whose head begins at a line, None if there is none."""
    head = range(start, start + columns)
    first = start + columns
    if first + 2 * columns > len(run) or any(types[i] == "value" for i in head) or not _is_head(run, types, head):
        return None
    pattern = _pattern(types, first, columns)
    if pattern is None:
        return None
    values, skip = pattern
    cells = [Cell(0, column, run[i].start, run[i].end) for column, i in enumerate(head)]
    position, row, full = first, 1, 0
    while position < len(run):
        width = _fits(run, types, position, columns, values, skip)
        if width:
            shift = columns - width
            cells += [Cell(row, shift + i, run[position + i].start, run[position + i].end) for i in range(width)]
            position += width
            full += 1
        elif _again(run, head, position):
            cells += [Cell(row, i, run[position + i].start, run[position + i].end) for i in range(columns)]
            position += columns
        elif (
            types[position] == "words"
            and position + 1 < len(run)
            and _fits(run, types, position + 1, columns, values, skip)
        ):
            cells.append(Cell(row, 0, run[position].start, run[position].end))
            position += 1
        else:
            break
        row += 1
    return (position - start, cells) if full >= 2 else None


def _is_head(run: Sequence[_Line], types: Sequence[str], head: range) -> bool:
    """Whether lines read like the head of a table: two of them name a period or a usual column."""
    heads = [plain(run[i].text) for i in head]
    if len(set(heads)) < len(heads):
        return False  # 总量 增速 总量 增速: the lower row of a head whose upper one cannot be told apart
    likely = sum(types[i] == "period" or bool(HEAD_WORDS.search(run[i].text)) for i in head)
    return likely >= 2 and likely * 2 >= len(head) and all(len(run[i].text.strip()) <= 30 for i in head)


def _again(run: Sequence[_Line], head: range, position: int) -> bool:
    """Whether the head is printed again at a line."""
    return position + len(head) <= len(run) and all(
        plain(run[position + i].text) == plain(run[line].text) for i, line in enumerate(head)
    )


def _pattern(types: Sequence[str], first: int, columns: int) -> tuple[tuple[int, ...], int] | None:
    """Which columns hold values, from the first row, and how many columns at the left may be left out (a group).

    The first row may be led by the label of its group, which is printed once.
    """
    for lead in (0, 1):
        row = [types[first + lead + i] for i in range(columns) if first + lead + i < len(types)]
        values = tuple(i for i, kind in enumerate(row) if kind == "value")
        if len(row) < columns or not values or all(i in (0,) for i in values):
            continue
        names = [i for i in range(columns) if i not in values]
        if not names:
            continue
        # 序号 in the second column with a group in front of it: the group is printed for its first row only.
        skip = 1 if columns > 3 and 0 in names and (1 in values or 1 in names) else 0
        return values, skip
    return None


def _fits(
    run: Sequence[_Line], types: Sequence[str], position: int, columns: int, values: Sequence[int], skip: int
) -> int:
    """How many lines make the row at a line: all columns, or all but the group's; 0 if none fits."""
    for left_out in range(skip + 1):
        width = columns - left_out
        if position + width > len(run):
            continue
        kinds = [types[position + i - left_out] for i in range(left_out, columns)]
        wanted = ["value" if i in values else "words" for i in range(left_out, columns)]
        same = [
            kind == want or (want == "words" and kind == "period") for kind, want in zip(kinds, wanted, strict=True)
        ]
        if not all(same) and sum(same) >= columns - 1 - left_out and columns - left_out > 4:
            # One cell of another kind: words in place of a figure (完成上级下达任务), if the next row fits again.
            odd = same.index(False)
            same[odd] = odd > 0 and kinds[odd] == "words"
        if all(same):
            return width
    return 0
