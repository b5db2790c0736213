"""Units in the head of a column or axis: 亿元 / 100 million yuan, with the printed unit kept beside it."""

from __future__ import annotations

from functools import lru_cache

from planbrief.display.language import Lang
from planbrief.display.numbers import split_unit


@lru_cache(maxsize=1024)
def unit_words(unit: str, lang: Lang) -> tuple[str, str]:
    """Words for a unit and, in English, the printed money unit to keep beside them.

    >>> unit_words("亿元", "zh"), unit_words("%", "en")
    (('亿元', ''), ('%', ''))
    """
    if unit in ("", "1"):
        return "", ""
    if lang == "zh" or unit.isascii():
        return unit, ""
    from planbrief.targets.units import english

    return english(unit), unit if split_unit(unit)[1] == "元" else ""


def axis_unit(unit: str, lang: Lang) -> str:
    """The unit of an axis as one text: 亿元, 100 million yuan (亿元)."""
    words, kept = unit_words(unit, lang)
    return f"{words} ({kept})" if kept else words
