"""Widths of columns: numbers never wrap, and what is left goes where it saves most lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Words leave some room at the ends of lines: a text of 2.9 lines takes 3.1.
_RAGGED = 1.07
#: Rows that are looked at when lines are counted.
_SAMPLE = 80
#: Millimetres moved from one column to another at a time.
_STEPS_MM = (6.0, 2.0, 0.7)


@dataclass(frozen=True)
class Demand:
    """What a column asks for, in em.

    ``floor`` is the least it can live with, ``body`` and ``head`` what its cells and its head take on one line;
    ``cells`` are the widths of its cells, ``weight`` its share of space that nobody needs.
    """

    floor: float
    body: float
    head: float
    weight: float
    cells: tuple[float, ...]


def _between(lows: Sequence[float], highs: Sequence[float], free: float) -> list[float]:
    """Values between two bounds that use all space: small ones get what they want, large ones share the rest."""
    low, high = 0.0, max(highs, default=0.0)
    for _ in range(40):
        level = (low + high) / 2
        used = sum(min(max(level, least), most) for least, most in zip(lows, highs, strict=True))
        low, high = (level, high) if used <= free else (low, level)
    return [min(max(low, least), most) for least, most in zip(lows, highs, strict=True)]


def lines(demands: Sequence[Demand], widths_em: Sequence[float]) -> np.ndarray:
    """Lines that each sampled row takes in each column (rows × columns)."""
    count = max((len(demand.cells) for demand in demands), default=0)
    step = max(1, count // _SAMPLE)
    cells = np.zeros((len(range(0, count, step)) or 1, len(demands)))
    for position, demand in enumerate(demands):
        sampled = demand.cells[::step]
        cells[: len(sampled), position] = sampled
    return _lines(cells, np.asarray(widths_em))


def _lines(cells: np.ndarray, widths: np.ndarray) -> np.ndarray:
    ratio = cells / np.maximum(widths, 0.1)
    return np.where(ratio <= 1.0, 1.0, np.ceil(ratio * _RAGGED))


def _improved(demands: Sequence[Demand], widths: list[float], em_mm: float) -> list[float]:
    """Move space between columns as long as rows get lower."""
    count = max(len(demand.cells) for demand in demands)
    step = max(1, count // _SAMPLE)
    cells = np.zeros((len(range(0, count, step)), len(demands)))
    for position, demand in enumerate(demands):
        sampled = demand.cells[::step]
        cells[: len(sampled), position] = sampled
    current = np.asarray(widths)
    floors = np.asarray([demand.floor for demand in demands])
    needed = _lines(cells, current)
    cost = needed.max(axis=1).sum()
    for slice_mm in _STEPS_MM:
        moved = slice_mm / em_mm
        for _ in range(40):
            best, chosen = cost, None
            for taker in range(len(demands)):
                if needed[:, taker].max() <= 1.0:
                    continue
                for giver in range(len(demands)):
                    if giver == taker or current[giver] - moved < floors[giver]:
                        continue
                    trial = current.copy()
                    trial[taker] += moved
                    trial[giver] -= moved
                    new = _lines(cells, trial).max(axis=1).sum()
                    if new < best:
                        best, chosen = new, trial
            if chosen is None:
                break
            current, cost = chosen, best
            needed = _lines(cells, current)
    return [float(width) for width in current]


def widths(demands: Sequence[Demand], free_em: float, em_mm: float, *, fill: bool) -> list[float] | None:
    """Widths in em (without insets), None where even the floors do not fit.

    Parameters
    ----------
    demands : sequence of Demand
        One per column.
    free_em : float
        Space for all of them.
    em_mm : float
        Size of an em, for the steps in which space is moved.
    fill : bool
        Use all space even where nobody needs it.
    """
    floors = [demand.floor for demand in demands]
    bodies = [max(demand.body, demand.floor) for demand in demands]
    wholes = [max(body, demand.head) for body, demand in zip(bodies, demands, strict=True)]
    if sum(floors) > free_em:
        return None
    if sum(bodies) > free_em:
        return _improved(demands, _between(floors, bodies, free_em), em_mm)
    if sum(wholes) > free_em:
        return _between(bodies, wholes, free_em)
    spare = free_em - sum(wholes)
    if fill and sum(wholes) < 0.4 * free_em and len(demands) < 4:
        spare = min(spare, 0.5 * sum(wholes))
    if not fill:
        spare = min(spare, 0.7 * len(demands))
    share = [whole * demand.weight for whole, demand in zip(wholes, demands, strict=True)]
    return [whole + spare * part / (sum(share) or 1.0) for whole, part in zip(wholes, share, strict=True)]
