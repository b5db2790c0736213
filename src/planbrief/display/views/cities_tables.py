"""Cities side by side as tables: values by theme, verdicts pair by pair, differences where they are legitimate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from planbrief.display.numbers import unit_words
from planbrief.display.quantities import value_text
from planbrief.display.table import Cell, Column, Table
from planbrief.display.views.cities import Pair, level, reasons, records, what, worded, words
from planbrief.display.views.facts import both, word
from planbrief.measures.compare import SideBySide, difference, ratio
from planbrief.measures.labels import Label, label, period

#: Tones of verdicts, as the charts colour them.
TONES = {"comparable": "good", "comparable_with_caution": "warn"}

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = ["comparable_table", "scope_cell", "themes", "unit_words_both", "verdict_table"]


def themes(ds: Dataset, side: SideBySide, pairs: list[Pair]) -> Iterator[tuple[Label, Table, Table]]:
    """Theme by theme: the values of the cities, and the verdict on every pair of them."""
    if side.rows.empty:
        return
    for theme in ds.themes:
        rows = side.rows[side.rows["theme"] == theme]
        if rows.empty:
            continue
        name = word(ds, "themes", theme)
        yield (
            name,
            values_table(ds, name, records(rows)),
            verdict_table(ds, name, [p for p in pairs if p.theme == theme]),
        )


def values_table(ds: Dataset, theme: Label, stated: list[dict[str, Any]]) -> Table:
    """What each city states on a theme, city by city in the order of the page."""
    priced = any(row["dimension"] == "money" or ds.nature_of(row["indicator"]) == "value" for row in stated)
    cities = list(dict.fromkeys(row["city"] for row in stated))
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Any] = {}
    for city in cities:
        groups[len(rows)] = label(ds, "areas", city)
        rows += [value_row(ds, row, priced) for row in stated if row["city"] == city]
    columns = [
        Column("what", both("head.what"), head=True, width=2.6),
        Column("value", both("head.value"), "bare", width=1),
        Column("unit", both("head.unit"), width=0.9),
        Column("period", both("head.period"), "period", width=1.1),
        Column("kind", both("head.kind"), "code", vocabulary="kind", width=0.8),
        Column("scope", both("head.scope"), width=1.2),
        Column("concept", both("head.concept"), width=0.9),
        *([Column("price", worded("head.price"), width=0.9)] if priced else []),
    ]
    caption = worded("caption.values", theme=theme)
    return Table(tuple(columns), tuple(rows), caption, (worded("note.values"),), groups=groups)


def value_row(ds: Dataset, row: dict[str, Any], priced: bool) -> tuple[Cell, ...]:
    """One value with everything that decides whether it may be compared."""
    cells = [
        Cell(what(ds, row), head=True),
        Cell(level(row)),
        Cell(unit_text(row)),
        Cell(row["time_period"]),
        Cell(row["kind"]),
        scope_cell(ds, row["scope"]),
        Cell(word(ds, "concepts", row["concept"])),
    ]
    return (*cells, *([price_cell(ds, row)] if priced else []))


def unit_words_both(unit: str) -> Label:
    """A unit in both languages, English money with the printed unit beside it."""
    words, kept = unit_words(unit, "en")
    return Label(unit, f"{words} ({kept})" if kept else words)


def unit_text(row: dict[str, Any]) -> Label:
    """The unit of a value; rates say what kind of rate they are."""
    unit = unit_words_both(row["unit"])
    if row["transformation"] in ("yoy", "avg_annual"):
        form = words("transformation", row["transformation"])
        return Label(f"{unit.zh}（{form.zh}）", f"{unit.en} ({form.en})")
    return unit


def scope_cell(ds: Dataset, scope: str) -> Cell:
    """The statistical scope of an indicator, or that none is stated."""
    return Cell(worded("cell.unstated"), tone="muted") if scope == "none" else Cell(word(ds, "scopes", scope))


def price_cell(ds: Dataset, row: dict[str, Any]) -> Cell:
    """The price basis of a value: its code in words, not stated, or not applicable."""
    if row["price_base"]:
        return Cell(words("price_base", row["price_base"]))
    known = row["dimension"] == "money" or ds.nature_of(row["indicator"]) == "value"
    return Cell(worded("cell.unstated" if known else "cell.price_none"), tone="muted")


def verdict_table(ds: Dataset, theme: Label, pairs: list[Pair]) -> Table:
    """The verdict on every pair of a theme, two cities at a time, with the reasons in words."""
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Any] = {}
    for cities in dict.fromkeys((pair.city_a, pair.city_b) for pair in pairs):
        names = [label(ds, "areas", city) for city in cities]
        groups[len(rows)] = worded("cell.pair", a=names[0], b=names[1])
        for pair in pairs:
            if (pair.city_a, pair.city_b) != cities:
                continue
            ids = (pair.verdict.a, pair.verdict.b)
            tone = TONES.get(pair.verdict.status, "")
            rows.append(
                (
                    Cell(what(ds, pair.a), ids[:1], head=True),
                    Cell(what(ds, pair.b), ids[1:]),
                    Cell(pair.verdict.status, tone=tone),
                    Cell(reasons(ds, pair)),
                )
            )
    columns = (
        Column("first", worded("head.first"), head=True, width=2),
        Column("second", worded("head.second"), width=2),
        Column("verdict", worded("head.verdict"), "code", vocabulary="verdict", width=1),
        Column("reason", worded("head.reason"), width=3.6),
    )
    caption = worded("caption.pairs", theme=theme)
    return Table(columns, tuple(rows), caption, (worded("note.pairs"),), groups=groups)


def comparable_table(ds: Dataset, pairs: Iterable[Pair]) -> Table | None:
    """Pairs that may be compared, with difference, ratio and their formulas; None where there is none."""
    rows = []
    for pair in pairs:
        if not pair.verdict.allowed:
            continue
        apart, quotient = (form(ds, pair.verdict.a, pair.verdict.b).figure for form in (difference, ratio))
        formulas = [figure.formula for figure in (apart, quotient) if figure.defined]
        rows.append(
            (
                Cell(what(ds, pair.a, placed=False), head=True),
                side_cell(ds, pair.a),
                side_cell(ds, pair.b),
                Cell(apart) if apart.defined else Cell(""),
                Cell(quotient) if quotient.defined else Cell(""),
                Cell(Label("；".join(formulas), "; ".join(formulas))),
                Cell(reasons(ds, pair)),
            )
        )
    if not rows:
        return None
    columns = (
        Column("what", both("head.what"), head=True, width=1.8),
        Column("first", worded("head.first"), width=1.8),
        Column("second", worded("head.second"), width=1.8),
        Column("difference", worded("head.difference"), align="right", width=1),
        Column("ratio", worded("head.ratio"), "multiple", width=0.7),
        Column("formula", worded("head.formula"), width=1.2),
        Column("caution", worded("head.caution"), width=2.2),
    )
    return Table(columns, tuple(rows), worded("caption.comparable"))


def side_cell(ds: Dataset, row: Any) -> Cell:
    """Place, value and period of one side as one cell."""
    place, when, figure = label(ds, "areas", row["ref_area"]), period(row["time_period"]), level(row)
    zh, en = value_text(figure, "zh"), value_text(figure, "en")
    return Cell(Label(f"{place.zh}：{zh}（{when.zh}）", f"{place.en}: {en} ({when.en})"), figure.observations)
