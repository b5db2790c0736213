"""Tables of plain text that have a cell a line: each line is given the column whose head it fits, at the least cost.

Empty cells leave no line, and the label of a group is printed once; so rows differ in length. Where two columns fit
a line equally well nothing says which one is meant, and the line is left out of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from planbrief.reading.canonical import Cell, PrintedTable
from planbrief.reading.grammar.wordlists import pattern
from planbrief.reading.tables.shapes import DASH, HEAD_WORDS, is_figure, is_period, plain, shape

#: Longest cell that has a line of its own; lines of one table and columns that are tried.
_LONGEST, _MOST_LINES, _MOST_COLUMNS = 60, 600, 14
_CAPTION = re.compile(r"\s*(?:专栏|续?附?表|图)\s*\d")
_ATTRIBUTE = re.compile(r"预期性?|约束性?|指导性?|Anticipatory|Binding", re.I)
_UNITS = pattern("listed_units")
_GROUPS = re.compile(r"类别|分类|领域|类型|方面|门类")
_NAMES = re.compile(r"指标|项目|名称|产业|赛道|行业|地区|县区|区县|城市|任务|内容|事项")
_LABEL = re.compile(r"[（(]?[一二三四五六七八九十]{1,3}[、）)]")


class _Line(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def text(self) -> str: ...


class _Head(NamedTuple):
    """A column: its kind (index, group, name, unit, number, attribute, any), and its cells in the head."""

    kind: str
    cells: tuple[Cell, ...]


#: What it costs to leave out a cell of a column.
_SKIPPED = {"index": 1.5, "group": 0.1, "name": 2.0, "unit": 0.9, "number": 0.8, "attribute": 0.9, "any": 0.5}
_NEW_ROW, _LABEL_ROW = 0.3, 1.5


class Budget:
    """Lines that the search for tables may still try in a document; about eight thousand take a second.

    A table of 30 rows takes a thousand; lists of short lines without end would take hours.
    """

    def __init__(self, lines: int = 30_000) -> None:
        self.lines = lines


def listed(text: str, lines: Sequence[_Line], budget: Budget) -> Iterator[PrintedTable]:
    """The tables in lines of which each holds one cell; none any more when the budget is spent."""
    run: list[_Line] = []
    for line in [*lines, None]:
        if line is not None and _is_cell(line.text) and len(run) < _MOST_LINES:
            run.append(line)
            continue
        yield from _tables(text, run, budget)
        run = [line] if line is not None and _is_cell(line.text) else []


def _is_cell(text: str) -> bool:
    words = text.strip().strip("*")
    return len(words) <= _LONGEST and not re.search(r"[。；;，：:！？]$|^\s*(?:注|备注|说明)[:：]", words)


def _tables(text: str, run: Sequence[_Line], budget: Budget) -> Iterator[PrintedTable]:
    start = 0
    words = [plain(line.text) for line in run]
    figured = [is_figure(word) for word in words]
    while start < len(run) - 5:
        # The search is dear, so it begins only at what may be a head and has figures close behind.
        figures = sum(figured[start : start + 3 * _MOST_COLUMNS])
        opening = run[start].text
        if budget.lines <= 0 or figures < 2 or not _may_be_head(opening) or _CAPTION.match(opening):
            start += 1
            continue
        best: tuple[float, int, list[Cell]] = (0.0, 0, [])
        heads = [head for columns in range(2, _MOST_COLUMNS + 1) for head in _heads(run, words, start, columns)]
        levels = [head for head in heads if any(len(column.cells) > 1 for column in head[0])]
        for head, first in levels or heads:
            found = _parsed(run, words, head, first, budget)
            if found[0] > best[0]:
                best = found
        table = shape(text, best[2]) if best[2] else None
        if table is not None:
            yield table
            start = best[1]
        else:
            start += 1


def _may_be_head(text: str) -> bool:
    return len(text.strip()) <= 30 and not is_figure(text) and bool(is_period(text) or HEAD_WORDS.search(plain(text)))


def _heads(run: Sequence[_Line], words: Sequence[str], start: int, columns: int) -> Iterator[tuple[list[_Head], int]]:
    """The heads that may begin at a line with so many cells in the upper row, and the line behind each."""
    first = start + columns
    if first + columns > len(run):
        return
    head = range(start, first)
    likely = [_may_be_head(run[i].text) for i in head]
    fits = sum(likely) >= 2 and sum(likely) * 2 >= columns and not any(is_figure(words[i]) for i in head)
    if not fits or any(len(words[i]) > 30 for i in head) or len({words[i] for i in head}) < columns:
        return
    kinds = [_kind(words[i], place, [words[j] for j in head]) for place, i in enumerate(head)]
    cells = [Cell(0, place, run[i].start, run[i].end, header=True) for place, i in enumerate(head)]
    yield [_Head(kind, (cell,)) for kind, cell in zip(kinds, cells, strict=True)], first
    yield from _two_levels(run, words, kinds, cells, first)


def _two_levels(
    run: Sequence[_Line], words: Sequence[str], kinds: Sequence[str], cells: Sequence[Cell], first: int
) -> Iterator[tuple[list[_Head], int]]:
    """A head whose numbers have a second row: the same few words again for each of them (总量 增速 总量 增速)."""
    numbers = [place for place, kind in enumerate(kinds) if kind == "number"]
    count = len(numbers)
    if count < 2 or numbers != list(range(numbers[0], numbers[0] + count)):
        return
    for each in (2, 3):
        lower = list(words[first : first + each * count])
        if len(lower) < each * count or lower != lower[:each] * count or not all(map(_may_be_head, lower)):
            continue
        heads: list[_Head] = []
        for place, (kind, cell) in enumerate(zip(kinds, cells, strict=True)):
            column = len(heads)
            if place not in numbers:
                heads.append(_Head(kind, (replace(cell, column=column, rowspan=2),)))
                continue
            upper = replace(cell, column=column, colspan=each)
            for step in range(each):
                line = run[first + (place - numbers[0]) * each + step]
                own = Cell(1, column + step, line.start, line.end, header=True)
                heads.append(_Head("number", (upper, own) if step == 0 else (own,)))
        yield heads, first + each * count


def _kind(word: str, place: int, head: Sequence[str]) -> str:
    """What a column holds, told from its head."""
    if re.fullmatch(r"序号?|编号|项次|No\.?|№|#", word, re.I):
        return "index"
    if re.fullmatch(r"(?:计量)?单位|Unit", word, re.I):
        return "unit"
    if re.search(r"属性|性质", word):
        return "attribute"
    if is_period(word) or pattern("listed_numbers").search(word):
        return "number"
    if place == 0 and _GROUPS.search(word) and any(_NAMES.search(other) for other in head[1:]):
        return "group"
    return "name" if _NAMES.search(word) else "any"


def _cost(kind: str, word: str) -> float:
    """How badly a line fits a column."""
    figure = is_figure(word)
    dash = bool(DASH.fullmatch(word))
    attribute = bool(_ATTRIBUTE.fullmatch(word))
    if kind == "index":
        return 0.0 if re.fullmatch(r"\d{1,3}[.、]?", word) else 3.0
    if kind == "number":
        return 0.0 if figure or dash else 3.0 if attribute or _LABEL.match(word) else 1.2
    if kind == "attribute":
        return 0.0 if attribute else 3.0 if figure else 1.5
    if kind == "unit":
        return 0.0 if _UNITS.fullmatch(word) else 3.0 if figure or attribute else 1.5
    if kind == "any":
        return 0.2
    return 3.0 if figure or dash or attribute else 0.4 if _UNITS.fullmatch(word) else 0.0


def _parsed(
    run: Sequence[_Line], words: Sequence[str], heads: Sequence[_Head], first: int, budget: Budget
) -> tuple[float, int, list[Cell]]:
    """Worth, line behind the last, and cells of the table that follows a head; worth 0 if there is none."""
    head_words = [words[i] for i in range(first - len({c for h in heads for c in h.cells}), first)]
    low = _aligned(words, heads, head_words, first, 1, budget)
    if low is None:
        return 0.0, 0, []
    worth, end, places = low
    # Read from the left and from the right: a line that the two ways put in different columns belongs to neither.
    again = _aligned(words, heads, head_words, first, -1, budget)
    other = dict(again[2]) if again is not None and again[1] == end else {}
    top = max(cell.row for head in heads for cell in head.cells) + 1
    cells = [cell for head in heads for cell in head.cells]
    rows = sorted({row for _, (row, _) in places})
    numbers = {row: top + i for i, row in enumerate(rows)}
    figures = 0
    for line, (row, column) in places:
        if other.get(line, (row, column))[1] != column:
            continue
        cells.append(Cell(numbers[row], max(0, column), run[line].start, run[line].end))
        figures += is_figure(words[line])
    used = end - first
    full = len({row for _, (row, column) in places if column > 0})
    if full < 2 or figures < 2 or worth < 0.6 * used:
        return 0.0, 0, []
    return worth + len(heads) * 0.01, end, cells


_Places = list[tuple[int, tuple[int, int]]]


def _aligned(
    words: Sequence[str], heads: Sequence[_Head], head_words: Sequence[str], first: int, prefer: int, budget: Budget
) -> tuple[float, int, _Places] | None:
    """Worth, line behind the last, and row and column of every line, of the cheapest way to read the lines as rows.

    ``prefer`` says which of equally good columns is taken: 1 the leftmost, -1 the rightmost.
    """
    kinds = [head.kind for head in heads]
    count = len(kinds)
    passed = [0.0]
    for kind in kinds:
        passed.append(passed[-1] + _SKIPPED[kind])
    # State: column of the last line, the number of columns after a complete row or a label.
    states: dict[int, _Way] = {count: _Way(0.0, -1, 0, None)}
    best: tuple[float, int, _Link | None] | None = None
    line = first
    width = len(head_words)
    while line < len(words) and budget.lines > 0:
        if words[line : line + width] == list(head_words) and width > 1:
            states = {count: _closed(states, passed, count)}
            line += width
            continue
        budget.lines -= 1
        states = _after(states, words[line], line, kinds, passed, prefer)
        line += 1
        closed = _closed(states, passed, count)
        worth = (line - first) - closed.cost
        if best is None or worth > best[0]:
            best = (worth, line, closed.chain)
        if worth < best[0] - passed[-1] - 4:  # worse than a whole row left out: the table has ended
            break
    if best is None:
        return None
    places: _Places = []
    link = best[2]
    while link is not None:
        places.append((link.line, (link.row, link.column)))
        link = link.before
    return best[0], best[1], places[::-1]


class _Link(NamedTuple):
    """Row and column of a line (column -1 for the label of a group), and the same of the line before."""

    line: int
    row: int
    column: int
    before: _Link | None


class _Way(NamedTuple):
    """The cheapest way so far into a state: its cost, its row, the last running number, and the places of its lines."""

    cost: float
    row: int
    number: int
    chain: _Link | None


def _after(
    states: dict[int, _Way], word: str, line: int, kinds: Sequence[str], passed: Sequence[float], prefer: int
) -> dict[int, _Way]:
    """The states after one more line: a later cell of the row, a cell of the next row, or the label of a group."""
    count = len(kinds)
    costs = [_cost(kind, word) for kind in kinds]
    counted = re.fullmatch(r"(\d{1,3})[.、]?", word)
    number = int(counted[1]) if counted else 0
    may_be_label = not (is_figure(word) or DASH.fullmatch(word) or _ATTRIBUTE.fullmatch(word))
    reached: dict[int, _Way] = {}
    for last, way in states.items():
        left = passed[count] - passed[min(count, last + 1)]
        for column, kind in enumerate(kinds):
            if column > last:
                total, row = way.cost + passed[column] - passed[last + 1] + costs[column], way.row
            else:
                total, row = way.cost + left + _NEW_ROW + passed[column] + costs[column], way.row + 1
            total += prefer * column * 1e-6
            # Running numbers go on by one, through labels and from page to page.
            if kind == "index" and number != way.number + 1:
                total += 2.5
            if column not in reached or total < reached[column].cost:
                running = number if kind == "index" else way.number
                reached[column] = _Way(total, row, running, _Link(line, row, column, way.chain))
        if may_be_label:
            total = way.cost + left + (0.1 if _LABEL.match(word) else _LABEL_ROW)
            if count not in reached or total < reached[count].cost:
                reached[count] = _Way(total, way.row + 1, way.number, _Link(line, way.row + 1, -1, way.chain))
    return reached


def _closed(states: dict[int, _Way], passed: Sequence[float], count: int) -> _Way:
    """The cheapest way if the row ends here."""
    ends = [way._replace(cost=way.cost + passed[count] - passed[min(count, last + 1)]) for last, way in states.items()]
    return min(ends, key=lambda way: way.cost)
