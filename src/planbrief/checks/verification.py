"""Prove the tables against the source texts: every number accounted for, every value where it says it is."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from glob import escape
from pathlib import Path
from typing import Any

from planbrief.checks.rules import decimal
from planbrief.errors import PlanbriefError
from planbrief.reading.canonical import CanonicalText
from planbrief.reading.draft_rows import Rereading, bare_name, reread
from planbrief.reading.files import read_file
from planbrief.reading.forms.plain import read_plain
from planbrief.reading.grammar.names import document_area
from planbrief.reading.tabulation import NO_QUANTITY
from planbrief.targets.dataset import Dataset
from planbrief.targets.package import Row
from planbrief.targets.units import UnitTable, unit_behind
from planbrief.targets.wording import Places, read, tokens

#: Forms whose canonical text is what a reader writes, not the decode of the file.
_OTHER_FORMS = frozenset({".html", ".htm", ".docx", ".pdf", ".xlsx"})
#: Title of a table with the years that it is about.
_TITLE = re.compile(
    r"(?m)^[*# ]*(?P<name>(?:表|专栏) ?\d+)\D[^\n\t]*?(?P<first>20\d\d) ?[—–-] ?(?P<last>20\d\d) ?年[^\n\t]*$"
)
#: Characters in which a document says what area it is about.
_HEAD = 200
#: A source text larger than this is refused.
LARGEST_SOURCE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Mismatch:
    """One thing in which tables and texts disagree."""

    source_id: str
    #: Of the source file; 0 where the whole file is meant.
    line: int
    column: int
    #: The table's file and row, empty and 0 where no row is meant.
    file: str
    row: int
    found: str
    expected: str
    #: Surroundings in the source, for the screen only.
    context: str = field(default="", compare=False)

    def __str__(self) -> str:
        place = self.source_id + (f", line {self.line}, column {self.column}" if self.line else "")
        row = f" ({self.file}, row {self.row})" if self.file else ""
        context = f"  {self.context}" if self.context else ""
        return f"{place}{row}: found {self.found}; expected {self.expected}{context}"


@dataclass(frozen=True)
class Account:
    """Where the numbers of one source went."""

    source_id: str
    tokens: int
    in_observations: int
    excluded: dict[str, int]
    unaccounted: int
    double: int
    observations: int
    mismatches: int


@dataclass(frozen=True)
class Verification:
    """The result of :func:`verify`."""

    accounts: tuple[Account, ...]
    mismatches: tuple[Mismatch, ...]
    #: Rows that say in ``reading_note`` why they stand although the grammar reads their passage otherwise.
    noted: int = 0
    #: Documents of which no text is held: their values were typed by hand and cannot be compared.
    typed: tuple[str, ...] = ()
    #: Tables whose title and columns do not speak of the same years, as printed: questions to the authors.
    titles: tuple[str, ...] = ()
    #: Rows that agree with a second reading that is not sure of itself: a person has to look.
    unsure: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is amiss."""
        return not self.mismatches

    def total(self, what: str) -> int:
        """Sum of one number over the sources: ``tokens``, ``unaccounted``, ``double`` …"""
        return sum(int(getattr(account, what)) for account in self.accounts)

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data, without the texts' wording."""
        mismatches = [{k: v for k, v in asdict(one).items() if k != "context"} for one in self.mismatches]
        totals = {name: self.total(name) for name in ("tokens", "in_observations", "unaccounted", "double")}
        accounts = [asdict(account) for account in self.accounts]
        return {
            "passed": self.passed,
            "totals": totals,
            "sources": accounts,
            "mismatches": mismatches,
            "noted": self.noted,
            "unsure": list(self.unsure),
            "typed_by_hand": list(self.typed),
            "table_titles": list(self.titles),
        }


class NoSources(PlanbriefError):
    """The folder of the source texts is not there."""

    text = "no folder {!r}; --sources names the folder that holds the texts of the documents"


