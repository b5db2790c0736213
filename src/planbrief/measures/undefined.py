"""Why a measure is NaN, in words."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from planbrief.errors import UnknownName
from planbrief.measures import growth, progress, ranges, structure
from planbrief.measures.elementwise import arrays, floats
from planbrief.measures.reasons import words
from planbrief.measures.rules import FIELD_RULES, RULES
from planbrief.targets import wording

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
