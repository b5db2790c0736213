"""papermill finds the engine by name and gets from it what its own engine gives."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from run.engine.notebooks import notebook, outputs_text

from planbrief.run.engine.execution import strip_run_metadata
from planbrief.run.pool import executor as pools

PATIENCE = 240.0


@pytest.fixture(scope="module", autouse=True)
def end_of_the_shared_pool() -> Iterator[None]:
    yield
    for pool in list(pools._shared.values()):
        pool.stop()
    pools._shared.clear()


def by_papermill(folder: Path, nb: nbformat.NotebookNode, engine: str | None, **options: Any) -> nbformat.NotebookNode:
    import papermill

    source = folder / "in.ipynb"
    nbformat.write(nb, source)
    with warnings.catch_warnings():
        # papermill and jupyter_client warn about themselves.
        warnings.simplefilter("ignore")
        return papermill.execute_notebook(
            source, folder / "out.ipynb", engine_name=engine, progress_bar=False, kernel_name="python3", **options
        )


def parameterized() -> nbformat.NotebookNode:
    nb = notebook("region = 'bazhong'", "print(region)", "import os; os.path.basename(os.getcwd())", "[1]")
    nb.cells[0].metadata["tags"] = ["parameters"]
    nb.cells.insert(0, nbformat.v4.new_markdown_cell("# Title"))
    return nb


def test_the_engine_gives_papermill_what_its_own_gives(tmp_path: Path) -> None:
    """Outputs, parameters, statuses and the written file are papermill's usual ones."""
    results = {}
    for engine in (None, "planbrief"):
        folder = tmp_path / str(engine)
        (folder / "work").mkdir(parents=True)
        results[engine] = by_papermill(
            folder, parameterized(), engine, parameters={"region": "巴中"}, cwd=folder / "work"
        )
        assert nbformat.read(folder / "out.ipynb", as_version=4) == results[engine]
    stock, own = results[None], results["planbrief"]
    assert strip_run_metadata(own) == strip_run_metadata(stock)
    assert outputs_text(own.cells[3]) == "巴中\n"
    assert own.metadata.papermill.exception is None
    assert [cell.metadata.papermill.status for cell in own.cells] == ["completed"] * 6
    assert all(cell.metadata.papermill.duration is not None for cell in own.cells)
    assert set(own.metadata.papermill) == set(stock.metadata.papermill)


def test_a_failure_is_papermills_failure(tmp_path: Path) -> None:
    """papermill raises its own error, after it has written the notebook with the traceback and its marker."""
    from papermill.exceptions import PapermillExecutionError

    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError") as problem:
        by_papermill(tmp_path, notebook("print('a')", "1/0", "print('never')"), "planbrief")
    assert problem.value.cell_index == 1
    written = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert [cell.metadata.papermill.status for cell in written.cells if cell.cell_type == "code"] == [
        "completed",
        "failed",
        "pending",
    ]
    assert "An Exception was encountered" in written.cells[0].source


def test_system_exit_without_a_status_ends_a_notebook_well(tmp_path: Path) -> None:
    """As with papermill's own engine, sys.exit() stops the notebook and is no error."""
    done = by_papermill(tmp_path, notebook("import sys; sys.exit()", "print('never')"), "planbrief")
    assert outputs_text(done.cells[1]) == ""


@pytest.mark.parametrize(
    ("code", "kind", "options"),
    [("import os; os._exit(4)", "WorkerDied", {}), ("while True: pass", "TimedOut", {"execution_timeout": 1})],
)
def test_a_dead_or_slow_notebook_is_an_error(tmp_path: Path, code: str, kind: str, options: dict[str, Any]) -> None:
    """The notebook is written with the cell marked as failed, and papermill's caller sees why."""
    with pytest.raises(Exception, match="cell 2/2") as problem:
        by_papermill(tmp_path, notebook("print('a')", code), "planbrief", **options)
    assert type(problem.value).__name__ == kind
    written = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert outputs_text(written.cells[0]) == "a\n"
    assert written.cells[1].metadata.papermill.status == "failed"


def test_output_is_logged_where_papermill_is_told_to(tmp_path: Path) -> None:
    """stdout_file and stderr_file get what cells print."""
    out, err = tmp_path / "out.txt", tmp_path / "err.txt"
    with out.open("w") as stdout, err.open("w") as stderr:
        code = "import sys; print('to out'); print('to err', file=sys.stderr)"
        by_papermill(tmp_path, notebook(code), "planbrief", stdout_file=stdout, stderr_file=stderr)
    assert (out.read_text(), err.read_text()) == ("to out\n", "to err\n")


def test_other_kernels_go_to_papermills_own_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook that the engine cannot run is not refused."""
    from papermill.engines import NBClientEngine

    from planbrief.run.engine.papermill_engine import PlanbriefEngine

    seen = []
    monkeypatch.setattr(NBClientEngine, "execute_notebook", classmethod(lambda cls, nb, name, **_: seen.append(name)))
    nb = notebook("1")
    nb.metadata["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    PlanbriefEngine.execute_notebook(nb, "ir")
    assert seen == ["ir"]


def test_it_works_on_papermills_command_line(tmp_path: Path) -> None:
    """papermill --engine planbrief IN OUT -p NAME VALUE, and no process is left."""
    source, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(parameterized(), source)
    command = [sys.executable, "-W", "ignore", "-m", "papermill", "--engine", "planbrief", str(source), str(target)]
    done = subprocess.run(
        [*command, "-p", "region", "fuling"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    assert outputs_text(nbformat.read(target, as_version=4).cells[3]) == "fuling\n"


def test_importing_papermill_loads_none_of_the_machinery() -> None:
    """papermill loads every engine whenever it is imported, so ours must cost nothing."""
    code = (
        "import json, sys, papermill; heavy = ['pandas', 'matplotlib', 'ipykernel', 'IPython.core.interactiveshell', "
        "'planbrief.run.pool.executor', 'planbrief.targets', 'typst']; "
        "print(json.dumps([name for name in heavy if name in sys.modules])); "
        "from papermill.engines import papermill_engines; print(papermill_engines.get_engine('planbrief').__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    loaded, engine = done.stdout.splitlines()
    without = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            "import json, sys, nbclient; print(json.dumps('ipykernel' in sys.modules))",
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert set(json.loads(loaded)) <= ({"ipykernel"} if json.loads(without.stdout) else set())
    assert engine == "PlanbriefEngine"


@pytest.mark.parametrize("first", ["papermill", "planbrief.run.engine.papermill_engine"])
def test_either_module_may_be_imported_first(first: str) -> None:
    """papermill imports the engine and the engine papermill, and neither order fails."""
    code = f"import {first}, papermill; from planbrief.run.engine.papermill_engine import PlanbriefEngine"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], timeout=PATIENCE, check=True)


def test_the_notebook_given_to_the_engine_is_updated_in_place(tmp_path: Path) -> None:
    """A later cell's update of an earlier display reaches papermill's notebook."""
    nb = notebook("h = display('old', display_id='d')", "h.update('new')")
    done = by_papermill(tmp_path, copy.deepcopy(nb), "planbrief")
    assert outputs_text(done.cells[0]) == "'new'"
