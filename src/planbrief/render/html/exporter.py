"""A notebook as one HTML page that needs nothing else; the exporter that nbconvert finds by name."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from lxml import etree
from nbconvert.exporters.exporter import FilenameExtension
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, Unicode, default

from planbrief.display.document import Mark, Sentence, Sources, Table
from planbrief.display.language import Lang, has_message, is_chinese, message
from planbrief.display.language import mark as marked
from planbrief.display.quantities import unit_words
from planbrief.render import notebook
from planbrief.render.html import blocks
from planbrief.render.html.blocks import prose_html
from planbrief.render.html.cells import MANY, TAGS, Safe, Writer, esc, json_script, lang_attribute, number_id
from planbrief.render.outline import (
    BlockPart,
    CodePart,
    Document,
    NoticePart,
    Part,
    PicturePart,
    TerminalPart,
    TreePart,
    TrustedPart,
    heading_text,
    opens_chapter,
)
from planbrief.render.safe_text import highlighted, visible
from planbrief.render.stylesheets import readable_on

#: More headings than this get a table of contents.
CONTENTS_FROM = 8
#: More headings than this are listed by their first level only.
DEEP_FROM = 30
#: On a page with more rows of tables than this, a screen lays out what is in view; all of it stands in the page, so
#: that finding, printing and reading without scripts work as on any other.
MANY_ROWS = 2000
_UNSEEN = "@media screen{main>figure.table{content-visibility:auto;contain-intrinsic-block-size:auto 60rem}}"
#: Columns of the list of observations behind a page, and of the list of numbers that planbrief computed.
_OBSERVED = ("indicator", "value", "printed", "period", "kind", "document", "locator", "comment", "uses")
_COMPUTED = ("result", "formula", "unit", "comment", "based_on", "uses")
#: Fields that are not in the language of the page: as printed, or as the tables of observations hold them.
_FIELD_LANGS: dict[str, Lang] = {"value_text": "zh", "comment": "en"}
#: Measures in per cent, which no unit says.
_PER_CENT = ("rate", "share")
_WORDS = ("title", "close", "document", "link", "copy", "copied", "page")


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
    writer = Writer(document.lang, document.sources, in_edition=document.in_edition)
    tables = [part.block for part in document.parts if isinstance(part, BlockPart) and isinstance(part.block, Table)]
    writer.listed = {own: False for one in tables for row in one.rows if (own := blocks.own_observation(one, row))}
    contents = _contents(document, writer)
    body = _body(document, writer, contents)
    if sum(len(one.rows) for one in tables) > MANY_ROWS:
        writer.rules["many"] = _UNSEEN
    closing = _footnotes(document, writer) + (blocks.sources(document.sources, writer) if document.sources else "")
    numbers = lineage(document, writer)
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
        "hint": esc(message("page.provenance.hint", lang)) if numbers else "",
        "numbers": numbers,
        "numbers_link": esc(message("page.provenance.all", lang)),
        "csp": esc(policy(script, trusted=trusted)),
        "style": asset("page.css") + "".join(writer.rules.values()) + _colors(writer),
        "script": script,
        "data": json_script({"words": _words(lang), "name": document.name}),
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
    """Where a reader of a report in an edition goes from here: the list of all reports, and this one as a PDF."""
    if not document.in_edition:
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
        for node in part.root.iterfind(".//*[@data-level]"):
            writer.place = (node.get("id", "main"), heading_text(node))
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
        classes = [f"a-{run.color}"] if run.color and not run.ground else []
        classes += ["a-bold"] if "bold" in run.forms else []
        style = "font-style:italic;" if "italic" in run.forms else ""
        if lines := " ".join(sorted(run.forms & {"underline", "line-through"})):
            style += f"text-decoration:{lines};"
        if run.ground:
            style += f"background:#{run.ground};color:#{readable_on(run.ground)}"
        attributes = f' class="{" ".join(classes)}"' * bool(classes) + f' style="{style}"' * bool(style)
        pieces.append(f"<span{attributes}>{esc(run.text)}</span>" if attributes else esc(run.text))
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


def _words(lang: Lang) -> dict[str, str]:
    """What the page's script says; placeholders stay for it to fill in."""
    words = {name: message(f"page.provenance.{name}", lang) for name in _WORDS}
    words["csv"] = message("page.csv", lang)
    words["year"] = message("page.year_column", lang, year="{year}")
    words["group"] = message("page.group", lang)
    words["sort"] = message("page.sort_by", lang, column="{column}")
    words["filter"] = message("page.filter", lang)
    words["filtered"] = message("page.filtered", lang, shown="{shown}", all="{all}")
    words["more"] = message("page.more_rows", lang, count="{count}")
    return words


def lineage(document: Document, writer: Writer) -> str:
    """Where the numbers of a page come from: a row for each observation and for each number that was computed.

    The rows have permanent addresses. A page shows them when one of them, or the whole list, is asked for; the script
    shows the same row as a card.
    """
    known = document.sources.observations if document.sources else {}
    rows = [
        _observed(name, known[name], writer) for name in sorted(writer.used - writer.listed.keys()) if name in known
    ]
    computed = [_computed(name, *found, known, writer) for name, found in writer.computed.items()]
    found = [_listed("observed", _OBSERVED, rows, writer), _listed("computed", _COMPUTED, computed, writer)]
    if not any(found):
        return ""
    title = esc(message("page.provenance.all", document.lang))
    return f'<section class="numbers" id="page-numbers" aria-label="{title}"><h2>{title}</h2>{"".join(found)}</section>'


