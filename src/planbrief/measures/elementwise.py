"""What every measure goes through: how it is registered, and scalars, lists, arrays, Series and frames in and out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

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
        The formula; its parameters are the arguments of vectors and explanations.
    rules : tuple of Rule
        Where it is undefined, in the order in which reasons are looked at; the first that holds is given.
    fields : mapping
        For results whose fields are undefined for different reasons: the reasons of each field.
    elementwise : bool
        Whether all arguments are single numbers, so that arrays are explained element by element.
    skips_missing : bool
        Whether points without a value are left out instead of leaving the whole undefined.
    """

    function: Callable[..., Any]
    rules: tuple[Rule, ...]
    fields: Mapping[str, Sequence[str]]
    elementwise: bool
    skips_missing: bool


#: Every measure by its name, such as ``growth.cagr``.
MEASURES: dict[str, Measure] = {}


def measure(
    *rules: Rule, elementwise: bool = True, skips_missing: bool = False, **fields: Sequence[str]
) -> Callable[[Function], Function]:
    """Register the function below as a measure; explanations, tests and vectors find it by its name."""

    def register(function: Function) -> Function:
        room = function.__module__.rpartition(".")[2]
        MEASURES[f"{room}.{function.__name__}"] = Measure(function, rules, fields, elementwise, skips_missing)
        return function

    return register


def not_positive(name: str, key: str = "") -> Rule:
    """Undefined where an argument is not above zero."""
    return key or f"{name}_not_positive", lambda a: a[name] <= 0


def negative(name: str) -> Rule:
    """Undefined where an argument is below zero."""
    return f"{name}_negative", lambda a: a[name] < 0


def not_after(key: str, later: str, earlier: str) -> Rule:
    """Undefined unless one year comes after another."""
    return key, lambda a: a[later] <= a[earlier]


def conflicting(name: str) -> Rule:
    """Undefined where one year of a path has two values."""
    return "milestone_conflict", lambda a: points(a[name]).conflict


def without_total(name: str) -> Rule:
    """Undefined where parts do not add up to more than zero."""
    return "total_not_positive", lambda a: np.sum(floats(a[name])) <= 0


def not_logarithmic(value: str = "") -> Rule:
    """Undefined on a geometric path that touches a level that is not above zero."""

    def low(a: dict[str, Any]) -> bool:
        levels = [a[name] for name in ("base", "target", value) if name in a]
        levels += list(points(a["milestones"]).values) if "milestones" in a else []
        return a.get("shape") == "geometric" and any(level <= 0 for level in levels)

    return "value_not_positive", low


#: A target that is the base leaves nothing to complete; a direction is a sign.
FLAT: Rule = ("target_equals_base", lambda a: bool(a["target"] == a["base"]))
NO_DIRECTION: Rule = ("bad_direction", lambda a: abs(a["direction"]) != 1)


def otherwise(key: str) -> Rule:
    """The reason that remains when no other holds."""
    return key, lambda a: True


#: Undefined operations give NaN silently; the functions say themselves where they are defined.
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
