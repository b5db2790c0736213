"""How numbers look: sentences, tables, charts, in Chinese and English.

A notebook opens a page, writes to it and closes it::

    page = begin("profile", lang=lang, region=region)
    say(zh="年均增长{rate}。", en="That is {rate} a year.", rate=figure)
    show(from_frame(frame, columns, caption=("目标", "Targets")))
    finish()

Charts are imported from :mod:`planbrief.display.charts`, so that a page without charts does not load matplotlib.
"""

from planbrief.display.language import message
from planbrief.display.page import begin, finish, heading, open_page, show
from planbrief.display.sentence import say, tell
from planbrief.display.state import Page
from planbrief.display.table import Cell, Column, Table
from planbrief.display.table_build import from_frame, from_records

__all__ = [
    "Cell",
    "Column",
    "Page",
    "Table",
    "begin",
    "finish",
    "from_frame",
    "from_records",
    "heading",
    "message",
    "open_page",
    "say",
    "show",
    "tell",
]
