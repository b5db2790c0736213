"""Characters of a page as lines of fields: what stands closer than most of a character's width is one field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from planbrief.reading.canonical import joined
from planbrief.reading.forms.pdf_page import Char

#: Gaps in parts of the font size: a new field, and a blank between two Latin words.
_FIELD_GAP, _WORD_GAP = 0.8, 0.18
_HALF_RIGHT, _HALF_LEFT = "）〕］】》」』，。、；：", "（〔［【《「『"


class Field(NamedTuple):
    """Words of one line that stand together."""

    text: str
    left: float
    right: float


class Line(NamedTuple):
    """One printed line: its fields from left to right, its height on the page and its font size."""

    fields: tuple[Field, ...]
    base: float
    size: float

    @property
    def left(self) -> float:
        """Left end of the line."""
        return self.fields[0].left

    @property
    def right(self) -> float:
        """Right end of the line."""
        return self.fields[-1].right

    @property
    def top(self) -> float:
        """Upper end of its characters, about."""
        return self.base - 0.88 * self.size

    @property
    def text(self) -> str:
        """The words of the line; fields of a line of prose close up, Latin ones keep a blank."""
        whole = self.fields[0].text
        for before, field in pairwise(self.fields):
            close = field.left - before.right < 1.3 * self.size
            whole = joined([whole, field.text]) if close else f"{whole} {field.text}"
        return whole


def lines_of(characters: Iterable[Char]) -> list[Line]:
    """Lines from top to bottom; raised and lowered signs belong to the line that they touch."""
    rows: list[list[Char]] = []
    for char in sorted(characters, key=lambda char: (char.middle, char.left)):
        for row in rows[-2:][::-1]:
            mean = row[0]
            if abs(char.middle - mean.middle) < 0.42 * max(char.size, mean.size):
                row.append(char)
                break
        else:
            rows.append([char])
    return [line for row in rows if (line := _line(row)) is not None]


def _line(row: Sequence[Char]) -> Line | None:
    fields: list[Field] = []
    text, left, last = "", 0.0, None
    for char in sorted(row, key=lambda char: char.left):
        if last is not None:
            if char.text == last.text and abs(char.left - last.left) < 0.25 * char.size and char.text not in "—…─":
                continue  # printed twice to look bold
            size = min(char.size, last.size)
            # Half of a full-width bracket or comma is white.
            gap = char.left - last.right
            gap += 0.45 * last.size if last.text in _HALF_RIGHT and last.right - last.left > 0.8 * size else 0
            gap += 0.45 * char.size if char.text in _HALF_LEFT and char.right - char.left > 0.8 * size else 0
            if gap > _FIELD_GAP * size:
                fields.append(Field(text, left, last.right))
                text = ""
            elif gap > _WORD_GAP * size and char.text.isascii() and last.text.isascii():
                text += " "
        if not text:
            left = char.left
        text += char.text
        last = char
    if last is None:
        return None
    fields.append(Field(text, left, last.right))
    sizes = sorted(char.size for char in row)
    usual = sizes[len(sizes) // 2]
    bases = sorted(char.base for char in row if char.size >= 0.8 * usual)
    return Line(tuple(fields), bases[len(bases) // 2] if bases else row[0].base, usual)