def verify(dataset: Dataset, sources: Path | str) -> Verification:
    """Compare every span, value and number of the tables with the texts in the folder `sources`.

    Raises
    ------
    NoSources
        If there is no such folder. A single missing or altered file is a mismatch, not an error; a text that is not in
        the folder is looked for in the folders beside it.
    """
    folder = Path(sources)
    if not folder.is_dir():
        raise NoSources(str(sources))
    tables = dataset.package.tables
    units = UnitTable(row.values for row in tables["units"].rows)
    accounts: list[Account] = []
    mismatches: list[Mismatch] = []
    noted = 0
    areas = {row.values["ref_area"]: row.values["name_zh"] for row in tables["areas"].rows}
    typed, titles = [], []
    unsure: list[str] = []
    for source in tables["sources"].rows:
        name = source.values["source_id"]
        if not source.values["file_name"]:
            typed.append(name)
            continue
        observed = [row for row in tables["observations"].rows if row.values["source_id"] == name]
        excluded = [row for row in tables["exclusions"].rows if row.values["source_id"] == name]
        document, wrong = read_document(folder, source)
        if document is not None:
            comparison = Comparison(name, document, units)
            comparison.observations(observed)
            comparison.exclusions(excluded)
            comparison.overlaps([*observed, *excluded])
            again = comparison.passages(observed, source.values["date_published"], areas)
            noted += again.acknowledged_rows
            unsure += again.unsure
            account = comparison.account(observed, excluded, len(wrong))
            wrong += comparison.mismatches
            titles += [f"{name}: {one}" for one in odd_titles(document.text)]
        else:
            account = Account(name, 0, 0, {}, 0, 0, len(observed), len(wrong))
        accounts.append(account)
        mismatches += wrong
    mismatches += homeless(dataset)
    return Verification(tuple(accounts), tuple(mismatches), noted, tuple(typed), tuple(titles), tuple(unsure))


def odd_titles(text: str) -> list[str]:
    """Tables with a column of a year that their title leaves out, or without one that it ends with.

    >>> odd_titles("表 2 2024—2027 年目标（亿元）\\n\\n序号\\t名称\\t2023 年\\t2027 年\\n")
    ['表 2: the title says 2024—2027, the columns 2023, 2027']
    """
    found = []
    for title in _TITLE.finditer(text):
        header = next((line for line in text[title.end() :].split("\n")[:4] if line.count("\t") > 1), "")
        years = [int(year) for year in re.findall(r"(?:19|20)\d\d(?=\s*年)", header)]
        first, last = int(title["first"]), int(title["last"])
        if years and (min(years) < first or max(years) != last):
            shown = ", ".join(map(str, years))
            found.append(f"{title['name']}: the title says {first}—{last}, the columns {shown}")
    return found


def homeless(dataset: Dataset) -> list[Mismatch]:
    """Documents that rows are about and the table of sources does not have: nothing can be compared with them."""
    tables = dataset.package.tables
    lost: dict[tuple[str, str], list[Row]] = {}
    for name in ("observations", "exclusions"):
        for row in tables[name].rows:
            if row.values["source_id"] not in tables["sources"].by_key:
                lost.setdefault((row.values["source_id"], row.file), []).append(row)
    wanted = "a document under data/documents"
    return [
        Mismatch(source, 0, 0, file, rows[0].line, f"no such document, {len(rows)} rows", wanted)
        for (source, file), rows in lost.items()
    ]


def place_of(folder: Path, name: str) -> Path:
    """Where the text of a document lies: in the folder, else in one beside it (texts of two collections).

    Which one it is does no harm: the digest in the table of sources decides whether it is the text.
    """
    own = folder / name
    if own.exists():
        return own
    return next(iter(sorted(folder.resolve().parent.glob(f"*/{escape(name)}"))), own)


