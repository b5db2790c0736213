"""Numbers of a text, their units and bounds: digit tokens, and numerals in characters that state a quantity.

A digit token is what ``planbrief verify`` counts: digits with thousands separators and a fraction. Numerals in
characters are taken only in constructions that state how many, how often or which place; an ordinal in a name (第三
次普查), a set phrase (千方百计, 一带一路) and a slogan in quotation marks are not.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from planbrief.reading.grammar.wordlists import any_of, expanded, listed, pattern, words
from planbrief.targets.wording import TOKEN

_DIGITS = dict(zip("零〇一二三四五六七八九两", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2), strict=True))
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_N, _SMALL = words("patterns")["num"], words("patterns")["small"]
MEASURES = frozenset(listed("units", "measures"))
CLASSIFIERS = frozenset(listed("units", "classifiers"))
#: Counting words that a noun follows (个, 项); 区, 县, 层 name the thing themselves.
_COUNTERS = any_of("个 项 条 家 座 处 类 种 张 支 所 场 件 户 名 届 批 款 部 艘 架 列 辆 台 只 大".split())


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as printed, with positions in the folded text.

    ``form`` is ``digits`` or what a numeral in characters states: ``rank``, ``multiple`` (三倍), ``doubling`` (翻一番),
    ``tenth`` (三成), ``percent`` (百分之五, 四分之一, 过半), ``size`` (千亿级), ``count``, ``scheme``
    (三区三线). ``scale`` holds multipliers that are part of
    the numeral but belong to its unit (the 亿 of 千亿级).
    """

    start: int
    end: int
    text: str
    value: Decimal
    form: str = "digits"
    upper: Decimal | None = None
    scale: str = ""


def number(text: str) -> Decimal:
    """The value of digits or of a Chinese numeral.

    >>> number("1,250.5"), number("二十六"), number("两千三百")
    (Decimal('1250.5'), Decimal('26'), Decimal('2300'))
    """
    if text[:1].isdigit():
        return Decimal(text.replace(",", ""))
    total = section = digit = 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif (scale := _SCALES.get(character, 0)) >= 10**4:
            total = (total + section + digit or 1) * scale
            section = digit = 0
        elif scale:
            section += (digit or 1) * scale
            digit = 0
    return Decimal(total + section + digit)


@cache
def _forms() -> list[tuple[str, re.Pattern[str]]]:
    """What a numeral states, and the pattern of each construction (``words/numerals.toml``)."""
    return [(form, re.compile(expanded(made))) for form, made in words("numerals")["forms"]]


#: Behind a number in digits that states a size class: 2000亿级.
_CLASS_OF_DIGITS = re.compile(r"[千百]?(?:万亿|亿|万)元?级(?![别联])")


def numerals(text: str) -> Iterator[Numeral]:
    """The numbers of a folded text in order; all in digits, those in characters where they state something."""
    # Set phrases (千方百计, 一带一路) block what looks like a numeral in them; among constructions the first of
    # words/numerals.toml that claims a character has it, so a new way of writing a number is taught there.
    found: dict[int, Numeral] = {}
    blocked: set[int] = set()
    for match in pattern("set_phrases").finditer(text):
        blocked.update(range(*match.span()))
    for match in pattern("counted_class").finditer(text):
        start = match.start("n")
        if start not in blocked:
            found[start] = Numeral(start, match.end("n"), match["n"], number(match["n"]), "count")
    taken: set[int] = set()
    for form, construction in _forms():
        for match in construction.finditer(text):
            name = next(key for key, value in match.groupdict().items() if value)
            start, end = match.span(name)
            said = match[name]
            # 三百千瓦: the 千 is the unit's.
            if said[-1] == "千" and end - start > 1 and text[end : end + 1] in tuple("瓦米克伏"):
                said, end = said[:-1], end - 1
            if start in blocked or not taken.isdisjoint(range(start, end)):
                continue
            if start and text[start - 1] in "0123456789.多余":  # 5千, 30余万: the multiplier of digits
                continue
            taken.update(range(start, end))
            found.setdefault(start, _numeral(start, end, said, form))
    for start, end in _scheme_parts(text):
        if start not in blocked and start not in taken:
            found.setdefault(start, _numeral(start, end, text[start:end], "scheme"))
    for match in TOKEN.finditer(text):
        classed = _CLASS_OF_DIGITS.match(text, match.end())
        form = "size" if classed else "digits"
        found[match.start()] = Numeral(match.start(), match.end(), match[0], number(match[0]), form)
    return iter([found[start] for start in sorted(found)])


def _scheme_parts(text: str) -> Iterator[tuple[int, int]]:
    for match in pattern("scheme").finditer(text):
        if match["run"] is None:
            yield match.span(match.lastgroup or 0)
            continue
        for part in pattern("scheme_run").finditer(match["run"]):
            yield match.start() + part.start(), match.start() + part.start() + 1


