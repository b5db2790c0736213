"""Every task gets a fresh process that leaves nothing behind, whatever becomes of it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from run.engine import notebooks as tasks

from planbrief.run.engine.events import Stage, TimedOut, WorkerDied, WorkerFailed
from planbrief.run.pool import launch
from planbrief.run.pool.executor import Pool
from planbrief.run.pool.process_tree import PREFIX, Scratch

PATIENCE = 240.0
METHODS = ["fork", "spawn"] if sys.platform == "linux" else ["spawn"]


@pytest.fixture(scope="module", params=METHODS)
def pool(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(2, scratch=tmp_path_factory.mktemp("scratch"), method=request.param) as pool:
        yield pool


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(pids: list[int]) -> bool:
    """Wait until none of the processes lives, or give up."""
    deadline = time.monotonic() + 60
    while any(alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_each_task_has_a_process_and_a_group_of_its_own(pool: Pool) -> None:
    """No two tasks share a process, and each leads its group."""
    answers = [future.result(PATIENCE) for future in [pool.submit(tasks.whoami) for _ in range(4)]]
    assert len({pid for pid, _, _ in answers}) == 4
    assert all(pid == group for pid, group, _ in answers)
    assert os.getpid() not in {pid for pid, _, _ in answers}


def test_it_is_an_executor(pool: Pool) -> None:
    """map, keyword arguments, names of functions and results of some size work as in concurrent.futures."""
    assert list(pool.map(tasks.echo, [3, 1, 2])) == [3, 1, 2]
    assert pool.submit(tasks.echo, value="v").result(PATIENCE) == "v"
    assert pool.submit("math:sqrt", 16).result(PATIENCE) == 4
    assert len(pool.submit(tasks.echo, "x" * 30_000_000).result(PATIENCE)) == 30_000_000


def test_an_exception_arrives_with_the_traceback_of_the_worker(pool: Pool) -> None:
    """An ordinary exception keeps its type and text, and a note says where it was raised."""
    problem = pool.submit(tasks.fail, "text").exception(PATIENCE)
    assert isinstance(problem, ValueError)
    assert str(problem) == "text"
    assert "in fail" in problem.__notes__[0]


def test_an_answer_that_takes_long_to_unpack_is_waited_for(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has answered and ended did not die, however busy the machine is that reads the answer."""
    monkeypatch.setattr(launch, "PATIENCE", 0.2)
    assert pool.submit(tasks.slow_to_unpack).result(PATIENCE) == "unpacked"


def test_what_cannot_be_sent_is_an_error(pool: Pool) -> None:
    """A result that cannot be pickled fails its own task and no other."""
    problem = pool.submit(tasks.unpicklable).exception(PATIENCE)
    assert isinstance(problem, WorkerFailed)
    assert "pickle" in str(problem)
    with pytest.raises(AttributeError, match="pickle"):
        pool.submit(tasks.echo, lambda: None).result(PATIENCE)
    assert pool.submit(tasks.echo, 1).result(PATIENCE) == 1


@pytest.mark.parametrize("status", [0, 1, 7])
def test_a_process_that_ends_by_itself_is_an_error(pool: Pool, status: int) -> None:
    """Ending without an answer is never success, exit code 0 included."""
    problem = pool.submit(tasks.die, status, name="dier").exception(PATIENCE)
    assert isinstance(problem, WorkerDied)
    assert (problem.name, problem.status, problem.stage) == ("dier", status, "render")
    assert str(problem) == f"dier: its process ended by itself with exit code {status} during render"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_killed_process_is_an_error_that_names_the_stage(pool: Pool, number: int) -> None:
    """The error says which signal ended the process and what it was doing."""
    problem = pool.submit(tasks.crash, number).exception(PATIENCE)
    assert isinstance(problem, WorkerDied)
    assert (problem.status, problem.stage) == (-number, "compile")
    assert signal.Signals(number).name in str(problem)


def test_a_task_that_takes_too_long_is_killed(pool: Pool) -> None:
    """A task that ignores every polite signal ends at its time limit."""
    problem = pool.submit(tasks.stuck, name="slow", timeout=1.0).exception(PATIENCE)
    assert isinstance(problem, TimedOut)
    assert (problem.name, problem.seconds, problem.cell) == ("slow", 1.0, "")


def test_a_task_that_holds_too_much_memory_is_killed(pool: Pool) -> None:
    """Resident memory is watched, however it was allocated."""
    problem = pool.submit(tasks.hog, 600, memory_limit=400 * 2**20).exception(PATIENCE)
    # Either the allocation fails inside or the parent sees it first.
    assert isinstance(problem, MemoryError | WorkerDied)


def test_stages_are_heard_in_order(pool: Pool) -> None:
    """A listener hears what the task announces, with the task's name."""
    heard: list[tuple[str, str]] = []

    def listen(name: str, stage: Stage) -> None:
        heard.append((name, str(stage)))

    pool.submit(tasks.run, tasks.notebook("1", "2"), ".", name="n", on_stage=listen).result(PATIENCE)
    assert heard == [("n", "cell 1/2"), ("n", "cell 2/2")]


@pytest.mark.parametrize("wait", [False, True])
def test_nothing_that_a_task_started_survives_it(pool: Pool, tmp_path: Path, wait: bool) -> None:
    """Children in the group, in sessions of their own and orphaned ones end with the task, also after a normal end."""
    future = pool.submit(tasks.leave_children, str(tmp_path), wait, timeout=20.0 if wait else None)
    if wait:
        assert isinstance(future.exception(PATIENCE), TimedOut)
    else:
        future.result(PATIENCE)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    if sys.platform != "linux":
        # Orphans in sessions of their own cannot be found elsewhere.
        for pid in filter(alive, pids[1:]):
            os.kill(pid, signal.SIGKILL)
    assert gone(pids)


