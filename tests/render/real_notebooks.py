# ruff: noqa: E501 - the texts of notebooks stand as people write them
"""Notebooks written after what real ones hold: what a reader sees in nbconvert's own page must be on ours.

Every notebook is a list of cells; figures and names are invented.
"""

from __future__ import annotations

import base64
import copy
from typing import Any

import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from render.notebooks import SVG, png

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def md(text: str, files: dict[str, Any] | None = None) -> NotebookNode:
    """Markdown with its attachments: a PNG by its name, or its forms by their types."""
    cell = new_markdown_cell(text)
    if files:
        cell["attachments"] = {
            name: data if isinstance(data, dict) else {"image/png": data} for name, data in files.items()
        }
    return cell


def code(source: str, *outputs: NotebookNode, tags: tuple[str, ...] = (), **metadata: Any) -> NotebookNode:
    cell = new_code_cell(source, outputs=list(outputs), metadata=metadata)
    if tags:
        cell.metadata["tags"] = list(tags)
    return cell


def result(data: dict[str, Any], **metadata: Any) -> NotebookNode:
    return new_output("execute_result", data, execution_count=1, metadata=metadata)


def html(text: str, plain: str = "…") -> NotebookNode:
    return result({"text/html": text, "text/plain": plain})


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", text=text, name=name)


FRAME = """<div><style scoped>.dataframe tbody tr th:only-of-type {vertical-align: middle;}</style>
<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>city</th><th>output</th></tr></thead>
<tbody><tr><th>0</th><td>Alpha</td><td>142.8</td></tr><tr><th>1</th><td>Beta</td><td>75.0</td></tr></tbody></table>
<p>2 rows × 2 columns</p></div>"""

MULTI = """<table border="1" class="dataframe"><thead><tr><th></th><th></th><th colspan="2" halign="left">output</th><th colspan="2" halign="left">people</th></tr>
<tr><th></th><th></th><th>2023</th><th>2027</th><th>2023</th><th>2027</th></tr><tr><th>area</th><th>kind</th><th></th><th></th><th></th><th></th></tr></thead>
<tbody><tr><th rowspan="2" valign="top">north</th><th>a</th><td>1</td><td>2</td><td>3</td><td>4</td></tr><tr><th>b</th><td>5</td><td>6</td><td>7</td><td>8</td></tr></tbody></table>"""

STYLED = """<style type="text/css">
#T_abc12_row0_col0 {background-color: rgba(255, 0, 0, 0.25); font-style: italic;}
#T_abc12_row1_col0 {background-color: hsl(120, 60%, 80%); border: 1px solid #003366;}
#T_abc12_row0_col1 {background: linear-gradient(90deg, #5fba7d 10.0%, transparent 10.0%); text-decoration: underline;}
#T_abc12_row1_col1 {background: linear-gradient(90deg, #5fba7d 100.0%, transparent 100.0%); color: #c00000; font-weight: bold;}
</style><table id="T_abc12"><caption>Styled table</caption><thead><tr><th class="blank level0">&nbsp;</th><th id="T_abc12_level0_col0">part</th><th id="T_abc12_level0_col1">sum</th></tr></thead>
<tbody><tr><th id="T_abc12_level0_row0">x</th><td id="T_abc12_row0_col0">12.5</td><td id="T_abc12_row0_col1">10</td></tr>
<tr><th id="T_abc12_level0_row1">y</th><td id="T_abc12_row1_col0">87.5</td><td id="T_abc12_row1_col1">1,000</td></tr></tbody></table>"""

