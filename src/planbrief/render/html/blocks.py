"""Blocks of planbrief as HTML: sentences, tables, charts with their data, the closing list of sources."""

from __future__ import annotations

import copy
import re
from dataclasses import replace

from lxml import etree

from planbrief.display.document import (
    Cell,
    Chart,
    Column,
    Heading,
    KeyNumbers,
    Runs,
    Sentence,
    Sources,
    Table,
    small_line,
)
from planbrief.display.language import message
from planbrief.render import svg
from planbrief.render.citations import short_title
from planbrief.render.decimals import paddings
from planbrief.render.document import BlockPart
from planbrief.render.html import columns
from planbrief.render.html.text import TAGS, Writer, esc, lang_attribute
from planbrief.render.safe_text import visible

#: Brackets around words that were left out.
_NOTHING = re.compile(r"\s*[(（]\s*[)）]")
_SVG_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'


def render(part: BlockPart, writer: Writer) -> str:
    """HTML of one block; the closing sources are written by :func:`sources` instead."""
    block = part.block
    if isinstance(block, Heading):
        return heading(block, writer)
    if isinstance(block, Sentence):
        return sentence(block, writer)
    if isinstance(block, KeyNumbers):
        return key_numbers(block, writer)
    if isinstance(block, Table):
        return table(block, writer, part.number)
    if isinstance(block, Chart):
        return chart(part, block, writer)
    return ""


def heading(block: Heading, writer: Writer) -> str:
    """A heading with a link to itself; level 1 of the document is ``h2``, the title being the only ``h1``."""
    level = min(block.level + 1, 6)
    text = writer.runs(block.runs)
    return (
        f'<h{level} id="{esc(block.id)}"{lang_attribute(block.lang, writer.lang)}>{text}'
        f"{anchor(block.id, block.runs, writer)}</h{level}>\n"
    )


def anchor(target: str, named: Runs, writer: Writer) -> str:
    """A link to a heading, table or figure itself, named after it for those who hear the page.

    An attribute has one language only, so words in the other one are left out of the name.
    """
    name = _NOTHING.sub("", "".join(run.text for run in named if run.lang in ("", writer.lang)))
    label = message("page.anchor", writer.lang) + message("page.link_separator", writer.lang) + name.strip()
    return f' <a class="anchor" href="#{esc(target)}" aria-label="{esc(label)}">#</a>'


def sentence(block: Sentence, writer: Writer) -> str:
    """A sentence in its style; bullets are joined to one list by the page."""
    text, lang = writer.runs(block.runs), lang_attribute(block.lang, writer.lang)
    if block.style == "bullet":
        return f"<li{lang}>{text}</li>\n"
    if block.style == "callout":
        return f'<div class="callout"{lang}><p>{text}</p></div>\n'
    return f'<p class="{block.style}"{lang}>{text}</p>\n' if block.style != "paragraph" else f"<p{lang}>{text}</p>\n"


#: Width and height of a small line in units of its drawing.
_LINE_WIDTH, _LINE_HEIGHT = 96, 26


def key_numbers(block: KeyNumbers, writer: Writer) -> str:
    """Key numbers as a list of terms; the small lines repeat what the words say and are hidden from screen readers."""
    items = []
    for item in block.items:
        points = [
            f"{2 + x * (_LINE_WIDTH - 4):.1f},{_LINE_HEIGHT - 3 - y * (_LINE_HEIGHT - 6):.1f}"
            for x, y in small_line(item.points)
        ]
        drawing = ""
        if points:
            dots = "".join(f'<circle cx="{point.split(",")[0]}" cy="{point.split(",")[1]}" r="2"/>' for point in points)
            drawing = (
                f'<svg aria-hidden="true" viewBox="0 0 {_LINE_WIDTH} {_LINE_HEIGHT}">'
                f'<polyline points="{" ".join(points)}"/>{dots}</svg>'
            )
        note = f'<span class="about">{writer.runs(item.note)}</span>' if item.note else ""
        items.append(
            f"<div><dt>{writer.runs(item.label)}</dt>"
            f'<dd><span class="big">{writer.runs(item.value)}</span>{drawing}{note}</dd></div>'
        )
    return f'<dl class="keys" id="{esc(block.id)}"{lang_attribute(block.lang, writer.lang)}>{"".join(items)}</dl>\n'


