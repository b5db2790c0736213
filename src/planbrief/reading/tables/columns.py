"""Columns from where words stand: for pages without rules and for text set with spaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from planbrief.reading.canonical import Cell, joined
from planbrief.reading.tables.shapes import DASH, is_figure, is_period


class Word(NamedTuple):
    """One field of a line: its offsets in the text, and its left and right edge in any unit of length."""

    start: int
    end: int
    left: float
    right: float
    text: str


_Placed = tuple[tuple[int, int], Word]


def aligned(rows: Sequence[Sequence[Word]]) -> list[Cell]:
    """Cells of rows of words: columns are where the fullest of the usual rows have their words.

    A word that reaches over several columns spans them. A row without figures that only goes on with the names of the
    row above or below it (a long name in two or three lines) belongs to that row.
    """
    edges = edges_of(rows)
    placed = [[(columns_of(word, edges), word) for word in row] for row in rows]
    _centred(placed, edges)
    return _joined_rows(placed, len(edges))


def edges_of(rows: Sequence[Sequence[Word]]) -> list[tuple[float, float]]:
    """Left and right edge of every column: what stands between white strips that run through all rows with figures.

    Where text is set so loosely that strips are missing, columns are those of the fullest of the usual rows.
    """
    values = [row for row in rows if any(says_value(word.text) for word in row)] or list(rows)
    counts = Counter(len(row) for row in values)
    usual = max(counts, key=lambda count: (counts[count] * count, count))
    edges: list[tuple[float, float]] = []
    for left, right in sorted((word.left, word.right) for row in values for word in row):
        if edges and left < edges[-1][1]:
            edges[-1] = (edges[-1][0], max(right, edges[-1][1]))
        else:
            edges.append((left, right))
    if len(edges) < usual:
        base = [row for row in values if len(row) == usual]
        edges = [(min(row[i].left for row in base), max(row[i].right for row in base)) for i in range(usual)]
    for row in rows:
        if len(row) > 1:
            # A head over an empty column, a figure where no other row has one: a column of its own.
            edges += [
                (word.left, word.right)
                for word in row
                if all(word.right <= left or right <= word.left for left, right in edges)
            ]
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


def says_value(text: str) -> bool:
    """Whether a cell states a figure or the dash that stands for none."""
    return is_figure(text) or bool(DASH.fullmatch(text))


def columns_of(word: Word, edges: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """First column and number of columns of a word: those whose middle it covers, else the nearest one."""
    over = [i for i, (left, right) in enumerate(edges) if word.left <= (left + right) / 2 <= word.right]
    if len(over) > 1 and not says_value(word.text):
        return over[0], over[-1] - over[0] + 1
    middle = (word.left + word.right) / 2
    shared = [min(right, word.right) - max(left, word.left) for left, right in edges]
    best = max(range(len(edges)), key=lambda i: (shared[i], -abs(sum(edges[i]) / 2 - middle)))
    return best, 1


def _centred(rows: list[list[_Placed]], edges: Sequence[tuple[float, float]]) -> None:
    """Give a head that is centred over several columns all of them: it stands alone in the middle of theirs."""
    for row, below in pairwise(rows):
        if any(says_value(word.text) for _, word in row) or len(row) >= len(edges):
            continue
        filled = {column for (column, span), _ in below for column in range(column, column + span)}
        for index, ((_, span), word) in enumerate(row):
            others = {
                c for other, ((first, wide), _) in enumerate(row) if other != index for c in range(first, first + wide)
            }
            best = centred_run(word, edges, filled - others)
            if span == 1 and best is not None:
                row[index] = (best, word)


def centred_run(word: Word, edges: Sequence[tuple[float, float]], free: set[int]) -> tuple[int, int] | None:
    """First column and number of columns of the run of free columns that a word is centred over, None if none."""
    middle = (word.left + word.right) / 2
    for first in sorted(free):
        for last in range(first + 1, len(edges)):
            if last not in free:
                break
            left, right = edges[first][0], edges[last][1]
            inside = left <= word.left and word.right <= right
            alone = not any(e[0] <= word.left and word.right <= e[1] for e in edges[first : last + 1])
            if inside and alone and abs((left + right) / 2 - middle) < 0.12 * (right - left):
                return first, last - first + 1
    return None


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
    if not here or len(here) > max(1, columns // 2) or any(says_value(word.text) for _, word in here):
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
