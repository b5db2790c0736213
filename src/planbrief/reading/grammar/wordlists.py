"""Word lists of the grammar, kept as data beside it (``words/*.toml``), and the folded text they are looked for in.

Readings of one number are folded together: full-width digits, traditional characters, blanks between figures and words.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from planbrief.targets.units import PINYIN


@cache
def words(name: str) -> dict[str, Any]:
    """The word list of a name, read once."""
    return tomllib.loads(
        files("planbrief.reading.grammar").joinpath("words", f"{name}.toml").read_text(encoding="utf-8")
    )


def listed(name: str, key: str) -> list[str]:
    """One list of words; a string in it may hold several words apart by blanks.

    >>> "公里" in listed("units", "measures")
    True
    """
    return [word for line in words(name)[key] for word in line.split()]


def any_of(choices: Iterable[str]) -> str:
    """A pattern for any of some words, the longest first.

    >>> any_of(["人", "人次"])
    '(?:人次|人)'
    """
    return "(?:" + "|".join(re.escape(word) for word in sorted(set(choices), key=lambda word: (-len(word), word))) + ")"


@cache
def alternatives(name: str, key: str) -> str:
    """A pattern for any of a list's fragments, which are patterns themselves.

    >>> alternatives("kinds", "granted").startswith("(?:安排|发放|")
    True
    """
    return "(?:" + "|".join(listed(name, key)) + ")"


@cache
def expanded(form: str) -> str:
    """A pattern with what it names in double braces: another pattern, lists of words, or (~) a list of fragments.

    >>> expanded("第{{small}}个")
    '第[二两三四五六七八九十]个'
    """

    def named(match: re.Match[str]) -> str:
        keys = [key.split(".") for key in match["keys"].split()]
        if match["fragments"]:
            return alternatives(*keys[0])
        if len(keys[0]) == 1:
            return expanded(words("patterns")[keys[0][0]])
        return any_of(word for name, key in keys for word in listed(name, key))

    return re.sub(r"\{\{(?P<fragments>~?)(?P<keys>[\w. ]+)\}\}", named, form)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """A pattern of ``words/patterns.toml``."""
    return re.compile(expanded(words("patterns")[name]))


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


_SPELT_YEAR = re.compile("[一二][〇○零九][〇○零一二三四五六七八九]{2}(?=年)")
_YEAR_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")


def with_years(text: str) -> str:
    """A text of the same length with years in characters in digits.

    >>> with_years("二〇二五年比二○二四年")
    '2025年比2024年'
    """
    return _SPELT_YEAR.sub(lambda one: one[0].translate(_YEAR_DIGITS), text)


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
    plain = with_years(text.translate(_table()))
    plain = re.sub(r"(?<!\d),|,(?!\d)", "，", plain)
    dropped = [match.span() for match in PINYIN.finditer(plain)]
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
