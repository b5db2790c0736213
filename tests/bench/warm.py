"""(b) A report more against the least it could cost, and (f) the cost of each stage, in warm processes."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from measuring import Part, Setting, call
from stock import jobs_of

from planbrief.run.pool.executor import Pool
from planbrief.run.produce import PRELOAD, Task, notebook_of, produce

#: The same cells as a plain function in a process that has done it before, plus pages from notebooks run before.
FLOOR = """
import contextlib, io, json, os, pickle, sys, time
from pathlib import Path
tasks, rounds = pickle.loads(Path(sys.argv[1]).read_bytes()), int(sys.argv[2])
from planbrief.run.produce import warm
warm()
from planbrief.render.html import exporter as html
from planbrief.render.pdf import exporter as pdf
import IPython.display, IPython.core.display_functions as functions
os.chdir(Path(os.environ["PLANBRIEF_PROJECT"]) / "notebooks")
found = {}
for turn in range(rounds + 1):
    for name, sources, executed, formats in tasks:
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            space = {"__name__": "__main__"}
            for source in sources:
                exec(source, space)
        cells = time.perf_counter()
        html.render_html(executed, name=name.rpartition("/")[2])
        page = time.perf_counter()
        if "pdf" in formats:
            pdf.render_pdf_with_thumbnail(executed, name=name.rpartition("/")[2])
        end = time.perf_counter()
        if turn:
            found.setdefault(name, []).append((cells - start, page - cells, end - page))
print(json.dumps(found))
"""


def tasks_of(setting: Setting) -> list[Task]:
    """The measured reports as the build hands them to its processes."""
    return [
        Task(report.id, lang, report.notebook, report.parameters, report.formats, str(setting.project))
        for report, lang in jobs_of(setting)
    ]


def executed_notebook(task: Task) -> tuple[list[str], Any]:
    """Sources of a report's cells with its parameters, and the executed notebook; runs in a worker."""
    from planbrief.project import PROJECT_VARIABLE
    from planbrief.run.engine.execution import execute, strip_run_metadata

    notebook = notebook_of(task)
    folder = Path(task.project) / "notebooks"
    executed = strip_run_metadata(execute(notebook, cwd=folder, env={PROJECT_VARIABLE: task.project}))
    executed.metadata.setdefault("planbrief", {})["alternate"] = ""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"], executed


def staged(setting: Setting, tasks: list[Task]) -> dict[str, list[dict[str, float]]]:
    """Seconds of each stage of each report in a warm pool of one job."""
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    with Pool(1, PRELOAD) as pool:
        pool.submit(produce, tasks[0], name="warm-up").result()
        for _ in range(setting.rounds):
            for task in tasks:
                marks = {"start": time.perf_counter()}

                def hear(name: str, stage: Any, marks: dict[str, float] = marks) -> None:
                    marks.setdefault(stage.name, time.perf_counter())

                pool.submit(produce, task, name=task.name, on_stage=hear).result()
                end = time.perf_counter()
                cell, render = marks.get("cell", marks["start"]), marks.get("render", end)
                compiled = marks.get("compile", end)
                found[task.name].append({
                    "fork, read and parameterize": cell - marks["start"], "cells": render - cell,
                    "HTML": compiled - render, "PDF and picture": end - compiled, "whole": end - marks["start"],
                })  # fmt: skip
    return found


def floors(setting: Setting, tasks: list[Task]) -> dict[str, list[list[float]]]:
    """Seconds of cells, HTML and PDF as plain functions in one warm process."""
    import pickle

    with Pool(1, (*PRELOAD, "planbrief.run.engine.runner")) as pool:
        made = [(task.name, *pool.submit("warm:executed_notebook", task).result(), task.formats) for task in tasks]
    file = setting.folder / "floor.pickle"
    file.write_bytes(pickle.dumps(made))
    done = call(sys.executable, "-c", FLOOR, file, str(setting.rounds), project=setting.project)
    result: dict[str, list[list[float]]] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(setting: Setting) -> list[Part]:
    """Both parts from one run."""
    tasks = tasks_of(setting)
    ours, least = staged(setting, tasks), floors(setting, tasks)
    marginal = {name: statistics.median(run["whole"] for run in runs) for name, runs in ours.items()}
    floor = {name: statistics.median(sum(run) for run in runs) for name, runs in least.items()}
    ratio = sum(marginal.values()) / sum(floor.values())
    part = Part("(b) One report more, in a warm process", ("report", "planbrief, s", "least, s", "ratio"))
    part.rows = [(name, marginal[name], floor[name], marginal[name] / floor[name]) for name in marginal]
    part.rows.append(("all", sum(marginal.values()), sum(floor.values()), ratio))
    part.notes = [
        "Least: the same cells by `exec` in a process that has run them before, then HTML, PDF and picture from the "
        "notebook run before; no isolation, no message protocol. Aim: 1.5."
    ]
    part.raw = {"seconds": ours, "least": least, "ratio": ratio}
    stages = Part("(f) Where the time of a report goes", ("stage", "median s", "share of all, %", "least, s"))
    total = sum(run["whole"] for runs in ours.values() for run in runs)
    lowest = {"cells": 0, "HTML": 1, "PDF and picture": 2}
    for stage in ("fork, read and parameterize", "cells", "HTML", "PDF and picture"):
        values = [run[stage] for runs in ours.values() for run in runs]
        below = [run[lowest[stage]] for runs in least.values() for run in runs] if stage in lowest else []
        stages.rows.append(
            (stage, statistics.median(values), 100 * sum(values) / total, statistics.median(below) if below else "")
        )
    return [part, stages]
