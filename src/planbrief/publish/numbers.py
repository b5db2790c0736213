"""A page per number: what it is, where it is printed, what is asked about it, what follows from it, where it is used.

The numbers of one document in one language are one file, each a section with a permanent address that shows alone when
it is asked for (``:target``): 1,600 numbers would be thousands of files, a script would be needed to make one page show
each of them, and a file per document states the document once and lets the reader leaf through it in print order.

What a number is follows from the data and is worded in a process of the pool (:func:`describe`); where it is used
follows from the lists of numbers that the pages of reports carry (:func:`render`), those of earlier editions too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from planbrief.display.document import Run, Runs
from planbrief.display.language import Lang, mark, message, pick, sentence_case, term
from planbrief.display.quantities import figure_runs
from planbrief.display.state import Page, document_card, placed, unit_named
from planbrief.display.views.databook import document_name
from planbrief.display.views.facts import fact_figure, fact_name, records, value_cell, word
from planbrief.measures.evidence import merged_facts
from planbrief.publish.index import asset, hashed, template
from planbrief.render.html.cells import TAGS, Safe, Writer, esc, lang_attribute, number_id
from planbrief.run.manifest import INDEX_PAGES, FindingEntry, Manifest
from planbrief.targets.names import comment_zh, label, located, period, subject_label

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: What is said of a number or of a document, by the key of its head.
HEADS = (
    *("printed", "unit", "prices", "form", "bound", "indicator", "definition", "scope", "wanted", "of", "area"),
    *("against", "period", "status", "document", "place", "characters", "remark", "id"),
    *("original", "producer", "doc_number", "date", "disclosure", "url"),
)
#: Reports that are named beside a computed number.
MOST_PAGES = 2
#: Values of one series that are listed beside a number.
MOST_BESIDE = 12


@dataclass(frozen=True)
class Number:
    """One number in one language, as HTML: what stands above and below the list of its uses."""

    id: str
    theme: str
    name: str
    above: str
    asked: str


@dataclass(frozen=True)
class Paper:
    """One document in one language, as HTML: its name, its card, its numbers in the order of print."""

    source: str
    title: str
    plain: str
    card: str
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Described:
    """Findings of the audit over a project's data, and its documents by language."""

    findings: tuple[FindingEntry, ...] = ()
    papers: Mapping[str, tuple[Paper, ...]] = field(default_factory=dict)


def address(lang: str, source: str) -> str:
    """Path of the page with the numbers of a document in an edition."""
    return f"{lang}/numbers/{source}.html"


def describe(project: str, langs: Sequence[str]) -> Described:
    """What the manifest says of a project's findings, and what its pages of numbers say of each number."""
    from planbrief.languages import look_in
    from planbrief.measures.audit import audit
    from planbrief.project import at
    from planbrief.targets import load

    place = at(Path(project))
    look_in(place.notebooks)
    ds = load(place)
    found = tuple(FindingEntry(one.id, one.rule, one.severity, tuple(one.observations)) for one in audit(ds, None))
    return Described(found, {lang: tuple(_Teller(ds, lang).papers()) for lang in langs})


