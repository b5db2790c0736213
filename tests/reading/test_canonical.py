"""The dataclasses that the readers fill: merged cells, heads, groups, places in words, and the way through JSON."""

from __future__ import annotations

import json

from planbrief.reading.canonical import CanonicalText, Cell, Paragraph, Place, PlaceMap, PrintedTable


def invented_table() -> tuple[str, PrintedTable]:
    """A small table with a merged head, a group's label and a head that is printed again."""
    rows = [
        [("指标", 2, 1), ("规模", 1, 2)],
        [None, ("2023年", 1, 1), ("2026年", 1, 1)],
        [("经济", 1, 3)],
        [("产值", 1, 1), ("12", 1, 1), ("18", 1, 1)],
        [("指标", 1, 1), ("2023年", 1, 1), ("2026年", 1, 1)],
        [("面积", 1, 1), ("", 1, 1), ("7", 1, 1)],
    ]
    text, cells = "", []
    for number, row in enumerate(rows):
        column = 0
        for entry in row:
            if entry is None:
                column += 1
                continue
            words, rowspan, colspan = entry
            cells.append(Cell(number, column, len(text), len(text) + len(words), rowspan, colspan, number in (0, 1, 4)))
            text += words + "\t"
            column += colspan
        text += "\n"
    return text, PrintedTable(0, len(text), tuple(cells), header_rows=2, row_heads=1)


def test_a_merged_cell_stands_at_every_position_it_covers():
    text, table = invented_table()
    assert (table.rows, table.columns) == (6, 3)
    assert table.grid[1][0] is table.grid[0][0]
    assert table.column_heads(2, text) == ["规模", "2026年"]
    assert table.column_heads(0, text) == ["指标"]


def test_a_group_names_the_rows_below_it():
    text, table = invented_table()
    assert table.row_head_texts(3, text) == ["经济", "产值"]
    assert table.group_of(2) is None
    assert [cell.text_in(text) for cell in table.cells if not table.is_head(cell.row) and cell.end > cell.start] == [
        "经济",
        "产值",
        "12",
        "18",
        "面积",
        "7",
    ]
    assert table.is_head(4)
    assert not table.is_head(3)


def test_an_offset_finds_its_cell_and_its_table():
    text, table = invented_table()
    document = CanonicalText(text, (table,))
    offset = text.index("18")
    assert document.table_at(offset).cell_at(offset + 1).text_in(text) == "18"
    assert table.cell_at(offset + 2) is None
    assert document.table_at(len(text)) is None


def test_a_place_is_said_in_both_languages():
    places = PlaceMap()
    places.add(0, Place(paragraph=1))
    places.add(10, Place(page=3, table=2, row=4))
    places.add(20, Place(sheet="指标", row=4, column=2))
    places.add(30, Place(page=5, part="footnote"))
    document = CanonicalText("x" * 40, places=places)
    assert [document.locator(offset) for offset in (9, 10, 29, 30)] == [
        *("第1段", "第3页，表2第4行", "工作表“指标”第4行第2列", "第5页，脚注")
    ]


def test_a_document_survives_the_way_through_json():
    text, table = invented_table()
    places = PlaceMap()
    places.add(0, Place(page=1, table=1, row=1, column=1))
    before = CanonicalText(text, (table,), places, (Paragraph(0, 3, "h1", 1),), "pdf", "ab", "标题", "2026-01-02")
    after = CanonicalText.from_json(text, json.loads(json.dumps(before.as_json())))
    assert after.as_json() == before.as_json()
    assert after.tables == before.tables
    assert after.locator(4) == before.locator(4)
