"""Plain text: encodings decided by strict decodes, places, and every way in which a text prints a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from planbrief.errors import DataError
from planbrief.reading.canonical import CanonicalText, PrintedTable
from planbrief.reading.files import read_file

PROSE = "青河市二〇三〇年规划\r\n一、目标\n全市生产总值达到120.5亿元，年均增长6.5%。\n"


def read(folder: Path, text: str, encoding: str = "utf-8", name: str = "plan.txt") -> CanonicalText:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read_file(path)


def facts(document: CanonicalText, table: PrintedTable | None = None) -> set[tuple[str, ...]]:
    """What the cells of the body say: names of the row, names of the column, the cell."""
    table = document.tables[0] if table is None else table
    text = document.text
    return {
        (
            "/".join(table.row_head_texts(cell.row, text)),
            "/".join(table.column_heads(cell.column, text)),
            cell.text_in(text),
        )
        for cell in table.cells
        if not table.is_head(cell.row) and cell.end > cell.start
        if cell.column >= table.row_heads
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_text_is_the_exact_decode(tmp_path, encoding):
    """Whatever the encoding, with a mark or without, nothing is normalised, line ends stay."""
    document = read(tmp_path, PROSE, encoding)
    assert document.text == PROSE
    assert document.text.encode(document.encoding) == PROSE.encode(encoding)


def test_utf16_without_mark_and_line_end_is_told_by_its_characters(tmp_path):
    text = "全市生产总值达到一百亿元年均增长百分之六高质量发展建设新产业市区经济社会"
    assert read(tmp_path, text, "utf-16-le").text == text


def test_each_line_is_a_paragraph_with_a_place(tmp_path):
    document = read(tmp_path, PROSE)
    assert document.locator(document.text.index("120.5")) == "第3段"
    assert [document.text[p.start : p.end] for p in document.paragraphs][1] == "一、目标"
    assert document.title == "青河市二〇三〇年规划"


HEAD = ("类别", "序号", "指标", "单位", "2025年", "2030年", "属性")
ROWS = (
    ("经济", "1", "生产总值", "亿元", "100.5", "150", "预期性"),
    ("", "2", "工业投资增速", "%", "—", "[8.5]", "预期性"),
    ("民生", "3", "森林覆盖率", "%", "60.1", "61", "约束性"),
)
EXPECTED = {
    (f"{group}/{row[1]}/{row[2]}", head, cell)
    for group, row in zip(("经济", "经济", "民生"), ROWS, strict=True)
    for head, cell in zip(HEAD[3:], row[3:], strict=True)
}


def test_tabs_make_a_table(tmp_path):
    """A head that is printed again in the middle is no row, and the group's label holds until the next."""
    lines = ["\t".join(row) for row in (HEAD, *ROWS[:2], HEAD, ROWS[2])]
    document = read(tmp_path, "专栏 2 主要指标\n单位：见表\n\n" + "\n".join(lines) + "\n\n注：[ ]为累计。\n正文。\n")
    assert facts(document) == EXPECTED
    (table,) = document.tables
    assert (table.caption, table.unit, table.notes) == ("专栏 2 主要指标", "见表", "注：[ ]为累计。")
    assert (table.header_rows, table.row_heads) == (1, 3)
    assert document.locator(document.text.index("61\t")) == "专栏2第5行第6列"
    assert document.locator(document.text.index("正文")) == "第9段"


def test_pipes_make_a_table(tmp_path):
    lines = ["| " + " | ".join(row) + " |" for row in (HEAD, ["---"] * 7, *ROWS)]
    assert facts(read(tmp_path, "# 指标\n" + "\n".join(lines))) == EXPECTED


def test_lines_drawn_around_cells_are_no_cells(tmp_path):
    border = "+" + "+".join(["------"] * 7) + "+"
    lines = [border]
    for row in (HEAD, *ROWS):
        lines += ["| " + " | ".join(row) + " |", border]
    assert facts(read(tmp_path, "\n".join(lines))) == EXPECTED


def spaced(rows, widths=(8, 6, 20, 8, 10, 10, 8)) -> str:
    """Lines whose columns stand under each other on a screen where a Chinese character is two wide."""
    lines = []
    for row in rows:
        line = ""
        for cell, width in zip(row, widths, strict=True):
            line += cell + " " * max(2, width - sum(2 if c > "ᄀ" else 1 for c in cell))
        lines.append(line.rstrip())
    return "\n".join(lines)


def test_runs_of_spaces_make_a_table(tmp_path):
    assert facts(read(tmp_path, "表1 主要指标\n" + spaced((HEAD, *ROWS)) + "\n\n正文在此。")) == EXPECTED


