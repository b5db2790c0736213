"""Text or document → proposed rows: tables by their heads, everything else by the grammar."""

from __future__ import annotations

from planbrief.reading.grammar.prose import Grammar
from planbrief.reading.proposals import Proposal


def proposals_of_text(text: str, area: str = "", published: str = "") -> list[Proposal]:
    """Rows for every numeral of a text without recognised tables."""
    return Grammar(text, area, published).rows()
