"""Notebooks as people have them against nbconvert's own page: words, tables, pictures, alignment, colours, lines of
formulas. What differs on purpose is declared here, so that any other difference fails.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import re
import warnings
from collections.abc import Iterator
from functools import cache

import nbformat
import pypdfium2
import pytest
from lxml import etree
from lxml import html as lxml_html
from nbconvert import HTMLExporter
from render.real_notebooks import NOTEBOOKS, code, html, new_notebook, notebook

from planbrief.render.html.exporter import PlanbriefHTMLExporter, render_html
from planbrief.render.pdf.exporter import notebook_source, render_pdf
from planbrief.render.pdf.page import library

#: Words that stock shows and we do not, and why.
LEFT_OUT = {
    "hidden": "import secret_module hidden_source 1 #| echo: false quarto_source 3 include: never = 4 never seen "
    "hidden output output: never printed input_gone 6 removed 7 gone kept_source 5",  # the marks of the author
    "github-callouts": "!NOTE !WARNING",  # a label in the reader's language stands for them
    "myst": "note warning admonition class tip",
    "equation-references": "eqref rate ref own log end",  # numbers stand for names
    "attributes": "width 120",
    "lists": "1",  # the mark of a footnote stands once
    "wide-chinese": "换行 不留空格",  # between two Chinese lines there is no space
    "julia-svg": "as html",  # the drawing stands for it
    "sized": "width 50 id c width 80px height 40px",
    "directives": "sub ref math x callout tip figure attachment f png width 90px alt drawn NOTE",
    "estimator": "LinearRegression",  # what its author hid
    "more-marks": "warning false never warned gone 2 fig cap Its caption echo false drawn 3",
    "footnote-blocks": "a",
    "myst-prose": "exercise label ex1 tab set item list table header rows 1 eq one sec custom",
    "unseen": "tip hidden gone 10 5",
    "live-charts": "If you see this message VegaLite object",
    "written-tables": "csv table header glossary kbd",
    "latex-table": "IPython core display Latex object",
    "rich-cells": "1 2 loss 4 0",  # a line that is written over
}
#: Tables and pictures that stock has more (or less) than we.
PICTURES = {
    "julia-svg": 1,  # stock shows HTML
    "attachments": 2,  # stock refuses them
    "directives": 1,  # stock knows no MyST
    "live-charts": 1,  # drawn here
    "drawing-in-html": 1,  # icons without a size
}
WORD = re.compile(r"[^\W_]+")


@cache
def stock(name: str) -> etree._Element | None:
    """The body of nbconvert's classic page, formulas left out; None where nbconvert refuses the notebook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook(name))
        except Exception:
            return None
    body = lxml_html.fromstring(page).xpath("//body")[0]
    for node in [*body.iter("style", "script"), *body.xpath("//*[contains(@class, 'prompt')]")]:
        node.drop_tree()
    return body


@cache
def ours(name: str) -> etree._Element:
    return lxml_html.fromstring(render_html(notebook(name), name=name)).find(".//main")


