"""Formulas on paper: variables stay italic wherever they stand, and spaces keep their width."""

from __future__ import annotations

import io
import re
import unicodedata
from collections import Counter
from functools import cache

import pypdf
import pypdfium2
import pytest
from lxml import etree
from lxml import html as lxml_html
from nbformat.v4 import new_markdown_cell, new_notebook
from render.formula_table import FORMULAS, REFUSED
from render.notebooks import output

from planbrief.render.formulas import mathml, typst_equation
from planbrief.render.html.exporter import render_html
from planbrief.render.pdf.exporter import render_pdf


def test_variables_in_a_row_stay_italic() -> None:
    """Two symbols side by side are not joined to upright text."""
    cell = new_markdown_cell("$$r = s,\\qquad \\frac{v-w}{T-t}$$")
    data = render_pdf(new_notebook(cells=[cell]), name="formula")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    italic = {
        unicodedata.normalize("NFKC", letter)
        for letter in text
        if unicodedata.name(letter, "").startswith("MATHEMATICAL ITALIC")
    }
    assert set("rsvwTt") <= italic


def test_a_wide_space_is_wide() -> None:
    """The width of a space is that of the formula."""
    found = mathml(r"a\qquad b", display=True)
    assert found is not None
    assert "h(2em)" in typst_equation(etree.fromstring(found), block=True)


#: What a drawing stands for on paper, and what on a page is drawn by an accent above its letter.
_DRAWN = set("√^~¯→←↔―⏞⏟`´ˇ˘˙¨˚˝")


def letters(text: str) -> Counter[str]:
    """Visible characters whatever their alphabet, without accents and what is drawn as a line."""
    plain = unicodedata.normalize("NFKD", text)
    return Counter(
        c for c in plain if not c.isspace() and unicodedata.category(c) not in ("Cf", "Mn") and c not in _DRAWN
    )


@cache
def set_on_paper() -> dict[int, str]:
    """Text of each formula of the table in a PDF, by its place.

    Those that refer to others are in one of their own: where a notebook refers to equations, they show numbers.
    """
    refers = [at for at, (tex, _, _) in enumerate(FORMULAS) if re.search(r"\\(eq)?ref\{", tex)]
    return _paper(refers) | _paper([at for at in range(len(FORMULAS)) if at not in refers])


def _paper(places: list[int]) -> dict[int, str]:
    marked = [f"F{number:03d}.\n\n$${FORMULAS[number][0]}$$" for number in places]
    cells = [new_markdown_cell("Formulas on paper.\n\n" + "\n\n".join([*marked, "F999."]))]
    document = pypdfium2.PdfDocument(io.BytesIO(render_pdf(new_notebook(cells=cells), name="¶")))
    pages = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    text = re.sub(r"\s*Page \d+ of \d+\s*|¶", "\n", "\n".join(pages))
    pieces = re.split(r"F(\d{3})\.", text)
    return dict(zip(map(int, pieces[1:-2:2]), pieces[2:-1:2], strict=True))


@pytest.mark.parametrize("number", range(len(FORMULAS)), ids=lambda number: FORMULAS[number][0])
def test_page_and_paper_say_what_the_formula_says(number: int) -> None:
    """Of every formula of the table both show all that it says and nothing else, in as many rows."""
    tex, said, rows = FORMULAS[number]
    found = mathml(tex, display=True)
    assert found is not None
    root = etree.fromstring(found)
    for hidden in list(root.iter("mphantom")):
        hidden.clear()
    assert letters("".join(root.itertext())) == letters(said)
    assert letters(set_on_paper()[number]) == letters(said)
    assert len(list(root.iter("mtr"))) == rows
    assert not rows or "math.mat(" in typst_equation(root, block=True)


def test_the_table_is_large_enough() -> None:
    """A hundred formulas or more, none twice."""
    assert len({tex for tex, _, _ in FORMULAS}) == len(FORMULAS) >= 100