#: name -> (cells, metadata of the notebook)
NOTEBOOKS: dict[str, tuple[list[NotebookNode], dict[str, Any]]] = {
    "frame": ([md("# Output of two cities"), code("df", html(FRAME, "   city output"))], PYTHON),
    "multiindex": ([md("# Two levels"), code("df", html(MULTI))], PYTHON),
    "styler": ([md("# Styled"), code("df.style", html(STYLED))], PYTHON),
    "aligned": ([md("# Sums\n\n$$\\begin{aligned}a &= b + c\\\\ &= d\\\\ &= e\\end{aligned}$$")], PYTHON),
    "align-star": ([md("Text first.\n\n\\begin{align*}\na &= b \\\\\nc &= d\n\\end{align*}\n\nText after.")], PYTHON),
    "gather": ([md("Lines:\n\n\\begin{gather}\nx = 1 \\\\ y = 2 \\label{two} \\\\ z = 3\n\\end{gather}")], PYTHON),
    "cases": (
        [
            md(
                "$$f(x) = \\begin{cases} 1 & x > 0 \\\\ 0 & \\text{otherwise}\\end{cases}$$\n\n$$g = \\begin{dcases} \\frac{1}{2} & a \\\\ 2 & b\\end{dcases}$$"
            )
        ],
        PYTHON,
    ),
    "equation-references": (
        [
            md(
                "Growth follows\n\n\\begin{equation}\nr = \\left(\\frac{b}{a}\\right)^{1/n} - 1\n\\label{rate}\n\\end{equation}\n\nas `\\eqref{rate}` asks."
            ),
            md(
                "From \\eqref{rate} and \\ref{own}:\n\n\\begin{align}\nb &= a(1 + r)^n \\label{end} \\\\\n&= a e^{sn} \\nonumber \\\\\ns &= \\ln(1 + r) \\label{log}\n\\end{align}\n\n$$a = 1 \\tag{7.1}\\label{own}$$\n\nLine \\eqref{log} comes after \\eqref{end}; \\eqref{nowhere} is lost.\n\n```\n\\begin{equation} \\eqref{rate} \\end{equation}\n```"
            ),
        ],
        PYTHON,
    ),
    "equation": (
        [
            md(
                "\\begin{equation}\nE = mc^2 \\tag{1}\n\\end{equation}\n\nInline $\\hat{\\beta} = (X^\\top X)^{-1}X^\\top y$ and $\\arg\\min_\\theta L(\\theta)$."
            )
        ],
        PYTHON,
    ),
    "multline": (
        [
            md(
                "\\begin{multline*}\na + b + c \\\\ + d + e\n\\end{multline*}\n\n\\begin{alignat*}{2}\nx &= 1 & y &= 2 \\\\ z &= 3 & w &= 4\n\\end{alignat*}"
            )
        ],
        PYTHON,
    ),
    "eqnarray": (
        [
            md(
                "$$\\begin{split} p &= q \\\\ &= r \\end{split}$$\n\n\\begin{eqnarray}\na &=& b \\\\ c &=& d\n\\end{eqnarray}"
            )
        ],
        PYTHON,
    ),
    "matrix": (
        [
            md(
                "$$A = \\begin{bmatrix}1 & 2\\\\3 & 4\\end{bmatrix},\\quad \\left|\\begin{smallmatrix}a&b\\\\c&d\\end{smallmatrix}\\right|$$\n\n$$\\boxed{x = 3\\,100}\\qquad \\cancel{y}\\qquad \\overline{AB}$$"
            )
        ],
        PYTHON,
    ),
    "latex-output": (
        [
            code(
                "Math(...)",
                result(
                    {
                        "text/latex": "$\\displaystyle \\sum_{i=1}^{n} x_i^2$",
                        "text/plain": "<IPython.core.display.Math object>",
                    }
                ),
            )
        ],
        PYTHON,
    ),
    "hidden": (
        [
            md("# What is hidden"),
            code("import secret_module", tags=("hide-cell",)),
            code("hidden_source = 1", stream("visible output\n"), jupyter={"source_hidden": True}),
            code("shown_source = 2", stream("hidden output\n"), jupyter={"outputs_hidden": True}),
            code("#| echo: false\nquarto_source = 3", stream("quarto output\n")),
            code("#| include: false\nnever = 4", stream("never seen\n")),
            code("#| output: false\nkept_source = 5", stream("never printed\n")),
            code("input_gone = 6", stream("output stays\n"), tags=("hide-input",)),
            code("removed = 7", stream("gone\n"), tags=("remove_cell",)),
        ],
        PYTHON,
    ),
    "alerts": (
        [
            md(
                '# Boxes\n\n<div class="alert alert-block alert-info"><b>Tip:</b> use the index.</div>\n\n<div class="alert alert-danger">Never <i>this</i>.</div>'
            )
        ],
        PYTHON,
    ),
    "github-callouts": (
        [md("> [!NOTE]\n> A note for readers.\n\n> [!WARNING]\n> Mind the **gap**.\n\n> An ordinary quotation.")],
        PYTHON,
    ),
    "myst": (
        [
            md(
                "```{note}\nA note in MyST.\n```\n\n:::{warning}\nA warning with `code`.\n:::\n\n```{admonition} A title\n:class: tip\n\nBody of the box.\n```"
            )
        ],
        PYTHON,
    ),
    "attributes": (
        [
            md(
                "![Logo](attachment:logo.png){width=120}\n\nText {.unused} stays as it is.",
                files={"logo.png": png(size=(40, 20))},
            )
        ],
        PYTHON,
    ),
    "pictures-of-tools": (
        [
            md(
                "Dragged: ![Drawing](attachment:drawing.svg) and ![Both](attachment:both.png)\n\n$$ $$\n\nNothing above.",
                files={
                    "drawing.svg": {"image/svg+xml": base64.b64encode(SVG.encode()).decode()},
                    "both.png": {"image/svg+xml": "bm90IGEgZHJhd2luZw==", "image/png": png(size=(40, 30))},
                },
            ),
            code(
                "flags",
                html(
                    f'<table><thead><tr><th>place</th><th>flag</th></tr></thead><tbody><tr><td>Alpha</td><td><span style="white-space:nowrap;"><img src="data: image/png; base64,{png(size=(40, 20))}" style="height: 2em;vertical-align: middle;"></span></td></tr></tbody></table>'
                ),
            ),
        ],
        PYTHON,
    ),
    "attachments": (
        [
            md(
                "![One](attachment:my%20plot%20%281%29.png)\n\n![Two](attachment:图1.png)",
                files={"my plot (1).png": png(size=(30, 30)), "图1.png": png(size=(50, 30))},
            )
        ],
        PYTHON,
    ),
    "bare-links": (
        [
            md(
                "See https://example.org/a?b=1&c=2 and www.example.org, or <https://example.net/x>.\n\nMail to a@example.org."
            )
        ],
        PYTHON,
    ),
    "definitions": (
        [
            md(
                "Term one\n: Its meaning.\n\nTerm two\n: First meaning.\n: Second meaning.\n\nHTML: <dl><dt>Third</dt><dd>Last meaning</dd></dl>"
            )
        ],
        PYTHON,
    ),
    "characters": (
        [md("# 表情与生僻字 ✅ 🚀\n\n刘𠮷、한국어、བོད་ཡིག、ᠮᠣᠩᠭᠣᠯ、ꆈꌠꉙ、ئۇيغۇرچە；❤️ 与 葛\U000e0100 带选择符。")],
        PYTHON,
    ),
    "emoji-output": (
        [code("print('✅ done')", stream("✅ done 🎉\n")), code("df", html(FRAME.replace("Alpha", "刘𠮷 ✅")))],
        PYTHON,
    ),
    "r-kernel": (
        [
            md("# From R"),
            code(
                "summary(x)",
                stream("   Min. 1st Qu.  Median \n   1.00    2.00    3.00 \n"),
                result({"text/plain": "[1] 42", "text/markdown": "42", "text/latex": "42", "text/html": "42"}),
            ),
        ],
        {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}, "language_info": {"name": "R"}},
    ),
    "julia-svg": (
        [
            md("# A drawing"),
            code(
                "plot(x)",
                result(
                    {
                        "image/svg+xml": SVG.replace("<svg ", '<svg text-rendering="geometricPrecision" ', 1).replace(
                            "</svg>", '<path d="M0 0L9 9" stroke="#123456" stroke-width="3.5" fill="none"/></svg>'
                        ),
                        "text/html": "<p>as html</p>",
                    }
                ),
            ),
        ],
        {"kernelspec": {"name": "julia-1.10", "display_name": "Julia", "language": "julia"}},
    ),
    "errors": (
        [
            code(
                "1/0",
                new_output(
                    "error",
                    ename="ZeroDivisionError",
                    evalue="division by zero",
                    traceback=["\x1b[31mZeroDivisionError\x1b[0m: division by zero"],
                ),
            ),
            code("print(1)", stream("one\n"), stream("warned\n", "stderr"), stream("two\n")),
        ],
        PYTHON,
    ),
    "pictures": (
        [
            code("plot", result({"image/png": png(size=(60, 40)), "text/plain": "<Figure size 640x480 with 1 Axes>"})),
            code(
                "two",
                new_output("display_data", {"image/png": png(size=(20, 20))}),
                new_output("display_data", {"image/jpeg": png(size=(20, 20)), "text/plain": "jpeg"}),
            ),
        ],
        PYTHON,
    ),
    "lists": (
        [
            md(
                "1. First\n   1. Inner\n      - Deep\n2. Second\n\n* [ ] to do\n* [x] done\n\nTerm[^1] and ~~old~~ text.\n\n[^1]: The footnote.\n\n---\n\n> Quoted\n>> deeper"
            )
        ],
        PYTHON,
    ),
    "tables": (
        [
            md(
                '| left | centre | right |\n|:-----|:------:|------:|\n| a | b | 1 |\n| c `x` | **d** | 1,000.5 |\n\n<table><tr><th>html</th><td style="text-align:center">cell</td></tr></table>'
            )
        ],
        PYTHON,
    ),
    "html-output": (
        [
            code(
                "HTML(...)",
                html(
                    "<h3>Summary</h3><p>Body with <a href='https://example.org'>a link</a>.</p><ul><li>one</li><li>two</li></ul>"
                ),
            )
        ],
        PYTHON,
    ),
    "wide-chinese": (
        [
            md("# 中文 Markdown\n\n**“重要”**销售与*强调*，换行\n不留空格。\n\n1. 第一\n2. 第二"),
            code("df", html(FRAME.replace("Alpha", "巴中").replace("city", "城市"))),
        ],
        PYTHON,
    ),
}


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"城市": ["甲", "乙", "丙", "丁"], "output": [10, 200, 600, 1000], "rate": [0.1, -0.2, 0.05, -0.4]}
    )