def _numeral(start: int, end: int, words: str, form: str) -> Numeral:
    if form == "rank":
        value = Decimal(1) if "首" in words else number(words.strip("第前"))
        return Numeral(start, end, words, value, form)
    if form == "size":
        value, scale = split_scale(words)
        return Numeral(start, end, words, value, form, scale=scale)
    if form == "percent" and (share := _share_in_words(words)) is not None:
        return Numeral(start, end, words, share, form)
    if "点" in words:
        whole, _, part = words.partition("点")
        digits = "".join(str(_DIGITS.get(one, 0)) for one in part)
        return Numeral(start, end, words, Decimal(f"{number(whole)}.{digits}"), form)
    return Numeral(start, end, words, number(words), form)


def _share_in_words(words: str) -> Decimal | None:
    """The hundredths that a part of a whole states, to two digits: 25 for 四分之一, 50 for 一半; None for none.

    >>> _share_in_words("三分之一"), _share_in_words("半"), _share_in_words("二十")
    (Decimal('33.33'), Decimal('50'), None)
    """
    if words.endswith("半"):
        return Decimal(50)
    whole, over, part = words.partition("分之")
    if not over:
        return None
    return Decimal(f"{round(number(part) * 100 / number(whole), 2).normalize():f}")


def numeral_at(text: str, start: int, end: int) -> Numeral | None:
    """The numeral that a span is said to be, whatever stands around it; None where it holds none.

    >>> numeral_at("构建“三区”", 3, 4).value, numeral_at("近百余家", 1, 3).value
    (Decimal('3'), Decimal('100'))
    """
    words = text[start:end]
    if (match := TOKEN.match(words)) is not None:
        return Numeral(start, start + match.end(), match[0], number(match[0]))
    if (part := re.match(rf"{_N}+分之{_N}+|一?半", words)) is not None:
        return _numeral(start, start + part.end(), part[0], "percent")
    match = re.match(rf"(?:第|首|百分之)?(?:{_N}+(?:点{_N}+)?)?", words)
    if match is None or not match[0]:
        return None
    found = match[0]
    rest = words[match.end() :]
    if found[0] in "第首":
        form = "rank"
    elif "倍" in rest:
        form = "multiple"
    elif "级" in rest or re.fullmatch("[千万亿]+|百[万亿]", found):
        form = "size"
    elif "成" in rest:
        form = "tenth"
    else:
        form = "count" if re.match(rf"[余多]?{_COUNTERS}", text[start + match.end() :]) else "scheme"
    return _numeral(start, start + match.end(), found, form)


def split_scale(words: str) -> tuple[Decimal, str]:
    """A numeral as value and multiplier of its unit: 千亿 is 1000 亿, 万亿 1 万亿, 百万 100 万, 千 1000.

    >>> split_scale("三千亿"), split_scale("万亿"), split_scale("百")
    ((Decimal('3000'), '亿'), (Decimal('1'), '万亿'), (Decimal('100'), ''))
    """
    scale = ""
    for multiplier in ("万亿", "亿", "万"):
        if words.endswith(multiplier):
            scale, words = multiplier, words[: -len(multiplier)]
            break
    return (number(words) if words else Decimal(1)), scale


# Units and bounds of numbers

_SAME: dict[str, str] = words("units")["same"]
#: Multiplier, unit and bound behind a number; 个月 is a unit, 人均, 位于, 场景, 点 of time, 级别, 区域 are none.
TAIL = pattern("tail")
_SCALE_ONLY = re.compile(r"[万亿]")
#: Bounds behind a number.
BOUNDS_BEHIND = dict.fromkeys(("以上", "及以上"), "ge") | dict.fromkeys(("以下", "及以下", "以内", "之内"), "le")
BOUNDS_BEHIND |= dict.fromkeys(("以外", "之外"), "gt") | dict.fromkeys(("左右", "上下"), "approx")
#: What is measured in years: 平均受教育年限达到14年.
_YEARS_LONG = re.compile(r"(?:年限|寿命|工龄|教龄)[^，。；、\d]{0,8}$")


@dataclass(frozen=True, slots=True)
class Tail:
    """Unit and bound of a number; ``end`` is the position behind them."""

    end: int
    unit: str
    printed: str
    bound: str
    classifier: bool
    near: bool


