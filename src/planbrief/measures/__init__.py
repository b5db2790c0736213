"""What follows from the figures of a plan: growth, progress, structure, ranges, comparison, audit.

The four rooms of formulas (:mod:`~planbrief.measures.growth`, :mod:`~planbrief.measures.progress`,
:mod:`~planbrief.measures.structure`, :mod:`~planbrief.measures.ranges`) take numbers, arrays and pandas objects;
:mod:`~planbrief.measures.tables` applies them to a data set.
"""

from planbrief.measures import growth, progress, ranges, structure
from planbrief.measures.figures import Figure, figure
from planbrief.measures.undefined import explain_undefined, reason

__all__ = ["Figure", "explain_undefined", "figure", "growth", "progress", "ranges", "reason", "structure"]
