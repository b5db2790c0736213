"""Pages on the synthetic city, and what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from targets.factory import make_dataset

from planbrief.display import open_page, state
from planbrief.display.outputs import MIME
from planbrief.display.state import Page


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Bundles that a page showed, in order."""
    found: list[dict[str, Any]] = []

    def keep(bundle: dict[str, Any], **_: Any) -> None:
        found.append(bundle)

    for module in ("page", "sentence"):
        monkeypatch.setattr(f"planbrief.display.{module}.emit", keep)
    return found


@pytest.fixture
def blocks(shown: list[dict[str, Any]]) -> Callable[[str], list[dict[str, Any]]]:
    """Blocks of a kind that the page showed."""
    return lambda kind: [bundle[MIME] for bundle in shown if bundle[MIME]["block"] == kind]


@pytest.fixture
def open_test_page(shown: list[dict[str, Any]]) -> Iterator[Callable[[str], Page]]:
    """Opens a page about Testville in a language."""
    yield lambda lang: open_page("profile", lang, make_dataset(), {"region": "testville"})
    state._current.clear()
