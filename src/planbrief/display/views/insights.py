"""Insights as a page tells them: the weightiest first, with their lists of years, assumptions and arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planbrief.display.language import has_message, message, messages
from planbrief.display.sentence import Listed
from planbrief.measures.insights import Insight, insights
from planbrief.measures.labels import Label

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


def assumptions(found: Iterable[Insight]) -> tuple[Label, ...]:
    """What is assumed for some insights, each assumption once."""
    keys = dict.fromkeys(key for insight in found for key in insight.assumptions)
    return tuple(Label(*(message(f"insights.assumed.{key}", lang) for lang in ("zh", "en"))) for key in keys)