def _levels() -> pd.DataFrame:
    rows = pd.MultiIndex.from_product([["north", "south"], ["a", "b"]], names=["region", "kind"])
    columns = pd.MultiIndex.from_product([["output", "people"], [2023, 2027]], names=["measure", "year"])
    return pd.DataFrame([[row * 10 + place for place in range(4)] for row in range(4)], index=rows, columns=columns)


def _shown(*styled: Any) -> list[NotebookNode]:
    return [code("df", html(made.to_html() if hasattr(made, "to_html") else made)) for made in styled]


def _styles() -> dict[str, list[NotebookNode]]:
    """Frames as pandas' own Styler writes them."""

    def base(name: str) -> Any:
        return _frame().style.set_uuid(name)

    mark = {"selector": ".big", "props": "font-weight: 800; font-style: italic"}
    classes = pd.DataFrame({"output": ["big", "", "big", ""]})
    sheet = [
        {"selector": "th", "props": "background-color: #000066; color: white"},
        {"selector": "td", "props": "text-align: center; border: 1px solid #999999"},
        {"selector": "tr:nth-child(even)", "props": "background-color: #eeeeee"},
    ]
    tones = "background-color: hsl(210 60% 80% / 50%)", "background-color: rgba(255, 0, 0, .3)"
    lines = "border-bottom: 2px dashed #cc0000; text-decoration: underline"
    return {
        "styler-bars": _shown(
            base("a").bar(subset=["output"]),
            base("b").bar(subset=["rate"], align="mid", color=["#d65f5f", "#5fba7d"]),
            base("c").bar(subset=["rate"], align="zero", color=["#d65f5f", "#5fba7d"]),
            base("d").bar(subset=["rate"], align=0, vmin=-1, vmax=1, color="lightblue", width=60, height=50),
            base("e").bar(subset=["output"], cmap="viridis"),
        ),
        "styler-colours": _shown(
            base("a").background_gradient(cmap="RdYlGn", subset=["output", "rate"]),
            base("b").map(lambda value: tones[isinstance(value, float) and value < 0]),
            base("c").highlight_max(subset=["output"], props="color:white;background-color:darkblue;font-weight:bold"),
            base("d").map(lambda value: lines if value == 600 else "font-style: italic", subset=["output"]),
            base("e").set_properties(**{"background-color": "black", "color": "lawngreen"}),
        ),
        "styler-sheets": _shown(
            base("a").set_table_styles(sheet).set_caption("A caption"),
            base("b").set_td_classes(classes).set_table_styles([mark]),
            base("c").hide(axis="index").format({"output": "{:,.0f} 亿元", "rate": "{:.1%}"}),
            base("d").map_index(lambda _: "text-decoration: underline", axis=1),
            base("e").format(precision=2, thousands=" ", decimal=","),
        ),
        "levels": [
            code("df", html(_levels().to_html())),
            code("df.T", html(_levels().T.to_html())),
            *_shown(_levels().style.set_uuid("l"), _levels().style.set_uuid("m").hide(level=0, axis=1)),
        ],
    }


