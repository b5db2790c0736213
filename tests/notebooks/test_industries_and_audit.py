"""The two reports built as users build them: key numbers appear, a city with little data gets a short page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from planbrief.commands.cli import main
from planbrief.project import packaged

pytestmark = pytest.mark.xdist_group("build")


@dataclass(frozen=True)
class Built:
    """One page and what the manifest says of it."""

    html: str
    pages: int
    figures: dict[str, Any]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, str], Built]:
    """Builds a report of the shipped data once, by the command that users call."""

    @cache
    def build(notebook: str, region: str, lang: str) -> Built:
        out = tmp_path_factory.mktemp("edition") / "out"
        words = ["build", f"{notebook}-bazhong", "-p", f"region={region}", "--lang", lang, "--out", str(out)]
        assert main([*words, "--project", str(packaged().root)]) == 0
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        (report,) = manifest["reports"]
        html = (out / report["html"]["path"]).read_text(encoding="utf-8")
        return Built(html, report["pdf"]["pages"], report["figures"])

    return build


def text(page: Built) -> str:
    """Words of the page without markup and scripts."""
    html = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", page.html)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def headings(page: Built) -> list[tuple[int, str]]:
    """Level and words of every heading."""
    found = re.findall(r"(?s)<h([1-4])[^>]*>(.*?)</h\1>", page.html)
    return [(int(level), re.sub(r"<[^>]+>", "", words).strip(" #\n")) for level, words in found]


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", ["123.1%", "543.7", "45.3%", "266.7 times", "Comprehensive income"]),
        ("zh", ["123.1%", "543.7", "45.3%", "266.7", "文旅康养综合收入", "先进电池材料"]),
    ],
)
def test_industries_of_bazhong(built, lang, expected):
    """Steepest climbs, contributions, measures and the cautions stand on the page."""
    page = built("industries", "bazhong", lang)
    words = text(page)
    assert [one for one in expected if one not in words] == []
    assert page.pages <= 7


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", ["Arithmetic:", "Difference", "tolerance", "400 + 300 + 200 + 100 + 100", "8844", "Table"]),
        ("zh", ["计算：", "差额", "允许误差", "400 + 300 + 200 + 100 + 100", "8844", "不是指责"]),
    ],
)
def test_audit_of_bazhong(built, lang, expected):
    """Counts, questions with their arithmetic and what agrees stand on the page."""
    page = built("audit", "bazhong", lang)
    words = text(page)
    assert [one for one in expected if one not in words] == []
    key = "bazhong/audit/checked"
    assert page.figures[key]["value"] >= 300
    assert page.figures["bazhong/audit/inconsistent"]["value"] >= 10


@pytest.mark.parametrize("region", ["qijiang", "fuling", "zhaoqing"])
def test_industries_of_a_city_without_them(built, region):
    """One sentence and the sources: no heading that has nothing under it."""
    page = built("industries", region, "en")
    assert "no dated levels of output" in text(page)
    assert [words for level, words in headings(page) if level == 2] in ([], ["Sources"])
    assert page.pages == 1


@pytest.mark.parametrize("region", ["qijiang", "zhaoqing"])
def test_audit_of_a_plan_that_adds_up(built, region):
    """All agree, so no heading of questions appears; what agrees and the method do."""
    page = built("audit", region, "en")
    assert "no question arises" in text(page)
    names = [words for level, words in headings(page) if level == 2]
    assert "Checked and found to agree" in names
    assert not {"Inconsistent figures", "Implausible figures", "What definitions explain", "Notes"} & set(names)


@pytest.mark.parametrize("notebook", ["industries", "audit"])
def test_no_numbers_are_typed_into_prose(notebook):
    """The templates and the Markdown of the notebook hold no digit."""
    source = (packaged().notebooks / f"{notebook}.ipynb").read_text(encoding="utf-8")
    for cell in json.loads(source)["cells"]:
        body = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            assert not re.search(r"\d", body)
            continue
        for template in re.findall(r'\("((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)', body):
            assert not re.search(r"\d", re.sub(r"\{\w+\}", "", " ".join(template)))
