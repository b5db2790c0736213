"""Excel: decimals by number format, several tables on a sheet, places, what is hidden."""

from __future__ import annotations

import xlsxwriter
from reading.printed import facts

from planbrief.reading.files import read_file


def test_numbers_show_what_their_formats_show(tmp_path):
    path = tmp_path / "plan.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        cells = [
            *((12, "0.0"), (0.0525, "0.0%"), (1234567.891, "#,##0.00"), (0.1 + 0.2, "General"), (-3.256, "0.00")),
            *((5, '0"亿元"'), (2030, '0"年"'), (-8.5, "0.0_);(0.0)"), (1.5, "@")),
        ]
        for column, (value, form) in enumerate(cells):
            sheet.write(0, column, f"列{column}")
            sheet.write(1, column, value, book.add_format({"num_format": form}))
        sheet.write_datetime(
            2, 0, __import__("datetime").datetime(2026, 3, 20), book.add_format({"num_format": "yyyy/m/d"})
        )
    lines = read_file(path).text.split("\n")
    row = next(line for line in lines if line.startswith("12.0"))
    assert row.split("\t") == ["12.0", "5.3%", "1,234,567.89", "0.3", "-3.26", "5亿元", "2030年", "-8.5", "1.5"]
    assert "2026-03-20" in lines


def test_an_empty_row_parts_two_tables_and_places_are_the_sheets_own(tmp_path):
    path = tmp_path / "plan.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("指标")
        for top, name in ((1, "产值"), (6, "人口")):
            sheet.write_row(top, 2, ["指标", "2025年", "2030年"])
            sheet.write_row(top + 1, 2, [name, 12.5, 30])
            sheet.write_row(top + 2, 2, [name + "二", 1, 2])
        hidden = book.add_worksheet("旧")
        hidden.write(0, 0, "999")
        hidden.hide()
        sheet.set_row(8, None, None, {"hidden": True})
    document = read_file(path)
    assert [facts(document, table)[0] for table in document.tables[:1]] == [("产值", "2025年", "12.5")]
    assert len(document.tables) == 2
    assert document.locator(document.text.index("12.5")) == "工作表“指标”第3行第4列"
    assert "999" not in document.text
    assert len(document.warnings) == 2
