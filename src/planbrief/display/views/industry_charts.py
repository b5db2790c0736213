"""Industries as charts: required growth ranked, levels over time, where growth comes from, how shares change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, Panel, contribution_steps, milestone_lines, ranked_dots, structure_change
from planbrief.display.quantities import value_text
from planbrief.display.views.growth import point_figure
from planbrief.display.views.industries import (
    both,
    contribution_view,
    levels_table,
    span_label,
    track_contribution_view,
    unit_label,
)
from planbrief.measures import tables
from planbrief.measures.figures import Figure, figure, plain
from planbrief.measures.industries import (
    LEAST_PARTS,
    Group,
    contributions,
    first_targets,
    industry_groups,
    main_measure,
    shares_of_parts,
)
from planbrief.measures.labels import Label, label, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planbrief.display.table import Table
    from planbrief.targets import Dataset

__all__ = ["group_exhibits", "lines_chart", "share_chart", "steepness_chart", "steps_chart"]

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
    unit = listing(unit_label(unit) for unit in units)
    notes = [both("note.span", years=span, unit=unit) if span else both("note.brackets", unit=unit)]
    notes += [both("title.apart")] if apart else []
    name, rate = max(ranked, key=lambda row: row[1].value)
    most = Label(value_text(rate, "zh"), value_text(rate, "en"))
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
    caption = both("caption.lines", group=group.name, measure=label(ds, "indicators", measure[0]))
    return milestone_lines(lines, caption)


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
    caption = both("caption.steps", group=group.name, span=Label(*span_label(*first)))
    shares = [figure(row, "share_pct") for row in rows]
    return contribution_steps(
        (left, ends[0]), parts, (right, ends[1]), caption, shares=shares, notes=(both("note.steps"),)
    )


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
    if len(shares) < LEAST_PARTS or len(shares[0][1]) > MOST_YEARS:
        return None
    parts = [(label(ds, "activities", part), figures) for part, figures in shares]
    return structure_change(parts, both("caption.structure", group=group.name), notes=(both("note.structure"),))


def group_exhibits(ds: Dataset, region: str, group: Group) -> Iterator[Chart | Table]:
    """Everything there is to show of one group, in reading order."""
    views = (lines_chart, levels_table, steps_chart, contribution_view, track_contribution_view, share_chart)
    for view in views:
        if (thing := view(ds, region, group)) is not None:
            yield thing
