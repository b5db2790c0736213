"""Cities side by side in time: growth needed beside growth achieved, goals without a date, when a path arrives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, required_growth
from planbrief.display.comparing import verdict_words
from planbrief.display.quantities import value_text
from planbrief.display.table import Cell, Column, Table
from planbrief.display.views.cities import records, worded, words
from planbrief.display.views.cities_tables import scope_cell
from planbrief.display.views.facts import both, fact_figure, value_cell
from planbrief.measures import tables
from planbrief.measures.compare import Reach, reaches
from planbrief.measures.facts import merged_facts
from planbrief.measures.figures import Figure, figure
from planbrief.measures.headlines.model import Headline
from planbrief.measures.labels import Label, label, listing, measured, period

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = ["reach_table", "required_charts", "undated_table", "without_required"]

#: Rows of one chart; the city's profile has all.
MOST_ROWS = 10


def required_charts(ds: Dataset, cities: tuple[str, ...]) -> list[Chart]:
    """Growth needed to the first target, a chart for each city that has targets with a base.

    Cities do not share an axis: their targets measure unlike things. Achieved growth of all cities stands below the
    first chart without an axis, each rate with its own definition.
    """
    charts: list[Chart] = []
    for city in cities:
        rows = required_rows(ds, city)
        if len(rows) < 2:
            continue
        place = label(ds, "areas", city)
        apart = [] if charts else achieved(ds, cities)
        caption = worded("caption.required", place=place)
        charts.append(required_growth(rows, caption, apart=apart, notes=(worded("note.required"),) if apart else ()))
    return charts


def without_required(ds: Dataset, cities: tuple[str, ...]) -> Iterator[Headline]:
    """The cities whose documents give no target from which a required rate of production or money follows."""
    lacking = [city for city in cities if not required_rows(ds, city)]
    if lacking and len(lacking) < len(cities):
        yield Headline("without_required", 0, "", {"area": listing(label(ds, "areas", city) for city in lacking)})


def required_rows(ds: Dataset, city: str) -> list[tuple[Label, Figure]]:
    """The steepest required rates of a city's own totals of production and money."""
    frame = tables.growth_table(ds, city)
    if frame.empty:
        return []
    planned = frame[(frame["stage"] == "planned") & (frame["family"] == "level") & frame["cagr"].notna()]
    planned = planned[(planned["activity"] == "") & (planned["subject"] == "") & (planned["direction"] > 0)]
    firsts = planned[planned["indicator"].map(ds.nature_of) == "value"].groupby("series", sort=False).head(1)
    rows = []
    for row in records(firsts):
        name = measured(ds, row["indicator"])
        rows.append((Label(f"{name.zh}，{row['label_zh']}", f"{name.en}, {row['label_en']}"), figure(row, "cagr")))
    return sorted(rows, key=lambda row: -row[1].value)[:MOST_ROWS]


def achieved(ds: Dataset, cities: tuple[str, ...]) -> list[tuple[Label, Figure, Label]]:
    """Achieved growth of production that the cities' documents report, each with what it is a rate of."""
    found = []
    for city in cities:
        rows = ds.of_city(city)
        rows = rows[(rows["kind"] == "actual") & (rows["transformation"] == "yoy") & rows["obs_value"].notna()]
        for obs_id, row in rows[rows["subject"] == ""].iterrows():
            about = ds.row("indicators", row["indicator"])
            if ds.nature_of(row["indicator"]) != "value":
                continue
            place, name = label(ds, "areas", row["ref_area"]), measured(ds, row["indicator"], row["activity"])
            key = f"{row['ref_area']}/{row['indicator']}/yoy/{row['time_period']}"
            rate = Figure(key, row["obs_value"] / 100, "rate", "", (str(obs_id),), year=row["time_period"])
            when = period(row["time_period"])
            named = Label(f"{name.zh}，{when.zh}", f"{name.en}, {when.en}")
            found.append(
                (worded("cell.place", place=place, what=named), rate, achieved_reason(ds, row, about["concept"]))
            )
    return found


