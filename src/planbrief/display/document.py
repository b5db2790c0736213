"""The document model: the blocks of a page, from the notebook that makes them to the HTML and PDF that show them.

An author makes a table, a chart or key numbers of values and of text in both languages; display puts them into the
words of a page (their ``runs``), and what it gives is of the same classes. :mod:`planbrief.display.outputs` writes them
into a notebook's outputs and reads them back, again into these classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from planbrief.errors import PlanbriefError

#: Words of a block: text in one or both languages while an author writes it, :data:`Runs` once a page has worded it.
W = TypeVar("W", covariant=True)
_UNSAID: Any = ()


@dataclass(frozen=True)
class Mark:
    """What stands behind a number: observations, formula, unit; a figure's key, value and measure."""

    observations: tuple[str, ...] = ()
    formula: str = ""
    unit: str = ""
    key: str = ""
    note: str = ""
    value: float | None = None
    measure: str = ""

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


def run_text(runs: Iterable[Run]) -> str:
    """Plain text of runs."""
    return "".join(run.text for run in runs)


class BadTable(PlanbriefError):
    """A table's rows and columns do not fit together."""

    text = "table “{}”: {}"


#: Measures whose cells line up at the decimal point.
NUMERIC = frozenset({"level", "rate", "share", "points", "multiple", "years", "count", "index", "number", "bare"})


@dataclass(frozen=True)
class Column(Generic[W]):
    """A column of a table.

    Attributes
    ----------
    key : str
        Name of the column; in :func:`planbrief.display.table.from_frame`, the frame's column.
    label : text or runs
        Head.
    measure : str
        ``text``, ``code`` (a word of ``vocabulary``), ``name`` (a key of the reference table ``table``), ``period``,
        a figure's measure (``level``, ``rate``, ``share`` …), or ``bare``: figures without unit, which stands in a
        column of its own.
    unit : str
        Printed unit of all cells, shown in the head (亿元; English adds "100 million yuan"); once worded, its words.
    align : str
        ``left``, ``right``, ``center`` or ``decimal``; chosen by the measure if empty.
    width : float
        Relative width; 0 lets the page decide.
    head : bool
        Whether the cells are row headers.
    """

    key: str
    label: W
    measure: str = "text"
    unit: str = ""
    align: str = ""
    width: float = 0.0
    head: bool = False
    vocabulary: str = ""
    table: str = ""

    @property
    def aligned(self) -> str:
        """Alignment of the column."""
        return self.align or ("decimal" if self.measure in NUMERIC else "left")


@dataclass(frozen=True)
class Cell:
    """One cell of a table: a value (Figure, Label, number, text, None), what stands behind it, its words on a page.

    Once worded, ``runs`` are the words and ``value`` is the number, if there is one, by which a table is sorted; the
    ``unit`` is what it is counted in where the words leave that out. The ``span`` counts columns and rows; the places
    that it covers are cells with a span of 0 columns.
    """

    value: Any = None
    observations: tuple[str, ...] = ()
    formula: str = ""
    tone: str = ""
    span: tuple[int, int] = (1, 1)
    head: bool = False
    printed: str = ""
    runs: Runs = ()
    note: str = ""
    lang: str = ""
    align: str = ""
    unit: str = ""

    @property
    def text(self) -> str:
        """The cell's text without any marking."""
        return run_text(self.runs)

    @property
    def colspan(self) -> int:
        """Columns that the cell takes."""
        return self.span[0]

    @property
    def rowspan(self) -> int:
        """Rows that the cell takes."""
        return self.span[1]

    @property
    def behind(self) -> tuple[str, ...]:
        """Observations behind the cell: its own, else those of its figure."""
        return self.observations or tuple(getattr(self.value, "observations", ()))

    @property
    def mark(self) -> Mark | None:
        """What stands behind the cell's number."""
        return Mark(self.observations, self.formula, note=self.note) or None