def _below(notes: tuple[Runs, ...], sources: tuple[str, ...], writer: Writer) -> str:
    lines = [f"<p>{esc(message('page.note', writer.lang))}{writer.runs(note)}</p>" for note in notes]
    named = _source_links(sources, writer)
    if named:
        lines.append(f"<p>{esc(message('page.sources_line', writer.lang))}{named}</p>")
    return f'<div class="below">{"".join(lines)}</div>' if lines else ""


def _source_links(sources: tuple[str, ...], writer: Writer) -> str:
    documents = {one.get("source_id", ""): one for one in (writer.sources.documents if writer.sources else ())}
    links = []
    for source in sorted(sources, key=lambda one: writer.positions.get(one, 0)):
        if source not in documents:
            links.append(esc(source))
            continue
        document, number = documents[source], writer.positions[source]
        lang = lang_attribute(document.get("title_lang", ""), writer.lang)
        title = short_title(document.get("title") or source)
        links.append(f'<a href="#d{number}"{lang}>[{number}] {esc(title)}</a>')
    return ("；" if writer.lang == "zh" else "; ").join(links)


def numbered(kind: str, number: int, writer: Writer) -> str:
    """``表 1`` or ``Table 1`` before a caption; nothing without a number."""
    return f'<span class="count">{esc(message(f"page.{kind}", writer.lang))} {number}</span> ' if number else ""


def table(block: Table, writer: Writer, number: int = 0) -> str:
    """A table with its caption, notes and sources; it scrolls in a region of its own where the page is narrow."""
    widths, wide = columns.plan(block, writer.lang)
    caption = ""
    if block.caption:
        caption = (
            f'<caption id="{esc(block.id)}-cap"><span class="cap">{numbered("table", number, writer)}'
            f"{writer.runs(block.caption)}"
            f"{anchor(block.id, block.caption, writer)}</span></caption>"
        )
    label = (
        f'aria-labelledby="{esc(block.id)}-cap"'
        if caption
        else f'aria-label="{esc(message("page.scroll", writer.lang))}"'
    )
    sortable = ' data-sort="1"' if block.sortable and len(block.rows) > 2 else ""
    return (
        f'<figure class="table{wide}" id="{esc(block.id)}"{lang_attribute(block.lang, writer.lang)}>'
        f'<div class="scroll" tabindex="0" role="group" {label}>'
        f'<table{columns.class_names(block, writer)}{sortable} style="--t:{100 / sum(widths):.2f}%">'
        f"{caption}{columns.head(block, writer, widths)}"
        f"{_body(block, writer)}"
        f"</table></div>{_below(block.notes, block.sources, writer)}</figure>\n"
    )


