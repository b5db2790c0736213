"""Where labels go: moving them apart, finding a free place, and proving that none overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text as Label
from matplotlib.transforms import Bbox, BboxBase

from planbrief.display import fonts
from planbrief.display.charts.canvas import Canvas, halo

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
    ) -> Label:
        """Put a label at the cheapest of some places around a point.

        ``offsets`` are (dx, dy in points, horizontal alignment, vertical alignment), best first.
        """
        if not offsets:
            raise ValueError("no offsets to choose from")
        fonts.require(text, self.canvas.name)
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
