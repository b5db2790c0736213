"""HTML from Markdown and from outputs as a tree that both exporters walk.

The tree is made once per cell: style blocks are applied, pictures resolved to checked ``data:`` addresses, what a
static page cannot hold is replaced by a note that says so. The HTML exporter passes its text through nh3 last of all;
the Typst exporter knows only the elements it draws, so neither trusts what stands here.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import lxml.html
from lxml import etree

from planbrief.display.language import Lang, message
from planbrief.render import pictures, stylesheets
from planbrief.render.foreign_tables import ground_columns
from planbrief.render.safe_text import visible

#: Elements that go with all they hold, because a static page cannot hold them.
_DROPPED = frozenset(
    "script iframe object embed applet form button select textarea video audio canvas noscript template frame frameset "
    "base link meta title portal dialog param source track area map".split()
)
#: Of these nobody needs to be told.
_SILENT = frozenset("noscript template base link meta title param source track area map".split())
#: Characters of one HTML output that a page takes; the parser silently drops texts of ten million.
MAX_HTML = 5_000_000
#: Width of a page's text, which a width in percent is part of.
FULL_PX = 680
_WIDTH = re.compile(r"(?<![\w-])width\s*:\s*([\d.]+\s*(?:px|%|em|cm|mm|in|pt))")
_MEASURE = re.compile(r"(\d+(?:\.\d+)?)\s*(px|%|em|cm|mm|in|pt|)")
_PX = {"": 1.0, "px": 1.0, "%": FULL_PX / 100, "em": 16.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "in": 96.0, "pt": 4 / 3}
#: Boxes of Bootstrap that notebooks use.
_ALERTS = ("alert", "admonition")
_UNSEEN = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:width|height)\s*:\s*0(?:px)?\s*(?:;|\Z))",
    re.IGNORECASE,
)
_SCRIPT_TAG = re.compile(r"<\s*(script|iframe|object|embed)\b", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)


@dataclass
class Surroundings:
    """What a cell brings to the pictures in its text."""

    lang: Lang = "zh"
    folder: Path | None = None
    attachments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    formulas: bool = False  #: whether its text may hold formulas between dollar signs


def build(html: str, around: Surroundings) -> etree._Element:
    """Parse HTML into a clean tree, a ``div``.

    Raises
    ------
    ValueError
        lxml cannot make a tree of it.
    """
    if len(html) > MAX_HTML:
        raise ValueError(f"{len(html)} characters")
    text = visible(html)
    try:
        parser = lxml.html.HTMLParser()
        root = lxml.html.fragment_fromstring(text or " ", create_parent="div", parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, RecursionError) as error:
        raise ValueError(str(error)) from None
    limits = [entry.message for entry in parser.error_log if entry.type_name == "ERR_RESOURCE_LIMIT"]
    if limits:  # beyond its limits (depth, length) the parser drops text and only logs it
        raise ValueError(limits[0])
    styles = stylesheets.inline(root)
    lost: list[str] = []
    for node in list(root.iter()):
        if node is root:
            continue
        if not isinstance(node.tag, str):
            _replace(node, None)
        elif node.tag in _DROPPED or node.get("hidden") is not None:
            if node.tag in _DROPPED - _SILENT:
                lost.append(node.tag)
            _replace(node, None)
        elif _unseen(node):
            continue
        elif node.tag == "div" and set(_ALERTS) & set(node.get("class", "").split()):
            node.tag = "blockquote"
        elif node.tag in ("input", "progress", "meter"):
            _replace(node, _control(node))
        elif node.tag == "svg":
            _replace(node, _drawing(node, around))
        elif node.tag == "img":
            _image(node, around)
        elif node.tag in ("ol", "ul") and "list-inline" in node.get("class", "").split():
            _one_line(node)
        else:
            _old_style(node)
    for table in list(root.iter("table")):
        ground_columns(table)
    if around.formulas:
        _formulas(root, around.lang)
    if styles:
        root.append(notice(message("page.notice.styles", around.lang, names=", ".join(styles))))
    if lost:
        tags = ", ".join(f"<{tag}>" for tag in sorted(set(lost)))
        root.append(notice(message("page.notice.script", around.lang, tags=tags)))
    return root


def notice(text: str, *, block: bool = True) -> etree._Element:
    """An element that tells the reader what is missing here."""
    node = etree.Element("p" if block else "span")
    node.set("class", "notice")
    node.text = visible(text)
    return node


def only_scripted(html: str) -> bool:
    """Whether an HTML output lives by a script or a frame (plotly, folium, widgets) rather than by its markup."""
    return bool(_SCRIPT_TAG.search(html))


def _replace(node: etree._Element, by: etree._Element | None) -> None:
    """Put another element, or nothing, in place of one; the text after it stays."""
    if by is None:
        stylesheets.drop(node)
    elif (parent := node.getparent()) is not None:
        by.tail = node.tail
        parent.replace(node, by)


def _unseen(node: etree._Element) -> bool:
    """Take away what its author's styles hide; what a library keeps for pages without its styles stays."""
    style = node.get("style", "")
    unseen = _UNSEEN.search(style) if node.tag == "svg" else "display: none" in style or "visibility: hidden" in style
    if not unseen or "fallback" in node.get("class", ""):
        return False
    if node.tag in ("td", "th") and "display: none" not in style:
        node.text = None
        del node[:]
    else:
        _replace(node, None)
    return True


