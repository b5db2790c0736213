"""The report comparison as it is built: what may be compared comes first, every refusal has its reason."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from lxml import html

from planbrief.commands.cli import main
from planbrief.project import Project, packaged

pytestmark = pytest.mark.xdist_group("build")


def copied(folder: Path, *kept: str) -> Project:
    """A copy of the shipped project with only some of its documents (all, if none is named)."""
    shutil.copytree(packaged().root / "data", folder / "data")
    shutil.copytree(packaged().root / "notebooks", folder / "notebooks")
    (folder / "reports").mkdir()
    shutil.copy(packaged().catalog, folder / "reports" / "catalog.toml")
    for document in (folder / "data" / "documents").iterdir():
        if kept and document.name not in kept:
            shutil.rmtree(document)
    return Project(folder)


def build(project: Project, report: str, lang: str) -> html.HtmlElement:
    """A page as HTML."""
    assert main(["build", report, "--lang", lang, "--to", "html", "--project", str(project.root)]) == 0
    return html.parse(str(project.reports / "latest" / lang / f"{report}.html")).getroot()


def words(page: html.HtmlElement) -> str:
    """The text of a page's main part on one line."""
    (body,) = page.xpath("//main")
    return re.sub(r"\s+", " ", body.text_content())


def empty_sections(page: html.HtmlElement) -> list[str]:
    """Headings directly followed by one of the same or a higher level, or by nothing."""
    levels = {"h2": 2, "h3": 3, "h4": 4}
    marked = page.xpath(
        "//main//*[self::h2 or self::h3 or self::h4 or self::table or self::p or self::ul or self::svg]"
    )
    found = []
    for element, after in zip(marked, [*marked[1:], None], strict=True):
        if element.tag in levels and (after is None or levels.get(after.tag, 9) <= levels[element.tag]):
            found.append(element.text_content())
    return found


def test_the_shipped_cities(tmp_path: Path):
    """Few pairs are comparable, two have a safe order; growth needed is no rival of the growth that the city achieved."""
    page = build(copied(tmp_path), "comparison", "zh")
    text = words(page)
    assert re.search(r"2 对可以相比，2 对只能定大小，1 对只能并列", text)
    assert re.search(r"到2027年的目标为1000 亿元，仍低于涪陵高新区2022年已有的1200 亿元", text)
    assert "73.8%" in text
    assert "不是同一回事" in text
    assert "綦江区：工业；涪陵区：华峰集团" in text
    assert "不作计算" in text
    assert "0.38倍" in text.replace(" ", "")
    assert any("3 ÷ 8" in row.text_content() for row in page.xpath("//tr")), "the formula stands in the row of its number"
    (needed,) = [line for line in page.xpath("//main//li") if "不是同一回事" in line.text_content()]
    assert re.search(r"73\.8%.*11\.3%", needed.text_content())
    assert not empty_sections(page)


def test_one_small_city_gets_a_short_page(tmp_path: Path):
    """With data about Zhaoqing alone there is nothing to set beside it, and no section about pairs."""
    page = build(copied(tmp_path, "zhaoqing-xian-2025"), "comparison", "en")
    text = words(page)
    assert "Only one place (Zhaoqing) has figures" in text
    assert "Side by side" not in "".join(page.xpath("//h2//text()"))
    assert "Comparability" not in page.xpath("//h2//text()")
    assert not empty_sections(page)
