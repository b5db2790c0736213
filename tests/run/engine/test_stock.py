"""The fallback through nbclient has the same signature, results and errors."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from run.engine.notebooks import notebook, outputs_text

from planbrief.run.engine import runner
from planbrief.run.engine.events import CellFailed, TimedOut, WorkerDied
from planbrief.run.engine.execution import execute, execute_stock, strip_run_metadata

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore::ResourceWarning"
)


def test_it_runs_in_the_given_folder_and_environment(tmp_path: Path) -> None:
    """cwd and env hold as they do for our own runner, and the outputs are those of the notebook."""
    nb = notebook("import os; print(os.environ['GIVEN'], os.getcwd())")
    done = execute_stock(nb, cwd=tmp_path, env={"GIVEN": "yes"})
    assert outputs_text(done.cells[0]) == f"yes {tmp_path}\n"


def test_its_errors_are_ours(tmp_path: Path) -> None:
    """A failing, a slow and a dying cell raise the same errors as under our own runner."""
    with pytest.raises(CellFailed) as failed:
        execute_stock(notebook("print('a')", "1/0"), cwd=tmp_path, name="n.ipynb")
    assert (failed.value.notebook, failed.value.cell_index, failed.value.ename) == ("n.ipynb", 1, "ZeroDivisionError")
    assert failed.value.executed is not None
    assert outputs_text(failed.value.executed.cells[0]) == "a\n"
    with pytest.raises(TimedOut) as slow:
        execute_stock(notebook("while True: pass"), cwd=tmp_path, cell_timeout=1)
    assert slow.value.cell == "cell 1/1"
    with pytest.raises(TimedOut) as late:
        execute_stock(notebook("while True: pass"), cwd=tmp_path, report_timeout=1)
    assert late.value.seconds == 1
    with pytest.raises(WorkerDied) as died:
        execute_stock(notebook("import os; os._exit(1)"), cwd=tmp_path, name="n")
    assert str(died.value) == "n: its process (a kernel) died during cell 1/1"


def test_execute_falls_back_when_the_runner_cannot_be_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Changed internals of ipykernel cost time, not reports."""

    def broken(session: object) -> None:
        raise AttributeError("ipykernel has changed")

    monkeypatch.setattr(runner, "quiet_kernel", broken)
    done = execute(notebook("1 + 1"), cwd=tmp_path)
    assert outputs_text(done.cells[0]) == "2"
    assert "ipykernel has changed; using nbclient" in caplog.text


def test_no_port_is_taken_for_a_python_kernel(tmp_path: Path) -> None:
    """Two kernels that start at once cannot take each other's: they are spoken to through files of their own."""
    shown = "import json, ipykernel; print(json.load(open(ipykernel.get_connection_file()))['transport'])"
    assert outputs_text(execute_stock(notebook(shown), cwd=tmp_path).cells[0]) == "ipc\n"


def test_a_kernel_that_does_not_start_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What jupyter_client raises for it is no error of the notebook and no traceback."""
    kernels = tmp_path / "kernels" / "brokenpython"
    kernels.mkdir(parents=True)
    spec = {"argv": [sys.executable, "-c", "raise SystemExit(1)"], "display_name": "B", "language": "python"}
    (kernels / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    nb = notebook("1")
    nb.metadata["kernelspec"]["name"] = "brokenpython"
    with pytest.raises(WorkerDied, match="could not be started"):
        execute_stock(nb, cwd=tmp_path, name="n")


def test_a_kernel_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A notebook of another language goes to its own kernel, and if there is none, the error says which."""
    nb = notebook("1")
    nb.metadata["kernelspec"] = {"name": "no-such-kernel", "language": "R", "display_name": "R"}
    with pytest.raises(WorkerDied, match="no-such-kernel"):
        execute(nb, cwd=tmp_path)


def test_both_give_the_same_stripped_notebook(tmp_path: Path) -> None:
    """Apart from the run itself nothing tells the two apart."""
    from run.engine.notebooks import run

    from planbrief.run.pool.executor import Pool

    nb = notebook("print('x')", "import pandas as pd; pd.DataFrame({'中': [1.5]})", "object()")
    with Pool(1, scratch=tmp_path) as pool:
        own = pool.submit(run, nb, str(tmp_path)).result(240)
    assert strip_run_metadata(own) == strip_run_metadata(execute_stock(nb, cwd=tmp_path))
