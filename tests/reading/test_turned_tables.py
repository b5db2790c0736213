"""Tables with years down the side, years in characters, places down the side and growth beside one year (invented)."""

from pathlib import Path

import pytest
from docx import Document

from planbrief.reading.draft_rows import proposals
from planbrief.reading.files import read_file

YEARS = """年份\t地区生产总值（亿元）\t工业增加值增速（%）
2024\t230.1\t5.5
二〇二五年\t245.6\t-0.4
"""
SPELT = """指标\t二〇二四年\t二〇二五年\t二〇二五年比二〇二四年增长（%）
粮食产量（万吨）[注1]\t12.4\t12.8\t3.2
进出口总额（亿美元）\t5.1\t4.6\t-9.8
"""
PLACES = [
    ["县区", "地区生产总值（亿元）", "", "常住人口（万人）"],
    ["", "2025年", "增速（%）", "2025年"],
    ["东山县", "32.5", "5.6", "4.6"],
    ["全市", "245.6", "5.4", "41.3"],
]


def said(file: Path) -> list[tuple[str, ...]]:
    """Name, value, unit, form, period and area of each quantity of a file."""
    cells = ("indicator_phrase", "obs_value", "unit_measure", "transformation", "time_period", "ref_area_name")
    rows = proposals(read_file(file), "新镇市", "2026-03-01")
    return [tuple(row.cells[name] for name in cells) for row in rows if row.role == "observation"]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            YEARS,
            [
                ("地区生产总值", "230.1", "亿元", "level", "2024", "新镇市"),
                ("工业增加值增速", "5.5", "%", "yoy", "2024", "新镇市"),
                ("地区生产总值", "245.6", "亿元", "level", "2025", "新镇市"),
                ("工业增加值增速", "-0.4", "%", "yoy", "2025", "新镇市"),
            ],
        ),
        (
            SPELT,
            [
                ("粮食产量", "12.4", "万吨", "level", "2024", "新镇市"),
                ("粮食产量", "12.8", "万吨", "level", "2025", "新镇市"),
                ("粮食产量", "3.2", "%", "yoy", "2025", "新镇市"),
                ("进出口总额", "5.1", "亿美元", "level", "2024", "新镇市"),
                ("进出口总额", "4.6", "亿美元", "level", "2025", "新镇市"),
                ("进出口总额", "-9.8", "%", "yoy", "2025", "新镇市"),
            ],
        ),
    ],
)
def test_years_in_rows_and_in_characters(tmp_path: Path, table: str, expected: list[tuple[str, ...]]) -> None:
    """The year of a row dates it, and growth is of the year at its left."""
    file = tmp_path / "table.txt"
    file.write_text("主要指标\n" + table, encoding="utf-8")
    assert said(file) == expected


def test_a_place_in_the_row_leaves_the_name_to_the_head(tmp_path: Path) -> None:
    """Under a merged head each column is named by it; the row of the whole is the document's area."""
    document = Document()
    document.add_paragraph("各县区主要指标")
    table = document.add_table(rows=4, cols=4)
    for row, words in enumerate(PLACES):
        for column, word in enumerate(words):
            table.cell(row, column).text = word
    table.cell(0, 0).merge(table.cell(1, 0)).text = "县区"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "地区生产总值（亿元）"
    file = tmp_path / "table.docx"
    document.save(str(file))
    assert said(file) == [
        ("地区生产总值", "32.5", "亿元", "level", "2025", "东山县"),
        ("地区生产总值增速", "5.6", "%", "yoy", "2025", "东山县"),
        ("常住人口", "4.6", "万人", "level", "2025", "东山县"),
        ("地区生产总值", "245.6", "亿元", "level", "2025", "新镇市"),
        ("地区生产总值增速", "5.4", "%", "yoy", "2025", "新镇市"),
        ("常住人口", "41.3", "万人", "level", "2025", "新镇市"),
    ]


def test_years_in_characters_date_a_sentence(tmp_path: Path) -> None:
    """二〇二五年 is a year as 2025年 is, and no number of its own."""
    file = tmp_path / "text.txt"
    file.write_text("新镇市二〇二五年统计公报\n二〇二五年粮食产量12.5万吨，比二〇二〇年增长8%。\n", encoding="utf-8")
    rows = proposals(read_file(file), "新镇市", "2026-03-01")
    assert [(row.value_text, row.cells["time_period"]) for row in rows] == [("12.5", "2025"), ("8", "2021/2025")]
