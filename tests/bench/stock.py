"""(a) The whole set: ours against papermill, nbconvert and Chromium, one after another and two at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measuring import BIN, Part, Setting, call, medians, rounds

from planbrief.catalog import Report, read
from planbrief.project import at
from planbrief.targets.package import usable_package

LANGUAGES = ("zh", "en")


def jobs_of(setting: Setting) -> list[tuple[Report, str]]:
    """Reports and languages that are measured: all, in the short form the Chinese ones of one city."""
    project = at(setting.project)
    reports = read(project, usable_package(project)).reports()
    if setting.quick:
        reports = tuple(report for report in reports if len(report.areas) > 1 or "fuling" in report.areas)
    return [
        (report, lang)
        for lang in LANGUAGES[: 1 if setting.quick else 2]
        for report in reports
        if lang in report.languages
    ]


def stock_job(setting: Setting, folder: Path, job: tuple[Report, str]) -> None:
    """One report as people make it today: three commands."""
    report, lang = job
    run = folder / lang
    run.mkdir(parents=True, exist_ok=True)
    notebook = run / f"{report.id}.ipynb"
    words: list[str | Path] = [BIN / "papermill", f"{report.notebook}.ipynb", notebook, "--no-progress-bar"]
    for name, value in {**report.values, "lang": lang}.items():
        words += ["-y", f"{name}: {list(value) if isinstance(value, tuple) else value}"]
    call(*words, project=setting.project, cwd=setting.project / "notebooks")
    call(BIN / "jupyter", "nbconvert", "--to", "html", notebook, project=setting.project, cwd=run)
    page, pdf = notebook.with_suffix(".html"), notebook.with_suffix(".pdf")
    call("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={run / ('profile-' + report.id)}",
         f"--print-to-pdf={pdf}", page.as_uri(), project=setting.project)  # fmt: skip
    if not pdf.is_file():
        raise RuntimeError(f"Chromium wrote no {pdf.name}")


def measure(setting: Setting) -> Part:
    """Wall seconds of the set in three ways, each time with an empty output folder."""
    jobs = jobs_of(setting)
    out = setting.folder / "a"

    def stock(processes: int) -> Callable[[], None]:
        def work() -> None:
            shutil.rmtree(out, ignore_errors=True)
            with ThreadPoolExecutor(processes) as pool:
                list(pool.map(lambda job: stock_job(setting, out, job), jobs))

        return work

    def ours() -> None:
        shutil.rmtree(out, ignore_errors=True)
        wanted = dict.fromkeys(report.id for report, _ in jobs)
        languages = [word for lang in dict.fromkeys(lang for _, lang in jobs) for word in ("--lang", lang)]
        call(BIN / "planbrief", "build", *wanted, *languages, "--out", out / "latest", project=setting.project)

    # A round of the stock tools takes many minutes: they are measured once, between rounds of ours.
    stock_ways = {"stock, one after another": stock(1), "stock, two at a time": stock(2)}
    before, after = setting.rounds // 2, setting.rounds - setting.rounds // 2
    times = {"planbrief build": []}
    for count, ways in ((before, {"planbrief build": ours}), (1, stock_ways), (after, {"planbrief build": ours})):
        for name, values in rounds(count, ways).items():
            times.setdefault(name, []).extend(values)
    middle = medians(times)
    base = middle["planbrief build"]
    part = Part(f"(a) {len(jobs)} reports, from notebooks to HTML and PDF", ("way", "s", "s per report", "× planbrief"))
    part.rows = [(name, value, value / len(jobs), value / base) for name, value in middle.items()]
    part.notes = [
        f"planbrief starts cold each time: new process, imports, empty output folder; {setting.rounds} rounds of it, "
        "half before and half after one of the stock tools. Aims: 20 × and 12 ×."
    ]
    part.raw = {"seconds": times, "ratio_sequential": middle["stock, one after another"] / base,
                "ratio_two": middle["stock, two at a time"] / base, "reports": len(jobs)}  # fmt: skip
    return part