def achieved_reason(ds: Dataset, row: Any, concept: str) -> Label:
    """What an achieved rate is a rate of."""
    price = words("price_base", row["price_base"]) if row["price_base"] else worded("cell.unstated")
    form = words("transformation", row["transformation"])
    return worded("cell.achieved", concept=label(ds, "concepts", concept), transformation=form, price=price)


def undated_table(ds: Dataset, cities: tuple[str, ...]) -> Table | None:
    """Goals without a date, city by city; None where every goal has one."""
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Any] = {}
    for city in cities:
        goals = ds.of_city(city)
        goals = goals[(goals["kind"] == "target") & ~goals["dated"] & goals["obs_value"].notna()]
        if goals.empty:
            continue
        groups[len(rows)] = label(ds, "areas", city)
        for fact in merged_facts(goals):
            name = measured(ds, fact["indicator"], fact["activity"], fact["subject"])
            if fact["ref_area"] != city:
                name = worded("cell.place", place=label(ds, "areas", fact["ref_area"]), what=name)
            value = value_cell(ds, fact, fact_figure(fact, fact["observations"]))
            scope = ds.row("indicators", fact["indicator"])["scope"]
            rows.append(
                (Cell(name, head=True), value, scope_cell(ds, scope), Cell(Label(fact["locator"], fact["locator"])))
            )
    if not rows:
        return None
    columns = (
        Column("what", both("head.what"), head=True, width=3),
        Column("value", both("head.value"), "level", align="right", width=1.6),
        Column("scope", both("head.scope"), width=1.2),
        Column("locator", both("head.locator"), width=1.8),
    )
    return Table(columns, tuple(rows), worded("caption.undated"), (worded("note.undated"),), groups=groups)


def reach_table(ds: Dataset, cities: tuple[str, ...]) -> Table | None:
    """When would one city's path reach another's value: the year, or why the question may not be answered."""
    found = reaches(ds, cities)
    if not found:
        return None
    columns = (
        Column("path", worded("head.path"), head=True, width=2),
        Column("level", worded("head.level"), width=2.6),
        Column("answer", worded("head.answer"), width=1.2),
        Column("reason", worded("head.reason"), width=3),
    )
    rows = tuple(reach_row(ds, answer) for answer in found)
    return Table(columns, rows, worded("caption.reach"), (worded("note.reach"),))


def reach_row(ds: Dataset, answer: Reach) -> tuple[Cell, ...]:
    """One question with its answer or refusal."""
    (row,) = records(ds.select(obs_id=answer.level).reset_index())
    place, name = label(ds, "areas", row["ref_area"]), measured(ds, row["indicator"], row["activity"], row["subject"])
    goal, when = fact_figure(row, (answer.level,)), period(row["time_period"])
    zh, en = value_text(goal, "zh"), value_text(goal, "en")
    asked = Label(f"{name.zh} {zh}（{when.zh}）", f"{name.en}, {en} ({when.en})")
    path = worded("cell.place", place=label(ds, "areas", answer.region), what=label(ds, "indicators", answer.indicator))
    return (
        Cell(path, head=True),
        Cell(worded("cell.place", place=place, what=asked), (answer.level,)),
        Cell(arrival(answer), answer.year.observations, tone="muted" if math.isnan(answer.year.value) else ""),
        Cell(Label(*verdict_words(answer.verdict, ds))),
    )


def arrival(answer: Reach) -> Label:
    """The year of arrival in words, under both shapes of the path where they differ."""
    if answer.refused:
        return worded("cell.refused")
    years = [answer.geometric.value, answer.linear.value]
    if all(math.isnan(year) for year in years):
        return worded("cell.never")
    first, second = (worded("cell.year", year=f"{math.ceil(year)}") for year in years)
    return first if first == second else worded("cell.years", geometric=first, linear=second)
