"""Columns from where words stand: for pages without rules and for text set with spaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from planbrief.reading.canonical import Cell, joined
from planbrief.reading.shapes import DASH, is_figure, is_period


class Word(NamedTuple):
    """One field of a line: its offsets in the text, and its left and right edge in any unit of length."""

    start: int
    end: int
    left: float
    right: float
    text: str


def aligned(rows: Sequence[Sequence[Word]]) -> list[Cell]:
    """Cells of rows of words: columns are where the fullest of the usual rows have their words.

    A word that reaches over several columns spans them. A row without figures that only goes on with the names of the
    row above or below it (a long name in two or three lines) belongs to that row.
    """
    edges = _edges(rows)
    placed = [[(_columns_of(word, edges), word) for word in row] for row in rows]
    return _joined_rows(placed, len(edges))


def _edges(rows: Sequence[Sequence[Word]]) -> list[tuple[float, float]]:
    """Left and right edge of every column."""
    values = [row for row in rows if sum(_says_value(word.text) for word in row) > 0] or list(rows)
    counts = Counter(len(row) for row in values)
    usual = max(counts, key=lambda count: (counts[count] * count, count))
    fullest = max((count for count in counts if count >= usual), default=usual)
    base = [row for row in values if len(row) == (fullest if counts[fullest] * 4 >= counts[usual] else usual)]
    edges = [(min(row[i].left for row in base), max(row[i].right for row in base)) for i in range(len(base[0]))]
    # A figure in a row with gaps widens its column; one that fits nowhere opens a column of its own.
    for row in values:
        for word in row:
            over = [i for i, (left, right) in enumerate(edges) if word.left < right and left < word.right]
            if not over:
                edges.append((word.left, word.right))
                edges.sort()
            elif len(over) == 1 and _says_value(word.text):
                left, right = edges[over[0]]
                edges[over[0]] = (min(left, word.left), max(right, word.right))
    return _parted(edges)


def _parted(edges: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Columns that overlap a little are parted in the middle of the overlap; one inside another is dropped."""
    made: list[tuple[float, float]] = []
    for left, right in sorted(edges):
        if made and left < made[-1][1]:
            if right <= made[-1][1]:
                continue
            middle = (left + made[-1][1]) / 2
            made[-1] = (made[-1][0], middle)
            left = middle
        made.append((left, right))
    return made


def _says_value(text: str) -> bool:
    return is_figure(text) or bool(DASH.fullmatch(text))


def _columns_of(word: Word, edges: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """First column and number of columns of a word: those whose middle it covers, else the nearest one."""
    over = [i for i, (left, right) in enumerate(edges) if word.left <= (left + right) / 2 <= word.right]
    if len(over) > 1 and not _says_value(word.text):
        return over[0], over[-1] - over[0] + 1
    middle = (word.left + word.right) / 2
    shared = [min(right, word.right) - max(left, word.left) for left, right in edges]
    best = max(range(len(edges)), key=lambda i: (shared[i], -abs(sum(edges[i]) / 2 - middle)))
    return best, 1


_Placed = tuple[tuple[int, int], Word]


def _joined_rows(rows: Sequence[Sequence[_Placed]], columns: int) -> list[Cell]:
    """Cells of the rows, with lines that only carry on a name given to the row they belong to."""
    groups: list[list[int]] = []
    for index in range(len(rows)):
        if groups and _continues(rows, groups[-1], index, columns):
            groups[-1].append(index)
        else:
            groups.append([index])
    cells = []
    for number, group in enumerate(groups):
        parts: dict[tuple[int, int], list[Word]] = {}
        for index in group:
            for column, word in rows[index]:
                parts.setdefault(column, []).append(word)
        for (column, span), words in sorted(parts.items()):
            said = joined(word.text for word in words) if len(words) > 1 else ""
            cells.append(Cell(number, column, words[0].start, words[0].end, 1, span, words=said))
    return cells


def _continues(rows: Sequence[Sequence[_Placed]], group: Sequence[int], index: int, columns: int) -> bool:
    """Whether a line only goes on with words of the row above it."""
    here, above = rows[index], rows[group[-1]]
    if not here or len(here) > max(1, columns // 2) or any(_says_value(word.text) for _, word in here):
        return False
    if any(is_period(word.text) for _, word in here):
        return False
    covered = {column for (column, _), _ in above}
    if not all(column in covered for (column, _), _ in here):
        return False
    return all(_goes_on(word.text, next(w.text for (c, _), w in above if c == column)) for (column, _), word in here)


def _goes_on(text: str, before: str) -> bool:
    """Whether words carry on the ones above: a bracket that is still open, a unit in brackets, half a word."""
    opened = max(before.rfind("（"), before.rfind("(")) > max(before.rfind("）"), before.rfind(")"))
    return opened or text[0] in "（(）)、，,/" or before[-1] in "、，,/和与及—-"
