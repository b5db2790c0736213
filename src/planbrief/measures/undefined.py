"""Where each measure is undefined, and why, in words."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from planbrief.errors import UnknownName
from planbrief.measures import growth, progress, ranges, structure
from planbrief.measures.elementwise import arrays, floats, points
from planbrief.targets import wording

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
    "bound_kept": ("界限本已满足，不要求变化", "the bound is kept already, so that no change is asked for"),
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


Test = Callable[[dict[str, Any]], Any]
Rule = tuple[str, Test]


def _not_positive(name: str) -> Test:
    return lambda a: a[name] <= 0


def _negative(name: str) -> Test:
    return lambda a: a[name] < 0


def _years(later: str, earlier: str) -> Test:
    return lambda a: a[later] <= a[earlier]


def _conflict(name: str) -> Test:
    return lambda a: points(a[name]).conflict


def _total(name: str) -> Test:
    return lambda a: np.sum(floats(a[name])) <= 0


def _reversed(*names: str) -> Test:
    return lambda a: any(low > high for low, high in (ranges.ends(a[name]) for name in names))


def _flat(a: dict[str, Any]) -> bool:
    return bool(a["target"] == a["base"])


def _path_outside(a: dict[str, Any]) -> bool:
    known = points(a["milestones"]).years
    return known.size == 0 or not known.min() <= a["year"] <= known.max()


def _geometric_low(a: dict[str, Any]) -> bool:
    levels = [a[name] for name in ("base", "target") if name in a]
    if "milestones" in a:
        levels += list(points(a["milestones"]).values)
    return a.get("shape") == "geometric" and any(level <= 0 for level in levels)


def _direction(a: dict[str, Any]) -> bool:
    return abs(a["direction"]) != 1


def _few(times: str, values: str) -> Test:
    def test(a: dict[str, Any]) -> bool:
        when, what = np.broadcast_arrays(floats(a[times]), floats(a[values]))
        known = ~(np.isnan(when) | np.isnan(what))
        return len(set(when[known].ravel())) < 2

    return test


#: Reasons in the order in which they are looked at; the first that holds is given.
RULES: dict[str, tuple[Rule, ...]] = {
    "growth.cagr": (
        ("start_not_positive", _not_positive("start")),
        ("end_negative", _negative("end")),
        ("years_not_positive", _not_positive("years")),
    ),
    "growth.multiple": (("start_not_positive", _not_positive("start")),),
    "growth.log_growth": (
        ("start_not_positive", _not_positive("start")),
        ("end_not_positive", _not_positive("end")),
        ("years_not_positive", _not_positive("years")),
    ),
    "growth.doubling_time": (("rate_not_positive", _not_positive("rate")),),
    "growth.least_squares_growth": (
        ("too_few_points", _few("years", "values")),
        ("value_not_positive", lambda a: np.nanmin(floats(a["values"])) <= 0),
    ),
    "growth.accumulative_growth": (
        ("base_not_positive", _not_positive("base")),
        ("no_levels", lambda a: np.size(a["levels"]) == 0),
        ("levels_negative", lambda a: np.sum(floats(a["levels"])) < 0),
    ),
    "growth.implied_level": (
        ("rate_below_minus_one", lambda a: a["rate"] < -1),
        ("rate_total_loss", lambda a: a["rate"] == -1 and a["years"] < 0),
    ),
    "growth.average_rate": (
        ("no_levels", lambda a: np.size(a["rates"]) == 0),
        ("rate_below_minus_one", lambda a: (floats(a["rates"]) < -1).any()),
    ),
    "growth.path": (
        ("milestone_conflict", _conflict("milestones")),
        ("year_outside", _path_outside),
        ("value_not_positive", _geometric_low),
    ),
    "progress.increment_completion": (("target_equals_base", _flat),),
    "progress.elapsed_share": (("period_not_after_base", _years("target_year", "base_year")),),
    "progress.schedule_gap": (
        ("target_equals_base", _flat),
        ("period_not_after_base", _years("target_year", "base_year")),
        ("year_outside", lambda a: not a["base_year"] <= a["year"] <= a["target_year"]),
        ("value_not_positive", _geometric_low),
    ),
    "progress.required_growth": (
        ("target_not_ahead", _years("target_year", "year")),
        ("value_not_positive", _not_positive("value")),
        ("target_negative", _negative("target")),
    ),
    "progress.time_ahead": (
        ("milestone_conflict", _conflict("milestones")),
        ("value_not_positive", lambda a: _geometric_low(a) or (a.get("shape") == "geometric" and a["value"] <= 0)),
        ("value_outside", lambda a: True),
    ),
    "progress.growth_ratio": (
        ("bad_direction", _direction),
        ("base_not_positive", _not_positive("base")),
        ("period_not_after_base", _years("year", "base_year")),
        ("period_not_after_base", _years("target_year", "base_year")),
        ("value_negative", _negative("value")),
        ("target_negative", _negative("target")),
        ("no_growth_required", _flat),
    ),
    "progress.current_status_index": (("target_equals_base", _flat), ("bad_direction", _direction)),
    "progress.anticipated_progress": (
        ("milestone_conflict", _conflict("series")),
        ("too_few_points", lambda a: len(points(a["series"]).years) < 2),
        ("point_at_target", lambda a: (points(a["series"]).years >= a["target_year"]).any()),
        ("bad_direction", _direction),
        ("no_gap_at_start", lambda a: a["direction"] * (a["target"] - a["base"]) <= 0),
    ),
    "structure.share": (("total_not_positive", _not_positive("total")),),
    "structure.share_change": (
        ("share_not_positive", _not_positive("share0")),
        ("share_full", lambda a: a["share0"] >= 100),
    ),
    "structure.contribution": (
        ("total_not_positive", _total("parts0")),
        ("total_unchanged", lambda a: True),
    ),
    "structure.location_quotient": (("total_not_positive", lambda a: min(a["e_j"], a["e_i"], a["e"]) <= 0),),
    "structure.shift_share": (
        ("total_not_positive", _total("nation0")),
        ("industry_absent", lambda a: ((floats(a["nation0"]) <= 0) & (floats(a["region0"]) != 0)).any()),
    ),
    "structure.within_between": (),
    "ranges.rounding": (("no_figure", lambda a: True),),
    "ranges.cagr_range": (
        ("interval_reversed", _reversed("base", "value")),
        ("base_not_positive", lambda a: ranges.ends(a["base"])[1] <= 0),
        ("end_negative", lambda a: ranges.ends(a["value"])[1] < 0),
        ("years_not_positive", _not_positive("years")),
    ),
    "ranges.completion_range": (
        ("interval_reversed", _reversed("base", "value", "target")),
        ("intervals_touch", lambda a: True),
    ),
    "wording.interval": (("no_figure", lambda a: True),),
}

#: Where the fields of one result are undefined for different reasons.
FIELD_RULES = {
    ("progress.required_growth", "increment_per_year"): {"target_not_ahead"},
    ("structure.share_change", "change_pct"): {"share_not_positive"},
    ("structure.share_change", "gap_closed"): {"share_full"},
    ("structure.contribution", "pull_pp"): {"total_not_positive"},
    ("structure.contribution", "share_pct"): {"total_unchanged"},
    ("progress.anticipated_progress", "predicted"): {"milestone_conflict", "too_few_points", "point_at_target"},
    ("progress.growth_ratio", "actual"): {"base_not_positive", "period_not_after_base", "value_negative"},
    ("progress.growth_ratio", "required"): {"base_not_positive", "period_not_after_base", "target_negative"},
}


_ROOMS = {"growth": growth, "progress": progress, "structure": structure, "ranges": ranges, "wording": wording}

#: Functions whose arguments are all single numbers: given arrays, they are explained element by element.
ELEMENTWISE = frozenset(
    {
        *(f"growth.{name}" for name in ("cagr", "multiple", "log_growth", "doubling_time", "implied_level")),
        *(f"progress.{name}" for name in ("increment_completion", "elapsed_share", "schedule_gap", "required_growth")),
        *(f"progress.{name}" for name in ("growth_ratio", "current_status_index")),
        *(f"structure.{name}" for name in ("share", "share_change", "location_quotient")),
    }
)
#: Functions that leave out points without a value instead of being undefined.
SKIP_MISSING = frozenset({"growth.least_squares_growth", "growth.path", "progress.time_ahead"})


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
    >>> explain_undefined(growth.cagr, lang="en", start=100, end=120, years=2)
    ''
    """
    if lang not in ("zh", "en"):
        raise UnknownName("language", lang, ("zh", "en"))
    name, _ = _resolve(function)
    numbers = {key: value for key, value in args.items() if not isinstance(value, str)}
    if name not in ELEMENTWISE or all(np.ndim(value) == 0 for value in numbers.values()):
        return words(reason(function, field=field, **args), lang)
    columns, wrap = arrays(*numbers.values())
    columns = list(np.broadcast_arrays(*columns))
    answers = np.empty(columns[0].shape, dtype=object)
    texts = {key: value for key, value in args.items() if isinstance(value, str)}
    for place in np.ndindex(answers.shape):
        one = {key: float(column[place]) for key, column in zip(numbers, columns, strict=True)}
        answers[place] = words(reason(function, field=field, **one, **texts), lang)
    return wrap(answers)


