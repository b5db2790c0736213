"""Parts of an Office file, read with limits: bombs, entities, passwords and damage end in one message."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from planbrief.errors import DataError
from planbrief.reading.canonical import unreadable

#: Bytes of one part and of all parts together when unpacked; a plan of 1,000 pages has 30 MB of XML.
_MOST_PART, _MOST_TOTAL = 120_000_000, 250_000_000
_MOST_PARTS = 20_000
#: XML packs 10 to 40 times; a part of some size that packs better than this was made to explode.
_MOST_RATIO = 400
_EXPECTED = "a Word document (.docx) or an Excel workbook (.xlsx) as Office saves it"


class Archive:
    """A zip file in memory whose parts are read on demand, each at most once and within limits."""

    def __init__(self, raw: bytes, name: str) -> None:
        self.name = name
        self._spent = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
            infos = self._zip.infolist()
        except (zipfile.BadZipFile, EOFError, ValueError, OSError, NotImplementedError, OverflowError):
            raise self.error("a damaged archive, perhaps a download that broke off") from None
        if len(infos) > _MOST_PARTS:
            raise self.error(f"an archive of {len(infos):,} parts")
        if any(info.flag_bits & 1 for info in infos):
            raise self.error("a document behind a password", "one saved without a password")
        self._infos = {info.filename.lstrip("/").replace("\\", "/"): info for info in infos}

    def error(self, found: str, expected: str = _EXPECTED) -> DataError:
        """The message that this file cannot be read."""
        return unreadable(self.name, found, expected)

    def main_part(self, folder: str) -> str:
        """Name of the main part of a kind of document (``word`` or ``xl``), empty if it is not one."""
        usual = {"word": "word/document.xml", "xl": "xl/workbook.xml"}[folder]
        if usual in self._infos:
            return usual
        if "_rels/.rels" not in self._infos:
            return ""
        targets = [target for kind, target, _ in self.relations("") if kind == "officeDocument"]
        wanted = re.compile(r"document\d*\.xml$" if folder == "word" else r"workbook\d*\.xml$")
        return next((target for target in targets if wanted.search(target) and target in self._infos), "")

    def relations(self, part: str) -> list[tuple[str, str, str]]:
        """Kind, target and id of what a part refers to inside the archive; nothing outside is followed."""
        folder, base = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{base}.rels")
        if name not in self._infos:
            return []
        found = []
        for element in self.elements(name, "Relationship"):
            if element.get("TargetMode") == "External":
                continue
            target = element.get("Target", "")
            target = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
            found.append((element.get("Type", "").rpartition("/")[2], target, element.get("Id", "")))
        return found

    def __contains__(self, part: str) -> bool:
        return part in self._infos

    def read(self, part: str) -> bytes:
        """The bytes of a part.

        Raises
        ------
        DataError
            If the part is missing, damaged, or larger than any document needs.
        """
        info = self._infos.get(part)
        if info is None:
            raise self.error(f"an archive without its part {part}")
        ratio = info.file_size / max(1, info.compress_size)
        if info.file_size > _MOST_PART or (ratio > _MOST_RATIO and info.file_size > 5_000_000):
            raise self.error(
                f"a part of {info.file_size / 1e6:,.0f} MB that packs to {info.compress_size / 1e6:,.1f} MB"
            )
        try:
            with self._zip.open(info) as file:
                raw = file.read(_MOST_PART + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
            raise self.error(f"a damaged archive (its part {part} cannot be unpacked)") from None
        self._spent += len(raw)
        if len(raw) > _MOST_PART or self._spent > _MOST_TOTAL:
            raise self.error("an archive that unpacks without end")
        head = raw[:4096].replace(b"\0", b"")
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            raise self.error("a document type with entities, which no Office program writes")
        return raw

    def elements(self, part: str, *names: str) -> Iterator[Any]:
        """Elements of a part with these local names, each complete; what was handed out is freed afterwards.

        An element inside another of these names is handed out only with the outer one.
        """
        from lxml import etree

        raw = self.read(part)
        depth = 0
        try:
            events = etree.iterparse(
                *(io.BytesIO(raw), ("start", "end")),
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            )
            for event, element in events:
                if local(element) not in names:
                    continue
                depth += 1 if event == "start" else -1
                if event == "end" and depth == 0:
                    yield element
                    element.clear()
                    parent = element.getparent()
                    while parent is not None and element.getprevious() is not None:
                        del parent[0]
        except etree.XMLSyntaxError:
            raise self.error(f"a damaged document (its part {part} breaks off or is no XML)") from None


def local(element: Any) -> str:
    """Name of an element without its namespace, which differs between the two variants of the standard."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Any, name: str, default: str = "") -> str:
    """An attribute by its local name; the default also where the element itself (None) is missing."""
    for key, value in element.items() if element is not None else ():
        if key == name or key.endswith("}" + name):
            return str(value)
    return default


def child(element: Any, *path: str) -> Any:
    """The first element below another along local names, None if there is none."""
    for name in path:
        if element is None:
            return None
        element = next((inner for inner in element if local(inner) == name), None)
    return element
