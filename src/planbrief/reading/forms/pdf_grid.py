"""Tables of a PDF page: with ruled lines, or by the rows of its words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from planbrief.reading.canonical import joined
from planbrief.reading.forms.pdf_page import Char, Line, Page, Rule, lines_of
from planbrief.reading.forms.plain import Box
from planbrief.reading.tables.placing import Row, Word, columns_of, edges_of, placed_cells, says_value
from planbrief.reading.tables.shapes import HEAD_WORDS, is_contents, is_figure, is_period, plain

#: Rules closer than this are one; a rule may miss another by as much where they should touch.
_NEAR = 3.0
#: Part of a cell's side that a rule must cover to part it from its neighbour.
_COVERED = 0.6
_FRAME = re.compile(r"续?附?表|专栏|[（(]?单位|[*（(]*(?:注|备注|说明)|资料来源")
_MOST_LINES, _MOST_CELLS = 400, 6000


class Grid(NamedTuple):
    """A ruled table: its cells, where it begins on the page, and where its columns do."""

    boxes: list[Box]
    top: float
    columns: tuple[float, ...]


def grids(page: Page) -> tuple[list[Grid], list[Char]]:
    """The ruled tables of a page from top to bottom, and the characters that stand in none."""
    level, upright = _merged(page.level), _merged(page.upright)
    # Thousands of lines are squared paper, a map or a chart.
    if not upright or len(level) < 2 or len(level) > _MOST_LINES or len(upright) > _MOST_LINES:
        return [], page.characters
    found: list[Grid] = []
    rest = page.characters
    for rows, columns in _stacked(_groups(level, upright), page.characters):
        made = _grid(rows, columns, rest)
        if made is not None:
            grid, rest = made
            found.append(grid)
    return sorted(found, key=lambda grid: grid.top), rest


def _merged(rules: Sequence[Rule]) -> list[Rule]:
    """Rules in order; pieces of one line put together."""
    made: list[Rule] = []
    lines: list[list[Rule]] = []
    for rule in sorted(rules):
        if lines and rule.at - lines[-1][0].at <= _NEAR:
            lines[-1].append(rule)
        else:
            lines.append([rule])
    for line in lines:
        at = sum(rule.at for rule in line) / len(line)
        for rule in sorted(line, key=lambda rule: rule.start):
            if made and made[-1].at == at and rule.start <= made[-1].end + _NEAR:
                made[-1] = Rule(at, made[-1].start, max(made[-1].end, rule.end))
            else:
                made.append(Rule(at, rule.start, rule.end))
    return made


def _touches(level: Rule, upright: Rule) -> bool:
    return (
        level.start - _NEAR <= upright.at <= level.end + _NEAR
        and upright.start - _NEAR <= level.at <= upright.end + _NEAR
    )


def _groups(level: Sequence[Rule], upright: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Rules that touch each other, directly or over others."""
    free = list(range(len(upright)))
    open_level = set(range(len(level)))
    groups = []
    while free:
        columns, rows, queue = [], [], [free.pop(0)]
        while queue:
            current = queue.pop()
            columns.append(upright[current])
            touched = [i for i in open_level if _touches(level[i], upright[current])]
            for i in touched:
                open_level.discard(i)
                rows.append(level[i])
                over = [j for j in free if _touches(level[i], upright[j])]
                queue += over
                free = [j for j in free if j not in over]
        if len(rows) > 1:
            groups.append((rows, columns))
    return groups


_Group = tuple[list[Rule], list[Rule]]


def _stacked(groups: list[_Group], characters: Sequence[Char]) -> list[_Group]:
    """Groups of rules put together that one row without upright rules parts: a label in a table with open sides."""
    made: list[_Group] = []
    for rows, columns in sorted(groups, key=lambda group: min(rule.at for rule in group[0])):
        top = min(rule.at for rule in rows)
        if made:
            above = made[-1][0]
            bottom = max(rule.at for rule in above)
            same = all(
                abs(side(getattr(rule, end) for rule in above) - side(getattr(rule, end) for rule in rows)) <= _NEAR
                for side, end in ((min, "start"), (max, "end"))
            )
            between = [char for char in characters if bottom < char.middle < top]
            lines = lines_of(between)
            row = len(lines) == 1 and top - bottom < 3.2 * lines[0].size and not _FRAME.match(lines[0].text)
            if same and row:
                made[-1] = ([*above, *rows], [*made[-1][1], *columns])
                continue
        made.append((rows, columns))
    return made


