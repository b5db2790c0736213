"""Tables on paper: nothing is cut, nothing is wider than the page, whatever stands in them."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import missing
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from render import notebooks, strangers

from planbrief.display.document import Cell, Column, Run, Table
from planbrief.render import notebook as reading
from planbrief.render.pdf import exporter as pdf
from planbrief.render.pdf import page as typst_page
from planbrief.render.table_layout import INSET_MM, TURNED_MM, UPRIGHT_MM, plan

NAMES = (
    "规模以上工业企业研究与试验发展（R&D）经费内部支出占营业收入的比重（含省级以上园区，不含个体经营户）",
    "Research and development expenditure of industrial enterprises above designated size as a share of revenue",
)


def _table(texts: list[list[str]], aligns: list[str], labels: list[str]) -> Table:
    columns = tuple(
        Column(f"c{index}", (Run(label),), align=align)
        for index, (label, align) in enumerate(zip(labels, aligns, strict=True))
    )
    return Table(columns, tuple(tuple(Cell(runs=(Run(text),)) for text in row) for row in texts), id="t")


words = st.text(alphabet="规模以上工业总产值增速亿元 abcdefgh-/.0123456789（），", max_size=60)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_plans_fit_and_show_every_column(data: st.DataObject) -> None:
    """Every part is within its page, every column is shown, and columns keep room for their longest word."""
    width = data.draw(st.integers(1, 30))
    rows = data.draw(st.integers(0, 6))
    texts = [[data.draw(words) for _ in range(width)] for _ in range(rows)]
    aligns = [data.draw(st.sampled_from(["left", "right", "decimal", "center"])) for _ in range(width)]
    found = plan(_table(texts, aligns, [data.draw(words) for _ in range(width)]))
    available = TURNED_MM if found.turned else UPRIGHT_MM
    assert {position for part in found.parts for position in part.columns} == set(range(width))
    for part in found.parts:
        assert sum(part.widths_mm) <= available + 0.2
        assert all(column > INSET_MM for column in part.widths_mm)
    assert all(part.columns[0] == 0 for part in found.parts)


def test_short_columns_do_not_wrap_for_long_ones() -> None:
    """A column of years or units keeps its line where a long name can wrap instead."""
    rows = [[NAMES[0], "2024–2026年年均", "12,345.6"] for _ in range(5)]
    found = plan(_table(rows, ["left", "left", "decimal"], ["指标", "时段", "数值"]))
    assert found.size_pt == 8.5
    assert not found.turned
    assert found.parts[0].widths_mm[1] > 26


def test_a_long_table_is_set_smaller_where_that_saves_a_line_in_most_rows() -> None:
    """Names of forty rows do not break for a character or two that a smaller type has room for."""
    rows = [
        ["产业总产值（能源化工）", "1000", "亿元", "未注明时间", "目标", "1000", "表1 第1行 2026年列", "07526"]
        for _ in range(40)
    ]
    rows[7] = [
        "产业数量（五大主导产业之中）",
        "300",
        "%（同比），2023年价格",
        "2026年",
        "资源与能力",
        "不少于三百",
        "四（一）标题",
        "1",
    ]
    heads = ["事项", "数值", "单位与价格", "时期", "性质", "原文", "文中位置", "编号"]
    found = plan(_table(rows, ["left", "decimal", *["left"] * 5, "right"], heads))
    assert found.parts[0].widths_mm[0] > 11 * found.size_pt * 0.3528
    assert found.lines <= 45


def test_wide_tables_turn_and_wider_ones_part() -> None:
    """Fourteen columns of numbers turn the page; thirty are set in parts that repeat the first column."""
    fourteen = plan(_table([["甲"] + ["12,345.67"] * 13], ["left"] + ["decimal"] * 13, ["指标"] + ["2026年值"] * 13))
    assert fourteen.turned
    thirty = plan(_table([["甲"] + ["12,345.67"] * 29], ["left"] + ["decimal"] * 29, ["指标"] + ["2026年值"] * 29))
    assert len(thirty.parts) > 1


def _report(lang: str, columns: int) -> reading.Document:
    rows = [
        [
            {"t": NAMES[row % 2], "head": True},
            {"t": "2024–2026年年均"},
            *({"t": f"{row * 1234 + column:,}.{row % 10}"} for column in range(columns)),
        ]
        for row in range(40)
    ]
    heads = [{"key": "a", "label": "指标"}, {"key": "b", "label": "时段"}] + [
        {"key": f"y{column}", "label": f"{2020 + column}年（实际或预计）", "unit": "亿元（现价）", "align": "decimal"}
        for column in range(columns)
    ]
    block = {
        "block": "table",
        "lang": lang,
        "id": "t",
        "caption": NAMES[0],
        "columns": heads,
        "rows": rows,
        "notes": [NAMES[1]],
    }
    cover = {"block": "cover", "lang": lang, "title": NAMES[0], "place": ["巴中市"], "data_as_of": "2024-06-25"}
    return reading.read(notebooks.notebook(notebooks.block(cover), notebooks.block(block)), name="long")


@pytest.mark.parametrize("columns", [2, 5, 9, 20])
def test_forty_rows_with_the_longest_names_stay_within_the_margins(columns: int) -> None:
    """No ink outside the margins of any page, upright, turned or in parts."""
    source = typst_page.source(_report("zh", columns))
    pages = pdf._compiler(source.text, source.files).compile(format="png", ppi=72)
    assert isinstance(pages, list)
    for data in pages:
        with Image.open(io.BytesIO(data)) as image:
            page = image.convert("L")
            for box in ((0, 0, 55, page.height), (page.width - 55, 0, page.width, page.height)):
                assert page.crop(box).getextrema()[0] > 250


@pytest.mark.parametrize("name", ["tables", "long"])
def test_words_do_not_overlap(name: str, tmp_path: Path) -> None:
    """Boxes of words, as poppler sees them, do not overlap and do not leave the page."""
    if shutil.which("pdftotext") is None:
        missing("pdftotext (Debian package poppler-utils)")
    if name == "tables":
        data = pdf.render_pdf(strangers.tables(), name="tables")
    else:
        source = typst_page.source(_report("zh", 6))
        data = pdf.compile_pdf(source.text, source.files, timestamp=0, name="long")
    (tmp_path / "x.pdf").write_bytes(data)
    subprocess.run(["pdftotext", "-bbox", "x.pdf", "x.html"], cwd=tmp_path, check=True)
    for page in (tmp_path / "x.html").read_text(encoding="utf-8").split("<page ")[1:]:
        width = float(re.search(r'width="([\d.]+)"', page)[1])
        boxes = [
            tuple(map(float, found))
            for found in re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"', page)
        ]
        assert all(left > 50 and right < width - 50 for left, _, right, _ in boxes)
        for index, (left, top, right, bottom) in enumerate(boxes):
            for other in boxes[index + 1 :]:
                across = min(right, other[2]) - max(left, other[0])
                down = min(bottom, other[3]) - max(top, other[1])
                assert across < 1.0 or down < 0.55 * min(bottom - top, other[3] - other[1]), (
                    page[:40],
                    (left, top),
                    other,
                )
