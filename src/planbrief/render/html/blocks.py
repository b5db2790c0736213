"""Blocks and prose of a document as HTML."""

from __future__ import annotations

import copy
import re
from dataclasses import replace

import nh3
from lxml import etree

from planbrief.display.document import (
    Cell,
    Chart,
    Column,
    Heading,
    KeyNumbers,
    Run,
    Runs,
    Sentence,
    Sources,
    Table,
)
from planbrief.display.language import message
from planbrief.render import foreign_tables
from planbrief.render.html import cells
from planbrief.render.html.cells import TAGS, Writer, esc, lang_attribute, number_id
from planbrief.render.outline import BlockPart, heading_text, short_title
from planbrief.render.pdf.text import allowed_link
from planbrief.render.pictures import SVG, compact, prefix_ids, size_px, small_line, use_color_variables
from planbrief.render.safe_text import visible
from planbrief.render.stylesheets import (
    PROPERTIES,
    dark_counterpart,
    declarations,
    hex_color,
    legible,
    to_text,
)
from planbrief.render.table_layout import paddings

#: Brackets around words that were left out.
_NOTHING = re.compile(r"\s*[(（]\s*[)）]")
_SVG_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'


def render(part: BlockPart, writer: Writer) -> str:
    """HTML of one block; the closing sources are written by :func:`sources` instead."""
    block, before = part.block, writer.place
    if isinstance(block, Heading):
        writer.place = (block.id, "".join(run.text for run in block.runs))
        return heading(block, writer)
    if isinstance(block, Sentence):
        return sentence(block, writer)
    if isinstance(block, KeyNumbers):
        return key_numbers(block, writer)
    if not isinstance(block, (Table, Chart)):
        return ""
    if part.number:
        kind = "table" if isinstance(block, Table) else "figure"
        writer.place = (block.id, f"{message(f'page.{kind}', writer.lang)} {part.number}")
    text = table(block, writer, part.number) if isinstance(block, Table) else chart(part, block, writer)
    writer.place = before
    return text


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
    return f' <a class="anchor" href="#{esc(target)}" tabindex="-1" aria-label="{esc(label)}">#</a>'


def sentence(block: Sentence, writer: Writer) -> str:
    """A sentence in its style; bullets are joined to one list by the page."""
    text, lang = writer.runs(block.runs), lang_attribute(block.lang, writer.lang)
    if block.style == "bullet":
        return f"<li{lang}>{text}</li>\n"
    if block.style == "callout":
        return f'<div class="callout"{lang}><p>{text}</p></div>\n'
    return f'<p class="{block.style}"{lang}>{text}</p>\n' if block.style != "paragraph" else f"<p{lang}>{text}</p>\n"


#: Between a bound in words and its number, which part where a card is too narrow for both: at least | 4 trillion yuan.
_BOUND = re.compile(r"(?<=[a-z])\u00a0(?=\d)")
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
            f'<dd><span class="big">{_BOUND.sub(" ", writer.runs(item.value))}</span>{drawing}{note}</dd></div>'
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
        title = "" if source in writer.told else f" {esc(short_title(document.get('title') or source))}"
        writer.told.add(source)
        links.append(f'<a href="#d{number}"{lang if title else ""}>[{number}]{title}</a>')
    return ("；" if writer.lang == "zh" else "; ").join(links)


def numbered(kind: str, number: int, writer: Writer) -> str:
    """``表 1`` or ``Table 1`` before a caption; nothing without a number."""
    return f'<span class="count">{esc(message(f"page.{kind}", writer.lang))} {number}</span> ' if number else ""


def table(block: Table, writer: Writer, number: int = 0) -> str:
    """A table with its caption, notes and sources; it scrolls in a region of its own where the page is narrow."""
    widths, wide = cells.plan(block, writer.lang)
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
        f'<table{cells.class_names(block, writer)}{sortable} style="--t:{100 / sum(widths):.2f}%">'
        f"{caption}{cells.head(block, writer, widths)}"
        f"{_body(block, writer)}"
        f"</table></div>{_below(block.notes, block.sources, writer)}</figure>\n"
    )


