"""The numbers that Word prints in front of paragraphs and keeps nowhere in the text: 一、 （二） 3."""

from __future__ import annotations

import re
from typing import Any

from planbrief.reading.forms.archives import Archive, attribute, child, local

_DIGITS = "〇一二三四五六七八九"
_CHINESE = frozenset(
    "chineseCounting chineseCountingThousand taiwaneseCounting taiwaneseCountingThousand japaneseCounting "
    "ideographDigital chineseLegalSimplified ideographTraditional".split()
)


class Numbering:
    """Counters of a document's lists: :meth:`label` counts on and gives the number of the next paragraph."""

    def __init__(self, archive: Archive, part: str) -> None:
        self._abstract: dict[str, dict[int, tuple[int, str, str]]] = {}
        self._lists: dict[str, str] = {}
        self._starts: dict[tuple[str, int], int] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if part in archive:
            for element in archive.elements(part, "abstractNum", "num"):
                self._define(element)

    def _define(self, element: Any) -> None:
        if local(element) == "abstractNum":
            levels = {}
            for level in element:
                if local(level) == "lvl":
                    start, form, text = (child(level, name) for name in ("start", "numFmt", "lvlText"))
                    levels[_number(attribute(level, "ilvl"))] = (
                        _number(attribute(start, "val", "1")) if start is not None else 1,
                        attribute(form, "val", "decimal") if form is not None else "decimal",
                        attribute(text, "val") if text is not None else "",
                    )
            self._abstract[attribute(element, "abstractNumId")] = levels
            return
        number = attribute(element, "numId")
        for inner in element:
            if local(inner) == "abstractNumId":
                self._lists[number] = attribute(inner, "val")
            elif local(inner) == "lvlOverride" and (start := child(inner, "startOverride")) is not None:
                self._starts[number, _number(attribute(inner, "ilvl"))] = _number(attribute(start, "val", "1"))

    def label(self, number: str, level: int) -> str:
        """What stands in front of the next paragraph of a list; empty for bullets and unknown lists."""
        abstract = self._lists.get(number, "")
        levels = self._abstract.get(abstract, {})
        if level not in levels:
            return ""
        # Lists that share one definition count on together, unless one of them starts anew.
        key = number if (number, level) in self._starts else abstract
        counts = self._counts.setdefault(key, {})
        first = self._starts.get((number, level), levels[level][0])
        counts[level] = counts.get(level, first - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        if levels[level][1] in ("bullet", "none"):
            return ""

        def shown(match: re.Match[str]) -> str:
            other = int(match[1]) - 1
            count = counts.get(other, levels.get(other, (1, "", ""))[0])
            return counted(count, levels.get(other, (1, "decimal", ""))[1])

        return re.sub(r"%([1-9])", shown, levels[level][2])


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else 0


def counted(count: int, form: str) -> str:
    """A number as a list prints it.

    >>> [counted(12, form) for form in ("decimal", "chineseCounting", "upperRoman", "lowerLetter")]
    ['12', '十二', 'XII', 'l']
    """
    if form in _CHINESE and 0 < count < 1000:
        return _chinese(count)
    if form in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 0 < count <= 20:
        return chr(0x2460 + count - 1)
    if form in ("upperLetter", "lowerLetter") and 0 < count <= 26:
        return chr((65 if form == "upperLetter" else 97) + count - 1)
    if form in ("upperRoman", "lowerRoman") and 0 < count < 90:
        roman = ""
        for value, sign in ((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
            roman, count = roman + sign * (count // value), count % value
        return roman if form == "upperRoman" else roman.lower()
    return f"{count:02}" if form == "decimalZero" else str(count)


def _chinese(count: int) -> str:
    hundreds, rest = divmod(count, 100)
    tens, ones = divmod(rest, 10)
    words = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        words += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        words += "零"
    return words + (_DIGITS[ones] if ones else "")
