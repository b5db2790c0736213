"""Columns of the tables that measures make (types, formulas, what fills them), and the memory that keeps a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from planbrief.measures.registry import words

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


P = ParamSpec("P")
R = TypeVar("R")


def remembered(function: Callable[Concatenate[Dataset, P], R]) -> Callable[Concatenate[Dataset, P], R]:
    """Answer a second call with the same data and arguments from memory.

    For functions that depend on nothing else. Frames and lists are handed out as copies, so that who changes one
    changes only his own; anything else must be immutable. Calls with arguments that cannot be hashed are computed.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def remembering(ds: Dataset, *args: P.args, **kwargs: P.kwargs) -> R:
        question = (name, args, tuple(sorted(kwargs.items())))
        try:
            hash(question)
        except TypeError:
            return function(ds, *args, **kwargs)
        found: Any = ds.remembered(question, partial(function, ds, *args, **kwargs))
        return found.copy() if hasattr(found, "copy") else found

    return remembering


#: Which series a row belongs to.
IDENTITY = (
    *("series", "ref_area", "subject", "indicator", "activity", "transformation", "counterpart_area", "unit"),
    *("price_base", "family", "shape", "direction", "character", "aggregation", "theme"),
)
MILESTONES = (
    *IDENTITY,
    *("period", "period_zh", "period_en", "year", "annual", "value", "kind", "comparator", "lower", "upper"),
    *("is_base", "conflict", "wording_differs", "observations"),
)
#: Columns that say by how much a level, or a share, is to change.
LEVEL_CHANGES = ("increment", "increment_per_year", "multiple", "cagr", "log_growth", "doubling_time")
SHARE_CHANGES = ("change_pp", "change_pp_per_year", "gap_closed")
GROWTH = (
    *IDENTITY,
    *("stage", "start_period", "end_period", "start_year", "end_year", "years", "label_zh", "label_en"),
    *("start", "end", "start_kind", "end_kind", "start_comparator", "end_comparator"),
    *("start_lower", "start_upper", "end_lower", "end_upper"),
    *LEVEL_CHANGES,
    "least_squares",
    *SHARE_CHANGES,
    *("cagr_lower", "cagr_upper", "change_lower", "change_upper"),
    *("waypoints_geometric", "waypoints_linear"),
    *("undefined", "reason_zh", "reason_en", "conflict", "wording_differs", "observations"),
    *("start_observations", "end_observations"),
)
RATES = (
    *IDENTITY,
    *("period", "year", "rate_pct", "lower", "upper", "previous_year", "base_year"),
    *("since_previous_zh", "since_previous_en", "multiple_since_previous", "index_since_previous"),
    *("since_base_zh", "since_base_en", "multiple_since_base", "implied_rate_pct"),
    *("undefined", "reason_zh", "reason_en", "observations"),
)
PROGRESS = (
    *IDENTITY,
    *("base_period", "base_year", "base", "base_kind", "latest_period", "year", "value", "latest_kind"),
    *("target_period", "target_year", "target", "target_kind", "target_comparator", "label_zh", "label_en"),
    *("completion", "completion_lower", "completion_upper", "elapsed", "gap_linear_pp", "gap_geometric_pp"),
    *("verdict_linear", "verdict_geometric", "verdict_differs"),
    *("required_rate", "required_increment", "already_met", "ahead_linear_years", "ahead_geometric_years"),
    *("growth_ratio", "growth_status", "current_status_index", "predicted", "predicted_gap_pct"),
    *("predicted_category", "value_formula", "undefined", "reason_zh", "reason_en", "observations"),
)
STRUCTURE = (
    *("ref_area", "indicator", "parent", "activity", "unit", "period", "period_zh", "period_en", "year"),
    *("value", "lower", "upper", "kind", "comparator", "total", "total_lower", "total_upper", "total_kind"),
    *("total_indicator", "exhaustive", "share_pct", "share_lower", "share_upper", "share_of_parts_pct"),
    *("change_pp", "gap_closed", "price_base", "total_price_base", "undefined", "reason_zh", "reason_en"),
    *("conflict", "observations"),
)
CONTRIBUTION = (
    *("ref_area", "indicator", "parent", "activity", "unit", "start_year", "end_year", "label_zh", "label_en"),
    *("start", "end", "increment", "pull_pp", "share_pct", "parts_start", "parts_end", "left_out"),
    *("pull_of_total_pp", "share_of_total_pct", "total_start", "total_end"),
    *("undefined", "reason_zh", "reason_en", "observations"),
)
#: Types; whatever is not listed is a number.
FLAGS = frozenset({"annual", "is_base", "conflict", "wording_differs", "already_met", "verdict_differs", "exhaustive"})
OBJECTS = frozenset(
    {"observations", "start_observations", "end_observations", "waypoints_geometric", "waypoints_linear", "left_out"}
)
TEXTS = frozenset(IDENTITY) - {"direction"} | {
    *("period", "period_zh", "period_en", "kind", "comparator", "stage", "undefined", "reason_zh", "reason_en"),
    *("label_zh", "label_en", "start_period", "end_period", "target_period", "base_period", "latest_period"),
    *("start_kind", "end_kind", "start_comparator", "end_comparator", "verdict_linear", "verdict_geometric"),
    *("parent", "total_kind", "base_kind", "target_kind", "latest_kind", "target_comparator", "total_indicator"),
    *("growth_status", "predicted_category", "total_price_base", "value_formula"),
    *("since_previous_zh", "since_previous_en", "since_base_zh", "since_base_en"),
}


