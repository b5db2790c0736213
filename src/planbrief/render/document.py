"""What a page holds, before it is HTML or Typst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from planbrief.display.document import Block, Runs, Sources
from planbrief.display.language import Lang
from planbrief.render.pictures import Picture
from planbrief.render.safe_text import AnsiRun


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
