"""What a headline is, and what its rules look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planbrief.measures.audit import Audit
from planbrief.measures.figures import Figure
from planbrief.measures.labels import Label, label, measured
from planbrief.measures.series import Point, Series, published_year

if TYPE_CHECKING:
    from planbrief.targets import Dataset


@dataclass(frozen=True)
class Headline:
    """One fact that deserves a sentence: ``figures`` holds everything the sentence names, ``rank`` starts at 1."""

    rule: str
    rank: int
    region: str
    figures: Mapping[str, Figure | Label | str] = field(hash=False)


@dataclass(frozen=True)
class City:
    """What the rules look at."""

    ds: Dataset
    region: str
    series: tuple[Series, ...]
    audit: Audit

    def base(self, series: Series) -> Point | None:
        """The value that a series' targets start from."""
        return series.base(published_year(self.ds, {s for p in series.points if p.aimed for s in p.sources}))

    def named(self, series: Series) -> dict[str, Figure | Label | str]:
        """Place and thing of a series."""
        return {
            "area": label(self.ds, "areas", series.ref_area),
            "name": measured(self.ds, series.indicator, series.activity, series.subject),
        }


Rule = Callable[[City], Iterator[Headline]]
