"""A failing cell is named as JupyterLab counts it in the author's own file, with the line that failed."""

import nbformat
import pytest
from nbformat import v4

from planbrief.run.engine.events import CellFailed, excerpt
from planbrief.run.engine.execution import execute, execute_stock, parameterize


def notebook(source: str) -> nbformat.NotebookNode:
    defaults = v4.new_code_cell("region = 'a'", metadata={"tags": ["parameters"]})
    return v4.new_notebook(cells=[defaults, v4.new_markdown_cell("text"), v4.new_code_cell(source)])


@pytest.mark.parametrize("engine", [execute, execute_stock])
def test_the_injected_cell_does_not_count(engine, tmp_path):
    source = "\n".join([*(f"x{n} = {n}" for n in range(30)), "1 / 0", *["y = 1"] * 9])
    with pytest.raises(CellFailed) as caught:
        engine(parameterize(notebook(source), {"region": "b"}), cwd=tmp_path, name="own")
    shown = str(caught.value)
    assert shown.startswith("own, cell 3: ZeroDivisionError")
    assert "x0 = 0" not in shown
    assert all(words in shown for words in ("24 lines before", "x29 = 29", "→ 1 / 0", "8 more lines"))


def test_a_short_cell_is_shown_whole():
    assert excerpt("x = 1\n\nint('q')", 3) == "  x = 1\n  \n→ int('q')"
    assert excerpt("\n\nx = 1") == "x = 1"
