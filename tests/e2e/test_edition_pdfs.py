"""Every PDF of an edition: conforming, titled, numbered, readable by machines, nothing cut or on top of each other."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from conftest import missing
from e2e import tagged_pdf
from e2e.edition import Edition, tree
from lxml import html
from PIL import Image
from render.pdf_checks import assert_pdf_conforms

pytestmark = pytest.mark.xdist_group("edition")

#: A4 in points, its margins at the sides, and how far a comma may hang into them.
WIDTH, HEIGHT, MARGIN, HANG = 595.28, 841.89, 56.69, 8.0
#: Top and bottom of the type area.
TOP, BOTTOM = 70.87, HEIGHT - 62.36
#: What may not begin a line after a number, or after anything.
UNIT = re.compile("年|月|日|个|项|家|倍|平方公里|[万亿]|billion|million|percentage|times|km²")
STRAY = re.compile("[，。；：、！？）》”]")
#: Strings that a reader must be able to copy out, by report.
KNOWN = {
    "brief": ("规上工业总产值", "142.8", "73.8%"),
    "profile-bazhong": ("规上工业总产值", "完成省政府下达目标任务", "2024–2026年年均"),
    "profile-qijiang": ("綦江", "10.2%"),
    "profile-fuling": ("涪陵", "1200"),
    "profile-zhaoqing": ("肇庆", "10亿元"),
    "industries-bazhong": ("先进电池材料", "贡献率"),
    "comparison": ("可比", "统计范围"),
    "audit-bazhong": ("主导产业", "允许误差"),
    "databook": ("巴府办发〔2024〕17号", "年均增长速度"),
    "databook-bazhong": ("编号", "巴府办发〔2024〕17号", "指标定义"),
}


@dataclass(frozen=True)
class Word:
    """A word on a page with its box in points, from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


@cache
def layout(path: Path) -> tuple[tuple[float, float, tuple[Word, ...]], ...]:
    """Pages of a PDF as (width, height, words), by poppler."""
    if shutil.which("pdftotext") is None:
        missing("pdftotext (Debian package poppler-utils)")
    done = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, check=True, timeout=120)
    found = []
    for page in html.fromstring(done.stdout.decode("utf-8")).iter("page"):
        words = [
            Word(*(float(word.get(side)) for side in ("xmin", "ymin", "xmax", "ymax")), word.text or "")
            for word in page.iter("word")
        ]
        found.append((float(page.get("width")), float(page.get("height")), tuple(words)))
    return tuple(found)


def collide(one: Word, other: Word) -> bool:
    """Whether two words lie on top of each other.

    Chinese punctuation is set tight: on one line two boxes may overlap by the empty halves of two marks.
    """
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    height = min(one.bottom - one.top, other.bottom - other.top)
    same_line = abs(one.bottom - other.bottom) < 1.0
    return down > 0.35 * height and across > (height if same_line else 1.0)


def test_every_pdf_conforms(edition: Edition) -> None:
    """PDF/UA-1 and PDF/A-2a, tagged, titled as its page, in its language."""
    assert len(edition.pdfs) == len(edition.reports)
    for path in edition.pdfs:
        assert_pdf_conforms(path.read_bytes())
        with pikepdf.open(path) as pdf:
            assert str(pdf.Root.Lang) == {"zh": "zh-CN", "en": "en-GB"}[path.parent.name]
            (title,) = tree(path.with_suffix(".html")).xpath("//h1")
            with pdf.open_metadata() as metadata:
                assert metadata["dc:title"] == "".join(title.itertext()).strip()


def test_bookmarks_are_the_headings(edition: Edition) -> None:
    """The outline names the same chapters in the same order as the page."""
    for path in edition.pdfs:
        with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
            titles = ["".join(item.title.split()) for item in outline.root]
        heads = tree(path.with_suffix(".html")).xpath("//main//h2")
        shown = ["".join("".join(head.xpath(".//text()[not(ancestor::a[@class='anchor'])]")).split()) for head in heads]
        assert titles == shown, edition.name(path)