class _Teller:
    """Words the numbers of a data set in one language."""

    def __init__(self, ds: Dataset, lang: str) -> None:
        from planbrief.api.frames import findings

        self.ds, self.lang, self.page = ds, lang, Page("databook", lang, ds)
        self.writer, self.texts, self.about = Writer(lang), dict[str, str](), dict[str, str]()
        self.heads = {key: esc(self.said(key)) for key in HEADS}
        self.titles = {one: pick(document_name(ds, one), lang) for one in ds.documents()}
        self.asked: dict[str, list[str]] = defaultdict(list)
        for row in records(findings(ds, None, lang)):
            for one in row["observations"]:
                said = sentence_case(message(f"severity.{row['severity']}", lang))
                self.asked[one].append(
                    f"<li><strong>{esc(said)}</strong>{self.said('colon')}{self.spoken(row['text'])}</li>"
                )
        self.rows = {row["obs_id"]: row for row in records(ds.observations.reset_index())}
        self.same: dict[str, tuple[str, ...]] = {}
        self.series: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for fact in merged_facts(ds.observations):
            self.same.update(dict.fromkeys(fact["observations"], fact["observations"]))
            if fact["dated"] and fact["obs_value"] == fact["obs_value"]:
                self.series[self.line(fact)].append(fact["observations"][0])
        self.names = {one: self.spoken(pick(fact_name(ds, row), lang)) for one, row in self.rows.items()}
        self.values = {one: self.value(row) for one, row in self.rows.items()}
        self.periods = {one: self.spoken(pick(period(row["time_period"]), lang)) for one, row in self.rows.items()}

    def said(self, key: str, **values: object) -> str:
        """A message of these pages."""
        return message(f"numbers.{key}", self.lang, **values)

    def spoken(self, text: str) -> str:
        """A text as HTML, words of the other language marked as such; each is worked out once."""
        if text not in self.texts:
            self.texts[text] = self.writer.runs(mark(text, self.lang))
        return self.texts[text]

    @staticmethod
    def line(row: Mapping[str, Any]) -> tuple[str, ...]:
        """What makes values one series."""
        names = ("ref_area", "indicator", "activity", "subject", "counterpart_area", "transformation", "unit_measure")
        return tuple(str(row[name]) for name in names)

    def value(self, row: Mapping[str, Any]) -> str:
        """The value as it is read, with its unit and bound."""
        cell = value_cell(self.ds, dict(row), fact_figure(row, ())).value
        if isinstance(cell, str | tuple) or hasattr(cell, "zh"):
            return self.spoken(pick(cell, self.lang))
        printed = self.page.raw(row["obs_id"]).get("obs_value", "")
        runs: Runs = figure_runs(cell, self.lang, printed)
        return self.writer.runs(tuple(Run(run.text, run.lang) for run in runs))

    def link(self, one: str, inner: str, source: str) -> str:
        """A link from the page of a document to a number of any document."""
        other = self.rows[one]["source_id"]
        return f'<a href="{"" if other == source else quote(other) + ".html"}#{number_id(one)}">{inner}</a>'

    def papers(self) -> Iterator[Paper]:
        """Documents with the numbers they print."""
        listed: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.rows.values():
            listed[row["source_id"]].append(row)
        for source in self.ds.documents():
            rows = sorted(listed[source], key=lambda row: (row["char_start"], row["obs_id"]))
            if rows:
                name = self.titles[source]
                numbers = tuple(self.number(row) for row in rows)
                yield Paper(source, self.spoken(name), name, self.card(source), numbers)

    def card(self, source: str) -> str:
        """The document: title, original title, issuer, number, date, what it says of itself."""
        card, lang = document_card(self.page, source), self.lang
        facts = [(key, card.get(f"{key}_en") or card.get(key, "")) for key in ("producer", "doc_number", "disclosure")]
        facts = [(key, f"{text} ({card[key]})" if card.get(f"{key}_en") else text) for key, text in facts]
        facts.insert(2, ("date", card["date_text"]))
        facts.append(("url", card["url"]))
        if card["title_original"] != card["title"]:
            facts.insert(0, ("original", card["title_original"]))
        if not card["producer"]:
            facts.append(("producer", message("sources.no_producer", lang)))
        lines = "".join(f"<dt>{self.heads[key]}</dt><dd>{self.spoken(text)}</dd>" for key, text in facts if text)
        title = f"<cite{lang_attribute(card['title_lang'], lang)}>{esc(card['title'])}</cite>"
        return f"<p>{title}</p><dl>{lines}</dl>"

    def number(self, row: Mapping[str, Any]) -> Number:
        """One number: what stands above the list of its uses, and the questions about it."""
        obs_id, source, lang = row["obs_id"], row["source_id"], self.lang
        area = pick(label(self.ds, "areas", row["ref_area"]), lang)
        name = f"{self.names[obs_id]} · {self.spoken(area)}"
        kind = sentence_case(term("kind", row["kind"], lang))
        short = f"{name} · {self.periods[obs_id]} · {self.values[obs_id]}"
        above = (
            f'<h2>{name}</h2><p class="big">{self.values[obs_id]}</p>'
            f'<p class="note">{esc(kind)} · {self.periods[obs_id]}</p><dl>{self.facts(row)}</dl>'
        )
        same = [one for one in self.same.get(obs_id, ()) if one != obs_id]
        above += self.block("same", [f"{self.link(one, self.place(one), source)}" for one in same])
        above += self.block("series", [self.told(one, source) for one in self.beside(row)])
        theme = word(self.ds, "themes", self.ds.row("indicators", row["indicator"])["theme"])
        asked = "".join(self.asked.get(obs_id, ()))
        asked = f"<h3>{esc(self.said('asked'))}</h3><ul>{asked}</ul>" if asked else ""
        return Number(obs_id, esc(pick(theme, lang)), short, above, asked)

    def beside(self, row: Mapping[str, Any]) -> list[str]:
        """The values of the same series that are nearest in time, in their order."""
        known = [one for one in self.series[self.line(row)] if one not in self.same.get(row["obs_id"], ())]
        years = {one: self.rows[one]["year"] for one in known}
        near = sorted(known, key=lambda one: (abs(years[one] - row["year"]) if row["dated"] else 0.0, one))
        return sorted(near[:MOST_BESIDE], key=lambda one: (years[one], one))

    def told(self, one: str, source: str) -> str:
        """A number in a line: its period, which leads there, its value and kind."""
        kind = esc(term("kind", self.rows[one]["kind"], self.lang))
        said = f"{self.values[one]}{self.said('comma')}{kind}"
        return f"{self.link(one, self.periods[one], source)}{self.said('colon')}{said}"

    def block(self, key: str, items: Sequence[str]) -> str:
        """A heading and a list, nothing where there is nothing to list."""
        listed = "".join(f"<li>{item}</li>" for item in items)
        return f"<h3>{esc(self.said(key))}</h3><ul>{listed}</ul>" if listed else ""

    def place(self, one: str) -> str:
        """Where a number is printed: the document and the place in it."""
        row = self.rows[one]
        where = (self.titles[row["source_id"]], pick(located(row["locator"]), self.lang))
        return self.spoken(self.said("comma").join(part for part in where if part))

    def facts(self, row: Mapping[str, Any]) -> str:
        """What a number is, a line each; a line without text is left out."""
        lang, raw = self.lang, self.page.raw(row["obs_id"])
        printed, comment = raw["value_text"], raw.get("comment_obs", "")
        start, end = raw.get("char_start", ""), raw.get("char_end", "")
        form, bound, status = row["transformation"], row["comparator"], row["obs_status"]
        found = {
            "printed": f"<span{lang_attribute('zh', lang)}>{esc(printed)}</span>" if printed else "",
            "unit": self.spoken(unit_named(row["unit_measure"], lang)),
            "prices": self.coded("price_base", row["price_base"]),
            "form": self.coded("transformation", form) if form != "level" else "",
            "bound": self.coded("comparator", bound) if bound not in ("eq", "range") else "",
        }
        about = {
            "of": self.named("activities", row["activity"]) or self.subject(row["subject"]),
            "area": self.named("areas", row["ref_area"]),
            "against": self.named("areas", row["counterpart_area"]),
            "period": self.periods[row["obs_id"]],
            "status": self.coded("obs_status", status) if status != "A" else "",
            "document": self.spoken(self.titles[row["source_id"]]),
            "place": self.spoken(placed(row["locator"], lang)),
            "characters": self.span(int(start), int(end)) if start and end else "",
            "remark": self.remark(comment),
            "id": f"<code{lang_attribute('en', lang)}>{esc(row['obs_id'])}</code>",
        }
        return self.lines(found) + self.indicator(row["indicator"]) + self.lines(about)

    def remark(self, comment: str) -> str:
        """A comment in the words of the page, or marked as what it is."""
        if self.lang == "zh" and (words := comment_zh(self.ds, comment)):
            return self.spoken(words)
        return f"<span{lang_attribute('en', self.lang)}>{spoken(comment, 'en')}</span>" if comment else ""

    def span(self, start: int, end: int) -> str:
        """Characters from `start` up to `end`, which is none of them, as people count: from one, the last included."""
        key = "character" if end == start + 1 else "span"
        return esc(self.said(key, start=start + 1, end=end))

    def lines(self, found: Mapping[str, str]) -> str:
        """Terms and what they are."""
        return "".join(f"<dt>{self.heads[key]}</dt><dd>{inner}</dd>" for key, inner in found.items() if inner)

    def coded(self, vocabulary: str, code: str) -> str:
        """A code of a vocabulary in words."""
        return esc(sentence_case(term(vocabulary, code, self.lang))) if code not in ("", "none") else ""

    def named(self, table: str, key: str) -> str:
        """A row of a reference table by its name."""
        return self.spoken(pick(label(self.ds, table, key), self.lang)) if key not in ("", "none") else ""

    def indicator(self, name: str) -> str:
        """What is measured: indicator, definition, concept and scope, what is wanted of it."""
        if name not in self.about:
            row = self.ds.row("indicators", name)
            scopes = [self.named("concepts", row["concept"]), self.named("scopes", row["scope"])]
            wanted = [self.coded("direction", row["direction"]), self.coded("character", row["character"])]
            found = {
                "indicator": self.named("indicators", name),
                "definition": self.spoken(row["definition_zh" if self.lang == "zh" else "definition"] or ""),
                "scope": esc(self.said("listed")).join(filter(None, scopes)),
                "wanted": esc(self.said("listed")).join(filter(None, wanted)),
            }
            self.about[name] = self.lines(found)
        return self.about[name]

    def subject(self, subject: str) -> str:
        """What is no place and no branch: a company, a project, an event."""
        return self.spoken(pick(subject_label(self.ds, subject), self.lang)) if subject else ""


