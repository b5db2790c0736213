"""A city's industries: their levels, growth, shares and contribution as tables and charts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, Panel, contribution_steps, milestone_lines, ranked_dots, structure_change
from planbrief.display.document import Cell, Column, Table
from planbrief.display.language import Text, bilingual
from planbrief.display.quantities import value_text
from planbrief.display.views.facts import unit_name
from planbrief.display.views.growth import point_figure
from planbrief.measures import tables
from planbrief.measures.figures import Figure, figure, plain
from planbrief.measures.growth import period_label
from planbrief.measures.industries import (
    LEAST_PARTS,
    Branch,
    Group,
    contributions,
    first_targets,
    growth_of_parts,
    industry_groups,
    main_measure,
    shares_of_parts,
)
from planbrief.targets.frames import records_of
from planbrief.targets.names import Label, label, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from planbrief.targets import Dataset


#: Set before the name of a branch, so that it stands under its industry.
INDENT = Label("\u3000", "–\u00a0")


#: A message of these views in both languages.
both = partial(bilingual, "industries")


def segment(start: float, end: float) -> tuple[str, str]:
    """Years averaged over, as short as a column's head asks: 2024–26, without the base year."""
    if end - start == 1:
        return f"{plain(end)}年", plain(end)
    first, last = plain(start + 1), plain(end)
    english = f"{first}–{last[-2:]}" if first[:2] == last[:2] else f"{first}–{last}"
    return period_label(start, end, "zh").removesuffix("年均"), english


def levels_table(ds: Dataset, region: str, group: Group) -> Table | None:
    """Levels of a group by year with the growth of every segment: a row per series, a row group per measure."""
    keys = {branch.series.key: branch for branch in group.branches}
    points = tables.milestones(ds, region)
    points = points[points["series"].isin(keys) & points["annual"]]
    growth = tables.growth_table(ds, region)
    growth = growth[growth["series"].isin(keys) & growth["start"].notna() & ~growth["conflict"]]
    planned = growth[growth["stage"] == "planned"]
    periods = sorted(set(zip(points["year"], points["period"], strict=True)))
    segments = sorted(set(zip(planned["start_year"], planned["end_year"], strict=True)))
    actual = set(points.loc[points["kind"].isin(["actual", "estimate"]), "period"])
    aimed = set(points.loc[points["kind"].isin(["target", "constraint"]), "period"])
    if points.empty:
        return None
    columns = [Column("what", both("head.what"), head=True, width=4)]
    for _, period in periods:
        key = "head.actual" if period in actual - aimed else "head.target"
        columns.append(Column(period, both(key, year=period), "bare", width=1))
    for start, end in segments:
        zh, en = segment(start, end)
        head = both("head.growth_year" if end - start == 1 else "head.growth")
        columns.append(Column(f"{start}-{end}", (f"{zh}{head[0]}", f"{en} {head[1]}"), "rate", width=1.05))
    if segments:
        columns.append(Column("multiple", both("head.multiple"), "multiple", width=1))
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Text] = {}
    for measure in group.measures:
        if len(group.measures) > 1:
            groups[len(rows)] = label(ds, "indicators", measure)
        for branch in (b for b in group.branches if b.series.indicator == measure):
            own = points[points["series"] == branch.series.key]
            rates = growth[growth["series"] == branch.series.key]
            rows.append((Cell(row_name(branch), head=True), *level_cells(own, periods), *rate_cells(rates, segments)))
    units = list(dict.fromkeys(branch.series.unit for branch in group.branches))
    single = label(ds, "indicators", group.measures[0]) if len(group.measures) == 1 else None
    caption = (
        both("caption.levels_of", group=group.name, measure=single)
        if single
        else both("caption.levels", group=group.name)
    )
    notes = (both("note.unit", unit=listing(unit_name(unit) for unit in units)), both("note.levels"))
    return Table(tuple(columns), tuple(rows), caption, notes, groups=groups)


def row_name(branch: Branch) -> Label:
    """Name of a branch, set in under its industry."""
    if not branch.below:
        return branch.name
    return Label(INDENT.zh + branch.name.zh, INDENT.en + branch.name.en)


def level_cells(points: pd.DataFrame, periods: list[tuple[float, str]]) -> list[Cell]:
    """One cell per period: the level as printed, a dash where there is none."""
    by_period = {row.period: row for row in points.itertuples() if not row.conflict}
    return [Cell(point_figure(by_period[p])) if p in by_period else Cell("—", tone="muted") for _, p in periods]


def rate_cells(growth: pd.DataFrame, segments: list[tuple[float, float]]) -> list[Cell]:
    """Growth a year of each segment, and the multiple from the base to the last target."""
    if not segments:
        return []
    rows: list[dict[str, Any]] = records_of(growth)
    planned = {(row["start_year"], row["end_year"]): row for row in rows if row["stage"] == "planned"}
    cells = [Cell(figure(planned[s], "cagr")) if s in planned else Cell("—", tone="muted") for s in segments]
    based = [row for row in rows if row["start_kind"] in ("actual", "estimate") and row["stage"] != "achieved"]
    last = max(based, key=lambda row: float(row["end_year"]), default=None)
    return [*cells, Cell(figure(last, "multiple")) if last else Cell("—", tone="muted")]


