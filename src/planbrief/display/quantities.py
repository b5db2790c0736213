"""Figures in words: value, unit and bound of one number with its pedigree, as runs of a sentence or cell."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from planbrief.display.language import Lang, Run, has_message, message
from planbrief.display.numbers import (
    Money,
    decimal_text,
    english_unit,
    exact,
    level_decimal,
    money_text,
    printed_decimal,
    rounded,
    shortest,
    split_unit,
)
from planbrief.measures.figures import Figure as FigureLike
from planbrief.measures.undefined import REASONS
from planbrief.measures.undefined import words as reason_words

#: Decimals of computed figures by measure.
DECIMALS = {"rate": 1, "share": 1, "points": 1, "multiple": 2, "years": 2, "index": 2}
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
        return level_decimal(value, computed=bool(figure.formula))
    if measure in ("share", "points") and not figure.formula and len(figure.observations) == 1:
        short = shortest(exact(value))
        if len(str(short).partition(".")[2]) <= 2:
            return short
    decimals = DECIMALS.get(measure, 1)
    if measure in ("multiple", "years") and abs(value) >= 10:
        decimals = 1
    number = rounded(value, decimals)
    if not even and measure in ("multiple", "years", "index") and number == number.to_integral_value():
        return number.quantize(Decimal(1))
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
    if len(full) == 1 and abs(full[0]) == 1 and name.endswith("s") and not name.endswith("ss"):
        name = singular(name)
    return _with_unit([decimal_text(number, lang) for number in full], name, lang)


def singular(name: str) -> str:
    """One of a unit: 1 enterprise, 1 kilometre, 1 company.

    >>> singular("companies"), singular("square kilometres"), singular("cubic metres of gas")
    ('company', 'square kilometre', 'cubic metre of gas')
    """
    head, of, rest = name.partition(" of ")
    if head.endswith("ies"):
        head = head[:-3] + "y"
    elif head.endswith("s") and not head.endswith("ss"):
        head = head[:-1]
    return head + of + rest


def _same_scale(amounts: list[Money], lang: Lang) -> str:
    units = {amount.unit for amount in amounts}
    if len(units) == 1:
        return _with_unit([amount.digits for amount in amounts], amounts[0].unit, lang)
    return message("number.range", lang, lower=" ".join(amounts[0]), upper=" ".join(amounts[1]))


def _body(numbers: list[Decimal], figure: FigureLike, lang: Lang, *, bare: bool = False) -> str:
    if bare:
        return _with_unit([decimal_text(number, lang) for number in numbers], "", lang)
    if figure.measure in ("level", "count"):
        return level_text(numbers, figure.unit, lang)
    texts = [decimal_text(number, lang) for number in numbers]
    if figure.measure in ("rate", "share"):
        return _with_unit(texts, "%", lang)
    if figure.measure in ("points", "multiple", "years"):
        value = texts[0] if len(texts) == 1 else message("number.range", lang, lower=texts[0], upper=texts[1])
        return message(f"number.{figure.measure}", lang, value=value)
    return _with_unit(texts, figure.unit, lang)


#: A computed range of so few last digits, such as 8.65 to 8.75, is not rounded to them.
NARROW = 3


def is_range(figure: FigureLike) -> bool:
    """Whether the source prints a range rather than one number."""
    return figure.comparator == "range" and math.isfinite(figure.lower) and math.isfinite(figure.upper)


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


def kept_beside(figure: FigureLike, lang: Lang, printed: str = "") -> str:
    """The amount in the printed Chinese unit that an English page keeps beside its translation; empty if none."""
    if lang == "zh" or math.isnan(figure.value) or figure.measure not in ("level", "count"):
        return ""
    power, base = split_unit(figure.unit)
    if base != "元" or power == 0:
        return ""
    return value_text(figure, "zh", printed, bound=False)


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


def figure_json(figure: FigureLike, text: str, lang: Lang) -> dict[str, Any]:
    """A figure as the blocks carry it: its text, and everything needed to follow it."""
    finite = math.isfinite(figure.value)
    found: dict[str, Any] = {
        "text": text,
        "key": figure.key,
        "value": figure.value if finite else None,
        "unit": figure.unit,
        "measure": figure.measure,
        "observations": list(figure.observations),
        "formula": figure.formula,
    }
    if note := interval_text(figure, lang):
        found["note"] = note
    return found


def figure_runs(figure: FigureLike, lang: Lang, printed: str = "", *, strong: bool = False) -> list[Run]:
    """A figure as runs of a sentence: in English, money keeps its 亿元 in a run of its own."""
    text = value_text(figure, lang, printed)
    runs: list[Run] = [{"figure": figure_json(figure, text, lang)}]
    if kept := kept_beside(figure, lang, printed):
        runs += [{"t": " ("}, {"t": kept, "lang": "zh"}, {"t": ")"}]
    if strong:
        for run in runs:
            run["strong"] = True
    return runs
