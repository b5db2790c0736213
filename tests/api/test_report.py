"""A page of one's own as a kernel runs it: it closes itself, frames name their sources, errors are one box."""

from __future__ import annotations

import nbformat
import pytest

from planbrief.display.outputs import GROUND, MIME
from planbrief.project import packaged
from planbrief.render.html.exporter import render_html
from planbrief.run.pool.executor import Pool

OPEN = (
    "import planbrief as pb\n"
    f"page = pb.page('profile', region='巴中', lang='en', title=('页', 'A page'), project={str(packaged().root)!r})\n"
    "growth = page.data.growth('巴中', activity='', stage='planned', lang='en')"
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with Pool(1, ("pandas",), scratch=tmp_path_factory.mktemp("scratch"), grace=2) as made:
        yield made


@pytest.fixture
def run(pool, tmp_path):
    """Cells as outputs; a cell that begins with #out is tagged remove-output, one with #bad may fail."""

    def executed(*sources: str) -> nbformat.NotebookNode:
        made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
        tags = {"#out": ["remove-output"], "#bad": ["raises-exception"]}
        made.cells = [
            nbformat.v4.new_code_cell(source, metadata={"tags": tags.get(source[:4], [])})
            for source in (OPEN, *sources)
        ]
        return pool.submit("run.engine.notebooks:run", made, str(tmp_path)).result(60)

    return executed


def blocks(executed):
    return [
        output["data"][MIME] for cell in executed.cells for output in cell.outputs if MIME in output.get("data", {})
    ]


def test_a_page_closes_itself(run):
    """The sources follow what is shown, without finish()."""
    executed = run("page.say(growth.nlargest(1, 'rate'), zh='{rate}', en='{rate} a year')")
    sources = [block for block in blocks(executed) if block["block"] == "sources"]
    assert len(sources) == 1
    assert len(sources[0]["observations"]) == 2
    page = render_html(executed, name="own")
    assert page.count('class="sources"') == 1
    assert "73.8%" in page


def test_a_frame_left_as_it_is_names_its_sources(run):
    """On the page, and only there: what remove-output leaves out stands in no list of sources."""
    shown = render_html(run("growth.head(2)"), name="own")
    assert "bazhong-plan-2024-05163" in shown
    assert "142.8" in shown
    hidden = render_html(run("#out\ngrowth.head(2)"), name="own")
    assert "bazhong-plan-2024-05163" not in hidden


def test_a_section_without_content_leaves_no_heading(run):
    """The heading comes with the first thing below it."""
    executed = run(
        "with page.section('空', 'Nothing'):\n    page.show(growth.head(0))",
        "with page.section('有', 'Something'):\n    page.say(zh='一句。', en='A sentence.')",
    )
    assert [block["text"] for block in blocks(executed) if block["block"] == "heading"] == ["Something"]


def test_hovering_over_a_number_tells_where_it_is_printed(run):
    """In JupyterLab: formula, printed form, document, locator and id of each number behind it."""
    executed = run("page.say(growth.nlargest(1, 'rate'), zh='{rate}', en='{rate} a year')")
    shown = executed.cells[1].outputs[0]["data"]["text/html"]
    for part in ("(750 ÷ 142.8)^(1/3) − 1", "“142.8” 亿元", "Bazhong Plan", "专栏1", "bazhong-plan-2024-05163"):
        assert part in shown


def test_an_error_is_one_box_with_the_message_first(run):
    """No screen of internals: what is wrong, what may be meant, and the analyst's own line."""
    executed = run("#bad\npage.data.targets('zhaoqin')")
    lines = executed.cells[1].outputs[-1]["traceback"]
    assert lines[0].startswith("planbrief: unknown")
    assert "Did you mean 'zhaoqing'?" in lines[0]
    assert lines[-1] == "line 2 of this cell: page.data.targets('zhaoqin')"
    assert len(lines) == 3


def test_a_wording_that_is_not_there_is_named(run):
    """With what there is."""
    executed = run("#bad\npage.say('steepest_growht', growth.head(1))")
    assert "steepest_growht" in executed.cells[1].outputs[-1]["evalue"]


def test_a_drawing_has_a_ground_in_lab_and_none_on_the_page(run):
    """White halos of a chart vanish in Lab's dark theme; the page keeps its own ground."""
    executed = run("ax = growth.head(3).plot.barh(x='name', y='rate')\npage.show(ax, caption=('图', 'Figure'))")
    drawn = next(o["data"]["image/svg+xml"] for o in executed.cells[1].outputs if "image/svg+xml" in o.get("data", {}))
    assert GROUND in drawn
    assert GROUND not in render_html(executed, name="own")
