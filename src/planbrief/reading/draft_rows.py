"""Text or document → proposed rows: tables by their heads, everything else by the grammar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planbrief.reading.canonical import CanonicalText, PrintedTable
from planbrief.reading.grammar.prose import Grammar
from planbrief.reading.grammar.tables import TableReader
from planbrief.reading.matching import Vocabulary
from planbrief.reading.proposals import Proposal
from planbrief.reading.tables.shapes import side_by_side


@dataclass(frozen=True)
class Reading:
    """The rows of a document, in the order of its text, with the area and date that they were read with."""

    rows: list[Proposal]
    area: str
    published: str


def described(
    document: CanonicalText,
    area: str = "",
    published: str = "",
    vocabulary: Vocabulary | None = None,
    forced: Sequence[tuple[int, int]] = (),
) -> Reading:
    """Rows for every numeral of a document.

    ``area`` is the name of the area that the document is about, ``published`` its ISO date; both are looked for in its
    first lines where they are not given. With a ``vocabulary`` each row names its indicator where a phrase is one.
    Spans in ``forced`` are read as quantities whatever the rules of exclusion say.
    """
    grammar = Grammar(document.text, area, published or document.published_hint)
    rows: list[Proposal] = []
    skipped: list[tuple[int, int]] = []
    for table in (part for one in document.tables for part in side_by_side(document.text, one)):
        reader = TableReader(document.text, table, grammar.area, grammar.clock, grammar.planned)
        read = list(reader.rows())
        prose = set(reader.prose()) | _claimed(read, table, forced)
        rows += [row for row in read if not any(start <= row.start < end for start, end in prose)]
        skipped += [(cell.start, cell.end) for cell in table.cells if (cell.start, cell.end) not in prose]
    rows += grammar.rows(sorted(skipped), forced)
    rows.sort(key=lambda row: (row.start, row.part))
    for row in rows:
        row.locator = document.locator(row.start)
        if vocabulary is not None and row.role == "observation":
            _matched(row, vocabulary)
    return Reading(rows, grammar.area, grammar.published)


def _claimed(read: Sequence[Proposal], table: PrintedTable, forced: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Cells of a table in which a forced span was left out: they are read as prose."""
    out = {row.start for row in read if row.role == "exclusion"}
    places = (table.cell_at(start) for start, _ in forced if start in out)
    return {(cell.start, cell.end) for cell in places if cell is not None}


def proposals(
    document: CanonicalText, area: str = "", published: str = "", vocabulary: Vocabulary | None = None
) -> list[Proposal]:
    """The rows of :func:`described` alone."""
    return described(document, area, published, vocabulary).rows


def _matched(row: Proposal, vocabulary: Vocabulary) -> None:
    cells = row.cells
    found = vocabulary.match(cells["indicator_phrase"], cells["transformation"], cells["unit_measure"])
    if found is not None:
        cells["indicator"] = found.indicator
        row.why["indicator"] = (f"score {found.score:g}", found.name)
