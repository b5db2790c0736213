"""The databook: every observation, and its annex of definitions, units, blanks and documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Cell, Column, Table
from planbrief.display.language import bilingual, sentence_case, term
from planbrief.display.quantities import date_text
from planbrief.display.state import issuer
from planbrief.display.views.facts import both, fact_figure, records, referred, unit_name, value_cell, word, words
from planbrief.measures.figures import Figure
from planbrief.measures.headlines.rules import Headline
from planbrief.targets.names import Label, label, listing, located, measured

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


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
    return Label(*bilingual("databook", key, **values))


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


def in_volume(ds: Dataset, region: str) -> pd.DataFrame:
    """What the documents about a place print, whatever place a row is about: each observation is in one volume."""
    return ds.select(source_id=[source for source in ds.documents() if ds.about(source) == region])


def overview(ds: Dataset, region: str = "") -> Iterator[Headline]:
    """What the data hold (or those about one place), what is remarkable, that every number is accounted for."""
    rows = in_volume(ds, region) if region else ds.observations
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
        "places": count("places", len(ds.regions()), "个"),
        "indicators": count("indicators", rows["indicator"].nunique()),
        "targets": count("targets", int((rows["kind"] == "target").sum())),
        "actuals": count("actuals", int((rows["kind"] == "actual").sum())),
    }
    if region:
        del found["places"]
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
            said = {"document": document_name(ds, str(source), inside=True), "text": quoted(row["disclosure"])}
            yield Headline("disclosure", 0, "", said)


def glossed(printed: str, english: str) -> str:
    """Printed words behind their English, where that is known."""
    return f"{english} ({printed})" if english else printed


def quoted(disclosure: str) -> Label:
    """What a document says of its own disclosure, with the meaning of the usual words."""
    known = term("disclosure", disclosure, "en")
    mark = f"“{disclosure}”"
    return Label(mark, mark if known == disclosure else f"{mark} ({known})")


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
        stated = Cell(quoted(row["disclosure"]), tone="warn") if row["disclosure"] else Cell("")
        issued = [part for part in (row["producer"], row["doc_number"]) if part]
        unnamed = Cell(worded("cell.no_producer"), tone="muted")
        if not row["file_name"]:
            stated = Cell(worded("sources.typed"), tone="warn")
        lines.append(
            (
                Cell(title, head=True),
                Cell(Label("，".join(issued), glossed("，".join(issued), issuer(ds, row["producer"]))))
                if issued
                else unnamed,
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


#: Transformations that state a number of times.
MULTIPLES = ("increase_multiple", "ratio_to_base")

#: A document with more observations than this has a table for each theme, a shorter one a single table.
SHORT_DOCUMENT = 60


def annex(ds: Dataset, region: str) -> Iterator[tuple[Label, list[Table]]]:
    """Every observation of the documents about a place: each document's name and its tables by theme."""
    themes = ds.indicators["theme"]
    for source in ds.documents():
        rows = ds.select(source_id=str(source)) if ds.about(str(source)) == region else ds.observations[:0]
        if rows.empty:
            continue
        name = document_name(ds, str(source))
        rows = rows.assign(theme=rows["indicator"].map(themes))
        by_theme = [(theme, records(rows[rows["theme"] == theme].reset_index())) for theme in ds.themes]
        by_theme = [(theme, found) for theme, found in by_theme if found]
        if len(rows) <= SHORT_DOCUMENT:
            yield name, [observations_table(ds, str(source), by_theme, worded("caption.observations", document=name))]
            continue
        tables: list[Table] = []
        for theme, found in by_theme:
            caption = worded("caption.observations_theme", document=name, theme=word(ds, "themes", theme))
            tables.append(observations_table(ds, str(source), [(theme, found)], caption, first=not tables))
        yield name, tables


def observations_table(
    ds: Dataset, source: str, by_theme: list[tuple[str, list[dict[str, Any]]]], caption: Label, *, first: bool = True
) -> Table:
    """Observations of one document, grouped by theme if it holds several; its ``first`` table explains the columns."""
    lines: list[tuple[Cell, ...]] = []
    groups: dict[int, Any] = {}
    for theme, found in by_theme:
        if len(by_theme) > 1:
            groups[len(lines)] = word(ds, "themes", theme)
        lines += [observation_row(ds, row) for row in found]
    notes = (worded("note.observations", source=source),) if first else ()
    columns = (
        Column("what", both("head.what"), head=True, width=3),
        Column("value", both("head.value"), "bare", width=1),
        Column("unit", worded("head.unit_price"), width=1.3),
        Column("period", both("head.period"), "period", width=1),
        Column("kind", both("head.kind"), "code", vocabulary="kind", width=0.8),
        Column("printed", worded("head.printed"), width=1),
        Column("locator", both("head.locator"), width=1.6),
        Column("id", worded("head.id"), align="right", width=0.6),
    )
    return Table(columns, tuple(lines), caption, notes, (source,), groups)


