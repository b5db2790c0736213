"""The brief as it is built: the answer first, the running example's numbers, reasons, questions, little data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from notebooks.test_comparison import build, copied, empty_sections, words

from planbrief.commands.cli import main
from planbrief.publish.gate import pdf_facts

pytestmark = pytest.mark.xdist_group("build")


def test_the_shipped_cities(tmp_path: Path):
    """The running example's numbers; Qijiang's 10.2 % is real growth of industrial value added."""
    project = copied(tmp_path)
    page = build(project, "brief", "zh")
    text = words(page)
    for number in ("24.5", "73.8%", "33.3%", "26.0%", "11.8%", "13.3%", "40%"):
        assert number in text
    assert "工业增加值增速10.2%（2025年上半年，同比增速，扣除价格因素）" in text
    assert "不能比" not in text  # the first page is about what can be said
    assert "工业规模等级1000 亿元以上" in text
    assert len(page.xpath("//figure[.//svg]")) == 1
    assert 3 <= len(page.xpath("//dl[@class='keys']/div")) <= 6
    assert not empty_sections(page)
    assert not re.search(r"[个项处家户条] ?[个项处家户条](?!业)", text)


def test_english(tmp_path: Path):
    """The same facts in English; no doubled unit."""
    page = build(copied(tmp_path), "brief", "en")
    text = words(page)
    assert "growth of industrial value added 10.2% (first half of 2025, growth on the year before, in real terms)" in text
    assert "24.5 times the start" in text
    assert not re.search(r"\b(pairs|targets|goals|facts|relations|percentage points) \1\b", text)
    assert not empty_sections(page)


def test_two_pages(tmp_path: Path):
    """The leader's three minutes: no more than two pages in either language."""
    project = copied(tmp_path)
    assert main(["build", "brief", "--to", "pdf", "--project", str(project.root)]) == 0
    for lang in ("zh", "en"):
        assert pdf_facts((project.reports / "latest" / lang / "brief.pdf").read_bytes()).pages <= 2


def test_one_city_with_little_data(tmp_path: Path):
    """With data about Zhaoqing alone: a short page, nothing about comparing or steepness."""
    page = build(copied(tmp_path, "zhaoqing-xian-2025"), "brief", "en")
    heads = [re.sub(r"\s*#$", "", head.text_content().strip()) for head in page.xpath("//main//h2")]
    assert "What the other documents say" not in heads
    assert "Zhaoqing: size of the industry fund 1 billion yuan" in words(page)
    assert "hardest" not in words(page).partition("Zhaoqing: size")[2]
    assert not empty_sections(page)
