"""Prose and other people's HTML as Typst code: a walk over the tree of :mod:`planbrief.render.markup`.

Only the elements named here are drawn; the text of any other element is kept, its markup is not.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from planbrief.display.language import Lang, message
from planbrief.render import foreign_tables, formulas, table_layout
from planbrief.render.colors import hex_color
from planbrief.render.pdf import tables as typst_tables
from planbrief.render.pdf.text import allowed_link, breakable, collapsed, content, literal, prose
from planbrief.render.stylesheets import declarations

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
#: Longest inline code that is set as one unbroken piece.
_CODE_LIMIT = 28


@dataclass
class TreeWriter:
    """Writes trees of one document; ``picture`` keeps a picture's file and returns its name and size in mm."""

    lang: Lang
    picture: Callable[[bytes, str], tuple[str, float, float]]
    anchors: set[str]
    listing: Callable[[str, str], str]
    notes: Mapping[str, etree._Element] = field(default_factory=dict)
    set_notes: set[str] = field(default_factory=set)
    tables: int = 0

    def tree(self, root: etree._Element) -> str:
        """Code of a whole tree."""
        return content(*self.blocks(root))

    def blocks(self, node: etree._Element) -> list[str]:
        """Code of the blocks in an element; text between blocks becomes paragraphs of its own."""
        found: list[str] = []
        line: list[str] = []

        def close() -> None:
            joined = _trimmed(line)
            if joined:
                found.append(f"par({joined})")
            line.clear()

        self._text(node.text, line)
        for child in node:
            if isinstance(child.tag, str) and (child.tag in _BLOCKS or _has_blocks(child)):
                close()
                found.extend(self._block(child))
            elif isinstance(child.tag, str):
                line.extend(self.inline(child))
            self._text(child.tail, line)
        close()
        return found

    def _text(self, text: str | None, line: list[str]) -> None:
        if text:
            flat = collapsed(text)
            if flat:
                line.extend(prose(flat))

    def _block(self, node: etree._Element) -> list[str]:
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
        return self.blocks(node)

    def _heading(self, node: etree._Element) -> str:
        level = node.get("data-level")
        text = content(*self._inlines(node))
        if level is None:
            return f"par(strong({text}))"
        target = node.get("id", "")
        label = f"#label({literal(target)})" if target in self.anchors else ""
        return f"[#heading(level: {int(level)}, {text}){label}]"

    def _list(self, node: etree._Element) -> str:
        items = [
            content(*(self.blocks(item) if _has_blocks(item) else [_trimmed(self._inlines(item))]))
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
        start = node.get("start", "1")
        begin = int(start) if start.isdigit() and len(start) < 9 else 1
        return f"enum(tight: {str(not loose).lower()}, start: {begin}, {', '.join(items)})"

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
        found = re.search(r"language-([\w+#-]{1,20})", code.get("class", "") if code is not None else "")
        text = "".join(node.itertext()).strip("\n")
        note = [f"notice({literal(message('page.notice.formula', self.lang))})"] if node.get("class") == "tex" else []
        return [*note, self.listing(text, found.group(1) if found else "")]

    def _table(self, node: etree._Element) -> list[str]:
        self.tables += 1
        table, total = foreign_tables.read(node, f"table-{self.tables}")
        if table is None:
            return []
        found = [typst_tables.figure(table, self.lang, fill=False)]
        if total > len(table.rows):
            text = message("page.notice.long_table", self.lang, shown=len(table.rows), total=total)
            found.append(f"notice({literal(text)})")
        return found

    def _formula(self, node: etree._Element, *, block: bool) -> str:
        return formulas.typst_equation(node, block=block) if node.tag == "math" else content(*self.inline(node))

    def _inlines(self, node: etree._Element) -> list[str]:
        found: list[str] = []
        self._text(node.text, found)
        for child in node:
            if isinstance(child.tag, str):
                if child.tag in ("p", "div", "li") and found:
                    found.append("linebreak()")
                found.extend(self.inline(child))
            self._text(child.tail, found)
        return found

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
        if tag in _MONO:
            return [self._code(node)]
        inner = content(*self._inlines(node))
        if inner == "[]":
            return []
        if tag in _WRAPPED:
            return [f"{_WRAPPED[tag]}({inner})"]
        if tag == "q":
            return [literal("“"), inner, literal("”")]
        if tag == "a":
            return [self._link(node, inner)]
        if node.get("class") == "notice":
            return [f"short-notice({inner})"]
        color = hex_color(declarations(node.get("style", "")).get("color", ""))
        return [f'text(fill: rgb("#{color}"), {inner})' if color and color != "ffffff" else inner]

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
            width = min(float(asked) * 25.4 / 96, table_layout.UPRIGHT_MM)
            height = width * ratio
            if height > 220.0:
                width, height = width * 220.0 / height, 220.0
        return f"box(image({literal(name)}, width: {width:.2f}mm, alt: {literal(alt)}))"


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