def read_document(folder: Path, source: Row) -> tuple[CanonicalText | None, list[Mismatch]]:
    """The canonical text of a source (None if it cannot be read), and how its file differs from what the table says.

    A text in UTF-8 is taken as it is decoded, character by character.
    """
    values = source.values
    name = values["file_name"]

    def wrong(found: str, expected: str) -> Mismatch:
        return Mismatch(values["source_id"], 0, 0, source.file, source.line, f"{name}: {found}"[:300], expected)

    if "/" in name or "\\" in name or name in ("", ".", "..") or "\0" in name:
        return None, [wrong("a name that leads elsewhere", "the plain name of a file in the folder of the sources")]
    path = place_of(folder, name)
    try:
        if path.stat().st_size > LARGEST_SOURCE:
            return None, [wrong("a file too large", f"at most {LARGEST_SOURCE // 2**20} MiB")]
        raw = path.read_bytes()
    except FileNotFoundError:
        return None, [wrong("missing", f"the source file in {folder}")]
    except OSError as error:
        return None, [wrong(error.strerror or str(error), "a readable source file")]
    found = []
    digest = hashlib.sha256(raw).hexdigest()
    if digest != values["sha256"]:
        found.append(wrong(f"altered: sha256 {digest}", f"sha256 {values['sha256']}"))
    try:
        document = _document(path, raw, values["characters"])
    except UnicodeDecodeError as error:
        return None, [*found, wrong(f"byte {error.start} is no UTF-8", "a text in UTF-8")]
    except PlanbriefError as error:
        return None, [*found, wrong(str(error), "a document that planbrief read can read")]
    if str(len(document.text)) != values["characters"]:
        found.append(wrong(f"{len(document.text)} characters", f"{values['characters']} characters"))
    return document, found


def _document(path: Path, raw: bytes, characters: str) -> CanonicalText:
    # For a text the offsets of the data are those of its exact decode; of other forms what the reader writes counts.
    if path.suffix.lower() in _OTHER_FORMS:
        return read_file(path)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return read_file(path)
        except PlanbriefError:
            raw.decode("utf-8")
            raise
    if text.startswith("\ufeff") and str(len(text)) != characters:
        return read_file(path)  # read without its mark of byte order
    if not text.strip() or text.startswith("\ufeff"):
        return CanonicalText(text)
    return replace(read_plain(raw, path.name, ""), text=text)


def span_of(row: Row) -> tuple[int, int]:
    """Start and end of a row in its text, as the table says."""
    return int(row.values["char_start"]), int(row.values["char_end"])


