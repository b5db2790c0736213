"""Notebooks made for tests, and functions that workers run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbformat import NotebookNode, v4
from traitlets.config import Config

from planbrief.run.engine.events import announce
from planbrief.run.engine.execution import execute


def notebook(*sources: str, tags: tuple[str, ...] = ()) -> NotebookNode:
    """A notebook of code cells, all with the same tags."""
    metadata: dict[str, Any] = {"tags": list(tags)} if tags else {}
    return v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[v4.new_code_cell(source, id=f"cell-{n}", metadata=metadata) for n, source in enumerate(sources)],
    )


def run(nb: NotebookNode, cwd: str, **options: Any) -> NotebookNode:
    """What most workers do here."""
    return execute(nb, cwd=Path(cwd), **options)


def alarm_after_running(nb: NotebookNode, cwd: str, **options: Any) -> float:
    """Set an alarm for 500 s from now, run a notebook, and return how many seconds are left of it."""
    signal.setitimer(signal.ITIMER_REAL, 500)
    run(nb, cwd, **options)
    return signal.setitimer(signal.ITIMER_REAL, 0)[0]


@contextlib.contextmanager
def stock_client(nb: NotebookNode, folder: Path) -> Iterator[NotebookClient]:
    """A kernel as JupyterLab starts it, with an end, through files of its own: the port of one that another test
    starts in the same moment may be the same.
    """
    with tempfile.TemporaryDirectory(prefix="kernel-", dir="/tmp") as sockets:
        config = Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/k"}})
        place = {"metadata": {"path": str(folder)}}
        yield NotebookClient(nb, timeout=240, kernel_name="python3", resources=place, config=config)


def outputs_text(cell: NotebookNode) -> str:
    """All plain text that a cell shows."""
    parts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append(f"{output.ename}: {output.evalue}")
        else:
            parts.append(str(output.data.get("text/plain", "")))
    return "\n".join(parts)


def echo(value: Any) -> Any:
    """Return what is given."""
    return value


def whoami() -> tuple[int, int, int]:
    """Process, process group and parent."""
    return os.getpid(), os.getpgid(0), os.getppid()


def fail(message: str) -> None:
    """Raise an ordinary exception."""
    raise ValueError(message)


class SlowToUnpack:
    """Its reading takes three seconds, as an import on a busy machine does."""

    def __reduce__(self) -> tuple[object, tuple[float]]:
        return slow_answer, (3.0,)


def slow_answer(seconds: float) -> str:
    """What becomes of :class:`SlowToUnpack` where it is read."""
    time.sleep(seconds)
    return "unpacked"


def slow_to_unpack() -> SlowToUnpack:
    """Return what takes its time to read."""
    return SlowToUnpack()


def unpicklable() -> Any:
    """Return what cannot be sent."""
    return lambda: None


def die(status: int) -> None:
    """End without an answer."""
    announce("render")
    os._exit(status)


def crash(number: int) -> None:
    """Be killed by a signal."""
    announce("compile")
    os.kill(os.getpid(), number)
    time.sleep(60)


def stuck() -> None:
    """Do nothing, whatever happens."""
    import signal

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    announce("stuck")
    while True:
        time.sleep(60)


def leave_children(folder: str, wait: bool) -> list[int]:
    """Start processes that outlive this one: in the group, in a session of their own, and twice removed."""
    code = "import time; time.sleep(600)"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    pids = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL).pid,
        subprocess.Popen([sys.executable, "-c", code], **quiet).pid,
    ]
    daemon = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {code!r}], **{quiet!r}).pid)"
    done = subprocess.run([sys.executable, "-c", daemon], capture_output=True, text=True, check=True)
    pids.append(int(done.stdout))
    Path(folder, "pids").write_text(" ".join(map(str, pids)))
    announce("left")
    if wait:
        stuck()
    return pids


def hog(megabytes: int) -> int:
    """Hold memory for a while."""
    announce("hog")
    held = [bytearray(2**20) for _ in range(megabytes)]
    for block in held:
        block[::4096] = b"x" * len(block[::4096])
    time.sleep(60)
    return len(held)


_marks: list[str] = []


def leave_mark(word: str) -> None:
    """Change this process."""
    _marks.append(word)


def mark() -> str:
    """What was left in this process, or the one that it was forked from."""
    return "".join(_marks)
