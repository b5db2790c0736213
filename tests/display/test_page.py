"""A page from begin() to finish(), in a kernel and in plain Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from run.engine.notebooks import stock_client
from targets.factory import SOURCES, make_dataset, observation

from planbrief.display import begin, finish, heading, say, show
from planbrief.display.document import Cell, Chart, Column, KeyNumber, KeyNumbers, Table
from planbrief.display.outputs import MIME, read, written
from planbrief.display.page import check_injected, injected_names
from planbrief.errors import ParameterError, UnknownName
from planbrief.measures.figures import Figure

LEVEL = Figure("t/level", 100, "level", "亿元", ("testville-plan-2024-00100",))


def test_cover_and_sources(open_test_page, blocks):
    """The cover names place and date; the close lists the observations behind the page and their document."""
    open_test_page("en")
    say(zh="{a}", en="{a}", a=LEVEL)
    finish()
    cover, sources = blocks("cover")[0], blocks("sources")[0]
    assert cover["title"] == "Testville: what the plan promises"
    assert cover["place"] == ["Testville"]
    assert cover["data_as_of"] == sources["data_as_of"] == "2024-01-15"
    card = sources["observations"]["testville-plan-2024-00100"]
    assert (card["value"], card["unit"]) == ("100", "100 million yuan (亿元)")
    assert (card["period"], card["kind"]) == ("2023", "actual")
    assert [document["source_id"] for document in sources["documents"]] == ["testville-plan-2024"]
    assert sources["figures"]["t/level"]["observations"] == ["testville-plan-2024-00100"]
    assert {"city": "testville"} in sources["reads"]
    json.dumps(sources, allow_nan=False)


#: What a block tells the manifest and the plan of a build: exporters do not read it.
FOR_THE_BUILD = {
    "cover": {"parameters", "data_as_of_text"},
    "sources": {"title", "figures", "reads"},
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_block_is_read_back_as_it_was_written(open_test_page, shown, lang: str):
    """One model for authors and exporters: what a page writes into its outputs is read into the same blocks."""
    open_test_page(lang)
    heading("目标 targets", "Targets 目标")
    say(zh="**{a}**，{b}。", en="**{a}**, {b}.", a=LEVEL, b="华峰 Huafeng")
    point = KeyNumber(("产值", "Output"), LEVEL, ("占{b}", "of {b}"), {"b": LEVEL}, (LEVEL, LEVEL))
    show(KeyNumbers((point,)))
    show(Chart("<svg />", ("图", "Chart"), "alt", Table((Column("a", "A"),), ((Cell(LEVEL),),), "t"), narrow="<svg/>"))
    finish()
    found = [json.loads(json.dumps(bundle[MIME])) for bundle in shown]
    assert [block["block"] for block in found] == ["cover", "heading", "sentence", "numbers", "chart", "sources"]
    for block in found:
        for name in FOR_THE_BUILD.get(block["block"], ()):
            del block[name]
        again = json.loads(json.dumps(written(read(block, "x"))))
        assert {name: again[name] for name in block} == block


def test_the_date_is_that_of_the_newest_source_used(shown):
    """A page that leaves out the city's newest document is as old as what it uses, also on its cover."""
    from planbrief.display import open_page

    newer = {**SOURCES[0], "source_id": "testville-news-2025", "date_published": "2025-05-01"}
    rows = [observation(100, 100), observation(900, 5, obs_id="n", source_id="testville-news-2025")]
    open_page("profile", "zh", make_dataset(sources=[*SOURCES, newer], observations=rows), {"region": "testville"})
    assert shown[0][MIME]["data_as_of"] == "2025-05-01"
    say(zh="{a}", en="{a}", a=LEVEL)
    finish()
    covers = [bundle[MIME] for bundle in shown if bundle[MIME]["block"] == "cover"]
    assert covers[-1]["data_as_of"] == "2024-01-15"


