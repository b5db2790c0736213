"""Where lines and pages of a PDF may not break: between a number and its unit, inside a small table or the sources."""

from __future__ import annotations

import io
import re
from typing import Any

import pypdf
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from render import notebooks

from planbrief.display.document import Run
from planbrief.render import notebook as reading
from planbrief.render.pdf import exporter as pdf
from planbrief.render.pdf import page as typst_page
from planbrief.render.pdf.blocks import text_runs
from planbrief.render.table_layout import spans

#: A line that begins with a unit, or with a mark that may begin no line.
_STRAY = re.compile(r"[ \u00a0]*(?:年|亿元|元|个百分点|月|日|[，。；：、）]|billion|percentage|km²)")


def pages(nb: NotebookNode, name: str = "x") -> list[str]:
    """Text of each page."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.render_pdf(nb, name=name))).pages]


def lines(nb: NotebookNode) -> list[str]:
    """Lines of all pages, as they are set."""
    return [line for page in pages(nb) for line in page.splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("lang", "filler", "text"),
    [
        ("zh", "字", "从2035年的142.8 亿元；又到 2024年6月25日，升20.5 个百分点：完。"),
        ("en", "it ", "from 14.28 billion yuan (142.8 亿元), 20.5 percentage points, on 3.1 km² in 2035 (亿元)."),
    ],
)
def test_number_and_unit_stay_on_one_line(lang: str, filler: str, text: str) -> None:
    """Wherever the end of the line falls, no line begins with the unit of a number, and none with a closing mark."""
    cells = [new_markdown_cell(filler * count + text) for count in range(1, 60)]
    found = lines(notebooks.notebook(*cells, title="题", planbrief={"lang": lang}))
    assert len(found) > 60
    assert [line for line in found if _STRAY.match(line)] == []


def test_number_and_unit_in_two_runs_stay_together() -> None:
    """A figure in bold and the unit in the words behind it are one box; the words around it are not."""
    runs = (Run("归并为 "), Run("49", strong=True), Run(" 个问题"))
    assert text_runs(runs, "zh") == '{"归并为 "; box({strong("49"); " 个"}); "问题"}'
    assert text_runs((Run("没有数字"),), "zh") == '{"没有数字"}'


def test_printed_unit_in_brackets_is_one_stretch() -> None:
    """(亿元) in the narrow column of an English table stays whole, apart from the words before it."""
    text = "100 million yuan (亿元), 2023 prices"
    assert [text[start:end] for start, end in spans(text)] == ["100 million", "(亿元)"]


def test_number_and_unit_are_copied_as_printed() -> None:
    """Keeping them together leaves the characters alone: an ordinary space, no joiner."""
    (text,) = pages(notebooks.notebook(new_markdown_cell("由142.8 亿元到 2035年。"), title="题"))
    assert "142.8 亿元" in text
    assert not re.search("[\u00a0\u2060\u202f]", text)


def _with(cells: list[NotebookNode], *, before: int) -> NotebookNode:
    """The report with so many paragraphs before its table and sources."""
    nb = notebooks.report("zh")
    filler = [new_markdown_cell("一段正文。", metadata={"tags": ["lang:zh"]}) for _ in range(before)]
    nb.cells = [nb.cells[0], *filler, *cells]
    return nb


def _blocks(kind: str) -> list[NotebookNode]:
    def block(cell: NotebookNode) -> dict[str, Any]:
        outputs = cell.get("outputs", [])
        return outputs[0]["data"].get(notebooks.MIME, {}) if outputs else {}

    return [cell for cell in notebooks.report("zh").cells if block(cell).get("block") == kind]


@pytest.mark.parametrize("before", range(20, 38, 2))
def test_small_table_and_sources_stay_whole(before: int) -> None:
    """Wherever the end of the page falls, a small table and the closing sources each stand on one page."""
    (table, *_), (sources,) = _blocks("table"), _blocks("sources")
    found = pages(_with([table, sources], before=before))
    assert sum("研发投入强度" in page and "规模以上工业总产值" in page for page in found) == 1
    (last,) = [page for page in found if "资料来源" in page]
    assert last is found[-1]
    assert "[1]" in last.partition("资料来源")[2]
    assert "引用" in last


def test_expected_contents_leave_no_trace() -> None:
    """The lines that stand for the contents until the headings are known change nothing on the finished page."""
    cells = [new_markdown_cell(f"## 第{number}节\n\n" + "正文。" * 200) for number in range(12)]
    nb = notebooks.notebook(*cells, title="题")
    found = typst_page.source(reading.read(nb, name="x"))
    assert 'expected: ((1, "第0节"), ' in found.text
    without = found.text.replace("expected: (", "expected: () + 0 * (")
    assert without != found.text
    made = [pdf.compile_pdf(text, {}, timestamp=0, name="x") for text in (found.text, without)]
    assert made[0] == made[1]
