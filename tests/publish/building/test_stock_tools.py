"""Results do not depend on the engine: stock papermill and nbconvert make the pages that planbrief build makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from planbrief.catalog import Report, read
from planbrief.project import Project
from planbrief.publish.build import build
from planbrief.render.notebook import read as read_document
from planbrief.run.produce import Request
from planbrief.targets.package import usable_package

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("build")]


def call(*words: str | Path, cwd: Path, root: Path) -> None:
    """Run a command of this environment as a user would."""
    environment = {**os.environ, "PLANBRIEF_PROJECT": str(root)}
    program = Path(sys.executable).parent / words[0]
    done = subprocess.run(
        [program, *map(str, words[1:])], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def one_per_notebook(project: Project) -> list[Report]:
    """One report of each notebook, and a catalog of no others: pages link to what the catalog lists beside them."""
    reports = {report.notebook: report for report in read(project, usable_package(project)).reports()}
    text = project.catalog.read_text(encoding="utf-8").partition("[[reports]]")[0]
    for report in reports.values():
        values = ", ".join(f"{name} = {json.dumps(value)}" for name, value in report.values.items() if name != "lang")
        text += f'[[reports]]\nid = "{report.id}"\nnotebook = "{report.notebook}"\nparameters = {{ {values} }}\n'
    project.catalog.write_text(text, encoding="utf-8")
    return list(reports.values())


def test_stock_papermill_and_nbconvert_give_the_same_bytes(project, tmp_path):
    """Every notebook, in both languages: papermill's own engine and nbconvert's command line against one build."""
    reports = one_per_notebook(project)
    assert len(reports) >= 3
    out = tmp_path / "latest"
    build(project, out, Request(wanted=tuple(report.id for report in reports)))
    for lang in ("zh", "en"):
        run, pages = tmp_path / "run" / lang, tmp_path / "pages" / lang
        run.mkdir(parents=True)
        for report in reports:
            words: list[str | Path] = ["papermill", f"{report.notebook}.ipynb", run / f"{report.id}.ipynb"]
            for name, value in {**report.values, "lang": lang}.items():
                words += ["-y", f"{name}: {list(value) if isinstance(value, tuple) else value}"]
            call(*words, "--no-progress-bar", cwd=project.notebooks, root=project.root)
        made = sorted(run.glob("*.ipynb"))
        for kind in ("html", "pdf"):
            call("jupyter", "nbconvert", "--to", f"planbrief-{kind}", "--output-dir", pages, *made,
                 cwd=tmp_path, root=project.root)  # fmt: skip
            for report in reports:
                name = f"{report.id}.{kind}"
                assert (pages / name).read_bytes() == (out / lang / name).read_bytes(), f"{lang}/{name}"


def notebook_with_cover() -> nbformat.NotebookNode:
    cover = {"block": "cover", "lang": "zh", "id": "c", "title": "巴中", "subtitle": "", "place": [], "data_as_of": "",
             "notebook": "profile", "parameters": {}}  # fmt: skip
    output = nbformat.v4.new_output("display_data", {"application/vnd.planbrief.v1+json": cover})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output])])


@pytest.mark.parametrize(
    ("name", "address"),
    [("profile-bazhong", "../en/profile-bazhong.html"), ("profile-nowhere", ""), ("comparison", ""), ("draft", "")],
)
def test_a_page_named_as_in_the_catalog_links_to_its_other_language(project, monkeypatch, name, address):
    """Only a page that an edition would hold under that name gets the link."""
    monkeypatch.setenv("PLANBRIEF_PROJECT", str(project.root))
    assert read_document(notebook_with_cover(), name=name).alternate == address


def test_what_the_build_says_comes_first(project, monkeypatch):
    """A build of one language only says that there is no other page, and no link is made up."""
    monkeypatch.setenv("PLANBRIEF_PROJECT", str(project.root))
    notebook = notebook_with_cover()
    notebook.metadata["planbrief"] = {"alternate": ""}
    assert read_document(notebook, name="profile-bazhong").alternate == ""
