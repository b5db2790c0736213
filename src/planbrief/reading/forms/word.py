"""Text and tables of a Word file, with the numbers that Word gives its lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from planbrief.reading.canonical import CanonicalText
from planbrief.reading.forms.archives import Archive, attribute, child, local
from planbrief.reading.forms.plain import Box, Composer, title_of

_DIGITS = "〇一二三四五六七八九"
_CHINESE = frozenset(
    "chineseCounting chineseCountingThousand taiwaneseCounting taiwaneseCountingThousand japaneseCounting "
    "ideographDigital chineseLegalSimplified ideographTraditional".split()
)


class Numbering:
    """Counters of a document's lists: :meth:`label` counts on and gives the number of the next paragraph."""

    def __init__(self, archive: Archive, part: str) -> None:
        self._abstract: dict[str, dict[int, tuple[int, str, str]]] = {}
        self._lists: dict[str, str] = {}
        self._starts: dict[tuple[str, int], int] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if part in archive:
            for element in archive.elements(part, "abstractNum", "num"):
                self._define(element)

    def _define(self, element: Any) -> None:
        if local(element) == "abstractNum":
            levels = {}
            for level in element:
                if local(level) == "lvl":
                    start, form, text = (child(level, name) for name in ("start", "numFmt", "lvlText"))
                    levels[_number(attribute(level, "ilvl"))] = (
                        _number(attribute(start, "val", "1")),
                        attribute(form, "val", "decimal"),
                        attribute(text, "val"),
                    )
            self._abstract[attribute(element, "abstractNumId")] = levels
            return
        number = attribute(element, "numId")
        for inner in element:
            if local(inner) == "abstractNumId":
                self._lists[number] = attribute(inner, "val")
            elif local(inner) == "lvlOverride" and (start := child(inner, "startOverride")) is not None:
                self._starts[number, _number(attribute(inner, "ilvl"))] = _number(attribute(start, "val", "1"))

    def label(self, number: str, level: int) -> str:
        """What stands in front of the next paragraph of a list; empty for bullets and unknown lists."""
        abstract = self._lists.get(number, "")
        levels = self._abstract.get(abstract, {})
        if level not in levels:
            return ""
        # Lists that share one definition count on together, unless one of them starts anew.
        key = number if (number, level) in self._starts else abstract
        counts = self._counts.setdefault(key, {})
        first = self._starts.get((number, level), levels[level][0])
        counts[level] = counts.get(level, first - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        if levels[level][1] in ("bullet", "none"):
            return ""

        def shown(match: re.Match[str]) -> str:
            other = int(match[1]) - 1
            count = counts.get(other, levels.get(other, (1, "", ""))[0])
            return counted(count, levels.get(other, (1, "decimal", ""))[1])

        return re.sub(r"%([1-9])", shown, levels[level][2])


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else 0


def counted(count: int, form: str) -> str:
    """A number as a list prints it.

    >>> [counted(12, form) for form in ("decimal", "chineseCounting", "upperRoman", "lowerLetter")]
    ['12', '十二', 'XII', 'l']
    """
    if form in _CHINESE and 0 < count < 1000:
        return _chinese(count)
    if form in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 0 < count <= 20:
        return chr(0x2460 + count - 1)
    if form in ("upperLetter", "lowerLetter") and 0 < count <= 26:
        return chr((65 if form == "upperLetter" else 97) + count - 1)
    if form in ("upperRoman", "lowerRoman") and 0 < count < 90:
        roman = ""
        for value, sign in ((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
            roman, count = roman + sign * (count // value), count % value
        return roman if form == "upperRoman" else roman.lower()
    return f"{count:02}" if form == "decimalZero" else str(count)


def _chinese(count: int) -> str:
    hundreds, rest = divmod(count, 100)
    tens, ones = divmod(rest, 10)
    words = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        words += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        words += "零"
    return words + (_DIGITS[ones] if ones else "")


#: Elements whose content is not on the page: deleted or moved away, codes of fields, the older twin of a shape.
_UNSEEN = frozenset("del moveFrom delText instrText delInstrText Fallback rt rPr pPr tblPr trPr tcPr sectPr".split())
#: A cell with more characters is a frame around prose.
_LONGEST_CELL = 800


@dataclass(slots=True)
class _Style:
    """What a style says of its paragraphs: outline level (1 highest, 0 none), list, and the style it builds on."""

    name: str = ""
    level: int = -1
    numbered: tuple[str, int] | None = None
    based_on: str = ""


@dataclass(slots=True)
class _Paragraph:
    """A paragraph as it is printed, and what stands in boxes that are anchored in it."""

    text: str
    style: str
    level: int
    boxed: list[Any]


class _Document:
    """The parts of a Word document that its reader looks things up in."""

    def __init__(self, archive: Archive, main: str) -> None:
        self.archive = archive
        self.parts = {kind: target for kind, target, _ in archive.relations(main)}
        self.styles = self._read_styles()
        self.numbering = Numbering(archive, self.parts.get("numbering", ""))
        self.composer = Composer()
        self.deleted = False

    def _read_styles(self) -> dict[str, _Style]:
        part = self.parts.get("styles", "")
        styles: dict[str, _Style] = {}
        if part not in self.archive:
            return styles
        for element in self.archive.elements(part, "style"):
            name, base = child(element, "name"), child(element, "basedOn")
            outline, number = child(element, "pPr", "outlineLvl"), child(element, "pPr", "numPr")
            style = _Style(attribute(name, "val"), _level(outline), _list_of(number), attribute(base, "val"))
            heading = re.fullmatch(r"(?:heading|标题)\s*([1-9])", style.name, re.I)
            if style.level < 0 and heading:
                style.level = int(heading[1])
            styles[attribute(element, "styleId")] = style
        return styles

    def style(self, name: str) -> _Style:
        """A style with what it inherits."""
        made = _Style()
        for _ in range(20):  # damaged files have styles that build on each other in a circle
            style = self.styles.get(name)
            if style is None:
                break
            made.name = made.name or style.name
            made.level = style.level if made.level < 0 else made.level
            made.numbered = made.numbered or style.numbered
            name = style.based_on
        made.level = max(0, made.level)
        return made

    def paragraph(self, element: Any) -> _Paragraph:
        """A paragraph with its automatic number in front."""
        style = self.style(attribute(child(element, "pPr", "pStyle"), "val"))
        own = _level(child(element, "pPr", "outlineLvl"))
        level = own if own >= 0 else style.level
        numbered = _list_of(child(element, "pPr", "numPr")) or style.numbered
        boxed: list[Any] = []
        text = "".join(self._words(element, boxed))
        if text.strip() and numbered is not None:
            text = self.numbering.label(*numbered) + text
        return _Paragraph(text, style.name, level if level <= 9 else 0, boxed)

    def _words(self, element: Any, boxed: list[Any]) -> Iterator[str]:
        """The printed characters below an element; content of text boxes goes to ``boxed``."""
        stack = [element]
        while stack:
            node = stack.pop()
            name = local(node)
            if name in _UNSEEN:
                self.deleted = self.deleted or name in ("del", "moveFrom")
                continue
            if name == "txbxContent":
                boxed.append(node)
                continue
            if name == "t":
                yield node.text or ""
            elif name in ("tab", "ptab"):
                yield "\t"
            elif name in ("br", "cr"):
                yield "\n"
            elif name == "noBreakHyphen":
                yield "-"
            elif not (name == "r" and _is_hidden(node)):
                stack.extend(reversed(node))

    def blocks(self, parent: Any, part: str = "body") -> None:
        """Write the paragraphs and tables below an element."""
        for element in _blocks(parent):
            self.block(element, part)

    def block(self, element: Any, part: str = "body") -> None:
        """Write one paragraph or table; text boxes follow the paragraph that they are anchored in."""
        if local(element) == "tbl":
            self.table(element, part)
            return
        paragraph = self.paragraph(element)
        self.composer.paragraph(paragraph.text, style=paragraph.style, level=paragraph.level, part=part)
        for content in paragraph.boxed:
            self.blocks(content, "textbox")

    def table(self, element: Any, part: str) -> None:
        """Write a table; a frame around prose, or around other tables, is written as what it holds."""
        rows = [row for row in _rows(element) if child(row, "trPr", "del") is None]
        inner: list[Any] = []
        boxes = self._boxes(rows, inner)
        # Forms are laid out in tables: one column, or a cell as long as a paragraph, holds prose.
        columns = {box.column for box in boxes if box.text.strip()}
        if len(columns) < 2 or any(len(box.text) > _LONGEST_CELL for box in boxes):
            for row in rows:
                for cell in _cells(row):
                    self.blocks(cell, part)
            return
        self.composer.table(boxes)
        for table in inner:
            self.block(table, part)

    def _boxes(self, rows: list[Any], inner: list[Any]) -> list[Box]:
        boxes: list[Box] = []
        open_merges: dict[int, Box] = {}
        for number, row in enumerate(rows):
            column = _integer(child(row, "trPr", "gridBefore"), 0)
            header = child(row, "trPr", "tblHeader") is not None
            for cell in _cells(row):
                colspan = max(1, min(1000, _integer(child(cell, "tcPr", "gridSpan"), 1)))
                merge = child(cell, "tcPr", "vMerge")
                above = open_merges.get(column)
                if merge is not None and attribute(merge, "val", "continue") == "continue" and above is not None:
                    above.rowspan = number - above.row + 1
                else:
                    box = Box(number, column, self._cell_text(cell, inner), 1, colspan, header)
                    boxes.append(box)
                    open_merges.pop(column, None)
                    if merge is not None:
                        open_merges[column] = box
                column += colspan
        return boxes

    def _cell_text(self, cell: Any, inner: list[Any]) -> str:
        lines = []
        for element in _blocks(cell):
            if local(element) == "tbl":
                inner.append(element)
            else:
                paragraph = self.paragraph(element)
                lines.append(paragraph.text)
                lines += ["".join(self._words(content, [])) for content in paragraph.boxed]
        return "\n".join(lines)

    def notes(self) -> None:
        """Write footnotes and endnotes behind the text."""
        for kind in ("footnotes", "endnotes"):
            part = self.parts.get(kind, "")
            if part not in self.archive:
                continue
            for note in self.archive.elements(part, "footnote", "endnote"):
                if attribute(note, "type") in ("", "normal"):
                    self.blocks(note, "footnote")


def read_word(archive: Archive, sha256: str) -> CanonicalText:
    """The text of a Word document: paragraphs with the numbers of lists, tables with merged cells, boxes, notes.

    Raises
    ------
    DataError
        If the file is damaged, holds entities or unpacks without end, or shows no text at all.
    """
    main = archive.main_part("word")
    document = _Document(archive, main)
    for element in archive.elements(main, "p", "tbl"):
        document.block(element)
    document.notes()
    if not document.composer.text.strip():
        raise archive.error("a Word document without text (pages of pictures?)", "a document with text")
    if document.deleted:
        document.composer.warnings.append("Tracked deletions are left out; tracked insertions are read as text.")
    made = document.composer.finish("word", sha256)
    titled = (made.text[p.start : p.end] for p in made.paragraphs if p.style.lower() in ("title", "标题"))
    title = next(titled, "") or title_of(made.text[p.start : p.end] for p in made.paragraphs[:40])
    return replace(made, title=title)


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables below an element, through content controls and tracked insertions."""
    stack = list(reversed(parent))
    while stack:
        node = stack.pop()
        name = local(node)
        if name in ("p", "tbl"):
            yield node
        elif name not in _UNSEEN:
            stack.extend(reversed(node))


def _rows(table: Any) -> Iterator[Any]:
    return _inside(table, "tr", ("tbl",))


def _cells(row: Any) -> Iterator[Any]:
    return _inside(row, "tc", ("tbl", "tr"))


def _inside(parent: Any, wanted: str, closed: tuple[str, ...]) -> Iterator[Any]:
    """Elements of a name below another, not inside those that begin something new."""
    stack = list(reversed(parent))
    while stack:
        node = stack.pop()
        name = local(node)
        if name == wanted:
            yield node
        elif name not in _UNSEEN and name not in closed:
            stack.extend(reversed(node))


def _integer(element: Any, default: int) -> int:
    text = attribute(element, "val")
    return int(text) if re.fullmatch(r"\d{1,6}", text) else default


def _level(outline: Any) -> int:
    """Outline level counted from 1, 0 for running text, -1 where nothing is said."""
    if outline is None:
        return -1
    level = _integer(outline, 9)
    return level + 1 if level < 9 else 0


def _list_of(number: Any) -> tuple[str, int] | None:
    """List and level of a paragraph's number, None where it has none (a list 0 takes a style's number away)."""
    if number is None:
        return None
    identity, level = child(number, "numId"), child(number, "ilvl")
    if identity is None:
        return None
    return attribute(identity, "val"), _integer(level, 0)


def _is_hidden(run: Any) -> bool:
    hidden = child(run, "rPr", "vanish")
    return hidden is not None and attribute(hidden, "val", "1") not in ("0", "false", "off")
