"""Where a table stands on paper: widths from its content, smaller type, a turned page, or several parts, by rule.

The rule: of the settings that fit, the first that wraps little — upright page at 8.5 pt, 7.8 pt and 7.2 pt, turned page
at 8.5 pt, turned at 7.6 pt; where none fits, upright at 7.8 pt in parts that each repeat the first column. A
plan that is wider than its page is an error (:class:`TableOverflow`), never a clipped table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from planbrief.display.document import Cell, Table
from planbrief.errors import RunError
from planbrief.render import column_widths
from planbrief.render.column_widths import Demand
from planbrief.render.decimals import paddings
from planbrief.render.font_metrics import width_em
from planbrief.render.line_breaks import IN_CELL_EM, spans

#: Millimetres between the margins of an upright and of a turned A4 page.
UPRIGHT_MM, TURNED_MM = 170.0, 257.0
#: Space left and right of a cell's text together.
INSET_MM = 3.0
_MM_PER_PT = 25.4 / 72
_TOKEN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")
#: Longest unbroken word that a column is widened for, in em; longer ones are broken.
LONGEST_EM = 13.0
#: A setting wraps little if no cell has more lines than this, and rows on average no more than that.
_MOST_LINES, _MEAN_LINES = 6.0, 2.3
#: A table whose rows take no more than this is not broken over two pages.
WHOLE_MM = 42.0
#: Height of a row of one line, and of each further line, in em.
_ROW_EM, _LINE_EM = 1.8, 1.25
_SETTINGS = ((False, 8.5), (False, 7.8), (False, 7.2), (True, 8.5), (True, 7.6))


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
    """How a table is set; ``lines`` is what its rows take together, each by its highest cell (0: not counted)."""

    size_pt: float
    turned: bool
    parts: tuple[Part, ...]
    lines: float = 0.0

    def whole(self, rows: int) -> bool:
        """Whether a table of so many rows and group rows is so low that it stays on one page."""
        if not self.lines or self.turned:
            return False
        em = self.size_pt * _MM_PER_PT
        return rows * _ROW_EM * em + (self.lines - rows) * _LINE_EM * em <= WHOLE_MM


def _widest_token(text: str) -> float:
    return max((min(width_em(token), LONGEST_EM) for token in _TOKEN.findall(text)), default=0.0)


#: A smaller type is taken where it makes a table of so many rows so much lower.
_MANY_ROWS, _MUCH_LOWER = 20, 0.78


@lru_cache(maxsize=16384)
def _widest_stretch(text: str) -> float:
    kept = (width_em(text[start:end]) for start, end in spans(text, IN_CELL_EM))
    return max(_widest_token(text), *kept, 0.0)


def demand(table: Table, position: int) -> Demand:
    """What one column asks for."""
    column = table.columns[position]
    cells = [row[position] if position < len(row) else Cell() for row in table.rows]
    texts = [cell.text if cell.colspan == 1 else "" for cell in cells]
    widths = [max((width_em(line) for line in text.split("\n")), default=0.0) for text in texts]
    if column.align == "decimal":
        widths = [width + pad for width, pad in zip(widths, paddings(texts), strict=True)]
    labels = ["".join(run.text for run in column.label), column.unit]
    labels += [row[position].text for row in table.heads if position < len(row) and row[position].colspan == 1]
    head = max((width_em(label) for label in labels), default=0.0) * 1.02
    body = max(widths, default=0.0)
    floor = max(
        *(_widest_token(label) * 1.02 for label in labels),
        max((_widest_stretch(text) for text in texts), default=0.0),
        head / math.ceil(head / 5.4) if head else 0.0,  # a head of six characters is set as three and three
        min(body, 6.0),
    )
    if body <= (14.0 if column.align == "decimal" else 7.0 if column.align == "right" else 0.0):
        floor = max(floor, body)
    return Demand(floor + 0.15, body + 0.15, min(head, 14.0) + 0.15, column.width or 1.0, tuple(widths))


def _set(demands: Sequence[Demand], available_mm: float, size_pt: float, *, fill: bool) -> tuple[float, ...] | None:
    """Widths in mm with insets, None where the columns do not fit."""
    em = size_pt * _MM_PER_PT
    found = column_widths.widths(demands, (available_mm - INSET_MM * len(demands)) / em, em, fill=fill)
    return None if found is None else tuple(round(width * em + INSET_MM, 2) for width in found)


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
    demands = [demand(table, position) for position in range(len(table.columns))]
    everything = tuple(range(len(demands)))
    fallback: tuple[float, Plan] | None = None
    good: Plan | None = None
    for turned, size in _SETTINGS:
        if good and turned:
            break
        available = TURNED_MM if turned else UPRIGHT_MM
        if turned and fallback and fallback[0] <= _MOST_LINES:
            break  # an upright page that wraps more than is nice is still better than a turned one
        widths = _set(demands, available, size, fill=fill)
        if widths is None:
            continue
        em = size * _MM_PER_PT
        rows = column_widths.lines(demands, [(width - INSET_MM) / em for width in widths])
        lines = float(rows.max(axis=1).sum()) + len(table.groups) if len(rows) == len(table.rows) else 0.0
        found = _checked(table, Plan(size, turned, (Part(everything, widths),), lines), available)
        most, mean = float(rows.max()), float(rows.max(axis=1).mean())
        if most <= _MOST_LINES and mean <= _MEAN_LINES:
            if good is None:
                good = found
                if len(table.rows) < _MANY_ROWS:
                    return found
            elif found.lines * found.size_pt < _MUCH_LOWER * good.lines * good.size_pt:
                return found  # nearly every row was broken for a character or two
            continue
        if fallback is None or most < fallback[0] or (most == fallback[0] and turned == fallback[1].turned):
            fallback = (most, found)
    if good:
        return good
    return fallback[1] if fallback else _split(table, demands, fill=fill)


def _split(table: Table, demands: list[Demand], *, fill: bool) -> Plan:
    size, parts = 7.8, []
    em = size * _MM_PER_PT
    limit = 0.45 * UPRIGHT_MM / em
    first = replace(
        demands[0],
        floor=min(demands[0].floor, limit),
        body=min(demands[0].body, limit),
        head=min(demands[0].head, limit),
    )
    rest = list(range(1, len(demands)))
    while rest:
        chosen: list[int] = []
        used = first.floor * em + INSET_MM
        while rest and (not chosen or used + demands[rest[0]].floor * em + INSET_MM <= UPRIGHT_MM):
            used += demands[rest[0]].floor * em + INSET_MM
            chosen.append(rest.pop(0))
        widths = _set([first, *(demands[position] for position in chosen)], UPRIGHT_MM, size, fill=fill)
        if widths is None:
            raise TableOverflow(table.id, used, UPRIGHT_MM)
        parts.append(Part((0, *chosen), widths))
    return _checked(table, Plan(size, False, tuple(parts)), UPRIGHT_MM)


def _checked(table: Table, found: Plan, available_mm: float) -> Plan:
    for part in found.parts:
        if sum(part.widths_mm) > available_mm + 0.2:
            raise TableOverflow(table.id, sum(part.widths_mm), available_mm)
    return found
