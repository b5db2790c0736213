"""Where reports are built: processes of this machine, or a Dask cluster; one way to submit for both."""

from __future__ import annotations

import atexit
import contextlib
import functools
import logging
import platform
import shutil
import tempfile
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief import __version__
from planbrief.errors import PlanbriefError, RunError, UnknownName
from planbrief.run.plan import code_hash, environment_hash
from planbrief.run.produce import Task

if TYPE_CHECKING:
    import distributed

    from planbrief.project import Project
    from planbrief.run.pool.executor import Pool
    from planbrief.run.produce import OnStage, Submit
    from planbrief.targets.package import Package


#: Rows of a project that processes keep; more would fill the memory of the one that forks, and few reports read all.
MOST_KEPT = 20_000


def hold(project: Project) -> Package | None:
    """Keep the stored rows of a project in this process, each as a line to be hashed; None where there are too many."""
    from planbrief.targets.frames import keep
    from planbrief.targets.package import left_out

    package = keep(project, left_out(project), MOST_KEPT)
    if package is not None:
        _ = package.sha256  # hashes every row
    return package


def learn(root: str) -> None:
    """Read the data of a snapshot and measure what most reports ask of every place: once, for both languages."""
    from planbrief.measures.audit import audit
    from planbrief.measures.headlines import headlines
    from planbrief.measures.insights import insights
    from planbrief.measures.tables import growth_table
    from planbrief.project import at
    from planbrief.targets import Dataset
    from planbrief.targets.frames import digest

    package = hold(at(Path(root)))
    if package is None:
        return
    ds = Dataset(package)
    for name in package.tables:
        ds._frame(name)
    for region in ds.regions():
        insights(ds, region)
        headlines(ds, [region])
        growth_table(ds, region)
    audit(ds)
    for read in ds.reads:
        digest(package, read)


@contextlib.contextmanager
def executor_for(
    where: str, jobs: int, preload: Sequence[str], scratch: Path, on_stage: OnStage, memory: int = 0, root: str = ""
) -> Iterator[Submit]:
    """A way to submit work: ``local`` (a fresh forked process per report) or ``dask:tcp://HOST:PORT``.

    `memory` is what one local report may hold in bytes; 0 for its share of the machine. `root` is the project's
    snapshot where its data are worth learning once for all.

    Raises
    ------
    UnknownName
        For any other `where`.
    RunError
        If the cluster cannot be reached or is not like this machine.
    """
    kind, _, address = where.partition(":")
    if kind == "dask" and address:
        from planbrief.run.executors import on_cluster

        with on_cluster(address, preload) as submit:
            yield submit
        return
    if where != "local":
        raise UnknownName("executor", where, ("local", "dask:tcp://HOST:PORT"))
    from planbrief.run.pool.executor import Pool
    from planbrief.run.pool.process_tree import memory_share

    with Pool(jobs, preload, scratch=scratch) as pool:
        if root:
            pool.prepare(learn, root)
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


Facts = Mapping[str, str]


@dataclass(frozen=True)
class Parcel:
    """A project's snapshot as it travels: the build that sent it, and its files by relative path."""

    build: str
    files: tuple[tuple[str, bytes], ...]


class WorkerDiffers(RunError):
    """A worker is not like this machine, so its pages could differ."""

    def __init__(self, worker: str, differences: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__(worker, differences)
        self.worker, self.differences = worker, differences

    def __str__(self) -> str:
        listed = "; ".join(f"{what}: {theirs or 'none'} there, {ours} here" for what, theirs, ours in self.differences)
        return f"worker {self.worker} is not like this machine ({listed}); install the same planbrief and libraries"


def facts() -> dict[str, str]:
    """What must be the same here and on a worker for pages to be the same bytes."""
    return {
        "planbrief": __version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "planbrief's files": code_hash()[:12],
        "versions of libraries": environment_hash()[:12],
    }


def differences(theirs: Facts, ours: Facts) -> tuple[tuple[str, str, str], ...]:
    """What is not the same: (what, theirs, ours)."""
    return tuple((what, theirs.get(what, ""), value) for what, value in ours.items() if theirs.get(what) != value)


def parcel_of(root: Path, build: str) -> Parcel:
    """Every file of a project's snapshot, for one build."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return Parcel(build, tuple((path.relative_to(root).as_posix(), path.read_bytes()) for path in paths))


_lock = threading.Lock()
_folders: dict[str, Path] = {}


def laid_out(parcel: Parcel) -> Path:
    """The folder with a build's project on this worker, laid out by the first task that comes."""
    with _lock:
        if parcel.build not in _folders:
            folder = Path(tempfile.mkdtemp(prefix="planbrief-project-"))
            for relative, data in parcel.files:
                path = folder / relative
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            if not _folders:
                atexit.register(forget)
            _folders[parcel.build] = folder
        return _folders[parcel.build]


def forget(build: str | None = None) -> None:
    """Remove what was laid out for a build, or for all."""
    with _lock:
        for name in [build] if build else list(_folders):
            if folder := _folders.pop(name, None):
                shutil.rmtree(folder, ignore_errors=True)


def run_on_worker(
    function: Callable[[Any], Any],
    argument: Any,
    name: str,
    seconds: float | None,
    parcel: Parcel,
    preload: Sequence[str],
    expected: Facts,
) -> Any:
    """Do one task on this worker, in a fresh process, over its copy of the build's project.

    Raises
    ------
    WorkerDiffers
        If this worker joined late and is not like the machine that asks.
    """
    from planbrief.run.pool.executor import shared_pool

    if unlike := differences(facts(), expected):
        raise WorkerDiffers(platform.node(), unlike)
    folder = str(laid_out(parcel))
    here = replace(argument, project=folder) if isinstance(argument, Task) else folder
    return shared_pool(preload).submit(function, here, name=name, timeout=seconds).result()


#: Seconds to wait for the scheduler, and for its first worker.
CONNECT_SECONDS = 10.0
WORKER_SECONDS = 30.0


class ClusterUnusable(PlanbriefError):
    """The cluster cannot be used; nothing was built."""

    text = "Dask cluster at {}: {}"


class WorkersLost(RunError):
    """A report was lost with every worker that tried it, or the cluster went away."""

    text = "{}: {}"


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