def test_a_task_has_a_folder_that_is_removed(pool: Pool) -> None:
    """Temporary files of a task lie in its own folder and go with it."""
    folder = Path(pool.submit("tempfile:mkdtemp").result(PATIENCE))
    assert PREFIX in str(folder)
    assert not folder.parent.exists()


def test_tasks_start_in_the_order_of_submission(tmp_path: Path) -> None:
    """With one job, tasks run one after another as they were given."""
    with Pool(1, scratch=tmp_path) as pool:
        started: list[str] = []
        futures = [
            pool.submit(
                tasks.run, tasks.notebook("1"), ".", name=f"t{n}", on_stage=lambda name, _: started.append(name)
            )
            for n in range(4)
        ]
        for future in futures:
            future.result(PATIENCE)
    assert started == ["t0", "t1", "t2", "t3"]


def test_a_pool_outlives_its_zygote(tmp_path: Path) -> None:
    """When the warm process is killed, a running task is tried once more, then fails; later ones get a new process."""
    if "fork" not in METHODS:
        pytest.skip("no zygote here")
    with Pool(1, scratch=tmp_path, method="fork") as pool:
        pid, _, zygote = pool.submit(tasks.whoami).result(PATIENCE)
        announced: list[Stage] = []
        running = pool.submit(tasks.stuck, name="r", on_stage=lambda _, stage: announced.append(stage))
        for attempt in (1, 2):
            while len(announced) < attempt:
                time.sleep(0.01)
            os.kill(pool._launcher._process.pid, signal.SIGKILL)
        problem = running.exception(PATIENCE)
        assert isinstance(problem, WorkerDied)
        assert problem.stage == "stuck"
        assert pool.submit(tasks.whoami).result(PATIENCE)[2] not in (zygote, pid)


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_a_default_timeout_of_sockets_is_not_the_pools(tmp_path: Path) -> None:
    """A notebook that has set one for its downloads may take longer than that to start and do its tasks."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.001)
    try:
        with Pool(1, scratch=tmp_path, method="fork") as pool:
            assert pool.submit(time.sleep, 0.2).exception(PATIENCE) is None
    finally:
        socket.setdefaulttimeout(before)


def test_leaving_by_an_exception_kills_everything(tmp_path: Path) -> None:
    """An exception in the block of a pool ends running tasks at once and cancels the others."""
    started: list[Stage] = []
    scratch = tmp_path / "scratch"
    with contextlib.suppress(KeyboardInterrupt), Pool(1, scratch=scratch) as pool:
        first = pool.submit(tasks.leave_children, str(tmp_path), True, on_stage=lambda _, stage: started.append(stage))
        second = pool.submit(tasks.echo, 1)
        while not any(stage.name == "stuck" for stage in started):
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert first.done()
    assert second.cancelled()
    assert list(scratch.iterdir()) == []
    assert gone([int(pid) for pid in (tmp_path / "pids").read_text().split()])


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from planbrief.run.pool.executor import Pool
from run.engine import notebooks as tasks
try:
    with Pool(2, scratch=Path({scratch!r})) as pool:
        folder = {folder!r}
        futures = [pool.submit(tasks.leave_children, folder, True, on_stage=lambda n, s: print(s, flush=True))]
        futures += [pool.submit(tasks.echo, 1) for _ in range(3)]
        futures[0].result()
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)])
def test_the_end_of_the_parent_is_the_end_of_all(tmp_path: Path, root: Path, number: int, status: int) -> None:
    """Ctrl-C, SIGTERM and even SIGKILL of the command leave no process and, in the end, no folder."""
    scratch = tmp_path / "scratch"
    code = textwrap.dedent(SCRIPT).format(tests=str(root / "tests"), scratch=str(scratch), folder=str(tmp_path))
    command = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    while command.stdout.readline().strip() != "stuck":
        assert command.poll() is None
    family = psutil.Process(command.pid).children(recursive=True)
    os.kill(command.pid, number)
    assert command.wait(PATIENCE) == status
    command.stdout.close()
    assert gone([process.pid for process in family])
    assert gone([int(pid) for pid in (tmp_path / "pids").read_text().split()])
    Scratch(scratch).close()
    assert list(scratch.iterdir()) == []


def test_folders_of_dead_pools_are_removed_and_others_kept(tmp_path: Path) -> None:
    """A new pool cleans up after killed ones, and touches nothing else."""
    living = Scratch(tmp_path)
    dead = tmp_path / f"{PREFIX}dead"
    (dead / "task-1" / "locked").mkdir(parents=True)
    (dead / "task-1" / "locked" / "file").write_text("x")
    (dead / "task-1" / "link").symlink_to(tmp_path)
    (dead / "task-1" / "locked").chmod(0o500)
    (tmp_path / "something else").mkdir()
    Scratch(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([living.root.name, "something else"])
    living.close()


def test_a_pool_without_jobs_is_refused() -> None:
    """Zero jobs would wait for ever."""
    with pytest.raises(ValueError, match="at least one job"):
        Pool(0)


@pytest.mark.skipif(sys.platform != "linux", reason="only a process that forks can do something for others")
def test_what_is_prepared_is_found_by_later_tasks_and_a_failure_is_nobodys(tmp_path: Path) -> None:
    with Pool(1, scratch=tmp_path, method="fork") as pool:
        pool.prepare(tasks.leave_mark, "found")
        before, after = (pool.submit(tasks.mark).result(timeout=PATIENCE) for _ in range(2))
        pool.prepare(tasks.leave_mark)  # lacks its argument
        assert (before, after) == ("", "found")
        assert [pool.submit(tasks.mark).result(timeout=PATIENCE) for _ in range(2)] == ["found", "found"]
