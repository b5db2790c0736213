"""PDF: paragraphs over lines and pages, what repeats on pages, tables over pages, columns, turned pages, scans."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading.printed import Print, as_html, as_typst, facts, write_pdf

from planbrief.errors import DataError
from planbrief.reading.files import read_file

SENTENCE = "全市坚持稳中求进，生产总值达到1200.5亿元，增长6.5%，工业增加值增长7.2%，投资增长8.1%，收入增长5.6%，"
PAGE = (
    '#set page(paper: "a4", header: align(center)[#text("青河市发展规划")], '
    "footer: context align(center)[— #counter(page).display() —], margin: 2.5cm)\n"
    '#set text(font: "Noto Serif SC", size: 10.5pt)\n'
    "#set par(first-line-indent: (amount: 2em, all: true), justify: true)\n"
)


def words(text: str) -> str:
    return f'#text("{text}")'


def paragraphs(count: int) -> list[str]:
    """Paragraphs of different length that all end alike."""
    return [f"第{i}段：" + SENTENCE * (1 + i % 4) + "到此为止。" for i in range(1, count + 1)]


def test_a_paragraph_is_one_over_lines_and_pages(tmp_path):
    """Lines close up, a paragraph goes on over the page, and its second part stands on the later page."""
    said = paragraphs(30)
    write_pdf(PAGE + "\n\n".join(words(text) for text in said), tmp_path / "plan.pdf")
    document = read_file(tmp_path / "plan.pdf")
    assert [document.text[p.start : p.end] for p in document.paragraphs] == said
    pages = [
        (document.places.at(p.start).page, document.places.at(p.end - 1).page)
        for p in document.paragraphs
        if document.places.at(p.start).page != document.places.at(p.end - 1).page
    ]
    assert pages
    assert all(after == before + 1 for before, after in pages)


def test_what_repeats_on_pages_is_set_apart(tmp_path):
    write_pdf(PAGE + "\n\n".join(words(text) for text in paragraphs(30)), tmp_path / "plan.pdf")
    document = read_file(tmp_path / "plan.pdf")
    lines = document.text.split("\n")
    parts = [document.places.at(document.text.index(line)).part for line in ("青河市发展规划", "—2—")]
    assert parts == ["chrome", "page_number"]
    assert lines.count("青河市发展规划") == len([line for line in lines if line.startswith("—")]) > 2


def long_table(rows: int = 45) -> Print:
    body = [
        [
            *(f"组{i // 5 + 1}" if i % 5 == 0 else "", str(i + 1), "第" + "甲乙丙丁戊"[i % 5] * (1 + i % 3) + "项指标"),
            *("亿元", f"{i * 3 + 1}.{i % 10}", "—" if i % 4 == 0 else f"{i}.5", "预期性"),
        ]
        for i in range(rows)
    ]
    head = ["类别", "序号", "指标", "单位", "2025年", "2030年", "属性"]
    return Print([head, *body], 1, [(1 + 5 * k, 0, 5, 1) for k in range(rows // 5)], note="注：数据为合成。")


@pytest.mark.parametrize("repeated", [True, False])
@pytest.mark.parametrize("ruled", [True, False])
def test_a_table_goes_on_over_pages(tmp_path, ruled, repeated):
    """With and without rules, with and without a head on the second page, and with what repeats between the parts."""
    table = long_table()
    source = PAGE + as_typst(table, ruled).partition("#set par(justify: true)")[2]
    if not repeated:
        source = source.replace("table.header(", "table.header(repeat: false, ")
    write_pdf(source, tmp_path / "plan.pdf")
    (tmp_path / "plan.html").write_text(as_html(table), encoding="utf-8")
    document = read_file(tmp_path / "plan.pdf")
    assert len(document.tables) == 1
    assert facts(document) == facts(read_file(tmp_path / "plan.html"))
    assert document.tables[0].notes == "注：数据为合成。"
    last = document.tables[0].cells[-1]
    assert document.locator(last.start).startswith("第2页")


def test_two_columns_of_prose_are_read_one_after_the_other(tmp_path):
    said = paragraphs(40)
    source = PAGE.replace("margin: 2.5cm", "margin: 2.5cm, columns: 2")
    write_pdf(source + "\n\n".join(words(text) for text in said), tmp_path / "plan.pdf")
    document = read_file(tmp_path / "plan.pdf")
    assert [document.text[p.start : p.end] for p in document.paragraphs] == said


@pytest.mark.parametrize("angle", [90, 180, 270])
@pytest.mark.parametrize("way", ["drawn sideways", "shown sideways"])
def test_a_page_lying_on_its_side_is_turned(tmp_path, way, angle):
    """A wide table that stands upright on its sheet is read as its words run, however the page is shown."""
    import pypdfium2

    table = Print([["指标", "2025年", "2030年"], ["产值（亿元）", "12.5", "30"], ["人口（万人）", "80", "81.5"]])
    setup, _, body = as_typst(table).partition("#set par(justify: true)\n")
    made = body.split("\n\n")[3]
    path = tmp_path / "plan.pdf"
    if way == "drawn sideways":
        write_pdf(f"{setup}#rotate({angle}deg, reflow: true)[{made}]", path)
    else:
        write_pdf(setup + made, tmp_path / "flat.pdf")
        source = pypdfium2.PdfDocument(tmp_path / "flat.pdf")
        source[0].set_rotation(angle)
        source.save(path)
        source.close()
    assert facts(read_file(path)) == [
        *(("产值（亿元）", "2025年", "12.5"), ("产值（亿元）", "2030年", "30")),
        *(("人口（万人）", "2025年", "80"), ("人口（万人）", "2030年", "81.5")),
    ]


def test_a_scan_says_that_it_has_no_text(tmp_path):
    from PIL import Image

    Image.new("RGB", (600, 800), "white").save(tmp_path / "scan.pdf")
    with pytest.raises(DataError, match=r"scan\.pdf: found a PDF of pictures without a text layer"):
        read_file(tmp_path / "scan.pdf")


def test_a_password_is_named(tmp_path):
    import pikepdf

    write_pdf(PAGE + words("秘密"), tmp_path / "open.pdf")
    with pikepdf.open(tmp_path / "open.pdf") as pdf:
        pdf.save(tmp_path / "plan.pdf", encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(DataError, match="behind a password"):
        read_file(tmp_path / "plan.pdf")


def pages(folder: Path, count: int) -> Path:
    """A PDF of many pages, made by repeating one."""
    import pikepdf

    write_pdf(PAGE + "\n\n".join(words(text) for text in paragraphs(7)), folder / "one.pdf")
    with pikepdf.open(folder / "one.pdf") as pdf:
        for _ in range(count - len(pdf.pages)):
            pdf.pages.append(pdf.pages[0])
        pdf.save(folder / "plan.pdf")
    return folder / "plan.pdf"


def test_many_pages_keep_their_numbers(tmp_path):
    """A hundred pages here; a thousand, with their memory, in test_size."""
    document = read_file(pages(tmp_path, 100))
    assert document.places.at(len(document.text) - 5).page == 100


def test_a_table_with_open_sides_is_one_over_its_labels(tmp_path):
    """A label over all columns parts the upright rules of a table without rules at its sides."""
    head, rows = ["指标", "2025年", "2030年"], [["一、经济", "", ""], ["产值（亿元）", "12.5", "30"]]
    rows += [["二、民生", "", ""], ["人口（万人）", "80", "81.5"], ["学位（万个）", "3", "4"]]
    table = Print([head, *rows], merges=[(1, 0, 1, 3), (3, 0, 1, 3)])
    sides = (
        "(x, y) => (top: 0.5pt, bottom: 0.5pt, left: if x > 0 { 0.5pt }, right: if x < 2 and y not in (1, 3) { 0.5pt })"
    )
    source = as_typst(table).replace("stroke: 0.5pt", f"stroke: {sides}")
    write_pdf(source, tmp_path / "plan.pdf")
    document = read_file(tmp_path / "plan.pdf")
    assert len(document.tables) == 1
    assert facts(document)[-1] == ("二、民生/学位（万个）", "2030年", "4")


def placed(top, *fields):
    """Words at exact places of a page, as an office sets the cells of a table without rules."""
    return "".join(
        f'#place(dx: {left}pt, dy: {top}pt, text(font: "Noto Serif SC", size: 10pt, "{text}"))' for left, text in fields
    )


HEAD = ((0, "类别"), (60, "指标"), (120, "2025年"), (180, "2030年"), (240, "属性"))
CUT = [
    (0, *HEAD),
    (25, (0, "经济发展"), (60, "粮食综合"), (120, "93.5"), (180, "97.1"), (240, "约束性")),
    (38, (60, "生产能力")),
    (63, (60, "货物进出"), (120, "12.5"), (180, "18.6"), (240, "预期性")),
    (76, (60, "口总额")),
    (101, (60, "城镇新增"), (120, "31.5"), (180, "32.6"), (240, "预期性")),
]


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ([(0, (60, "就业人数")), (60, (0, "二、重点任务"))], []),
        (
            [(0, (60, "就业人数")), (25, (60, "高速公路"), (120, "703.5"), (180, "888.3"), (240, "预期性")),
             (38, (60, "通车里程"))],
            [("高速公路通车里程", "703.5"), ("高速公路通车里程", "888.3")],
        ),
        (
            [(0, (60, "就业人数")), (25, (60, "高速公路"), (120, "703.5"), (180, "888.3"), (240, "预期性")),
             (38, (60, "通车里程")), (63, (60, "学校"), (120, "41.2"), (180, "42.3"), (240, "预期性"))],
            [("高速公路通车里程", "703.5"), ("高速公路通车里程", "888.3"), ("学校", "41.2"), ("学校", "42.3")],
        ),
    ],
)  # fmt: skip
def test_a_page_cuts_a_row_of_a_table_without_rules(tmp_path, behind, expected):
    """The name goes on at the top of the next page; the column of groups may be empty there, one row be all of it."""
    source = '#set page(paper: "a4", margin: 2cm)\n' + "".join(placed(*line) for line in CUT) + "#pagebreak()\n"
    write_pdf(source + "".join(placed(*line) for line in behind), tmp_path / "cut.pdf")
    said = [
        (name.split("/")[-1], value) for name, _, value in facts(read_file(tmp_path / "cut.pdf")) if "性" not in value
    ]
    assert said[4:] == [("城镇新增就业人数", "31.5"), ("城镇新增就业人数", "32.6"), *expected]
    assert said[:2] == [("粮食综合生产能力", "93.5"), ("粮食综合生产能力", "97.1")]


def test_a_heading_on_the_next_page_is_no_part_of_the_table(tmp_path):
    """What stands under a column whose last line is not full is no part of its name."""
    cut = [*CUT[:-1], (101, (60, "就业"), (120, "31.5"), (180, "32.6"), (240, "预期性"))]
    source = '#set page(paper: "a4", margin: 2cm)\n' + "".join(placed(*line) for line in cut) + "#pagebreak()\n"
    write_pdf(source + placed(0, (60, "后记")), tmp_path / "cut.pdf")
    assert facts(read_file(tmp_path / "cut.pdf"))[-1][0].split("/")[-1] == "就业"


def test_names_in_two_lines_beside_names_in_one(tmp_path):
    """Halves of a table beside each other: names of the right one have two lines around their figures."""
    lines = [
        (0, (0, "指标"), (70, "2025年"), (120, "指标"), (190, "2025年")),
        (20, (0, "地区产值"), (70, "12.5"), (120, "研发经费"), (190, "82.7")),
        (36, (120, "垃圾分类处")), (43, (0, "工业产值"), (70, "13.8"), (190, "22.9")), (50, (120, "理能力")),
        (66, (120, "能源综合生")), (73, (0, "财政收入"), (70, "78.8"), (190, "81.6")), (80, (120, "产能力")),
    ]  # fmt: skip
    source = '#set page(paper: "a4", margin: 2cm)\n' + "".join(placed(*line) for line in lines)
    write_pdf(source, tmp_path / "side.pdf")
    document = read_file(tmp_path / "side.pdf")
    (table,) = document.tables
    said = {tuple(cell.text_in(document.text) for cell in row if cell is not None) for row in table.grid}
    assert ("工业产值", "13.8", "垃圾分类处理能力", "22.9") in said
    assert ("财政收入", "78.8", "能源综合生产能力", "81.6") in said
