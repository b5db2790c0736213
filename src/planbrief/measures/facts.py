"""Facts of documents: what is printed in several places is one; what each area's documents speak of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from planbrief.targets.frames import records_of

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


#: What makes two observations one fact: printed in two places, they become one row with both.
FACT = (
    *("ref_area", "indicator", "activity", "subject", "counterpart_area", "time_period", "kind", "transformation"),
    *("obs_value", "upper_value", "comparator", "unit_measure", "price_base", "obs_status"),
)


def merged_facts(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Observations as facts in document order, each with the ids of all observations that print it.

    Equal numbers in one place of a document are not one fact said twice: 二个千亿级、二个五百亿级 are two pairs of
    clusters. The second of a place is joined with the second of another.
    """
    facts: dict[tuple[Any, ...], dict[str, Any]] = {}
    seen: Counter[tuple[Any, ...]] = Counter()
    records: list[dict[str, Any]] = records_of(rows.reset_index())
    for row in records:
        fact = tuple("" if isinstance(row[n], float) and math.isnan(row[n]) else row[n] for n in FACT)
        place = (*fact, row["source_id"], row["locator"])
        key = (*fact, seen[place])
        seen[place] += 1
        if key not in facts:
            facts[key] = {**row, "observations": ()}
        facts[key]["observations"] += (row["obs_id"],)
    return list(facts.values())


#: What a cell of the coverage can hold; ``other`` stands for resources, commitments, counts and forecasts.
STATES = ("both", "actual", "target", "other", "none")
AIMED = ("target", "constraint")
COLUMNS = ("theme", "indicator", "city", "state", "actuals", "targets", "observations")


def coverage(ds: Dataset, cities: Iterable[str] | None = None) -> pd.DataFrame:
    """City × theme × indicator with what is stated.

    Parameters
    ----------
    ds : Dataset
        Any data set.
    cities : iterable of str, optional
        Cities with data by default; places inside a city count for it.

    Returns
    -------
    pandas.DataFrame
        One row for each city and each indicator that any of the cities states, in the order of the table of
        indicators: ``theme``, ``indicator``, ``city``, ``state`` (see ``STATES``), numbers of actual values and
        targets, ids of the ``observations``. Cells without a number (dashes, references) do not count.
    """
    import pandas as pd

    asked = ds.cities() if cities is None else tuple(dict.fromkeys(cities))
    published = {source: float(date[:4]) for source, date in ds.sources["date_published"].items() if date[:4].isdigit()}
    stated = {city: _stated(ds.of_city(city), published) for city in asked}
    themes = ds.indicators["theme"]
    named = [name for name in themes.index if any(name in indicators for indicators in stated.values())]
    rows = []
    for indicator in named:
        for city in asked:
            kinds = stated[city].get(indicator, [])
            actuals = sum(kind == "actual" for kind, _ in kinds)
            targets = sum(kind in AIMED for kind, _ in kinds)
            ids = tuple(obs_id for _, obs_id in kinds)
            rows.append(
                (themes[indicator], indicator, city, _state(actuals, targets, len(kinds)), actuals, targets, ids)
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def coverage_matrix(ds: Dataset, cities: Iterable[str] | None = None) -> pd.DataFrame:
    """The coverage as a table of states: (theme, indicator) by city."""
    cells = coverage(ds, cities)
    order = cells[["theme", "indicator"]].drop_duplicates()
    wide = cells.pivot(index=["theme", "indicator"], columns="city", values="state")
    wide = wide.reindex(list(order.itertuples(index=False, name=None)))[list(dict.fromkeys(cells["city"]))]
    wide.columns.name = None
    return wide


def _stated(rows: pd.DataFrame, published: dict[object, float]) -> dict[str, list[tuple[str, str]]]:
    """Kinds and ids by indicator; an estimate of a year already begun is as good as an actual value."""
    rows = rows[rows["obs_value"].notna()]
    kinds: dict[str, list[tuple[str, str]]] = {}
    columns = (rows["indicator"], rows["kind"], rows["year"], rows["source_id"])
    for obs_id, indicator, kind, year, source in zip(rows.index, *columns, strict=True):
        past = kind == "estimate" and year <= published.get(source, 0.0)
        kinds.setdefault(indicator, []).append(("actual" if past else kind, obs_id))
    return kinds


def _state(actuals: int, targets: int, stated: int) -> str:
    if actuals and targets:
        return "both"
    if actuals:
        return "actual"
    if targets:
        return "target"
    return "other" if stated else "none"
