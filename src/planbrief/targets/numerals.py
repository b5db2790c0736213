"""Numerals in Chinese text: 1,200, １２００, 三千二百, 百分之六十三, 2.5, 三分之一.

What follows the last digit group and multiplies (万, 亿, 千亿) belongs to the unit, as in a plan's tables: 3500亿元 is
3500 in the unit 亿元, and 千亿级 is 1000 in 亿元.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

_FULL_WIDTH = str.maketrans(
    "０１２３４５６７８９．，％＋（）＞＜～：　\u00a0\u2009\u202f",
    "0123456789.,%+()><~:    ",
)

DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
DIGITS |= {"六": 6, "七": 7, "八": 8, "九": 9}
#: Financial forms and variants that documents use for the same digits.
DIGITS |= {"壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9, "兩": 2}
SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

_CHINESE = "[" + "".join([*DIGITS, *SMALL, *LARGE]) + "]"
_SCALE = "[" + "".join([*SMALL, *LARGE]) + "]*"
_ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
_ARABIC_NUMERAL = re.compile(rf"(?P<sign>(?<![\d\w%)])[-−])?(?P<digits>{_ARABIC})(?P<scale>{_SCALE})")
_CHINESE_NUMERAL = re.compile(rf"(?P<digits>{_CHINESE}+(?:点[{''.join(DIGITS)}]+)?)")
_FRACTION = re.compile(rf"(?P<under>{_CHINESE}+|\d+)分之(?P<over>{_CHINESE}+(?:点[{''.join(DIGITS)}]+)?|\d+(?:\.\d+)?)")
#: What is no quantity: calendar years and dates, ordinals.
_NO_QUANTITY = re.compile(
    r"(?:19|20)\d\d(?:\s*[-—–~至到/]+\s*(?:19|20)\d\d)?\s*年(?:\d{1,2}月(?:\d{1,2}日)?)?|第\d+|第[一二三四五六七八九十]+"
)
_PERCENT = {"百": 100, "千": 1000, "万": 10**4}


class Numeral(NamedTuple):
    """A numeral in a text: value in its printed unit, where it stands, the multiplier that its unit begins with.

    ``step`` is the place value of the last printed digit (0.1 for 142.8, 1 for 1000, 100 for 三千二百).
    """

    value: Decimal
    step: Decimal
    start: int
    end: int
    scale: int
    fraction: bool = False


def normalise(text: str) -> str:
    """Full-width digits, signs and spaces as ASCII; length and positions stay.

    >>> normalise("６３．５％")
    '63.5%'
    """
    return text.translate(_FULL_WIDTH)


def chinese_value(text: str) -> tuple[Decimal, Decimal]:
    """Value and place of the last digit of a Chinese numeral.

    >>> chinese_value("三千二百"), chinese_value("二十五"), chinese_value("三点五")
    ((Decimal('3200'), Decimal('100')), (Decimal('25'), Decimal('1')), (Decimal('3.5'), Decimal('0.1')))
    """
    whole, _, decimals = text.partition("点")
    if len(whole) > 1 and all(character in DIGITS for character in whole):
        value, step = Decimal("".join(str(DIGITS[character]) for character in whole)), Decimal(1)
    else:
        value, step = _place_value(whole)
    for place, character in enumerate(decimals, start=1):
        step = Decimal(1).scaleb(-place)
        value += DIGITS[character] * step
    return value, step


def _place_value(text: str) -> tuple[Decimal, Decimal]:
    total, section, digit, step = 0, 0, -1, 1
    for character in text:
        if character in DIGITS:
            digit, step = DIGITS[character], 1
        elif character in SMALL:
            section += (digit if digit > 0 else 1) * SMALL[character]
            digit, step = -1, 1 if SMALL[character] == 10 else SMALL[character]
        else:
            section += max(digit, 0)
            if LARGE[character] == 10**8:
                total = (total + section or 1) * 10**8
            else:
                total += (section or 1) * 10**4
            section, digit, step = 0, -1, step * LARGE[character]
    return Decimal(total + section + max(digit, 0)), Decimal(step)


def _split_scale(text: str) -> tuple[str, int]:
    """A Chinese numeral without the 亿 or 万 that its unit begins with: 千亿 → 千 and 10^8, 五亿 → 五 and 10^8."""
    for characters, size in (("亿億", 10**8), ("万萬", 10**4)):
        if len(text) > 1 and text[-1] in characters and not set(text[:-1]) & set("亿億"):
            return text[:-1], size
    return text, 1


def numerals(text: str) -> list[Numeral]:
    """The quantities of a text in order: Arabic numerals, or Chinese ones where there is no Arabic one.

    Calendar years (2035年) and ordinals are none.

    >>> [(str(n.value), n.scale) for n in numerals("到2035年达到3,500亿元以上")]
    [('3500', 100000000)]
    >>> [(str(n.value), n.scale) for n in numerals("千亿级")]
    [('1000', 100000000)]
    """
    plain = normalise(text)
    plain = _NO_QUANTITY.sub(lambda match: "\x00" * len(match[0]), plain)
    found: list[Numeral] = []
    for match in _FRACTION.finditer(plain):
        over, step = _number(match["over"])
        under = match["under"]
        if under in _PERCENT:
            found.append(Numeral(over, step, match.start(), match.end(), 1))
            continue
        below = _number(under)[0]
        if below:
            found.append(Numeral(over / below, step / below, match.start(), match.end(), 1, fraction=True))
    plain = _FRACTION.sub(lambda match: "\x00" * len(match[0]), plain)
    for match in _ARABIC_NUMERAL.finditer(plain):
        value, step = _number(match["digits"])
        scale = 1
        for character in match["scale"]:
            scale *= (SMALL | LARGE)[character]
        found.append(Numeral(-value if match["sign"] else value, step, match.start(), match.end(), scale))
    if not found:
        for match in _CHINESE_NUMERAL.finditer(plain):
            digits, scale = _split_scale(match["digits"])
            value, step = chinese_value(digits)
            found.append(Numeral(value, step, match.start(), match.end(), scale))
    return sorted(found, key=lambda numeral: numeral.start)


def _number(text: str) -> tuple[Decimal, Decimal]:
    if text[0] in DIGITS or text[0] in SMALL or text[0] in LARGE:
        return chinese_value(text)
    value = Decimal(text.replace(",", ""))
    exponent = value.as_tuple().exponent
    return value, Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)
