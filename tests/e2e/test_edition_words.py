"""Words that no page of an edition says: machine phrases, and headlines that claim more than the documents hold."""

from __future__ import annotations

import csv
import re

import pytest
from e2e.edition import Edition
from lxml import html

pytestmark = pytest.mark.xdist_group("edition")

#: Phrase → why it is none.
FORBIDDEN = {
    r"none fails to add up": "a double negation",
    r"up by \S+ × base": "a formula in place of words",
    r"\b1 (are|targets|pairs|goals|relations|facts)\b": "number and verb or noun disagree",
    r"reports no actual value": "the documents at hand hold none; what the city reports is not known",
    r"[Mm]oney committed": "a fund that is to be set up is no commitment",
    r"The steepest (climb|target) is": "a steeper one may follow",
    r"印为": "said of every figure; all of them are printed",
    r"起点年（.{1,8}）之后还没有实际值": "the documents at hand hold none",
    r"(?<!要求)最陡的是": "a steeper one may follow",
    r"已承诺的资金": "a fund that is to be set up is no commitment",
    r"\b(nan|None|NaN|inf)\b(?! of| may)": "a value that a machine left",
    r"\d–[\d.,]+[—～~]|[—～~][\d.,]+–\d": "two kinds of dash in one range",
    r"[\u4e00-\u9fff][,;:?!](?=[\u4e00-\u9fff])": "a Latin mark between Chinese characters (GB/T 15834)",
}


@pytest.mark.parametrize("phrase", FORBIDDEN)
def test_no_page_says(edition: Edition, phrase: str) -> None:
    """Text of the page's own (headings, sentences, captions, heads), without titles and printed forms of documents."""
    with (edition.root / "data" / "sources.csv").open(encoding="utf-8", newline="") as file:
        titles = [row[name] for row in csv.DictReader(file) for name in ("title_zh", "title_en")]
    found = []
    for path in edition.reports:
        page = html.fromstring(path.read_text(encoding="utf-8"))
        for quoted in page.xpath("//cite|//script|//style|//div[@class='below']|//td[@lang]|//td//span[@lang]"):
            quoted.drop_tree()
        for node in page.xpath("//main//p|//main//li|//h1|//h2|//h3|//h4|//main//th|//main//dd"):
            text = " ".join(node.text_content().split())
            for title in titles:
                text = text.replace(title, "")
            if match := re.search(phrase, text):
                found.append((edition.name(path), text[max(0, match.start() - 30) : match.end() + 30]))
    assert found == [], FORBIDDEN[phrase]
