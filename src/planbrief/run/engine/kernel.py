"""IPython's own kernel, set up in this process without sockets, threads or files in the user's home."""

from __future__ import annotations

import atexit
import contextlib
import logging
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel.compiler import XCachingCompiler
from ipykernel.eventloops import enable_gui
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelbase import Kernel
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from tornado.ioloop import IOLoop
from traitlets import Instance, Type, observe
from traitlets.config import Config

from planbrief.display.plots import prepare
from planbrief.run.engine.session import RecordingSession


class _CellCompiler(XCachingCompiler):
    """Cells are files with a name of their own that holds no process number."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        """Return the file name shown in warnings for the cell with this number."""
        return f"/ipykernel_0/{number}.py"


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
    io_loop: IOLoop


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
        kernel.io_loop = IOLoop.current()
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
    from matplotlib_inline import backend_inline

    plt.install_repl_displayhook()
    backend_inline._enable_matplotlib_integration()


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
