"""The document model: the blocks of a page, how a notebook's outputs carry them and how they are read back.

Display writes blocks as JSON under a mime type of planbrief's own (:func:`bundle`); exporters read that JSON into the
types here (:func:`read`) and nothing else of our notebooks, so a page does not depend on who ran the notebook. The JSON
is untrusted like everything else in a notebook: what does not fit is refused with a reason (:class:`BadBlock`), never
drawn half.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

#: Mime type of a block in a notebook's output.
MIME = "application/vnd.planbrief.v1+json"


@dataclass(frozen=True)
class Mark:
    """What stands behind a number: observations, formula, unit."""

    observations: tuple[str, ...] = ()
    formula: str = ""
    unit: str = ""
    key: str = ""
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.observations or self.formula)


@dataclass(frozen=True)
class Run:
    """A stretch of text; ``lang`` only where it differs from its surroundings."""

    text: str
    lang: str = ""
    strong: bool = False
    mark: Mark | None = None


Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    runs: Runs = ()
    value: float | None = None
    mark: Mark | None = None
    lang: str = ""
    tone: str = ""
    colspan: int = 1
    rowspan: int = 1
    head: bool = False
    align: str = ""

    @property
    def text(self) -> str:
        """The cell's text without any marking."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    key: str
    label: Runs
    unit: str = ""
    align: str = "left"
    width: float = 0.0
    lang: str = ""


