# ruff: noqa: E501 - the texts of notebooks stand as people write them
"""A corpus of strangers' notebooks: what people have in notebooks, and what attackers would put there."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from render.notebooks import MIME, SVG, notebook, output, png, report

MARKDOWN = r"""# 季度观察 Quarterly notes

一段正文，含**“重要”**销售、*强调*、~~删去~~、`code`、<b>HTML 粗体</b>、<kbd>Ctrl</kbd>、H<sub>2</sub>O 与 [链接](https://example.org/路径?a=1&b=2)，
换行不留空格[^1]。English words 与中文之间、数字 2026 年之间自动留白。A hard break follows\
这里。

## 列表 Lists

1. 第一项
   - 嵌套一
     - 更深一层
       1. 四层
   - 嵌套二

     带段落。
2. 第二项
   ```python
   x = 1  # 注释
   ```

- [x] 完成
- [ ] 未完成

#### 跳级标题 skipped level

> 引用一段。
>
> > 再引用。[^note]

| 左 | 中 | 右 |
|:---|:--:|---:|
| `a|b` | **粗** | 1.25 |
| 甲 | 乙 | 1,000 |

```sql
SELECT * FROM observations WHERE unit_measure = '亿元' AND obs_value > 100 ORDER BY time_period DESC, ref_area, indicator LIMIT 50;
```

行内公式 $x^2 + \frac{1}{2}$，价格 $5 与 $6。

$$\left(\frac{y_1}{y_0}\right)^{1/n} - 1 = \sqrt[n]{\frac{y_1}{y_0}} - 1, \quad \hat{x} = \sum_{i=1}^{n} w_i x_i, \begin{pmatrix}a & b\\ c & d\end{pmatrix}$$

坏公式 $\frac{$ 与 $\undefinedcommand{x}$。

---

![外部图](https://example.org/x.png) ![本地](missing.png) ![附件](attachment:dot.png)

<details><summary>更多</summary>折叠内容</details>

见[列表](#列表-Lists)。https://example.org/a/very/long/address/that/does/not/end/for/a/long/time/and/then/some/more/segments/to/break/the/line?query=string

[^1]: 脚注一，含 **粗体** 与 `code`。
[^note]: 脚注二。

    第二段。
"""


def markdown() -> NotebookNode:
    """Markdown of all kinds in one cell, code shown."""
    cell = new_markdown_cell(MARKDOWN)
    cell["attachments"] = {"dot.png": {"image/png": png(size=(60, 30))}}
    code = (
        'import pandas as pd\n\n\ndef growth(start: float, end: float, years: int) -> float:\n    """年均增速。"""\n    return (end / start) ** (1 / years) - 1  # 一行很长的注释：'
        + "规模以上工业总产值" * 12
    )
    return notebook(
        cell, new_code_cell(code), new_markdown_cell("# 第二章\n\n### 小节[^a]\n\n末段。\n\n[^a]: 另一格的脚注。")
    )


def frame(rows: int = 6) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "城市": ["巴中", "綦江", "涪陵", "肇庆", "西安", "Long name of a place"] * (rows // 6 + 1),
            "产值": range(rows // 6 * 6 + 6),
            "增速": [0.5, 10.2, -3.125, float("nan"), 7.0, 1e6] * (rows // 6 + 1),
        }
    ).head(rows)


def tables() -> NotebookNode:
    """pandas frames: plain, styled, with two header rows, wide, long; and a hand-made table with spans."""
    plain = frame().to_html()
    styled = (
        frame()
        .style.set_uuid("t1")
        .format(precision=1)
        .background_gradient(cmap="Blues", subset=["产值"])
        .map(lambda value: "color: red" if isinstance(value, float) and value < 0 else "", subset=["增速"])
        .set_properties(**{"text-align": "center"}, subset=["城市"])
        .highlight_max(subset=["增速"], color="yellow")
        .set_caption("Styler 表")
        .to_html()
    )
    columns = pd.MultiIndex.from_product([["2023", "2026"], ["值", "增速"]])
    multi = pd.DataFrame(
        [[1.5, 2, 3, 4], [5, 6, 7, 8.25]],
        index=pd.MultiIndex.from_tuples([("四川", "巴中"), ("四川", "其他")], names=["省", "市"]),
        columns=columns,
    ).to_html()
    wide = pd.DataFrame(
        [[f"{i * 1000 + j:,}" for j in range(24)] for i in range(4)], columns=[f"column_{j}_name" for j in range(24)]
    ).to_html()
    medium = pd.DataFrame(
        [[f"{i * 1000 + j:,}" for j in range(14)] for i in range(4)], columns=[f"year {2010 + j}" for j in range(14)]
    ).to_html()
    long = frame(700).to_html(index=False)
    spans = "<table><caption>合并单元格</caption><tr><th rowspan=2>甲</th><th colspan=2>乙</th></tr><tr><th>丙</th><th>丁</th></tr><tr><td>1<br>一</td><td colspan=2 style='background:#c00'>跨两列</td></tr><tr><td colspan=9>过宽</td></tr></table>"
    text = pd.DataFrame(
        {
            "名称": ["规模以上工业企业研发经费内部支出占营业收入的比重" * 3],
            "token": ["x" * 90],
            "url": ["https://example.org/" + "path/" * 20],
        }
    ).to_html()
    return notebook(
        *(
            output({"text/html": html, "text/plain": "table"})
            for html in (plain, styled, multi, medium, wide, spans, text, long)
        ),
        title="表格 Tables",
    )


def outputs() -> NotebookNode:
    """Streams, tracebacks, pictures, formulas, widgets, scripts and unknown types."""
    error = new_code_cell(
        "1/0",
        outputs=[
            new_output(
                "error",
                ename="ZeroDivisionError",
                evalue="division by zero",
                traceback=[
                    "\x1b[31m---------------------------------------------------------------------------\x1b[39m",
                    "\x1b[31mZeroDivisionError\x1b[39m                         Traceback (most recent call last)",
                    "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[1]\x1b[39m\x1b[32m, line 1\x1b[39m\n\x1b[32m----> \x1b[39m\x1b[32m1\x1b[39m \x1b[32;43m1\x1b[39;49m/\x1b[32m0\x1b[39m",
                    "\x1b[31mZeroDivisionError\x1b[39m: division by zero",
                ],
            )
        ],
    )
    streams = new_code_cell(
        "print('x')",
        outputs=[
            new_output(
                "stream",
                name="stdout",
                text="名称      值\n巴中     142.8\n\tTab\n"
                + "\r".join(f"{n}%|{'█' * (n // 10)}" for n in range(0, 101, 10))
                + "\nBell \x07 back\b!\n",
            ),
            new_output("stream", name="stderr", text="/tmp/x.py:1: FutureWarning: something 将来会变 " + "long " * 60),
        ],
    )
    many = new_code_cell(
        "for i in range(2000): print(i)",
        outputs=[new_output("stream", name="stdout", text="".join(f"line {i}\n" for i in range(2000)))],
    )
    widget = output({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "IntSlider(value=3)"})
    plotly = output({"text/html": "<div id='p'></div><script>Plotly.newPlot()</script>", "text/plain": "Figure({...})"})
    folium = output({"text/html": "<div><span>Make this Notebook Trusted</span><iframe srcdoc='x'></iframe></div>"})
    rich = output(
        {
            "text/html": "<h2>HTML 标题</h2><p style='color:#777;position:fixed'>段 <i>斜</i></p><ul><li>a<li>b</ul><svg viewBox='0 0 10 10' width='40' height='40'><circle cx='5' cy='5' r='4' fill='teal'/></svg><form><input value=x><button>go</button></form>"
        }
    )
    return notebook(
        error,
        streams,
        many,
        widget,
        plotly,
        folium,
        rich,
        output(
            {"image/svg+xml": SVG, "text/plain": "<Figure size 640x480 with 1 Axes>"},
            metadata={"image/svg+xml": {"alt": "折线图", "caption": "产值路径"}},
        ),
        output({"image/png": png(), "text/plain": "<Figure>"}),
        output({"image/png": "AAAA"}),
        output({"image/gif": "R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="}),
        output({"text/latex": r"$\displaystyle \int_0^1 x\,dx = \frac{1}{2}$", "text/plain": "1/2"}),
        output({"text/markdown": "**md** 输出"}),
        output({"application/json": {"甲": [1, 2]}}),
        output({"application/x-secret": "x"}),
        output({"text/plain": "'plain 值'"}),
        new_raw_cell("raw \\section{x}"),
        title="输出 Outputs",
    )


NASTY = [
    '#import "x"',
    "#panic()",
    "$x$",
    "$",
    "@ref",
    "<label>",
    "]",
    "[",
    "\\",
    '";#panic()//',
    "`raw`",
    "/* c */",
    "{{ 7*7 }}",
    "{% raw %}",
    "<script>alert(1)</script>",
    "a|b",
    "*b*",
    "_i_",
    "=1+1",
    "'\"",
    "&amp;",
    "%s",
    "</style>",
    "-->",
    "]]>",
    "//",
    "~",
    "#let x = 1",
    "\u202egnp.exe",
    "\x07bell",
    "a\x00b",
]


ALL_NASTY = " ".join(NASTY)


def hostile_report() -> NotebookNode:
    """A report of ours in whose every text all nasty strings stand: titles, sentences, cells, ids, observations, sources."""
    nb = report("zh")
    for cell in nb.cells:
        for result in cell.get("outputs", ()):
            block = result.data[MIME]
            for key in ("title", "subtitle", "text", "caption", "alt", "citation", "feedback"):
                if isinstance(block.get(key), str) and block[key]:
                    block[key] = ALL_NASTY
            if block["block"] == "table":
                block["id"] = ALL_NASTY
                block["rows"][0][0]["t"] = ALL_NASTY
                block["rows"][0][1]["f"] = ALL_NASTY
                block["notes"], block["sources"] = [ALL_NASTY], [ALL_NASTY]
                block["columns"][1]["label"] = block["columns"][1]["unit"] = ALL_NASTY
            if block["block"] == "sentence":
                number = {"text": ALL_NASTY, "observations": [NASTY[14], "o2"], "formula": ALL_NASTY}
                block["runs"] = [{"t": ALL_NASTY}, {"figure": number}]
            if block["block"] == "sources":
                block["documents"][0].update(title=ALL_NASTY, producer=ALL_NASTY, source_id=NASTY[14])
                block["observations"]["o2"].update(locator=ALL_NASTY, source_id=NASTY[14], value_text=ALL_NASTY)
    return nb


def hostile() -> NotebookNode:
    """Every nasty string in every place where text comes from outside."""
    text = "  \n".join(f"`` {part} ``" for part in NASTY)
    cells = [
        new_markdown_cell(
            f"# {NASTY[0]}\n\n{text}\n\n<script>window.hacked=1</script><img src=x onerror='window.hacked=2'><a href='javascript:window.hacked=3'>link</a>\n\n[md](javascript:alert(1)) <iframe src=https://evil.example></iframe>"
        )
    ]
    rows = "".join(
        f"<tr><td>{html_escape(part)}</td><td onclick='window.hacked=4' style=\"background:url(https://evil.example/x)\">1</td></tr>"
        for part in NASTY
    )
    cells += [
        output(
            {
                "text/html": f"<table>{rows}</table><style>@import url(https://evil.example);body{{display:none}}</style><svg onload='window.hacked=5'><script>window.hacked=6</script></svg><math><mtext><table><mglyph><style><img src=x onerror=window.hacked=7>"
            }
        )
    ]
    cells += [
        new_code_cell(
            part,
            outputs=[
                new_output("stream", name="stdout", text=part),
                new_output("display_data", {"text/plain": part}),
                new_output("error", ename=part, evalue=part, traceback=[part]),
            ],
        )
        for part in NASTY
    ]
    cells += [
        output(
            {
                "image/svg+xml": SVG.replace(
                    "<metadata>",
                    "<script>window.hacked=8</script><image href='https://evil.example/x.png'/><foreignObject><p>x</p></foreignObject><metadata>",
                ).replace("<g ", "<g onload='window.hacked=9' ")
            }
        )
    ]
    return notebook(*cells, title=NASTY[14])


def html_escape(text: str) -> str:
    import html

    return html.escape(text)


def emoji() -> NotebookNode:
    """Characters that no packaged font has, and bidirectional ones."""
    return notebook(
        new_markdown_cell(
            "# 表情 😀 test\n\n家庭 👨‍👩‍👧，旗 🇨🇳，生僻 𠀀，阿拉伯 مرحبا，泰 สวัสดี，零宽\u200b空格，BOM\ufeff。"
        ),
        new_code_cell("print('😀')", outputs=[new_output("stream", name="stdout", text="😀 ok\n")]),
    )


CORPUS: dict[str, Callable[[], NotebookNode]] = {
    "markdown": markdown,
    "tables": tables,
    "outputs": outputs,
    "hostile": hostile,
    "emoji": emoji,
    "empty": notebook,
}


def shown(text: str) -> str:
    """A nasty string as a page shows it: control and bidirectional characters by their code points."""
    from planbrief.render.safe_text import visible

    return visible(text)
