"""Page one of a report as a small picture for the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Dots per inch: an A4 page becomes 331 dots wide, sharp on a card of 165 CSS pixels.
PPI = 40.0


def render_thumbnail(nb: NotebookNode, *, name: str) -> bytes:
    """Page one of an executed notebook as PNG; call it after the PDF, whose layout Typst still remembers.

    Like every compilation, never in a process that forks afterwards.
    """
    import typst

    from planbrief.reports.pdf import fonts
    from planbrief.reports.typst import PlanbriefTypstExporter

    text, resources = PlanbriefTypstExporter().from_notebook_node(nb, resources={"metadata": {"name": name}})
    files = {key: value for key, value in resources["outputs"].items() if isinstance(value, bytes)}
    inputs: dict[str, bytes] = {"main.typ": str(text).encode(), **files}
    compiler = typst.Compiler(inputs, font_paths=fonts())  # type: ignore[type-var]
    pages, _ = compiler.compile_with_warnings(format="png", ppi=PPI)
    first = pages[0] if isinstance(pages, list) else pages
    return first if isinstance(first, bytes) else b""
