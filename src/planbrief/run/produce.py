"""Carry one report in one language from its notebook to its pages: the request, the run, what it came to."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import CatalogError, RunError
from planbrief.log import EventLog
from planbrief.parameters import own_number
from planbrief.project import PROJECT_VARIABLE
from planbrief.run.manifest import ReportEntry

if TYPE_CHECKING:
    from concurrent.futures import Future

    from nbformat import NotebookNode

    from planbrief.run.engine.runner import BeforeCell


#: Imported once by the warm parent of all reports; none of them compiles Typst or starts threads.
PRELOAD = (
    "pandas",
    "matplotlib.figure",
    "planbrief.run.produce:warm",
)

#: on_stage(task, stage): where a task has got to
OnStage = Callable[[str, str], None]
#: submit(function, argument, name, seconds) -> future
Submit = Callable[[Callable[[Any], Any], Any, str, float | None], "Future[Any]"]


@dataclass(frozen=True)
class Request:
    """What was asked for: see ``planbrief build --help``."""

    wanted: tuple[str, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    jobs: int = 0
    executor: str = "local"
    force: bool = False
    fail_fast: bool = False
    keep: int = 10
    wait: bool = False
    #: Publish also what check refuses; every page says so.
    unchecked: bool = False
    #: Bytes that a report may hold; 0 for its share of the machine.
    memory: int = 0
    cell_timeout: float | None = 300
    report_timeout: float | None = 900

    @property
    def partial(self) -> bool:
        """Whether only some of the reports, languages or formats were asked for."""
        return bool(self.wanted or self.languages or self.formats)


@dataclass(frozen=True)
class Outcome:
    """What a build came to."""

    #: Empty where nothing was published before and no report could be built.
    edition: str
    out: Path
    entries: tuple[ReportEntry, ...]
    reasons: Mapping[str, tuple[str, ...]]
    published: bool
    #: Entries of the catalog that cannot be built and were left out.
    left_out: int = 0
    #: Whether nothing had to be built and there was nothing to say.
    silent: bool = False

    @property
    def failed(self) -> tuple[ReportEntry, ...]:
        """Reports of this build that failed."""
        return tuple(entry for entry in self.entries if entry.status == "failed")


class Listener:
    """Hears of progress; the command line shows it as a bar or as lines."""

    def started(self, names: Sequence[str]) -> None:
        """The reports that will be built."""

    def stage(self, name: str, stage: str) -> None:
        """What one report does now."""

    def ended(self, name: str, status: str, seconds: float, error: str = "") -> None:
        """One report is done."""


class Logged(Listener):
    """Passes on what it hears and logs each stage of a report once: execute, render, compile."""

    def __init__(self, listener: Listener, log: EventLog) -> None:
        self.listener, self.log = listener, log
        self.seen: set[tuple[str, str]] = set()

    def started(self, names: Sequence[str]) -> None:
        """Pass on which reports will be built."""
        self.listener.started(names)

    def stage(self, name: str, stage: str) -> None:
        """Log a stage when a report first enters it."""
        word = "execute" if stage.startswith("cell ") else stage
        if word in ("execute", "render", "compile") and (name, word) not in self.seen:
            self.seen.add((name, word))
            self.log.event("report.stage", level="debug", stage=word, report=name)
        self.listener.stage(name, stage)

    def ended(self, name: str, status: str, seconds: float, error: str = "") -> None:
        """Pass on that a report is done."""
        self.listener.ended(name, status, seconds, error)


#: Characters of output that a report may have in all; a databook has two million.
MOST_OUTPUT = 32_000_000


@dataclass(frozen=True)
class Task:
    """One report in one language: what a worker must know."""

    report: str
    lang: str
    notebook: str
    parameters: tuple[tuple[str, Any], ...]
    formats: tuple[str, ...]
    project: str
    alternate: str = ""
    related: tuple[tuple[str, str], ...] = ()
    #: Whether the page will lie in an edition, beside the index and the pages of numbers.
    edition: bool = False
    cell_timeout: float | None = None
    report_timeout: float | None = None
    #: What every reader must know of the page: keys of messages ``page.notice.*``.
    notices: tuple[str, ...] = ()
    #: Folders that no notebook may write into: the project and its editions.
    guarded: tuple[str, ...] = ()
    #: Files of the project by relative path, where the worker does not share our disk.
    files: tuple[tuple[str, bytes], ...] = ()

    @property
    def name(self) -> str:
        """``zh/profile-fuling``."""
        return f"{self.lang}/{self.report}"


@dataclass(frozen=True)
class Produced:
    """What a report came to: pages, and what they say and read."""

    report: str
    lang: str
    pages: dict[str, bytes]
    title: str = ""
    page_count: int = 0
    data_as_of: str = ""
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    reads: list[dict[str, Any]] = field(default_factory=list)
    thumbnail: bytes = b""


class NoSources(RunError):
    """A report ended without naming its sources."""

    text = (
        "{}: no page, so that no number can be followed to its source; open one in the cell after the parameters: "
        "page = pb.page(NAME, lang=lang), which closes itself, or pb.begin() and pb.finish()"
    )


#: What only a browser with a kernel or a network behind it can show: by what it is, and what to do instead.
LIVE = {
    "application/vnd.plotly.v1+json": ("plotly figure", "draw it with matplotlib, seaborn or altair"),
    "application/vnd.jupyter.widget-view+json": ("widget", "show the values that it holds as a table or figure"),
    "application/vnd.bokehjs_exec.v0+json": ("bokeh figure", "draw it with matplotlib, seaborn or altair"),
    "application/vnd.holoviews_exec.v0+json": ("holoviews figure", "draw it with matplotlib, seaborn or altair"),
}


class LiveOutput(RunError):
    """A cell shows what no page can hold."""

    text = (
        "{}, cell {}: a {} needs a running kernel or a network, which a page has not; {}, or tag the cell "
        "remove-output to keep it for JupyterLab"
    )


def refuse_live(executed: NotebookNode, notebook: str) -> None:
    """Refuse outputs that would be a hole in the page, by notebook and cell."""
    for index, cell in enumerate(executed.cells):
        if {"remove-output", "remove-outputs", "remove-cell", "hide-output"} & set(cell.metadata.get("tags", ())):
            continue
        for output in cell.get("outputs", ()):
            for mime in LIVE.keys() & output.get("data", {}).keys():
                what, instead = LIVE[mime]
                raise LiveOutput(notebook, own_number(executed.cells, index), what, instead)


class DataTouched(RunError):
    """A notebook changed the data that it reads, so its numbers are not those of the project."""

    text = "{}: it changed {} in its copy of the project; a report reads the data"


class TooMuchOutput(RunError):
    """A notebook printed or showed more than any page can hold."""

    def __init__(self, notebook: str, cell: int, size: int) -> None:
        super().__init__(notebook, cell, size)
        self.notebook, self.cell, self.size = notebook, cell, size

    def __str__(self) -> str:
        most = MOST_OUTPUT // 1_000_000
        return (
            f"{self.notebook}, cell {self.cell}: {self.size / 1e6:.0f} MB of output up to here; a page takes {most} MB"
        )


def refuse_flood(notebook: NotebookNode, name: str) -> None:
    """:class:`TooMuchOutput` at the cell whose outputs, with those before it, are more than :data:`MOST_OUTPUT`."""
    size = 0
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            size += len(output.get("text", "")) + sum(len(str(value)) for value in output.get("data", {}).values())
        if size > MOST_OUTPUT:
            raise TooMuchOutput(name, own_number(notebook.cells, index), size)


#: What a notebook may do to files and must not do to the project's: events of Python's audit, and which are paths.
_WRITES = {
    "os.remove": 1, "os.rename": 2, "os.rmdir": 1, "os.mkdir": 1, "os.truncate": 1, "os.link": 2, "os.symlink": 2,
    "os.chmod": 1, "os.utime": 1, "shutil.rmtree": 1,
}  # fmt: skip
_OPENED_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def guard(folders: Sequence[str], own: Path) -> None:
    """Let nothing in this process write into `folders`, nor into the data of `own`, the one place in them to write.

    The cell that tries fails with PermissionError.

    This keeps slips from the data and the published edition. It is no wall: programs that a notebook starts, and
    kernels of other kinds, are not held.
    """
    closed = tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)
    free, data = (os.path.join(os.path.realpath(place), "") for place in (own, own / "data"))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if not isinstance(arguments[2], int) or not arguments[2] & _OPENED_TO_WRITE:
                return
            paths: tuple[Any, ...] = arguments[:1]
        elif event in _WRITES:
            paths = arguments[: _WRITES[event]]
        else:
            return
        for path in paths:
            if not isinstance(path, str | bytes | os.PathLike):
                continue
            real = os.path.join(os.path.realpath(os.fsdecode(path)), "")
            if real.startswith(data) or (real.startswith(closed) and not real.startswith(free)):
                words = "a notebook reads data and editions and does not write them; its own folder is where it works"
                raise PermissionError(errno.EACCES, words, os.fsdecode(path))

    sys.addaudithook(hook)


def notebook_of(task: Task) -> NotebookNode:
    """The notebook of `task` as it is saved, with the parameters of `task`."""
    from planbrief.run.engine.execution import parameterize

    notebook = read_notebook(Path(task.project) / "notebooks" / f"{task.notebook}.ipynb")
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in task.parameters}
    return parameterize(notebook, {**values, "lang": task.lang})


def produce(task: Task, before_cell: BeforeCell | None = None) -> Produced:
    """Run the notebook of `task` and render its pages; `before_cell` is handed to the engine's ``execute``.

    Raises
    ------
    planbrief.errors.PlanbriefError
        Naming the notebook and the cell that failed.
    """
    from planbrief.languages import look_in
    from planbrief.run.engine.events import announce, work_dir
    from planbrief.run.engine.execution import execute, strip_run_metadata

    project = Path(task.project)
    look_in(project / "notebooks")
    notebook = notebook_of(task)
    # A copy of its own: what one report does to it, by whatever program, no other one reads.
    own = Path(shutil.copytree(project, work_dir(), dirs_exist_ok=True))
    guard((*task.guarded, task.project), own)
    executed = execute(
        notebook,
        cwd=own / "notebooks",
        env={PROJECT_VARIABLE: str(own)},
        cell_timeout=task.cell_timeout,
        report_timeout=task.report_timeout,
        name=f"notebooks/{task.notebook}.ipynb",
        before_cell=before_cell,
    )
    if file := touched(own, project):
        raise DataTouched(f"notebooks/{task.notebook}.ipynb", file)
    refuse_flood(executed, f"notebooks/{task.notebook}.ipynb")
    executed = strip_run_metadata(executed)
    refuse_live(executed, f"notebooks/{task.notebook}.ipynb")
    blocks = list(blocks_of(executed))
    closing = next((block for block in reversed(blocks) if block.get("block") == "sources"), None)
    if closing is None:
        raise NoSources(f"notebooks/{task.notebook}.ipynb")
    executed.metadata.setdefault("planbrief", {})
    executed.metadata["planbrief"].update(
        {
            "report": task.report,
            "alternate": task.alternate,
            "related": [list(one) for one in task.related],
            "pdf": "pdf" in task.formats,
            "edition": task.edition,
        }
    )
    if task.notices:
        executed.metadata["planbrief"]["notices"] = list(task.notices)
    pages: dict[str, bytes] = {}
    count, thumbnail = 0, b""
    if "html" in task.formats:
        from planbrief.render.html.exporter import render_html

        announce("render")
        pages["html"] = render_html(executed, name=task.report).encode()
    if "pdf" in task.formats:
        from planbrief.render.pdf.exporter import pdf_info, render_pdf_with_thumbnail

        announce("compile")
        pages["pdf"], thumbnail = render_pdf_with_thumbnail(executed, name=task.report)
        count = pdf_info(pages["pdf"]).pages
    return Produced(
        task.report,
        task.lang,
        pages,
        next((str(block.get("title", "")) for block in blocks if block.get("block") == "cover"), ""),
        count,
        str(closing.get("data_as_of", "")),
        dict(sorted(figures_of(blocks).items())),
        # Plain ones: a notebook's nodes would make whoever reads the answer import nbformat.
        json.loads(json.dumps(closing.get("reads", []))),
        thumbnail,
    )


def touched(own: Path, project: Path) -> str:
    """The first file of the data that a report changed in its copy of the project, empty if there is none."""
    for path in sorted((project / "data").rglob("*")):
        copy = own / path.relative_to(project)
        if not path.is_file():
            continue
        try:
            before, after = path.stat(), copy.stat()
        except OSError:
            return path.relative_to(project).as_posix()
        # A copy has the size and time of its original: one whose bytes were written since has another time.
        same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
        if not same and not (copy.is_file() and copy.read_bytes() == path.read_bytes()):
            return path.relative_to(project).as_posix()
    return ""


def read_notebook(path: Path) -> NotebookNode:
    """A notebook of the project; :class:`CatalogError` if nbformat cannot read it (its cells: see the plan)."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises a dozen kinds, jsonschema's among them
        found = f"no notebook ({type(error).__name__})"
        raise CatalogError(f"notebooks/{path.name}", found, "a Jupyter notebook, format 4, saved as UTF-8") from None


