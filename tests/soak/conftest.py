"""The soak runs when it is asked for by name (``make soak``, ``pytest tests/soak``), never along with all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from deliver.conftest import inbox, mail_server  # noqa: F401  # fixtures


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the folder out unless one of the arguments names it."""
    asked = any("soak" in str(argument) for argument in config.args)
    return None if asked else True
