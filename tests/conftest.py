"""What all tests share: tools that CI must have, the source texts, golden fragments."""

from __future__ import annotations

import os
import shutil
import signal
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
