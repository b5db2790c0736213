"""A notebook executed: with parameters as papermill injects them, in a fixed environment, in our kernel or a stock one.

The same inputs give the same bytes: parameters become literals in a cell of data, and what the starting terminal or
machine would change in the outputs is fixed or cleaned afterwards: clocks, process numbers, addresses, chance.
"""

from __future__ import annotations

import atexit
import contextlib
import copy
import keyword
import locale
import logging
import math
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import ParameterError
from planbrief.parameters import INJECTED_TAG
from planbrief.render.safe_text import Numbers, cell_numbers, joined_streams, without_cell_files
from planbrief.run.engine.events import (
    EngineUnavailable,
    Stage,
    TimedOut,
    WorkerDied,
    announce_stage,
    excerpt,
    failed,
    place_of,
)

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from traitlets.config import Config

    from planbrief.run.engine.runner import BeforeCell, CellHook

#: Bytes of a socket's path, with the number that zmq appends, that every system takes.
LONGEST_SOCKET = 96

#: What any process that runs notebooks in planbrief's way needs, whoever asked for it.
RUNNER_ENV: Mapping[str, str] = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # debugpy warns on stderr about frozen modules when it is imported into a kernel.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

#: What planbrief's own builds fix in addition. Each of these was seen to change bytes (hash order of user code,
#: local time, collation), or to start threads, with which a process cannot safely be forked.
DETERMINISTIC_ENV: Mapping[str, str] = {
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "LANGUAGE": "",
    "PYTHONUTF8": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    # A width that pandas, rich and click would otherwise take from the terminal of whoever starts the build.
    "COLUMNS": "80",
    "LINES": "24",
}

#: Variables that say something about the starting terminal or interpreter and nothing about the report.
_DROPPED = ("PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONWARNINGS", "PYTHONBREAKPOINT", "NO_COLOR")


