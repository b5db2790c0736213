"""Insights: what follows from printed figures, is printed nowhere, and deserves to be told first.

Every rule is general: it looks for quantities of a kind, says nothing where there are none, and knows no place,
industry or year. Weights make insights of all kinds comparable: share of the economy or people affected × distance
from what has been achieved × certainty (see :meth:`planbrief.measures.insights.model.Area.weight`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planbrief.measures.columns import remembered
from planbrief.measures.insights.model import Area, Insight, Rule, area_of
from planbrief.measures.insights.pace import (
    average_aims,
    cliffs,
    declines,
    lower_aims,
    province_beside,
    rate_targets,
    sector_pace,
    waypoints,
)
from planbrief.measures.insights.product import implied_industry, implied_product, people, two_products
from planbrief.measures.insights.structure import (
    carriers,
    ratios,
    remainders,
    rest_of_share,
    share_goals,
    shares_of_around,
)

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = ["RULES", "Area", "Insight", "insights"]

#: All rules; their order decides nothing, their weights do.
RULES: tuple[Rule, ...] = (
    *(implied_product, implied_industry, two_products, people),
    *(sector_pace, cliffs, waypoints, rate_targets, average_aims, lower_aims, declines, province_beside),
    *(remainders, carriers, rest_of_share, ratios, share_goals, shares_of_around),
)
#: What a further insight about a topic that has been told weighs of its own weight.
AGAIN = 0.6


@remembered
def insights(ds: Dataset, region: str) -> tuple[Insight, ...]:
    """What follows from the figures of a place, weightiest first.

    Parameters
    ----------
    ds : Dataset
        Any data set.
    region : str
        A place with data.

    Returns
    -------
    tuple of Insight
        Each key once. A second insight about one topic counts less, so that the first few are about different things.
        Empty where nothing follows.

    Raises
    ------
    planbrief.errors.UnknownName
        For an unknown place.
    """
    area = area_of(ds, region)
    left = {insight.key: insight for rule in RULES for insight in rule(area)}
    told: list[Insight] = []
    while left:
        best = max(left.values(), key=lambda insight: (insight.weight, insight.key))
        del left[best.key]
        told.append(best)
        left = {
            key: replace(one, weight=AGAIN * one.weight) if one.topic == best.topic else one
            for key, one in left.items()
        }
    return tuple(told)
