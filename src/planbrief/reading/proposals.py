"""One proposed row for every numeral of a text: the cells, the rule behind each, and how much to trust it."""

from __future__ import annotations

from dataclasses import dataclass, field

from planbrief.reading.grammar.wordlists import words

#: Cells of an observation in the order of the contract of ``planbrief read --json``.
CELLS = (
    "indicator indicator_phrase ref_area_name obs_value upper_value unit_measure time_period kind comparator "
    "transformation counterpart_area price_base activity subject"
).split()


@dataclass(slots=True)
class Proposal:
    """A proposed row; offsets are those of the document.

    ``cells`` holds the cells of an observation (empty for an exclusion, which has a ``reason``). ``why`` gives for each
    cell the rule that decided it and the words of the text that it saw. ``doubts`` name what speaks against being sure.
    """

    start: int
    end: int
    value_text: str
    role: str = "observation"
    reason: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    why: dict[str, tuple[str, str]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    locator: str = ""
    confidence: float = 0.0
    sure: bool = False
    #: Several values on one span (二个千亿级): 0 for the first.
    part: int = 0

    def as_json(self) -> dict[str, object]:
        """The row as ``planbrief read --json`` prints it."""
        row: dict[str, object] = {
            "role": self.role,
            "char_start": self.start,
            "char_end": self.end,
            "value_text": self.value_text,
            "confidence": round(self.confidence, 3),
            "sure": self.sure,
        }
        if self.role == "exclusion":
            row["reason"] = self.reason
        else:
            row |= {name: self.cells.get(name, "") for name in CELLS}
        row["locator"] = self.locator
        row["why"] = {name: list(reason) for name, reason in self.why.items()}
        if self.doubts:
            row["doubts"] = list(self.doubts)
        return row


#: Rows at or above are called sure: a person may skip them.
SURE = 0.8
_START = 0.97
#: What a doubt costs that the list of doubts does not know.
_UNKNOWN = 0.15


def rate(row: Proposal) -> Proposal:
    """The row with its confidence and whether it is sure."""
    if row.role == "observation":
        known = words("reasons")["doubt"]
        costs = {doubt: known[doubt][2] if doubt in known else _UNKNOWN for doubt in row.doubts}
        if "no_period" in costs and "verb_in_name" in costs:
            costs["verb_in_name"] /= 2  # what a plan lists is named on both sides of its number more often than not
        row.confidence = max(0.05, _START - sum(costs.values()))
    row.sure = row.confidence >= SURE
    return row
