"""Formulas on paper: variables stay italic wherever they stand, and spaces keep their width."""

from __future__ import annotations

import io
import unicodedata

import pypdf
import pytest
from lxml import etree
from nbformat.v4 import new_markdown_cell, new_notebook

from planbrief.render.formulas import mathml, typst_equation
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


LINES = {
    r"\begin{aligned} x&=1\\ y&=2\end{aligned}": 2,
    r"\begin{align} a&=1\\ b&=2 \label{x}\end{align}": 2,
    r"\begin{align*} a&=1\\ b&=2\nonumber\\ c&=3\end{align*}": 3,
    r"\begin{alignat}{2}a&=b&c&=d\\e&=f&g&=h\end{alignat}": 2,
    r"\begin{alignedat}{2}a&=b\\e&=f\end{alignedat}": 2,
    r"\begin{flalign}a&=b\\e&=f\end{flalign}": 2,
    r"\begin{gather}a\\b\end{gather}": 2,
    r"\begin{gathered}a\\b\\c\end{gathered}": 3,
    r"\begin{multline}a\\b\end{multline}": 2,
    r"\begin{split}a&=b\\&=c\end{split}": 2,
    r"\begin{eqnarray}a&=&b\\c&=&d\end{eqnarray}": 2,
    r"\begin{cases}a&b\\c&d\end{cases}": 2,
    r"\begin{dcases}a&b\\c&d\end{dcases}": 2,
    r"\begin{equation}\begin{aligned}a&=b\\c&=d\end{aligned}\end{equation}": 2,
    r"\left\{\begin{aligned}a&=b\\c&=d\end{aligned}\right.": 2,
    r"x=1\\ y=2": 2,
    r"x&=1\\ y&=2\\ z&=3": 3,
    r"\begin{pmatrix}a&b\\c&d\end{pmatrix}": 2,
}


@pytest.mark.parametrize("tex", LINES)
def test_lines_of_a_formula_stay_lines(tex):
    """Every environment of amsmath with rows has as many rows in HTML, and the PDF is set from the same tree."""
    found = mathml(tex, display=True)
    assert found is not None
    assert found.count("<mtr") == LINES[tex]
    assert ">&amp;<" not in found
    assert "math.mat(" in typst_equation(etree.fromstring(found), block=True)


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
