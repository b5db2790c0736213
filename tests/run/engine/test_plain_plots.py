"""Plain matplotlib in notebooks of analysts: the same figures, once, on the page, whoever runs the notebook."""

from __future__ import annotations

import re
import subprocess
import sys

import nbformat
import pytest

from planbrief.display.plots import MISSING, alternative_text, missing_glyphs
from planbrief.render.html.exporter import render_html
from planbrief.run.pool.executor import Pool

FRAME = "import pandas as pd\nframe = pd.DataFrame({'年份': [2023, 2026, 2027], '产值': [142.8, 750.0, 1000.0]})\n"
#: Cell sources and how many figures each leaves on the page; figures and names are invented for these tests.
PLOTS = {
    "show": ("import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, -4])\nplt.title('规上工业总产值')\nplt.show()", 1),
    "no show": ("import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 4])", 1),
    "one import line": ("import pandas as pd, matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])", 1),
    "from matplotlib": ("from matplotlib import pyplot\npyplot.bar(['巴中', '綦江'], [1, 2])\npyplot.show()", 1),
    "pyplot by name": ("import matplotlib\nimport matplotlib.pyplot\nmatplotlib.pyplot.scatter([1, 2], [3, 4])", 1),
    "pylab": ("from pylab import *\nplot([1, 2, 3])\nshow()", 1),
    "importlib": (
        "import importlib\nplt = importlib.import_module('matplotlib.pyplot')\nplt.plot([1, 2]); plt.show()",
        1,
    ),
    "magic": ("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", 1),
    "magic behind": ("import matplotlib.pyplot as plt\n%matplotlib inline\nplt.plot([1, 2])\nplt.show()", 1),
    "last expression": (
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.close(fig)\nfig",
        1,
    ),
    "display": (
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1])\nplt.close(fig)\ndisplay(fig)",
        1,
    ),
    "last expression, open": ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nfig", 1),
    "display, open": ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1])\ndisplay(fig)", 1),
    "drawn on behind display": (
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1])\ndisplay(fig)\nax.set_title('b')",
        2,
    ),
    "bare figure": ("from matplotlib.figure import Figure\nfig = Figure()\nfig.subplots().plot([1, 2])\nfig", 1),
    "pandas": (FRAME + "frame.plot.bar(x='年份', y='产值')", 1),
    "pandas and show": (FRAME + "import matplotlib.pyplot as plt\nframe.plot(x='年份')\nplt.show()", 1),
    "two": ("import matplotlib.pyplot as plt\nfor n in (1, 2):\n    plt.figure(); plt.plot([n, 2])\nplt.show()", 2),
    "subplots": ("import matplotlib.pyplot as plt\nfig, axs = plt.subplots(2, 2)\naxs[0, 0].plot([1])\nplt.show()", 1),
    "serif": (
        "import matplotlib.pyplot as plt\nplt.rcParams['font.family'] = 'serif'\nplt.plot([1])\nplt.title('占比')",
        1,
    ),
    "style": (
        "import matplotlib.pyplot as plt\nplt.style.use('ggplot')\nplt.plot([1, -2])\nplt.title('占比')\nplt.show()",
        1,
    ),
    "empty": ("import matplotlib.pyplot as plt\nfig = plt.figure()\nplt.show()", 0),
    "image": ("import matplotlib.pyplot as plt\nplt.imshow([[1, 2], [3, 4]])\nplt.colorbar()\nplt.show()", 1),
}


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Warm processes as a build has them: figures are imported, pyplot is not."""
    with Pool(1, ("pandas", "matplotlib.figure"), scratch=tmp_path_factory.mktemp("scratch"), grace=2) as made:
        yield made


def notebook(*sources: str) -> nbformat.NotebookNode:
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    made.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return made


def page(executed: nbformat.NotebookNode) -> str:
    html = render_html(executed, name="own")
    return html if isinstance(html, str) else html.decode()


def pictures(html: str) -> int:
    return len(re.findall(r"<svg[^>]*role=|<img ", html)) or html.count("<svg")


@pytest.mark.parametrize("kind", PLOTS)
def test_every_form_of_a_plot_arrives_once(pool, tmp_path, kind):
    """In the warm engine: as many drawings as were shown, no line of <Figure size …>, <Axes: …> or warnings."""
    source, count = PLOTS[kind]
    executed = pool.submit("run.engine.notebooks:run", notebook(source), str(tmp_path)).result(60)
    drawn = [
        output
        for output in executed.cells[0].outputs
        if "image/svg+xml" in output.get("data", {}) or "image/png" in output.get("data", {})
    ]
    assert len(drawn) == count
    assert all("image/svg+xml" in output["data"] and "image/png" not in output["data"] for output in drawn)
    assert not [output for output in executed.cells[0].outputs if output.output_type in ("stream", "error")]
    if count:
        html = page(executed)
        assert "Figure size" not in html
        assert "&lt;Axes" not in html


@pytest.mark.slow
def test_a_stock_kernel_draws_the_same(pool, tmp_path):
    """Stock papermill with a notebook that imports planbrief: the bytes of the drawings are those of our engine."""
    sources = ["import planbrief", *(PLOTS[kind][0] for kind in ("show", "pandas", "two", "last expression"))]
    ours = pool.submit("run.engine.notebooks:run", notebook(*sources), str(tmp_path)).result(60)
    nbformat.write(notebook(*sources), tmp_path / "own.ipynb")
    subprocess.run(
        [sys.executable, "-m", "papermill", "own.ipynb", "out.ipynb", "--no-progress-bar"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    stock = nbformat.read(tmp_path / "out.ipynb", 4)

    def drawings(made):
        return [
            output["data"]["image/svg+xml"]
            for cell in made.cells
            for output in cell.outputs
            if "image/svg+xml" in output.get("data", {})
        ]

    assert len(drawings(ours)) == 5
    assert ["".join(d).strip() for d in drawings(stock)] == ["".join(d).strip() for d in drawings(ours)]


def test_each_picture_has_words_of_its_own(pool, tmp_path):
    """Title, axes and data of the figure itself, and not one text for all."""
    sources = [PLOTS["show"][0], FRAME + "frame.plot.bar(x='年份', y='产值', title='产值')"]
    executed = pool.submit("run.engine.notebooks:run", notebook(*sources), str(tmp_path)).result(60)
    found = re.findall(r'aria-label="([^"]+)"|alt="([^"]+)"', page(executed))
    words = [a or b for a, b in found]
    assert any("规上工业总产值" in text and "3" in text for text in words)
    assert any("产值" in text and "142.8" in text for text in words)


def test_a_character_without_a_face_is_named(pool, tmp_path):
    """A rare character in a title: the page is refused in words, not drawn with an empty box."""
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('目标 𠮷')\nplt.show()"
    executed = pool.submit("run.engine.notebooks:run", notebook(source), str(tmp_path)).result(60)
    assert executed.cells[0].outputs[0]["metadata"]["image/svg+xml"][MISSING] == ["𠮷"]
    with pytest.raises(Exception, match="U\\+20BB7"):
        page(executed)


def test_what_matplotlib_says_of_a_missing_glyph():
    """Only that warning is about a glyph."""
    assert missing_glyphs("Glyph 128512 (\\N{GRINNING FACE}) missing from font(s) Noto Sans SC.") == ["😀"]
    assert missing_glyphs("Tight layout not applied") == []


def test_words_of_a_figure_in_either_language():
    """Lines by their ends, bars by their range, many of them by their number."""
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.subplots()
    axes.plot([2023, 2026], [142.8, 750], label="output")
    axes.set_title("Output")
    assert alternative_text(figure) == "Output; output from 142.8 (2023) to 750 (2026)"
    assert "从142.8（2023）到750（2026）" in alternative_text(figure, "zh")
    for number in range(20):
        axes.plot([1, 2], [number, number])
    assert alternative_text(figure) == "Output; 21 groups of data"
