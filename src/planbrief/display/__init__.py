# ruff: noqa: F401 - the names below are for type checkers; __getattr__ offers them
"""How numbers look: sentences, tables, charts, in Chinese and English.

A notebook opens a page, writes to it and closes it::

    page = begin("profile", lang=lang, region=region)
    say(zh="年均增长{rate}。", en="That is {rate} a year.", rate=figure)
    show(from_frame(frame, columns, caption=("目标", "Targets")))
    finish()

Charts are imported from :mod:`planbrief.display.charts`, so that a page without charts does not load matplotlib.
Names are imported from their modules when they are first asked for: a build with nothing to do needs the messages only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planbrief.display.document import Cell, Column, Table
    from planbrief.display.language import message
    from planbrief.display.page import begin, finish, heading, open_page, show, wordings
    from planbrief.display.sentence import say, tell
    from planbrief.display.state import Page
    from planbrief.display.table import from_frame, from_records

_HOME_OF = {
    "Cell": "document",
    "Column": "document",
    "Page": "state",
    "Table": "document",
    "begin": "page",
    "finish": "page",
    "from_frame": "table",
    "from_records": "table",
    "heading": "page",
    "message": "language",
    "open_page": "page",
    "say": "sentence",
    "show": "page",
    "tell": "sentence",
    "wordings": "page",
}
__all__ = list(_HOME_OF)


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
