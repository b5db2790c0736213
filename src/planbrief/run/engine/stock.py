"""The fallback: the same call through nbclient and a real kernel, for any language and any system."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from planbrief.run.engine.environment import RUNNER_ENV
from planbrief.run.engine.failures import CellFailed, TimedOut, WorkerDied, excerpt
from planbrief.run.engine.progress import Stage, announce_stage

if TYPE_CHECKING:
    from nbformat import NotebookNode


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
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    deadline = None if report_timeout is None else time.monotonic() + report_timeout
    running = 0

    def started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = cell_index
        announce_stage(Stage("cell", cell_index + 1, len(nb.cells)))

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
        failure = CellFailed(name, running, excerpt(nb.cells[running].source), problem.ename, problem.evalue, reply)
        failure.executed = nb
        raise failure from None
    except CellTimeoutError:
        over = deadline is not None and time.monotonic() >= deadline
        timed_out = TimedOut(
            name,
            f"cell {running + 1}/{len(nb.cells)}",
            (report_timeout if over else cell_timeout) or 0.0,
            excerpt(nb.cells[running].source),
        )
        timed_out.executed = nb
        raise timed_out from None
    except DeadKernelError:
        raise WorkerDied(name, None, f"cell {running + 1}/{len(nb.cells)}", "(a kernel) died") from None
    except NoSuchKernel as problem:
        raise WorkerDied(name, None, "start", f"could not be started: no kernel named {problem.name!r}") from None
    return nb


def _last_error(cell: NotebookNode) -> tuple[str, ...]:
    for output in reversed(cell.get("outputs", [])):
        if output["output_type"] == "error":
            return tuple(output["traceback"])
    return ()