def _one_line(node: etree._Element) -> None:
    """A vector as R prints it: its values on one line, with dots between them."""
    node.tag = "p"
    items = [item for item in node if item.tag == "li"]
    for item in items:
        item.tag, item.tail = "span", " · " if item is not items[-1] else ""


def _old_style(node: etree._Element) -> None:
    """What HTML said before there were styles, as styles: colours of ``font``, the middle, ``align``."""
    styles = {"center": "text-align: center"} if node.tag == "center" else {}
    if node.tag == "font" and node.get("color"):
        styles["font"] = f"color: {node.get('color')}"
    if node.get("bgcolor"):
        styles["ground"] = f"background-color: {node.get('bgcolor')}"
    if node.tag in ("p", "div", *(f"h{level}" for level in range(1, 7))) and node.get("align") in ("center", "right"):
        styles["align"] = f"text-align: {node.get('align')}"
    if styles:
        node.tag = {"center": "div", "font": "span"}.get(str(node.tag), node.tag)
        said = stylesheets.declarations("; ".join([node.get("style", ""), *styles.values()]))
        node.set("style", stylesheets.to_text(stylesheets.readable(said)))


#: Formulas in the text of HTML: other kernels' displays and frames with formulas in their cells.
_TEX = re.compile(
    r"\$\$(?P<block>[^$]+)\$\$|\\\[(?P<shown>.+?)\\\]|\\\((?P<inline>.+?)\\\)|\A\s*\$(?P<cell>[^$]+)\$\s*\Z", re.DOTALL
)
_NO_FORMULAS = frozenset(("pre", "code", "samp", "script", "style", "math", "svg", "textarea", "a"))


def _formulas(root: etree._Element, lang: Lang) -> None:
    """Set the formulas that stand between dollar signs in an output, as MathJax does on a page of nbconvert's."""
    from planbrief.render.formulas import mathml

    for node in list(root.iter()):
        if not isinstance(node.tag, str) or not node.text or not ("$" in node.text or "\\" in node.text):
            continue
        if _NO_FORMULAS & {node.tag, *(parent.tag for parent in node.iterancestors())}:
            continue
        text, place, last = node.text, 0, 0
        for found in _TEX.finditer(text):
            display = found["block"] is not None or found["shown"] is not None
            tex = next(part for part in found.groups() if part is not None)
            if (made := mathml(tex, display=display)) is None:
                continue
            math = etree.fromstring(made)
            if display:
                box = etree.Element("div")
                box.set("class", "formula")
                box.append(math)
                math = box
            before = text[last : found.start()]
            if place:
                node[place - 1].tail = before
            else:
                node.text = before
            node.insert(place, math)
            place, last = place + 1, found.end()
        if place:
            node[place - 1].tail = text[last:]