def _body(block: Table, writer: Writer) -> str:
    pads = {
        position: paddings([row[position].text if position < len(row) else "" for row in block.rows])
        for position, column in enumerate(block.columns)
        if column.align == "decimal"
    }
    unit = cells.unit_position(block)
    numbered = any(column.key == "id" for column in block.columns)
    rows = ["<tbody>"]
    for index, row in enumerate(block.rows):
        if index in block.groups:
            start = "</tbody><tbody>" if index else ""
            rows.append(
                f'{start}<tr class="group"><th scope="rowgroup" colspan="{len(block.columns)}"><span class="cap">'
                f"{writer.runs(block.groups[index])}</span></th></tr>"
            )
        own = own_observation(block, row) if numbered else ""
        row_cells = [
            _cell(
                cell,
                block.columns[position],
                writer,
                pads[position][index] if position in pads else 0.0,
                valued=block.sortable,
                below=cells.phone_unit(row, unit, writer) if unit and not position else "",
                own=own if block.columns[position].key == "id" else "",
            )
            for position, cell in enumerate(row)
            if cell.colspan
        ]
        if writer.listed.get(own) is False:
            writer.listed[own] = True
            rows.append(f'<tr id="{esc(number_id(own))}">{"".join(row_cells)}</tr>')
        else:
            rows.append(f"<tr>{''.join(row_cells)}</tr>")
    rows.append("</tbody>")
    return "".join(rows)


def own_observation(block: Table, row: tuple[Cell, ...]) -> str:
    """The one observation that a row of a table with a column of numbers of observations is about, else nothing."""
    named = {one for cell in row if cell.mark for one in cell.mark.observations}
    own = next((cell.text for cell, column in zip(row, block.columns, strict=False) if column.key == "id"), "")
    return named.pop() if len(named) == 1 and own and next(iter(named)).endswith(own) else ""


def _cell(
    cell: Cell, column: Column, writer: Writer, pad: float, *, valued: bool, below: str = "", own: str = ""
) -> str:
    classes = [
        name for name in ({"right": "r", "decimal": "d", "center": "m"}.get(column.align, ""), cell.tone) if name
    ]
    if column.align == "right" and cells.whole(cell):
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
    inner = writer.leading(own, writer.cell(cells.amount(cell) if "a" in classes else cell))
    if cell.head and writer.lang == "zh":
        inner = cells.bracket_whole(inner)
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
    width, height = size_px(root)
    prefix_ids(root, prefix)
    compact(root)
    writer.dark.update(use_color_variables(root))
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
        node = etree.Element(f"{{{SVG}}}{tag}")
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
        facts = [esc(document[key]) for key in ("producer_en", "disclosure_en") if document.get(key)]
        facts += [f"<span{lang_attribute('zh', lang)}>{' · '.join(original)}</span>"] if original else []
        if date := document.get("date_text") or document.get("date_published"):
            facts.append(esc(date))
        if document.get("producer") == "":
            facts.append(esc(message("sources.no_producer", lang)))
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


