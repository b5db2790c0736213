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
_COSTS = {
    "bare_noun": 0.2,
    "joint_area": 0.25,
    "scheme_part": 0.3,
    "absolute_gap": 0.1,
    "bare_percent": 0.15,
    "carried_far": 0.25,
    "carried": 0.02,
    "flow_carried": 0.08,
    "forecast": 0.1,
    "forecast_near": 0.2,
    "fraction": 0.4,
    "from_value": 0.15,
    "list_unpaired": 0.3,
    "limit": 0.1,
    "long_name": 0.22,
    "multiple": 0.2,
    "no_name": 0.6,
    "no_period": 0.08,
    "no_time": 0.16,
    "no_unit": 0.3,
    "no_verb": 0.2,
    "percent_gap": 0.2,
    "place": 0.05,
    "places": 0.2,
    "promised": 0.1,
    "ratio": 0.25,
    "resource": 0.09,
    "scheme": 0.18,
    "short_name": 0.2,
    "size": 0.25,
    "stretch_flow": 0.18,
    "stretch_growth": 0.1,
    "stretch_level": 0.05,
    "undated": 0.2,
    "undated_future": 0.25,
    "undated_plan": 0.09,
    "undated_resource": 0.2,
    "verb_in_name": 0.18,
    "verb_noun": 0.25,
}


def rate(row: Proposal) -> Proposal:
    """The row with its confidence and whether it is sure."""
    if row.role == "observation":
        costs = {doubt: _COSTS.get(doubt, 0.15) for doubt in row.doubts}
        if "no_period" in costs and "verb_in_name" in costs:
            costs["verb_in_name"] /= 2  # what a plan lists is named on both sides of its number more often than not
        row.confidence = max(0.05, _START - sum(costs.values()))
    row.sure = row.confidence >= SURE
    return row
