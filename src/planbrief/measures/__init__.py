"""What follows from the figures of a plan: growth, progress, structure, ranges, comparison, audit.

The four rooms of formulas (:mod:`~planbrief.measures.growth`, :mod:`~planbrief.measures.progress`,
:mod:`~planbrief.measures.structure`, :mod:`~planbrief.measures.ranges`) take numbers, arrays and pandas objects;
:mod:`~planbrief.measures.tables` applies them to a data set.
"""

from planbrief.measures import growth, progress, ranges, structure
from planbrief.measures.figures import Figure, figure
from planbrief.measures.registry import explain_undefined, reason
from planbrief.measures.tables import (
    contribution_table,
    growth_table,
    milestones,
    progress_table,
    rates_table,
    structure_table,
)

__all__ = [
    "Figure",
    "contribution_table",
    "explain_undefined",
    "figure",
    "growth",
    "growth_table",
    "milestones",
    "progress",
    "progress_table",
    "ranges",
    "rates_table",
    "reason",
    "structure",
    "structure_table",
]
