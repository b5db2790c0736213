"""Where each measure is undefined, and why, in words."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from planbrief.errors import UnknownName
from planbrief.measures.elementwise import MEASURES, Measure, arrays, floats

#: key → (Chinese, English). Keys are part of figures and findings; words may change.
REASONS: dict[str, tuple[str, str]] = {
    "missing_value": ("缺少数值", "a value is missing"),
    "start_not_positive": ("期初值不大于零", "the starting level is not above zero"),
    "end_negative": ("期末值小于零", "the final level is below zero"),
    "end_not_positive": ("期末值不大于零", "the final level is not above zero"),
    "base_not_positive": ("基期值不大于零", "the base level is not above zero"),
    "value_not_positive": ("水平值中有不大于零的数", "a level is not above zero"),
    "value_negative": ("水平值小于零", "the level is below zero"),
    "levels_negative": ("各期水平之和小于零", "the levels add up to less than zero"),
    "target_negative": ("目标值小于零", "the target is below zero"),
    "total_not_positive": ("合计不大于零", "the total is not above zero"),
    "total_unchanged": (
        "合计没有变化，贡献率无意义",
        "the total does not change, so that there is no growth to share out",
    ),
    "years_not_positive": ("期间年数不大于零", "the number of years is not above zero"),
    "period_not_after_base": ("时间不在基期之后", "the period does not come after the base year"),
    "target_not_ahead": ("目标年不在最新年份之后", "the target year is not ahead of the latest value"),
    "year_outside": ("时间在路径之外", "the year lies outside the path"),
    "value_outside": ("路径达不到该数值", "the path never takes this value"),
    "milestone_conflict": ("同一年份有两个不同的数值", "one year has two different values"),
    "target_equals_base": ("目标值与基期值相同", "the target equals the base"),
    "no_growth_required": (
        "目标值与基期值相同，所需增速为零",
        "the target equals the base, so that no growth is required",
    ),
    "rate_not_positive": ("增速不大于零，不会翻番", "the rate is not above zero: the level never doubles"),
    "rate_below_minus_one": ("增速低于−100%", "the rate is below −100 %"),
    "rate_total_loss": ("增速为−100%，无法倒推", "the rate is −100 %, which cannot be followed back in time"),
    "too_few_points": ("有效数据点少于两个", "there are fewer than two points"),
    "no_levels": ("没有各期数值", "there are no values"),
    "point_at_target": ("数据点已到目标年", "a point lies at or after the target year"),
    "no_gap_at_start": ("期初已达到目标", "the target was met at the start"),
    "bad_direction": ("方向不是+1或−1", "the direction is neither +1 nor −1"),
    "share_full": ("期初占比不低于100%", "the share at the start is 100 % or more"),
    "share_not_positive": ("期初占比不大于零", "the share at the start is not above zero"),
    "industry_absent": ("参照区该行业期初值不大于零", "an industry of the region had no level in the reference area"),
    "interval_reversed": ("区间上下限颠倒", "an interval's ends are the wrong way round"),
    "intervals_touch": ("基期与目标的取值区间相接", "the intervals of base and target touch"),
    "no_figure": ("文字中没有唯一的数字", "the text holds no single number or range"),
    "share_growth": (
        "占比以百分点变化表示，不计算年均增速",
        "a share grows in percentage points, not at a rate",
    ),
    "rate_growth": ("增速指标不再计算增速", "a growth rate is given; its own growth rate is not computed"),
    "bound_kept": (
        "起始值已在界限之内，不要求变化",
        "the value at the start lies within the limit, so that no change is asked for",
    ),
    "bound_open": ("目标只给出界限", "the target is only a bound"),
    "undated": ("未注明时间", "no date is given"),
    "no_actual_after_base": ("基期之后没有实际数据", "there is no actual value after the base year"),
    "no_base": ("没有基期实际数据", "there is no actual value to start from"),
    "no_total": ("没有可比的合计", "there is no total to take a share of"),
    "no_target": ("没有目标值", "there is no target"),
    "other": ("无法计算", "cannot be computed"),
}


def words(key: str, lang: str = "zh") -> str:
    """A reason in words; empty for the empty key.

    >>> words("start_not_positive", "en")
    'the starting level is not above zero'
    """
    if not key:
        return ""
    return REASONS[key][0 if lang == "zh" else 1]


def explain_undefined(function: str | Callable[..., Any], /, *, lang: str = "zh", field: str = "", **args: Any) -> Any:
    """Why a measure is undefined, in words; "" where it is defined.

    Parameters
    ----------
    function : str or callable
        ``"growth.cagr"`` or the function itself.
    lang : {"zh", "en"}
        Language of the answer.
    field : str
        For a result with several fields, the one that is meant; by default any that is undefined.
    **args
        The arguments of the function.

    Returns
    -------
    str or array-like of str
        One answer per element where an element-wise function got arrays (pandas in, pandas out).

    Raises
    ------
    planbrief.errors.UnknownName
        For a function that is no measure, an unknown field or language.

    >>> explain_undefined("growth.cagr", start=0, end=100, years=3)
    '期初值不大于零'
    >>> explain_undefined("growth.cagr", lang="en", start=100, end=120, years=2)
    ''
    """
    if lang not in ("zh", "en"):
        raise UnknownName("language", lang, ("zh", "en"))
    known = _resolve(function)[1]
    numbers = {key: value for key, value in args.items() if not isinstance(value, str)}
    if not known.elementwise or all(np.ndim(value) == 0 for value in numbers.values()):
        return words(reason(function, field=field, **args), lang)
    columns, wrap = arrays(*numbers.values())
    columns = list(np.broadcast_arrays(*columns))
    answers = np.empty(columns[0].shape, dtype=object)
    texts = {key: value for key, value in args.items() if isinstance(value, str)}
    for place in np.ndindex(answers.shape):
        case = {key: float(column[place]) for key, column in zip(numbers, columns, strict=True)}
        answers[place] = words(reason(function, field=field, **case, **texts), lang)
    return wrap(answers)


def reason(function: str | Callable[..., Any], /, *, field: str = "", **args: Any) -> str:
    """The key of the reason why a measure is undefined for one case, "" if it is defined.

    >>> reason("progress.increment_completion", base=5, value=6, target=5)
    'target_equals_base'
    """
    name, known = _resolve(function)
    result = known.function(**args)
    fields = getattr(result, "_fields", ())
    if field and field not in fields:
        raise UnknownName(f"field of {name}", field, fields)
    results = [getattr(result, field)] if field else list(result) if isinstance(result, tuple) else [result]
    if not any(_undefined(one) for one in results):
        return ""
    bound = inspect.signature(known.function).bind(**args)
    bound.apply_defaults()
    given = {key: _plain(value) for key, value in bound.arguments.items()}
    if any(_missing(value, name) for value in given.values()):
        return "missing_value"
    allowed = known.fields.get(field)
    for key, test in known.rules:
        if (allowed is None or key in allowed) and bool(np.any(test(given))):
            return key
    return "other"


def _resolve(function: str | Callable[..., Any]) -> tuple[str, Measure]:
    if isinstance(function, str):
        name = function.removeprefix("planbrief.measures.").removeprefix("planbrief.targets.")
        shown = function
    else:
        name = next((name for name, known in MEASURES.items() if known.function is function), "")
        shown = getattr(function, "__name__", repr(function))
    if name not in MEASURES:
        raise UnknownName("measure", shown, tuple(MEASURES))
    return name, MEASURES[name]


def _undefined(value: Any) -> bool:
    if isinstance(value, (str, bool)):
        return False
    array = np.asarray(value)
    return array.dtype.kind == "f" and bool(np.isnan(array).any())


def _plain(value: Any) -> Any:
    """A single number as a Python float, so that the rules compare it; anything else as it is."""
    if isinstance(value, (str, bool, dict)) or np.ndim(value):
        return value
    return float(floats(value))


def _missing(value: Any, name: str) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    if MEASURES[name].skips_missing or isinstance(value, (str, bool, dict)) or name == "ranges.rounding":
        return False
    flat = [one for pair in value for one in (pair if np.ndim(pair) else (pair,))] if np.ndim(value) else []
    absent = _not_a_number if name.startswith("ranges.") else _absent
    return any(absent(one) for one in flat)


def _absent(value: Any) -> bool:
    """None and NaN say that a number is missing."""
    return value is None or _not_a_number(value)


def _not_a_number(value: Any) -> bool:
    """In an interval None is an open end, and only NaN says that a number is missing."""
    return isinstance(value, float) and math.isnan(value)
