"""The chart of the steepest target: its path in both shapes, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, milestone_path
from planbrief.display.quantities import value_text
from planbrief.display.views.facts import both
from planbrief.display.views.growth import point_figure
from planbrief.display.views.needs import growth_rows, name_of, records
from planbrief.measures import tables
from planbrief.measures.figures import Figure, figure
from planbrief.targets.names import Label, label

if TYPE_CHECKING:
    from planbrief.targets import Dataset


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


def path_chart(ds: Dataset, regions: Iterable[str], height_mm: float = 60) -> Chart | None:
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
    return both(key, place=place, what=what, span=span, first=first, last=last)
