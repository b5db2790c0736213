"""Numbers, units, periods and figures in words of either language."""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from planbrief.display.document import Mark, Run, Runs
from planbrief.display.language import Lang, has_message, message
from planbrief.measures.figures import Figure as FigureLike
from planbrief.measures.growth import period_label
from planbrief.measures.registry import REASONS
from planbrief.measures.registry import words as reason_words
from planbrief.targets.periods import IllFormedPeriod, label
from planbrief.targets.units import singular

_SPAN = re.compile(r"(\d{4})[-/–](\d{4})")


@lru_cache(maxsize=1024)
def date_text(iso: str, lang: Lang) -> str:
    """A date or month in words; what is no ISO date is returned as it is.

    >>> date_text("2024-06-25", "en"), date_text("2024-06", "zh")
    ('25 June 2024', '2024年6月')
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", iso):
            day = datetime.date.fromisoformat(iso)
            return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else label(iso, lang)
        if re.fullmatch(r"\d{4}-\d{2}", iso):
            day = datetime.date.fromisoformat(f"{iso}-01")
            return f"{day.year}年{day.month}月" if lang == "zh" else label(iso, lang)
    except ValueError:
        pass
    return iso


@lru_cache(maxsize=4096)
def period_text(period: str, lang: Lang) -> str:
    """A ``time_period`` in words.

    Years stand alone in English and carry 年 in Chinese; ``undated`` says so; an unknown form is shown as it is.

    >>> period_text("2025-H1", "zh"), period_text("2025-H1", "en"), period_text("undated", "en")
    ('2025年上半年', 'first half of 2025', 'no date given')
    """
    if period in ("", "undated"):
        return message("period.undated", lang)
    if re.fullmatch(r"\d{4}(\.0)?", period):
        return message("period.year", lang, year=period[:4])
    if match := _SPAN.fullmatch(period):
        return message("period.span", lang, start=match[1], end=match[2])
    try:
        return label(period, lang)
    except IllFormedPeriod:
        return period


def segment_text(base_year: float | str, end_year: float | str, lang: Lang) -> str:
    """Years over which a growth rate is an average; the base year is not among them.

    >>> segment_text(2023, 2026, "zh"), segment_text(2026, 2027, "en")
    ('2024–2026年年均', '2027')
    """
    return str(period_label(int(base_year), int(end_year), lang))


def figure_period(year: str, lang: Lang) -> str:
    """The ``year`` of a figure in words: a period, or base and end of a growth rate ("2023-2026")."""
    if match := re.fullmatch(r"(\d{4})-(\d{4})", year):
        return segment_text(match[1], match[2], lang)
    return period_text(year, lang)


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
    return (MINUS if number < 0 else "") + f"{abs(number):{',' if grouped else ''}.{decimals}f}"


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


#: Decimals of computed figures by measure.
DECIMALS = {"rate": 1, "share": 1, "points": 1, "multiple": 2, "years": 2, "index": 2}
#: The formula of what lies between two whole numbers.
WHOLE_DIFFERENCE = re.compile(r"\|?\d+ − \d+\|?")
#: Units that follow their number without a space.
CLOSE_UNITS = frozenset({"%", "‰", "℃", "°"})


def is_figure(value: object) -> bool:
    """Whether an object is a number with its pedigree."""
    return all(hasattr(value, name) for name in ("key", "value", "measure", "observations"))


def undefined_text(reason: str, lang: Lang) -> str:
    """Why a figure has no value, in words; a reason without wording is given in general terms."""
    if not reason or reason in REASONS:
        return reason_words(reason or "missing_value", lang)
    key = f"undefined.{reason}"
    return message(key if has_message(key, lang) else "undefined.generic", lang)


def digits_of(value: float, figure: FigureLike, printed: str = "", *, even: bool = False) -> Decimal:
    """The decimal digits to show for a value of a figure (percent for rates).

    ``even`` keeps trailing zeros, so that the numbers of a table column line up.
    """
    measure = figure.measure
    if measure == "rate":
        value *= 100
    if printed and (found := printed_decimal(printed, value)) is not None:
        return found
    if measure in ("level", "count"):
        number = level_decimal(value, computed=bool(figure.formula))
        return as_sure(number, figure) if "/" in figure.unit and "÷" in figure.formula else number
    short = shortest(exact(value))
    alone = not figure.formula and len(figure.observations) == 1
    if measure in ("share", "points") and alone and len(str(short).partition(".")[2]) <= 2:
        return short
    # What lies between whole numbers is one, and three tenths are 30 %: 80 less 65 is 15, not 15.0.
    whole = alone if measure == "rate" else measure == "points" and WHOLE_DIFFERENCE.fullmatch(figure.formula)
    if whole and not even and short == short.to_integral_value() and short:
        return short
    decimals = DECIMALS.get(measure, 1)
    if measure in ("multiple", "years") and abs(value) >= 10:
        decimals = 1
    number = rounded(value, decimals)
    while number == 0 and abs(value) > 1e-6:  # a small change is none that reads 0.0
        decimals += 1
        number = rounded(value, decimals)
    if not even and measure in ("multiple", "years", "index") and number == number.to_integral_value():
        return number.quantize(Decimal(1))
    return number


def as_sure(number: Decimal, figure: FigureLike) -> Decimal:
    """A quotient without the digits that the rounding of its inputs leaves open, though never of less than two.

    133,079.8 yuan per person of an interval of ±110 is 133,100.
    """
    half = (figure.upper - figure.lower) / 2
    if not math.isfinite(half) or half <= 0 or number == 0:
        return number
    place = min(math.floor(math.log10(half)), number.adjusted() - 1)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and place > exponent:
        number = number.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_UP)
        number = number.quantize(Decimal(1)) if place > 0 else number
    return number


def _with_unit(texts: list[str], unit: str, lang: Lang) -> str:
    joined = texts[0]
    if len(texts) == 2:
        joined = message("number.range", lang, lower=texts[0], upper=texts[1])
    if unit in ("", "1"):
        return joined
    if unit in CLOSE_UNITS:
        if len(texts) == 2 and lang == "zh":  # GB/T 15835: each end of a range keeps its percent sign
            return message("number.range", lang, lower=texts[0] + unit, upper=texts[1] + unit)
        return joined + unit
    return message("number.unit", lang, value=joined, unit=unit)


def level_text(numbers: list[Decimal], unit: str, lang: Lang) -> str:
    """A level, or the two ends of a range, with its unit in the words of the language."""
    if lang == "zh" or unit in CLOSE_UNITS:
        return _with_unit([decimal_text(number, lang) for number in numbers], unit, lang)
    power, base = split_unit(unit)
    if base == "元":
        scaled = [money_text(number, power, english_unit("元") or "yuan") for number in numbers]
        return _same_scale(scaled, lang)
    # A classifier has no word (1.9 万家 is 19,000), and its multiplier is in the number already.
    name = english_unit(base) or ("" if power else english_unit(unit))
    full = [number.scaleb(power) for number in numbers]
    if all(abs(number) >= 1_000_000 for number in full):
        return _same_scale([money_text(number, 0, name) for number in full], lang)
    if len(full) == 1 and abs(full[0]) == 1:
        name = singular(name)
    return _with_unit([decimal_text(number, lang) for number in full], name, lang)


def _same_scale(amounts: list[Money], lang: Lang) -> str:
    units = {amount.unit for amount in amounts}
    if len(units) == 1:
        return _with_unit([amount.digits for amount in amounts], amounts[0].unit, lang)
    return message("number.range", lang, lower=" ".join(amounts[0]), upper=" ".join(amounts[1]))


def _body(numbers: list[Decimal], figure: FigureLike, lang: Lang, *, bare: bool = False) -> str:
    texts = [decimal_text(number, lang) for number in numbers]
    if bare:  # the cells of a column stand narrow: one sign of a range in both languages
        return "–".join(texts) if min(numbers) >= 0 else _with_unit(texts, "", lang)
    if figure.measure in ("level", "count"):
        return level_text(numbers, figure.unit, lang)
    if figure.measure in ("rate", "share"):
        return _with_unit(texts, "%", lang)
    if figure.measure in ("points", "multiple", "years"):
        value = texts[0] if len(texts) == 1 else message("number.range", lang, lower=texts[0], upper=texts[1])
        one = "_one" if figure.measure == "points" and texts == ["1"] else ""
        return message(f"number.{figure.measure}{one}", lang, value=value)
    return _with_unit(texts, figure.unit, lang)


#: A computed range of so few last digits, such as 8.65 to 8.75, is not rounded to them.
NARROW = 3


def is_range(figure: FigureLike) -> bool:
    """Whether the source prints a range rather than one number."""
    return figure.comparator == "range" and math.isfinite(figure.lower) and math.isfinite(figure.upper)


_FOUR_DIGITS = re.compile(r"(?<![\d.,])(\d)(\d{3})(?![\d,])")
#: Tenths of a whole (九成): English says per cent and keeps the printed form beside it.
TENTHS = "成"


def value_text(
    figure: FigureLike, lang: Lang, printed: str = "", *, bound: bool = True, bare: bool = False, even: bool = False
) -> str:
    """A figure in words, without what is kept beside it: ``1000 亿元以上``, ``at least 100 billion yuan``.

    Parameters
    ----------
    figure : Figure
        Value, measure and unit.
    lang : {"zh", "en"}
        Language of the page.
    printed : str
        The number as its source prints it, if the figure is that number: keeps ``5.0`` from becoming ``5``.
    bound : bool
        Whether 以上, 约 and the like are added.
    bare : bool
        Leave out the unit, which stands in the head of the column; money stays in its printed unit.
    even : bool
        Keep trailing zeros, so that a column lines up.
    """
    if math.isnan(figure.value):
        return undefined_text(figure.undefined, lang)
    if figure.unit == TENTHS and lang != "zh" and not bare:
        value, lower, upper = (round(10 * one, 9) for one in (figure.value, figure.lower, figure.upper))
        figure, printed = replace(figure, value=value, lower=lower, upper=upper, unit="%"), ""
    if is_range(figure):
        ends = [digits_of(figure.lower, figure), digits_of(figure.upper, figure)]
        if figure.formula and (ends[1] - ends[0]) * 10 ** DECIMALS.get(figure.measure, 1) <= NARROW:
            # What rounding leaves open of a computed number is small: one decimal more shows it.
            scale, decimals = (100 if figure.measure == "rate" else 1), DECIMALS.get(figure.measure, 1) + 1
            ends = [rounded(end * scale, decimals) for end in (figure.lower, figure.upper)]
        elif figure.formula and figure.measure in ("level", "count"):
            # A computed range claims no more digits than its width leaves any sense to.
            places = 2 - math.floor(math.log10(figure.upper - figure.lower))
            ends = [shortest(rounded(end, places)) for end in (figure.lower, figure.upper)]
        return _body(ends, figure, lang, bare=bare)
    text = _body([digits_of(figure.value, figure, printed, even=even)], figure, lang, bare=bare)
    if bound and figure.comparator in ("ge", "gt", "le", "lt", "approx"):
        below = "_below_zero" if figure.value < 0 else ""
        return message(f"bound{below}.{figure.comparator}", lang, value=text)
    return text


def grouped(kept: str) -> str:
    """An amount in its printed unit with its digits grouped as English does, for a page that does so throughout.

    >>> grouped("3500 亿元"), grouped("40,000 亿元"), grouped("142.8 亿元")
    ('3,500 亿元', '40,000 亿元', '142.8 亿元')
    """
    return _FOUR_DIGITS.sub(r"\1,\2", kept)


def kept_beside(figure: FigureLike, lang: Lang, printed: str = "") -> str:
    """The amount in the printed Chinese unit that an English page keeps beside its translation; empty if none."""
    if lang == "zh" or math.isnan(figure.value) or figure.measure not in ("level", "count"):
        return ""
    power, base = split_unit(figure.unit)
    if figure.unit != TENTHS and (base != "元" or power == 0):
        return ""
    return grouped(value_text(figure, "zh", printed, bound=False))


def interval_text(figure: FigureLike, lang: Lang) -> str:
    """What rounding and wording leave open, with one decimal more than the figure itself; empty if nothing."""
    low, high = figure.lower, figure.upper
    if figure.comparator == "range" or math.isnan(low) or math.isnan(high) or low == high or math.isnan(figure.value):
        return ""
    if math.isinf(low) and math.isinf(high):
        return ""
    scale = 100 if figure.measure == "rate" else 1
    decimals = DECIMALS.get(figure.measure, 1) + 1
    shown = ["" if math.isinf(end) else _body([rounded(end * scale, decimals)], figure, lang) for end in (low, high)]
    key = "number.interval" if all(shown) else "number.interval_from" if shown[0] else "number.interval_to"
    return (
        message(key, lang, lower=shown[0], upper=shown[1])
        if all(shown)
        else message(key, lang, **({"lower": shown[0]} if shown[0] else {"upper": shown[1]}))
    )


def figure_runs(figure: FigureLike, lang: Lang, printed: str = "", *, strong: bool = False) -> Runs:
    """A figure as runs of a sentence, with everything needed to follow it.

    In English, money keeps its 亿元 in a run of its own.
    """
    mark = Mark(
        tuple(figure.observations),
        figure.formula,
        figure.unit,
        figure.key,
        interval_text(figure, lang),
        figure.value if math.isfinite(figure.value) else None,
        figure.measure,
    )
    number = Run(value_text(figure, lang, printed), "", strong, mark)
    return (number, *beside(kept_beside(figure, lang, printed), strong=strong))


def beside(kept: str, before: str = " (", *, strong: bool = False) -> Runs:
    """A printed Chinese amount or unit in brackets behind an English one, nothing if there is none."""
    return (Run(before, strong=strong), Run(kept, "zh", strong), Run(")", strong=strong)) if kept else ()
