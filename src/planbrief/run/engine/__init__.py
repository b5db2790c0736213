# ruff: noqa: F401 - the names below are for type checkers; __getattr__ offers them
"""Execution of notebooks: what a stock kernel would output, without a kernel to start for each one.

A notebook runs in a process of its own (``run.pool``), by IPython's own kernel and nbclient's own message code but
without sockets (``runner``). Where that cannot be set up, ``stock`` runs it through nbclient and a real kernel, with
the same signature.

Everything is imported on first use: papermill loads ``papermill_engine`` whenever it is imported itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planbrief.run.engine.execution import execute, parameterize
    from planbrief.run.engine.failures import CellFailed, EngineUnavailable, TimedOut, WorkerDied, WorkerFailed
    from planbrief.run.engine.normalize import strip_run_metadata
    from planbrief.run.engine.progress import Stage, announce, work_dir
    from planbrief.run.pool.executor import Pool, shared_pool

_HOME_OF = {
    "CellFailed": "planbrief.run.engine.failures",
    "EngineUnavailable": "planbrief.run.engine.failures",
    "Pool": "planbrief.run.pool.executor",
    "Stage": "planbrief.run.engine.progress",
    "TimedOut": "planbrief.run.engine.failures",
    "WorkerDied": "planbrief.run.engine.failures",
    "WorkerFailed": "planbrief.run.engine.failures",
    "announce": "planbrief.run.engine.progress",
    "execute": "planbrief.run.engine.execution",
    "parameterize": "planbrief.run.engine.execution",
    "shared_pool": "planbrief.run.pool.executor",
    "strip_run_metadata": "planbrief.run.engine.normalize",
    "work_dir": "planbrief.run.engine.progress",
}
__all__ = list(_HOME_OF)


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