def words(node: etree._Element) -> list[str]:
    """Words of text, formulas left out: they are compared by themselves."""
    text = " ".join(node.itertext())
    text = re.sub(r"\$\$.*?\$\$|\\begin\{.*?\\end\{[^}]*\}|\$[^$\n]+\$", " ", text, flags=re.DOTALL)
    return WORD.findall(re.sub(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]", "", text))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_word_is_lost(name):
    """Every word of the stock page stands on ours, as often, but for what its author hid."""
    if (theirs := stock(name)) is None:
        pytest.skip("nbconvert refuses this notebook")
    left = words(ours(name))
    hidden = WORD.findall(LEFT_OUT.get(name, ""))
    lost = []
    for word in words(theirs):
        if word in left:
            left.remove(word)
        elif word not in hidden:
            lost.append(word)
    assert lost == []


def test_references_to_equations_give_their_numbers():
    """As MathJax numbers the lines of a page: a line without a number counts for none, a tag is its own number."""
    page = " ".join(" ".join(ours("equation-references").itertext()).split())
    assert "as \\eqref{rate} asks" in page
    assert "From (1) and 7.1:" in page
    assert "Line (3) comes after (2); (nowhere) is lost." in page
    assert r"\begin{equation} \eqref{rate} \end{equation}" in page
    assert re.findall(r"\(([\d.]+)\)", page) == ["1", "1", "2", "3", "7.1", "3", "2"]
    pages = pypdfium2.PdfDocument(render_pdf(notebook("equation-references"), name="x"))
    printed = "".join(page.get_textpage().get_text_range() for page in pages)
    assert "From (1) and 7.1:" in printed


def test_an_estimator_that_scripts_draw_is_its_text_once():
    """What is said to readers of Jupyter stands on no page, the pipeline once, and that something was left out."""
    drawn = (
        '<style>.sk-global div.sk-text-repr-fallback {display: none;}</style><body><div class="sk-global">'
        '<div class="sk-text-repr-fallback"><pre>Pipe(a)</pre><b>Please rerun this cell in Jupyter.</b></div>'
        "<div hidden><button>i</button>Steps</div></div><script>show()</script></body>"
    )
    nb = new_notebook(cells=[code("fit", html(drawn, "Pipe(a)"))])
    shown = " ".join(lxml_html.fromstring(render_html(nb, name="x")).find(".//main").itertext())
    assert shown.count("Pipe(a)") == 1
    assert "rerun" not in shown
    assert "script" in shown


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_tables_and_pictures_are_as_many(name):
    """Counted on both pages; where stock has none on purpose, what we show is declared."""
    theirs, mine = stock(name), ours(name)
    pictures = len(list(mine.iter("img", "svg")))
    if theirs is None or name in PICTURES:
        assert pictures == PICTURES[name]
    else:
        assert pictures == len(list(theirs.iter("img", "svg")))
    if theirs is not None:
        assert len(list(mine.iter("table"))) == len(list(theirs.iter("table"))) + (
            name in ("myst-prose", "written-tables")
        )


def columns(table: etree._Element) -> Iterator[list[etree._Element]]:
    """Cells of each column of a table without spans, heads first."""
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    if len({len(row) for row in rows}) == 1:
        yield from (list(column) for column in zip(*rows, strict=True))


def side(cell: etree._Element) -> str:
    """Where a cell's text stands."""
    classes = cell.get("class", "").split()
    if said := re.search(r"text-align:\s*(\w+)", cell.get("style", "")):
        return said[1]
    return "right" if "r" in classes else "center" if "m" in classes else "left"


@pytest.mark.parametrize(
    "name", [name for name in NOTEBOOKS if stock(name) is not None and stock(name).find(".//table") is not None]
)
def test_heads_stand_over_their_columns_and_numbers_right(name):
    """Text left, numbers right, what the author centres in the middle; every head as its column."""
    looked_at = 0
    for table in ours(name).iter("table"):
        for column in columns(table):
            body = [cell for cell in column[1:] if cell.text_content().strip()]
            numbers = body and all(re.fullmatch(r"[\d.,]+", cell.text_content().strip()) for cell in body)
            if numbers and body[0].tag == "td" and "text-align" not in body[0].get("style", ""):
                assert {side(cell) for cell in column} == {"right"}
            looked_at += len(body)
            assert len({side(cell) for cell in column if cell.text_content().strip()}) <= 1 or body[0].tag == "th"
    assert looked_at or name in ("multiindex", "levels")


def test_levels_of_heads_stand_over_their_columns():
    """Both levels of a MultiIndex, spans kept, each upper head over the columns that it covers."""
    table = ours("multiindex").find(".//table")
    upper = [cell for cell in next(table.iter("tr")) if cell.get("colspan")]
    assert [(cell.text_content().strip(), cell.get("colspan")) for cell in upper] == [("output", "2"), ("people", "2")]
    assert table.find(".//th[@rowspan]").text_content().strip() == "north"


def test_colours_borders_and_bars_are_kept():
    """See-through and hsl() colours as what they look like, borders, italics, underlines, bars to scale."""
    cells = {cell.text_content().strip(): cell.get("style", "") for cell in ours("styler").iter("td")}
    assert "background-color:#ffbfbf" in cells["12.5"]
    assert "font-style:italic" in cells["12.5"]
    assert "background-color:#adebad" in cells["87.5"]
    assert "border:1px solid #003366" in cells["87.5"]
    assert "#5fba7d 0%, #5fba7d 10%, transparent 10%" in cells["10"]
    assert "text-decoration:underline" in cells["10"]
    assert "#5fba7d 100%" in cells["1,000"]
    assert "font-weight:bold" in cells["1,000"]


#: What a browser draws of each cell of the body; of its borders those that are not the table's.
LOOKS = """() => [...document.querySelectorAll('tbody td')].map(cell => {
  const made = getComputedStyle(cell), sides = ['Top', 'Right', 'Bottom', 'Left'];
  const own = side => cell.style['border' + side + 'Style'] || made['border' + side + 'Style'];
  return {text: cell.innerText.trim(), ground: made.backgroundColor, bar: made.backgroundImage, slant: made.fontStyle,
    line: made.textDecorationLine, heavy: Number(made.fontWeight) >= 600,
    borders: sides.map(side => own(side) === 'dashed' || made['border' + side + 'Color'] === 'rgb(153, 153, 153)')};
})"""


def seen_ground(color: str) -> tuple[int, ...]:
    """A computed colour as it looks on white; no colour at all is white, and so is a stripe of stock's own sheet."""
    parts = [float(part) for part in re.findall(r"[\d.]+", color)]
    alpha = parts[3] if len(parts) > 3 else 1.0
    return tuple(round(alpha * part + 255 * (1 - alpha)) for part in parts[:3])


def stretches(bar: str) -> list[tuple[str, float]]:
    """Colours of a bar with the places of their edges; an edge without a place is at the side of the cell."""
    found = re.findall(r"(rgba?\([^()]*\))\s*([\d.]*)%?", bar)
    return sorted({(color, float(place)) for color, place in found if place and not color.endswith(", 0)")})


@pytest.mark.browser
@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name.startswith("styler-")])
def test_cells_look_as_stock_draws_them(visit, name):
    """Grounds, bars to scale, italics, lines, weight and borders of every cell, as a browser computes them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        page, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook(name))
    theirs = visit(page).page.evaluate(LOOKS)
    mine = visit(render_html(notebook(name), name=name)).page.evaluate(LOOKS)
    assert [cell["text"] for cell in mine] == [cell["text"] for cell in theirs]
    for cell, other in zip(mine, theirs, strict=True):
        assert max(map(abs, map(int.__sub__, seen_ground(cell["ground"]), seen_ground(other["ground"])))) <= 1, cell
        edges = {place for color, place in stretches(other["bar"])}
        assert edges <= {place for color, place in stretches(cell["bar"])}, (cell, other)
        assert (cell["bar"] == "none") == (other["bar"] == "none"), cell
        for key in ("slant", "line", "heavy", "borders"):
            assert cell[key] == other[key], (key, cell, other)


@pytest.mark.parametrize("name", ["styler-colours", "styler-sheets", "styler-bars"])
def test_the_pdf_draws_the_same_styles(name):
    """As many cells with a ground, a bar, a slant, a line and a border in the source of the PDF as on the page."""
    code = notebook_source(notebook(name), {"metadata": {"name": name}}).text.replace(library(), "")
    # A cell has the ground of its row, where it has none of its own.
    styles = [
        own if "background" in (own := cell.get("style", "")) else f"{own};{cell.getparent().get('style', '')}"
        for cell in ours(name).iter("td", "th")
    ]
    for css, typst in (
        ("background-color", r"table\.cell\((?:\w+: \d+, )*fill: rgb"),
        ("linear-gradient", r"table\.cell\((?:\w+: \d+, )*fill: gradient"),
        ("font-style:italic", r"skew\(ax"),
        ("border", r"stroke: \((?:top|right|bottom|left): \(paint"),
        ("text-decoration:underline", r"underline\("),
    ):
        assert len(re.findall(typst, code)) == sum(css in style for style in styles), css


def test_strokes_of_a_drawing_are_kept():
    """stroke-width and text-rendering of a foreign SVG arrive."""
    source = ours("julia-svg").find(".//img").get("src")
    drawing = base64.b64decode(source.partition("base64,")[2]).decode()
    assert 'stroke-width="3.5"' in drawing
    assert 'text-rendering="geometricPrecision"' in drawing


#: Formulas of a notebook: how many lines each displayed one has.
LINES = {
    "aligned": [3], "align-star": [2], "gather": [3], "cases": [2, 2], "equation": [1], "multline": [2, 2],
    "eqnarray": [2, 2], "matrix": [2, 1], "latex-output": [1],
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_lines_of_formulas_stay_lines(name):
    """As many rows as the source has, and nothing shown as source."""
    assert ours(name).find(".//pre[@class='tex']") is None
    assert ours(name).find(".//code[@class='tex']") is None
    shown = [math for math in ours(name).iter("math") if math.get("display") == "block"]
    rows = [max((len(list(table.iterchildren("mtr"))) for table in math.iter("mtable")), default=1) for math in shown]
    assert rows == LINES[name]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_pdf_says_the_same(name):
    """Words of the page in the PDF, whatever breaks lines; a character without a face is named by its code point."""
    document = pypdfium2.PdfDocument(io.BytesIO(render_pdf(notebook(name), name=name)))
    printed = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    squeezed = re.sub(r"[\s\ufe00-\ufe0f\ufffe\u2010-]", "", printed)
    named = set(re.findall(r"U\+([0-9A-F]{4,6})", printed))
    page = copy.deepcopy(ours(name))
    for node in list(page.iter("math")):
        node.drop_tree()
    lost = []
    for word in WORD.findall(" ".join(page.itertext())):
        if word not in squeezed and not all(c in printed or f"{ord(c):04X}" in named for c in word):
            lost.append(word)
    assert lost == []


def painted(name: str) -> str:
    """The source of the PDF of a notebook, without its library."""
    return notebook_source(notebook(name), {"metadata": {"name": name}}).text.replace(library(), "")


def test_a_drawing_in_html_keeps_its_colours_and_its_names():
    """Styles of shapes are no styles of text; the parser of HTML lowers names; a drawing of no size is none."""
    (image,) = ours("drawing-in-html").iter("img")
    drawing = base64.b64decode(image.get("src").partition("base64,")[2]).decode()
    assert "fill:#ECB172A0" in drawing
    assert "patternUnits" in drawing
    assert "table-1" not in painted("drawing-in-html")  # a table that lays out others is none in the PDF


def test_what_styles_hide_stays_hidden():
    """display: none, visibility: hidden and see-through words; a library's form for pages without its styles stays."""
    shown = ours("unseen").text_content()
    assert "shown fallback" in shown
    assert "10.5" not in shown
    assert "gone" not in shown


