"""The page that a notebook is filling: its language, what it has shown, and what stands behind its numbers."""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from planbrief import languages
from planbrief.display.document import Cover, Run, Sources
from planbrief.display.language import Lang, is_chinese, message, pick, term
from planbrief.display.quantities import FigureLike, date_text, grouped, level_text, period_text, unit_words
from planbrief.errors import PlanbriefError
from planbrief.targets.frames import digest
from planbrief.targets.names import Label, comment_zh, located, subject_label

if TYPE_CHECKING:
    from planbrief.targets import Dataset


class NoPage(PlanbriefError):
    """A notebook shows something before it called begin()."""

    text = "{} needs a page: call pb.page(notebook, lang=…) in the first cell after the parameters"


@dataclass
class Page:
    """One page while it is being written.

    Attributes
    ----------
    notebook : str
        Name of the notebook, as the catalog has it.
    lang : {"zh", "en"}
        Language of the page.
    ds : Dataset or None
        The data; None for a page that shows no data of the package.
    parameters : mapping
        Validated parameters.
    observations : dict
        Ids of the observations behind everything shown so far, in order of appearance.
    aside : dict
        Ids behind frames that a cell left as they are: shown only if the renderer keeps the cell.
    figures : dict
        Figures shown in sentences, by key.
    """

    notebook: str
    lang: Lang
    ds: Dataset | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    places: tuple[str, ...] = ()
    data_as_of: str = ""
    cover: Cover | None = None
    observations: dict[str, None] = field(default_factory=dict)
    aside: dict[str, None] = field(default_factory=dict)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    feedback: str = ""
    #: Name of the project whose data it shows.
    project: str = "planbrief"
    finished: bool = False
    #: Headings of open sections that have shown nothing yet.
    pending: list[Callable[[], None]] = field(default_factory=list)

    def identify(self, stem: str, *, bare: bool = False) -> str:
        """An id for a block, unique on the page: ``table-1``, ``table-2``; ``bare`` leaves out the first number."""
        self.counts[stem] += 1
        number = self.counts[stem]
        return stem if bare and number == 1 else f"{stem}-{number}"

    def raw(self, obs_id: str) -> Mapping[str, str]:
        """An observation as its file holds it, empty if there is none."""
        if self.ds is None:
            return {}
        row = self.ds.package["observations"].by_key.get(obs_id)
        return row.values if row else {}

    def place(self, obs_id: str) -> str:
        """Where a number is printed, in one line: the number, its document and locator."""
        row = self.raw(obs_id)
        if not row or self.ds is None:
            return obs_id
        source = self.ds.row("sources", row["source_id"])
        title = languages.wording(source["title_zh"], source["title_en"], self.lang) or source["title_zh"]
        parts = (f"“{row['value_text']}” {row['unit_measure']}".rstrip(), title, row["locator"], obs_id)
        return " · ".join(part for part in parts if part)

    def printed(self, figure: FigureLike) -> str:
        """The number as its source prints it, where a figure is no computation and printed alike in every place."""
        if figure.formula:
            return ""
        texts = {self.raw(obs_id).get("obs_value", "") for obs_id in figure.observations}
        return texts.pop() if len(texts) == 1 else ""

    def use(self, observations: str | Iterable[str]) -> list[str]:
        """Remember observations as shown; returns them as a list."""
        ids = [observations] if isinstance(observations, str) else [str(one) for one in observations]
        for obs_id in ids:
            self.observations.setdefault(obs_id)
            if source := self.raw(obs_id).get("source_id"):
                self.sources.setdefault(source)
        return ids


_current: list[Page] = []
#: Data sets that a notebook loaded itself (``pb.load()``): what is read from them counts as read by its page.
_loaded: list[Dataset] = []


def loaded(ds: Dataset) -> Dataset:
    """Remember a data set that the notebook reads beside its page's."""
    _loaded.append(ds)
    return ds


def reads_of(page: Page) -> list[dict[str, Any]]:
    """What the page and the notebook around it have read, each question once: what the page must be made anew for."""
    found: dict[str, dict[str, Any]] = {}
    for ds in (page.ds, *_loaded):
        for read in ds.reads if ds is not None else ():
            found.setdefault(repr(read), dict(read))
    return list(found.values())


def activate(page: Page) -> Page:
    """Make a page the one that say, show and finish write to."""
    _current[:] = [page]
    return page


def open_page_now() -> Page | None:
    """The page being written, None where none is or it is finished."""
    return _current[0] if _current and not _current[0].finished else None


