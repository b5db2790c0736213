"""Phrases of a text → indicators of the vocabulary, by names and aliases; what is merely near is no match.

Two names are the same indicator where they differ only in ways of writing (GDP, 地区生产总值; 规模以上, 规上) or are so
close that no word of scope (规上, 人均, 城镇, 率, 新增 …) stands in one of them alone. The form must agree: a growth
rate matches the name of a growth rate, a level the name of a level, and the units measure the same thing.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from planbrief.errors import DataError, Problem
from planbrief.reading.grammar.wordlists import any_of, pattern, words
from planbrief.targets.package import read_text

#: Forms of a number that name a rate of change.
CHANGES = frozenset({"yoy", "avg_annual", "cumulative"})
#: Forms that measure change, share or place: they say nothing of the unit that their indicator has.
UNITLESS = frozenset({"rank", "contribution", "increase_multiple", "ratio_to_base", "difference_pp"})
#: A likeness at or above is a match, from the lower one on a suggestion.
MATCHED, SUGGESTED = 0.9, 0.7


@dataclass(frozen=True, slots=True)
class Match:
    """An indicator with how like its name is (0 to 1), and the name or alias that was met."""

    indicator: str
    score: float
    name: str


@dataclass(frozen=True, slots=True)
class NewIndicator:
    """A row that the vocabulary lacks: Chinese name, unit and theme, the theme a guess."""

    name_zh: str
    unit_measure: str
    theme: str


@dataclass(frozen=True, slots=True)
class _Entry:
    indicator: str
    name: str
    key: str
    growth: bool
    scopes: frozenset[str]
    dimension: str
    pairs: Counter[str]


@dataclass
class Vocabulary:
    """Indicators by their names.

    ``rows`` have indicator, name_zh and unit_measure, and may have aliases (apart by semicolons); ``units`` gives the
    dimension of each unit.
    """

    rows: Iterable[Mapping[str, str]]
    units: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._entries: list[_Entry] = []
        self._by_key: dict[tuple[str, bool], list[_Entry]] = {}
        self._by_pair: dict[str, list[int]] = {}
        for row in self.rows:
            names = [row.get("name_zh", ""), *re.split(r"[;；|]", row.get("aliases", "") or "")]
            for name in names:
                if name.strip():
                    self._add(row["indicator"], name.strip(), row.get("unit_measure", ""))

    def _add(self, indicator: str, name: str, unit: str) -> None:
        growth = is_growth(name)
        key = key_of(name)
        entry = _Entry(indicator, name, key, growth, scopes_of(name), self.dimension(unit), _pairs(key))
        for pair in entry.pairs:
            self._by_pair.setdefault(pair, []).append(len(self._entries))
        self._entries.append(entry)
        self._by_key.setdefault((entry.key, growth), []).append(entry)

    def dimension(self, unit: str) -> str:
        """What a unit measures (亿元 and 万元 the same), the unit itself where the table of units lacks it."""
        base = re.sub(r"^[十百千万亿]+(?=.)", "", unit)
        return self.units.get(unit) or self.units.get(base) or base

    def suggestions(self, phrase: str, transformation: str = "level", unit: str = "") -> list[Match]:
        """Indicators whose names come near, the likeliest first."""
        growth = transformation in CHANGES
        key, scopes, dimension = key_of(phrase), scopes_of(phrase), self.dimension(unit)
        best: dict[str, Match] = {}
        exact = self._by_key.get((key, growth), []) if key else []
        pairs = _pairs(key)
        near = [self._entries[at] for at in sorted({at for pair in pairs for at in self._by_pair.get(pair, ())})]
        for entry in exact or near:
            if entry.growth != growth or not _compatible(dimension, entry.dimension, transformation):
                continue
            score = 1.0 if entry.key == key else _likeness(pairs, entry.pairs)
            # 规上工业增加值 and 工业增加值 are nine tenths alike and two indicators: a word of scope keeps them apart.
            if entry.key != key and entry.scopes != scopes:
                score = min(score, MATCHED - 0.1)
            if score >= SUGGESTED and score > (best[entry.indicator].score if entry.indicator in best else 0):
                best[entry.indicator] = Match(entry.indicator, round(score, 3), entry.name)
        return sorted(best.values(), key=lambda match: (-match.score, match.indicator))

    def match(self, phrase: str, transformation: str = "level", unit: str = "") -> Match | None:
        """The indicator that a phrase names, None where none or more than one does.

        >>> vocabulary = Vocabulary([
        ...     {"indicator": "gdp", "name_zh": "地区生产总值", "unit_measure": "亿元"},
        ...     {"indicator": "gdp_growth", "name_zh": "地区生产总值增速", "unit_measure": "%"},
        ... ])
        >>> vocabulary.match("GDP", "level", "万亿元").indicator, vocabulary.match("地区生产总值", "yoy", "%").indicator
        ('gdp', 'gdp_growth')
        >>> vocabulary.match("人均地区生产总值", "level", "元") is None
        True
        """
        found = self.suggestions(phrase, transformation, unit)
        # Two indicators that fit equally well are none: a wrong match costs more than a missing one.
        if not found or found[0].score < MATCHED or (len(found) > 1 and found[1].score >= found[0].score):
            return None
        return found[0]


def _compatible(one: str, other: str, transformation: str) -> bool:
    if not one or not other or one == other:
        return True
    if transformation in UNITLESS:
        return True
    return {one, other} <= {"count", "people", "个", "家", "户"} and "people" not in (one, other)


def _pairs(words: str) -> Counter[str]:
    return Counter(words[at : at + 2] for at in range(len(words) - 1))


def _likeness(pairs: Counter[str], others: Counter[str]) -> float:
    """Share of the neighbouring characters that two names have in common (Dice)."""
    total = sum(pairs.values()) + sum(others.values())
    return 2 * sum((pairs & others).values()) / total if total else 0.0


def is_growth(name: str) -> bool:
    """True for the name of a rate of change.

    >>> is_growth("工业增加值增速"), is_growth("工业增加值")
    (True, False)
    """
    return bool(pattern("growth_end").search(re.sub(r"[（(].*", "", name)))


@cache
def _written_alike(key: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """A list of words in several ways of writing: a pattern for any, and the first way of each."""
    kept = {word: line.split()[0] for line in words("matching")[key] for word in line.split()}
    return re.compile(any_of(kept)), kept


def key_of(name: str) -> str:
    """A name in one way of writing, without what adds nothing.

    >>> key_of("规模以上工业增加值增速") == key_of("规上工业增加值"), key_of("全省GDP")
    (True, '地区生产总值')
    """
    alike, kept = _written_alike("same")
    key = alike.sub(lambda match: kept[match[0]], pattern("adds_nothing").sub("", name))
    shorter = pattern("name_end").sub("", key)
    return shorter if len(shorter) >= 2 else key


def scopes_of(name: str) -> frozenset[str]:
    """The words of scope in a name."""
    alike, kept = _written_alike("scopes")
    return frozenset(kept[match[0]] for match in alike.finditer(key_of(name)))


#: What a name is set against, which says nothing of its theme.
_BASES = re.compile(
    r"占[^占]+$|^每[千万亿百]?(?:人口?|元|户|亩)|(?:单位|万元|亿元|与)(?:地区|国内)?生产总值|与[^与]+之?比$"
)


def theme_of(name: str) -> str:
    """The theme that a name speaks of, a guess; empty where it says nothing.

    >>> theme_of("森林覆盖率"), theme_of("某指标")
    ('green', '')
    """
    for named in (_BASES.sub("", name), name):
        counts = {
            theme: sum(len(word) for word in line.split() if word in named)
            for theme, line in words("matching")["themes"].items()
        }
        best = max(counts, key=lambda theme: counts[theme])
        if counts[best]:
            return best
    return ""


def new_indicator(phrase: str, transformation: str, unit: str) -> NewIndicator:
    """What the vocabulary lacks, as a row to be asked for once."""
    name = phrase + ("增速" if transformation in CHANGES and not is_growth(phrase) else "")
    return NewIndicator(name, unit, theme_of(phrase))


def vocabulary_in(data: Path) -> Vocabulary:
    """The vocabulary of a project's data folder: ``indicators.csv``, standard indicators and learnt aliases beside it.

    Read as plain CSV, so that reading a document needs no table library.
    """
    rows: dict[str, dict[str, str]] = {}
    files = [data / "indicators.csv", *sorted((data / "vocabulary").glob("*indicators*.csv"))]
    for file in files:
        for row in table_of(file):
            if row.get("indicator"):
                rows.setdefault(row["indicator"], row)
    for file in [data / "indicator_aliases.csv", *sorted((data / "vocabulary").glob("*aliases*.csv"))]:
        for row in table_of(file):
            alias = row.get("alias") or row.get("name") or row.get("alias_zh") or ""
            if alias and row.get("indicator") in rows:
                one = rows[row["indicator"]]
                one["aliases"] = ";".join(filter(None, (one.get("aliases", ""), alias)))
    units = {row["unit"]: row["dimension"] for row in table_of(data / "units.csv") if row.get("unit")}
    return Vocabulary(rows.values(), units)


def table_of(file: Path) -> list[dict[str, str]]:
    """Rows of a CSV file, none where there is no such file."""
    if not file.is_file():
        return []
    text = io.StringIO(read_text(file, f"data/{file.name}").removeprefix("\ufeff"), newline="")
    try:
        return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(text)]
    except csv.Error as error:
        raise DataError([Problem(f"data/{file.name}", 0, "", str(error), "a readable CSV file")]) from None
