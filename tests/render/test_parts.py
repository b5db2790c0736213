"""The small parts of the exporters: metrics, formulas, terminal text, drawings, styles, pictures, alignment."""

from __future__ import annotations

import base64

import pylopdf_fonts_zh_cn
import pytest
from fontTools.ttLib import TTFont
from lxml import etree
from render.notebooks import SVG, png

from planbrief.render import formulas, pictures, table_layout
from planbrief.render import markup as tree
from planbrief.render import pictures as svg
from planbrief.render import safe_text as ansi
from planbrief.render import safe_text as plain
from planbrief.render import stylesheets as styles
from planbrief.render.html.exporter import render_html
from planbrief.render.pdf import exporter as pdf
from planbrief.render.pdf.exporter import notebook_source
from planbrief.render.pdf.page import library
from planbrief.render.pdf.text import allowed_link, breakable, literal
from planbrief.render.stylesheets import contrast, dark_counterpart


def head() -> str:
    """The beginning of a Typst page, up to a piece of code."""
    date = "datetime(year: 2000, month: 1, day: 1)"
    return library() + f'#show: paper.with(title: "x", date: {date}, words: (page: (x, y) => str(x)))\n#'


@pytest.mark.parametrize(
    "path", [pylopdf_fonts_zh_cn.sans_path(), pylopdf_fonts_zh_cn.serif_path()], ids=["sans", "serif"]
)
def test_metrics_are_those_of_the_packaged_fonts(path: object) -> None:
    """Every character of the packaged fonts counts as covered; widths of the sans face are its own."""
    with TTFont(path, lazy=True) as font:
        cmap, advances = font.getBestCmap(), font["hmtx"]
        assert all(table_layout.covered(chr(code)) for code in cmap if code > 0x20 and not 0xE000 <= code <= 0xF8FF)
        if "Sans" in str(path):
            for code in range(0x20, 0x3000):
                if code in cmap:
                    assert table_layout.width_em(chr(code)) == pytest.approx(
                        advances[cmap[code]][0] / 1000, abs=1e-6
                    ), hex(code)


def test_covered_characters_can_be_set() -> None:
    """What counts as covered beyond the packaged files is in the faces inside Typst: a page of it compiles."""
    packaged: set[int] = set()
    for path in (pylopdf_fonts_zh_cn.sans_path(), pylopdf_fonts_zh_cn.serif_path()):
        with TTFont(path, lazy=True) as font:
            packaged |= set(font.getBestCmap())
    rest = [chr(code) for code in range(0x80, 0x33480) if code not in packaged and table_layout.covered(chr(code))]
    rest = [character for character in rest if plain.visible(character) == character]
    assert len(rest) > 1000
    text = head() + literal("".join(rest)) + "\n"
    assert pdf.compile_pdf(text, {}, timestamp=0, name="rest").startswith(b"%PDF")


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{a}{b}",
        r"\sum_{i=1}^n x_i",
        r"\sqrt[3]{x}",
        r"\left(\frac12\right)",
        r"\hat{x}+\bar{y}",
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        r"\begin{align}a&=b\\c&=d\end{align}",
        r"\text{增速}_{2026}",
        r"\binom{n}{k}",
        r"\lim_{x\to 0}\sin x",
        r"\mathbf{x}\cdot\mathbb{R}",
        r"\underbrace{a+b}_{c}",
        r"x'' \ne \infty",
        r"\overline{AB}",
        r"\begin{cases}1&x>0\\0&x\le 0\end{cases}",
        "a < b \\& c",
        r'"quoted"',
    ],
)
def test_formulas_become_mathml_and_typst(tex: str) -> None:
    """A formula is MathML with its source as alternative text, and the same MathML compiles in Typst."""
    markup = formulas.mathml(tex, display=True)
    assert markup is not None
    root = etree.fromstring(markup)
    assert root.get("alttext") == tex
    code = formulas.typst_equation(root, block=True)
    assert pdf.compile_pdf(head() + code + "\n", {}, timestamp=0, name="formula").startswith(b"%PDF")


