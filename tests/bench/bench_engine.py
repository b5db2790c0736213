"""Seconds per notebook: papermill's command, nbclient, and planbrief's engine, cold and warm, with one and two jobs.

Run it on a quiet machine: ``python tests/bench/bench_engine.py [--rounds 5] [--notebooks 8] [--json FILE]``.
It prints a Markdown table of medians, and JSON with every single time if asked to. Every way executes the same small
notebook (pandas, two charts, a table); nothing is rendered.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

CELLS = (
    "region, seed = 'bazhong', 1",
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd",
    "rng = np.random.default_rng(seed)\n"
    "table = pd.DataFrame({'year': range(2015, 2027), 'value': rng.normal(100, 9, 12).cumsum()})\ntable",
    "table.assign(growth=table.value.pct_change()).describe()",
    "fig, axes = plt.subplots(figsize=(6, 3))\naxes.plot(table.year, table.value, label=region)\naxes.legend();",
    "table.set_index('year').value.diff().plot.bar(figsize=(6, 3));",
    "print(region, round(float(table.value.sum()), 3))",
)

#: What the pool imports ahead; ``warm:figure`` is what planbrief's own build does too.
PRELOAD = ("numpy", "pandas", "matplotlib.pyplot", "planbrief.run.produce:figure")

COLD = """
import sys, time
from pathlib import Path
import nbformat
from planbrief.run.pool.executor import Pool
with Pool(1, {preload!r}) as pool:
    nb = nbformat.read({path!r}, as_version=4)
    pool.submit("planbrief.run.engine.execution:execute", nb, cwd=Path({folder!r})).result()
"""


def small_notebook() -> NotebookNode:
    """The notebook that all ways execute."""
    nb = v4.new_notebook(cells=[v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(CELLS)])
    nb.cells[0].metadata["tags"] = ["parameters"]
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nb


def seconds(action: Callable[[], object]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def papermill_command(path: Path, *options: str) -> Callable[[], object]:
    """Run papermill's command line."""
    command = [sys.executable, "-W", "ignore", "-m", "papermill", "--no-progress-bar", *options]
    command += [str(path), str(path.with_name("out.ipynb"))]
    return lambda: subprocess.run(command, check=True, capture_output=True)


def by_nbclient(path: Path) -> Callable[[], object]:
    """Run nbclient in this process, which has imported it already."""
    from nbclient import NotebookClient

    return lambda: NotebookClient(nbformat.read(path, as_version=4), kernel_name="python3").execute()


def cold_process(path: Path) -> Callable[[], object]:
    """Start Python, preload, execute one notebook, and end."""
    code = COLD.format(preload=PRELOAD, path=str(path), folder=str(path.parent))
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def warm(path: Path, jobs: int, notebooks: int, rounds: int) -> list[float]:
    """Seconds per notebook of a pool that is warm, many notebooks at once."""
    from planbrief.run.pool.executor import Pool

    nb = nbformat.read(path, as_version=4)

    def all_of_them() -> None:
        futures = [pool.submit("planbrief.run.engine.execution:execute", nb, cwd=path.parent) for _ in range(notebooks)]
        for future in futures:
            future.result()

    with Pool(jobs, PRELOAD) as pool:
        pool.submit("planbrief.run.engine.execution:execute", nb, cwd=path.parent).result()
        return [seconds(all_of_them) / notebooks for _ in range(rounds)]


def lower_limit(path: Path, rounds: int) -> list[float]:
    """The same cells as plain code in a process that has imported and drawn everything before, figures saved."""
    code = "import io, matplotlib; matplotlib.use('agg')\n" + "\n".join(CELLS)
    code += "\nfor n in plt.get_fignums(): plt.figure(n).savefig(io.BytesIO(), bbox_inches='tight')\nplt.close('all')"
    timed = f"import time\ntimes = []\nfor _ in range({rounds + 1}):\n    start = time.perf_counter()\n"
    timed += f"    exec(compile({code!r}, 'cells', 'exec'), {{}})\n    times.append(time.perf_counter() - start)\n"
    timed += "print(times)"
    done = subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True, text=True, cwd=path.parent)
    measured: list[float] = json.loads(done.stdout.splitlines()[-1])
    return measured[1:]


def main() -> None:
    """Measure, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--notebooks", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.ipynb"
        nbformat.write(small_notebook(), path)
        single = {
            "papermill, command line": papermill_command(path),
            "papermill --engine planbrief, command line": papermill_command(path, "--engine", "planbrief"),
            "nbclient, in a running process": by_nbclient(path),
            "planbrief, cold: process, preload and one notebook": cold_process(path),
        }
        times = {name: [seconds(action) for _ in range(options.rounds)] for name, action in single.items()}
        for jobs in (1, 2):
            name = f"planbrief, warm, {jobs} job{'s' * (jobs > 1)}, {options.notebooks} notebooks"
            times[name] = warm(path, jobs, options.notebooks, options.rounds)
        times["lower limit: the cells as plain code in a warm process"] = lower_limit(path, options.rounds)
    stock = statistics.median(times["papermill, command line"])
    print("| way | s per notebook (median) | range | against papermill |\n|---|---|---|---|")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.3f} | {min(values):.3f}–{max(values):.3f} | {stock / median:.1f} × |")
    if options.json:
        record = {"rounds": options.rounds, "notebooks": options.notebooks, "seconds": times}
        options.json.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