class Column(NamedTuple):
    """A column that holds a figure: what its value is, its formula, and the measure that fills it.

    The formula names columns of the row; ``bounds`` are the columns of its interval; ``scale`` makes a fraction a
    percentage (or back); ``by`` is a registered measure of levels with the columns that are its arguments.
    """

    measure: str
    formula: str = ""
    bounds: tuple[str, str] | None = None
    scale: float = 1.0
    by: tuple[str, ...] = ()


_SPAN, _CHANGE, _CAGR = ("start", "end", "years"), ("change_lower", "change_upper"), ("cagr_lower", "cagr_upper")
#: Columns of the tables that can be figures.
COLUMNS = {
    "cagr": Column("rate", "({end} ÷ {start}){root} − 1", ("cagr_lower", "cagr_upper"), by=("growth.cagr", *_SPAN)),
    "log_growth": Column("rate", "ln({end} ÷ {start}) ÷ {years}", by=("growth.log_growth", *_SPAN)),
    "least_squares": Column("rate", "exp(b) − 1, ln v = a + b·t"),
    "multiple": Column("multiple", "{end} ÷ {start}", by=("growth.multiple", "start", "end")),
    "doubling_time": Column("years", "ln 2 ÷ ln(1 + {cagr})", by=("growth.doubling_time", "cagr")),
    "increment": Column("level", "{end} − {start}", _CHANGE),
    "increment_per_year": Column("level", "({end} − {start}) ÷ {years}"),
    "change_pp": Column("points", "{end} − {start}", _CHANGE),
    "change_pp_per_year": Column("points", "({end} − {start}) ÷ {years}"),
    "gap_closed": Column("share", "({end} − {start}) ÷ (100 − {start})", scale=100.0),
    "start": Column("level", bounds=("start_lower", "start_upper")),
    "end": Column("level", bounds=("end_lower", "end_upper")),
    "value": Column("level", bounds=("lower", "upper")),
    "base": Column("level"),
    "target": Column("level"),
    "completion": Column(
        "share", "({value} − {base}) ÷ ({target} − {base})", ("completion_lower", "completion_upper"), 100.0
    ),
    "elapsed": Column("share", "({year} − {base_year}) ÷ ({target_year} − {base_year})", scale=100.0),
    "gap_linear_pp": Column("points"),
    "gap_geometric_pp": Column("points"),
    "required_rate": Column("rate", "({target} ÷ {value})^(1/({target_year} − {year})) − 1"),
    "required_increment": Column("level", "({target} − {value}) ÷ ({target_year} − {year})"),
    "ahead_linear_years": Column("years"),
    "ahead_geometric_years": Column("years"),
    "growth_ratio": Column("index"),
    "current_status_index": Column("index", "10 × ({value} − {base}) ÷ |{target} − {base}|"),
    "predicted": Column("level"),
    "share_pct": Column("share", "{value} ÷ {total} × 100", ("share_lower", "share_upper")),
    "share_of_parts_pct": Column("share"),
    "total": Column("level", bounds=("total_lower", "total_upper")),
    "pull_pp": Column("points", "({end} − {start}) ÷ {parts_start} × 100"),
    "pull_of_total_pp": Column("points", "({end} − {start}) ÷ {total_start} × 100"),
    "share_of_total_pct": Column("share", "({end} − {start}) ÷ ({total_end} − {total_start}) × 100"),
    "rate_pct": Column("rate", bounds=("lower", "upper"), scale=0.01),
    "implied_rate_pct": Column("rate", scale=0.01),
    "multiple_since_previous": Column("multiple"),
    "multiple_since_base": Column("multiple"),
    "index_since_previous": Column("multiple"),
}


def frame(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """A table with these columns; an empty one has the types that a full one would have."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns)) if rows else _empty(tuple(columns)).copy()


@cache
def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: pd.Series(dtype=dtype(name)) for name in columns})


def dtype(name: str) -> str:
    """pandas type of a column."""
    if name in FLAGS:
        return "bool"
    return "str" if name in TEXTS else "object" if name in OBJECTS else "float64"


def with_words(table: pd.DataFrame) -> pd.DataFrame:
    """The reason keys of a table in words."""
    for lang in ("zh", "en"):
        table[f"reason_{lang}"] = [words(key, lang) for key in table["undefined"]]
    return table
