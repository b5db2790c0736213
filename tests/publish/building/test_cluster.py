"""A build on a Dask cluster: the same files as a local one, also when a worker is lost; clear words when it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from publish.building.conftest import CELLS, write_notebook

from planbrief.commands.cli import main
from planbrief.project import Project
from planbrief.publish.build import build
from planbrief.run import executors as cluster
from planbrief.run.produce import Listener, Request

distributed = pytest.importorskip("distributed")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("build")]


class Cluster:
    """A scheduler and workers as separate programs, away from any project."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start("scheduler", "--scheduler-file", str(self.file), "--host", "127.0.0.1", "--port", "0",
                   "--dashboard-address", ":0", "--no-dashboard")  # fmt: skip
        self.wait(self.file.exists)
        with distributed.Client(scheduler_file=str(self.file), set_as_default=False) as client:
            self.address = client.scheduler.address

    def start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "dask", *words],
            cwd=self.folder, env={**os.environ, "TMPDIR": str(self.folder), **environment},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        words = ("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "20")
        return self.start(*words, "--local-directory", str(self.folder), **environment)

    def wait(self, condition: object, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < end, "the cluster did not start"
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    started = Cluster(folder)
    try:
        yield started
    finally:
        started.stop()


def pages(out: Path) -> dict[str, bytes]:
    """Everything of an edition but what names it: the manifest."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("planbrief-project-*")]


def test_the_same_files_as_a_local_build(small, dask, tmp_path):
    """Two workers that share nothing with us; every page, picture and record equals the local build's."""
    build(small, tmp_path / "local", Request())
    dask.worker()
    dask.worker()
    outcome = build(small, tmp_path / "dask", Request(executor=f"dask:{dask.address}"))
    assert {entry.status for entry in outcome.entries} == {"built"}
    assert pages(tmp_path / "dask") == pages(tmp_path / "local")
    assert left_behind(dask.folder) == []


def test_a_failing_report_fails_as_it_does_here(small, dask, tmp_path, capsys):
    """A cell's error comes back with notebook, cell and source; the others are published."""
    fails = {**CELLS, "body": 'if region == "qijiang": raise ValueError("no figure")\n' + CELLS["body"]}
    write_notebook(small.notebooks / "small.ipynb", fails)
    dask.worker()
    words = ["build", "--lang", "zh", "--to", "html", "--out", str(tmp_path / "out"), "--project", str(small.root)]
    assert main([*words, "--executor", f"dask:{dask.address}"]) == 1
    assert "notebooks/small.ipynb, cell 3: ValueError: no figure" in capsys.readouterr().err
    assert (tmp_path / "out" / "zh" / "small-zhaoqing.html").is_file()


def test_a_worker_killed_in_the_middle(small, dask, tmp_path):
    """Its reports are built by the other worker, and the files are those of a local build."""
    slow = {**CELLS, "body": "import time; time.sleep(1)\n" + CELLS["body"]}
    write_notebook(small.notebooks / "small.ipynb", slow)
    build(small, tmp_path / "local", Request())
    victim, _ = dask.worker(), dask.worker()
    killed: list[float] = []

    class Killer(Listener):
        """Kills one worker when the first report is done and the others are under way."""

        def ended(self, name: str, status: str, seconds: float, error: str = "") -> None:
            if not killed:
                killed.append(time.monotonic())
                os.kill(victim.pid, signal.SIGKILL)

    outcome = build(small, tmp_path / "dask", Request(executor=f"dask:{dask.address}"), listener=Killer())
    assert killed
    assert victim.wait(10) == -signal.SIGKILL
    assert {entry.status for entry in outcome.entries} == {"built"}
    assert pages(tmp_path / "dask") == pages(tmp_path / "local")


def test_a_report_that_kills_every_worker_fails_alone(small, dask, tmp_path):
    """A report is not tried for ever: after some lost workers it fails, and the others are published."""
    deadly = 'import os, signal\nif region == "qijiang":\n    pid = os.getppid()\n'
    deadly += '    stat = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()\n'
    deadly += "    os.kill(int(stat[1]), signal.SIGKILL)\n    import time; time.sleep(30)\n"
    write_notebook(small.notebooks / "small.ipynb", {**CELLS, "body": deadly + CELLS["body"]})
    for _ in range(6):
        dask.worker()
    request = Request(wanted=("small-qijiang", "small-zhaoqing"), languages=("zh",), formats=("html",))
    outcome = build(small, tmp_path / "out", Request(**{**request.__dict__, "executor": f"dask:{dask.address}"}))
    assert {entry.id: entry.status for entry in outcome.entries} == {
        "small-qijiang": "failed",
        "small-zhaoqing": "built",
    }
    assert "lost with each of the workers" in outcome.failed[0].error


def refused(project: Project, address: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said when a cluster cannot be used; nothing may be published then."""
    assert main(["build", "--executor", f"dask:{address}", "--project", str(project.root)]) == 2
    assert not (project.reports / "latest").exists()
    return capsys.readouterr().err


def test_an_unreachable_cluster_is_named(small, capsys, monkeypatch):
    """Nobody listens: one message with the address."""
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
    said = refused(small, "tcp://127.0.0.1:9", capsys)
    assert "Dask cluster at tcp://127.0.0.1:9: no scheduler answers" in said
    assert "like tcp://HOST:PORT" in refused(small, "somewhere", capsys)


def test_a_cluster_without_workers_is_named(small, dask, capsys, monkeypatch):
    """The scheduler is there, its workers are not."""
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 1.0)
    assert "no worker for 1 s" in refused(small, dask.address, capsys)


def test_a_worker_with_another_planbrief_is_named(small, dask, capsys, tmp_path):
    """Pages of another version would differ: it is said before anything is built."""
    other = tmp_path / "other"
    (other / "sitecustomize.py").parent.mkdir()
    (other / "sitecustomize.py").write_text("import planbrief\nplanbrief.__version__ = '0.0.9'\n", encoding="utf-8")
    dask.worker(PYTHONPATH=os.pathsep.join([str(other), os.environ.get("PYTHONPATH", "")]))
    assert "planbrief: 0.0.9 there, " in refused(small, dask.address, capsys)


def test_results_and_errors_survive_the_journey():
    """Errors of the cluster carry their fields and can be pickled."""
    import pickle

    for error in (
        cluster.ClusterUnusable("tcp://h:1", "gone"),
        cluster.WorkerDiffers("w", (("Python", "3.12", "3.11"),)),
        cluster.WorkersLost("zh/brief", "gone"),
    ):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
