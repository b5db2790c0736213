"""One invented table printed in every form that planbrief reads, and what its cells say."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from pathlib import Path

from planbrief.reading.canonical import CanonicalText, PrintedTable


@dataclass
class Print:
    """A table to be printed: rows of words, merged areas as (row, column, height, width), and what stands around it."""

    rows: list[list[str]]
    heads: int = 1
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    caption: str = "专栏 1 青河市主要指标"
    unit: str = ""
    note: str = ""

    def span(self, row: int, column: int) -> tuple[int, int] | None:
        """Height and width of a cell, None for a position that a merged cell covers."""
        for top, left, height, width in self.merges:
            if top <= row < top + height and left <= column < left + width:
                return (height, width) if (row, column) == (top, left) else None
        return 1, 1


def facts(document: CanonicalText, table: PrintedTable | None = None) -> list[tuple[str, str, str]]:
    """What the cells right of the names say, in order: names of the row, heads of the column, the cell."""
    table = document.tables[0] if table is None else table
    text = document.text
    grid = table.grid
    said = []
    for row in range(table.header_rows, table.rows):
        if table.is_head(row) or table.group_cell(row) is not None:
            continue
        for column in range(table.row_heads, table.columns):
            cell = grid[row][column]
            if cell is not None and cell.end > cell.start:
                names = "/".join(table.row_head_texts(row, text))
                heads = "/".join(table.column_heads(column, text))
                said.append((tight(names), tight(heads), tight(cell.text_in(text))))
    return said


def tight(text: str) -> str:
    """Words without the blanks that a form may put between them."""
    return text.replace(" ", "").replace("*", "")


def as_tabs(table: Print) -> str:
    lines = ["\t".join(row).rstrip("\n") for row in table.rows]
    return around(table, "\n".join(lines))


def around(table: Print, body: str) -> str:
    above = table.caption + (f"\n单位：{table.unit}" if table.unit else "")
    return f"一、发展目标\n全市发展稳中向好。\n{above}\n\n{body}\n\n{table.note}\n二、重点任务\n坚持稳中求进。\n"


def width(text: str) -> int:
    return sum(2 if char > "ᄀ" else 1 for char in text)


def as_spaces(table: Print) -> str:
    """Columns under each other on a screen where a Chinese character is two wide; figures at the right."""
    columns = len(table.rows[0])
    narrow = [
        max(width(row[c]) for r, row in enumerate(table.rows) if (table.span(r, c) or (1, 1))[1] == 1)
        for c in range(columns)
    ]
    lines = []
    for row in table.rows:
        line = "   ".join(cell + " " * (narrow[c] - width(cell)) for c, cell in enumerate(row))
        lines.append(line.rstrip())
    return around(table, "\n".join(lines))


def as_pipes(table: Print) -> str:
    rows = [*table.rows[: table.heads], ["---"] * len(table.rows[0]), *table.rows[table.heads :]]
    return around(table, "\n".join("| " + " | ".join(row) + " |" for row in rows))


def as_lines(table: Print, gap: str = "\n\n") -> str:
    return around(table, gap.join(cell for row in table.rows for cell in row if cell))


def as_html(table: Print) -> str:
    rows = []
    for r, row in enumerate(table.rows):
        cells = ""
        for c, cell in enumerate(row):
            span = table.span(r, c)
            if span is not None:
                tag = "th" if r < table.heads else "td"
                size = (f' rowspan="{span[0]}"' if span[0] > 1 else "") + (
                    f' colspan="{span[1]}"' if span[1] > 1 else ""
                )
                cells += f"<{tag}{size}><p>{html.escape(cell)}</p></{tag}>"
        rows.append(f"<tr>{cells}</tr>")
    body = f"<table>{''.join(rows)}</table>"
    parts = around(table, "@@").split("\n")
    return "<html><body>" + "".join(body if p == "@@" else f"<p>{html.escape(p)}</p>" for p in parts) + "</body></html>"


def write_word(table: Print, path: Path, ruled: bool = True) -> None:
    import docx

    document = docx.Document()
    for line in around(table, "@@").split("\n"):
        if line != "@@":
            document.add_paragraph(line)
            continue
        made = document.add_table(len(table.rows), len(table.rows[0]))
        if ruled:
            made.style = "Table Grid"
        for r, row in enumerate(table.rows):
            for c, cell in enumerate(row):
                if table.span(r, c) is not None:
                    made.cell(r, c).text = cell
        for top, left, height, wide in table.merges:
            made.cell(top, left).merge(made.cell(top + height - 1, left + wide - 1))
    document.save(str(path))


def write_excel(table: Print, path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("主要指标")
        sheet.write(0, 0, table.caption)
        if table.unit:
            sheet.write(1, 0, f"单位：{table.unit}")
        first = 2
        for r, row in enumerate(table.rows):
            for c, cell in enumerate(row):
                if cell:
                    number = cell.replace(".", "", 1).isdecimal()
                    places = len(cell.partition(".")[2])
                    form = book.add_format({"num_format": "0." + "0" * places if places else "0"})
                    sheet.write(first + r, c, float(cell) if number else cell, form if number else None)
        for top, left, height, wide in table.merges:
            words = table.rows[top][left]
            sheet.merge_range(first + top, left, first + top + height - 1, left + wide - 1, words)
        sheet.write(first + len(table.rows), 0, table.note)


def as_typst(table: Print, ruled: bool = True, before: str = "", page: str = "") -> str:
    """Source of a PDF page; without rules the columns stand apart by white space only."""

    def content(text: str) -> str:
        return "#text(" + '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '")'

    cells = []
    for r, row in enumerate(table.rows):
        for c, cell in enumerate(row):
            span = table.span(r, c)
            if span is not None:
                cells.append(f"table.cell(rowspan: {span[0]}, colspan: {span[1]})[{content(cell)}]")
    columns = ", ".join("auto" for _ in table.rows[0])
    stroke = "0.5pt" if ruled else "none"
    heads = ", ".join(cells_of(table, cells, table.heads))
    rest = ", ".join(cells[len(cells_of(table, cells, table.heads)) :])
    body = f"#table(columns: ({columns}), stroke: {stroke}, align: center + horizon, table.header({heads}), {rest})"
    lines = [body if line == "@@" else content(line) for line in around(table, "@@").split("\n") if line]
    setup = f'#set page(paper: "a4", {page})\n#set text(font: "Noto Serif SC", size: 10pt)\n#set par(justify: true)\n'
    return setup + before + "\n\n".join(lines)


def cells_of(table: Print, cells: list[str], rows: int) -> list[str]:
    count = sum(table.span(r, c) is not None for r in range(rows) for c in range(len(table.rows[0])))
    return cells[:count]


def write_pdf(source: str, path: Path) -> None:
    import typst
    from pylopdf_fonts_zh_cn import serif_path

    folder = path.with_suffix(".typ")
    folder.write_text(source, encoding="utf-8")
    typst.compile(str(folder), output=str(path), font_paths=[str(serif_path().parent)], ignore_system_fonts=True)