def test_headings_have_one_anchor_in_both_languages(open_test_page, blocks):
    """Anchors come from the English text, so that a link survives the change of language."""
    for lang in ("zh", "en"):
        open_test_page(lang)
        heading("不一致之处", "What does not add up?")
        heading("不一致之处", "What does not add up?", level=3)
    assert [block["id"] for block in blocks("heading")] == ["what-does-not-add-up", "what-does-not-add-up-2"] * 2
    with pytest.raises(UnknownName, match="level of heading"):
        heading("一", "One", level=1)


def test_show_takes_tables_and_charts_only(open_test_page):
    """Anything else is refused by name."""
    open_test_page("zh")
    with pytest.raises(UnknownName, match="unknown thing for show"):
        show("text")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["region = 'a'"], ()),
        (["# Parameters\nregoin = 'a'\nlang: str = 'zh'\n"], ("regoin", "lang")),
        (["# Parameters\nx = 'not closed"], ()),
    ],
)
def test_injected_parameters_are_found(cells: list[str], names: tuple[str, ...]):
    """Papermill's cell is known by its first line; other cells are the analyst's own."""
    assert injected_names(cells) == names


def test_an_undeclared_parameter_names_the_declared_ones():
    """A typing error does not run on the defaults."""
    with pytest.raises(ParameterError, match=r"profile: parameter 'regoin': .*one of region, lang"):
        check_injected("profile", ["region", "lang"], ["# Parameters\nregoin = 'fuling'"])


def test_begin_checks_parameters_against_the_catalog(root, monkeypatch, shown):
    """Wrong values and names fail before anything is shown."""
    monkeypatch.setenv("PLANBRIEF_PROJECT", str(root))
    with pytest.raises(ParameterError, match="region"):
        begin("profile", lang="zh", region="atlantis")
    with pytest.raises(ParameterError, match="an unknown parameter"):
        begin("profile", lang="zh", region="bazhong", colour="red")
    with pytest.raises(ParameterError, match="lang"):
        begin("profile", lang="de", region="bazhong")
    assert shown == []


def run(root: Path, *cells: str) -> nbformat.NotebookNode:
    """Run cells in a real kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    setup = f"import os; os.environ['PLANBRIEF_PROJECT'] = {str(root)!r}"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(setup))
    with stock_client(notebook, root) as client:
        client.execute()
    return notebook


def outputs(notebook: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """Blocks in a notebook's outputs."""
    every = [output for cell in notebook.cells for output in cell.outputs]
    return [output["data"][MIME] for output in every if MIME in output.get("data", {})]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebook_in_a_real_kernel(root):
    """Cover, sentence, table and close arrive as outputs with their mime types."""
    notebook = run(
        root,
        "from planbrief.display import *\npage = begin('profile', lang='en', region='bazhong')",
        "from planbrief.display import Table, Column, Cell\n"
        "say(zh='一', en='One')\nshow(Table((Column('a', 'A'),), ((Cell(1.5),),), 'c'))",
        "finish()",
    )
    assert [block["block"] for block in outputs(notebook)] == ["cover", "sentence", "table", "sources"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_mistyped_parameter_fails_in_a_real_kernel(root):
    """What papermill injects under an undeclared name stops the notebook at begin()."""
    with pytest.raises(CellExecutionError, match="parameter 'regoin'"):
        run(
            root,
            "region = 'bazhong'",
            "# Parameters\nregoin = 'fuling'",
            "from planbrief.display import begin\nbegin('profile', lang='zh', region=region)",
        )


def test_plain_python_prints(open_test_page, monkeypatch, capsys):
    """Without a notebook the page is printed."""
    monkeypatch.undo()
    from planbrief.display import open_page

    open_page("profile", "en", make_dataset(), {"region": "testville"})
    say(zh="{a}", en="Level {a}", a=LEVEL)
    printed = capsys.readouterr().out
    assert "Data as of 15 January 2024" in printed
    assert "Level 10 billion yuan (100 亿元)" in printed
