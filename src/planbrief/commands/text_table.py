"""Aligned tables for a terminal: Chinese characters take two columns, control characters none."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from planbrief.targets.wording import printable


def width(text: str) -> int:
    """Columns that a text takes on a terminal.

    >>> width("ab"), width("巴中")
    (2, 4)
    """
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def text_table(header: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> str:
    """A table of aligned columns; the last column is not padded.

    >>> print(text_table(("name", "n"), [("巴中", 2), ("x", 10)], right=[1]))
    name   n
    巴中   2
    x     10
    """
    flush = set(right)
    lines = [[printable(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(header))]
    shown = []
    for line in lines:
        cells = []
        for column, cell in enumerate(line):
            space = " " * (widths[column] - width(cell))
            cells.append(space + cell if column in flush else cell + space)
        shown.append("  ".join(cells).rstrip())
    return "\n".join(shown)