def observation_row(ds: Dataset, row: dict[str, Any]) -> tuple[Cell, ...]:
    """One observation as printed, and where."""
    obs_id = row["obs_id"]
    figure = fact_figure(row, (obs_id,))
    # That a multiple is one stands in the column of units; words would make the column of numbers wide.
    cell = Cell(figure, (obs_id,)) if row["transformation"] in MULTIPLES else value_cell(ds, row, figure)
    if row["obs_status"] in ("M", "O"):  # the words that stand there have a column of their own
        cell = Cell("——", (obs_id,), tone="muted")
    cells = [
        Cell(name_of(ds, row), head=True),
        cell,
        Cell(unit_of(row)),
        Cell(row["time_period"]),
        Cell(row["kind"]),
        Cell(Label(row["value_text"], row["value_text"])),
        Cell(located(row["locator"])),
        Cell(obs_id.removeprefix(f"{row['source_id']}-")),
    ]
    return tuple(cells)


def name_of(ds: Dataset, row: dict[str, Any]) -> Label:
    """What an observation measures: a place that is not its document's, indicator, activity or subject, reference."""
    what = referred(ds, row, measured(ds, row["indicator"], row["activity"], row["subject"]))
    if row["ref_area"] != ds.about(row["source_id"]):
        place = label(ds, "areas", row["ref_area"])
        what = Label(f"{place.zh}：{what.zh}", f"{place.en}: {what.en}")
    return what


def unit_of(row: dict[str, Any]) -> Label:
    """The printed unit with its price basis; shares, rates and ranks say what they are."""
    if row["transformation"] == "rank":
        return Label("", "")
    unit = unit_name(row["unit_measure"])
    if row["transformation"] not in ("level", "difference_pp"):  # points say themselves that they are a difference
        unit = worded("cell.unit_form", unit=unit, form=words("transformation", row["transformation"]))
    if row["price_base"]:
        return worded("cell.unit_price", unit=unit, price=words("price_base", row["price_base"]))
    return unit


def blanks_table(ds: Dataset, region: str) -> Table | None:
    """Cells of a place without a number, and values whose status is not the normal one; None where there is none."""
    rows = in_volume(ds, region)
    rows = rows[~rows["obs_status"].isin(["A", ""])]
    if rows.empty:
        return None
    lines = [
        (
            Cell(name_of(ds, row), head=True),
            Cell(row["time_period"]),
            Cell(row["kind"]),
            Cell(row["obs_status"]),
            Cell(Label(row["value_text"], row["value_text"]), (row["obs_id"],)),
            Cell(located(row["locator"])),
        )
        for row in records(rows.reset_index())
    ]
    columns = (
        Column("what", both("head.what"), head=True, width=2.6),
        Column("period", both("head.period"), "period", width=0.8),
        Column("kind", both("head.kind"), "code", vocabulary="kind", width=0.7),
        Column("status", worded("head.status"), "code", vocabulary="obs_status", width=1),
        Column("printed", worded("head.printed"), width=1.6),
        Column("locator", both("head.locator"), width=1.2),
    )
    return Table(columns, tuple(lines), worded("caption.blanks"), (worded("note.blanks"),))


def definitions(ds: Dataset, region: str = "") -> Table | None:
    """What every indicator with an observation (about a place) means, grouped by theme; None where there is none."""
    used = Counter((in_volume(ds, region) if region else ds.observations)["indicator"])
    chosen = [row for row in records(ds.indicators.reset_index()) if used[row["indicator"]]]
    lines: list[tuple[Cell, ...]] = []
    groups: dict[int, Any] = {}
    for theme in ds.themes:
        inside = [row for row in chosen if row["theme"] == theme]
        if inside:
            groups[len(lines)] = word(ds, "themes", theme)
            lines += [definition_row(ds, row, used[row["indicator"]]) for row in inside]
    if not lines:
        return None
    columns = (
        Column("name", worded("head.name"), head=True, width=1.8),
        Column("definition", worded("head.definition"), width=3.2),
        Column("concept", worded("head.concept_scope"), width=1.6),
        Column("unit", worded("head.unit"), width=0.9),
        Column("properties", worded("head.properties"), width=1.4),
        Column("count", worded("head.count"), "count", width=0.6),
    )
    return Table(columns, tuple(lines), worded("caption.indicators"), (worded("note.indicators"),), groups=groups)


def definition_row(ds: Dataset, row: dict[str, Any], count: int) -> tuple[Cell, ...]:
    """One indicator with its metadata; what the plan does not say of it is left out."""
    codes = (("concepts", row["concept"]), ("scopes", row["scope"]))
    about = [label(ds, table, code) for table, code in codes if code != "none"]
    named = [(name, row[name]) for name in ("aggregation", "direction", "character")]
    properties = [words(vocabulary, code) for vocabulary, code in named if code not in ("", "none")]
    return (
        Cell(Label(row["name_zh"], row["name_en"]), head=True),
        Cell(Label(row["definition_zh"], row["definition"])),
        Cell(joined(about)),
        Cell(unit_name(row["unit_measure"])),
        Cell(joined(properties)),
        Cell(count),
    )


def joined(found: list[Label]) -> Label:
    """Words of several vocabularies in one cell."""
    return Label("，".join(one.zh for one in found), sentence_case(", ".join(one.en for one in found)))
