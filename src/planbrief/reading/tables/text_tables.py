"""Tables in plain text: tabs, pipes and frames of lines, runs of spaces, columns a single space apart, a cell a line.

Each kind finds runs of lines and cuts them into cells with their offsets; :mod:`planbrief.reading.tables.shapes`
then decides about heads, as for every other form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from planbrief.reading.canonical import Cell, PrintedTable
from planbrief.reading.tables.listed_tables import Budget, listed
from planbrief.reading.tables.placing import Row, Word, edges_of, placed_cells, raggedness
from planbrief.reading.tables.shapes import DASH, is_contents, is_figure, is_period, shape

#: A table of more lines is cut: people read no longer ones, and the search for columns stays quick.
MOST_LINES = 3000
#: A name in a narrow column goes on over so many lines.
_MOST_WRAPPED = 9
#: Distance of lines on a screen in sizes of type.
_PITCH = 1.4
_BORDER = re.compile(r"[\s|｜│┃+:\-=—─━┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬═║]+")
_PIPES = "|｜│┃║"
_FIELD = re.compile(r"\S+(?:[ \u00a0]\S+)*")


class Line(NamedTuple):
    """One line of a text without its line break."""

    start: int
    end: int
    text: str


def tables_in(text: str) -> list[PrintedTable]:
    """The tables of a plain text, in order."""
    lines = [Line(match.start(), match.end(), match[0]) for match in re.finditer(r"[^\r\n]+", text)]
    lines = [line for line in lines if line.text.strip(" \t\u3000")]
    found: list[PrintedTable] = []
    rest: list[list[Line]] = [[]]
    # What no separator makes a table is looked through once more for tables with a cell a line, stretch by stretch.
    for is_table, run in _runs(lines):
        table = _cut(text, run) if is_table else None
        if table is None:
            rest[-1].extend(run)
        else:
            found.append(table)
            rest.append([])
    budget = Budget()
    for stretch in rest:
        found.extend(listed(text, stretch, budget))
    return sorted(found, key=lambda table: table.start)


def _kind(line: str) -> str:
    """How a line separates its cells: tabs, pipes, spaces, figures a space apart; empty for prose."""
    if "\t" in line.strip():
        return "tabs"
    if sum(line.count(pipe) for pipe in _PIPES) > 1 or (_BORDER.fullmatch(line) and re.search(r"[-─━═=]{3}", line)):
        return "pipes"
    if len(line) > 400:
        return ""
    if re.search(r"\S(?: {2,}|\u3000+)\S", line.rstrip()) and not re.search(r"[。；]\s*$", line):
        return "spaces"
    if " " in line and not re.search(r"[。；，：:]\s*$", line):
        fields = line.split()
        if len(fields) > 2 and sum(_is_value(field) for field in fields[1:]) > 1:
            return "words"
    return ""


def _is_value(field: str) -> bool:
    return is_figure(field) or is_period(field) or bool(DASH.fullmatch(field))


def _runs(lines: Sequence[Line]) -> Iterator[tuple[bool, list[Line]]]:
    """Runs of lines that may be one table, and the lines between them."""
    prose: list[Line] = []
    index = 0
    while index < len(lines):
        kind = _kind(lines[index].text)
        end = index + 1
        if kind:
            end = _end_of_run(lines, index, "spaces" if kind == "words" else kind)
        if kind and end - index > 1:
            if prose:
                yield False, prose
                prose = []
            yield True, list(lines[index:end])
        else:
            prose.extend(lines[index:end])
        index = end
    if prose:
        yield False, prose


def _end_of_run(lines: Sequence[Line], first: int, kind: str) -> int:
    """Index behind the last line of a run; one short line between (a group's label, a wrapped head) does not end it."""
    end = first + 1
    while end < min(len(lines), first + MOST_LINES):
        here = _kind(lines[end].text)
        if here == kind or (kind == "spaces" and here == "words"):
            end += 1
            continue
        ahead = end + 1
        while kind == "spaces" and ahead < min(len(lines), end + _MOST_WRAPPED) and not _kind(lines[ahead].text):
            if ahead > end + 1 and not _stands_under(lines[ahead].text, lines[end - 1].text, lines[end].text):
                break
            ahead += 1
        if ahead < len(lines) and all(_is_label(line.text) for line in lines[end:ahead]):
            after = _kind(lines[ahead].text)
            close = lines[ahead].start - lines[end - 1].end < 4 * (ahead - end) + 120
            if close and (after == kind or (kind == "spaces" and after == "words")):
                end = ahead
                continue
        break
    if kind == "spaces" and end - first > 2:
        end = _wrapped_end(lines, first, end)
    return end


def _wrapped_end(lines: Sequence[Line], first: int, end: int) -> int:
    """Index behind the lines that go on with the names of the last row: no longer than the others, right below it."""
    inside = [match[0] for line in lines[first + 1 : end] for match in _FIELD.finditer(line.text)]
    longest = max((len(words) for words in inside if not _is_value(words)), default=0)
    last = end
    while last < min(len(lines), end + _MOST_WRAPPED) and longest:
        line, above = lines[last], lines[last - 1]
        if line.start - above.end > 2 or _kind(line.text) or len(line.text.strip()) > longest + 1:
            break
        if not (_is_label(line.text) and _stands_under(line.text, lines[end - 1].text)):
            break
        last += 1
    return last


def _stands_under(text: str, *above: str) -> bool:
    """Whether a line begins where a field of a line above it does: it goes on with a cell that was wrapped."""
    start = len(text) - len(text.lstrip())
    return any(abs(match.start() - start) <= 1 for line in above for match in _FIELD.finditer(line))


def _is_label(text: str) -> bool:
    words = text.strip()
    return len(words) <= 30 and not re.search(r"[。；;，,：:！？!?]$|^(?:[续附]?表|专栏|图|注|备注)\s*[\d:：]", words)


def _cut(text: str, run: Sequence[Line]) -> PrintedTable | None:
    """The table that a run of lines makes, None if it makes none."""
    kinds = {_kind(line.text) for line in run}
    if "tabs" in kinds:
        rows = [_split(line, "\t") for line in run]
        return _by_order(text, rows)
    if "pipes" in kinds:
        return _by_order(text, [_piped(line) for line in run if not _BORDER.fullmatch(line.text)])
    return _by_spaces(text, run)


def _split(line: Line, separators: str) -> list[tuple[int, int]]:
    """Spans of the fields of a line between separators, without the white space around them."""
    spans, start = [], 0
    for index, char in enumerate(line.text + separators[0]):
        if char in separators:
            words = line.text[start:index]
            left = start + len(words) - len(words.lstrip())
            spans.append((line.start + left, line.start + max(left, start + len(words.rstrip()))))
            start = index + 1
    return spans


def _piped(line: Line) -> list[tuple[int, int]]:
    spans = _split(line, _PIPES)
    words = line.text.strip()
    return spans[words[0] in _PIPES : len(spans) - (words[-1] in _PIPES)]


def _by_order(text: str, rows: Sequence[Sequence[tuple[int, int]]]) -> PrintedTable | None:
    """A table whose n-th field is in its n-th column."""
    if len(rows) < 2 or is_contents(tuple(text[start:end] for start, end in row) for row in rows):
        return None
    cells = [
        Cell(row, column, start, end)
        for row, spans in enumerate(rows)
        for column, (start, end) in enumerate(spans)
        if column < 1000
    ]
    return shape(text, cells)


def _by_spaces(text: str, run: Sequence[Line]) -> PrintedTable | None:
    """A table whose columns stand apart by runs of spaces, or by single ones where figures show the columns."""
    # A Chinese character takes two columns of a screen; programs that lay out pages of PDF count it as one.
    readings = [_parted([_fields(line, _FIELD, width) for line in run], width) for width in (2, 1)]
    wide = min(readings, key=raggedness)
    # Two fields a line are a list of names and values only where most lines have a figure: prose has gaps, too.
    if not any(len(fields) > 2 for fields in wide) and not _has_figures(wide):
        wide = []
    if is_contents(tuple(word.text for word in fields) for fields in wide):
        return None
    # By order before by place: programs that lay out a page shift whole rows, which hides the columns.
    ordered = [made for made in map(_in_order, readings) if made is not None]
    wide = min(ordered, key=lambda made: made[1])[0] if ordered else wide
    cells = _by_columns(text, run, wide) if _steady(wide) else []
    if not cells:
        cells = _by_single_spaces(run) or []
    table = shape(text, cells) if cells else None
    return table if table is not None and any(is_figure(cell.text_in(text)) for cell in table.cells) else None


def _by_columns(text: str, run: Sequence[Line], fields: Sequence[list[Word]]) -> list[Cell]:
    """Cells of lines whose columns stand under each other; an empty line between two is room between their rows."""
    rows = []
    base, done = 0.0, run[0].start
    for line, words in zip(run, fields, strict=True):
        base += _PITCH * max(1, text.count("\n", done, line.start))
        done = line.start
        rows.append(Row(words, base, 1.0))
    return [
        Cell(
            *(cell.row, cell.column, cell.words[0].start, cell.words[0].end, cell.rowspan, cell.colspan),
            words=cell.text if len(cell.words) > 1 else "",
        )
        for cell in placed_cells(rows)
    ]


def _fields(line: Line, pattern: re.Pattern[str], wide: int = 2) -> list[Word]:
    """Fields of a line with their columns on a screen, where a Chinese character is so ``wide``."""
    fields, width, done = [], 0, 0
    for match in pattern.finditer(line.text):
        width += _width(line.text[done : match.start()], wide)
        right = width + _width(match[0], wide)
        fields.append(Word(line.start + match.start(), line.start + match.end(), width, right, match[0]))
        width, done = right, match.end()
    return fields


def _width(text: str, wide: int) -> int:
    return sum(wide if char >= "\u1100" else 1 for char in text)


def _parted(rows: Sequence[list[Word]], wide: int) -> list[list[Word]]:
    """Rows with fields parted that hold a single space where other rows part two columns."""
    clean = [[word for word in row if " " not in word.text] for row in rows]
    if sum(len(row) > 2 for row in clean) < 2:
        return list(rows)
    edges = edges_of([row for row in clean if row])
    return [[part for word in row for part in _parts(word, edges, wide)] for row in rows]


def _parts(word: Word, edges: Sequence[tuple[float, float]], wide: int) -> list[Word]:
    """A field as one, or as the words that stand in the columns that it reaches over."""
    over = [i for i, (left, right) in enumerate(edges) if min(word.right, right) - max(word.left, left) > 0]
    if " " not in word.text or len(over) < 2:
        return [word]
    parts: list[Word] = []
    columns: list[int] = []
    for match in re.finditer(r"\S+", word.text):
        left = word.left + _width(word.text[: match.start()], wide)
        part = Word(word.start + match.start(), word.start + match.end(), left, left + _width(match[0], wide), match[0])
        middle = (part.left + part.right) / 2
        column = min(over, key=lambda i: max(edges[i][0] - middle, middle - edges[i][1], 0))
        goes_on = re.match(r"年|月|[（(]", match[0]) is not None
        if parts and (column == columns[-1] or goes_on):
            last = parts.pop()
            text = word.text[last.start - word.start : match.end()]
            part = Word(last.start, part.end, last.left, part.right, text)
            column = columns.pop()
        parts.append(part)
        columns.append(column)
    return parts


def _in_order(rows: Sequence[list[Word]]) -> tuple[list[list[Word]], float] | None:
    """Rows with their words in columns by order, where each row with figures has a word for each column; else None.

    Programs that lay out a page as text shift whole rows by some characters, which hides the columns. The first word
    may be missing (the label of a group); lines that go on with a name stand under a word of the row above. Second is
    how far from it they stand.
    """
    valued = [i for i, row in enumerate(rows) if any(_is_value(word.text) for word in row[1:])]
    count = max((len(rows[i]) for i in valued), default=0)
    full = [rows[i] for i in valued if len(rows[i]) == count]
    if count < 3 or len(valued) < 3 or any(len(rows[i]) < count - 1 for i in valued):
        return None
    apart = 0.0
    made: list[list[Word]] = []
    under: list[tuple[float, int]] = []
    for i, row in enumerate(rows):
        if len(row) == count and (i in valued or i < valued[0]):
            columns = list(range(count))
        elif i in valued:
            near = min(full, key=lambda one: abs(one[-1].left - row[-1].left))
            if abs(near[0].left - row[0].left) < abs(near[1].left - row[0].left):
                return None
            columns = list(range(1, count))
        elif not under:
            return None
        else:
            columns = [min(under, key=lambda one: abs(one[0] - word.left))[1] for word in row]
            gaps = [min(abs(at - word.left) for at, _ in under) for word in row]
            if max(gaps) > 3 or len(set(columns)) < len(row):
                return None
            apart += sum(gaps)
        if i in valued or not under:
            known = {column: at for at, column in under}
            known |= {column: word.left for column, word in zip(columns, row, strict=True)}
            under = [(at, column) for column, at in known.items()]
        slots = [word._replace(left=10.0 * at, right=10.0 * at + 8) for at, word in zip(columns, row, strict=True)]
        made.append(slots)
    return made, apart


def _has_figures(rows: Sequence[Sequence[Word]]) -> bool:
    values = [row for row in rows if len(row) == 2 and _is_value(row[1].text)]
    return len(values) > 2 and len(values) * 2 > len(rows)


def _steady(rows: Sequence[Sequence[Word]]) -> bool:
    """Whether fields stand in columns: white strips part as many as any row has, or most rows have as many."""
    valued = [row for row in rows if len(row) > 1 and any(_is_value(word.text) for word in row[1:])]
    counts = [len(row) for row in valued]
    if len(counts) < 2:
        return False
    if len(edges_of(rows)) >= max(len(row) for row in rows) > 2:
        return True
    usual = max(set(counts), key=lambda count: (counts.count(count), count))
    return usual > 1 and counts.count(usual) * 2 >= len(counts)


def _by_single_spaces(run: Sequence[Line]) -> list[Cell] | None:
    """Cells of lines like ``产值（亿元） 12 18 预期性``: as many values at the end of each line, names before them."""
    split = [_merged_years(_fields(line, re.compile(r"\S+"))) for line in run]
    tails = [_tail(fields) for fields in split]
    counts = [tail for tail in tails if tail[0]]
    if len(counts) < 2:
        return None
    values, after = max(set(counts), key=lambda tail: (counts.count(tail), tail))
    if counts.count((values, after)) * 2 < len(run) - 1 or values + after < 2:
        return None
    heads = [len(fields) for fields, tail in zip(split, tails, strict=True) if tail != (values, after)]
    own = [len(fields) - values - after for fields, tail in zip(split, tails, strict=True) if tail == (values, after)]
    columns = (heads[0] if heads and heads[0] > values + after and tails[0] != (values, after) else 0) or (
        values + after + min(max(own), 3)
    )
    names = columns - values - after
    cells: list[Cell] = []
    for row, (fields, tail) in enumerate(zip(split, tails, strict=True)):
        if tail != (values, after):
            cells += _plain_row(fields, row, columns)
            continue
        before = fields[: len(fields) - values - after]
        cells += _named(before, row, names)
        cells += [Cell(row, names + i, word.start, word.end) for i, word in enumerate(fields[len(before) :])]
    return cells


def _merged_years(fields: list[Word]) -> list[Word]:
    """Fields with ``2023 年`` put together again."""
    made: list[Word] = []
    for word in fields:
        if made and re.match(r"年|（|\(", word.text) and (re.search(r"\d$", made[-1].text) or word.text[0] in "（("):
            last = made.pop()
            word = Word(last.start, word.end, last.left, word.right, f"{last.text} {word.text}")
        made.append(word)
    return made


def _tail(fields: Sequence[Word]) -> tuple[int, int]:
    """How many values end a line, and how many words stand behind them (预期性)."""
    after = 0
    while after < min(2, len(fields)) and not _is_value(fields[-1 - after].text):
        after += 1
    # A year alone is no value: a line of periods is a head.
    values = 0
    figures = 0
    while values + after < len(fields) - 1 and _is_value(fields[-1 - after - values].text):
        figures += not is_period(fields[-1 - after - values].text)
        values += 1
    return (values, after) if figures else (0, 0)


def _named(fields: Sequence[Word], row: int, names: int) -> list[Cell]:
    """The words before the values given to the columns of names, from the right: the innermost may hold spaces."""
    if not fields or not names:
        return []
    index = next((i for i, word in enumerate(fields[:-1]) if re.fullmatch(r"\d{1,3}[.、]?", word.text)), -1)
    # A running number in front ends the outer columns; without one the first words fill them, one each.
    first = index + 1 if names > 1 and 0 <= index <= 1 else min(len(fields), names) - 1
    cells = [Cell(row, names - 1, fields[first].start, fields[-1].end)]
    for step, word in enumerate(reversed(fields[:first])):
        column = names - 2 - step
        if column >= 0:
            cells.append(Cell(row, column, word.start, word.end))
    return cells


def _plain_row(fields: Sequence[Word], row: int, columns: int) -> list[Cell]:
    return [Cell(row, min(i, columns - 1), word.start, word.end) for i, word in enumerate(fields[:columns])]
