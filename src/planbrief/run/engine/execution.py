"""A notebook executed: in our kernel of one process, or in a stock one where it asks for another."""

from __future__ import annotations

import contextlib
import copy
import locale
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from planbrief.run.engine.environment import RUNNER_ENV
from planbrief.run.engine.failures import EngineUnavailable, TimedOut, WorkerDied, excerpt, failed, place_of
from planbrief.run.engine.progress import Stage, announce_stage

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from planbrief.run.engine.runner import CellHook


def execute_stock(
    nb: NotebookNode,
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    cell_timeout: float | None = None,
    report_timeout: float | None = None,
    name: str = "notebook",
) -> NotebookNode:
    """Execute a notebook with a kernel process of its own, through nbclient.

    Parameters and errors are those of :func:`planbrief.run.engine.execute`; the kernel is the one that the
    notebook names. Time limits are whole seconds here.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    deadline = None if report_timeout is None else time.monotonic() + report_timeout
    running = 0

    def started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = cell_index
        announce_stage(Stage("cell", *place_of(nb.cells, cell_index)))

    def allowed(cell: NotebookNode) -> int | None:
        limits = [cell_timeout] if cell_timeout else []
        limits += [] if deadline is None else [max(deadline - time.monotonic(), 0.0)]
        return max(1, math.ceil(min(limits))) if limits else None

    client = NotebookClient(
        nb,
        resources={"metadata": {"path": str(cwd)}},
        timeout_func=allowed,
        record_timing=False,
        on_cell_execute=started,
        kernel_name=nb.metadata.get("kernelspec", {}).get("name") or "python3",
    )
    try:
        client.execute(env={**os.environ, **RUNNER_ENV, **(env or {})})
    except CellExecutionError as problem:
        reply = _last_error(nb.cells[running])
        failure = failed(nb.cells, running, name, problem.ename, problem.evalue, reply)
        failure.executed = nb
        raise failure from None
    except CellTimeoutError:
        over = deadline is not None and time.monotonic() >= deadline
        timed_out = TimedOut(
            name,
            "cell {}/{}".format(*place_of(nb.cells, running)),
            (report_timeout if over else cell_timeout) or 0.0,
            excerpt(nb.cells[running].source),
        )
        timed_out.executed = nb
        raise timed_out from None
    except DeadKernelError:
        raise WorkerDied(name, None, "cell {}/{}".format(*place_of(nb.cells, running)), "(a kernel) died") from None
    except KeyError as problem:
        if (missing := getattr(problem, "name", None)) is None:
            raise  # not jupyter_client's NoSuchKernel
        raise WorkerDied(name, None, "start", f"could not be started: no kernel named {missing!r}") from None
    return nb


def _last_error(cell: NotebookNode) -> tuple[str, ...]:
    for output in reversed(cell.get("outputs", [])):
        if output["output_type"] == "error":
            return tuple(output["traceback"])
    return ()


_log = logging.getLogger("planbrief.engine")


def execute(
    nb: NotebookNode,
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    cell_timeout: float | None = None,
    report_timeout: float | None = None,
    name: str = "notebook",
    on_cell: CellHook | None = None,
) -> NotebookNode:
    """Execute a notebook and return it with its outputs; the one given is not changed.

    The cells run in *this* process and may leave anything behind in it: call it in a worker of a
    :class:`~planbrief.run.engine.Pool`, in the main thread. A notebook that is not Python's, and any notebook
    where our runner cannot be set up, goes through nbclient and a kernel process instead.

    Parameters
    ----------
    nb : NotebookNode
        The notebook, parameters already injected.
    cwd : Path
        Folder in which it runs.
    env : mapping, optional
        Environment variables on top of the present ones.
    cell_timeout, report_timeout : float, optional
        Seconds for each cell and for all together. What does not react to an exception, the parent kills.
    name : str, optional
        How error messages call the notebook.
    on_cell : callable, optional
        Listener to starts and ends of cells.

    Raises
    ------
    CellFailed
        A cell raised; the notebook as far as it got is its ``executed``.
    TimedOut
        A limit was passed.
    WorkerDied
        The kernel process of a fallback died.
    """
    nb = copy.deepcopy(nb)
    limits = {"cell_timeout": cell_timeout, "report_timeout": report_timeout}
    if not is_python(nb):
        return execute_stock(nb, cwd=cwd, env=env, name=name, **limits)
    try:
        run = _prepared(nb, name=name, on_cell=on_cell, **limits)
        with _surroundings(cwd, {**RUNNER_ENV, **(env or {})}):
            return run()
    except EngineUnavailable as problem:
        _log.warning("%s; using nbclient", problem)
        return execute_stock(nb, cwd=cwd, env=env, name=name, **limits)


def is_python(nb: NotebookNode) -> bool:
    """Tell whether a notebook is Python's; the kernel's name is that of the machine on which it was saved.

    A Python notebook runs in the Python that planbrief is installed in, whatever its author called theirs; one that
    says of another language, by its language or its kernel, is not.
    """
    kernel = nb.metadata.get("kernelspec", {})
    language = kernel.get("language") or nb.metadata.get("language_info", {}).get("name")
    if language:
        return str(language).lower() in ("python", "ipython", "python3")
    name = str(kernel.get("name") or "python3").lower()
    return any(word in name for word in ("python", "conda", "venv", "env", "-py", "py3")) or not name


def _prepared(
    nb: NotebookNode, *, name: str, on_cell: CellHook | None, cell_timeout: float | None, report_timeout: float | None
) -> Callable[[], NotebookNode]:
    """Return what runs the notebook, or say why our own runner is not available."""
    if threading.current_thread() is not threading.main_thread():
        raise EngineUnavailable("it needs the main thread of a process")
    try:
        from planbrief.run.engine.runner import Limits, Runner

        return Runner(nb, name=name, limits=Limits(cell_timeout, report_timeout), on_cell=on_cell).run
    except (ImportError, AttributeError, TypeError) as problem:
        # Internals of ipykernel or nbclient have changed.
        raise EngineUnavailable(f"{type(problem).__name__}: {problem}") from problem


@contextlib.contextmanager
def _surroundings(cwd: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Work in a folder and an environment, and come back whatever cells have done to them."""
    before_env, before_cwd = dict(os.environ), os.getcwd()
    os.environ.update(env)
    os.chdir(cwd)
    _apply_environment()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before_env)
        os.chdir(before_cwd)
        _apply_environment()


def _apply_environment() -> None:
    """Make the C library see the time zone and the locale that the environment names."""
    if hasattr(time, "tzset"):
        time.tzset()
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_CTYPE, "")
