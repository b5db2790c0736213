"""The numbers of an edition: those that everybody checks, the notes that must survive, the way back to the sources."""

from __future__ import annotations

import csv
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from e2e import tagged_pdf
from e2e.edition import ROOT, Edition, behind, cards, formula, tree
from lxml import etree

pytestmark = pytest.mark.xdist_group("edition")

#: The worked example of METHODS: segment → growth a year in percent.
SEGMENTS = {"2024–2026": "73.8", "2027": "33.3", "2028–2030": "26.0", "2031–2035": "11.8"}
OUTPUT = {"zh": "规上工业总产值", "en": "Gross output of above-designated-size industry"}
WORDS = {
    "zh": {
        "first": "2024–2026年年均",
        "real": ("綦江", "工业增加值", "2025年上半年", "扣除价格因素"),
        "prices": r"2023年价格",
        "estimated": r"预估",
    },
    "en": {
        "first": "annual average 2024–2026",
        "real": ("Qijiang", "industrial value added", "first half of 2025", "real terms"),
        "prices": r"2023 prices",
        "estimated": r"[Ee]stimated by the source",
    },
}


def words(node: etree._Element) -> str:
    """Text of an element as a wide screen shows it, without links to itself, white space collapsed."""
    hidden = "ancestor::a[@class='anchor'] or ancestor::span[@class='unit phone']"
    return " ".join("".join(node.xpath(f".//text()[not({hidden})]")).split())


def main(edition: Edition, lang: str, report: str) -> etree._Element:
    """The main part of a page."""
    return tree(edition.root / lang / f"{report}.html").get_element_by_id("main")