@pytest.mark.parametrize("tex", [r"\frac{", r"\nosuchcommand x", "", "x" * 6000, r"\begin{matrix}", "}"])
def test_bad_formulas_are_refused(tex: str) -> None:
    """What cannot be parsed is None, never an exception."""
    formulas.mathml(tex)
    if tex != "}":
        assert formulas.mathml(tex) is None


def test_terminal_text_plays_out() -> None:
    """Colours are kept by name, progress bars show their last state, other sequences are gone."""
    assert ansi.plain("10%\r50%\r100%\nx\x1b[2Ky\x1b]8;;http://x\x07z") == "100%\nxyz"
    coloured = ansi.terminal_runs("\x1b[1;31ma\x1b[0mb\x1b[38;5;28mc\x1b[39m")
    assert [(run.text, run.color, "bold" in run.forms) for run in coloured] == [
        ("a", "red", True), ("b", "", False), ("c", "green", False),
    ]  # fmt: skip


def test_drawings_lose_what_is_not_drawing() -> None:
    """Scripts, events, foreign objects, outside references, comments and entities do not survive; the picture does."""
    text = SVG.replace(
        "<metadata>",
        "<script>x</script><!-- c --><foreignObject><p>p</p></foreignObject><image href='http://x/y.png'/>"
        "<a href='javascript:x'><rect/></a><metadata>",
    ).replace('<g id="figure_1">', '<g id="figure_1" onload="x" style="fill: url(http://x/y)">')
    found = svg.to_bytes(svg.clean(text)).decode()
    for part in ("script", "foreignObject", "http://x", "onload", "javascript", "<!--"):
        assert part not in found
    assert "M 40 180" in found
    assert 'xlink:href="#m"' in found
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>'
    assert "aaaa" not in svg.to_bytes(svg.clean(bomb)).decode()
    for bad in ("", "<html/>", "<svg", "x"):
        with pytest.raises(svg.BadDrawing):
            svg.clean(bad)


def test_styles_keep_only_what_is_harmless() -> None:
    """Colour, weight and alignment stay; positions, addresses and expressions go, however they are written."""
    text = (
        "color: red; background: url(javascript:x); position: fixed; background-color: expression(x); "
        "text-align: center; font-weight: bold; color: var(--x)"
    )
    assert styles.declarations(text) == {"color": "red", "text-align": "center", "font-weight": "bold"}
    root = tree.build(
        "<style>#a td{color:#00f} body{display:none} #a .x{background-color:#eee}</style>"
        "<table id=a><tr><td class=x>1<td>2</table>",
        tree.Surroundings(),
    )
    assert [cell.get("style") for cell in root.iter("td")] == ["color: #00f; background-color: #eee", "color: #00f"]


def test_pictures_are_opened_or_refused() -> None:
    """PNG opens with its size; what is none, or a bomb by its header, is refused."""
    assert pictures.load("image/png", png(size=(60, 30))).width_px == 60
    for payload in ("AAAA", "!!!", base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 30).decode()):
        with pytest.raises(pictures.BadPicture):
            pictures.load("image/png", payload)
    with pytest.raises(pictures.BadPicture):
        pictures.from_uri("data:text/html,x") or pictures.from_uri("data:image/tiff;base64,AAAA")


def test_pictures_lie_only_beside_the_notebook(tmp_path: object) -> None:
    """A picture outside the notebook's folder, by dots or by a link, is not read."""
    from pathlib import Path

    root = Path(str(tmp_path))
    (root / "in").mkdir()
    (root / "out.png").write_bytes(base64.b64decode(png()))
    (root / "in" / "a.png").write_bytes(base64.b64decode(png()))
    (root / "in" / "link.png").symlink_to(root / "out.png")
    assert pictures.from_folder("a.png", root / "in") is not None
    for address in ("../out.png", "link.png", "/etc/passwd", "b.png", "..%2Fout.png"):
        assert pictures.from_folder(address, root / "in") is None


