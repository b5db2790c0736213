"""Which modules one printed number crosses, from the CSV to HTML and PDF.

    .venv/bin/python tests/bench/one_number.py

`profile-bazhong` cut down to begin, the table of milestones with 142.8 in it, and finish; then the page and the PDF.
A module counts if one of its functions runs (what is only imported does not); the bar of the house is 40.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import planbrief

ROOT = Path(planbrief.__file__).parent
REPOSITORY = Path(__file__).resolve().parents[2]
CELLS = (
    "from planbrief.display import begin, finish, show\n"
    "from planbrief.display.views import growth\n"
    "page = begin('profile', lang='zh', region='bazhong', title=('目标', 'Targets'))",
    "show(growth.milestone_table(page.ds, 'bazhong'))",
    "finish()",
)


def imported(frame: Any) -> bool:
    """Whether a function runs only because a module of planbrief is being imported."""
    while frame := frame.f_back:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(str(ROOT)):
            return True
    return False


class Trace:
    """Modules of planbrief whose functions ran, each with the names of those that did."""

    def __init__(self) -> None:
        self.modules: dict[str, set[str]] = {}

    def __call__(self, frame: Any, event: str, _: object) -> None:
        code = frame.f_code
        # a module's or a class's own body runs once, when it is imported; so does what it calls
        if event != "call" or not code.co_flags & 0x2 or not code.co_filename.startswith(str(ROOT)):
            return
        if not code.co_filename.endswith(".py") or imported(frame):
            return
        name = Path(code.co_filename).relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        self.modules.setdefault(name, set()).add(code.co_name)

    def __enter__(self) -> Trace:
        threading.setprofile(self)
        sys.setprofile(self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)


def executed(shell: InteractiveShell) -> nbformat.NotebookNode:
    """The three cells, run in this process, with their outputs."""
    notebook = nbformat.v4.new_notebook(metadata={"planbrief": {"report": "profile-bazhong"}})
    for source in CELLS:
        cell = nbformat.v4.new_code_cell(source)
        with capture_output() as shown:
            shell.run_cell(source).raise_error()
        cell.outputs = [nbformat.v4.new_output("display_data", data=one.data) for one in shown.outputs]
        notebook.cells.append(cell)
    return notebook


def measure() -> Trace:
    """One number's way, in a process that has read nothing yet."""
    from planbrief.project import PROJECT_VARIABLE
    from planbrief.render.html.exporter import render_html
    from planbrief.render.pdf.exporter import render_pdf

    os.environ.setdefault(PROJECT_VARIABLE, str(REPOSITORY))
    shell = InteractiveShell.instance()
    with Trace() as trace:
        notebook = executed(shell)
        page = render_html(notebook, name="profile-bazhong")
        pdf = render_pdf(notebook, name="profile-bazhong")
    if "142.8" not in page or not pdf.startswith(b"%PDF"):
        raise SystemExit("the number is not on the page")
    return trace


if __name__ == "__main__":
    found = measure().modules
    for name in sorted(found):
        print(f"{name:40} {len(found[name]):3} functions")
    print(f"{len(found)} modules")
