"""Things worth doing once in a process before others are forked from it: they fill caches that a fork inherits."""

from __future__ import annotations


def validators() -> None:
    """Compile the notebook format's validators; otherwise every first output of a process costs 20 ms."""
    import nbformat
    from nbformat import v4

    outputs = [
        v4.new_output("stream", text="x"),
        v4.new_output("display_data", data={"text/plain": "x"}),
        v4.new_output("execute_result", data={"text/plain": "x"}, execution_count=1),
        v4.new_output("error", ename="E", evalue="e", traceback=[]),
    ]
    cells = [v4.new_code_cell("1", outputs=outputs), v4.new_markdown_cell("x"), v4.new_raw_cell("x")]
    notebook = v4.new_notebook(cells=cells)
    nbformat.validate(notebook)
    nbformat.reads(nbformat.writes(notebook), as_version=4)


def figure() -> None:
    """Draw a figure that nobody sees: it finds fonts and compiles matplotlib's tick and path machinery's caches.

    It is drawn without pyplot, whose registry of figures and backend stay untouched.
    """
    import io

    from matplotlib.figure import Figure

    drawn = Figure(figsize=(2, 2))
    axes = drawn.subplots()
    axes.plot([1, 2, 3], label="x")
    axes.legend()
    axes.set_title("x")
    for kind in ("png", "svg"):
        drawn.savefig(io.BytesIO(), format=kind)
