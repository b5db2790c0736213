"""What ``import planbrief as pb`` offers is documented, typed, shown by an example, and stands in the guide."""

from __future__ import annotations

import inspect

import pytest

import planbrief as pb

NAMES = [name for name in pb.__all__ if not name.startswith("__")]
METHODS = [
    (kind, name)
    for kind in (pb.Data, pb.Report)
    for name, _ in inspect.getmembers(kind, inspect.isfunction)
    if not name.startswith("_")
]


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_words_and_an_example(name):
    """A docstring with an example, which runs with the doctests of the suite."""
    text = inspect.getdoc(getattr(pb, name)) or ""
    assert len(text) > 40
    assert ">>>" in text


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_a_public_method_has_words_types_and_an_example(kind, name):
    """Of the data and of the page."""
    method = getattr(kind, name)
    assert ">>>" in (inspect.getdoc(method) or "")
    assert method.__annotations__.keys() >= {*list(inspect.signature(method).parameters)[1:], "return"}


@pytest.mark.parametrize("name", [name for name in NAMES if inspect.isfunction(getattr(pb, name))])
def test_a_public_function_is_typed(name):
    """Every parameter and what it gives."""
    function = getattr(pb, name)
    assert function.__annotations__.keys() >= {*inspect.signature(function).parameters, "return"}


def test_dir_shows_the_names_and_nothing_else():
    """What TAB shows is what is meant."""
    assert set(dir(pb)) == set(pb.__all__)
