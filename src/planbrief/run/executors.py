"""Where reports are built: processes of this machine, or a Dask cluster; one way to submit for both."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import UnknownName

if TYPE_CHECKING:
    from planbrief.run.engine import Pool
    from planbrief.run.produce import OnStage, Submit


@contextlib.contextmanager
def executor_for(
    where: str, jobs: int, preload: Sequence[str], scratch: Path, on_stage: OnStage, memory: int = 0
) -> Iterator[Submit]:
    """A way to submit work: ``local`` (a fresh forked process per report) or ``dask:tcp://HOST:PORT``.

    `memory` is what one local report may hold in bytes; 0 for its share of the machine.

    Raises
    ------
    UnknownName
        For any other `where`.
    RunError
        If the cluster cannot be reached or is not like this machine.
    """
    kind, _, address = where.partition(":")
    if kind == "dask" and address:
        from planbrief.run.cluster import on_cluster

        with on_cluster(address, preload) as submit:
            yield submit
        return
    if where != "local":
        raise UnknownName("executor", where, ("local", "dask:tcp://HOST:PORT"))
    from planbrief.run.engine import Pool
    from planbrief.run.pool.process_tree import memory_share

    with Pool(jobs, preload, scratch=scratch) as pool:
        yield submit_to(pool, on_stage, memory or memory_share(jobs))


def submit_to(pool: Pool, on_stage: OnStage, memory: int | None = None) -> Submit:
    """A way to submit work to a pool that somebody else opens and closes; each report may hold `memory` bytes."""

    def submit(function: Callable[[Any], Any], argument: Any, name: str, seconds: float | None) -> Future[Any]:
        return pool.submit(
            function,
            argument,
            name=name,
            timeout=seconds,
            memory_limit=memory,
            on_stage=lambda task, stage: on_stage(task, str(stage)),
        )

    return submit
