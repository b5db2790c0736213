"""Stretches of a text that stay on one line in a PDF: a number with its unit, a day with its month, (亿元).

Chinese may break between any two characters and Latin text at every space; neither should between 5 and 亿元, or
between 14.28 and billion. The stretch becomes a box, so the characters stay as they are: a reader finds and copies
``142.8 亿元`` with the space that is printed.
"""

from __future__ import annotations

import re

from planbrief.render.font_metrics import width_em

#: Longest stretch, in em, that is kept together in running text; in a table's cell, since columns are made wide enough
#: for it; in a column's head, since no column is narrower (both by :func:`planbrief.render.table_layout.demand`).
IN_PROSE_EM, IN_CELL_EM, IN_HEAD_EM = 12.0, 8.0, 2.7
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_CHINESE_UNIT = (
    rf"[十百千万亿]{{0,2}}(?:平方公里|平方千米|平方米|立方米|公里|公顷|千瓦时|千瓦|人次|分钟|个?百分点|[{_HAN}])"
)
_ENGLISH_UNIT = (
    r"(?:thousand|million|billion|trillion|yuan|mu|hectares?|tonnes?|people|years?|times|minutes?|metres|kilometres|"
    r"percentage|per cent|square|cubic|[km]m[²³]?|m[²³]?|k[gWV]|MW|January|February|March|April|May|June|July|August|"
    r"September|October|November|December)(?![A-Za-z-])"
)
_NUMBER = r"[0-9][0-9,]*(?:\.[0-9]+)?(?:[–-][0-9][0-9,]*(?:\.[0-9]+)?)?"
#: A line may break at the edge of a box wherever it might between two words: marks that may begin or end no line come
#: along (the typesetter keeps brackets, commas and stops at their word).
_QUANTITY = re.compile(
    rf"(?<![0-9.,A-Za-z–-])[¥￥$€£±+−~≈≤≥]?"
    rf"(?:(?:{_NUMBER}[ \u00a0]?{_CHINESE_UNIT})+(?![0-9])|{_NUMBER}[ \u00a0]{_ENGLISH_UNIT})"
    r"[；：…—–・·々～]*"
    r"|[(（][十百千万亿]{1,2}元[)）]"
)
_CHINESE, _LATIN = re.compile(f"[{_HAN}]"), re.compile("[0-9A-Za-z]")


def spans(text: str, longest_em: float = IN_PROSE_EM) -> list[tuple[int, int]]:
    """First and last position (exclusive) of the stretches that no line may break, in order and apart.

    Parameters
    ----------
    text : str
        A line of text.
    longest_em : float
        A stretch that is wider, in em, may break; 0 lets everything break.

    >>> text = "从2023年的142.8 亿元到2025年7月1日；等等"
    >>> [text[start:end] for start, end in spans(text)]
    ['2023年', '142.8 亿元', '2025年7月1日；']
    """
    if not longest_em:
        return []
    return [match.span() for match in _QUANTITY.finditer(text) if width_em(match.group()) <= longest_em]


def spaced(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether Chinese meets a letter or digit where a stretch starts and where it ends.

    The typesetter puts a quarter em there, but not at the edge of a box.

    >>> spaced("从2023年的", 1, 6), spaced("用5吨CO₂", 1, 3)
    ((True, False), (True, True))
    """
    before, after = text[start - 1 : start], text[end : end + 1]
    return bool(_CHINESE.match(before)), bool(_CHINESE.match(text[end - 1]) and _LATIN.match(after))
