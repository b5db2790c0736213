"""Prose and other people's HTML as HTML for our page: levels, scroll regions, colours that can be read; nh3 has the
last word.
"""

from __future__ import annotations

import re

import nh3
from lxml import etree

from planbrief.display.document import Run
from planbrief.display.language import message
from planbrief.render import foreign_tables
from planbrief.render.colors import contrast, dark_counterpart, hex_color, readable_on
from planbrief.render.html.blocks import anchor
from planbrief.render.html.text import Writer
from planbrief.render.outline import heading_text
from planbrief.render.pdf.text import allowed_link
from planbrief.render.stylesheets import PROPERTIES, declarations, to_text

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
    "movablelimits separator symmetric largeop".split()
)
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"id", "lang", "title", "dir", "class", "style", "tabindex", "role", "aria-label"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
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


def render(root: etree._Element, writer: Writer) -> str:
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
        if color and not background:
            del style["color"]
            writer.text_colors[color] = (_readable(color, _PAGE), _readable(dark_counterpart(color), _DARK_PAGE))
            kept.append(f"t-{color}")
        if style:
            node.set("style", to_text(style))
        else:
            del node.attrib["style"]
    if kept:
        node.set("class", " ".join(kept))


def _readable(color: str, ground: str) -> str:
    """The colour itself if it can be read on the ground, else mixed with ink until it can."""
    ink = readable_on(ground)
    for step in range(11):
        share = step / 10
        mixed = "".join(
            f"{round(int(color[i : i + 2], 16) * (1 - share) + int(ink[i : i + 2], 16) * share):02x}" for i in (0, 2, 4)
        )
        if contrast(mixed, ground) >= 4.6:
            return mixed
    return ink


def _heading(node: etree._Element, writer: Writer) -> None:
    level = node.attrib.pop("data-level", None)
    text = heading_text(node)
    if level is None:  # a heading inside an output is not part of the document's order
        node.tag = "p"
        node.set("class", "outputheading")
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
