"""Wide tables printed to PDF: many narrow columns, sheets over several pages, and what a page had no room for."""

import time

import pytest
from reading.printed import Print, as_typst, facts, tight, write_pdf

from planbrief.reading.draft_rows import described
from planbrief.reading.files import read_file

MEASURES = (
    "地区生产总值 工业增加值 固定资产投资 社会消费品零售总额 公共预算收入 城镇居民收入 农村居民收入 进出口总额 "
    "粮食产量 常住人口 城镇化率 森林覆盖率 用电量 贷款余额 存款余额 公路里程"
).split()
NAMES = ("甲地", "乙地", "丙地", "丁地")


def wide(heads):
    """An invented table of as many columns as heads; no two figures are alike."""
    rows = [
        [name, *(f"{r + 1}{c % 10}.{(r * 3 + c) % 10}{c // 10}" for c in range(len(heads)))]
        for r, name in enumerate(NAMES)
    ]
    return Print([["地方", *heads], *rows])


@pytest.mark.parametrize("ruled", [True, False])
@pytest.mark.parametrize(
    ("heads", "page", "size"),
    [
        (MEASURES[:8], "", 10),
        (MEASURES[:12], "flipped: true", 8),
        (MEASURES, "flipped: true", 8),
        ([f"{year}年" for year in range(2012, 2024)], "", 10),
        ([f"{year}年" for year in range(2010, 2026)], "flipped: true", 10),
    ],
)
def test_every_cell_of_a_wide_table_has_its_heads(tmp_path, ruled, heads, page, size):
    """Lines of many short fields are no prose; heads of several lines, names around their figures belong to it."""
    table = wide(heads)
    write_pdf(as_typst(table, ruled, page=page).replace("size: 10pt", f"size: {size}pt"), tmp_path / "wide.pdf")
    expected = [(row[0], head, cell) for row in table.rows[1:] for head, cell in zip(heads, row[1:], strict=True)]
    assert facts(read_file(tmp_path / "wide.pdf")) == [tuple(map(tight, one)) for one in expected]


def sheet(rows, more=""):
    """Source of a page with a table at its top that has no rules."""
    cells = ", ".join(f"[{cell}]" for row in rows for cell in row)
    return f"#table(columns: (70pt,) * {len(rows[0])}, stroke: none, {cells})\n{more}"


def test_a_sheet_over_pages_is_put_together(tmp_path):
    """The right part of a sheet stands on the next page, without the names of its rows."""
    table = wide([f"{year}年" for year in range(2018, 2026)])
    parts = [[row[:6] for row in table.rows], [row[6:] for row in table.rows]]
    setup = '#set page(paper: "a4")\n#set text(font: "Noto Serif SC", size: 10pt)\n'
    write_pdf(setup + "#pagebreak()\n".join(sheet(part) for part in parts), tmp_path / "sheet.pdf")
    document = read_file(tmp_path / "sheet.pdf")
    expected = [
        (row[0], head, cell) for row in table.rows[1:] for head, cell in zip(table.rows[0][1:], row[1:], strict=True)
    ]
    assert [facts(document, one) for one in document.tables] == [expected]
    assert not document.warnings


def test_other_heads_make_another_table(tmp_path):
    """As many columns do not make the table of the next page the same: its years are others."""
    first = [["指标", "2020年", "2021年"], ["产值", "12.5", "13.5"], ["收入", "22.5", "23.5"]]
    other = [["指标", "2024年", "2025年"], ["产值", "32.5", "33.5"], ["投资", "42.5", "43.5"]]
    setup = '#set page(paper: "a4")\n#set text(font: "Noto Serif SC", size: 10pt)\n'
    write_pdf(setup + "#pagebreak()\n".join(map(sheet, (first, other))), tmp_path / "two.pdf")
    document = read_file(tmp_path / "two.pdf")
    assert [facts(document, one)[0] for one in document.tables] == [
        ("产值", "2020年", "12.5"),
        ("产值", "2024年", "32.5"),
    ]


@pytest.mark.parametrize(("right", "lost"), [(8, True), (32, False)])
def test_a_table_cut_off_by_the_edge_of_the_page_is_told(tmp_path, right, lost):
    """No row of it is sure, and the person is told; one that ends at the margin is whole."""
    table = wide([f"{year}年" for year in range(2018, 2026)])
    cells = ", ".join(f"[{cell}]" for row in table.rows for cell in row)
    columns = len(table.rows[0])
    setup = (
        f'#set page(paper: "a4", margin: (left: 32pt, right: {right}pt))\n#set text(font: "Noto Serif SC", size: 9pt)\n'
    )
    stroke = "(left: 0.5pt, top: 0.5pt, bottom: 0.5pt)" if lost else "0.5pt"
    source = f"{setup}全市粮食产量（万吨）\n\n#table(columns: (1fr,) * {columns}, stroke: {stroke}, {cells})"
    write_pdf(source, tmp_path / "cut.pdf")
    document = read_file(tmp_path / "cut.pdf")
    rows = [row for row in described(document, "某市").rows if row.role == "observation"]
    assert len(rows) == 32
    assert ["cut_table" in row.doubts for row in rows] == [lost] * 32
    assert any(row.sure for row in rows) is not lost
    assert bool(document.warnings) is lost


def test_figures_of_several_columns_without_heads_are_looked_at(tmp_path):
    """What a column measures is not known."""
    text = "粮食产量\t12.5万吨\t13.5万吨\n棉花产量\t22.5万吨\t23.5万吨\n油料产量\t32.5万吨\t33.5万吨\n"
    (tmp_path / "bare.txt").write_text("2025年产量\n\n" + text, encoding="utf-8")
    document = read_file(tmp_path / "bare.txt")
    assert document.tables[0].header_rows == 0
    rows = [row for row in described(document, "某市", "2026-01-10").rows if row.role == "observation"]
    assert len(rows) == 6
    assert not any(row.sure for row in rows)


def test_a_long_table_without_heads_is_read_row_by_row(tmp_path):
    """4,000 rows: time of the processor, of which the square of the rows took a minute."""
    (tmp_path / "long.html").write_text(f"<table>{'<tr><td>产值<td>12.5' * 4000}</table>", encoding="utf-8")
    document = read_file(tmp_path / "long.html")
    began = time.process_time()
    assert len(described(document, "某市", "2026-01-10").rows) == 4000
    assert time.process_time() - began < 15
