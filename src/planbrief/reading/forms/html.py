"""HTML: what a page shows, in order, with its headings and tables; nothing is fetched and no script runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from planbrief.reading.canonical import CanonicalText, unreadable
from planbrief.reading.forms.plain import Box, Composer, decoded, title_of

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_SILENT = frozenset(
    "script style noscript template head title select option svg math iframe object embed audio video canvas button "
    "input textarea datalist -comment !doctype".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody td tfoot th thead tr "
    "ul".split()
)
_EXPECTED = "a page that people read"
_CHROME = frozenset(("nav", "header", "footer"))
#: A cell with more characters is no cell of a table of indicators but a part of the page's layout.
_LONGEST_CELL = 800
#: Columns that one cell may claim; the standard allows 1000.
_MOST_SPAN = 1000
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
#: Real pages nest some dozens deep.
_DEEPEST = 2000
_NESTING = re.compile(
    r"<(/?)(?!(?:p|li|t[dhr]|d[dt]|br|hr|img|input|meta|link|col|option|tbody|thead|path|circle|rect|line|poly|ellipse|"
    r"use|stop|image|source|wbr)[\s/>])[a-z][^<>]*>",
    re.I,
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.I)
_DATE = re.compile(r"(20\d\d)[-/年.](\d{1,2})[-/月.](\d{1,2})")
#: The parser's time grows with the square of the attributes of a tag.
_LONG_TAG, _MOST_ATTRIBUTES = re.compile(r"<[A-Za-z][^<>]{20000,}"), 3000
_DATE_NAMES = frozenset("pubdate publishdate publish_date article:published_time date dc.date".split())


def read_html(raw: bytes, name: str, sha256: str) -> CanonicalText:
    """The text of a page with its tables; cells that span rows or columns keep their spans.

    Raises
    ------
    DataError
        If the bytes are no text.
    """
    from selectolax.lexbor import LexborHTMLParser

    markup = _decoded(raw, name)
    if any(tag[0].count("=") > _MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(markup)):
        raise unreadable(name, "a tag with attributes without end", _EXPECTED)
    if _depth(markup) > _DEEPEST:
        raise unreadable(name, "a page whose parts are nested without end", _EXPECTED)
    page = LexborHTMLParser(markup)
    composer = Composer()
    root = page.root
    if root is not None:
        _walk(root, composer)
    title, published = _about(page)
    document = composer.finish("html", sha256, title, published)
    if not document.text.strip():
        raise unreadable(name, "a page that shows no text", _EXPECTED)
    if title:
        return document
    return replace(document, title=title_of(document.text[p.start : p.end] for p in document.paragraphs[:40]))


def _decoded(raw: bytes, name: str) -> str:
    """The markup as text; a declared Big5 is believed if it decodes."""
    declared = _CHARSET.search(raw[:4096])
    if declared and declared[1].lower() in (b"big5", b"big5-hkscs"):
        try:
            return raw.decode("big5hkscs")
        except UnicodeDecodeError:
            pass
    return decoded(raw, name)[0]


def _depth(markup: str) -> int:
    """How deep elements nest that a page must close itself: the parser's time grows with the square of it."""
    depth = deepest = 0
    for match in _NESTING.finditer(markup):
        depth = max(0, depth + (-1 if match[1] else 1))
        deepest = max(deepest, depth)
    return deepest


def _about(page: LexborHTMLParser) -> tuple[str, str]:
    """Title and date of publication that the head gives."""
    title = published = ""
    for node in page.css("meta"):
        attributes = node.attributes
        key = (attributes.get("name") or attributes.get("property") or "").lower()
        content = attributes.get("content") or ""
        if key == "articletitle":
            title = content.strip()
        found = _DATE.search(content) if key in _DATE_NAMES else None
        if found and not published:
            published = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    if not title:
        for selector in ("h1", "title"):
            heading = page.css_first(selector)
            title = " ".join(heading.text().split()) if heading is not None else ""
            if title:
                break
    return title[:120], published


