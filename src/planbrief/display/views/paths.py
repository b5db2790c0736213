"""Charts of what targets need: paths in both shapes, required growth ranked, how a group is made up then and now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, milestone_path, required_growth, structure_change
from planbrief.display.names import inside
from planbrief.display.quantities import value_text
from planbrief.display.views.facts import both, named
from planbrief.display.views.growth import point_figure
from planbrief.display.views.needs import growth_rows, name_of, records
from planbrief.measures import tables
from planbrief.measures.figures import Figure, figure
from planbrief.measures.labels import Label, label, listing
from planbrief.measures.series import BASE_KINDS

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: A chart with more rows than this says less; the table has them all.
MOST_ROWS = 16
#: Achieved rates shown apart.
MOST_APART = 4
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


def needs_chart(ds: Dataset, regions: Iterable[str], branches: bool = False) -> Chart | None:
    """Required growth to the first target, ranked; achieved growth of other definitions in a panel of its own."""
    found: list[dict[str, Any]] = []
    asked = tuple(regions)
    for region in asked:
        frame = growth_rows(ds, region, branches)
        frame = frame[(frame["stage"] == "planned") & (frame["family"] == "level") & frame["cagr"].notna()]
        firsts = records(frame.groupby("series", sort=False).head(1))
        firsts = [row for row in firsts if row["start_kind"] in BASE_KINDS]
        found += [row for row in firsts if row["direction"] > 0 and row["aggregation"] != "count"]
    found = sorted(found, key=lambda row: -row["cagr"])
    if len(found) < 2:
        return None
    shown = found[:MOST_ROWS]
    places = list(dict.fromkeys(row["ref_area"] for row in shown))
    spans = {(row["label_zh"], row["label_en"]) for row in shown}
    rows = []
    for row in shown:
        name = branch_name(ds, row, shown) if branches else name_of(ds, row)
        if len(places) > 1:
            name = Label(*named("value.placed", place=label(ds, "areas", row["ref_area"]), what=name))
        if len(spans) > 1:
            name = Label(*named("value.spanned", what=name, span=Label(row["label_zh"], row["label_en"])))
        rows.append((name, figure(row, "cagr")))
    where = listing(label(ds, "areas", place) for place in places)
    if len(spans) == 1:
        span = Label(*next(iter(spans)))
        caption = named("caption.needs_chart_span", place=where, span=span)
    else:
        caption = named("caption.needs_chart", place=where)
    apart = () if branches else achieved(ds, asked)
    notes = [both("note.needs_chart")] if apart else []
    if len(found) > len(shown):
        notes.append(both("note.steepest_only", count=str(len(shown)), total=str(len(found))))
    behind = [obs_id for _, one in rows for obs_id in one.observations]
    behind += [obs_id for _, one, _ in apart for obs_id in one.observations]
    return required_growth(rows, caption, apart=apart, notes=notes, sources=documents(ds, behind))


def branch_name(ds: Dataset, row: Mapping[str, Any], shown: list[dict[str, Any]]) -> Label:
    """The name of a branch; with what is measured where the chart shows more than one measure of it."""
    same = [other for other in shown if other["activity"] == row["activity"]]
    return label(ds, "activities", row["activity"]) if len(same) == 1 else name_of(ds, row)


def achieved(ds: Dataset, asked: tuple[str, ...]) -> list[tuple[Label, Figure, tuple[str, str]]]:
    """Achieved real growth, not what targets of output or value added need: of the places asked for, else around them.

    What other cities achieved is shown only where neither the places nor what they lie in report any.
    """
    rows = ds.select(kind="actual", transformation="yoy", price_base="real", subject="", activity="")
    rows = rows[rows["obs_value"].notna()]
    own = {area for place in asked for area in (place, *ds.descendants(place))}
    around = {area for place in asked for area in ds.context_of(place)}
    nearest: list[tuple[Any, Any]] = []
    for near in (rows["ref_area"].isin(own), rows["ref_area"].isin(around), rows["ref_area"].ne("")):
        nearest = nearest or list(rows[near].iterrows())
    found = []
    for obs_id, row in nearest[:MOST_APART]:
        place, what = label(ds, "areas", str(row["ref_area"])), label(ds, "indicators", str(row["indicator"]))
        key = f"{row['ref_area']}/{row['indicator']}/yoy/{row['time_period']}"
        when = str(row["time_period"])
        value = Figure(key, float(row["obs_value"]) / 100, "rate", "", (str(obs_id),), year=when)
        found.append((Label(*named("value.placed", place=place, what=what)), value, both("reason.achieved")))
    return found


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
