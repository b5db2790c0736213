"""What a finished PDF says of itself: pages and conformance, read without a PDF library.

Enough to tell a whole file from a cut or empty one before it is published; tests check conformance in full.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = r"(?:>\s*|\s*=\s*['\"])(\d)"
_UA = re.compile(rb"pdfuaid:part" + _PART.encode())
_ARCHIVAL = re.compile(rb"pdfaid:part" + _PART.encode())
_STARTXREF = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\s*$")
_ROOT = re.compile(rb"/Root\s+(\d{1,9})\s+\d+\s+R")
_PAGES = re.compile(rb"/Pages\s+(\d{1,9})\s+\d+\s+R")
_COUNT = re.compile(rb"/Count\s+(\d{1,9})")
_SECTION = re.compile(rb"\s*(\d{1,9}) (\d{1,9})\s*\n")
_ENTRY_BYTES = 20


class BrokenPDF(ValueError):
    """Bytes are no whole PDF."""


@dataclass(frozen=True)
class PDFFacts:
    """Number of pages; parts of PDF/UA and PDF/A that the file claims, 0 for none."""

    pages: int
    ua_part: int
    archival_part: int


def pdf_facts(data: bytes) -> PDFFacts:
    """Facts of a PDF; :class:`BrokenPDF` if it is cut, empty or its table of objects leads nowhere."""
    if not data.startswith(b"%PDF-1."):
        raise BrokenPDF("it does not begin like a PDF")
    end = _STARTXREF.search(data[-64:])
    if end is None:
        raise BrokenPDF("it does not end like a PDF")
    start = int(end.group(1))
    if data[start : start + 4] == b"xref":
        pages = _count_by_table(data, start)
    elif re.match(rb"\d+ \d+ obj", data[start : start + 24]):
        pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", data))
    else:
        raise BrokenPDF("its table of objects is not where it says")
    if pages < 1:
        raise BrokenPDF("it has no pages")
    return PDFFacts(pages, _part(_UA, data), _part(_ARCHIVAL, data))


def _part(pattern: re.Pattern[bytes], data: bytes) -> int:
    found = pattern.search(data)
    return int(found.group(1)) if found else 0


def _count_by_table(data: bytes, start: int) -> int:
    trailer = data.find(b"trailer", start)
    if trailer < 0:
        raise BrokenPDF("it has no trailer")
    table = _table(data[start + 4 : trailer])
    for number, offset in table.items():
        if not data.startswith(b"%d " % number, offset):
            raise BrokenPDF(f"object {number} is not where its table says")
    root = _object(data, table, _ROOT, data[trailer : trailer + 4096], "catalog")
    pages = _object(data, table, _PAGES, root, "page tree")
    found = _COUNT.search(pages)
    return int(found.group(1)) if found else 0


def _table(text: bytes) -> dict[int, int]:
    table: dict[int, int] = {}
    position = 0
    while section := _SECTION.match(text, position):
        first, length = int(section.group(1)), int(section.group(2))
        position = section.end()
        if length * _ENTRY_BYTES > len(text):
            raise BrokenPDF("its table of objects is cut")
        for number in range(first, first + length):
            entry = text[position : position + _ENTRY_BYTES]
            position += _ENTRY_BYTES
            if entry[17:18] == b"n" and entry[:10].isdigit():
                table[number] = int(entry[:10])
    return table


def _object(data: bytes, table: dict[int, int], reference: re.Pattern[bytes], text: bytes, what: str) -> bytes:
    found = reference.search(text)
    offset = table.get(int(found.group(1))) if found else None
    if offset is None:
        raise BrokenPDF(f"it has no {what}")
    end = data.find(b"endobj", offset)
    return data[offset : end if end >= 0 else offset + 65536]
