"""Pictures of a document: SVG made safe and unambiguous, bitmaps, their sizes."""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from lxml import etree

from planbrief.display.outputs import GROUND
from planbrief.render.stylesheets import dark_counterpart, drop, hex_color

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
    "markerUnits startOffset textLength lengthAdjust version style fill fill-opacity fill-rule stroke "
    "stroke-width stroke-opacity stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit "
    "opacity color stop-color stop-opacity clip-path clip-rule mask font-family font-size font-weight font-style "
    "text-anchor dominant-baseline alignment-baseline baseline-shift letter-spacing word-spacing text-decoration "
    "display visibility marker-start marker-mid marker-end paint-order vector-effect shape-rendering "
    "text-rendering overflow".split()
)
#: Names as the parser of HTML leaves them → as SVG writes them.
NAMES = {name.lower(): name for name in _TAGS | _ATTRIBUTES if name != name.lower()}
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
            if node is not root:
                drop(node)
            continue
        _clean_attributes(node)
    if root.get("style") == GROUND.partition('"')[2].strip('"'):
        del root.attrib["style"]
    etree.cleanup_namespaces(root)
    return root


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


RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")
_KEPT = {"PNG": "image/png", "JPEG": "image/jpeg"}
_SUFFIXES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp"}
#: Pixels and bytes of one picture that a page takes.
MAX_PIXELS, MAX_BYTES = 60_000_000, 30_000_000
#: Spaces and quotes around its parts are what browsers pass over: ``data: image/png; base64,…`` of great-tables.
_DATA_URI = re.compile(r"data:\s*(image/[a-z+.-]+)\s*((?:;[\s\w=\"'.-]*)*),(.*)\Z", re.IGNORECASE | re.DOTALL)


class BadPicture(ValueError):
    """A picture that cannot be read; the message says why in a few words."""


@dataclass(frozen=True)
class Picture:
    """A picture as both exporters use it: PNG, JPEG or cleaned SVG."""

    mime: str
    data: bytes
    width_px: float
    height_px: float

    @property
    def uri(self) -> str:
        """The picture as a ``data:`` address."""
        return f"data:{self.mime};base64,{base64.b64encode(self.data).decode()}"

    def as_svg(self) -> bytes:
        """The picture as an SVG file, which is what Typst's virtual files can hold."""
        if self.mime == "image/svg+xml":
            return self.data
        width, height = f"{self.width_px:g}", f"{self.height_px:g}"
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}"><image width="{width}" height="{height}" xlink:href="{self.uri}"/></svg>'
        ).encode()


def load(mime: str, payload: str | bytes) -> Picture:
    """Open a picture from a mime bundle: base64 text for raster pictures, text for SVG.

    Raises
    ------
    BadPicture
        It does not open, or is absurdly large.
    """
    if len(payload) > MAX_BYTES * 4 / 3:
        raise BadPicture(f"{len(payload)} bytes")
    if mime == "image/svg+xml":
        text = payload if isinstance(payload, bytes) else payload.encode("utf-8", "replace")
        if b"<" not in text:  # as JupyterLab keeps what was dragged into a cell
            with contextlib.suppress(binascii.Error, ValueError):
                text = base64.b64decode(text, validate=True)
        try:
            root = clean(text)
        except BadDrawing as error:
            raise BadPicture(str(error)) from None
        width, height = size_px(root)
        return Picture(mime, to_bytes(root), width, height)
    if isinstance(payload, str):
        try:
            payload = base64.b64decode(payload)
        except (binascii.Error, ValueError):
            raise BadPicture("not base64") from None
    return _raster(payload)


def reopen(mime: str, data: bytes) -> Picture:
    """A picture that was checked before, read again from its ``data:`` address.

    Raises
    ------
    BadPicture
        It does not open after all.
    """
    return load(mime, data) if mime == "image/svg+xml" else _raster(data)


def _raster(data: bytes) -> Picture:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
            if image.width * image.height > MAX_PIXELS:
                raise BadPicture(f"{image.width} × {image.height} pixels")
            image.load()
            density = image.info.get("dpi", (96.0, 96.0))[0]
            scale = 96 / float(density) if isinstance(density, (int, float)) and 150 <= density <= 1200 else 1.0
            mime = _KEPT.get(image.format or "")
            if mime is None or image.mode in ("CMYK", "I;16"):
                buffer = io.BytesIO()
                image.convert("RGBA" if "A" in image.mode or image.mode == "P" else "RGB").save(buffer, "PNG")
                data, mime = buffer.getvalue(), "image/png"
            return Picture(mime, data, image.width * scale, image.height * scale)
    except BadPicture:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise BadPicture(type(error).__name__) from None


def from_uri(uri: str) -> Picture | None:
    """Open a ``data:`` address, None if it is not one of a picture.

    Raises
    ------
    BadPicture
        It is a picture's address and does not open.
    """
    match = _DATA_URI.match(uri.strip())
    if not match:
        return None
    mime, flags, payload = match.group(1).lower(), match.group(2).lower(), match.group(3)
    if mime == "image/jpg":
        mime = "image/jpeg"
    if mime != "image/svg+xml" and mime not in RASTER:
        raise BadPicture(mime)
    if mime == "image/svg+xml":
        try:
            data = base64.b64decode(unquote(payload)) if "base64" in flags else unquote_to_bytes(payload)
        except (binascii.Error, ValueError):
            raise BadPicture("not base64") from None
        return load(mime, data)
    return load(mime, unquote(payload))


def from_folder(address: str, folder: Path | None) -> Picture | None:
    """Open a picture that lies beside the notebook, None if there is none (or it lies outside the notebook's folder).

    Raises
    ------
    BadPicture
        The file is there and does not open.
    """
    if (
        folder is None
        or not address
        or ":" in address
        or "\x00" in address
        or Path(address).suffix.lower() not in _SUFFIXES
    ):
        return None
    root = folder.resolve()
    try:
        path = (root / unquote(address)).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            return None
        if path.stat().st_size > MAX_BYTES:
            raise BadPicture(f"{path.stat().st_size} bytes")
        data = path.read_bytes()
    except (OSError, ValueError):
        return None
    return load("image/svg+xml", data) if path.suffix.lower() == ".svg" else _raster(data)


def small_line(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The values of a small line between 0 and 1 in both directions, years at their true distances, up being more.

    >>> small_line([(2023, 100), (2026, 150), (2035, 200)])
    [(0.0, 0.0), (0.25, 0.5), (1.0, 1.0)]
    """
    if len(points) < 2:
        return []
    years, levels = [point[0] for point in points], [point[1] for point in points]
    wide, high = max(years) - min(years), max(levels) - min(levels)
    if wide <= 0:
        return []
    return [
        (round((year - min(years)) / wide, 4), round((level - min(levels)) / high, 4) if high else 0.5)
        for year, level in points
    ]
