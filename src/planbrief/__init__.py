"""planbrief: checked tables, growth rates, comparisons and briefs from Chinese development plans.

Rooms, in the order in which a number travels: :mod:`planbrief.targets` (what plans say), :mod:`planbrief.reading`
(from a document to drafts), :mod:`planbrief.measures` (what follows), :mod:`planbrief.display` (how it looks),
:mod:`planbrief.checks` (does it hold), :mod:`planbrief.render` (HTML, PDF), :mod:`planbrief.run` (notebooks,
processes), :mod:`planbrief.publish` (editions), :mod:`planbrief.deliver` (people), :mod:`planbrief.export` (others'
formats) and :mod:`planbrief.commands`. A room imports only rooms to its left.

Analysts write ``import planbrief as pb``: :func:`load` gives the data as tidy frames
(:class:`~planbrief.api.data.Data`), :func:`page` opens a page with its data and wordings and closes it by itself
(:class:`~planbrief.api.report.Report`); :func:`begin`, :func:`show`, :func:`say` and :func:`finish` are the same
step by step. :func:`build` makes an edition from another program. :func:`drafts` gives a document that was read as a
frame, :func:`save_drafts` puts decisions back.
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planbrief.api.data import Data, load
    from planbrief.api.report import Report, page
    from planbrief.commands.editions import build
    from planbrief.display import begin, finish, heading, say, show, tell
    from planbrief.errors import PlanbriefError, UnknownName
    from planbrief.measures.figures import Figure
    from planbrief.reading.drafts import drafts, save_drafts

#: A literal, because asking importlib.metadata for it costs more than the rest of start-up.
__version__ = "0.1.0"
__all__ = [
    "Data",
    "Figure",
    "PlanbriefError",
    "Report",
    "UnknownName",
    "__version__",
    "begin",
    "build",
    "drafts",
    "finish",
    "heading",
    "load",
    "page",
    "save_drafts",
    "say",
    "show",
    "tell",
]

_HOME_OF = {
    "Data": "planbrief.api.data",
    "Figure": "planbrief.measures.figures",
    "PlanbriefError": "planbrief.errors",
    "Report": "planbrief.api.report",
    "UnknownName": "planbrief.errors",
    "begin": "planbrief.display",
    "build": "planbrief.commands.editions",
    "drafts": "planbrief.reading.drafts",
    "finish": "planbrief.display",
    "heading": "planbrief.display",
    "load": "planbrief.api.data",
    "page": "planbrief.api.report",
    "save_drafts": "planbrief.reading.drafts",
    "say": "planbrief.display",
    "show": "planbrief.display",
    "tell": "planbrief.display",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: the command line needs none of them."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


if "IPython" in sys.modules:
    # In a notebook: plain plots come out as drawings with Chinese faces, also where another tool than ours runs it.
    from planbrief.display.plots import prepare

    prepare()
