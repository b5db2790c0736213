"""A document as Typst source: pages, blocks, listings of programs and their output."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from importlib import resources
from urllib.parse import quote

from planbrief.display.document import Chart, Heading, KeyNumbers, Runs, Sentence, Sources, Table
from planbrief.display.language import Lang, has_message, message
from planbrief.render import pictures, table_layout
from planbrief.render.outline import (
    BlockPart,
    CodePart,
    Document,
    NoticePart,
    Part,
    PicturePart,
    TerminalPart,
    TreePart,
    numbers,
    opens_chapter,
    short_title,
)
from planbrief.render.pdf.blocks import TreeWriter, figure, text_runs
from planbrief.render.pdf.text import content, literal, prose
from planbrief.render.pictures import size_px, small_line, to_bytes
from planbrief.render.safe_text import AnsiRun, highlighted, marker, visible
from planbrief.render.stylesheets import readable_on
from planbrief.render.table_layout import MONO_EM

#: Creation date of a document that states no date: 2000-01-01.
CONSTANT_DATE = datetime.date(2000, 1, 1)
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z")


@dataclass
class Source:
    """Typst code with the files it reads, and the date it states."""

    text: str
    files: dict[str, bytes] = field(default_factory=dict)
    date: datetime.date = CONSTANT_DATE

    @property
    def timestamp(self) -> int:
        """The date as seconds since 1970, UTC."""
        return int(datetime.datetime.combine(self.date, datetime.time(), datetime.UTC).timestamp())


def stated_date(text: str) -> datetime.date:
    """The date a report states, as a date; a constant where it states none.

    >>> stated_date("2024-06").isoformat()
    '2024-06-01'
    """
    match = _DATE.match(text.strip())
    if match:
        try:
            return datetime.date(int(match.group(1)), int(match.group(2) or 1), int(match.group(3) or 1))
        except ValueError:
            return CONSTANT_DATE
    return CONSTANT_DATE


#: Width of a listing in em of its type: 164 mm at 7.6 pt.
LINE_EM = 164.0 / (7.6 * 25.4 / 72)
#: Lines of one listing that a PDF shows from its beginning and from its end.
HEAD_LINES, TAIL_LINES = 140, 40
_FILLS = {
    "red": "warning",
    "yellow": "warning",
    "green": "good",
    "blue": "accent",
    "cyan": "accent",
    "magenta": "accent",
}
_BARS = {
    "stdout": "none, bar: hair",
    "plain": "none, bar: hair",
    "stderr": "none, bar: warning",
    "error": 'rgb("#fdf5ec"), bar: warning',
}


def _advance(character: str) -> float:
    return MONO_EM if ord(character) < 0x2E80 else 1.0


def broken(pieces: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Break styled text into lines that fit a listing; tabs go to stops of eight.

    Parameters
    ----------
    pieces : iterable of (text, style)
        Text in order; newlines end lines.
    """
    lines: list[list[tuple[str, str]]] = [[]]
    used = 0.0
    for text, style in pieces:
        start = ""
        for character in text:
            if character == "\n":
                if start:
                    lines[-1].append((start, style))
                lines.append([])
                start, used = "", 0.0
                continue
            if character == "\t":
                column = round(used / MONO_EM)
                character = " " * (8 - column % 8)
            advance = sum(_advance(part) for part in character)
            if used + advance > LINE_EM:
                lines[-1].append((start, style))
                lines.append([])
                start, used = "", 0.0
            start += character
            used += advance
        if start:
            lines[-1].append((start, style))
    return lines


_TOKEN = re.compile(r'<span class="h-(\w+)">(.*?)</span>', re.S)
#: How kinds of token look, by the first letters of pygments' short names; names that are longer come first.
_TOKEN_STYLES = (
    (("nb", "nd", "bp", "m", "il"), "text(fill: warning"),  # built-in names, decorators, numbers
    (("k", "ow"), "text(fill: accent, weight: 700"),  # keywords and operators that are words
    (("c",), "text(fill: soft"),
    (("s", "dl"), "text(fill: good"),
)


