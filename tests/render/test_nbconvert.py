"""The exporters as nbconvert sees them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import get_exporter
from render import notebooks, strangers
from render.pdf_checks import assert_pdf_conforms


@pytest.mark.parametrize(
    ("name", "suffix"), [("planbrief-html", ".html"), ("planbrief-pdf", ".pdf"), ("planbrief-typst", ".typ")]
)
def test_entry_points(name: str, suffix: str) -> None:
    """nbconvert finds the exporters by name and knows their file extensions."""
    exporter = get_exporter(name)()
    assert exporter.file_extension == suffix


@pytest.mark.slow
def test_command_line(tmp_path: Path) -> None:
    """``jupyter nbconvert --to planbrief-…`` works on any notebook, with pictures beside it, with code or without."""
    import base64

    nb = strangers.markdown()
    nb.cells.append(nbformat.v4.new_markdown_cell("![本地图](local.png)", id="local"))
    nbformat.write(nb, tmp_path / "笔记 a.ipynb")
    (tmp_path / "local.png").write_bytes(base64.b64decode(notebooks.png()))
    for target, options in (
        ("planbrief-html", []),
        ("planbrief-pdf", []),
        ("planbrief-html", ["--no-input", "--output", "bare"]),
        ("planbrief-typst", []),
    ):
        subprocess.run(
            [sys.executable, "-m", "nbconvert", "--to", target, *options, "笔记 a.ipynb"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
    assert_pdf_conforms((tmp_path / "笔记 a.pdf").read_bytes())
    page = (tmp_path / "笔记 a.html").read_text(encoding="utf-8")
    assert 'alt="本地图"' in page
    assert 'class="code"' in page
    assert 'class="code"' not in (tmp_path / "bare.html").read_text(encoding="utf-8").split("<body")[1]
    assert (tmp_path / "笔记 a.typ").exists()
    assert sorted(path.name for path in (tmp_path / "笔记 a_files").iterdir())[0] == "picture-1.svg"


def test_importing_exporters_does_not_load_typst() -> None:
    """The parent of forked workers may import the exporters without loading the compiler."""
    code = "import sys, planbrief.render.pdf.exporter, planbrief.render.html.exporter; sys.exit('typst' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_tags_hide_cells() -> None:
    """The usual tags remove a cell, its code or its outputs."""
    cells = []
    for tag in ("remove-cell", "remove-input", "remove_output"):
        cell = notebooks.output({"text/plain": f"out of {tag}"}, source=f"source of {tag}")
        cell.metadata["tags"] = [tag]
        cells.append(cell)
    exporter = get_exporter("planbrief-html")()
    text, _ = exporter.from_notebook_node(notebooks.notebook(*cells))
    assert "of remove-cell" not in text
    assert "out of remove-input" in text
    assert "source of remove-input" not in text
    assert "remove_output</" in text or "remove_output" in text
    assert "out of remove_output" not in text