def places(observations: Iterable[str]) -> list[str]:
    """Where the page's numbers with these ids are printed, a line each."""
    return [_current[0].place(one) if _current else one for one in observations]


def current(call: str = "this call") -> Page:
    """The page being written; :class:`NoPage` if there is none."""
    if not _current:
        raise NoPage(call)
    return _current[0]


def language(lang: str | None = None) -> Lang:
    """A given language, else that of the current page, else Chinese."""
    if lang is not None:
        return languages.language(str(lang)).code
    return _current[0].lang if _current else "zh"


def emit(bundle: Mapping[str, Any], *, display_id: str | None = None, update: bool = False) -> None:
    """Show a mime bundle: in a notebook as an output, in plain Python as printed text."""
    while _current and _current[0].pending and not update:
        _current[0].pending.pop(0)()  # the headings above the first thing of a section
    shell = None
    if "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    if shell is None:
        if not update:
            print(bundle.get("text/plain", ""))
        return
    transient = {"display_id": display_id} if display_id else None
    shell.display_pub.publish(data=dict(bundle), metadata={}, transient=transient, update=update)


def newest(page: Page, sources: Iterable[str]) -> str:
    """Date of the newest of some documents (ISO), empty if none has a date."""
    if page.ds is None:
        return ""
    return max((page.ds.row("sources", source)["date_published"] for source in sources), default="")


def document_card(page: Page, source: str) -> dict[str, Any]:
    """What a reader needs to find a document again; the original title stands beside a translated one."""
    if page.ds is None:
        return {"source_id": source, "title": source, "title_lang": page.lang}
    row = page.ds.row("sources", source)
    title = languages.wording(row["title_zh"], row["title_en"], page.lang) or row["title_zh"]
    card: dict[str, Any] = {
        "source_id": source,
        "title": title,
        "title_lang": "zh" if is_chinese(title) else "en",
        "title_original": row["title_zh"],
        "date_text": date_text(row["date_published"], page.lang),
    }
    for name in ("producer", "doc_number", "doc_type", "date_published", "url", "disclosure", "sha256"):
        card[name] = row.get(name, "")
    if page.lang == "en":
        known = {
            "producer": issuer(page.ds, row["producer"]),
            "disclosure": term("disclosure", row["disclosure"], "en"),
        }
        card |= {f"{name}_en": text for name, text in known.items() if text and not is_chinese(text)}
    if not row.get("file_name", "?"):
        card["disclosure"] = message("sources.typed", page.lang)
    return card


#: Ends of the names of those who issue documents, and their English; what stands before them is a place.
ISSUERS = {
    "人民政府办公厅": "General Office of the People's Government of {place}",
    "人民政府办公室": "Office of the People's Government of {place}",
    "人民政府": "People's Government of {place}",
    "发展和改革委员会": "Development and Reform Commission of {place}",
    "统计局": "Bureau of Statistics of {place}",
    "日报": "{place} Daily",
}


def issuer(ds: Dataset, name: str) -> str:
    """The English name of who issued a document, if it is a place with a common ending; else empty.

    四川省人民政府 is the People's Government of Sichuan, 重庆日报 the Chongqing Daily.
    """
    ending = next((one for one in ISSUERS if name.endswith(one)), "")
    before = name.removesuffix(ending)
    rows = ds.package["areas"].cells("name_zh", "name_en") if ending and before else ()
    place = next((english for full, english in rows if before in (full, full[:-1])), "")
    return ISSUERS[ending].format(place=place) if place else ""


def _name(page: Page, table: str, key: str) -> str:
    return page.ds.name(table, key, page.lang) if page.ds is not None and key else ""


def unit_named(unit: str, lang: Lang) -> str:
    """A unit in the words of a language; other words than the printed ones keep those beside them.

    >>> [unit_named(unit, "en") for unit in ("亿元", "倍", "条", "%")], unit_named("亿元", "zh")
    (['100 million yuan (亿元)', 'times (倍)', 'counted in 条', '%'], '亿元')
    """
    words = unit_words(unit, lang)[0]
    if unit and not words and is_chinese(unit):  # a word for counting: English names what is counted instead
        return message("numbers.counted", lang, unit=unit)
    words = words or unit
    return f"{words} ({unit})" if words != unit and is_chinese(unit) else words


#: Between a number and its unit, which belong on one line.
_NO_BREAK = "\N{NO-BREAK SPACE}"


