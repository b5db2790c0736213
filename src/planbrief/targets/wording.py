"""How a figure is worded in the text: its span, its bounds, its ratio, its rounding."""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from planbrief.targets.names import DIGITS, LARGE, SMALL, Numeral, chinese_value, normalise, numerals

#: Every match is accounted for exactly once: inside an observation's span or as one exclusion. ``\d`` is meant in
#: its Unicode sense, so that full-width digits count.
TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?")

#: A run of Chinese numeral characters.
_CHARACTERS = "".join((*DIGITS, *SMALL, *LARGE))
NUMERAL = re.compile(f"[{_CHARACTERS}]+")

_RANGE = re.compile(r"\s*[%％‰]?\s*(?:-|－|–|—+|―|~|～|至|到)\s*")
#: Words of a printed form that bound it, in the order in which they are tried.
_BOUNDS = (
    (re.compile("以上|余|餘|多|级|級|不低于|不低於|不少于|上"), "ge"),
    (re.compile("超过|超過|超|大于|大於|突破"), "gt"),
    (re.compile("以内|以內|以下|不超过|不超過"), "le"),
    (re.compile("不足|不到"), "lt"),
    (re.compile("近|约|約|左右"), "approx"),
)
#: A part of a whole in digits or words; 百分之五 is a number of per cent and none of these.
_FRACTION = re.compile(
    rf"(?:(?P<part>\d{{1,2}})[/／](?P<whole>\d{{1,3}})|(?P<under>(?![百千]分)[{_CHARACTERS}]+)分之(?P<over>[{_CHARACTERS}]+))"
)
#: Multipliers in front of a unit: 千亿级 in 亿元 is 1000.
_UNIT_MULTIPLIERS = {"万": Decimal(10**4), "亿": Decimal(10**8)}
#: Characters of a printed form other than its numerals.
_DRESSING = re.compile(
    "以上|以下|以内|以內|左右|不低于|不低於|不少于|不超过|不超過|不足|不到|超过|超過|大于|大於|突破"
    "|[余餘多级級倍约約近超上个個数數几幾第首番翻成半分之百]|\\s|\\*"
)


@dataclass(frozen=True)
class Token:
    """One number in digits: ``text[start:end]``."""

    start: int
    end: int
    text: str


#: Comparators of a value and of the same value with the other sign.
_MIRRORED = {"ge": "le", "le": "ge", "gt": "lt", "lt": "gt"}


def mirrored(comparator: str) -> str:
    """The comparator of the value with the other sign: a decline of at least 10 is a change of at most −10.

    >>> mirrored("gt"), mirrored("approx")
    ('lt', 'approx')
    """
    return _MIRRORED.get(comparator, comparator)


@dataclass(frozen=True)
class Reading:
    """What a printed form can mean: every value it may stand for, the upper end of a range, the bound it names."""

    values: tuple[Decimal, ...]
    upper: Decimal | None = None
    comparator: str = ""

    def signed(self, negative: bool) -> Reading:
        """The same form where it states a decline: values below zero, bounds the other way round.

        下降超10% is below −10, 下降5—8% lies between −8 and −5.

        >>> read("10").signed(True).values, read("三成以上", "%").signed(True).comparator
        ((Decimal('-10'),), 'le')
        """
        if not negative:
            return self
        ends = self.values if self.upper is None else (self.upper,)
        upper = None if self.upper is None else -self.values[0]
        return Reading(tuple(-value for value in ends), upper, mirrored(self.comparator))

    def bound_of(self, value: Decimal) -> str:
        """The bound that the form names for one of its values; in 二个千亿级 the 级 bounds the last one only."""
        return self.comparator if self.values and value == self.values[-1] else ""


@dataclass(frozen=True)
class Spot:
    """A place in a text as an editor counts it, from 1."""

    line: int
    column: int


def tokens(text: str) -> Iterator[Token]:
    """Every number in digits, in the order of the text.

    >>> [token.text for token in tokens("增长1,234.5万，⒗项，５个")]
    ['1,234.5', '５']
    """
    for match in TOKEN.finditer(text):
        yield Token(match.start(), match.end(), match.group())


