"""The work of papermill's engine ``planbrief``: what papermill expects to be told, from a worker's announcements."""

from __future__ import annotations

import os
import queue
import re
import sys
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbformat import NotebookNode, from_dict
from papermill.engines import NBClientEngine, NotebookExecutionManager

from planbrief.run.engine.events import CellFailed, Stage, announce_stage
from planbrief.run.engine.execution import execute, is_python
from planbrief.run.pool.executor import safe_method, shared_pool

if TYPE_CHECKING:
    from planbrief.run.engine.session import Message

#: Seconds between two savings of a notebook that is still running.
SAVE_EVERY = 10.0

#: Libraries worth importing ahead, if the first notebook uses them.
WARMED: dict[str, tuple[str, ...]] = {
    "pandas": ("pandas",),
    "numpy": ("numpy",),
    "matplotlib": ("matplotlib.pyplot", "planbrief.run.produce:figure"),
    "seaborn": ("seaborn", "planbrief.run.produce:figure"),
    "scipy": ("scipy.stats",),
    "planbrief": ("planbrief.display", "planbrief.run.produce:figure"),
}

_IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)


class SparingManager(NotebookExecutionManager):
    """papermill's manager of a run, which saves a running notebook every ten seconds only."""

    def save(self, **options: Any) -> None:
        """Save if the last time is long ago; papermill itself saves at the end."""
        waited = (self.now() - self.last_save_time).total_seconds()
        if waited >= SAVE_EVERY or self.end_time is not None:
            super().save(**options)


def execute_for_papermill(
    nb: NotebookNode,
    kernel_name: str,
    output_path: str | None,
    *,
    progress_bar: bool | dict[str, Any] = True,
    log_output: bool = False,
    autosave_cell_every: int = 30,
    **options: Any,
) -> NotebookNode:
    """Do what ``papermill.engines.Engine.execute_notebook`` does.

    A notebook of another language or of a kernel that is not this Python, and any notebook where processes cannot be
    forked or papermill itself has no main thread to wait in, goes to papermill's own engine.
    """
    if not is_python(nb) or kernel_name not in ("python3", "python", None) or safe_method() != "fork":
        return NBClientEngine.execute_notebook(
            nb,
            kernel_name,
            output_path=output_path,
            progress_bar=progress_bar,
            log_output=log_output,
            autosave_cell_every=autosave_cell_every,
            **options,
        )
    manager = SparingManager(nb, output_path, log_output, progress_bar, autosave_cell_every)
    manager.notebook_start()
    try:
        _execute_managed(manager, log_output=log_output, **options)
    finally:
        manager.cleanup_pbar()
        manager.notebook_complete()
    return manager.nb


def _execute_managed(
    manager: NotebookExecutionManager,
    *,
    log_output: bool = False,
    stdout_file: Any = None,
    stderr_file: Any = None,
    execution_timeout: float | None = None,
    **options: Any,
) -> None:
    """Run the notebook in a worker and repeat to papermill what the worker says."""
    seconds = execution_timeout or options.get("timeout")
    heard: queue.SimpleQueue[Stage | None] = queue.SimpleQueue()
    # The caller's own environment, not planbrief's fixed one: this notebook is papermill's.
    pool = shared_pool(preload=preloads_for(manager.nb.cells), env={})
    future = pool.submit(
        run_in_worker,
        manager.nb,
        os.getcwd(),
        dict(os.environ),
        seconds,
        options.get("input_path") or "notebook",
        name=str(options.get("input_path") or "notebook"),
        on_stage=lambda name, stage: heard.put(stage),
    )
    future.add_done_callback(lambda done: heard.put(None))
    cell_under_way: int | None = None
    try:
        while (stage := heard.get()) is not None:
            if stage.name == "cell-started":
                cell_under_way = stage.detail["index"]
                manager.cell_start(manager.nb.cells[cell_under_way], cell_under_way)
            elif stage.name == "cell-ended":
                cell_under_way = None
                _end_cell(manager, stage, log_output, stdout_file, stderr_file)
        _take_over(manager.nb, future)
    except BaseException:
        if cell_under_way is not None:
            manager.cell_exception(manager.nb.cells[cell_under_way], cell_under_way)
            manager.cell_complete(manager.nb.cells[cell_under_way], cell_under_way)
        if not future.done():
            pool.stop()
        raise


def preloads_for(cells: Iterable[NotebookNode]) -> tuple[str, ...]:
    """Return the heavy libraries that code cells import."""
    used = {name for cell in cells if cell.cell_type == "code" for name in _IMPORT.findall(cell.source)}
    return tuple(dict.fromkeys(module for name, modules in WARMED.items() if name in used for module in modules))


def run_in_worker(
    nb: NotebookNode, cwd: str, env: dict[str, str], cell_timeout: float | None, name: str
) -> dict[str, Any]:
    """Execute a notebook in a worker; return its cells' outputs and metadata, and whether it failed."""

    def on_cell(index: int, cell: NotebookNode, reply: Message | None) -> None:
        if cell.cell_type != "code" or reply is None:
            announce_stage(Stage("cell-started", detail={"index": index}, event=True))
        if cell.cell_type != "code" or not cell.source.strip() or reply is not None:
            failed = reply is not None and reply["status"] == "error"
            ignored = "raises-exception" in cell.metadata.get("tags", [])
            detail = {"index": index, "cell": dict(cell), "failed": failed and not ignored}
            announce_stage(Stage("cell-ended", detail=detail, event=True))

    try:
        executed = execute(nb, cwd=Path(cwd), env=env, cell_timeout=cell_timeout, name=name, on_cell=on_cell)
    except CellFailed as failure:
        if failure.executed is None:
            raise
        executed = failure.executed
    return {"cells": [dict(cell) for cell in executed.cells], "metadata": dict(executed.metadata)}


def _end_cell(
    manager: NotebookExecutionManager, stage: Stage, log_output: bool, stdout_file: Any, stderr_file: Any
) -> None:
    index = stage.detail["index"]
    cell = manager.nb.cells[index]
    if cell.cell_type == "code":
        ran = from_dict(stage.detail["cell"])
        cell["outputs"], cell["execution_count"] = ran.outputs, ran.execution_count
        _log_outputs(cell.outputs, log_output, stdout_file, stderr_file)
    if stage.detail["failed"]:
        manager.cell_exception(cell, cell_index=index)
    manager.cell_complete(cell, cell_index=index)


def _log_outputs(outputs: Iterable[NotebookNode], log_output: bool, stdout_file: Any, stderr_file: Any) -> None:
    """Repeat what a cell wrote where papermill's options want it; papermill itself does so while the cell runs."""
    from papermill.log import logger

    for output in outputs:
        if output.output_type == "stream":
            error = output.name == "stderr"
            if log_output:
                (logger.warning if error else logger.info)(output.text)
            file = stderr_file if error else stdout_file
            if file:
                file.write(output.text)
                file.flush()
        elif log_output and "text/plain" in output.get("data", {}):
            logger.info(output.data["text/plain"])
    sys.stdout.flush()


def _take_over(nb: NotebookNode, future: Future[Any]) -> None:
    """Take the final outputs: a later cell may have updated an earlier one's display."""
    result = future.result()
    for cell, ran in zip(nb.cells, from_dict(result["cells"]), strict=True):
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = ran.outputs, ran.execution_count
    for name in ("language_info", "widgets"):
        if name in result["metadata"]:
            nb.metadata[name] = from_dict(result["metadata"][name])