@dataclass(frozen=True)
class Table:
    """A table, ours or read from another notebook's HTML; ``heads`` holds header rows where one is not enough."""

    id: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    lang: str = ""
    caption: Runs = ()
    groups: Mapping[int, Runs] = field(default_factory=dict)
    notes: tuple[Runs, ...] = ()
    sources: tuple[str, ...] = ()
    wide: bool = False
    sortable: bool = True
    heads: tuple[tuple[Cell, ...], ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart: its words; the drawing is kept beside it."""

    id: str
    lang: str
    caption: Runs
    alt: str
    notes: tuple[Runs, ...] = ()
    sources: tuple[str, ...] = ()
    data: Table | None = None
    width_mm: float = 160.0
    height_mm: float = 0.0
    #: SVG for narrow screens, not cleaned yet.
    narrow: str = ""


@dataclass(frozen=True)
class Sentence:
    """A paragraph, lead, bullet, callout or note with its numbers."""

    id: str
    lang: str
    style: str
    runs: Runs


@dataclass(frozen=True)
class KeyNumber:
    """One number of a row of key numbers: what it is, the number, a remark, and the few values of its small line."""

    label: Runs
    value: Runs
    note: Runs = ()
    points: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class KeyNumbers:
    """Numbers that a reader should see first, side by side."""

    id: str
    lang: str
    items: tuple[KeyNumber, ...]


@dataclass(frozen=True)
class Heading:
    """A heading made by a call."""

    id: str
    lang: str
    level: int
    runs: Runs


@dataclass(frozen=True)
class Cover:
    """What a report says of itself at the top."""

    lang: str
    title: str
    subtitle: str = ""
    place: tuple[str, ...] = ()
    data_as_of: str = ""
    notebook: str = ""


@dataclass(frozen=True)
class Sources:
    """The close of a report: documents, and the observations behind its numbers."""

    lang: str
    documents: tuple[Mapping[str, str], ...] = ()
    observations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: Those behind frames that a cell left as they are, with their documents: shown if the cell is.
    aside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    aside_documents: tuple[Mapping[str, str], ...] = ()
    citation: Runs = ()
    feedback: Runs = ()
    data_as_of: str = ""


Block = Cover | Heading | Sentence | KeyNumbers | Table | Chart | Sources


_ID = re.compile(r"[^\w.-]+")
_LANG = re.compile("[a-z]{2,3}")
#: Characters of one text, rows and columns of one table that a page takes.
MAX_TEXT, MAX_ROWS, MAX_COLUMNS = 20_000, 20_000, 200


class BadBlock(ValueError):
    """A block that does not follow the contract; the message names the field."""


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        raise BadBlock("text expected")
    text = str(value)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… [+{len(text) - MAX_TEXT}]"


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(_text(part) for part in value) if isinstance(value, Sequence) else ()


def _lang(value: object) -> str:
    return value if isinstance(value, str) and _LANG.fullmatch(value) else ""


def _number(value: object) -> float | None:
    return (
        float(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        else None
    )


def identifier(value: object, fallback: str) -> str:
    """An id that is safe as an HTML id, a Typst label and an address part.

    >>> identifier("a b<script>", "x")
    'a-b-script-'
    """
    return _ID.sub("-", str(value))[:80] if value else fallback


def _mark(value: Mapping[str, Any], observations: str = "observations", formula: str = "formula") -> Mark:
    return Mark(
        _texts(value.get(observations)),
        _text(value.get(formula)),
        _text(value.get("unit")),
        _text(value.get("key")),
        _text(value.get("note")),
    )


def runs(value: object) -> Runs:
    """Text, or a list of runs, as runs."""
    if value is None or value == "":
        return ()
    if not isinstance(value, list):
        return (Run(_text(value)),)
    found = []
    for part in value:
        if isinstance(part, str):
            found.append(Run(part))
        elif not isinstance(part, Mapping):
            raise BadBlock("a run is neither text nor an object")
        elif isinstance(part.get("figure"), Mapping):
            figure = part["figure"]
            found.append(
                Run(_text(figure.get("text")), _lang(figure.get("lang")), bool(part.get("strong")), _mark(figure))
            )
        else:
            found.append(Run(_text(part.get("t")), _lang(part.get("lang")), bool(part.get("strong"))))
    return tuple(found)


def _span(value: object) -> tuple[int, int]:
    if not isinstance(value, Sequence) or len(value) != 2:
        return 1, 1
    colspan, rowspan = (int(part) if isinstance(part, (int, float)) else 1 for part in value)
    return max(1, min(colspan, 100)), max(1, min(rowspan, 1000))


def _cell(value: object) -> Cell:
    if not isinstance(value, Mapping):
        return Cell(runs(value))
    colspan, rowspan = _span(value.get("span"))
    tone = str(value.get("tone") or "")
    return Cell(
        runs(value["runs"] if value.get("runs") else value.get("t")),
        _number(value.get("v")),
        _mark(value, "o", "f") or None,
        _lang(value.get("lang")),
        tone if tone in ("muted", "warn", "good") else "",
        colspan,
        rowspan,
        bool(value.get("head")),
    )


def _column(value: object, position: int) -> Column:
    if not isinstance(value, Mapping):
        return Column(f"c{position}", runs(value))
    align = value.get("align")
    return Column(
        _text(value.get("key")) or f"c{position}",
        runs(value.get("label")),
        _text(value.get("unit")),
        str(align) if align in ("left", "right", "center", "decimal") else "left",
        _number(value.get("width")) or 0.0,
        _lang(value.get("header_lang")),
    )


def _groups(value: object) -> dict[int, Runs]:
    if isinstance(value, Mapping):
        return {int(row): runs(label) for row, label in value.items() if str(row).isdigit()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        pairs = [part for part in value if isinstance(part, Sequence) and len(part) == 2 and isinstance(part[0], int)]
        return {int(row): runs(label) for row, label in pairs}
    return {}


def _row(row: list[Any], width: int) -> tuple[Cell, ...]:
    """Cells of a row by column; the places that a span covers are cells with ``colspan`` 0."""
    found: list[Cell] = []
    for value in row:
        cell = _cell(value)
        if len(found) + cell.colspan > width:
            cell = replace(cell, colspan=max(1, width - len(found)))
        found.append(cell)
        found.extend([Cell(colspan=0)] * (cell.colspan - 1))
        if len(found) >= width:
            break
    return tuple(found[:width])


def _table(value: Mapping[str, Any], fallback: str) -> Table:
    columns = value.get("columns")
    rows = value.get("rows")
    if not isinstance(columns, list) or not columns:
        raise BadBlock("table without columns")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadBlock("table without rows")
    width = len(columns)
    if len(rows) > MAX_ROWS or width > MAX_COLUMNS:
        raise BadBlock(f"table of {len(rows)} rows and {width} columns; a page takes {MAX_ROWS} and {MAX_COLUMNS}")
    return Table(
        identifier(value.get("id"), fallback),
        tuple(_column(column, position) for position, column in enumerate(columns)),
        tuple(_row(row, width) for row in rows),
        _lang(value.get("lang")),
        runs(value.get("caption")),
        _groups(value.get("groups")),
        tuple(runs(note) for note in _list(value.get("notes"))),
        _texts(value.get("sources")),
        bool(value.get("wide")),
        value.get("sortable") is not False,
    )


def _list(value: object) -> list[Any]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _chart(value: Mapping[str, Any], fallback: str) -> Chart:
    data = value.get("data")
    name = identifier(value.get("id"), fallback)
    return Chart(
        name,
        _lang(value.get("lang")),
        runs(value.get("caption")),
        _text(value.get("alt")),
        tuple(runs(note) for note in _list(value.get("notes"))),
        _texts(value.get("sources")),
        _table(data, f"{name}-data") if isinstance(data, Mapping) and data.get("columns") else None,
        min(max(_number(value.get("width_mm")) or 160.0, 20.0), 400.0),
        max(_number(value.get("height_mm")) or 0.0, 0.0),
        value["narrow"] if isinstance(value.get("narrow"), str) else "",
    )


def _documents(value: object) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {str(key): _text(part) for key, part in document.items() if not isinstance(part, (list, dict))}
        for document in _list(value)
        if isinstance(document, Mapping)
    )


def _cards(value: object) -> dict[str, Mapping[str, Any]]:
    known = value if isinstance(value, Mapping) else {}
    return {str(key): part for key, part in known.items() if isinstance(part, Mapping)}


def _sources(value: Mapping[str, Any]) -> Sources:
    return Sources(
        _lang(value.get("lang")),
        _documents(value.get("documents")),
        _cards(value.get("observations")),
        _cards(value.get("aside")),
        _documents(value.get("aside_documents")),
        runs(value.get("citation")),
        runs(value.get("feedback")),
        _text(value.get("data_as_of")),
    )


def _key_number(value: Mapping[str, Any]) -> KeyNumber:
    points = [part for part in _list(value.get("points")) if isinstance(part, list) and len(part) == 2]
    pairs = [(_number(year), _number(level)) for year, level in points[:MAX_COLUMNS]]
    line = tuple((year, level) for year, level in pairs if year is not None and level is not None)
    return KeyNumber(runs(value.get("label")), runs(value.get("value")), runs(value.get("note")), line)


def small_line(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The values of a small line between 0 and 1 in both directions, years at their true distances, up being more.

    >>> small_line([(2023, 100), (2026, 150), (2035, 200)])
    [(0.0, 0.0), (0.25, 0.5), (1.0, 1.0)]
    """
    if len(points) < 2:
        return []
    years, levels = [point[0] for point in points], [point[1] for point in points]
    wide, high = max(years) - min(years), max(levels) - min(levels)
    if wide <= 0:
        return []
    return [
        (round((year - min(years)) / wide, 4), round((level - min(levels)) / high, 4) if high else 0.5)
        for year, level in points
    ]


def read(value: object, fallback: str) -> Block:
    """Read one block.

    Parameters
    ----------
    value : object
        The JSON of the mime type.
    fallback : str
        Id for a block without one.

    Raises
    ------
    BadBlock
        It does not follow the contract.
    """
    if not isinstance(value, Mapping):
        raise BadBlock("not an object")
    kind, lang = value.get("block"), _lang(value.get("lang"))
    name = identifier(value.get("id"), fallback)
    if kind == "cover":
        return Cover(
            lang,
            _text(value.get("title")),
            _text(value.get("subtitle")),
            _texts(value.get("place")),
            _text(value.get("data_as_of")),
            _text(value.get("notebook")),
        )
    if kind == "heading":
        level = value.get("level")
        return Heading(name, lang, level if isinstance(level, int) and 1 <= level <= 6 else 2, runs(value.get("text")))
    if kind == "sentence":
        style = value.get("style")
        known = ("paragraph", "lead", "bullet", "callout", "note")
        return Sentence(name, lang, str(style) if style in known else "paragraph", runs(value.get("runs")))
    if kind == "numbers":
        return KeyNumbers(
            name, lang, tuple(_key_number(item) for item in _list(value.get("items")) if isinstance(item, Mapping))
        )
    if kind == "table":
        return _table(value, fallback)
    if kind == "chart":
        return _chart(value, fallback)
    if kind == "sources":
        return _sources(value)
    raise BadBlock(f"block {str(kind)[:40]!r}")


#: Mime type of a block in a notebook's output.

BlockJson = dict[str, Any]
#: What a drawing stands on in JupyterLab; pages have a ground of their own and take it off.
GROUND = 'style="background:#fff"'


def run_text(runs: Iterable[Mapping[str, Any]]) -> str:
    """Plain text of runs."""
    return "".join(run["figure"]["text"] if "figure" in run else run["t"] for run in runs)


def as_runs(text: str | list[Any]) -> list[Mapping[str, Any]]:
    """A block's text or list of runs as a list of runs."""
    return [{"t": text}] if isinstance(text, str) else list(text)


def bundle(block: BlockJson, plain: str, markup: str, svg: str | None = None) -> dict[str, Any]:
    """The mime bundle of a block: planbrief's own type first, then what JupyterLab and terminals show."""
    data: dict[str, Any] = {MIME: block, "text/plain": plain}
    if markup:
        data["text/html"] = markup
    if svg is not None:
        data["image/svg+xml"] = svg
    return data


def table_text(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A table in a terminal: columns separated by two spaces, wide characters counted twice."""

    def width(text: str) -> int:
        return sum(2 if ord(char) > 0x2E7F else 1 for char in text)

    lines = [list(head), *[list(row) for row in rows]]
    count = max((len(line) for line in lines), default=0)
    widths = [max((width(line[i]) for line in lines if i < len(line)), default=0) for i in range(count)]
    shown = [
        "  ".join(text + " " * (widths[i] - width(text)) for i, text in enumerate(line)).rstrip() for line in lines
    ]
    return "\n".join(([caption] if caption else []) + shown)
