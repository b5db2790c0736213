"""nbconvert exporter ``planbrief-typst``: a notebook as Typst source with its pictures beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Unicode, default

from planbrief.render import notebook
from planbrief.render.html.exporter import TEMPLATES
from planbrief.render.pdf import page, source


class PlanbriefTypstExporter(TemplateExporter):
    """Any notebook as Typst source; the PDF exporter compiles the same source."""

    export_from_notebook: Any = "planbrief Typst"
    output_mimetype = "text/x-typst"
    template_file = Unicode("index.typ.j2").tag(config=True, affects_template=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".typ"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "planbrief-typst"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATES)]

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """Filters of nbconvert, and ``planbrief_source``: a notebook as Typst code, pictures kept in ``resources``."""
        yield from super().default_filters()
        yield "planbrief_source", notebook_source


def notebook_source(nb: NotebookNode, resources: dict[str, Any]) -> source.Source:
    """A notebook as Typst code; its pictures and the time that goes into the file are kept in `resources`."""
    metadata = resources.get("metadata", {})
    path = metadata.get("path")
    document = notebook.read(
        nb,
        name=str(metadata.get("name") or "notebook"),
        include_input=None if resources.get("global_content_filter", {}).get("include_input", True) else False,
        folder=None if path is None else Path(path or "."),
    )
    found = page.source(document)
    outputs = resources.get("outputs")
    if not isinstance(outputs, dict):
        outputs = resources["outputs"] = {}
    folder = resources.get("output_files_dir")
    prefix = f"{folder}/" if folder else ""
    for name, data in found.files.items():
        outputs[f"{prefix}{name}"] = data
    text = found.text
    if prefix:
        from planbrief.render.pdf.text import literal

        for name in found.files:
            text = text.replace(f"image({literal(name)},", f"image({literal(prefix + name)},")
        found = source.Source(text, found.files, found.date)
    resources["planbrief_timestamp"] = found.timestamp
    return found