def _highlighted(text: str, language: str) -> list[tuple[str, str]]:
    if not language or len(text) > 100_000:
        return [(text, "")]
    # Every other part is the class of the token before it: text, class, text, text, class …
    parts = _TOKEN.split(highlighted(text, language).removesuffix("\n"))
    shown = [(unescape(parts[0]), "")]
    for kind, token, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        style = next((style for kinds, style in _TOKEN_STYLES if kind.startswith(kinds)), "")
        shown += [(unescape(token), style), (unescape(after), "")]
    return shown


def _lines(lines: Sequence[Sequence[tuple[str, str]]]) -> str:
    codes = []
    for line in lines:
        codes.append(
            "; ".join(f"{style}, {literal(text)})" if style else literal(text) for text, style in _merged(line))
        )
    return "{" + "; linebreak(); ".join(code or '" "' for code in codes) + "}"


def _merged(line: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    merged: list[tuple[str, str]] = []
    for text, style in line:
        if merged and (merged[-1][1] == style or not (text.strip() or merged[-1][1].startswith("formed"))):
            merged[-1] = (merged[-1][0] + text, merged[-1][1])
        elif text:
            merged.append((text, style))
    return merged


def _cut(lines: list[list[tuple[str, str]]], lang: Lang) -> list[list[tuple[str, str]]]:
    """A listing that a reader of paper can bear: its head and its tail."""
    left_out = len(lines) - HEAD_LINES - TAIL_LINES
    if left_out < 20:
        return lines
    note = message("page.notice.long_text", lang, count=left_out)
    return [*lines[:HEAD_LINES], [(note, "text(fill: warning")], *lines[-TAIL_LINES:]]


def listing(text: str | list[tuple[str, str]], language: str = "", lang: Lang = "zh") -> str:
    """A block of code, as text or as stretches of text with their styles."""
    pieces = _highlighted(visible(text), language) if isinstance(text, str) else text
    return f"listing({_lines(_cut(broken(pieces), lang))})"


def ansi_listing(runs: Sequence[AnsiRun], kind: str, lang: Lang = "zh") -> str:
    """A block of terminal text: stdout, stderr, a traceback or a plain value."""
    pieces = []
    for run in runs:
        options = [f"fill: {fill}"] if (fill := _FILLS.get(run.color, "")) and not run.ground else []
        options += ["weight: 700"] if "bold" in run.forms else []
        forms = [f'"{form}"' for form in sorted(run.forms - {"bold"})]
        if run.ground:
            options.append(f'fill: rgb("#{readable_on(run.ground)}")')
            forms.append(f'rgb("#{run.ground}")')
        style = f"text({', '.join(options)}" if options else ""
        if forms:
            style = f"formed(({', '.join(forms)},), text.with({', '.join(options)})"
        pieces.append((run.text, style))
    return f"listing(fill: {_BARS[kind]}, {_lines(_cut(broken(pieces), lang))})"


#: More headings than this, or more parts than that, get a table of contents, unless the chapters are few.
CONTENTS_FROM, LONG_FROM, FEW_CHAPTERS = 8, 60, 5
#: More headings than this are listed by their first level only.
DEEP_FROM = 30
#: A report of one page to share has forms of its own for its head, its numbers and its findings.
POSTER = (
    "#show: poster",
    *(f"#let {name} = poster-{form}" for name, form in (
        ("cover", "cover"), ("key-numbers", "numbers"), ("findings", "findings")
    )),
)  # fmt: skip
#: Tallest picture on a page, in mm.
MAX_HEIGHT_MM = 195.0


@cache
def library() -> str:
    """The functions every page uses."""
    return (resources.files("planbrief.render") / "assets" / "page.typ").read_text(encoding="utf-8")


class _Page:
    """Writes the parts of one document and keeps what they need."""

    def __init__(self, document: Document) -> None:
        self.document, self.lang = document, document.lang
        self.files: dict[str, bytes] = {}
        self.missing: dict[str, None] = {}
        self.told: set[str] = set()  # documents that a source line has named in full
        anchors = {entry.id for entry in document.entries}
        self.trees = TreeWriter(document.lang, self._keep, anchors, listing, document.footnotes)
        self.anchors = anchors

    def _keep(self, data: bytes, mime: str) -> tuple[str, float, float]:
        picture = pictures.reopen(mime, data)
        return self.picture(picture)

    def picture(self, picture: pictures.Picture) -> tuple[str, float, float]:
        """Keep a picture as a file; its name, and its width and height in mm as they fit the page."""
        name = f"picture-{len(self.files) + 1}.svg"
        self.files[name] = self.shown(picture.as_svg().decode("utf-8"), name).encode()
        width = min(max(picture.width_px, 4.0) * 25.4 / 96, table_layout.UPRIGHT_MM)
        height = width * picture.height_px / max(picture.width_px, 1.0)
        if height > MAX_HEIGHT_MM:
            width, height = width * MAX_HEIGHT_MM / height, MAX_HEIGHT_MM
        return name, width, height

    def shown(self, code: str, where: str) -> str:
        """Code in which every character has a glyph: a marker stands for one that has none, and a notice names it."""
        unknown = [
            character
            for character in dict.fromkeys(code)
            if not table_layout.covered(character) and character not in "\n\t"
        ]
        if not unknown:
            return code
        for character in unknown:
            self.missing[character] = None
            code = code.replace(character, marker(character))
        return code

    def parts(self, contents: str) -> list[str]:
        """Code of every part in order; bullets that follow each other make one list.

        The contents stand before the first heading, so that a report opens with its answer. The closing sources take
        the text right before them along, back to its heading.
        """
        written: list[str] = []
        bullets: list[str] = []
        text = 0  # where in `found` the present stretch of text began
        parts = self.document.parts
        for before, part, after in zip([None, *parts], parts, [*parts[1:], None], strict=False):
            block = part.block if isinstance(part, BlockPart) else None
            if isinstance(block, Sentence) and block.style == "bullet":
                bullets.append(self.shown(text_runs(block.runs, self.lang), part.where))
                continue
            if bullets:
                written.append(f"findings({', '.join(bullets)})")
                bullets = []
            if contents and opens_chapter(part):
                written.append(contents)
                contents = ""
            code = f"intro({self.part(part)})" if _introduces(before, block, after) else self.part(part)
            if isinstance(block, Sources):
                written[text:] = [f"ending({content(*written[text:])}, {self.shown(code, part.where)})"]
            elif code:
                written.append(self.shown(code, part.where))
            if isinstance(part, TreePart) or isinstance(block, Heading):
                text = len(written) - bool(code)
            elif not isinstance(block, Sentence):
                text = len(written)
        if bullets:
            written.append(f"findings({', '.join(bullets)})")
        return written

    def part(self, part: Part) -> str:
        """Code of one part."""
        if isinstance(part, BlockPart):
            return self.block(part)
        if isinstance(part, TreePart):
            return self.trees.tree(part.root)
        if isinstance(part, CodePart):
            return listing(part.text, part.language, self.lang)
        if isinstance(part, TerminalPart):
            return ansi_listing(part.runs, part.kind, self.lang)
        if isinstance(part, PicturePart):
            return self._picture_part(part)
        return f"notice({literal(part.text)})" if isinstance(part, NoticePart) else ""

    def _picture_part(self, part: PicturePart) -> str:
        name, width, _ = self.picture(part.picture)
        image = f"image({literal(name)}, width: {width:.2f}mm, alt: {literal(part.alt)})"
        if not part.caption:
            return f"block(above: 4mm, below: 4mm, {image})"
        return f"figure({self._numbered()}, caption: {literal(part.caption)}, {image})"

    def block(self, part: BlockPart) -> str:
        """Code of a block of ours."""
        block, lang = part.block, self.lang
        if isinstance(block, Heading):
            return f"[#heading(level: {block.level}, {text_runs(block.runs, lang)})#label({literal(block.id)})]"
        if isinstance(block, Sentence):
            function = {"lead": "lead", "callout": "callout", "note": "remark"}.get(block.style, "par")
            return f"{function}({text_runs(block.runs, lang)})"
        if isinstance(block, KeyNumbers):
            items = []
            for item in block.items:
                line = "".join(f"({x:g}, {y:g}), " for x, y in small_line(item.points))
                words = (text_runs(runs, lang) for runs in (item.label, item.value, item.note))
                items.append(f"({', '.join(words)}, ({line}))")
            return f"key-numbers({', '.join(items)})" if items else ""
        if isinstance(block, Table):
            return figure(block, lang, below=self._below(block.notes, block.sources))
        if isinstance(block, Chart):
            return self._chart(part, block)
        return self._sources(block) if isinstance(block, Sources) else ""

    def _numbered(self) -> str:
        return f'kind: image, supplement: {literal(message("page.figure", self.lang))}, numbering: "1"'

    def _chart(self, part: BlockPart, block: Chart) -> str:
        if part.drawing is None:
            return figure(block.data, self.lang) if block.data else ""
        width_px, height_px = size_px(part.drawing)
        name = f"picture-{len(self.files) + 1}.svg"
        self.files[name] = self.shown(to_bytes(part.drawing).decode(), part.where).encode()
        width = min(block.width_mm, table_layout.UPRIGHT_MM)
        if width * height_px / max(width_px, 1.0) > MAX_HEIGHT_MM:
            width = MAX_HEIGHT_MM * width_px / height_px
        alt = block.alt or "".join(run.text for run in block.caption) or message("page.image", self.lang)
        body = f"block(breakable: false, image({literal(name)}, width: {width:.2f}mm, alt: {literal(alt)}))"
        below = self._below(block.notes, block.sources)
        return (
            f"captioned({{figure({self._numbered()}, caption: {text_runs(block.caption, self.lang)}, {body})"
            + (f"; below({below})" if below else "")
            + "})"
        )

    def _below(self, notes: tuple[Runs, ...], sources: tuple[str, ...]) -> str:
        lines = [
            f"par({content(literal(message('page.note', self.lang)), text_runs(note, self.lang))})" for note in notes
        ]
        if sources:
            titles = {
                document.get("source_id"): document
                for document in (self.document.sources.documents if self.document.sources else ())
            }
            known = numbers(self.document.sources.documents if self.document.sources else ())
            named: list[str] = []
            for source in sorted(sources, key=lambda one: known.get(one, 0)):
                if named:
                    named.append(literal("；" if self.lang == "zh" else "; "))
                document = titles.get(source, {})
                if source in known:
                    named += [f'link(label("d{known[source]}"), {literal(f"[{known[source]}]")})']
                if source in known and (len(known) == 1 or source in self.told):
                    continue  # named in full before or, the only one, at the end of the report
                self.told.add(source)
                title = short_title(document.get("title") or source)
                named.append(literal(" " if source in known else ""))
                named.append(_foreign(title, document.get("title_lang", ""), self.lang))
            lines.append(f"par({content(literal(message('page.sources_line', self.lang)), *named)})")
        return content(*lines) if lines else ""

    def _sources(self, block: Sources) -> str:
        lang = self.lang
        items = []
        for number, document in enumerate(block.documents, start=1):
            facts: list[str] = []
            for key in ("producer", "doc_number", "disclosure"):  # paper has room for the name or its English
                if document.get(key):
                    english = document.get(f"{key}_en", "")
                    fact = literal(english) if english else _foreign(document[key], "zh", lang)
                    facts += [literal(" · ")] * bool(facts) + [fact]
            date = document.get("date_text") or document.get("date_published") or ""
            facts += [literal(" · " * bool(facts)), *prose(date)] if date else []
            if document.get("producer") == "":
                facts += [literal(" · " * bool(facts)), *prose(message("sources.no_producer", lang))]
            source = document.get("source_id", "")
            title = _foreign(document.get("title") or source, document.get("title_lang", ""), lang)
            if (
                source
                and self.document.in_edition
                and any(card["source_id"] == source for card in block.observations.values())
            ):
                title = f"link({literal(f'numbers/{quote(source)}.html')}, {title})"
            items.append(
                content(
                    f"anchor({literal(f'd{number}')})",
                    title,
                    f"muted({content(literal(' · '), *facts)})" if facts else "",
                )
            )
        remarks = [
            content(
                f"heavy({literal(message(f'page.{key}', lang) + message('page.link_separator', lang))})",
                text_runs(runs, lang),
            )
            for key, runs in (("citation", block.citation), ("feedback", block.feedback))
            if runs
        ]
        if self.document.in_edition:  # beside its page, their list and the pages of numbers
            index = "../index.html" if lang == "zh" else "../index.en.html"
            places = [(f"{self.document.name}.html", "page.web_page"), (index, "page.all_reports")]
            if block.observations:
                places.append((f"{self.document.name}.html#page-numbers", "page.provenance.all"))
            places += [(f"{report}.html", f"page.related.{notebook}") for notebook, report in self.document.related]
            links = [
                f"link({literal(address)}, {literal(message(key, lang))})"
                for address, key in places
                if has_message(key, lang)
            ]
            remarks.append(content(*[part for link in links for part in (literal(" · "), link)][1:]))
        listed = "".join(f"{item}, " for item in items)
        return f"closing({', '.join([literal(message('page.sources', lang)), f'({listed})', *remarks])})"


def _introduces(before: Part | None, block: object, after: Part | None) -> bool:
    """Whether a paragraph stands between a heading and the list, table or chart that it introduces."""
    if not (isinstance(block, Sentence) and block.style == "paragraph"):
        return False
    if not (isinstance(before, BlockPart) and isinstance(before.block, Heading) and isinstance(after, BlockPart)):
        return False
    listed = isinstance(after.block, Sentence) and after.block.style == "bullet"
    return listed or isinstance(after.block, (Table, Chart))


def _foreign(text: str, of: str, lang: Lang) -> str:
    if of and of != lang:
        return f"text(lang: {literal(of)}, region: {literal('cn' if of == 'zh' else 'gb')}, {literal(text)})"
    return literal(text)


def _contents(document: Document) -> str:
    """Code of the table of contents, empty where none is wanted."""
    wanted, count = document.settings.get("toc"), len(document.entries)
    chapters = sum(entry.level == 1 for entry in document.entries)
    long = chapters > FEW_CHAPTERS and (count > CONTENTS_FROM or len(document.parts) > LONG_FROM)
    if wanted is False or not count or not (long or wanted is True):
        return ""
    depth = 1 if count > DEEP_FROM else 2
    listed = [(entry.level, entry.text) for entry in document.entries if entry.level <= depth]
    listed += [(1, message("page.sources", document.lang))] if document.sources else []
    expected = "".join(f"({level}, {literal(text)}), " for level, text in listed)
    title = literal(message("page.contents", document.lang))
    return f"contents(title: {title}, depth: {depth}, expected: ({expected}))"


def source(document: Document) -> Source:
    """Typst source of a document.

    Raises
    ------
    TableOverflow
        A table fits no page.
    """
    page = _Page(document)
    lang = document.lang
    date = stated_date(document.data_as_of)
    place = ("、" if lang == "zh" else ", ").join(document.place)
    as_of = message("page.data_as_of", lang, date=document.data_as_of) if document.data_as_of else ""
    before, _, after = message("page.page_of", lang, page="{page}", pages="{pages}").partition("{page}")
    middle, _, end = after.partition("{pages}")
    goes_on, _, on_end = message("page.table_goes_on", lang, number="{number}").partition("{number}")
    subject = document.subtitle or " · ".join(part for part in (place, as_of) if part)
    title, subtitle, place, subject = (
        page.shown(literal(text), "the title block") for text in (document.title, document.subtitle, place, subject)
    )
    body = page.parts(_contents(document))
    if page.missing:
        listed = "、".join(marker(character) for character in list(page.missing)[:40])
        body.append(f"notice({literal(message('page.notice.glyphs', lang, characters=listed))})")
    lines = [
        library(),
        f"#show: paper.with(title: {title}, subject: {subject}, place: {place}, language: {literal(lang)}, "
        f"running: {str(document.ours).lower()}, "
        f"date: datetime(year: {date.year}, month: {date.month}, day: {date.day}), "
        f"words: (page: (x, y) => {literal(before)} + str(x) + {literal(middle)} + str(y) + {literal(end)}, "
        f"continued: x => {literal(goes_on)} + str(x) + {literal(on_end)}))",
        *(POSTER if document.settings.get("poster") else ()),
        f"#cover(title: {title}, subtitle: {subtitle}, place: {place}, as-of: {literal(as_of)})",
        *(f"#{{{code}}}" for code in body),
    ]
    return Source("\n".join(lines) + "\n", page.files, date)
