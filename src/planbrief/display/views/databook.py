"""The databook's front: what the data hold, which documents, and the account of every number in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planbrief.display.language import message
from planbrief.display.periods import date_text
from planbrief.display.table import Cell, Column, Table
from planbrief.display.views.facts import records, words
from planbrief.measures.figures import Figure
from planbrief.measures.headlines.rules import Headline
from planbrief.measures.labels import Label, label, listing

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = ["account_table", "documents_table", "exclusions_table", "kinds_table", "overview"]

#: Documents that fit beside each other.
MOST_COLUMNS = 5
#: What `planbrief verify` counts as a number in a text.
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Account:
    """What became of the numbers of one document."""

    source: str
    observations: tuple[str, ...]
    taken: int
    left: int
    numerals: int


def worded(key: str, **values: Any) -> Label:
    """A message of the databook in both languages; pairs and Labels among the values are taken in each language."""

    def pick(value: Any, lang: int) -> str:
        if isinstance(value, Label):
            return (value.zh, value.en)[lang]
        return value if isinstance(value, str) else str(value[lang])

    zh = message(f"databook.{key}", "zh", **{name: pick(value, 0) for name, value in values.items()})
    return Label(zh, message(f"databook.{key}", "en", **{name: pick(value, 1) for name, value in values.items()}))


def document_name(ds: Dataset, source: str, *, inside: bool = False) -> Label:
    """A short name of a document: the city it is about, its type, its date; ``inside`` a sentence no colon."""
    row = ds.row("sources", source)
    areas = ds.select(source_id=source)["ref_area"]
    cities = Counter(city for city in areas.map(ds.city_of) if city)
    place = label(ds, "areas", cities.most_common(1)[0][0]) if cities else Label(row["title_zh"], row["title_en"])
    kind = words("doc_type", row["doc_type"])
    if not row["date_published"]:
        return worded("cell.document_undated_inside" if inside else "cell.document_undated", place=place, type=kind)
    date = tuple(date_text(row["date_published"], lang) for lang in ("zh", "en"))
    return worded("cell.document_inside" if inside else "cell.document", place=place, type=kind, date=date)


def accounts(ds: Dataset) -> list[Account]:
    """The account of every document: numbers inside observations' spans, and numbers left out with a reason.

    Two observations on one span (二个千亿级) hold its numbers once.
    """
    found = []
    for source in ds.documents():
        rows = ds.select(source_id=source)
        spans = set(zip(rows["char_start"], rows["value_text"], strict=True))
        taken = {start + match.start() for start, text in spans for match in NUMBER.finditer(text)}
        numerals = sum(1 for _, text in spans if text and not NUMBER.search(text) and not text.startswith("—"))
        left = ds.exclusions[ds.exclusions["source_id"] == source] if len(ds.exclusions) else ds.exclusions
        found.append(Account(str(source), tuple(rows.index), len(taken), len(left), numerals))
    return found


def overview(ds: Dataset, region: str = "") -> Iterator[Headline]:
    """What the data hold (or those about one place), what is remarkable, that every number is accounted for."""
    rows = ds.of_city(region) if region else ds.observations
    ledger = [] if region else accounts(ds)
    papers = [source for source in ds.documents() if not region or source in set(rows["source_id"])]
    every = tuple(rows.index)

    def count(name: str, value: int, unit: str = "个", ids: tuple[str, ...] = ()) -> Figure:
        return Figure(f"databook/{name}", float(value), "count", unit, ids)

    if rows.empty:
        yield Headline("empty", 0, "", {})
        return
    found = {
        "observations": count("observations", len(rows), ids=every),
        "documents": count("documents", len(papers), ""),
        "cities": count("cities", len(ds.cities()), "个"),
        "indicators": count("indicators", rows["indicator"].nunique()),
        "targets": count("targets", int((rows["kind"] == "target").sum())),
        "actuals": count("actuals", int((rows["kind"] == "actual").sum())),
    }
    if region:
        del found["cities"]
        yield Headline("place_contents", 0, "", {"place": label(ds, "areas", region), **found})
    else:
        yield Headline("contents", 0, "", found)
    taken, left = sum(a.taken for a in ledger), sum(a.left for a in ledger)
    if left:
        numbers = {
            "numbers": count("numbers", taken + left),
            "taken": count("taken", taken),
            "left": count("left", left),
        }
        yield Headline("accounted", 0, "", numbers)
    blank = rows[rows["obs_status"].isin(["M", "O"])]
    if len(blank):
        elsewhere = blank[blank["obs_status"] == "O"]
        rule = (
            "blanks" if 0 < len(elsewhere) < len(blank) else "blanks_elsewhere" if len(elsewhere) else "blanks_missing"
        )
        printed = listing(Label(f"“{text}”", f"“{text}”") for text in dict.fromkeys(elsewhere["value_text"]))
        cells: dict[str, Figure | Label | str] = {
            "blank": count("blank", len(blank), ids=tuple(blank.index)),
            "missing": count("missing", len(blank) - len(elsewhere)),
            "elsewhere": count("elsewhere", len(elsewhere)),
        }
        yield Headline(rule, 0, "", {**cells, "printed": printed})
    for code in dict.fromkeys(rows.loc[rows["price_base"] != "", "price_base"]):
        priced = rows[rows["price_base"] == code]
        names: dict[str, Figure | Label | str] = {
            "price": words("price_base", code),
            "count": count(f"price/{code}", len(priced), ids=tuple(priced.index)),
        }
        names["document"] = listing(
            document_name(ds, source, inside=True) for source in dict.fromkeys(priced["source_id"])
        )
        yield Headline("price", 0, "", names)
    estimated = rows[rows["obs_status"] == "E"]
    if len(estimated):
        what = listing(label(ds, "indicators", name) for name in dict.fromkeys(estimated["indicator"]))
        yield Headline(
            "estimated", 0, "", {"count": count("estimated", len(estimated), ids=tuple(estimated.index)), "name": what}
        )
    for source, row in ds.sources.loc[[] if region else papers].iterrows():
        if row["disclosure"]:
            text = Label(row["disclosure"], row["disclosure"])
            yield Headline("disclosure", 0, "", {"document": document_name(ds, str(source), inside=True), "text": text})


def kinds_table(ds: Dataset) -> Table:
    """How many observations there are of each kind, and what the kind means."""
    rows = ds.observations
    lines = []
    for kind in ("target", "constraint", "commitment", "estimate", "resource", "actual", "count"):
        chosen = rows[rows["kind"] == kind]
        if len(chosen):
            figure = Figure(f"databook/kind/{kind}", float(len(chosen)), "count", "", ())
            lines.append((Cell(kind, head=True), Cell(words("kind_definition", kind)), Cell(figure)))
    columns = (
        Column("kind", worded("head.kind"), "code", vocabulary="kind", head=True, width=1),
        Column("definition", worded("head.definition"), width=3.5),
        Column("count", worded("head.observations"), "count", width=0.9),
    )
    return Table(columns, tuple(lines), worded("caption.kinds"))


def documents_table(ds: Dataset) -> Table:
    """The documents: title, producer, number, date, and what each says about its own disclosure."""
    lines = []
    for account in accounts(ds):
        row = ds.row("sources", account.source)
        title = Label(row["title_zh"], row["title_en"])
        date = tuple(date_text(row["date_published"], lang) for lang in ("zh", "en"))
        stated = Cell(worded("cell.quoted", text=row["disclosure"]), tone="warn") if row["disclosure"] else Cell("")
        if not row["file_name"]:
            stated = Cell(worded("sources.typed"), tone="warn")
        lines.append(
            (
                Cell(title, head=True),
                Cell("，".join(part for part in (row["producer"], row["doc_number"]) if part)),
                Cell(date),
                stated,
                Cell(len(account.observations)),
            )
        )
    columns = (
        Column("title", worded("head.title"), head=True, width=3.4),
        Column("producer", worded("head.producer"), width=1.4),
        Column("date", worded("head.date"), width=1),
        Column("disclosure", worded("head.disclosure"), width=1),
        Column("observations", worded("head.observations"), "count", width=0.7),
    )
    notes = (worded("note.documents"),)
    return Table(columns, tuple(lines), worded("caption.documents"), notes, sources=ds.documents())


def account_table(ds: Dataset) -> Table:
    """Document by document: numbers, those inside observations, those left out with a reason, Chinese numerals."""
    ledger = accounts(ds)
    lines = [
        (
            Cell(document_name(ds, account.source), head=True),
            Cell(int(float(ds.row("sources", account.source)["characters"] or 0))),
            Cell(account.taken + account.left),
            Cell(account.taken),
            Cell(account.left),
            Cell(account.numerals),
            Cell(len(account.observations)),
        )
        for account in ledger
    ]
    columns = (
        Column("document", worded("head.title"), head=True, width=2.4),
        *(
            Column(key, worded(f"head.{key}"), "count", width=1)
            for key in ("characters", "digits", "taken", "left", "numerals", "observations")
        ),
    )
    notes = (worded("note.account"),)
    return Table(columns, tuple(lines), worded("caption.account"), notes)


def exclusions_table(ds: Dataset) -> Table | None:
    """How many numbers of each document were left out, by reason; None where none was."""
    frame = ds.exclusions
    if frame.empty:
        return None
    tally = Counter((row["reason"], row["source_id"]) for row in records(frame))
    sources = [source for source in ds.documents() if any(source == other for _, other in tally)]
    sources = sources if len(sources) <= MOST_COLUMNS else []  # the account has the number of each document
    reasons = Counter(reason for reason, _ in tally.elements())
    lines = [
        (
            Cell(reason, head=True),
            *(Cell(tally[reason, source] or "") for source in sources),
            Cell(total),
        )
        for reason, total in reasons.most_common()
    ]
    columns = (
        Column("reason", worded("head.reason"), "code", vocabulary="exclusion_reason", head=True, width=1.6),
        *(Column(str(source), document_name(ds, str(source)), "count", width=1) for source in sources),
        Column("total", worded("head.total"), "count", width=0.7),
    )
    return Table(columns, tuple(lines), worded("caption.exclusions"))