def amount_named(value: str, upper: str, unit: str, lang: Lang) -> str:
    r"""A value of the tables with its unit in the words of a language, the printed amount beside other words.

    >>> amount_named("750", "", "亿元", "en"), amount_named("19", "", "条", "en"), amount_named("6", "", "%", "en")
    ('75 billion yuan (750\xa0亿元)', '19 (19\xa0条)', '6%')
    """
    try:
        numbers = [Decimal(one) for one in (value, upper) if one]
    except ArithmeticError:
        numbers = []
    if not numbers:
        return " ".join(part for part in (value, unit_named(unit, lang)) if part) if value else ""
    words = level_text(numbers, unit, lang)
    printed = grouped(level_text(numbers, unit, "zh")) if lang != "zh" and is_chinese(unit) else words
    return f"{words} ({printed.replace(' ', _NO_BREAK)})" if printed != words else words


def placed(locator: str, lang: Lang) -> str:
    """A place in a document in the words of a language, the printed ones beside them where they are others.

    A heading of the document stands as it is printed, and then the place needs no repeating.

    >>> placed("表1 第2行", "en"), placed("表1 第2行", "zh"), placed("发展现状 第1点", "en")
    ('table 1 row 2 (表1 第2行)', '表1 第2行', '发展现状 point 1')
    """
    words = locator if lang == "zh" else pick(located(locator), lang)
    return words if words == locator or is_chinese(words) else f"{words} ({locator})"


def observation_card(page: Page, obs_id: str) -> dict[str, Any]:
    """One observation in the words of the page, and as printed."""
    row, lang = page.raw(obs_id), page.lang
    card: dict[str, Any] = {
        "source_id": row.get("source_id", ""),
        "locator": placed(row.get("locator", ""), lang),
        "value_text": row.get("value_text", ""),
        "value": row.get("obs_value", ""),
        "unit": unit_named(row.get("unit_measure", ""), lang),
        "period": period_text(row.get("time_period", ""), lang),
        "area": _name(page, "areas", row.get("ref_area", "")),
        "indicator": _name(page, "indicators", row.get("indicator", "")),
        "kind": term("kind", row.get("kind", ""), lang),
        "comment": row.get("comment_obs", ""),
    }
    if lang == "zh" and page.ds is not None and (words := comment_zh(page.ds, card["comment"])):
        card |= {"comment": words, "comment_lang": lang}
    upper = row.get("upper_value", "")
    card["amount"] = amount_named(card["value"], upper, row.get("unit_measure", ""), lang)
    if upper:
        card["upper_value"] = upper
    if activity := row.get("activity"):
        card["activity"] = _name(page, "activities", activity)
    if subject := row.get("subject"):
        named = subject_label(page.ds, subject) if page.ds is not None else Label(subject, subject)
        card["subject"] = named.zh if lang == "zh" else named.en
    comparator = row.get("comparator", "eq")
    if comparator not in ("", "eq"):
        card["comparator"] = term("comparator", comparator, lang)
    for name in ("transformation", "price_base"):
        if (code := row.get(name)) and code != "level":
            card[name] = term(name, code, lang)
    return card


def citation(lang: Lang, title: str, date: str, project: str, data: str) -> str:
    """How to cite a page: title, date, and which project's data in which state."""
    return message("sources.citation", lang, title=title, date=date_text(date, lang), project=project, data=data)


def data_mark(page: Page) -> str:
    """Twelve hexadecimal digits that stand for all data that the page read: the same data, the same mark."""
    if page.ds is None:
        return "0" * 12
    found = hashlib.sha256()
    for read in page.ds.reads:
        found.update(f"{json.dumps(read, sort_keys=True)} {digest(page.ds.package, read)}\n".encode())
    return found.hexdigest()[:12]


def sources_block(page: Page) -> Sources:
    """The block that closes a page: documents, observation cards, citation, address for corrections, reads."""
    observations = [obs_id for obs_id in page.observations if page.raw(obs_id)]
    cards = {obs_id: observation_card(page, obs_id) for obs_id in observations}
    for card in cards.values():
        page.sources.setdefault(card["source_id"])
    documents = [document_card(page, source) for source in sorted(page.sources)]
    aside = {one: observation_card(page, one) for one in page.aside if one not in cards and page.raw(one)}
    behind = sorted({card["source_id"] for card in aside.values()} - set(page.sources))
    data_as_of = newest(page, page.sources) or page.data_as_of
    return Sources(
        page.lang,
        tuple(documents),
        cards,
        aside,
        tuple(document_card(page, source) for source in behind),
        (Run(citation(page.lang, page.title, data_as_of, page.project, data_mark(page))),),
        (Run(page.feedback or message("sources.feedback", page.lang)),),
        data_as_of,
        message("sources.heading", page.lang),
        page.figures,
        tuple(reads_of(page)),
    )
