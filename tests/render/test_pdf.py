"""PDFs of reports and of strangers' notebooks: conforming, complete, the same each time."""

from __future__ import annotations

import io

import pypdf
import pytest
from conftest import missing
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from render import notebooks, strangers
from render.pdf_checks import assert_pdf_conforms, width_differences

from planbrief.render import table_layout
from planbrief.render.html.exporter import render_html
from planbrief.render.pdf.exporter import page_count, render_pdf, render_pdf_with_thumbnail

PAGES = {
    "report-zh": lambda: notebooks.report("zh"),
    "report-en": lambda: notebooks.report("en"),
    **strangers.CORPUS,
}


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("name", PAGES)
def test_pdf_conforms_and_is_the_same_each_time(name: str) -> None:
    """PDF/UA-1 and PDF/A-2a, tagged and titled; a second rendering gives the same bytes."""
    first = render_pdf(PAGES[name](), name=name)
    assert_pdf_conforms(first)
    assert render_pdf(PAGES[name](), name=name) == first


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_widths_of_the_packaged_fonts_are_the_embedded_ones(lang: str) -> None:
    """The comparison that excuses one checker rule finds every glyph's width equal, and is not blind."""
    data = render_pdf(notebooks.report(lang), name="profile")
    assert width_differences(data) == []
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        for font in pdf.objects:
            if isinstance(font, pikepdf.Dictionary) and font.get("/Subtype") == "/CIDFontType0":
                font.W = pikepdf.Array([0, 30000, 123])
        out = io.BytesIO()
        pdf.save(out)
    assert width_differences(out.getvalue())


def test_report_says_everything_in_its_language() -> None:
    """Cover, prose of the page's language, table, caption, notes and sources are text in the PDF."""
    text = squeezed(text_of(render_pdf(notebooks.report("zh"), name="profile")))
    for part in ("巴中市：目标要求产值三年增至五倍", "数据截至2024-06-25", "表1主要目标与所需增速", "图1里程碑路径",
                 "注：按2023年价格计算。", "来源：[1]", "资料来源[1]巴中市产业发展规划（2024—2026年）",
                 "第1页，共", "口径见文末", "142.8", "73.8%"):  # fmt: skip
        assert squeezed(part) in text
    assert "Onlyfigures" not in text


def test_outline_title_and_language() -> None:
    """Bookmarks are the headings; the title and the language are those of the cover."""
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(notebooks.report("en"), name="profile")))
    assert next(entry.title for entry in reader.outline if not isinstance(entry, list)) == "Findings"
    assert reader.metadata is not None
    assert reader.metadata.title == "Bazhong: output is to grow fivefold in three years"
    assert reader.metadata.creation_date.isoformat().startswith("2024-06-25")


def test_hostile_text_stands_literally() -> None:
    """Every attack string appears in the PDF as it was written, from Markdown, cells, streams, values and errors."""
    text = squeezed(text_of(render_pdf(strangers.hostile(), name="hostile")))
    for part in strangers.NASTY:
        assert text.count(squeezed(strangers.shown(part))) >= 5, part


def test_hostile_text_in_blocks_stands_literally() -> None:
    """The same strings in a report's title, sentences, cells, captions, notes and sources."""
    nb = strangers.hostile_report()
    data = render_pdf(nb, name="nasty")
    assert_pdf_conforms(data)
    assert squeezed(strangers.shown(strangers.ALL_NASTY)) in squeezed(text_of(data))


def test_a_character_without_a_face_stops_no_report() -> None:
    """One answer for our reports and others': a marker in the PDF, a notice that names it, the HTML page as it is."""
    nb = notebooks.report("zh")
    nb.cells.insert(3, new_markdown_cell("彝文 ꀀ，藏文 བོད，葛\U000e0100城，注意⚠\ufe0f"))
    text = squeezed(text_of(render_pdf(nb, name="profile-x")))
    assert "[U+A000]" in text
    assert "[U+0F56]" in text
    assert "以下字符没有可用的字体" in text
    assert "葛城" in text
    assert "ꀀ" in render_html(nb, name="profile-x")


