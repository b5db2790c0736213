"""Every command under sixteen hostile environments: one message, the right exit code, nothing left behind.

Where the environment does not matter to a command, its answer is that of a friendly one. Disks that are full and
folders of other users are mounts that a command's own process makes for itself alone: nothing of the machine changes.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import gc
import importlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from conftest import missing
from filelock import FileLock
from publish.building.conftest import CATALOG, CELLS, write_notebook

from planbrief.commands import cli
from planbrief.commands.cli import main
from planbrief.commands.new import lay_out
from planbrief.publish.output_folder import FolderLock
from planbrief.publish.state import state_folder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("environments")]

SCHEDULE = """
[smtp]
host = "127.0.0.1"
port = 9
security = "none"
from = "a@example.org"
timeout = 0.5
[[jobs]]
name = "w"
cron = "0 8 * * mon"
build = ["small-qijiang"]
[[jobs.deliver]]
to = ["a@example.org"]
attach = ""
"""
BUILD = ("build", "small-qijiang", "--lang", "zh", "--to", "html")
#: Every verb, with words under which it ends by itself; those that wait for a browser are ended by a signal.
COMMANDS: dict[str, tuple[str, ...]] = {
    "list": ("list",), "areas": ("list", "areas", "--json"), "check": ("check",), "lineage": ("lineage", "0"),
    "editions": ("editions",), "verify-edition": ("verify-edition", "reports/latest"),
    "restore": ("restore", "2020-01-01-x"),
    "diff": ("diff", "reports/latest", "reports/latest"), "status": ("status",), "deliver-list": ("deliver", "--list"),
    "deliver-dry": ("deliver", "--dry-run", "dry"), "show": ("schedule", "show"), "due": ("schedule", "due"),
    "install": ("schedule", "install", "--cron"), "xlsx": ("export", "--to", "xlsx", "--out", "x.xlsx"),
    "datapackage": ("export", "--to", "datapackage", "--out", "x.zip"), "init": ("init", "fresh"),
    "new": ("new", "mine", "--area", "bazhong"), "nb": ("nb", "clean"), "completion": ("completion", "bash"),
    "locate": ("locate", "text.txt"), "read": ("read", "text.txt", "--area", "巴中", "--published", "2025-01-01"),
    "verify": ("verify", "--sources", "."), "migrate": ("migrate",), "guide": ("guide",),
    "review": ("review", "nothing"),
    "accept": ("accept", "nothing"), "add": ("add", "--area", "x", "--indicator", "x", "--period", "x", "--value", "x",
        "--unit", "x", "--source", "x", "--published", "x", "--locator", "x"),
    "preview": ("preview", "small-qijiang", "--no-browser"), "log": (*BUILD, "--explain", "--log", "log.jsonl"),
    "build": (*BUILD, "--force"), "help": ("--help",), "nothing": (), "run": ("schedule", "run"),
}  # fmt: skip
#: Need not end by themselves.
SERVING = ("preview", "run")
NOBODY = 65534


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a small catalog, a schedule and one edition."""
    root = lay_out(tmp_path_factory.mktemp("base") / "project")
    for path in (root / "notebooks").glob("*.ipynb"):
        path.unlink()
    write_notebook(root / "notebooks" / "small.ipynb", CELLS)
    (root / "reports" / "catalog.toml").write_text(CATALOG, encoding="utf-8")
    (root / "reports" / "schedule.toml").write_text(SCHEDULE, encoding="utf-8")
    (root / "text.txt").write_text("2025年全市地区生产总值1234.5亿元。\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "planbrief", *BUILD], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return root


def whole(end: int) -> bytes:
    """Everything that comes out of a pipe."""
    with os.fdopen(end, "rb") as stream:
        return stream.read()


class Place:
    """A copy of the project, a folder for temporary files, and how commands are started there."""

    def __init__(self, base: Path, folder: Path) -> None:
        self.root = Path(shutil.copytree(base, folder / "project", symlinks=True))
        self.scratch = folder / "tmp"
        self.scratch.mkdir()
        self.environment = {**os.environ, "TMPDIR": str(self.scratch), "PYTHONDONTWRITEBYTECODE": "1"}
        self.before: Callable[[], object] = lambda: None
        #: Called in the child of a fork while it is still root.
        self.as_root: Callable[[], object] = lambda: None
        self.user = 0
        #: Whether the command needs an interpreter of its own.
        self.fresh = False
        #: Commands whose exit code may be another than in a friendly environment; all of them if it is None.
        self.changed: tuple[str, ...] | None = ()

    def run(self, name: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command."""
        words = list(COMMANDS[name])
        pipes = [os.pipe() for _ in range(2)]
        if self.fresh:
            process = subprocess.Popen(
                [sys.executable, "-m", "planbrief", *words], cwd=self.root, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=pipes[0][1], stderr=pipes[1][1], preexec_fn=self.before,
            )  # fmt: skip
            pid = process.pid
        else:
            pid = os.fork()
            if pid == 0:
                self._become(words, pipes)
        with concurrent.futures.ThreadPoolExecutor(2) as readers:
            for _, writing in pipes:
                os.close(writing)
            texts = [readers.submit(whole, reading) for reading, _ in pipes]
            if name in SERVING:
                time.sleep(1.5)
                os.kill(pid, signal.SIGTERM)
            try:
                out, err = (text.result(240).decode("utf-8", "replace") for text in texts)
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                pytest.fail(f"{name} does not end")
        code = process.wait(60) if self.fresh else os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        ended = name in SERVING and code in (130, -signal.SIGTERM)  # before it served
        return 0 if ended else code, out, err

    def _become(self, words: list[str], pipes: list[tuple[int, int]]) -> NoReturn:
        """Be the command: a forked process has everything imported and begins at once."""
        code = 99
        try:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, (_, writing) in enumerate(pipes, start=1):
                os.dup2(writing, number)
            os.closerange(3, 200)
            gc.callbacks.clear()  # a library's of the tests: what a signal raises in them is lost
            sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "w" if n else "r", encoding="utf-8") for n in range(3))
            os.environ.clear()
            os.environ.update(self.environment)
            tempfile.tempdir = None
            self.as_root()
            os.chdir(self.root)
            if self.user:
                os.setgroups([])
                os.setgid(self.user)
                os.setuid(self.user)
            self.before()
            try:
                code = main(words)
            except SystemExit as end:
                code = int(end.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            os._exit(code)


MS_BIND, MS_REC, MS_PRIVATE, CLONE_NEWNS = 4096, 16384, 1 << 18, 0x20000
_LIBC = ctypes.CDLL(None, use_errno=True)


def own_mounts() -> None:
    """From here on what this process mounts is seen by it and its children alone."""
    if _LIBC.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "no mounts of one's own")
    mount("none", "/", "", MS_REC | MS_PRIVATE)


def mount(source: Path | str, target: Path | str, kind: str, flags: int, options: str = "") -> None:
    """mount(2)."""
    words = [os.fsencode(word) for word in (source, target, kind)]
    if _LIBC.mount(*words, ctypes.c_ulong(flags), options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"cannot mount on {target}")


def open_for_all(folder: Path) -> None:
    """Let everybody pass to this folder, this Python and this package, where the folders on the way are closed.

    Over the outermost closed folder lies an empty one that is open, and in it at their own paths what must be reached.
    """
    own_mounts()
    needed: dict[Path, list[Path]] = {}
    for place in {folder, Path(sys.base_prefix), Path(sys.prefix), Path(cli.__file__).parents[2]}:
        closed = [path for path in place.resolve().parents if path.stat().st_mode & 0o005 != 0o005]
        if closed:
            needed.setdefault(closed[-1], []).append(place.resolve())
    for outermost, places in needed.items():
        stashed = Path(tempfile.mkdtemp(dir=Path(outermost.anchor)))
        mount("tmpfs", stashed, "tmpfs", 0)
        for number, place in enumerate(places):
            (stashed / str(number)).mkdir()
            mount(place, stashed / str(number), "", MS_BIND | MS_REC)
        mount("tmpfs", outermost, "tmpfs", 0, "mode=755")
        for number, place in enumerate(places):
            place.mkdir(parents=True, exist_ok=True)
            mount(stashed / str(number), place, "", MS_BIND | MS_REC)


def posix_locale(place: Place) -> None:
    place.fresh = True
    place.environment |= {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def other_encodings(place: Place) -> None:
    place.fresh = True
    place.environment |= {
        "PYTHONIOENCODING": "ascii:strict",
        "LANG": "xx_YY.latin1",
        "TERM": "",
        "COLUMNS": "0",
        "TZ": "Nowhere/X",
    }


def no_home(place: Place) -> None:
    for name in ("HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "PATH"):
        place.environment.pop(name, None)
    place.environment |= {"HOME": "/nonexistent/home", "MPLCONFIGDIR": "/proc/none", "IPYTHONDIR": "/proc/none"}


def no_temporary_folder(place: Place) -> None:
    place.environment |= {"TMPDIR": "/nonexistent/tmp", "TMP": "relative/tmp", "TEMP": "/dev/null"}


def closed_descriptors(place: Place) -> None:
    def close() -> None:
        sys.stdin = sys.stderr = None  # type: ignore[assignment]
        for number in (0, 2):
            with contextlib.suppress(OSError):  # closed with the stream already
                os.close(number)

    place.before = close


def small_files(place: Place) -> None:
    place.before = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
    place.changed = None


def few_descriptors(place: Place) -> None:
    place.before = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
    place.changed = None


def little_memory(place: Place) -> None:
    """Enough for Python, not for what a report is made with."""
    place.fresh = True
    place.before = lambda: resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))
    place.changed = None


def folder_gone(place: Place) -> None:
    """The working directory was removed; the project is named by its variable."""
    place.environment["PLANBRIEF_PROJECT"] = str(place.root)

    def remove() -> None:
        os.chdir(tempfile.mkdtemp(dir=place.root.parent))
        os.rmdir(os.getcwd())

    place.before = remove
    place.changed = None


def full_output(place: Place) -> None:
    def redirect() -> None:
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)

    place.before = redirect
    place.changed = None


def full_disk(place: Place) -> None:
    """The project and the temporary files lie on a disk without a free byte."""
    kept = place.root.parent / "kept"
    kept.mkdir()

    def fill() -> None:
        own_mounts()
        mount(place.root, kept, "", MS_BIND)
        mount("tmpfs", place.root, "tmpfs", 0, "size=24m")
        shutil.copytree(kept, place.root, symlinks=True, dirs_exist_ok=True)
        scratch = place.root / "tmp"
        scratch.mkdir()
        os.environ["TMPDIR"] = str(scratch)
        with contextlib.suppress(OSError), open(place.root / "ballast", "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    place.as_root = fill
    place.changed = None


def read_only(place: Place) -> None:
    another_user(place)
    for path in (place.root, *place.root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def another_user(place: Place) -> None:
    """Somebody else's project: to be read, not to be written."""
    for path in (place.root.parent, place.scratch, place.root):
        path.chmod(0o755)
    os.chown(place.scratch, NOBODY, NOBODY)
    place.user = NOBODY
    place.as_root = lambda: open_for_all(place.root.parent)
    place.changed = None


def two_users(place: Place) -> None:
    """A shared folder in which each may write; the state was left by another one, readable by him alone."""
    another_user(place)
    for path in (place.root, *place.root.rglob("*")):
        if ".planbrief" not in str(path):
            path.chmod(0o777 if path.is_dir() else 0o666)
    state = state_folder(place.root / "reports" / "latest")
    for path in (state, *state.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def clock_set_back(place: Place) -> None:
    """Everything was written in ten years' time."""
    later = time.time() + 10 * 365 * 86400
    for path in (place.root, *place.root.rglob("*")):
        os.utime(path, (later, later))


def folder_in_use(place: Place) -> None:
    place.changed = ("build", "log", "due", "restore", "deliver-dry")


ENVIRONMENTS = {
    found.__name__: found
    for found in (
        posix_locale, other_encodings, no_home, no_temporary_folder, closed_descriptors, full_output, small_files,
        few_descriptors, little_memory, full_disk, folder_gone, read_only, another_user, two_users, clock_set_back,
        folder_in_use,
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def friendly(base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What each command ends with where nothing is wrong."""
    for _help, _options, where in cli.COMMANDS.values():
        importlib.import_module(where.partition(":")[0])
    place = Place(base, tmp_path_factory.mktemp("friendly"))
    codes = {}
    for name in COMMANDS:
        codes[name], _, said = place.run(name)
        assert codes[name] in (0, 1, 2), (name, said)
    return codes


def test_every_verb_is_among_the_commands() -> None:
    """A verb that is new is tried under all environments, too."""
    assert {words[0] for words in COMMANDS.values() if words} >= set(cli.COMMANDS)
    assert len(ENVIRONMENTS) >= 12


#: What some command must say for an environment to have been there at all.
SAID = {
    "full_output": "the output cannot be written", "small_files": "File too large",
    "few_descriptors": "may open 12 files",
    "little_memory": "not enough memory", "full_disk": "No space left", "folder_gone": "working directory is gone",
    "read_only": "Permission denied|cannot be written", "another_user": "Permission denied|cannot be written",
    "two_users": "Permission denied", "folder_in_use": "being built by",
}  # fmt: skip
#: What only root can do: be somebody else, and mount.
AS_ROOT = ("full_disk", "read_only", "another_user", "two_users")


def mounts() -> bool:
    """Whether this user can mount for himself."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            own_mounts()
            os._exit(0)
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@contextlib.contextmanager
def prepared(name: str, base: Path, folder: Path) -> Iterator[Place]:
    """The environment, with what must be undone afterwards."""
    if name in AS_ROOT and os.geteuid() != 0:
        pytest.skip("only root can be somebody else, and mount")
    if name in AS_ROOT and not mounts():
        missing("the right to mount")
    place = Place(base, folder)
    ENVIRONMENTS[name](place)
    if name == "folder_in_use":
        state = state_folder(place.root / "reports" / "latest")
        # A record lock, as a build takes it; the lock of a whole file that filelock takes is another one to Linux.
        building = FolderLock(state, place.root / "reports" / "latest")
        building.acquire()
        try:
            with FileLock(state / "schedule" / "round.lock"):
                yield place
        finally:
            building.release()
    else:
        yield place


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_command(name: str, base: Path, friendly: dict[str, int], tmp_path: Path) -> None:
    """No traceback, no internal error, at most one message, the same exit code where nothing stands in the way."""
    wrong, heard = [], ""
    with prepared(name, base, tmp_path) as place:
        for command, expected in friendly.items():
            code, out, err = place.run(command)
            said = err.strip()
            heard += out + err
            if code not in (0, 1, 2) or re.search("Traceback|internal error|Exception ignored|Fatal Python", out + err):
                wrong.append(f"{command}: {code} {said[-600:]}")
            elif place.changed is not None and command not in place.changed and code != expected:
                wrong.append(f"{command}: {code}, not {expected}: {said[-600:]}")
            elif code and not said and not out.strip() and name != "closed_descriptors":
                wrong.append(f"{command}: {code} without a word")
            elif sum(line.startswith("planbrief: ") for line in said.splitlines()) > 1:
                wrong.append(f"{command}: more than one message: {said[-600:]}")
        left = [
            path.name for path in place.scratch.iterdir() if path.name.startswith(("planbrief", ".planbrief", "tmp"))
        ]
    assert not wrong, "\n".join(wrong)
    assert left == []
    assert re.search(SAID.get(name, ""), heard), f"{name} was not there: nobody said {SAID[name]!r}"
