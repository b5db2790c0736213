"""planbrief: checked tables, growth rates, comparisons and briefs from Chinese development plans.

Rooms, in the order in which a number travels: :mod:`planbrief.targets` (what plans say), :mod:`planbrief.reading`
(from a document to drafts), :mod:`planbrief.measures` (what follows), :mod:`planbrief.display` (how it looks),
:mod:`planbrief.checks` (does it hold), :mod:`planbrief.render` (HTML, PDF), :mod:`planbrief.run` (notebooks,
processes), :mod:`planbrief.publish` (editions), :mod:`planbrief.deliver` (people), :mod:`planbrief.export` (others'
formats) and :mod:`planbrief.commands`. A room imports only rooms to its left.
"""

import sys

#: A literal, because asking importlib.metadata for it costs more than the rest of start-up.
__version__ = "0.1.0"

if "IPython" in sys.modules:
    # In a notebook: plain plots come out as drawings with Chinese faces, also where another tool than ours runs it.
    from planbrief.display.plots import prepare

    prepare()
