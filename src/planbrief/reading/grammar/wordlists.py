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


def why(cell: str, rule: str, seen: str, lang: str = "zh") -> str:
    """Words for the rule that decided a cell; ``seen`` are the words of the text that it saw.

    A rule without words gives its name, so that a reviewer sees at least that.

    >>> why("time_period", "section", "三、2026年工作安排", "en")
    'the head: 三、2026年工作安排'
    """
    name = "score" if rule.startswith("score") else rule
    table = "transformation" if cell == "obs_value" else cell
    said = words("reasons").get(table, {}).get(name)
    return str(said[lang != "zh"]).replace("{words}", seen) if said else rule


def doubt(name: str, lang: str = "zh") -> str:
    """Words for a doubt.

    >>> doubt("no_unit"), doubt("no_unit", "en")
    ('没有单位', 'no unit is printed')
    """
    said = words("reasons")["doubt"].get(name)
    return str(said[lang != "zh"]) if said else name