def digits_value(token: str) -> Decimal:
    """Value of one token of digits (thousands commas and full-width digits understood).

    >>> digits_value("1,234.5"), digits_value("２８")
    (Decimal('1234.5'), Decimal('28'))
    """
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in token if c != ",")
    return Decimal(plain)


def read(value_text: str, unit: str = "") -> Reading:
    """Every value that a span's text can stand for, in `unit`.

    Digits stand for themselves, ``50—100`` for a range, a Chinese numeral for its value divided by the multiplier in
    front of the unit (千亿级 in 亿元 is 1000), 首 and 第一 for 1, 一半 for 50 (per cent), 翻番 for 1 (increase) or 2
    (ratio), 1/3 and 三分之一 for the quotient (of per cent: 33.33), rounded to four digits or fewer. 二个千亿级 stands
    for two values: 2 and 1000. Without any number there are no values.

    >>> read("1,200").values, read("50—100").upper, read("4.5%—5").upper
    ((Decimal('1200'),), Decimal('100'), Decimal('5'))
    >>> read("二个千亿级", "亿元")
    Reading(values=(Decimal('2'), Decimal('1000')), upper=None, comparator='ge')
    >>> read("1/3以上").values[0], read("三分之一", "%").values[0], read("3/4").values
    (Decimal('0.3333'), Decimal('33.33'), (Decimal('0.75'),))
    """
    comparator = next((name for pattern, name in _BOUNDS if pattern.search(value_text)), "")
    # A fraction first, and only where nothing else stands beside it: the digits of 1/3 are no two values.
    if (fraction := _FRACTION.search(value_text)) and not _DRESSING.sub("", _FRACTION.sub("", value_text)):
        return Reading(tuple(_quotients(fraction, unit)), None, comparator)
    found = [(match.start(), match.end()) for match in TOKEN.finditer(value_text)]
    if found:
        values = [digits_value(value_text[start:end]) for start, end in found]
        if len(values) == 2 and _RANGE.fullmatch(value_text[found[0][1] : found[1][0]]):
            return Reading((values[0],), values[1], "range")
        return Reading(tuple(values), None, comparator)
    return Reading(tuple(_chinese_values(value_text, unit)), None, comparator)


def _quotients(fraction: re.Match[str], unit: str) -> Iterator[Decimal]:
    """The quotient as a row may hold it, the most digits first."""
    if fraction["part"]:
        part, whole = Decimal(fraction["part"]), Decimal(fraction["whole"])
    else:
        part, whole = chinese_value(fraction["over"])[0], chinese_value(fraction["under"])[0]
    if not 0 < part < whole:
        return
    per = {"%": 100, "成": 10}.get(unit, 1)
    most = 4 if per == 1 else 2
    quotient = part / whole * per
    rounded = (f"{quotient:.{digits}f}" for digits in range(most, most - 3, -1))
    yield from dict.fromkeys(
        Decimal(text.rstrip("0").rstrip(".") if "." in text else text) for text in rounded if float(text)
    )


def _chinese_values(value_text: str, unit: str) -> Iterator[Decimal]:
    special: dict[str, int | Decimal] = {
        "首": 1,
        "一半": 50,
        "翻番": 1,
        "翻一番": 1,
        "翻两番": 3,
        "半": Decimal(50 if unit == "%" else "0.5"),
    }
    for word, value in special.items():
        if value_text == word:
            yield Decimal(value)
            if "番" in word:
                yield Decimal(value) + 1
            return
    if hundredths := re.fullmatch(rf"百分之({NUMERAL.pattern})", value_text):
        yield chinese_value(hundredths[1])[0]
        return
    if _DRESSING.sub("", value_text).strip(_CHARACTERS):
        return
    # 千亿级 in 亿元 is 1000: what the unit begins with is taken off the numeral.
    scale = Decimal(1)
    for character in unit:
        if character not in _UNIT_MULTIPLIERS:
            break
        scale *= _UNIT_MULTIPLIERS[character]
    for match in NUMERAL.finditer(value_text):
        value = chinese_value(match.group())[0]
        if value_text[match.end() : match.end() + 1] == "成" != unit:
            value *= 10
        yield value / scale if value >= scale and scale > 1 else value


