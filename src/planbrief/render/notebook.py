"""A notebook's cells as a document: Markdown, outputs in the form that is shown best, notes and figures."""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree
from nbformat import NotebookNode

from planbrief.catalog import REPORT_ID
from planbrief.display import plots
from planbrief.display.document import Chart, Cover, Sources, Table
from planbrief.display.language import LANGS, Lang, message
from planbrief.display.outputs import MIME, BadBlock
from planbrief.display.outputs import read as read_block
from planbrief.display.plots import MISSING
from planbrief.display.style import MissingGlyph
from planbrief.errors import PlanbriefError
from planbrief.languages import language, phrase, tables
from planbrief.parameters import own_number
from planbrief.render import markdown, markup, outline, pictures
from planbrief.render.formulas import Macros, strip_delimiters
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
)
from planbrief.render.pictures import BadDrawing, clean
from planbrief.render.safe_text import (
    Numbers,
    cell_numbers,
    joined_streams,
    shortened,
    terminal_runs,
    visible,
    without_cell_files,
)


def links_of(name: str, notebook: str, lang: Lang) -> tuple[str, bool, tuple[tuple[str, str], ...]]:
    """Address of a catalog report's page in the other language, relative to its own, and whether it has a PDF.

    Empty and False for any other page.

    Parameters
    ----------
    name : str
        Stem of the page's file.
    notebook : str
        The notebook as its cover names it.
    lang : {"zh", "en"}
        Language of the page.
    """
    from planbrief.catalog import read
    from planbrief.project import find
    from planbrief.targets.package import usable_package

    try:
        project = find()
        reports = read(project, usable_package(project)).reports()
    except (PlanbriefError, OSError, KeyError, TypeError, ValueError):
        return "", False, ()
    report = next((report for report in reports if report.id == name and report.notebook == notebook), None)
    if report is None or lang not in report.languages or "html" not in report.formats:
        return "", False, ()
    others = [other for other in report.languages if other != lang]
    address = f"../{others[0]}/{name}.html" if others else ""
    return address, "pdf" in report.formats, report.related(reports, lang)


#: Outputs of one cell that a page shows.
MAX_OUTPUTS = 500
_WIDGETS = ("application/vnd.jupyter.widget-view+json",)
_SCRIPTED = ("application/javascript", "application/vnd.bokehjs_exec.v0+json", "application/vnd.bokehjs_load.v0+json")


def read(
    nb: NotebookNode,
    *,
    name: str,
    include_input: bool | None = None,
    folder: Path | None = None,
    trusted: bool = False,
) -> Document:
    """Read a notebook.

    Parameters
    ----------
    nb : NotebookNode
        Executed notebook, format 4.
    name : str
        Stem of the output file; the title of a notebook that has none.
    include_input : bool, optional
        Show code; by default it is hidden in reports of ours and shown in others.
    folder : Path, optional
        Where pictures that the Markdown names may lie.
    trusted : bool
        Keep HTML outputs as they are, scripts included.
    """
    settings = _mapping(nb.metadata.get("planbrief"))
    cover = _cover(nb)
    lang = _language(cover, settings, nb)
    ours = cover is not None
    if include_input is None:
        include_input = bool(settings.get("show_input")) or (not ours and not settings.get("hide_input"))
    elif include_input:
        include_input = not (ours or settings.get("hide_input"))
    alternate, pdf, related = _links(settings, cover, name, lang)
    document = Document(
        name,
        lang,
        visible(cover.title if cover else str(nb.metadata.get("title") or "")),
        ours,
        visible(cover.subtitle) if cover else "",
        tuple(visible(place) for place in cover.place) if cover else (),
        visible(cover.data_as_of) if cover else str(settings.get("data_as_of") or ""),
        settings=settings,
        alternate=alternate,
        pdf=pdf,
        related=related,
    )
    for key in settings.get("notices") or ():
        document.parts.append(NoticePart("", message(f"page.notice.{key}", lang)))
    reader = _Reader(document, folder, _kernel_language(nb), include_input, trusted)
    reader.numbers = cell_numbers(nb.cells)
    prose = {index: cell.source for index, cell in enumerate(nb.cells, start=1) if cell.cell_type == "markdown"}
    reader.equations = dict(zip(prose, markdown.numbered(list(prose.values())), strict=True))
    written = {str(tag) for cell in nb.cells for tag in cell.metadata.get("tags", ())}
    reader.prose = next((tag for tag in (f"lang:{lang}", f"lang:{language(lang).like}") if tag in written), "")
    for index, cell in enumerate(nb.cells, start=1):
        document.parts.extend(reader.cell(cell, index, own_number(nb.cells, index - 1)))
    if reader.sources is not None:  # a page that closes itself has shown them again and again, in its first cell
        document.sources = _complete(reader.sources, document.parts)
        document.parts.append(BlockPart("", document.sources))
    outline.settle(document)
    return document


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _cover(nb: NotebookNode) -> Cover | None:
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            value = output.get("data", {}).get(MIME)
            if isinstance(value, Mapping) and value.get("block") == "cover":
                try:
                    block = read_block(value, "cover")
                except BadBlock:
                    continue
                return block if isinstance(block, Cover) else None
    return None


