"""Numbers and units as people read them, in either language. Rounding happens here, once."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from babel.numbers import format_decimal

from planbrief.display.language import LOCALES, Lang, message

#: U+2212, as wide as a plus sign; the hyphen is too short.
MINUS = "−"
#: Powers of ten of the characters that multiply a Chinese unit.
MULTIPLIERS = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8}
#: Units whose first character looks like a multiplier but belongs to the unit.
WHOLE_UNITS = frozenset({"千瓦", "千瓦时", "千克", "千米", "千伏", "千伏安", "百分点", "个百分点"})
_SCALES = ((12, "trillion"), (9, "billion"), (6, "million"))


class Money(NamedTuple):
    """An amount in English: digits and the words behind them."""

    digits: str
    unit: str


def exact(value: float) -> Decimal:
    """A float as the decimal number it was meant to be (binary noise beyond 12 digits dropped)."""
    return Decimal(format(value, ".12g"))


def decimal_text(number: Decimal, lang: Lang) -> str:
    """All digits of a decimal number with the thousands separators of the language.

    English separates from four digits, Chinese from five (1000 亿元, 12,500 户).

    >>> decimal_text(Decimal("1000"), "zh"), decimal_text(Decimal("1000.50"), "en")
    ('1000', '1,000.50')
    """
    return _decimal_text(str(number), lang)


@lru_cache(maxsize=65536)
def _decimal_text(digits: str, lang: Lang) -> str:
    # Cached by the digits: as numbers, 26 and 26.0 are one key.
    number = Decimal(digits)
    exponent = number.as_tuple().exponent
    decimals = max(-exponent, 0) if isinstance(exponent, int) else 0
    grouped = abs(number) >= (10_000 if lang == "zh" else 1_000)
    pattern = ("#,##0" if grouped else "0") + ("." + "0" * decimals if decimals else "")
    text = format_decimal(abs(number), format=pattern, locale=LOCALES[lang])
    return (MINUS if number < 0 else "") + text


def rounded(value: float, decimals: int) -> Decimal:
    """A number rounded half up, as a reader does it by hand."""
    number = exact(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(number) if number == 0 else number


def shortest(number: Decimal) -> Decimal:
    """The same number without trailing zeros behind the point.

    >>> shortest(Decimal("100.0")), shortest(Decimal("1E+3"))
    (Decimal('100'), Decimal('1000'))
    """
    short = number.normalize()
    tail = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(tail, int) and tail > 0 else short


def printed_decimal(text: str, value: float) -> Decimal | None:
    """The number as its source prints it, if that is the value: ``"5.0"`` keeps its zero.

    >>> printed_decimal("5.0", 5.0)
    Decimal('5.0')
    """
    digits = text.replace(",", "").strip()
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", digits):
        return None
    number = Decimal(digits)
    return number if math.isclose(float(number), value, rel_tol=1e-12, abs_tol=1e-12) else None


def level_decimal(value: float, printed: str = "", computed: bool = False) -> Decimal:
    """The digits of a level: as printed, else as short as it is, else (a computed one) sensibly rounded.

    A computed level gets one decimal from 10 on, two from 1 on and three significant digits below.
    """
    found = printed_decimal(printed, value) if printed else None
    if found is not None:
        return found
    number = exact(value)
    exponent = number.as_tuple().exponent
    if not computed or (isinstance(exponent, int) and exponent >= -1):
        short = shortest(number)
        tail = short.as_tuple().exponent
        if not isinstance(tail, int) or tail >= -3:
            return short
    size = abs(value)
    decimals = 1 if size >= 10 else 2 if size >= 1 else 2 - (math.floor(math.log10(size)) if size > 0 else 0)
    return shortest(rounded(value, decimals))


@lru_cache(maxsize=1024)
def split_unit(unit: str) -> tuple[int, str]:
    """Power of ten and base unit: 亿元 → (8, 元), 万千瓦 → (4, 千瓦), 户 → (0, 户).

    >>> split_unit("万亿立方米"), split_unit("千瓦")
    ((12, '立方米'), (0, '千瓦'))
    """
    power, rest = 0, unit
    while len(rest) > 1 and rest[0] in MULTIPLIERS and rest not in WHOLE_UNITS:
        power += MULTIPLIERS[rest[0]]
        rest = rest[1:]
    return power, rest


@lru_cache(maxsize=1024)
def english_unit(unit: str) -> str:
    """English name of a unit, plural; empty for pure numbers (``1``) and unknown units.

    The units table of the data package is asked through :mod:`planbrief.targets.units`.
    """
    if unit in ("", "1"):
        return ""
    from planbrief.targets.units import english

    return english(unit)


def money_text(number: Decimal, power: int, currency: str, lang: Lang = "en") -> Money:
    """An amount scaled to million, billion or trillion by moving the decimal point.

    >>> money_text(Decimal("142.8"), 8, "yuan"), money_text(Decimal("12.0"), 8, "yuan").digits
    (Money(digits='14.28', unit='billion yuan'), '1.20')
    """
    full = number.scaleb(power)
    whole = number == number.to_integral_value() and number.as_tuple().exponent == 0
    for scale, word in _SCALES:
        if abs(full) >= Decimal(10) ** scale:
            scaled = full.scaleb(-scale)
            # 1000 亿元 is 100 billion, not 100.0: a whole number promises no decimals; 12.0 亿元 keeps its digit.
            scaled = shortest(scaled) if whole else scaled
            return Money(decimal_text(scaled, lang), message(f"number.{word}", lang, unit=currency).strip())
    return Money(decimal_text(full, lang), currency)


@lru_cache(maxsize=1024)
def unit_words(unit: str, lang: Lang) -> tuple[str, str]:
    """Words for a unit and, in English, the printed money unit to keep beside them.

    >>> unit_words("亿元", "zh"), unit_words("%", "en")
    (('亿元', ''), ('%', ''))
    """
    if unit in ("", "1"):
        return "", ""
    if lang == "zh" or unit.isascii():
        return unit, ""
    from planbrief.targets.units import english

    return english(unit), unit if split_unit(unit)[1] == "元" else ""


def axis_unit(unit: str, lang: Lang) -> str:
    """The unit of an axis as one text: 亿元, 100 million yuan (亿元)."""
    words, kept = unit_words(unit, lang)
    return f"{words} ({kept})" if kept else words
