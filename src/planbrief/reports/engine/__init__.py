"""Execution of notebooks: what a stock kernel would output, without a kernel to start for each one.

A notebook runs in a process of its own, forked from a warm one (``zygote``) or taken from a few spare ones
(``spawn``), by IPython's own kernel and nbclient's own message code but without sockets (``runner``).
Where that cannot be set up, ``stock`` runs it through nbclient and a real kernel, with the same signature.

Everything is imported on first use: papermill loads ``papermill_engine`` whenever it is imported itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planbrief.reports.engine.execution import execute
    from planbrief.reports.engine.failures import CellFailed, EngineUnavailable, TimedOut, WorkerDied, WorkerFailed
    from planbrief.reports.engine.injection import parameterize
    from planbrief.reports.engine.normalize import strip_run_metadata
    from planbrief.reports.engine.pool import Pool, shared_pool
    from planbrief.reports.engine.progress import Stage, announce, work_dir

__all__ = [
    "CellFailed",
    "EngineUnavailable",
    "Pool",
    "Stage",
    "TimedOut",
    "WorkerDied",
    "WorkerFailed",
    "announce",
    "execute",
    "parameterize",
    "shared_pool",
    "strip_run_metadata",
    "work_dir",
]

_HOME_OF = {
    "CellFailed": "failures",
    "EngineUnavailable": "failures",
    "Pool": "pool",
    "Stage": "progress",
    "TimedOut": "failures",
    "WorkerDied": "failures",
    "WorkerFailed": "failures",
    "announce": "progress",
    "execute": "execution",
    "parameterize": "injection",
    "shared_pool": "pool",
    "strip_run_metadata": "normalize",
    "work_dir": "progress",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