def _positions(values: Sequence[float]) -> list[float]:
    """Places of lines in order, near ones as one."""
    made: list[float] = []
    for value in sorted(values):
        if not made or value - made[-1] > _NEAR:
            made.append(value)
    return made


def _grid(rows: list[Rule], columns: list[Rule], characters: list[Char]) -> tuple[Grid, list[Char]] | None:
    """The cells that a group of rules encloses, and the characters outside."""
    left, right = min(rule.start for rule in rows), max(rule.end for rule in rows)
    top, bottom = min(rule.start for rule in columns), max(rule.end for rule in columns)
    top, bottom = min(top, *(rule.at for rule in rows)), max(bottom, *(rule.at for rule in rows))
    ys = _positions([*(rule.at for rule in rows), top, bottom])
    # A table whose sides are open ends where its level rules end.
    xs = _positions([*(rule.at for rule in columns), left, right])
    if len(xs) < 3 or len(ys) < 2 or len(xs) * len(ys) > _MOST_CELLS:
        return None  # a frame around prose, or squared paper
    inside: dict[tuple[int, int], list[Char]] = {}
    rest = []
    for char in characters:
        row = bisect_right(ys, char.middle) - 1
        column = bisect_right(xs, (char.left + char.right) / 2) - 1
        if 0 <= row < len(ys) - 1 and 0 <= column < len(xs) - 1:
            inside.setdefault((row, column), []).append(char)
        else:
            rest.append(char)
    areas = _areas(xs, ys, rows, columns)
    boxes = []
    for (row, column), (high, wide) in areas.items():
        own = [
            char
            for r in range(row, row + high)
            for c in range(column, column + wide)
            for char in inside.get((r, c), ())
        ]
        text = joined(" ".join(field.text for field in line.fields) for line in lines_of(own))
        boxes.append(Box(row, column, text, high, wide))
    if sum(bool(box.text) for box in boxes) < 2:
        return None
    return Grid(boxes, ys[0], tuple(xs)), rest


