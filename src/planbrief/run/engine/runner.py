"""The kernel that runs in the worker's own process, how cells go through it, and how one ends at its time limit."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import logging
import os
import selectors
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

from ipykernel.compiler import XCachingCompiler, get_tmp_hash_seed, murmur2_x86
from ipykernel.eventloops import enable_gui
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelbase import Kernel
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets import Instance, Type, observe
from traitlets.config import Config

from planbrief.display.plots import prepare
from planbrief.render.safe_text import joined_streams
from planbrief.run.engine.events import (
    CellFailed,
    EngineUnavailable,
    Stage,
    TimedOut,
    announce_stage,
    excerpt,
    failed,
    place_of,
)
from planbrief.run.engine.session import Message, RecordingSession, Stream, captured_output


class _CellCompiler(XCachingCompiler):
    """Cells are files with a name of their own that holds no process number."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        """Return the file name for a cell, which as a kernel's tells which cell it is."""
        return f"/ipykernel_0/{murmur2_x86(raw_code, get_tmp_hash_seed())}.py"


class _Shell(ZMQInteractiveShell):
    """The shell of a kernel that has no application around it."""

    def init_ipython_dir(self, ipython_dir: str | None) -> None:
        """Keep away from the user's own IPython folder: profiles of people must not change reports."""
        self.ipython_dir = str(self.profile_dir.location) if self.profile_dir else tempfile.gettempdir()

    def init_profile_dir(self, profile_dir: ProfileDir | None) -> None:
        """Use the folder made for this process."""
        self.profile_dir = profile_dir

    def enable_gui(self, gui: Any = None) -> None:
        """Answer ``%matplotlib inline`` and refuse what needs a screen, as a kernel's shell does."""
        enable_gui(gui, kernel=self.kernel)
        self.active_eventloop = gui

    @observe("exit_now")
    def _update_exit_now(self, change: Any) -> None:
        """Leave the loop alone when a cell calls ``exit()``; the runner asks ``exit_now`` after each cell."""


class QuietKernel(IPythonKernel):
    """The kernel that executes cells; its messages go to a recording session."""

    shell_class = Type(_Shell)
    compiler_class = Type(_CellCompiler)
    shell = Instance(_Shell)
    session = Instance(RecordingSession)


@contextlib.contextmanager
def quiet_kernel(session: RecordingSession) -> Iterator[QuietKernel]:
    """Set up a kernel in this process for as long as the context lasts.

    Some of what a kernel changes in a process cannot be undone (modules imported, builtins added by cells), so a
    process should run one notebook only. What can be undone is.
    """
    with tempfile.TemporaryDirectory(prefix="ipython-", ignore_cleanup_errors=True) as folder:
        config = Config()
        config.HistoryManager.hist_file = ":memory:"  # nbclient's own choice
        log = logging.getLogger("planbrief.engine.kernel")
        log.propagate = False
        log.addHandler(logging.NullHandler())
        saved = _Saved()
        QuietKernel.clear_instance()
        InteractiveShell.clear_instance()
        kernel = QuietKernel.instance(
            session=session,
            iopub_socket=None,
            stdin_socket=None,
            profile_dir=ProfileDir.create_profile_dir(str(Path(folder) / "profile"), config=config),
            config=config,
            log=log,
        )
        # Cells that await are cancelled by an interrupt only in the thread to which the shell channel belongs.
        kernel.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
        kernel.start()  # takes the loop; what it announces is nobody's message
        try:
            _finish_set_up(kernel)
            with _exit_functions_of_cells():
                yield kernel
        finally:
            atexit.unregister(kernel.shell.atexit_operations)
            with contextlib.suppress(Exception):
                # Empties the cells' namespace, which closes the files that they left open.
                kernel.shell.atexit_operations()
            QuietKernel.clear_instance()
            InteractiveShell.clear_instance()
            Kernel.clear_instance()
            saved.restore()


