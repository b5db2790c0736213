"""Wholes and their parts: which activities of a place are measured alike and belong together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planbrief.measures.milestone import Point, Series
from planbrief.measures.series import series_of
from planbrief.targets import units

if TYPE_CHECKING:
    from planbrief.targets import Dataset


@dataclass(frozen=True)
class Whole:
    """The parts of one activity, measured by one indicator in one unit, with the whole if there is one."""

    ref_area: str
    indicator: str
    parent: str
    unit: str
    parts: tuple[Series, ...]
    total: Series | None
    total_kind: str
    exhaustive: bool


def wholes(
    ds: Dataset,
    region: str,
    indicator: str | None = None,
    *,
    parent: str | None = None,
    total_indicator: str | None = None,
    total_activity: str = "",
) -> Iterator[Whole]:
    """Every activity of which at least two children have levels of one indicator in one unit and price basis.

    The whole is, first that exists: the series of `total_indicator` (and `total_activity`), the parent's own series of
    the same indicator (``printed``), the same indicator without activity if the parent is the root of its system
    (``printed``), the sum of the parts where the activity table declares them exhaustive (``sum``), else none.
    """
    known = series_of(ds, region)
    levels = [series for series in known if series.family == "level" and not series.subject]
    groups: dict[tuple[str, str, str], list[Series]] = {}
    for series in levels:
        above = ds.row("activities", series.activity)["parent"] if series.activity else ""
        if above and indicator in (None, series.indicator) and parent in (None, above):
            groups.setdefault((series.indicator, above, series.price_base), []).append(series)
    table = ds.unit_table
    for (measured, above, _), parts in groups.items():
        if len(parts) < 2 or len({table.parse(part.unit).dimension for part in parts}) > 1:
            continue
        exhaustive = ds.exhaustive(above)
        wanted = [(total_indicator, total_activity)] if total_indicator else [(measured, above)]
        if not total_indicator and not ds.row("activities", above)["parent"]:
            wanted.append((measured, ""))
        unit = parts[0].unit
        found = [s for name, what in wanted for s in levels if (s.indicator, s.activity) == (name, what)]
        found = [s for s in found if table.parse(s.unit).dimension == table.parse(unit).dimension]
        kind = "other_indicator" if total_indicator not in (None, measured) else "printed"
        total = found[0] if found else None
        if total is None:
            kind = "sum" if exhaustive else ""
        yield Whole(region, measured, above, unit, tuple(parts), total, kind, exhaustive)


def by_period(series: Series | None, unit: str, table: units.UnitTable) -> dict[str, list[Point]]:
    """Points for whole years, in `unit`: a list for each period, actual values first."""
    found: dict[str, list[Point]] = {}
    scale = table.parse(series.unit).factor / table.parse(unit).factor if series else 1.0
    for point in series.points if series else ():
        if point.annual:
            scaled = point if scale == 1 else _scaled(point, scale)
            found.setdefault(point.period, []).append(scaled)
    return {period: sorted(points, key=lambda point: point.aimed) for period, points in found.items()}


def _scaled(point: Point, scale: float) -> Point:
    fields = {name: getattr(point, name) * scale for name in ("value", "lower", "upper")}
    return Point(**{**{name: getattr(point, name) for name in Point.__dataclass_fields__}, **fields})
