"""The surface that a chart is drawn on, and how it is written as SVG with the same bytes each time."""

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
from planbrief.display.style import PAPER

_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_GLYPH = re.compile(r'<path id="([^"]+)" d="([^"]*)" transform="scale\(0\.015625\)"/>')
#: Marks a text that gets a margin of paper around its letters.
HALO = "halo"
HALO_POINTS = 2.6
_HALO = re.compile(rf'<g id="{HALO}">\s*(.*?)</g>\s*</g>', re.DOTALL)
_LINE = re.compile(r'<g style="[^"]*" transform="([^"]*scale\(([\d.]+)[^"]*)">(.*?)</g>', re.DOTALL)
_STEP = re.compile(r"([MLQCz])([^MLQCz]*)")
#: matplotlib writes glyphs in 6400ths of an em; 640ths are still a hundredth of a point at text size.
_COARSER = 10


def _short(match: re.Match[str]) -> str:
    value = float(match.group())
    text = f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def compact_path(data: str) -> str:
    """A glyph's outline in whole, relative numbers.

    >>> compact_path("M 282 0 L 3232 0 L 3232 506 z")
    'M28 0l295 0l0 51z'
    """
    parts: list[str] = []
    x = y = 0
    for command, numbers in _STEP.findall(data):
        if command == "z":
            parts.append("z")
            continue
        values = [round(float(number) / _COARSER) for number in numbers.split()]
        if command == "M":
            x, y = values
            parts.append(f"M{x} {y}")
            continue
        relative = [value - (x if index % 2 == 0 else y) for index, value in enumerate(values)]
        x, y = values[-2:]
        parts.append(command.lower() + " ".join(str(value) for value in relative).replace(" -", "-"))
    return "".join(parts)


def _haloed(match: re.Match[str]) -> str:
    behind = []
    for transform, scale, content in _LINE.findall(match[1] + "</g>"):
        uses = "".join(re.findall(r"<use [^>]*/>", content))
        width = round(HALO_POINTS / float(scale) / 0.15625)
        behind.append(
            f'<g style="fill: {PAPER}; stroke: {PAPER}; stroke-width: {width}; stroke-linejoin: round" '
            f'transform="{transform}">{uses}</g>'
        )
    return f"<g>{''.join(behind)}{match[1]}</g></g>"


def _glyph(match: re.Match[str]) -> str:
    return f'<path id="{match[1]}" d="{compact_path(match[2])}" transform="scale(.15625)"/>'


def tidy(svg: str) -> str:
    """matplotlib's SVG without prologue, metadata, style sheet and unused ids, and with short numbers."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    svg = _HALO.sub(_haloed, svg)
    svg = _GLYPH.sub(_glyph, svg)
    svg = svg.replace("NotoSansSC-Regular-", "g")
    svg = _LONG_NUMBER.sub(_short, svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    return re.sub(r" ?\n(?=[LCQMz\"])", " ", svg)


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
