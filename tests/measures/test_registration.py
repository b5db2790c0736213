"""A measure is registered once: table, explanation, figure and vectors follow from it."""

from __future__ import annotations

import inspect
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from measures.audit.town import town
from targets.factory import observation

from planbrief.measures import explain_undefined, figure
from planbrief.measures.columns import COLUMNS, LEVEL_CHANGES, Column
from planbrief.measures.registry import MEASURES, measure, not_positive
from planbrief.measures.tables import growth_table

VECTORS = json.loads((Path(__file__).parent / "method_vectors.json").read_text(encoding="utf-8"))


def test_a_new_measure_needs_one_function_and_one_column(monkeypatch):
    """The table computes it, the figure has its formula and the words say where it is undefined."""
    monkeypatch.setitem(COLUMNS, "multiple", Column("multiple", "√({end} ÷ {start})", by=("made.root", "start", "end")))

    def root(start, end):
        with np.errstate(all="ignore"):
            return np.sqrt(np.where(np.asarray(start) > 0, np.divide(end, start), np.nan))

    root.__module__ = "planbrief.measures.made"
    monkeypatch.setitem(MEASURES, "made.root", None)
    measure(not_positive("start"))(root)
    rows = [
        observation(10, 100, indicator="output"),
        observation(20, 400, indicator="output", time_period="2026", kind="target"),
    ]
    (row,) = growth_table(town(rows), "testville").to_dict("records")
    made = figure(row, "multiple")
    assert (made.value, made.formula) == (2.0, "√(400 ÷ 100)")
    assert explain_undefined("made.root", lang="en", start=0, end=4) == "the starting level is not above zero"
    assert math.isnan(MEASURES["made.root"].function(0.0, 4.0))


def test_a_measure_stands_in_four_files_at_most(root):
    """A measure that no rule and no sentence asks for stands where it is registered, and in its worked cases."""
    files = [
        p for room in ("src", "notebooks") for p in (root / room).rglob("*") if p.suffix in (".py", ".ipynb", ".toml")
    ]
    held = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files}
    places = {
        name: {path for path, text in held.items() if re.search(rf"(?<![\w]){name}(?![\w])", text)}
        for name in ("log_growth", "doubling_time", "least_squares_growth", "accumulative_growth", "average_rate")
    }
    home = {"src/planbrief/measures/growth.py"}
    for name, paths in places.items():
        assert home <= paths, name
        # with its column and the words of that column in two languages; the vectors beside this test come on top
        assert len(paths) <= 4, f"{name}: {sorted(paths)}"
    words = {f"src/planbrief/display/messages/{lang}.toml" for lang in ("zh", "en")}
    assert places["log_growth"] <= home | words | {"src/planbrief/measures/columns.py"}
    assert "log_growth" in LEVEL_CHANGES


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_columns_name_registered_measures(name):
    """A column that a measure fills names one that is registered, with as many columns as it has arguments."""
    formula, *arguments = COLUMNS[name].by or ("",)
    if formula:
        assert len(arguments) == len(inspect.signature(MEASURES[formula].function).parameters)


def test_every_measure_has_a_worked_case():
    """Whatever is registered stands in the vectors by its registered name."""
    assert set(MEASURES) - {vector["function"] for vector in VECTORS} <= {"structure.share"}