def _language(cover: Cover | None, settings: Mapping[str, Any], nb: NotebookNode) -> Lang:
    """What the report or its metadata says; else that of most of the prose."""
    said = (
        (cover.lang if cover else "") or settings.get("lang") or nb.metadata.get("lang") or nb.metadata.get("language")
    )
    if isinstance(said, str) and (said[:2].lower() in LANGS or said in tables()):
        return said if said in tables() else said[:2].lower()
    title = str(nb.metadata.get("title") or "")
    prose = " ".join([title, *(cell.source for cell in nb.cells if cell.cell_type == "markdown")])
    if not re.search(r"[^\W\d_]{2}", prose):  # no words but those of programs and what they print
        outputs = (output for cell in nb.cells for output in cell.get("outputs", ()))
        shown = [_joined(_mapping(output.get("data")).get("text/plain", output.get("text", ""))) for output in outputs]
        prose = " ".join([*shown, *_HAN.findall(" ".join(cell.source for cell in nb.cells))])
    words = len(re.findall("[A-Za-z]{2,}", prose))
    return "en" if words and 2 * len(_HAN.findall(prose)) < words else "zh"


#: Chinese characters; a text in English that names a city in them stays one in English.
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def _links(
    settings: Mapping[str, Any], cover: Cover | None, name: str, lang: Lang
) -> tuple[str, bool, tuple[tuple[str, str], ...]]:
    """The page in the other language, whether a PDF lies beside, reports about the same place.

    What the build says, else what the catalog does; an id is a plain file name.
    """
    if "alternate" in settings or cover is None:
        said = settings.get("related") or ()
        pairs = [(str(one[0]), str(one[1])) for one in said if isinstance(one, list | tuple) and len(one) == 2]
        related = tuple(pair for pair in pairs if REPORT_ID.fullmatch(pair[1]))
        return str(settings.get("alternate") or ""), settings.get("pdf") is True, related
    return links_of(name, cover.notebook, lang)


def _complete(sources: Sources, parts: Iterable[Part]) -> Sources:
    """Sources with those behind frames that a cell left as they are, where the page keeps the cell's output."""
    tables = [part.block for part in parts if isinstance(part, BlockPart) and isinstance(part.block, Table)]
    used = {
        one for table in tables for row in table.rows for cell in row if cell.mark for one in cell.mark.observations
    }
    wanted = {key: card for key, card in sources.aside.items() if key in used}
    if not wanted:
        return sources
    named = {str(card.get("source_id")) for card in wanted.values()}
    more = [document for document in sources.aside_documents if document.get("source_id") in named]
    documents = sorted((*sources.documents, *more), key=lambda document: document.get("source_id", ""))
    return replace(sources, documents=tuple(documents), observations={**sources.observations, **wanted})


def _kernel_language(nb: NotebookNode) -> str:
    info = _mapping(nb.metadata.get("language_info"))
    return str(info.get("name") or _mapping(nb.metadata.get("kernelspec")).get("language") or "python").lower()


