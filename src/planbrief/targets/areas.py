"""The tree of areas: levels, what lies in what, which areas documents are about, and who is whose peer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

#: Levels of cities, and of the areas above them, which are the cities' context and have reports of their own.
CITY_LEVELS = ("prefecture", "district", "county")
UPPER_LEVELS = ("country", "province")


class Places:
    """The tree of areas: parents, descendants, and the city that a place belongs to."""

    def __init__(self, areas: Iterable[tuple[str, ...]]) -> None:
        """From triples (ref_area, level, parent) in table order."""
        self.level: dict[str, str] = {}
        self.parent: dict[str, str] = {}
        self.children: dict[str, list[str]] = defaultdict(list)
        for area, level, parent in areas:
            self.level[area] = level
            self.parent[area] = parent
            self.children[parent].append(area)

    def ancestry(self, area: str) -> tuple[str, ...]:
        """`area` and what it lies in, innermost first (a circle of parents ends where it closes)."""
        line: list[str] = []
        while area in self.level and area not in line:
            line.append(area)
            area = self.parent[area]
        return tuple(line)

    def city_of(self, area: str) -> str:
        """The highest prefecture, district or county of `area`; outside of these its province or country.

        Empty for a place that lies in none of them.
        """
        line = self.ancestry(area)
        cities = [place for place in line if self.level[place] in CITY_LEVELS]
        upper = [place for place in line if self.level[place] in UPPER_LEVELS]
        return (cities[-1:] or upper[:1] or [""])[0]

    def descendants(self, area: str) -> tuple[str, ...]:
        """`area` and everything inside it, in table order."""
        return self._below(area, ())

    def inside(self, area: str) -> tuple[str, ...]:
        """`area` and the places that a report about it speaks for: a city's parts, not a province's cities."""
        return self._below(area, (*CITY_LEVELS, *UPPER_LEVELS) if self.level.get(area) in UPPER_LEVELS else ())

    def _below(self, area: str, without: tuple[str, ...]) -> tuple[str, ...]:
        found = [area]
        for place in found:
            below = (child for child in self.children.get(place, ()) if self.level[child] not in without)
            found.extend(child for child in below if child not in found)
        return tuple(found)

    def context(self, area: str) -> tuple[str, ...]:
        """The provinces and countries that `area` lies in, innermost first: set beside it, never among its peers."""
        return tuple(place for place in self.ancestry(area)[1:] if self.level[place] in UPPER_LEVELS)

    def peers(self, areas: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Areas that can be set side by side, and those among them that are the context of another.

        Where `areas` holds cities, provinces and countries are context; else only what another area lies in is.
        """
        asked = tuple(dict.fromkeys(areas))
        cities = any(self.level.get(area) not in UPPER_LEVELS for area in asked)
        above = {upper for area in asked for upper in self.context(area)}
        context = tuple(area for area in asked if area in above or (cities and self.level.get(area) in UPPER_LEVELS))
        return tuple(area for area in asked if area not in context), context


def areas_of_documents(places: Places, observations: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """For each document the city, province or country that most of its figures are about; of several the first.

    `observations` are pairs (source_id, ref_area). A place that a document only mentions (Xi'an in Zhaoqing's)
    is not what it is about.
    """
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for source, area in observations:
        if city := places.city_of(area):
            count[source][city] += 1
    order = {area: position for position, area in enumerate(places.level)}
    return {source: max(tally, key=lambda city: (tally[city], -order[city])) for source, tally in count.items()}


def regions(places: Places, observations: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The areas that a document is about, in the order of the table of areas, cities before what they lie in."""
    order = {area: position for position, area in enumerate(places.level)}
    found = set(areas_of_documents(places, observations).values())
    return tuple(sorted(found, key=lambda area: (places.level[area] in UPPER_LEVELS, order[area])))