def _listed(name: str, columns: tuple[str, ...], rows: list[str], writer: Writer) -> str:
    if not rows:
        return ""
    heads = [message(f"page.provenance.{column}", writer.lang) for column in columns]
    for position, head in enumerate(heads[1:], start=2):
        rule = (
            f"#numbers-{name} tbody tr>:nth-child({position})::before{{content:{json.dumps(head, ensure_ascii=False)}}}"
        )
        writer.rules[f"{name}/{position}"] = rule
    cells = "".join(f'<th scope="col">{esc(head)}</th>' for head in heads)
    title = esc(message(f"page.provenance.{name}", writer.lang))
    return (
        f'<figure class="table" id="numbers-{name}"><div class="scroll" tabindex="0" role="group" aria-label="{title}">'
        f"<table><caption>{title}</caption><thead><tr>{cells}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></figure>"
    )


def _observed(name: str, card: Mapping[str, Any], writer: Writer) -> str:
    """An observation: what it is, its value, the words of the document and their place, where the page uses it."""

    def text(key: str) -> str:
        plain = visible(_plain(card.get(key)))
        base = card.get(f"{key}_lang") or _FIELD_LANGS.get(key, writer.lang)
        base = base if base == "en" or is_chinese(plain) else writer.lang
        inner = _spoken(plain, base)
        return f"<span{lang}>{inner}</span>" if inner and (lang := lang_attribute(base, writer.lang)) else inner

    what = " · ".join(part for part in map(text, ("indicator", "activity", "subject", "area")) if part)
    value = " ".join(part for part in map(text, ("comparator", "amount")) if part)
    kind = " · ".join(part for part in map(text, ("kind", "transformation", "price_base")) if part)
    notes = [esc(note) for note in writer.notes.get(name, ())]
    remark = ("；" if writer.lang == "zh" else "; ").join(part for part in (text("comment"), *notes) if part)
    number = writer.positions.get(_plain(card.get("source_id")), 0)
    paper = f'<a href="#d{number}">[{number}]</a>' if number else ""
    cells = (value, text("value_text"), text("period"), kind, paper, text("locator"), remark)
    return _row(number_id(name), writer.leading(name, what), (*cells, _uses(name, writer)))


def _computed(
    name: str, inner: str, mark: Mark, told: str, known: Mapping[str, Mapping[str, Any]], writer: Writer
) -> str:
    """A computed number: its formula and links to the observations that it was made of."""
    few = [one for one in mark.observations if one in known] if len(mark.observations) <= MANY else []
    behind = [f'<a href="#{esc(number_id(one))}">{_operand(known[one], writer)}</a>' for one in few]
    if not few:  # a count of very many: how many in which document
        tally = Counter(_plain(known[one].get("source_id")) for one in mark.observations if one in known)
        papers = sorted((writer.positions[paper], count) for paper, count in tally.items() if paper in writer.positions)
        behind = [f'<a href="#d{number}">[{number}]</a> {count}' for number, count in papers]
    unit = _unit(mark.unit or told or ("%" if mark.measure in _PER_CENT and "%" not in inner else ""), writer)
    joined = ("；" if writer.lang == "zh" else "; ").join(behind)
    return _row(name, inner, (esc(mark.formula), unit, esc(mark.note), joined, _uses(name, writer)))


def _unit(unit: str, writer: Writer) -> str:
    """A unit in the words of the page, the printed one beside them where they are others."""
    words, kept = unit_words(unit, writer.lang) if unit else ("", "")
    return _spoken(f"{words} ({kept})" if kept and kept != words else words, writer.lang)


def _operand(card: Mapping[str, Any], writer: Writer) -> str:
    """An observation as a term of a formula: its printed form and when it holds."""
    period = _plain(card.get("period"))
    when = message("page.provenance.when", writer.lang, period=period) if period else ""
    return _spoken(visible(_plain(card.get("value_text"))), writer.lang) + esc(when)


@lru_cache(maxsize=4096)  # names, units and kinds come again in many rows
def _spoken(text: str, base: Lang) -> str:
    """A text as HTML, words in another language than its base marked as such."""
    pieces = [(esc(run.text), lang_attribute(run.lang, base)) for run in marked(text, base)]
    return "".join(f"<span{lang}>{piece}</span>" if lang else piece for piece, lang in pieces)


def _row(name: str, head: str, cells: tuple[str, ...]) -> str:
    return f'<tr id="{esc(name)}"><th scope="row">{head}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _uses(name: str, writer: Writer) -> str:
    opening = message("page.provenance.opening", writer.lang)
    links = [f'<a href="#{esc(id)}">{esc(text or opening)}</a>' for id, text in writer.places.get(name, {}).items()]
    return ("、" if writer.lang == "zh" else ", ").join(links)


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