@pytest.mark.parametrize("tex", REFUSED)
def test_a_refused_formula_is_named_on_page_and_paper(tex: str) -> None:
    """What cannot be set stands there as it was written, with a note, in a line and by itself."""
    nb = new_notebook(cells=[new_markdown_cell(f"Some words of text.\n\n$${tex}$$\n\nAnd ${tex}$ in a line.")])
    page = lxml_html.fromstring(render_html(nb, name="x")).find(".//main")
    assert [node.text for node in page.iter("pre", "code") if node.get("class") == "tex"] == [tex, tex]
    assert len(page.xpath(".//*[contains(@class, 'notice')]")) == 2
    document = pypdfium2.PdfDocument(io.BytesIO(render_pdf(nb, name="x")))
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    assert text.count("could not be typeset") == 2


def test_commands_of_the_author_hold_for_the_cells_that_follow() -> None:
    """One cell defines them, for all; a definition by itself shows nothing."""
    defined = r"$\newcommand{\norm}[1]{\lVert #1 \rVert}$ $\def\R{\mathbb{R}}$"
    nb = new_notebook(cells=[new_markdown_cell(defined), new_markdown_cell(r"Let $\norm{x_1} \in \R$.")])
    maths = list(lxml_html.fromstring(render_html(nb, name="x")).find(".//main").iter("math"))
    assert ["".join(math.itertext()) for math in maths] == ["‖x1‖∈ℝ"]


def test_delimiters_of_jupyter_and_references_in_text() -> None:
    """Two backslashes and a bracket are a formula, as in Jupyter; a reference to a formula is its name."""
    nb = new_notebook(cells=[new_markdown_cell("Sum \\\\(a+b\\\\) and \\\\[c = d\\\\] by \\eqref{two}.")])
    page = lxml_html.fromstring(render_html(nb, name="x")).find(".//main")
    assert [math.get("display") for math in page.iter("math")] == ["inline", "block"]
    assert "by (two)." in page.text_content()


def test_formulas_in_cells_of_tables_are_set_on_paper() -> None:
    """In Markdown's tables and in those of outputs, not as their source."""
    table = "<table><tr><th>model</th></tr><tr><td>$\\frac{a}{b}$</td></tr></table>"
    cells = [new_markdown_cell("| f |\n|---|\n| $\\beta_1$ |"), output({"text/html": table})]
    document = pypdfium2.PdfDocument(io.BytesIO(render_pdf(new_notebook(cells=cells), name="x")))
    text = unicodedata.normalize("NFKC", "".join(page.get_textpage().get_text_bounded() for page in document))
    document.close()
    assert "β" in text
    assert "frac" not in text


@pytest.mark.parametrize(
    ("tex", "drawn", "typst"),
    [
        (r"\boxed{x}", "border:1px solid", "box(stroke"),
        (r"\cancel{x}", "linear-gradient", "math.cancel("),
        (r"\bcancel{x}", "linear-gradient", "inverted: true"),
        (r"\xcancel{x}", "linear-gradient", "cross: true"),
        (r"\begin{array}{c|c}a&b\\\hline c&d\end{array}", "border-right", "augment"),
        (r"3\ 100", "100", "h(0.333em)"),
        (r"\text{at least } x", "at least", '"at least "'),
        (r"\arg\min_x f", "arg", "arg"),
        (r"\operatorname{Var}(x)", "Var", "Var"),
    ],
)
def test_frames_strokes_rules_and_spaces_are_drawn(tex, drawn, typst):
    """What says something is in both forms; nothing of it is lost without a word."""
    found = mathml(tex, display=True)
    assert found is not None
    assert drawn in found
    assert typst in typst_equation(etree.fromstring(found), block=True)


@pytest.mark.parametrize("tex", [r"a & b \\ \begin{unknownenv}c & d\end{unknownenv}", r"\nosuchcommand x", r"\frac{"])
def test_what_is_not_understood_is_no_formula(tex):
    """It is shown as it was written, with a note, and never with its columns run together."""
    assert mathml(tex) is None
