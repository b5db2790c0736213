"""Columns of a table in text, and which cell each word is placed in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from planbrief.reading.canonical import joined
from planbrief.reading.tables.shapes import DASH, HEAD_WORDS, is_figure, is_period, plain


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
    # Only rows with figures show the columns: heads reach over several, names and labels over all.
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
    first = min(left for left, _ in edges)
    alone = [row[0] for row in rows if len(row) == 1 and row[0].right <= first]
    if len(alone) >= len(values):  # names in lines above and below their figures, never beside them
        edges.append((min(word.left for word in alone), max(word.right for word in alone)))
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
    # Words that repeat settle it: each head has the same few below it.
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
    # Farther off than three tenths of their width, heads are no heads of these columns.
    return min(best)[1] if best and min(best)[0] <= 0.3 * width else []


#: Lines between two rows with figures that are looked at together, and rows whose groups are sought.
_MOST_BETWEEN, _MOST_ROWS = 9, 300
#: In sizes of type: lines closer than this overlap; lines of one cell are not farther apart than this.
_OVERLAP, _LEADING = 1.05, 1.65
_GROUP_NAME = re.compile(r"[（(]?[一二三四五六七八九十]{1,3}[、）)．.]|[IVX]{1,4}[、．.]")

Edges = Sequence[tuple[float, float]]


class Row(NamedTuple):
    """Words of one printed line; ``base`` is its height on the page, downwards, ``size`` the size of its type."""

    words: list[Word]
    base: float
    size: float


class Placed(NamedTuple):
    """Words that make one cell, and what the cell covers."""

    row: int
    column: int
    rowspan: int
    colspan: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """What the cell says."""
        return joined(word.text for word in self.words)


def placed_cells(lines: Sequence[Row], rules: Sequence[float] = ()) -> list[Placed]:
    """The cells of lines that make a table, none if they make none; level ``rules`` part rows where they are drawn."""
    edges = edges_of([line.words for line in lines])
    valued = [i for i, line in enumerate(lines) if any(says_value(word.text) for word in line.words[1:])]
    if len(edges) < 2 or len(valued) < 2:
        return []
    first = _end_of_head(lines, valued[0], len(edges))
    rows = [list(line.words) for line in lines]
    labels: list[tuple[float, Word]] = []
    firsts = sum(columns_of(word, edges)[0] == 0 for row in rows[first:] for word in row)
    # Names in several lines fill the first column more often than there are rows; labels of groups do so less often,
    # but for wrapped ones, which stand in front of the numbers of the rows.
    if (firsts < len(valued) or _is_numbered([rows[i] for i in valued], edges)) and _is_grouped(
        [rows[i] for i in valued], edges
    ):
        for i in range(first, len(rows)):
            labels += [(lines[i].base, word) for word in rows[i] if columns_of(word, edges)[0] == 0]
            rows[i] = [word for word in rows[i] if columns_of(word, edges)[0] != 0]
    head = _head_bands(lines, rows, first, edges)
    body = _body_bands(lines, rows, first, edges, rules)
    cells = _head_cells(head, rows, edges)
    heights: list[tuple[float, float, float]] = []
    for number, band in enumerate(body, start=len(head)):
        cells += _cells(number, [word for i in band for word in rows[i]], edges)
        bases = [lines[i].base for i in band if any(says_value(word.text) for word in rows[i])]
        bases = bases or [lines[i].base for i in band]
        heights.append((lines[band[0]].base, lines[band[-1]].base, sum(bases) / len(bases)))
    return [*cells, *_group_cells(_stacked(labels, lines[valued[0]].size), heights, len(head))]


def _end_of_head(lines: Sequence[Row], first_valued: int, columns: int) -> int:
    """Index behind the last line of the head: the last one with several fields, and what overlaps it.

    Lines close above the first figures that read like no head are the upper lines of the first row's names.
    """
    body = first_valued
    while body > 0:
        above, here = lines[body - 1], lines[body]
        usual = len(above.words) > 2 and any(HEAD_WORDS.search(plain(word.text)) for word in above.words)
        likely = usual or any(is_period(word.text) for word in above.words)
        if here.base - above.base > 1.5 * here.size or likely or len(above.words) * 2 > columns:
            break
        body -= 1
    end = max((i + 1 for i in range(body) if len(lines[i].words) > 1), default=0)
    while 0 < end < body and lines[end].base - lines[end - 1].base < _OVERLAP * lines[end].size:
        end += 1
    return end


def _is_numbered(valued: Sequence[Sequence[Word]], edges: Edges) -> bool:
    """Whether the second column counts the rows: 1, 2, 3."""
    said = [word.text for row in valued for word in row if columns_of(word, edges)[0] == 1]
    return said == [str(number) for number in range(1, len(valued) + 1)]


def _is_grouped(valued: Sequence[Sequence[Word]], edges: Edges) -> bool:
    """Whether the first column holds labels of groups: few rows fill it, and the next one names the rows."""
    firsts = [[columns_of(word, edges)[0] for word in row] for row in valued]
    filled = sum(0 in columns for columns in firsts)
    named = [word.text for row in valued for word in row if columns_of(word, edges)[0] == 1]
    names = sum(not says_value(word) or bool(re.fullmatch(r"\d{1,3}", word)) for word in named)
    return len(edges) > 3 and filled <= 0.7 * len(valued) and names >= 0.9 * len(named) > 0


def _head_bands(lines: Sequence[Row], rows: Sequence[Sequence[Word]], end: int, edges: Edges) -> list[list[int]]:
    """Lines of the head by row: what overlaps is one row, unless it is a head of two levels around a name."""
    bands: list[list[int]] = []
    for i in range(end):
        if not rows[i]:
            continue
        if bands and lines[i].base - lines[bands[-1][-1]].base < _OVERLAP * lines[i].size:
            bands[-1].append(i)
        else:
            bands.append([i])
    made = []
    for band in bands:
        if len(band) > 1 and heads_over(rows[band[0]], rows[band[-1]], edges):
            made += [band[:-1], [band[-1]]]
        else:
            made.append(band)
    return made


def _head_cells(bands: Sequence[Sequence[int]], rows: Sequence[Sequence[Word]], edges: Edges) -> list[Placed]:
    """Cells of the head: words below each other are one, a word over several columns of the next level spans them."""
    stacks = [_columns_of_head([word for i in band for word in rows[i]]) for band in bands]
    cells = []
    for number, stack in enumerate(stacks):
        whole = [Word(0, 0, min(w.left for w in s), max(w.right for w in s), joined(w.text for w in s)) for s in stack]
        below = [word for other in stacks[number + 1 : number + 2] for s in other for word in s[:1]]
        runs = heads_over(whole, below, edges)
        for word, words in zip(whole, stack, strict=True):
            column, span = runs.get(word, columns_of(word, edges))
            cells.append(Placed(number, column, 1, span, tuple(words)))
    return cells


def _columns_of_head(words: Sequence[Word]) -> list[list[Word]]:
    """Words that stand below each other put together, from left to right."""
    stacks: list[list[Word]] = []
    for word in words:
        for stack in stacks:
            if any(word.left < other.right and other.left < word.right for other in stack):
                stack.append(word)
                break
        else:
            stacks.append([word])
    return sorted(stacks, key=lambda stack: stack[0].left)


def _cells(number: int, words: Sequence[Word], edges: Edges) -> list[Placed]:
    """Cells of one row of the body; a single word elsewhere than in the first column is a label over all columns."""
    if len(words) == 1 and not says_value(words[0].text) and columns_of(words[0], edges) != (0, 1):
        return [Placed(number, 0, 1, len(edges), tuple(words))]
    parts: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        parts.setdefault(columns_of(word, edges), []).append(word)
    return [Placed(number, column, 1, span, tuple(own)) for (column, span), own in sorted(parts.items())]


def _body_bands(
    lines: Sequence[Row], rows: Sequence[Sequence[Word]], first: int, edges: Edges, rules: Sequence[float]
) -> list[list[int]]:
    """Lines of the body by row.

    Rows with figures are fixed; each line between two of them goes on with the one above, begins the one below, or is
    a row of its own (the label of a group). Taken is what leaves names best in the middle or at the top of their rows.
    """
    kept = [i for i in range(first, len(lines)) if rows[i]]
    inside = [rule for rule in rules if kept and lines[kept[0]].base < rule < lines[kept[-1]].base]
    # Rules drawn between most lines part the rows; some under the head or above a sum only decorate.
    if len(inside) >= 3 and len(inside) * 2 >= len(kept):
        bands: dict[int, list[int]] = {}
        for i in kept:
            bands.setdefault(sum(rule < lines[i].base for rule in inside), []).append(i)
        return [bands[key] for key in sorted(bands)]
    fixed = [i for i in kept if _is_fixed(rows[i], edges)]
    if not fixed:
        return [[i] for i in kept]
    gaps = [[i for i in kept if low < i < high] for low, high in zip([-1, *fixed], [*fixed, len(lines)], strict=True)]
    # Where nothing stands above the first figures and something below the last, and no line of figures lacks a name
    # that goes on in lines of its own, names begin beside their figures.
    loose = {columns_of(word, edges)[0] for gap in gaps for i in gap for word in rows[i]}
    beside = all(loose <= {columns_of(word, edges)[0] for word in rows[i]} for i in fixed)
    from_top = not gaps[0] and bool(gaps[-1]) and beside
    # State: how many lines of the gap above a row begin that row; value: cost so far, and the splits that led here.
    states: dict[int, tuple[float, list[tuple[int, int]]]] = {}
    for j in range(len(gaps[0]) + 1):
        own = len(gaps[0]) - j
        states[j] = (_own_cost(lines, rows, gaps[0][:own], None, fixed[0]), [(0, own)])
    for number, anchor in enumerate(fixed):
        below = gaps[number + 1]
        following = fixed[number + 1] if number + 1 < len(fixed) else None
        reached: dict[int, tuple[float, list[tuple[int, int]]]] = {}
        for before, (cost, splits) in states.items():
            above = gaps[number][len(gaps[number]) - before :] if before else []
            for up in range(min(len(below), _MOST_BETWEEN) + 1):
                here = cost + _row_cost(lines, rows, above, anchor, below[:up], edges)
                for own in range(len(below) - up + 1):
                    rest = len(below) - up - own
                    if rest and (following is None or from_top):
                        continue
                    total = here + _own_cost(lines, rows, below[up : up + own], anchor, following)
                    if rest not in reached or total < reached[rest][0]:
                        reached[rest] = (total, [*splits, (up, own)])
        states = reached
    splits = min(states.values())[1]
    made: list[list[int]] = []
    begun: list[int] = []
    for number, (up, own) in enumerate(splits):
        gap = gaps[number]
        if number:
            made.append(sorted([*begun, fixed[number - 1], *gap[:up]]))
        made += [[i] for i in gap[up : up + own]]
        begun = gap[up + own :]
    return made


def _is_fixed(words: Sequence[Word], edges: Edges) -> bool:
    """Whether a line is the middle of a row: it states a figure behind its name, or fills most columns."""
    return (
        any(says_value(w.text) for w in words[1:])
        or len(words) >= max(3, 0.6 * len(edges))
        or (len(words) == 1 and says_value(words[0].text))
    )


def _row_cost(
    lines: Sequence[Row],
    rows: Sequence[Sequence[Word]],
    above: Sequence[int],
    anchor: int,
    below: Sequence[int],
    edges: Edges,
) -> float:
    """How badly lines above and below the one with the figures fit its row, in sizes of type."""
    names = {columns_of(word, edges)[0] for i in (*above, *below) for word in rows[i]}
    own = {columns_of(word, edges)[0] for word in rows[anchor]}
    size = lines[anchor].size
    if not names:
        return 0.0 if 0 in own or 1 in own else 1.0
    named = bool(names & own)
    column = [*above, *([anchor] if named else []), *below]
    bases = [lines[i].base for i in column]
    middle = abs((bases[0] + bases[-1]) / 2 - lines[anchor].base) / size
    # Names stand in the middle of their row's lines, or begin beside their figures; that they end there is rare.
    # tests/bench/reading_tables.py shows what another weight does.
    ways = [middle]
    if named and not above:
        ways.append(0.12 * len(below))
    if named and not below:
        ways.append(0.3 * len(above))
    apart = sum(max(0.0, (b - a) / size - _LEADING) for a, b in pairwise(bases))
    # A name and a label are no lines of one cell.
    labels = sum(bool(_GROUP_NAME.match(rows[i][0].text)) for i in (*above, *below) if len(rows[i]) == 1)
    return min(ways) + 2 * apart + 0.8 * labels


def _own_cost(
    lines: Sequence[Row], rows: Sequence[Sequence[Word]], own: Sequence[int], above: int | None, below: int | None
) -> float:
    """What it costs to take lines for rows of their own: the less, the farther they stand from others."""
    cost = 0.0
    for place, i in enumerate(own):
        before = own[place - 1] if place else above
        after = own[place + 1] if place + 1 < len(own) else below
        size = lines[i].size
        near = min(
            (lines[i].base - lines[before].base) / size if before is not None else 9.0,
            (lines[after].base - lines[i].base) / size if after is not None else 9.0,
        )
        text = plain("".join(word.text for word in rows[i]))
        named = bool(_GROUP_NAME.match(text))
        opens = text[:1] in "（(）)、，" and not named
        cost += 0.1 if named else 0.55
        cost += (2.0 if near < 1.2 and not named else 0.0) + (1.5 if opens else 0.0)
    return cost


def _stacked(labels: Sequence[tuple[float, Word]], size: float) -> list[tuple[float, list[Word]]]:
    """Labels with their lines put together: middle of each and its words."""
    stacks: list[list[tuple[float, Word]]] = []
    for base, word in sorted(labels, key=lambda label: label[0]):
        # One character is no label of its own: it is what the line above had no room for.
        reach = 2.3 if len(word.text) == 1 else 1.6
        if stacks and base - stacks[-1][-1][0] < reach * size and len(stacks[-1][-1][1].text) < 6:
            stacks[-1].append((base, word))
        else:
            stacks.append([(base, word)])
    return [((stack[0][0] + stack[-1][0]) / 2, [word for _, word in stack]) for stack in stacks]


def _group_cells(
    labels: Sequence[tuple[float, list[Word]]], heights: Sequence[tuple[float, float, float]], body: int
) -> list[Placed]:
    """Cells of the first column: each label covers the rows that it stands in the middle of, or at the top of.

    ``heights`` are the first, the last and the figures' line of every row.
    """
    rows = list(heights[:_MOST_ROWS])
    if not labels or len(labels) > len(rows):
        return []
    middle = _partition([base for base, _ in labels], rows)
    tops = [min(range(len(rows)), key=lambda i: abs(rows[i][2] - base)) for base, _ in labels]
    top_cost = sum(abs(rows[i][2] - base) for i, (base, _) in zip(tops, labels, strict=True))
    at_top = tops[0] == 0 and len(set(tops)) == len(tops)
    by_middle = middle[1] if middle else []
    starts = tops if at_top and (middle is None or top_cost <= middle[0] + 1e-6) else by_middle
    ends = [*starts[1:], len(heights)]
    return [
        Placed(body + start, 0, end - start, 1, tuple(words))
        for (_, words), start, end in zip(labels, starts, ends, strict=False)
        if end > start
    ]


def _partition(labels: Sequence[float], rows: Sequence[tuple[float, float, float]]) -> tuple[float, list[int]] | None:
    """First row of every group so that labels stand near the middle of their groups, and by how much they miss."""
    reached: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for base in labels:
        further: dict[int, tuple[float, list[int]]] = {}
        for start, (cost, starts) in reached.items():
            for end in range(start + 1, len(rows) + 1):
                total = cost + abs((rows[start][0] + rows[end - 1][1]) / 2 - base)
                if end not in further or total < further[end][0]:
                    further[end] = (total, [*starts, start])
        reached = further
    return reached.get(len(rows))
