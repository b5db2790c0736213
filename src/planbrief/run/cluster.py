"""Build reports on a Dask cluster: ``planbrief build --executor dask:tcp://HOST:PORT``.

Workers need planbrief installed, in the same version and with the same libraries as here, and nothing else: no shared
disk, no project. A task carries the project's files. On its worker they are laid out once for the build, the notebook
runs in a fresh process as it does here, and the pages travel back. When a worker is lost, the scheduler
gives its reports to another one; a report whose workers are lost again and again fails (the scheduler's setting
``distributed.scheduler.allowed-failures``, by default three losses).
"""

from __future__ import annotations

import contextlib
import functools
import logging
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import PlanbriefError, RunError
from planbrief.run.cluster_worker import (
    Parcel,
    WorkerDiffers,
    differences,
    facts,
    forget,
    parcel_of,
    run_on_worker,
)
from planbrief.run.produce import Task

if TYPE_CHECKING:
    import distributed

    from planbrief.run.request import Submit

#: Seconds to wait for the scheduler, and for its first worker.
CONNECT_SECONDS = 10.0
WORKER_SECONDS = 30.0


class ClusterUnusable(PlanbriefError):
    """The cluster cannot be used; nothing was built."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason)
        self.address, self.reason = address, reason

    def __str__(self) -> str:
        return f"Dask cluster at {self.address}: {self.reason}"


class WorkersLost(RunError):
    """A report was lost with every worker that tried it, or the cluster went away."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name, self.reason = name, reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def unchanged(parcel: Parcel) -> Parcel:
    """The project as it came: a task of its own, so that the scheduler can send it again after a loss."""
    return parcel


@contextlib.contextmanager
def on_cluster(address: str, preload: Sequence[str]) -> Iterator[Submit]:
    """A way to submit work to the cluster whose scheduler listens at `address`.

    Raises
    ------
    ClusterUnusable
        If dask is not installed here, the scheduler does not answer, or has no worker like this machine.
    """
    try:
        import distributed
    except ImportError:
        reason = "dask is not installed here; pip install 'planbrief[distributed]'"
        raise ClusterUnusable(address, reason) from None
    if "://" not in address:
        raise ClusterUnusable(address, "its address must be like tcp://HOST:PORT")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised
    client = _connect(distributed, address)
    try:
        _compare(client, address)
        executor = client.get_executor(pure=False)
        build = uuid.uuid4().hex

        @functools.cache
        def sent(root: str) -> distributed.Future:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".*large graph.*")
                return client.submit(unchanged, parcel_of(Path(root), build), pure=False)

        def submit(function: Callable[[Any], Any], argument: Any, name: str, seconds: float | None) -> Future[Any]:
            parcel = sent(argument.project if isinstance(argument, Task) else str(argument))
            inner = executor.submit(run_on_worker, function, argument, name, seconds, parcel, tuple(preload), facts())
            return _translated(inner, name)

        yield submit
        with contextlib.suppress(Exception):  # a worker that is lost now has taken its copy with it
            client.run(forget, build)
    except BaseException:
        with contextlib.suppress(Exception):
            client.cancel(list(client.futures), force=True)
        raise
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=CONNECT_SECONDS)


def _connect(distributed: Any, address: str) -> distributed.Client:
    try:
        return distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterUnusable(address, f"no scheduler answers ({_short(error)})") from None
    except Exception as error:  # versions of dask that cannot talk to each other raise several kinds
        raise ClusterUnusable(address, f"the scheduler cannot be talked to ({_short(error)})") from None


def _compare(client: distributed.Client, address: str) -> None:
    """Ask every worker what it is; :class:`ClusterUnusable` unless all are like this machine."""
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except (TimeoutError, OSError):
        raise ClusterUnusable(address, f"it has had no worker for {WORKER_SECONDS:g} s") from None
    answers = client.run(facts, on_error="return")
    for worker, answer in sorted(answers.items()):
        if isinstance(answer, ModuleNotFoundError):
            raise ClusterUnusable(address, f"planbrief is not installed on worker {worker} ({answer})")
        if isinstance(answer, BaseException):
            raise ClusterUnusable(address, f"worker {worker} does not answer ({_short(answer)})")
        if unlike := differences(answer, facts()):
            raise ClusterUnusable(address, str(WorkerDiffers(worker, unlike)))


def _translated(inner: Future[Any], name: str) -> Future[Any]:
    """A future whose errors are planbrief's own."""
    outer: Future[Any] = Future()

    def done(finished: Future[Any]) -> None:
        try:
            outer.set_result(finished.result())
        except PlanbriefError as error:
            outer.set_exception(error)
        except CancelledError:
            outer.set_exception(WorkersLost(name, "the cluster went away before it was built"))
        except Exception as error:
            killed = type(error).__name__ == "KilledWorker"
            reason = "lost with each of the workers that tried it (out of memory?)" if killed else _short(error)
            outer.set_exception(WorkersLost(name, reason))

    inner.add_done_callback(done)
    return outer


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
