"""What documents say of a place, as tables by theme."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from planbrief.display.language import message, term
from planbrief.display.table import Cell, Column, Table
from planbrief.measures.figures import Figure
from planbrief.measures.labels import Label, label, measured

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: What makes two observations one fact: printed twice, they become one row with both locators.
FACT = [
    *("ref_area", "indicator", "activity", "subject", "counterpart_area", "time_period", "kind", "transformation"),
    *("obs_value", "upper_value", "comparator", "unit_measure", "price_base", "obs_status"),
]
#: How the value of a transformation is measured; everything else is a level in its printed unit.
MEASURES = {"share": "share", "contribution": "share", "yoy": "share", "avg_annual": "share", "difference_pp": "points"}


def both(key: str, **values: Any) -> tuple[str, str]:
    """A message of the views in both languages."""
    return message(f"views.{key}", "zh", **values), message(f"views.{key}", "en", **values)


def fact_figure(row: Mapping[str, Any], observations: tuple[str, ...]) -> Figure:
    """One printed number as a figure: value, unit, bound, the observations that print it."""
    ranged = row["comparator"] == "range"
    parts = [row[name] for name in ("ref_area", "indicator", "activity", "subject", "counterpart_area") if row[name]]
    return Figure(
        key="/".join([*parts, row["transformation"], row["time_period"]]),
        value=row["obs_value"],
        measure=MEASURES.get(row["transformation"], "level"),
        unit=row["unit_measure"],
        observations=observations,
        lower=row["obs_value"] if ranged else math.nan,
        upper=row["upper_value"] if ranged else math.nan,
        comparator=row["comparator"],
        undefined="" if not math.isnan(row["obs_value"]) else f"status_{row['obs_status']}",
        year=row["time_period"],
    )


def merged_facts(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Observations as facts in document order, each with the ids of all observations that print it."""
    facts: dict[tuple[Any, ...], dict[str, Any]] = {}
    records: list[dict[str, Any]] = rows.reset_index().to_dict("records")  # type: ignore[assignment]
    for row in records:
        key = tuple("" if isinstance(row[n], float) and math.isnan(row[n]) else row[n] for n in FACT)
        if key not in facts:
            facts[key] = {**row, "observations": ()}
        facts[key]["observations"] += (row["obs_id"],)
    return list(facts.values())


def facts_table(ds: Dataset, city: str, rows: pd.DataFrame, caption: tuple[str, str]) -> Table:
    """One row per fact: what, value, period, kind, and where it stands in the document."""
    cells = []
    for fact in merged_facts(rows):
        figure = fact_figure(fact, fact["observations"])
        what = measured(ds, fact["indicator"], fact["activity"], fact["subject"])
        if fact["ref_area"] != city:
            place = label(ds, "areas", fact["ref_area"])
            what = Label(f"{place.zh}：{what.zh}", f"{place.en}: {what.en}")
        cells.append(
            (
                Cell(what, head=True),
                value_cell(ds, fact, figure),
                Cell(fact["time_period"]),
                Cell(fact["kind"], tone="warn" if fact["obs_status"] in ("M", "O") else ""),
                Cell(Label(fact["locator"], fact["locator"])),
            )
        )
    columns = (
        Column("what", both("head.what"), head=True, width=3.2),
        Column("value", both("head.value"), "level", align="right", width=1.6),
        Column("period", both("head.period"), "period", width=1.1),
        Column("kind", both("head.kind"), "code", vocabulary="kind", width=0.9),
        Column("locator", both("head.locator"), width=1.8),
    )
    return Table(columns, tuple(cells), caption)


def value_cell(ds: Dataset, fact: Mapping[str, Any], figure: Figure) -> Cell:
    """The value of a fact: its figure; words where the transformation needs them (rank, multiple, no number)."""
    note = {
        "rank": "value.rank",
        "increase_multiple": "value.increase_multiple",
        "ratio_to_base": "value.ratio_to_base",
    }
    if fact["obs_status"] in ("M", "O"):
        return Cell(both(f"status_cell.{fact['obs_status']}"), figure.observations, tone="muted")
    if fact["transformation"] in note:
        value = f"{fact['obs_value']:g}"
        zh, en = both(note[fact["transformation"]], value=value)
        if fact["comparator"] != "eq":
            zh = message(f"bound.{fact['comparator']}", "zh", value=zh)
            en = message(f"bound.{fact['comparator']}", "en", value=en)
        return Cell((zh, en), figure.observations)
    return Cell(figure, figure.observations)


def theme_facts(
    ds: Dataset, city: str, *, counts: bool = False, shown: Iterable[Table | None] = ()
) -> Iterator[tuple[Label, Table]]:
    """Facts of a city theme by theme, in the order of the indicators' table.

    Parameters
    ----------
    counts : bool
        Whether the counts of named things (how many industries, tracks, districts) are given instead of the rest.
    shown : iterable of Table
        Tables of the page whose observations need not be listed again.
    """
    rows = ds.of_city(city)
    again = {obs_id for table in shown if table is not None for obs_id in table.observations()}
    rows = rows[((rows["kind"] == "count") == counts) & ~rows.index.isin(again)]
    themes = ds.indicators["theme"]
    for theme in dict.fromkeys(themes):
        chosen = rows[rows["indicator"].map(themes) == theme]
        if chosen.empty:
            continue
        name = Label(term("theme", theme, "zh"), term("theme", theme, "en"))
        place = label(ds, "areas", city)
        key = "caption.counts" if counts else "caption.facts"
        caption = (
            message(f"views.{key}", "zh", place=place.zh, theme=name.zh),
            message(f"views.{key}", "en", place=place.en, theme=name.en),
        )
        yield name, facts_table(ds, city, chosen, caption)
