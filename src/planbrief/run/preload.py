"""What every report needs, imported and used once by the warm parent from which reports are forked."""

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


def warm() -> None:
    """Import the heavy libraries and do once what a process does at its first page; compile nothing.

    Modules are imported, messages and locales read, templates parsed, empty tables and a throw-away chart made. No file
    stays open: all reports would share its position. Typst is left alone: it starts threads, for which a forked
    process would wait in vain.
    """
    import importlib
    import pkgutil
    from decimal import Decimal

    import typst  # noqa: F401
    from nbformat.v4 import new_markdown_cell, new_notebook

    import planbrief.display
    import planbrief.measures
    import planbrief.render.html.exporter
    import planbrief.render.pdf.exporter
    import planbrief.targets
    from planbrief.display.charts.canvas import drawing
    from planbrief.display.language import LANGS, messages
    from planbrief.display.quantities import date_text, decimal_text
    from planbrief.measures.columns import CONTRIBUTION, GROWTH, MILESTONES, PROGRESS, RATES, STRUCTURE, frame
    from planbrief.render.pdf.exporter import notebook_source

    for room in (planbrief.targets, planbrief.measures, planbrief.display):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    for columns in (MILESTONES, GROWTH, RATES, STRUCTURE, PROGRESS, CONTRIBUTION):
        frame([], columns)
    with drawing("warm", 40, 30) as canvas:
        canvas.axes(10, 10, 25, 15).plot([1, 2], [1, 2])
        canvas.text(1, 1, "规划 Plan 0")
        canvas.svg()
    for lang in LANGS:
        messages(lang)
        decimal_text(Decimal("1234.5"), lang)
        date_text("2024-06-25", lang)
        page = new_notebook(cells=[new_markdown_cell("# 规划 $x$")], metadata={"planbrief": {"lang": lang}})
        planbrief.render.html.exporter.render_html(page, name="warm")
        notebook_source(page, {})