class Places:
    """Lines and columns of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def spot(self, offset: int) -> Spot:
        """Line and column of an offset, from 1.

        >>> Places("ab\\ncd").spot(4)
        Spot(line=2, column=2)
        """
        line = bisect_right(self._starts, max(0, min(offset, len(self.text))))
        return Spot(line, offset - self._starts[line - 1] + 1)

    def line_of(self, offset: int) -> tuple[int, int]:
        """Start and end (without the line break) of the line that an offset lies in."""
        line = self.spot(offset).line
        start = self._starts[line - 1]
        end = self.text.find("\n", start)
        return start, len(self.text) if end < 0 else end

    def excerpt(self, start: int, end: int, around: int = 18) -> str:
        """The span in ⟦ ⟧ with its surroundings on the same line, safe for a terminal.

        For the screen only: sentences of the sources are copied into no file.
        """
        first, last = self.line_of(start)
        left, right = max(first, start - around), min(max(last, end), end + around)
        text = f"{self.text[left:start]}⟦{self.text[start:end]}⟧{self.text[end:right]}"
        shown = printable(text)
        return ("…" if left > first else "") + shown + ("…" if right < last else "")


def printable(text: str) -> str:
    """Text without control characters, which a terminal would obey.

    >>> printable("a\\x1b[31mb\\n")
    'a�[31mb '
    """
    return "".join(" " if c in "\n\r\t" else c if c.isprintable() or c == " " else "\ufffd" for c in text)


#: Bound words in front of a number. Negations stand first, so that 不低于 is never read as 低于.
_BEFORE = re.compile(
    r"(?:"
    r"(?P<le>不(?:得|应|能|可|会|再)?(?:超过|超出|超|高于|大于|多于|长于|突破)|未(?:超过|突破)|[至最]多|上限|最高(?!于)"
    r"|小于(?:或)?等于|低于(?:或)?等于|≤|≦|⩽|<=)"
    r"|(?P<ge>不(?:得|应|能|可|会)?(?:低于|少于|小于|短于|弱于|亚于|下于)|至少|最[低少](?!于)|起码|下限|大于(?:或)?等于|高于(?:或)?等于"
    r"|≥|≧|⩾|>=|突破|(?<![突打冲])破|(?<![不未充])满|(?<!以)上(?=[十百千万亿]?$))"
    r"|(?P<lt>不足|不满|未满|不到|未达(?:到)?|[小低少短]于|<)"
    r"|(?P<gt>超过|超出|超|[高大多]于|逾|>|(?<=[已突])过|(?<!不)过)"
    r"|(?P<approx>大约|大概|大致|将近|接近|约|近|≈)"
    r")(?:达到|达|到|为|的|了|约|人民币|\(含\)|[:：\s])*$"
)
#: Bound words behind a number and its unit.
_UNIT = r"[^\d,，。；;、~—–]{0,10}?"
_AFTER = re.compile(
    rf"(?:(?P<near>[余多]|\+)|{_UNIT}(?:"
    r"(?P<ge>(?:及|\(含\))?以上|或更多|起步)|(?P<le>(?:及|\(含\))?以下|(?:及|\(含\))?[以之]内)|(?P<gt>[以之]外)"
    r"|(?P<approx>左右|上下|许|来(?=[个家名人户条项])))|(?P<step>(?:元|吨|千瓦|人)?级))"
)
_JOINT = re.compile(r"(?P<unit>[^\d,，。；;、\s]{0,6}?)\s*(?P<sign>[-—–―─－~〜∼至到]+)\s*")
_CHANGE = re.compile(r"提高|提升|增|上升|下降|降|升|扩大|减|达|为|由|从|自")
_EXCLUDED = re.compile(r"不含|不包括")


class Interval(NamedTuple):
    """What a wording allows: ``lower`` to ``upper`` (NaN: no end set); ``closed`` if the named ends belong to it."""

    lower: Any
    upper: Any
    closed: Any


class _Bound(NamedTuple):
    lower: Decimal | None
    upper: Decimal | None
    closed: bool
    word: str


UNKNOWN = Interval(math.nan, math.nan, False)


def interval(text: Any, share: bool = False) -> Any:
    """The interval that a wording leaves open.

    Parameters
    ----------
    text : str or array-like of str
        A number with the words around it, as printed: ``63%以上``. Digits (full-width ones and thousands separators
        included) or Chinese numerals; multipliers behind the number belong to the unit (3500亿元 is 3500).
    share : bool
        The number is a share in percent, so that an open end is 0 or 100. A rate (增长30%以上) is not.

    Returns
    -------
    Interval
        ``lower, upper, closed``, in the printed unit; an end that the wording leaves open is NaN. NaN, NaN,
        False where the text holds no number or several that form no range. For an array-like, three arrays (a
        pandas Series keeps its index).

    Notes
    -----
    Closed: 以上 以下 以内 不低于 不少于 不超过 至少 至多 突破 余 多 ≥ ≤ and the size class 千亿级 (at least).
    Open: 超过 大于 高于 逾 以外 不满 不足 不到 小于 低于 > <. 50—60 has both ends. 达到 and a bare number are a point.
    左右 and 约 leave the rounding unit of the figure open (约100: 99.5 to 100.5). The strictest wording wins.

    References
    ----------
    《中华人民共和国民法典》第一千二百五十九条.

    >>> interval("63%以上", share=True)
    Interval(lower=63.0, upper=100.0, closed=True)
    >>> interval("不满16"), interval("50—60家")
    (Interval(lower=nan, upper=16.0, closed=False), Interval(lower=50.0, upper=60.0, closed=True))
    """
    if isinstance(text, str):
        return _interval(text, share)
    if hasattr(text, "__iter__"):
        import numpy as np

        columns = zip(*(_interval(one, share) for one in text), strict=True) if len(text) else ((), (), ())
        arrays = [np.array(column) for column in columns]
        if hasattr(text, "index") and not isinstance(text, (list, tuple)):
            return Interval(*(text.__class__(array, index=text.index) for array in arrays))
        return Interval(*arrays)
    return _interval(str(text), share) if isinstance(text, (int, Decimal)) else UNKNOWN


def _interval(text: Any, share: bool) -> Interval:
    if not isinstance(text, str):
        return UNKNOWN
    plain = normalise(text)
    found = _in_percent(numerals(plain), plain) if share else numerals(plain)
    if not found:
        return UNKNOWN
    bounds = _bounds(found, plain)
    # Bounds that are said win over numbers that are not bounded; of several the strictest.
    chosen = [bound for bound in bounds if bound.word not in ("eq", "approx")]
    if chosen:
        lows = [bound.lower for bound in chosen if bound.lower is not None]
        highs = [bound.upper for bound in chosen if bound.upper is not None]
        low, high = max(lows, default=None), min(highs, default=None)
        if low is not None and high is not None and low > high:
            return UNKNOWN
        closed = all(bound.closed for bound in chosen)
    elif len(bounds) == 1 or _CHANGE.search(plain):
        low, high, closed = bounds[-1].lower, bounds[-1].upper, True
    else:
        return UNKNOWN
    if _EXCLUDED.search(plain):
        closed = False
    return _ends(low, high, closed, share)


def _ends(low: Decimal | None, high: Decimal | None, closed: bool, share: bool) -> Interval:
    least, most = (0.0, 100.0) if share else (math.nan, math.nan)
    lower = least if low is None else float(low)
    upper = most if high is None else float(high)
    if share and lower != upper:
        lower, upper = max(lower, 0.0), math.nan if lower > 100 else min(upper, 100.0)
    return Interval(lower, upper, closed)


def _in_percent(found: list[Numeral], plain: str) -> list[Numeral]:
    """Fractions and tenths (三分之一, 七成) as percent."""
    result = []
    for one in found:
        tenths = 10 if plain[one.end : one.end + 1] == "成" else 1
        times = 100 if one.fraction else tenths
        result.append(one._replace(value=one.value * times, step=one.step * times))
    return result


def _bounds(found: list[Numeral], plain: str) -> list[_Bound]:
    """One bound for each number or pair of numbers that form a range."""
    result, position = [], 0
    while position < len(found):
        one = found[position]
        start = found[position - 1].end if position else 0
        if position + 1 < len(found):
            other = found[position + 1]
            gap = plain[one.end : other.start]
            joint = _JOINT.fullmatch(gap)
            if gap == "±":
                result.append(_Bound(one.value - other.value, one.value + other.value, True, "range"))
                position += 2
                continue
            if joint and not _CHANGE.search(joint["unit"]) and not re.search(r"[由从自]$", plain[start : one.start]):
                low = one.value if one.scale == 1 or one.scale == other.scale else (one.value * one.scale / other.scale)
                result.append(_Bound(min(low, other.value), max(low, other.value), True, "range"))
                position += 2
                continue
        end = found[position + 1].start if position + 1 < len(found) else len(plain)
        result.append(_bound(one, plain[start : one.start], plain[one.end : end]))
        position += 1
    return result


def _bound(one: Numeral, before: str, after: str) -> _Bound:
    front, back = _BEFORE.search(before), _AFTER.match(after)
    word = (front.lastgroup if front else None) or "eq"
    behind = (back.lastgroup if back else None) or "eq"
    if behind == "near":
        behind = "ge"
    if behind == "step":
        behind = "ge" if one.scale > 1 or one.step >= 100 else "eq"
    if word in ("eq", "approx") and behind != "eq":
        word = behind
    if word == "ge":
        return _Bound(one.value, None, True, word)
    if word == "gt":
        return _Bound(one.value, None, False, word)
    if word == "le":
        return _Bound(None, one.value, True, word)
    if word == "lt":
        return _Bound(None, one.value, False, word)
    # 约100 is what rounds to it: half a unit of the last printed digit on either side.
    half = one.step / 2 if word == "approx" else Decimal(0)
    return _Bound(one.value - half, one.value + half, True, word)


def comparator(text: str) -> str:
    """The comparator code of a wording: eq, ge, gt, le, lt, approx or range; empty without a number.

    >>> comparator("不低于5%"), comparator("近百家"), comparator("50—60"), comparator("千亿级")
    ('ge', 'approx', 'range', 'ge')
    """
    plain = normalise(text)
    bounds = _bounds(numerals(plain), plain)
    if not bounds:
        return ""
    words = [bound.word for bound in bounds]
    if {"ge", "gt"} & set(words) and {"le", "lt"} & set(words):
        return "range"
    return next((word for word in words if word not in ("eq", "approx")), words[-1])


def rounding(value_text: str) -> tuple[float, float]:
    """Half a unit of the last printed digit on either side, for the one number that a text holds.

    NaN, NaN without a number or with several. (Exposed with array support as ``measures.ranges.rounding``.)

    >>> rounding("142.8"), rounding("1,000")
    ((142.75, 142.85), (999.5, 1000.5))
    """
    found = numerals(value_text)
    if len(found) != 1:
        return math.nan, math.nan
    half = found[0].step / 2
    return float(found[0].value - half), float(found[0].value + half)


#: Tried in order: 增长到三倍 (3) would match the pattern of 增长三倍 (4) as well.
_RATIOS: tuple[tuple[re.Pattern[str], Callable[[float], float]], ...] = (
    (re.compile(r"翻(?P<n>.*?)番"), lambda n: 2.0**n),
    (re.compile(r"(?:增[长加]?|提高|提升|扩大|上升|翻)(?:到|至|为)(?:.*?的)?(?P<n>[^的]*?)倍"), lambda n: n),
    (re.compile(r"(?:增[长加]?|提高|提升|扩大|上升)了?(?:近|约|超过?|逾)?(?P<n>[^到至的]*?)倍"), lambda n: n + 1.0),
    (re.compile(r"(?P<n>[^的]*?)倍"), lambda n: n),
)


def ratio(text: str) -> float:
    """The ratio to the base that a wording states: 增长N倍 is N + 1, 增长到N倍 is N, 翻一番 is 2, 翻两番 is 4.

    NaN where the text states no multiple.

    >>> ratio("增长三倍"), ratio("增长到三倍"), ratio("翻一番"), ratio("翻两番"), ratio("增加一倍")
    (4.0, 3.0, 2.0, 4.0, 2.0)
    """
    plain = normalise(text)
    for pattern, rule in _RATIOS:
        if match := pattern.search(plain):
            found = numerals(match["n"])
            if not match["n"]:
                return rule(1.0)
            if found:
                return rule(float(found[-1].value))
    return math.nan
