"""Build in a forked process that dies, or meets a failing disk, at a chosen step; then see what is left.

The steps are Python's own audit events (opening, renaming, removing, making folders …): every point between two file
operations can be chosen, and the package needs no hook for it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from publish.edition.editions import leftovers

from planbrief.log import Log
from planbrief.publish.gate import verify_edition
from planbrief.publish.output_folder import editions
from planbrief.publish.state import intact

STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "shutil.rmtree"}
#: Steps at which a full or failing disk can answer with an error.
WRITING = {"open", "os.mkdir", "os.rename"}


def _count(act: Callable[[int, str, tuple[object, ...]], None]) -> Callable[[], int]:
    """Call `act` with the number of every file step of this process from now on; returns a reader of the count."""
    seen = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal seen
        if event in STEPS and not (event == "open" and str(args[0]).endswith((".py", ".pyc", ".log", ".j2", ".toml"))):
            seen += 1
            act(seen, event, args)

    sys.addaudithook(hook)
    return lambda: seen


def fork(work: Callable[[], object]) -> int:
    """Start `work` in a forked process; exit code 0 for done, 3 for an error in words, 4 for a traceback."""
    pid = os.fork()
    if pid:
        return pid
    code = 4
    try:
        from planbrief.errors import PlanbriefError

        try:
            work()
            code = 0
        except PlanbriefError as error:
            str(error)
            code = 3
        except BaseException:
            traceback.print_exc()
    finally:
        os._exit(code)


def wait(pid: int) -> int:
    """Exit code of a forked process, negative for a signal; one that never ends is killed after two minutes."""
    last = time.monotonic() + 120
    pause = 0.0005
    while (ended := os.waitpid(pid, os.WNOHANG))[0] == 0:
        if time.monotonic() > last:
            os.kill(pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return os.waitstatus_to_exitcode(ended[1])


def count_steps(work: Callable[[], object]) -> int:
    """How many file steps some work takes, counted in a forked process."""
    reader, writer = os.pipe()

    def counted() -> None:
        count = _count(lambda *_: None)
        work()
        os.write(writer, str(count()).encode())

    code = wait(fork(counted))
    os.close(writer)
    answer = os.read(reader, 100)
    os.close(reader)
    if code != 0:
        raise RuntimeError(f"the work that was to be counted ended with {code}")
    return int(answer)


def die_at(step: int, work: Callable[[], object]) -> int:
    """Do some work in a process that is killed (SIGKILL) at a step; returns its exit code."""

    def act(seen: int, _event: str, _args: tuple[object, ...]) -> None:
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def dying() -> None:
        _count(act)
        work()

    return wait(fork(dying))


def fail_from(step: int, errno_: int, work: Callable[[], object], *, lasting: bool) -> int:
    """Do some work in a process whose file system fails at a step, or from it on; returns its exit code."""

    def act(seen: int, event: str, args: tuple[object, ...]) -> None:
        writes = event in WRITING and (event != "open" or (isinstance(args[2], int) and args[2] & os.O_ACCMODE))
        if writes and (seen == step or (lasting and seen > step)):
            raise OSError(errno_, os.strerror(errno_), str(args[0]))

    def failing() -> None:
        _count(act)
        work()

    return wait(fork(failing))


def kill_after(seconds: float, work: Callable[[], object]) -> int:
    """Do some work in a process that somebody else kills after a while; returns its exit code."""
    pid = fork(work)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return wait(pid)


def stage_of(log: Path) -> str:
    """The stage that a process was in when it last wrote to its log."""
    stage = "start"
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else []:
        stage = json.loads(line).get("stage", stage)
    return stage


def logged(log: Path) -> Log:
    """A log for a process of the tests: the file only."""
    return Log(log, human=open(os.devnull, "w"), level="error")


def complaints(out: Path, *, missing_allowed: bool = False) -> list[str]:
    """What is wrong with an output folder and its kept editions; nothing, it is hoped."""
    if not out.exists() or not any(out.iterdir()):
        return [] if missing_allowed else [f"{out.name} is missing"]
    found = [str(problem) for problem in verify_edition(out)]
    found += [f"kept edition {info.edition} is damaged" for info in editions(out) if not intact(info.path)]
    return found


def survives(out: Path, build: Callable[[], object], *, missing_allowed: bool = False) -> list[str]:
    """What is wrong after a fault: the present edition, the next build, what that leaves behind."""
    found = complaints(out, missing_allowed=missing_allowed)
    before = {info.edition for info in editions(out)}
    build()
    found += complaints(out)
    found += [f"left over: {name}" for name in leftovers(out)]
    found += [f"edition {edition} was lost" for edition in before - {info.edition for info in editions(out)}]
    return found


def interrupt_at(step: int, work: Callable[[], object]) -> int:
    """Do some work in a process that meets Ctrl-C at a step; returns its exit code."""

    def act(seen: int, _event: str, _args: tuple[object, ...]) -> None:
        if seen == step:
            os.kill(os.getpid(), signal.SIGINT)

    def interrupted() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _count(act)
        try:
            work()
        except KeyboardInterrupt:
            return

    return wait(fork(interrupted))
