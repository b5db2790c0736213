"""Formulas on paper: variables stay italic wherever they stand, and spaces keep their width."""

from __future__ import annotations

import io
import unicodedata

import pypdf
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