@dataclass(frozen=True)
class Table(Generic[W]):
    """A table, ours or read from another notebook's HTML.

    Attributes
    ----------
    columns : tuple of Column
        Columns, left to right.
    rows : tuple of tuple of Cell
        Rows; a cell with a span stands for the cells it covers.
    caption : text or runs
        What the table shows.
    notes : tuple of text or runs
        Notes below the table.
    sources : tuple of str
        ``source_id`` of the documents; those of the cells' observations if empty.
    groups : mapping of int to text or runs
        Group label before the row with that index.
    wide : bool
        The table needs a wide (turned) page.
    sortable : bool
        Readers may sort it in HTML.
    id, lang : str
        Once worded, its name on the page and the page's language.
    heads : tuple of tuple of Cell
        Header rows where one is not enough.
    """

    columns: tuple[Column[W], ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: W = _UNSAID
    notes: tuple[W, ...] = ()
    sources: tuple[str, ...] = ()
    groups: Mapping[int, W] = field(default_factory=dict)
    wide: bool = False
    sortable: bool = True
    id: str = ""
    lang: str = ""
    heads: tuple[tuple[Cell, ...], ...] = ()

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            cells = sum(cell.span[0] for cell in row)
            if cells > len(self.columns):
                said: Any = self.caption
                caption = getattr(said, "en", "") or (said[-1] if isinstance(said, tuple) and said else said)
                raise BadTable(str(caption or ""), f"row {number} has {cells} cells for {len(self.columns)} columns")

    def observations(self) -> tuple[str, ...]:
        """Ids of all observations behind the table, each once."""
        return tuple(dict.fromkeys(one for row in self.rows for cell in row for one in cell.behind))


@dataclass(frozen=True)
class Chart(Generic[W]):
    """A drawn chart.

    Attributes
    ----------
    svg : str
        The drawing; text as paths, colours from :mod:`planbrief.display.style` only. In a notebook it stands beside
        the block, as an output of its own kind.
    caption, notes : text or runs
        Words around it.
    alt : str
        What the figure shows, made from its data, in the language of the drawing.
    data : Table
        The numbers behind it.
    sources : tuple of str
        Documents; those of the data table if empty.
    width_mm, height_mm : float
        Size of the drawing.
    narrow : str
        The drawing for a phone, not cleaned yet; empty if there is none.
    """

    svg: str
    caption: W
    alt: str
    data: Table[W] | None
    notes: tuple[W, ...] = ()
    sources: tuple[str, ...] = ()
    width_mm: float = 170.0
    height_mm: float = 90.0
    narrow: str = ""
    id: str = ""
    lang: str = ""


@dataclass(frozen=True)
class Sentence:
    """A paragraph, lead, bullet, callout or note with its numbers."""

    id: str
    lang: str
    style: str
    runs: Runs


@dataclass(frozen=True)
class KeyNumber(Generic[W]):
    """One number of a row of key numbers.

    Attributes
    ----------
    label : text or runs
        What it is and when: 规上工业总产值, 2035年.
    value : Figure or runs
        The number.
    note : tuple of str, or runs
        Chinese and English template of the remark; names in braces are filled from `values`.
    values : mapping
        Figures and labels of the remark.
    points : sequence of Figure, or of pairs of year and value
        The values of the small line, each with a ``year``; fewer than two draw none.
    """

    label: W
    value: Any
    note: Any = ("", "")
    values: Mapping[str, object] = field(default_factory=dict)
    points: Sequence[Any] = ()


@dataclass(frozen=True)
class KeyNumbers(Generic[W]):
    """Numbers that a reader should see first, side by side."""

    items: tuple[KeyNumber[W], ...]
    id: str = ""
    lang: str = ""


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
    #: The date in words, and what the notebook was run with.
    data_as_of_text: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    id: str = "cover"


@dataclass(frozen=True)
class Sources:
    """The close of a report: documents, and the observations behind its numbers."""

    lang: str
    documents: tuple[Mapping[str, str], ...] = ()
    observations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: Those behind frames that a cell left as they are, with their documents: shown if the cell is.
    aside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    aside_documents: tuple[Mapping[str, str], ...] = ()
    citation: Runs = ()
    feedback: Runs = ()
    data_as_of: str = ""
    title: str = ""
    #: Numbers in sentences by their key, and every question that the page asked its data: for manifest and plan.
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reads: tuple[Mapping[str, Any], ...] = ()
    id: str = "sources"


Block = Cover | Heading | Sentence | KeyNumbers[Runs] | Table[Runs] | Chart[Runs] | Sources
