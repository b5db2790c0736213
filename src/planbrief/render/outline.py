"""What a page holds before it is HTML or Typst, and its outline.

The outline: headings, numbers of tables and figures, and what is cited from where.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from lxml import etree

from planbrief.display.document import Block, Chart, Heading, Run, Runs, Sources, Table
from planbrief.display.language import Lang, message
from planbrief.render.pictures import Picture
from planbrief.render.safe_text import AnsiRun
from planbrief.render.stylesheets import drop


@dataclass
class Part:
    """One thing on a page; ``where`` names its place in the notebook for messages."""

    where: str


@dataclass
class TreePart(Part):
    """Prose or HTML output as a clean tree; ``output`` tells the two apart."""

    root: etree._Element
    output: bool = False


@dataclass
class BlockPart(Part):
    """A block of planbrief; the drawings of a chart are cleaned SVG, ``number`` is that of a table or figure."""

    block: Block
    drawing: etree._Element | None = None
    narrow: etree._Element | None = None
    number: int = 0


@dataclass
class CodePart(Part):
    """The source of a code cell."""

    text: str
    language: str = "python"


@dataclass
class TerminalPart(Part):
    """Text output: stdout, stderr, a traceback, or the plain form of a value."""

    runs: list[AnsiRun]
    kind: str = "stdout"


@dataclass
class PicturePart(Part):
    """A picture in an output."""

    picture: Picture
    alt: str
    caption: str = ""
    number: int = 0


@dataclass
class TrustedPart(Part):
    """HTML output of a notebook that its reader chose to trust; it stands on the page as it is."""

    html: str


@dataclass
class NoticePart(Part):
    """A visible note where something cannot be shown."""

    text: str


@dataclass(frozen=True)
class Entry:
    """One heading as the table of contents lists it; level 1 is the first below the title."""

    level: int
    id: str
    runs: Runs

    @property
    def text(self) -> str:
        """The heading without marking."""
        return "".join(run.text for run in self.runs).strip()


@dataclass
class Document:
    """A notebook read for rendering, in one language."""

    name: str
    lang: Lang
    title: str
    #: Whether it is a report of ours (it has a cover block).
    ours: bool
    subtitle: str = ""
    place: tuple[str, ...] = ()
    data_as_of: str = ""
    parts: list[Part] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    sources: Sources | None = None
    #: id → list item, in the order of first mention
    footnotes: dict[str, etree._Element] = field(default_factory=dict)
    #: ``metadata.planbrief``
    settings: Mapping[str, Any] = field(default_factory=dict)
    alternate: str = ""
    related: tuple[tuple[str, str], ...] = ()
    #: Whether the same report lies beside as a PDF.
    pdf: bool = False

    @property
    def in_edition(self) -> bool:
        """Whether the page lies in an edition, where the index and the pages of numbers are sure to be found.

        A report that has a page in the other language does, whoever renders it.
        """
        return self.ours and bool(self.alternate or self.settings.get("edition"))


#: Columns of a short title; a Chinese character takes two.
SHORT_COLUMNS = 44
#: The title of a document that another one issues.
_ISSUED = re.compile(r"《[^《》]+》")


def columns_of(text: str) -> int:
    """Columns that a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def short_title(title: str) -> str:
    """A title for the line below a table: a long one that issues another document is named by that document.

    Nothing is cut: half a title, or an opening 《 without its end, names no document.

    >>> short_title("Data of a day")
    'Data of a day'
    >>> short_title("某市人民政府办公室关于印发《某市工业高质量发展规划》《某市空间规划》的通知")
    '《某市工业高质量发展规划》'
    """
    issued = _ISSUED.search(title)
    return issued[0] if issued and columns_of(title) > SHORT_COLUMNS else title