class Comparison:
    """Collects the mismatches between one text and the rows about it."""

    def __init__(self, source_id: str, document: CanonicalText, units: UnitTable) -> None:
        self.source_id, self.document, self.units = source_id, document, units
        self.text = document.text
        self.places = Places(self.text)
        self.mismatches: list[Mismatch] = []

    def report(self, start: int, end: int, row: Row | None, found: str, expected: str) -> None:
        """Add one mismatch."""
        inside = 0 <= start <= len(self.text)
        spot = self.places.spot(start) if inside else None
        context = self.places.excerpt(start, min(max(end, start), start + 60)) if inside else ""
        file, line = (row.file, row.line) if row else ("", 0)
        place = (spot.line, spot.column) if spot else (0, 0)
        self.mismatches.append(Mismatch(self.source_id, *place, file, line, found, expected, context))

    def span(self, row: Row) -> tuple[int, int]:
        """The span of a row, reported if it is not where its text is."""
        start, end = span_of(row)
        wanted = row.values["value_text"]
        if not 0 <= start < end <= len(self.text):
            self.report(start, start, row, f"the span {start}–{end}", f"a span inside 0–{len(self.text)}")
        elif self.text[start:end] != wanted:
            self.report(start, end, row, repr(self.text[start:end][:60]), f"{wanted[:60]!r}, as value_text says")
        return start, end

    def observations(self, rows: list[Row]) -> None:
        """Spans, and values against what is printed."""
        for row in rows:
            start, end = self.span(row)
            values = row.values
            if values["obs_status"] in ("M", "O") and not values["obs_value"]:
                continue
            value = decimal(values["obs_value"])
            printed_form = read(self.text[max(start, 0) : max(end, 0)], values["unit_measure"])
            reading = printed_form.signed(value is not None and value < 0)
            if value is None or value not in reading.values:
                printed = " or ".join(str(one) for one in reading.values) or "a number"
                self.report(start, end, row, f"obs_value {values['obs_value'] or 'empty'}", printed)
            upper = Decimal(values["upper_value"]) if decimal(values["upper_value"]) is not None else None
            if upper != reading.upper:
                expected = "none" if reading.upper is None else str(reading.upper)
                self.report(start, end, row, f"upper_value {values['upper_value'] or 'empty'}", expected)
            bound = reading.bound_of(value) if value is not None else ""
            if bound and values["comparator"] != bound:
                self.report(start, end, row, f"comparator {values['comparator']}", bound)

    def passages(self, rows: list[Row], published: str, areas: Mapping[str, str]) -> Rereading:
        """Cells against a second reading of their passages, which is returned."""
        if not rows or not self.text.strip():
            return Rereading((), 0, 0, 0)
        sound = [row for row in rows if self.text[int(row.values["char_start"]) :][:1]]
        by_id = {row.values["obs_id"]: row for row in sound}
        again = reread(self.document, [row.values for row in sound], self.about(areas), published, areas)
        for one in again.disagreements:
            note = " (reading_note names another value)" if one.stale else ""
            expected = f"{one.cell} {one.in_text or 'empty'} as the passage reads, or a reading_note{note}"
            self.report(one.start, one.end, by_id[one.obs_id], f"{one.cell} {one.in_row or 'empty'}", expected)
        return again

    def about(self, areas: Mapping[str, str]) -> str:
        """The known area that the first lines name first, where the wording alone does not tell that it is one."""
        head = self.text[:_HEAD]
        if document_area(self.text)[0]:
            return ""  # the grammar finds it again by itself
        names = {name: head.find(bare_name(name)) for name in areas.values() if len(bare_name(name)) > 1}
        return min((name for name, at in names.items() if at >= 0), key=lambda n: (names[n], -len(n)), default="")

    def exclusions(self, rows: list[Row]) -> None:
        """Spans, and whether `other` may be the reason."""
        for row in rows:
            start, end = self.span(row)
            if row.values["reason"] != "other":
                continue
            if not row.values["comment"]:
                self.report(start, end, row, "reason other without a comment", "why it states no quantity")
            if row.values["comment"].startswith(NO_QUANTITY):
                continue  # a duration, age or threshold that says of itself why it is none
            # A number with a unit behind it that nobody explains is the likeliest lost quantity.
            if unit := unit_behind(self.text, end, self.units):
                found = f"reason other, and the unit {unit} behind the number"
                self.report(start, end, row, found, "an observation, or another reason")

    def overlaps(self, rows: list[Row]) -> None:
        """Spans that share characters without being the same."""
        spans = sorted({span_of(row): row for row in rows}.items())
        last: tuple[int, int] = (-1, -1)
        for (start, end), row in spans:
            if start < last[1]:
                self.report(
                    start, end, row, f"the span {start}–{end}", f"one that does not overlap {last[0]}–{last[1]}"
                )
            last = max(last, (start, end), key=lambda one: one[1])

    def account(self, observed: list[Row], excluded: list[Row], file_problems: int) -> Account:
        """Look for every number of the text in the tables, exactly once."""
        covered = sorted({span_of(row) for row in observed})  # two observations on one span are one
        starts = [start for start, _ in covered]
        longest = max((end - start for start, end in covered), default=0)
        reasons: dict[tuple[int, int], list[str]] = defaultdict(list)
        for row in excluded:
            reasons[span_of(row)].append(row.values["reason"])
        used: Counter[str] = Counter()
        inside = unaccounted = double = 0
        numbers = {(token.start, token.end) for token in tokens(self.text)}
        for token in tokens(self.text):
            near = covered[bisect_left(starts, token.end - longest) : bisect_right(starts, token.start)]
            holders = [span for span in near if token.end <= span[1]]
            named = reasons.get((token.start, token.end), [])
            inside += bool(holders)
            used.update(named)
            # Rows that share a span are one holder: 二个千亿级 has two, and its number is accounted for once.
            times = len(holders) + len(named)
            if times == 0:
                unaccounted += 1
                expected = "an observation or an exclusion (planbrief locate writes the rows)"
                self.report(token.start, token.end, None, f"{token.text!r} unaccounted for", expected)
            elif times > 1:
                double += 1
                self.report(token.start, token.end, None, f"{token.text!r} accounted for {times} times", "once")
        for row in excluded:
            start, end = span_of(row)
            if (start, end) not in numbers and self.text[max(start, 0) : max(end, 0)] == row.values["value_text"]:
                self.report(
                    start, end, row, f"the span of {row.values['value_text']!r}", "exactly one number in digits"
                )
        mismatches = len(self.mismatches) + file_problems
        return Account(
            self.source_id,
            len(numbers),
            inside,
            dict(sorted(used.items())),
            unaccounted,
            double,
            len(observed),
            mismatches,
        )