def worker_environment(fixed: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a process that runs notebooks.

    Parameters
    ----------
    fixed : mapping, optional
        Variables set on top of the caller's own; ``DETERMINISTIC_ENV`` if not given.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    environment.update(DETERMINISTIC_ENV if fixed is None else fixed)
    environment.update(RUNNER_ENV)
    return environment


#: Tag by which papermill knows the cell of defaults.
PARAMETERS_TAG = "parameters"


def parameterize(nb: NotebookNode, values: Mapping[str, Any], *, notebook: str = "notebook") -> NotebookNode:
    """Return a copy of a notebook with an ``injected-parameters`` cell that sets the given values.

    The cell stands where papermill puts it: in place of an earlier injected one, else after the cell tagged
    ``parameters``, else first. Without values the notebook is copied unchanged.

    Parameters
    ----------
    nb : NotebookNode
        The notebook; it is not changed.
    values : mapping
        Names and values made of None, bool, int, float, str, list, tuple and dict. They become literals; no text
        of a caller is ever code.
    notebook : str, optional
        Name of the notebook for error messages.

    Raises
    ------
    ParameterError
        A name is not a Python identifier, or a value is of another type.
    """
    nb = with_ids(nb)
    if not values:
        return nb
    from nbformat import v4

    lines = ["# Parameters", *(f"{_name(notebook, key)} = {_literal(notebook, key, values[key])}" for key in values)]
    cell = v4.new_code_cell(source="\n".join(lines), metadata={"tags": [INJECTED_TAG]})
    cell["id"] = _unused_id(nb, INJECTED_TAG)
    injected, declared = _first_tagged(nb, INJECTED_TAG), _first_tagged(nb, PARAMETERS_TAG)
    if injected is not None:
        nb.cells[injected] = cell
    else:
        nb.cells.insert(0 if declared is None else declared + 1, cell)
    return nb


def with_ids(nb: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook in the newest format, with ids on all cells that do not depend on chance."""
    from nbformat import v4

    nb = copy.deepcopy(nb)
    missing = {position for position, cell in enumerate(nb.cells) if not cell.get("id")}
    if (nb.get("nbformat"), nb.get("nbformat_minor")) != (v4.nbformat, v4.nbformat_minor):
        nb = v4.upgrade(nb)
    for position in missing:
        nb.cells[position].pop("id", None)
    for position in sorted(missing):
        nb.cells[position]["id"] = _unused_id(nb, f"c{position:03d}")
    return nb


def _unused_id(nb: NotebookNode, wanted: str) -> str:
    used = {cell.get("id") for cell in nb.cells}
    candidate, number = wanted, 1
    while candidate in used:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def _first_tagged(nb: NotebookNode, tag: str) -> int | None:
    for position, cell in enumerate(nb.cells):
        if tag in cell.metadata.get("tags", []):
            return position
    return None


def _name(notebook: str, name: object) -> str:
    if isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name):
        return name
    raise ParameterError(notebook, str(name), "this name", "a Python identifier that is not a keyword")


def _literal(notebook: str, name: str, value: Any) -> str:
    """Return the Python literal of a value made of JSON's types; repr keeps Chinese readable and escapes controls."""
    if value is None or type(value) in (bool, int, str):
        return repr(value)
    if type(value) is float:
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if type(value) is list:
        return "[" + ", ".join(_literal(notebook, name, item) for item in value) + "]"
    if type(value) is tuple:
        return "(" + "".join(_literal(notebook, name, item) + ", " for item in value).rstrip(" ") + ")"
    if type(value) is dict:
        items = (f"{_literal(notebook, name, key)}: {_literal(notebook, name, item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    raise ParameterError(notebook, name, f"a value of type {type(value).__name__}", "text, numbers, lists of them")


def execute_stock(
    nb: NotebookNode,
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    cell_timeout: float | None = None,
    report_timeout: float | None = None,
    name: str = "notebook",
) -> NotebookNode:
    """Execute a notebook with a kernel process of its own, through nbclient.

    Parameters and errors are those of :func:`planbrief.run.engine.execution.execute`; the kernel is the one that the
    notebook names. Time limits are whole seconds here.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    deadline = None if report_timeout is None else time.monotonic() + report_timeout
    running = 0

    def started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = cell_index
        announce_stage(Stage("cell", *place_of(nb.cells, cell_index)))

    def allowed(cell: NotebookNode) -> int | None:
        limits = [cell_timeout] if cell_timeout else []
        limits += [] if deadline is None else [max(deadline - time.monotonic(), 0.0)]
        return max(1, math.ceil(min(limits))) if limits else None

    sockets = tempfile.mkdtemp(prefix="planbrief-kernel-")
    client = NotebookClient(
        nb,
        resources={"metadata": {"path": str(cwd)}},
        timeout_func=allowed,
        record_timing=False,
        on_cell_execute=started,
        kernel_name=nb.metadata.get("kernelspec", {}).get("name") or "python3",
        config=_transport(nb, sockets),
    )
    try:
        client.execute(env={**os.environ, **RUNNER_ENV, **(env or {})})
    except CellExecutionError as problem:
        reply = _last_error(nb.cells[running])
        failure = failed(nb.cells, running, name, problem.ename, problem.evalue, reply)
        failure.executed = nb
        raise failure from None
    except CellTimeoutError:
        over = deadline is not None and time.monotonic() >= deadline
        timed_out = TimedOut(
            name,
            "cell {}/{}".format(*place_of(nb.cells, running)),
            (report_timeout if over else cell_timeout) or 0.0,
            excerpt(nb.cells[running].source),
        )
        timed_out.executed = nb
        raise timed_out from None
    except DeadKernelError:
        raise WorkerDied(name, None, "cell {}/{}".format(*place_of(nb.cells, running)), "(a kernel) died") from None
    except KeyError as problem:
        if (missing := getattr(problem, "name", None)) is None:
            raise  # not jupyter_client's NoSuchKernel
        raise WorkerDied(name, None, "start", f"could not be started: no kernel named {missing!r}") from None
    except RuntimeError as problem:  # what jupyter_client raises for a kernel that never answers
        raise WorkerDied(name, None, "start", f"(a kernel) could not be started: {problem}") from None
    finally:
        atexit.unregister(client._cleanup_kernel)  # nbclient forgets it where no kernel was started, and it complains
        shutil.rmtree(sockets, ignore_errors=True)
    return nb


def _transport(nb: NotebookNode, folder: str) -> Config:
    """How the kernel is spoken to: a Python one through sockets in a folder, where the system has them.

    Ports are chosen before the kernel binds them, and another kernel that starts at the same moment may have taken
    them by then: it dies, or two notebooks hear each other's answers. Kernels of other languages get ports all the
    same, because some of them know nothing else.
    """
    from traitlets.config import Config

    at = os.path.join(folder, "k")
    if os.name != "posix" or not is_python(nb) or len(os.fsencode(at)) > LONGEST_SOCKET:
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "ip": at}})


def _last_error(cell: NotebookNode) -> tuple[str, ...]:
    for output in reversed(cell.get("outputs", [])):
        if output["output_type"] == "error":
            return tuple(output["traceback"])
    return ()


_log = logging.getLogger("planbrief.engine")


def execute(
    nb: NotebookNode,
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    cell_timeout: float | None = None,
    report_timeout: float | None = None,
    name: str = "notebook",
    on_cell: CellHook | None = None,
    before_cell: BeforeCell | None = None,
) -> NotebookNode:
    """Execute a notebook and return it with its outputs; the one given is not changed.

    The cells run in *this* process and may leave anything behind in it: call it in a worker of a
    :class:`~planbrief.run.pool.executor.Pool`, in the main thread. A notebook that is not Python's, and any
    notebook where our runner cannot be set up, goes through nbclient and a kernel process instead.

    Parameters
    ----------
    nb : NotebookNode
        The notebook, parameters already injected.
    cwd : Path
        Folder in which it runs.
    env : mapping, optional
        Environment variables on top of the present ones.
    cell_timeout, report_timeout : float, optional
        Seconds for each cell and for all together. What does not react to an exception, the parent kills.
    name : str, optional
        How error messages call the notebook.
    on_cell : callable, optional
        Listener to starts and ends of cells.
    before_cell : callable, optional
        Called with the index of the cell of code that is next and the notebook as far as it got. What it returns,
        unless that is None, is the notebook to go on with: its text, and its cells from this one on; it may return in
        a process forked from this one. Not called for a kernel process.

    Raises
    ------
    CellFailed
        A cell raised; the notebook as far as it got is its ``executed``.
    TimedOut
        A limit was passed.
    WorkerDied
        The kernel process of a fallback died.
    """
    nb = copy.deepcopy(nb)
    limits = {"cell_timeout": cell_timeout, "report_timeout": report_timeout}
    if not is_python(nb):
        return execute_stock(nb, cwd=cwd, env=env, name=name, **limits)
    try:
        run = _runner_of(nb, name=name, on_cell=on_cell, before_cell=before_cell, **limits)
        with _surroundings(cwd, {**RUNNER_ENV, **(env or {})}):
            return run()
    except EngineUnavailable as problem:
        _log.warning("%s; using nbclient", problem)
        return execute_stock(nb, cwd=cwd, env=env, name=name, **limits)


def is_python(nb: NotebookNode) -> bool:
    """Tell whether a notebook is Python's; the kernel's name is that of the machine on which it was saved.

    A Python notebook runs in the Python that planbrief is installed in, whatever its author called theirs; one that
    says of another language, by its language or its kernel, is not.
    """
    kernel = nb.metadata.get("kernelspec", {})
    language = kernel.get("language") or nb.metadata.get("language_info", {}).get("name")
    if language:
        return str(language).lower() in ("python", "ipython", "python3")
    name = str(kernel.get("name") or "python3").lower()
    return any(word in name for word in ("python", "conda", "venv", "env", "-py", "py3")) or not name


def _runner_of(
    nb: NotebookNode,
    *,
    name: str,
    on_cell: CellHook | None,
    before_cell: BeforeCell | None,
    cell_timeout: float | None,
    report_timeout: float | None,
) -> Callable[[], NotebookNode]:
    """Return what runs the notebook, or say why our own runner is not available."""
    if threading.current_thread() is not threading.main_thread():
        raise EngineUnavailable("it needs the main thread of a process")
    try:
        from planbrief.run.engine.runner import Limits, Runner

        limits = Limits(cell_timeout, report_timeout)
        return Runner(nb, name=name, limits=limits, on_cell=on_cell, before_cell=before_cell).run
    except (ImportError, AttributeError, TypeError) as problem:
        # Internals of ipykernel or nbclient have changed.
        raise EngineUnavailable(f"{type(problem).__name__}: {problem}") from problem


@contextlib.contextmanager
def _surroundings(cwd: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Work in a folder and an environment, and come back whatever cells have done to them."""
    before_env, before_cwd = dict(os.environ), os.getcwd()
    os.environ.update(env)
    os.chdir(cwd)
    _apply_environment()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before_env)
        os.chdir(before_cwd)
        _apply_environment()


def _apply_environment() -> None:
    """Make the C library see the time zone and the locale that the environment names."""
    if hasattr(time, "tzset"):
        time.tzset()
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_CTYPE, "")


#: Memory addresses in default reprs: ``<function f at 0x7f6a8c0b1d00>``.
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,16}\b|\bobject at [0-9a-f]{8,16}\b")
#: The name of a cell's file in the text of a SyntaxError, which has no folder.
_CELL_NAME = re.compile(r"\(\d{1,12}\.py, line (\d+)\)")
#: The name that pandas' Styler gives its table by chance.
_STYLED = re.compile(r'<table id="(T_[0-9a-f]{5,32})"')
#: Mime types whose content is text that somebody printed; images and JSON are left alone.
_TEXT_TYPES = ("text/plain", "text/html", "text/markdown", "text/latex")
#: Cells' metadata that runners and editors add.
_RUN_METADATA = ("papermill", "execution", "ExecuteTime")

