"""The operators' log, and the lock that says who holds it."""

from __future__ import annotations

import io
import json
import os
import threading
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planbrief.log import Log, visible
from planbrief.publish.output_folder import FolderLock, LockHeld


def test_one_json_line_per_event(tmp_path: Path) -> None:
    """Each event is one line of JSON with time, event, level and process, and one line of words if it has a message."""
    human = io.StringIO()
    with Log(tmp_path / "log", human=human) as log:
        log.event("report.built", "built brief", report="brief", seconds=0.5, sizes=(1, 2))
        log.event("report.step", level="debug", path=Path("a"))
        log.event("report.failed", "brief failed", level="error", ratio=float("nan"))
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["report.built", "report.step", "report.failed"]
    assert lines[0] | {"report": "brief", "seconds": 0.5, "sizes": [1, 2], "pid": os.getpid()} == lines[0]
    assert lines[2]["ratio"] == "nan"
    assert human.getvalue() == "built brief\nerror: brief failed\n"


@given(text=st.text(max_size=60))
def test_nothing_steers_the_terminal(text: str) -> None:
    """Neither the words nor the JSON line carries a character that a terminal obeys; only indented lines follow."""
    from planbrief.log import json_line

    human = io.StringIO()
    Log(human=human).event("x", text or "-")
    raw = json_line("x", text, "info", {"name": text, text: 1})
    shown = human.getvalue()[:-1].replace("\n    ", " ") + raw.decode()[:-1]
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(shown) & set("\u202e\u2066\u200f\ufeff")
    json.loads(raw)


def test_a_failure_of_several_lines_is_shown_in_lines() -> None:
    """The cell that failed is read line by line; no line of it can pose as one of ours."""
    human = io.StringIO()
    Log(human=human).event("x", "cell 3: KeyError\n    | frame['x']\nerror: forged", level="error")
    assert human.getvalue() == "error: cell 3: KeyError\n    | frame['x']\n    error: forged\n"


def test_visible_cuts_what_is_overlong() -> None:
    """A name of a megabyte does not fill the terminal."""
    assert len(visible("x" * 10**6)) == 2000


def test_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """A closed terminal or full disk loses lines, not the build."""
    human = io.StringIO()
    log = Log("/dev/full" if os.path.exists("/dev/full") else tmp_path / "log", human=human)
    human.close()
    log.event("x", "message")
    log.close()


def test_lock_tells_its_holder_and_waits(tmp_path: Path) -> None:
    """A second attempt names process and host; a waiting one gets the lock when it is free."""
    state = tmp_path / ".planbrief-latest"
    first, second = FolderLock(state, tmp_path / "latest"), FolderLock(state, tmp_path / "latest")
    first.acquire()
    with pytest.raises(LockHeld) as held:
        second.acquire()
    assert held.value.pid == os.getpid()
    assert held.value.exit_code == 1
    with pytest.raises(LockHeld):
        second.acquire(wait=0.05)
    timer = threading.Timer(0.2, first.release)
    timer.start()
    began = time.monotonic()
    second.acquire(wait=True)
    assert time.monotonic() - began < 5
    second.release()
    timer.join()
    assert not state.exists()


def test_stale_holder_file_means_nothing(tmp_path: Path) -> None:
    """A file that names a dead or hostile holder keeps nobody out."""
    state = tmp_path / ".planbrief-latest"
    state.mkdir()
    for said in ('{"pid": 1, "host": "x", "since": "y"}', "[" * 3000, '{"pid": "\\u001b"}'):
        (state / "holder.json").write_text(said)
        lock = FolderLock(state, tmp_path / "latest")
        lock.acquire()
        lock.release()
        state.mkdir(exist_ok=True)