def _finish_set_up(kernel: QuietKernel) -> None:
    """Do what ipykernel's application does after it has made a kernel."""
    shell = kernel.shell
    sys.argv = ["ipykernel_launcher.py"]
    if "" not in sys.path:
        sys.path.insert(_before_site_packages(), "")
    shell.extension_manager.load_extension("storemagic")
    if "matplotlib.pyplot" in sys.modules:
        _connect_pyplot()
    prepare()


@contextlib.contextmanager
def _exit_functions_of_cells() -> Iterator[None]:
    """Call what cells register with atexit when the notebook ends, while its folder is still the current one."""
    registered: list[partial[Any]] = []

    def register(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        registered.append(partial(function, *args, **kwargs))
        return function

    def unregister(function: Callable[..., Any]) -> None:
        registered[:] = [known for known in registered if known.func != function]
        really_unregister(function)

    really_register, really_unregister = atexit.register, atexit.unregister
    atexit.register, atexit.unregister = register, unregister  # type: ignore[assignment]
    try:
        yield
    finally:
        atexit.register, atexit.unregister = really_register, really_unregister
        while registered:
            with contextlib.suppress(BaseException):
                registered.pop()()


def _before_site_packages() -> int:
    for position, entry in enumerate(sys.path):
        if Path(entry).name in {"site-packages", "dist-packages"}:
            return position
    return 0


def _connect_pyplot() -> None:
    """Do for an already imported pyplot what importing it inside a kernel does."""
    import matplotlib.pyplot as plt
    from matplotlib.backends.registry import backend_registry

    plt.install_repl_displayhook()
    backend_registry.load_backend_module(plt.get_backend())._enable_matplotlib_integration()


class _Saved:
    """What a kernel changes in its process and can give back."""

    def __init__(self) -> None:
        self.argv, self.path, self.hook = sys.argv, list(sys.path), sys.displayhook
        self.handler = signal.getsignal(signal.SIGINT)

    def restore(self) -> None:
        sys.argv, sys.displayhook = self.argv, self.hook
        sys.path[:] = self.path
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self.handler if self.handler is not None else signal.SIG_DFL)


#: Called when a cell starts (reply None) and when it has ended: cell index, cell, kernel's reply.
CellHook = Callable[[int, NotebookNode, Message | None], None]

#: Asked before each cell of code: its index and the notebook; returns the notebook to go on with, or None.
BeforeCell = Callable[[int, NotebookNode], NotebookNode | None]

#: Turns of the loop given to background tasks between two cells.
_TURNS_BETWEEN_CELLS = 3


class CellTimeLimit(BaseException):
    """Raised inside a cell that has used up its time; not an Exception, so that few cells catch it."""


@dataclass(frozen=True)
class Limits:
    """How long things may take, in seconds; None is for ever."""

    cell: float | None = None
    report: float | None = None


