"""What targets need: one row per series from its base to the first and the last target, and charts of the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, milestone_path, required_growth
from planbrief.display.language import message
from planbrief.display.table import Cell, Column, Table
from planbrief.display.views.facts import both
from planbrief.display.views.growth import point_figure, unit_cell
from planbrief.measures import tables
from planbrief.measures.figures import Figure, figure
from planbrief.measures.labels import Label, label, measured

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from planbrief.targets import Dataset

#: A chart with more rows than this says less; the table has them all.
MOST_ROWS = 16


def growth_rows(ds: Dataset, region: str, branches: bool | None = None) -> pd.DataFrame:
    """Planned growth of a place's own series: levels and shares with a base; branches are series of an activity."""
    frame = tables.growth_table(ds, region)
    kept = frame[frame["family"].isin(["level", "share"]) & frame["start"].notna() & (frame["subject"] == "")]
    if branches is not None:
        kept = kept[(kept["activity"] != "") == branches]
    return kept


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as mappings."""
    found: list[dict[str, Any]] = frame.to_dict("records")  # type: ignore[assignment]
    return found


def name_of(ds: Dataset, row: Any) -> Label:
    """What a row of a table of series measures."""
    return measured(ds, row["indicator"], row["activity"], row["subject"])


def needs_table(ds: Dataset, region: str, branches: bool) -> Table | None:
    """Growth needed to the first and to the last target of every series; None where no target has a base.

    Levels show the annual rate and the multiple, shares the change in percentage points.
    """
    frame = growth_rows(ds, region, branches)
    rows = []
    for _, group in frame.groupby("series", sort=False):
        planned = group[group["stage"] == "planned"]
        if planned.empty:
            continue
        first = planned.iloc[0]
        whole = group[group["stage"] == "whole"]
        last = whole.iloc[0] if len(whole) else first
        rows.append((Cell(name_of(ds, first), head=True), unit_cell(first), *ends(first, last)))
    if not rows:
        return None
    columns = (
        Column("what", both("head.indicator"), head=True, width=2.6),
        Column("unit", both("head.unit"), width=1.1),
        Column("base", both("head.base"), "bare", width=1),
        Column("base_year", both("head.base_year"), "period", width=0.8),
        Column("first", both("head.first"), "bare", width=1),
        Column("first_year", both("head.first_year"), "period", width=0.8),
        Column("first_rate", both("head.rate_or_points"), align="right", width=1.2),
        Column("last", both("head.last"), "bare", width=1),
        Column("last_year", both("head.last_year"), "period", width=0.8),
        Column("last_rate", both("head.rate_or_points"), align="right", width=1.2),
        Column("multiple", both("head.multiple"), "multiple", width=1),
    )
    place = label(ds, "areas", region)
    key = "views.caption.needs_branches" if branches else "views.caption.needs"
    caption = (message(key, "zh", place=place.zh), message(key, "en", place=place.en))
    return Table(columns, tuple(rows), caption, notes=(both("note.growth"),))


def ends(first: Any, last: Any) -> tuple[Cell, ...]:
    """Base, first and last target with the growth between them."""
    level = first["family"] == "level"
    one = last["end_year"] == first["end_year"]

    def change(row: Any) -> Cell:
        if level:
            return Cell(figure(row, "cagr"))
        return Cell(figure(row, "change_pp"))

    blank = Cell("")
    return (
        Cell(figure(first, "start")),
        Cell(f"{first['start_period']}"),
        Cell(figure(first, "end")),
        Cell(f"{first['end_period']}"),
        change(first),
        blank if one else Cell(figure(last, "end")),
        blank if one else Cell(f"{last['end_period']}"),
        blank if one else change(last),
        Cell(figure(last, "multiple")) if level else blank,
    )


def needs_chart(ds: Dataset, regions: Iterable[str], branches: bool = False) -> Chart | None:
    """Required growth to the first target, ranked, with achieved growth of other definitions in a panel of its own."""
    rows: list[tuple[Any, Figure]] = []
    asked = tuple(regions)
    for region in asked:
        frame = growth_rows(ds, region, branches)
        frame = frame[(frame["stage"] == "planned") & (frame["family"] == "level") & frame["cagr"].notna()]
        for row in records(frame.groupby("series", sort=False).head(1)):
            if row["direction"] > 0 and row["aggregation"] != "count":
                rows.append((with_span(name_of(ds, row), row), figure(row, "cagr")))
    rows = sorted(rows, key=lambda item: -item[1].value)[:MOST_ROWS]
    if len(rows) < 2:
        return None
    places = [label(ds, "areas", region) for region in asked]
    caption = (
        message("views.caption.needs_chart", "zh", place="、".join(p.zh for p in places)),
        message("views.caption.needs_chart", "en", place=", ".join(p.en for p in places)),
    )
    apart = achieved(ds)
    return required_growth(rows, caption, apart=apart, notes=(both("note.needs_chart"),) if apart else ())


def with_span(name: Label, row: Any) -> Label:
    """A name with the years averaged over."""
    return Label(f"{name.zh}，{row['label_zh']}", f"{name.en}, {row['label_en']}")


def achieved(ds: Dataset) -> list[tuple[Label, Figure, tuple[str, str]]]:
    """Achieved growth in the data set: real growth on the year before, which is not what targets of output need."""
    found = []
    rows = ds.select(kind="actual", transformation="yoy")
    rows = rows[(rows["subject"] == "") & rows["obs_value"].notna() & (rows["price_base"] == "real")]
    for obs_id, row in rows.iterrows():
        place, what = label(ds, "areas", str(row["ref_area"])), label(ds, "indicators", str(row["indicator"]))
        name = Label(f"{place.zh}：{what.zh}", f"{place.en}: {what.en}")
        key = f"{row['ref_area']}/{row['indicator']}/yoy/{row['time_period']}"
        value = Figure(key, float(row["obs_value"]) / 100, "rate", "", (str(obs_id),), year=str(row["time_period"]))
        found.append((name, value, both("reason.achieved")))
    return found[:4]


def path_chart(ds: Dataset, region: str) -> Chart | None:
    """The path of the series with the steepest required growth of a place, in both shapes; None without a path."""
    frame = growth_rows(ds, region, branches=False)
    planned = frame[(frame["stage"] == "planned") & (frame["family"] == "level") & (frame["cagr"] > 0)]
    planned = planned[planned["shape"] == "geometric"]
    firsts = planned.groupby("series", sort=False).head(1)
    if firsts.empty:
        return None
    key = max(records(firsts), key=lambda row: float(row["cagr"]))["series"]
    points = tables.milestones(ds, region)
    points = points[(points["series"] == key) & points["year"].notna() & ~points["conflict"]]
    rates = [figure(row, "cagr") for row in records(planned[planned["series"] == key])]
    if len(points) < 3:
        return None
    place, what = label(ds, "areas", region), name_of(ds, points.iloc[0])
    caption = (
        message("views.caption.path", "zh", place=place.zh, what=what.zh),
        message("views.caption.path", "en", place=place.en, what=what.en),
    )
    levels = [point_figure(row) for row in points.itertuples()]
    return milestone_path(levels, caption, label=what, rates=rates, notes=(both("note.path"),))
