"""Runs and tables as plain HTML (for JupyterLab), and as text (for a terminal)."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

from planbrief.display.document import BlockJson, as_runs, run_text, table_text
from planbrief.display.state import places


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
