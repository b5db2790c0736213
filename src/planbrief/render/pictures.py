"""Pictures in outputs and prose: checked that they open, measured, and turned into what both exporters can hold."""

from __future__ import annotations

import base64
import binascii
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from planbrief.render import svg

RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")
_KEPT = {"PNG": "image/png", "JPEG": "image/jpeg"}
_SUFFIXES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp"}
#: Pixels and bytes of one picture that a page takes.
MAX_PIXELS, MAX_BYTES = 60_000_000, 30_000_000
_DATA_URI = re.compile(r"data:(image/[a-z+.-]+)((?:;[a-z0-9=-]+)*),(.*)\Z", re.IGNORECASE | re.DOTALL)


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
        try:
            root = svg.clean(text)
        except svg.BadDrawing as error:
            raise BadPicture(str(error)) from None
        width, height = svg.size_px(root)
        return Picture(mime, svg.to_bytes(root), width, height)
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
