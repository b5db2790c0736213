"""Headlines about progress: what is farthest behind schedule, and farthest ahead, once there are actual values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from planbrief.measures.figures import Figure, figure, plain
from planbrief.measures.headlines.model import City, Headline
from planbrief.measures.labels import Label, label, measured, period
from planbrief.measures.progress_table import progress_table
from planbrief.targets.frames import records_of


def progress_behind(city: City) -> Iterator[Headline]:
    """The target that is farthest behind its schedule."""
    yield from _progress(city, "progress_behind", "behind")


def progress_ahead(city: City) -> Iterator[Headline]:
    """The target that is farthest ahead of its schedule."""
    yield from _progress(city, "progress_ahead", "ahead")


def _progress(city: City, rule: str, verdict: str) -> Iterator[Headline]:
    """The next target of every series that has an actual value after its base, judged on its default path."""
    table = progress_table(city.ds, city.region)
    rows: list[dict[str, Any]] = records_of(table)
    nearest: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["target_year"] > row["year"] or row["series"] not in nearest:
            known = nearest.get(row["series"])
            if known is None or known["target_year"] <= known["year"]:
                nearest[row["series"]] = row
    judged = [row for row in nearest.values() if row[f"verdict_{row['shape']}"]]
    found = [row for row in judged if row[f"verdict_{row['shape']}"] == verdict]
    if not found:
        return
    worst = max(found, key=lambda row: abs(row[f"gap_{row['shape']}_pp"]))
    key = f"{city.region}/{rule}"
    behind = tuple(obs for row in judged for obs in row["observations"][1:2])
    figures: dict[str, Figure | Label | str] = {
        "area": label(city.ds, "areas", worst["ref_area"]),
        "name": measured(city.ds, worst["indicator"], worst["activity"], worst["subject"]),
        "latest_period": period(worst["latest_period"]),
        "target_period": period(worst["target_period"]),
        "latest": _rekeyed(figure(worst, "value"), f"{key}/latest", str(worst["latest_period"])),
        "target": _rekeyed(figure(worst, "target"), f"{key}/target", str(worst["target_period"])),
        "completion": _rekeyed(figure(worst, "completion"), f"{key}/completion"),
        "elapsed": _rekeyed(figure(worst, "elapsed"), f"{key}/elapsed"),
        "gap": _gap(worst, f"{key}/gap"),
        "required": _required(worst, f"{key}/required"),
        "found": Figure(f"{key}/count", float(len(found)), "count", "项", behind),
        "measured": Figure(f"{key}/measured", float(len(judged)), "count", "项", behind),
    }
    yield Headline(rule, 0, city.region, figures)


def _rekeyed(made: Figure, key: str, year: str = "") -> Figure:
    return Figure(
        key, made.value, made.measure, made.unit, made.observations, made.formula, made.lower, made.upper,
        made.comparator, made.undefined, year or made.year,
    )  # fmt: skip


def _gap(row: dict[str, Any], key: str) -> Figure:
    """How far off the path, as a size; the sentence says in which direction."""
    gap = figure(row, f"gap_{row['shape']}_pp")
    return Figure(key, abs(gap.value), "points", "", gap.observations, year=gap.year)


def _required(row: dict[str, Any], key: str) -> Figure:
    """What is needed per year from the latest value on: a rate for levels, percentage points for shares."""
    if not math.isnan(row["required_rate"]):
        return _rekeyed(figure(row, "required_rate"), key)
    left = f"({plain(row['target'])} − {plain(row['value'])}) ÷ {plain(row['target_year'] - row['year'])}"
    measure = "points" if row["family"] == "share" else "level"
    return Figure(key, row["required_increment"], measure, row["unit"], tuple(row["observations"]), left)