NOTEBOOKS |= {name: (cells, PYTHON) for name, cells in _styles().items()}
NOTEBOOKS |= {
    "old-html": (
        [
            md(
                "Some words first.\n\n<center>In the middle</center>\n\n<font color='#cc0000'>red words</font> and <span style='background-color:#ffff00'>marked</span>\n\n<p align='center'>also the middle</p>"
            )
        ],
        PYTHON,
    ),
    "footnote-blocks": (
        [
            md(
                "Words[^a] of text.\n\n[^a]: First part.\n\n    Second part.\n\n        code_in_it = 1\n\n    - item in it"
            )
        ],
        PYTHON,
    ),
    "sized": (
        [
            md(
                "Half ![One](attachment:a.png){width=50%} and ![Two](attachment:a.png){#id .c width=80px height=40px} and <img src='attachment:a.png' style='width:90px' alt='Three'>",
                files={"a.png": png(size=(40, 20))},
            )
        ],
        PYTHON,
    ),
    "directives": (
        [
            md(
                "Text with {sub}`two`, {ref}`target`, {math}`x` and {unknown}`words`.\n\n::: {.callout-tip}\n## Quarto title\nQuarto body.\n:::\n\n```{figure} attachment:f.png\n:width: 90px\n:alt: drawn\nCaption of the figure.\n```\n\n> [!NOTE] Own title\n> Body of it.\n\n```{toctree} extra\n:maxdepth: 2\npages\n```",
                files={"f.png": png(size=(40, 20))},
            )
        ],
        PYTHON,
    ),
    "heading-later": ([md("First some words.\n\n# A heading below them\n\nMore words.")], PYTHON),
    "estimator": (
        [
            code(
                "model",
                html(
                    "<style>#sk-1 {color: black;}</style><div id='sk-1'><pre>LinearRegression()</pre><b>Parts</b><div hidden><label>LinearRegression</label></div></div>"
                ),
            )
        ],
        PYTHON,
    ),
    "r-vector": (
        [
            md("# A vector"),
            code(
                "c(1, 2)",
                html(
                    "<style>.list-inline>li {display: inline-block}</style><ol class=list-inline><li>12</li><li>34</li></ol>"
                ),
            ),
        ],
        {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}, "language_info": {"name": "R"}},
    ),
    "tex-in-html": (
        [
            md("# Displayed"),
            code(
                "md", html("<p>$$\\frac{a}{b}$$</p><table><tr><th>name</th></tr><tr><td>$\\alpha_1$</td></tr></table>")
            ),
        ],
        {"kernelspec": {"name": "julia-1.10", "display_name": "Julia", "language": "julia"}},
    ),
    "more-marks": (
        [
            md("# Marks of authors"),
            code("#| warning: false\nkept = 1", stream("never warned\n", "stderr"), stream("printed\n")),
            code("gone = 2", stream("shown result\n"), hide_input=True),
            code("#| fig-cap: 'Its caption'\n#| echo: false\ndrawn = 3", result({"image/png": png(size=(40, 20))})),
        ],
        PYTHON,
    ),
}