def test_pages_are_numbered(edition: Edition) -> None:
    """Page x of y stands on each page, y is the number of pages, and the manifest says the same."""
    pages = {entry["pdf"]["path"]: entry["pdf"]["pages"] for entry in edition.manifest["reports"]}
    for path in edition.pdfs:
        with pikepdf.open(path) as pdf:
            count = len(pdf.pages)
        assert pages[edition.name(path)] == count
        said = dict.fromkeys(range(1, count + 1), "")
        for piece in tagged_pdf.pieces(path):
            said[piece.page] += "".join(piece.text.split()) if piece.artifact else ""
        pattern = "第{}页，共{}页" if path.parent.name == "zh" else "Page{}of{}"
        assert [n for n, text in said.items() if pattern.format(n, count) not in text] == [], edition.name(path)


def test_text_can_be_copied_out(edition: Edition) -> None:
    """Every character has its code (none is a replacement or private one); known strings are found, by poppler too."""
    for path in edition.pdfs:
        text = tagged_pdf.text(path)
        assert not re.search("[\ufffd\ue000-\uf8ff\x00-\x08]", text), edition.name(path)
        if path.parent.name == "zh":
            shown = "".join(word.text for _, _, words in layout(path) for word in words)
            for known in KNOWN.get(path.stem, ()):
                assert known in text, (path.name, known)
                assert known in shown, (path.name, known)
    assert {*KNOWN} <= {path.stem for path in edition.pdfs}


def test_no_glyph_is_missing(edition: Edition) -> None:
    """Glyph 0, the empty box, is shown nowhere: no font of any PDF was asked for it."""
    for path in edition.pdfs:
        with pikepdf.open(path) as pdf:
            for page in pdf.pages:
                for operands, operator in pikepdf.parse_content_stream(page, "Tj TJ"):
                    parts = operands[0] if str(operator) == "TJ" else operands
                    codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
                    assert b"\0\0" not in {codes[i : i + 2] for i in range(0, len(codes), 2)}, edition.name(path)


def test_nothing_lies_outside_its_margins_or_on_something_else(edition: Edition) -> None:
    """Every word inside the type area (a comma may hang), no two words on top of each other, tables included."""
    outside, overlapping = [], []
    for path in edition.pdfs:
        for number, (width, height, words) in enumerate(layout(path), start=1):
            assert sorted((round(width), round(height))) == [595, 842]
            for word in words:
                margin = 42.5 if path.stem.startswith("picture-") else MARGIN  # a page to share has 15 mm
                inside = word.left >= margin - HANG and word.right <= width - margin + HANG
                if not inside or word.top < 20 or word.bottom > height - 20:
                    outside.append((edition.name(path), number, word))
            rows = sorted(words, key=lambda word: word.top)
            for index, one in enumerate(rows):
                for other in rows[index + 1 :]:
                    if other.top > one.bottom:
                        break
                    if collide(one, other):
                        overlapping.append((edition.name(path), number, one.text, other.text))
    assert outside == []
    assert overlapping == []


def test_collisions_are_seen() -> None:
    """The measure is not blind: a word shifted onto another, or a line onto the next, collides."""
    word = Word(100, 100, 140, 110, "甲")
    assert collide(word, Word(120, 100, 160, 110, "乙"))
    assert collide(word, Word(100, 105, 140, 115, "丙"))
    assert not collide(word, Word(140, 100, 180, 110, "丁"))
    assert not collide(word, Word(100, 111, 140, 121, "戊"))


def prose(words: tuple[Word, ...]) -> list[list[Word]]:
    """Lines of running text from the top of a page: words of its size on one base line, from the left margin on."""
    found: list[list[Word]] = []
    for word in sorted(
        (word for word in words if word.bottom - word.top > 10.2), key=lambda one: (one.bottom, one.left)
    ):
        if found and abs(found[-1][-1].bottom - word.bottom) < 1.5:
            found[-1].append(word)
        else:
            found.append([word])
    return [line for line in found if line[0].left < MARGIN + 30 and TOP < line[0].top < BOTTOM]


