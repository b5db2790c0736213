"""Notebooks that misbehave, through one build: theirs fail in words, the others are published, nothing is left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

import psutil
import pytest
from publish.building.conftest import CELLS, write_notebook

from planbrief.publish.gate import verify_edition
from planbrief.publish.state import read_edition

pytestmark = [pytest.mark.xdist_group("build"), pytest.mark.slow]

#: Arguments by which a process that a notebook leaves behind is known.
MARK = "planbrief-left-behind"
SLEEP = f"[sys.executable, '-c', 'import time; time.sleep(600)', '{MARK}']"
#: What each notebook does in its second cell, and what is said of its report; None for one that is published.
BEHAVIOURS: dict[str, tuple[str, str | None]] = {
    "quiet": ("", None),
    "daemon": (f"import subprocess, sys\nsubprocess.Popen({SLEEP}, start_new_session=True)", None),
    "double-fork": (
        "import os, sys\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        os.execv(sys.executable, {SLEEP})\n    os._exit(0)\nos.wait()", None),
    "daemon-thread": (
        "import threading, time\nfor _ in range(50):\n    threading.Thread(target=time.sleep, args=(600,)).start()",
        None),
    "exit": ("import os\nos._exit(0)", "exit code 0"),
    "exit-3": ("import os\nos._exit(3)", "exit code 3"),
    "system-exit": ("import sys\nsys.exit(0)", "SystemExit"),
    "segfault": ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    "kill-parent": (
        "import os, signal, time\nos.kill(os.getppid(), signal.SIGTERM)\ntime.sleep(1)\nos._exit(1)", "exit code"),
    "kill-parent-hard": ("import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(5)", ""),
    "flood": ("for _ in range(200):\n    print('x' * 1_000_000)", "MB of output"),
    "memory": ("held = []\nwhile True:\n    held.append(bytearray(50_000_000))", "MemoryError|held more than"),
    "memory-in-children": (
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        held = []\n        try:\n"
        "            while True:\n                held.append(b'x' * 50_000_000)\n        except MemoryError:\n"
        "            time.sleep(600)\nos.wait()", ""),
    "signals": (
        "import signal\nfor number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGHUP, signal.SIGUSR1):\n"
        "    signal.signal(number, signal.SIG_IGN)\nwhile True: pass", "time limit"),
    "catches-all": ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "time limit"),
    "endless": ("while True: pass", "time limit"),
    "sleeps": ("import time\ntime.sleep(3600)", "time limit"),
    "asks": ("input('which city? ')", "StdinNotImplemented"),
    "asks-password": ("import getpass\ngetpass.getpass()", "StdinNotImplemented"),
    "reads-stdin": ("import sys\nassert sys.stdin.read() == ''", None),
    "writes-data": ("open('../data/areas.csv', 'w').write('ref_area')", "PermissionError"),
    "appends-data": ("import os\nopen(os.environ['PLANBRIEF_PROJECT'] + '/data/areas.csv', 'a').write('x')",
        "PermissionError"),
    "shell": ("!echo x >> ../data/areas.csv", "data/areas.csv"),
    "program": ("import subprocess\nsubprocess.run(['rm', '-r', '../data/documents'], check=True)", ""),
    "writes-own-data": ("open({data!r} + '/areas.csv', 'w').write('ref_area')", "PermissionError"),
    "removes-data": ("import shutil\nshutil.rmtree({data!r})", "PermissionError"),
    "writes-edition": ("open({latest!r} + '/index.html', 'w').write('mine')", "PermissionError"),
    "removes-edition": ("import shutil\nshutil.rmtree({latest!r})", "PermissionError"),
    "closes-all": ("import os\nfor number in range(3, 200):\n    try: os.close(number)\n    except OSError: pass", ""),
    "recursion": ("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
    "no-folder": ("import os, shutil\nshutil.rmtree(os.getcwd())", ""),
    "files": ("import tempfile\nfor n in range(300): tempfile.mkstemp()", None),
    "own-files": ("open('note.txt', 'w').write('mine')\nassert open('note.txt').read() == 'mine'", None),
}  # fmt: skip
REPORT = '[[reports]]\nid = "{name}"\nnotebook = "{name}"\nabout = {{ zh = "甲", en = "A" }}\n'


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """Where temporary files of the build go; empty afterwards."""
    return tmp_path_factory.mktemp("scratch")


def planbrief(project, scratch, *words, **named):
    """A command on the project, with a folder of its own for temporary files."""
    return subprocess.run(
        [sys.executable, "-m", "planbrief", *words, "--project", str(project.root)],
        capture_output=True, text=True, env={**os.environ, "TMPDIR": str(scratch)}, stdin=subprocess.DEVNULL, **named,
    )  # fmt: skip


def left_behind():
    """Processes that a notebook started and that still live."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if MARK in (process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


def test_one_build_with_all_of_them(small, scratch):
    """Each fails in a sentence that names notebook and reason, or is published; data and edition are sound."""
    first = planbrief(small, scratch, "build", "--lang", "zh", "--to", "html")
    assert first.returncode == 0, first.stderr
    latest = small.reports / "latest"
    data = {path: path.read_bytes() for path in small.data.rglob("*") if path.is_file()}
    entries = []
    for name, (code, _) in BEHAVIOURS.items():
        code = code.replace("{data!r}", repr(str(small.data))).replace("{latest!r}", repr(str(latest)))
        parameters, *others = CELLS.values()
        cells = {"parameters": parameters, "misbehaves": code, **dict(zip("abc", others, strict=True))}
        write_notebook(small.notebooks / f"{name}.ipynb", cells)
        entries.append(REPORT.format(name=name))
    small.catalog.write_text(small.catalog.read_text(encoding="utf-8") + "\n".join(entries), encoding="utf-8")
    done = planbrief(
        small, scratch, "build", "--lang", "zh", "--to", "html", "--jobs", "2", "--cell-timeout", "30",
        "--timeout", "120", "--memory", "1500", timeout=1500,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    shown = {entry.id: entry for entry in read_edition(latest).reports}
    wrong = []
    for name, (_, words) in BEHAVIOURS.items():
        entry = shown[name]
        if words is None and entry.status != "built":
            wrong.append(f"{name} was not published: {entry.error}")
        elif words and (entry.status != "failed" or not re.search(words, entry.error or "")):
            wrong.append(f"{name}: {entry.status} {entry.error}")
        elif (
            entry.status == "failed"
            and f"notebooks/{name}.ipynb" not in (entry.error or "")
            and name not in entry.error
        ):
            wrong.append(f"{name} is not named: {entry.error}")
    assert not wrong, "\n".join(wrong)
    assert shown["small-qijiang"].status in ("built", "unchanged")
    assert verify_edition(latest) == []
    assert {path: path.read_bytes() for path in small.data.rglob("*") if path.is_file()} == data
    end = time.monotonic() + 10
    while (alive := left_behind()) and time.monotonic() < end:
        time.sleep(0.1)
    assert alive == []
    assert list(scratch.iterdir()) == []