def _areas(
    xs: Sequence[float], ys: Sequence[float], rows: Sequence[Rule], columns: Sequence[Rule]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Upper left corner of every cell → its height and width in rows and columns of the grid."""
    height, width = len(ys) - 1, len(xs) - 1
    level = [[rule for rule in rows if abs(rule.at - at) <= _NEAR] for at in ys]
    upright = [[rule for rule in columns if abs(rule.at - at) <= _NEAR] for at in xs]
    # Fields of the grid are joined where no rule parts them (union-find); a rectangle of them is a cell.
    parent = {(r, c): (r, c) for r in range(height) for c in range(width)}

    def root(place: tuple[int, int]) -> tuple[int, int]:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for r in range(height):
        for c in range(width):
            if c + 1 < width and not _is_ruled(upright[c + 1], ys[r], ys[r + 1]):
                parent[root((r, c + 1))] = root((r, c))
            if r + 1 < height and not _is_ruled(level[r + 1], xs[c], xs[c + 1]):
                parent[root((r + 1, c))] = root((r, c))
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for place in parent:
        groups.setdefault(root(place), []).append(place)
    areas = {}
    for places in groups.values():
        top, left = min(r for r, _ in places), min(c for _, c in places)
        high, wide = max(r for r, _ in places) - top + 1, max(c for _, c in places) - left + 1
        if high * wide == len(places):
            areas[top, left] = (high, wide)
        else:
            # No rectangle: rules are missing at random, so every field of the grid counts for itself.
            areas.update(dict.fromkeys(places, (1, 1)))
    return areas


def _is_ruled(rules: Sequence[Rule], start: float, end: float) -> bool:
    """Whether rules on one line cover enough of a cell's side."""
    covered = sum(max(0.0, min(rule.end, end) - max(rule.start, start)) for rule in rules)
    return covered >= _COVERED * (end - start)


class Zone(NamedTuple):
    """A run of lines that is a table: index of its first line and behind its last, its cells, edges of its columns.

    ``tails`` are the last words in each column, from the last line of several fields on: where a page cuts a row in
    two, names that go on at the top of the next one stand under them.
    """

    first: int
    end: int
    boxes: list[Box]
    edges: tuple[tuple[float, float], ...] = ()
    tails: tuple[tuple[int, Word], ...] = ()


def zones(lines: Sequence[Line], rules: Sequence[Rule] = ()) -> list[Zone]:
    """The tables that lines of a page make; level rules part rows where they are drawn between them."""
    found: list[Zone] = []
    index = 0
    while index < len(lines):
        end = _end_of_run(lines, index) if _is_tabular(lines[index]) else index
        if end - index < 2:
            index += 1
            continue
        # Heads have no figures, so the run begins behind them: upwards as long as lines overlap or stand over columns.
        first = index
        least = found[-1].end if found else 0
        while first > least and (
            _overlaps(lines[first - 1], lines[first]) or _heads(lines[first - 1], lines[first], lines[index:end])
        ):
            first -= 1
        boxes = _boxes(lines[first:end], rules)
        words = [_words(line, i) for i, line in enumerate(lines[first:end])]
        edges = edges_of(words) if boxes else []
        if boxes and first and all(_stands_under(line, lines[first]) for line in lines[:first]):
            # The page cut the last row of the one before: its name goes on above the first row of this one.
            column = columns_of(_words(lines[0], 0)[0], edges)[0]
            below = [replace(box, row=box.row + 1) for box in boxes]
            boxes = [Box(0, column, joined(line.text for line in lines[:first])), *below]
            first = 0
        if boxes:
            found.append(Zone(first, end, boxes, tuple(edges), _tails(words, edges)))
        index = end
    return found


def _heads(line: Line, below: Line, rows: Sequence[Line]) -> bool:
    """Whether a line close above a table belongs to its heads: each of its fields stands over one column."""
    last = max(rows, key=lambda row: len(row.fields))
    usual = min(one.base - other.base for other, one in pairwise(rows))
    near = max(1.8 * below.size, min(1.1 * usual, 3 * below.size))
    if below.base - line.base > near or _is_prose(line) or len(last.fields) < 3:
        return False
    middles = [(field.left + field.right) / 2 for field in last.fields]
    apart = [b - a for a, b in pairwise(middles)]
    for field in line.fields:
        middle = (field.left + field.right) / 2
        nearest = min(range(len(middles)), key=lambda i: abs(middles[i] - middle))
        room = max(apart[max(0, nearest - 1) : nearest + 1])
        if field.right - field.left > room or abs(middles[nearest] - middle) > 0.5 * room:
            return False
    return True


def _tails(rows: Sequence[Sequence[Word]], edges: Sequence[tuple[float, float]]) -> tuple[tuple[int, Word], ...]:
    last = max((i for i, row in enumerate(rows) if len(row) > 1), default=0)
    return tuple({columns_of(word, edges)[0]: word for row in rows[last:] for word in row}.items())


def _stands_under(line: Line, other: Line) -> bool:
    """Whether a line of one field stands where a line near it has a field behind its first one."""
    one = len(line.fields) == 1 and _is_short(line)
    return one and any(abs(line.left - field.left) < 2 for field in other.fields[1:])


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
    # A last name that goes on in lines of its own, under its column or closer than the rows are to each other.
    last = lines[end - 1]
    while end < len(lines) and len(lines[end].fields) == 1 and _is_short(lines[end]) and end - first > 2:
        gap, before = lines[end].base - lines[end - 1].base, lines[end - 1].base - lines[end - 2].base
        closer = gap < 0.85 * max(before, 1.8 * lines[end].size)
        near = gap < 2 * lines[end].size and _stands_under(lines[end], last)
        if not (_overlaps(lines[end - 1], lines[end]) or near or (closer and not _is_note(lines[end].text))):
            break
        end += 1
    return end


def _is_prose(line: Line) -> bool:
    long = len(line.text) > 60 and max(len(field.text) for field in line.fields) > 20  # a wide table's are many, short
    return long or bool(re.search(r"[。；]$", line.text)) or _is_note(line.text)


def _is_note(text: str) -> bool:
    return bool(re.match(r"注|备注|说明|资料来源|数据来源|专栏|续?表\s*\d|单位[:：]|[（(]?单位[:：]", text))


def _is_short(line: Line) -> bool:
    return len(line.text) <= 30 and not _is_prose(line)


def _words(line: Line, at: int) -> list[Word]:
    return [Word(at, at, field.left, field.right, field.text) for field in line.fields]


def _boxes(lines: Sequence[Line], rules: Sequence[Rule]) -> list[Box]:
    """The cells of a run of lines, empty where it is no table after all."""
    words = [_words(line, i) for i, line in enumerate(lines)]
    valued = [row for row in words if any(says_value(word.text) for word in row[1:])]
    figures = any(is_figure(word.text) for row in valued for word in row)
    if len(valued) < 2 or not figures or is_contents(tuple(word.text for word in row) for row in words):
        return []
    rows = [Row(row, line.base, line.size) for row, line in zip(words, lines, strict=True)]
    placed = placed_cells(rows, [rule.at for rule in rules if rule.end - rule.start > 60])
    return [Box(cell.row, cell.column, cell.text, cell.rowspan, cell.colspan) for cell in placed]