def reason(function: str | Callable[..., Any], /, *, field: str = "", **args: Any) -> str:
    """The key of the reason why a measure is undefined for one case, "" if it is defined.

    >>> reason("progress.increment_completion", base=5, value=6, target=5)
    'target_equals_base'
    """
    name, call = _resolve(function)
    result = call(**args)
    fields = getattr(result, "_fields", ())
    if field and field not in fields:
        raise UnknownName(f"field of {name}", field, fields)
    results = [getattr(result, field)] if field else list(result) if isinstance(result, tuple) else [result]
    if not any(_undefined(one) for one in results):
        return ""
    bound = inspect.signature(call).bind(**args)
    bound.apply_defaults()
    given = {key: _plain(value) for key, value in bound.arguments.items()}
    if any(_missing(value, name) for value in given.values()):
        return "missing_value"
    allowed = FIELD_RULES.get((name, field))
    for key, test in RULES[name]:
        if (allowed is None or key in allowed) and bool(np.any(test(given))):
            return key
    return "other"


def _resolve(function: str | Callable[..., Any]) -> tuple[str, Callable[..., Any]]:
    if not isinstance(function, str):
        for name in RULES:
            if _function(name) is function:
                return name, function
        raise UnknownName("measure", getattr(function, "__name__", repr(function)), tuple(RULES))
    name = function.removeprefix("planbrief.measures.").removeprefix("planbrief.targets.")
    if name not in RULES:
        raise UnknownName("measure", function, tuple(RULES))
    return name, _function(name)


def _function(name: str) -> Callable[..., Any]:
    room, _, short = name.partition(".")
    found: Callable[..., Any] = getattr(_ROOMS[room], short)
    return found


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
    if name in SKIP_MISSING or isinstance(value, (str, bool, dict)) or name == "ranges.rounding":
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
