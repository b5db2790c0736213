"""How wide text is in the packaged fonts, and where a line may break."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

#: Default-ignorable characters: fonts need no glyph for them.
_IGNORABLE = frozenset(
    [0x00AD, 0x034F, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064]
)
#: Where the typesetter puts a quarter em between scripts.
_MEETING = re.compile(
    r"(?<=[\u4e00-\u9fff\u3400-\u4dbf])(?=[A-Za-z0-9$%])|(?<=[A-Za-z0-9$%])(?=[\u4e00-\u9fff\u3400-\u4dbf])"
)
#: Advance of DejaVu Sans Mono, in em.
MONO_EM = 0.602


@cache
def _fonts() -> tuple[list[int], list[int], dict[str, float]]:
    data = json.loads((resources.files("planbrief.render") / "assets" / "fonts.json").read_text(encoding="utf-8"))
    pairs = [(part, part) if isinstance(part, int) else tuple(part) for part in data["coverage"]]
    widths = {chr(int(code)): width / 1000 for code, width in data["sans_widths"].items()}
    return [low for low, _ in pairs], [high for _, high in pairs], widths


def covered(character: str) -> bool:
    """Whether a packaged font has a glyph for a character (or it needs none).

    >>> covered("巴"), covered("\ue000")
    (True, False)
    """
    code = ord(character)
    if 0xE000 <= code <= 0xF8FF or code >= 0xF0000:
        return False  # private use: PDF/A forbids it whatever the font has
    if code < 0x7F or code in _IGNORABLE:
        return True
    lows, highs, _ = _fonts()
    position = bisect_right(lows, code) - 1
    return (position >= 0 and code <= highs[position]) or code in _more_characters()


@cache
def more_faces() -> tuple[Path, ...]:
    """Font files of the extra ``faces`` where it is installed: emoji, Korean, rare Han, Arabic letters and others."""
    found = [find_spec(name) for name in ("manimgx_fonts", "manimgx_fonts_cjk")]
    folders = [Path(folder) for spec in found if spec for folder in spec.submodule_search_locations or ()]
    return tuple(path for folder in folders for path in sorted(folder.glob("Noto*")) if path.suffix in (".ttf", ".ttc"))


#: Scripts that the extra faces are taken for: Arabic letters, Thai, Korean, kana, Han, symbols and emoji.
_MORE = (
    (0x0600, 0x06FF), (0x0750, 0x077F), (0x0E01, 0x0E5B), (0x1100, 0x11FF), (0x2190, 0x2BFF), (0x3040, 0x318F),
    (0x3400, 0x4DBF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x1F000, 0x1FAFF), (0x20000, 0x3FFFF),
)  # fmt: skip


@cache
def _more_characters() -> frozenset[int]:
    if not more_faces():
        return frozenset()
    from matplotlib.ft2font import FT2Font

    held = {code for path in more_faces() for code in FT2Font(str(path)).get_charmap()}
    return frozenset(code for code in held if any(low <= code <= high for low, high in _MORE))


def width_em(text: str) -> float:
    """Width of a text set in the sans face, in em; a Chinese character is 1.

    Where Chinese meets Latin letters or digits, a quarter em is set between them.

    >>> width_em("巴中"), width_em("万A") > width_em("万") + width_em("A")
    (2.0, True)
    """
    return sum(map(_advance, text)) + 0.25 * len(_MEETING.findall(text))


@cache
def _advance(character: str) -> float:
    """Width of one character; one without a face stands as its code point."""
    width = _fonts()[2].get(character)
    return width if width is not None else 1.0 if covered(character) else 0.58 * len(f"[U+{ord(character):04X}]")


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
