"""The words for why a cell says what it says, and for what speaks against being sure, in Chinese and English."""

from __future__ import annotations

from planbrief.reading.grammar.wordlists import words


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
