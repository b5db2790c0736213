"""What all tests share: tools that CI must have, the source texts, golden fragments."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Whoever starts the tests in the background of a shell takes Ctrl-C from them and from the commands they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write golden fragments anew instead of comparing")


def missing(what: str) -> None:
    """Skip on a person's machine, fail in CI, where nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves environment, working directory, Ctrl-C or a warning filter changed, and undo it.

    Whatever a test sets, the next one would run with: the suite would be green only in its order.
    """
    environment, folder, filters, modules = dict(os.environ), os.getcwd(), list(warnings.filters), len(sys.modules)
    interrupted = signal.getsignal(signal.SIGINT)
    yield
    now = dict(os.environ)
    changed = {
        name
        for name in environment.keys() | now.keys()
        if environment.get(name) != now.get(name) and name != "PYTEST_CURRENT_TEST"
    }
    left = [f"environment: {', '.join(sorted(changed))}"] if changed else []
    try:
        moved = os.getcwd() != folder
    except FileNotFoundError:
        moved = True
    left += ["working directory"] if moved else []
    # A kernel ignores Ctrl-C while it runs; commands that a later test starts and interrupts would ignore it, too.
    left += ["Ctrl-C ignored"] if signal.getsignal(signal.SIGINT) is signal.SIG_IGN else []
    signal.signal(signal.SIGINT, interrupted)
    # A library sets filters when it is first imported; pytest takes those back by itself.
    left += ["warning filters"] if warnings.filters != filters and len(sys.modules) == modules else []
    for name in changed:
        os.environ.pop(name, None)
        if name in environment:
            os.environ[name] = environment[name]
    if moved:
        os.chdir(folder)
    if left:
        pytest.fail(f"the test left changed: {'; '.join(left)}")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def sources_dir() -> Path:
    """The folder of the source texts, which are not in the repository."""
    folder = Path(os.environ.get("PLANBRIEF_SOURCES", ROOT.parent / "shared" / "sources"))
    if not folder.is_dir():
        missing("the folder of source texts (PLANBRIEF_SOURCES)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        missing("chromium")
    return str(path)


class Golden:
    """Compares text with a file under ``golden`` beside the test; writes it only on request."""

    def __init__(self, folder: Path, write: bool) -> None:
        self.folder, self.write = folder, write

    def check(self, name: str, text: str) -> None:
        """Fail unless `text` equals the golden file `name`; a missing file fails too."""
        path = self.folder / name
        if self.write:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.is_file():
            pytest.fail(f"{path.relative_to(ROOT)} is missing; `make golden` writes it, then read it")
        assert text == path.read_text(encoding="utf-8")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Golden fragments beside the test that asks."""
    return Golden(request.path.parent / "golden", request.config.getoption("--golden"))
