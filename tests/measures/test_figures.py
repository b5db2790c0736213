"""Figures made from rows of tables of measures."""

from __future__ import annotations

import numpy as np
from IPython.lib.pretty import pretty

from planbrief.measures.figures import Figure, figure


def test_growth_from_a_lower_bound_is_at_most_that():
    """From more than 10 to 14 in five years: 7.0 % a year would be needed from 10, less from anything above it."""
    row = {
        "series": "s", "start": 10.0, "end": 14.0, "start_comparator": "gt", "end_comparator": "eq", "cagr": 0.0696,
        "multiple": 1.4, "years": 5.0, "start_year": 2025.0, "end_year": 2030.0, "observations": ("a", "b"),
        "cagr_lower": -1.0, "cagr_upper": 0.0696,
    }  # fmt: skip
    assert figure(row, "cagr").comparator == figure(row, "multiple").comparator == "le"
    assert figure({**row, "start_comparator": "eq"}, "cagr").comparator == "eq"


def test_a_figure_rounds_to_a_number_and_has_a_size():
    """``round`` gives the plain number as ``float`` does; ``abs`` keeps unit and sources."""
    change = Figure("c", -12.345, "level", "亿元", ("a",))
    assert round(change, 1) == -12.3
    assert round(change) == -12
    assert (abs(change).value, abs(change).unit, abs(change).observations) == (12.345, "亿元", ("a",))


def test_figures_in_a_tuple_are_told_as_numbers():
    """What a cell shows is the number and how it came about, not the fields that hold it."""
    start = Figure("a", 480.0, "level", "亿元", ("one",))
    assert pretty((start, Figure("b", 750.0, "level", "亿元", ("two",)) - start)) == (
        "(Figure(480亿元), Figure(270亿元 = 750亿元 − 480亿元))"
    )


def test_figures_are_numbers_where_numbers_are_wanted():
    """numpy's means and integers, a reciprocal, a place in a table; a format without digits keeps the unit."""
    figures = [Figure("a", 480.0, "level", "亿元", ("one",)), Figure("b", 750.0, "level", "亿元", ("two",))]
    mean = np.mean(figures)
    assert (mean.value, mean.unit, mean.observations) == (615.0, "亿元", ("one", "two"))
    assert (1 / (figures[1] / figures[0])).value == 0.64
    assert int(figures[0]) == 480
    assert f"{figures[0]:>8}|{figures[0]:,.1f}" == "   480亿元|480.0"
