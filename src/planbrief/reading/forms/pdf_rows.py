"""Tables of a page that no rules enclose: rows and columns from where the words stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from planbrief.reading.canonical import joined
from planbrief.reading.forms.compose import Box
from planbrief.reading.forms.pdf_lines import Line
from planbrief.reading.forms.pdf_page import Rule
from planbrief.reading.tables.columns import Word, centred_run, columns_of, edges_of, says_value
from planbrief.reading.tables.frames import is_contents
from planbrief.reading.tables.shapes import HEAD_WORDS, is_figure, is_period, plain

#: Rows of a table that are looked at for the groups they belong to.
_MOST_ROWS = 300


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
    return below.base - above.base < 0.9 * max(above.size, below.size)


def _end_of_run(lines: Sequence[Line], first: int) -> int:
    """Index behind the last line of a run; up to three short lines between (names that go on, labels) are inside."""
    end = first + 1
    while end < len(lines):
        if len(lines[end].fields) > 1 and not _is_prose(lines[end]):
            end += 1
            continue
        ahead = end
        while ahead < min(len(lines), end + 3) and len(lines[ahead].fields) == 1 and _is_short(lines[ahead]):
            ahead += 1
        near = ahead < len(lines) and ahead > end and lines[ahead].base - lines[ahead - 1].base < 5 * lines[end].size
        if near and _is_tabular(lines[ahead]):
            end = ahead + 1
            continue
        break
    # A last name that goes on in a line of its own, closer than the rows are to each other.
    while end < len(lines) and len(lines[end].fields) == 1 and _is_short(lines[end]) and end - first > 2:
        gap, before = lines[end].base - lines[end - 1].base, lines[end - 1].base - lines[end - 2].base
        if not (_overlaps(lines[end - 1], lines[end]) or (gap < 0.85 * before and not _is_note(lines[end].text))):
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
    edges = edges_of(words)
    if len(edges) < 2:
        return []
    grouped = _is_grouped(valued, edges)
    labels: list[tuple[float, str]] = []
    start = next(i for i, row in enumerate(words) if row in valued)
    if grouped:
        for i in range(start, len(words)):
            labels += [(lines[i].base, word.text) for word in words[i] if columns_of(word, edges)[0] == 0]
            words[i] = [word for word in words[i] if columns_of(word, edges)[0] != 0]
    bands = [
        level
        for band in _bands(lines, words, edges, rules)
        for level in (_levels(band, words, edges) if band[-1] < start else [band])
    ]
    boxes = []
    heights = []
    body = 0
    for number, band in enumerate(bands):
        parts: dict[tuple[int, int], list[Word]] = {}
        for i in band:
            for word in words[i]:
                parts.setdefault(columns_of(word, edges), []).append(word)
        alone = [word for own in parts.values() for word in own]
        if len(alone) == 1 and not says_value(alone[0].text) and (0, 1) not in parts:
            parts = {(0, len(edges)): alone}  # a label in the middle of the table's width
        for (column, span), own in sorted(parts.items()):
            boxes.append(Box(number, column, joined(word.text for word in own), 1, span))
        bases = [lines[i].base for i in band if words[i]]
        heights.append(sum(bases) / len(bases))
        if band[-1] < start:
            body = number + 1
    boxes = _centred_heads(boxes, bands, lines, words, edges, body)
    if grouped:
        boxes += _group_boxes(_stacked(labels, lines[start].size), heights, body)
    return boxes


def _is_grouped(valued: Sequence[Sequence[Word]], edges: Sequence[tuple[float, float]]) -> bool:
    """Whether the first column holds labels of groups: few rows fill it, and the next one names the rows."""
    firsts = [[columns_of(word, edges)[0] for word in row] for row in valued]
    filled = sum(0 in columns for columns in firsts)
    named = [word.text for row in valued for word in row if columns_of(word, edges)[0] == 1]
    names = sum(not says_value(word) or bool(re.fullmatch(r"\d{1,3}", word)) for word in named)
    return len(edges) > 3 and filled <= 0.7 * len(valued) and names >= 0.9 * len(named) > 0


def _bands(
    lines: Sequence[Line], words: Sequence[Sequence[Word]], edges: Sequence[tuple[float, float]], rules: Sequence[Rule]
) -> list[list[int]]:
    """Indices of lines by the row that they belong to."""
    kept = [i for i in range(len(lines)) if words[i]]
    inside = [rule.at for rule in rules if lines[0].base < rule.at < lines[-1].base and rule.end - rule.start > 60]
    if len(inside) >= 3 and len(inside) * 2 >= len(kept):
        return _between(kept, lines, inside)
    bands: list[list[int]] = []
    for i in kept:
        if bands and _overlaps(lines[bands[-1][-1]], lines[i]):
            bands[-1].append(i)
        else:
            bands.append([i])
    pitches = [lines[b[0]].base - lines[a[0]].base for a, b in pairwise(bands)]
    pitch = median(pitches) if pitches else 0
    made: list[list[int]] = []
    pending: list[int] = []
    for number, band in enumerate(bands):
        up = lines[band[0]].base - lines[bands[number - 1][-1]].base if number else 1e9
        down = lines[bands[number + 1][0]].base - lines[band[-1]].base if number + 1 < len(bands) else 1e9
        if _goes_with(words, band, bands[number - 1] if number else [], edges) and made and not pending:
            opened = _is_open(words, bands[number - 1], band)
            if opened or (up < 0.92 * down and up < 0.9 * pitch):
                made[-1] += band
                continue
        after = bands[number + 1] if number + 1 < len(bands) else []
        if _goes_with(words, band, after, edges) and down < 0.92 * up and down < 0.9 * pitch:
            pending += band
            continue
        made.append([*pending, *band])
        pending = []
    if pending:
        made.append(pending)
    return made


def _levels(
    band: Sequence[int], words: Sequence[Sequence[Word]], edges: Sequence[tuple[float, float]]
) -> list[list[int]]:
    """A head of two levels that a name in the middle of its height held together: its upper and its lower lines."""
    lower = {columns_of(word, edges)[0] for word in words[band[-1]]}
    over = [word for word in words[band[0]] if centred_run(word, edges, lower) is not None]
    if len(band) < 2 or not over or len(words[band[-1]]) < 2 * len(over):
        return [list(band)]
    return [list(band[:-1]), [band[-1]]]


def _between(kept: Sequence[int], lines: Sequence[Line], rules: Sequence[float]) -> list[list[int]]:
    bands: dict[int, list[int]] = {}
    for i in kept:
        bands.setdefault(sum(rule < lines[i].base for rule in rules), []).append(i)
    return [bands[key] for key in sorted(bands)]


def _goes_with(
    words: Sequence[Sequence[Word]], band: Sequence[int], other: Sequence[int], edges: Sequence[tuple[float, float]]
) -> bool:
    """Whether a band without values only has words in columns that another band fills too."""
    own = [word for i in band for word in words[i]]
    if not other or len(own) > max(1, len(edges) // 2) or any(says_value(w.text) or is_period(w.text) for w in own):
        return False
    filled = {columns_of(word, edges)[0] for i in other for word in words[i]}
    return len(filled) > 1 and all(columns_of(word, edges)[0] in filled for word in own)


def _is_open(words: Sequence[Sequence[Word]], above: Sequence[int], band: Sequence[int]) -> bool:
    """Whether the words of a band can only go on: a unit in brackets, a bracket left open above."""
    first = words[band[0]][0].text
    said = words[above[-1]][0].text
    return (
        first[0] in "（(）)、，"
        and len(words[band[0]]) == 1
        and not re.match(r"[（(][一二三四五六七八九十\d]+[）)]", first)
    ) or (said.count("（") + said.count("(") > said.count("）") + said.count(")"))


def _centred_heads(
    boxes: list[Box],
    bands: Sequence[Sequence[int]],
    lines: Sequence[Line],
    words: Sequence[Sequence[Word]],
    edges: Sequence[tuple[float, float]],
    body: int,
) -> list[Box]:
    """Heads that are centred over several columns given all of them (see ``columns.centred_run``)."""
    for row in range(body - 1):
        below = {box.column for box in boxes if box.row == row + 1}
        taken = {box.column: box for box in boxes if box.row == row}
        for box in [box for box in boxes if box.row == row and box.colspan == 1]:
            own = [word for i in bands[row] for word in words[i] if columns_of(word, edges)[0] == box.column]
            free = (below - set(taken)) | {box.column}
            widest = max(own, key=lambda word: word.right - word.left)
            best = centred_run(widest, edges, free & below)
            if best is not None:
                box.column, box.colspan = best
    return boxes


def _stacked(labels: Sequence[tuple[float, str]], size: float) -> list[tuple[float, str]]:
    """Labels with their lines put together: middle of each and its words."""
    stacks: list[list[tuple[float, str]]] = []
    for base, text in sorted(labels):
        if stacks and base - stacks[-1][-1][0] < 1.45 * size:
            stacks[-1].append((base, text))
        else:
            stacks.append([(base, text)])
    return [((stack[0][0] + stack[-1][0]) / 2, joined(text for _, text in stack)) for stack in stacks]


def _group_boxes(labels: Sequence[tuple[float, str]], heights: Sequence[float], body: int) -> list[Box]:
    """Cells of the first column: each label covers the rows that it stands in the middle of, or at the top of."""
    rows = list(heights[body:][:_MOST_ROWS])
    if not labels or len(labels) > len(rows):
        return []
    middle = _partition(labels, rows)
    tops = [min(range(len(rows)), key=lambda i: abs(rows[i] - base)) for base, _ in labels]
    top_cost = sum(abs(rows[i] - base) for i, (base, _) in zip(tops, labels, strict=True))
    at_top = tops[0] == 0 and len(set(tops)) == len(tops)
    starts = tops if at_top and (middle is None or top_cost <= middle[0] + 1) else middle[1] if middle else []
    ends = [*starts[1:], len(rows)]
    return [
        Box(body + start, 0, text, end - start)
        for (_, text), start, end in zip(labels, starts, ends, strict=False)
        if end > start
    ]


def _partition(labels: Sequence[tuple[float, str]], rows: Sequence[float]) -> tuple[float, list[int]] | None:
    """First row of every group so that labels stand near the middle of their groups, and by how much they miss."""
    best: list[dict[int, tuple[float, list[int]]]] = [{0: (0.0, [])}]
    for base, _ in labels:
        reached: dict[int, tuple[float, list[int]]] = {}
        for start, (cost, starts) in best[-1].items():
            for end in range(start + 1, len(rows) + 1):
                total = cost + abs((rows[start] + rows[end - 1]) / 2 - base)
                if end not in reached or total < reached[end][0]:
                    reached[end] = (total, [*starts, start])
        best.append(reached)
    return best[-1].get(len(rows))
