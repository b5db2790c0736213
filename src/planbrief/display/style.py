"""One style for all charts: colours, sizes, lines, and the packaged Chinese fonts.

Each colour has one role and one value of its own, so that a page can map it to a colour of its dark mode. Series differ
in lightness as well as hue (they survive grey printing and colour blindness), and markers differ in shape. Fonts of the
machine are not used: a page must look the same everywhere, and a machine without Chinese fonts must not draw empty
boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from planbrief.errors import RunError

#: Hei (sans serif) for headings, tables and charts; Song (serif) for body text.
SANS_FILE = "NotoSansSC-Regular.otf"
SANS = "Noto Sans SC"


class MissingGlyph(RunError):
    """A character that no packaged font holds."""

    def __str__(self) -> str:
        character, place = self.args
        return f"{place}: no packaged font has the character “{character}” (U+{ord(character):04X})"


class FontsMissing(RunError):
    """The wheel with the fonts is not installed or incomplete."""

    text = "font file {} not found: install the package pylopdf-fonts-zh-cn"


@cache
def folder() -> Path:
    """Folder of the font files."""
    from importlib.util import find_spec

    spec = find_spec("pylopdf_fonts_zh_cn")
    if spec is None or not spec.submodule_search_locations:
        raise FontsMissing(SANS_FILE)
    return Path(next(iter(spec.submodule_search_locations)))


def path(file: str = SANS_FILE) -> Path:
    """One font file; :class:`FontsMissing` if it is not there."""
    found = folder() / file
    if not found.is_file():
        raise FontsMissing(file)
    return found


@cache
def register() -> str:
    """Make the sans serif known to matplotlib by its file; returns the family name."""
    from matplotlib import font_manager

    font_manager.fontManager.addfont(str(path()))
    return SANS


@cache
def characters() -> frozenset[int]:
    """Code points that the sans serif holds."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(path())).get_charmap())


def covers(character: str) -> bool:
    """Whether the packaged sans serif holds a character."""
    return ord(character) in characters()


def require(text: str, place: str) -> None:
    """Raise :class:`MissingGlyph` for the first character that no packaged font holds."""
    for character in text:
        if character not in "\n" and not covers(character):
            raise MissingGlyph(character, place)


#: Text, and text that steps back. Text has a contrast of 4.5 : 1 to the page, every line and area one of 3 : 1.
INK = "#1d2430"
MUTED = "#5c6675"
#: Lines that help reading.
GRID = "#8d95a1"
AXIS = "#8a93a0"
#: The page; halos around text use it.
PAPER = "#ffffff"
#: Text on a dark fill.
ON_FILL = "#fdfdfc"
#: Text on a light fill.
ON_LIGHT = "#161c26"
#: The one thing to look at; what it is compared with; a warning.
ACCENT = "#1a5fa0"
SECOND = "#c8590c"
CONTEXT = "#7f8b98"
WARN = "#a3261f"
#: Series in the order of use: lightness falls and rises so that neighbours differ in grey too.
SERIES = ("#1a5fa1", "#c87d16", "#7d2a57", "#5e96c0", "#277d74", "#9a9122", "#6b5b4b", "#2b2f3b")
#: The same series as text: dark enough on white (4.5 : 1).
SERIES_TEXT = ("#1a5fa2", "#8f5608", "#7d2a58", "#35709c", "#22716a", "#6b6412", "#6b5b4c", "#2b2f3c")
#: What the parts leave over, and the number on it.
REST = "#8c95a2"
ON_REST = "#10141b"

#: Light page → dark page, for every colour above: what a page with a dark mode maps the colours to.
DARK: dict[str, str] = {
    INK: "#e8ebef",
    MUTED: "#a7b0bc",
    GRID: "#737d8a",
    AXIS: "#78828f",
    PAPER: "#14181e",
    ON_FILL: "#fdfdfc",
    ON_LIGHT: "#161c26",
    ACCENT: "#6fb1ee",
    SECOND: "#f0914a",
    CONTEXT: "#5d6875",
    WARN: "#f0857c",
    REST: "#6b7684",
    ON_REST: "#fefefe",
    **dict(
        zip(
            SERIES,
            ("#2f76b8", "#e69a2f", "#a8406f", "#7fb3da", "#2a827a", "#c9c04b", "#7d6c5a", "#6a7280"),
            strict=True,
        )
    ),
    **dict(
        zip(
            SERIES_TEXT,
            ("#78b4ec", "#e9a84d", "#e08ab5", "#8fc3ea", "#6cc4ba", "#d3ca62", "#bfae9b", "#b9c0cc"),
            strict=True,
        )
    ),
}

#: Column of text on A4 with margins of 20 mm; column of text on a phone.
WIDTH_MM, NARROW_MM = 170.0, 100.0
_width: ContextVar[float] = ContextVar("width of charts in mm", default=WIDTH_MM)
#: What a page has room for besides a caption and notes.
TALLEST_MM = 225.0
MM = 1 / 25.4
#: Points.
TEXT = 9.0
SMALL = 8.0
TINY = 7.0
LABEL = 9.5

#: matplotlib settings of every drawing; nothing of the user's own settings is left standing.
RC: dict[str, Any] = {
    "font.family": ["Noto Sans SC"],
    "font.size": TEXT,
    "axes.unicode_minus": False,
    "text.parse_math": False,
    "text.usetex": False,
    # Labels are measured as they are drawn in SVG: without rounding to the pixels of a screen.
    "text.hinting": "no_hinting",
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": AXIS,
    "axes.facecolor": "none",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.labelsize": SMALL,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 3,
    "xtick.major.width": 0.6,
    "ytick.major.size": 0,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "grid.linestyle": (0, (1, 5)),
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.transparent": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "planbrief",
    "svg.image_inline": True,
    "path.simplify": True,
    "figure.dpi": 72,
    "savefig.dpi": 72,
}


def width_mm() -> float:
    """Width at which charts are drawn at the moment."""
    return _width.get()


@contextmanager
def narrow() -> Iterator[None]:
    """Charts drawn inside are as wide as a phone."""
    token = _width.set(NARROW_MM)
    try:
        yield
    finally:
        _width.reset(token)
