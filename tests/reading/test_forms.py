"""One table printed in every form says the same: the names of its rows, the heads of its columns, each cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading.printed import (
    Print,
    as_html,
    as_pipes,
    as_spaces,
    as_tabs,
    as_typst,
    facts,
    tight,
    write_excel,
    write_pdf,
    write_word,
)

from planbrief.reading.files import read_file

GROUPED = Print(
    rows=[
        ["类别", "序号", "指标", "单位", "2025年", "2030年", "年均增长〔累计〕", "属性"],
        ["经济发展", "1", "地区生产总值", "亿元", "1200.5", "1800", "6.5", "预期性"],
        ["", "2", "全员劳动生产率", "万元/人", "12.8", "16.5", "—", "预期性"],
        ["", "3", "常住人口城镇化率", "%", "55.20", "60", "〔4.8〕", "预期性"],
        ["民生福祉", "4", "居民人均可支配收入增长", "%", "5.2", "与经济增长同步", "", "预期性"],
        ["", "5", "城镇调查失业率", "%", "5.1", "<5.5", "—", "约束性"],
        ["绿色生态", "6", "森林覆盖率", "%", "61.0", "62.5〔1.5〕", "", "约束性"],
    ],
    merges=[(1, 0, 3, 1), (4, 0, 2, 1)],
    unit="见表",
    note="注：〔〕内为五年累计数。",
)
LEVELS = Print(
    rows=[
        ["指标", "2025年", "", "2030年", "", "属性"],
        ["", "总量", "增速（%）", "总量", "增速（%）", ""],
        ["一、经济", "", "", "", "", ""],
        ["规上工业增加值（亿元）", "310", "7.5", "460", "8.2", "预期性"],
        ["社会消费品零售总额（亿元）", "420.3", "6.0", "600", "7.0", "预期性"],
        ["二、创新", "", "", "", "", ""],
        ["研发经费投入强度（%）", "1.2", "", "2.0", "", "预期性"],
    ],
    heads=2,
    merges=[(0, 0, 2, 1), (0, 1, 1, 2), (0, 3, 1, 2), (0, 5, 2, 1), (2, 0, 1, 6), (5, 0, 1, 6)],
    caption="表2 规模指标（亿元）",
    note="注：总量按当年价格计算。",
)
PLAIN = Print(
    rows=[
        ["县区", "2024年", "2025年", "2026年目标"],
        ["东县", "10.25", "11.00", "12"],
        ["西县", "8.5", "9", "—"],
        ["南区", "100", "1200", "13000"],
    ],
    caption="表3 各县区投资",
    unit="亿元",
    note="资料来源：统计局。",
)
PRINTS = {"grouped": GROUPED, "levels": LEVELS, "plain": PLAIN}


def expected(table: Print) -> list[tuple[str, str, str]]:
    """What a reader of the printed table finds: written down from the model, not from any reader's result."""
    said = []
    body = table.rows[table.heads :]
    names = {"grouped": 3, "levels": 1, "plain": 1}[next(name for name, other in PRINTS.items() if other is table)]
    group = ""
    for row in body:
        filled = [cell for cell in row if cell]
        if len(filled) == 1:
            group = filled[0]
            continue
        if names == 3:
            group = row[0] or group
        own = row[1:3] if names == 3 else row[:1]
        for column in range(names, len(row)):
            heads: list[str] = []
            for level in range(table.heads):
                cells = table.rows[level]
                left = column
                while level + 1 < table.heads and not cells[left] and left > 0 and table.span(level, left) is None:
                    left -= 1
                if cells[left]:
                    heads.append(cells[left])
            if row[column]:
                path = "/".join(part for part in (group, *own) if part)
                said.append((tight(path), tight("/".join(heads)), tight(row[column])))
    return said


def written(table: Print, form: str, folder: Path) -> Path:
    texts = {"html": as_html, "tabs": as_tabs, "spaces": as_spaces, "pipes": as_pipes}
    if form.startswith("pdf"):
        path = folder / "plan.pdf"
        write_pdf(as_typst(table, ruled=form == "pdf"), path)
        return path
    path = folder / {"html": "plan.html", "word": "plan.docx", "excel": "plan.xlsx"}.get(form, "plan.txt")
    if form in texts:
        path.write_text(texts[form](table), encoding="utf-8")
    elif form == "excel":
        write_excel(table, path)
    else:
        path = folder / "plan.docx"
        write_word(table, path, ruled=form == "word")
    return path


FORMS = ["html", "word", "word without rules", "excel", "pdf", "pdf without rules", "tabs", "spaces", "pipes"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PRINTS)
def test_a_table_says_the_same_in_every_form(tmp_path, name, form):
    table = PRINTS[name]
    document = read_file(written(table, form, tmp_path))
    assert len(document.tables) == 1
    assert facts(document) == expected(table)
    found = document.tables[0]
    assert tight(found.caption) == tight(table.caption)
    assert found.unit == (table.unit or ("亿元" if name == "levels" else ""))
    assert found.notes == table.note
