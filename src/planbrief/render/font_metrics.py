"""What the packaged fonts can show and how wide it is, without opening a font file.

``assets/fonts.json`` is made from the fonts themselves; ``tests/reports/exporters/test_metrics.py`` holds the two
equal.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cache
from importlib import resources

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

    >>> covered("巴"), covered("😀")
    (True, False)
    """
    code = ord(character)
    if 0xE000 <= code <= 0xF8FF or code >= 0xF0000:
        return False  # private use: PDF/A forbids it whatever the font has
    if code < 0x7F or code in _IGNORABLE:
        return True
    lows, highs, _ = _fonts()
    position = bisect_right(lows, code) - 1
    return position >= 0 and code <= highs[position]


def width_em(text: str) -> float:
    """Width of a text set in the sans face, in em; a Chinese character is 1.

    Where Chinese meets Latin letters or digits, a quarter em is set between them.

    >>> width_em("巴中"), width_em("万A") > width_em("万") + width_em("A")
    (2.0, True)
    """
    widths = _fonts()[2]
    return sum(widths.get(character, 1.0) for character in text) + 0.25 * len(_MEETING.findall(text))
