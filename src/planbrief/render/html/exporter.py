"""nbconvert exporter ``planbrief-html``: one self-contained page, no network, no MathJax, no framework."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, Unicode, default

from planbrief.render import notebook
from planbrief.render.html import page

#: Where the templates of both exporters lie.
TEMPLATES = Path(__file__).parents[1] / "templates"


class PlanbriefHTMLExporter(TemplateExporter):
    """Any notebook as a page that reads well on a phone, in print, in the dark and to a screen reader."""

    export_from_notebook = "planbrief HTML"
    output_mimetype = "text/html"
    template_file = Unicode("index.html.j2").tag(config=True, affects_template=True)

    trusted_html = Bool(
        False, help="Keep HTML outputs as they are and let their scripts run; only for notebooks of your own."
    ).tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "planbrief-html"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATES)]

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """Filters of nbconvert, and ``planbrief_page``: the notebook as the pieces of a page."""
        yield from super().default_filters()
        yield "planbrief_page", self._page

    def _page(self, nb: NotebookNode, resources: dict[str, Any]) -> dict[str, Any]:
        metadata = resources.get("metadata", {})
        content = resources.get("global_content_filter", {})
        path = metadata.get("path")
        document = notebook.read(
            nb,
            name=str(metadata.get("name") or "notebook"),
            include_input=None if content.get("include_input", True) else False,
            folder=None if path is None else Path(path or "."),
            trusted=self.trusted_html,
        )
        return page.page(document, trusted=self.trusted_html)


@cache
def _exporter() -> PlanbriefHTMLExporter:
    return PlanbriefHTMLExporter()


def render_html(nb: NotebookNode, *, name: str) -> str:
    """One executed notebook as an HTML page.

    The exporter's own template over the notebook as it is: nbconvert's copies of it and the preprocessors, none of
    which is set here, are for notebooks that come from outside.

    Parameters
    ----------
    nb : NotebookNode
        Executed notebook.
    name : str
        Stem of the file it will be; the title if the notebook has none.

    Returns
    -------
    str
        A complete page. The same notebook gives the same text.
    """
    resources = {"metadata": {"name": name}}
    return str(_exporter().template.render(nb=nb, resources=resources)).lstrip("\r\n")
