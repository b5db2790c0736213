# ruff: noqa: E501 - a list of fragments stands as people write them
"""Whatever stands in a notebook, both exporters give a page: random mixtures of fragments, and absurd sizes."""

from __future__ import annotations

import random

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from render import notebooks, strangers

from planbrief.render.html.exporter import render_html
from planbrief.render.pdf.exporter import page_count, render_pdf

FRAGMENTS = [
    *strangers.NASTY, "<table><tr><td>", "</table>", "<b>", "</i>", "# ", "\n\n", "- ", "> ", "```\n", "| a | b |\n|--|--|\n| 1 | 2 |\n",
    "[^1]", "[^1]: x", "$$", "\\begin{align}", "\\frac{a}{b}", "![x](y.png)", "[l](http://x/y)", "<img src=x>", "<svg><path d='M0 0'/></svg>",
    "<details>", "<pre>", "<style>#a{color:red}</style>", "<td colspan=99999 rowspan=0>", "中文", "\n", "  ", "1. ", "<ul><li>",
    "<math><mi>x</mi>", "<!--", "😀", "\ud800", "\ufeff", "<h1>", "</h1>", "<a href='#x'>", "&#0;", "&lt;", "\\(", "~~",
    "<sup class='footnote-ref'><a href='#q'>1</a></sup>", "<section class='footnotes'>", "<hr>", "***", "![](data:image/png;base64,AAAA)",
    "<br>", "<dl><dt>a<dd>b", "<p>", "<th>", "<caption>",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_random_mixtures_become_pages(seed: int) -> None:
    """No mixture of fragments raises, and none runs."""
    chance = random.Random(seed)

    def mixed(most: int) -> str:
        return "".join(chance.choice(FRAGMENTS) for _ in range(chance.randint(1, most)))

    drawing = "<svg xmlns='http://www.w3.org/2000/svg'>" + mixed(5) + "</svg>"
    bundles = [
        {"text/html": mixed(20)}, {"text/latex": f"${mixed(4)}$"}, {"text/plain": mixed(8)}, {"text/markdown": mixed(10)}, {"image/svg+xml": drawing},
    ]  # fmt: skip
    nb = notebooks.notebook(new_markdown_cell("x"), *(notebooks.output(bundle) for bundle in bundles))
    nb.cells[0].source = mixed(25)
    page = render_html(nb, name="x")
    assert page.encode()
    assert "<script>alert" not in page
    assert render_pdf(nb, name="x").startswith(b"%PDF")


def _stream() -> NotebookNode:
    return notebooks.notebook(
        new_code_cell("x", outputs=[new_output("stream", name="stdout", text="x" * 20_000_000)]), lang="zh"
    )


def _cell() -> NotebookNode:
    nb = notebooks.report("zh")
    nb.cells[10].outputs[0].data[notebooks.MIME]["rows"][0][0]["t"] = "字" * 20_000_000
    return nb


def _rows() -> NotebookNode:
    nb = notebooks.report("zh")
    nb.cells[10].outputs[0].data[notebooks.MIME]["rows"] = [[{"t": "a"}] * 4] * 300_000
    return nb


@pytest.mark.parametrize(
    ("made", "note"),
    [
        (_stream, "个字符"),
        (lambda: notebooks.notebook(notebooks.output({"text/html": "<p>" + "x " * 6_000_000})), "HTML 输出无法解析"),
        (lambda: notebooks.notebook(new_markdown_cell("x " * 3_000_000)), "个字符"),
        (_cell, "[+19980000]"),
        (_rows, "table of 300000 rows"),
        (lambda: notebooks.notebook(notebooks.output({"text/html": "<div>" * 50_000 + "unten"})), "HTML 输出无法解析"),
    ],
    ids=["stream", "html", "markdown", "cell", "rows", "nesting"],
)
def test_absurd_sizes_end_in_a_small_page_that_says_so(made: object, note: str) -> None:
    """Huge texts and tables are cut with a note, and the page stays small."""
    nb = made()  # type: ignore[operator]
    page = render_html(nb, name="x")
    assert note in page
    assert len(page) < 500_000
    assert page_count(render_pdf(nb, name="x")) < 15


def test_long_foreign_tables_are_cut_in_the_pdf_only() -> None:
    """A table of two thousand rows is whole in HTML; the PDF shows its beginning and says how many rows there are."""
    nb = notebooks.notebook(notebooks.output({"text/html": "<table>" + "<tr><td>1<td>2" * 2000 + "</table>"}))
    assert render_html(nb, name="x").count("<tr") == 2000
    assert page_count(render_pdf(nb, name="x")) < 12
