"""Facts of a document: observations that print the same thing in several places are one."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from planbrief.targets.frames import records_of

if TYPE_CHECKING:
    import pandas as pd

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
