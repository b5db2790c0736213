"""How a notebook's outputs carry the blocks of a page: written as JSON, and read back.

Blocks are written under a mime type of planbrief's own (:func:`written`, :func:`bundle`); exporters read that JSON
(:func:`read`) and nothing else of our notebooks, so a page does not depend on who ran the notebook. The JSON is
untrusted like everything else in a notebook: what does not fit is refused with a reason (:class:`BadBlock`), never
drawn half.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from planbrief.display.document import (
    Block,
    Cell,
    Chart,
    Column,
    Cover,
    Heading,
    KeyNumber,
    KeyNumbers,
    Mark,
    Run,
    Runs,
    Sentence,
    Sources,
    Table,
    run_text,
)

#: Mime type of a block in a notebook's output.
MIME = "application/vnd.planbrief.v1+json"
#: A block as JSON.
BlockJson = dict[str, Any]
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


def _mark(value: Mapping[str, Any]) -> Mark:
    return Mark(
        _texts(value.get("observations")),
        _text(value.get("formula")),
        _text(value.get("unit")),
        _text(value.get("key")),
        _text(value.get("note")),
        _number(value.get("value")),
        _text(value.get("measure")),
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
        return Cell(runs=runs(value))
    tone = str(value.get("tone") or "")
    return Cell(
        _number(value.get("v")),
        _texts(value.get("o")),
        _text(value.get("f")),
        tone if tone in ("muted", "warn", "good") else "",
        _span(value.get("span")),
        bool(value.get("head")),
        runs=runs(value["runs"] if value.get("runs") else value.get("t")),
        note=_text(value.get("note")),
        unit=_text(value.get("u")),
        lang=_lang(value.get("lang")),
    )


def _column(value: object, position: int) -> Column[Runs]:
    if not isinstance(value, Mapping):
        return Column(f"c{position}", runs(value), align="left")
    align = value.get("align")
    return Column(
        _text(value.get("key")) or f"c{position}",
        runs(value.get("label")),
        unit=_text(value.get("unit")),
        align=str(align) if align in ("left", "right", "center", "decimal") else "left",
        width=_number(value.get("width")) or 0.0,
    )


#: A place that a cell beside or above it covers.
COVERED = Cell(span=(0, 1))


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
            cell = replace(cell, span=(max(1, width - len(found)), cell.rowspan))
        found.append(cell)
        found.extend([COVERED] * (cell.colspan - 1))
        if len(found) >= width:
            break
    return tuple(found[:width])


def _table(value: Mapping[str, Any], fallback: str) -> Table[Runs]:
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
        tuple(_column(column, position) for position, column in enumerate(columns)),
        tuple(_row(row, width) for row in rows),
        runs(value.get("caption")),
        _notes(value.get("notes")),
        _texts(value.get("sources")),
        _groups(value.get("groups")),
        bool(value.get("wide")),
        value.get("sortable") is not False,
        identifier(value.get("id"), fallback),
        _lang(value.get("lang")),
    )


def _list(value: object) -> list[Any]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _notes(value: object) -> tuple[Runs, ...]:
    return tuple(runs(note) for note in _list(value))


def _chart(value: Mapping[str, Any], fallback: str) -> Chart[Runs]:
    data = value.get("data")
    name = identifier(value.get("id"), fallback)
    return Chart(
        "",
        runs(value.get("caption")),
        _text(value.get("alt")),
        _table(data, f"{name}-data") if isinstance(data, Mapping) and data.get("columns") else None,
        _notes(value.get("notes")),
        _texts(value.get("sources")),
        min(max(_number(value.get("width_mm")) or 160.0, 20.0), 400.0),
        max(_number(value.get("height_mm")) or 0.0, 0.0),
        value["narrow"] if isinstance(value.get("narrow"), str) else "",
        name,
        _lang(value.get("lang")),
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


def _key_number(value: Mapping[str, Any]) -> KeyNumber[Runs]:
    points = [part for part in _list(value.get("points")) if isinstance(part, list) and len(part) == 2]
    pairs = [(_number(year), _number(level)) for year, level in points[:MAX_COLUMNS]]
    line = tuple((year, level) for year, level in pairs if year is not None and level is not None)
    return KeyNumber(runs(value.get("label")), runs(value.get("value")), runs(value.get("note")), points=line)


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
        items = tuple(_key_number(item) for item in _list(value.get("items")) if isinstance(item, Mapping))
        return KeyNumbers(items, name, lang)
    if kind == "table":
        return _table(value, fallback)
    if kind == "chart":
        return _chart(value, fallback)
    if kind == "sources":
        return _sources(value)
    raise BadBlock(f"block {str(kind)[:40]!r}")


def _run_json(run: Run) -> BlockJson:
    found: BlockJson = {"t": run.text}
    if run.mark is not None:
        mark = run.mark
        figure: BlockJson = {
            "text": run.text, "key": mark.key, "value": mark.value, "unit": mark.unit, "measure": mark.measure,
            "observations": list(mark.observations), "formula": mark.formula,
        }  # fmt: skip
        found = {"figure": {**figure, "note": mark.note} if mark.note else figure}
    if run.lang:
        found["lang"] = run.lang
    if run.strong:
        found["strong"] = True
    return found


def _runs_json(runs: Iterable[Run]) -> list[BlockJson]:
    return [_run_json(run) for run in runs]


def _words_json(runs: Runs) -> str | list[BlockJson]:
    """A label, caption or note: its text, or runs where part of it is in another language."""
    return _runs_json(runs) if any(run.lang for run in runs) else run_text(runs)


def _cell_json(cell: Cell) -> BlockJson:
    found: BlockJson = {}
    if len(cell.runs) == 1 and cell.runs[0].mark is None:
        found["t"] = cell.runs[0].text
    else:
        found["runs"] = _runs_json(cell.runs)
    told = {
        "lang": cell.lang, "v": cell.value, "note": cell.note, "o": list(cell.observations), "f": cell.formula,
        "u": cell.unit, "tone": cell.tone, "span": list(cell.span) if cell.span != (1, 1) else None, "head": cell.head,
    }  # fmt: skip
    return found | {name: part for name, part in told.items() if part or (name == "v" and part is not None)}


def _column_json(column: Column[Runs]) -> BlockJson:
    found: BlockJson = {"key": column.key, "label": _words_json(column.label), "align": column.aligned}
    told = {"unit": column.unit, "width": column.width}
    return found | {name: part for name, part in told.items() if part}


def _table_json(table: Table[Runs]) -> BlockJson:
    return {
        "caption": _words_json(table.caption),
        "columns": [_column_json(column) for column in table.columns],
        "rows": [[_cell_json(cell) for cell in row] for row in table.rows],
        "groups": {str(index): _words_json(label) for index, label in table.groups.items()},
        "notes": [_words_json(note) for note in table.notes],
        "sources": list(table.sources),
        "wide": table.wide,
        "sortable": table.sortable,
    }


def _chart_json(chart: Chart[Runs]) -> BlockJson:
    return {
        "caption": _words_json(chart.caption),
        "alt": chart.alt,
        "notes": [_words_json(note) for note in chart.notes],
        "sources": list(chart.sources),
        "data": written(chart.data) if chart.data is not None else None,
        "width_mm": chart.width_mm,
        "height_mm": chart.height_mm,
        "narrow": chart.narrow,
    }


def _key_number_json(number: KeyNumber[Runs]) -> BlockJson:
    return {
        "label": _words_json(number.label),
        "value": _runs_json(number.value),
        "note": _runs_json(number.note),
        "points": [list(point) for point in number.points],
    }


def _cover_json(cover: Cover) -> BlockJson:
    return {
        "title": cover.title,
        "subtitle": cover.subtitle,
        "place": list(cover.place),
        "data_as_of": cover.data_as_of,
        "data_as_of_text": cover.data_as_of_text,
        "notebook": cover.notebook,
        "parameters": dict(cover.parameters),
    }


def _sources_json(sources: Sources) -> BlockJson:
    found = {
        "title": sources.title,
        "documents": list(sources.documents),
        "observations": dict(sources.observations),
        "citation": _words_json(sources.citation),
        "feedback": _words_json(sources.feedback),
        "data_as_of": sources.data_as_of,
        "figures": dict(sources.figures),
        "reads": list(sources.reads),
    }
    aside = {"aside": dict(sources.aside), "aside_documents": list(sources.aside_documents)}
    return found | aside if sources.aside else found


#: Kinds of blocks, and the JSON of each.
_WRITTEN: Mapping[type, tuple[str, Callable[[Any], BlockJson]]] = {
    Cover: ("cover", _cover_json),
    Heading: ("heading", lambda block: {"level": block.level, "text": _words_json(block.runs)}),
    Sentence: ("sentence", lambda block: {"style": block.style, "runs": _runs_json(block.runs)}),
    KeyNumbers: ("numbers", lambda block: {"items": [_key_number_json(number) for number in block.items]}),
    Table: ("table", _table_json),
    Chart: ("chart", _chart_json),
    Sources: ("sources", _sources_json),
}


def written(block: Block) -> BlockJson:
    """A worded block as JSON, which :func:`read` reads back."""
    kind, contents = _WRITTEN[type(block)]
    return {"block": kind, "lang": block.lang, "id": block.id, **contents(block)}


#: What a drawing stands on in JupyterLab; pages have a ground of their own and take it off.
GROUND = 'style="background:#fff"'


def bundle(block: BlockJson, plain: str, markup: str, svg: str | None = None) -> dict[str, Any]:
    """The mime bundle of a block: planbrief's own type first, then what JupyterLab and terminals show."""
    data: dict[str, Any] = {MIME: block, "text/plain": plain}
    if markup:
        data["text/html"] = markup
    if svg is not None:
        data["image/svg+xml"] = svg
    return data