#: How deep a notebook is changed below: notebook, cells, cell, outputs, output, data. What the data hold, most of all
#: there is, stays the same objects.
_COPIED = 6

_Replacements = list[tuple[re.Pattern[str], str]]


def strip_run_metadata(nb: NotebookNode, *, paths: Mapping[str, str] | None = None) -> NotebookNode:
    """Return a copy of an executed notebook that holds nothing of this run, machine or user.

    Removed are papermill's and nbclient's metadata; cells get the ids c000, c001, …; adjacent pieces of one stream are
    joined; memory addresses become ``0x…``, ipykernel's file names the number of the cell, and the folders of this
    machine placeholders. The same notebook run by stock papermill and by planbrief's engine comes out equal. Doing it
    twice changes nothing more.

    Parameters
    ----------
    nb : NotebookNode
        The executed notebook; it is not changed.
    paths : mapping, optional
        Further folders and their placeholders.
    """
    nb = _copied(nb, _COPIED)
    for name in _RUN_METADATA:
        nb.metadata.pop(name, None)
    language = str(nb.metadata.get("language_info", {}).get("name", "python"))
    nb.metadata["language_info"] = {"name": language}
    if "kernelspec" in nb.metadata:
        kernel = nb.metadata["kernelspec"]
        nb.metadata["kernelspec"] = {key: kernel[key] for key in ("display_name", "language", "name") if key in kernel}
        nb.metadata["kernelspec"].setdefault("language", language)
    replacements, tables, numbers = _replacements(paths or {}), count(), cell_numbers(nb.cells)
    for position, cell in enumerate(nb.cells):
        cell["id"] = f"c{position:03d}"
        for name in _RUN_METADATA:
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            outputs = joined_streams(cell.get("outputs", []))
            cell["outputs"] = [_clean(output, replacements, tables, numbers) for output in outputs]
    nb["nbformat_minor"] = max(5, nb.get("nbformat_minor", 5))
    return nb


