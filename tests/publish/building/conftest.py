"""A copy of the shipped project that a test may change, and a small notebook that builds in a second."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from planbrief.project import Project, packaged

CATALOG = """
languages = ["zh", "en"]
formats = ["html", "pdf"]

[notebooks.small.parameters]
region = { type = "area", required = true }
lang = { type = "text", allowed = ["zh", "en"], default = "zh" }

[[reports]]
id = "small-{region}"
notebook = "small"
about = { zh = "小报告", en = "A small report" }
parameters = { region = ["qijiang", "zhaoqing"] }
"""
CELLS = {
    "parameters": 'region = "qijiang"\nlang = "zh"',
    "begin": "from planbrief.display import begin, finish, say\nfrom planbrief.measures.figures import Figure\n"
    'page = begin("small", lang=lang, region=region, title=("小报告：{place}", "Small report: {place}"))',
    "body": 'rows = page.ds.select(ref_area=region, kind="commitment")\nrow = rows.iloc[0]\n'
    'figure = Figure("small/" + region, row["obs_value"], "level", row["unit_measure"], (rows.index[0],))\n'
    'say(zh="承诺 {money}。", en="Committed: {money}.", money=figure)',
    "finish": "finish()",
}


def write_notebook(path: Path, cells: dict[str, str]) -> None:
    """A notebook with these code cells; the one called parameters is tagged."""
    notebook = nbformat.v4.new_notebook()
    for number, (name, source) in enumerate(cells.items()):
        cell = nbformat.v4.new_code_cell(source)
        cell["id"] = f"cell-{number}"
        if name == "parameters":
            cell.metadata["tags"] = ["parameters"]
        notebook.cells.append(cell)
    nbformat.write(notebook, path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the shipped project that a test may change."""
    root = tmp_path / "project"
    for name in ("data", "notebooks"):
        shutil.copytree(packaged().root / name, root / name)
    (root / "reports").mkdir()
    shutil.copy(packaged().catalog, root / "reports" / "catalog.toml")
    return Project(root)


@pytest.fixture
def small(project: Project) -> Project:
    """The same with a catalog of two small reports."""
    for path in project.notebooks.glob("*.ipynb"):
        path.unlink()
    write_notebook(project.notebooks / "small.ipynb", CELLS)
    project.catalog.write_text(CATALOG, encoding="utf-8")
    return project