#: A drawing as dask writes it, in a table that lays out another, and icons of no size as xarray brings them.
LAID_OUT = """<div><svg style="position: absolute; width: 0; height: 0"><symbol id="i"><path d="M0 0"/></symbol></svg>
<table><tr><td><table><tr><td> </td><th>Array</th></tr><tr><th>Bytes</th><td>7 MiB</td></tr></table></td><td>
<svg width="60" height="60" style="stroke:rgb(0,0,0);stroke-width:1"><defs><pattern id="p" patternUnits="userSpaceOnUse"/></defs>
<polygon points="0,0 50,0 50,50 0,50" style="fill:#ECB172A0;stroke-width:0"/></svg></td></tr></table></div>"""
NAMED = """<style>#T_n1_row0_col0 {opacity: 20%; font-size: 20pt; background: navy}
#T_n1 .pd-t {visibility: hidden; transform: translate(0, 1px)}</style><table id="T_n1"><thead><tr><th>n</th></tr></thead><tr><td id="T_n1_row0_col0">12</td></tr></table>"""
UNSEEN = """<style>#T_u1_row0_col0 {visibility: hidden} #T_u1_row0_col1 {color: transparent}</style>
<table id="T_u1"><thead><tr><th>h</th><th>i</th><th>n</th></tr></thead><tr><td id="T_u1_row0_col0">10.5</td><td id="T_u1_row0_col1">tip</td><td>12</td></tr></table>
<div style="display:none">gone</div><pre class="text-repr-fallback" style="display:none">shown fallback</pre>"""
OLD = """<table style="border: 2px solid #003366"><tr><td bgcolor="#ff0000">a</td><td>b</td></tr><tr bgcolor="yellow"><td>c</td>
<td>d</td></tr></table><ol type="a"><li>first</li><li value="9">ninth</li></ol><p dir="rtl">שלום 45%</p>"""
VEGA = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json", "data": {"values": [{"a": "A", "b": 28}]}, "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}},
}  # fmt: skip
NOTEBOOKS |= {
    "drawing-in-html": ([md("# Drawn"), code("array", html(LAID_OUT))], PYTHON),
    "styler-named": ([md("# A table"), code("df.style", html(NAMED))], PYTHON),
    "unseen": ([md("# Hidden by styles"), code("df.style", html(UNSEEN))], PYTHON),
    "old-colours": ([md(f"# Old\n\n{OLD}")], PYTHON),
    "controls": (
        [
            md(
                "Bar <progress value='3' max='10'></progress>, level <meter value='0.5'></meter>, <input value='typed'> words."
            )
        ],
        PYTHON,
    ),
    "mermaid": ([md("Drawn by a script:\n\n```mermaid\ngraph TD; A-->B;\n```")], PYTHON),
    "live-charts": (
        [
            md("# Charts"),
            code("alt", result({"application/vnd.vegalite.v5+json": VEGA, "text/plain": "If you see this message"})),
            code(
                "px", result({"application/vnd.plotly.v1+json": {"data": []}, "text/html": "<script>draw()</script>"})
            ),
        ],
        PYTHON,
    ),
    "tex-prose": (
        [
            md("# Help"),
            code(
                "?sum",
                result(
                    {
                        "text/latex": "\\begin{verbatim}\nsum(f, itr)\n\\end{verbatim}\n",
                        "text/markdown": "```\nsum(f, itr)\n```\n",
                    }
                ),
            ),
        ],
        {"kernelspec": {"name": "julia-1.10", "display_name": "Julia", "language": "julia"}},
    ),
    "myst-prose": (
        [
            md(
                "(sec-one)=\n# Lecture\n\n## Part {#custom}\n\nSee [](#eq-one) and [to it](#sec-one).\n\n+++\n\n"
                "```{exercise}\n:label: ex1\nProve it.\n```\n\n::::{tab-set}\n:::{tab-item} Python\nWords.\n:::\n::::\n\n"
                "```{list-table} Listed\n:header-rows: 1\n\n* - Name\n  - Value\n* - a\n  - 1\n```"
            )
        ],
        PYTHON,
    ),
    "rich-cells": (
        [
            md("# Painted"),
            code("print(table)", html("<pre><span style='color: #008000; font-weight: bold'>rich</span> words</pre>")),
            code(
                "fit()",
                stream("1/2 loss: 4.0\b\b\b\b\r2/2 loss: 1.5\b\b\b\n"),
                html("<table><tr><th>n</th></tr><tr><td>¥-600.0</td></tr><tr><td>null</td></tr></table>"),
            ),
        ],
        PYTHON,
    ),
}


