"""Where a table stands on paper: widths from its content, smaller type, a turned page, or several parts, by rule.

The rule, first that fits: upright page at 8.5 pt, then 7.8 pt; turned page at 8.5 pt, then 7.6 pt; upright at 7.8 pt in parts, each
repeating the first column. Long cells wrap, numbers never do. A plan that is wider than its page is an error
(:class:`TableOverflow`), not a clipped table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from planbrief.errors import RunError
from planbrief.reports.blocks import Cell, Table
from planbrief.reports.decimals import paddings
from planbrief.reports.metrics import width_em

#: Millimetres between the margins of an upright and of a turned A4 page.
UPRIGHT_MM, TURNED_MM = 170.0, 257.0
#: Space left and right of a cell's text together.
INSET_MM = 3.0
_MM_PER_PT = 25.4 / 72
_TOKEN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")
#: Longest unbroken word that a column is widened for, in em; longer ones are broken.
LONGEST_EM = 13.0
#: Lines of one cell beyond which a wider page is tried.
_MAX_LINES = 7
_UPRIGHT_SIZES, _TURNED_SIZES = (8.5, 7.8), (8.5, 7.6)


class TableOverflow(RunError):
    """A table that no rule could fit on the page."""

    def __init__(self, table: str, width_mm: float, available_mm: float) -> None:
        super().__init__(table, width_mm, available_mm)
        self.table, self.width_mm, self.available_mm = table, width_mm, available_mm

    def __str__(self) -> str:
        return f"table {self.table}: {self.width_mm:.0f} mm wide where {self.available_mm:.0f} mm are free"


@dataclass(frozen=True)
class Part:
    """Columns set side by side, with their widths in mm (insets included)."""

    columns: tuple[int, ...]
    widths_mm: tuple[float, ...]


@dataclass(frozen=True)
class Plan:
    """How a table is set."""

    size_pt: float
    turned: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class _Column:
    floor: float
    natural: float
    weight: float
    cells: tuple[float, ...]


def _widest_token(text: str) -> float:
    return max((min(width_em(token), LONGEST_EM) for token in _TOKEN.findall(text)), default=0.0)


def _measure(table: Table, position: int) -> _Column:
    column = table.columns[position]
    cells = [row[position] if position < len(row) else Cell() for row in table.rows]
    texts = [cell.text if cell.colspan == 1 else "" for cell in cells]
    widths = [width_em(text) for text in texts]
    if column.align == "decimal":
        widths = [width + pad for width, pad in zip(widths, paddings(texts), strict=True)]
    labels = ["".join(run.text for run in column.label), column.unit]
    labels += [row[position].text for row in table.heads if position < len(row) and row[position].colspan == 1]
    label_width = max((width_em(label) for label in labels), default=0.0)
    body = max(widths, default=0.0)
    wanted = max((_widest_token(label) for label in labels), default=0.0)
    tokens = max((_widest_token(text) for text in texts), default=0.0)
    floor = max(wanted, tokens, min(label_width, 4.0), min(body, 6.0))
    if column.align in ("decimal", "right") and body <= 14.0:
        floor = max(floor, body)
    natural = max(body, min(label_width, max(body, 9.0)), floor)
    return _Column(floor + 0.15, natural + 0.15, column.width or 1.0, tuple(widths))


def _widths(columns: Sequence[_Column], available_mm: float, size_pt: float, *, fill: bool) -> tuple[float, ...] | None:
    """Widths in mm, None where even the floors do not fit."""
    em = size_pt * _MM_PER_PT
    free = available_mm - INSET_MM * len(columns)
    floors = [column.floor * em for column in columns]
    naturals = [column.natural * em for column in columns]
    if sum(floors) > free:
        return None
    if sum(naturals) <= free:
        spare = free - sum(naturals)
        if fill and sum(naturals) < 0.4 * free and len(columns) < 4:
            spare = min(spare, 0.5 * sum(naturals))
        if not fill:
            spare = min(spare, 2.0 * len(columns))
        share = [width * column.weight for width, column in zip(naturals, columns, strict=True)]
        total = sum(share) or 1.0
        widths = [width + spare * part / total for width, part in zip(naturals, share, strict=True)]
    else:
        wish = [
            (natural - floor) * column.weight for natural, floor, column in zip(naturals, floors, columns, strict=True)
        ]
        spare, total = free - sum(floors), sum(wish) or 1.0
        widths = [
            min(floor + spare * part / total, max(natural, floor))
            for floor, part, natural in zip(floors, wish, naturals, strict=True)
        ]
        rest = free - sum(widths)
        grow = [natural - width for natural, width in zip(naturals, widths, strict=True)]
        if rest > 0.01 and sum(grow) > 0:
            widths = [width + min(gain, rest * gain / sum(grow)) for width, gain in zip(widths, grow, strict=True)]
    return tuple(round(width + INSET_MM, 2) for width in widths)


def _lines(columns: Sequence[_Column], widths: Sequence[float], size_pt: float) -> float:
    em = size_pt * _MM_PER_PT
    return max(
        (
            max(column.cells, default=0.0) * em / max(width - INSET_MM, 0.1)
            for column, width in zip(columns, widths, strict=True)
        ),
        default=0.0,
    )


def plan(table: Table, *, fill: bool = True) -> Plan:
    """Choose how a table is set.

    Parameters
    ----------
    table : Table
        The table.
    fill : bool
        Stretch it to the width of the page where it is nearly as wide.

    Raises
    ------
    TableOverflow
        No rule fits it.
    """
    columns = [_measure(table, position) for position in range(len(table.columns))]
    everything = tuple(range(len(columns)))
    fallback: Plan | None = None
    for turned, available, sizes in ((False, UPRIGHT_MM, _UPRIGHT_SIZES), (True, TURNED_MM, _TURNED_SIZES)):
        for size in sizes:
            widths = _widths(columns, available, size, fill=fill)
            if widths is None:
                continue
            found = _checked(table, Plan(size, turned, (Part(everything, widths),)), available)
            if _lines(columns, widths, size) <= _MAX_LINES:
                return found
            fallback = fallback or found
    return fallback or _split(table, columns, fill=fill)


def _split(table: Table, columns: list[_Column], *, fill: bool) -> Plan:
    size, parts = _UPRIGHT_SIZES[-1], []
    em = size * _MM_PER_PT
    first = columns[0]
    limit = 0.45 * UPRIGHT_MM / em
    first = _Column(min(first.floor, limit), min(first.natural, limit), first.weight, first.cells)
    rest = list(range(1, len(columns)))
    while rest:
        chosen: list[int] = []
        used = first.floor * em + INSET_MM
        while rest and (not chosen or used + columns[rest[0]].floor * em + INSET_MM <= UPRIGHT_MM):
            used += columns[rest[0]].floor * em + INSET_MM
            chosen.append(rest.pop(0))
        group = [first, *(columns[position] for position in chosen)]
        widths = _widths(group, UPRIGHT_MM, size, fill=fill)
        if widths is None:
            raise TableOverflow(table.id, used, UPRIGHT_MM)
        parts.append(Part((0, *chosen), widths))
    return _checked(table, Plan(size, False, tuple(parts)), UPRIGHT_MM)


def _checked(table: Table, found: Plan, available_mm: float) -> Plan:
    for part in found.parts:
        if sum(part.widths_mm) > available_mm + 0.1:
            raise TableOverflow(table.id, sum(part.widths_mm), available_mm)
    return found
