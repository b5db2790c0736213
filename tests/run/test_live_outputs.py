"""What only a browser with a kernel can show is refused by name: notebook, cell, what to do instead."""

from __future__ import annotations

import nbformat
import pytest

from planbrief.run.produce import LIVE, LiveOutput, refuse_live


def shown(mime: str, *tags: str) -> nbformat.NotebookNode:
    """A notebook whose second cell shows something of this kind."""
    value: object = "<svg/>" if mime.startswith("image/") else {}
    output = nbformat.v4.new_output("display_data", {mime: value, "text/plain": "IntSlider(value=0)"})
    cell = nbformat.v4.new_code_cell("slider", outputs=[output], metadata={"tags": list(tags)})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("x"), cell])


@pytest.mark.parametrize("mime", LIVE)
def test_a_live_output_is_refused_by_notebook_and_cell(mime):
    """One sentence with the place, what it is, and what to do."""
    with pytest.raises(LiveOutput, match=r"notebooks/own\.ipynb, cell 2: a (plotly|bokeh|holoviews|widget)") as told:
        refuse_live(shown(mime), "notebooks/own.ipynb")
    assert "remove-output" in str(told.value)
    assert "; " in str(told.value)


@pytest.mark.parametrize("tag", ["remove-output", "remove-cell", "hide-output"])
def test_what_the_page_leaves_out_is_not_refused(tag):
    """The slider stays for JupyterLab."""
    refuse_live(shown("application/vnd.jupyter.widget-view+json", tag), "notebooks/own.ipynb")


def test_pictures_and_tables_pass():
    """Static outputs are none of it."""
    refuse_live(shown("image/svg+xml"), "notebooks/own.ipynb")