COLOURED = """<div style="color:white; background-color:#5642C5; padding:10px"><b>Introduction</b></div>

<h1 style='text-align:center;color:#dc143c'>In the middle</h1>

<p style='border-left:5px solid orange'>A callout</p> <b style='color:#cc0000'>bold red</b> <code style='color:#006600'>x</code>
<mark style='background:#7aecec'>entity</mark> <span style='border:1px solid red'>bordered</span>

#NoSpace"""
SHORTENED = """<table class="dataframe"><thead><tr><th></th><th>sum</th></tr></thead><tbody><tr><th>0</th><td>-$5.00</td></tr>
<tr><th>...</th><td>...</td></tr><tr><th>99</th><td>NaT</td></tr></tbody></table>"""
NOTEBOOKS |= {
    "coloured-blocks": ([md(COLOURED)], PYTHON),
    "terminal-styles": (
        [
            md("# Training"),
            code(
                "fit()",
                stream(
                    "\x1b[1mEpoch 2\x1b[0m \x1b[41;97m WARN \x1b[0m \x1b[4mloss\x1b[24m \x1b[3mfalls\x1b[0m \x1b[9mold\x1b[0m "
                    "\x1b[7mturned\x1b[27m \x1b[48;5;226mmarked\x1b[49m \x1b[48;2;0;0;128mdeep\x1b[0m plain\n"
                ),
            ),
        ],
        PYTHON,
    ),
    "written-tables": (
        [
            md(
                '# Sizes\n\n```{csv-table} By region\n:header: region, n\n\nNorth, "1,200"\nSouth, 98\n```\n\n'
                ":::{glossary}\nNEET\n  not in work, school or training\n:::\n\nPress {kbd}`Ctrl+C` to end.\n\n"
                "```{csv-table}\n:file: sizes.csv\n```"
            )
        ],
        PYTHON,
    ),
    "latex-table": (
        [
            md(
                "The variance \\begin{align} V &= s^2 \\label{v}\\\\ s &= 2 \\end{align} is small, $\\cancel{z}$ is gone."
            ),
            code(
                "show",
                result(
                    {
                        "text/latex": "\\begin{tabular}{lr} \\hline North & 4.1 \\\\ \\hline \\end{tabular}",
                        "text/plain": "<IPython.core.display.Latex object>",
                    }
                ),
            ),
        ],
        PYTHON,
    ),
    "class-rules": (
        [
            md("# By class"),
            code(
                "show",
                html(
                    "<style>.kt .neg {color: #b00000} .kt tr.total {font-weight: bold; background: #eeeeee} "
                    ".kt .note {display: none}</style><table class='kt'><colgroup><col><col style='background-color: "
                    "#ddffdd'></colgroup><tr><th>area</th><th>change</th></tr><tr><td>North</td><td class='neg'>-1.2</td>"
                    "</tr><tr class='total'><td>All <span class='note'>seen</span></td><td>-0.4</td></tr></table>"
                    "<h3 style='color: #c03030'>Below</h3>"
                ),
            ),
        ],
        PYTHON,
    ),
    "shortened": ([md("# A long frame"), code("df", html(SHORTENED))], PYTHON),
}


def notebook(name: str) -> NotebookNode:
    """One of the notebooks, for its reader alone: a conversion to an older format takes the cells' ids away."""
    cells, metadata = copy.deepcopy(NOTEBOOKS[name])
    return new_notebook(cells=cells, metadata=metadata)