def spoken(text: str, lang: Lang) -> str:
    """A text as HTML, words of another language than its own marked as such."""
    return Writer(lang).runs(mark(text, lang))


def counted(number: str, unit: str) -> str:
    """A number as HTML with its unit: per cent at each end of a range, a unit that begins with a number in brackets.

    >>> counted("4.8–9.3", "%"), counted("2", "亿元"), counted("32.3", "100 million yuan (亿元)")
    ('4.8%–9.3%', '2 亿元', '32.3 (100 million yuan, 亿元)')
    """
    if unit == "%":
        return re.sub(r"(?<=\d)(?=–| to |$)", unit, number)
    if unit[:1].isdigit():
        return f"{number} ({unit.removesuffix(')').replace(' (', ', ')})"
    return f"{number} {unit}" if unit else number


# -- where numbers are used -------------------------------------------------------------------------------------------

_LIST = '<section class="numbers" id="page-numbers"'
_ROW = re.compile(r'<tr id="([nc]-[^"]+)"><th scope="row">(.*?)</th><td>(.*?)</td></tr>', re.DOTALL)
_OWN = re.compile(r'<tr id="(n-[^"]+)">')
_BARE = re.compile(r"[\d.,−–—\s]+")
_BEHIND = re.compile(r'href="#(n-[^"]+)"')


