"""A notebook as Typst source and as PDF; the exporters that nbconvert finds by name."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from nbconvert.exporters.exporter import FilenameExtension
from nbformat import NotebookNode
from traitlets import Unicode

from planbrief.errors import RunError
from planbrief.render.html.exporter import OwnTemplateExporter, document_of
from planbrief.render.pdf import page
from planbrief.render.pdf.page import Source
from planbrief.render.table_layout import more_faces

if TYPE_CHECKING:
    import typst


class PlanbriefTypstExporter(OwnTemplateExporter):
    """Any notebook as Typst source; the PDF exporter compiles the same source."""

    export_from_notebook: Any = "planbrief Typst"
    output_mimetype = "text/x-typst"
    file_extension = FilenameExtension(".typ").tag(config=True)
    template_name = Unicode("planbrief-typst").tag(config=True, affects_template=True)
    template_file = Unicode("index.typ.j2").tag(config=True, affects_template=True)

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """Filters of nbconvert, and ``planbrief_source``: a notebook as Typst code, pictures kept in ``resources``."""
        yield from super().default_filters()
        yield "planbrief_source", notebook_source


def notebook_source(nb: NotebookNode, resources: dict[str, Any]) -> Source:
    """A notebook as Typst code; its pictures and the time that goes into the file are kept in `resources`."""
    source = page.source(document_of(nb, resources))
    outputs = resources.get("outputs")
    if not isinstance(outputs, dict):
        outputs = resources["outputs"] = {}
    folder = resources.get("output_files_dir")
    prefix = f"{folder}/" if folder else ""
    for name, data in source.files.items():
        outputs[f"{prefix}{name}"] = data
    text = source.text
    if prefix:
        from planbrief.render.pdf.text import literal

        for name in source.files:
            text = text.replace(f"image({literal(name)},", f"image({literal(prefix + name)},")
        source = Source(text, source.files, source.date)
    resources["planbrief_timestamp"] = source.timestamp
    return source


#: Conformance that the compiler guarantees or refuses.
STANDARDS = ["ua-1", "a-2a"]
#: Dots per inch of the picture of page one: 331 × 468 pixels.
THUMBNAIL_PPI = 40.0
#: The same of a page that is made to be shared as a picture: 1158 × 1637 pixels.
POSTER_PPI = 140.0
_COUNT = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b", re.DOTALL)


class TypesettingError(RunError):
    """The compiler refused a page; the source is ours, so this is a fault of planbrief."""

    def __init__(self, name: str, reason: str, hints: tuple[str, ...] = ()) -> None:
        super().__init__(name, reason, hints)
        self.name, self.reason, self.hints = name, reason, hints

    def __str__(self) -> str:
        hint = f" ({'; '.join(self.hints)})" if self.hints else ""
        return f"{self.name}: the PDF could not be typeset: {self.reason}{hint}"


@dataclass(frozen=True)
class PdfInfo:
    """What the index needs to know of a PDF."""

    pages: int
    size: int


def pdf_info(data: bytes) -> PdfInfo:
    """Pages and size of a PDF made here, read from its page tree without a PDF library.

    Raises
    ------
    ValueError
        It is not a PDF, or its page tree is not found.
    """
    if not data.startswith(b"%PDF-"):
        raise ValueError("not a PDF")
    counts = [int(first or second) for first, second in _COUNT.findall(data)]
    if not counts:
        for stream in re.finditer(rb"/Type\s*/ObjStm.*?stream\r?\n(.*?)endstream", data, re.DOTALL):
            try:
                text = zlib.decompressobj().decompress(stream.group(1), 50_000_000)
            except zlib.error:
                continue
            counts += [int(first or second) for first, second in _COUNT.findall(text)]
    if not counts:
        raise ValueError("no page tree")
    return PdfInfo(max(counts), len(data))


@cache
def fonts() -> typst.Fonts:
    """The packaged faces, the ones inside Typst and those of the extra ``faces``; system fonts are ignored, so every
    machine sets the same page.
    """
    import pylopdf_fonts_zh_cn
    import typst

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[
            str(folder)
            for folder in sorted(
                {
                    pylopdf_fonts_zh_cn.sans_path().parent,
                    pylopdf_fonts_zh_cn.serif_path().parent,
                    *(path.parent for path in more_faces()),
                }
            )
        ],
    )


def compile_pdf(text: str, files: dict[str, bytes], *, timestamp: int, name: str) -> bytes:
    """Compile Typst source to a tagged, archivable PDF.

    Never call this in a process that forks afterwards: Typst's thread pool does not survive a fork.

    Raises
    ------
    TypesettingError
        The compiler refused it.
    """
    import typst

    compiler = _compiler(text, files)
    try:
        data, _ = compiler.compile_with_warnings(format="pdf", pdf_standards=STANDARDS, timestamp=timestamp)  # type: ignore[arg-type]
    except typst.TypstError as error:
        raise TypesettingError(name, str(error.message)[:400], tuple(str(hint)[:200] for hint in error.hints)) from None
    if not isinstance(data, bytes):
        raise TypesettingError(name, "the compiler gave no file")
    return data


class PlanbriefPDFExporter(PlanbriefTypstExporter):
    """Any notebook as a PDF that is tagged, archivable and set like a Chinese publication."""

    export_from_notebook = "planbrief PDF"
    output_mimetype = "application/pdf"
    file_extension = FilenameExtension(".pdf").tag(config=True)

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kwargs: Any) -> tuple[bytes, Any]:  # type: ignore[override]
        """Compile one notebook; see :func:`render_pdf`."""
        resources = dict(resources or {})
        resources.pop("output_files_dir", None)
        text, resources = super().from_notebook_node(nb, resources=resources, **kwargs)
        name = str(resources.get("metadata", {}).get("name") or "notebook")
        files = {key: value for key, value in resources.get("outputs", {}).items() if isinstance(value, bytes)}
        data = compile_pdf(str(text), files, timestamp=int(resources["planbrief_timestamp"]), name=name)
        resources["output_extension"] = ".pdf"
        resources["outputs"] = {}
        return data, resources


def page_count(data: bytes) -> int:
    """Pages of a PDF made here; see :func:`pdf_info`."""
    return pdf_info(data).pages


def _compiler(text: str, files: dict[str, bytes]) -> typst.Compiler:
    import typst

    virtual: Any = {"main.typ": text.encode(), **files}
    return typst.Compiler(virtual, font_paths=fonts())


def _source(nb: NotebookNode, name: str) -> tuple[str, dict[str, bytes], int]:
    source = notebook_source(nb, {"metadata": {"name": name}})
    return source.text.lstrip("\r\n"), dict(source.files), source.timestamp


def render_pdf_with_thumbnail(nb: NotebookNode, *, name: str, ppi: float = THUMBNAIL_PPI) -> tuple[bytes, bytes]:
    """The PDF of :func:`render_pdf` and its first page as a small PNG, from one Typst source.

    Returns
    -------
    tuple of bytes
        The PDF; a PNG of page one (A4 at ``ppi`` dots per inch).

    Raises
    ------
    TableOverflow, TypesettingError
        As :func:`render_pdf`.
    """
    text, files, timestamp = _source(nb, name)
    data = compile_pdf(text, files, timestamp=timestamp, name=name)
    shared = nb.metadata.get("planbrief", {}).get("poster") is True
    return data, _first_page(text, files, POSTER_PPI if shared else ppi)


def _first_page(text: str, files: dict[str, bytes], ppi: float) -> bytes:
    import typst

    # Drawn by Typst from the same source, whose layout it remembers, and not from the PDF's own page: that picture
    # would take less time, but depend on the instructions that a processor has.
    compiler = _compiler(text, files)
    try:
        pages = compiler.compile(format="png", ppi=ppi)
    except typst.TypstError:  # the PDF is what counts
        return b""
    if isinstance(pages, list):
        return pages[0] if pages else b""
    return pages or b""


def render_pdf(nb: NotebookNode, *, name: str) -> bytes:
    """One executed notebook as a PDF.

    Parameters
    ----------
    nb : NotebookNode
        Executed notebook.
    name : str
        Stem of the file it will be; the title if the notebook has none.

    Returns
    -------
    bytes
        PDF/UA-1 and PDF/A-2a. The same notebook gives the same bytes.

    Raises
    ------
    TableOverflow
        A table fits no page.
    TypesettingError
        The compiler refused the page.
    """
    text, files, timestamp = _source(nb, name)
    return compile_pdf(text, files, timestamp=timestamp, name=name)
