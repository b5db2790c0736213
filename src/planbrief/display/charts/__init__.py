"""Charts: one module per kind of question, one style for all, drawn from packaged fonts.

Each function takes figures and returns a :class:`~planbrief.display.document.Chart`: the drawing, its caption, an
alternative text and the table of its data. The language is that of the current page unless ``lang`` is given.
"""

from planbrief.display.charts.canvas import overlaps
from planbrief.display.charts.milestones import milestone_lines, milestone_path
from planbrief.display.charts.rows import Panel, ranked_dots
from planbrief.display.charts.structure import contribution_steps, structure_change
from planbrief.display.document import Chart

__all__ = [
    "Chart",
    "Panel",
    "contribution_steps",
    "milestone_lines",
    "milestone_path",
    "overlaps",
    "ranked_dots",
    "structure_change",
]