@dataclass
class Uses:
    """Where the reports of one language use numbers: by address of the number, HTML that leads there."""

    #: A line for each report.
    places: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    #: Address of a computed number → its formula, result and formula, links to the reports that show it.
    computed: dict[str, tuple[str, str, list[str]]] = field(default_factory=dict)
    #: Computed numbers that a number is behind.
    behind: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def read(self, page: str, name: str, title: str, separator: str) -> None:
        """Add what the page of a report tells of its numbers; `name` is the stem of its file."""
        main, found, numbers = page.rpartition(_LIST)
        href = f"../{quote(name)}.html"
        for own in _OWN.findall(main if found else page):
            self.places[own].append(f'<a href="{href}#{own}">{title}</a>')
        for key, head, rest in _ROW.findall(numbers if found else ""):
            cells = rest.split("</td><td>")
            if key.startswith("n-"):
                leads = cells[-1].replace('href="#', f'href="{href}#')
                shown = f'<a href="{href}#{key}">{title}</a>'
                self.places[key].append(f"{shown}{separator}{leads}" if leads else shown)
                continue
            formula, unit, behind = cells[0], cells[1], cells[3]
            if not formula or 'href="#n-' not in behind:
                continue  # a count, or one fact printed in several places
            said = f"<strong>{counted(head, unit) if _BARE.fullmatch(head) else head}</strong> = {formula}"
            _, before, pages = self.computed.get(key, ("", "", []))
            self.computed[key] = (formula, before or said, [*pages, f'<a href="{href}#{key}">{title}</a>'])
            for one in _BEHIND.findall(behind):
                self.behind[one][key] = None

    def of(self, key: str, words: Mapping[str, str]) -> str:
        """What follows from a number, and the pages that show it."""
        derived: dict[str, tuple[str, list[str]]] = {}
        for formula, said, pages in (self.computed[one] for one in self.behind.get(key, ())):
            shown, known = derived.get(formula, ("", []))
            derived[formula] = (max(shown, said, key=len), [*known, *pages])
        lines = [
            f"<li>{result}{words['in']}{words['listed'].join(pages[:MOST_PAGES])}</li>"
            for result, pages in derived.values()
        ]
        pieces = [f"<h3>{words['computed']}</h3><ul>{''.join(lines)}</ul>"] if lines else []
        places = self.places.get(key, ())
        used = "".join(f"<li>{place}</li>" for place in places) or f"<li>{words['unused']}</li>"
        return "".join([*pieces, f"<h3>{words['used']}</h3><ul>{used}</ul>"])


