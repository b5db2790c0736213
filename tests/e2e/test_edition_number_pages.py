"""A page per number: each number of the data has one in both languages, tells what the data hold, and leads back."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from e2e.edition import Edition, ids, tree
from e2e.foreign_text import counted, pieces
from e2e.test_edition_pages import AXE, open_page  # noqa: F401
from e2e.test_edition_promises import MET
from lxml import etree

from planbrief.display.state import placed

pytestmark = pytest.mark.xdist_group("edition")


#: axe looks at every node, shown or not: five hundred hidden numbers take it minutes.
ALONE = "() => document.querySelectorAll('.number:not(:target)').forEach((one) => one.remove())"


@functools.cache
def sections(path: Path) -> dict[str, etree._Element]:
    """The numbers of a page by address."""
    return {node.get("id"): node for node in tree(path).xpath("//section[@class='number']")}


def told(section: etree._Element) -> dict[str, str]:
    """What a number says of itself: term → text."""
    terms = section.find("dl").findall("dt")
    return {term.text_content(): term.getnext().text_content() for term in terms}


@functools.cache
def leads(section: etree._Element) -> frozenset[str]:
    """Where a number leads."""
    return frozenset(str(address) for address in section.xpath(".//a/@href"))


def test_every_number_has_a_page_that_tells_what_the_data_hold(edition: Edition) -> None:
    """Each observation once in each language: as printed, its unit, its place, its characters, its id."""
    for lang in ("zh", "en"):
        found: dict[str, dict[str, str]] = {}
        for path in edition.numbers:
            if path.parent.parent.name == lang:
                for section in sections(path).values():
                    card = told(section)
                    key = card["编号" if lang == "zh" else "Id"]
                    assert key not in found, key
                    assert edition.observations[key]["source_id"] == path.stem
                    found[key] = card
        assert found.keys() == edition.observations.keys()
        for key, row in edition.observations.items():
            card = found[key]
            assert card.get("原文写法" if lang == "zh" else "As printed", "") == row["value_text"], key
            assert row["unit_measure"] in card.get("单位" if lang == "zh" else "Unit", ""), key
            assert card["文中位置" if lang == "zh" else "Printed at"] == placed(row["locator"], lang), key
            if row["char_start"]:
                span = [int(one) for one in re.findall(r"\d+", card["字符位置" if lang == "zh" else "In the text"])]
                # Counted from one, the last one included; a single character is named once.
                assert (span[0], span[-1]) == (int(row["char_start"]) + 1, int(row["char_end"])), key
                assert len(span) == (1 if len(row["value_text"]) == 1 else 2), key


def test_every_number_of_every_page_leads_to_its_page_and_back(edition: Edition) -> None:
    """Rows of numbers and of the databook lead there; it names the page, and each place on it where it stands."""
    for path in edition.reports:
        rows = tree(path).xpath("//tr[starts-with(@id, 'n-')]")
        assert rows, edition.name(path)
        for row in rows:
            (address,) = {str(one) for one in row.xpath(".//a/@href") if str(one).startswith("numbers/")}
            target, _, anchor = address.partition("#")
            assert anchor == row.get("id")
            back = leads(sections(path.parent / target)[anchor])
            places = row.xpath("ancestor::section[@id='page-numbers']") and row[-1].xpath(".//a/@href")
            wanted = {f"../{path.name}#{anchor}", *(f"../{path.name}{place}" for place in places or ())}
            wanted = {one for one in wanted if "#" in one and "numbers/" not in one}
            assert wanted <= back, (edition.name(path), anchor, wanted - back)


def test_what_is_computed_from_a_number_stands_on_its_page(edition: Edition) -> None:
    """Every formula that a report shows is told on the page of each number in it."""
    seen = 0
    for path in edition.reports:
        for row in tree(path).xpath("//tr[starts-with(@id, 'c-')]"):
            formula = row[1].text_content()
            for link in row[4].xpath(".//a[starts-with(@href, '#n-')]") if formula else ():
                anchor = link.get("href")[1:]
                page = tree(path).get_element_by_id(anchor)
                (address,) = {str(one) for one in page.xpath(".//a/@href") if str(one).startswith("numbers/")}
                section = sections(path.parent / address.partition("#")[0])[anchor]
                assert f"= {formula}" in section.text_content(), (edition.name(path), anchor, formula)
                seen += 1
    assert seen > 1000


def test_questions_of_the_audit_stand_on_the_page_of_every_number_they_are_about(edition: Edition) -> None:
    """As many as the manifest lists."""
    asked: dict[str, int] = {}
    for finding in edition.manifest["findings"]:
        for key in finding["observation_ids"]:
            asked[key] = asked.get(key, 0) + 1
    assert asked
    for path in edition.numbers:
        head = "关于它的疑问" if path.parent.parent.name == "zh" else "Questions about it"
        for section in sections(path).values():
            key = told(section)["编号" if path.parent.parent.name == "zh" else "Id"]
            assert len(section.xpath(f".//h3[text()='{head}']/following-sibling::ul[1]/li")) == asked.get(key, 0), key


def test_both_languages_have_the_same_numbers_at_the_same_addresses(edition: Edition) -> None:
    """Who switches the language stays at the number."""
    for path in edition.numbers:
        other = edition.root / ("en" if path.parent.parent.name == "zh" else "zh") / "numbers" / path.name
        assert ids(other) == ids(path)


def test_pages_of_numbers_are_in_their_language(edition: Edition) -> None:
    """No English word in Chinese, no Chinese character in English that is not marked as such."""
    found = {edition.name(path): counted(pieces(tree(path))) for path in edition.numbers}
    assert {name: dict(words) for name, words in found.items() if words} == {}


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_one_number_shows_alone(edition: Edition, open_page: Any, width: int, dark: bool) -> None:  # noqa: F811
    """The one that the address names, without scripts too; none where it names none; nothing for axe, 24 pixels."""
    wrong = []
    by_size = sorted(edition.numbers, key=lambda path: path.stat().st_size)
    for path in (*by_size[:2], *by_size[-2:]):
        seen = open_page(path, width=width, dark=dark)
        shown = "() => [...document.querySelectorAll('.number')].filter((one) => one.offsetHeight).map((one) => one.id)"
        assert seen.page.evaluate(shown) == []
        assert seen.page.locator("nav.list summary").first.is_visible()
        longest = max(sections(path), key=lambda one: len(leads(sections(path)[one])))
        seen.page.goto(f"{path.as_uri()}#{longest}")
        assert seen.page.evaluate(shown) == [longest]
        assert not seen.page.locator("nav.list").is_visible()
        stops, low, _ = seen.page.evaluate(MET)
        wrong += [(path.name, stops)] * (stops > 100) + [(path.name, one) for one in low]
        if seen.page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            wrong.append((path.name, "scrolls sideways"))
        seen.page.evaluate(ALONE)
        wrong += [(path.name, *one) for one in axe(seen.page)]
        seen.page.close()
    assert wrong == []


def axe(page: Any) -> list[Any]:
    """What axe finds on an open page."""
    Axe().run(page, options={"runOnly": ["html-has-lang"]})  # brings axe into the page
    return page.evaluate(AXE, {})