def rows_about(node: etree._Element, what: str) -> list[dict[str, str]]:
    """Rows of tables whose head cell is `what`, as texts by column head."""
    found = []
    for table in node.xpath(".//table[not(ancestor::details)]"):
        heads = [words(head) for head in table.xpath("./thead/tr/*")]
        for row in table.xpath("./tbody/tr[not(@class='group')]"):
            if words(row[0]) == what:
                found.append(dict(zip(heads, (words(cell) for cell in row), strict=False)))
    return found


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_example_of_the_methods_is_printed_as_given_there(edition: Edition, lang: str) -> None:
    """142.8 → 750 is 73.8 % a year, labelled without the base year, and so on to 2035, 24.5 times the start."""
    page = main(edition, lang, "profile-bazhong")
    rows = rows_about(page, OUTPUT[lang])
    growth = [row for row in rows if set(SEGMENTS) <= set(row)]
    assert growth, [list(row) for row in rows]
    assert {head: growth[0][head] for head in SEGMENTS} == SEGMENTS
    assert "24.5" in growth[0].values()
    levels = [list(row.values()) for row in rows if "750" in row.values()]
    assert levels
    assert [re.sub(",", "", cell) for cell in levels[0] if re.fullmatch(r"[\d.,]+", cell)] == [
        "142.8", "750", "1000", "2000", "3500",
    ]  # fmt: skip
    for report in ("brief", "profile-bazhong"):
        texts = [words(node) for node in main(edition, lang, report).iter("p", "li")]
        assert any("73.8%" in text and WORDS[lang]["first"] in text for text in texts), report


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_formula_of_the_headline_is_behind_it(edition: Edition, lang: str) -> None:
    """73.8% leads to both printed values and to the sum that makes it."""
    for report in ("brief", "profile-bazhong"):
        path = edition.root / lang / f"{report}.html"
        links = [link for link in main(edition, lang, report).iter("a") if words(link) == "73.8%"]
        assert links
        assert [edition.observations[key]["value_text"] for key in behind(path, links[0])] == ["142.8", "750"]
        assert formula(path, links[0]) == "(750 ÷ 142.8)^(1/3) − 1"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_computed_numbers_are_listed_with_their_unit(edition: Edition, lang: str) -> None:
    """Growth is in per cent, differences of shares in points, in whichever table, head or note the unit is told."""
    units: dict[str, list[str]] = {"^(1/": [], "": []}
    for path in sorted((edition.root / lang).glob("*.html")):
        for row in tree(path).xpath('//figure[@id="numbers-computed"]//tbody/tr'):
            number, formula_, unit = (words(cell) for cell in list(row)[:3])
            if formula_.endswith(" − 1"):
                units["^(1/"].append("%" if "%" in number else unit)
            elif formula_ and re.fullmatch(r"[\d.,−]+", number) and not unit:
                units[""].append(f"{path.stem}: {number} = {formula_}")
    assert len(units["^(1/"]) > 50
    assert set(units["^(1/"]) == {"%"}
    # A quotient of two amounts has none of its own (an amount per hectare is no amount), nor have counts in English.
    assert [one for one in units[""] if not re.search(r": [\d.]+ = [\d.]+ (÷ [\d.]+$|\+ )", one)] == []
    quotients = re.findall(r"profile-bazhong: (\S+) = ", "\n".join(units[""]))
    assert {"24.2", "32.3"} <= set(quotients)  # output per square kilometre


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("report", ["brief", "profile-bazhong", "profile-qijiang"])
def test_the_growth_of_qijiang_is_called_what_it_is(edition: Edition, lang: str, report: str) -> None:
    """10.2 % is real growth of industrial value added on the year before, in every sentence that has it."""
    page = main(edition, lang, report)
    sentences = [words(node) for node in page.xpath(".//p | .//li") if "10.2%" in words(node)]
    if report == "brief":
        assert sentences
    for sentence in sentences:
        place = WORDS[lang]["real"][1:] if report == "profile-qijiang" else WORDS[lang]["real"]
        assert [word for word in place if word.lower() not in sentence.lower()] == [], sentence
    rows = [row for row in page.xpath(".//tr") if any(re.match(r"10\.2(?!\d)", words(cell)) for cell in row.iter("td"))]
    # Bazhong's page holds what Bazhong and Sichuan achieved; growth of other cities is not put beside its targets.
    assert bool(sentences or rows) == (report != "profile-bazhong")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_notes_and_blanks_of_the_plan_are_visible(edition: Edition, lang: str) -> None:
    """The price note, the note on estimates, dashes and the cell without a figure stand in page and PDF."""
    for report in ("profile-bazhong", "databook-bazhong"):
        shown = words(main(edition, lang, report))
        printed = tagged_pdf.text(edition.root / lang / f"{report}.pdf")
        assert "完成省政府下达目标任务" in shown
        assert "完成省政府下达目标任务" in printed
        assert "——" in shown
        assert "——" in printed
        for name in ("prices", "estimated"):
            assert re.search(WORDS[lang][name], shown), (report, name)
            assert re.search(WORDS[lang][name].replace(" ", ""), printed), (report, name)


def test_rows_marked_as_rates_or_shares_survive(edition: Edition) -> None:
    """Rows 7, 8 and 15 of the first table: R&D share, R&D growth and digital growth, each in its own words."""
    page = main(edition, "zh", "profile-bazhong")
    for name in ("研发经费支出占地区生产总值比重", "全社会研发经费投入增长", "数字经济增加值增速"):
        assert rows_about(page, name), name
    text = words(page)
    assert re.search(r"\*.{0,20}年均", text), "the note on * is missing"


def test_headline_numbers_of_the_manifest_stand_on_their_page(edition: Edition) -> None:
    """Every key figure that the manifest lists names published observations."""
    for entry in edition.manifest["reports"]:
        assert entry["figures"], entry["id"]
        for key, figure in entry["figures"].items():
            assert set(figure["observations"]) <= set(edition.observations), (entry["id"], key)