class Runner:
    """Executes the cells of one notebook in this process.

    Parameters
    ----------
    nb : NotebookNode
        The notebook; outputs are written into it.
    name : str
        How messages call it.
    limits : Limits
        Time limits, per cell and for all.
    on_cell : callable, optional
        Listener to starts and ends of cells.
    before_cell : callable, optional
        See :func:`planbrief.run.engine.execution.execute`.
    """

    def __init__(
        self,
        nb: NotebookNode,
        *,
        name: str,
        limits: Limits,
        on_cell: CellHook | None = None,
        before_cell: BeforeCell | None = None,
    ) -> None:
        self.nb, self.name, self.limits = nb, name, limits
        self._before_cell = before_cell
        self._on_cell = on_cell or (lambda index, cell, reply: None)
        self._client = NotebookClient(nb, record_timing=False)
        self._client.reset_execution_trackers()
        self._client.clear_before_next_output = False
        self._front_end = SimpleNamespace(session=None, shell_channel=SimpleNamespace(send=self._keep_for_kernel))
        self._client.kc = self._front_end  # type: ignore[assignment]  # all that nbclient's widgets need of a client
        self._for_kernel: list[Message] = []
        self._lock = threading.RLock()
        self._index = 0
        self._parent: Message = {}
        self._streams: tuple[Stream, ...] = ()
        self._process = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._start_clock()

    def _start_clock(self) -> None:
        self._deadline = None if self.limits.report is None else time.monotonic() + self.limits.report

    def run(self) -> NotebookNode:
        """Execute all cells.

        Raises
        ------
        CellFailed
            A cell raised; later cells have not run.
        TimedOut
            A cell took longer than its limit, or all of them together.
        EngineUnavailable
            The kernel cannot be set up.
        """
        # An epoll object would be shared with a process forked before a cell.
        poll = self._before_cell is not None and hasattr(selectors, "PollSelector")
        loop = asyncio.SelectorEventLoop(selectors.PollSelector()) if poll else asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        self._loop = loop
        session = RecordingSession(self._receive)
        self._front_end.session = session
        try:
            with contextlib.ExitStack() as stack:
                kernel = self._set_up(stack, session)
                self.nb.metadata["language_info"] = dict(kernel.language_info)
                try:
                    loop.run_until_complete(self._run_cells(kernel))
                except CellTimeLimit:
                    raise self._timed_out() from None
                finally:
                    if self._before_cell is not None:
                        # The process answers and ends: IPython, closing down, need not search all of it for garbage.
                        gc.freeze()
                    self._end_output()
                    self._finish_notebook()
        finally:
            _close(loop)
        return self.nb

    def _set_up(self, stack: contextlib.ExitStack, session: RecordingSession) -> QuietKernel:
        try:
            self._streams = stack.enter_context(captured_output(session))
            return stack.enter_context(quiet_kernel(session))
        except Exception as problem:  # whatever a new version of ipykernel may raise; nothing has run yet
            raise EngineUnavailable(f"{type(problem).__name__}: {problem}") from problem

    async def _run_cells(self, kernel: QuietKernel) -> None:
        for index, cell in self._cells(kernel):
            if cell.cell_type != "code" or not cell.source.strip():
                self._on_cell(index, cell, None)
                continue
            if self._client.skip_cells_with_tag in cell.metadata.get("tags", []):
                continue
            await self._run_cell(kernel, index, cell)
            for _ in range(_TURNS_BETWEEN_CELLS):
                await asyncio.sleep(0)
            if kernel.shell.exit_now and any(_runs(later) for later in self.nb.cells[index + 1 :]):
                # A stock kernel dies a moment after exit(), mostly but not always before the next cell.
                raise self._failed(index, {"ename": "SystemExit", "evalue": "the cell called exit()"})

    def _cells(self, kernel: QuietKernel) -> Iterator[tuple[int, NotebookNode]]:
        """The cells in order, those of a newer notebook from where one is taken up."""
        index = 0
        while index < len(self.nb.cells):
            if self._before_cell is not None and _runs(self.nb.cells[index]):
                newer = self._before_cell(index, self.nb)
                if os.getpid() != self._process:
                    self._move_in(kernel)
                if newer is not None:
                    pairs = zip(self.nb.cells[:index], newer.cells, strict=False)
                    done = [old if old.cell_type == "code" else new for old, new in pairs]
                    self.nb.cells[:] = [*done, *newer.cells[index:]]
                    self._start_clock()
            if index < len(self.nb.cells):
                yield index, self.nb.cells[index]
            index += 1

    def _move_in(self, kernel: QuietKernel) -> None:
        """Make a process forked before a cell the one in which loop, session, streams and kernel are at home."""
        self._process = os.getpid()
        asyncio.set_event_loop(self._loop)
        asyncio._set_running_loop(self._loop)
        kernel.session.pid = self._process
        for stream in self._streams:
            stream.move_in()
        # An earlier process of this run has ended, and its kernel has taken its folder along.
        if kernel.profile_dir is not None:
            Path(kernel.profile_dir.location).mkdir(parents=True, exist_ok=True)

    async def _run_cell(self, kernel: QuietKernel, index: int, cell: NotebookNode) -> None:
        seconds = self._seconds_left()
        announce_stage(Stage("cell", *place_of(self.nb.cells, index), seconds))
        self._on_cell(index, cell, None)
        cell.outputs, cell["execution_count"] = [], None
        self._client.clear_before_next_output = False
        self._client.code_cells_executed += 1
        content = {"code": cell.source, "silent": False, "store_history": True}
        request = kernel.session.msg("execute_request", content=content)
        with self._lock:
            self._index, self._parent = index, request["header"]
        kernel.set_parent([], request, "shell")
        kernel._publish_execute_input(cell.source, request, kernel.shell.execution_count)
        with _interruptible(), _time_limit(seconds):
            reply = await kernel.do_execute(cell.source, False, True, {}, False, cell_meta={}, cell_id=cell.get("id"))
        self._end_output()
        self._answer_kernel(kernel)
        self._on_cell(index, cell, reply)
        if reply["status"] == "error":
            if reply["ename"] == CellTimeLimit.__name__:
                raise CellTimeLimit
            if "raises-exception" not in cell.metadata.get("tags", []):
                raise self._failed(index, reply)

    def _receive(self, message: Message) -> None:
        """Take a message of the running cell; those of earlier cells come too late, as with a real client."""
        with self._lock:
            if self._parent and message["parent_header"].get("msg_id") == self._parent["msg_id"]:
                self._client.process_message(message, self.nb.cells[self._index], self._index)

    def _end_output(self) -> None:
        """Flush what the running cell has written, and listen to it no more."""
        sys.stdout.flush()
        sys.stderr.flush()
        with self._lock:
            self._parent = {}

    def _finish_notebook(self) -> None:
        """Join streams, not before now: nbclient counts outputs to find those that a later cell updates."""
        for cell in self.nb.cells:
            if cell.cell_type == "code":
                cell["outputs"] = joined_streams(cell.outputs)
        self._client.set_widgets_metadata()

    def _keep_for_kernel(self, message: Message) -> None:
        self._for_kernel.append(message)

    def _answer_kernel(self, kernel: QuietKernel) -> None:
        """Deliver what nbclient, in the role of a front end, tells the widgets of this cell."""
        waiting, self._for_kernel = self._for_kernel, []
        for message in waiting:
            message["buffers"] = []
            kernel.set_parent([], message, "shell")
            with contextlib.suppress(Exception):
                kernel.comm_manager.comm_msg(None, "", message)  # type: ignore[arg-type]  # it does not look

    def _seconds_left(self) -> float | None:
        limits = [self.limits.cell] if self.limits.cell else []
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise CellTimeLimit
            limits.append(left)
        return min(limits) if limits else None

    def _failed(self, index: int, reply: Message) -> CellFailed:
        lines = reply.get("traceback", ())
        failure = failed(self.nb.cells, index, self.name, reply["ename"], reply["evalue"], lines)
        failure.executed = self.nb
        return failure

    def _timed_out(self) -> TimedOut:
        over = self._deadline is not None and time.monotonic() >= self._deadline
        seconds = self.limits.report if over else self.limits.cell
        place = "cell {}/{}".format(*place_of(self.nb.cells, self._index))
        failure = TimedOut(self.name, place, seconds or 0.0, excerpt(self.nb.cells[self._index].source))
        failure.executed = self.nb
        return failure


def _runs(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt inside the cell, as a kernel does."""
    if not _in_main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """Raise CellTimeLimit inside a cell that runs too long; one stuck in C code is for the parent to kill."""
    if seconds is None or not hasattr(signal, "setitimer") or not _in_main_thread():
        yield
        return
    owner = os.getpid()

    def expire(number: int, frame: FrameType | None) -> None:
        if os.getpid() == owner:
            raise CellTimeLimit(f"the cell may run for {seconds:g} s")

    before = signal.signal(signal.SIGALRM, expire)
    # There is one alarm clock for each process: whoever had set it for later still hears it.
    left, repeat = signal.setitimer(signal.ITIMER_REAL, seconds)
    started = time.monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - started), 0.001), repeat)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what cells left running and close the loop."""
    with contextlib.suppress(Exception, KeyboardInterrupt):
        tasks: set[asyncio.Task[Any]] = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=1))
    with contextlib.suppress(Exception):
        loop.close()
    asyncio.set_event_loop(None)
