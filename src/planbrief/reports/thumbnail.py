"""Page one of a report as a small picture for the index."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Dots per inch: an A4 page becomes 331 dots wide, sharp on a card of 165 CSS pixels.
PPI = 40.0
_PAGE = '#set page(width: 210mm, height: 297mm, margin: 0mm)\n#image("report.pdf", page: 1, width: 210mm)\n'


def first_page(pdf: bytes, ppi: float = PPI) -> bytes:
    """Page one of a PDF as PNG, drawn from the PDF itself: nothing is set a second time, whatever the report's length.

    Like every compilation, never in a process that forks afterwards.

    Parameters
    ----------
    pdf : bytes
        A PDF of A4 pages.
    ppi : float
        Dots per inch.

    Returns
    -------
    bytes
        PNG; nothing where the compiler cannot read the PDF, since the PDF is what counts.
    """
    import typst

    from planbrief.reports.pdf import fonts

    # The compiler takes files in memory only if they are text.
    with tempfile.TemporaryDirectory(prefix="planbrief-") as folder:
        (Path(folder) / "report.pdf").write_bytes(pdf)
        (Path(folder) / "page.typ").write_text(_PAGE, encoding="utf-8")
        try:
            compiler = typst.Compiler(str(Path(folder) / "page.typ"), root=folder, font_paths=fonts())
            picture = compiler.compile(format="png", ppi=ppi)
        except typst.TypstError:
            return b""
    return picture if isinstance(picture, bytes) else b""


def render_thumbnail(nb: NotebookNode, *, name: str) -> bytes:
    """Page one of an executed notebook as PNG; where its PDF is at hand, :func:`first_page` is all that is needed."""
    from planbrief.reports.pdf import render_pdf

    return first_page(render_pdf(nb, name=name))
