"""Which findings deserve a sentence: rules over any city, ranked; a city with little data gets few.

Every headline carries the figures and names that its sentence is filled with; the sentence itself stands in the
notebook, in both languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from planbrief.measures.audit import Audit, audit
from planbrief.measures.compare import side_by_side
from planbrief.measures.figures import Figure
from planbrief.measures.headlines.rules import (
    City,
    Headline,
    Rule,
    achieved_growth,
    biggest_multiple,
    commitment,
    growth_beside,
    inconsistencies,
    largest_share_change,
    missing_actuals,
    no_dated_targets,
    progress_ahead,
    progress_behind,
    steepest_branch,
    steepest_growth,
    structure_shift,
    undated_goals,
)
from planbrief.measures.series import series_of

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = ["RULES", "City", "Headline", "headlines"]


def headlines(ds: Dataset, regions: Iterable[str], audits: Mapping[str, Audit] | None = None) -> tuple[Headline, ...]:
    """Facts that deserve a sentence, most important first.

    Parameters
    ----------
    ds : Dataset
        Any data set.
    regions : iterable of str
        Cities; with several, what can be compared between them is a headline too.
    audits : mapping, optional
        Audits by region that were made already.

    Returns
    -------
    tuple of Headline
        Ordered by rule, then by the order of the regions. Rules that find nothing say nothing.
    """
    asked = tuple(dict.fromkeys(regions))
    ranked: list[Headline] = []
    cities = [City(ds, r, series_of(ds, r), (audits or {}).get(r) or audit(ds, r)) for r in asked]
    for rule in RULES:
        for city in cities:
            ranked.extend(rule(city))
    ranked.extend(_comparisons(ds, asked))
    return tuple(replace(headline, rank=rank) for rank, headline in enumerate(ranked, start=1))


#: The rules in order of importance.
RULES: tuple[Rule, ...] = (
    progress_behind,
    progress_ahead,
    steepest_growth,
    biggest_multiple,
    growth_beside,
    largest_share_change,
    structure_shift,
    steepest_branch,
    inconsistencies,
    missing_actuals,
    achieved_growth,
    commitment,
    undated_goals,
    no_dated_targets,
)


def _comparisons(ds: Dataset, regions: tuple[str, ...]) -> Iterator[Headline]:
    """How many of the closest pairs between cities may be compared, said once."""
    if len(regions) < 2:
        return
    pairs = side_by_side(ds, regions).pairs
    best = pairs[pairs["best"].astype(bool)]
    allowed = best[best["status"] != "not_comparable"]
    observations = tuple(dict.fromkeys([*best["a"], *best["b"]]))
    rule = "nothing_to_compare" if allowed.empty else "some_comparable"
    yield Headline(
        rule,
        0,
        "",
        {
            "pairs": Figure("comparison/pairs", float(len(best)), "count", "对", observations),
            "comparable": Figure("comparison/comparable", float(len(allowed)), "count", "对", tuple(allowed["a"])),
            "cities": Figure("comparison/cities", float(len(regions)), "count", "个"),
        },
    )
