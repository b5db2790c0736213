"""A notebook as one HTML page that needs nothing else; the exporter that nbconvert finds by name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from lxml import etree
from nbconvert.exporters.exporter import FilenameExtension
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, Unicode, default

from planbrief.display.document import Sentence, Sources
from planbrief.display.language import LANGS, Lang, has_message, mark, message
from planbrief.render import notebook
from planbrief.render.document import (
    BlockPart,
    CodePart,
    Document,
    NoticePart,
    Part,
    PicturePart,
    TerminalPart,
    TreePart,
    TrustedPart,
)
from planbrief.render.html import blocks
from planbrief.render.html.blocks import prose_html
from planbrief.render.html.text import TAGS, Safe, Writer, esc, json_script
from planbrief.render.outline import opens_chapter
from planbrief.render.safe_text import highlighted, visible

#: More headings than this get a table of contents.
CONTENTS_FROM = 8
#: More headings than this are listed by their first level only.
DEEP_FROM = 30
_OBSERVATION_FIELDS = (
    "source_id", "locator", "value_text", "value", "unit", "period", "area", "indicator", "kind", "comment",
    "upper_value", "activity", "subject", "comparator", "transformation", "price_base",
)  # fmt: skip
#: Fields that are not in the language of the page: as printed, or as the tables of observations hold them.
_FIELD_LANGS: dict[str, Lang] = {"locator": "zh", "value_text": "zh", "unit": "zh", "comment": "en"}
_DOCUMENT_FIELDS = ("title", "title_lang", "producer", "doc_number", "date_published", "date_text", "disclosure")
_WORDS = (
    "title", "close", "document", "producer", "number", "published", "locator", "printed", "value", "period", "unit",
    "area", "indicator", "kind", "formula", "comment", "show", "none",
)  # fmt: skip


@cache
def asset(name: str) -> str:
    """Text of a file in ``reports/assets``."""
    return (resources.files("planbrief.render") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def policy(script: str, *, trusted: bool = False) -> str:
    """Content-Security-Policy of a page: its own script by hash, pictures inside the page, nothing from anywhere."""
    scripts = "'unsafe-inline'" if trusted else f"'{_hash(script)}'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def page(document: Document, *, trusted: bool = False) -> dict[str, Any]:
    """What the template needs; every text in it is safe HTML already."""
    writer = Writer(document.lang, document.sources)
    contents = _contents(document, writer)
    body = _body(document, writer, contents)
    closing = _footnotes(document, writer) + (blocks.sources(document.sources, writer) if document.sources else "")
    script = asset("theme.js") + asset("page.js")
    lang = document.lang
    as_of = message("page.data_as_of", lang, date=document.data_as_of) if document.data_as_of else ""
    pieces = {
        "lang": TAGS[lang],
        "title": esc(document.title),
        "subtitle": esc(document.subtitle),
        "place": "、".join(map(esc, document.place)) if lang == "zh" else ", ".join(map(esc, document.place)),
        "data_as_of": esc(as_of),
        "navigation": esc(message("page.navigation", lang)),
        "to_top": esc(message("page.to_top", lang)),
        "skip": esc(message("page.skip", lang)),
        "theme": esc(message("page.theme", lang)),
        "alternate": _alternate(document),
        "links": _links(document),
        "body": body,
        "closing": closing,
        "hint": esc(message("page.provenance.hint", lang)) if writer.used else "",
        "csp": esc(policy(script, trusted=trusted)),
        "style": asset("page.css") + "".join(writer.rules.values()) + _colors(writer),
        "script": script,
        "data": json_script(_payload(document, writer)),
        "report": document.ours,
    }
    return {name: Safe(text) if isinstance(text, str) else text for name, text in pieces.items()}


def _footnotes(document: Document, writer: Writer) -> str:
    if not document.footnotes:
        return ""
    section = etree.Element("section")
    section.set("class", "footnotes")
    notes = etree.SubElement(section, "ol")
    for item in document.footnotes.values():
        notes.append(item)
    wrapper = etree.Element("div")
    wrapper.append(section)
    return prose_html(wrapper, writer)


def _alternate(document: Document) -> str:
    """Link to the same report in the other language; only a plain relative address is taken."""
    address = document.alternate
    if (
        not address
        or ":" in address
        or address.startswith(("/", "\\"))
        or any(character in address for character in "<>\"'\\ ")
    ):
        return ""
    other = "en" if document.lang == "zh" else "zh"
    return (
        f'<a class="switch" href="{esc(address)}" lang="{TAGS[other]}" hreflang="{TAGS[other]}">'
        f"{esc(message('page.language_switch', document.lang))}</a>"
    )


def _links(document: Document) -> str:
    """Where a reader of a report goes from here: the list of all reports, and this one as a PDF.

    Only a report that has a page in the other language lies in an edition, where both are sure to be found.
    """
    if not document.ours or not _alternate(document):
        return ""
    index = "../index.html" if document.lang == "zh" else "../index.en.html"
    links = [f'<a href="{index}">{esc(message("page.all_reports", document.lang))}</a>']
    if document.pdf:
        links.append(f'<a href="{esc(document.name)}.pdf">PDF</a>')
        if document.settings.get("poster"):
            links.append(f'<a href="../thumbnails/{esc(document.name)}.{document.lang}.png">PNG</a>')
    for kind, report in document.related:
        if has_message(f"page.related.{kind}", document.lang):
            words = esc(message(f"page.related.{kind}", document.lang))
            links.append(f'<a class="also" href="{esc(report)}.html">{words}</a>')
    return " ".join(links)


def _contents(document: Document, writer: Writer) -> str:
    wanted = document.settings.get("toc")
    if wanted is False or (len(document.entries) <= CONTENTS_FROM and wanted is not True) or not document.entries:
        return ""
    deep = len(document.entries) > DEEP_FROM
    items = []
    for entry in document.entries:
        if entry.level <= (1 if deep else 2):
            items.append(f'<li class="l{entry.level}"><a href="#{esc(entry.id)}">{writer.runs(entry.runs)}</a></li>')
    label = esc(message("page.contents", document.lang))
    listed = f"<details open><summary>{label}</summary><ol>{''.join(items)}</ol></details>"
    return f'<nav class="toc" aria-label="{label}">{listed}</nav>'


def _body(document: Document, writer: Writer, contents: str) -> str:
    """All parts; the contents stand before the first heading, so that a report opens with its answer."""
    pieces: list[str] = []
    listing = False
    for part in document.parts:
        if contents and opens_chapter(part):
            pieces.append(("</ul>\n" if listing else "") + contents)
            contents, listing = "", False
        bullet = isinstance(part, BlockPart) and isinstance(part.block, Sentence) and part.block.style == "bullet"
        if bullet != listing:
            pieces.append('<ul class="findings">' if bullet else "</ul>\n")
            listing = bullet
        pieces.append(_part(part, writer))
    if listing:
        pieces.append("</ul>\n")
    return "".join(pieces)


def _part(part: Part, writer: Writer) -> str:
    if isinstance(part, BlockPart):
        return "" if isinstance(part.block, Sources) else blocks.render(part, writer)
    if isinstance(part, TreePart):
        kind = "output" if part.output else "prose"
        return f'<div class="{kind}">{prose_html(part.root, writer)}</div>\n'
    if isinstance(part, CodePart):
        return _code(part, writer)
    if isinstance(part, TerminalPart):
        return _terminal(part, writer)
    if isinstance(part, PicturePart):
        return _picture(part, writer)
    if isinstance(part, TrustedPart):
        return f'<div class="output">{part.html}</div>\n'
    return f'<p class="notice">{esc(part.text)}</p>\n' if isinstance(part, NoticePart) else ""


def _code(part: CodePart, writer: Writer) -> str:
    text = highlighted(part.text, part.language)
    label = esc(message("page.code", writer.lang))
    return f'<pre class="code" tabindex="0" role="group" aria-label="{label}"><code>{text}</code></pre>\n'


def _terminal(part: TerminalPart, writer: Writer) -> str:
    pieces = []
    for run in part.runs:
        classes = [name for name in (f"a-{run.color}" if run.color else "", "a-bold" if run.bold else "") if name]
        text = esc(run.text)
        pieces.append(f'<span class="{" ".join(classes)}">{text}</span>' if classes else text)
    label = esc(message("page.traceback" if part.kind == "error" else "page.output", writer.lang))
    text = "".join(pieces)
    return (
        f'<pre class="terminal {part.kind}" tabindex="0" role="group" aria-label="{label}"><samp>{text}</samp></pre>\n'
    )


def _picture(part: PicturePart, writer: Writer) -> str:
    picture = part.picture
    size = f'width="{picture.width_px:.0f}" height="{picture.height_px:.0f}"'
    image = f'<img src="{picture.uri}" alt="{esc(part.alt)}" {size}>'
    if not part.caption:
        return f'<div class="output picture">{image}</div>\n'
    number = blocks.numbered("figure", part.number, writer)
    return f'<figure class="picture">{image}<figcaption>{number}{esc(part.caption)}</figcaption></figure>\n'


def _colors(writer: Writer) -> str:
    dark = "".join(f"--c-{color}:#{other};" for color, other in sorted(writer.dark.items()))
    rules = "".join(f".t-{color}{{color:#{light}}}" for color, (light, _) in sorted(writer.text_colors.items()))
    night = "".join(
        f"{{root}} .t-{color}{{color:#{other}}}" for color, (_, other) in sorted(writer.text_colors.items())
    )
    if not dark and not rules:
        return ""
    automatic, chosen = ":root:not([data-theme=light])", ":root[data-theme=dark]"
    return (
        f"{rules}@media screen and (prefers-color-scheme:dark)"
        f"{{{automatic}{{{dark}}}{night.replace('{root}', automatic)}}}"
        f"@media screen{{{chosen}{{{dark}}}{night.replace('{root}', chosen)}}}\n"
    )


def _payload(document: Document, writer: Writer) -> dict[str, Any]:
    """What the provenance panel shows; texts that observations share stand in one list and are named by position.

    A text with words in another language than its field is a list of [text, language].
    """
    words = {name: message(f"page.provenance.{name}", document.lang) for name in _WORDS}
    words["csv"] = message("page.csv", document.lang)
    words["sort"] = message("page.sort_by", document.lang, column="{column}")
    words["filter"] = message("page.filter", document.lang)
    words["filtered"] = message("page.filtered", document.lang, shown="{shown}", all="{all}")
    words["link"] = message("page.link_here", document.lang)
    block = document.sources
    known = block.observations if block else {}
    texts: list[Any] = [""]
    positions: dict[tuple[str, Lang], int] = {("", lang): 0 for lang in LANGS}

    def position(field: str, text: str) -> int:
        base = _FIELD_LANGS.get(field, document.lang)
        if (text, base) not in positions:
            positions[text, base] = len(texts)
            runs = [[run["t"], TAGS.get(run.get("lang", ""), "")] for run in mark(visible(text), base)]
            texts.append(runs if field != "source_id" and any(tag for _, tag in runs) else visible(text))
        return positions[text, base]

    observations: dict[str, list[int]] = {}
    for name in sorted(writer.used):
        if name in known:
            card = known[name]
            row = [position(key, _plain(card.get(key))) for key in _OBSERVATION_FIELDS]
            while row and row[-1] == 0:
                row.pop()
            observations[name] = row
    documents = {
        str(entry.get("source_id")): {key: visible(entry[key]) for key in _DOCUMENT_FIELDS if entry.get(key)}
        for entry in (block.documents if block else ())
    }
    return {
        "words": words,
        "fields": list(_OBSERVATION_FIELDS),
        "texts": texts,
        "observations": observations,
        "documents": documents,
        "name": document.name,
    }


def _plain(value: object) -> str:
    return "" if value is None or isinstance(value, (list, dict)) else str(value)


class OwnTemplateExporter(TemplateExporter):
    """An exporter whose template lies in the package."""

    #: A traitlet's default is a method, for an exporter is configured after it is made.
    @default("extra_template_basedirs")
    def _templates_of_the_package(self) -> list[str]:
        return [str(Path(__file__).parents[1] / "templates")]


def document_of(nb: NotebookNode, resources: dict[str, Any], *, trusted: bool = False) -> Document:
    """A notebook as a document, by what nbconvert says of it: its name, its folder, whether inputs are shown."""
    metadata = resources.get("metadata", {})
    shown = resources.get("global_content_filter", {}).get("include_input", True)
    path = metadata.get("path")
    return notebook.read(
        nb,
        name=str(metadata.get("name") or "notebook"),
        include_input=None if shown else False,
        folder=None if path is None else Path(path or "."),
        trusted=trusted,
    )


class PlanbriefHTMLExporter(OwnTemplateExporter):
    """Any notebook as a page that reads well on a phone, in print, in the dark and to a screen reader."""

    export_from_notebook = "planbrief HTML"
    output_mimetype = "text/html"
    file_extension = FilenameExtension(".html").tag(config=True)
    template_name = Unicode("planbrief-html").tag(config=True, affects_template=True)
    template_file = Unicode("index.html.j2").tag(config=True, affects_template=True)

    trusted_html = Bool(
        False, help="Keep HTML outputs as they are and let their scripts run; only for notebooks of your own."
    ).tag(config=True)

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """Filters of nbconvert, and ``planbrief_page``: the notebook as the pieces of a page."""
        yield from super().default_filters()
        yield "planbrief_page", self._page

    def _page(self, nb: NotebookNode, resources: dict[str, Any]) -> dict[str, Any]:
        return page(document_of(nb, resources, trusted=self.trusted_html), trusted=self.trusted_html)


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