def test_a_name_in_two_lines_is_one_cell(tmp_path):
    """The second line of a long name opens with the bracket of its unit and belongs to the row above."""
    rows = [
        ("指标", "2025年", "2030年"),
        ("规模以上工业增加值", "12", "15"),
        ("（亿元）", "", ""),
        ("森林覆盖率（%）", "60", "61"),
    ]
    document = read(tmp_path, spaced(rows, (24, 10, 10)))
    assert ("规模以上工业增加值（亿元）", "2030年", "15") in facts(document)
    assert len(facts(document)) == 4


def test_single_spaces_make_a_table_where_figures_show_the_columns(tmp_path):
    lines = [
        "序号 重点产业 2025 年 2030 年 属性",
        "1 新材料（亿元） 12.5 30 预期性",
        "2 食品 饮料（亿元） 8 16 预期性",
        "3 电子（亿元） — 9.1 预期性",
    ]
    assert facts(read(tmp_path, "\n".join(lines))) == {
        (f"{number}/{name}", head, value)
        for number, name, now, then in (
            *(("1", "新材料（亿元）", "12.5", "30"), ("2", "食品 饮料（亿元）", "8", "16")),
            ("3", "电子（亿元）", "—", "9.1"),
        )
        for head, value in (("2025 年", now), ("2030 年", then), ("属性", "预期性"))
    }


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_cell_a_line_makes_a_table(tmp_path, gap):
    """Groups are printed once, figures stand in emphasis marks."""
    rows = [[f"**{cell}**" if cell[:1].isdigit() and i > 3 else cell for i, cell in enumerate(row)] for row in ROWS]
    lines = [cell for row in (HEAD, *rows) for cell in row if cell]
    document = read(tmp_path, "引言一句话。\n" + gap.join(lines) + "\n\n后文说明了一切。")
    said = {(row, column, cell.replace("*", "")) for row, column, cell in facts(document)}
    assert said == EXPECTED


def test_a_head_of_two_lines_joins_its_levels(tmp_path):
    """A merged head is printed over the first of its columns; blanks below a name belong to the name."""
    text = "指标\t2025年\t\t2030年\t\n\t总量\t增速\t总量\t增速\n产值\t10\t5.0\t20\t6.0\n投资\t3\t7.1\t4\t8.2\n"
    assert facts(read(tmp_path, text)) == {
        (name, f"{year}/{what}", value)
        for name, values in (("产值", "10 5.0 20 6.0"), ("投资", "3 7.1 4 8.2"))
        for (year, what), value in zip(
            [(y, w) for y in ("2025年", "2030年") for w in ("总量", "增速")], values.split(), strict=True
        )
    }


def test_prose_contents_and_lists_are_no_tables(tmp_path):
    text = (
        "目录\n一、基础\t1\n（一）现状\t2\n二、要求\t5\n\n一、基础\n产值 12 亿元，增长 5 %，占比 8 %。\n"
        "1. 新建学校 3 所\n2. 新建医院 2 所\n\n联系电话  12345\n"
    )
    assert read(tmp_path, text).tables == ()


def test_a_hundred_thousand_short_lines_do_not_hang(tmp_path):
    """Short lines of figures and words, the worst case for tables a cell a line."""
    document = read(tmp_path, "指标\n2025年\n12.5\n产业\n" * 25_000)
    assert len(document.text) == 425_000


@pytest.mark.parametrize(
    "raw", [b"", b"\0\0\0\0", b" \n\t", b"\xff\xfe\x41", b"\x89PNG\r\n\x1a\n\0\0\0", bytes(range(256)) * 40]
)
def test_what_is_no_text_ends_in_one_message(tmp_path, raw):
    path = tmp_path / "plan.txt"
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"plan\.txt: found .*; expected "):
        read_file(path)


def test_a_cell_a_line_leaves_out_what_it_cannot_place(tmp_path):
    """An empty cell leaves no line: whether 12.5 is of 2025 or of 2030 nothing says, so it is in neither."""
    lines = "指标 单位 2025年 2030年 属性 产值 亿元 10 20 预期性 投资 亿元 12.5 预期性 人口 万人 80 81.5 约束性".split()
    said = facts(read(tmp_path, "\n".join(lines)))
    assert {fact for fact in said if fact[0] == "投资"} == {("投资", "单位", "亿元"), ("投资", "属性", "预期性")}
    assert ("人口", "2030年", "81.5") in said
    assert len(said) == 10


def test_a_cell_a_line_with_a_head_of_two_levels(tmp_path):
    lines = "指标 2025年 2030年 总量 增速 总量 增速 产值 10 5.0 20 6.0 投资 3 7.1 4 8.2 人口 80 0.1 81 0.2".split()
    said = facts(read(tmp_path, "\n".join(lines)))
    assert ("投资", "2030年/增速", "8.2") in said
    assert len(said) == 12