def _walk(root: LexborNode, composer: Composer) -> None:
    """Write what stands below a node, without recursion: pages nest as deep as they like."""
    words: list[str] = []
    style, level, chrome = "", 0, 0

    def flush() -> None:
        text = "".join(words)
        words.clear()
        composer.paragraph(text, style=style, level=level, part="chrome" if chrome else "body")

    stack: list[tuple[LexborNode, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        tag = (node.tag or "").lower()
        if leaving:
            flush()
            chrome -= tag in _CHROME
            style, level = "", 0
            continue
        if tag == "-text":
            said = node.text_content or ""
            words.append(said if style == "pre" else re.sub(r"\s+", " ", said))
            continue
        if tag in _SILENT or _is_hidden(node):
            continue
        if tag == "br":
            flush()
            continue
        # Menus and footers are text of the page and no part of the document; a paragraph keeps the style around it.
        if tag in _BLOCKS:
            flush()
            chrome += tag in _CHROME
            style = tag if re.fullmatch(r"h[1-6]|li|pre|caption|figcaption", tag) else style if tag == "p" else ""
            level = int(tag[1]) if re.fullmatch(r"h[1-6]", tag) else 0
            stack.append((node, True))
            if tag == "table" and (boxes := _boxes(node)):
                caption = node.css_first("caption")
                if caption is not None:
                    composer.paragraph(caption.text(), style="caption")
                composer.table(boxes)
                continue
        stack.extend((child, False) for child in reversed(list(_children(node))))
    flush()


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return bool(attributes) and ("hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or "")))


def _boxes(table: LexborNode) -> list[Box]:
    """The cells of a table of data, none for a table that only lays out the page."""
    if table.css_first("table table, h1, h2, form, ul") is not None and _nested(table):
        return []
    rows = [row for row in table.css("tr") if not _is_hidden(row)]
    taken: set[tuple[int, int]] = set()
    boxes: list[Box] = []
    for number, row in enumerate(rows):
        column = 0
        for cell in _children(row):
            if cell.tag not in ("td", "th") or _is_hidden(cell):
                continue
            # A cell from above that reaches into this row pushes its cells to the right.
            while (number, column) in taken:
                column += 1
            colspan, rowspan = _span(cell, "colspan"), min(_span(cell, "rowspan"), len(rows) - number)
            if colspan * rowspan > 1:
                taken |= {(number + i, column + j) for i in range(rowspan) for j in range(colspan)}
            text = _cell_text(cell)
            if len(text) > _LONGEST_CELL or len(taken) > 400_000:
                return []
            in_head = cell.tag == "th" or (row.parent is not None and row.parent.tag == "thead")
            boxes.append(Box(number, column, text, rowspan, colspan, in_head))
            column += colspan
    # A head cell at the left of a body row names the row; rows are judged by all their cells.
    return boxes if len({box.column for box in boxes}) > 1 else []


def _nested(table: LexborNode) -> bool:
    return any(table.css_first(inner) is not None for inner in ("td table", "td h1", "td h2", "td form", "td ul"))


def _span(cell: LexborNode, name: str) -> int:
    found = re.match(r"\s*(\d{1,5})", cell.attributes.get(name) or "1")
    return max(1, min(_MOST_SPAN, int(found[1]))) if found else 1


def _cell_text(cell: LexborNode) -> str:
    """The words of a cell; a line break or a block inside it begins a new line."""
    parts: list[str] = []
    stack = [cell]
    while stack:
        node = stack.pop()
        tag = node.tag or ""
        if tag == "-text":
            parts.append(re.sub(r"\s+", " ", node.text_content or ""))
        elif tag == "br" or (tag in _BLOCKS and node is not cell):
            parts.append("\n")
        if tag not in _SILENT and not (node is not cell and tag != "-text" and _is_hidden(node)):
            stack.extend(reversed(list(_children(node))))
    return "".join(parts)
