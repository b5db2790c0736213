"""Milestones and the growth between them, as tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from planbrief.display.language import message
from planbrief.display.table import Cell, Column, Table
from planbrief.display.units import unit_words
from planbrief.display.views.facts import both
from planbrief.measures import tables
from planbrief.measures.figures import Figure, plain
from planbrief.measures.labels import label, measured

if TYPE_CHECKING:
    from planbrief.targets import Dataset


def point_figure(row: Any) -> Figure:
    """One point of a series as a figure."""
    share = row.family in ("share", "rate")
    return Figure(
        key=f"{row.series}/{row.period}",
        value=row.value,
        measure="share" if share else "level",
        unit=row.unit,
        observations=tuple(row.observations),
        comparator=row.comparator,
        year=row.period,
    )


def milestone_table(ds: Dataset, region: str) -> Table | None:
    """A place's targets by year beside the value they start from; None where nothing is dated.

    One row per series, a column per year; the head says which years are actual values.
    """
    points = tables.milestones(ds, region)
    dated = points[
        points["year"].notna()
        & points["series"].isin(points.loc[points["kind"].isin(["target", "constraint"]), "series"])
    ]
    dated = dated[dated.groupby("series")["year"].transform("nunique") > 1]
    if dated.empty:
        return None
    periods = sorted(set(zip(dated["period"], dated["year"], strict=True)), key=lambda item: (item[1], item[0]))
    actual = set(dated.loc[dated["kind"].isin(["actual", "estimate"]), "period"])
    aimed = set(dated.loc[dated["kind"].isin(["target", "constraint"]), "period"])
    columns = [
        Column("what", both("head.indicator"), head=True, width=3),
        Column("unit", both("head.unit"), width=1.1),
    ]
    for period, _ in periods:
        key = "head.year_actual" if period in actual - aimed else "head.year_target"
        columns.append(Column(period, both(key, year=period), "bare", width=1))
    rows = []
    for _, group in dated.groupby("series", sort=False):
        first = group.iloc[0]
        by_period = {row.period: row for row in group.itertuples() if not row.conflict or row.comparator == "eq"}
        cells = [
            Cell(measured(ds, first["indicator"], first["activity"], first["subject"]), head=True),
            unit_cell(first),
        ]
        for period, _ in periods:
            row = by_period.get(period)
            cells.append(Cell(point_figure(row)) if row is not None else Cell("—", tone="muted"))
        rows.append(tuple(cells))
    place = label(ds, "areas", region)
    caption = (
        message("views.caption.milestones", "zh", place=place.zh),
        message("views.caption.milestones", "en", place=place.en),
    )
    return Table(tuple(columns), tuple(rows), caption, notes=(both("note.milestones"),))


def unit_cell(row: Any) -> Cell:
    """The unit of a series in words of both languages, with its annual rate named as such."""
    if row["transformation"] == "avg_annual":
        return Cell(both("unit.avg_annual"))
    words, kept = unit_words(row["unit"], "en")
    return Cell((row["unit"], f"{words} ({kept})" if kept and kept != words else words))


def growth_view(ds: Dataset, region: str, *, stage: str = "planned") -> Table | None:
    """The growth that a place's targets need, segment by segment; None where there is none.

    Levels show multiple, annual rate and doubling time, shares percentage points.
    """
    frame = tables.growth_table(ds, region)
    frame = frame[(frame["stage"] == stage) & frame["family"].isin(["level", "share"]) & frame["start"].notna()]
    if frame.empty:
        return None
    rows = [growth_row(ds, row) for row in frame.itertuples()]
    place = label(ds, "areas", region)
    columns = (
        Column("what", both("head.indicator"), head=True, width=2.8),
        Column("period", both("head.segment"), width=1.7),
        Column("start", both("head.from"), "bare", width=1),
        Column("end", both("head.to"), "bare", width=1),
        Column("multiple", both("head.multiple"), "multiple", width=0.9),
        Column("rate", both("head.rate"), "rate", width=1),
        Column("points", both("head.points"), "points", width=1),
        Column("doubling", both("head.doubling"), "years", width=1),
    )
    caption = (
        message("views.caption.growth", "zh", place=place.zh),
        message("views.caption.growth", "en", place=place.en),
    )
    return Table(columns, tuple(rows), caption, notes=(both("note.growth"),))


def growth_row(ds: Dataset, row: Any) -> tuple[Cell, ...]:
    """One segment as cells."""
    span = f"{plain(row.start_year)}-{plain(row.end_year)}"
    base = f"{row.series}/{{}}/{span}"
    ids = tuple(row.observations)
    level = row.family == "level"

    def made(name: str, value: float, measure: str, formula: str, lower: float, upper: float) -> Cell:
        if math.isnan(value):
            return Cell("")
        return Cell(Figure(base.format(name), value, measure, "", ids, formula, lower, upper, year=span))

    ratio, change = f"{plain(row.end)} ÷ {plain(row.start)}", f"{plain(row.end)} − {plain(row.start)}"
    power = f"({ratio})^(1/{plain(row.years)}) − 1"
    doubling = f"ln 2 ÷ ln({ratio}) × {plain(row.years)}"
    nan = math.nan
    return (
        Cell(measured(ds, row.indicator, row.activity, row.subject), head=True),
        Cell((row.label_zh, row.label_en)),
        Cell(row.start, ids),
        Cell(row.end, ids),
        made("multiple", row.multiple if level else nan, "multiple", ratio, nan, nan),
        made("cagr", row.cagr if level else nan, "rate", power, row.cagr_lower, row.cagr_upper),
        made("change", row.change_pp, "points", change, row.change_lower, row.change_upper),
        made("doubling", row.doubling_time if level else nan, "years", doubling, nan, nan),
    )


__all__ = ["growth_view", "milestone_table", "point_figure"]
