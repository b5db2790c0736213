"""The sheet that charts are drawn on: millimetres, packaged fonts, deterministic SVG."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.text import Text as Label
from matplotlib.transforms import BboxBase

from planbrief.display import fonts, style
from planbrief.display.charts.svg import HALO, tidy

#: Points in a millimetre.
POINTS_PER_MM = 72 / 25.4
#: Punctuation that may not start a line, and that may not end one.
NO_START = "，。、；：！？）】》”’%‰,.;:!?)]}"
NO_END = "（【《“‘([{"
_TOKENS = re.compile(r"[ \t]+|\n|[A-Za-z0-9À-ɏ.,:;%&'’()/+\-–−→\u00a0]+|.", re.DOTALL)


@lru_cache(maxsize=1)
def _face() -> FT2Font:
    face = FT2Font(str(fonts.path()))
    face.set_size(100, 72)
    return face


if hasattr(os, "register_at_fork"):
    # An open font has one position in its file for parent and children: they would read one another's glyphs.
    os.register_at_fork(after_in_child=_face.cache_clear)


@lru_cache(maxsize=8192)
def _advance(character: str) -> float:
    if not fonts.covers(character):
        return 1.0
    glyph = _face().load_char(ord(character), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance / 65536 / 100)


def text_width(text: str, size: float = style.TEXT) -> float:
    """Width of one line of text in millimetres at a size in points."""
    return sum(_advance(character) for character in text) * size / POINTS_PER_MM


def wrap(text: str, width_mm: float, size: float = style.TEXT, lines: int = 8) -> str:
    """A text broken into lines that fit a width: between words, and between Chinese characters where allowed.

    What does not fit in the number of lines stays on the last one, which then is longer: nothing is cut off.
    """
    found: list[list[str]] = [[]]
    tokens = _TOKENS.findall(text.replace("\n", " "))
    tokens = [part for token in tokens for part in (token if text_width(token, size) > width_mm else [token])]
    for token in tokens:
        line = found[-1]
        if not line and not token.strip():
            continue
        if not line or len(found) >= lines or text_width("".join(line) + token.rstrip(), size) <= width_mm:
            line.append(token)
            continue
        carried = [token]
        while len(line) > 1 and (carried[0][0] in NO_START or line[-1][-1] in NO_END):
            carried.insert(0, line.pop())
        found.append([part for part in carried if part.strip()] if not carried[0].strip() else carried)
    return "\n".join("".join(line).strip() for line in found if "".join(line).strip()) or text


def text_height(text: str, size: float = style.TEXT, spacing: float = 1.25) -> float:
    """Height of a text of one or more lines in millimetres."""
    return (text.count("\n") + 1) * size * spacing / POINTS_PER_MM


@dataclass
class Canvas:
    """A figure measured in millimetres from its lower left corner."""

    name: str
    width_mm: float
    height_mm: float
    figure: Figure = field(init=False)

    def __post_init__(self) -> None:
        self.figure = Figure(figsize=(self.width_mm * style.MM, self.height_mm * style.MM))
        FigureCanvasAgg(self.figure)

    def axes(self, left: float, bottom: float, width: float, height: float, **options: Any) -> Axes:
        """Axes at a place given in millimetres."""
        box = (left / self.width_mm, bottom / self.height_mm, width / self.width_mm, height / self.height_mm)
        return self.figure.add_axes(box, **options)

    def text(self, x: float, y: float, text: str, **options: Any) -> Label:
        """Text at a place given in millimetres."""
        options = {"fontsize": style.TEXT, "linespacing": 1.15, **options}
        return self.figure.text(x / self.width_mm, y / self.height_mm, text, **options)

    def axes_right(self) -> float:
        """Right edge of the first axes in millimetres."""
        return float(self.figure.axes[0].get_position().x1) * self.width_mm

    def tick_boxes(self) -> list[BboxBase]:
        """Where the numbers on the axes stand, in points."""
        self.check()
        self.figure.canvas.draw()
        return [
            label.get_window_extent(self.renderer)
            for axes in self.figure.axes
            for label in (*axes.get_xticklabels(), *axes.get_yticklabels())
            if label.get_text()
        ]

    @property
    def renderer(self) -> RendererAgg:
        """A renderer for measuring."""
        canvas = self.figure.canvas
        if not isinstance(canvas, FigureCanvasAgg):
            canvas = FigureCanvasAgg(self.figure)
        return canvas.get_renderer()

    def check(self) -> None:
        """Raise :class:`~planbrief.display.fonts.MissingGlyph` for a character that would be drawn as an empty box."""
        for label in self.figure.findobj(Label):
            if isinstance(label, Label) and label.get_visible():
                fonts.require(label.get_text(), self.name)

    def svg(self) -> str:
        """The drawing as SVG: text as paths, no dates, short numbers."""
        self.check()
        file = io.StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="Glyph .* missing")
            self.figure.savefig(
                file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
            )
        return tidy(file.getvalue())

    def png(self, dpi: int = 150) -> bytes:
        """The drawing as a picture, for looking at."""
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=dpi, facecolor=style.PAPER, metadata={"Software": None})
        return file.getvalue()


@contextmanager
def drawing(name: str, width_mm: float, height_mm: float) -> Iterator[Canvas]:
    """A canvas on which planbrief's style holds, whatever the user's own matplotlib settings are."""
    fonts.register()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(cast(Any, style.RC))
        yield Canvas(name, width_mm, height_mm)


def halo(label: Label) -> Label:
    """Keep a text readable where it crosses a line: a margin of paper around its letters (see :func:`svg.tidy`)."""
    label.set_gid(HALO)
    return label
