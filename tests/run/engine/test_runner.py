"""Our own runner where a stock kernel gives no comparison: limits, failures, widgets that capture output."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from run.engine.notebooks import notebook, outputs_text, run

from planbrief.errors import PlanbriefError
from planbrief.run.engine.events import CellFailed, TimedOut, WorkerDied
from planbrief.run.pool.executor import Pool

PATIENCE = 240.0


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Pool(1, ("matplotlib.pyplot", "pandas"), scratch=tmp_path_factory.mktemp("scratch"), grace=2) as pool:
        yield pool


def failure_of(pool: Pool, folder: Path, *sources: str, **options: Any) -> PlanbriefError:
    future = pool.submit("run.engine.notebooks:run", notebook(*sources), str(folder), **options)
    problem = future.exception(PATIENCE)
    assert isinstance(problem, PlanbriefError)
    return problem


def test_a_failing_cell_is_named_with_its_source_and_error(pool: Pool, tmp_path: Path) -> None:
    """CellFailed says which cell of which notebook raised what, and carries the notebook as far as it got."""
    problem = failure_of(pool, tmp_path, "print('one')", "x = 0\n1 / x", "print('never')")
    assert isinstance(problem, CellFailed)
    assert (problem.cell_index, problem.ename, problem.evalue) == (1, "ZeroDivisionError", "division by zero")
    assert problem.exit_code == 1
    assert str(problem) == "notebook, cell 2: ZeroDivisionError: division by zero\n    |   x = 0\n    | → 1 / x"
    assert problem.executed is not None
    assert [outputs_text(cell) for cell in problem.executed.cells] == [
        "one\n",
        "ZeroDivisionError: division by zero",
        "",
    ]
    assert any("1 / x" in line.replace("\x1b[32m", "") or "x" in line for line in problem.traceback)


def test_the_message_of_a_failure_holds_no_terminal_sequences() -> None:
    """What a notebook raises cannot write over an operator's terminal."""
    assert "beside the notebook" in str(CellFailed("n", 0, "x", "FileNotFoundError", "no own.csv"))
    problem = CellFailed("n", 0, "print('\x1b[2J')", "E", "\x1b]0;title\x07\x1b[31mred")
    assert "\x1b" not in str(problem)
    assert "\x07" not in str(problem)


@pytest.mark.parametrize(
    "problem",
    [
        CellFailed("n.ipynb", 3, "x", "ValueError", "v", ["line"]),
        TimedOut("n.ipynb", "cell 1/2", 2.5, "while True: pass"),
        WorkerDied("n.ipynb", -9, "cell 1/2"),
        WorkerDied("n.ipynb", None, "", "was killed because it was in the way"),
    ],
)
def test_failures_survive_pickling(problem: PlanbriefError) -> None:
    """An error arrives in the parent as it was raised, fields and text."""
    copy = pickle.loads(pickle.dumps(problem))
    assert (type(copy), copy.args, str(copy), copy.__dict__) == (
        type(problem),
        problem.args,
        str(problem),
        problem.__dict__,
    )


def test_a_tagged_cell_may_fail(pool: Pool, tmp_path: Path) -> None:
    """raises-exception lets the notebook go on, skip-execution leaves a cell out."""
    nb = notebook("1/0", "2", "3")
    nb.cells[0].metadata["tags"] = ["raises-exception"]
    nb.cells[1].metadata["tags"] = ["skip-execution"]
    done = pool.submit(run, nb, str(tmp_path)).result(PATIENCE)
    assert [outputs_text(cell) for cell in done.cells] == ["ZeroDivisionError: division by zero", "", "3"]


def test_the_given_notebook_is_not_changed(pool: Pool, tmp_path: Path) -> None:
    """Markdown and empty cells pass through, and outputs that were there are replaced."""
    from nbformat import v4

    nb = notebook("1")
    nb.cells[0].outputs = [v4.new_output("stream", text="old")]
    nb.cells.insert(0, v4.new_markdown_cell("text"))
    nb.cells.append(v4.new_code_cell(""))
    done = pool.submit(run, nb, str(tmp_path)).result(PATIENCE)
    assert outputs_text(done.cells[1]) == "1"
    assert done.metadata.language_info.name == "python"
    assert done.cells[0].source == "text"


@pytest.mark.parametrize(
    "code", ["while True: pass", "import time\ntime.sleep(1000)", "import asyncio\nawait asyncio.sleep(1000)"]
)
def test_a_slow_cell_is_stopped_and_shown(pool: Pool, tmp_path: Path, code: str) -> None:
    """A cell that passes its limit fails with its source, after what it had printed."""
    problem = failure_of(pool, tmp_path, "print('fine')", f"print('begun')\n{code}", cell_timeout=1.0)
    assert isinstance(problem, TimedOut)
    assert (problem.cell, problem.seconds) == ("cell 2/2", 1.0)
    assert code.splitlines()[-1] in str(problem)
    assert problem.executed is not None
    assert outputs_text(problem.executed.cells[1]).startswith("begun\n")


