"""Cells of tables and other text as HTML: languages, numbers that lead to their sources, and columns.

A browser left alone makes a column of sentences as narrow as its longest word. So each head says how wide its column
would like to be; the shares are those of the PDF (:mod:`planbrief.render.table_layout`). A table that needs more than
the screen scrolls in its own region.
"""

from __future__ import annotations

import hashlib
import html
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from planbrief.display.document import Cell, Mark, Runs, Sources, Table
from planbrief.display.language import Lang
from planbrief.display.outputs import identifier
from planbrief.render.safe_text import visible
from planbrief.render.table_layout import LONGEST_EM, Demand, column_widths, demand, line_counts, width_em


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
    #: Whether pages of numbers lie beside this one.
    in_edition: bool = False
    #: source id → number of its entry in the closing list
    positions: dict[str, int] = field(default_factory=dict)
    #: Observations that some number on the page leads to.
    used: set[str] = field(default_factory=set)
    #: Those whose own row stands in a table of the page → whether it is written already.
    listed: dict[str, bool] = field(default_factory=dict)
    #: Observation → what a reader should know of it as it is shown (its interval).
    notes: dict[str, dict[str, None]] = field(default_factory=dict)
    #: Address of a number that is not one observation as printed → its text as shown first, what stands behind it.
    computed: dict[str, tuple[str, Mark, str]] = field(default_factory=dict)
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

    def number(self, inner: str, mark: Mark | None, unit: str = "") -> str:
        """A number; with observations or a formula behind it, a link to the row that says where it comes from.

        The `unit` is what it is counted in where it stands without, as under a head that tells the unit.

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
            self.computed.setdefault(target, (inner, mark, unit))
        few = mark.observations if len(mark.observations) <= MANY else ()
        self.used.update(few)
        for name in (target, *few):
            self.places.setdefault(name, {}).setdefault(*self.place)
        data = f' data-o="{esc(first)}"' if one else " data-f"
        if len(inner) > _ONE_LINE:
            data += ' class="b"'
        return f'<a href="#{esc(target)}"{data}>{inner}</a>'

    def leading(self, observation: str, inner: str) -> str:
        """A text that leads to the page of an observation, where there is one."""
        known = self.sources.observations if self.sources and self.in_edition and inner else {}
        source = str(known.get(observation, {}).get("source_id") or "")
        if not source:
            return inner
        return f'<a href="numbers/{quote(source)}.html#{esc(number_id(observation))}">{inner}</a>'

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
            inner = self.number(inner, cell.mark, cell.unit)
        return inner


#: Heads of columns up to this width stay on one line; in a table that hardly fits only those of one word.
_SHORT_HEAD_EM, _WORD_HEAD_EM = 6.5, 4.0
#: Rooms in the order in which they are tried: classes of the region, em of its type, em for a column of sentences, em
#: of heads that stay on one line.
_ROOMS = (
    ("", 49.0, 8.5, _SHORT_HEAD_EM),
    (" wide", 62.0, 7.2, _SHORT_HEAD_EM),
    (" wide wider", 75.0, 8.5, _SHORT_HEAD_EM),
    (" wide wider", 75.0, 4.4, _WORD_HEAD_EM),
)
#: Size of an em in the steps in which space is moved between columns, as on paper.
_EM_MM = 3.0
#: Left and right inset of a cell together, and the arrow of a head that sorts.
_INSET_EM, _ARROW_EM = 1.4, 0.9
#: How much wider a reader's own face may run than the one that is measured: Latin letters differ, Chinese do not.
_FACE = {"zh": 1.06, "en": 1.12}
#: Columns whose cells are no wider than this do not wrap.
_SHORT_CELL_EM = 9.2
#: How much more the names of rows need: who looks for a row reads them first.
_NAMES = 1.25
#: Width of a column of sentences in a table that no room holds.
_SENTENCE_EM = 8.5
#: Longer heads are set in lines of about this width.
_HEAD_EM = 5.8
#: How much wider the face of heads runs.
_BOLD = 1.15
#: Where a browser breaks lines: between words, behind hyphens, between Chinese characters.
_WORDS = re.compile(r"\s+|(?<=-)|(?<=[\u2e80-\uffef])|(?=[\u2e80-\uffef])")
#: What no line of a head ends within: a bracket in Chinese, a year, years from and to.
_KEPT = re.compile(r"（[^（）<>]{1,4}）|\d+(?:[–—]\d+)?年|\d+[–—]\d+")
#: Browsers keep Chinese words on a page in English whole up to this width.
_KEPT_WORD_EM = 11.0
#: Where an amount may be broken: before what is kept beside it.
_PIECES = re.compile(r" (?=[(（])")
#: Amounts up to this width keep number and unit on one line; longer ones are words.
_AMOUNT_EM = 13.0
#: A name and the bracket behind it, without marks of HTML; a date.
_BRACKET = re.compile(r"^([^<（]+)(（[^<]+）)$")
_DATE = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
#: A space that does not stand before a bracket.
_SPACE = re.compile(r" (?![(（])")
#: Longer names of rows do not stay in view on a phone, they would fill it.
_NAME_EM = 45.0
#: Rows on average higher than this ask for the wider room.
_MEAN_LINES = 2.3
#: Class of the cells of a column by its alignment in heads; left needs none.
_ALIGNED = {"right": "r", "decimal": "r", "center": "m"}
#: A row's unit that stands under its name on a phone has a column of this key.
_UNIT = "unit"


def class_names(block: Table, writer: Writer) -> str:
    """Classes of a table: columns that keep their cells on one line, names that stay in view, the unit of each row.

    Each of the numbered classes brings its rule to the page when it is first used.
    """
    names = []
    for position in (position for position in range(len(block.columns)) if _short(block, position)):
        names.append(f"n{position + 1}")
        rule = f"tbody>tr:not(.group)>:nth-child({position + 1}){{white-space:nowrap}}"
        writer.rules[names[-1]] = f"@media screen{{.n{position + 1} {rule}}}"
    unit = unit_position(block)
    if unit:
        names.append(f"u{unit + 1}")
        rule = f".u{unit + 1} tr:not(.group)>:nth-child({unit + 1}){{display:none}}"
        writer.rules[names[-1]] = f"@media screen and (max-width:40rem){{{rule}}}"
    if carded(block):
        names += ["c", _card_heads(block, writer)]
    elif len(block.columns) > 2 and _named(block) and demand(block, 0).body <= _NAME_EM:
        names.append("s")
    elif len(block.columns) == 2:
        names.append("pair")
    return f' class="{" ".join(names)}"' if names else ""


def _card_heads(block: Table, writer: Writer) -> str:
    """The class that puts the heads of columns before the cells of a card; tables with the same heads share it."""
    heads = ["".join(run.text for run in one.label) + (f" {one.unit}" if one.unit else "") for one in block.columns[1:]]
    name = writer.cards.setdefault(tuple(heads), f"h{len(writer.cards) + 1}")
    rules = []
    for position, text in enumerate(heads, start=2):
        if text:
            said = json.dumps(text, ensure_ascii=False).replace("<", "\\3c ")
            rules.append(f".{name}>tbody>tr:not(.group)>:nth-child({position})::before{{content:{said}}}")
    writer.rules[name] = f"@media screen and (max-width:40rem){{{''.join(rules)}}}" if rules else ""
    return name


def carded(block: Table) -> bool:
    """Whether a phone shows each row as a card: its name, then a line for each cell with the head of its column.

    A table whose cells span others inside a row stays what it is; two columns share the width of the screen.
    """
    spans = any(
        cell.rowspan > 1 or (cell.colspan > 1 and _more(row, at)) for row in block.rows for at, cell in enumerate(row)
    )
    return len(block.columns) > 2 and not spans and not block.heads


def _more(row: Sequence[Cell], position: int) -> bool:
    """Whether cells follow those that a cell covers; the heads of their columns would be counted wrongly."""
    return any(cell.colspan for cell in row[position + 1 :])


def _named(block: Table) -> bool:
    """Whether rows begin with their names."""
    return any(row and row[0].head and row[0].text for row in block.rows)


def _short(block: Table, position: int) -> bool:
    """Whether a column of years, units or kinds stays on one line."""
    if block.columns[position].align == "decimal":
        return False
    return max((width_em(row[position].text) for row in block.rows if position < len(row)), default=0) <= _SHORT_CELL_EM


def unit_position(block: Table) -> int:
    """Position of the column that holds the unit of each row, 0 where there is none.

    Beside the names it pushes the numbers out of a phone's view, and behind them it takes three lines.
    """
    unit = next((position for position, column in enumerate(block.columns) if column.key == _UNIT), 0)
    if len(block.columns) < 3 or not unit or not _named(block):
        return 0
    plain = all(len(row) > unit and {one.colspan * one.rowspan for one in row[: unit + 1]} == {1} for row in block.rows)
    return unit if plain else 0


def phone_unit(row: Sequence[Cell], unit: int, writer: Writer) -> str:
    """The unit of a row once more, under its name, for screens that leave out its column."""
    text = writer.runs(row[unit].runs) if unit else ""
    return f'<span class="unit phone"{lang_attribute(row[unit].lang, writer.lang)}>{text}</span>' if text else ""


def plan(block: Table, lang: Lang) -> tuple[list[float], str]:
    """Widths that the columns would like to have, in em, and the classes of a region that reaches beyond the text.

    Comfortable columns are tried first, then those that only keep words and numbers whole; a table that no room holds
    scrolls.
    """
    wide = block.wide or len(block.columns) > 7
    inset, face = _INSET_EM, _FACE.get(lang, _FACE["en"])
    demands: list[Demand] = []
    for names, room, least, head_em in _ROOMS:
        demands = [_demand(block, position, (least, head_em), lang) for position in range(len(block.columns))]
        fitted = column_widths(demands, (room - inset * len(demands)) / face, _EM_MM, fill=True)
        if fitted is None or (wide and not names):
            continue
        if names or float(line_counts(demands, fitted).max(axis=1).mean()) <= _MEAN_LINES:
            return [width * face + inset for width in fitted], names
    return [max(one.floor, min(one.body, _SENTENCE_EM)) * face + inset for one in demands], _ROOMS[-1][0]


def _demand(block: Table, position: int, room: tuple[float, float], lang: Lang) -> Demand:
    """What a column asks for on a screen: as on paper, but amounts stay in one piece, and sentences want room."""
    (least, head_em), asked, column = room, demand(block, position), block.columns[position]
    arrow = _ARROW_EM if block.sortable else 0.0
    label = "".join(run.text for run in column.label)
    whole = width_em(label)
    kept = max(_widest(_WORDS.split(label)), _widest(_KEPT.findall(label)))
    words = whole if whole <= head_em else max(kept, whole / math.ceil(whole / min(_HEAD_EM, head_em)))
    head = max(whole, width_em(column.unit)) * _BOLD + arrow
    floor = words * _BOLD + arrow
    texts = [row[position].text for row in block.rows if position < len(row) and row[position].colspan == 1]
    if column.align == "decimal" or asked.body <= _SHORT_CELL_EM:
        floor = max(floor, asked.body)
    elif column.align == "right":
        pieces = [piece for text in texts for piece in _PIECES.split(text)]
        whole_em = [width for width in map(width_em, pieces) if width <= _AMOUNT_EM]
        floor = max(floor, min(asked.body, least), *whole_em)
    else:
        words = min(_widest([word for text in texts for word in _WORDS.split(text)]), LONGEST_EM)
        if lang == "en":
            words = max(words, min(_widest([word for text in texts for word in text.split()]), _KEPT_WORD_EM))
        least *= _NAMES if position == 0 and _named(block) else 1.0
        floor = max(floor, words, min(least, math.sqrt(3 * asked.body)))
    return Demand(floor, max(asked.body, floor), max(head, floor), asked.weight, asked.cells)


def _widest(texts: Iterable[str]) -> float:
    return max((width_em(text) for text in texts), default=0.0)


def whole(cell: Cell) -> bool:
    """Whether a cell holds an amount rather than words that stand for one (No figure: …).

    >>> from planbrief.display.document import Run
    >>> said = (Run("1 billion yuan (10 亿元)"),), (Run("No figure: 完成省政府下达目标任务"),)
    >>> [whole(Cell(runs=runs)) for runs in said]
    [True, False]
    """
    return _widest(_PIECES.split(cell.text)) <= _AMOUNT_EM


def amount(cell: Cell) -> Cell:
    """A cell whose amount does not end its line before the unit; what is kept beside it may stand on the next.

    >>> from planbrief.display.document import Run
    >>> amount(Cell(runs=(Run("1 billion yuan ("), Run("10 亿元", "zh"), Run(")")))).text
    '1\\xa0billion\\xa0yuan (10\\xa0亿元)'
    """
    return replace(cell, runs=tuple(replace(run, text=_SPACE.sub("\u00a0", run.text)) for run in cell.runs))


def bracket_whole(text: str) -> str:
    """A Chinese name whose bracket or date goes to the next line as a whole, if it does not fit behind the name.

    >>> bracket_whole("产业总产值（能源化工）")
    '产业总产值<span class="w">（能源化工）</span>'
    >>> bracket_whole("公报，2031年4月9日")
    '公报，<span class="w">2031年4月9日</span>'
    """
    return _DATE.sub(r'<span class="w">\g<0></span>', _BRACKET.sub(r'\1<span class="w">\2</span>', text))


def head(block: Table, writer: Writer, widths: Sequence[float]) -> str:
    """The head row of a table."""
    cells, arrow = [], _ARROW_EM if block.sortable else 0.0
    for column, width in zip(block.columns, widths, strict=True):
        unit = f'<span class="unit">{esc(column.unit)}</span>' if column.unit else ""
        text = writer.runs(column.label)
        style = f' style="--w:{width:.1f}"'
        if not text and not unit:
            cells.append(f"<td{style}></td>")
            continue
        one_line = (_width(column.label) * _BOLD + arrow) * _FACE.get(writer.lang, _FACE["en"]) + _INSET_EM
        names = [_ALIGNED[column.align]] if column.align in _ALIGNED else []
        names += ["k"] if _width(column.label) <= _SHORT_HEAD_EM and one_line <= width + 0.1 else []
        attributes = f' class="{" ".join(names)}"' if names else ""
        text = text if "<" in text else _KEPT.sub(r'<span class="q">\g<0></span>', text)
        cells.append(f'<th scope="col"{attributes}{style}>{text}{unit}</th>')
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _width(runs: Runs) -> float:
    return width_em("".join(run.text for run in runs))
