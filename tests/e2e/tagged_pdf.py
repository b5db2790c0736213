"""Text of a tagged PDF with its language: of the marked content, of the structure element, of the document.

pikepdf reads the content streams; characters come from ``/ToUnicode`` or from ``/ActualText``, so what is found here
is what a screen reader says and what a reader copies.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import pikepdf

_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")


@dataclass(frozen=True)
class Piece:
    """A stretch of text on a page; artifacts (running head, page number) have the document's language."""

    page: int
    text: str
    lang: str
    artifact: bool
    alt: bool = False
    formula: bool = False


def _characters(font: pikepdf.Object) -> dict[int, str]:
    """Code → characters of a font."""
    found: dict[int, str] = {}
    if "/ToUnicode" not in font:
        return found
    data = font.ToUnicode.read_bytes()
    for part in re.findall(rb"beginbfchar\s*(.*?)endbfchar", data, re.DOTALL):
        for code, text in _PAIR.findall(part):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for part in re.findall(rb"beginbfrange\s*(.*?)endbfrange", data, re.DOTALL):
        for first, last, text in _RANGE.findall(part):
            start = int(text, 16)
            for code in range(int(first, 16), int(last, 16) + 1):
                found[code] = chr(start + code - int(first, 16))
    return found


class _Languages:
    """Languages and alternative texts of the structure tree, by page and marked-content id."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self.by_content: dict[tuple[tuple[int, int], int], tuple[str, bool]] = {}
        self.alternatives: list[tuple[tuple[int, int], str, str, bool]] = []
        self._walk(pdf.Root.StructTreeRoot, str(pdf.Root.Lang), None, False)

    def _walk(self, node: pikepdf.Object, lang: str, page: tuple[int, int] | None, formula: bool) -> None:
        lang = str(node.get("/Lang", lang))
        formula = formula or node.get("/S") == pikepdf.Name.Formula
        page = node.Pg.objgen if "/Pg" in node else page
        if "/MCID" in node and page:
            self.by_content[page, int(node.MCID)] = (lang, formula)
        if "/Alt" in node and page:
            self.alternatives.append((page, str(node.Alt), lang, formula))
        kids = node.get("/K")
        for kid in kids if isinstance(kids, pikepdf.Array) else [] if kids is None else [kids]:
            if isinstance(kid, pikepdf.Dictionary):
                self._walk(kid, lang, page, formula)
            elif page:
                self.by_content[page, int(kid)] = (lang, formula)


def _page_pieces(page: pikepdf.Page, number: int, languages: _Languages, default: str) -> list[Piece]:
    fonts: dict[str, dict[int, str]] = {}
    stack: list[dict[str, object]] = []
    current: dict[int, str] = {}
    found: list[Piece] = []

    def said(text: str) -> None:
        entry = next((one for one in reversed(stack) if one["lang"]), {"lang": default})
        artifact = any(one["artifact"] for one in stack)
        formula = any(one["formula"] for one in stack)
        found.append(Piece(number, text, str(entry["lang"]), artifact, formula=formula))

    for operands, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name in ("BDC", "BMC"):
            artifact = str(operands[0]) == "/Artifact"
            entry: dict[str, object] = {"lang": None, "artifact": artifact, "actual": None, "formula": False}
            settings = operands[1] if name == "BDC" else None
            if isinstance(settings, pikepdf.Dictionary):
                content = (page.obj.objgen, int(settings.get("/MCID", -1)))
                inherited, entry["formula"] = languages.by_content.get(content, (None, False))
                entry["lang"] = str(settings["/Lang"]) if "/Lang" in settings else inherited
                entry["actual"] = str(settings["/ActualText"]) if "/ActualText" in settings else None
            stack.append(entry)
            if entry["actual"]:
                said(str(entry["actual"]))
        elif name == "EMC":
            stack.pop()
        elif name == "Tf":
            key = str(operands[0])
            if key not in fonts:
                fonts[key] = _characters(page.obj.Resources.Font[key])
            current = fonts[key]
        elif name in ("Tj", "TJ") and not any(one["actual"] for one in stack):
            parts = operands[0] if name == "TJ" else [operands[0]]
            codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
            said(
                "".join(current.get(int.from_bytes(codes[i : i + 2], "big"), "\ufffd") for i in range(0, len(codes), 2))
            )
    return found


@functools.cache
def pieces(path: Path) -> tuple[Piece, ...]:
    """All text of a PDF in reading order of its pages, alternative texts of pictures at the end."""
    with pikepdf.open(path) as pdf:
        languages, default = _Languages(pdf), str(pdf.Root.Lang)
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, start=1)}
        found = [
            piece
            for number, page in enumerate(pdf.pages, start=1)
            for piece in _page_pieces(page, number, languages, default)
        ]
        found += [
            Piece(numbers[page], text, lang, False, True, formula)
            for page, text, lang, formula in languages.alternatives
        ]
        return tuple(found)


def text(path: Path) -> str:
    """All text of a PDF without white space, as a search for a known string needs it."""
    return "".join("".join(piece.text.split()) for piece in pieces(path) if not piece.artifact and not piece.alt)
