"""What every measure goes through: how it is registered, arrays in and out, and why it is undefined where it is."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from planbrief.errors import UnknownName
from planbrief.languages import language, wording

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]
Wrap = Callable[[Array], Any]

#: The key of a reason, and whether it holds for a measure's arguments by name.
Rule = tuple[str, Callable[[dict[str, Any]], Any]]
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Measure:
    """A formula as it is registered.

    Attributes
    ----------
    function : callable
        What callers call; its parameters are the arguments of vectors and explanations.
    rules : tuple of Rule
        Where it is undefined, in the order in which reasons are looked at; the first that holds is given.
    fields : mapping
        For results whose fields are undefined for different reasons: the rules of each field.
    elementwise : bool
        Whether all arguments are single numbers, so that arrays are computed and explained element by element.
    skips_missing : bool
        Whether points without a value are left out instead of leaving the whole undefined.
    """

    function: Callable[..., Any]
    rules: tuple[Rule, ...]
    fields: Mapping[str, Sequence[Rule]]
    elementwise: bool
    skips_missing: bool


#: Every measure by its name, such as ``growth.cagr``.
MEASURES: dict[str, Measure] = {}


def measure(
    *rules: Rule, elementwise: bool = True, skips_missing: bool = False, **fields: Sequence[Rule]
) -> Callable[[Function], Function]:
    """Register the function below as a measure; explanations, tests and vectors find it by its name.

    An element-wise one is a formula of float arrays and nothing else: numbers, lists and pandas objects become arrays
    and the result takes their form again, and where a rule holds it is NaN (a field that `fields` names, where one of
    its own does). So where a measure is undefined and why are one fact, told once.
    """

    def register(function: Function) -> Function:
        room = function.__module__.rpartition(".")[2]
        called = _of_arrays(function, rules, fields) if elementwise else function
        MEASURES[f"{room}.{function.__name__}"] = Measure(called, rules, fields, elementwise, skips_missing)
        return cast(Function, called)

    return register


def _of_arrays(
    formula: Callable[..., Any], rules: tuple[Rule, ...], fields: Mapping[str, Sequence[Rule]]
) -> Callable[..., Any]:
    """A formula of arrays as a function of whatever callers have."""
    parameters = inspect.signature(formula)

    @wraps(formula)
    def computed(*args: Any, **kwargs: Any) -> Any:
        bound = parameters.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        numbers = [name for name, value in given.items() if not isinstance(value, str)]
        columns, wrap = arrays(*(given[name] for name in numbers))
        given |= zip(numbers, columns, strict=True)
        with quiet(all="ignore"):
            result = formula(**given)
            if not hasattr(result, "_fields"):
                return wrap(_masked(result, given, rules))
            masked = []
            for field, values in zip(result._fields, np.broadcast_arrays(*result), strict=True):
                own = fields.get(field, rules) if values.dtype.kind == "f" else ()
                masked.append(wrap(_masked(values, given, own)))
            return type(result)(*masked)

    return computed


def _masked(values: Array, given: dict[str, Any], rules: Sequence[Rule]) -> Array:
    for _, holds in rules:
        values = np.where(holds(given), np.nan, values)
    return values


# A rule that compares holds where the comparison that a formula needs fails, so that it holds for NaN, too: 1 ** NaN is
# 1, and no growth over an unknown number of years would be a growth of nothing.


def not_positive(name: str, key: str = "") -> Rule:
    """Undefined where an argument is not above zero."""
    return key or f"{name}_not_positive", lambda a: np.logical_not(a[name] > 0)


def negative(name: str) -> Rule:
    """Undefined where an argument is below zero."""
    return f"{name}_negative", lambda a: np.logical_not(a[name] >= 0)


def not_after(key: str, later: str, earlier: str) -> Rule:
    """Undefined unless one year comes after another."""
    return key, lambda a: np.logical_not(a[later] > a[earlier])


def conflicting(name: str) -> Rule:
    """Undefined where one year of a path has two values."""
    return "milestone_conflict", lambda a: points(a[name]).conflict


def without_total(name: str) -> Rule:
    """Undefined where parts do not add up to more than zero."""
    return "total_not_positive", lambda a: np.sum(floats(a[name])) <= 0


def not_logarithmic(value: str = "") -> Rule:
    """Undefined on a geometric path that touches a level that is not above zero."""

    def low(a: dict[str, Any]) -> Any:
        levels = [a[name] for name in ("base", "target", value) if name in a]
        levels += list(points(a["milestones"]).values) if "milestones" in a else []
        return a.get("shape") == "geometric" and np.minimum.reduce(np.broadcast_arrays(*levels)) <= 0

    return "value_not_positive", low


#: A target that is the base leaves nothing to complete; a direction is a sign.
FLAT: Rule = ("target_equals_base", lambda a: a["target"] == a["base"])
NO_DIRECTION: Rule = ("bad_direction", lambda a: np.abs(a["direction"]) != 1)


def otherwise(key: str) -> Rule:
    """The reason that remains when no other holds."""
    return key, lambda a: True


#: Undefined operations give NaN silently; rules say where a measure is defined.
quiet = np.errstate


def floats(value: Any) -> Array:
    """A value as a float array: None, pandas.NA and masked entries are NaN."""
    if isinstance(value, (float, int)):
        return np.asarray(value, dtype=float)
    if _is_pandas(value):
        kinds = [value.dtype] if value.ndim == 1 else list(value.dtypes)
        if all(getattr(kind, "kind", "O") in "fiub" and isinstance(kind, np.dtype) for kind in kinds):
            return np.asarray(value.to_numpy(dtype=float))
        return np.asarray(value.to_numpy(dtype=float, na_value=np.nan))
    if isinstance(value, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(value.astype(float), np.nan))
    if value is None or type(value).__name__ == "NAType":
        return np.asarray(np.nan)
    try:
        return np.asarray(value, dtype=float)
    except TypeError:
        items = np.asarray(value, dtype=object)
        plain = [np.nan if type(one).__name__ == "NAType" else one for one in items.ravel()]
        return np.asarray(plain, dtype=float).reshape(items.shape)


def _is_pandas(value: Any) -> bool:
    # Who has no pandas objects need not wait for the import of pandas.
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.Series, pandas.DataFrame))


def arrays(*values: Any) -> tuple[list[Array], Wrap]:
    """Arguments as float arrays that broadcast, and the function that gives a result the callers' form.

    Series and frames with different labels are aligned as pandas aligns them (union, NaN where one is missing).
    A Series beside a frame runs along the frame's rows if it carries their labels and not those of the columns.
    Arrays and lists beside pandas objects go by position.
    """
    if not any(_is_pandas(value) for value in values):
        return [floats(value) for value in values], _plain
    aligned, template = _aligned(values)
    return [floats(value) for value in aligned], _like(template)


def _plain(result: Array) -> Any:
    return result.item() if np.ndim(result) == 0 else result


def _like(template: Any) -> Wrap:
    def wrap(result: Array) -> Any:
        if np.shape(result) == () and template.ndim == 1 and len(template) == 1:
            result = np.reshape(result, 1)
        if np.shape(result) != template.shape:
            return _plain(np.asarray(result))
        if template.ndim == 1:
            return template.__class__(result, index=template.index, name=template.name)
        return template.__class__(result, index=template.index, columns=template.columns)

    return wrap


def _aligned(values: Sequence[Any]) -> tuple[list[Any], Any]:
    frames = [value for value in values if _is_pandas(value) and value.ndim == 2]
    series = [value for value in values if _is_pandas(value) and value.ndim == 1]
    if not frames:
        index = _union([one.index for one in series])
        fitted = [_relabel(value, index) if _is_pandas(value) else value for value in values]
        names = {one.name for one in series}
        template = next(value for value in fitted if _is_pandas(value))
        return fitted, template if len(names) == 1 else template.rename(None)
    index = _union([one.index for one in frames])
    columns = _union([one.columns for one in frames])
    fitted, template = [], None
    for value in values:
        if not _is_pandas(value):
            fitted.append(value)
        elif value.ndim == 2:
            if not (value.index.equals(index) and value.columns.equals(columns)):
                value = value.reindex(index=index, columns=columns)
            template = value if template is None else template
            fitted.append(value)
        elif value.index.equals(index) and not value.index.equals(columns):
            fitted.append(floats(value)[:, np.newaxis])
        else:
            fitted.append(floats(_relabel(value, columns)))
    return fitted, template


def _union(labels: Sequence[pd.Index]) -> pd.Index:
    result = labels[0]
    for other in labels[1:]:
        if not other.equals(result):
            result = result.union(other)
    return result


def _relabel(value: Any, index: pd.Index) -> Any:
    return value if value.index.equals(index) else value.reindex(index)


def along_last(value: Any) -> tuple[Array, Wrap]:
    """One argument whose last axis is summed over (parts, years), and how to give back what remains.

    A Series, list or vector leaves a float; a frame (rows are cases, columns are parts) leaves a Series.
    """
    if _is_pandas(value) and value.ndim == 2:
        index = value.index

        def wrap(result: Array) -> Any:
            series = sys.modules["pandas"].Series
            return series(result, index=index) if np.shape(result) == (len(index),) else _plain(np.asarray(result))

        return floats(value), wrap
    return np.atleast_1d(floats(value)), _plain


class Points(NamedTuple):
    """Milestones sorted by year; ``conflict`` if one year has two values."""

    years: Array
    values: Array
    conflict: bool


def points(milestones: Any) -> Points:
    """Milestones as sorted arrays: pairs (year, value), a mapping or a Series by year; valueless ones drop out."""
    if _is_pandas(milestones) and milestones.ndim == 1:
        pairs = np.column_stack([np.asarray(milestones.index, dtype=float), floats(milestones)])
    elif isinstance(milestones, dict):
        pairs = np.array([[float(year), _number(value)] for year, value in milestones.items()]).reshape(-1, 2)
    else:
        pairs = floats(milestones if _is_pandas(milestones) else _rows(milestones)).reshape(-1, 2)
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    pairs = np.unique(pairs, axis=0)
    years, values = pairs[:, 0], pairs[:, 1]
    return Points(years, values, bool((np.diff(years) == 0).any()))


def _rows(milestones: Any) -> Any:
    return milestones if isinstance(milestones, np.ndarray) else [tuple(pair) for pair in milestones]


def _number(value: Any) -> float:
    return float(floats(value))


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
        "已在目标界限之内",
        "already lies within the limit",
    ),
    "bound_open": (
        "起始值的表述未说明是否已在界限之内",
        "the value at the start leaves open whether it lies within the limit",
    ),
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
    return wording(*REASONS[key], lang)


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
    language(lang)
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
    given = {key: _comparable(value) for key, value in bound.arguments.items()}
    # A missing number explains more than what follows from it, so that it comes before all rules.
    if any(_missing(value, name) for value in given.values()):
        return "missing_value"
    applicable = known.fields.get(field, known.rules)
    return next((key for key, holds in applicable if np.any(holds(given))), "other")


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


def _comparable(value: Any) -> Any:
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
