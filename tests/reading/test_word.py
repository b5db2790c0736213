"""Word: numbers of lists, headings, tracked changes, hidden text, boxes, notes, nested and merged tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading.printed import facts

from planbrief.reading.canonical import CanonicalText
from planbrief.reading.files import read_file

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def saved(document, folder: Path) -> CanonicalText:
    document.save(str(folder / "plan.docx"))
    return read_file(folder / "plan.docx")


def put(document, xml: str) -> None:
    """Add a paragraph or table given as XML in front of the last section's settings."""
    from docx.oxml import parse_xml

    document.element.body.insert(len(document.element.body) - 1, parse_xml(xml.replace("<w:p>", f"<w:p {SPACE}>", 1)))


@pytest.fixture
def document():
    import docx

    return docx.Document()


def test_headings_have_their_level(tmp_path, document):
    document.add_heading("青河市规划", 0)
    document.add_heading("发展目标", 1)
    document.add_heading("经济", 2)
    document.add_paragraph("产值达到12.5亿元。")
    read = saved(document, tmp_path)
    assert [(read.text[p.start : p.end], p.level) for p in read.paragraphs] == [
        *(("青河市规划", 0), ("发展目标", 1), ("经济", 2), ("产值达到12.5亿元。", 0))
    ]
    assert read.title == "青河市规划"
    assert read.locator(read.text.index("12.5")) == "第4段"


def test_numbers_of_lists_are_printed(tmp_path, document):
    """Word keeps them nowhere in the text: levels, Chinese numerals, restarts under the next heading."""
    from docx.oxml import parse_xml

    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for i, (form, text) in enumerate([("chineseCountingThousand", "%1、"), ("decimal", "%1.%2")])
    )
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(f'<w:abstractNum {SPACE} w:abstractNumId="77">{levels}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {SPACE} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for level, text in ((0, "目标"), (1, "经济"), (1, "民生"), (0, "任务"), (1, "产业")):
        number = f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr></w:pPr>'
        put(document, f"<w:p>{number}<w:r><w:t>{text}</w:t></w:r></w:p>")
    lines = saved(document, tmp_path).text.split()
    assert lines == ["一、目标", "一.1经济", "一.2民生", "二、任务", "二.1产业"]


def test_what_is_not_printed_is_not_read(tmp_path, document):
    """Deleted and moved text, hidden text, codes of fields; inserted text and the results of fields are read."""
    put(
        document,
        "<w:p><w:r><w:t>增长</w:t></w:r><w:del><w:r><w:delText>7.5%</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>6.5%</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>旧</w:t></w:r></w:moveFrom>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>99</w:t></w:r>"
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE 3</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>，总量4亿元</w:t></w:r></w:p>',
    )
    read = saved(document, tmp_path)
    assert read.text == "增长6.5%，总量4亿元\n"
    assert "deletions" in read.warnings[0]


def test_boxes_and_notes_are_read_and_named(tmp_path, document):
    put(
        document,
        "<w:p><w:r><w:t>正文12亿元。</w:t></w:r><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>框内8项</w:t></w:r></w:p>"
        "</w:txbxContent></w:pict></w:r></w:p>",
    )
    read = saved(document, tmp_path)
    assert read.text == "正文12亿元。\n框内8项\n"
    assert read.locator(read.text.index("8项")) == "文本框"
    assert read.places.at(0).part == "body"


def test_a_frame_around_prose_is_prose(tmp_path, document):
    """A box of one cell, as plans print them, holds paragraphs and sometimes the real table."""
    frame = document.add_table(2, 1)
    frame.cell(0, 0).text = "专栏3 重点项目"
    frame.cell(1, 0).text = "建设学校12所。"
    inner = frame.cell(1, 0).add_table(2, 2)
    for row, words in enumerate((("指标", "2030年"), ("学位（万个）", "3.5"))):
        for column, text in enumerate(words):
            inner.cell(row, column).text = text
    read = saved(document, tmp_path)
    assert len(read.tables) == 1
    assert facts(read) == [("学位（万个）", "2030年", "3.5")]
    assert read.text.startswith("专栏3 重点项目\n建设学校12所。\n")


def test_a_table_inside_a_cell_follows_the_table(tmp_path, document):
    outer = document.add_table(2, 2)
    for place, text in (((0, 0), "指标"), ((0, 1), "2030年"), ((1, 0), "产值（亿元）"), ((1, 1), "30")):
        outer.cell(*place).text = text
    inner = outer.cell(1, 0).add_table(2, 2)
    for row, words in enumerate((("分项", "2030年"), ("工业", "18"))):
        for column, text in enumerate(words):
            inner.cell(row, column).text = text
    read = saved(document, tmp_path)
    assert [facts(read, table) for table in read.tables] == [
        [("产值（亿元）", "2030年", "30")],
        [("工业", "2030年", "18")],
    ]


def test_merged_cells_and_lines_of_a_cell(tmp_path, document):
    """A name in two paragraphs is one name; merged heads and groups cover what they cover."""
    table = document.add_table(4, 4)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "领域"
    table.cell(0, 1).merge(table.cell(1, 1)).text = "指标"
    table.cell(0, 2).merge(table.cell(0, 3)).text = "产值（亿元）"
    table.cell(1, 2).text, table.cell(1, 3).text = "2025年", "2030年"
    table.cell(2, 0).merge(table.cell(3, 0)).text = "经济"
    table.cell(2, 1).text = "工业"
    table.cell(2, 1).add_paragraph("增加值")
    for row, words in ((2, ("1", "2")), (3, ("3", "4"))):
        table.cell(row, 2).text, table.cell(row, 3).text = words
    table.cell(3, 1).text = "服务业"
    assert facts(saved(document, tmp_path)) == [
        ("经济/工业增加值", "产值（亿元）/2025年", "1"),
        ("经济/工业增加值", "产值（亿元）/2030年", "2"),
        ("经济/服务业", "产值（亿元）/2025年", "3"),
        ("经济/服务业", "产值（亿元）/2030年", "4"),
    ]


def test_tabs_in_paragraphs_set_a_table(tmp_path, document):
    for line in ("指标\t2025年\t2030年", "产值（亿元）\t12\t30", "人口（万人）\t80\t81.5"):
        document.add_paragraph(line)
    read = saved(document, tmp_path)
    assert facts(read)[1] == ("产值（亿元）", "2030年", "30")
    assert read.locator(read.text.index("81.5")) == "表1第3行第3列"
