"""Text of blocks as HTML: escaping, languages, and numbers that lead to their sources."""

from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import dataclass, field

from planbrief.display.document import Cell, Mark, Runs, Sources
from planbrief.display.language import Lang
from planbrief.display.outputs import identifier
from planbrief.render.safe_text import visible


class _Tags(dict[str, str]):
    def __missing__(self, code: str) -> str:
        return code


#: Language tags by the code of a language of pages.
TAGS = _Tags(zh="zh-CN")
#: Digits and a unit.
_AMOUNT = re.compile(r"[\d.,—–]+\s?\w{1,4}")
#: Linked numbers in prose up to this length stay on one line.
_ONE_LINE = 30
#: A number that counts more observations than this names their documents, not each of them.
MANY = 200


def esc(text: str) -> str:
    """Text for an element or a quoted attribute.

    >>> esc('<a "b">')
    '&lt;a &quot;b&quot;&gt;'
    """
    return html.escape(visible(text), quote=True)


class Safe(str):
    """Text that is HTML already: a template sets it as it is."""

    def __html__(self) -> str:
        """What a template asks a text for that it need not escape."""
        return str(self)


def lang_attribute(lang: str, page: Lang) -> str:
    """`` lang="…"`` where a text is not in the page's language, else nothing."""
    return f' lang="{TAGS[lang]}"' if lang and lang != page else ""


def json_script(value: object) -> str:
    """JSON that cannot end its script element.

    >>> json_script({"a": "</script>"})
    '{"a":"\\\\u003c/script\\\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def number_id(observation: str) -> str:
    """Address of an observation on every page that shows it, the same in each language and edition.

    >>> number_id("bazhong-plan-2024-01239")
    'n-bazhong-plan-2024-01239'
    """
    return identifier(f"n-{observation}", "n")


def _is_amount(text: str) -> bool:
    """Whether a stretch of text is one short amount, whose number and unit stay on one line.

    >>> _is_amount("142.8 亿元"), _is_amount("2+4产业体系和三大赛道"), _is_amount("华峰集团")
    (True, False, False)
    """
    return _AMOUNT.fullmatch(text) is not None


@dataclass
class Writer:
    """What all parts of one HTML page share: its language, its observations, the colours its charts use."""

    lang: Lang
    sources: Sources | None = None
    #: source id → number of its entry in the closing list
    positions: dict[str, int] = field(default_factory=dict)
    #: Observations that some number on the page leads to.
    used: set[str] = field(default_factory=set)
    #: Those whose own row stands in a table of the page → whether it is written already.
    listed: dict[str, bool] = field(default_factory=dict)
    #: Observation → what a reader should know of it as it is shown (its interval).
    notes: dict[str, dict[str, None]] = field(default_factory=dict)
    #: Address of a number that is not one observation as printed → its text as shown first, what stands behind it.
    computed: dict[str, tuple[str, Mark]] = field(default_factory=dict)
    #: Observation or address → id and name of each part of the page where it is used, in their order.
    places: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Id and name of the part of the page that is being written.
    place: tuple[str, str] = ("main", "")
    #: ``rrggbb`` of charts and cells → counterpart on the dark page.
    dark: dict[str, str] = field(default_factory=dict)
    #: Classes that only some pages need → their rules of style.
    rules: dict[str, str] = field(default_factory=dict)
    #: Heads of columns that a phone shows before each cell → the class that does so.
    cards: dict[tuple[str, ...], str] = field(default_factory=dict)
    #: Text colours set by other people's HTML → (light, dark) that can be read.
    text_colors: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        documents = self.sources.documents if self.sources else ()
        self.told: set[str] = set()  #: documents that a source line has named in full
        self.positions = {document.get("source_id", ""): number for number, document in enumerate(documents, start=1)}

    def number(self, inner: str, mark: Mark | None) -> str:
        """A number; with observations or a formula behind it, a link to the row that says where it comes from.

        The address of a computed number is made of what stands behind it and so stays while that stays.
        """
        if not mark or self.sources is None:
            return inner
        first = mark.observations[0] if len(mark.observations) == 1 else ""
        one = first and not mark.formula and not (mark.note and first in self.listed)
        target = number_id(first) if one else ""
        if one and mark.note:
            self.notes.setdefault(first, {})[mark.note] = None
        if not target:
            behind = "\n".join((*mark.observations, mark.formula, mark.unit))
            target = f"c-{hashlib.sha256(behind.encode()).hexdigest()[:10]}"
            self.computed.setdefault(target, (inner, mark))
        few = mark.observations if len(mark.observations) <= MANY else ()
        self.used.update(few)
        for name in (target, *few):
            self.places.setdefault(name, {}).setdefault(*self.place)
        data = f' data-o="{esc(first)}"' if one else " data-f"
        if len(inner) > _ONE_LINE:
            data += ' class="b"'
        return f'<a href="#{esc(target)}"{data}>{inner}</a>'

    def runs(self, runs: Runs) -> str:
        """Runs of text as HTML."""
        pieces = []
        for run in runs:
            whole = run.mark is not None and len(run.text) <= _ONE_LINE
            inner = esc(run.text.replace(" ", "\u00a0") if whole else run.text)
            lang = lang_attribute(run.lang, self.lang)
            if lang and not run.mark and _is_amount(run.text):
                lang += ' class="q"'
            if run.mark:
                inner = self.number(inner, run.mark)
            if run.strong:
                inner = f"<strong{lang}>{inner}</strong>"
            elif lang:
                inner = f"<span{lang}>{inner}</span>"
            pieces.append(inner)
        return "".join(pieces)

    def cell(self, cell: Cell) -> str:
        """Text of a table cell, its number leading to its sources."""
        inner = self.runs(cell.runs)
        if cell.mark and inner and not any(run.mark for run in cell.runs):
            inner = self.number(inner, cell.mark)
        return inner
