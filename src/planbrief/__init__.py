"""planbrief: checked tables, growth rates, comparisons and briefs from Chinese development plans.

Four rooms, in the order in which a number travels: :mod:`planbrief.targets` (what plans say),
:mod:`planbrief.measures` (what follows), :mod:`planbrief.display` (how it looks) and
:mod:`planbrief.reports` (run, render, publish). A room imports only rooms to its left.
"""

#: A literal, because asking importlib.metadata for it costs more than the rest of start-up.
__version__ = "0.1.0"
