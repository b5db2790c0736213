"""How a table is laid out: decimals under each other, widths of columns, where it is split.

That stands on how wide text is in the packaged fonts, and where a line may break.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from planbrief.display.document import Cell, Table
from planbrief.errors import RunError

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

    >>> covered("巴"), covered("\ue000")
    (True, False)
    """
    code = ord(character)
    if 0xE000 <= code <= 0xF8FF or code >= 0xF0000:
        return False  # private use: PDF/A forbids it whatever the font has
    if code < 0x7F or code in _IGNORABLE:
        return True
    lows, highs, _ = _fonts()
    position = bisect_right(lows, code) - 1
    return (position >= 0 and code <= highs[position]) or code in _more_characters()


@cache
def more_faces() -> tuple[Path, ...]:
    """Font files of the extra ``faces`` where it is installed: emoji, Korean, rare Han, Arabic letters and others."""
    found = [find_spec(name) for name in ("manimgx_fonts", "manimgx_fonts_cjk")]
    folders = [Path(folder) for spec in found if spec for folder in spec.submodule_search_locations or ()]
    return tuple(path for folder in folders for path in sorted(folder.glob("Noto*")) if path.suffix in (".ttf", ".ttc"))


#: Scripts that the extra faces are taken for: Arabic letters, Thai, Korean, kana, Han, symbols and emoji.
_MORE = (
    (0x0600, 0x06FF), (0x0750, 0x077F), (0x0E01, 0x0E5B), (0x1100, 0x11FF), (0x2190, 0x2BFF), (0x3040, 0x318F),
    (0x3400, 0x4DBF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x1F000, 0x1FAFF), (0x20000, 0x3FFFF),
)  # fmt: skip


@cache
def _more_characters() -> frozenset[int]:
    if not more_faces():
        return frozenset()
    from matplotlib.ft2font import FT2Font

    held = {code for path in more_faces() for code in FT2Font(str(path)).get_charmap()}
    return frozenset(code for code in held if any(low <= code <= high for low, high in _MORE))


def width_em(text: str) -> float:
    """Width of a text set in the sans face, in em; a Chinese character is 1.

    Where Chinese meets Latin letters or digits, a quarter em is set between them.

    >>> width_em("巴中"), width_em("万A") > width_em("万") + width_em("A")
    (2.0, True)
    """
    return sum(map(_advance, text)) + 0.25 * len(_MEETING.findall(text))


@cache
def _advance(character: str) -> float:
    """Width of one character; one without a face stands as its code point."""
    width = _fonts()[2].get(character)
    return width if width is not None else 1.0 if covered(character) else 0.58 * len(f"[U+{ord(character):04X}]")


#: Longest stretch, in em, that is kept together in running text; in a table's cell, since columns are made wide enough
#: for it; in a column's head, since no column is narrower (both by :func:`planbrief.render.table_layout.demand`).
IN_PROSE_EM, IN_CELL_EM, IN_HEAD_EM = 12.0, 8.0, 2.7
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_CHINESE_UNIT = (
    rf"[十百千万亿]{{0,2}}(?:平方公里|平方千米|平方米|立方米|公里|公顷|千瓦时|千瓦|人次|分钟|个?百分点|[{_HAN}])"
)
_ENGLISH_UNIT = (
    r"(?:thousand|million|billion|trillion|yuan|mu|hectares?|tonnes?|people|years?|times|minutes?|metres|kilometres|"
    r"percentage|per cent|square|cubic|[km]m[²³]?|m[²³]?|k[gWV]|MW|January|February|March|April|May|June|July|August|"
    r"September|October|November|December)(?![A-Za-z-])"
)
_AMOUNT = r"[0-9][0-9,]*(?:\.[0-9]+)?(?:[–-][0-9][0-9,]*(?:\.[0-9]+)?)?"
#: A line may break at the edge of a box wherever it might between two words: marks that may begin or end no line come
#: along (the typesetter keeps brackets, commas and stops at their word).
_QUANTITY = re.compile(
    rf"(?<![0-9.,A-Za-z–-])[¥￥$€£±+−~≈≤≥]?"
    rf"(?:(?:{_AMOUNT}[ \u00a0]?{_CHINESE_UNIT})+(?![0-9])|{_AMOUNT}[ \u00a0]{_ENGLISH_UNIT})"
    r"[；：…—–・·々～]*"
    r"|[(（][十百千万亿]{1,2}元[)）]"
)
_CHINESE, _LATIN = re.compile(f"[{_HAN}]"), re.compile("[0-9A-Za-z]")


def spans(text: str, longest_em: float = IN_PROSE_EM) -> list[tuple[int, int]]:
    """First and last position (exclusive) of the stretches that no line may break, in order and apart.

    Parameters
    ----------
    text : str
        A line of text.
    longest_em : float
        A stretch that is wider, in em, may break; 0 lets everything break.

    >>> text = "从2023年的142.8 亿元到2025年7月1日；等等"
    >>> [text[start:end] for start, end in spans(text)]
    ['2023年', '142.8 亿元', '2025年7月1日；']
    """
    if not longest_em:
        return []
    return [match.span() for match in _QUANTITY.finditer(text) if width_em(match.group()) <= longest_em]


def spaced(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether Chinese meets a letter or digit where a stretch starts and where it ends.

    The typesetter puts a quarter em there, but not at the edge of a box.

    >>> spaced("从2023年的", 1, 6), spaced("用5吨CO₂", 1, 3)
    ((True, False), (True, True))
    """
    before, after = text[start - 1 : start], text[end : end + 1]
    return bool(_CHINESE.match(before)), bool(_CHINESE.match(text[end - 1]) and _LATIN.match(after))


_NUMBER = re.compile(r"[0-9０-９](?:[0-9０-９,，\u202f\u00a0 ]*[0-9０-９])?")


def tail(text: str) -> str | None:
    """What follows the integer part of the last number of a cell; None where the cell holds no number.

    >>> tail("≥ 1,234.5 *")
    '.5 *'
    >>> tail("142") , tail("—")
    ('', None)
    """
    matches = list(_NUMBER.finditer(text))
    if not matches:
        return None
    last = matches[-1]
    if last.start() and text[last.start() - 1] == "." and len(matches) > 1:
        last = matches[-2]
    return text[last.end() :]


def paddings(texts: Sequence[str]) -> list[float]:
    """Space to the right of each cell of a decimal column, in em.

    >>> paddings(["1.25", "3"])[0]
    0.0
    """
    tails = [tail(text) for text in texts]
    widths = [width_em(part) if part is not None else 0.0 for part in tails]
    # A long remark after one number must not push the whole column to the left.
    widest = max((width for width in widths if width <= 3.0), default=0.0)
    return [
        max(0.0, round(widest - width, 3)) if part is not None else 0.0
        for part, width in zip(tails, widths, strict=True)
    ]


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


def line_counts(demands: Sequence[Demand], widths_em: Sequence[float]) -> np.ndarray:
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


def column_widths(demands: Sequence[Demand], free_em: float, em_mm: float, *, fill: bool) -> list[float] | None:
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
    fitted = column_widths(demands, (available_mm - INSET_MM * len(demands)) / em, em, fill=fill)
    return None if fitted is None else tuple(round(width * em + INSET_MM, 2) for width in fitted)


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
        rows = line_counts(demands, [(width - INSET_MM) / em for width in widths])
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


def _checked(table: Table, chosen_plan: Plan, available_mm: float) -> Plan:
    for part in chosen_plan.parts:
        if sum(part.widths_mm) > available_mm + 0.2:
            raise TableOverflow(table.id, sum(part.widths_mm), available_mm)
    return chosen_plan