_MATH = frozenset(
    "math mrow mi mn mo mtext ms mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr "
    "mtd mstyle mpadded mphantom menclose semantics".split()
)
_TAGS = _MATH | frozenset(
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption "
    "figure h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp section small span strong sub "
    "summary sup table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
_MATH_ATTRIBUTES = frozenset(
    "display alttext mathvariant stretchy fence form accent accentunder linethickness columnalign rowalign "
    "columnspacing rowspacing displaystyle scriptlevel lspace rspace minsize maxsize width height depth notation "
    "movablelimits separator symmetric largeop mathcolor mathbackground".split()
)
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"id", "lang", "title", "dir", "class", "style", "tabindex", "role", "aria-label"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type"},
    "li": {"value"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "time": {"datetime"},
    "details": {"open"},
    **{tag: set(_MATH_ATTRIBUTES) for tag in _MATH},
}
_CLASSES = frozenset(
    "notice tex formula footnote-ref footnotes footnotes-list footnote-item footnote-backref task-list-item "
    "contains-task-list".split()
)
#: Attributes that only the page itself sets.
_RESERVED = ("tabindex", "role", "aria-label", "scope", "class", "data-level")
#: Cells with more characters than this do not shrink to a column of single characters.
_LONG_CELL = 12
_PAGE, _DARK_PAGE = "ffffff", "14181e"


def prose_html(root: etree._Element, writer: Writer) -> str:
    """A tree as sanitised HTML."""
    for node in list(root.iter()):
        if isinstance(node.tag, str):
            _attributes(node, writer)
    for node in list(root.iter("h1", "h2", "h3", "h4", "h5", "h6")):
        _heading(node, writer)
    for node in list(root.iter("table")):
        _table(node, writer)
    for node in root.iter("pre", "div"):
        if node.tag == "pre" or node.get("class") == "formula":
            node.set("tabindex", "0")
            node.set("role", "group")
            node.set("aria-label", message("page.code" if node.tag == "pre" else "page.formula", writer.lang))
    text = etree.tostring(root, encoding="unicode", method="html")
    return _clean(text) + "\n"


def _clean(text: str) -> str:
    return nh3.clean(
        text,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        filter_style_properties=set(PROPERTIES),
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if value.startswith("#") else allowed_link(value)
    if name == "src":
        return value if tag == "img" and re.match(r"data:image/(?:png|jpeg|svg\+xml);base64,", value) else None
    return value


def _attributes(node: etree._Element, writer: Writer) -> None:
    level, classes = node.get("data-level"), node.get("class", "").split()
    for name in _RESERVED:
        node.attrib.pop(name, None)
    for name in [name for name in node.attrib if name.startswith(("on", "aria-", "data-"))]:
        del node.attrib[name]
    kept = [
        name
        for name in classes
        if name in _CLASSES or (node.tag == "code" and re.fullmatch(r"language-[\w+#-]{1,20}", name))
    ]
    if level:
        node.set("data-level", level)
    if node.tag == "a" and not node.get("href") and not node.get("id") and node.get("name"):
        node.set("id", node.get("name", ""))
    style = declarations(node.get("style", ""))
    if style:
        color, background = hex_color(style.get("color", "")), hex_color(style.get("background-color", ""))
        if color and not background and not _grounded(node):
            del style["color"]
            writer.text_colors[color] = (legible(color, _PAGE), legible(dark_counterpart(color), _DARK_PAGE))
            kept.append(f"t-{color}")
        if style:
            node.set("style", to_text(style))
        else:
            del node.attrib["style"]
    if kept:
        node.set("class", " ".join(kept))


def _grounded(node: etree._Element) -> bool:
    """Whether an element around another gives it a ground of its own, which is the same in the dark."""
    return any("background" in parent.get("style", "") for parent in node.iterancestors())


def _heading(node: etree._Element, writer: Writer) -> None:
    level = node.attrib.pop("data-level", None)
    text = heading_text(node)
    if level is None:  # a heading inside an output is not part of the document's order
        node.tag = "p"
        node.set("class", f"outputheading {node.get('class', '')}".strip())
        return
    node.tag = f"h{min(int(level) + 1, 6)}"
    target = node.get("id")
    if target:
        link = etree.fromstring(anchor(target, (Run(text),), writer).strip())
        if len(node):
            node[-1].tail = (node[-1].tail or "") + " "
        else:
            node.text = (node.text or "") + " "
        node.append(link)


def _table(node: etree._Element, writer: Writer) -> None:
    for cell in list(node.iter("th")):
        if not "".join(cell.itertext()).strip() and cell.find(".//img") is None:
            cell.tag = "td"
        else:
            head = any(ancestor.tag == "thead" for ancestor in cell.iterancestors())
            span = cell.get("colspan", "1") != "1" if head else cell.get("rowspan", "1") != "1"
            cell.set("scope", ("colgroup" if head else "rowgroup") if span else "col" if head else "row")
    for cell, align in foreign_tables.alignments(node):
        if cell.tag == "th" and any(parent.tag == "thead" for parent in cell.iterancestors()):
            # A head stands over its column; pandas puts all heads to the right.
            kept = {name: value for name, value in declarations(cell.get("style", "")).items() if name != "text-align"}
            cell.attrib.pop("style", None)
            if kept:
                cell.set("style", to_text(kept))
        if "text-align" not in cell.get("style", "") and not cell.get("align") and align in ("right", "center"):
            cell.set("class", f"{cell.get('class', '')} {'r' if align == 'right' else 'm'}".strip())
    for cell in node.iter("td", "th"):
        if len(cell.text or "") > _LONG_CELL:
            cell.set("class", f"{cell.get('class', '')} t".strip())
    parent = node.getparent()
    if parent is None or parent.get("class") == "scroll":
        return
    wrapper = etree.Element("div")
    for name, value in (
        ("class", "scroll"),
        ("tabindex", "0"),
        ("role", "group"),
        ("aria-label", message("page.scroll", writer.lang)),
    ):
        wrapper.set(name, value)
    wrapper.tail, node.tail = node.tail, None
    parent.replace(node, wrapper)
    wrapper.append(node)