def _copied(value: Any, depth: int) -> Any:
    """A copy down to a depth; what lies deeper is shared."""
    if depth and isinstance(value, dict):
        return type(value)({name: _copied(inner, depth - 1) for name, inner in value.items()})
    return [_copied(inner, depth - 1) for inner in value] if depth and isinstance(value, list) else value


def _as_text(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)


def _replacements(paths: Mapping[str, str]) -> _Replacements:
    found = dict(paths)
    for folder, name in (
        (tempfile.gettempdir(), "$TMP"),
        (sys.prefix, "$PYTHON"),
        (sys.base_prefix, "$PYTHON"),
        (os.getcwd(), "$HERE"),
        (str(Path.home()), "$HOME"),
    ):
        found.setdefault(folder, name)
    # A folder such as / would turn every slash of a report into a placeholder.
    longest_first = sorted((old for old in found if len(old) > 3), key=lambda old: (-len(old), old))
    return [(re.compile(re.escape(old) + r"(?![\w.-])"), found[old]) for old in longest_first]


def _clean_text(text: str, replacements: _Replacements, numbers: Numbers, cell_file: str = "<cell>") -> str:
    text = _ADDRESS.sub(lambda found: found[0].rsplit(" ", 1)[0] + " 0x…", text)
    text = _CELL_NAME.sub(rf"({cell_file}, line \1)", without_cell_files(text, numbers, cell_file))
    for folder, placeholder in replacements:
        # A function, because a placeholder is text and not a pattern.
        text = folder.sub(lambda _, text=placeholder: text, text)  # type: ignore[misc]
    return text


def _clean(output: NotebookNode, replacements: _Replacements, tables: Iterator[int], numbers: Numbers) -> NotebookNode:
    kind = output["output_type"]
    if kind == "stream":
        output["text"] = _clean_text(_as_text(output["text"]), replacements, numbers)
    elif kind == "error":
        output["evalue"] = _clean_text(output["evalue"], replacements, numbers)
        output["traceback"] = [_clean_text(line, replacements, numbers) for line in output["traceback"]]
    else:
        for mime in _TEXT_TYPES:
            if mime in output["data"]:
                cell_file = "&lt;cell&gt;" if mime == "text/html" else "<cell>"
                text = _clean_text(_as_text(output["data"][mime]), replacements, numbers, cell_file)
                for name in _STYLED.findall(text) if mime == "text/html" else ():
                    text = text.replace(name, f"T_t{next(tables)}")
                output["data"][mime] = text
    return output
