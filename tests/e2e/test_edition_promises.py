"""What every report promises its readers: length, full pages, ways on, sorting, keyboard, files that equal the page."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pikepdf
import pytest
from e2e.edition import ROOT, Edition, tree
from e2e.test_edition_pages import open_page, words  # noqa: F401  (a fixture)
from e2e.test_edition_pdfs import BOTTOM, HEIGHT, TOP, layout

from planbrief.catalog import read
from planbrief.project import Project
from planbrief.targets.package import usable_package

pytestmark = pytest.mark.xdist_group("edition")

#: Most pages of a kind of report, in either language; provinces included.
MOST_PAGES = {"brief": 2, "picture": 1, "profile": 7, "audit": 9, "comparison": 5}
#: Most stops of the tab key, least height of what is touched (links within a line of text excepted), and tables of more
#: than five rows whose heads do not sort, as a reader meets them.
MET = """() => {
  const seen = (node) => { const box = node.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
  const stops = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex]')];
  const open = stops.filter((node) => node.tabIndex >= 0 && seen(node));
  const tall = (node) => getComputedStyle(node).display === 'inline' || node.getBoundingClientRect().height >= 24;
  const low = open.filter((node) => !tall(node));
  const rows = (table) => table.querySelectorAll('tbody tr:not(.group)').length;
  const fixed = [...document.querySelectorAll('main > figure.table table')].filter((table) => rows(table) > 5
    && !table.querySelector('tbody [rowspan]') && ![...table.querySelectorAll('thead button')].some(seen));
  const names = fixed.map((table) => table.caption.textContent);
  return [open.length, low.map((node) => node.outerHTML.slice(0, 120)), names];
}"""

#: Tables that download, as [id, rows of texts], without what is shown twice.
SHOWN = """() => {
  const text = (cell) => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll('.phone, thead .unit').forEach((one) => one.remove());
    const said = copy.textContent.trim(), id = cell.parentNode.id.replace(/^n-/, '');
    return /^0\\d+$/.test(said) && id.endsWith('-' + said) ? id : said;  // the last part of an id is saved as the whole
  };
  const rows = (table) => {
    const lines = [...table.rows].slice(table.tHead.rows.length).filter((line) => !line.classList.contains('group'));
    const grid = lines.map(() => []);
    lines.forEach((line, at) => [...line.cells].forEach((cell) => {
      let column = 0;
      while (grid[at][column] !== undefined) column += 1;
      for (let down = at; down < Math.min(at + cell.rowSpan, grid.length); down += 1) {
        for (let right = column; right < column + cell.colSpan; right += 1) grid[down][right] = text(cell);
      }
    }));
    return grid;
  };
  const tables = [...document.querySelectorAll('figure.table')].filter((node) => node.querySelector(':scope > .csv'));
  return tables.map((node) => {
    const table = node.querySelector('table');
    return [node.id, table.querySelector('tr.group') ? 1 : 0, rows(table)];
  });
}"""


def reports(lang: str) -> set[str]:
    """Ids that the catalog promises in a language."""
    project = Project(ROOT)
    return {one.id for one in read(project, usable_package(project)).reports() if lang in one.languages}


def test_the_edition_has_what_the_catalog_promises(edition: Edition) -> None:
    """Every report of the catalog in both languages as page and PDF, nothing else, and two indexes."""
    for lang in ("zh", "en"):
        for ending in ("html", "pdf"):
            assert {path.stem for path in (edition.root / lang).glob(f"*.{ending}")} == reports(lang)
    assert [path.name for path in sorted(edition.root.glob("index*.html"))] == ["index.en.html", "index.html"]


def test_no_report_is_longer_than_its_kind_may_be(edition: Edition) -> None:
    """Briefs two pages, pictures one, profiles seven, audits nine, comparisons five: every one of them."""
    long = {}
    for path in edition.pdfs:
        most = MOST_PAGES.get(path.stem.split("-")[0])
        if most and len(layout(path)) > most:
            long[edition.name(path)] = len(layout(path))
    assert long == {}


def test_no_page_but_the_last_is_under_a_third_full(edition: Edition) -> None:
    """Text reaches below a third of the type area of every page that another one follows."""
    empty = []
    for path in edition.pdfs:
        for number, (_, height, found) in enumerate(layout(path)[:-1], start=1):
            lowest = max(word.bottom for word in found if word.bottom < height - (HEIGHT - BOTTOM) + 4)
            if (lowest - TOP) / (BOTTOM - TOP) < 1 / 3:
                empty.append((edition.name(path), number))
    assert empty == []


def test_pdfs_lead_on(edition: Edition) -> None:
    """[n] leads to its document, the foot to page, index and the other reports of the place; author and subject."""
    for path in edition.pdfs:
        name = edition.name(path)
        with pikepdf.open(path) as pdf:
            inside, outside = 0, set()
            for page in pdf.pages:
                for mark in page.get("/Annots", []):
                    inside += "/Dest" in mark or mark.get("/A", {}).get("/S") == "/GoTo"
                    outside.add(str(mark.get("/A", {}).get("/URI", "")))
            with pdf.open_metadata() as metadata:
                assert metadata["dc:creator"] == ["planbrief"], name
                assert str(metadata["dc:description"]).strip(), name
        assert inside, name
        assert {f"{path.stem}.html", "../index.html" if path.parent.name == "zh" else "../index.en.html"} <= outside, (
            name
        )
        region = path.stem.partition("-")[2]
        for kind in ("profile", "databook"):
            if region and f"{kind}-{region}" in reports(path.parent.name) and not path.stem.startswith(kind):
                assert f"{kind}-{region}.html" in outside, (name, kind)


def test_pages_lead_on(edition: Edition) -> None:
    """Head and foot of a page lead to the index, the PDF, the other language and the other reports of the place."""
    for path in edition.reports:
        for part in ("//p[@class='tools']", "//nav[@class='foot']"):
            (area,) = tree(path).xpath(part)
            found = set(area.xpath(".//a/@href"))
            assert f"{path.stem}.pdf" in found, edition.name(path)
            assert any(address.startswith("../index") for address in found), edition.name(path)
            if path.stem == "profile-bazhong":
                assert {"audit-bazhong.html", "databook-bazhong.html", "industries-bazhong.html"} <= found


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_easy_to_move_in(edition: Edition, open_page: Any, width: int) -> None:  # noqa: F811
    """At most a hundred stops of the tab key, targets of 24 pixels, heads that sort above every longer table."""
    wrong = []
    for path in edition.pages:
        seen = open_page(path, width=width)
        stops, low, fixed = seen.page.evaluate(MET)
        wrong += [(edition.name(path), stops)] if stops > 100 else []
        wrong += [(edition.name(path), one) for one in (*low, *fixed)]
        seen.page.close()
    assert wrong == []


def numbers(text: str) -> list[str]:
    """The numbers of a text without separators, with a plain sign."""
    return re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", "").replace("−", "-"))


@pytest.mark.browser
def test_every_csv_equals_its_page(edition: Edition, open_page: Any) -> None:  # noqa: F811
    """The file of every table and of every chart's data holds the numbers that the page shows, cell by cell."""
    compared = 0
    for path in edition.reports:
        seen = open_page(path)
        seen.page.evaluate("() => document.querySelectorAll('details').forEach((node) => { node.open = true; })")
        shown = seen.page.evaluate(SHOWN)
        files = seen.page.evaluate(
            """async () => {
              const made = [], make = URL.createObjectURL;
              URL.createObjectURL = (blob) => { made.push(blob); return '#'; };
              document.querySelectorAll('figure.table > .csv').forEach((button) => button.click());
              URL.createObjectURL = make;
              return Promise.all(made.map((blob) => blob.text()));
            }"""
        )
        assert len(files) == len(shown), edition.name(path)
        for (table, grouped, rows), text in zip(shown, files, strict=True):
            lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
            assert {len(line) for line in lines} == {len(lines[0])}, (edition.name(path), table)
            for row, line in zip(rows, lines[1:], strict=True):
                # The name of a row's group stands before it; a short row is filled up.
                said = [numbers(cell) for cell in line[grouped:]]
                assert said == [numbers(cell) for cell in row] + [[]] * (len(said) - len(row)), (
                    edition.name(path),
                    table,
                )
                compared += len(row)
        seen.page.close()
    assert compared > 10_000


@pytest.mark.browser
def test_a_word_finds_its_rows_reports_and_numbers(edition: Edition, open_page: Any) -> None:  # noqa: F811
    """The index finds what pages contain, a volume hides what does not match, an address opens a number's card."""
    index = open_page(edition.root / "index.html").page
    index.locator("input[type=search]").first.fill("电池")
    index.wait_for_timeout(300)
    assert index.locator("main [id] a[href$='.html']:visible").count() > 0
    volume = open_page(edition.root / "en" / "databook-bazhong.html").page
    every = volume.locator("tbody tr:not(.group):visible").count()
    volume.locator("#page-filter").fill("battery")
    left = volume.locator("tbody tr:not(.group):visible")
    assert 0 < left.count() < every / 10
    assert all("battery" in text.lower() for text in left.all_text_contents())
    key = tree(edition.root / "zh" / "brief.html").xpath("//main//a[@data-o]/@data-o")[0].split()[0]
    page = open_page(edition.root / "zh" / "brief.html").page
    page.goto(f"{page.url}#n-{key}")
    page.reload()
    card = page.locator("dialog[open]").text_content()
    row = edition.observations[key]
    assert row["value_text"] in card
    assert row["locator"] in card
