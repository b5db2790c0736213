"""Prose and tables of a document as Typst source."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from lxml import etree

from planbrief.display.document import Cell, Column, Run, Runs, Table
from planbrief.display.language import Lang, message
from planbrief.render import foreign_tables, formulas, table_layout
from planbrief.render.foreign_tables import ForeignCell
from planbrief.render.pdf.text import (
    HEAVY,
    allowed_link,
    bar_fill,
    borders,
    boxed,
    breakable,
    collapsed,
    content,
    framed,
    ground_of,
    literal,
    painted,
    prose,
    styled,
)
from planbrief.render.stylesheets import bar, declarations, hex_color
from planbrief.render.table_layout import IN_CELL_EM, IN_HEAD_EM, IN_PROSE_EM, Part, paddings, spans

#: Rows of one table that a PDF shows; three thousand rows of eight columns compile in 2.5 s.
MAX_ROWS = 3000
_ALIGN = {"left": "left", "right": "right", "center": "center", "decimal": "right"}
_TONES = {"muted": "muted", "warn": "warn", "good": "fine"}


def text_runs(runs: Runs, lang: Lang, longest_em: float = IN_PROSE_EM) -> str:
    """Runs of text as Typst content: stretches in the other language marked as such, numbers and their units together.

    ``longest_em`` as in :func:`planbrief.render.table_layout.spans`; a number and its unit may stand in two runs.
    """
    whole = "".join(run.text for run in runs)
    kept = spans(whole, longest_em)
    if not kept:
        return content(*(_run(run, run.text, lang) for run in runs))
    edges = sorted({position for span in kept for position in span})
    ends, starts = dict(kept), {end: start for start, end in kept}
    pieces: list[str] = []
    together: list[str] = []
    until = at = 0
    for run in runs:
        stop = at + len(run.text)
        for start, end in pairwise([at, *(edge for edge in edges if at < edge < stop), stop]):
            if start == end:
                continue
            until = ends.get(start, until)
            code = _run(run, run.text[start - at : end - at], lang)
            if end > until:
                pieces.append(code)
                continue
            together.append(code)
            if end == until:
                pieces += boxed(content(*together), whole, starts[end], end)
                together = []
        at = stop
    return content(*pieces)


def _run(run: Run, text: str, lang: Lang) -> str:
    code = breakable(text)
    if run.strong:
        code = f"strong({code})"
    if run.lang and run.lang != lang:
        code = f"text(lang: {literal(run.lang)}, region: {literal('cn' if run.lang == 'zh' else 'gb')}, {code})"
    return code


def figure(table: Table, lang: Lang, *, below: str = "", fill: bool = True) -> str:
    """A captioned and numbered table; one without a caption stands by itself."""
    shown, cut = _cut(table, lang)
    plan = table_layout.plan(shown, fill=fill)
    count = len(plan.parts)
    bodies = []
    for index, part in enumerate(plan.parts, start=1):
        if count > 1:
            label = literal(message("page.part_of", lang, part=index, parts=count).strip())
            bodies.append(
                f"block(above: {2 if index == 1 else 6}mm, below: 2mm, sticky: true, small(8pt, muted({label})))"
            )
        bodies.append(_part(shown, part, plan.size_pt, lang))
    whole = plan.whole(len(shown.rows) + len(shown.groups))
    if table.caption and not whole:
        bodies = [f"spread({content(*bodies)})"]
    under = content(*(code for code in (cut, below) if code))
    if under != "[]":
        bodies.append(f"below({under})")
    body = content(*bodies)
    if table.caption:
        body = (
            f'figure(kind: table, supplement: {literal(message("page.table", lang))}, numbering: "1", '
            f"caption: figure.caption(position: top, {text_runs(table.caption, lang)}), {body})"
        )
        body = f"captioned({body})" if whole else body
    else:
        body = f"block(above: 4mm, below: 4mm, width: 100%, breakable: {str(not whole).lower()}, {body})"
    return f"page(flipped: true, {body})" if plan.turned else body


def _cut(table: Table, lang: Lang) -> tuple[Table, str]:
    if len(table.rows) <= MAX_ROWS:
        return table, ""
    note = message("page.notice.long_table", lang, shown=MAX_ROWS, total=len(table.rows))
    return replace(table, rows=table.rows[:MAX_ROWS]), f"par({literal(note)})"


def _part(table: Table, part: Part, size_pt: float, lang: Lang) -> str:
    columns = [table.columns[position] for position in part.columns]
    pads = {
        position: paddings([row[position].text if position < len(row) else "" for row in table.rows])
        for position in part.columns
        if table.columns[position].align == "decimal"
    }
    cells = [_head(table, part, lang)]
    whole = len(part.columns) == len(table.columns)
    for index, row in enumerate(table.rows):
        if index in table.groups:
            cells.append(f"group({len(columns)}, {text_runs(table.groups[index], lang)})")
        for position in part.columns:
            if position >= len(row):
                if all(cell.colspan == 1 and cell.rowspan == 1 for cell in row):
                    cells.append("[]")
                continue
            if row[position].colspan == 0:
                cells.append("" if whole else "[]")
                continue
            pad = pads[position][index] if position in pads else 0.0
            cells.append(_cell(row[position], table.columns[position], lang, pad, spans=whole))
    widths = ", ".join(f"{width}mm" for width in part.widths_mm)
    aligns = ", ".join(_ALIGN[column.align] for column in columns)
    return f"ruled(({widths},), {size_pt}pt, ({aligns},), {', '.join(code for code in cells if code)})"


def _head(table: Table, part: Part, lang: Lang) -> str:
    if table.heads:
        whole = len(part.columns) == len(table.columns)
        cells = [
            _cell(cell, table.columns[min(position, len(table.columns) - 1)], lang, 0.0, spans=whole, head=True)
            for row in table.heads
            for position, cell in enumerate(row)
            if (whole and cell.colspan) or (not whole and position in part.columns)
        ]
        return f"head-cells({', '.join(cells)})"
    cells = []
    for position in part.columns:
        column = table.columns[position]
        unit = f"unit({literal(column.unit)})" if column.unit else ""
        label = text_runs(column.label, lang, IN_HEAD_EM)
        cells.append(
            f"table.cell(align: {_ALIGN[column.align]} + bottom, "
            f"{content(f'heavy({label})' if column.label else '', unit)})"
        )
    if not any(column.label or column.unit for column in table.columns):
        return ""
    return f"head-cells({', '.join(cells)})"


def _cell(cell: Cell, column: Column, lang: Lang, pad: float, *, spans: bool, head: bool = False) -> str:
    text = text_runs(cell.runs, lang, IN_HEAD_EM if head else IN_CELL_EM)
    if cell.lang and cell.lang != lang:
        text = f"text(lang: {literal(cell.lang)}, region: {literal('cn' if cell.lang == 'zh' else 'gb')}, {text})"
    if cell.tone and cell.runs:
        text = f"{_TONES[cell.tone]}({text})"
    if head and cell.runs:
        text = f"heavy({text})"
    style = cell.style if isinstance(cell, ForeignCell) else {}
    if isinstance(cell, ForeignCell) and cell.code:
        text = f"strong({cell.code})" if any(run.strong for run in cell.runs) else cell.code
    text, options = styled(text, style), []
    if spans and cell.colspan > 1:
        options.append(f"colspan: {cell.colspan}")
    if spans and cell.rowspan > 1:
        options.append(f"rowspan: {cell.rowspan}")
    ground = hex_color(style.get("background-color", ""))
    if drawn := bar(style.get("background", "")):
        options.append(f"fill: {bar_fill(drawn, ground or 'ffffff')}")
    elif ground:
        options.append(f'fill: rgb("#{ground}")')
    if stroke := borders(style):
        options.append(f"stroke: ({stroke})")
    if cell.align or head:
        aligned = _ALIGN.get(cell.align, "center" if head and cell.colspan > 1 else _ALIGN[column.align])
        options.append(f"align: {aligned} + {'bottom' if head else 'top'}")
    if pad:
        options.append(f"inset: (left: 1.5mm, right: 1.5mm + {pad:g}em, y: 0.52em)")
    return f"table.cell({', '.join([*options, text])})" if options else text


_BLOCKS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 ul ol dl blockquote pre table hr details section figure article header footer main "
    "aside nav center address fieldset form tbody thead tr td th li dd dt caption figcaption summary".split()
)
_WRAPPED = {
    "strong": "strong", "b": "strong", "em": "emph", "i": "emph", "cite": "emph", "dfn": "emph",
    "var": "emph", "del": "strike", "s": "strike", "strike": "strike", "u": "underline", "ins": "underline",
    "mark": "highlight", "sub": "sub", "sup": "super",
}  # fmt: skip
_MONO = frozenset(("code", "kbd", "samp", "tt"))
_SILENT = frozenset(("script", "style", "head", "title", "template"))
#: Widest picture in a cell of a table.
_CELL_PICTURE_MM = 36.0
#: Longest inline code that is set as one unbroken piece.
_CODE_LIMIT = 28


@dataclass
class TreeWriter:
    """Writes trees of one document; ``picture`` keeps a picture's file and returns its name and size in mm."""

    lang: Lang
    picture: Callable[[bytes, str], tuple[str, float, float]]
    anchors: set[str]
    listing: Callable[[str | list[tuple[str, str]], str, Lang], str]
    notes: Mapping[str, etree._Element] = field(default_factory=dict)
    set_notes: set[str] = field(default_factory=set)
    tables: int = 0
    widest_mm: float = table_layout.UPRIGHT_MM

    def tree(self, root: etree._Element) -> str:
        """Code of a whole tree."""
        return content(*self.blocks(root))

    def blocks(self, node: etree._Element) -> list[str]:
        """Code of the blocks in an element; text between blocks becomes paragraphs of its own."""
        written: list[str] = []
        line: list[str] = []

        def close() -> None:
            joined = _trimmed(line)
            if joined:
                written.append(f"par({joined})")
            line.clear()

        self._text(node.text, line)
        for child in node:
            if isinstance(child.tag, str) and (child.tag in _BLOCKS or _has_blocks(child)):
                close()
                written.extend(self._block(child))
            elif isinstance(child.tag, str):
                line.extend(self.inline(child))
            self._text(child.tail, line)
        close()
        return written

    def _text(self, text: str | None, line: list[str]) -> None:
        if text:
            flat = collapsed(text)
            if line and line[-1] == "linebreak()":
                flat = flat.lstrip()
            if flat:
                line.extend(prose(flat))

    def _block(self, node: etree._Element) -> list[str]:
        """Code of a block, in its author's colours; tables have theirs in their cells."""
        codes = self._unstyled(node)
        style = {} if node.tag in ("table", "td", "th") else declarations(node.get("style", ""))
        return framed(codes, style, ground_of(node)) if style else codes

    def _unstyled(self, node: etree._Element) -> list[str]:
        tag = str(node.tag)
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            return [self._heading(node)]
        if tag == "p" and node.get("class") == "notice":
            return [f"notice({content(*self._inlines(node))})"]
        if tag in ("ul", "ol"):
            return [self._list(node)]
        if tag == "dl":
            return [self._terms(node)]
        if tag == "blockquote":
            return [f"quote(block: true, {content(*self.blocks(node))})"]
        if tag == "pre":
            return [*self._pre(node)]
        if tag == "table":
            return self._table(node)
        if tag == "hr":
            return ["v(1mm)", "line(length: 100%, stroke: 0.4pt + hair)", "v(1mm)"]
        if tag == "summary":
            return [f"par(strong({content(*self._inlines(node))}))"]
        if tag == "div" and node.get("class") == "formula" and len(node):
            return [self._formula(node[0], block=True)]
        if node.get("dir") == "rtl":
            del node.attrib["dir"]
            return [f"text(dir: rtl, {content(*self._unstyled(node))})"]
        return [f"intro({content(*self.blocks(node))})"] if _leads_to_formula(node) else self.blocks(node)

    def _heading(self, node: etree._Element) -> str:
        level = node.get("data-level")
        text = styled(content(*self._inlines(node)), declarations(node.get("style", "")), ground_of(node))
        if level is None:
            return f"par(strong({text}))"
        target = node.get("id", "")
        label = f"#label({literal(target)})" if target in self.anchors else ""
        return f"[#heading(level: {int(level)}, {text}){label}]"

    def _list(self, node: etree._Element) -> str:
        items = [
            (f"enum.item({item.get('value')}, " if node.tag == "ol" and _whole(item.get("value", "")) else "(")
            + content(*(self.blocks(item) if _has_blocks(item) else [_trimmed(self._inlines(item))]))
            + ")"
            for item in node
            if item.tag == "li"
        ]
        items += [
            content(*self.blocks(child)) for child in node if isinstance(child.tag, str) and child.tag in ("ul", "ol")
        ]
        loose = any(item.find("p") is not None for item in node if item.tag == "li")
        if not items:
            return ""
        if node.tag == "ul":
            return f"list(tight: {str(not loose).lower()}, {', '.join(items)})"
        begin = int(node.get("start", "1")) if _whole(node.get("start", "1")) else 1
        form = f'numbering: "{node.get("type")}.", ' if node.get("type") in ("a", "A", "i", "I") else ""
        return f"enum(tight: {str(not loose).lower()}, start: {begin}, {form}{', '.join(items)})"

    def _terms(self, node: etree._Element) -> str:
        items: list[str] = []
        for child in node:
            if child.tag == "dt":
                items.append(f"terms.item({content(*self._inlines(child))}, []")
            elif child.tag == "dd" and items and items[-1].endswith(", []"):
                items[-1] = f"{items[-1][:-4]}, {content(*self.blocks(child))}"
            elif child.tag == "dd":
                items.append(f"terms.item([], {content(*self.blocks(child))}")
        return f"terms({', '.join(item + ')' for item in items)})" if items else ""

    def _pre(self, node: etree._Element) -> list[str]:
        code = node.find("code")
        if any(part.get("style") for part in node.iterdescendants("span")):
            return [self.listing(list(painted(node, "")), "", self.lang)]
        language = re.search(r"language-([\w+#-]{1,20})", code.get("class", "") if code is not None else "")
        text = "".join(node.itertext()).strip("\n")
        return [self.listing(text, language.group(1) if language else "", self.lang)]

    def _table(self, node: etree._Element) -> list[str]:
        if node.find(".//table") is not None:  # a table that lays out others
            return [code for cell in node.iter("td", "th", "caption") for code in self._laid_out(cell, node)]
        self.tables += 1
        table, total = foreign_tables.read(node, f"table-{self.tables}", self._in_cell)
        if table is None:
            return []
        parts = [figure(table, self.lang, fill=False)]
        if total > len(table.rows):
            text = message("page.notice.long_table", self.lang, shown=len(table.rows), total=total)
            parts.append(f"notice({literal(text)})")
        return parts

    def _laid_out(self, cell: etree._Element, table: etree._Element) -> list[str]:
        """What stands in a cell of the outer of two tables."""
        return self.blocks(cell) if next(cell.iterancestors("table"), None) is table else []

    def _in_cell(self, cell: etree._Element) -> str:
        """What stands in a cell beside plain words: formulas, links, pictures, lists."""
        self.widest_mm = _CELL_PICTURE_MM
        code = content(*(self.blocks(cell) if _has_blocks(cell) else [_trimmed(self._inlines(cell))]))
        self.widest_mm = table_layout.UPRIGHT_MM
        return code

    def _formula(self, node: etree._Element, *, block: bool) -> str:
        return formulas.typst_equation(node, block=block) if node.tag == "math" else content(*self.inline(node))

    def _inlines(self, node: etree._Element) -> list[str]:
        written: list[str] = []
        self._text(node.text, written)
        for child in node:
            if isinstance(child.tag, str):
                if child.tag in ("p", "div", "li") and written:
                    written.append("linebreak()")
                written.extend(self.inline(child))
            self._text(child.tail, written)
        return written

    def inline(self, node: etree._Element) -> list[str]:
        """Code of an element inside a line."""
        tag = str(node.tag)
        if tag in _SILENT:
            return []
        if tag == "br":
            return ["linebreak()"]
        if tag == "img":
            return [self._image(node)]
        if tag == "math":
            return [self._formula(node, block=node.get("display") == "block")]
        if tag == "sup" and node.get("class") == "footnote-ref" and len(node):
            return self._footnote(node[0].get("href", ""))
        inner = self._code(node) if tag in _MONO else content(*self._inlines(node))
        if inner == "[]":
            return []
        if tag == "q":
            return [literal("“"), inner, literal("”")]
        if tag == "a":
            return [self._link(node, inner)]
        if node.get("class") == "notice":
            return [f"short-notice({inner})"]
        style = declarations(node.get("style", ""))
        ground = hex_color(style.get("background-color", ""))
        if tag in _WRAPPED and not (tag == "mark" and ground):
            inner = f"{_WRAPPED[tag]}({inner})"
        if ground:
            inner = f'highlight(fill: rgb("#{ground}"), {inner})'
        elif hex_color(style.get("color", "")) == "ffffff":
            del style["color"]
        if stroke := borders(style):
            inner = f"box(stroke: ({stroke}), outset: 1pt, {inner})"
        return [styled(f"strong({inner})" if style.get("font-weight") in HEAVY else inner, style, ground_of(node))]

    def _code(self, node: etree._Element) -> str:
        text = "".join(node.itertext())
        if len(node) == 0 and len(text) <= _CODE_LIMIT and "\n" not in text:
            return f"raw({literal(text)})"
        return f"text(font: mono, size: 0.9em, {breakable(collapsed(text), 12)})"

    def _link(self, node: etree._Element, inner: str) -> str:
        address = node.get("href", "")
        if node.get("class") == "footnote-backref":
            return ""
        if address.startswith("#") and address[1:] in self.anchors:
            return f"link(label({literal(address[1:])}), {inner})"
        target = allowed_link(address)
        return f"link({literal(target)}, {inner})" if target else inner

    def _footnote(self, address: str) -> list[str]:
        item = self.notes.get(address[1:])
        if item is None:
            return []
        name = f"note-{address[1:]}"
        if name in self.set_notes:
            return [f"footnote(label({literal(name)}))"]
        self.set_notes.add(name)
        lines: list[str] = []
        paragraphs = [child for child in item if child.tag == "p"] or [item]
        if any(isinstance(child.tag, str) and child.tag in _BLOCKS and child.tag != "p" for child in item):
            lines, paragraphs = self.blocks(item), []
        for position, paragraph in enumerate(paragraphs):
            if position:
                lines.append("linebreak()")
            lines.extend(self._inlines(paragraph))
        while lines and lines[-1] == '" "':
            lines.pop()
        return [f"[#footnote({content(*lines)})#label({literal(name)})]"]

    def _image(self, node: etree._Element) -> str:
        match = re.match(r"data:([\w/+.-]+);base64,(.*)\Z", node.get("src", ""), re.DOTALL)
        if not match:
            return ""
        name, width, height = self.picture(base64.b64decode(match.group(2)), match.group(1))
        alt = node.get("alt") or message("page.image", self.lang)
        asked = node.get("width", "")
        if asked.isdigit():
            ratio = height / width if width else 1.0
            width = float(asked) * 25.4 / 96
            height = width * ratio
            if height > 220.0:
                width, height = width * 220.0 / height, 220.0
        width = min(width, self.widest_mm)
        return f"box(image({literal(name)}, width: {width:.2f}mm, alt: {literal(alt)}))"


def _whole(text: str) -> bool:
    """Whether a text is the number of an item."""
    return text.isdigit() and len(text) < 9


def _leads_to_formula(node: etree._Element) -> bool:
    """Whether a paragraph announces the formula below it, with which it stays on one page."""
    after = node.getnext()
    said = "".join(node.itertext()).rstrip().endswith((":", "："))
    return node.tag == "p" and said and after is not None and after.get("class") == "formula"


def _has_blocks(node: etree._Element) -> bool:
    return any(isinstance(child.tag, str) and child.tag in _BLOCKS for child in node.iterdescendants())


def _trimmed(line: list[str]) -> str:
    """One line's code, without white space at its ends."""
    line = [code for code in line if code]
    if line and line[0].startswith('" '):
        line[0] = '"' + line[0][2:]
    if line and line[-1].endswith(' "') and not line[-1].endswith('\\"'):
        line[-1] = line[-1][:-2] + '"'
    line = [code for code in line if code != '""']
    while line and line[-1] == "linebreak()":
        line.pop()
    return content(*line) if line else ""