def contribution_view(ds: Dataset, region: str, group: Group) -> Table | None:
    """Contribution and pull of every industry of a group, segment by segment; None without two parts measured alike."""
    table = contributions(ds, region, group.activity)
    table = table[table["pull_pp"].notna()]
    if table.empty:
        return None
    segments = sorted(set(zip(table["start_year"], table["end_year"], strict=True)))
    parts = list(dict.fromkeys(table["activity"]))
    records: list[dict[str, Any]] = records_of(table)
    rows_of = {(row["activity"], row["start_year"], row["end_year"]): row for row in records}
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Text] = {}
    for measure, key in (("share_pct", "group.share"), ("pull_pp", "group.pull")):
        groups[len(rows)] = both(key)
        for part in parts:
            cells = [rows_of.get((part, *s)) for s in segments]
            shown = [Cell(figure(row, measure)) if row else Cell("—", tone="muted") for row in cells]
            rows.append((Cell(label(ds, "activities", part), head=True), *shown))
    together = [growth_of_parts([row for key, row in rows_of.items() if key[1:] == s]) for s in segments]
    rows.append((Cell(both("value.together"), head=True), *(Cell(one) for one in together)))
    columns = [Column("what", both("head.what"), head=True, width=2.4)]
    for start, end in segments:
        columns.append(Column(f"{start}-{end}", span_label(start, end), "bare", width=1.1))
    notes = [both("note.contribution")]
    left = [name for names in table["left_out"] for name in names]
    if left:
        notes.append(both("note.left_out", names=listing(label(ds, "activities", name) for name in left)))
    return Table(
        tuple(columns), tuple(rows), both("caption.contribution", group=group.name), tuple(notes), groups=groups,

    )  # fmt: skip


def span_label(start: float, end: float) -> tuple[str, str]:
    """A segment from base to target: 2023→2026."""
    return f"{plain(start)}—{plain(end)}年", f"{plain(start)} to {plain(end)}"


#: More years than this make columns of shares too thin to read.
MOST_YEARS = 7


def steepness_chart(ds: Dataset, region: str, *, below: bool) -> Chart | None:
    """Growth required to the first target, ranked: industries, or their branches.

    One measure makes the axis, the one that most of them are given in; rates of other measures stand beside their
    names without an axis.
    """
    groups = industry_groups(ds, region)
    rates = first_targets(ds, region)
    main = main_measure(groups, below)
    ranked: list[tuple[Label, Figure]] = []
    apart: dict[str, list[tuple[Label, Figure]]] = {}
    units: dict[str, None] = {}
    for branch in (branch for group in groups for branch in group.branches if branch.below == below):
        row = rates.get(branch.series.key)
        if row is not None:
            units.setdefault(branch.series.unit)
            own = (branch.series.indicator, branch.series.price_base) == main
            rows = ranked if own else apart.setdefault(branch.series.indicator, [])
            rows.append((shortened(branch.name, row), figure(row, "cagr")))
    if len(ranked) < 2:
        return None
    place = label(ds, "areas", region)
    span = common_span([*ranked, *(row for rows in apart.values() for row in rows)])
    unit = listing(unit_name(unit) for unit in units)
    notes = [both("note.span", years=span, unit=unit) if span else both("note.brackets", unit=unit)]
    notes += [both("title.apart")] if apart else []
    name, rate = max(ranked, key=lambda row: row[1].value)
    most = figure_words(rate)
    panels = [
        Panel(label(ds, "indicators", indicator), [(name, rate, False) for name, rate in rows])
        for indicator, rows in ((main[0], ranked), *apart.items())
    ]
    key = "caption.steepest_tracks" if below else "caption.steepest_industries"
    return ranked_dots(panels, both(key, place=place, name=name, rate=most), notes=notes)


def shortened(name: Label, row: dict[str, Any]) -> Label:
    """Name of a row; its levels say how far the climb goes."""
    start, end = plain(float(row["start"])), plain(float(row["end"]))
    climb = f"{start}\u00a0→\u00a0{end}"
    return Label(f"{name.zh}（{climb}）", f"{name.en} ({climb})")


def common_span(rows: list[tuple[Label, Figure]]) -> Label | None:
    """The years that all rates are averaged over, None where they differ."""
    spans = {rate.year for _, rate in rows}
    if len(spans) != 1:
        return None
    start, _, end = spans.pop().partition("-")
    return Label(*span_label(float(start), float(end)))