def test_grounds_of_rows_and_old_colours_reach_the_pdf():
    """bgcolor, the ground of a row, the frame of a table, values of an item, the kind of a list."""
    code = painted("old-colours")
    assert code.count('fill: rgb("#ffff00")') == 2
    assert code.count('fill: rgb("#ff0000")') == 1
    assert code.count("stroke: (") == 4
    assert 'numbering: "a."' in code
    assert "enum.item(9, " in code
    assert "dir: rtl" in code


def test_styles_that_are_not_drawn_are_named():
    """Once below the table, in both languages of pages; what appears under a pointer is not meant."""
    (said,) = ours("styler-named").xpath("//*[@class='notice']")
    assert said.text_content().endswith("font-size, opacity.")


def test_charts_of_scripts_are_drawn_or_named():
    """Vega-Lite is drawn, Plotly named; what a script would have loaded is left out with a word."""
    page = ours("live-charts")
    assert [text for text in page.xpath("//*[@class='notice']/text()") if "Plotly" in text]
    assert len(list(page.iter("img"))) == 1


def test_tex_that_is_no_formula_is_read_in_another_form():
    """Julia's help is a verbatim block in TeX and says the same in Markdown."""
    assert ours("tex-prose").find(".//math") is None
    assert ours("tex-prose").xpath(".//pre")[-1].text_content().strip() == "sum(f, itr)"


