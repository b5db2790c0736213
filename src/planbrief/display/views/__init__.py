"""Tables that several notebooks show: facts by theme, milestones, growth, side by side."""

from planbrief.display.views.facts import fact_figure, facts_table, theme_facts
from planbrief.display.views.growth import milestone_table

__all__ = ["fact_figure", "facts_table", "milestone_table", "theme_facts"]
