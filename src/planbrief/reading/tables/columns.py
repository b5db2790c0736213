"""Columns from where words stand: for pages without rules and for text set with spaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from planbrief.reading.tables.shapes import DASH, is_figure


class Word(NamedTuple):
    """One field of a line: its offsets in the text, and its left and right edge in any unit of length."""

    start: int
    end: int
    left: float
    right: float
    text: str


def edges_of(rows: Sequence[Sequence[Word]]) -> list[tuple[float, float]]:
    """Left and right edge of every column: what stands between white strips that run through all rows with figures.

    Where text is set so loosely that strips are missing, columns are those of the fullest of the usual rows.
    """
    values = _valued(rows)
    counts = Counter(len(row) for row in values)
    usual = max(counts, key=lambda count: (counts[count] * count, count))
    edges = strips(rows)
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


def strips(rows: Sequence[Sequence[Word]]) -> list[tuple[float, float]]:
    """What stands between the white strips that run through all rows with figures."""
    found: list[tuple[float, float]] = []
    for left, right in sorted((word.left, word.right) for row in _valued(rows) for word in row):
        if found and left < found[-1][1]:
            found[-1] = (found[-1][0], max(right, found[-1][1]))
        else:
            found.append((left, right))
    return found


def _valued(rows: Sequence[Sequence[Word]]) -> list[Sequence[Word]]:
    """Rows that state a figure; all where none does."""
    return [row for row in rows if any(says_value(word.text) for word in row)] or list(rows)


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


def raggedness(rows: Sequence[Sequence[Word]]) -> float:
    """How badly words stand in columns: mean distance from the line that left ends, right ends or middles share."""
    edges = edges_of(rows)
    columns: dict[int, list[Word]] = {}
    for row in _valued(rows):
        for word in row:
            columns.setdefault(columns_of(word, edges)[0], []).append(word)
    missed = 0.0
    for words in columns.values():
        sides = [[w.left for w in words], [w.right for w in words], [(w.left + w.right) / 2 for w in words]]
        missed += min(sum(abs(at - median(side)) for at in side) for side in sides)
    return missed / max(1, sum(len(words) for words in columns.values()))


def heads_over(
    heads: Sequence[Word], lower: Sequence[Word], edges: Sequence[tuple[float, float]]
) -> dict[Word, tuple[int, int]]:
    """First column and number of columns of heads that stand over several columns of a lower head.

    The lower columns are dealt out in order: evenly where their words repeat (总量 增速 总量 增速), else so that heads
    stand in the middle of theirs, or all at the left end. Empty where nothing fits, or each column has its own head.
    """
    words = {columns_of(word, edges)[0]: word.text for word in lower}
    columns = sorted(words)
    if len(columns) < 2:
        return {}
    left, right = edges[columns[0]][0], edges[columns[-1]][1]
    over = sorted((word for word in heads if word.left < right and left < word.right), key=lambda word: word.left)
    if not over or len(over) >= len(columns):
        return {}
    each, rest = divmod(len(columns), len(over))
    said = [words[column] for column in columns]
    if not rest and len(over) > 1 and said == said[:each] * len(over):
        starts = list(range(0, len(columns), each))
    else:
        starts = _dealt(over, columns, edges)
    runs = pairwise([*starts, len(columns)])
    return {
        word: (columns[first], columns[end - 1] - columns[first] + 1)
        for word, (first, end) in zip(over, runs, strict=bool(starts))
    }


def _dealt(over: Sequence[Word], columns: Sequence[int], edges: Sequence[tuple[float, float]]) -> list[int]:
    """Where the columns of each head begin among the lower ones; empty if heads stand nowhere near."""
    best: list[tuple[float, list[int]]] = []
    for way in (0.5, 0.0):
        # Cost of giving the first heads the first columns, and where each one's begin.
        reached: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
        for word in over:
            further: dict[int, tuple[float, list[int]]] = {}
            wanted = word.left + way * (word.right - word.left)
            for start, (cost, starts) in reached.items():
                for end in range(start + 1, len(columns) + 1):
                    low, high = edges[columns[start]][0], edges[columns[end - 1]][1]
                    total = cost + abs(low + way * (high - low) - wanted)
                    if end not in further or total < further[end][0]:
                        further[end] = (total, [*starts, start])
            reached = further
        if len(columns) in reached:
            best.append(reached[len(columns)])
    width = edges[columns[-1]][1] - edges[columns[0]][0]
    return min(best)[1] if best and min(best)[0] <= 0.3 * width else []
