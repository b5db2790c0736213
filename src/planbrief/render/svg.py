"""SVG drawings: only what draws is kept; colours become CSS variables so that a page can turn dark."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from planbrief.render.colors import dark_counterpart, hex_color

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
_TAGS = frozenset(
    "svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textPath title desc clipPath "
    "mask pattern marker linearGradient radialGradient stop image switch style".split()
)
#: Filters are left out: they can be made to cost minutes.
_ATTRIBUTES = frozenset(
    "id class d x y x1 y1 x2 y2 cx cy r rx ry fx fy dx dy rotate width height viewBox preserveAspectRatio "
    "transform points gradientUnits gradientTransform spreadMethod offset clipPathUnits maskUnits "
    "maskContentUnits patternUnits patternTransform patternContentUnits markerWidth markerHeight refX refY orient "
    "markerUnits startOffset textLength lengthAdjust version style fill fill-opacity fill-rule stroke stroke- "
    "width stroke-opacity stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit "
    "opacity color stop-color stop-opacity clip-path clip-rule mask font-family font-size font-weight font-style "
    "text-anchor dominant-baseline alignment-baseline baseline-shift letter-spacing word-spacing text-decoration "
    "display visibility marker-start marker-mid marker-end paint-order vector-effect shape-rendering text- "
    "rendering overflow".split()
)
_URL = re.compile(r"url\(\s*['\"]?\s*([^'\")]*)", re.IGNORECASE)
_INLINE_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")
_COLOR_PROPERTIES = ("fill", "stroke", "stop-color", "color")
_MOVED = re.compile(r"translate\((-?[0-9.]+)(?:[ ,]+0)?\)\Z")
_LENGTH = re.compile(r"\s*([0-9.]+(?:e-?\d+)?)\s*(px|pt|mm|cm|in|)\s*\Z")
_PX = {"": 1.0, "px": 1.0, "pt": 4 / 3, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
#: Nodes of one drawing that a page takes.
MAX_NODES = 60_000


class BadDrawing(ValueError):
    """An SVG that cannot be read; the message says why in a few words."""


def _safe_style(text: str) -> str:
    lowered = text.lower()
    if "@import" in lowered or "expression(" in lowered or "\\" in text or "javascript:" in lowered:
        return ""
    return "" if any(not target.strip().startswith("#") for target in _URL.findall(text)) else text


def clean(data: bytes | str) -> etree._Element:
    """Parse an SVG and keep its drawing elements only: no scripts, events, animations, foreign objects or addresses.

    Raises
    ------
    BadDrawing
        It is not an SVG, holds entities, or is absurdly large.
    """
    raw = data.encode() if isinstance(data, str) else data
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, huge_tree=len(raw) < 40_000_000
    )
    try:
        root = etree.fromstring(raw.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadDrawing(str(error).split(",")[0][:120]) from None
    if etree.QName(root).localname != "svg":
        raise BadDrawing("no svg element")
    for count, node in enumerate(list(root.iter())):
        if count > MAX_NODES:
            raise BadDrawing(f"more than {MAX_NODES} elements")
        if (
            not isinstance(node.tag, str)
            or etree.QName(node).localname not in _TAGS
            or etree.QName(node).namespace not in (SVG, None)
        ):
            if node is not root and node.getparent() is not None:
                _remove(node)
            continue
        _clean_attributes(node)
    etree.cleanup_namespaces(root)
    return root


def _remove(node: etree._Element) -> None:
    parent = node.getparent()
    tail = node.tail
    parent.remove(node)
    if tail and tail.strip():
        last = parent[-1] if len(parent) else None
        if last is None:
            parent.text = (parent.text or "") + tail
        else:
            last.tail = (last.tail or "") + tail


def _clean_attributes(node: etree._Element) -> None:
    if etree.QName(node).localname == "style":
        node.text = _safe_style(node.text or "")
    for name, value in list(node.attrib.items()):
        if name in (XLINK, "href"):
            local = value.startswith("#")
            if local or (etree.QName(node).localname == "image" and _INLINE_IMAGE.match(value)):
                continue
            del node.attrib[name]
        elif name not in _ATTRIBUTES or (value and not _safe_style(value)):
            del node.attrib[name]


def size_px(root: etree._Element) -> tuple[float, float]:
    """Width and height in CSS pixels; 640 × 480 where the drawing does not say."""
    sizes = []
    for name in ("width", "height"):
        match = _LENGTH.match(root.get(name, ""))
        sizes.append(float(match.group(1)) * _PX[match.group(2)] if match else 0.0)
    if not all(sizes):
        box = [float(part) for part in re.findall(r"-?[0-9.]+", root.get("viewBox", ""))]
        sizes = box[2:4] if len(box) == 4 and box[2] > 0 and box[3] > 0 else [640.0, 480.0]
    return sizes[0], sizes[1]


def to_bytes(root: etree._Element) -> bytes:
    """The drawing as a file of its own."""
    return bytes(etree.tostring(root, encoding="utf-8"))


def prefix_ids(root: etree._Element, prefix: str) -> None:
    """Make every id, and every reference to one, unique to this drawing."""
    known = {node.get("id") for node in root.iter() if node.get("id")}

    def renamed(match: re.Match[str]) -> str:
        return f"{match.group(1)}{prefix}-{match.group(2)}" if match.group(2) in known else match.group()

    for node in root.iter():
        for name, value in list(node.attrib.items()):
            if name == "id":
                node.set(name, f"{prefix}-{value}")
            elif name in (XLINK, "href") and value.startswith("#"):
                node.set(name, re.sub(r"^(#)(.+)$", renamed, value))
            elif "#" in value and "url(" in value:
                node.set(name, re.sub(r"(url\(\s*['\"]?#)([^'\")]+)", renamed, value))


def compact(root: etree._Element) -> None:
    """Say the same in fewer letters: glyphs are placed by ``x``, white space between elements goes."""
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        address = node.attrib.pop(XLINK, None)
        if address is not None:
            node.set("href", address)
        if etree.QName(node).localname == "use" and node.get("x") is None:
            moved = _MOVED.match(node.get("transform", ""))
            if moved:
                del node.attrib["transform"]
                node.set("x", f"{float(moved.group(1)):.1f}".removesuffix(".0"))
        if etree.QName(node).localname not in ("text", "tspan", "textPath", "style", "title", "desc"):
            if node.text is not None and not node.text.strip():
                node.text = None
            for child in node:
                if child.tail is not None and not child.tail.strip():
                    child.tail = None
    etree.cleanup_namespaces(root)


def use_color_variables(root: etree._Element) -> dict[str, str]:
    """Turn fixed colours into ``var(--c-rrggbb, #rrggbb)`` and return the dark counterpart of each.

    Returns
    -------
    dict
        ``rrggbb`` → colour for the dark page.
    """
    dark: dict[str, str] = {}

    def variable(color: str) -> str | None:
        value = hex_color(color)
        if value is None:
            return None
        dark.setdefault(value, dark_counterpart(value))
        return f"var(--c-{value}, #{value})"

    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        declarations = [part.split(":", 1) for part in node.get("style", "").split(";") if ":" in part]
        style = [(name.strip(), value.strip()) for name, value in declarations]
        present = {name for name, _ in style}
        style += [(name, node.attrib.pop(name)) for name in _COLOR_PROPERTIES if node.get(name) and name not in present]
        if not style:
            continue
        node.set("style", "; ".join(_declarations(style, variable)))
    # Shapes without a colour are black by the rules of SVG.
    root.set(
        "style",
        "; ".join(filter(None, [root.get("style", ""), f"fill: {variable('#000000')}"]))
        if "fill" not in root.get("style", "")
        else root.get("style"),
    )
    return dark


def _declarations(style: Iterable[tuple[str, str]], variable: object) -> Iterable[str]:
    for name, value in style:
        replaced = variable(value) if name in _COLOR_PROPERTIES else None  # type: ignore[operator]
        yield f"{name}: {replaced or value}"