#: What scikit-learn shows where its scripts do not run: the same as the plain text, and what to do in Jupyter.
_FALLBACK = re.compile(r'<div class="sk-text-repr-fallback">.*?</div>', re.DOTALL)
_QUARTO = re.compile(r"[ \t]*#\|[ \t]*([\w-]+)[ \t]*:[ \t]*(.*)\n?|[ \t]*#\|.*\n?")


def _quarto(source: str) -> tuple[str, dict[str, str]]:
    """A cell without the options that Quarto reads at its head, and those; ``include: false`` is two of them."""
    said: dict[str, str] = {}
    while found := _QUARTO.match(source):
        source = source[found.end() :]
        if found[1]:
            said[found[1]] = found[2].strip().strip("\"'")
    off = {name for name, value in said.items() if value.lower() == "false"}
    return source, {
        **said,
        **dict.fromkeys(off, ""),
        **(dict.fromkeys(("echo", "output"), "") if "include" in off else {}),
    }


def _joined(value: object) -> str:
    return "".join(str(part) for part in value) if isinstance(value, list) else str(value)


class _Reader:
    """Turns cells into parts, with the document's language and the notebook's folder at hand."""

    def __init__(
        self, document: Document, folder: Path | None, language: str, include_input: bool, trusted: bool
    ) -> None:
        self.document, self.folder, self.language = document, folder, language
        self.include_input, self.trusted = include_input, trusted
        self.lang = document.lang
        #: The tag of the Markdown that is kept: that of the language, or of the one that it falls back to.
        self.prose = f"lang:{document.lang}"
        #: The last sources shown; they stand at the end of the page.
        self.sources: Sources | None = None
        self.macros: Macros = {}
        #: Markdown by the index of its cell, equations with their numbers.
        self.equations: dict[int, str] = {}
        self.numbers: Numbers = dict
        self.caption = ""

    def cell(self, cell: NotebookNode, index: int, number: int) -> Iterator[Part]:
        tags = {str(tag).replace("_", "-") for tag in cell.metadata.get("tags", ())}
        where = f"cell {number}"
        if tags & {"remove-cell", "hide-cell"}:
            return
        if cell.cell_type == "markdown":
            tagged = {tag for tag in tags if tag.startswith("lang:")}
            if not tagged or self.prose in tagged:
                source = visible(phrase(self.equations[index], self.lang))
                yield self._tree(
                    markdown.to_html(source, prefix=f"c{index}", lang=self.lang, macros=self.macros),
                    where,
                    cell.get("attachments"),
                )
        elif cell.cell_type == "raw":
            yield from self._raw(cell, where)
        elif cell.cell_type == "code":
            source, said = _quarto(cell.source)
            jupyter = _mapping(cell.metadata.get("jupyter"))
            hidden = bool(tags & {"remove-input", "hide-input"}) or bool(jupyter.get("source_hidden"))
            hidden = hidden or cell.metadata.get("hide_input") is True or said.get("echo") == ""
            if self.include_input and not hidden and source.strip():
                yield CodePart(where, shortened(visible(source.strip("\n")), self.lang), self.language)
            closed = bool(tags & {"remove-output", "remove-outputs", "hide-output"}) or said.get("output") == ""
            self.caption = said.get("fig-cap", "")
            if not closed and not jupyter.get("outputs_hidden") and not cell.metadata.get("collapsed"):
                foreign = 0
                for number, output in enumerate(joined_streams(cell.get("outputs", ())), start=1):
                    foreign += MIME not in _mapping(output.get("data"))  # a volume has thousands of tables of its own
                    if foreign > MAX_OUTPUTS or (said.get("warning") == "" and output.get("name") == "stderr"):
                        continue
                    yield from self._output(output, f"{where}, output {number}", f"c{index}-{number}")
                left_out = foreign - MAX_OUTPUTS
                if left_out > 0:
                    yield NoticePart(where, message("page.notice.long_text", self.lang, count=left_out))

    def _tree(self, text: str, where: str, attachments: object = None, *, output: bool = False) -> Part:
        around = markup.Surroundings(self.lang, self.folder, _mapping(attachments), formulas=output)
        try:
            return TreePart(where, markup.build(text, around), output)
        except ValueError:
            root = etree.Element("div")
            root.append(markup.notice(message("page.notice.html", self.lang)))
            etree.SubElement(root, "pre").text = visible(shortened(text, self.lang))
            return TreePart(where, root, output)

    def _raw(self, cell: NotebookNode, where: str) -> Iterator[Part]:
        kind = str(cell.metadata.get("raw_mimetype") or cell.metadata.get("format") or "")
        if not cell.source.strip() or (self.document.ours and not kind):
            return
        if kind == "text/html":
            yield self._tree(cell.source, where)
        elif kind == "text/markdown":
            yield self._tree(markdown.to_html(visible(cell.source), lang=self.lang), where)
        else:
            yield self._terminal(cell.source, where, "plain")

    def _terminal(self, text: str, where: str, kind: str) -> Part:
        runs = [replace(run, text=visible(run.text)) for run in terminal_runs(shortened(text.rstrip("\n"), self.lang))]
        return TerminalPart(where, runs, kind)

    def _output(self, output: NotebookNode, where: str, name: str) -> Iterator[Part]:
        kind = output.get("output_type")
        if kind == "stream":
            text = _joined(output.get("text", ""))
            if text.strip("\n"):
                text = without_cell_files(text, self.numbers)
                yield self._terminal(text, where, "stderr" if output.get("name") == "stderr" else "stdout")
        elif kind == "error":
            lines = output.get("traceback") or [f"{output.get('ename', '')}: {output.get('evalue', '')}"]
            text = without_cell_files("\n".join(str(line) for line in lines), self.numbers)
            yield self._terminal(text, where, "error")
        elif kind in ("display_data", "execute_result"):
            yield from self._bundle(_mapping(output.get("data")), _mapping(output.get("metadata")), where, name)

    def _bundle(self, data: Mapping[str, Any], metadata: Mapping[str, Any], where: str, name: str) -> Iterator[Part]:
        if MIME in data:
            yield from self._block(data, where, name)
            return
        html_text = _joined(data["text/html"]) if "text/html" in data else ""
        if self.trusted and html_text.strip():
            yield TrustedPart(where, html_text)
            return
        live = next((kind for mime in data for kind in _LIVE if mime.startswith(f"application/vnd.{kind}")), "")
        if live and not any(mime.startswith("image/") for mime in data):
            yield from self._live(live, data, metadata, where)
            return
        if any(mime in data for mime in _WIDGETS):
            yield NoticePart(where, message("page.notice.widget", self.lang))
            html_text = ""
            data = {mime: value for mime, value in data.items() if mime.startswith("image/")}
        if "image/svg+xml" in data:
            yield self._picture("image/svg+xml", data, metadata, where)
        elif html_text.strip() and not markup.only_scripted(html_text):
            yield self._tree(html_text, where, output=True)
        elif "text/latex" in data and not (
            _PROSE.search(_joined(data["text/latex"]))
            and _PLAINER & data.keys()
            and not _NOTHING_SAID.match(_joined(data.get("text/plain", "")))
        ):
            yield self._latex(_joined(data["text/latex"]), where)
        elif any(mime in data for mime in pictures.RASTER):
            yield self._picture(next(mime for mime in pictures.RASTER if mime in data), data, metadata, where)
        elif "text/markdown" in data:
            yield self._tree(
                markdown.to_html(visible(_joined(data["text/markdown"])), lang=self.lang), where, output=True
            )
        elif html_text.strip():
            plain = "text/plain" in data
            yield self._tree(_FALLBACK.sub("", html_text) if plain else html_text, where, output=True)
            if "text/plain" in data:
                yield self._terminal(_joined(data["text/plain"]), where, "plain")
        elif "application/json" in data:
            text = json.dumps(data["application/json"], ensure_ascii=False, indent=2)
            yield self._terminal(text, where, "plain")
        elif any(mime in data for mime in _SCRIPTED):
            yield NoticePart(where, message("page.notice.script", self.lang, tags="JavaScript"))
        elif "text/plain" in data:
            if (text := _joined(data["text/plain"])).strip() and not _DRAWN.match(text):
                yield self._terminal(text, where, "plain")
        elif data:
            yield NoticePart(where, message("page.notice.unknown", self.lang, mime=", ".join(sorted(data))[:200]))

    def _live(self, kind: str, data: Mapping[str, Any], metadata: Mapping[str, Any], where: str) -> Iterator[Part]:
        """A chart that only a browser draws: drawn here if that can be done, else named."""
        spec = next((value for mime, value in data.items() if "vegalite" in mime), None)
        if isinstance(spec, Mapping):
            with contextlib.suppress(plots.NotDrawn):
                drawn, details = plots.drawing(spec)
                yield self._picture("image/svg+xml", drawn, {**metadata, **details}, where)
                return
        yield NoticePart(where, message("page.notice.live", self.lang, kind=_LIVE[kind]))

    def _latex(self, text: str, where: str) -> Part:
        tex, display = strip_delimiters(html.unescape(text) if "&amp;" in text else text)
        return self._tree(
            markdown.formula(tex, display=display, lang=self.lang, macros=self.macros), where, output=True
        )

    def _picture(self, mime: str, data: Mapping[str, Any], metadata: Mapping[str, Any], where: str) -> Part:
        details = {**metadata, **_mapping(metadata.get(mime))}
        try:
            picture = pictures.load(mime, _joined(data[mime]))
        except pictures.BadPicture as error:
            return NoticePart(where, message("page.notice.broken_image", self.lang, reason=str(error)))
        if missing := details.get(MISSING):
            raise MissingGlyph(str(missing[0])[:1], where)
        plain = _joined(data.get("text/plain", ""))
        alt = str(details.get("alt") or "").strip()
        if not alt:
            alt = message("page.image", self.lang) if plain.startswith("<") or not plain else plain[:200]
        return PicturePart(where, picture, visible(alt), visible(str(details.get("caption") or self.caption)))

    def _block(self, data: Mapping[str, Any], where: str, name: str) -> Iterator[Part]:
        try:
            block = read_block(data[MIME], name)
        except (BadBlock, TypeError, ValueError) as error:
            yield NoticePart(where, message("page.notice.broken_block", self.lang, reason=str(error)))
            return
        if isinstance(block, Cover):
            return
        if isinstance(block, Sources):
            self.sources = block
            return
        drawing = narrow = None
        if isinstance(block, Chart):
            try:
                drawing = clean(_joined(data.get("image/svg+xml", "")))
            except BadDrawing:
                yield NoticePart(where, message("page.notice.chart_missing", self.lang))
            if block.narrow:
                with contextlib.suppress(BadDrawing):  # the wide drawing stands for it
                    narrow = clean(block.narrow)
        yield BlockPart(where, block, drawing, narrow)


#: Charts that a script draws in a browser, by how their types begin.
_LIVE = {
    "plotly": "Plotly",
    "vegalite": "Vega-Lite",
    "vega": "Vega",
    "bokehjs_exec": "Bokeh",
    "holoviews_exec": "HoloViews",
}
#: Words of TeX that no formula holds, and forms of an output that say the same without TeX.
_PROSE = re.compile(
    r"\\begin\{(?:verbatim|itemize|enumerate|description|tabular|quote|center)\}|\A\s*\\(?:text\w\w|section|href)\{"
)
_PLAINER = {"text/markdown", "text/plain"}
_NOTHING_SAID = re.compile(r"<IPython\.core\.display\.\w+ object>\Z")
#: What matplotlib's calls return: the name of what was drawn, beside the drawing itself.
_DRAWN = re.compile(
    r"(array\(\[+)?\[?<(Axes|matplotlib\.|seaborn\.axisgrid\.|(Bar|Errorbar|Stem)Container)"
    r"|Text\((?:np\.\w+\([^()]*\)|[-\w.: ]+|<[^<>]*>), "
)
