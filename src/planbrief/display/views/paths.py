"""Charts of what targets need: paths in both shapes, required growth ranked, how a group is made up then and now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, milestone_path, structure_change
from planbrief.display.quantities import value_text
from planbrief.display.sentence import inside
from planbrief.display.views.facts import both, named
from planbrief.display.views.growth import point_figure
from planbrief.display.views.needs import growth_rows, name_of, records
from planbrief.measures import tables
from planbrief.measures.figures import Figure, figure
from planbrief.measures.labels import Label, label
from planbrief.measures.series import BASE_KINDS

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: Parts and years that a structure chart can hold.
MOST_PARTS, MOST_YEARS = 8, 6


def documents(ds: Dataset, observations: Iterable[str]) -> tuple[str, ...]:
    """Documents in which some observations stand, each once, in order."""
    known = ds.package["observations"].by_key
    return tuple(dict.fromkeys(known[obs_id].values["source_id"] for obs_id in observations if obs_id in known))


def steepest_path(ds: Dataset, regions: Iterable[str]) -> list[dict[str, Any]]:
    """Planned stretches of the series whose first target asks most of some places; empty where nothing grows."""
    best: list[dict[str, Any]] = []
    for region in regions:
        frame = growth_rows(ds, region, branches=False)
        planned = frame[(frame["stage"] == "planned") & (frame["family"] == "level") & (frame["shape"] == "geometric")]
        for _, group in planned.groupby("series", sort=False):
            members = records(group)
            if members[0]["cagr"] > (best[0]["cagr"] if best else 0):
                best = members
    return best


def path_chart(ds: Dataset, regions: Iterable[str], height_mm: float = 72) -> Chart | None:
    """The path of the steepest target of some places, in both shapes; None without a path of three values."""
    members = steepest_path(ds, regions)
    if not members:
        return None
    region, key = members[0]["ref_area"], members[0]["series"]
    points = tables.milestones(ds, region)
    points = points[(points["series"] == key) & points["annual"] & ~points["conflict"]]
    if len(points) < 3:
        return None
    what = name_of(ds, members[0])
    rates = [figure(row, "cagr") for row in members]
    caption = path_caption(
        label(ds, "areas", region), what, Label(members[0]["label_zh"], members[0]["label_en"]), rates
    )
    levels = [point_figure(row) for row in points.itertuples()]
    sources = documents(ds, (obs_id for level in levels for obs_id in level.observations))
    return milestone_path(
        levels, caption, label=what, rates=rates, notes=(both("note.path"),), sources=sources, height_mm=height_mm
    )


def path_caption(place: Label, what: Label, span: Label, rates: Sequence[Figure]) -> tuple[str, str]:
    """What a path says: how much its first stretch needs, and whether the later ones need less or more."""
    later = [rate.value for rate in rates[1:]]
    key = "caption.path"
    if later:
        key = "caption.path_easing" if max(later) < rates[0].value else "caption.path_later"
    first = Label(value_text(rates[0], "zh"), value_text(rates[0], "en"))
    last = Label(value_text(rates[-1], "zh"), value_text(rates[-1], "en"))
    return named(key, place=place, what=what, span=span, first=first, last=last)


def structure_chart(ds: Dataset, region: str) -> Chart | None:
    """How the largest group of branches is made up, from an actual value to its last target; None without such a group.

    Shares are of the sum of the branches shown, which need not be the total that the plan prints.
    """
    table = tables.structure_table(ds, region)
    table = table[~table["conflict"] & table["share_of_parts_pct"].notna() & table["year"].notna()]
    best: tuple[float, pd.DataFrame] | None = None
    for _, group in table.groupby(["indicator", "parent"], sort=False):
        names = list(dict.fromkeys(group["activity"]))
        tally = group.groupby("period")["activity"].nunique()
        full = tally[tally == len(names)].index
        whole = group[group["period"].isin(full)]
        start = whole[whole["period"] == min(full, default="")]
        if 2 <= len(names) <= MOST_PARTS and len(full) > 1 and set(start["kind"]) <= set(BASE_KINDS):
            size = float(start["value"].sum())
            if best is None or size > best[0]:
                best = (size, whole)
    if best is None:
        return None
    group = best[1]
    periods = sorted(set(group["period"]))
    periods = periods if len(periods) <= MOST_YEARS else [periods[0], *periods[1 - MOST_YEARS :]]
    group = group[group["period"].isin(periods)]
    parts = []
    for activity, rows in group.groupby("activity", sort=False):
        name = label(ds, "activities", str(activity))
        parts.append((name, [share_of_parts(row, group) for row in records(rows.sort_values("year"))]))
    first = records(group)[0]
    caption = named(
        "caption.structure",
        place=label(ds, "areas", region),
        group=inside(ds, label(ds, "activities", first["parent"])),
        what=inside(ds, label(ds, "indicators", first["indicator"])),
    )
    behind = (obs_id for _, shares in parts for share in shares for obs_id in share.observations)
    return structure_change(parts, caption, notes=(both("note.structure"),), sources=documents(ds, behind))


def share_of_parts(row: Mapping[str, Any], group: pd.DataFrame) -> Figure:
    """The share of a branch in the sum of its group in one period, with all figures of the sum behind it."""
    same = records(group[group["period"] == row["period"]])
    ids = tuple(dict.fromkeys(obs_id for one in [row, *same] for obs_id in one["observations"]))
    parts = " + ".join(f"{one['value']:g}" for one in same)
    formula = f"{row['value']:g} ÷ ({parts})"
    key = f"{row['ref_area']}/{row['indicator']}/{row['activity']}/share_of_parts/{row['period']}"
    return Figure(key, float(row["share_of_parts_pct"]), "share", "", ids, formula, year=str(row["period"]))
