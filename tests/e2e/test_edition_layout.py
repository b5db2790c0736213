"""How the HTML pages of an edition are set: columns that can be read, amounts in one piece, on a phone and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest
from e2e.edition import Edition

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("edition")]

#: Em between the margins of an A4 page, in pixels of the browser.
PAPER_PX = 642
#: Cells of table bodies with their lines, as [table, text, number of lines].
CELLS = """() => {
  const found = [], range = document.createRange();
  document.querySelectorAll('figure.table:not(details *) tbody :is(th, td)').forEach((cell) => {
    range.selectNodeContents(cell);
    const tops = [...range.getClientRects()].filter((box) => box.width).map((box) => box.bottom).sort((a, b) => a - b);
    const lines = tops.filter((top, index) => !index || top - tops[index - 1] > 8).length;
    if (lines > 1) { found.push([cell.closest('figure').id, cell.innerText, lines]); }
  });
  return found;
}"""
#: Years and brackets in heads that end a line within, captions with an empty line behind their words, and closing
#: brackets that stand on a line of their own.
TORN = r"""() => {
  const found = [], range = document.createRange();
  const boxes = (node) => {
    range.selectNodeContents(node);
    return [...range.getClientRects()].filter((box) => box.width > 1).sort((a, b) => a.bottom - b.bottom);
  };
  document.querySelectorAll('figure.table:not(details *) :is(thead .q, tbody td)').forEach((node) => {
    const all = boxes(node), last = all[all.length - 1];
    if (!all.length || last.bottom - all[0].bottom < 8) { return; }
    const line = all.filter((box) => last.bottom - box.bottom < 8).reduce((sum, box) => sum + box.width, 0);
    if (node.matches('.q') || (/[)）]$/.test(node.textContent) && line < 8)) { found.push(node.innerText); }
  });
  document.querySelectorAll('figure.table:not(details *) caption > .cap').forEach((node) => {
    const high = node.offsetHeight, anchor = node.querySelector('.anchor');
    anchor.style.display = 'none';
    if (node.offsetHeight < high) { found.push(node.innerText); }
    anchor.style.display = '';
  });
  return found;
}"""
#: Amounts in cells whose number and unit stand on different lines.
BROKEN = r"""() => {
  const found = [], range = document.createRange(), walker = document.createTreeWalker(
    document.getElementById('main'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement.closest('td.a, li a[data-o], p a[data-o], .q')) { continue; }
    for (const match of node.data.matchAll(/\d[\s\u00a0]?[\u4e00-\u9fff]{1,3}|\d[\s\u00a0][a-z]+/g)) {
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 1);
      if (boxes.some((box) => box.bottom - boxes[0].bottom > 8)) { found.push(match[0]); }
    }
  }
  return found;
}"""
#: Tables that are wider than their region.
OVERFULL = """() => [...document.querySelectorAll('.scroll, .keys > div')]
  .filter((node) => node.offsetHeight && node.scrollWidth > node.clientWidth + 1)
  .map((node) => (node.closest('figure') || node.parentNode).id)"""
#: Lines of findings that end with much room left though a number of few characters follows: text and pixels left.
EARLY = """() => [...document.querySelectorAll('ul.findings li')].flatMap((node) => {
  const range = document.createRange(), lines = [];
  range.selectNodeContents(node);
  for (const box of range.getClientRects()) {
    const line = lines.find((one) => Math.abs(one.bottom - box.bottom) < 8);
    if (line) { line.right = Math.max(line.right, box.right); continue; }
    lines.push({bottom: box.bottom, right: box.right});
  }
  const left = lines.slice(0, -1).map((line) => node.getBoundingClientRect().right - line.right);
  return left.filter((room) => room > 170).map((room) => [node.textContent.slice(0, 40), Math.round(room)]);
})"""
#: What paper has no use for, as far as it is shown.
CONTROLS = """() => [...document.querySelectorAll(
  'button:not(th button), input, dialog, .skip, .switch, .toc, .filter, .anchor, .phone, summary')]
  .filter((node) => node.getClientRects().length).map((node) => node.outerHTML.slice(0, 80))"""
#: Tables by year: whether the unit has a column in view, and whether it stands under the names of the rows.
UNITS = """() => [...document.querySelectorAll('table[class*=u]')].map((table) => [
  [...table.tHead.rows[0].cells].filter((cell) => cell.offsetWidth).length < table.tHead.rows[0].cells.length,
  [...table.querySelectorAll('.phone')].some((node) => node.offsetHeight)])"""


@pytest.fixture(scope="module")
def sheet(browser: Any) -> Iterator[Any]:
    """One browser page for all."""
    context = browser.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def crowded(text: str, lines: int) -> bool:
    """Whether a cell is set a word, or three Chinese characters, a line."""
    if re.search(r"[\u4e00-\u9fff]", text):
        return lines > 3 and sum(1.0 if ord(character) > 0x2E80 else 0.5 for character in text) < 3.5 * lines
    return lines > 3 and len(text.split()) < 1.2 * lines


@pytest.mark.parametrize("width", [1280, 390])
def test_no_cell_is_set_one_word_a_line(edition: Edition, sheet: Any, width: int) -> None:
    """Columns of sentences keep room for a few words; a table that needs more than the screen scrolls by itself."""
    sheet.set_viewport_size({"width": width, "height": 900})
    found = []
    for path in edition.reports:
        sheet.goto(path.as_uri())
        cells = sheet.evaluate(CELLS)
        found += [(edition.name(path), *cell) for cell in cells if crowded(cell[1], cell[2])]
        found += [(edition.name(path), text, "torn") for text in sheet.evaluate(TORN)]
    assert found == []


@pytest.mark.parametrize("width", [1280, 390])
def test_amounts_keep_number_and_unit_on_one_line(edition: Edition, sheet: Any, width: int) -> None:
    """1 billion yuan (10 亿元) may break before its bracket, nowhere else."""
    sheet.set_viewport_size({"width": width, "height": 900})
    found = {}
    for path in edition.reports:
        sheet.goto(path.as_uri())
        found[edition.name(path)] = sheet.evaluate(BROKEN)
    assert {name: broken for name, broken in found.items() if broken} == {}


def test_lines_of_chinese_findings_are_filled(edition: Edition, sheet: Any) -> None:
    """Chromium breaks a line before a linked number that would fit, where it spaces Chinese from digits inside it."""
    sheet.set_viewport_size({"width": 390, "height": 900})
    found = {}
    for path in edition.root.glob("zh/*.html"):
        sheet.goto(path.as_uri())
        found[edition.name(path)] = sheet.evaluate(EARLY)
    assert {name: early for name, early in found.items() if early} == {}


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_scrolls_sideways(edition: Edition, sheet: Any, width: int) -> None:
    """No table and no chart needs to be scrolled, on a desktop (columns) or on a phone (cards, narrow drawings), and no
    key number runs into the one beside it.
    """
    sheet.set_viewport_size({"width": width, "height": 900})
    found = {}
    for path in edition.reports:
        sheet.goto(path.as_uri())
        found[edition.name(path)] = sheet.evaluate(OVERFULL)
    assert {name: tables for name, tables in found.items() if tables} == {}


def test_filter_covers_what_scrolls_below_it_and_the_foot_of_the_index_reaches_both_edges(
    edition: Edition, sheet: Any
) -> None:
    """Nothing of a wide table shows beside the filter that stays in view, and no foot is a box in the middle."""
    sheet.set_viewport_size({"width": 1280, "height": 900})
    sheet.goto((edition.root / "zh" / "databook-bazhong.html").as_uri())
    edges = (
        "[...document.querySelectorAll({!r})].map((node) => node.getBoundingClientRect()).map((b) => [b.left, b.right])"
    )
    ((left, right),) = sheet.evaluate(edges.format(".sift"))
    tables = sheet.evaluate(edges.format("#main figure.table"))
    assert len(tables) > 10
    assert left <= min(one[0] for one in tables)
    assert right >= max(one[1] for one in tables)
    for name in ("index.html", "index.en.html"):
        sheet.goto((edition.root / name).as_uri())
        assert sheet.evaluate(edges.format(".foot")) == [[0, sheet.evaluate("document.documentElement.clientWidth")]]


def test_units_stand_under_names_on_a_phone(edition: Edition, sheet: Any) -> None:
    """Where each row has its unit, a phone leaves out the column and shows the unit under the name of the row."""
    for lang in ("zh", "en"):
        sheet.goto((edition.root / lang / "profile-bazhong.html").as_uri())
        sheet.set_viewport_size({"width": 390, "height": 900})
        narrow = sheet.evaluate(UNITS)
        assert narrow
        assert all(pair == [True, True] for pair in narrow)
        sheet.set_viewport_size({"width": 1280, "height": 900})
        assert all(pair == [False, False] for pair in sheet.evaluate(UNITS))


def test_paper_has_no_controls_no_dark_ground_and_no_clipped_table(edition: Edition, sheet: Any) -> None:
    """Printed from a dark screen, every page is black on white, without buttons, and every table fits the paper."""
    sheet.set_viewport_size({"width": PAPER_PX, "height": 900})
    sheet.emulate_media(media="print", color_scheme="dark")
    for path in edition.pages:
        sheet.goto(path.as_uri())
        name = edition.name(path)
        assert sheet.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)", name
        assert sheet.evaluate(CONTROLS) == [], name
        assert sheet.evaluate(OVERFULL) == [], name
        assert sheet.evaluate("document.documentElement.scrollWidth") <= PAPER_PX, name
    sheet.emulate_media(media="screen", color_scheme="light")


def test_heads_of_a_table_are_printed_again_on_each_of_its_pages(edition: Edition, sheet: Any) -> None:
    """A browser repeats the head of a table on paper, with its words, although a button for sorting holds them."""
    sheet.goto((edition.root / "zh" / "databook-fuling.html").as_uri())
    tables = sheet.evaluate(
        "[...document.querySelectorAll('thead')].filter((one) => /文中位置/.test(one.innerText)).length"
    )
    sheet.emulate_media(media="print")
    paper = pypdfium2.PdfDocument(sheet.pdf(prefer_css_page_size=True))
    sheet.emulate_media(media="screen")
    heads = sum(page.get_textpage().get_text_bounded().count("文中位置") for page in paper)
    assert heads > tables