def test_places_that_authors_name_can_be_reached():
    """A target of MyST, a name behind a heading, and a link without words, which shows the name."""
    page = ours("myst-prose")
    links = {
        link.text_content(): link.get("href") for link in page.iter("a") if link.text_content() in ("eq-one", "to it")
    }
    assert set(links) == {"eq-one", "to it"}
    assert page.xpath(f"//*[@id='{links['to it'][1:]}']")


def test_colours_of_a_listing_are_printed():
    """Text that a library paints inside a listing."""
    assert 'text(fill: rgb("#008000"), weight: 700' in painted("rich-cells")


def test_forms_of_terminal_text_are_drawn():
    """Grounds of all three kinds, text and ground that change places, slant and lines; each in the PDF, too."""
    styles = {
        node.text.strip(): node.get("style") or node.get("class")
        for node in ours("terminal-styles").xpath(".//samp/span")
    }
    assert styles == {
        "Epoch 2": "a-bold",
        "WARN": "background:#e75c58;color:#1a1a1a",
        "loss": "text-decoration:underline;",
        "falls": "font-style:italic;",
        "old": "text-decoration:line-through;",
        "turned": "background:#3e424d;color:#ffffff",
        "marked": "background:#ffff00;color:#1a1a1a",
        "deep": "background:#000080;color:#ffffff",
    }
    code = painted("terminal-styles")
    for said in ('rgb("#e75c58"),)', '("underline",)', '("italic",)', '("line-through",)', 'rgb("#000080"),)'):
        assert said in code, said