@pytest.mark.parametrize("text", ["完成 ✅ 🚀", "刘𠮷", "한국어", "ئۇيغۇرچە"])
def test_the_extra_faces_set_what_the_packaged_ones_lack(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With it the characters are in the PDF, without it their code points and a notice are."""
    if not table_layout.more_faces():
        missing("manimgx-fonts")
    cell = new_markdown_cell(f"目标 {text} 如此。")
    shown = text_of(render_pdf(notebooks.notebook(cell), name="x"))
    assert "U+" not in shown
    assert {c for c in text if ord(c) > 0xFFFF} <= set(shown)
    monkeypatch.setattr(table_layout, "_more_characters", frozenset)
    bare = squeezed(text_of(render_pdf(notebooks.notebook(cell), name="x")))
    assert f"U+{ord(text.split()[-1][-1]):04X}" in bare
    assert "没有可用的字体" in bare


def test_stranger_gets_a_marker_and_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """In another notebook the character is replaced by its code point, and a note lists it."""
    monkeypatch.setattr(table_layout, "_more_characters", frozenset)
    text = squeezed(text_of(render_pdf(strangers.emoji(), name="emoji")))
    assert text.count("[U+1F600]") >= 3
    assert "以下字符没有可用的字体" in text


def test_thumbnail_is_page_one() -> None:
    """The thumbnail is a small PNG of an A4 page; the PDF beside it is the one that render_pdf makes."""
    from PIL import Image

    data, picture = render_pdf_with_thumbnail(notebooks.report("zh"), name="profile")
    assert data == render_pdf(notebooks.report("zh"), name="profile")
    with Image.open(io.BytesIO(picture)) as image:
        assert abs(image.height / image.width - 297 / 210) < 0.01
    assert len(picture) < 80_000


def test_thumbnail_shows_page_one_and_no_other() -> None:
    """A red picture on page one colours the thumbnail, the same picture on page two does not; each time the same."""
    from PIL import Image

    picture = new_markdown_cell(f"![red](data:image/png;base64,{notebooks.png((255, 0, 0))})")
    filler = [new_markdown_cell("一段正文。") for _ in range(60)]
    red = []
    for cells in ([picture, *filler], [*filler, picture]):
        nb = notebooks.notebook(*cells, title="题")
        data, first = render_pdf_with_thumbnail(nb, name="x")
        assert page_count(data) == 2
        with Image.open(io.BytesIO(first)) as image:
            colours = image.convert("RGB").getcolors(image.width * image.height)
            red.append((255, 0, 0) in {color for _, color in colours})
        assert render_pdf_with_thumbnail(nb, name="x") == (data, first)
    assert red == [True, False]


def test_page_count_reads_what_pypdf_reads() -> None:
    """Pages are counted without a PDF library."""
    for nb in (notebooks.report("zh"), strangers.tables()):
        data = render_pdf(nb, name="x")
        assert page_count(data) == len(pypdf.PdfReader(io.BytesIO(data)).pages)


def test_contents_come_with_many_headings() -> None:
    """More than eight headings bring a linked table of contents, fewer do not; a notebook can decide otherwise."""

    def made(count: int, **settings: object) -> NotebookNode:
        return notebooks.notebook(
            *(new_markdown_cell(f"## 第{number}节\n\n正文。") for number in range(count)),
            title="题",
            planbrief=settings,
        )

    assert "目录" not in text_of(render_pdf(made(8), name="x"))
    assert "目录" in text_of(render_pdf(made(9), name="x"))
    assert "目录" not in text_of(render_pdf(made(9, toc=False), name="x"))
    links = [
        annotation
        for page in pypdf.PdfReader(io.BytesIO(render_pdf(made(9), name="x"))).pages
        for annotation in page.get("/Annots", ())
    ]
    assert len(links) >= 9