def _control(node: etree._Element) -> etree._Element | None:
    """What a box that can be ticked or written into holds, or how far a bar has come."""
    box, kind = etree.Element("span"), node.get("type", "text")
    if node.tag != "input":
        with contextlib.suppress(ValueError, ZeroDivisionError):
            box.text = f"{100 * float(node.get('value', '')) / float(node.get('max', '1')):.0f}%"
    elif kind in ("checkbox", "radio"):
        box.text = "☑" if node.get("checked") is not None else "☐"
    elif kind in ("text", "number", "range", "date", "search", "email", "url"):
        box.text = node.get("value")
    return box if box.text else None


def _drawing(node: etree._Element, around: Surroundings) -> etree._Element:
    tail, node.tail = node.tail, None
    for part in node.iter():  # the HTML parser lowers the case of names that SVG writes in camel case
        if isinstance(part.tag, str):
            part.tag = pictures.NAMES.get(part.tag, part.tag)
            for name in part.attrib.keys() & pictures.NAMES.keys():
                part.set(pictures.NAMES[name], part.attrib.pop(name))
    if not node.get("xmlns"):
        node.set("xmlns", "http://www.w3.org/2000/svg")
    text = etree.tostring(node, encoding="unicode")
    node.tail = tail
    try:
        return _img(pictures.load("image/svg+xml", text), message("page.image", around.lang))
    except pictures.BadPicture as error:
        return notice(message("page.notice.broken_image", around.lang, reason=str(error)), block=False)


def _img(picture: pictures.Picture, alt: str) -> etree._Element:
    node = etree.Element("img")
    node.set("src", picture.uri)
    node.set("alt", alt)
    node.set("width", f"{picture.width_px:.0f}")
    node.set("height", f"{picture.height_px:.0f}")
    return node


def _image(node: etree._Element, around: Surroundings) -> None:
    address, alt = node.get("src", "").strip(), node.get("alt", "").strip()
    named = alt or address.rsplit("/", 1)[-1].removeprefix("attachment:")[:80]
    shown = address if len(address) <= 120 else address[:120] + "…"
    try:
        picture = _resolved(address, around)
    except pictures.BadPicture as error:
        _replace(node, notice(message("page.notice.broken_image", around.lang, reason=str(error)), block=False))
        return
    if picture is None:
        kind = "remote_image" if _REMOTE.match(address) else "missing_image"
        note = notice(message(f"page.notice.{kind}", around.lang, address=alt or shown), block=False)
        if _REMOTE.match(address) and not any(parent.tag == "a" for parent in node.iterancestors()):
            link = etree.SubElement(note, "a")
            link.set("href", address)
            link.text = " " + shown if alt else ""
            if not alt:
                note.remove(link)
        _replace(node, note)
        return
    if address.startswith("data:") and not alt:
        named = message("page.image", around.lang)
    _replace(node, _sized(_img(picture, named), node))


def _sized(image: etree._Element, original: etree._Element) -> etree._Element:
    said = _WIDTH.search(original.get("style", ""))
    width = (original.get("width") or (said[1] if said else "")).strip()
    if measured := _MEASURE.fullmatch(width):
        width = str(round(min(float(measured[1]) * _PX[measured[2]], 4000)))
    if width.isdigit() and 8 <= int(width) <= 4000:
        ratio = float(image.get("height", "1")) / max(1.0, float(image.get("width", "1")))
        image.set("height", f"{int(width) * ratio:.0f}")
        image.set("width", width)
    return image


def _resolved(address: str, around: Surroundings) -> pictures.Picture | None:
    if address.startswith("attachment:"):
        name = address.removeprefix("attachment:")
        bundle = around.attachments.get(name) or around.attachments.get(unquote(name), {})
        known = [mime for mime in bundle if mime == "image/svg+xml" or mime in pictures.RASTER]
        for mime in known:
            with contextlib.suppress(*(pictures.BadPicture,) * (mime != known[-1])):  # the last one says why
                return pictures.load(mime, bundle[mime])
        return None
    if address.startswith("data:"):
        return pictures.from_uri(address)
    if _REMOTE.match(address):
        return None
    found = pictures.from_folder(address, around.folder)
    # The first notebooks named what lies beside them so.
    return found or pictures.from_folder(address.removeprefix("files/"), around.folder)
