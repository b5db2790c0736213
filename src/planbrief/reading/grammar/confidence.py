"""Readings of one number laid together, and how sure the grammar is of what remains."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

from planbrief.reading.grammar.wordlists import words
from planbrief.reading.proposals import Proposal

_PINYIN = re.compile(r"[(（][a-zA-Zà-üÀ-Üāēīōūǖǎěǐǒǔǚǜńňǹ]{1,12}[)）]")
#: Emphasis marks, and blanks between a Chinese character and a digit or a unit: 到 2027 年.
_DROPPED = re.compile(
    r"\*\*|(?<=[一-龥，。；：、（）“”%])[ \u3000\xa0]+(?=\d)"
    r"|(?<=[\d%])[ \u3000\xa0]+(?=[一-龥%，。；：、（）“”]|k?m²|㎡)|[\u200b\ufeff\xad]"
)
#: A line of running text that goes on in the next one: long, without an end, before something that starts no heading.
_WRAPPED = re.compile(
    r"(?<=[一-龥，、\d])[ \t\u3000]*\n[ \t\u3000\n]*(?=[一-龥，、。；])(?![一二三四五六七八九十]+[、是]|"
    r"第[一二三四五六七八九十]+[章节条])"
)
_LONG = 28


@cache
def _table() -> dict[int, str]:
    script = words("script")
    table = dict(zip("".join(script["traditional"]), "".join(script["simplified"]), strict=True))
    table |= {chr(0xFF10 + i): str(i) for i in range(10)}
    table |= dict(zip("％()．;!?－―─﹣～〜", "%（）.；！？————~~", strict=True))
    table |= {"：": ":", "∶": ":", "︰": ":", "\u3000": " ", "\xa0": " ", "\r": " ", "‘": "“", "’": "”"}
    return {ord(old): new for old, new in table.items()}


class Folded:
    """A folded text; ``start`` and ``end`` give the offsets in the document of its characters."""

    def __init__(self, text: str, offsets: Sequence[int] | None = None) -> None:
        self.text = text
        self._offsets = offsets

    def start(self, position: int) -> int:
        """Offset in the document of the character at a position of the folded text."""
        return position if self._offsets is None else self._offsets[position]

    def position(self, offset: int) -> int:
        """The position of the first character at or behind an offset of the document."""
        return offset if self._offsets is None else bisect_left(self._offsets, offset)

    def end(self, position: int) -> int:
        """Offset in the document behind the last character before a position."""
        return position if self._offsets is None else self._offsets[position - 1] + 1


def fold(text: str) -> Folded:
    """The folded form of a text.

    >>> folded = fold("到 2027 年，產值 60 萬(wàn)噸")
    >>> folded.text, folded.start(2), folded.end(6)
    ('到2027年，产值60万吨', 3, 8)
    """
    plain = text.translate(_table())
    plain = re.sub(r"(?<!\d),|,(?!\d)", "，", plain)
    dropped = [match.span() for match in _PINYIN.finditer(plain)] if _PINYIN.search(plain) else []
    dropped += [match.span() for match in _DROPPED.finditer(plain)]
    for match in _WRAPPED.finditer(plain):
        first = plain.rfind("\n", 0, match.start()) + 1
        if match.start() - first >= _LONG and "\t" not in plain[first : match.start()]:
            dropped.append(match.span())
    if not dropped:
        return Folded(plain)
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    for start, end in sorted(dropped):
        if start > position:
            pieces.append(plain[position:start])
            offsets.extend(range(position, start))
        position = max(position, end)
    pieces.append(plain[position:])
    offsets.extend(range(position, len(plain)))
    return Folded("".join(pieces), offsets)


#: Rows at or above are called sure: a person may skip them.
SURE = 0.8
_START = 0.97
#: What a doubt costs that the list of doubts does not know.
_UNKNOWN = 0.15


def rate(row: Proposal) -> Proposal:
    """The row with its confidence and whether it is sure."""
    if row.role == "observation":
        known = words("reasons")["doubt"]
        costs = {doubt: known[doubt][2] if doubt in known else _UNKNOWN for doubt in row.doubts}
        if "no_period" in costs and "verb_in_name" in costs:
            costs["verb_in_name"] /= 2  # what a plan lists is named on both sides of its number more often than not
        row.confidence = max(0.05, _START - sum(costs.values()))
    row.sure = row.confidence >= SURE
    return row