def lines_chart(ds: Dataset, region: str, group: Group) -> Chart | None:
    """Levels of the industries of a group that share one measure and unit; None with fewer than two of them."""
    measure = main_measure((group,), below=False)
    chosen = [b for b in group.industries if (b.series.indicator, b.series.price_base) == measure]
    chosen = [b for b in chosen if b.series.unit == chosen[0].series.unit]
    if len(chosen) < 2:
        return None
    points = tables.milestones(ds, region)
    points = points[points["annual"] & ~points["conflict"]]
    lines = [
        (b.name, [point_figure(row) for row in points[points["series"] == b.series.key].itertuples()]) for b in chosen
    ]
    climbs = [(name, climb(levels)) for name, levels in lines if len(levels) > 1 and levels[0].value > 0]
    key, values = "caption.lines", {"group": group.name, "measure": label(ds, "indicators", measure[0])}
    if not climbs:
        return milestone_lines(lines, both(key, **values))
    name, most = max(climbs, key=lambda one: one[1].value)
    said = both("message.lines", group=group.name, name=name, times=figure_words(most), year=most.year)
    return milestone_lines(lines, said, notes=(both(key, **values),))


def climb(levels: list[Figure]) -> Figure:
    """The last level as a multiple of the first."""
    first, last = levels[0], levels[-1]
    behind = first.observations + last.observations
    formula = f"{plain(last.value)} ÷ {plain(first.value)}"
    return Figure(f"{last.key}/climb", last.value / first.value, "multiple", "", behind, formula, year=last.year)


def figure_words(one: Figure) -> Label:
    """A figure within a title, where no number can be followed."""
    return Label(value_text(one, "zh"), value_text(one, "en"))


def steps_chart(ds: Dataset, region: str, group: Group) -> Chart | None:
    """Where the growth of a group to its first target comes from; None with few parts, or where a part declines."""
    table = contributions(ds, region, group.activity)
    if table["activity"].nunique() < LEAST_PARTS or table["share_pct"].isna().all():
        return None
    first = min(zip(table["start_year"], table["end_year"], strict=True))
    rows: list[dict[str, Any]] = table[(table["start_year"] == first[0]) & (table["end_year"] == first[1])].to_dict(
        "records"
    )
    if len(rows) < LEAST_PARTS:
        return None
    parts = [(label(ds, "activities", row["activity"]), figure(row, "increment")) for row in rows]
    ends = [whole(rows, side) for side in ("start", "end")]
    left, right = (Label(*both("value.sum", year=plain(year))) for year in first)
    span = Label(*span_label(*first))
    shares = [figure(row, "share_pct") for row in rows]
    name, most = max(zip((name for name, _ in parts), shares, strict=True), key=lambda one: one[1].value)
    said = both("message.steps", group=group.name, name=name, share=figure_words(most), span=span)
    notes = (both("caption.steps", group=group.name, span=span), both("note.steps"))
    return contribution_steps((left, ends[0]), parts, (right, ends[1]), said, shares=shares, notes=notes)


def whole(rows: list[dict[str, Any]], side: str) -> Figure:
    """Sum of the parts at the start or the end of a segment."""
    row = rows[0]
    year = plain(float(row[f"{side}_year"]))
    return Figure(
        key=f"{row['ref_area']}/{row['indicator']}/{row['parent']}/sum/{year}",
        value=float(row[f"parts_{side}"]),
        measure="level",
        unit=row["unit"],
        observations=tuple(dict.fromkeys(obs for one in rows for obs in one["observations"])),
        formula=" + ".join(plain(float(one[side])) for one in rows),
        year=year,
    )


def share_chart(ds: Dataset, region: str, group: Group) -> Chart | None:
    """Shares of the industries in their sum, year by year; None with few parts or a single year."""
    shares = shares_of_parts(ds, region, group.activity)
    if len(shares) < 2 or len(shares[0][1]) > MOST_YEARS:
        return None
    parts = [(label(ds, "activities", part), figures) for part, figures in shares]
    name, ends = max(((n, (f[0], f[-1])) for n, f in parts), key=lambda one: abs(one[1][1].value - one[1][0].value))
    start, end = (figure_words(one) for one in ends)
    years = {"first": ends[0].year, "last": ends[1].year}
    said = both("message.structure", group=group.name, name=name, start=start, end=end, **years)
    return structure_change(parts, said, notes=(both("caption.structure", group=group.name), both("note.structure")))


def structure_chart(ds: Dataset, region: str) -> Chart | None:
    """How the first group of a place's industries is made up, year by year; None without such a group."""
    return next((chart for group in industry_groups(ds, region) if (chart := share_chart(ds, region, group))), None)


def group_exhibits(ds: Dataset, region: str, group: Group) -> Iterator[Chart | Table]:
    """Everything there is to show of one group, in reading order."""
    views = (lines_chart, levels_table, steps_chart, contribution_view, share_chart)
    for view in views:
        if (thing := view(ds, region, group)) is not None:
            yield thing
