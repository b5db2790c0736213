"""The tree of areas, and which of them are cities with data of their own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

#: Levels of the places that a report can be about; provinces and countries are their context.
CITY_LEVELS = ("prefecture", "district", "county")


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
        """The highest prefecture, district or county that `area` is or lies in; empty if there is none."""
        cities = [place for place in self.ancestry(area) if self.level[place] in CITY_LEVELS]
        return cities[-1] if cities else ""

    def descendants(self, area: str) -> tuple[str, ...]:
        """`area` and everything inside it, in table order."""
        found = [area]
        for place in found:
            found.extend(child for child in self.children.get(place, ()) if child not in found)
        return tuple(found)


def cities_of_documents(places: Places, observations: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """For each document the city that most of its figures are about; documents about no city are left out.

    `observations` are pairs (source_id, ref_area). A place that a document only mentions (Xi'an in Zhaoqing's)
    is not a city of it.
    """
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for source, area in observations:
        if city := places.city_of(area):
            count[source][city] += 1
    order = {area: position for position, area in enumerate(places.level)}
    return {source: max(tally, key=lambda city: (tally[city], -order[city])) for source, tally in count.items()}


def cities(places: Places, observations: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The cities that have data, those that a document is about, in the order of the table of areas."""
    order = {area: position for position, area in enumerate(places.level)}
    return tuple(sorted(set(cities_of_documents(places, observations).values()), key=order.__getitem__))
