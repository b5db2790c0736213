"""(c) A build with nothing to do, and (e) from a save to the page of the preview."""

from __future__ import annotations

import json
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import nbformat
from measuring import BIN, Part, Setting, call, environment, medians, rounds


def nothing_to_do(setting: Setting) -> Part:
    """Seconds of a second build, of ``planbrief --help`` and ``list``, and of Python itself."""
    out = setting.folder / "c" / "latest"
    call(BIN / "planbrief", "build", "--out", out, project=setting.project)
    time.sleep(5)  # files just written may still be written: only those of some seconds ago need not be read again
    for _ in range(2):  # the first one writes that reports are unchanged, the second one keeps what it says
        call(BIN / "planbrief", "build", "--out", out, project=setting.project)
    ways = {
        "python -c pass": lambda: call(sys.executable, "-c", "pass", project=setting.project),
        "planbrief --help": lambda: call(BIN / "planbrief", "--help", project=setting.project),
        "planbrief list": lambda: call(BIN / "planbrief", "list", project=setting.project),
        "planbrief build, nothing to do": lambda: call(
            BIN / "planbrief", "build", "--out", out, project=setting.project
        ),
    }
    times = rounds(max(setting.rounds, 5) * 2, ways)
    middle = medians(times)
    part = Part("(c) Nothing to do", ("command", "s", "fastest, s"))
    part.rows = [(name, value, min(times[name])) for name, value in middle.items()]
    part.notes = ["Aim: at most 0.10 s. The edition is some seconds old, and two builds have found it unchanged."]
    part.raw = {"seconds": times}
    return part


def save_to_page(setting: Setting, report: str = "profile-bazhong") -> Part:
    """Seconds from saving a one-cell edit of the profile until the new page has been read over HTTP."""
    from many import city_project

    project = city_project(setting.project, setting.folder / "preview", 0)
    (project / "reports" / "catalog.toml").write_text(
        (setting.project / "reports" / "catalog.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    notebook = project / "notebooks" / "profile.ipynb"
    last = [cell.source for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"][-1]
    process = subprocess.Popen(
        [str(BIN / "planbrief"), "preview", report, "--no-browser"], env=environment(project),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        address = process.stdout.readline().split()[0]  # type: ignore[union-attr]
        version = next_version(address, 0)
        times = []
        for number in range(max(setting.rounds, 5)):
            said = f"本次修改：{'甲乙丙丁戊己庚辛壬癸'[number % 10]}"  # in words: the gate refuses a typed number
            edit(notebook, last, said)
            start = time.perf_counter()
            version = next_version(address, version)
            with urlopen(address) as answer:
                page = answer.read().decode()
            times.append(time.perf_counter() - start)
            if said not in page:
                raise RuntimeError("the preview shows an older page")
            time.sleep(0.3)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
    part = Part("(e) From a save to the page, one-cell edit of the profile", ("", "s"))
    part.rows = [("median", statistics.median(times)), ("fastest", min(times)), ("slowest", max(times))]
    part.notes = ["Aim: at most 0.4 s. The cells above the edited one are not run again."]
    part.raw = {"seconds": times}
    return part


def next_version(address: str, version: int) -> int:
    """Wait for the next version as the browser does."""
    lang, root = re.findall(r"/(zh|en)/", address)[0], address.split("/zh/")[0]
    while True:
        with urlopen(f"{root}/events?lang={lang}&version={version}") as events:
            for line in events:
                if line.startswith(b"data: ") and (found := json.loads(line[6:])["version"]) != version:
                    return int(found)


def edit(path: Path, source: str, text: str) -> None:
    """Let the last code cell, whose source is given, say something new before what it does."""
    notebook = nbformat.read(path, as_version=4)
    cell = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    cell.source = f"from planbrief.display import say\nsay(zh={text!r}, en='edit')\n{source}"
    nbformat.write(notebook, path)
