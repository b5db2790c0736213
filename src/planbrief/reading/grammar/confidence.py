"""How far a proposed row can be trusted, from the doubts that the rules noted.

Each doubt costs what it was worth on labelled reports: the share of rows with it that had a wrong cell.
"""

from __future__ import annotations

from planbrief.reading.proposals import Proposal

#: Rows at or above are called sure: a person may skip them.
SURE = 0.8
_START = 0.97
_COSTS = {
    "absolute_gap": 0.1,
    "bare_percent": 0.15,
    "carried_far": 0.25,
    "carried": 0.02,
    "flow_carried": 0.08,
    "forecast": 0.1,
    "fraction": 0.4,
    "from_value": 0.15,
    "list_unpaired": 0.3,
    "limit": 0.05,
    "long_name": 0.22,
    "multiple": 0.2,
    "no_name": 0.6,
    "no_period": 0.15,
    "no_time": 0.25,
    "no_unit": 0.3,
    "no_verb": 0.2,
    "percent_gap": 0.2,
    "place": 0.05,
    "places": 0.2,
    "promised": 0.1,
    "ratio": 0.25,
    "resource": 0.1,
    "scheme": 0.1,
    "short_name": 0.2,
    "size": 0.25,
    "stretch_flow": 0.05,
    "stretch_growth": 0.1,
    "stretch_level": 0.05,
    "undated": 0.2,
    "undated_future": 0.25,
    "undated_plan": 0.25,
    "undated_resource": 0.2,
    "verb_in_name": 0.2,
    "verb_noun": 0.25,
}


def rate(row: Proposal) -> Proposal:
    """The row with its confidence and whether it is sure."""
    if row.role == "observation":
        row.confidence = max(0.05, _START - sum(_COSTS.get(doubt, 0.15) for doubt in set(row.doubts)))
    row.sure = row.confidence >= SURE
    return row
