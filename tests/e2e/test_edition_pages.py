"""Every HTML page of an edition: its frame, its languages, its weight, its behaviour in real Chromium."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from e2e.edition import Edition, behind, cards, formula, ids, tree
from e2e.foreign_text import counted
from lxml import etree
from render.conftest import Visit

pytestmark = pytest.mark.xdist_group("edition")

#: Largest sizes in bytes. Charts are drawn twice, once for a phone (152 of 506 kB of the industries); a volume of the
#: databook holds every observation of a place and the checks that hold, the index the names that it searches; every
#: page a row for each of its numbers, with a link to the page of each, which adds a sixth to what is sent of a profile.
LIMITS = {"profile": 500_000, "databook": 700_000, "industries": 620_000, "index": 250_000, "": 450_000}
#: Rows of one table body that axe looks at; those after them are made the same way.
ROWS = 10
#: Numbers of a page by where they stand.
PLACES = {
    "prose": "#main > p a[data-o], ul.findings a[data-o], .callout a[data-o]",
    "table": "figure.table:not(details *) td a[data-o]",
    "chart": "details.data td a[data-o]",
}
#: Texts of the open panel with the language that each inherits.
TEXTS = """() => {
  const found = [], walker = document.createTreeWalker(document.querySelector('dialog'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    found.push([walker.currentNode.data, walker.currentNode.parentElement.closest('[lang]').lang]);
  }
  return found;
}"""
#: Opens the panel of one number after the other; returns all texts with their languages, each once. The page behind is
#: not drawn meanwhile: laying it out again for each of four thousand panels took ten times as long.
ALL_PANELS = """(known) => {
  const behind = [...document.body.children].filter((one) => !one.matches('dialog, script'));
  behind.filter((one) => !one.querySelector('dialog')).forEach((one) => { one.style.display = 'none'; });
  const texts = TEXTS, seen = new Set(known), found = new Map(), ids = [];
  for (const link of document.querySelectorAll('a[data-o], a[data-f]')) {
    if (seen.has(link.hash)) { continue; }
    seen.add(link.hash);
    ids.push(link.hash);
    link.click();
    for (const pair of texts()) { found.set(pair.join('|'), pair); }
    document.querySelector('dialog').close();
  }
  return [ids, [...found.values()]];
}""".replace("TEXTS", TEXTS)
THIN = """(rows) => {
  document.querySelectorAll('details').forEach((node) => { node.open = true; });
  document.querySelectorAll('tbody').forEach((body) => { [...body.rows].slice(rows).forEach((row) => row.remove()); });
  [...document.querySelectorAll('figure.table:not(details *)')].slice(rows).forEach((node) => node.remove());
}"""
#: The page has seen its new width: scripts that listen to it have run.
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
AXE = """(rules) => axe.run({resultTypes: ['violations'], rules: rules}).then((result) => result.violations.map(
  (one) => [one.id, one.nodes[0].html.slice(0, 200)]))"""


def limit(name: str) -> int:
    """Largest size of a page."""
    return next(size for start, size in LIMITS.items() if name.startswith(start))


@pytest.fixture(scope="module")
def open_page(browser: Any) -> Iterator[Any]:
    """Open a file as a reader does; the context forgets nothing between pages but their cookies."""
    contexts = []

    def opened(path: Any, *, width: int = 1280, dark: bool = False) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            accept_downloads=True,
        )
        contexts.append(context)
        context.route(re.compile("^(?!file:|data:|blob:)"), lambda route: route.abort())
        seen = Visit(context.new_page())
        seen.page.goto(path.as_uri())
        return seen

    yield opened
    for context in contexts:
        context.close()


def words(node: etree._Element) -> str:
    """Text of an element."""
    return "".join(node.itertext()).strip()


def test_frame_of_every_page(edition: Edition) -> None:
    """One h1, title, language, a skip link that comes first and arrives, a policy that allows nothing foreign."""
    assert len(edition.pages) == len(edition.pdfs) + 2
    for path in edition.pages:
        page, name = tree(path), edition.name(path)
        expected = "en" if name.startswith("en/") or name.endswith(".en.html") else "zh-CN"
        assert page.get("lang") == expected, name
        assert len(page.xpath("//h1")) == 1, name
        assert words(page.xpath("//title")[0]), name
        skip = page.xpath("//body//a")[0]
        assert skip.get("class") == "skip", name
        assert page.get_element_by_id(skip.get("href")[1:]) is not None, name
        policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert len(policy) == 1, name
        assert "default-src 'none'" in policy[0], name
        assert not re.search(r"unsafe-eval|https?:|script-src[^;]*unsafe", policy[0]), name
        assert path.stat().st_size < limit(path.name), name


def test_headings_go_down_one_level_at_a_time(edition: Edition) -> None:
    """No level is skipped on the way down."""
    for path in edition.reports:
        levels = [int(node.tag[1]) for node in tree(path).get_element_by_id("main").iter("h1", "h2", "h3", "h4", "h5")]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), path.name


def test_tables_have_captions_and_heads_with_scope(edition: Edition) -> None:
    """Every table says what it shows, every head cell what it is the head of; chart data are captioned too."""
    for path in edition.reports:
        for table in tree(path).iter("table"):
            assert table.find("caption") is not None, path
            assert words(table.find("caption")), path
        for head in tree(path).iter("th"):
            assert head.get("scope") in ("col", "row", "rowgroup", "colgroup"), (path, words(head))


def test_ids_are_unique_and_every_link_arrives(edition: Edition) -> None:
    """Anchors, contents, sources, numbers, the other language: every address inside the edition leads somewhere."""
    for path in [*edition.pages, *edition.numbers]:
        page, here = tree(path), set(ids(path))
        assert len(ids(path)) == len(here), edition.name(path)
        for address in {str(found) for found in page.xpath("//a/@href")}:
            address = unquote(address)
            if address.startswith("#"):
                assert address[1:] in here, (edition.name(path), address)
                continue
            assert not re.match(r"[a-z]+:", address), (edition.name(path), address)
            target, _, anchor = address.partition("#")
            assert (path.parent / target).is_file(), (edition.name(path), address)
            if anchor:
                assert anchor in ids((path.parent / target).resolve()), (edition.name(path), address)


def test_headings_tables_and_figures_can_be_linked_to(edition: Edition) -> None:
    """Each has an id; a report links to itself in the other language."""
    for path in edition.reports:
        main = tree(path).get_element_by_id("main")
        for node in main.iter("h2", "h3", "h4", "figure"):
            inside = node.xpath("ancestor::section[@id='page-sources'] | ancestor::details")
            assert node.get("id") or inside, (edition.name(path), words(node)[:60])
        switches = tree(path).xpath("//a[@class='switch']")
        assert switches
        for switch in switches:
            assert (path.parent / switch.get("href")).resolve().name == path.name


def test_every_number_leads_to_observations_that_exist(edition: Edition) -> None:
    """Each linked number names observations that the page describes and the edition publishes, or its formula."""
    for path in edition.reports:
        page = tree(path)
        links = page.xpath("//a[@data-o or @data-f]")
        assert links, edition.name(path)
        for link in links:
            known = behind(path, link)
            assert (
                known
                or formula(path, link)
                or re.search(r"\[\d+\]", page.get_element_by_id(link.get("href")[1:]).text_content())
            )
            for key in known:
                assert key in edition.observations, (edition.name(path), key)
                assert cards(path)[key]["locator"], key


def test_numbers_without_observations_are_counts_of_planbriefs_own(edition: Edition) -> None:
    """A number in a column of numbers that leads nowhere is a whole number: planbrief counted, nobody printed it."""
    bare = {}
    for path in edition.reports:
        cells = tree(path).xpath(
            "//main//td[contains(concat(' ', @class, ' '), ' d ') and not(.//a[@data-o or @data-f])]"
        )
        found = [words(cell) for cell in cells if re.search(r"\d", words(cell))]
        bare[edition.name(path)] = [text for text in found if not re.fullmatch(r"[\d,]+", text)]
    assert {name: found for name, found in bare.items() if found} == {}


@pytest.mark.browser
@pytest.mark.parametrize("part", range(4))
def test_axe_finds_nothing(edition: Edition, open_page: Any, part: int) -> None:
    """No violation in light, in dark and on a phone; no request, no error, no scrolling to the side, on any page."""
    for path in edition.pages[part::4]:
        name = edition.name(path)
        seen = open_page(path)
        for width in (1280, 390):
            seen.page.set_viewport_size({"width": width, "height": 900})
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        seen.page.evaluate(THIN, ROWS)
        Axe().run(seen.page, options={"runOnly": ["html-has-lang"]})  # brings axe into the page
        for scheme, width in (("light", 1280), ("dark", 390), ("dark", 1280)):
            seen.page.emulate_media(color_scheme=scheme)
            seen.page.set_viewport_size({"width": width, "height": 900})
            seen.page.evaluate(SETTLED)
            assert seen.page.evaluate(AXE, {}) == [], (name, scheme, width)
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, (name, scheme, width)
        assert seen.foreign == [], name
        assert seen.errors == [], name
        seen.page.close()


@pytest.mark.browser
def test_panel_opens_by_keyboard_for_numbers_in_prose_tables_and_chart_data(edition: Edition, open_page: Any) -> None:
    """Enter on a number shows document, locator, printed form, unit, period and formula; Escape leads back."""
    met = dict.fromkeys(PLACES, 0)
    for path in edition.reports:
        seen, name = open_page(path), edition.name(path)
        for place, selector in PLACES.items():
            links = seen.page.locator(selector)
            if not links.count():
                continue
            link = links.first
            if place == "chart":
                summary = link.locator("xpath=ancestor::details/summary")
                summary.focus()
                seen.page.keyboard.press("Enter")
            link.focus()
            seen.page.keyboard.press("Enter")
            text = "".join(part for part, _ in seen.page.evaluate(TEXTS))
            node = tree(path).xpath(f"//a[@href='{link.get_attribute('href')}']")[0]
            for key in behind(path, node):
                row, card = edition.observations[key], cards(path)[key]
                assert card["title"] in text, (name, place)
                for value in (card["locator"], row["value_text"], card.get("period", "")):
                    assert value in text, (name, place, key, value)
                assert row["time_period"] == "undated" or re.search(r"\d{4}", str(card["period"])), key
            assert formula(path, node) in text
            seen.page.keyboard.press("Escape")
            assert seen.page.locator("dialog[open]").count() == 0
            assert link.evaluate("node => node === document.activeElement"), (name, place)
            met[place] += 1
        assert seen.errors == [], name
        seen.page.close()
    assert met["prose"] >= 14
    # All but the briefs and the page to share, whose numbers stand in sentences and key numbers, and the databook's
    # first part, whose tables are about documents.
    without = ("brief", "picture", "databook.")
    assert met["table"] == sum(not path.name.startswith(without) for path in edition.reports)
    assert met["chart"] >= 8


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_panels_hold_no_unmarked_foreign_text(edition: Edition, open_page: Any, lang: str) -> None:
    """The card of every observation that some page leads to is opened; every text is marked with its language."""
    known: list[str] = []
    found: set[tuple[str, str]] = set()
    for path in sorted((edition.root / lang).glob("*.html"), key=lambda path: path.stat().st_size):
        seen = open_page(path)
        seen.page.evaluate(
            "() => { const nodes = document.querySelectorAll('svg'); nodes.forEach((one) => one.remove()); }"
        )
        ids, texts = seen.page.evaluate(ALL_PANELS, known)
        known += ids
        found |= {(text, language) for text, language in texts}
        seen.page.close()
    assert len(known) > 500
    assert dict(counted(found)) == {}


@pytest.mark.browser
def test_chart_data_download_as_csv(edition: Edition, open_page: Any) -> None:
    """The file behind the first chart of every report that has one: head, one line per row, plain numbers."""
    downloaded = 0
    for path in edition.reports:
        if not tree(path).xpath("//details[@class='data']"):
            continue
        seen = open_page(path)
        details = seen.page.locator("details.data").first
        details.locator("summary").click()
        with seen.page.expect_download() as download:
            details.locator("button.csv").click()
        text = download.value.path().read_text(encoding="utf-8")
        assert text.startswith("\ufeff")
        assert re.fullmatch(r"[\w.-]+\.csv", download.value.suggested_filename)
        lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        table = tree(path).xpath("(//details[@class='data'])[1]//table")[0]
        groups = table.xpath(".//tr[count(*) = 1]")  # their names stand in a column of their own
        assert len(lines) == len(table.xpath(".//tr")) - len(groups), path
        assert {len(line) for line in lines} == {len(table.xpath(".//thead//th")) + bool(groups)}, path
        assert any(re.fullmatch(r"-?\d+(\.\d+)?", cell) for line in lines[1:] for cell in line), path
        seen.page.close()
        downloaded += 1
    assert downloaded >= 8
