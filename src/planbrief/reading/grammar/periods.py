"""Periods as the texts name them, from the date of publication: 去年, 前三季度, “十四五”, 到2030年, 1—11月, 五年来."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ORDINALS = "一二三四五六七八九"
_DASH = r"\s*(?:—{1,2}|-|–|~|至|到)\s*"

#: Names of patterns and what they mean; the first that fits at a place wins.
_PATTERN = re.compile(
    r"(?P<plan>[“\"]?十(?P<plan_n>[一二三四五六七八九])五[”\"]?(?P<plan_end>末|期末|收官)?)"
    r"|(?P<range>(?<!\d)(?P<from>(?:19|20)\d\d)年?" + _DASH + r"(?P<to>(?:19|20)\d\d)年?(?!\d))"
    r"|(?P<months>(?:(?P<ym>(?:19|20)\d\d)年|(?P<mrel>今年|去年|本年))?(?P<m1>\d{1,2})月?"
    + _DASH
    + r"(?P<m2>\d{1,2})月(?!\d))"
    r"|(?P<date>(?<!\d)(?P<y>(?:19|20)\d\d)年(?:末|底|初)?(?:(?P<m>\d{1,2})月(?:份|末|底)?(?:(?P<d>\d{1,2})日)?"
    r"|(?P<h>上半年|下半年)|前(?P<q3>[二两三])季度|(?P<q>[一二三四])季度|第(?P<q2>[一二三四])季度)?)"
    r"|(?P<pastn>(?:过去|这|近|最近|前|上个?)(?:的)?(?P<pn>[二两三四五六七八九十])年(?!规划|行动|计划)(?:来|间|里)?|"
    r"(?P<pn2>[二两三四五六七八九十])年(?:以)?来|(?P<pn3>五)年间|(?P<pn4>[二三四五])年(?=新[设增建]|累计|共[建完投新]|净增)|(?<![奋这来去斗])五年(?=累计|年均|分别)|本届政府)"
    r"|(?P<nextn>(?:今后|未来|接下来)(?:的)?(?P<nn>[三五十])年|下一个五年)"
    r"|(?P<last>(?:刚刚)?过去(?:的)?一年|去年|上年(?!度?末|同)|一年来|这一年)"
    r"|(?P<whole>全年(?!目标|力争|预期|无休|经济社会))|(?P<this>今年|本年度?|年内|(?<=到)年底|年底前|新的一年|全年(?=目标|力争|预期))"
    r"|(?P<half>上半年|下半年)|前(?P<front>[二两三])季度|(?P<quarter>[一二三四])季度"
    r"|(?P<year2>(?<!\d)(?P<y2>(?:19|20)\d\d)(?=[年—\-－]|$|末|底))"
    r"|(?P<day>(?<![\d年])(?P<dm>\d{1,2})月(?P<dd>\d{1,2})日)"
    r"|(?P<monthly>(?<![\d年—\-])(?P<mon>\d{1,2})月(?:份|末|底)(?!\d))"
    r"|(?P<now>目前|截至目前|当前|现有)"
)


#: Words in front of a month that is still to come: 预计6月底投产.
_AHEAD = re.compile(r"预计|计划|拟|将|力争|到|确保")


@dataclass(frozen=True, slots=True)
class Period:
    """A period with the words that named it.

    ``code`` is the form of the data (2025, 2025-H1, 2021/2025, 2025-01/2025-09); ``first`` and ``last`` are its years.
    ``role`` is ``plan`` for a five-year plan, ``stretch`` for other stretches of years, ``end`` for 到2030年 and 末,
    else ``point`` or ``now`` (目前: the month of publication), ``day`` for 9月5日
    without a year.
    """

    start: int
    end: int
    code: str
    first: int
    last: int
    role: str
    words: str


def periods(text: str, year: int, current: int = 0, month: int = 0) -> Iterator[Period]:
    """The periods that a stretch of text names.

    ``year`` and ``month`` are those of publication (0: relative words say nothing); ``current`` is the year that a bare
    1—11月 or 上半年 belongs to where no year stands before it (default: `year`).

    >>> [p.code for p in periods("1—11月，过去五年，去年前三季度，到2030年，“十五五”期间", 2026, 2025)]
    ['2025-01/2025-11', '2021/2025', '2025', '2025-01/2025-09', '2030', '2026/2030']
    """
    current = current or year
    for match in _PATTERN.finditer(text):
        found = _read(match, year, current, month)
        if found is None:
            continue
        if found.role != "plan" and found.first == found.last:
            current = found.first
        before = text[max(0, match.start() - 3) : match.start()]
        role = found.role
        if role == "point" and re.search(r"[到至]$|[到至]“?$", before):
            role = "end"
        yield Period(match.start(), match.end(), found.code, found.first, found.last, role, match[0])


@dataclass(frozen=True, slots=True)
class _Found:
    code: str
    first: int
    last: int
    role: str = "point"


def _read(match: re.Match[str], year: int, current: int, month: int) -> _Found | None:
    group = match.groupdict()
    if group["plan"]:
        first = 2006 + 5 * _ORDINALS.index(group["plan_n"])
        if group["plan_end"]:
            return _Found(str(first + 4), first + 4, first + 4, "end")
        return _Found(f"{first}/{first + 4}", first, first + 4, "plan")
    if group["range"]:
        first, last = int(group["from"]), int(group["to"])
        return _Found(f"{first}/{last}", first, last, "stretch") if first < last else None
    if group["date"]:
        return _dated(group)
    if group["year2"]:
        one = int(group["y2"])
        return _Found(str(one), one, one)
    if group["now"]:
        return _Found(f"{year}-{month:02d}", year, year, "now") if year and month else None
    if not year:
        return None
    if group["day"]:
        named = int(group["dm"])
        past = year - 1 if month and named > month else year
        return _Found(f"{past}-{named:02d}", past, past, "day") if 1 <= named <= 12 else None
    if group["monthly"]:
        named = int(group["mon"])
        ahead = _AHEAD.search(match.string, max(0, match.start() - 8), match.start())
        past = current - 1 if month and current == year and named > month and not ahead else current
        return _Found(f"{past}-{named:02d}", past, past) if 1 <= named <= 12 else None
    if group["months"]:
        one = int(group["ym"]) if group["ym"] else year - 1 if group["mrel"] == "去年" else current
        first_month, last_month = int(group["m1"]), int(group["m2"])
        if not 1 <= first_month < last_month <= 12:
            return None
        return _Found(f"{one}-{first_month:02d}/{one}-{last_month:02d}", one, one)
    if group["pastn"]:
        count = _count(group["pn"] or group["pn2"] or group["pn3"] or group["pn4"] or "五")
        last = year - 1
        if count == 5:
            last -= last % 5 if last % 5 < 2 and year % 5 > 2 else 0
        return _Found(f"{last - count + 1}/{last}", last - count + 1, last, "stretch")
    if group["nextn"]:
        count = _count(group["nn"] or "五")
        first = year if count == 5 and year % 5 == 1 else year + 1
        return _Found(f"{first}/{first + count - 1}", first, first + count - 1, "stretch")
    if group["last"]:
        return _Found(str(year - 1), year - 1, year - 1)
    if group["whole"]:
        return _Found(str(current), current, current)
    if group["this"]:
        return _Found(str(year), year, year)
    if group["half"]:
        return _Found(f"{current}-H{1 if group['half'][0] == '上' else 2}", current, current)
    if group["front"]:
        return _Found(_first_quarters(current, group["front"]), current, current)
    if group["quarter"]:
        return _Found(f"{current}-Q{' 一二三四'.index(group['quarter'])}", current, current)
    return None


def _dated(group: dict[str, str | None]) -> _Found:
    one = int(group["y"] or 0)
    if group["m"] and 1 <= int(group["m"]) <= 12:
        return _Found(f"{one}-{int(group['m']):02d}", one, one)
    if group["h"]:
        return _Found(f"{one}-H{1 if group['h'][0] == '上' else 2}", one, one)
    if group["q3"]:
        return _Found(_first_quarters(one, group["q3"]), one, one)
    if quarter := group["q"] or group["q2"]:
        return _Found(f"{one}-Q{' 一二三四'.index(quarter)}", one, one)
    return _Found(str(one), one, one)


def _first_quarters(year: int, count: str) -> str:
    return f"{year}-H1" if count in "二两" else f"{year}-01/{year}-09"


def _count(words: str) -> int:
    return " 一二三四五六七八九十".index("二" if words == "两" else words)
