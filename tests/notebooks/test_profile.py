"""Profiles as they are built: everything about Bazhong, one page about Qijiang and Zhaoqing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from notebooks.test_comparison import build, copied, empty_sections, words

from planbrief.commands.cli import main
from planbrief.publish.gate import pdf_facts

pytestmark = pytest.mark.xdist_group("build")


#: What the figures imply, as an editor would check it by hand: (Chinese page, English page).
STORY = (
    *(("897–1019", "897–1,019"), ("1095–1253", "1,095–1,253"), ("1618–1875", "1,618–1,875"), ("2500–2960", "2,500–2,960")),
    *(("4.8%–9.3%", "4.8 to 9.3%"), ("22.0%–22.9%", "22.0 to 22.9%"), ("23.8%–29.5%", "23.8 to 29.5%")),
    *(("72.7%", "72.7%"), ("26.3%–29.9%", "26.3 to 29.9%"), ("11.3%", "11.3%"), ("6.0%×贡献率40.6%÷增长前占比21.5%", "40.6%")),
    *(("400 亿元", "40 billion yuan"), ("250 亿元", "25 billion yuan"), ("−100 亿元", "−10 billion yuan"), ("30.9 亿元", "3.09")),
    *(("5.5%", "5.5%"), ("18.8%", "18.8%"), ("18.1%", "18.1%"), ("1.2%", "1.2%"), ("7.2%", "7.2%"), ("0.4 亿元", "40 million")),
    *(("1.7 亿元", "170 million"), ("3.5 亿元", "350 million"), ("6.82 亿元", "682 million"), ("24.2 亿元", "2.42 billion")),
    *(("人口基本不增长", "population hardly changes"), ("431.5 亿元", "43.15 billion"), ("547.6 亿元", "54.76 billion")),
    *(("3050–4910 亿元", "305 to 491 billion"), ("没有目标的产业（主要是建筑业）", "construction above all"), ("40%", "40%")),
)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_bazhong(tmp_path: Path, lang: str):
    """The whole story, price note, 预估, printed dashes and words, both readings, progress that cannot be judged."""
    project = copied(tmp_path)
    page = build(project, "profile-bazhong", lang)
    text = words(page)
    assert [pair for pair in STORY if pair[lang == "en"] not in text] == []
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
    assert (project.reports / "latest" / lang / "profile-bazhong.html").stat().st_size < 500_000


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