def test_decimal_points_meet() -> None:
    """Integer, decimal and annotated numbers get paddings that put their points under each other."""
    one, two, none, noted = table_layout.paddings(["1.25", "142", "—", "≥ 3.5"])
    assert one == 0.0
    assert two == pytest.approx(table_layout.width_em(".25"), abs=1e-3)
    assert none == 0.0
    assert noted == pytest.approx(table_layout.width_em("5"), abs=1e-3)


@pytest.mark.parametrize(
    "color", ["000000", "1d2430", "5c6675", "1a5fa0", "c8590c", "9c3d6e", "6b6412", "a3261f", "333333", "777777"]
)
def test_dark_counterparts_can_be_read(color: str) -> None:
    """Colours of text and lines keep a contrast of 4.5 on the dark page."""
    assert contrast(dark_counterpart(color), "14181e") >= 4.4


def test_links_and_literals() -> None:
    """Only http, https and mailto are links; a literal holds anything; long words break invisibly."""
    assert allowed_link("https://example.org/路径")
    assert allowed_link("mailto:a@b.cn")
    for address in ("javascript:x", " JaVaScRiPt:x", "data:text/html,x", "file:///etc/passwd", "//x", "ftp://x"):
        assert allowed_link(address) is None
    assert literal('a"b\\c\nd') == '"a\\"b\\\\c\\nd"'
    assert breakable("https://example.org/a/very/long/address").count("box()") >= 1


def test_bars_of_a_styler_are_drawn_to_scale() -> None:
    """Ten is a hundredth of a thousand, in HTML and on paper; a whole cell is never filled with the first colour."""
    import pandas as pd
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    frame = pd.DataFrame({"城市": ["甲", "乙"], "产值": [10, 1000]})
    html = frame.style.bar(subset=["产值"], color="#5fba7d", vmin=0).to_html()
    cell = new_code_cell("", outputs=[new_output("display_data", {"text/html": html})])
    nb = new_notebook(cells=[cell])
    page = render_html(nb, name="bars")
    assert "linear-gradient(90deg,#5fba7d 0%,#5fba7d 1%,transparent 1%)" in page.replace(", ", ",")
    assert "background-color:#5fba7d" not in page
    source = notebook_source(nb, {}).text
    assert 'gradient.linear((rgb("#5fba7d"), 0%), (rgb("#5fba7d"), 1%), (rgb("#ffffff"), 1%)' in source


@pytest.mark.parametrize(
    ("value", "drawn"),
    [
        ("linear-gradient(90deg, transparent 25.0%, #d65f5f 25.0%, #d65f5f 50.0%, transparent 50.0%)",
         (("d65f5f", 25.0, 50.0),)),
        ("linear-gradient(90deg, #d65f5f 50.0%, transparent 50.0%)", (("d65f5f", 0.0, 50.0),)),
        ("linear-gradient(90deg, rgba(255,0,0,.5) 10%, transparent 10%)", (("ff8080", 0.0, 10.0),)),
        ("linear-gradient(45deg, red, blue)", ()),
        ("url(x)", ()),
    ],
)  # fmt: skip
def test_gradients_that_are_bars(value: str, drawn: tuple[object, ...]) -> None:
    """Hard stops from left to right; anything else is no bar."""
    from planbrief.render.stylesheets import bar

    assert bar(value) == drawn


def test_colours_that_are_see_through_or_by_hue() -> None:
    """What they look like on the page stands in their place, in HTML and PDF alike."""
    from planbrief.render.stylesheets import declarations

    assert declarations("background-color: rgba(255, 0, 0, 0.5)") == {"background-color": "#ff8080"}
    assert declarations("background-color: hsl(120, 50%, 50%)") == {"background-color": "#40bf40"}