def _body(block: Table, writer: Writer) -> str:
    pads = {
        position: paddings([row[position].text if position < len(row) else "" for row in block.rows])
        for position, column in enumerate(block.columns)
        if column.align == "decimal"
    }
    unit = columns.unit_position(block)
    rows = ["<tbody>"]
    for index, row in enumerate(block.rows):
        if index in block.groups:
            start = "</tbody><tbody>" if index else ""
            rows.append(
                f'{start}<tr class="group"><th scope="rowgroup" colspan="{len(block.columns)}"><span class="cap">'
                f"{writer.runs(block.groups[index])}</span></th></tr>"
            )
        cells = [
            _cell(
                cell,
                block.columns[position],
                writer,
                pads[position][index] if position in pads else 0.0,
                valued=block.sortable,
                below=columns.phone_unit(row, unit, writer) if unit and not position else "",
            )
            for position, cell in enumerate(row)
            if cell.colspan
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    rows.append("</tbody>")
    return "".join(rows)


def _cell(cell: Cell, column: Column, writer: Writer, pad: float, *, valued: bool, below: str = "") -> str:
    classes = [
        name for name in ({"right": "r", "decimal": "d", "center": "m"}.get(column.align, ""), cell.tone) if name
    ]
    if column.align == "right" and columns.whole(cell):
        classes.append("a")
    attributes = f' class="{" ".join(classes)}"' if classes else ""
    if pad:
        attributes += f' style="--p:{pad:g}em"'
    if cell.colspan > 1:
        attributes += f' colspan="{cell.colspan}"'
    if cell.rowspan > 1:
        attributes += f' rowspan="{cell.rowspan}"'
    if cell.value is not None and valued and _differs(cell):
        attributes += (
            f' data-v="{cell.value:g}"' if cell.value == float(f"{cell.value:g}") else f' data-v="{cell.value!r}"'
        )
    attributes += lang_attribute(cell.lang, writer.lang)
    inner = writer.cell(columns.amount(cell) if "a" in classes else cell)
    if cell.head and writer.lang == "zh":
        inner = columns.bracket_whole(inner)
    inner += below
    return f'<th scope="row"{attributes}>{inner}</th>' if cell.head and inner else f"<td{attributes}>{inner}</td>"


def _differs(cell: Cell) -> bool:
    """Whether a script could not read the value off the cell's text."""
    try:
        return float(cell.text.replace(",", "")) != cell.value
    except ValueError:
        return True


def chart(part: BlockPart, block: Chart, writer: Writer) -> str:
    """A chart as inline SVG with title and description, and the table of its data."""
    caption = f"{numbered('figure', part.number, writer)}{writer.runs(block.caption)}"
    plain = "".join(run.text for run in block.caption)
    drawing = drawing_html(part.drawing, f"v{part.number}", block, plain, writer)
    if drawing and part.narrow is not None:
        narrow = drawing_html(part.narrow, f"n{part.number}", block, plain, writer)
        drawing = f'<div class="full">{drawing}</div><div class="narrow">{narrow}</div>'
    elif drawing:
        drawing = (
            f'<div class="scroll" tabindex="0" role="group" aria-label="{esc(plain or block.alt)}">{drawing}</div>'
        )
    data = ""
    if block.data is not None:
        inner = table(replace(block.data, sortable=True), writer)
        data = (
            f'<details class="data"><summary>{esc(message("page.chart_data", writer.lang))}</summary>{inner}</details>'
        )
    return (
        f'<figure class="chart" id="{esc(block.id)}"{lang_attribute(block.lang, writer.lang)}>{drawing}'
        f"<figcaption>{caption}{anchor(block.id, block.caption, writer)}</figcaption>"
        f"{_below(block.notes, block.sources, writer)}{data}</figure>\n"
    )


def drawing_html(drawing: etree._Element | None, prefix: str, block: Chart, title: str, writer: Writer) -> str:
    """Inline SVG: ids made unique, colours as variables, title and description for screen readers."""
    root, alt = copy.deepcopy(drawing), block.alt
    if root is None:
        return ""
    name = f"{block.id}-{prefix[0]}" if prefix[0] == "n" else block.id
    width, height = svg.size_px(root)
    svg.prefix_ids(root, prefix)
    svg.compact(root)
    writer.dark.update(svg.use_color_variables(root))
    for node in list(root):
        if isinstance(node.tag, str) and etree.QName(node).localname in ("title", "desc"):
            root.remove(node)
    root.attrib.pop("id", None)
    if not root.get("viewBox"):
        root.set("viewBox", f"0 0 {width:g} {height:g}")
    for attribute in ("width", "height"):
        root.attrib.pop(attribute, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    root.set("style", f"{root.get('style', '')}; max-width: {width:.0f}px".lstrip("; "))
    for position, (tag, text) in enumerate((("title", title or alt), ("desc", alt or title))):
        node = etree.Element(f"{{{svg.SVG}}}{tag}")
        node.set("id", f"{name}-{tag}")
        node.text = visible(text)
        root.insert(position, node)
    return etree.tostring(root, encoding="unicode").replace(_SVG_NAMESPACE, "", 1)


def sources(block: Sources, writer: Writer) -> str:
    """The closing section: documents, citation, where to report an error."""
    lang = writer.lang
    items = []
    for document in block.documents:
        name = document.get("source_id", "")
        title_lang = lang_attribute(document.get("title_lang", ""), lang)
        original = [esc(document[key]) for key in ("producer", "doc_number", "disclosure") if document.get(key)]
        facts = [f"<span{lang_attribute('zh', lang)}>{' · '.join(original)}</span>"] if original else []
        if date := document.get("date_text") or document.get("date_published"):
            facts.append(esc(date))
        items.append(
            f'<li id="d{writer.positions[name]}"><cite{title_lang}>{esc(document.get("title") or name)}</cite>'
            + (f'<br><span class="facts">{" · ".join(facts)}</span>' if facts else "")
            + "</li>"
        )
    parts = [
        f'<section id="page-sources" class="sources" lang="{TAGS[lang]}"><h2>{esc(message("page.sources", lang))}</h2>'
    ]
    if items:
        parts.append(f"<ol>{''.join(items)}</ol>")
    for key, runs in (("citation", block.citation), ("feedback", block.feedback)):
        if runs:
            parts.append(f"<h3>{esc(message(f'page.{key}', lang))}</h3><p>{writer.runs(runs)}</p>")
    return "".join(parts) + "</section>\n"