def test_no_line_parts_a_number_from_its_unit(edition: Edition) -> None:
    """In running text no line begins with the unit of the number before it, and none with a closing mark."""
    parted, count = [], 0
    for path in edition.pdfs:
        for number, (_, _, words) in enumerate(layout(path), start=1):
            lines = prose(words)
            count += len(lines)
            for above, below in pairwise(lines):
                unit = re.search(r"[0-9]\)?\Z", above[-1].text) and UNIT.match(below[0].text)
                if (unit and below[0].top - above[0].top < 30) or STRAY.match(below[0].text):
                    parted.append((edition.name(path), number, above[-1].text, below[0].text))
    assert count > 500
    assert parted == []


def test_only_a_table_that_has_rows_on_a_page_goes_on_there(edition: Edition) -> None:
    """Where a page has but the note of a table that ended on the one before, nothing calls it continued."""
    seen = 0
    for path in edition.pdfs:
        for number, (_, _, words) in enumerate(layout(path), start=1):
            for head, below in pairwise(sorted(words, key=lambda word: (round(word.top), word.left))):
                if re.fullmatch("continued|续表", head.text) and head.top < TOP:
                    seen += 1
                    assert not re.match("Note:|Source|注：|来源", below.text), (edition.name(path), number)
    assert seen > 5


def test_last_page_is_more_than_the_tail_of_a_list(edition: Edition) -> None:
    """The closing sources stand on the last page from their heading on, and take more than a few lines of it."""
    for path in edition.pdfs:
        *_, (_, height, words) = layout(path)
        lowest = max(word.bottom for word in words if word.bottom < height - (HEIGHT - BOTTOM) + 4)
        assert (lowest - TOP) / (BOTTOM - TOP) > 0.15, edition.name(path)
        heading = {"zh": "资料来源", "en": "Sources"}[path.parent.name]
        assert heading in {word.text for word in words if word.bottom - word.top > 12}, edition.name(path)


def test_every_page_has_something_on_it_and_white_margins(edition: Edition) -> None:
    """Drawings stay inside the page too: its outer 8 mm are white, and no page is empty."""
    if shutil.which("pdftoppm") is None:
        missing("pdftoppm (Debian package poppler-utils)")
    for name in ("brief", "profile-bazhong", "industries-bazhong", "comparison", "profile-zhaoqing"):
        for path in (edition.root / "zh" / f"{name}.pdf", edition.root / "en" / f"{name}.pdf"):
            command = ["pdftoppm", "-r", "25", "-gray", str(path)]
            data = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout
            with pikepdf.open(path) as pdf:
                count = len(pdf.pages)
            stream = io.BytesIO(data)
            for _ in range(count):
                with Image.open(stream) as picture:
                    picture.load()
                    width, height = picture.size
                    border = round(8 / 25.4 * 25)
                    inner = picture.crop((border, border, width - border, height - border))
                    darkest, brightest = picture.getextrema()
                    assert (inner.getextrema()[0], brightest) == (darkest, 255), edition.name(path)
                    picture.paste(255, (border, border, width - border, height - border))
                    assert picture.getextrema()[0] > 240, edition.name(path)


def test_tables_have_all_their_cells(edition: Edition) -> None:
    """No table is clipped: every table of the page has in the PDF all its rows and the text of its last row."""
    for path in edition.pdfs:
        said = tagged_pdf.text(path)
        for table in tree(path.with_suffix(".html")).xpath("//main//figure[contains(@class, 'table')]//table"):
            if table.xpath("ancestor::details"):
                continue
            for row in table.xpath("(.//tbody/tr)[last()]"):
                for cell in row:
                    # The unit under a name is there for phones; on paper it has a column of its own.
                    shown = cell.xpath(".//text()[not(ancestor::span[contains(@class, 'phone')])]")
                    text = "".join("".join(shown).split())
                    assert text in said, (edition.name(path), text)
