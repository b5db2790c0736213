"""Tables of figures: made from values or built by hand, as blocks, and as plain HTML and text for notebooks."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from planbrief.display.document import BlockJson, as_runs, run_text, table_text
from planbrief.display.language import (
    Lang,
    Run,
    Text,
    is_bilingual,
    mark,
    marked,
    message,
    pick,
    sentence_case,
    term,
)
from planbrief.display.quantities import (
    decimal_text,
    figure_period,
    interval_text,
    is_figure,
    kept_beside,
    level_decimal,
    unit_words,
    value_text,
)
from planbrief.display.state import Page, places
from planbrief.errors import PlanbriefError

if TYPE_CHECKING:
    import pandas as pd


__all__ = ["cells_of", "from_frame", "from_records"]


def _ids(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, tuple | list):
        return tuple(str(one) for one in value)
    return ()


def _plain(value: object) -> object:
    if hasattr(value, "item") and not is_figure(value):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):  # an open end is no number to show
        return None
    return value


def cells_of(record: Mapping[str, Any], columns: Sequence[Column]) -> tuple[Cell, ...]:
    """Cells of one record.

    Observation ids come from ``<key>_observations``, else (for numbers) from ``observations``; the formula from
    ``<key>_formula``; the printed digits from ``<key>_printed``; a tone (muted, warn, good) from ``<key>_tone``.
    """
    cells = []
    for column in columns:
        value = _plain(record[column.key])
        if isinstance(value, Cell):
            cells.append(value)
            continue
        own = _ids(record.get(f"{column.key}_observations"))
        if not own and isinstance(value, int | float) and not isinstance(value, bool) and column.measure != "period":
            own = _ids(record.get("observations"))
        cells.append(
            Cell(
                value,
                observations=own,
                formula=str(record.get(f"{column.key}_formula") or ""),
                tone=str(record.get(f"{column.key}_tone") or ""),
                printed=str(record.get(f"{column.key}_printed") or ""),
            )
        )
    return tuple(cells)


def from_records(
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    caption: Text,
    *,
    group: str = "",
    group_labels: Mapping[str, Text] | None = None,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    wide: bool = False,
    sortable: bool = True,
) -> Table:
    """A table from mappings, one per row (see :func:`from_frame`)."""
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Text] = {}
    last: object = None
    for record in records:
        missing = [column.key for column in columns if column.key not in record]
        if missing:
            known = ", ".join(str(key) for key in record)
            raise BadTable(str(caption), f"no column {missing[0]!r} in the data, which has {known}")
        if group and record[group] != last:
            last = record[group]
            groups[len(rows)] = (group_labels or {}).get(str(last), str(last))
        rows.append(cells_of(record, columns))
    return Table(tuple(columns), tuple(rows), caption, tuple(notes), tuple(sources), groups, wide, sortable)


def from_frame(frame: pd.DataFrame, columns: Sequence[Column], caption: Text, **options: Any) -> Table:
    """A table from a data frame.

    Parameters
    ----------
    frame : DataFrame
        One row per table row. Values may be Figures, Labels, Cells, numbers or text.
    columns : sequence of Column
        Columns to show, by the frame's column names (the index counts as a column if it has a name).
    caption : text
        What the table shows.
    **options
        ``group`` (a column whose changes start a group; ``group_labels`` words them), ``notes``, ``sources``,
        ``wide``, ``sortable``.

    Raises
    ------
    BadTable
        The frame lacks a column.
    """
    named = any(name is not None for name in frame.index.names)
    plain = frame.reset_index() if named else frame
    missing = [column.key for column in columns if column.key not in plain.columns]
    if missing:
        known = ", ".join(str(name) for name in plain.columns)
        raise BadTable(str(caption), f"no column {missing[0]!r} in the frame, which has {known}")
    records: list[Mapping[str, Any]] = [
        {str(key): value for key, value in record.items()} for record in plain.to_dict("records")
    ]
    return from_records(records, columns, caption, **options)


#: Measures whose cells line up at the decimal point.
NUMERIC = frozenset({"level", "rate", "share", "points", "multiple", "years", "count", "index", "number", "bare"})
#: Measures that show a percent sign in the head of the column instead of in each cell.
PERCENT = frozenset({"rate", "share"})


class BadTable(PlanbriefError):
    """A table's rows and columns do not fit together."""

    def __init__(self, caption: str, problem: str) -> None:
        super().__init__(caption, problem)
        self.caption, self.problem = caption, problem

    def __str__(self) -> str:
        return f"table “{self.caption}”: {self.problem}"


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    key : str
        Name of the column; in :func:`planbrief.display.table.from_frame`, the frame's column.
    label : text
        Head.
    measure : str
        ``text``, ``code`` (a word of ``vocabulary``), ``name`` (a key of the reference table ``table``), ``period``,
        a figure's measure (``level``, ``rate``, ``share`` …), or ``bare``: figures without unit, which stands in a
        column of its own.
    unit : str
        Printed unit of all cells, shown in the head (亿元; English adds "100 million yuan").
    align : str
        ``left``, ``right``, ``center`` or ``decimal``; chosen by the measure if empty.
    width : float
        Relative width; 0 lets the page decide.
    head : bool
        Whether the cells are row headers.
    """

    key: str
    label: Text
    measure: str = "text"
    unit: str = ""
    align: str = ""
    width: float = 0
    head: bool = False
    vocabulary: str = ""
    table: str = ""

    @property
    def aligned(self) -> str:
        """Alignment of the column."""
        return self.align or ("decimal" if self.measure in NUMERIC else "left")


@dataclass(frozen=True)
class Cell:
    """A cell: a raw value (Figure, Label, number, text, None) and what stands behind it."""

    value: object = None
    observations: tuple[str, ...] = ()
    formula: str = ""
    tone: str = ""
    span: tuple[int, int] = (1, 1)
    head: bool = False
    printed: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    columns : tuple of Column
        Columns, left to right.
    rows : tuple of tuple of Cell
        Rows; a cell with a span stands for the cells it covers.
    caption : text
        What the table shows.
    notes : tuple of text
        Notes below the table.
    sources : tuple of str
        ``source_id`` of the documents; those of the cells' observations if empty.
    groups : mapping of int to text
        Group label before the row with that index.
    wide : bool
        The table needs a wide (turned) page.
    sortable : bool
        Readers may sort it in HTML.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: Text = ""
    notes: tuple[Text, ...] = ()
    sources: tuple[str, ...] = ()
    groups: Mapping[int, Text] = field(default_factory=dict)
    wide: bool = False
    sortable: bool = True

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            cells = sum(cell.span[0] for cell in row)
            if cells > len(self.columns):
                problem = f"row {number} has {cells} cells for {len(self.columns)} columns"
                raise BadTable(pick(self.caption, "en"), problem)

    def observations(self) -> tuple[str, ...]:
        """Ids of all observations behind the table, each once."""
        found: dict[str, None] = {}
        for row in self.rows:
            for cell in row:
                for obs_id in observations_of(cell):
                    found.setdefault(obs_id)
        return tuple(found)


def observations_of(cell: Cell) -> tuple[str, ...]:
    """Observations behind a cell: its own, else those of its figure."""
    if not cell.observations and is_figure(cell.value):
        figure: Any = cell.value
        return tuple(figure.observations)
    return cell.observations


def head_unit(column: Column, lang: Lang) -> tuple[str, str]:
    """Unit in the head of a column: words of the language, and the printed unit kept beside them."""
    if column.measure in PERCENT:
        return "%", ""
    if column.measure in ("points", "multiple", "years"):
        return message(f"number.{column.measure}", lang, value="").strip(), ""
    if not column.unit or column.unit == "1":
        return "", ""
    return unit_words(column.unit, lang)


def cell_runs(cell: Cell, column: Column, page: Page) -> list[Run]:
    """A cell in words. Numbers leave out the unit that stands in the head of their column."""
    value, lang = cell.value, page.lang
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return [{"t": ""}]
    if is_figure(value):
        return figure_cell(value, cell, column, page)
    if isinstance(value, bool):
        return [{"t": "✓" if value else ""}]
    if isinstance(value, int | float):
        if column.measure == "period":
            return [{"t": str(int(value))}]
        number = level_decimal(float(value) * (100 if column.measure == "rate" else 1), cell.printed)
        return [{"t": decimal_text(number, lang)}]
    if isinstance(value, tuple) or is_bilingual(value):
        return mark(pick(value, lang), lang)
    text = str(value)
    if column.measure == "period":
        return mark(figure_period(text, lang), lang)
    if column.measure == "code":
        return mark(sentence_case(term(column.vocabulary, text, lang)), lang)
    if column.measure == "name" and page.ds is not None:
        return mark(page.ds.name(column.table, text, lang), lang)
    return mark(text, lang)


def figure_cell(figure: Any, cell: Cell, column: Column, page: Page) -> list[Run]:
    """A figure in a cell: bare digits where the head holds the unit, else value and unit."""
    lang = page.lang
    printed = cell.printed or page.printed(figure)
    percent = figure.measure in PERCENT and column.measure in PERCENT
    same = figure.measure == column.measure and (figure.measure not in ("level", "count") or figure.unit == column.unit)
    bare = (percent or same or column.measure == "bare") and not math.isnan(figure.value)
    runs = mark(value_text(figure, lang, printed, bare=bare, even=bare), lang)
    if not bare and (kept := kept_beside(figure, lang, printed)):
        runs += [{"t": " ("}, {"t": kept, "lang": "zh"}, {"t": ")"}]
    return runs


def cell_json(cell: Cell, column: Column, page: Page) -> dict[str, Any]:
    """A cell as blocks carry it."""
    runs = cell_runs(cell, column, page)
    found: dict[str, Any] = {}
    if len(runs) == 1 and "t" in runs[0]:
        found["t"] = runs[0]["t"]
        if lang := runs[0].get("lang"):
            found["lang"] = lang
    else:
        found["runs"] = runs
    value, tone, formula = cell.value, cell.tone, cell.formula
    if is_figure(value):
        figure: Any = value
        formula = formula or figure.formula
        if math.isfinite(figure.value):
            found["v"] = figure.value
        else:
            tone = tone or "muted"
        if note := interval_text(figure, page.lang):
            found["note"] = note
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        found["v"] = value
    if ids := page.use(observations_of(cell)):
        found["o"] = ids
    if formula:
        found["f"] = formula
    if tone:
        found["tone"] = tone
    if cell.span != (1, 1):
        found["span"] = list(cell.span)
    if cell.head or column.head:
        found["head"] = True
    return found


def column_json(column: Column, lang: Lang) -> dict[str, Any]:
    """A column head; an English head keeps the printed money unit (亿元) beside its own words, as a run of its own."""
    label = pick(column.label, lang)
    found: dict[str, Any] = {"key": column.key, "label": marked(label, lang), "align": column.aligned}
    unit, kept = head_unit(column, lang)
    if unit and kept:
        found["label"] = [*mark(label, lang), {"t": f" ({unit}, "}, {"t": kept, "lang": "zh"}, {"t": ")"}]
    elif unit:
        found["unit"] = unit
    if column.width:
        found["width"] = column.width
    return found


def table_block(table: Table, page: Page, block_id: str = "") -> BlockJson:
    """A table as a block; observations of its cells count as shown on the page."""
    lang = page.lang
    rows = []
    for row in table.rows:
        cells, position = [], 0
        for cell in row:
            column = table.columns[min(position, len(table.columns) - 1)]
            cells.append(cell_json(cell, column, page))
            position += cell.span[0]
        rows.append(cells)
    sources = list(table.sources) or list(
        dict.fromkeys(source for one in table.observations() if (source := page.raw(one).get("source_id", "")))
    )
    for source in sources:
        page.sources.setdefault(source)
    return {
        "block": "table",
        "lang": lang,
        "id": block_id or page.identify("table"),
        "caption": marked(pick(table.caption, lang), lang),
        "columns": [column_json(column, lang) for column in table.columns],
        "rows": rows,
        "groups": {str(index): marked(pick(label, lang), lang) for index, label in table.groups.items()},
        "notes": [marked(pick(note, lang), lang) for note in table.notes],
        "sources": sources,
        "wide": table.wide,
        "sortable": table.sortable,
    }


def run_html(runs: Iterable[Mapping[str, Any]], lang: str) -> str:
    """Runs as HTML for JupyterLab: numbers tell on hover where they come from."""
    parts = []
    for run in runs:
        text = html.escape(run["figure"]["text"] if "figure" in run else run["t"])
        if "figure" in run:
            title = html.escape(figure_title(run["figure"]), quote=True)
            text = f'<span class="pb-figure" title="{title}" style="border-bottom:1px dotted">{text}</span>'
        if run.get("lang") and run["lang"] != lang:
            text = f'<span lang="{html.escape(run["lang"], quote=True)}">{text}</span>'
        if run.get("strong"):
            text = f"<strong>{text}</strong>"
        parts.append(text)
    return "".join(parts)


#: Numbers behind a figure of which the hover names every place; of more, how many there are.
MOST_PLACES = 8


def figure_title(figure: Mapping[str, Any]) -> str:
    """What hovering over a number in JupyterLab shows: formula, interval, and where what is behind it is printed."""
    ids = list(figure.get("observations", ()))
    behind = places(ids[:MOST_PLACES]) + ([f"… ({len(ids)})"] if len(ids) > MOST_PLACES else [])
    found = [figure.get("formula", ""), figure.get("note", ""), *behind]
    return "\n".join(part for part in found if part) or figure.get("key", "")


def _cell_runs(cell: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "runs" in cell:
        return list(cell["runs"])
    return [{"t": cell.get("t", ""), **({"lang": cell["lang"]} if "lang" in cell else {})}]


def head_html(column: Mapping[str, Any], lang: str) -> str:
    """Label and unit of a column head."""
    text = run_html(as_runs(column["label"]), lang)
    return f"{text} <small>({html.escape(column['unit'])})</small>" if column.get("unit") else text


def table_html(block: BlockJson) -> str:
    """A block of kind table as a ``<table>`` with caption, scopes and notes."""
    lang = block["lang"]
    caption = run_html(as_runs(block["caption"]), lang)
    parts = [f'<table lang="{lang}" class="pb-table"><caption>{caption}</caption><thead><tr>']
    parts += [f'<th scope="col">{head_html(column, lang)}</th>' for column in block["columns"]]
    parts.append("</tr></thead><tbody>")
    for index, row in enumerate(block["rows"]):
        if label := block.get("groups", {}).get(str(index)):
            parts.append(
                f'<tr><th scope="colgroup" colspan="{len(block["columns"])}">{run_html(as_runs(label), lang)}</th></tr>'
            )
        parts.append("<tr>" + "".join(_td(cell, block, at) for at, cell in enumerate(row)) + "</tr>")
    parts.append("</tbody></table>")
    parts += [
        f'<p class="pb-note" lang="{lang}"><small>{run_html(as_runs(note), lang)}</small></p>'
        for note in block["notes"]
    ]
    return "".join(parts)


def _td(cell: Mapping[str, Any], block: BlockJson, position: int) -> str:
    tag, scope = ("th", ' scope="row"') if cell.get("head") else ("td", "")
    align = block["columns"][min(position, len(block["columns"]) - 1)]["align"]
    align = "right" if align == "decimal" else align
    across, down = cell.get("span", (1, 1))
    span = (f' colspan="{across}"' if across > 1 else "") + (f' rowspan="{down}"' if down > 1 else "")
    title = figure_title(
        {"observations": cell.get("o", ()), "formula": cell.get("f", ""), "note": cell.get("note", "")}
    )
    hint = f' title="{html.escape(title, quote=True)}"' if title else ""
    style = f' style="text-align:{align}"'
    return f"<{tag}{scope}{span}{style}{hint}>{run_html(_cell_runs(cell), block['lang'])}</{tag}>"


def block_text(block: BlockJson) -> str:
    """A block of kind table as text with aligned columns."""
    head = [
        run_text(as_runs(column["label"])) + (f" ({column['unit']})" if column.get("unit") else "")
        for column in block["columns"]
    ]
    rows = [[run_text(_cell_runs(cell)) for cell in row] for row in block["rows"]]
    notes = [run_text(as_runs(note)) for note in block["notes"]]
    return "\n".join([table_text(head, rows, run_text(as_runs(block["caption"]))), *notes])
