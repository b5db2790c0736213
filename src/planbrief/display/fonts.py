"""The packaged Chinese fonts: where they lie, which characters they hold, and matplotlib's use of them.

Fonts of the machine are not used: a page must look the same everywhere, and a machine without Chinese fonts must not
draw empty boxes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from planbrief.errors import RunError

#: Hei (sans serif) for headings, tables and charts; Song (serif) for body text.
SANS_FILE = "NotoSansSC-Regular.otf"
SANS = "Noto Sans SC"


class MissingGlyph(RunError):
    """A character that no packaged font holds."""

    def __init__(self, character: str, place: str) -> None:
        super().__init__(character, place)
        self.character, self.place = character, place

    def __str__(self) -> str:
        code = f"U+{ord(self.character):04X}"
        return f"{self.place}: no packaged font has the character “{self.character}” ({code})"


class FontsMissing(RunError):
    """The wheel with the fonts is not installed or incomplete."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.file = file

    def __str__(self) -> str:
        return f"font file {self.file} not found: install the package pylopdf-fonts-zh-cn"


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
