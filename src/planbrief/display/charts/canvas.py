"""The surface that a chart is drawn on, how it is written as SVG, and labels that do not overlap."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.text import Text as Label
from matplotlib.transforms import Bbox, BboxBase

from planbrief.display import style
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


@lru_cache(maxsize=8192)
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
    face = FT2Font(str(style.path()))
    face.set_size(100, 72)
    return face


if hasattr(os, "register_at_fork"):
    # An open font has one position in its file for parent and children: they would read one another's glyphs.
    os.register_at_fork(after_in_child=_face.cache_clear)


@lru_cache(maxsize=8192)
def _advance(character: str) -> float:
    if not style.covers(character):
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
        """Where the numbers on the axes stand and the lines under the charts run, in points."""
        self.check()
        self.figure.draw_without_rendering()  # places the ticks
        lines: list[BboxBase] = [
            Bbox.from_extents(axes.bbox.x0, axes.bbox.y0 - 2, axes.bbox.x1, axes.bbox.y0 + 2)
            for axes in self.figure.axes
            if axes.spines["bottom"].get_visible()
        ]
        return lines + [
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
        """Raise :class:`~planbrief.display.style.MissingGlyph` for a character that would be drawn as an empty box."""
        for label in self.figure.findobj(Label):
            if isinstance(label, Label) and label.get_visible():
                style.require(label.get_text(), self.name)

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
    style.register()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(cast("Any", style.RC))
        yield Canvas(name, width_mm, height_mm)


def halo(label: Label) -> Label:
    """Keep a text readable where it crosses a line: a margin of paper around its letters (see :func:`svg.tidy`)."""
    label.set_gid(HALO)
    return label


#: Overlap in points that still counts as touching, not overlapping.
TOLERANCE = 0.8


def extents(canvas_or_figure: Canvas | Figure) -> list[tuple[str, Bbox]]:
    """Visible texts of a figure with their boxes in points."""
    figure = canvas_or_figure.figure if isinstance(canvas_or_figure, Canvas) else canvas_or_figure
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    found = []
    for label in figure.findobj(Label):
        if isinstance(label, Label) and label.get_visible() and label.get_text().strip():
            box = label.get_window_extent(renderer)
            if box.width > 0 and box.height > 0:
                found.append((label.get_text(), box))
    return found


def overlaps(canvas_or_figure: Canvas | Figure) -> list[tuple[str, str]]:
    """Pairs of texts that overlap, and (text, "outside") for what leaves the sheet; empty for a good chart."""
    figure = canvas_or_figure.figure if isinstance(canvas_or_figure, Canvas) else canvas_or_figure
    boxes = extents(figure)
    wide, high = figure.bbox.width, figure.bbox.height
    found = []
    for index, (text, box) in enumerate(boxes):
        if box.x0 < -TOLERANCE or box.y0 < -TOLERANCE or box.x1 > wide + TOLERANCE or box.y1 > high + TOLERANCE:
            found.append((text, "outside"))
        for other_text, other in boxes[index + 1 :]:
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            along = min(box.y1, other.y1) - max(box.y0, other.y0)
            if across > TOLERANCE and along > TOLERANCE:
                found.append((text, other_text))
    return found


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Centres as near as possible to the wanted ones, in the same order, none overlapping, all inside.

    Labels that collide form a block whose centre is the mean of what they wanted; blocks that collide merge. If there
    is no room for all, they are packed from the lower end.
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    blocks: list[list[float]] = []  # [start, length, sum of wanted starts, count]
    for i in order:
        start = wanted[i] - sizes[i] / 2
        blocks.append([start, sizes[i], start, 1])
        while len(blocks) > 1 and blocks[-2][0] + blocks[-2][1] > blocks[-1][0]:
            last = blocks.pop()
            first = blocks[-1]
            first[2] += last[2] - last[3] * first[1]
            first[1] += last[1]
            first[3] += last[3]
            first[0] = first[2] / first[3]
        for block in blocks[-1:]:
            block[0] = max(low, min(block[0], high - block[1]))
    placed = [0.0] * len(wanted)
    at = iter(order)
    floor = low
    for block in blocks:
        start = max(floor, min(block[0], high - block[1]))
        for _ in range(int(block[3])):
            i = next(at)
            placed[i] = start + sizes[i] / 2
            start += sizes[i]
        floor = start
    return placed


@dataclass
class Placer:
    """Finds free places for labels inside axes, in the order in which they are asked for."""

    canvas: Canvas
    taken: list[BboxBase] = field(default_factory=list)

    def block(self, axes: Axes, xs: Iterable[float], ys: Iterable[float], radius: float = 1.5) -> None:
        """Keep labels away from points given in data coordinates."""
        for x, y in zip(xs, ys, strict=True):
            px, py = axes.transData.transform((x, y))
            self.taken.append(Bbox.from_extents(px - radius, py - radius, px + radius, py + radius))

    def _cost(self, box: tuple[float, float, float, float], taken: np.ndarray) -> float:
        x0, y0, x1, y1 = box
        across = np.minimum(x1, taken[:, 2]) - np.maximum(x0, taken[:, 0])
        along = np.minimum(y1, taken[:, 3]) - np.maximum(y0, taken[:, 1])
        hit = (across > 0) & (along > 0)
        figure = self.canvas.figure.bbox
        outside = max(0, -x0) + max(0, x1 - figure.width) + max(0, -y0) + max(0, y1 - figure.height)
        return float((across[hit] * along[hit] + 5).sum()) + 1000 * outside

    def place(
        self,
        axes: Axes,
        at: tuple[float, float],
        text: str,
        *,
        offsets: Sequence[tuple[float, float, str, str]],
        size: float,
        color: str,
        tether: float = 0.05,
        optional: bool = False,
    ) -> Label | None:
        """Put a label at the cheapest of some places around a point.

        ``offsets`` are (dx, dy in points, horizontal alignment, vertical alignment), best first. An ``optional`` label
        that would touch something at every one of them is left out.
        """
        if not offsets:
            raise ValueError("no offsets to choose from")
        style.require(text, self.canvas.name)
        label = axes.annotate(
            text, at, xytext=(0, 0), textcoords="offset points", ha="left", va="bottom", fontsize=size, color=color
        )
        extent = label.get_window_extent(self.canvas.renderer)
        anchor = axes.transData.transform(at)
        # Where the box of a label lies that hangs from the anchor by its lower left corner.
        left, low = extent.x0 - anchor[0], extent.y0 - anchor[1]
        wide, high = extent.width, extent.height
        taken = np.array([[box.x0, box.y0, box.x1, box.y1] for box in self.taken]).reshape(-1, 4)
        scale = self.canvas.figure.dpi / 72
        best: tuple[float, tuple[float, float, float, float]] | None = None
        for rank, (dx, dy, ha, va) in enumerate(offsets):
            x0 = anchor[0] + dx * scale + left - wide * {"left": 0.0, "center": 0.5, "right": 1.0}[ha]
            y0 = anchor[1] + dy * scale + low - high * {"bottom": 0.0, "center": 0.5, "top": 1.0}[va]
            box = (x0, y0, x0 + wide, y0 + high)
            cost = self._cost((x0 - 1, y0 - 1, x0 + wide + 1, y0 + high + 1), taken) + tether * rank
            if best is None or cost < best[0]:
                best = (cost, box)
            if best[0] <= tether * (rank + 1):
                break
        if optional and (best is None or best[0] > tether * len(offsets)):
            label.remove()
            return None
        if best is not None:
            x0, y0, x1, y1 = best[1]
            label.set_position(((x0 - left - anchor[0]) / scale, (y0 - low - anchor[1]) / scale))
            self.taken.append(Bbox.from_extents(x0, y0, x1, y1))
        return halo(label)


#: Around a point: above, below, right, left, and the corners; near first.
AROUND: tuple[tuple[float, float, str, str], ...] = tuple(
    offset
    for gap in (5.0, 9.0, 15.0, 24.0)
    for offset in (
        (0.0, gap, "center", "bottom"),
        (gap, -1.0, "left", "top"),
        (-gap, 1.0, "right", "bottom"),
        (0.0, -gap, "center", "top"),
        (gap, 0.0, "left", "center"),
        (-gap, 0.0, "right", "center"),
        (gap, gap, "left", "bottom"),
        (-gap, -gap, "right", "top"),
    )
)