def test_tables_and_terms_that_myst_writes_are_drawn():
    """A table of comma-separated values with its heads, terms with what they mean; one in a file is named."""
    page = ours("written-tables")
    cells = [cell.text_content().strip() for cell in page.iter("th", "td")]
    assert cells == ["region", "n", "North", "1,200", "South", "98"]
    assert [node.text_content().strip() for node in page.iter("dt", "dd")] == [
        "NEET",
        "not in work, school or training",
    ]
    assert "csv-table" in page.xpath("string(//*[@class='notice'])")


def test_formulas_in_a_line_are_set_and_tex_that_is_none_is_shown():
    """An environment within a paragraph, a stroke that a browser draws, a table of TeX as its source with a note."""
    page = ours("latex-table")
    assert len(list(page.iter("math"))) == 2
    assert "currentColor" in page.find(".//menclose").get("style")
    assert page.xpath("//*[@class='notice']")
    assert "North & 4.1" in page.xpath("string(//pre[@class='tex'])")


def test_rules_of_classes_and_columns_hold_for_their_output():
    """Colours by class, the ground of a column below that of a row, a coloured heading; no such rule hides anything."""
    page, code = ours("class-rules"), painted("class-rules")
    grounds = [
        hue for hue in ("#ddffdd", "#eeeeee") for cell in page.iter("td", "th", "tr") if hue in cell.get("style", "")
    ]
    assert grounds == ["#ddffdd", "#ddffdd", "#eeeeee"]
    assert code.count('fill: rgb("#ddffdd")') == 2
    assert code.count('fill: rgb("#eeeeee")') == 2
    assert 'fill: rgb("#b00000")' in code
    assert "seen" in page.text_content()
    assert page.xpath("//p[contains(@class, 'outputheading') and contains(@class, 't-c03030')]")


def test_blocks_have_their_colours_in_the_pdf():
    """Grounds, borders and colours of paragraphs, headings, bold words and code; a mark in the colour that it has."""
    code = painted("coloured-blocks")
    for said in (
        'fill: rgb("#5642c5"), text(fill: rgb("#ffffff")',
        'align(center, text(fill: rgb("#dc143c"), {[#heading(level: 1, text(fill: rgb("#dc143c")',
        "stroke: (left: (paint: rgb",
        'text(fill: rgb("#cc0000"), strong(',
        'text(fill: rgb("#006600"), raw("x"))',
        'highlight(fill: rgb("#7aecec")',
        "box(stroke: (top: ",
    ):
        assert said in code, said
    assert [node.text.strip() for node in ours("coloured-blocks").iter("h2", "h3") if node.text.startswith("No")]


def test_a_shortened_frame_keeps_its_numbers_to_the_right():
    """Dots in place of rows, and what has no value, do not make words of a column of numbers."""
    cells = list(ours("shortened").iter("td"))
    assert [side(cell) for cell in cells if cell.text_content().strip()] == ["right"] * 3


def test_older_formats_become_the_same_page(tmp_path):
    """A notebook of format 3 is read as format 4 is."""
    made = notebook("lists")
    file = tmp_path / "lists.ipynb"
    file.write_text(json.dumps(nbformat.convert(made, 3)), encoding="utf-8")
    page, _ = PlanbriefHTMLExporter().from_filename(str(file))
    assert words(lxml_html.fromstring(page).find(".//main"))[-20:] == words(ours("lists"))[-20:]


def test_the_corpus_is_large_enough():
    """Twenty-five notebooks or more."""
    assert len(NOTEBOOKS) >= 25