def numbers(documents: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """Number of each document in the closing list, from 1."""
    return {document.get("source_id", ""): number for number, document in enumerate(documents, start=1)}


def collect(document: Document) -> None:
    """Move the footnotes of every cell to ``document.footnotes`` and number them through; changes the document."""
    for part in document.parts:
        if not isinstance(part, TreePart) or part.output:
            continue
        items: dict[str, etree._Element] = {}
        for section in [node for node in part.root.iter("section") if node.get("class") == "footnotes"]:
            for item in section.iter("li"):
                items[item.get("id", "")] = item
            drop(section)
        for rule in [node for node in part.root.iter("hr") if node.get("class") == "footnotes-sep"]:
            drop(rule)
        for mark in [node for node in part.root.iter("sup") if node.get("class") == "footnote-ref" and len(node)]:
            name = mark[0].get("href", "")[1:]
            item = items.get(name)
            if item is None:
                drop(mark)
                continue
            if name not in document.footnotes:
                item.tag = "li"
                document.footnotes[name] = item
            mark[0].text = str(list(document.footnotes).index(name) + 1)


_SLUG = re.compile(r"[^\w.-]+")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def settle(document: Document) -> None:
    """Give a document its title, levels, anchors and numbers; changes the document in place."""
    headings = list(_headings(document))
    if not document.ours:
        headings = _take_title(document, headings)
    if not document.title:
        document.title = document.name or message("page.untitled", document.lang)
    taken: dict[str, int] = {}
    open_levels: list[int] = []
    slugs: dict[str, str] = {}
    for part, node in headings:
        raw = node_level(node) if node is not None else _block(part).level
        while open_levels and open_levels[-1] >= raw:
            open_levels.pop()
        open_levels.append(raw)
        level = min(len(open_levels), 5)
        text = heading_text(node) if node is not None else "".join(run.text for run in _block(part).runs)
        anchor = _unique(slug(text) if node is not None else _block(part).id, taken)
        if node is not None:
            node.set("data-level", str(level))
            node.set("data-anchor", anchor)
            slugs.setdefault(text.strip().replace(" ", "-"), anchor)
            slugs.setdefault(anchor, anchor)
            runs: tuple[Run, ...] = (Run(text),)
        else:
            part.block = Heading(anchor, _block(part).lang, level, _block(part).runs)  # type: ignore[union-attr]
            runs = _block(part).runs
        if text.strip():
            document.entries.append(Entry(level, anchor, runs))
    _link(document, slugs)
    collect(document)
    _number(document)


def _block(part: object) -> Heading:
    block = part.block if isinstance(part, BlockPart) else None
    if not isinstance(block, Heading):
        raise TypeError("not a heading")
    return block


def _headings(document: Document) -> Iterator[tuple[BlockPart | TreePart, etree._Element | None]]:
    for part in document.parts:
        if isinstance(part, BlockPart) and isinstance(part.block, Heading):
            yield part, None
        elif isinstance(part, TreePart) and not part.output:
            for node in list(part.root.iter(*_HEADINGS)):
                if heading_text(node).strip():
                    yield part, node
                else:
                    node.tag = "div"


def _take_title(
    document: Document, headings: list[tuple[BlockPart | TreePart, etree._Element | None]]
) -> list[tuple[BlockPart | TreePart, etree._Element | None]]:
    """A first-level heading at the head of the notebook is its title, not a chapter."""
    if not headings:
        return headings
    part, node = headings[0]
    first = next((part for part in document.parts if isinstance(part, TreePart)), None)
    if node is None or part is not first or node_level(node) != 1:
        return headings
    if "".join(node.xpath("preceding::text()")).strip():
        return headings  # what stands above a heading is not below a title
    document.title = heading_text(node).strip()
    drop(node)
    return headings[1:]


def opens_chapter(part: Part) -> bool:
    """Whether a part begins with, or holds, a heading of the document."""
    if isinstance(part, BlockPart):
        return isinstance(part.block, Heading)
    return isinstance(part, TreePart) and not part.output and part.root.find(".//*[@data-level]") is not None


def node_level(node: etree._Element) -> int:
    """Level of a heading element.

    >>> node_level(etree.Element("h3"))
    3
    """
    return int(str(node.tag)[1])


def heading_text(node: etree._Element) -> str:
    """Text of a heading on one line, without the marks of footnotes."""
    texts = node.xpath(".//text()[not(ancestor::sup[@class='footnote-ref'])]")
    return " ".join("".join(str(text) for text in texts).split())


def slug(text: str) -> str:
    """An anchor that keeps Chinese and Latin letters.

    >>> slug("一、目标 (2026)")
    '一-目标-2026'
    """
    return _SLUG.sub("-", text).strip("-.").lower()[:60] or "section"


def _unique(anchor: str, taken: dict[str, int]) -> str:
    if re.fullmatch(r"d\d+|v\d+-.*|main|u\d+-.*", anchor) or anchor.startswith(("u-", "page-")):
        anchor = f"s-{anchor}"
    count = taken[anchor] = taken.get(anchor, 0) + 1
    if count == 1:
        return anchor
    return _unique(f"{anchor}-{count}", taken)


def _link(document: Document, slugs: dict[str, str]) -> None:
    """Point links inside the page at their targets; ids of other people's HTML get a prefix of their own."""
    for position, part in enumerate(document.parts):
        if not isinstance(part, TreePart):
            continue
        own = f"u{position}-" if part.output else "u-"
        for node in part.root.iter():
            if not isinstance(node.tag, str):
                continue
            for name in ("id", "name"):
                if node.get(name):
                    node.set(name, own + slug(node.get(name, "")))
            address = unquote(node.get("href", "")) if node.get("href", "").startswith("#") else ""
            if address.startswith("#"):
                target = slugs.get(address[1:]) or slugs.get(slug(address[1:]))
                node.set("href", f"#{target}" if target else f"#{own}{slug(address[1:])}")
            if node.get("data-anchor"):
                node.set("id", node.attrib.pop("data-anchor"))


def _number(document: Document) -> None:
    tables = figures = 0
    taken: dict[str, int] = {entry.id: 1 for entry in document.entries}
    for part in document.parts:
        if isinstance(part, BlockPart) and isinstance(part.block, (Table, Chart)):
            part.block = replace(part.block, id=_unique(part.block.id, taken))
            if isinstance(part.block, Table):
                if part.block.caption:
                    tables += 1
                    part.number = tables
            else:
                figures += 1
                part.number = figures
        elif isinstance(part, PicturePart) and part.caption:
            figures += 1
            part.number = figures