def chosen(links: list[etree._Element]) -> list[etree._Element]:
    """The first, the middle and the last of some links that lead to different observations."""
    distinct = list({link.get("href"): link for link in links}.values())
    return [distinct[0], distinct[len(distinct) // 2], distinct[-1]] if len(distinct) > 2 else distinct


@pytest.mark.sources
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_three_numbers_of_every_report_lead_to_the_characters_of_a_source(
    edition: Edition, sources_dir: Path, lang: str
) -> None:
    """From the page to the observation to the characters in the text, whose hash is the published one."""
    with (edition.root / "data" / "sources.csv").open(encoding="utf-8", newline="") as file:
        sources = {row["source_id"]: row for row in csv.DictReader(file)}
    texts = {}
    for path in sources_dir.resolve().parent.glob("*/*.txt"):
        texts[hashlib.sha256(path.read_bytes()).hexdigest()] = path.read_bytes().decode("utf-8")
    for path in sorted((edition.root / lang).glob("*.html")):
        links = [link for link in tree(path).xpath("//main//a[@data-o or @data-f]") if behind(path, link)]
        followed = chosen(links)
        assert len(followed) == 3, path.name
        for link in followed:
            for key in behind(path, link):
                row = edition.observations[key]
                text = texts[sources[row["source_id"]]["sha256"]]
                assert text[int(row["char_start"]) : int(row["char_end"])] == row["value_text"], key
                card = cards(path)[key]
                assert card["value_text"] == row["value_text"]
                assert not row["obs_value"] or float(row["obs_value"]) in floats(card["value"]), (path.name, key)


@pytest.mark.parametrize("report", ["profile-bazhong", "profile-qijiang", "profile-fuling", "profile-zhaoqing"])
def test_a_number_with_one_observation_is_shown_as_printed(edition: Edition, report: str) -> None:
    """On a Chinese page a table's number that is taken over from one observation has the value of its source."""
    seen = 0
    for link in main(edition, "zh", report).xpath(".//td//a[@data-o and not(@data-f)]"):
        ids = link.get("data-o").split()
        digits = re.findall(r"\d[\d,]*(?:\.\d+)?", words(link))
        if len(ids) != 1 or len(digits) != 1:
            continue
        row = edition.observations[ids[0]]
        if row["obs_value"] and row["comparator"] != "range":
            assert float(digits[0].replace(",", "")) == float(row["obs_value"]), (words(link), row["obs_value"])
            seen += 1
    assert seen >= 3


def floats(text: str) -> list[float]:
    """The numbers of a text."""
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", "").replace("−", "-"))]


def test_workbook_and_csv_hold_the_value_that_every_page_shows(edition: Edition, tmp_path: Path) -> None:
    """For each observation behind a number of any page: value and printed form in the exported files are the page's."""
    workbook = tmp_path / "data.xlsx"
    command = [sys.executable, "-m", "planbrief", "export", "--project", str(ROOT), "--to", "xlsx"]
    subprocess.run([*command, "--out", str(workbook)], check=True, timeout=120)
    for sheet in openpyxl.load_workbook(workbook).worksheets:
        lines = [list(line) for line in sheet.iter_rows(values_only=True)]
        heads = [str(head).rpartition("\n")[2] for head in lines[0]]
        if heads[0] == "obs_id":
            break
    book = {line[0]: dict(zip(heads, line, strict=True)) for line in lines[1:]}
    assert set(book) == set(edition.observations)
    compared, wrong = set(), []
    for path in edition.reports:
        for key, card in cards(path).items():
            filed, cells = edition.observations[key], book[key]
            fields = ("obs_value", "upper_value")
            values = [float(filed[name]) for name in fields if filed[name]]
            same = [float(cells[name]) for name in fields if cells[name] not in (None, "")] == values
            same &= str(cells["value_text"] or "") == filed["value_text"] == card["value_text"]
            if not (same and set(values) <= set(floats(card["value"]))):
                wrong.append((edition.name(path), key, card["value"], values))
            compared.add((path, key))
    assert wrong == []
    assert {key for _, key in compared} == set(edition.observations)
    assert len(compared) > 4000
