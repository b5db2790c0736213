"""Insights as a page tells them: the weightiest first, with their lists of years, assumptions and arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planbrief.display.document import Cell, Column, Table
from planbrief.display.language import LANGS, has_message, message, messages, pick
from planbrief.display.sentence import Listed
from planbrief.display.views.facts import both
from planbrief.display.views.growth import unit_label
from planbrief.measures.headlines import Headline
from planbrief.measures.insights import Insight, insights
from planbrief.targets.names import Label, label, listing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planbrief.targets import Dataset


def story(ds: Dataset, region: str, limit: int | None = None, *, least: float = 0.0) -> tuple[Insight, ...]:
    """The insights of a place that a page tells, weightiest first, ready for ``tell()``.

    At most `limit`, and none that weighs less than `least`.
    """
    found = [worded(insight) for insight in insights(ds, region) if insight.weight >= least]
    return tuple(found if limit is None else found[:limit])


def stories(ds: Dataset, regions: Iterable[str], limit: int, *, least: float = 0.0) -> tuple[Insight, ...]:
    """The weightiest insights of several places, as :func:`story`; of equal weight, in the order of the places."""
    found = [insight for region in dict.fromkeys(regions) for insight in story(ds, region, least=least)]
    return tuple(sorted(found, key=lambda insight: -insight.weight)[:limit])


def worded(insight: Insight) -> Insight:
    """An insight whose ``steps`` stand among its figures as a list of years."""
    key = f"insights.step.{insight.rule}"
    if not insight.steps or not has_message(key, "zh"):
        return insight
    listed = Listed((messages("zh")[key], messages("en")[key]), insight.steps)
    return replace(insight, figures={**insight.figures, "steps": listed})  # type: ignore[dict-item]


def assumptions(found: Iterable[Insight]) -> list[Headline]:
    """What is assumed for some insights, each assumption once, as one headline; none where nothing is."""
    told = list(found)
    keys = dict.fromkeys(key for insight in told for key in insight.assumptions)
    names = [Label(*(message(f"insights.assumed.{key}", lang) for lang in LANGS)) for key in keys]
    return [Headline("assumed", 0, told[0].region, {"what": listing(names)})] if names else []


#: Years that fit beside each other.
MOST_YEARS = 6


def derived_table(ds: Dataset, region: str) -> Table | None:
    """What the targets imply, quantity by quantity and year by year; None where less than two years follow.

    Growth is the average a year since the column before, and what was achieved in the column of the base year.
    """
    found = [row for insight in insights(ds, region) for row in insight.rows]
    years = sorted({year for row in found for year in row.values})[:MOST_YEARS]
    if len(years) < 2:
        return None
    order = list(messages("zh"))
    kinds = ["level", "rate", "share"]
    firsts = {id(row): next(iter(row.values.values())) for row in found}
    found.sort(key=lambda row: order.index(f"insights.row.{row.name}"))
    units = list(dict.fromkeys(firsts[id(row)].unit for row in found))
    found.sort(key=lambda row: (kinds.index(firsts[id(row)].measure), units.index(firsts[id(row)].unit)))
    lines: list[tuple[Cell, ...]] = []
    groups: dict[int, Label] = {}
    for row in found:
        first = firsts[id(row)]
        group = unit_label(first.unit) if first.measure == "level" else Label(*both(f"group.derived_{first.measure}"))
        if group not in groups.values():
            groups[len(lines)] = group
        words = [message(f"insights.row.{row.name}", lang, of=pick(row.about, lang)) for lang in LANGS]
        cells = (Cell(row.values[year]) if year in row.values else Cell("") for year in years)
        lines.append((Cell(Label(words[0], words[1]), head=True), *cells))
    columns = (
        Column("what", both("head.what"), head=True, width=4),
        *(Column(f"{year:.0f}", f"{year:.0f}", "bare", align="right", width=1.1) for year in years),
    )
    caption = both("caption.derived", place=label(ds, "areas", region))
    return Table(columns, tuple(lines), caption, notes=(both("note.derived"),), groups=groups)
