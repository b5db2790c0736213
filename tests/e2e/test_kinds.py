"""Each kind of statement that once came out false, from a row to pages in two languages; the wrong row is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from e2e.kinds import make_project
from lxml import html

from planbrief.checks.project import project_problems
from planbrief.checks.repair import fix
from planbrief.checks.verification import verify
from planbrief.measures.audit import audit
from planbrief.project import Project
from planbrief.publish.build import build
from planbrief.publish.gate import Refused
from planbrief.run.produce import Request
from planbrief.targets.dataset import Dataset, load
from planbrief.targets.package import read_package

#: What the page of the city says of each kind, and what it does not say.
SAID = {
    "signs": ("−9.7%", "下降9.7%", "fell 9.7%"),
    "range of falls": ("", "−3%–−2%", "−3 to −2%"),
    "stretches": ("5.1", "2025年前三季度", "first three quarters of 2025"),
    "months": ("6.3%", "2025年1–11月", "January–November 2025"),
    "unit as printed": ("1.32", "1.32 万亿元（2025年）", "1.32 trillion yuan"),
    "ceiling": ("4.2", "5以内", "at most 5"),
    "ceiling that is kept": ("", "已在目标界限之内", "lies within the limit"),
    "about": ("", "目标为约 5%，比2025年实际的5.4%低约 0.4 个百分点", "is about 5%, about 0.4 percentage points below"),
    "province as context": ("21.6%", "占明省的21.6%", "21.6% of that of Ming Province"),
    "vocabulary": ("", "一般公共预算收入", "General public budget revenue"),
    "theme": ("", "财政", "Public finance"),
    "absolute change": ("1.16", "人均预期寿命（变化）", "Life expectancy at birth, change"),
    "total of years": ("", "2021–2025年", "2021–2025"),
    "prices": ("", "价格口径不同，不评价", "not judged: prices differ"),
    "project and data": ("", "项目 planbrief，数据", "project planbrief, data"),
}  # fmt: skip
UNSAID = {
    "falls of another stretch": ("有2 项指标下降", "2 indicators fell"),
    "no actual value": ("文献中还没有2023年", "no actual figure after 2023"),
    "budget as sales": ("营业收入", "Operating revenue"),
    "nine months as a quarter": ("2025年第三季度", "third quarter of 2025"),
    "the ceiling as an aim": ("失业率变化", "change of surveyed"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("kinds") / "project")


@pytest.fixture(scope="module")
def pages(project: Project) -> dict[str, str]:
    """The text of each page by its name."""
    out = project.root / "edition"
    build(project, out, Request(wanted=("profile-mingzhou", "profile-mingsheng"), formats=("html",)))
    return {path.relative_to(out).as_posix(): text_of(path) for path in out.glob("*/*.html")}


def text_of(path: Path) -> str:
    """What a page says, each block on a line."""
    page = html.parse(str(path)).getroot().find(".//main")
    for drawn in page.xpath(".//script|.//style|.//svg|.//template"):
        drawn.getparent().remove(drawn)
    blocks = page.xpath(".//h1|.//h2|.//h3|.//p|.//li|.//td|.//th|.//figcaption|.//dd|.//dt")
    return "\n".join(re.sub(r"\s+", " ", block.text_content()).strip() for block in blocks)


def test_the_rows_hold_without_and_with_their_text(project: Project) -> None:
    """No problem, and not one of the rows needs a note: the grammar reads them as they stand."""
    assert project_problems(project) == []
    found = verify(Dataset(read_package(project.data)), project.root / "texts")
    assert [str(one) for one in found.mismatches if one.source_id.startswith("ming")] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAID)
def test_each_kind_is_said_as_it_is_meant(pages: dict[str, str], kind: str) -> None:
    """The right value and word in both languages."""
    both, zh, en = SAID[kind]
    for lang, words in (("zh", zh), ("en", en)):
        page = pages[f"{lang}/profile-mingzhou.html"]
        assert both in page
        assert words in page.replace("\n", "")


@pytest.mark.slow
@pytest.mark.parametrize("kind", UNSAID)
def test_nothing_false_is_said(pages: dict[str, str], kind: str) -> None:
    """In neither language."""
    for lang, words in zip(("zh", "en"), UNSAID[kind], strict=True):
        assert words not in pages[f"{lang}/profile-mingzhou.html"]


@pytest.mark.slow
def test_a_province_has_a_page_and_documents_without_targets_say_so(pages: dict[str, str]) -> None:
    """Its own report, and no word of goals without a year where there are no goals."""
    assert "其中没有目标" in pages["zh/profile-mingsheng.html"]
    assert "none of them is a target" in pages["en/profile-mingsheng.html"]


def test_a_province_is_no_peer_of_its_city(project: Project) -> None:
    """Of the areas asked for the cities are compared; what they lie in is context."""
    assert load(project).peers(("mingsheng", "mingzhou", "bazhong")) == (("mingzhou", "bazhong"), ("mingsheng",))


def test_findings_hold(project: Project) -> None:
    """Nothing is called inconsistent: prices differ, bounds are kept, stretches are no years."""
    assert [one.id for one in audit(load(project), "mingzhou").of("inconsistent")] == []


@pytest.mark.parametrize(
    ("printed", "cells", "column"),
    [
        ("9.7", {"obs_value": "9.7"}, "obs_value"),
        ("1.32", {"unit_measure": "亿元"}, "unit_measure"),
        ("5.1", {"time_period": "2025-Q3"}, "time_period"),
        ("5.1", {"transformation": "level", "indicator": "gdp_growth"}, "transformation"),
        ("4200", {"ref_area": "bazhong"}, "ref_area"),
        ("120", {"time_period": "2025"}, "time_period"),
        ("1.16", {"transformation": "level"}, "transformation"),
        ("三", {"kind": "target", "time_period": "2026"}, "kind"),
    ],
)
def test_the_wrong_row_is_named_by_verify(tmp_path: Path, printed: str, cells: dict[str, str], column: str) -> None:
    """With the text at hand, by its file, row and column."""
    project = make_project(tmp_path / "project", **{printed: cells})
    found = verify(Dataset(read_package(project.data)), project.root / "texts")
    named = [one for one in found.mismatches if one.source_id == "mingzhou-report-2026"]
    assert any(one.found.startswith(column) for one in named), [str(one) for one in named]


@pytest.mark.parametrize(
    ("printed", "cells", "column"),
    [
        ("860", {"obs_value": "960"}, "obs_value"),
        ("三", {"obs_value": "3.0"}, "obs_value"),
        ("4.2", {"comparator": "le"}, "comparator"),
        ("5600", {"time_period": "2025"}, "time_period"),
    ],
)
def test_the_wrong_row_is_refused(tmp_path: Path, printed: str, cells: dict[str, str], column: str) -> None:
    """check names it without the text, accepting everything does not seal it, and nothing is built of it."""
    project = make_project(tmp_path / "project", **{printed: cells})
    with pytest.raises(Refused) as told:
        build(project, tmp_path / "out", Request(wanted=("profile-mingzhou",), languages=("zh",), formats=("html",)))
    assert column in {one.column for one in told.value.problems}
    assert not (tmp_path / "out").exists()
    if cells.get("obs_value") == "3.0":  # a matter of form: mended, and then it is the row that was meant
        fix(project.data)
        assert {one.column for one in project_problems(project)} == {""}