def tail(text: str, numeral: Numeral) -> Tail:
    """What belongs to a number behind it.

    >>> from planbrief.reading.grammar.numerals import numerals
    >>> def of(text): return tail(text, next(numerals(text)))
    >>> of("60万吨以上").unit, of("60万吨以上").bound, of("12.7个百分点").unit, of("30余万人次").unit, of("2026年").unit
    ('万吨', 'ge', '个百分点', '万人次', '')
    """
    match = TAIL.match(text, numeral.end)
    if match is None:  # pragma: no cover - every group is optional
        return Tail(numeral.end, numeral.scale, "", "", False, False)
    printed = match["unit"] or ""
    scale = numeral.scale + match["scale"]
    near = bool(match["near"] or match["near2"] or match["near3"])
    end = match.end()
    if not printed and match["bound"] == "级":
        end -= 1
    bound = BOUNDS_BEHIND.get((match["bound"] or "").removeprefix("（含）").removeprefix("级"), "")
    if (match["bound"] or "").startswith("级") and (numeral.form == "size" or scale):
        bound = "ge"
    if near and not bound:
        bound = "ge"
    # 突破3万亿，: money where nothing else is named; the subject takes the 元 back where it counts people.
    if not printed and scale in ("万亿", "亿") and re.match(r"[，。；、两]|台阶|大关|$", text[match.end() :]):
        return Tail(end, scale + "元", "", bound, False, near)
    # 年 is a unit only behind a fraction (预期寿命79.5年) or a name of a length of years; elsewhere it dates.
    years = "." in numeral.text or _YEARS_LONG.search(text, max(0, numeral.start - 12), numeral.start)
    if not printed and not scale and years and text[numeral.end : numeral.end + 1] == "年":
        return Tail(numeral.end + 1, "年", "年", bound, False, near)
    if not printed and _SCALE_ONLY.search(scale) and pattern("persons").match(text, match.end()):
        return Tail(end, scale + "人", "", bound, False, near)
    unit = _SAME.get(printed, printed)
    if match["base"]:
        unit += "/" + match["base"]
    if not printed and not scale:
        end = numeral.end if not match["bound"] else end
    return Tail(end, scale + unit, printed, bound, printed in CLASSIFIERS and printed not in MEASURES, near)


def front_bound(before: str) -> str:
    """The bound that the words in front of a number set: ge, gt, le, lt, approx, or empty.

    >>> front_bound("控制在不超过"), front_bound("突破"), front_bound("不低于"), front_bound("达到")
    ('le', 'gt', 'ge', '')
    """
    match = pattern("front_bound").search(before)
    return (match.lastgroup or "") if match else ""


def scaled(value: Decimal, old: str, new: str) -> Decimal:
    """A value in another multiplier of the same unit: 3000 in 元 beside 亿元."""
    factors = {"": 0, "十": 1, "百": 2, "千": 3, "万": 4, "亿": 8, "万亿": 12}
    return value.scaleb(factors.get(old, 0) - factors.get(new, 0))


def canonical_unit(printed: str) -> str:
    """A printed unit in the form of the data: 平方千米 as 平方公里, ％ as %.

    >>> canonical_unit("万平方千米"), canonical_unit("％")
    ('万平方公里', '%')
    """
    match = re.match(r"(?P<scale>[十百千万亿]*)(?P<unit>.*)", printed.replace("％", "%"))
    if match is None:
        return printed
    return match["scale"] + _SAME.get(match["unit"], match["unit"])


# Numbers in digits that state no quantity


class Exclusion(NamedTuple):
    """A reason of the data contract, the rule that gave it, and how much it can be trusted (0 to 1)."""

    reason: str
    rule: str
    trust: float


_YEAR = words("patterns")["year"]


@cache
def _rules() -> list[tuple[str, str, float, re.Pattern[str], re.Pattern[str], re.Pattern[str]]]:
    """Reason, name, trust, and the patterns of front, number and back of each rule (``words/exclusions.toml``)."""
    made = []
    for reason, rule, trust, *patterns in words("exclusions")["rules"]:
        front, own, back = (re.compile(expanded(one)) for one in patterns)
        made.append((reason, rule, trust, front, own, back))
    return made


_QUOTED = re.compile(r"“([^“”\n]{0,24})”")
#: What a number inside quotation marks has to be part of to state a quantity all the same.
_STATED = re.compile(r"\d[\d.]*(?:%|万?亿?(?:元|亩|吨|千瓦|公里|人))|[\d.]+倍")
#: A code of sums in front of what it counts: “2+1”大品种.
_COUNTED_SUM = re.compile(r"[\d+]*”?大(?=[一-龥])")
_UNIT_AHEAD = pattern("unit_ahead")
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
            # A bare number behind a mark is left out only where no unit follows; the rule does not look that far.
            if rule == "bare" and _UNIT_AHEAD.match(back):
                continue
            if rule == "sum" and _COUNTED_SUM.match(back):
                trust = 0.7
            return Exclusion(reason, rule, trust)
    # What stands in quotation marks is a name (“1+5”联盟), unless it holds a unit or a multiple.
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
