"""Notebooks of analysts give one and the same page, whoever runs them: build, papermill with our engine, papermill as
it is, and a kernel as JupyterLab has it.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from lxml import html as lxml_html
from notebooks.own_corpus import CORPUS, notebook
from run.engine.notebooks import stock_client

from planbrief.render.html.exporter import render_html
from planbrief.run.engine.execution import strip_run_metadata

LANGS = ("zh", "en")


def main_part(page: str) -> str:
    """The page without what an edition adds around it: links to its other pages and their language."""
    body = page[page.index("<main") : page.index("</main>")]
    body = re.sub(r'<p class="(tools|links)".*?</p>', "", body, flags=re.DOTALL)
    return re.sub(r'<a [^>]*hreflang="[^"]*"[^>]*>.*?</a>', "", body)


def found_on(page: str) -> tuple[int, int, str]:
    """Figures, tables and the text of a page."""
    tree = lxml_html.fromstring(page).find(".//main")
    drawings = [node for node in tree.iter("svg", "img") if not any(up.tag == "button" for up in node.iterancestors())]
    tables = [node for node in tree.iter("table") if not any(up.get("class") == "sources" for up in node.iterancestors())]
    return len(drawings), len(tables), " ".join(tree.text_content().split())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which every notebook of the corpus is a report."""
    folder = tmp_path_factory.mktemp("own") / "project"
    run = [sys.executable, "-m", "planbrief"]
    subprocess.run([*run, "init", str(folder)], check=True, capture_output=True)
    entries = []
    for name in CORPUS:
        nbformat.write(notebook(name), folder / "notebooks" / f"{name}.ipynb")
        entries.append(f'\n[[reports]]\nid = "{name}"\nnotebook = "{name}"\nparameters = {{ region = "bazhong" }}\n')
    catalog = folder / "reports" / "catalog.toml"
    catalog.write_text(catalog.read_text(encoding="utf-8") + "".join(entries), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def built(project: Path) -> Path:
    """The edition that `planbrief build` makes of the corpus, pages only."""
    out = project.parent / "edition"
    command = [sys.executable, "-m", "planbrief", "build", *CORPUS, "--to", "html", "--out", str(out)]
    made = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return out


def test_the_corpus_is_large_enough():
    """Thirty notebooks or more, each with something to find."""
    assert len(CORPUS) >= 30
    assert all(one.figures or one.tables or one.texts for one in CORPUS.values())


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", CORPUS)
def test_nothing_is_lost_in_a_build(built, name, lang):
    """As many figures and tables as the notebook shows, its lines of text, and no trace of machinery."""
    page = (built / lang / f"{name}.html").read_text(encoding="utf-8")
    wanted = CORPUS[name]
    figures, tables, text = found_on(page)
    assert figures == wanted.figures
    assert tables == wanted.tables
    alternatives = " ".join(re.findall(r'(?:aria-label|alt)="([^"]*)"', page))
    assert [line for line in wanted.texts if line not in f"{text} {alternatives}"] == []
    assert not re.search(r"Figure size|&lt;(Axes|Figure|seaborn|alt\.Chart|pandas)|Glyph \d+|Warning", page)
    assert re.search(r"<h1[^>]*>[^<]*(自己的页|A page of my own)", page)


def executed_by(way: str, name: str, lang: str, project: Path, tmp_path: Path) -> nbformat.NotebookNode:
    """The notebook as one of the other ways leaves it."""
    source = project / "notebooks" / f"{name}.ipynb"
    if way == "nbclient":
        made = nbformat.read(source, 4)
        made.cells[0].source = f"region = 'bazhong'\nlang = {lang!r}"
        with stock_client(made, source.parent) as client:
            asyncio.run(client.async_execute())
        return made
    out = tmp_path / f"{name}.ipynb"
    engine = ["--engine", "planbrief"] if way == "engine" else []
    command = [sys.executable, "-m", "papermill", str(source), str(out), "-p", "region", "bazhong", "-p", "lang", lang]
    subprocess.run(
        [*command, *engine, "--no-progress-bar", "--cwd", str(source.parent)],
        check=True, capture_output=True, env={**os.environ, "COLUMNS": "80"}, timeout=300,
    )  # fmt: skip
    return nbformat.read(out, 4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:ResourceWarning")
@pytest.mark.parametrize("way", ["engine", "papermill", "nbclient"])
@pytest.mark.parametrize("name", CORPUS)
def test_the_page_is_the_same_whoever_runs_the_notebook(built, project, tmp_path, name, way):
    """The main part of the page, to the byte; half of the corpus in either language."""
    lang = LANGS[sorted(CORPUS).index(name) % 2]
    executed = executed_by(way, name, lang, project, tmp_path)
    expected = main_part((built / lang / f"{name}.html").read_text(encoding="utf-8"))
    # memory addresses and names that pandas gives by chance are no part of what is compared
    assert main_part(render_html(strip_run_metadata(executed), name=name)) == expected