def render(manifest: Manifest, described: Described, read: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """The pages of numbers of an edition with their paths, one after another; `read` are the pages of its reports."""
    langs = [lang for lang in described.papers if any(entry.html and entry.lang == lang for entry in manifest.reports)]
    for lang in langs:
        uses, colon = Uses(), esc(message("numbers.colon", lang))
        for entry in manifest.reports:
            if entry.lang == lang and entry.html and entry.html.path in read:
                uses.read(read[entry.html.path], entry.id, Writer(lang).runs(mark(entry.title, lang)), colon)
        other = next((one for one in ("en" if lang == "zh" else "zh", *langs) if one != lang and one in langs), "")
        for paper in described.papers[lang]:
            yield address(lang, paper.source), _page(paper, lang, other, uses).encode()


@cache
def _words(lang: Lang) -> dict[str, str]:
    names = (
        "used", "unused", "computed", "in", "listed", "previous", "next", "list", "document", "back",
        "theme", "navigation", "switch", "all",
    )  # fmt: skip
    return {name: esc(message(f"numbers.{name}", lang)) for name in names}


def _page(paper: Paper, lang: Lang, other: str, uses: Uses) -> str:
    """The page of a document: a section for each number, the list of all of them, the document's card."""
    words = _words(lang)
    keys = [number_id(number.id) for number in paper.numbers]
    there = f"../../{other}/numbers/{quote(paper.source)}.html" if other else ""

    def switch(place: str) -> str:
        said = f'lang="{TAGS[other]}" hreflang="{TAGS[other]}"'
        return f'<a class="switch" href="{there}{place}" {said}>{words["switch"]}</a>' if there else ""

    sections, themes = [], defaultdict(list)
    for at, (key, number) in enumerate(zip(keys, paper.numbers, strict=True)):
        turn = [f'<a href="#{keys[at - 1]}">{words["previous"]}</a>'] if at else []
        turn += [f'<a href="#{keys[at + 1]}">{words["next"]}</a>'] if at + 1 < len(keys) else []
        turn += [f'<a href="#all">{words["all"]}</a>', switch(f"#{key}")]
        sections.append(
            f'<section class="number" id="{key}">{number.above}{number.asked}{uses.of(key, words)}'
            f'<p class="turn">{" ".join(turn)}</p></section>\n'
        )
        themes[number.theme].append(f'<li><a href="#{key}">{number.name}</a></li>')
    contents = "".join(
        f"<details><summary>{theme} ({len(items)})</summary><ol>{''.join(items)}</ol></details>\n"
        for theme, items in themes.items()
    )
    style, script = asset("page.css") + asset("numbers.css"), asset("theme.js") + asset("numbers.js")
    text = template("numbers.html.j2").render(
        lang=TAGS[lang],
        csp=f"default-src 'none'; script-src '{hashed(script)}'; style-src '{hashed(style)}'; base-uri 'none'; "
        "form-action 'none'",
        style=Safe(style),
        script=Safe(script),
        words={name: Safe(text) for name, text in words.items()},
        title=paper.plain,
        heading=Safe(paper.title),
        index=f"../../{INDEX_PAGES.get(lang, INDEX_PAGES['en'])}",
        switch=Safe(switch("")),
        sections=Safe("".join(sections)),
        contents=Safe(contents),
        card=Safe(paper.card),
        lead=message("numbers.lead", lang, count=len(paper.numbers)),
    )
    return text if text.endswith("\n") else f"{text}\n"
