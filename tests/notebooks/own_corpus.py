"""Notebooks as analysts write them: cells, and what a reader must find on the page.

All figures and names in them are invented, except those read from the sample project.
"""

from __future__ import annotations

from dataclasses import dataclass

import nbformat

#: A small invented frame.
FRAME = "import pandas as pd\nframe = pd.DataFrame({'年份': [2023, 2026, 2027], '产值': [142.8, 750.0, 1000.0]})"
PLT = "import matplotlib.pyplot as plt"
PNG = (
    "import base64\nfrom IPython.display import Image\n"
    "Image(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEElEQVR4nGNkaGDACpiwiw5ZCQB5CQCQ2k5mBwAAAABJ"
    "RU5ErkJggg=='))"
)


@dataclass(frozen=True)
class Own:
    """One notebook: cells behind the first two (Markdown begins with ``#md``), figures, tables, and texts on its page."""

    cells: tuple[str, ...]
    figures: int = 0
    tables: int = 0
    texts: tuple[str, ...] = ()


def own(*cells: str, figures: int = 0, tables: int = 0, texts: tuple[str, ...] = ()) -> Own:
    return Own(cells, figures, tables, texts)


GROWTH = "growth = page.data.growth(region, activity='', stage='planned', lang=lang)"

CORPUS: dict[str, Own] = {
    # pyplot in all forms
    "plt-show": own(f"{PLT}\nplt.plot([1, 2], [3, -4])\nplt.title('规上产值')\nplt.show()", figures=1),
    "plt-noshow": own(f"{PLT}\nplt.plot([1, 2], [3, 4])", figures=1),
    "plt-one-line": own("import pandas as pd, matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])", figures=1),
    "plt-from": own("from matplotlib import pyplot\npyplot.bar(['巴中', '綦江'], [1, 2])\npyplot.show()", figures=1),
    "plt-pylab": own("from pylab import *\nplot([1, 2, 3])\nshow()", figures=1),
    "plt-magic": own(f"%matplotlib inline\n{PLT}\nplt.plot([1, 2])\nplt.show()", "plt.plot([2, 1]);", figures=2),
    "fig-last": own(f"{PLT}\nfig, ax = plt.subplots()\nax.plot([1, 2])\nfig", figures=1),
    "fig-display": own(f"{PLT}\nfig, ax = plt.subplots()\nax.plot([1])\ndisplay(fig)", "print('之后')", figures=1, texts=("之后",)),
    "fig-bare": own("from matplotlib.figure import Figure\nfig = Figure()\nfig.subplots().plot([1, 2])\nfig", figures=1),
    "subplots": own(f"{PLT}\nfig, axs = plt.subplots(2, 2)\nfor ax in axs.flat:\n    ax.plot([1, 2])\nplt.show()", figures=1),
    "two-figures": own(f"{PLT}\nfor n in (1, 2):\n    plt.figure()\n    plt.plot([n, 2])\nplt.show()", figures=2),
    "style": own(f"{PLT}\nplt.style.use('ggplot')\nplt.plot([1, -2])\nplt.title('占比')\nplt.show()", figures=1),
    "imshow": own(f"{PLT}\nplt.imshow([[1, 2], [3, 4]])\nplt.colorbar()\nplt.show()", figures=1),
    "warned": own(f"import warnings\n{PLT}\nplt.plot([1, 2])\nplt.show()\nprint('一行字')", figures=1, texts=("一行字",)),
    # pandas and what draws with it
    "pandas-plot": own(f"{FRAME}\nframe.plot.bar(x='年份', y='产值')", figures=1),
    "pandas-frame": own(FRAME, "frame", tables=1, texts=("142.8", "1000.0", "产值")),
    "pandas-series": own(f"{FRAME}\nframe['产值'].describe()", texts=("mean", "630.9333")),
    "seaborn": own(f"{FRAME}\nimport seaborn as sns\nsns.barplot(frame, x='年份', y='产值')", figures=1),
    "seaborn-grid": own(f"{FRAME}\nimport seaborn as sns\nsns.relplot(frame, x='年份', y='产值')", figures=1),
    "altair": own(
        f"{FRAME}\nimport altair as alt\nalt.Chart(frame, title='产值').mark_bar().encode(x='年份:O', y='产值:Q')", figures=1
    ),
    "styler": own(
        f"{FRAME}\nframe.style.format('{{:.1f}}').bar(subset=['产值'], color='#aabbcc').set_caption('样式')",
        tables=1, texts=("样式", "142.8"),
    ),
    "multiindex": own(
        "import pandas as pd\npd.DataFrame([[1, 2, 3, 4]], index=pd.MultiIndex.from_tuples([('甲', '乙')]),\n"
        "             columns=pd.MultiIndex.from_product([['产值', '人口'], ['2023', '2027']]))",
        tables=1, texts=("产值", "人口", "甲", "乙"),
    ),
    "pivot": own(
        "seen = page.data.observations(['bazhong', 'fuling'], kind=['actual', 'target'], lang=lang)\n"
        "seen.pivot_table('value', 'name', 'area_name', aggfunc='first').dropna(thresh=2)",
        tables=1,
    ),
    # what a page is made of
    "frame-sources": own(GROWTH, "growth.head(4)", tables=1, texts=("142.8", "750")),
    "left-out": own(GROWTH, "#remove-output\ngrowth.head()", "page.show(growth.head(2)[['name', 'rate', 'observations']])", tables=1),
    "say": own(
        GROWTH,
        "page.lead(growth.nlargest(1, 'rate'), zh='最陡：{name}，{rate}。', en='Steepest: {name}, {rate}.')",
        "with page.section('空的', 'Nothing'):\n    page.show(growth.head(0))",
        "with page.section('目标', 'Targets'):\n    page.show(page.data.targets(region, lang=lang).head(3), caption=('目标', 'Targets'))",
        tables=1, texts=("73.8%",),
    ),
    "own-figure": own(
        GROWTH,
        "top = growth.nlargest(4, 'rate')\nax = top.plot.barh(x='name', y='rate')\n"
        "page.show(ax, caption=('增速', 'Growth'), alt='四条横条', data=top[['name', 'end_period', 'rate', 'observations']])",
        figures=1, tables=1, texts=("四条横条",),
    ),
    "begin-finish": own("pb.say(zh='到{v}。', en='To {v}.', v=pb.load().figure('bazhong-plan-2024-05169'))", "pb.finish()", texts=("750",)),
    # text
    "latex": own("#md 增长率 $r = (b/a)^{1/n} - 1$\n\n$$\\frac{750}{142.8}$$", "from IPython.display import Math\nMath(r'\\sum_i x_i')", texts=("增长率",)),
    "markdown": own(
        "#md ## 一节\n\n第一段，**重点**。\n\n- 甲\n- 乙\n\n| 列 | 数 |\n|---|---|\n| 子 | 丑 |",
        "from IPython.display import Markdown, HTML\nMarkdown('**显示**的段落')", "HTML('<p>网页段落</p>')",
        tables=1, texts=("一节", "重点", "甲", "子", "显示", "网页段落"),
    ),
    "image": own(PNG, figures=1),
    "long-output": own("for n in range(300):\n    print('第', n, '行')", texts=("第 0 行", "第 299 行")),
    "streams": own("import sys\nprint('一')\nprint('二', file=sys.stderr)\nprint('三')", "{'键': [1, 2]}", texts=("一", "二", "三", "键")),
    "shell": own("!echo 来自命令行", "%%capture\nprint('不见')", "_ = [print(n) for n in range(3)]", texts=("来自命令行",)),
}  # fmt: skip


def notebook(name: str) -> nbformat.NotebookNode:
    """One notebook of the corpus, as its analyst saved it."""
    opened = f"import planbrief as pb\npage = pb.page({name!r}, region=region, lang=lang, title=('自己的页', 'A page of my own'))"
    if name == "begin-finish":
        opened = opened.replace("pb.page(", "pb.begin(")
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    first = nbformat.v4.new_code_cell("region = 'bazhong'\nlang = 'zh'", metadata={"tags": ["parameters"]})
    made.cells = [first, nbformat.v4.new_code_cell(opened)]
    for source in CORPUS[name].cells:
        if source.startswith("#md "):
            made.cells.append(nbformat.v4.new_markdown_cell(source.removeprefix("#md ")))
            continue
        cell = nbformat.v4.new_code_cell(source)
        if source.startswith("#remove-output"):
            cell.metadata["tags"] = ["remove-output"]
        made.cells.append(cell)
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"
    return made