def blocks_of(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    """The planbrief blocks among a notebook's outputs, in order."""
    from planbrief.display.outputs import MIME

    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            block = output.get("data", {}).get(MIME)
            if isinstance(block, dict):
                yield block


def figures_of(blocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The headline numbers: every figure in a sentence by its stable key."""
    found: dict[str, dict[str, Any]] = {}
    for block in blocks:
        for run in block.get("runs", []) if block.get("block") == "sentence" else []:
            figure = run.get("figure", {})
            if figure.get("key"):
                kept = {name: figure.get(name) for name in ("value", "unit", "measure", "observations", "text")}
                if isinstance(kept["value"], float) and not math.isfinite(kept["value"]):
                    kept["value"] = None
                found.setdefault(figure["key"], kept)
    return found


def validators() -> None:
    """Compile the notebook format's validators; otherwise every first output of a process costs 20 ms."""
    import nbformat
    from nbformat import v4

    outputs = [
        v4.new_output("stream", text="x"),
        v4.new_output("display_data", data={"text/plain": "x"}),
        v4.new_output("execute_result", data={"text/plain": "x"}, execution_count=1),
        v4.new_output("error", ename="E", evalue="e", traceback=[]),
    ]
    cells = [v4.new_code_cell("1", outputs=outputs), v4.new_markdown_cell("x"), v4.new_raw_cell("x")]
    notebook = v4.new_notebook(cells=cells)
    nbformat.validate(notebook)
    nbformat.reads(nbformat.writes(notebook), as_version=4)


def figure() -> None:
    """Draw a figure that nobody sees: it finds fonts and compiles matplotlib's tick and path machinery's caches.

    It is drawn without pyplot, whose registry of figures and backend stay untouched.
    """
    import io

    from matplotlib.figure import Figure

    drawn = Figure(figsize=(2, 2))
    axes = drawn.subplots()
    axes.plot([1, 2, 3], label="x")
    axes.legend()
    axes.set_title("x")
    for kind in ("png", "svg"):
        drawn.savefig(io.BytesIO(), format=kind)


def warm() -> None:
    """Import the heavy libraries and do once what a process does at its first page; compile nothing.

    Modules are imported, messages and locales read, templates parsed, empty tables and a throw-away chart made. No file
    stays open: all reports would share its position. Typst is left alone: it starts threads, for which a forked
    process would wait in vain.
    """
    import importlib
    import pkgutil
    from decimal import Decimal

    import typst  # noqa: F401
    from nbformat.v4 import new_markdown_cell, new_notebook

    import planbrief.display
    import planbrief.measures
    import planbrief.render.html.exporter
    import planbrief.render.pdf.exporter
    import planbrief.targets
    from planbrief.display.charts.canvas import drawing
    from planbrief.display.language import LANGS, messages
    from planbrief.display.quantities import date_text, decimal_text
    from planbrief.measures.columns import CONTRIBUTION, GROWTH, MILESTONES, PROGRESS, RATES, STRUCTURE, frame
    from planbrief.render.pdf.exporter import fonts, notebook_source

    fonts()  # their tables of contents; a face is read by whoever sets it
    for room in (planbrief.targets, planbrief.measures, planbrief.display):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    for columns in (MILESTONES, GROWTH, RATES, STRUCTURE, PROGRESS, CONTRIBUTION):
        frame([], columns)
    with drawing("warm", 40, 30) as canvas:
        canvas.axes(10, 10, 25, 15).plot([1, 2], [1, 2])
        canvas.text(1, 1, "规划 Plan 0")
        canvas.svg()
    for lang in LANGS:
        messages(lang)
        decimal_text(Decimal("1234.5"), lang)
        date_text("2024-06-25", lang)
        page = new_notebook(cells=[new_markdown_cell("# 规划 $x$")], metadata={"planbrief": {"lang": lang}})
        planbrief.render.html.exporter.render_html(page, name="warm")
        notebook_source(page, {})
