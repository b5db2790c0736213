"""Word lists of the grammar, kept as data beside it (``words/*.toml``)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def words(name: str) -> dict[str, Any]:
    """The word list of a name, read once."""
    return tomllib.loads(
        files("planbrief.reading.grammar").joinpath("words", f"{name}.toml").read_text(encoding="utf-8")
    )


def listed(name: str, key: str) -> list[str]:
    """One list of words; a string in it may hold several words apart by blanks.

    >>> "公里" in listed("units", "measures")
    True
    """
    return [word for line in words(name)[key] for word in line.split()]


def any_of(choices: Iterable[str]) -> str:
    """A pattern for any of some words, the longest first.

    >>> any_of(["人", "人次"])
    '(?:人次|人)'
    """
    return "(?:" + "|".join(re.escape(word) for word in sorted(set(choices), key=len, reverse=True)) + ")"


@cache
def alternatives(name: str, key: str) -> str:
    """A pattern for any of a list's fragments, which are patterns themselves.

    >>> alternatives("kinds", "granted").startswith("(?:安排|发放|")
    True
    """
    return "(?:" + "|".join(listed(name, key)) + ")"
