"""Profiles as they are built: everything about Bazhong, one page about Qijiang and Zhaoqing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from notebooks.test_comparison import build, copied, empty_sections, words

from planbrief.commands.cli import main
from planbrief.publish.edition_check import pdf_facts

pytestmark = pytest.mark.xdist_group("build")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_bazhong(tmp_path: Path, lang: str):
    """Running example, price note, 预估, printed dashes and words, both readings, progress that cannot be judged."""
    project = copied(tmp_path)
    page = build(project, "profile-bazhong", lang)
    text = words(page)
    text = text.replace(",", "") if lang == "zh" else text.replace("89.7 to 101.9", "897–1019").replace("43.15", "431.5").replace("54.76", "547.6")
    for number in ("24.5", "73.8", "33.3", "26.0", "11.8", "73.80–73.84", "13.3", "897–1019", "431.5", "547.6"):
        assert number in text
    cells = {cell.text_content().strip() for cell in page.xpath("//td")}
    assert "——" in cells
    assert any("完成省政府下达目标任务" in cell for cell in cells)
    expected = {
        "zh": ("2023年价格", "预估", "读法二：自基期起", "没有2023年以后的实际数", "产业总产值（亿元）"),
        "en": ("2023 prices", "Estimated by the source itself", "Reading 2: since the base", "hold no actual figure after 2023"),
    }
    for phrase in expected[lang]:
        assert phrase in text
    assert not empty_sections(page)
    assert (project.reports / "latest" / lang / "profile-bazhong.html").stat().st_size < 400_000


def test_small_cities_are_two_pages(tmp_path: Path):
    """Qijiang and Zhaoqing: their own facts on one page, the province beside them on a second at most."""
    project = copied(tmp_path)
    for report in ("profile-qijiang", "profile-zhaoqing"):
        assert main(["build", report, "--project", str(project.root)]) == 0
        for lang in ("zh", "en"):
            assert pdf_facts((project.reports / "latest" / lang / f"{report}.pdf").read_bytes()).pages <= 2
    page = build(project, "profile-qijiang", "zh")
    text = words(page)
    assert re.search(r"已实现的增长：2025年上半年工业增加值增速10\.2%（同比增速，扣除价格因素）", text)
    assert len(page.xpath("//main//table")) == 2  # its own facts, and the province beside it
    assert not empty_sections(page)


def test_a_city_without_data(tmp_path: Path):
    """No documents about the city: the page says nothing it cannot know, and nothing fails."""
    project = copied(tmp_path, "zhaoqing-xian-2025")
    assert main(["build", "profile", "-p", "region=qijiang", "--lang", "en", "--to", "html", "--project",
                 str(project.root)]) == 0  # fmt: skip
