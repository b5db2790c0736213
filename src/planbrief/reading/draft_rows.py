"""Text or document → proposed rows: tables by their heads, everything else by the grammar."""

from __future__ import annotations

from planbrief.reading.canonical import CanonicalText
from planbrief.reading.grammar.prose import Grammar
from planbrief.reading.grammar.tables import TableReader
from planbrief.reading.proposals import Proposal


def proposals(document: CanonicalText, area: str = "", published: str = "") -> list[Proposal]:
    """Rows for every numeral of a document, in the order of its text.

    ``area`` is the name of the area that the document is about, ``published`` its ISO date; both are looked for in its
    first lines where they are not given.
    """
    grammar = Grammar(document.text, area, published or document.published_hint)
    rows: list[Proposal] = []
    skipped: list[tuple[int, int]] = []
    for table in document.tables:
        reader = TableReader(document.text, table, grammar.area, grammar.clock, grammar.planned)
        rows += reader.rows()
        prose = set(reader.prose())
        skipped += [(cell.start, cell.end) for cell in table.cells if (cell.start, cell.end) not in prose]
    rows += grammar.rows(sorted(skipped))
    rows.sort(key=lambda row: (row.start, row.part))
    for row in rows:
        row.locator = document.locator(row.start)
    return rows


def proposals_of_text(text: str, area: str = "", published: str = "") -> list[Proposal]:
    """Rows for every numeral of a text without recognised tables."""
    return Grammar(text, area, published).rows()
