"""One edition of the shipped project, built once for all tests that read its pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from e2e.edition import Edition, build
from render.conftest import ARGUMENTS


@pytest.fixture(scope="session")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """Every report of the shipped project in both languages and both formats; ``EDITION`` names one that is there."""
    if there := os.environ.get("EDITION"):
        return Edition(Path(there))
    return build(tmp_path_factory.mktemp("edition") / "latest")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """Debian's Chromium through playwright, one for all pages of a module: a process can have one at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield running
        running.close()
