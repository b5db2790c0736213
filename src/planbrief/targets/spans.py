"""Numbers in a source text: tokens, Chinese numerals, the values that a printed form can stand for, and places.

Offsets are indices into the text exactly as decoded from UTF-8, without normalisation of any kind.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from planbrief.targets.numerals import DIGITS, LARGE, SMALL, chinese_value

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
    (ratio). 二个千亿级 stands for two values: 2 and 1000. Without any number there are no values.

    >>> read("1,200").values, read("50—100").upper, read("4.5%—5").upper
    ((Decimal('1200'),), Decimal('100'), Decimal('5'))
    >>> read("二个千亿级", "亿元")
    Reading(values=(Decimal('2'), Decimal('1000')), upper=None, comparator='ge')
    """
    comparator = next((name for pattern, name in _BOUNDS if pattern.search(value_text)), "")
    found = [(match.start(), match.end()) for match in TOKEN.finditer(value_text)]
    if found:
        values = [digits_value(value_text[start:end]) for start, end in found]
        if len(values) == 2 and _RANGE.fullmatch(value_text[found[0][1] : found[1][0]]):
            return Reading((values[0],), values[1], "range")
        return Reading(tuple(values), None, comparator)
    return Reading(tuple(_chinese_values(value_text, unit)), None, comparator)


def _chinese_values(value_text: str, unit: str) -> Iterator[Decimal]:
    special: dict[str, int | Decimal] = {"首": 1, "一半": 50, "翻番": 1, "翻一番": 1, "翻两番": 3, "半": Decimal("0.5")}
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
    scale = Decimal(1)
    for character in unit:
        if character not in _UNIT_MULTIPLIERS:
            break
        scale *= _UNIT_MULTIPLIERS[character]
    for match in NUMERAL.finditer(value_text):
        value = chinese_value(match.group())[0]
        if match.end() < len(value_text) and value_text[match.end()] == "成":
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
