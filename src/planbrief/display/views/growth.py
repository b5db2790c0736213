"""Milestones as a table: what a plan prints for each year, beside the value it starts from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Cell, Column, Table
from planbrief.display.views.facts import both, remarks, unit_name, unprinted
from planbrief.measures import tables
from planbrief.measures.figures import Figure
from planbrief.targets import periods
from planbrief.targets.names import Label, label, measured

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = ["milestone_table", "point_figure", "unit_cell", "unit_label"]


def point_figure(row: Any) -> Figure:
    """One point of a series as a figure."""
    share = row.family in ("share", "rate")
    ends = (row.lower, row.upper) if row.comparator == "range" else (math.nan, math.nan)
    return Figure(
        key=f"{row.series}/{row.period}",
        value=row.value,
        measure="share" if share else "level",
        unit=row.unit,
        observations=tuple(row.observations),
        lower=ends[0],
        upper=ends[1],
        comparator=row.comparator,
        year=row.period,
    )


@dataclass
class Line:
    """One row of the table before it becomes cells: what is measured, in which unit, and the cell of each period."""

    indicator: str
    activity: str
    subject: str
    unit: Label
    cells: dict[str, Cell] = field(default_factory=dict)
    words: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def unit_label(unit: str, transformation: str = "") -> Label:
    """A unit in words of both languages, an annual rate named as such; money keeps its printed unit in English."""
    if transformation == "avg_annual":
        return Label(*both("unit.avg_annual"))
    if unit == "1":  # a reader takes the figure for a number
        return Label(*both("unit.ratio"))
    return unit_name(unit)


def unit_cell(row: Any) -> Cell:
    """The unit of a series."""
    return Cell(unit_label(row["unit"], row["transformation"]))


def milestone_table(ds: Dataset, region: str, *, branches: bool = False) -> Table | None:
    """A place's targets by year beside the value they start from; None where nothing is dated.

    One row per series, a column per year; the head says which years are actual values. A cell in which the document
    prints a dash or words instead of a number shows them.

    Parameters
    ----------
    branches : bool
        Whether the series of industries and tracks are shown (grouped by what is measured) or all others.
    """
    lines, heads = collected(ds, region, branches)
    if not lines:
        return None
    shown = [Column("what", both("head.indicator"), head=True, width=4.2)]
    if not branches:
        shown.append(Column("unit", both("head.unit"), width=1.9))
    shown += [Column(period, head, "bare", width=0.9) for period, head in heads.items()]
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Label] = {}
    for group, name, line in in_order(ds, lines) if branches else ((None, None, line) for line in lines):
        if group is not None:
            groups[len(rows)] = group
        first = [Cell(name or measured(ds, line.indicator, line.activity, line.subject), head=True)]
        if not branches:
            first.append(Cell(line.unit))
        rows.append((*first, *year_cells(line, list(heads))))
    key = "caption.milestones_branches" if branches else "caption.milestones"
    caption = both(key, place=label(ds, "areas", region))
    table = Table(tuple(shown), tuple(rows), caption, groups=groups)
    notes = (both("note.milestones"), *remarks(ds, table.observations()))
    return Table(tuple(shown), tuple(rows), caption, notes=notes, groups=groups)


def collected(ds: Dataset, region: str, branches: bool) -> tuple[list[Line], dict[str, tuple[str, str]]]:
    """Series with a dated target and another dated value, and the heads of their periods in order of time.

    What official statistics define (prices, unemployment, urbanisation) is looked for among the targets of its year
    even where nothing else is known of it.
    """
    points = tables.milestones(ds, region)
    aimed = points["kind"].isin(["target", "constraint"])
    dated = points[points["year"].notna() & points["series"].isin(points.loc[aimed, "series"])]
    dated = dated[((dated["activity"] != "") == branches) & (dated["subject"] == "")]
    silent = wordless(ds, region, branches)
    known = {(row["indicator"], row["activity"]) for row in silent}
    several = dated.groupby("series")["year"].transform("nunique") > 1
    years = set(dated.loc[several, "period"])
    kept = [
        many or (row.indicator, row.activity) in known or (row.period in years and is_standard(ds, str(row.indicator)))
        for many, row in zip(several, dated.itertuples(), strict=True)
    ]
    dated = dated.loc[dated.index[kept]] if kept else dated
    lines: dict[str, Line] = {}
    for row in dated.itertuples():
        name, kind = (str(row.indicator), str(row.activity)), str(row.transformation)
        line = lines.setdefault(str(row.series), Line(*name, "", unit_label(str(row.unit), kind)))
        if str(row.period) not in line.cells or row.comparator == "eq":
            line.cells[str(row.period)] = Cell(point_figure(row))
    kinds: dict[str, set[str]] = {}
    for period, kind in zip(dated["period"], dated["kind"], strict=True):
        kinds.setdefault(str(period), set()).add(str(kind))
    for fact in silent:
        name = (fact["indicator"], fact["activity"])
        key = next((key for key, line in lines.items() if (line.indicator, line.activity) == name), "/".join(name))
        line = lines.setdefault(key, Line(*name, "", unit_label(fact["unit_measure"])))
        line.words[fact["time_period"]] = fact
        kinds.setdefault(fact["time_period"], set()).add(fact["kind"])
    heads = {}
    for period in sorted(kinds, key=periods.order):
        actual = not kinds[period] & {"target", "constraint"}
        heads[period] = period_head(period, actual)
    return (list(lines.values()), heads) if len(dated) else ([], {})


def is_standard(ds: Dataset, indicator: str) -> bool:
    """Whether an indicator is one that official statistics define, not one that a document made up."""
    return str(ds.row("indicators", indicator)["definition_source"]) not in ("", "planbrief")


def period_head(period: str, actual: bool) -> tuple[str, str]:
    """Head of the column of a period, which says where its values are actual ones."""
    if periods.parse(period).frequency == "A":
        return both("head.year_actual" if actual else "head.year_target", year=period)
    words = periods.label(period, "zh"), periods.label(period, "en")
    if not actual:
        return words
    return both("head.period_actual", period=words[0])[0], both("head.period_actual", period=words[1])[1]


def wordless(ds: Dataset, region: str, branches: bool) -> list[Mapping[str, Any]]:
    """Dated cells of a place in which the document prints no number, of indicators that have a target somewhere."""
    rows = ds.select(ref_area=region, obs_status=["M", "O"], subject="")
    rows = rows[rows["dated"] & ((rows["activity"] != "") == branches)]
    found: list[Mapping[str, Any]] = []
    for obs_id, row in rows.iterrows():
        fact = {str(name): value for name, value in row.items()}
        found.append({**fact, "observations": (str(obs_id),)})
    return found


def year_cells(line: Line, shown: list[str]) -> list[Cell]:
    """The cells of a row; neighbouring years with the same words share one cell, years without anything are blank."""
    cells: list[Cell] = []
    position = 0
    while position < len(shown):
        period = shown[position]
        fact = line.words.get(period)
        if period in line.cells or fact is None:
            cells.append(line.cells.get(period, Cell("")))
            position += 1
            continue
        run = [fact]
        for following in shown[position + 1 :]:
            other = line.words.get(following)
            if fact["obs_status"] != "O" or other is None or other["value_text"] != fact["value_text"]:
                break
            run.append(other)
        ids = tuple(obs_id for one in run for obs_id in one["observations"])
        cells.append(unprinted(fact, ids, len(run)))
        position += len(run)
    return cells


def in_order(ds: Dataset, lines: list[Line]) -> Iterator[tuple[Label | None, Label, Line]]:
    """Rows of industries and tracks by what is measured, tracks below their industry.

    The first row of a group comes with the group's name and unit. What is measured of a single branch joins the others
    of its kind in a last group.
    """
    by_indicator: dict[str, list[Line]] = {}
    for line in lines:
        by_indicator.setdefault(line.indicator, []).append(line)
    for indicator, members in by_indicator.items():
        if len(members) > 1:
            what = label(ds, "indicators", indicator)
            about = Label(*both("group.indicator", what=what, unit=members[0].unit))
            for number, (name, line) in enumerate(nested(ds, members)):
                yield (about if not number else None), name, line
    single = [members[0] for members in by_indicator.values() if len(members) == 1]
    for number, line in enumerate(single):
        what = measured(ds, line.indicator, line.activity)
        group = Label(*both("group.single")) if not number else None
        yield group, Label(*both("group.with_unit", what=what, unit=line.unit)), line


def nested(ds: Dataset, members: list[Line]) -> Iterator[tuple[Label, Line]]:
    """Branches in the order of the document, each followed by those below it, which are named as its parts."""
    by_activity = {line.activity: line for line in members}
    below: dict[str, list[Line]] = {}
    for line in members:
        below.setdefault(str(ds.activities["parent"].get(line.activity, "")), []).append(line)
    for line in members:
        if str(ds.activities["parent"].get(line.activity, "")) in by_activity:
            continue
        yield label(ds, "activities", line.activity), line
        for part in below.get(line.activity, []):
            yield Label(*both("group.part", what=label(ds, "activities", part.activity))), part
