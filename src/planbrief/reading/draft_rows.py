"""Text or document → proposed rows: tables by their heads, everything else by the grammar."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from planbrief.reading.canonical import CanonicalText, PrintedTable
from planbrief.reading.decisions import Proposal
from planbrief.reading.grammar.numerals import canonical_unit
from planbrief.reading.grammar.prose import Grammar
from planbrief.reading.grammar.tables import TableReader
from planbrief.reading.matching import Vocabulary
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
        # Cells with sentences, and cells whose number the data has as a quantity, are read by the grammar of prose.
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


# Rows of the data held against a second reading of their passages by the grammar.
#
# For each observation sign, unit, bound, form, period, kind, area and value are derived again from the text around its
# span. Where the grammar reads something else and the row is right, the row says so in ``reading_note``: which cell
# holds which value, and why. The note speaks for that value only, so that a later change of the cell is named again.

#: Cells that are read again: the column of the data, and the cell of a proposal.
REREAD = {
    name: name for name in "obs_value upper_value unit_measure comparator transformation time_period kind".split()
} | {"ref_area": "ref_area_name"}
#: A cell with the value that stands, in the column ``reading_note``.
_NOTED = re.compile(r"(\w+)=(\S*)")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A cell of a row that the text, read again, says otherwise; ``rule`` and ``words`` are the grammar's reason.

    ``stale`` is true where an acknowledgement names another value than the row holds.
    """

    obs_id: str
    cell: str
    in_row: str
    in_text: str
    start: int
    end: int
    rule: str = ""
    words: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A row's own word against the grammar: the cell, the value that is right, and why."""

    obs_id: str
    cell: str
    value: str
    reason: str


@dataclass(frozen=True)
class Rereading:
    """What a second reading found: disagreements, and how many rows an acknowledgement speaks for.

    ``unsure`` are rows that agree with a reading that is not sure of itself and of which no ``reading_note`` says that
    a person has looked: a misreading that the row repeats is among these, if it is anywhere.
    """

    disagreements: tuple[Disagreement, ...]
    rows: int
    cells: int
    acknowledged_rows: int
    unsure: tuple[str, ...] = ()


def acknowledgements(rows: Iterable[Mapping[str, str]]) -> list[Acknowledgement]:
    """What rows say of themselves in ``reading_note``: cells with the values that stand, a colon, the reason.

    >>> row = {"obs_id": "x-1", "reading_note": "kind=resource ref_area=centre: the section is about the centre"}
    >>> [(one.cell, one.value, one.reason) for one in acknowledgements([row])]
    [('kind', 'resource', 'the section is about the centre'), ('ref_area', 'centre', 'the section is about the centre')]
    """
    found = []
    for row in rows:
        named, colon, reason = (row.get("reading_note") or "").partition(": ")
        if colon and reason.strip():
            for cell, value in _NOTED.findall(named):
                found.append(Acknowledgement(row["obs_id"], cell, value, reason.strip()))
    return found


def reread(
    document: CanonicalText,
    rows: Sequence[Mapping[str, str]],
    area: str,
    published: str,
    area_names: Mapping[str, str],
) -> Rereading:
    """Hold the observations of one document against its text.

    ``area`` is the document's (empty: looked for in its first lines), ``area_names`` gives the Chinese names of the
    ids of areas. A row whose value is missing in the text (obs_status M or O) has nothing to read again.
    """
    spoken = {(one.obs_id, one.cell): one for one in acknowledgements(rows)}
    valued = [row for row in rows if row.get("obs_value")]
    spans = sorted({(int(row["char_start"]), int(row["char_end"])) for row in valued})
    spans = [(start, end) for start, end in spans if 0 <= start < end <= len(document.text)]
    found = [one for one in described(document, area, published, forced=spans).rows if one.role == "observation"]
    starts = [one.start for one in found]
    longest = max((one.end - one.start for one in found), default=0)
    result: list[Disagreement] = []
    cells = 0
    quiet_rows: set[str] = set()
    unsure: list[str] = []
    for row in valued:
        start, end = int(row["char_start"]), int(row["char_end"])
        near = found[bisect_left(starts, start - longest) : bisect_left(starts, end)]
        candidates = [one for one in near if one.start < end and start < one.end]
        proposal = _likeliest(row, candidates, area_names)
        if proposal is not None and not proposal.sure and not row.get("reading_note"):
            unsure.append(row["obs_id"])
        for column, cell in REREAD.items():
            cells += 1
            read = proposal.cells[cell] if proposal is not None else ""
            own = area_names.get(row[column], row[column]) if column == "ref_area" else row[column]
            spoken_for = spoken.get((row["obs_id"], column))
            if spoken_for is not None:
                quiet_rows.add(row["obs_id"])
                if _same(column, spoken_for.value, row[column]):
                    continue
            # A place that the passage does not name says nothing against the row's.
            elif _same(column, own, read) or (column == "ref_area" and not read and proposal is not None):
                continue
            rule, words = proposal.why.get(cell, ("", "")) if proposal is not None else ("no quantity", "")
            if spoken_for is None and rule == "published" and row[column] == "undated":
                continue  # that news is of its month is a guess, which speaks against no row
            result.append(
                Disagreement(row["obs_id"], column, row[column], read, start, end, rule, words, spoken_for is not None)
            )
    named = {one.obs_id for one in result}
    alone = tuple(name for name in unsure if name not in named)
    return Rereading(tuple(result), len(valued), cells, len(quiet_rows), alone)


def _likeliest(
    row: Mapping[str, str], candidates: Sequence[Proposal], area_names: Mapping[str, str]
) -> Proposal | None:
    """The reading of a row's span that agrees with it most, the exact span first."""

    def likeness(one: Proposal) -> tuple[bool, bool, int]:
        exact = (one.start, one.end) == (int(row["char_start"]), int(row["char_end"]))
        names = {"ref_area": area_names.get(row["ref_area"], row["ref_area"])}
        agreeing = sum(_same(name, names.get(name, row[name]), one.cells[cell]) for name, cell in REREAD.items())
        return _same("obs_value", row["obs_value"], one.cells["obs_value"]), exact, agreeing

    return max(candidates, key=likeness, default=None)


def _same(column: str, one: str, other: str) -> bool:
    if one == other:
        return True
    if column in ("obs_value", "upper_value"):
        try:
            return Decimal(one) == Decimal(other)
        except InvalidOperation:
            return False
    if column == "unit_measure":
        return canonical_unit(one) == canonical_unit(other)
    if column == "ref_area":
        return bool(one) and bool(other) and bare_name(one) == bare_name(other)
    return False


def bare_name(name: str) -> str:
    """An area's name without the word for its level, as texts often print it.

    >>> bare_name("泸州市"), bare_name("内蒙古自治区")
    ('泸州', '内蒙古')
    """
    for ending in ("维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市", "区", "县"):
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name.removesuffix(ending)
    return name
