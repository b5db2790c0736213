"""The blocks that ``planbrief.display`` leaves in a notebook's outputs, as types; ``block_reading`` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Mime type of the blocks (the same constant stands in ``planbrief.display.blocks``).
MIME = "application/vnd.planbrief.v1+json"


@dataclass(frozen=True)
class Mark:
    """What stands behind a number: observations, formula, unit."""

    observations: tuple[str, ...] = ()
    formula: str = ""
    unit: str = ""
    key: str = ""
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.observations or self.formula)


@dataclass(frozen=True)
class Run:
    """A stretch of text; ``lang`` only where it differs from its surroundings."""

    text: str
    lang: str = ""
    strong: bool = False
    mark: Mark | None = None


Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    runs: Runs = ()
    value: float | None = None
    mark: Mark | None = None
    lang: str = ""
    tone: str = ""
    colspan: int = 1
    rowspan: int = 1
    head: bool = False
    background: str = ""
    color: str = ""
    align: str = ""

    @property
    def text(self) -> str:
        """The cell's text without any marking."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    key: str
    label: Runs
    unit: str = ""
    align: str = "left"
    width: float = 0.0
    lang: str = ""


@dataclass(frozen=True)
class Table:
    """A table, ours or read from another notebook's HTML; ``heads`` holds header rows where one is not enough."""

    id: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    lang: str = ""
    caption: Runs = ()
    groups: Mapping[int, Runs] = field(default_factory=dict)
    notes: tuple[Runs, ...] = ()
    sources: tuple[str, ...] = ()
    wide: bool = False
    sortable: bool = True
    heads: tuple[tuple[Cell, ...], ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart: its words; the drawing is kept beside it."""

    id: str
    lang: str
    caption: Runs
    alt: str
    notes: tuple[Runs, ...] = ()
    sources: tuple[str, ...] = ()
    data: Table | None = None
    width_mm: float = 160.0
    height_mm: float = 0.0


@dataclass(frozen=True)
class Sentence:
    """A paragraph, lead, bullet, callout or note with its numbers."""

    id: str
    lang: str
    style: str
    runs: Runs


@dataclass(frozen=True)
class Heading:
    """A heading made by a call."""

    id: str
    lang: str
    level: int
    runs: Runs


@dataclass(frozen=True)
class Cover:
    """What a report says of itself at the top."""

    lang: str
    title: str
    subtitle: str = ""
    place: tuple[str, ...] = ()
    data_as_of: str = ""
    notebook: str = ""


@dataclass(frozen=True)
class Sources:
    """The close of a report: documents, and the observations behind its numbers."""

    lang: str
    documents: tuple[Mapping[str, str], ...] = ()
    observations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    citation: Runs = ()
    feedback: Runs = ()
    data_as_of: str = ""


Block = Cover | Heading | Sentence | Table | Chart | Sources
