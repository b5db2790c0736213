"""Numbers in digits that state no quantity, and why: dates, list numbers, grades, names of policies, conditions.

Each rule is the text in front of the number, the number itself and the text behind it, on the same line of the folded
text. Rules stand in order; a number for which none fits is a quantity.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import NamedTuple

from planbrief.reading.grammar.wordlists import any_of, listed, words


class Exclusion(NamedTuple):
    """A reason of the data contract, the rule that gave it, and how much it can be trusted (0 to 1)."""

    reason: str
    rule: str
    trust: float


_YEAR = r"(?:19|20)\d\d"
#: What the patterns of the rules call by name; in front of a clock time stands no word for the parts of a whole
#: (结构由12:36:52).
_NAMED = {
    "NO_RATIO": r"^(?!.*(?:(?:结构|比例|比重|比值|之比)[^，。]{0,24}|(?:调整|优化|由|为|至)[^，。]{0,10})$)",
    "YEAR": _YEAR,
    "DASH": r"\s*[-—–~至]+\s*",
}


@cache
def _rules() -> list[tuple[str, str, float, re.Pattern[str], re.Pattern[str], re.Pattern[str]]]:
    """Reason, name, trust, and the patterns of front, number and back of each rule (``words/exclusions.toml``)."""
    named = re.compile("|".join(_NAMED))
    made = []
    for reason, rule, trust, *patterns in words("exclusions")["rules"]:
        front, own, back = (re.compile(named.sub(lambda one: _NAMED[one[0]], pattern)) for pattern in patterns)
        made.append((reason, rule, trust, front, own, back))
    return made


_QUOTED = re.compile(r"“([^“”\n]{0,24})”")
#: What a number inside quotation marks has to be part of to state a quantity all the same.
_STATED = re.compile(r"\d[\d.]*(?:%|万?亿?(?:元|亩|吨|千瓦|公里|人))|[\d.]+倍")
#: A code of sums in front of what it counts: “2+1”大品种.
_COUNTED_SUM = re.compile(r"[\d+]*”?大(?=[一-龥])")
_UNIT_AHEAD = re.compile(
    r"(?!国[家内际])\s*[余多]?(?:[十百千]?[万亿]|[十百千万亿]*(?:[%‰元个]|[余多]|"
    + any_of(listed("units", "measures"))
    + "|"
    + any_of(listed("units", "classifiers"))
    + "))"
)
_BEFORE, _AFTER = 40, 24


class Surroundings:
    """The lines and quotation marks of a folded text, looked up by position."""

    def __init__(self, text: str) -> None:
        self.text = text
        quotes = [match.span() for match in _QUOTED.finditer(text)]
        self._quote_starts = [start for start, _ in quotes]
        self._quote_ends = [end for _, end in quotes]

    def quote(self, position: int) -> tuple[int, int] | None:
        """Start and end of the quotation marks around a position, None outside."""
        index = bisect_right(self._quote_starts, position) - 1
        if index >= 0 and position < self._quote_ends[index]:
            return self._quote_starts[index], self._quote_ends[index]
        return None

    def around(self, start: int, end: int) -> tuple[str, str]:
        """The text of the same line in front of and behind a span, bounded."""
        first = self.text.rfind("\n", max(0, start - _BEFORE), start)
        front = self.text[first + 1 : start] if first >= 0 else self.text[max(0, start - _BEFORE) : start]
        if first < 0 and start > _BEFORE:
            front = "…" + front
        last = self.text.find("\n", end, end + _AFTER)
        return front, self.text[end : last if last >= 0 else end + _AFTER]


def exclusion(surroundings: Surroundings, start: int, end: int) -> Exclusion | None:
    """Why a number in digits states no quantity; None where nothing says so.

    >>> def of(text, start, end): return exclusion(Surroundings(text), start, end)
    >>> of("到2026年达到750亿元", 1, 5).reason, of("到2026年达到750亿元", 8, 11)
    ('date', None)
    >>> of("推进“1+5”联盟", 3, 4).reason, of("满3岁儿童", 1, 2).reason, of("国家5G工厂", 2, 3).reason
    ('policy_code', 'other', 'product_or_grade_code')
    """
    if surroundings.text[max(0, start - 4) : start].rstrip(" \n_").endswith("PM"):
        return Exclusion("product_or_grade_code", "particles", 0.99)
    front, back = surroundings.around(start, end)
    own = surroundings.text[start:end]
    for reason, rule, trust, before, self_pattern, after in _rules():
        if (not self_pattern.pattern or self_pattern.fullmatch(own)) and after.match(back) and before.search(front):
            if rule == "bare" and _UNIT_AHEAD.match(back):
                continue
            if rule == "sum" and _COUNTED_SUM.match(back):
                trust = 0.7
            return Exclusion(reason, rule, trust)
    if (quote := surroundings.quote(start)) is not None:
        inside = surroundings.text[quote[0] + 1 : quote[1] - 1]
        if not _STATED.search(inside) and not re.search(r"\d+[桥隧纵横]", inside):
            if re.fullmatch(r"\d{4}", own) and re.match("(?:19|20)", own) and inside.startswith(own):
                return Exclusion("product_or_grade_code", "quoted_year", 0.7)
            counted = re.match(r"\d+”?[个项条件]", surroundings.text[start : start + 8])
            return Exclusion("policy_code", "quoted", 0.7 if counted else 0.85)
    if re.fullmatch(_YEAR, own) and not _UNIT_AHEAD.match(back):
        return Exclusion("date", "bare_year", 0.6)
    return None
