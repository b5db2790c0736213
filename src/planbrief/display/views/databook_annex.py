"""The databook's annex: every observation, every definition, every unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from planbrief.display.language import message, sentence_case
from planbrief.display.numbers import decimal_text, exact, unit_words
from planbrief.display.table import Cell, Column, Table
from planbrief.display.views.databook import document_name, worded
from planbrief.display.views.facts import both, fact_figure, records, referred, value_cell, word, words
from planbrief.measures.labels import Label, label, measured

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: Transformations that state a number of times.
MULTIPLES = ("increase_multiple", "ratio_to_base")

__all__ = ["annex", "blanks_table", "definitions", "units_table"]

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
        Cell(Label(row["locator"], row["locator"])),
        Cell(obs_id.removeprefix(f"{row['source_id']}-")),
    ]
    return tuple(cells)


def name_of(ds: Dataset, row: dict[str, Any]) -> Label:
    """What an observation measures: place inside the city, indicator, activity or subject, area of reference."""
    what = referred(ds, row, measured(ds, row["indicator"], row["activity"], row["subject"]))
    if row["ref_area"] != ds.city_of(row["ref_area"]) or row["ref_area"] not in ds.cities():
        place = label(ds, "areas", row["ref_area"])
        what = Label(f"{place.zh}：{what.zh}", f"{place.en}: {what.en}")
    return what


def unit_of(row: dict[str, Any]) -> Label:
    """The printed unit with its price basis; shares, rates and ranks say what they are."""
    if row["transformation"] == "rank":
        return Label("", "")
    unit = unit_words_both(row["unit_measure"])
    if row["transformation"] != "level":
        unit = worded("cell.unit_form", unit=unit, form=words("transformation", row["transformation"]))
    if row["price_base"]:
        return worded("cell.unit_price", unit=unit, price=words("price_base", row["price_base"]))
    return unit


def blanks_table(ds: Dataset, region: str) -> Table | None:
    """Cells of a place without a number, and values whose status is not the normal one; None where there is none."""
    rows = ds.of_city(region)
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
            Cell(Label(row["locator"], row["locator"])),
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
    used = Counter((ds.of_city(region) if region else ds.observations)["indicator"])
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
        Cell(unit_words_both(row["unit_measure"])),
        Cell(joined(properties)),
        Cell(count),
    )


def joined(found: list[Label]) -> Label:
    """Words of several vocabularies in one cell."""
    return Label("，".join(one.zh for one in found), sentence_case(", ".join(one.en for one in found)))


def units_table(ds: Dataset) -> Table | None:
    """The units that observations use and what one of them is in the base unit of its dimension."""
    used = Counter(unit for unit in ds.observations["unit_measure"] if unit)
    known = ds.unit_table
    base: dict[str, str] = {}
    for row in sorted(records(ds.units.reset_index()), key=lambda row: len(row["unit"])):
        if row["factor"] == 1:  # of several names for one size the shortest, as the table has them
            base.setdefault(row["dimension"], row["unit"])
    lines = []
    for unit, count in used.most_common():
        parsed = known.parse(unit)
        plain = base.get(parsed.dimension, "")
        size = Label("", "")
        if plain and plain != unit and parsed.factor != 1:
            number = decimal_text(exact(round(parsed.factor, 2)), "en")
            size = Label(f"{number} {plain}", f"{number} {unit_words_both(plain).en}")
        zh = parsed.name_zh if parsed.multiplier == 1 else unit
        english = unit_words_both(unit).en or message("databook.cell.counting_word", "en")
        lines.append((Cell(unit, head=True), Cell(Label(zh, english)), Cell(size), Cell(count)))
    if not lines:
        return None
    columns = (
        Column("unit", worded("head.printed"), head=True, width=1),
        Column("name", worded("head.english"), width=2),
        Column("factor", worded("head.factor"), align="right", width=1.4),
        Column("count", worded("head.observations"), "count", width=0.8),
    )
    return Table(columns, tuple(lines), worded("caption.units"), (worded("note.units"),))


def unit_words_both(unit: str) -> Label:
    """A unit in both languages, English money with the printed unit beside it."""
    text, kept = unit_words(unit, "en")
    return Label(unit, f"{text} ({kept})" if kept else text)