def test_the_limit_of_a_report_counts_all_cells(pool: Pool, tmp_path: Path) -> None:
    """Cells that are each quick enough can together be too slow."""
    problem = failure_of(pool, tmp_path, *["import time; time.sleep(0.4)"] * 50, cell_timeout=60.0, report_timeout=1.0)
    assert isinstance(problem, TimedOut)
    assert problem.seconds == 1.0


def test_an_alarm_that_somebody_had_set_still_rings(pool: Pool, tmp_path: Path) -> None:
    """A cell's time limit uses the one alarm clock of its process and gives it back."""
    task, nb = "run.engine.notebooks:alarm_after_running", notebook("import time; time.sleep(0.2)")
    assert 0 < pool.submit(task, nb, str(tmp_path), cell_timeout=60.0).result(PATIENCE) < 500


def test_a_cell_that_does_not_listen_is_killed(pool: Pool, tmp_path: Path) -> None:
    """A cell that catches everything, or hangs in C code, is killed a little later."""
    code = "import ctypes\nlibc = ctypes.PyDLL(None)\nlibc.sleep(1000)"
    problem = failure_of(pool, tmp_path, code, cell_timeout=0.5)
    assert isinstance(problem, TimedOut)
    assert (problem.cell, problem.seconds) == ("cell 1/1", 0.5)


@pytest.mark.parametrize(
    ("code", "status"),
    [("import os; os._exit(3)", 3), ("import os; os.kill(os.getpid(), 11)", -11), ("import os; os.abort()", -6)],
)
def test_a_crash_names_the_cell(pool: Pool, tmp_path: Path, code: str, status: int) -> None:
    """When a cell takes its process with it, the error says how and in which cell."""
    problem = failure_of(pool, tmp_path, "1", code)
    assert isinstance(problem, WorkerDied)
    assert (problem.status, problem.stage) == (status, "cell 2/2")


def test_memory_beyond_the_limit_fails_in_the_cell(pool: Pool, tmp_path: Path) -> None:
    """An allocation beyond the limit raises MemoryError where it happens."""
    problem = failure_of(pool, tmp_path, "b = bytearray(4 * 2**30)", memory_limit=2**30)
    assert isinstance(problem, CellFailed)
    assert problem.ename == "MemoryError"


def test_exit_ends_a_notebook_only_at_its_end(pool: Pool, tmp_path: Path) -> None:
    """exit() before the last cell is a failure, because the cells after it have not run."""
    problem = failure_of(pool, tmp_path, "exit()", "2")
    assert isinstance(problem, CellFailed)
    assert (problem.cell_index, problem.ename) == (0, "SystemExit")


def test_output_widgets_capture(pool: Pool, tmp_path: Path) -> None:
    """Output printed into a widget is kept in the widget's state and not in the cell."""
    done = pool.submit(
        run,
        notebook(
            "import ipywidgets as w\nout = w.Output(); out",
            "with out:\n    print('captured')\nprint('not captured')",
            "out.outputs[0]['text']",
        ),
        str(tmp_path),
    ).result(PATIENCE)
    assert outputs_text(done.cells[1]) == "not captured\n"
    assert outputs_text(done.cells[2]) == "'captured\\n'"
    state = done.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert any(
        "captured\n" in str(model["state"].get("outputs")) or "captured" in str(model) for model in state.values()
    )


def test_files_left_open_are_written(pool: Pool, tmp_path: Path) -> None:
    """What a cell wrote into a file without closing it is there afterwards, as after a kernel's end."""
    code = "import atexit\nfile = open('left.txt', 'w'); file.write('open')\n"
    code += "atexit.register(lambda: open('bye.txt', 'w').write('x')); None"
    pool.submit(run, notebook(code), str(tmp_path)).result(PATIENCE)
    assert (tmp_path / "left.txt").read_text() == "open"
    assert (tmp_path / "bye.txt").read_text() == "x"


def test_large_output_arrives_whole(pool: Pool, tmp_path: Path) -> None:
    """Fifty million characters printed at once, and many small prints, are all there."""
    done = pool.submit(
        run, notebook("print('x' * 50_000_000)", "for i in range(100_000): print(i)"), str(tmp_path)
    ).result(PATIENCE)
    assert len(done.cells[0].outputs[0].text) == 50_000_001
    assert done.cells[1].outputs[0].text.count("\n") == 100_000
