"""Foreign text stands only inside an element marked with its own language, or in the list of accepted acronyms.

The other words are counted, page by page, and the count is zero: in HTML by the language that each element inherits
(shown and spoken attributes included), in PDFs by the language that the tagged content carries (``/Lang`` of the marked
content, of its structure element, of the document), in bookmarks by the language of the document.
"""

from __future__ import annotations

import csv
import re

import pikepdf
import pytest
from e2e import tagged_pdf
from e2e.edition import ROOT, Edition, tree
from e2e.foreign_text import counted, foreign, pieces

from planbrief.display.language import ACCEPTED_LATIN

pytestmark = pytest.mark.xdist_group("edition")


def test_every_word_of_every_page_is_in_the_language_it_is_marked_with(edition: Edition) -> None:
    """No English word in Chinese, no Chinese character in English, on any page and in the index."""
    found = {edition.name(path): counted(pieces(tree(path))) for path in edition.pages}
    assert len(found) == len(edition.pages)
    assert {name: dict(words) for name, words in found.items() if words} == {}


def test_every_word_of_every_pdf_is_in_the_language_it_is_tagged_with(edition: Edition) -> None:
    """The same in the PDFs, alternative texts of charts included; running heads repeat the title and are no content."""
    found = {}
    for path in edition.pdfs:
        content = [(one.text, one.lang) for one in tagged_pdf.pieces(path) if not one.artifact and not one.formula]
        assert len(content) > 20
        # 4A comes in two pieces, a digit and a letter.
        glued = [
            (text if index == 0 or content[index - 1][0][-1:] not in "0123456789" else f"0{text}", lang)
            for index, (text, lang) in enumerate(content)
        ]
        found[edition.name(path)] = counted(glued)
    assert len(found) == len(edition.pdfs)
    assert {name: dict(words) for name, words in found.items() if words} == {}


def test_english_pages_and_pdfs_keep_chinese_beside_the_translation(edition: Edition) -> None:
    """The walk is not blind: English pages do hold Chinese (亿元, titles), all of it marked."""
    for name in ("brief", "profile-bazhong", "databook-bazhong"):
        marked = [text for text, lang in pieces(tree(edition.root / "en" / f"{name}.html")) if lang.startswith("zh")]
        assert any("亿元" in text for text in marked)
        tagged = tagged_pdf.pieces(edition.root / "en" / f"{name}.pdf")
        assert any("亿元" in piece.text and piece.lang == "zh-CN" for piece in tagged)


def test_chinese_pages_hold_no_english_phrase(edition: Edition) -> None:
    """Comments of the data, written in English, are in Chinese there; what stays English is a name or a code."""
    pages = sorted((edition.root / "zh").rglob("*.html"))
    assert any(path.parent.name == "numbers" for path in pages)
    phrase = re.compile(r"[A-Za-z]{2,}[ ,]+[A-Za-z]+[ ,]+[A-Za-z]+")
    found = {str(path): [text for text, _ in pieces(tree(path)) if phrase.search(text)] for path in pages}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_bookmarks_are_in_the_language_of_the_document(edition: Edition) -> None:
    """A bookmark carries no language of its own, so words in the other language do not stand in it.

    Names that the audit compares as they are printed are the matter itself and have no translation.
    """
    wrong = []
    printed: set[str] = set()
    for path in (ROOT / "data").rglob("printed_names.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            printed |= {row["name"] for row in csv.DictReader(file)}
    assert printed
    for path in edition.pdfs:
        with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
            waiting = list(outline.root)
            while waiting:
                item = waiting.pop()
                waiting.extend(item.children)
                title = item.title
                for name in sorted(printed, key=len, reverse=True) if path.stem.startswith("audit-") else ():
                    title = title.replace(name, " ")
                wrong += [(edition.name(path), word) for word in foreign(title, str(pdf.Root.Lang))]
    assert wrong == []


def test_the_accepted_list_holds_acronyms_units_and_one_name() -> None:
    """Nothing in the list is an ordinary word."""
    words = {word for word in ACCEPTED_LATIN if word.islower() and len(word) > 2}
    assert words == {"planbrief"}
